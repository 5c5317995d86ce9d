//! Who may tamper with a trail, how, and what keeps others out.

use super::administrators::{EVERYTHING, managed, own_account, role, user};
use super::*;

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
        way[0].starts_with("ann: sts:AssumeRole on ops") && way[1].starts_with("cloudtrail:StopLogging on"),
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

/// What is judged: who is there, and what is said of the trail and its bucket.
fn judged(iam: Iam, trail: Trail, bucket_policy: Option<&str>, block: PublicAccessBlock) -> Posture {
    let bucket = Bucket {
        name: "trail-logs".into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(bucket_policy.map(policy)),
        policy_is_public: Seen::Seen(None),
        grants: Seen::Seen(vec![]),
        block: Seen::Seen(block),
        access_logs: Seen::Seen(true),
        lifecycle: Seen::Seen(Lifecycle::default()),
        access_points: Seen::NotAsked,
    };
    let facts =
        Facts { iam: Seen::Seen(iam), buckets: Seen::Seen(vec![bucket]), ..clean() }.with_trail(trail);
    let mut asked = everything_asked();
    asked.users = None;
    judge(&facts, &asked)
}

fn whose(posture: &Posture) -> Vec<String> {
    let about = posture.findings.iter().filter(|finding| finding.rule.id == "trail-tampering");
    about.map(|finding| finding.message.clone()).collect()
}

fn alone(statements: &str) -> Iam {
    Iam { users: vec![user("ann", statements)], ..Iam::default() }
}

#[test]
fn log_files_are_looked_for_where_the_trail_writes_them() {
    let plain = || trail("main", true);
    let below = |path: &str| Trail { path: path.into(), ..plain() };
    let of_organization = || Trail { organization: true, ..plain() };
    for (name, trail, files, expected) in [
        ("of the account", plain(), "AWSLogs/123456789012/CloudTrail/*", true),
        ("of one region", plain(), "AWSLogs/123456789012/CloudTrail/eu-west-1/*", true),
        ("by their ending", plain(), "*.json.gz", true),
        ("digests", plain(), "AWSLogs/*/CloudTrail-Digest/*", true),
        (
            "digests that nobody writes",
            Trail { validation: false, ..plain() },
            "AWSLogs/*/CloudTrail-Digest/*",
            false,
        ),
        ("of another service", plain(), "AWSLogs/123456789012/elasticloadbalancing/*", false),
        ("of another service of any account", plain(), "AWSLogs/*/elasticloadbalancing/*", false),
        ("of another account", plain(), "AWSLogs/999988887777/*", false),
        ("below a prefix", below("team/AWSLogs/"), "team/AWSLogs/*", true),
        ("beside a prefix", below("team/AWSLogs/"), "AWSLogs/*", false),
        ("of an organization", of_organization(), "AWSLogs/o-abc123/*", true),
        ("of one of its members", of_organization(), "AWSLogs/o-abc123/999988887777/CloudTrail/*", true),
        ("of an organization, where the trail is none", plain(), "AWSLogs/o-abc123/*", false),
        ("of its only region", one_region(), "AWSLogs/123456789012/CloudTrail/us-east-1/*", true),
        (
            "of a region that it does not record",
            one_region(),
            "AWSLogs/123456789012/CloudTrail/eu-west-1/*",
            false,
        ),
    ] {
        for action in [r#""s3:DeleteObject""#, r#""s3:PutObject""#] {
            let grant = allow(action, &format!("arn:aws:s3:::trail-logs/{files}"));
            let posture = judged(alone(&grant), trail.clone(), None, PublicAccessBlock::default());
            assert_eq!(!whose(&posture).is_empty(), expected, "{name}: {action}");
        }
    }
}

fn one_region() -> Trail {
    trail("main", false)
}

#[test]
fn each_action_is_weighed_by_what_it_does_to_the_record() {
    for (action, expected) in [
        ("s3:PutBucketAcl", true),
        ("s3:PutBucketPolicy", true),
        ("s3:PutObject", true),
        ("cloudtrail:UpdateTrail", true),
        // None of these takes anything away that is there.
        ("s3:PutBucketOwnershipControls", false),
        ("s3:PutBucketVersioning", false),
        ("s3:PutBucketObjectLockConfiguration", false),
        ("s3:BypassGovernanceRetention", false),
        ("cloudtrail:PutInsightSelectors", false),
    ] {
        let posture = judged(
            alone(&allow(&format!("{action:?}"), "*")),
            trail("main", true),
            None,
            PublicAccessBlock::default(),
        );
        assert_eq!(!whose(&posture).is_empty(), expected, "{action}");
    }
}

