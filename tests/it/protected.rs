//! What somebody protected before baseline came: it is kept, whatever else is changed.

use aws_sdk_s3::types::{
    BucketCannedAcl, BucketLifecycleConfiguration, DefaultRetention, ExpirationStatus, Grant,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockRetentionMode, ObjectLockRule, ObjectOwnership, TransitionDefaultMinimumObjectSize,
};
use baseline::aws::{Account, Mode, Options};
use baseline::engine::{Stop, apply};
use baseline::plan::{Choices, Plan, Severity};

use crate::emulator::Which;
use crate::faults::layer::{Fault, broken};
use crate::faults::refusal::Refusal;
use crate::hand::Hand;
use crate::world::World;

const FILE: &str = "name = \"shop\"\nregion = 'us-east-1'\n[bucket.archive]\nname = 'shop-archive-2019'\n\
                    access_log = false\nobject_lock = { mode = 'compliance', days = 365 }\n\
                    lifecycle = { expire_after_days = 400 }\n";

#[tokio::test(start_paused = true)]
async fn a_longer_retention_and_the_smallest_size_that_moves_survive_an_adoption() {
    let world = World::new(Which::BuiltIn, FILE).await;
    let hand = Hand::new(&world.emulator.config());
    hand.s3
        .create_bucket()
        .bucket("shop-archive-2019")
        .object_lock_enabled_for_bucket(true)
        .send()
        .await
        .unwrap();
    let seven_years = DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).years(7).build();
    let lock = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(ObjectLockRule::builder().default_retention(seven_years).build())
        .build();
    hand.s3
        .put_object_lock_configuration()
        .bucket("shop-archive-2019")
        .object_lock_configuration(lock)
        .send()
        .await
        .unwrap();
    let old = LifecycleRule::builder()
        .id("old")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .expiration(LifecycleExpiration::builder().days(3000).build())
        .build()
        .unwrap();
    hand.s3
        .put_bucket_lifecycle_configuration()
        .bucket("shop-archive-2019")
        .lifecycle_configuration(BucketLifecycleConfiguration::builder().rules(old).build().unwrap())
        .transition_default_minimum_object_size(TransitionDefaultMinimumObjectSize::VariesByStorageClass)
        .send()
        .await
        .unwrap();

    let plan = world.plan().await;
    let told: Vec<_> = plan.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(told.len() == 1 && told[0].message.contains("COMPLIANCE for 2555 days"), "{:?}", plan.findings);
    world.apply().await;

    let lock = hand.s3.get_object_lock_configuration().bucket("shop-archive-2019").send().await.unwrap();
    let rule = lock.object_lock_configuration().unwrap().rule().unwrap().clone();
    assert_eq!(rule.default_retention().unwrap().years(), Some(7));
    let lifecycle =
        hand.s3.get_bucket_lifecycle_configuration().bucket("shop-archive-2019").send().await.unwrap();
    assert_eq!(lifecycle.rules()[0].expiration().unwrap().days(), Some(400));
    assert_eq!(
        lifecycle.transition_default_minimum_object_size(),
        Some(&TransitionDefaultMinimumObjectSize::VariesByStorageClass)
    );
}

const LOGS: &str = "name = \"shop\"\nregion = 'us-east-1'\n[bucket.logs]\nname = 'shop-logs-2019'\n\
                    access_log = false\n[bucket.data]\nname = 'shop-data'\naccess_log = 'logs'\n";

