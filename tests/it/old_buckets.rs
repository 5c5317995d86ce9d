//! Buckets that others made: of names that S3 gives no more, with access control by tags, with MFA Delete.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{
    AbacStatus, BucketAbacStatus, BucketVersioningStatus, MfaDelete, Tag, Tagging, VersioningConfiguration,
};
use baseline::plan::Action;
use baseline::sandbox::s3::{Bucket, Owner};

use crate::emulator::Which;
use crate::world::World;

const ACCOUNT: &str = "123456789012";

fn file(more: &str) -> String {
    format!("name = \"shop\"\nregion = 'us-east-1'\n[bucket.logs]\n{more}\n")
}

fn s3(world: &World) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&world.emulator.config())
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_a_name_that_s3_gives_no_more_is_taken_over_and_never_made() {
    let world = World::new(Which::BuiltIn, &file("name = 'Shop_Logs.2012'")).await;
    let plan = world.plan().await;
    assert!(plan.steps.iter().all(|step| step.action != Action::Create || step.held.is_some()), "{plan:#?}");
    let told = format!("{:?}", plan.findings);
    assert!(told.contains("there is no bucket Shop_Logs.2012"), "{told}");
    assert!(told.contains("choose another `name`"), "{told}");

    world.emulator.sandbox().with_world(|world| {
        let owner = Owner { account: ACCOUNT.into(), region: "us-east-1".into(), released: None };
        world.buckets.insert("Shop_Logs.2012".into(), owner);
        let bucket = Bucket::born("us-east-1", world.clock);
        world.account(ACCOUNT).s3.buckets.insert("Shop_Logs.2012".into(), bucket);
    });
    world.apply().await;
    world.assert_converged("taken over").await;
    let tags = s3(&world).get_bucket_tagging().bucket("Shop_Logs.2012").send().await.unwrap();
    assert!(tags.tag_set().iter().any(|tag| tag.key() == "baseline:name" && tag.value() == "shop"));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_with_access_control_by_tags_is_taken_over_and_keeps_the_tags_of_others() {
    let world = World::new(Which::BuiltIn, &file("name = 'shop-logs'")).await;
    let s3 = s3(&world);
    s3.create_bucket().bucket("shop-logs").send().await.unwrap();
    let tag = Tag::builder().key("team").value("core").build().unwrap();
    let tagging = Tagging::builder().tag_set(tag).build().unwrap();
    s3.put_bucket_tagging().bucket("shop-logs").tagging(tagging.clone()).send().await.unwrap();
    let on = AbacStatus::builder().status(BucketAbacStatus::Enabled).build();
    s3.put_bucket_abac().bucket("shop-logs").abac_status(on).send().await.unwrap();
    let refused = s3.put_bucket_tagging().bucket("shop-logs").tagging(tagging).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("MethodNotAllowed"));

    world.apply().await;
    world.assert_converged("taken over").await;
    let tags = s3.get_bucket_tagging().bucket("shop-logs").send().await.unwrap();
    let mut keys: Vec<&str> = tags.tag_set().iter().map(Tag::key).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["baseline:addr", "baseline:name", "team"]);
}

#[tokio::test(start_paused = true)]
async fn what_mfa_delete_keeps_is_told_and_everything_else_is_written() {
    let mut world = World::new(Which::BuiltIn, &file("name = 'shop-logs'\nversioning = false")).await;
    let s3 = s3(&world);
    s3.create_bucket().bucket("shop-logs").send().await.unwrap();
    let versioning = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .mfa_delete(MfaDelete::Enabled)
        .build();
    let device = format!("arn:aws:iam::{ACCOUNT}:mfa/root 123456");
    let put = s3.put_bucket_versioning().bucket("shop-logs").versioning_configuration(versioning);
    put.mfa(device).send().await.unwrap();

    let told = |plan: &baseline::plan::Plan| format!("{:?}", plan.findings);
    let plan = world.plan().await;
    assert!(told(&plan).contains("MFA Delete is on, and AWS takes no lifecycle rules"), "{}", told(&plan));
    assert!(told(&plan).contains("changes the versioning from Enabled for the root user"), "{}", told(&plan));
    world.apply().await;
    let after = world.plan().await;
    assert!(after.steps.is_empty() && !after.is_converged(), "{after:#?}");
    let policy = s3.get_bucket_policy().bucket("shop-logs").send().await.unwrap();
    assert!(policy.policy().unwrap().contains("aws:SecureTransport"));

    world.declare(&file("name = 'shop-logs'\nlifecycle = false"));
    world.assert_converged("the file says what is there").await;
}