#[test]
fn whoever_can_give_themselves_the_right_is_named_with_the_way() {
    let me = "arn:aws:iam::123456789012:user/ann";
    let bounded = |grants: &str, bounds: &str| {
        let mut ann = user("ann", grants);
        let (arn, policy) = managed("bounds", bounds);
        ann.identity.boundary = Some(arn.clone());
        Iam { users: vec![ann], policies: [(arn, policy)].into(), ..Iam::default() }
    };
    let put = allow(r#""iam:PutUserPolicy""#, me);
    let logs = allow(r#"["iam:PutUserPolicy","cloudtrail:*"]"#, "*");
    let data = allow(r#"["iam:PutUserPolicy","s3:GetObject"]"#, "*");
    let group = |policies: &str| Iam {
        users: vec![user("ann", &allow(r#""iam:AddUserToGroup""#, "arn:aws:iam::123456789012:group/ops"))],
        groups: vec![super::administrators::with_inline(
            super::administrators::identity("group", "ops"),
            policies,
        )],
        ..Iam::default()
    };
    let version = |older: &str| {
        let (arn, mut team) = managed("team", &allow(r#""s3:GetObject""#, "*"));
        team.others = vec![("v1".into(), policy(older))];
        let mut ann = user("ann", &allow(r#""iam:SetDefaultPolicyVersion""#, &arn));
        ann.identity.attached.push(arn.clone());
        Iam { users: vec![ann], policies: [(arn, team)].into(), ..Iam::default() }
    };
    let attach = |name: &str| {
        alone(&format!(
            r#"{{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"{me}","Condition":{{"ArnEquals":{{"iam:PolicyARN":"arn:aws:iam::aws:policy/{name}"}}}}}}"#
        ))
    };
    let attaches = allow(r#"["iam:AttachUserPolicy","cloudtrail:*"]"#, "*");
    let attach_within = |name: &str, bounds: &str| {
        let mut iam = attach(name);
        let (arn, policy) = managed("bounds", bounds);
        iam.users[0].identity.boundary = Some(arn.clone());
        iam.policies.insert(arn, policy);
        iam
    };
    let off = |holds: &str| {
        bounded(
            &format!("{},{}", allow(holds, "*"), allow(r#""iam:DeleteUserPermissionsBoundary""#, me)),
            &allow(r#"["iam:DeleteUserPermissionsBoundary","s3:GetObject"]"#, "*"),
        )
    };
    let maker = |bounds: &str| {
        let statement = r#"{"Effect":"Allow","Action":["iam:CreateRole","iam:PutRolePolicy"],"Resource":"arn:aws:iam::123456789012:role/app-*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/bounds"}}}"#;
        Iam { policies: [managed("bounds", bounds)].into(), ..alone(statement) }
    };
    let raises_another = |bounds: &str| {
        let (arn, policy) = managed("bounds", bounds);
        let mut ops = role("ops", &own_account(), &allow(r#""s3:GetObject""#, "*"));
        ops.identity.boundary = Some(arn.clone());
        let on_ops = allow(r#"["iam:PutRolePolicy","sts:AssumeRole"]"#, "arn:aws:iam::123456789012:role/ops");
        Iam { roles: vec![ops], policies: [(arn, policy)].into(), ..alone(&on_ops) }
    };
    let trails = allow(r#""cloudtrail:*""#, "*");
    let reads = allow(r#""s3:GetObject""#, "*");
    for (name, iam, expected) in [
        ("a policy of its own within bounds", bounded(&put, &logs), Some("ann: iam:PutUserPolicy on itself")),
        ("a policy of its own within other bounds", bounded(&put, &data), None),
        ("a group", group(&trails), Some("ann: iam:AddUserToGroup on ops")),
        ("another group", group(&reads), None),
        (
            "an older version",
            version(&trails),
            Some("ann: iam:SetDefaultPolicyVersion on team, whose v1 allows it"),
        ),
        ("another older version", version(&reads), None),
        (
            "a policy of AWS",
            attach("AWSCloudTrail_FullAccess"),
            Some("ann: iam:AttachUserPolicy of AWSCloudTrail_FullAccess on itself"),
        ),
        ("another policy of AWS", attach("ReadOnlyAccess"), None),
        ("a policy of AWS beyond its bounds", attach_within("AmazonS3FullAccess", &attaches), None),
        (
            "a policy of AWS within its bounds",
            attach_within("AWSCloudTrail_FullAccess", &attaches),
            Some("ann: iam:AttachUserPolicy"),
        ),
        (
            "its boundary off",
            off(r#""cloudtrail:*""#),
            Some("ann: iam:DeleteUserPermissionsBoundary on itself"),
        ),
        ("its boundary off, and nothing behind it", off(r#""s3:ListBucket""#), None),
        ("a new role within bounds", maker(&trails), Some("ann: iam:CreateRole")),
        ("a new role within other bounds", maker(&reads), None),
        ("another's policy", raises_another(&trails), Some("ann: iam:PutRolePolicy on ops")),
        ("another's policy within other bounds", raises_another(&reads), None),
    ] {
        let posture = judged(iam, trail("main", true), None, PublicAccessBlock::default());
        let about = posture.findings.iter().find(|finding| finding.rule.id == "trail-tampering");
        let way: Vec<&str> = about.into_iter().flat_map(|it| &it.evidence).map(String::as_str).collect();
        match expected {
            None => assert_eq!(way, [""; 0], "{name}"),
            Some(first) => {
                assert!(way.first().is_some_and(|line| line.starts_with(first)), "{name}: {way:?}");
                assert!(way.iter().any(|line| line.contains("cloudtrail:StopLogging on")), "{name}: {way:?}");
            }
        }
    }
}

#[test]
fn whom_the_policy_of_the_bucket_or_key_lets_in_is_said_by_whatever_it_names_them() {
    let statement = |action: &str, condition: &str| {
        format!(r#"{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"*"{condition}}}"#)
    };
    let bound = |key: &str, value: &str| format!(r#","Condition":{{"StringLike":{{"{key}":"{value}"}}}}"#);
    let open = PublicAccessBlock::default();
    let shut = PublicAccessBlock { restrict: true, ..open };
    let account =
        "the policy of the bucket arn:aws:s3:::trail-logs lets the account 444455556666 tamper with a trail";
    let every = "the policy of the bucket arn:aws:s3:::trail-logs lets every AWS account tamper with a trail";
    let role = "arn:aws:iam::444455556666:role/*";
    for (name, on_bucket, block, expected) in [
        (
            "an account, in a condition",
            statement("s3:PutBucketPolicy", &bound("aws:PrincipalAccount", "444455556666")),
            open,
            Some(account),
        ),
        (
            "its roles, in a condition",
            statement("s3:DeleteObject", &bound("aws:PrincipalArn", role)),
            open,
            Some(account),
        ),
        (
            "an account that the file knows",
            statement("s3:DeleteObject", &bound("aws:PrincipalAccount", "999988887777")),
            open,
            None,
        ),
        (
            "the account itself",
            statement("s3:DeleteObject", &bound("aws:PrincipalAccount", ACCOUNT)),
            open,
            None,
        ),
        (
            "an account that only reads",
            statement("s3:GetObject", &bound("aws:PrincipalAccount", "444455556666")),
            open,
            None,
        ),
        ("everybody", statement("s3:DeleteObject", ""), open, Some(every)),
        ("everybody, and a block", statement("s3:DeleteObject", ""), shut, None),
        (
            "everybody from a network of its own",
            statement("s3:DeleteObject", &bound("aws:SourceVpc", "vpc-1")),
            open,
            None,
        ),
    ] {
        let posture = judged(Iam::default(), trail("main", true), Some(&on_bucket), block);
        assert_eq!(whose(&posture), expected.into_iter().collect::<Vec<_>>(), "{name}");
    }
    let key = Trail {
        key_policy: Seen::Seen(Some(policy(&statement("kms:DisableKey", "")))),
        ..trail("main", true)
    };
    let posture = judged(Iam::default(), key, None, open);
    assert!(
        whose(&posture)[0].ends_with("lets every AWS account tamper with a trail"),
        "{:?}",
        posture.findings
    );
}

#[test]
fn what_keeps_out_those_who_are_granted_it_is_noted() {
    let stop = allow(r#""cloudtrail:StopLogging""#, "*");
    let delete = allow(r#""s3:DeleteObject""#, "arn:aws:s3:::trail-logs/*");
    let break_key = allow(r#""kms:DisableKey""#, "*");
    let never = r#"{"Sid":"Never","Effect":"Deny","Action":"cloudtrail:*","Resource":"*"}"#;
    let mut ben = user("ben", &stop);
    let (bounds, bounds_policy) = managed("bounds", &allow(r#""s3:GetObject""#, "*"));
    ben.identity.boundary = Some(bounds.clone());
    let iam = Iam {
        users: vec![
            user("ann", &format!("{stop},{never}")),
            ben,
            user("cem", &delete),
            user("dora", &break_key),
            user("eve", &allow(r#""s3:GetObject""#, "*")),
        ],
        policies: [(bounds, bounds_policy)].into(),
        ..Iam::default()
    };
    let keep = r#"{"Sid":"Keep","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject*","Resource":"*"}"#;
    let admins = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/keys"},"Action":"kms:*","Resource":"*"}"#;
    let trail = Trail { key_policy: Seen::Seen(Some(policy(admins))), ..trail("main", true) };
    let posture = judged(iam, trail, Some(keep), PublicAccessBlock::default());
    assert_eq!(whose(&posture), Vec::<String>::new());
    assert_eq!(
        posture.notes["trail-tampering"],
        [
            "the deny Keep of the policy of arn:aws:s3:::trail-logs keeps out user cem",
            "the deny Never of inline policy own keeps out user ann",
            "the permissions boundary arn:aws:iam::123456789012:policy/bounds keeps out user ben",
            "the policy of arn:aws:kms:us-east-1:123456789012:key/1 keeps out user dora",
        ]
    );
}
