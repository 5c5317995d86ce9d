//! Changes made by hand to a converged account: each is named, repaired by apply, and nothing else is touched.

use std::collections::BTreeSet;

use aws_sdk_autoscaling as autoscaling;
use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType};
use aws_sdk_ec2::types as ec2;
use aws_sdk_s3::types as s3;
use baseline::plan::Action;
use futures::future::{BoxFuture, FutureExt};

use crate::both::on_both;
use crate::emulator::Which;
use crate::hand::Hand;
use crate::world::{World, shipped};

on_both! { every_change_made_by_hand_is_named_and_repaired_alone, }

const ACCOUNT: &str = "123456789012";
const TRAIL_LOGS: &str = "landing-zone-trail-logs-123456789012";
const OPEN: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
const ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// What a person did, where the plan must show it, and how.
struct Drift {
    what: &'static str,
    addr: &'static str,
    path: &'static str,
    done: for<'a> fn(&'a Hand) -> BoxFuture<'a, ()>,
}

macro_rules! drift {
    ($what:literal, $addr:literal, $path:literal, |$hand:ident| $done:expr) => {
        Drift {
            what: $what,
            addr: $addr,
            path: $path,
            done: |$hand| {
                async move {
                    $done;
                }
                .boxed()
            },
        }
    };
}

fn world(port: i32) -> ec2::IpPermission {
    let everyone = ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    ec2::IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port).ip_ranges(everyone).build()
}

fn everything() -> ec2::IpPermission {
    let everyone = ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    ec2::IpPermission::builder().ip_protocol("-1").ip_ranges(everyone).build()
}

