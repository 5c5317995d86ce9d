//! Every command that the program tells a person to run is run, and must do what it was told for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::served::Served;
use super::{python, skipped};

const FILE: &str =
    "name = \"posture\"\nregion = \"us-east-1\"\n[users]\n[audit]\nglobal_events_once = true\n";

/// What people did beyond the seed, so that every rule with a command in its advice has something to say.
const PLANTED: &[&str] = &[
    "s3api create-bucket --bucket trails-of-two",
    "s3api put-bucket-policy --bucket trails-of-two --policy file://trails",
    "cloudtrail create-trail --name one --s3-bucket-name trails-of-two --is-multi-region-trail",
    "cloudtrail start-logging --name one",
    "cloudtrail create-trail --name two --s3-bucket-name trails-of-two --is-multi-region-trail",
    "cloudtrail start-logging --name two",
    "cloudtrail create-trail --name three --s3-bucket-name trails-of-two",
    "cloudtrail start-logging --name three",
    "iam create-policy --policy-name whole-service --policy-document file://whole-service",
    "iam create-user --user-name wide",
    "iam put-user-policy --user-name wide --policy-name wide --policy-document file://reaching",
    "iam create-role --role-name open --assume-role-policy-document file://everybody",
    "iam create-role --role-name foreign --assume-role-policy-document file://foreign",
    "s3api create-bucket --bucket open-by-acl --object-ownership ObjectWriter",
    "s3api delete-public-access-block --bucket open-by-acl",
    "s3api put-bucket-acl --bucket open-by-acl --acl public-read",
    "sns create-topic --name open",
    "sns set-topic-attributes --topic-arn arn:aws:sns:us-east-1:123456789012:open --attribute-name Policy --attribute-value \
     file://open-topic",
    "sqs create-queue --queue-name open --attributes file://open-queue",
    "elb create-load-balancer --load-balancer-name old --availability-zones us-east-1a --listeners \
     Protocol=HTTP,LoadBalancerPort=80,InstancePort=80 Protocol=HTTPS,LoadBalancerPort=443,InstancePort=80,\
     SSLCertificateId=arn:aws:acm:us-east-1:123456789012:certificate/1",
];

