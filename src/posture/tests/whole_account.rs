//! Rules about everything of a kind in every region, whoever made it.

use super::administrators::user;
use super::*;

fn in_regions(regions: &[(&str, Region)]) -> Facts {
    let quiet = || match clean().regions {
        Seen::Seen(regions) => regions["us-east-1"].clone(),
        _ => Region::default(),
    };
    let mut all: BTreeMap<String, Region> = [("us-east-1".to_owned(), quiet())].into();
    for (name, region) in regions {
        let trails = quiet().trails;
        all.insert((*name).to_owned(), Region { trails, ..region.clone() });
    }
    Facts { regions: Seen::Seen(all), ..clean() }
}

fn region() -> Region {
    let Seen::Seen(regions) = clean().regions else { return Region::default() };
    regions["us-east-1"].clone()
}

fn default_group(rules: usize) -> SecurityGroup {
    SecurityGroup {
        id: "sg-1".into(),
        name: "default".into(),
        vpc: "vpc-1".into(),
        rules,
        ..SecurityGroup::default()
    }
}

#[test]
fn what_aws_makes_in_every_region_is_one_finding_that_names_and_counts_each() {
    let open = Region {
        security_groups: Seen::Seen(vec![default_group(2)]),
        vpcs: Seen::Seen(vec![Vpc { id: "vpc-1".into(), flow_logs: false }]),
        ..region()
    };
    let facts = in_regions(&[("eu-west-1", open.clone()), ("eu-north-1", open)]);
    let posture = judge(&facts, &everything_asked());
    assert_eq!(ids(&posture), ["vpc-flow-logs", "vpc-default-group"]);
    for finding in &posture.findings {
        assert_eq!(finding.resource.kind, "account");
        assert_eq!(finding.evidence.len(), 2, "{finding:?}");
        assert!(finding.message.starts_with("2 of 2"), "{}", finding.message);
        let counted = &posture.counted[finding.rule.id];
        assert_eq!((counted.checked, counted.drifted), (2, 2));
    }
    // One alone is the thing itself.
    let one = Region { security_groups: Seen::Seen(vec![default_group(1)]), ..region() };
    let posture = judge(&in_regions(&[("eu-west-1", one)]), &everything_asked());
    assert_eq!(
        posture.findings[0].resource.id,
        format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-1")
    );
}

#[test]
fn each_thing_of_a_region_is_judged_as_its_control_judges_it() {
    let key = |rotates| EncryptionKey {
        arn: "arn:aws:kms:eu-west-1:123456789012:key/1".into(),
        rotates,
        policy: Seen::Seen(Policy::default()),
    };
    let mut web = default_group(4);
    web.name = "web".into();
    let acl = |allow| NetworkAcl {
        id: "acl-1".into(),
        subnets: 2,
        entries: vec![AclEntry {
            number: 100,
            allow,
            protocol: "-1".into(),
            ports: None,
            range: "0.0.0.0/0".into(),
        }],
    };
    for (name, region, expected) in [
        (
            "a default group without rules",
            Region { security_groups: Seen::Seen(vec![default_group(0)]), ..region() },
            None,
        ),
        ("another group", Region { security_groups: Seen::Seen(vec![web]), ..region() }, None),
        (
            "a VPC that is watched",
            Region { vpcs: Seen::Seen(vec![Vpc { id: "vpc-1".into(), flow_logs: true }]), ..region() },
            None,
        ),
        (
            "an ACL as AWS makes it",
            Region { network_acls: Seen::Seen(vec![acl(true)]), ..region() },
            Some("network-acl-admin-ports"),
        ),
        ("an ACL that denies", Region { network_acls: Seen::Seen(vec![acl(false)]), ..region() }, None),
        (
            "a key that AWS rotates",
            Region { keys: Seen::Seen(vec![key(Seen::Seen(true))]), ..region() },
            None,
        ),
        (
            "a key that nobody rotates",
            Region { keys: Seen::Seen(vec![key(Seen::Seen(false))]), ..region() },
            Some("key-rotation"),
        ),
        (
            "a public snapshot",
            Region { public_snapshots: Seen::Seen(vec!["snap-1".into()]), ..region() },
            Some("public-snapshots"),
        ),
        (
            "a public image",
            Region { public_images: Seen::Seen(vec!["ami-1".into()]), ..region() },
            Some("public-snapshots"),
        ),
    ] {
        let found = found(&in_regions(&[("eu-west-1", region)]));
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{name}");
    }
    for (accounts, expected) in [
        (vec!["444455556666"], vec!["shared-snapshots"]),
        (vec!["999988887777"], vec![]),
        (vec![ACCOUNT], vec![]),
        (vec!["999988887777", "444455556666"], vec!["shared-snapshots"]),
    ] {
        let accounts: Vec<String> = accounts.into_iter().map(str::to_owned).collect();
        let share = Share { kind: "snapshot", id: "snap-1".into(), accounts };
        let shared = Region { shared: Seen::Seen(vec![share.clone()]), ..region() };
        assert_eq!(found(&in_regions(&[("eu-west-1", shared)])), expected, "{share:?}");
    }
    // A key whose policy keeps us out leaves the rule open.
    let denied = key(Seen::Unreadable(unread("kms:GetKeyRotationStatus")));
    let facts = in_regions(&[("eu-west-1", Region { keys: Seen::Seen(vec![denied]), ..region() })]);
    let posture = judge(&facts, &everything_asked());
    assert!(posture.undecided.contains_key("key-rotation"));
}

