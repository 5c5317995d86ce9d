//! Plans made by hand, for the tests of every view.

use serde_json::{Value as Json, json};

use super::{Command, Heading, View};
use crate::model::{Addr, Origin, Path, Segment, Value, Want, Wanted};
use crate::plan::{Action, Change, Finding, Plan, Severity, Step, Undeclared, Unread, Why, diff};
use crate::posture::control::{cis3, hub, nist};
use crate::posture::{self, Counted, Posture, Resource, Rule};

/// All that a view leans on.
pub(super) struct Scene {
    pub(super) heading: Heading,
    pub(super) wanted: Wanted,
    pub(super) plan: Plan,
    pub(super) posture: Posture,
}

impl Scene {
    pub(super) fn view(&self) -> View<'_> {
        View {
            heading: &self.heading,
            wanted: &self.wanted,
            plan: &self.plan,
            network: None,
            posture: &self.posture,
            rules: RULES,
            ending: None,
            at: jiff::Timestamp::from_second(1_893_456_000).unwrap(),
        }
    }

    /// A plan alone, of a file that asks for nothing else.
    pub(super) fn of(plan: Plan) -> Self {
        Self { heading: heading(), wanted: Wanted::default(), plan, posture: Posture::default() }
    }
}

static RULES: &[&Rule] = &[&ROOT_KEYS, &USER_MFA, &KEY_AGE];

static ROOT_KEYS: Rule = Rule {
    id: "root-access-keys",
    title: "the root user has no access keys",
    severity: posture::Severity::Critical,
    practice: 1,
    controls: &[cis3("1.4"), hub("IAM.4"), nist("AC-6")],
    risk: "whoever gets hold of them owns the account",
    remedy: "Move what uses the keys to a role, then sign in as the root user and delete them under Security credentials.",
    calls: &["iam:GetAccountSummary"],
};

static USER_MFA: Rule = Rule {
    id: "user-mfa",
    title: "users who sign in have a second factor",
    severity: posture::Severity::High,
    practice: 2,
    controls: &[cis3("1.10"), hub("IAM.5")],
    risk: "a leaked password is enough to get in",
    remedy: "Let the user assign a device under Security credentials, or delete the login profile.",
    calls: &["iam:GetCredentialReport"],
};

static KEY_AGE: Rule = Rule {
    id: "access-key-age",
    title: "access keys are younger than asked",
    severity: posture::Severity::Medium,
    practice: 8,
    controls: &[cis3("1.14"), hub("IAM.3")],
    risk: "an old key has had time to leak",
    remedy: "Replace the key, for which there is `baseline rotate`, and deactivate the old one.",
    calls: &["iam:GetCredentialReport"],
};

/// A trail without validation, a missing bucket, root keys, one rule kept and one undecided.
pub(super) fn neglected() -> Scene {
    let origin = |section: &str, line: usize| Origin { section: section.into(), line, file: None };
    let trail = value(json!({
        "trail": "main", "bucket": "logs", "multi_region": true, "global_events": true, "logging": true,
        "management_events": "All", "validation": true, "kms_key": { "$ref": "kms.key.trail", "output": "arn" },
    }));
    let bucket = value(json!({ "bucket": "logs", "logging": null, "lifecycle": { "$dict": {} } }));
    let want = |value: &Value, at: Origin| Want { value: value.clone(), after: [].into(), origin: at };
    let things: std::collections::BTreeMap<Addr, Want> = [
        ("cloudtrail.trail.main".parse().unwrap(), want(&trail, origin("cloudtrail", 10))),
        ("s3.bucket.logs".parse().unwrap(), want(&bucket, origin("bucket.logs", 20))),
    ]
    .into();
    let validation = Change {
        path: Path(vec![Segment::Field("validation".into())]),
        before: Value::Bool(false),
        after: Value::Bool(true),
    };
    let plan = Plan {
        steps: vec![
            step("cloudtrail.trail.main", Action::Update, vec![validation], "cloudtrail", 10),
            step("s3.bucket.logs", Action::Create, created(&[("bucket", json!("logs"))]), "bucket.logs", 20),
        ],
        ..Plan::default()
    };
    let keys = posture::Finding {
        rule: &ROOT_KEYS,
        resource: Resource { kind: "root user", id: "arn:aws:iam::123456789012:root".into(), region: None },
        message: "has an access key".into(),
        evidence: vec!["AccountAccessKeysPresent is 1".into(), "last used 2029-12-30".into()],
        next: "sign in as root, open Security credentials, delete the key".into(),
        fixed_by_apply: false,
        origin: origin("root", 30),
    };
    let count = |checked, drifted, exempt| Counted { checked, drifted, exempt };
    let posture = Posture {
        findings: vec![keys],
        counted: [("root-access-keys", count(1, 1, 0)), ("user-mfa", count(4, 0, 1))].into(),
        unread: vec![Unread {
            call: "iam:GetCredentialReport".into(),
            why: Why::Denied,
            lacking: "iam:GetCredentialReport on *".into(),
            regions: Vec::new(),
            next: String::new(),
            message: "no identity-based policy allows it".into(),
        }],
        undecided: [("access-key-age", "the credential report could not be read".to_owned())].into(),
        ..Posture::default()
    };
    Scene {
        heading: Heading { command: Command::Drift, ..heading() },
        wanted: Wanted { things, ..Wanted::default() },
        plan,
        posture,
    }
}

/// The same with names that an intruder chose.
pub(super) fn hostile_posture() -> Scene {
    let mut scene = neglected();
    let evil = "=HYPERLINK(\"x\")<script>alert(1)</script>\u{1b}[2J]]>\u{202e}`|[a](b)\u{0}";
    for finding in &mut scene.posture.findings {
        finding.resource.id = evil.into();
        finding.message = evil.into();
        finding.evidence = vec![evil.into(), "-1+1".into()];
        finding.next = evil.into();
        finding.resource.region = Some(evil.into());
    }
    scene.posture.unread[0].message = evil.into();
    scene.posture.undecided.insert("access-key-age", evil.into());
    scene.plan.undeclared.push(Undeclared {
        addr: "s3.bucket.old".parse().unwrap(),
        id: evil.into(),
        next: evil.into(),
    });
    scene
}

pub(super) fn heading() -> Heading {
    Heading {
        command: Command::Plan,
        file: "landing-zone.toml".into(),
        baseline: "landing-zone".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoints: Vec::new(),
    }
}

pub(super) fn value(json: Json) -> Value {
    Value::decode(json).unwrap()
}

fn step(addr: &str, action: Action, changes: Vec<Change>, section: &str, line: usize) -> Step {
    let origin = Origin { section: section.into(), line, file: None };
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
    let unread = |call: &str, why: Why| Unread {
        call: call.into(),
        why,
        lacking: if why == Why::Denied { format!("{call} on *") } else { String::new() },
        regions: Vec::new(),
        next: String::new(),
        message: "not allowed".into(),
    };
    Plan {
        steps: vec![held],
        findings: vec![Finding {
            addr: "kms.key.trail".parse().unwrap(),
            severity: Severity::Error,
            message: "belongs to the baseline \"other\" by its tag".into(),
            next: "give it another name here".into(),
            origin: Origin { section: "kms_key.trail".into(), line: 5, file: None },
        }],
        unreadable: [("ec2.vpc.main".parse().unwrap(), unread("ec2:DescribeVpcs", Why::Denied))].into(),
        unlisted: vec![unread("iam:ListRoles", Why::Failed)],
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
