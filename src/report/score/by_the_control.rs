//! A control is kept only where it was judged as the control judges, whatever the file asks.

use serde_json::json;

use super::super::sample;
use super::tests::verdict;
use super::*;
use crate::model::{Origin, Value, Want};
use crate::posture::asked::{Asked, AuditAsked, Declared, Exempt, Exemption, UsersAsked};
use crate::posture::facts::{
    AccessKey, Bucket, CredentialReport, CredentialRow, Facts, Iam, Identity, Ingress, KeyRow, Lifecycle,
    ManagedPolicy, PublicAccessBlock, Region, SecurityGroup, Trail, User,
};
use crate::posture::tests::{
    ACCOUNT, clean, days_ago, demand, everything_asked, policy, quiet_region, trail,
};
use crate::posture::{RULES, Seen, judge};

const CIS: Benchmark = Benchmark::Cis3;
const HUB: Benchmark = Benchmark::SecurityHub;
const KEPT: Option<Verdict> = Some(Verdict::Kept);
const BROKEN: Option<Verdict> = Some(Verdict::Broken);
const UNKNOWN: Option<Verdict> = Some(Verdict::Unknown);

/// What is found in an account, asked of it and declared in it.
struct Case {
    facts: Facts,
    asked: Asked,
    things: Vec<(&'static str, serde_json::Value)>,
}

impl Case {
    fn new() -> Self {
        let mut asked = everything_asked();
        asked.users.as_mut().unwrap().mfa = Some(demand(crate::posture::asked::Factor::Any));
        Self { facts: clean(), asked, things: Vec::new() }
    }

    fn users(mut self, set: impl FnOnce(&mut UsersAsked)) -> Self {
        set(self.asked.users.as_mut().unwrap());
        self
    }

    fn audit(mut self, set: impl FnOnce(&mut AuditAsked)) -> Self {
        set(self.asked.audit.as_mut().unwrap());
        self
    }

    /// A user whose first key is so many days old and was used so many days ago; listed, where the list was asked for.
    fn with_keys(mut self, keys: &[(i64, i64)], listed: bool) -> Self {
        let key = |place: usize| match keys.get(place) {
            Some((made, used)) => KeyRow { active: true, changed: days_ago(*made), used: days_ago(*used) },
            None => KeyRow::default(),
        };
        let row = CredentialRow {
            user: "robot".into(),
            arn: format!("arn:aws:iam::{ACCOUNT}:user/robot"),
            created: days_ago(if listed { 400 } else { keys.iter().map(|(made, _)| *made).max().unwrap() }),
            password: Some(false),
            keys: [key(0), key(1)],
            ..CredentialRow::default()
        };
        if listed {
            let all = keys.iter().enumerate().map(|(place, (made, _))| AccessKey {
                id: format!("AKIA{place}"),
                active: true,
                made: days_ago(*made),
            });
            self.facts.keys.insert("robot".into(), Seen::Seen(all.collect()));
        }
        self.with_row(row)
    }

    fn with_row(mut self, row: CredentialRow) -> Self {
        let root = CredentialRow { user: "<root_account>".into(), mfa: true, ..CredentialRow::default() };
        self.facts.credentials = Seen::Seen(CredentialReport { made: days_ago(0), rows: vec![root, row] });
        self
    }

    fn exempt(self, from: Exempt) -> Self {
        let exemption = Exemption {
            user: "robot".into(),
            from: [from].into(),
            owner: "Chris".into(),
            reason: "moves to a role".into(),
            until: "2027-01-01".parse().unwrap(),
            origin: Origin::default(),
        };
        self.users(|users| users.exempt = vec![exemption])
    }

    fn region(mut self, name: &str, region: Region) -> Self {
        if let Seen::Seen(regions) = &mut self.facts.regions {
            regions.insert(name.into(), region);
        }
        self
    }

    /// A security group that lets the world in on a port.
    fn opens(self, port: u16) -> Self {
        let ingress =
            vec![Ingress { protocol: "tcp".into(), ports: Some((port, port)), range: "0.0.0.0/0".into() }];
        let group =
            SecurityGroup { id: "sg-1".into(), name: "web".into(), ingress, ..SecurityGroup::default() };
        self.region("us-east-1", Region { security_groups: Seen::Seen(vec![group]), ..quiet_region() })
    }

