//! Rules about everything of a kind in every region, whoever made it, and who may tamper with the trail.

use super::administrators::{EVERYTHING, own_account, role, user};
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
    fn with_trail(mut self, trail: Trail) -> Self {
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

fn allow(actions: &str, resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"{resource}"}}"#)
}

/// Who may tamper, each with the way.
fn tampering(iam: Iam, bucket_policy: Option<&str>) -> Vec<(String, Vec<String>)> {
    let bucket = Bucket {
        name: "trail-logs".into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(bucket_policy.map(policy)),
        policy_is_public: Seen::Seen(None),
        grants: Seen::Seen(vec![]),
        block: Seen::Seen(PublicAccessBlock::default()),
        access_logs: Seen::Seen(true),
        lifecycle: Seen::Seen(Lifecycle::default()),
        access_points: Seen::NotAsked,
    };
    let facts = Facts { iam: Seen::Seen(iam), buckets: Seen::Seen(vec![bucket]), ..clean() };
    let mut asked = everything_asked();
    asked.users = None;
    if let Some(audit) = &mut asked.audit {
        audit.narrow_policies = None;
        audit.unused_services_days = None;
    }
    let posture = judge(&facts, &asked);
    let about = posture.findings.into_iter().filter(|finding| finding.rule.id == "trail-tampering");
    about.map(|it| (it.resource.id.rsplit('/').next().unwrap().to_owned(), it.evidence)).collect()
}

#[test]
fn whoever_can_stop_blind_or_delete_the_record_is_named_and_administrators_are_not() {
    let trail = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main";
    let tls = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
    let keep = r#"{"Effect":"Deny","Principal":"*","Action":["s3:DeleteObject","s3:DeleteObjectVersion"],"Resource":"*"}"#;
    for (grant, on_bucket, expected) in [
        (allow(r#""cloudtrail:StopLogging""#, trail), None, true),
        (allow(r#""cloudtrail:*""#, "*"), None, true),
        (allow(r#"["cloudtrail:Get*","cloudtrail:Describe*"]"#, "*"), None, false),
        (
            allow(r#""cloudtrail:StopLogging""#, "arn:aws:cloudtrail:us-east-1:123456789012:trail/other"),
            None,
            false,
        ),
        (allow(r#""kms:ScheduleKeyDeletion""#, "*"), None, true),
        (allow(r#"["kms:Decrypt","kms:GenerateDataKey"]"#, "*"), None, false),
        (allow(r#""s3:DeleteObject*""#, "arn:aws:s3:::trail-logs/*"), None, true),
        (allow(r#""s3:DeleteObject*""#, "arn:aws:s3:::trail-logs/*"), Some(tls), true),
        (allow(r#""s3:DeleteObject*""#, "arn:aws:s3:::trail-logs/*"), Some(keep), false),
        (allow(r#""s3:*""#, "arn:aws:s3:::site/*"), None, false),
        (allow(r#""s3:PutLifecycleConfiguration""#, "arn:aws:s3:::*"), Some(keep), true),
        // Everything but IAM.
        (
            r#"{"Effect":"Allow","NotAction":["iam:*","sts:*","organizations:*"],"Resource":"*"}"#.to_owned(),
            None,
            true,
        ),
        (EVERYTHING.to_owned(), None, false),
    ] {
        let iam = Iam { users: vec![user("ann", &grant)], ..Iam::default() };
        assert_eq!(!tampering(iam, on_bucket).is_empty(), expected, "{grant} with {on_bucket:?}");
    }
}

#[test]
fn somebody_who_becomes_another_that_may_is_named_with_the_way() {
    let stop = allow(r#""cloudtrail:StopLogging""#, "*");
    let assume = allow(r#""sts:AssumeRole""#, "arn:aws:iam::123456789012:role/ops");
    let iam = Iam {
        users: vec![user("ann", &assume), user("ben", &allow(r#""s3:GetObject""#, "*"))],
        roles: vec![role("ops", &own_account(), &stop)],
        ..Iam::default()
    };
    let found = tampering(iam, None);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ops", "ann"]);
    let way = &found[1].1;
    assert!(
        way[0].starts_with("sts:AssumeRole on ops") && way[1].starts_with("cloudtrail:StopLogging on"),
        "{way:?}"
    );
}

#[test]
fn the_policy_of_a_trails_key_decides_who_can_break_it_and_others_that_it_names_are_said() {
    let delete = allow(r#""kms:ScheduleKeyDeletion""#, "*");
    let account = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}"#;
    let admins_only = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/keys"},"Action":"kms:*","Resource":"*"}"#;
    let ann = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"},"Action":"kms:PutKeyPolicy","Resource":"*"}"#;
    let denied = format!(
        r#"{account},{{"Effect":"Deny","Principal":"*","Action":"kms:ScheduleKeyDeletion","Resource":"*"}}"#
    );
    let stranger = format!(
        r#"{account},{{"Sid":"Partner","Effect":"Allow","Principal":{{"AWS":"444455556666"}},"Action":["kms:DisableKey","kms:Decrypt"],"Resource":"*"}}"#
    );
    let partner = stranger.replace("444455556666", "999988887777");
    let reader = stranger.replace("kms:DisableKey", "kms:DescribeKey");
    let nothing = allow(r#""s3:GetObject""#, "arn:aws:s3:::data/*");
    for (name, grant, on_key, expected) in [
        ("left to the account", &delete, account, vec!["ann"]),
        ("the policy leaves nothing to the account", &delete, admins_only, vec![]),
        ("the policy denies it", &delete, denied.as_str(), vec![]),
        ("no grant", &nothing, account, vec![]),
        ("named by the policy itself", &nothing, ann, vec!["ann"]),
        ("another account that nobody knows", &nothing, stranger.as_str(), vec!["1"]),
        ("another account that the file knows", &nothing, partner.as_str(), vec![]),
        ("another account that may only read", &nothing, reader.as_str(), vec![]),
    ] {
        let iam = Iam { users: vec![user("ann", grant)], ..Iam::default() };
        let facts = Facts { iam: Seen::Seen(iam), ..clean() }
            .with_trail(Trail { key_policy: Seen::Seen(Some(policy(on_key))), ..trail("main", true) });
        let mut asked = everything_asked();
        asked.users = None;
        let posture = judge(&facts, &asked);
        let about = posture.findings.iter().filter(|finding| finding.rule.id == "trail-tampering");
        let found: Vec<&str> = about.filter_map(|it| it.resource.id.rsplit('/').next()).collect();
        assert_eq!(found, expected, "{name}");
    }
    let unknown = Trail { key_policy: Seen::Unreadable(unread("kms:GetKeyPolicy")), ..trail("main", true) };
    let posture = judge(&clean().with_trail(unknown), &everything_asked());
    assert!(posture.undecided["trail-tampering"].contains("kms:GetKeyPolicy"));
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