#[tokio::test(start_paused = true)]
async fn log_delivery_is_let_in_at_every_moment_while_an_old_acl_goes() {
    let delivery = "uri=\"http://acs.amazonaws.com/groups/s3/LogDelivery\"";
    for how in ["canned", "by header when it was made", "by header later"] {
        let mut world = World::new(Which::BuiltIn, LOGS).await;
        let hand = Hand::new(&world.emulator.config());
        let made =
            hand.s3.create_bucket().bucket("shop-logs-2019").object_ownership(ObjectOwnership::ObjectWriter);
        match how {
            "canned" => drop(made.acl(BucketCannedAcl::from("log-delivery-write")).send().await.unwrap()),
            "by header when it was made" => {
                drop(made.grant_write(delivery).grant_read_acp(delivery).send().await.unwrap());
            }
            _ => {
                made.send().await.unwrap();
                let acl = hand.s3.put_bucket_acl().bucket("shop-logs-2019");
                acl.grant_write(delivery).grant_read_acp(delivery).send().await.unwrap();
            }
        }
        let grants = async || {
            let acl = hand.s3.get_bucket_acl().bucket("shop-logs-2019").send().await.unwrap();
            let is_delivery = |grant: &&Grant| grant.grantee().and_then(|one| one.uri()).is_some();
            acl.grants().iter().filter(is_delivery).count()
        };
        assert_eq!(grants().await, 2, "{how}");

        // The ACL is not to be written yet: by then the policy lets log delivery in, and the ACL still does.
        let config = broken(&world.emulator.config(), |call| {
            let refusal = Fault::Refuse { refusal: Refusal::Denied, effect: false };
            (call.operation == "PutBucketAcl").then_some(refusal)
        });
        let options = Options {
            tags: [].into(),
            baseline: "shop".into(),
            region: "us-east-1".into(),
            profile: None,
            mode: Mode::ReadWrite,
            http_override: None,
        };
        let usual =
            std::mem::replace(&mut world.account, Account::from_config(&config, &options).await.unwrap());
        let (live, plan) = world.look(&Choices::default()).await;
        let outcome = apply(&world.account, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        assert!(!outcome.failed.is_empty(), "{how}: {outcome:#?}");
        assert_eq!(grants().await, 2, "{how}");
        let policy = hand.s3.get_bucket_policy().bucket("shop-logs-2019").send().await.unwrap();
        assert!(policy.policy().unwrap().contains("logging.s3.amazonaws.com"), "{how}");

        world.account = usual;
        world.apply().await;
        world.assert_converged(how).await;
        assert_eq!(grants().await, 0, "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_before_2023_whose_acl_lets_log_delivery_in_goes_over_to_its_policy() {
    let world = World::new(Which::BuiltIn, LOGS).await;
    let hand = Hand::new(&world.emulator.config());
    hand.s3
        .create_bucket()
        .bucket("shop-logs-2019")
        .object_ownership(ObjectOwnership::ObjectWriter)
        .acl(BucketCannedAcl::from("log-delivery-write"))
        .send()
        .await
        .unwrap();

    let plan = world.plan().await;
    let step = plan.steps.iter().find(|step| step.addr.to_string() == "s3.bucket.logs").unwrap();
    let shown: Vec<String> =
        step.changes.iter().map(|change| format!("{} {}", change.path, change.before.encode())).collect();
    assert!(shown.iter().any(|line| line.contains("acl[]") && line.contains("LogDelivery")), "{shown:?}");
    // Whoever else logs here would notice nothing.
    let warned = |plan: &Plan| plan.findings.iter().any(|finding| finding.message.contains("would stop"));
    assert!(warned(&plan), "{:?}", plan.findings);
    world.apply().await;
    assert!(!warned(&world.plan().await));

    let ownership = hand.s3.get_bucket_ownership_controls().bucket("shop-logs-2019").send().await.unwrap();
    let rule = ownership.ownership_controls().unwrap().rules()[0].clone();
    assert_eq!(rule.object_ownership(), &ObjectOwnership::BucketOwnerEnforced);
    let acl = hand.s3.get_bucket_acl().bucket("shop-logs-2019").send().await.unwrap();
    assert_eq!(acl.grants().len(), 1, "the owner alone: {:?}", acl.grants());
    let policy = hand.s3.get_bucket_policy().bucket("shop-logs-2019").send().await.unwrap();
    assert!(policy.policy().unwrap().contains("logging.s3.amazonaws.com"));
    let calls = world.account.trace.counts().calls;
    let made = |operation: &str| calls.iter().any(|((_, made), _)| made == operation);
    assert!(made("GetBucketAcl") && made("PutBucketAcl"));
}
