//! The root user of a member account, whose credentials its organization deletes through `AssumeRoot`.

use std::path::Path;

use baseline::sandbox::Sandbox;

use crate::at_home::{baseline, said};

/// The management account of the seeded organization, and its member.
const MANAGEMENT: &str = "123456789012";
const MEMBER: &str = "111122223333";

/// A file that reaches the root user through a profile; in the built-in world a profile is an account.
fn file(folder: &Path, through: &str, on_credentials: &str) {
    let text = format!(
        "name = \"member\"\nregion = \"eu-west-1\"\n[root]\nassume_root_profile = \"{through}\"\n\
         on_credentials = \"{on_credentials}\"\n"
    );
    std::fs::write(folder.join("member.toml"), text).unwrap();
}

/// An organization whose member's root user has a password, an access key and a certificate.
fn organization() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let seeded = baseline(folder.path(), &["--sandbox=a", "sandbox", "seed", "organization"]);
    assert_eq!(seeded.status.code(), Some(0), "{}", said(&seeded));
    folder
}

/// Runs a command on the member and answers its exit code and all it said.
fn run(folder: &Path, profile: &str, command: &str, more: &[&str]) -> (Option<i32>, String) {
    let arguments = ["--sandbox=a", command, "member.toml", "--profile", profile];
    let output = baseline(folder, &[&arguments[..], more].concat());
    (output.status.code(), said(&output))
}

/// What the root user of an account has: access keys, certificates, a password.
fn has(folder: &Path, account: &str) -> (usize, usize, bool) {
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    sandbox.with_world(|world| {
        let root = &world.account(account).iam.root;
        (root.keys.len(), root.certificates.len(), root.password)
    })
}