#[test]
fn trails_of_others_hands_write_digests_and_encrypt() {
    let with = |change: &dyn Fn(&mut Trail)| {
        let mut other = trail("main", true);
        change(&mut other);
        in_regions(&[]).with_trail(other)
    };
    assert_eq!(found(&with(&|trail| trail.validation = false)), ["trail-validation"]);
    assert_eq!(found(&with(&|trail| trail.key = None)), ["trail-encryption"]);
    // Nobody here can change the organization's.
    let of_others = |trail: &mut Trail| {
        trail.arn = trail.arn.replace(ACCOUNT, "999988887777");
        trail.key = None;
        trail.validation = false;
    };
    assert_eq!(found(&with(&of_others)), Vec::<&str>::new());
}

impl Facts {
    pub(super) fn with_trail(mut self, trail: Trail) -> Self {
        if let Seen::Seen(regions) = &mut self.regions {
            for region in regions.values_mut() {
                region.trails = Seen::Seen(vec![trail.clone()]);
            }
        }
        self
    }
}

#[test]
fn a_certificate_that_ended_is_named_and_one_that_lasts_is_not() {
    let certificate = |name: &str, days| ServerCertificate {
        name: name.into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:server-certificate/{name}"),
        ends: days_ago(days),
    };
    let facts =
        Facts { certificates: Seen::Seen(vec![certificate("old", 1), certificate("new", -90)]), ..clean() };
    let posture = judge(&facts, &everything_asked());
    assert_eq!(ids(&posture), ["server-certificate-expired"]);
    assert!(posture.findings[0].message.contains("old expired on 2026-06-29"), "{:?}", posture.findings);
}

