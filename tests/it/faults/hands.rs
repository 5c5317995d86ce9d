//! Somebody edits the account by hand while an apply is under way.

use std::collections::BTreeSet;

use super::account::{LANDING_ZONE, on_virtual_time, run};
use super::cuts::settled;
use super::layer::Layer;
use super::normal::difference;
use super::page;
use super::start::{Start, config};
use crate::hand::Hand;

/// What a hand does; false where there was nothing to do it to yet.
async fn edit(hand: &Hand, edit: &str) -> bool {
    match edit {
        "stops the trail" => hand.cloudtrail.stop_logging().name("landing-zone").send().await.is_ok(),
        "weakens the password policy" => {
            hand.iam.update_account_password_policy().minimum_password_length(6).send().await.is_ok()
        }
        "takes the key's alias away" => {
            hand.kms.delete_alias().alias_name("alias/landing-zone-trail").send().await.is_ok()
        }
        "gives the auditors everything" => {
            let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
            let role = hand.iam.attach_role_policy().role_name("landing-zone-auditor").policy_arn(admin);
            role.send().await.is_ok()
        }
        "deletes the bucket policy" => {
            let bucket = "landing-zone-trail-logs-123456789012";
            hand.s3.delete_bucket_policy().bucket(bucket).send().await.is_ok()
        }
        "switches volume encryption off" => hand.ec2.disable_ebs_encryption_by_default().send().await.is_ok(),
        "deletes the launch template" => {
            let name = "landing-zone-web";
            hand.ec2.delete_launch_template().launch_template_name(name).send().await.is_ok()
        }
        other => panic!("nobody knows how somebody {other}"),
    }
}

const EDITS: [&str; 7] = [
    "stops the trail",
    "weakens the password policy",
    "takes the key's alias away",
    "gives the auditors everything",
    "deletes the bucket policy",
    "switches volume encryption off",
    "deletes the launch template",
];

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn edits_by_hand_during_an_apply_are_found_by_the_next_one() {
    let (whole, writes) = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        let layer = Layer::recording(&sandbox);
        assert!(run(layer.client(), &LANDING_ZONE).await.outcome.is_success());
        (settled(&sandbox).await.expect("converged"), layer.writes().len())
    });
    let (mut edits, mut kinds) = (0, BTreeSet::new());
    for what in EDITS {
        for part in [5, 8] {
            on_virtual_time(async {
                let sandbox = Start::Empty.account();
                let layer = Layer::recording(&sandbox);
                let hand = Hand::new(&config(&sandbox));
                let person = async {
                    layer.until_written(writes * part / 10).await;
                    edit(&hand, what).await
                };
                // Whether this run puts it right, fails for it or has passed already is all the same.
                let (_, edited) = tokio::join!(run(layer.client(), &LANDING_ZONE), person);
                if edited {
                    edits += 1;
                    kinds.insert(what);
                }
                let again = run(sandbox.http_client(), &LANDING_ZONE).await;
                assert!(again.outcome.is_success(), "{what}: {:#?}", again.outcome);
                let found = settled(&sandbox).await.unwrap_or_else(|problem| panic!("{what}: {problem}"));
                assert_eq!(difference(&whole, &found), None, "somebody {what} at {part}/10");
            });
        }
    }
    assert_eq!(kinds.len(), EDITS.len(), "some edits never met anything to edit: {kinds:?}");
    page::counted(
        "hands",
        &format!("{edits} edits of {} kinds; the next run undoes each, nothing is there twice", kinds.len()),
    );
}
