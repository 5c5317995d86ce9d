//! The neglected account through the real SDK: what is planted is seen, by the calls an auditor makes.

use aws_config::SdkConfig;
use aws_sdk_ec2::types::{Filter, HttpTokensState};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{ObjectOwnership, Permission, Type};

use super::testing::config;
use super::world::{DEFAULT_ACCOUNT, World};
use super::{Profile, Sandbox, Seed};

fn neglected(region: &str) -> (Sandbox, SdkConfig) {
    let sandbox = Sandbox::new(Profile::Hostile, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let config = config(&sandbox, region);
    (sandbox, config)
}

#[test]
fn the_same_seed_plants_the_same_account() {
    let planted = |seed| {
        let mut world = World::new(Profile::Instant, seed);
        Seed::Neglected.plant(&mut world, DEFAULT_ACCOUNT);
        serde_json::to_value(world).unwrap()
    };
    assert_eq!(planted(1), planted(1));
    assert_ne!(planted(1), planted(2));
}

#[tokio::test]
async fn one_bucket_is_read_by_everybody_through_its_policy() {
    let (_sandbox, config) = neglected("us-east-1");
    let s3 = aws_sdk_s3::Client::new(&config);
    let bucket = "shop-assets-123456789012";
    let status = s3.get_bucket_policy_status().bucket(bucket).send().await.unwrap();
    assert_eq!(status.policy_status().unwrap().is_public(), Some(true));
    let policy = s3.get_bucket_policy().bucket(bucket).send().await.unwrap();
    assert!(policy.policy().unwrap().contains(r#""Principal":"*""#));
    let block = s3.get_public_access_block().bucket(bucket).send().await.unwrap_err();
    assert_eq!(block.code(), Some("NoSuchPublicAccessBlockConfiguration"));
    let object = s3.get_object().bucket(bucket).key("exports/customers.csv").send().await.unwrap();
    assert!(object.body.collect().await.unwrap().into_bytes().starts_with(b"id,name,mail"));
}

#[tokio::test]
async fn another_is_listed_by_everybody_through_its_acl() {
    let (_sandbox, config) = neglected("us-east-1");
    let s3 = aws_sdk_s3::Client::new(&config);
    let bucket = "upload-inbox-123456789012";
    let acl = s3.get_bucket_acl().bucket(bucket).send().await.unwrap();
    let everybody = acl.grants().iter().find(|grant| grant.grantee().unwrap().r#type() == &Type::Group);
    let everybody = everybody.unwrap();
    assert_eq!(everybody.permission(), Some(&Permission::Read));
    assert!(everybody.grantee().unwrap().uri().unwrap().ends_with("/AllUsers"));
    let ownership = s3.get_bucket_ownership_controls().bucket(bucket).send().await.unwrap();
    let rule = ownership.ownership_controls().unwrap().rules()[0].object_ownership();
    assert_eq!(rule, &ObjectOwnership::ObjectWriter);
    let block = s3.get_public_access_block().bucket(bucket).send().await.unwrap_err();
    assert_eq!(block.code(), Some("NoSuchPublicAccessBlockConfiguration"));
    let listed = s3.list_buckets().send().await.unwrap();
    assert_eq!(listed.buckets().len(), 3);
}

#[tokio::test]
async fn the_account_itself_blocks_nothing() {
    let (_sandbox, config) = neglected("us-east-1");
    let control = aws_sdk_s3control::Client::new(&config);
    let block = control.get_public_access_block().account_id(DEFAULT_ACCOUNT).send().await.unwrap_err();
    assert_eq!(block.code(), Some("NoSuchPublicAccessBlockConfiguration"));
}

#[tokio::test]
async fn the_trail_records_one_region_without_digests_and_without_a_key() {
    let (_sandbox, config) = neglected("us-east-1");
    let cloudtrail = aws_sdk_cloudtrail::Client::new(&config);
    let trails = cloudtrail.describe_trails().send().await.unwrap();
    let [trail] = trails.trail_list() else { panic!("{trails:?}") };
    assert_eq!(trail.is_multi_region_trail(), Some(false));
    assert_eq!(trail.include_global_service_events(), Some(true));
    assert_eq!(trail.log_file_validation_enabled(), Some(false));
    assert_eq!(trail.kms_key_id(), None);
    let status = cloudtrail.get_trail_status().name("management-events").send().await.unwrap();
    assert_eq!(status.is_logging(), Some(true));
    // Its bucket lets it in: what CloudTrail looks at on an update is in order (CT-4).
    cloudtrail.update_trail().name("management-events").send().await.unwrap();
    let (_sandbox, elsewhere) = neglected("eu-west-1");
    let elsewhere = aws_sdk_cloudtrail::Client::new(&elsewhere).describe_trails().send().await.unwrap();
    assert!(elsewhere.trail_list().is_empty());
}

/// Ports that everybody reaches, by IPv4 and by IPv6.
async fn open_ports(region: &str) -> (Vec<i32>, Vec<i32>) {
    let (_sandbox, config) = neglected(region);
    let groups = aws_sdk_ec2::Client::new(&config).describe_security_groups().send().await.unwrap();
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for permission in groups.security_groups().iter().flat_map(|group| group.ip_permissions()) {
        let port = permission.from_port().unwrap_or(-1);
        if permission.ip_ranges().iter().any(|range| range.cidr_ip() == Some("0.0.0.0/0")) {
            v4.push(port);
        }
        if permission.ipv6_ranges().iter().any(|range| range.cidr_ipv6() == Some("::/0")) {
            v6.push(port);
        }
    }
    v4.sort_unstable();
    (v4, v6)
}

#[tokio::test]
async fn ports_are_open_to_the_world_at_home_and_more_of_them_elsewhere() {
    assert_eq!(open_ports("us-east-1").await, (vec![22], vec![]));
    assert_eq!(open_ports("eu-west-1").await, (vec![22, 3389], vec![5432]));
    assert_eq!(open_ports("eu-central-1").await, (vec![6379], vec![]));
    assert_eq!(open_ports("us-west-2").await, (vec![3389], vec![]));
    assert_eq!(open_ports("ap-southeast-1").await, (vec![22], vec![]));
    assert_eq!(open_ports("sa-east-1").await, (vec![22, 1433], vec![]));
    assert_eq!(open_ports("eu-north-1").await, (vec![], vec![]));
}

#[tokio::test]
async fn an_instance_behind_the_open_port_answers_imdsv1_and_has_no_profile() {
    let (_sandbox, config) = neglected("us-east-1");
    let ec2 = aws_sdk_ec2::Client::new(&config);
    let answer = ec2.describe_instances().send().await.unwrap();
    let [reservation] = answer.reservations() else { panic!("{answer:?}") };
    let instance = &reservation.instances()[0];
    assert_eq!(instance.metadata_options().unwrap().http_tokens(), Some(&HttpTokensState::Optional));
    assert!(instance.iam_instance_profile().is_none());
    assert!(instance.public_ip_address().is_some());
    assert_eq!(instance.security_groups()[0].group_name(), Some("launch-wizard-1"));
    let own = Filter::builder().name("attachment.instance-id").values(instance.instance_id().unwrap());
    let interfaces = ec2.describe_network_interfaces().filters(own.build()).send().await.unwrap();
    assert_eq!(interfaces.network_interfaces().len(), 1);
}