#[test]
fn whoever_has_the_shell_of_aws_is_named() {
    let mut ann =
        user("ann", r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/*"}"#);
    let arn = "arn:aws:iam::aws:policy/AWSCloudShellFullAccess";
    ann.identity.attached.push(arn.into());
    let document = policy(r#"{"Effect":"Allow","Action":"cloudshell:*","Resource":"*"}"#);
    let of_aws = ManagedPolicy {
        name: "AWSCloudShellFullAccess".into(),
        arn: arn.into(),
        of_aws: true,
        document,
        ..ManagedPolicy::default()
    };
    let iam = Iam { users: vec![ann], policies: [(arn.to_owned(), of_aws)].into(), ..Iam::default() };
    let posture = judge(&Facts { iam: Seen::Seen(iam), ..clean() }, &everything_asked());
    assert_eq!(ids(&posture), ["cloudshell-full-access"]);
}

#[test]
fn the_bucket_of_a_trail_logs_who_reads_it_whoever_made_the_trail() {
    let bucket = |name: &str, access_logs| Bucket {
        name: name.into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(None),
        policy_is_public: Seen::Seen(None),
        grants: Seen::Seen(vec![]),
        block: Seen::Seen(PublicAccessBlock::default()),
        access_logs,
        lifecycle: Seen::Seen(Lifecycle::default()),
        access_points: Seen::NotAsked,
    };
    for (name, bucket, expected) in [
        ("logged", bucket("trail-logs", Seen::Seen(true)), vec![]),
        ("not logged", bucket("trail-logs", Seen::Seen(false)), vec!["trail-bucket-logging"]),
        ("of no trail", bucket("data", Seen::NotAsked), vec![]),
    ] {
        let facts = Facts { buckets: Seen::Seen(vec![bucket]), ..clean() };
        assert_eq!(found(&facts), expected, "{name}");
    }
    let bare = Facts { buckets: Seen::Seen(vec![bucket("trail-logs", Seen::Seen(false))]), ..clean() };
    let mut asked = everything_asked();
    asked.audit.as_mut().unwrap().sections =
        [(Declared::Bucket("trail-logs".into()), "bucket.logs".into())].into();
    assert_eq!(ids(&judge(&bare, &asked)), Vec::<&str>::new(), "the file says what it wants of its own");
}

#[test]
fn the_bucket_of_a_trail_keeps_its_files_as_long_as_the_file_asks() {
    let end = |prefix: &str, current, days| LifecycleEnd {
        rule: "end".into(),
        prefix: prefix.into(),
        current,
        days,
    };
    let bucket = |ends, versions| Bucket {
        name: "trail-logs".into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(None),
        policy_is_public: Seen::Seen(None),
        grants: Seen::Seen(vec![]),
        block: Seen::Seen(PublicAccessBlock::default()),
        access_logs: Seen::Seen(true),
        lifecycle: Seen::Seen(Lifecycle { ends, versions }),
        access_points: Seen::NotAsked,
    };
    let plain = Versions::default();
    let versioned = Versions { kept: true, locked_days: None };
    for (name, ends, versions, short) in [
        ("nothing ends", vec![], plain, false),
        ("ninety days", vec![end("", true, Some(90))], plain, false),
        ("a month", vec![end("", true, Some(30))], plain, true),
        ("a month of something else", vec![end("uploads/", true, Some(30))], plain, false),
        ("a month of the account's files", vec![end("AWSLogs/123456789012/", true, Some(30))], plain, true),
        ("a date", vec![end("AWS", true, None)], plain, true),
        ("the shorter of two", vec![end("", true, Some(400)), end("AWSLogs/", true, Some(7))], plain, true),
        ("a month, and former versions stay", vec![end("", true, Some(30))], versioned, false),
        ("a month and a month", vec![end("", true, Some(30)), end("", false, Some(30))], versioned, true),
        ("a month and two", vec![end("", true, Some(30)), end("", false, Some(60))], versioned, false),
        ("former versions alone", vec![end("", false, Some(1))], versioned, false),
        (
            "a month and a day, locked for a year",
            vec![end("", true, Some(30)), end("", false, Some(1))],
            Versions { kept: true, locked_days: Some(365) },
            false,
        ),
    ] {
        let facts = Facts { buckets: Seen::Seen(vec![bucket(ends, Seen::Seen(versions))]), ..clean() };
        let expected = if short { vec!["trail-bucket-retention"] } else { vec![] };
        assert_eq!(found(&facts), expected, "{name}");
    }
    let unread_but_long =
        bucket(vec![end("", true, Some(90))], Seen::Unreadable(unread("s3:GetBucketVersioning")));
    let posture =
        judge(&Facts { buckets: Seen::Seen(vec![unread_but_long]), ..clean() }, &everything_asked());
    assert!(!posture.undecided.contains_key("trail-bucket-retention"), "{:?}", posture.undecided);
    let unknown = bucket(vec![end("", true, Some(30))], Seen::Unreadable(unread("s3:GetBucketVersioning")));
    let posture = judge(&Facts { buckets: Seen::Seen(vec![unknown]), ..clean() }, &everything_asked());
    assert!(posture.undecided["trail-bucket-retention"].contains("s3:GetBucketVersioning"));
}

#[test]
fn a_key_says_for_whom_services_use_it() {
    let service = |service: &str, condition: &str| {
        policy(&format!(
            r#"{{"Sid":"use","Effect":"Allow","Principal":{{"Service":"{service}.amazonaws.com"}},
                "Action":["kms:GenerateDataKey*","kms:Decrypt"],"Resource":"*"{condition}}}"#
        ))
    };
    let asks = |operator: &str, key: &str, value: &str| {
        format!(r#","Condition":{{"{operator}":{{"{key}":"{value}"}}}}"#)
    };
    let context = "kms:EncryptionContext:aws:cloudtrail:arn";
    for (name, policy, open) in [
        ("anybody's trail", service("cloudtrail", ""), true),
        ("an account", service("cloudtrail", &asks("StringEquals", "aws:SourceAccount", ACCOUNT)), false),
        (
            "trails of the account",
            service("cloudtrail", &asks("StringLike", context, "arn:aws:cloudtrail:*:123456789012:trail/*")),
            false,
        ),
        (
            "trails of anybody",
            service("cloudtrail", &asks("StringLike", context, "arn:aws:cloudtrail:*:*:trail/*")),
            true,
        ),
        (
            "log groups of a region",
            service(
                "logs.eu-west-1",
                &asks(
                    "ArnLike",
                    "kms:EncryptionContext:aws:logs:arn",
                    "arn:aws:logs:eu-west-1:123456789012:*",
                ),
            ),
            false,
        ),
        ("log groups of anybody", service("logs.eu-west-1", ""), true),
        (
            "a context that nobody else knows",
            service("s3", &asks("StringEquals", "kms:EncryptionContext:project", "blue")),
            false,
        ),
        ("a service without such advice", service("lambda", ""), false),
    ] {
        let arn = "arn:aws:kms:eu-west-1:123456789012:key/1".into();
        let key = EncryptionKey { arn, rotates: Seen::NotAsked, policy: Seen::Seen(policy) };
        let region = Region { keys: Seen::Seen(vec![key]), ..region() };
        let expected = if open { vec!["key-service-source"] } else { vec![] };
        assert_eq!(found(&in_regions(&[("eu-west-1", region)])), expected, "{name}");
    }
}

#[test]
fn a_trail_of_all_regions_is_judged_by_what_its_home_tells() {
    let mut facts = in_regions(&[("eu-west-1", region())]);
    if let Seen::Seen(regions) = &mut facts.regions {
        let seen_from_afar = Trail {
            key_policy: Seen::NotAsked,
            logging: Seen::NotAsked,
            management_events: Seen::NotAsked,
            ..trail("main", true)
        };
        // The home comes after the other region.
        regions.get_mut("eu-west-1").unwrap().trails = Seen::Seen(vec![seen_from_afar.clone()]);
        regions.insert("us-west-2".into(), Region { trails: Seen::Seen(vec![seen_from_afar]), ..region() });
    }
    let posture = judge(&facts, &everything_asked());
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    assert_eq!(posture.findings, []);
}
