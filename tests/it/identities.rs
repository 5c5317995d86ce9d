//! Users and trails as they are in accounts that people and other tools made.

use std::path::Path;

use baseline::posture::Posture;
use baseline::sandbox::cloudtrail::{Selectors, Trail};
use baseline::sandbox::iam::AccessKey;
use baseline::sandbox::lag::Versioned;
use baseline::sandbox::organizations::Organization;
use baseline::sandbox::s3::Owner;
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

const TRAILS: &str = "name = \"member\"\nregion = \"us-east-1\"\n[audit]\nhardened_trails = false\nnetwork_acls = false\n\
    sealed_default_groups = false\nflow_logs = false\n";

/// What `[audit]` says of an account whose organization has a trail, and which may have its own.
async fn trails(selectors: Option<Selectors>, own: bool) -> (Posture, String) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.with_world(|world| {
        let (member, management) = ("123456789012", "999988887777");
        world.account(management).organizations.organization =
            Some(Organization::of("o-exampleorgid", management, &[member], 0));
        let owner = Owner { account: management.into(), region: "eu-west-1".into(), released: None };
        world.buckets.insert("logs".into(), owner);
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

fn operators(actions: &str, members: &str) -> String {
    format!(
        r#"name = "people"
region = "eu-west-1"

[policy.deploy]
path = "/team/"
allow = [{{ actions = [{actions}], resources = ["arn:aws:s3:::site/*"] }}]
deny = [{{ actions = ["s3:*"], resources = ["*"], conditions = {{ Bool = {{ "aws:SecureTransport" = "false" }} }} }}]

[role.deployer]
trusted_by = {{ accounts = ["${{account}}"] }}
policies = ["deploy"]

[group.operators]
policies = ["deploy", "arn:aws:iam::aws:policy/SecurityAudit"]
assume = [
  {{ accounts = ["222233334444", "333344445555"], role = "auditor" }},
  "arn:aws:iam::111122223333:role/break-glass",
]
{members}
"#
    )
}

const DEPLOY: &str = "arn:aws:iam::123456789012:policy/team/people-deploy";

#[test]
fn a_policy_and_a_group_are_applied_changed_adopted_and_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = folder.join("people.toml");
    let write = |actions: &str, members: &str| std::fs::write(&file, operators(actions, members)).unwrap();
    with_account(folder, |iam| async move {
        for user in ["ann", "bob"] {
            iam.create_user().user_name(user).send().await.unwrap();
        }
        // Made by hand, with another document and without our tags.
        let document =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        iam.create_policy()
            .policy_name("people-deploy")
            .path("/team/")
            .description("by hand")
            .policy_document(document)
            .send()
            .await
            .unwrap();
    });
    write(r#""s3:PutObject""#, "members = [\"ann\"]");
    let apply = ["apply", "people.toml", "--auto-approve"];
    let (code, text) = run(folder, &apply);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("~ iam.policy.deploy  (adopt"), "{text}");
    let (code, text) = run(folder, &apply);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("no changes: 3 resources"), "a second apply has nothing to write:\n{text}");
    with_account(folder, |iam| async move {
        let group = iam.get_group().group_name("people-operators").send().await.unwrap();
        assert_eq!(group.users().iter().map(|user| user.user_name()).collect::<Vec<_>>(), ["ann"]);
        let policy =
            iam.get_group_policy().group_name("people-operators").policy_name("allow").send().await.unwrap();
        let text = policy.policy_document();
        for role in
            ["111122223333:role/break-glass", "222233334444:role/auditor", "333344445555:role/auditor"]
        {
            assert!(
                text.contains(&role.replace(':', "%3A").replace('/', "%2F")) || text.contains(role),
                "{text}"
            );
        }
        let roles = iam.list_entities_for_policy().policy_arn(DEPLOY).send().await.unwrap();
        assert_eq!(roles.policy_roles()[0].role_name(), Some("people-deployer"));
        assert_eq!(roles.policy_groups()[0].group_name(), Some("people-operators"));
        iam.add_user_to_group().group_name("people-operators").user_name("bob").send().await.unwrap();
    });
    let (code, drift) = run(folder, &["drift", "people.toml"]);
    assert_eq!(code, Some(2), "{drift}");
    assert!(drift.contains("- bob"), "{drift}");

    // More versions than AWS keeps; and members that the file does not list are left alone.
    for number in 1..=6 {
        write(&format!(r#""s3:PutObject", "s3:Get{number}""#), "");
        let (code, text) = run(folder, &apply);
        assert_eq!(code, Some(0), "change {number}: {text}");
    }
    let (code, drift) = run(folder, &["drift", "people.toml"]);
    assert_eq!(code, Some(0), "{drift}");
    with_account(folder, |iam| async move {
        let versions = iam.list_policy_versions().policy_arn(DEPLOY).send().await.unwrap();
        let ids: Vec<&str> = versions.versions().iter().filter_map(|version| version.version_id()).collect();
        assert_eq!(ids, ["v8", "v7", "v6", "v5", "v4"]);
        assert!(versions.versions()[0].is_default_version());
        let group = iam.get_group().group_name("people-operators").send().await.unwrap();
        assert_eq!(group.users().len(), 2, "bob was put there by hand");
    });

    // Nobody declares them any more: shown, and gone with --prune, in an order that AWS takes.
    std::fs::write(&file, "name = \"people\"\nregion = \"eu-west-1\"\n[account]\n").unwrap();
    let (_, plan) = run(folder, &["plan", "people.toml"]);
    for addr in ["iam.policy.deploy", "iam.group.operators", "iam.role.deployer"] {
        assert!(plan.contains(addr), "{addr} is not in\n{plan}");
    }
    let (code, text) = run(folder, &["apply", "people.toml", "--auto-approve", "--prune"]);
    assert_eq!(code, Some(0), "{text}");
    with_account(folder, |iam| async move {
        let gone = iam.get_policy().policy_arn(DEPLOY).send().await;
        assert!(gone.is_err(), "{gone:?}");
    });
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_somebody_has_attached_keeps_all_its_versions() {
    use baseline::aws::{Account, Class, Mode, Options};
    use baseline::kinds::{DeleteRequest, ReadRequest, Reading, kind};
    use baseline::model::Addr;

    let sandbox = Sandbox::new(Profile::Instant, 1);
    let options = Options {
        tags: [].into(),
        baseline: "people".into(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        http_override: Some(sandbox.http_client()),
    };
    let account = Account::open(&options).await.unwrap();
    let (policies, addr) = (kind("iam.policy").unwrap(), Addr::new("iam.policy", "deploy"));
    let wanted = policies.example(0).unwrap();
    policies.create(&account, &addr, &wanted).await.unwrap();
    sandbox.with_world(|world| {
        let iam = &mut world.account("123456789012").iam;
        let arn = "arn:aws:iam::123456789012:policy/example/baseline-example";
        let policy = iam.policies.get_mut(arn).unwrap().change(0);
        let version = policy.versions[&1].clone();
        policy.versions.insert(2, version);
        let mut ann = iam.new_user("AIDAEXAMPLE".into(), "/", "ann", 0);
        ann.entity.attached.insert(arn.to_owned());
        iam.users.insert("ann".into(), Versioned::new(ann, 0));
    });
    let asked = vec![ReadRequest { addr: addr.clone(), wanted }];
    let Some((_, Reading::Found(live))) = policies.read(&account, asked).await.pop() else {
        panic!("it is there")
    };
    let error = policies.delete(&account, &DeleteRequest { addr, live: *live }).await.unwrap_err();
    assert_eq!((error.class, error.message.as_str()), (Class::Blocked, "it is attached to user ann"));
    sandbox.with_world(|world| {
        let policy = world.account("123456789012").iam.policies.values().next().unwrap().truth().clone();
        assert_eq!(policy.versions.len(), 2);
    });
}
