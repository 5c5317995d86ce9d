//! A trail that records the whole organization: made in its management account, never taken for a plain one.

use std::path::Path;

use baseline::sandbox::{Sandbox, Seed};

use crate::at_home::{baseline, said};

const PLAIN: &str = r#"
name   = "org"
region = "us-east-1"

[cloudtrail]
bucket  = "logs"
kms_key = "trail"

[kms_key.trail]

[bucket.logs]
access_log = false
"#;

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = baseline(folder, &[&["--sandbox=a"], arguments].concat());
    (output.status.code(), said(&output))
}

/// A folder with the plain file and the one with the organization.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plain.toml"), PLAIN).unwrap();
    let of_all = PLAIN.replace("[cloudtrail]\n", "[cloudtrail]\norganization = \"o-exampleorgid\"\n");
    std::fs::write(folder.path().join("all.toml"), of_all).unwrap();
    folder
}

/// Changes the built-in account in the folder.
fn in_account(folder: &Path, change: impl FnOnce(&Sandbox)) {
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    change(&sandbox);
    sandbox.save().unwrap();
}

fn make_organization(folder: &Path) {
    in_account(folder, |sandbox| sandbox.seed(Seed::Organization).unwrap());
}

fn trust_cloudtrail(folder: &Path) {
    in_account(folder, |sandbox| {
        sandbox.with_world(|world| {
            let organization = world.account("123456789012").organizations.organization.as_mut();
            organization.unwrap().trusted.insert("cloudtrail.amazonaws.com".to_owned());
        });
    });
}

#[test]
fn it_is_made_once_the_organization_trusts_cloudtrail_and_then_stays() {
    let folder = folder();
    let folder = folder.path();
    let (code, said) = run(folder, &["apply", "all.toml", "--auto-approve"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("leave `organization` out of `[cloudtrail]`"), "{said}");

    make_organization(folder);
    let (code, said) = run(folder, &["apply", "all.toml", "--auto-approve"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("aws organizations enable-aws-service-access"), "{said}");

    trust_cloudtrail(folder);
    let (code, said) = run(folder, &["apply", "all.toml", "--auto-approve"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(folder, &["drift", "all.toml"]);
    assert_eq!(code, Some(0), "{said}");
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    let trail = sandbox.with_world(|world| {
        world.region("123456789012", "us-east-1").cloudtrail.trails["org"].truth().clone()
    });
    drop(sandbox);
    assert!(trail.organization && trail.multi_region && trail.logging);

    // The members' logs are not cut off by a file that forgot them.
    let (code, said) = run(folder, &["apply", "plain.toml", "--auto-approve"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("records the whole organization"), "{said}");
    let (code, said) = run(folder, &["drift", "all.toml"]);
    assert_eq!(code, Some(0), "what it had is still there:\n{said}");
}

#[test]
fn a_plain_trail_of_the_same_baseline_becomes_the_organizations() {
    let folder = folder();
    let folder = folder.path();
    make_organization(folder);
    trust_cloudtrail(folder);
    let (code, said) = run(folder, &["apply", "plain.toml", "--auto-approve"]);
    assert_eq!(code, Some(0), "{said}");
    let (_, plan) = run(folder, &["plan", "all.toml"]);
    assert!(plan.contains("organization") && plan.contains("AWSLogs/o-exampleorgid/*"), "{plan}");
    let (code, said) = run(folder, &["apply", "all.toml", "--auto-approve"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(folder, &["drift", "all.toml"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_aws_asks_of_an_organizations_trail_is_in_the_printed_policy_and_only_then() {
    let folder = folder();
    let folder = folder.path();
    let wanted = ["organizations:DescribeOrganization", "role/aws-service-role/cloudtrail.amazonaws.com/*"];
    let (_, of_all) =
        run(folder, &["permissions", "all.toml", "--for", "apply", "--account", "123456789012"]);
    assert!(of_all.contains(wanted[0]) && of_all.contains(wanted[1]), "{of_all}");
    let (_, plain) =
        run(folder, &["permissions", "plain.toml", "--for", "apply", "--account", "123456789012"]);
    assert!(!plain.contains("organizations:") && !plain.contains("aws-service-role"), "{plain}");
}
