//! Users and trails as they are in accounts that people and other tools made.

use std::path::Path;

use baseline::posture::Posture;
use baseline::sandbox::cloudtrail::{Selectors, Trail};
use baseline::sandbox::iam::AccessKey;
use baseline::sandbox::lag::Versioned;
use baseline::sandbox::organizations::Organization;
use baseline::sandbox::{Profile, Sandbox};
use serde_json::json;

use crate::at_home::{baseline, said};
use crate::posture::look;
use crate::rotate::with_account;

const USERS: &str = "name = \"people\"\nregion = \"us-east-1\"\n[users]\n";
const DEACTIVATING: &str = "name = \"people\"\nregion = \"us-east-1\"\n[users]\nmfa = \"ignored\"\nadmins = [\"robot\"]\non_stale_key = \"deactivate\"\n";
const DAY: i64 = 86_400_000;

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = baseline(folder, &[&["--sandbox=a"], arguments].concat());
    (output.status.code(), said(&output))
}

#[test]
fn a_user_who_left_or_is_in_ten_groups_keeps_nobody_else_from_the_guard() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("people.toml"), USERS).unwrap();
    with_account(folder, |iam| async move {
        for user in ["ann", "gone-person", "ten", "zoe"] {
            iam.create_user().user_name(user).send().await.unwrap();
            iam.create_login_profile().user_name(user).password("Aa1!aaaaaaaaaaaa").send().await.unwrap();
        }
        for group in 0..10 {
            let name = format!("group-{group}");
            iam.create_group().group_name(&name).send().await.unwrap();
            iam.add_user_to_group().group_name(&name).user_name("ten").send().await.unwrap();
        }
    });
    let (_, drift) = run(folder, &["drift", "people.toml"]);
    assert!(drift.contains("gone-person has a console password"), "the report has everybody:\n{drift}");
    // The report stays what it is for four hours.
    with_account(folder, |iam| async move {
        iam.delete_login_profile().user_name("gone-person").send().await.unwrap();
        iam.delete_user().user_name("gone-person").send().await.unwrap();
    });
    let (code, apply) = run(folder, &["apply", "people.toml", "--auto-approve"]);
    assert_eq!(code, Some(1), "{apply}");
    assert!(!apply.contains("gone-person"), "who has left is nobody's business:\n{apply}");
    assert!(
        apply.contains("ten: Cannot exceed quota for GroupsPerUser: 10; take ten out of a group"),
        "{apply}"
    );
    with_account(folder, |iam| async move {
        let group = iam.get_group().group_name("people-mfa-guard").send().await.unwrap();
        let members: Vec<&str> = group.users().iter().map(|user| user.user_name()).collect();
        assert_eq!(members, ["ann", "zoe"]);
        iam.remove_user_from_group().group_name("group-3").user_name("ten").send().await.unwrap();
    });
    let (code, apply) = run(folder, &["apply", "people.toml", "--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
}

/// A user with keys of those ages in days; the first was switched off and on an hour ago.
fn robot(folder: &Path, ages: &[i64]) -> Vec<String> {
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    let ids = sandbox.with_world(|world| {
        let now = world.clock;
        let ids: Vec<String> = ages.iter().map(|_| world.ids.access_key("AKIA", "123456789012")).collect();
        let key = |(index, age): (usize, &i64)| AccessKey {
            id: ids[index].clone(),
            active: true,
            created: now - age * DAY,
            last_used: Some((now - DAY, "us-east-1".into(), "s3".into())),
            changed: (index == 0).then(|| now - 3_600_000),
        };
        let iam = &mut world.account("123456789012").iam;
        let mut user = iam.new_user("AIDAEXAMPLE".into(), "/", "robot", now - 900 * DAY);
        user.entity.attached.insert("arn:aws:iam::aws:policy/AdministratorAccess".into());
        user.keys = ages.iter().enumerate().map(key).collect();
        iam.users.insert("robot".into(), Versioned::new(user, now - 900 * DAY));
        ids
    });
    sandbox.save().unwrap();
    ids
}

#[test]
fn a_key_that_was_switched_off_and_on_is_as_old_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("people.toml"), DEACTIVATING).unwrap();
    let keys = robot(folder, &[400, 10]);
    let (_, drift) = run(folder, &["drift", "people.toml"]);
    assert!(drift.contains(&format!("{} of robot is 400 days old", keys[0])), "{drift}");
    assert!(!drift.contains(&format!("{} of robot", keys[1])), "{drift}");
    let (code, apply) = run(folder, &["apply", "people.toml", "--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
    assert_eq!(works(folder), [(keys[0].clone(), false), (keys[1].clone(), true)]);
}

#[test]
fn the_key_that_the_run_signs_with_is_never_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("people.toml"), DEACTIVATING).unwrap();
    let keys = robot(folder, &[400, 300]);
    let profile = ["--profile", keys[0].as_str()];
    let (_, apply) = run(folder, &["apply", "people.toml", "--auto-approve", profile[0], profile[1]]);
    assert_eq!(works(folder), [(keys[0].clone(), true), (keys[1].clone(), false)], "{apply}");
    let (code, drift) = run(folder, &["drift", "people.toml", profile[0], profile[1]]);
    assert_eq!(code, Some(2), "it is still too old:\n{drift}");
    assert!(drift.contains("this run needs it to go on, so apply leaves it alone"), "{drift}");
    // Whoever has other credentials may.
    let (code, apply) = run(folder, &["apply", "people.toml", "--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
    assert_eq!(works(folder)[0], (keys[0].clone(), false));
}

/// The keys of the user and whether each works.
fn works(folder: &Path) -> Vec<(String, bool)> {
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    sandbox.with_world(|world| {
        let user = world.account("123456789012").iam.users["robot"].truth();
        user.keys.iter().map(|key| (key.id.clone(), key.active)).collect()
    })
}

const TRAILS: &str = "name = \"member\"\nregion = \"us-east-1\"\n[audit]\n";

/// What `[audit]` says of an account whose organization has a trail, and which may have its own.
async fn trails(selectors: Option<Selectors>, own: bool) -> (Posture, String) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.with_world(|world| {
        let (member, management) = ("123456789012", "999988887777");
        world.account(management).organizations.organization =
            Some(Organization::of("o-exampleorgid", management, &[member], 0));
        let trail = Trail {
            bucket: "logs".into(),
            global_events: true,
            multi_region: true,
            logging: true,
            ..Trail::default()
        };
        let all = Trail { organization: true, selectors, ..trail.clone() };
        let trails = &mut world.region(management, "eu-west-1").cloudtrail.trails;
        trails.insert("everybody".into(), Versioned::new(all, 0));
        if own {
            let trails = &mut world.region(member, "us-east-1").cloudtrail.trails;
            trails.insert("own".into(), Versioned::new(trail, 0));
        }
    });
    let (posture, account) = look(&sandbox, TRAILS).await;
    assert_eq!(account.trace.counts().writes, 0);
    let found: Vec<&str> = posture.findings.iter().map(|finding| finding.rule.id).collect();
    let found = found.join(" ");
    (posture, found)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_organizations_trail_counts_and_what_only_its_account_can_read_is_not_asked() {
    let (posture, found) = trails(None, false).await;
    assert_eq!((posture.is_complete(), found.as_str()), (true, ""), "{posture:?}");
    let narrow = || {
        Some(Selectors::Basic(json!([{
            "ReadWriteType": "WriteOnly",
            "IncludeManagementEvents": true,
            "DataResources": [],
            "ExcludeManagementEventSources": [],
        }])))
    };
    // Its own trail records everything, and nobody here could change the other one.
    let (posture, found) = trails(narrow(), true).await;
    assert_eq!((posture.is_complete(), found.as_str()), (true, ""), "{posture:?}");
    let (posture, found) = trails(narrow(), false).await;
    assert_eq!(found, "");
    assert_eq!(posture.unread, []);
    let why = &posture.undecided["trail-in-every-region"];
    assert!(why.starts_with("only account 999988887777 can read what the organization's trail"), "{why}");
    assert_eq!(posture.undecided.len(), 1, "{:?}", posture.undecided);
}