    fn with_policy(mut self, statement: &str) -> Self {
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/team");
        let managed = ManagedPolicy {
            name: "team".into(),
            arn: arn.clone(),
            document: policy(statement),
            ..ManagedPolicy::default()
        };
        self.facts.iam = Seen::Seen(Iam { policies: [(arn, managed)].into(), ..Iam::default() });
        self
    }

    fn with_inline(mut self, statement: &str) -> Self {
        let identity = Identity {
            name: "ann".into(),
            arn: format!("arn:aws:iam::{ACCOUNT}:user/ann"),
            inline: vec![("own".into(), policy(statement))],
            ..Identity::default()
        };
        self.facts.iam =
            Seen::Seen(Iam { users: vec![User { identity, ..User::default() }], ..Iam::default() });
        self
    }

    fn with_bucket(mut self, bucket: Bucket) -> Self {
        self.facts.buckets = Seen::Seen(vec![bucket]);
        self
    }

    fn declares(mut self, addr: &'static str, value: serde_json::Value) -> Self {
        self.things.push((addr, value));
        self
    }

    fn verdicts(&self, benchmark: Benchmark, id: &str) -> [Option<Verdict>; 2] {
        let mut scene = sample::neglected();
        scene.plan = crate::plan::Plan::default();
        scene.wanted.things = self
            .things
            .iter()
            .map(|(addr, json)| {
                let value: Value = sample::value(json.clone());
                (addr.parse().unwrap(), Want { value, after: [].into(), origin: Origin::default() })
            })
            .collect();
        scene.posture = judge(&self.facts, &self.asked);
        let view = View { rules: RULES, ..scene.view() };
        [Moment::Now, Moment::AfterApply].map(|moment| verdict(&scores(&view, moment), benchmark, id))
    }
}

fn bucket(name: &str, statement: Option<&str>) -> Bucket {
    Bucket {
        name: name.into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(statement.map(policy)),
        policy_is_public: Seen::Seen(statement.map(|_| true)),
        grants: Seen::Seen(vec![]),
        block: Seen::Seen(PublicAccessBlock::default()),
        access_logs: Seen::Seen(true),
        lifecycle: Seen::Seen(Lifecycle::default()),
        access_points: Seen::NotAsked,
    }
}

fn one_region(name: &str) -> Trail {
    let arn = format!("arn:aws:cloudtrail:{name}:{ACCOUNT}:trail/{name}");
    Trail { arn, home: name.into(), ..trail(name, false) }
}

const EVERYBODY_READS: &str =
    r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"}"#;
const ALL_WITH_MFA: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#;
const ALL_OF_S3: &str =
    r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}"#;
const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

