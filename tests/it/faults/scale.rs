//! An account with ten thousand security groups, a thousand roles and a thousand foreign buckets.

use std::process::Child;

use baseline::sandbox::Sandbox;
use serde_json::Value;

use super::account::ACCOUNT;
use super::page;
use super::served::Served;

const GROUPS: usize = 10_000;
const ROLES: usize = 1_000;
const BUCKETS: usize = 1_000;

/// What a plan may take, in MiB.
const MEMORY: u64 = 512;

/// Fills an account with copies of things that are there already.
fn crowd(sandbox: &Sandbox) {
    sandbox.with_world(|world| {
        world.region(ACCOUNT, "us-east-1");
        let mut all = serde_json::to_value(&*world).expect("a world is plain data");
        let ec2 = &mut all["accounts"][ACCOUNT]["regions"]["us-east-1"]["ec2"];
        let groups = ec2["security_groups"].as_object().expect("groups");
        let (_, group) = groups.iter().next().expect("the default group");
        let group = group.clone();
        for number in 0..GROUPS {
            let id = format!("sg-0{number:016x}");
            let mut copy = group.clone();
            copy["now"]["name"] = Value::from(format!("group-{number}"));
            ec2["security_groups"][&id] = copy;
            ec2["tags"][&id] = serde_json::json!({
                "created": 0, "changed": 0, "now": { "tags": { "team": format!("team-{number}") }, "since": 0 },
            });
        }
        *world = serde_json::from_value(all).expect("a world");
    });
}

/// The most memory a process has used so far, in KiB.
fn high_water(program: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_plan_of_a_crowded_account_pages_through_within_its_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::new(crowd);
    let hand = super::start::config(&served.sandbox);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let (iam, s3) = (aws_sdk_iam::Client::new(&hand), crate::hand::Hand::new(&hand).s3);
        // An account holds a thousand; the sandbox is born with some of AWS's own.
        for number in 0..ROLES {
            let role = iam.create_role().role_name(format!("role-{number}")).assume_role_policy_document(trust);
            if role.send().await.is_err() {
                break;
            }
        }
        for number in 0..BUCKETS {
            s3.create_bucket().bucket(format!("foreign-bucket-{number}")).send().await.expect("a bucket");
        }
    });
    let all = served.sandbox.with_world(|world| world.account(ACCOUNT).iam.roles.len());
    assert!(all >= ROLES, "{all} roles");
    let before = served.calls();
    let report = folder.path().join("report.json");
    let out = std::fs::File::create(&report).expect("a file");
    let mut program = served
        .command(folder.path(), &["plan", "landing-zone.toml", "--json", "-q"])
        .stdout(out)
        .spawn()
        .expect("the program runs");
    let mut most = 0;
    let status = loop {
        most = most.max(high_water(&program).unwrap_or(0));
        if let Some(status) = program.try_wait().expect("a child") {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    assert!(status.success(), "{status}");
    let report: Value = serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON");
    assert_eq!(report["complete"], true);
    assert!(most > 0, "this system does not say how much memory a process uses");
    assert!(most <= MEMORY * 1024, "{} MiB", most / 1024);
    // A page of roles holds a hundred: without paging there would be one call.
    let pages = report["calls"]["by_operation"].as_array().expect("calls").iter();
    let roles = pages.filter(|call| call["operation"] == "GetAccountAuthorizationDetails");
    let roles: u64 = roles.filter_map(|call| call["count"].as_u64()).sum();
    assert!(roles as usize >= ROLES / 1000 && served.calls() > before, "{roles} pages of roles");
    page::counted(
        "scale",
        &format!(
            "{GROUPS} security groups, {ROLES} roles, {BUCKETS} foreign buckets: a plan is complete within {MEMORY} MiB"
        ),
    );
}
