//! The accounts that runs start from: an empty one, and five that people have been at.

use std::sync::OnceLock;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_autoscaling::types::LaunchTemplateSpecification;
use aws_sdk_ec2::types::{IpPermission, IpRange, RuleAction};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_types::retry::RetryConfig;
use baseline::sandbox::Sandbox;
use baseline::sandbox::world::World;

use super::account::{LANDING_ZONE, converge, declared, empty, of, on_virtual_time, until_quiet};
use crate::hand::Hand;
use crate::world::shipped;

/// An account to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As AWS hands it over.
    Empty,
    /// A bucket, a trail, roles and a key are there already, made by somebody who knows no baselines.
    Strangers,
    /// Applied, and then changed by hand wherever a hand can reach.
    Changed,
    /// Applied, and then robbed of a thing of every kind that can be deleted alone.
    Robbed,
    /// Another file was applied, with more in it: things have to go, and one has to be replaced.
    Larger,
    /// The key is about to be deleted, nothing is recorded, and what a hand made carries the tags of ours.
    Failing,
}

impl Start {
    /// A fresh copy of it.
    pub fn account(self) -> Sandbox {
        static MADE: [OnceLock<World>; 6] = [const { OnceLock::new() }; 6];
        let world = MADE[self as usize].get_or_init(|| {
            // A clock of its own: this is called from within runs.
            let make = std::thread::spawn(move || {
                on_virtual_time(async {
                    let sandbox = self.make().await;
                    until_quiet().await;
                    sandbox.with_world(|world| world.clone())
                })
            });
            make.join().expect("the starting account cannot be made")
        });
        of(world)
    }

    async fn make(self) -> Sandbox {
        let sandbox = empty();
        let hand = Hand::new(&config(&sandbox));
        match self {
            Self::Empty => {}
            Self::Strangers => strangers(&hand).await,
            Self::Changed => {
                converge(&sandbox, &LANDING_ZONE).await.expect("the landing zone is applied");
                change(&hand).await;
            }
            Self::Robbed => {
                converge(&sandbox, &LANDING_ZONE).await.expect("the landing zone is applied");
                rob(&hand).await;
            }
            Self::Larger => {
                converge(&sandbox, &declared(&larger())).await.expect("the larger file is applied");
            }
            Self::Failing => {
                converge(&sandbox, &LANDING_ZONE).await.expect("the landing zone is applied");
                fail(&hand).await;
            }
        }
        sandbox
    }
}

/// Clients of a person, without retries.
pub fn config(sandbox: &Sandbox) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url("http://127.0.0.1")
        .retry_config(RetryConfig::disabled())
        .http_client(sandbox.http_client())
        .build()
}

/// The landing zone with more zones, a NAT gateway that its database uses, one tier, one role,
/// endpoints and larger machines.
fn larger() -> String {
    let mut text = shipped("landing-zone.toml");
    for (from, to) in [
        ("zones      = 2", "zones      = 3\nnat        = \"single\"\ndeny       = [\"198.51.100.0/24\"]"),
        ("port = 3306 }]", "port = 3306 }]\negress = \"internet\""),
        ("t3.micro", "t3.small"),
        ("max           = 6", "max           = 9"),
        (
            "[load_balancer.web]",
            "[network.tier.cache]\naccept = [{ from = \"web\", port = 6379 }]\n\n[network.endpoint.s3]\nservice = \"s3\"\n\n\
             [network.endpoint.ssm]\nservice = \"ssm\"\nin = \"db\"\n\n[load_balancer.web]",
        ),
        ("[network]", "[role.operator]\ntrusted_by = { accounts = [\"${account}\"] }\n\n[network]"),
    ] {
        assert!(text.contains(from), "the file no longer holds {from:?}");
        text = text.replacen(from, to, 1);
    }
    text
}

const BUCKET: &str = "landing-zone-trail-logs-123456789012";

async fn strangers(hand: &Hand) {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    hand.s3.create_bucket().bucket(BUCKET).send().await.unwrap();
    let statement = |resource: &str, action: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},"Action":"{action}","Resource":"arn:aws:s3:::{BUCKET}{resource}"}}"#
        )
    };
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{},{}]}}"#,
        statement("", "s3:GetBucketAcl"),
        statement("/*", "s3:PutObject")
    );
    hand.s3.put_bucket_policy().bucket(BUCKET).policy(policy).send().await.unwrap();
    hand.cloudtrail.create_trail().name("landing-zone").s3_bucket_name(BUCKET).send().await.unwrap();
    for role in ["landing-zone-web", "landing-zone-auditor"] {
        hand.iam.create_role().role_name(role).assume_role_policy_document(trust).send().await.unwrap();
        let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
        hand.iam.attach_role_policy().role_name(role).policy_arn(admin).send().await.unwrap();
    }
    let key = hand.kms.create_key().send().await.unwrap();
    let key = key.key_metadata().unwrap().key_id().to_owned();
    hand.kms.create_alias().alias_name("alias/landing-zone-trail").target_key_id(key).send().await.unwrap();
}

