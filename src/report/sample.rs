//! Plans made by hand, for the tests of every view.

use serde_json::{Value as Json, json};

use super::{Command, Heading};
use crate::model::{Origin, Path, Segment, Value};
use crate::plan::{Action, Change, Finding, Plan, Severity, Step, Undeclared, Unread, diff};

pub(super) fn heading() -> Heading {
    Heading {
        command: Command::Plan,
        file: "landing-zone.toml".into(),
        baseline: "landing-zone".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
    }
}

pub(super) fn value(json: Json) -> Value {
    Value::decode(json).unwrap()
}

fn step(addr: &str, action: Action, changes: Vec<Change>, section: &str, line: usize) -> Step {
    let origin = Origin { section: section.into(), line };
    Step { addr: addr.parse().unwrap(), action, changes, held: None, origin }
}

fn created(attributes: &[(&str, Json)]) -> Vec<Change> {
    let field = |name: &str| Path(vec![Segment::Field(name.into())]);
    attributes
        .iter()
        .map(|(name, json)| Change { path: field(name), before: Value::Null, after: value(json.clone()) })
        .collect()
}

pub(super) fn creation() -> Plan {
    let bucket = created(&[
        ("bucket", json!("trail-logs-123456789012")),
        ("encryption", json!({ "algorithm": "aws:kms", "bucket_key": true, "kms_key": null })),
        ("policy", statements(&["Trail"])),
        (
            "public_access",
            json!({
                "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true,
                "restrict_public_buckets": true,
            }),
        ),
    ]);
    let subnet = created(&[
        ("cidr", json!("10.20.0.0/24")),
        ("vpc", json!({ "$ref": "ec2.vpc.main", "output": "id" })),
    ]);
    Plan {
        steps: vec![
            step("s3.bucket.trail-logs", Action::Create, bucket, "bucket.trail-logs", 12),
            step("ec2.subnet.web-a", Action::Create, subnet, "network.tier.web", 40),
        ],
        unchanged: 14,
        ..Plan::default()
    }
}

fn statements(sids: &[&str]) -> Json {
    let statement = |sid: &&str| json!({ "$dict": { "Sid": sid, "Effect": "Deny", "Action": { "$set": ["s3:*"] }, "Principal": "*" } });
    let list: Vec<Json> = sids.iter().map(statement).collect();
    json!({ "$document": { "$dict": { "Version": "2012-10-17", "Statement": { "$set": list } } } })
}

pub(super) fn update() -> Plan {
    let live = value(json!({
        "versioning": "Suspended", "policy": statements(&["Open", "Tls"]), "logging": null,
        "lifecycle": { "$dict": { "by-hand": { "expire_after_days": 1 } } },
    }));
    let wanted = value(json!({
        "versioning": "Enabled", "policy": statements(&["Tls"]),
        "logging": { "target": "access-logs", "prefix": "trail/" },
        "lifecycle": { "$dict": { "expire": { "expire_after_days": 90 } } },
    }));
    let changes = diff(&wanted, &live);
    Plan {
        steps: vec![
            step("s3.bucket.trail-logs", Action::Update, changes, "bucket.trail-logs", 12),
            step("iam.role.auditor", Action::Adopt, vec![], "role.auditor", 30),
            step("ec2.vpc.old", Action::Delete, vec![], "", 0),
        ],
        unchanged: 3,
        ..Plan::default()
    }
}

pub(super) fn rules() -> Plan {
    let rule = |port: i64, cidr: &str| json!({ "protocol": "tcp", "from_port": port, "to_port": port, "cidr": cidr, "group": null });
    let live = value(json!({ "ingress": { "$set": [rule(22, "0.0.0.0/0"), rule(443, "0.0.0.0/0")] } }));
    let wanted =
        value(json!({ "ingress": { "$set": [rule(22, "203.0.113.10/32"), rule(443, "0.0.0.0/0")] } }));
    let changes = diff(&wanted, &live);
    Plan {
        steps: vec![step("ec2.security-group.web", Action::Update, changes, "network.tier.web", 40)],
        ..Plan::default()
    }
}

pub(super) fn obstacles() -> Plan {
    let mut held =
        step("ec2.subnet.a", Action::Create, created(&[("cidr", json!("10.0.0.0/24"))]), "network", 9);
    held.held = Some("ec2.vpc.main could not be read".into());
    let unread =
        |call: &str, denied: bool| Unread { call: call.into(), denied, message: "not allowed".into() };
    Plan {
        steps: vec![held],
        findings: vec![Finding {
            addr: "kms.key.trail".parse().unwrap(),
            severity: Severity::Error,
            message: "belongs to the baseline \"other\" by its tag".into(),
            next: "give it another name here".into(),
            origin: Origin { section: "kms_key.trail".into(), line: 5 },
        }],
        unreadable: [("ec2.vpc.main".parse().unwrap(), unread("ec2:DescribeVpcs", true))].into(),
        unlisted: vec![unread("iam:ListRoles", false)],
        undeclared: vec![Undeclared {
            addr: "s3.bucket.old".parse().unwrap(),
            id: "old-logs".into(),
            next: "declare it, or delete it with apply --destroy s3.bucket.old".into(),
        }],
        unchanged: 7,
        ..Plan::default()
    }
}

pub(super) fn hostile() -> Plan {
    let live = value(json!({
        "description": "\u{1b}[2J\u{1b}]0;owned\u{7}\r\n+ fake.step.a",
        "name": "a\u{202e}b`|<script>@team",
        "long": "x".repeat(600),
    }));
    let wanted = value(json!({ "description": "web", "name": "b", "long": "y" }));
    let changes = diff(&wanted, &live);
    let mut plan = obstacles();
    plan.steps = vec![step("ec2.vpc.main", Action::Update, changes, "network", 9)];
    plan.findings[0].message = "```\n<img src=x> [link](https://evil.example) @team \u{9b}31m".into();
    plan.undeclared[0].id = "`rm -rf`\u{200b}".into();
    for unread in plan.unreadable.values_mut() {
        unread.message = "line one\nline two".into();
    }
    plan
}