#[test]
fn keys_of_a_members_root_user_are_found_deleted_and_then_nothing_is_left_to_do() {
    let folder = organization();
    let folder = folder.path();
    file(folder, MANAGEMENT, "delete-keys");
    let (code, plan) = run(folder, MEMBER, "plan", &["--trace-calls"]);
    assert_eq!(code, Some(0), "{plan}");
    for part in [
        "~ iam.root-credentials.account",
        "root-access-keys the root user has access keys",
        "(fixed by apply)",
        "AssumeRoot shows access key AKIA",
        "they cannot be brought back",
    ] {
        assert!(plan.contains(part), "{part:?} is not in\n{plan}");
    }
    assert_eq!(has(folder, MEMBER), (1, 1, true), "a plan deletes nothing");
    let (code, apply) = run(folder, MEMBER, "apply", &["--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
    assert_eq!(has(folder, MEMBER), (0, 0, true), "the password was not to be deleted");
    let (code, again) = run(folder, MEMBER, "apply", &["--auto-approve", "--trace-calls"]);
    assert_eq!(code, Some(0), "{again}");
    assert!(!again.contains("root-credentials") && !again.contains("root-access-keys"), "{again}");
    assert!(!again.contains("AssumeRoot"), "there is nothing to become root for:\n{again}");
}

#[test]
fn a_root_user_without_credentials_needs_no_second_factor() {
    let folder = organization();
    let folder = folder.path();
    file(folder, MANAGEMENT, "delete-all");
    let (code, plan) = run(folder, MEMBER, "plan", &[]);
    assert_eq!(code, Some(0), "{plan}");
    assert!(plan.contains("critical root-mfa"), "{plan}");
    assert!(plan.contains("apply: it deletes the password too"), "{plan}");
    let (code, apply) = run(folder, MEMBER, "apply", &["--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
    assert_eq!(has(folder, MEMBER), (0, 0, false));
    let (code, drift) = run(folder, MEMBER, "drift", &[]);
    assert_eq!(code, Some(0), "{drift}");
    assert!(!drift.contains("root-mfa"), "{drift}");
}

#[test]
fn nothing_is_deleted_that_nobody_asked_to_delete() {
    let folder = organization();
    let folder = folder.path();
    file(folder, MANAGEMENT, "report");
    let (code, apply) = run(folder, MEMBER, "apply", &["--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
    assert!(apply.contains("AssumeRoot shows access key AKIA"), "{apply}");
    assert!(apply.contains("set on_credentials = \"delete-keys\" under [root]"), "{apply}");
    assert_eq!(has(folder, MEMBER), (1, 1, true));
}

#[test]
fn where_the_organization_does_not_reach_root_the_finding_says_why_and_what_a_person_can_do() {
    let policy = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials";
    let needs = format!("needs sts:AssumeRoot on arn:aws:iam::{MEMBER}:root with the task policy {policy}");
    for (account, through, feature, why) in [
        // An account of its own: the profile's organization does not hold it.
        ("999988887777", MANAGEMENT, true, "must be a member of its organization"),
        // A member is no administrator of members.
        (
            MEMBER,
            MEMBER,
            true,
            "belongs neither to the management account nor to the one that administers IAM",
        ),
        (MEMBER, "999988887777", true, "profile 999988887777 belongs to no organization"),
        (MEMBER, MANAGEMENT, false, "enable-organizations-root-credentials-management"),
        // Its user may look at the organization and not become root.
        (MEMBER, "AKIA", true, needs.as_str()),
    ] {
        let folder = organization();
        let folder = folder.path();
        let sandbox = Sandbox::open(&folder.join("a")).unwrap();
        let profile = sandbox.with_world(|world| {
            let key = world.ids.access_key("AKIA", MANAGEMENT);
            let other = world.ids.access_key("AKIA", account);
            let home = world.account(MANAGEMENT);
            let mut user = home.iam.new_user("AIDAEXAMPLE".into(), "/", "auditor", 0);
            let active = |id: &str| baseline::sandbox::iam::AccessKey {
                id: id.to_owned(),
                active: true,
                created: 0,
                last_used: None,
                changed: None,
            };
            user.keys = vec![active(&key)];
            home.iam.users.insert("auditor".into(), baseline::sandbox::lag::Versioned::new(user, 0));
            if !feature {
                home.organizations.organization.as_mut().unwrap().root_features.clear();
            }
            world.account(account).iam.root.keys = vec![active(&other)];
            if through == "AKIA" { key } else { through.to_owned() }
        });
        sandbox.save().unwrap();
        drop(sandbox);
        file(folder, &profile, "delete-keys");
        let (code, drift) = run(folder, account, "drift", &[]);
        assert_eq!(code, Some(2), "{why}: {drift}");
        assert!(drift.contains(why), "{why:?} is not in\n{drift}");
        assert!(
            drift.contains("its organization does not reach it: sts:AssumeRoot: AccessDenied"),
            "{drift}"
        );
        assert!(
            drift.contains("sign in as the root user, open https://console.aws.amazon.com/iam"),
            "{drift}"
        );
        assert!(!drift.contains("fixed by apply"), "{drift}");
        let (code, apply) = run(folder, account, "apply", &["--auto-approve"]);
        assert_eq!(code, Some(0), "what only a person can settle is no failure: {apply}");
        assert_eq!(has(folder, account).0, 1, "{why}");
    }
}

#[test]
fn the_policy_for_the_profile_names_one_account_and_the_tasks_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    for (on_credentials, deletes) in [("report", false), ("delete-keys", true)] {
        file(folder.path(), "security", on_credentials);
        let arguments = ["permissions", "member.toml", "--account", MEMBER, "--for", "assume-root"];
        let printed = baseline(folder.path(), &arguments);
        let policy: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
        let statement = &policy["Statement"].as_array().unwrap()[1];
        assert_eq!(statement["Action"], serde_json::json!("sts:AssumeRoot"), "{policy}");
        assert_eq!(statement["Resource"], format!("arn:aws:iam::{MEMBER}:root"));
        let tasks = statement["Condition"]["StringEquals"]["sts:TaskPolicyArn"].to_string();
        assert!(tasks.contains("IAMAuditRootUserCredentials"), "{tasks}");
        assert_eq!(tasks.contains("IAMDeleteRootUserCredentials"), deletes, "{tasks}");
    }
    let without = "name = \"member\"\nregion = \"eu-west-1\"\n[root]\n";
    std::fs::write(folder.path().join("member.toml"), without).unwrap();
    let arguments = ["permissions", "member.toml", "--account", MEMBER, "--for", "assume-root"];
    let refused = baseline(folder.path(), &arguments);
    assert!(said(&refused).contains("assume_root_profile"), "{}", said(&refused));
}