async fn change(hand: &Hand) {
    hand.cloudtrail.stop_logging().name("landing-zone").send().await.unwrap();
    hand.cloudtrail
        .update_trail()
        .name("landing-zone")
        .enable_log_file_validation(false)
        .send()
        .await
        .unwrap();
    hand.iam.update_account_password_policy().minimum_password_length(6).send().await.unwrap();
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    hand.iam.attach_role_policy().role_name("landing-zone-auditor").policy_arn(admin).send().await.unwrap();
    hand.s3.delete_bucket_policy().bucket(BUCKET).send().await.unwrap();
    hand.s3.delete_bucket_lifecycle().bucket(BUCKET).send().await.unwrap();
    let off = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    hand.s3.put_bucket_versioning().bucket(BUCKET).versioning_configuration(off).send().await.unwrap();
    hand.ec2.disable_ebs_encryption_by_default().send().await.unwrap();
    let key = hand.key("alias/landing-zone-trail").await;
    hand.kms.disable_key_rotation().key_id(&key).send().await.unwrap();
    let anybody = |port| {
        let range = IpRange::builder().cidr_ip("0.0.0.0/0").build();
        IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port).ip_ranges(range).build()
    };
    for group in [hand.default_security_group().await, hand.security_group("db").await] {
        let open = hand.ec2.authorize_security_group_ingress().group_id(group).ip_permissions(anybody(22));
        open.send().await.unwrap();
    }
    hand.ec2
        .create_network_acl_entry()
        .network_acl_id(hand.network_acl("db").await)
        .rule_number(1)
        .protocol("-1")
        .rule_action(RuleAction::Allow)
        .egress(false)
        .cidr_block("0.0.0.0/0")
        .send()
        .await
        .unwrap();
    let group = hand.autoscaling.update_auto_scaling_group().auto_scaling_group_name("landing-zone-web");
    group.max_size(20).send().await.unwrap();
}

async fn rob(hand: &Hand) {
    let logs = hand.ec2.describe_flow_logs().send().await.unwrap();
    let logs: Vec<String> = logs.flow_logs().iter().filter_map(|log| log.flow_log_id.clone()).collect();
    hand.ec2.delete_flow_logs().set_flow_log_ids(Some(logs)).send().await.unwrap();
    let group = hand.autoscaling.delete_auto_scaling_group().auto_scaling_group_name("landing-zone-web");
    group.force_delete(true).send().await.unwrap();
    hand.ec2.delete_launch_template().launch_template_name("landing-zone-web").send().await.unwrap();
    hand.elb.delete_listener().listener_arn(hand.listener(80).await).send().await.unwrap();
    let table = hand.route_table("public").await;
    let route = hand.ec2.delete_route().route_table_id(table).destination_cidr_block("0.0.0.0/0");
    route.send().await.unwrap();
    hand.cloudtrail.delete_trail().name("landing-zone").send().await.unwrap();
    hand.kms.delete_alias().alias_name("alias/landing-zone-trail").send().await.unwrap();
    hand.iam.delete_account_password_policy().send().await.unwrap();
    let db = hand.security_group("db").await;
    let subnet = hand.subnet("db-a").await;
    hand.ec2.delete_subnet().subnet_id(subnet).send().await.unwrap();
    // Another group names it, so it is emptied of everything but its name.
    let rules = hand.ec2.describe_security_groups().group_ids(&db).send().await.unwrap();
    let rules = rules.security_groups()[0].ip_permissions().to_vec();
    let revoke = hand.ec2.revoke_security_group_ingress().group_id(&db).set_ip_permissions(Some(rules));
    revoke.send().await.unwrap();
    let role = hand.iam.remove_role_from_instance_profile().instance_profile_name("landing-zone-web");
    role.role_name("landing-zone-web").send().await.unwrap();
}

async fn fail(hand: &Hand) {
    let key = hand.key("alias/landing-zone-trail").await;
    hand.kms.schedule_key_deletion().key_id(&key).pending_window_in_days(30).send().await.unwrap();
    hand.cloudtrail.stop_logging().name("landing-zone").send().await.unwrap();
    let version = hand
        .ec2
        .create_launch_template_version()
        .launch_template_name("landing-zone-web")
        .source_version("1")
        .launch_template_data(
            aws_sdk_ec2::types::RequestLaunchTemplateData::builder()
                .image_id("ami-0123456789abcdef0")
                .build(),
        );
    version.send().await.unwrap();
    let moved =
        hand.ec2.modify_launch_template().launch_template_name("landing-zone-web").default_version("2");
    moved.send().await.unwrap();
    let pinned = LaunchTemplateSpecification::builder().launch_template_name("landing-zone-web").version("1");
    let group = hand.autoscaling.update_auto_scaling_group().auto_scaling_group_name("landing-zone-web");
    group.launch_template(pinned.build()).send().await.unwrap();
    let balancer = hand.load_balancer().await;
    let group = hand.default_security_group().await;
    hand.elb.set_security_groups().load_balancer_arn(&balancer).security_groups(group).send().await.unwrap();
    let acl = hand.network_acl("web").await;
    hand.ec2.delete_network_acl_entry().network_acl_id(acl).rule_number(100).egress(false).send().await.ok();
}