fn allow(principal: &str, action: &str, resource: &str) -> String {
    let mut statement =
        serde_json::json!({ "Effect": "Allow", "Action": serde_json::from_str::<Value>(action).unwrap() });
    if !principal.is_empty() {
        statement["Principal"] = serde_json::from_str(principal).unwrap();
    }
    if !resource.is_empty() {
        statement["Resource"] = serde_json::from_str(resource).unwrap();
    }
    serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:open";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:open";
const OWN: &str = r#"{"AWS": "arn:aws:iam::123456789012:root"}"#;

/// A policy of a queue, as `--attributes` takes it.
fn in_attributes(policy: &str) -> String {
    serde_json::json!({ "Policy": policy }).to_string()
}

fn documents() -> BTreeMap<&'static str, String> {
    let trails = r#"["arn:aws:s3:::trails-of-two", "arn:aws:s3:::trails-of-two/*"]"#;
    [
        (
            "trails",
            allow(
                r#"{"Service": "cloudtrail.amazonaws.com"}"#,
                r#"["s3:GetBucketAcl", "s3:PutObject"]"#,
                trails,
            ),
        ),
        ("whole-service", allow("", r#""s3:*""#, r#""*""#)),
        ("reaching", allow("", r#""secretsmanager:GetSecretValue""#, r#""*""#)),
        ("everybody", allow(r#"{"AWS": "*"}"#, r#""sts:AssumeRole""#, "")),
        ("foreign", allow(r#"{"AWS": "arn:aws:iam::999988887777:root"}"#, r#""sts:AssumeRole""#, "")),
        // What a person writes into FILE.
        ("narrow", allow("", r#""s3:GetObject""#, r#""arn:aws:s3:::shop-assets-123456789012/a""#)),
        (
            "bound",
            serde_json::json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "cloudtrail.amazonaws.com" },
                "Action": ["s3:GetBucketAcl", "s3:PutObject"],
                "Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"],
                "Condition": { "StringEquals": { "aws:SourceAccount": "123456789012" } },
            }] })
            .to_string(),
        ),
        (
            "logging",
            r#"{"LoggingEnabled": {"TargetBucket": "open-by-acl", "TargetPrefix": "logs/"}}"#.to_owned(),
        ),
        ("open-topic", allow(r#"{"AWS": "*"}"#, r#""sns:Publish""#, &format!("{TOPIC:?}"))),
        ("own-topic", allow(OWN, r#""sns:Publish""#, &format!("{TOPIC:?}"))),
        ("open-queue", in_attributes(&allow(r#""*""#, r#""sqs:SendMessage""#, &format!("{QUEUE:?}")))),
        ("own-queue", in_attributes(&allow(OWN, r#""sqs:SendMessage""#, &format!("{QUEUE:?}")))),
        ("trust", allow(r#"{"Service": "ec2.amazonaws.com"}"#, r#""sts:AssumeRole""#, "")),
        (
            "closed",
            allow(
                r#"{"AWS": "arn:aws:iam::123456789012:root"}"#,
                r#""s3:GetObject""#,
                r#""arn:aws:s3:::BUCKET/*""#,
            ),
        ),
    ]
    .into()
}

/// The commands in a text: from `aws` up to where the sentence goes on.
fn commands(text: &str) -> Vec<String> {
    let starts = text.match_indices("aws ").filter(|(at, _)| {
        let service = text[at + 4..].split(' ').next().unwrap_or_default();
        let before = text[..*at].chars().last();
        before.is_none_or(|before| matches!(before, ' ' | '`')) && SERVICES.contains(&service)
    });
    starts
        .map(|(at, _)| {
            let command = &text[at + 4..];
            let ends = ["; ", ", or ", "`"].iter().filter_map(|end| command.find(end));
            command[..ends.min().unwrap_or(command.len())].to_owned()
        })
        .collect()
}

/// Commands that are a pattern and are not run: the rule, what shows it in the command, and what a person has to know first.
const FILLED_IN: &[(&str, &str, &str)] = &[
    ("network-acl-admin-ports", " REGION ", "which ACLs are in use, and which rule numbers are free in them"),
    ("public-snapshots", " REGION ", "which of the snapshots and images is public on purpose"),
    ("trail-encryption", " ARN", "which key, whose policy must first let CloudTrail use it"),
    ("vpc-default-group", " and ", "what still uses the default group"),
    ("vpc-flow-logs", " REGION ", "where the logs go"),
];

const SERVICES: [&str; 12] = [
    "autoscaling",
    "cloudtrail",
    "ec2",
    "elb",
    "iam",
    "kms",
    "organizations",
    "s3api",
    "sns",
    "sqs",
    "ssm",
    "account",
];

/// A command as a shell takes it apart: quotes keep what is between them together.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in command.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}

fn aws(environment: &Path, account: &Served, command: &str) -> Output {
    // The command line sends SQS to the oldest of its names, whatever the environment says, unless a command says where.
    let place = command.starts_with("sqs ").then(|| ["--endpoint-url", account.endpoint()]);
    Command::new(environment.join("bin/aws"))
        .args(words(command))
        .args(place.into_iter().flatten())
        .current_dir(account.folder())
        .env_clear()
        .env("HOME", account.folder())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_ENDPOINT_URL", account.endpoint())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_PAGER", "")
        .env("AWS_MAX_ATTEMPTS", "1")
        .output()
        .unwrap()
}

/// What departs, as rule and resource, with what to do next.
fn findings(account: &Served) -> BTreeMap<(String, String), String> {
    let output = account.baseline(&["drift", "posture.toml", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
    let found = report["posture"]["findings"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let row = |finding: &Value| {
        let next = finding["next"].as_str().unwrap_or_default().to_owned();
        ((text(&finding["rule"]), text(&finding["resource"])), next)
    };
    found.iter().map(row).collect()
}

#[test]
#[ignore = "in the interop lane: docs/test-lanes.md"]
fn every_command_in_the_advice_does_what_it_is_told_for() {
    let environment = match python::aws_programs() {
        Ok(environment) => environment,
        Err(why) => return skipped("the commands in the advice are run", &why),
    };
    let account = Served::seeded("neglected");
    std::fs::write(account.folder().join("posture.toml"), FILE).unwrap();
    for (name, text) in documents() {
        std::fs::write(account.folder().join(name), text).unwrap();
    }
    for command in PLANTED {
        let output = aws(&environment, &account, command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let before = findings(&account);
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let (mut settled, mut reported) = (BTreeSet::new(), BTreeSet::new());
    let (mut done, mut filled_in) = (BTreeSet::new(), BTreeSet::new());
    for (place, next) in &before {
        for command in commands(next) {
            if FILLED_IN.iter().any(|(rule, sign, _)| *rule == place.0 && command.contains(sign)) {
                filled_in.insert(place.0.as_str());
                continue;
            }
            told.insert(place.0.as_str());
            // One trail is kept: the advice names every trail, and a person leaves one out.
            if command.contains("--name arn:aws:cloudtrail:us-east-1:123456789012:trail/one ") {
                continue;
            }
            // The password is gone at once, and AWS's report says so hours later; the advice says that, too.
            let by_report = command.starts_with("iam delete-login-profile");
            assert_eq!(by_report, next.contains("every four hours"), "{place:?}: {next}");
            let places = if by_report { &mut reported } else { &mut settled };
            places.insert(place.clone());
            // Two findings may be settled by one command.
            if done.insert(command.clone()) {
                carry_out(&environment, &account, place, &command);
            }
        }
    }
    let after = findings(&account);
    let left: Vec<_> = settled.iter().filter(|place| after.contains_key(place)).collect();
    assert!(left.is_empty(), "the commands were run and this is still found: {left:#?}");
    for (_, user) in &reported {
        let user = user.rsplit('/').next().unwrap();
        let gone = aws(&environment, &account, &format!("iam get-login-profile --user-name {user}"));
        assert!(
            String::from_utf8_lossy(&gone.stderr).contains("NoSuchEntity"),
            "{user} has a password still"
        );
    }
    let expected: BTreeSet<&str> = [
        "access-key-age",
        "active-keys",
        "bucket-service-source",
        "classic-load-balancer-old-tls",
        "classic-load-balancer-plain",
        "credentials-unused",
        "instance-imdsv2",
        "instance-profile",
        "open-admin-port",
        "open-data-port",
        "policy-everything",
        "policy-secrets",
        "policy-whole-service",
        "public-bucket-read",
        "public-queue",
        "public-topic",
        "role-trust-everybody",
        "role-trust-unknown-account",
        "trail-bucket-logging",
        "trail-global-events-once",
        "trail-validation",
        "user-mfa",
    ]
    .into();
    assert_eq!(told, expected);
    assert_eq!(filled_in, FILLED_IN.iter().map(|(rule, _, _)| *rule).collect());
}

/// Runs a command of the advice, with what a person fills in: a document, a profile, the id of a key.
fn carry_out(environment: &Path, account: &Served, place: &(String, String), command: &str) {
    let operation = command.split(' ').nth(1).unwrap_or_default();
    let document = match operation {
        "put-bucket-policy" if place.0 == "bucket-service-source" => "bound",
        "put-bucket-policy" => "closed",
        "put-bucket-logging" => "logging",
        "set-topic-attributes" => "own-topic",
        "set-queue-attributes" => "own-queue",
        "update-assume-role-policy" => "trust",
        _ => "narrow",
    };
    if let Some(bucket) = argument(command, "--bucket") {
        let text = documents()[document].replace("BUCKET", &bucket);
        std::fs::write(account.folder().join(document), text).unwrap();
    }
    let succeeds = |command: &str| {
        let output = aws(environment, account, command);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{place:?}: aws {command}: {error}");
    };
    if operation == "associate-iam-instance-profile" {
        succeeds("iam create-instance-profile --instance-profile-name made-for-it");
        succeeds("iam create-role --role-name made-for-it --assume-role-policy-document file://trust");
        succeeds(
            "iam add-role-to-instance-profile --instance-profile-name made-for-it --role-name made-for-it",
        );
    }
    let mut command = command.replace("Name=NAME", "Name=made-for-it");
    if command.contains(" ID ") {
        let user = argument(&command, "--user-name").unwrap();
        command = command.replace(" ID ", &format!(" {} ", key_of(environment, account, &user)));
    }
    succeeds(&command.replace("file://FILE", &format!("file://{document}")));
}

/// What a command gives for an option.
fn argument(command: &str, option: &str) -> Option<String> {
    words(command).into_iter().skip_while(|word| word != option).nth(1)
}

/// The first access key of a user.
fn key_of(environment: &Path, account: &Served, user: &str) -> String {
    let output = aws(environment, account, &format!("iam list-access-keys --user-name {user} --output text"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let id = text.split_whitespace().find(|word| word.starts_with("AKIA"));
    id.unwrap_or_else(|| panic!("no key of {user}: {text}")).to_owned()
}