#[test]
fn what_the_file_allows_and_the_control_does_not_is_broken_by_design() {
    let person = CredentialRow {
        user: "robot".into(),
        password: Some(true),
        password_used: days_ago(1),
        ..CredentialRow::default()
    };
    let age = |days| Case::new().users(|it| it.key_age_days = Some(demand(days)));
    let unused = |days| Case::new().users(|it| it.unused_days = Some(demand(days)));
    let keys = |most| Case::new().users(|it| it.max_active_keys = demand(most));
    let ports = |ports: &[(u16, u16)]| Case::new().audit(|it| it.closed_ports = demand(ports.to_vec()));
    let narrow = || Case::new().audit(|it| it.regions = Some(vec!["us-east-1".into()]));
    let site = |it: &mut AuditAsked| it.public_buckets = demand(vec!["site".into()]);
    let mut wrong = Vec::new();
    for (name, case, benchmark, id, expected) in [
        (
            "a bucket that may be public, and is",
            Case::new().audit(site).with_bucket(bucket("site", Some(EVERYBODY_READS))),
            HUB,
            "S3.2",
            BROKEN,
        ),
        (
            "a bucket that may be public, and is written by nobody",
            Case::new().audit(site).with_bucket(bucket("site", Some(EVERYBODY_READS))),
            HUB,
            "S3.3",
            KEPT,
        ),
        (
            "a bucket that may be public, and is not",
            Case::new().audit(site).with_bucket(bucket("site", None)),
            HUB,
            "S3.2",
            KEPT,
        ),
        (
            "a user without a second factor, exempt",
            Case::new().exempt(Exempt::Mfa).with_row(person.clone()),
            CIS,
            "1.10",
            BROKEN,
        ),
        (
            "a user with one, exempt",
            Case::new().exempt(Exempt::Mfa).with_row(CredentialRow { mfa: true, ..person }),
            CIS,
            "1.10",
            KEPT,
        ),
        (
            "a key of 200 days where 365 are allowed",
            age(365).with_keys(&[(200, 1)], true),
            CIS,
            "1.14",
            BROKEN,
        ),
        ("the same for Security Hub", age(365).with_keys(&[(200, 1)], true), HUB, "IAM.3", BROKEN),
        ("a key of 60 days where 365 are allowed", age(365).with_keys(&[(60, 1)], false), CIS, "1.14", KEPT),
        (
            "a key that may be older than it was changed",
            age(365).with_keys(&[(60, 1), (10, 1)], false).with_row(CredentialRow {
                user: "robot".into(),
                created: days_ago(300),
                keys: [KeyRow { active: true, changed: days_ago(60), used: days_ago(1) }, KeyRow::default()],
                ..CredentialRow::default()
            }),
            CIS,
            "1.14",
            UNKNOWN,
        ),
        ("a key of 40 days where 30 are allowed", age(30).with_keys(&[(40, 1)], true), CIS, "1.14", KEPT),
        (
            "an old key, exempt",
            age(90).exempt(Exempt::KeyAge).with_keys(&[(200, 1)], true),
            CIS,
            "1.14",
            BROKEN,
        ),
        (
            "a key unused for 60 days where 90 are allowed",
            unused(90).with_keys(&[(60, 60)], false),
            CIS,
            "1.12",
            BROKEN,
        ),
        ("the same for Security Hub", unused(90).with_keys(&[(60, 60)], false), HUB, "IAM.22", BROKEN),
        (
            "a key unused for 40 days where 30 are allowed",
            unused(30).with_keys(&[(44, 40)], true),
            CIS,
            "1.12",
            KEPT,
        ),
        (
            "two keys where two are allowed",
            keys(2).with_keys(&[(20, 1), (10, 1)], false),
            CIS,
            "1.13",
            BROKEN,
        ),
        ("one key where none is allowed", keys(0).with_keys(&[(20, 1)], true), CIS, "1.13", KEPT),
        ("3389 open and 22 asked for", ports(&[(22, 22)]).opens(3389), CIS, "5.2", BROKEN),
        ("the same for Security Hub", ports(&[(22, 22)]).opens(3389), HUB, "EC2.53", BROKEN),
        ("nothing open and 22 asked for", ports(&[(22, 22)]), CIS, "5.2", KEPT),
        ("22 open and asked for in a range", ports(&[(20, 25), (3389, 3389)]).opens(22), CIS, "5.2", BROKEN),
        ("ports, looked at in one region", narrow(), CIS, "5.2", UNKNOWN),
        ("default groups, looked at in one region", narrow(), HUB, "EC2.2", UNKNOWN),
        ("digests of trails, looked at in one region", narrow(), CIS, "3.2", UNKNOWN),
        ("keys of KMS, looked at in one region", narrow(), CIS, "3.6", UNKNOWN),
        ("a trail of all regions is seen from each", narrow(), CIS, "3.1", KEPT),
        ("buckets are in the list of any region", narrow(), HUB, "S3.2", KEPT),
        (
            "a trail of its own in every region",
            Case::new().region(
                "us-east-1",
                Region { trails: Seen::Seen(vec![one_region("us-east-1")]), ..quiet_region() },
            ),
            HUB,
            "CloudTrail.1",
            BROKEN,
        ),
        ("everything, with a second factor", Case::new().with_policy(ALL_WITH_MFA), HUB, "IAM.1", BROKEN),
        ("everything, inline", Case::new().with_inline(ALL), HUB, "IAM.1", KEPT),
        ("all of a service on one bucket", Case::new().with_policy(ALL_OF_S3), HUB, "IAM.21", BROKEN),
        ("all of a service, inline", Case::new().with_inline(ALL_OF_S3), HUB, "IAM.21", KEPT),
    ] {
        let found = case.verdicts(benchmark, id);
        if found != [expected; 2] {
            wrong.push(format!("{name}: {id} is {found:?}, not {expected:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_declared_thing_without_what_a_control_asks_of_all_breaks_it() {
    let trail = |validation, key: serde_json::Value| {
        json!({
            "trail": "main", "bucket": "trail-logs", "multi_region": true, "global_events": true, "logging": true,
            "management_events": "All", "validation": validation, "kms_key": key,
        })
    };
    let key = json!("arn:aws:kms:us-east-1:123456789012:key/1");
    let full = json!({ "block_acls": true, "ignore_acls": true, "block_policy": true, "restrict": true });
    let logs = |logging: serde_json::Value| json!({ "bucket": "trail-logs", "logging": logging, "lifecycle": { "$dict": {} }, "public_access": full });
    let logged = json!({ "bucket": "others", "prefix": "trail/" });
    let balancer = |action: serde_json::Value| {
        let mut listener = json!({
            "protocol": "HTTP", "certificate": null, "tls_policy": null, "forward": null, "redirect": null,
            "unsupported": null, "rules": { "$set": [] },
        });
        listener.as_object_mut().unwrap().extend(action.as_object().unwrap().clone());
        json!({ "name": "web", "subnets": { "$set": ["a", "b"] }, "attributes": {}, "listeners": { "$dict": { "80": listener } } })
    };
    let plain = balancer(json!({ "forward": "arn:aws:elasticloadbalancing:tg" }));
    let redirects =
        balancer(json!({ "redirect": { "protocol": "HTTPS", "port": "443", "status": "HTTP_301" } }));
    let old = balancer(json!({ "protocol": "HTTPS", "tls_policy": "ELBSecurityPolicy-2016-08" }));
    let rotates = |days: serde_json::Value, enabled: bool| json!({ "alias": "alias/a", "rotation_days": days, "enabled": enabled });
    let vpc =
        json!({ "cidr": "10.0.0.0/16", "default_ingress": { "$set": [] }, "default_egress": { "$set": [] } });
    let flow = json!({ "vpc": "vpc-1", "traffic": "ALL", "destination": "arn:aws:s3:::flows", "aggregation_seconds": 600 });
    let accepted = json!({ "vpc": "vpc-1", "traffic": "ACCEPT", "destination": "arn:aws:s3:::flows", "aggregation_seconds": 600 });
    let foreign = || {
        let unlogged = Bucket { access_logs: Seen::Seen(false), ..bucket("trail-logs", None) };
        let mut case = Case::new().with_bucket(unlogged);
        case.asked.audit.as_mut().unwrap().sections =
            [(Declared::Bucket("trail-logs".into()), "bucket.trail".into())].into();
        case.asked.audit.as_mut().unwrap().unlogged_buckets = ["trail-logs".to_owned()].into();
        case
    };
    let mut wrong = Vec::new();
    for (name, case, benchmark, id, expected) in [
        (
            "a trail's bucket without access log",
            Case::new()
                .declares("cloudtrail.trail.main", trail(true, key.clone()))
                .declares("s3.bucket.logs", logs(json!(null))),
            CIS,
            "3.4",
            BROKEN,
        ),
        (
            "the same for Security Hub",
            Case::new()
                .declares("cloudtrail.trail.main", trail(true, key.clone()))
                .declares("s3.bucket.logs", logs(json!(null))),
            HUB,
            "CloudTrail.7",
            BROKEN,
        ),
        (
            "a trail's bucket with one",
            Case::new()
                .declares("cloudtrail.trail.main", trail(true, key.clone()))
                .declares("s3.bucket.logs", logs(logged.clone())),
            CIS,
            "3.4",
            KEPT,
        ),
        ("a bucket of no trail", Case::new().declares("s3.bucket.logs", logs(json!(null))), CIS, "3.4", KEPT),
        (
            "a declared bucket of another's trail",
            foreign().declares("s3.bucket.logs", logs(json!(null))),
            CIS,
            "3.4",
            BROKEN,
        ),
        (
            "a trail without digests",
            Case::new().declares("cloudtrail.trail.main", trail(false, key.clone())),
            CIS,
            "3.2",
            BROKEN,
        ),
        (
            "a trail without a key",
            Case::new().declares("cloudtrail.trail.main", trail(true, json!(null))),
            CIS,
            "3.5",
            BROKEN,
        ),
        (
            "a key that does not rotate",
            Case::new().declares("kms.key.a", rotates(json!(null), true)),
            CIS,
            "3.6",
            BROKEN,
        ),
        (
            "one that is switched off",
            Case::new().declares("kms.key.a", rotates(json!(null), false)),
            CIS,
            "3.6",
            KEPT,
        ),
        ("plain HTTP", Case::new().declares("elb.load-balancer.web", plain), HUB, "ELB.1", BROKEN),
        ("HTTP that redirects", Case::new().declares("elb.load-balancer.web", redirects), HUB, "ELB.1", KEPT),
        (
            "old TLS",
            Case::new().declares("elb.load-balancer.web", old),
            Benchmark::Nist80053r5,
            "SC-8",
            BROKEN,
        ),
        ("a VPC without flow logs", Case::new().declares("ec2.vpc.main", vpc.clone()), CIS, "3.7", BROKEN),
        (
            "one with flow logs",
            Case::new().declares("ec2.vpc.main", vpc.clone()).declares("ec2.flow-log.main", flow),
            CIS,
            "3.7",
            KEPT,
        ),
        (
            "one that records what is accepted",
            Case::new().declares("ec2.vpc.main", vpc).declares("ec2.flow-log.main", accepted),
            CIS,
            "3.7",
            BROKEN,
        ),
    ] {
        let found = case.verdicts(benchmark, id)[1];
        if found != expected {
            wrong.push(format!("{name}: {id} is {found:?}, not {expected:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_declared_bucket_does_not_speak_for_those_of_other_trails() {
    let trail = json!({ "trail": "main", "bucket": "trail-logs", "multi_region": true, "validation": true });
    let full = json!({ "block_acls": true, "ignore_acls": true, "block_policy": true, "restrict": true });
    let logs = json!({
        "bucket": "trail-logs", "logging": { "bucket": "others", "prefix": "trail/" }, "lifecycle": { "$dict": {} },
        "public_access": full,
    });
    let declared = |case: Case| {
        case.declares("cloudtrail.trail.main", trail.clone()).declares("s3.bucket.logs", logs.clone())
    };
    let nothing = || {
        let mut case = Case::new();
        case.asked = Asked::default();
        case
    };
    let soft = || Case::new().audit(|it| it.hardened_trails = None);
    let open = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::trail-logs/*"}"#;
    let mut wrong = Vec::new();
    for (name, case, benchmark, id, expected) in [
        ("nobody looked", declared(nothing()), CIS, "3.4", UNKNOWN),
        ("nobody looked", declared(nothing()), HUB, "CloudTrail.7", UNKNOWN),
        ("nobody looked", declared(nothing()), HUB, "CloudTrail.6", UNKNOWN),
        ("trails may be soft", declared(soft()), CIS, "3.4", UNKNOWN),
        ("trails may be soft", declared(soft()), HUB, "CloudTrail.7", UNKNOWN),
        ("all were looked at", declared(Case::new()), HUB, "CloudTrail.6", KEPT),
        (
            "the bucket of a trail is public",
            Case::new().with_bucket(bucket("trail-logs", Some(open))),
            HUB,
            "CloudTrail.6",
            BROKEN,
        ),
        (
            "another bucket is",
            Case::new().with_bucket(bucket("site", Some(EVERYBODY_READS))),
            HUB,
            "CloudTrail.6",
            KEPT,
        ),
    ] {
        let found = case.verdicts(benchmark, id);
        if found != [expected; 2] {
            wrong.push(format!("{name}: {id} is {found:?}, not {expected:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