fn drifts() -> Vec<Drift> {
    vec![
        drift!("a port was opened to the world", "ec2.security-group.web", "ingress[]", |hand| {
            let group = hand.security_group("web").await;
            hand.ec2
                .authorize_security_group_ingress()
                .group_id(group)
                .ip_permissions(world(22))
                .send()
                .await
                .unwrap()
        }),
        drift!("a rule was removed", "ec2.security-group.load-balancer-web", "ingress[]", |hand| {
            let group = hand.security_group("load-balancer-web").await;
            hand.ec2
                .revoke_security_group_ingress()
                .group_id(group)
                .ip_permissions(world(443))
                .send()
                .await
                .unwrap()
        }),
        drift!("egress was opened", "ec2.security-group.db", "egress[]", |hand| {
            let group = hand.security_group("db").await;
            hand.ec2
                .authorize_security_group_egress()
                .group_id(group)
                .ip_permissions(everything())
                .send()
                .await
                .unwrap()
        }),
        drift!("the default group was opened", "ec2.vpc.main", "default_ingress[]", |hand| {
            let group = hand.default_security_group().await;
            hand.ec2
                .authorize_security_group_ingress()
                .group_id(group)
                .ip_permissions(world(3306))
                .send()
                .await
                .unwrap()
        }),
        drift!("an ACL entry lets everything in", "ec2.network-acl.db", "ingress[]", |hand| {
            let acl = hand.network_acl("db").await;
            hand.ec2
                .create_network_acl_entry()
                .network_acl_id(acl)
                .egress(false)
                .rule_number(1)
                .protocol("-1")
                .rule_action(ec2::RuleAction::Allow)
                .cidr_block("0.0.0.0/0")
                .send()
                .await
                .unwrap()
        }),
        drift!("an ACL denial became an allowance", "ec2.network-acl.web", "ingress[]", |hand| {
            let acl = hand.network_acl("web").await;
            let answer = hand.ec2.describe_network_acls().network_acl_ids(&acl).send().await.unwrap();
            let entry = answer.network_acls()[0]
                .entries()
                .iter()
                .find(|entry| entry.rule_number() == Some(100) && entry.egress() == Some(false))
                .unwrap()
                .clone();
            let other = match entry.rule_action() {
                Some(ec2::RuleAction::Deny) => ec2::RuleAction::Allow,
                _ => ec2::RuleAction::Deny,
            };
            hand.ec2
                .replace_network_acl_entry()
                .network_acl_id(acl)
                .egress(false)
                .rule_number(100)
                .protocol(entry.protocol().unwrap())
                .set_port_range(entry.port_range().cloned())
                .rule_action(other)
                .set_cidr_block(entry.cidr_block().map(str::to_owned))
                .send()
                .await
                .unwrap()
        }),
        drift!("the database subnets got a way out", "ec2.route-table.db", "routes[\"0.0.0.0/0\"]", |hand| {
            let (table, gateway) = (hand.route_table("db").await, hand.internet_gateway().await);
            hand.ec2
                .create_route()
                .route_table_id(table)
                .destination_cidr_block("0.0.0.0/0")
                .gateway_id(gateway)
                .send()
                .await
                .unwrap()
        }),
        drift!("a subnet was given another table", "ec2.route-table.db", "subnets[]", |hand| {
            let (table, vpc) = (hand.route_table("db").await, hand.vpc().await);
            let answer = hand.ec2.describe_route_tables().route_table_ids(table).send().await.unwrap();
            let association =
                answer.route_tables()[0].associations()[0].route_table_association_id().unwrap();
            let other = hand.ec2.create_route_table().vpc_id(vpc).send().await.unwrap();
            hand.ec2
                .replace_route_table_association()
                .association_id(association)
                .route_table_id(other.route_table().unwrap().route_table_id().unwrap())
                .send()
                .await
                .unwrap()
        }),
        drift!("a subnet hands out public addresses", "ec2.subnet.db-a", "public_ip_on_launch", |hand| {
            let on = ec2::AttributeBooleanValue::builder().value(true).build();
            let subnet = hand.subnet("db-a").await;
            hand.ec2
                .modify_subnet_attribute()
                .subnet_id(subnet)
                .map_public_ip_on_launch(on)
                .send()
                .await
                .unwrap()
        }),
        drift!("versioning was suspended", "s3.bucket.trail-logs", "versioning", |hand| {
            let suspended =
                s3::VersioningConfiguration::builder().status(s3::BucketVersioningStatus::Suspended).build();
            hand.s3
                .put_bucket_versioning()
                .bucket(TRAIL_LOGS)
                .versioning_configuration(suspended)
                .send()
                .await
                .unwrap()
        }),
        drift!("the bucket was given another key", "s3.bucket.trail-logs", "encryption", |hand| {
            let plain =
                s3::ServerSideEncryptionByDefault::builder().sse_algorithm(s3::ServerSideEncryption::AwsKms);
            let rule = s3::ServerSideEncryptionRule::builder()
                .apply_server_side_encryption_by_default(plain.build().unwrap())
                .bucket_key_enabled(false)
                .build();
            let rules = s3::ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap();
            hand.s3
                .put_bucket_encryption()
                .bucket(TRAIL_LOGS)
                .server_side_encryption_configuration(rules)
                .send()
                .await
                .unwrap()
        }),
        drift!("a stranger was let into the bucket", "s3.bucket.trail-logs", "policy", |hand| {
            let answer = hand.s3.get_bucket_policy().bucket(TRAIL_LOGS).send().await.unwrap();
            let mut policy: serde_json::Value = serde_json::from_str(answer.policy().unwrap()).unwrap();
            policy["Statement"].as_array_mut().unwrap().push(serde_json::json!({
                "Sid": "stranger", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999988887777:root" },
                "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{TRAIL_LOGS}/*"),
            }));
            hand.s3.put_bucket_policy().bucket(TRAIL_LOGS).policy(policy.to_string()).send().await.unwrap()
        }),
        drift!("the bucket's public block was removed", "s3.bucket.trail-logs", "public_access", |hand| {
            hand.s3.delete_public_access_block().bucket(TRAIL_LOGS).send().await.unwrap()
        }),
        drift!("access logging was switched off", "s3.bucket.trail-logs", "logging", |hand| {
            let off = s3::BucketLoggingStatus::builder().build();
            hand.s3.put_bucket_logging().bucket(TRAIL_LOGS).bucket_logging_status(off).send().await.unwrap()
        }),
        drift!("the lifecycle was cut to one day", "s3.bucket.trail-logs", "lifecycle", |hand| {
            let expiration = s3::LifecycleExpiration::builder().days(1).build();
            let rule = s3::LifecycleRule::builder()
                .id("short")
                .status(s3::ExpirationStatus::Enabled)
                .filter(s3::LifecycleRuleFilter::builder().prefix("").build())
                .expiration(expiration)
                .build()
                .unwrap();
            let rules = s3::BucketLifecycleConfiguration::builder().rules(rule).build().unwrap();
            hand.s3
                .put_bucket_lifecycle_configuration()
                .bucket(TRAIL_LOGS)
                .lifecycle_configuration(rules)
                .send()
                .await
                .unwrap()
        }),
        drift!("the trail was stopped", "cloudtrail.trail.main", "logging", |hand| {
            hand.cloudtrail.stop_logging().name("landing-zone").send().await.unwrap()
        }),
        drift!("validation was switched off", "cloudtrail.trail.main", "validation", |hand| {
            hand.cloudtrail
                .update_trail()
                .name("landing-zone")
                .enable_log_file_validation(false)
                .send()
                .await
                .unwrap()
        }),
        drift!("the trail records writes only", "cloudtrail.trail.main", "management_events", |hand| {
            let selector = EventSelector::builder()
                .read_write_type(ReadWriteType::WriteOnly)
                .include_management_events(true)
                .build();
            hand.cloudtrail
                .put_event_selectors()
                .trail_name("landing-zone")
                .event_selectors(selector)
                .send()
                .await
                .unwrap()
        }),
        drift!("the key no longer rotates", "kms.key.trail", "rotation_days", |hand| {
            let key = hand.key("alias/landing-zone-trail").await;
            hand.kms.disable_key_rotation().key_id(key).send().await.unwrap()
        }),
        drift!("the key is to be deleted", "kms.key.trail", "enabled", |hand| {
            let key = hand.key("alias/landing-zone-trail").await;
            hand.kms.schedule_key_deletion().key_id(key).pending_window_in_days(7).send().await.unwrap()
        }),
        drift!("the key policy lost its statements", "kms.key.trail", "policy", |hand| {
            let policy = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"a","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"kms:*","Resource":"*"}}]}}"#
            );
            let key = hand.key("alias/landing-zone-trail").await;
            hand.kms.put_key_policy().key_id(key).policy_name("default").policy(policy).send().await.unwrap()
        }),
        drift!("passwords may be short", "iam.password-policy.account", "min_length", |hand| {
            hand.iam.update_account_password_policy().minimum_password_length(6).send().await.unwrap()
        }),
        drift!("everyone may assume the role", "iam.role.web", "trust", |hand| {
            hand.iam
                .update_assume_role_policy()
                .role_name("landing-zone-web")
                .policy_document(OPEN)
                .send()
                .await
                .unwrap()
        }),
        drift!("the role may do anything", "iam.role.web", "inline[\"extra\"]", |hand| {
            hand.iam
                .put_role_policy()
                .role_name("landing-zone-web")
                .policy_name("extra")
                .policy_document(ALL)
                .send()
                .await
                .unwrap()
        }),
        drift!("a managed policy was attached", "iam.role.web", "managed[]", |hand| {
            hand.iam
                .attach_role_policy()
                .role_name("landing-zone-web")
                .policy_arn("arn:aws:iam::aws:policy/AdministratorAccess")
                .send()
                .await
                .unwrap()
        }),
        drift!("IMDSv1 is allowed", "ec2.launch-template.web", "http_tokens", |hand| {
            let metadata = ec2::LaunchTemplateInstanceMetadataOptionsRequest::builder()
                .http_tokens(ec2::LaunchTemplateHttpTokensState::Optional)
                .http_put_response_hop_limit(1)
                .build();
            let answer = hand
                .ec2
                .describe_launch_template_versions()
                .launch_template_name("landing-zone-web")
                .versions("$Default")
                .send()
                .await
                .unwrap();
            let data = answer.launch_template_versions()[0].launch_template_data().unwrap();
            let profile = data.iam_instance_profile().and_then(|profile| profile.name()).map(str::to_owned);
            let profile = ec2::LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
                .set_name(profile)
                .build();
            let volumes: Vec<_> = data
                .block_device_mappings()
                .iter()
                .map(|mapping| {
                    let volume = mapping.ebs().unwrap();
                    let volume = ec2::LaunchTemplateEbsBlockDeviceRequest::builder()
                        .set_encrypted(volume.encrypted())
                        .set_volume_type(volume.volume_type().cloned())
                        .set_volume_size(volume.volume_size())
                        .build();
                    ec2::LaunchTemplateBlockDeviceMappingRequest::builder()
                        .set_device_name(mapping.device_name().map(str::to_owned))
                        .ebs(volume)
                        .build()
                })
                .collect();
            let weaker = ec2::RequestLaunchTemplateData::builder()
                .set_image_id(data.image_id().map(str::to_owned))
                .set_instance_type(data.instance_type().cloned())
                .set_security_group_ids(Some(data.security_group_ids().to_vec()))
                .set_block_device_mappings(Some(volumes))
                .iam_instance_profile(profile)
                .metadata_options(metadata)
                .build();
            let version = hand
                .ec2
                .create_launch_template_version()
                .launch_template_name("landing-zone-web")
                .launch_template_data(weaker)
                .send()
                .await
                .unwrap();
            let number = version.launch_template_version().unwrap().version_number().unwrap();
            hand.ec2
                .modify_launch_template()
                .launch_template_name("landing-zone-web")
                .default_version(number.to_string())
                .send()
                .await
                .unwrap()
        }),
        drift!("launching was suspended", "autoscaling.group.web", "suspended[", |hand| {
            hand.autoscaling
                .suspend_processes()
                .auto_scaling_group_name("landing-zone-web")
                .scaling_processes("Launch")
                .send()
                .await
                .unwrap()
        }),
        drift!("a listener was removed", "elb.load-balancer.web", "listeners[\"80\"]", |hand| {
            let listener = hand.listener(80).await;
            hand.elb.delete_listener().listener_arn(listener).send().await.unwrap()
        }),
        drift!(
            "invalid headers pass",
            "elb.load-balancer.web",
            "attributes.routing.http.drop_invalid_header_fields.enabled",
            |hand| {
                let off = aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute::builder()
                    .key("routing.http.drop_invalid_header_fields.enabled")
                    .value("false")
                    .build();
                let arn = hand.load_balancer().await;
                hand.elb
                    .modify_load_balancer_attributes()
                    .load_balancer_arn(arn)
                    .attributes(off)
                    .send()
                    .await
                    .unwrap()
            }
        ),
        drift!("the group may grow without end", "autoscaling.group.web", "max", |hand| {
            hand.autoscaling
                .update_auto_scaling_group()
                .auto_scaling_group_name("landing-zone-web")
                .max_size(100)
                .send()
                .await
                .unwrap()
        }),
        drift!("the scaling policy was deleted", "autoscaling.group.web", "policies[\"cpu\"]", |hand| {
            let answer: autoscaling::operation::delete_policy::DeletePolicyOutput = hand
                .autoscaling
                .delete_policy()
                .auto_scaling_group_name("landing-zone-web")
                .policy_name("cpu")
                .send()
                .await
                .unwrap();
            answer
        }),
        drift!(
            "the account's public block was removed",
            "s3.account-public-access.account",
            "block_public_acls",
            |hand| { hand.s3control.delete_public_access_block().account_id(ACCOUNT).send().await.unwrap() }
        ),
        drift!("volumes are no longer encrypted", "ec2.ebs-encryption.account", "enabled", |hand| {
            hand.ec2.disable_ebs_encryption_by_default().send().await.unwrap()
        }),
    ]
}

async fn every_change_made_by_hand_is_named_and_repaired_alone(on: Which) {
    let text = shipped("landing-zone.toml").replace("# deny       =", "deny       =");
    let world = World::new(on, &text).await;
    world.apply().await;
    world.assert_converged("after the first apply").await;
    let hand = Hand::new(&world.emulator.config());
    for drift in drifts() {
        (drift.done)(&hand).await;
        let plan = world.plan().await;
        let seen: Vec<String> = plan.steps.iter().map(|step| step.addr.to_string()).collect();
        assert_eq!(seen, [drift.addr], "{}", drift.what);
        assert_eq!(plan.steps[0].action, Action::Update, "{}", drift.what);
        let paths: BTreeSet<String> =
            plan.steps[0].changes.iter().map(|change| change.path.to_string()).collect();
        assert!(paths.iter().any(|path| path.starts_with(drift.path)), "{}: {paths:?}", drift.what);
        world.apply().await;
        world.assert_converged(drift.what).await;
    }
}
