//! Public buckets, trust in others, wide policies.

use super::*;

const WORLD: &str =
    r#"{"Sid":"World","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}"#;
const EVERYONE: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const CUSTOMERS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

fn bucket() -> Bucket {
    Bucket {
        name: "data".into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(None),
        policy_is_public: Seen::Seen(None),
        grants: Seen::Seen(vec![Grant { grantee: "owner".into(), permission: "FULL_CONTROL".into() }]),
        block: Seen::Seen(PublicAccessBlock::default()),
        access_logs: Seen::Seen(true),
        lifecycle: Seen::Seen(Lifecycle::default()),
        access_points: Seen::NotAsked,
    }
}

fn by_policy(statements: &str) -> Bucket {
    Bucket { policy: Seen::Seen(Some(policy(statements))), ..bucket() }
}

fn by_grant(grantee: &str, permission: &str) -> Bucket {
    let grant = Grant { grantee: grantee.into(), permission: permission.into() };
    Bucket { grants: Seen::Seen(vec![grant]), ..bucket() }
}

fn judged(bucket: Bucket, account: PublicAccessBlock) -> Posture {
    let facts = Facts { buckets: Seen::Seen(vec![bucket]), account_block: Seen::Seen(account), ..clean() };
    judge(&facts, &everything_asked())
}

#[test]
fn a_bucket_is_public_by_policy_or_acl_unless_a_block_or_a_deny_closes_it() {
    let (none, all) = (
        PublicAccessBlock::default(),
        PublicAccessBlock { block_acls: true, ignore_acls: true, block_policy: true, restrict: true },
    );
    let restrict = PublicAccessBlock { restrict: true, ..none };
    let ignore = PublicAccessBlock { ignore_acls: true, ..none };
    // Refusing new grants does nothing to those that are there.
    let refuse = PublicAccessBlock { block_acls: true, block_policy: true, ..none };
    let denied = format!(
        r#"{WORLD},{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::data/*"]}}"#
    );
    let tls = format!(
        r#"{WORLD},{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}"#
    );
    let write = r#"{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"*"}"#;
    let list = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:ListBucket","Resource":"*"}"#;
    let ours = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#;
    let granted =
        |action: &str| format!(r#"{{"Effect":"Allow","Principal":"*","Action":"{action}","Resource":"*"}}"#);
    for (name, bucket, account, expected) in [
        ("nothing", bucket(), none, vec![]),
        ("policy", by_policy(WORLD), none, vec!["public-bucket-read"]),
        ("list", by_policy(list), none, vec!["public-bucket-read"]),
        ("write", by_policy(write), none, vec!["public-bucket-write"]),
        ("organization", by_policy(ours), none, vec![]),
        ("denied", by_policy(&denied), none, vec![]),
        ("denied without TLS", by_policy(&tls), none, vec!["public-bucket-read"]),
        ("restricted here", Bucket { block: Seen::Seen(restrict), ..by_policy(WORLD) }, none, vec![]),
        ("restricted by the account", by_policy(WORLD), restrict, vec![]),
        ("only new ones refused", by_policy(WORLD), refuse, vec!["public-bucket-read"]),
        ("ACLs ignored", by_policy(WORLD), ignore, vec!["public-bucket-read"]),
        ("everyone reads", by_grant(EVERYONE, "READ"), none, vec!["public-bucket-read"]),
        ("customers read", by_grant(CUSTOMERS, "READ"), none, vec!["public-bucket-read"]),
        ("everyone writes", by_grant(EVERYONE, "WRITE"), none, vec!["public-bucket-write"]),
        (
            "everything",
            by_grant(EVERYONE, "FULL_CONTROL"),
            none,
            vec!["public-bucket-read", "public-bucket-write"],
        ),
        ("log delivery", by_grant("http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE"), none, vec![]),
        ("ACL, ignored", by_grant(EVERYONE, "READ"), ignore, vec![]),
        ("ACL, only policies restricted", by_grant(EVERYONE, "READ"), restrict, vec!["public-bucket-read"]),
        ("all blocked", by_grant(EVERYONE, "READ"), all, vec![]),
        // Every family of actions that AWS counts, and what only AWS sees.
        ("read a setting", by_policy(&granted("s3:GetBucketAcl")), none, vec!["public-bucket-read"]),
        ("read anything", by_policy(&granted("s3:G*")), none, vec!["public-bucket-read"]),
        (
            "list uploads",
            by_policy(&granted("s3:ListBucketMultipartUploads")),
            none,
            vec!["public-bucket-read"],
        ),
        ("tag objects", by_policy(&granted("s3:PutObjectTagging")), none, vec!["public-bucket-write"]),
        ("delete settings", by_policy(&granted("s3:DeleteBucketWebsite")), none, vec!["public-bucket-write"]),
        ("nothing that AWS counts", by_policy(&granted("s3:CreateJob")), none, vec![]),
        (
            "nothing that AWS counts, and public",
            Bucket {
                policy_is_public: Seen::Seen(Some(true)),
                ..by_policy(&granted("s3:BypassGovernanceRetention"))
            },
            none,
            vec!["public-bucket-read", "public-bucket-write"],
        ),
        (
            "denied, and still public",
            Bucket { policy_is_public: Seen::Seen(Some(true)), ..by_policy(&denied) },
            none,
            vec!["public-bucket-read", "public-bucket-write"],
        ),
        (
            "AWS says so",
            Bucket { policy_is_public: Seen::Seen(Some(true)), ..by_policy(ours) },
            none,
            vec!["public-bucket-read", "public-bucket-write"],
        ),
    ] {
        let posture = judged(bucket, account);
        assert_eq!(ids(&posture), expected, "{name}");
        assert!(posture.is_complete(), "{name}");
    }
}

#[test]
fn the_statement_or_grant_that_lets_strangers_in_is_named() {
    let posture = judged(by_policy(WORLD), PublicAccessBlock::default());
    assert_eq!(posture.findings[0].evidence[0], "World of its policy lets everybody read");
    let posture = judged(by_grant(CUSTOMERS, "READ"), PublicAccessBlock::default());
    assert_eq!(posture.findings[0].evidence[0], "its ACL grants READ to every AWS customer");
}

#[test]
fn a_bucket_that_cannot_be_read_whole_is_undecided_where_that_matters() {
    let denied = |call: &str| unread(call);
    let no_policy = Bucket { policy: Seen::Unreadable(denied("s3:GetBucketPolicy")), ..bucket() };
    let posture = judged(no_policy.clone(), PublicAccessBlock::default());
    assert!(posture.undecided.contains_key("public-bucket-read"));
    // Whatever the policy says, the account restricts it.
    let restrict = PublicAccessBlock { restrict: true, ..PublicAccessBlock::default() };
    assert!(!judged(no_policy, restrict).undecided.contains_key("public-bucket-read"));
    let no_block = Bucket { block: Seen::Unreadable(denied("s3:GetPublicAccessBlock")), ..by_policy(WORLD) };
    let posture = judged(no_block, PublicAccessBlock::default());
    assert_eq!(posture.findings, []);
    assert!(posture.undecided["public-bucket-read"].contains("s3:GetPublicAccessBlock"));
    // A private bucket needs no block to be private.
    let private = Bucket { block: Seen::Unreadable(denied("s3:GetPublicAccessBlock")), ..bucket() };
    assert!(judged(private, PublicAccessBlock::default()).is_complete());
}

#[test]
fn a_bucket_that_may_be_public_is_exempt_by_name() {
    let mut asked = everything_asked();
    asked.audit.as_mut().unwrap().public_buckets.value = vec!["data".into()];
    let facts = Facts { buckets: Seen::Seen(vec![by_policy(WORLD)]), ..clean() };
    let posture = judge(&facts, &asked);
    assert_eq!(posture.findings, []);
    assert_eq!(posture.counted["public-bucket-read"].exempt, 1);
}

fn role(trust: &str) -> Facts {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/partner");
    let identity = Identity { name: "partner".into(), arn, path: "/".into(), ..Identity::default() };
    let role = Role { identity, trust: policy(trust), ..Role::default() };
    Facts { iam: Seen::Seen(Iam { roles: vec![role], ..Iam::default() }), ..clean() }
}

#[test]
fn trust_in_an_organization_is_undecided_where_the_file_names_none() {
    let trust = |key: &str, value: &str, principal: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole","Condition":{{"StringLike":{{"{key}":"{value}"}}}}}}"#
        )
    };
    let anybody = r#"{"AWS":"*"}"#;
    let partner = r#"{"AWS":"arn:aws:iam::999988887777:root"}"#;
    for (trust, named, open) in [
        (trust("aws:PrincipalOrgID", "o-zzzzzzzzzz", anybody), vec!["o-zzzzzzzzzz"], Some("o-zzzzzzzzzz")),
        (
            trust("aws:PrincipalOrgPaths", "o-zzzzzzzzzz/r-1/*", anybody),
            vec!["o-zzzzzzzzzz"],
            Some("o-zzzzzzzzzz"),
        ),
        // The account decides, whatever its organization.
        (trust("aws:PrincipalOrgID", "o-zzzzzzzzzz", partner), vec![], None),
        (trust("aws:PrincipalAccount", ACCOUNT, anybody), vec![], None),
    ] {
        let asked = |organizations: Option<Vec<&str>>| {
            let mut asked = everything_asked();
            let audit = asked.audit.as_mut().unwrap();
            audit.guarded_trust = None;
            audit.unused_services_days = None;
            let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
            audit.trusted_organizations = organizations.map(|list| demand(names(list)));
            asked
        };
        let unset = judge(&role(&trust), &asked(None));
        assert_eq!(ids(&unset), Vec::<&str>::new(), "{trust}");
        let says = unset.undecided.get("role-trust-unknown-account");
        assert_eq!(says.is_some(), open.is_some(), "{trust}");
        if let (Some(says), Some(open)) = (says, open) {
            assert!(says.contains(open) && says.contains("trusted_organizations"), "{says}");
        }
        let other = judge(&role(&trust), &asked(Some(vec!["o-a1b2c3d4e5"])));
        let expected: &[&str] = if open.is_some() { &["role-trust-unknown-account"] } else { &[] };
        assert_eq!(ids(&other), expected, "{trust}");
        assert!(other.is_complete(), "{trust}");
        let known = judge(&role(&trust), &asked(Some(named)));
        assert_eq!(ids(&known), Vec::<&str>::new(), "{trust}");
        assert!(known.is_complete(), "{trust}");
    }
}

#[test]
fn trust_in_others_is_judged_by_who_they_are_and_what_they_must_show() {
    let trust = |principal: &str, condition: &str| {
        let condition =
            if condition.is_empty() { String::new() } else { format!(r#","Condition":{condition}"#) };
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]{condition}}}"#
        )
    };
    let partner = r#"{"AWS":"arn:aws:iam::999988887777:root"}"#;
    let stranger = r#"{"AWS":"444455556666"}"#;
    let github =
        r#"{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}"#;
    let deny_without_mfa = format!(
        r#"{},{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}"#,
        trust(partner, "")
    );
    for (trust, expected) in [
        (trust(r#"{"Service":"ec2.amazonaws.com"}"#, ""), vec![]),
        (trust(r#"{"AWS":"arn:aws:iam::123456789012:root"}"#, ""), vec![]),
        (trust(r#""*""#, ""), vec!["role-trust-everybody"]),
        (trust(r#"{"AWS":"*"}"#, r#"{"StringEquals":{"sts:ExternalId":"x"}}"#), vec!["role-trust-everybody"]),
        (trust(r#"{"AWS":"*"}"#, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#), vec![]),
        (
            trust(r#"{"AWS":"*"}"#, r#"{"StringEquals":{"aws:PrincipalOrgID":"o-zzzzzzzzzz"}}"#),
            vec!["role-trust-unknown-account"],
        ),
        (trust(r#"{"AWS":"*"}"#, r#"{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}"#), vec![]),
        (trust(partner, r#"{"StringEquals":{"sts:ExternalId":"x"}}"#), vec![]),
        (trust(partner, r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#), vec![]),
        (trust(partner, r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#), vec![]),
        (
            trust(partner, r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#),
            vec!["role-trust-unguarded"],
        ),
        (trust(partner, ""), vec!["role-trust-unguarded"]),
        (trust(partner, r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#), vec!["role-trust-unguarded"]),
        (deny_without_mfa, vec![]),
        (trust(r#"{"AWS":"arn:aws:iam::999988887777:role/ci"}"#, ""), vec!["role-trust-unguarded"]),
        (trust(stranger, ""), vec!["role-trust-unknown-account"]),
        (trust(stranger, r#"{"StringEquals":{"sts:ExternalId":"x"}}"#), vec!["role-trust-unknown-account"]),
        (trust(github, ""), vec!["role-trust-everybody"]),
        (
            trust(
                github,
                r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}"#,
            ),
            vec!["role-trust-everybody"],
        ),
        (
            trust(github, r#"{"StringLike":{"token.actions.githubusercontent.com:sub":"*"}}"#),
            vec!["role-trust-everybody"],
        ),
        (trust(github, r#"{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:o/r:*"}}"#), vec![]),
        (
            trust(github, r#"{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*:ref:*"}}"#),
            vec!["role-trust-everybody"],
        ),
        // Everybody, but for what a condition leaves: those accounts are as good as named.
        (
            trust(r#"{"AWS":"*"}"#, r#"{"StringEquals":{"aws:PrincipalAccount":"444455556666"}}"#),
            vec!["role-trust-unknown-account"],
        ),
        (
            trust(r#"{"AWS":"*"}"#, r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}}"#),
            vec!["role-trust-unknown-account"],
        ),
        (
            trust(r#"{"AWS":"*"}"#, r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci"}}"#),
            vec!["role-trust-everybody"],
        ),
        (
            trust(r#"{"AWS":"*"}"#, r#"{"Null":{"aws:PrincipalAccount":"false"}}"#),
            vec!["role-trust-everybody"],
        ),
        (
            trust(
                r#"{"Federated":"cognito-identity.amazonaws.com"}"#,
                r#"{"StringEquals":{"cognito-identity.amazonaws.com:aud":"p"}}"#,
            ),
            vec![],
        ),
        (trust(r#"{"Federated":"cognito-identity.amazonaws.com"}"#, ""), vec!["role-trust-everybody"]),
        (trust(r#"{"Federated":"arn:aws:iam::123456789012:saml-provider/x"}"#, ""), vec![]),
    ] {
        assert_eq!(found(&role(&trust)), expected, "{trust}");
    }
}

#[test]
fn policies_are_judged_by_how_much_they_give() {
    for (statement, expected) in [
        (r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, vec!["policy-everything"]),
        (r#"{"Effect":"Allow","Action":"*:*","Resource":"*"}"#, vec!["policy-everything"]),
        (
            r#"{"Effect":"Allow","Action":["s3:*","ec2:Describe*"],"Resource":"*"}"#,
            vec!["policy-whole-service"],
        ),
        (r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#, vec!["policy-whole-service"]),
        (r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data/*"}"#, vec![]),
        (r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}"#, vec!["policy-secrets"]),
        // Patterns that leave the name open are everything too.
        (r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#, vec!["policy-whole-service"]),
        (
            r#"{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::data","arn:aws:s3:::*/*"]}"#,
            vec!["policy-whole-service"],
        ),
        (
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*"}"#,
            vec!["policy-secrets"],
        ),
        (
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/*"}"#,
            vec!["policy-secrets"],
        ),
        (
            r#"{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:*"}"#,
            vec!["policy-secrets"],
        ),
        (
            r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:*:kms:*:*:key/*"}"#,
            vec!["policy-secrets"],
        ),
        (r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/app-*"}"#, vec![]),
        (r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/app/*"}"#, vec![]),
        (
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::999988887777:role/*"}"#,
            vec![],
        ),
        (r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data*"}"#, vec![]),
        (r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:eu-west-1:*:key/*"}"#, vec![]),
        (r#"{"Effect":"Allow","Action":"iam:Pass*","Resource":"*"}"#, vec!["policy-secrets"]),
        (
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#,
            vec![],
        ),
        (r#"{"Effect":"Allow","Action":"ec2:Describe*","Resource":"*"}"#, vec![]),
        (r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, vec![]),
    ] {
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/p");
        let managed = ManagedPolicy {
            name: "p".into(),
            arn: arn.clone(),
            document: policy(statement),
            ..ManagedPolicy::default()
        };
        let of_aws =
            ManagedPolicy { arn: "arn:aws:iam::aws:policy/p".into(), of_aws: true, ..managed.clone() };
        let mut iam = Iam::default();
        iam.policies.insert(arn, managed);
        iam.policies.insert(of_aws.arn.clone(), of_aws);
        let facts = Facts { iam: Seen::Seen(iam), ..clean() };
        assert_eq!(found(&facts), expected, "{statement}");
    }
}

#[test]
fn an_account_that_a_role_of_the_file_trusts_is_known_for_that_role_alone() {
    let facts = role(
        r#"{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#,
    );
    for (declared, expected) in [("partner", vec![]), ("another", vec!["role-trust-unknown-account"])] {
        let mut asked = everything_asked();
        asked.audit.as_mut().unwrap().declared_trust =
            [(declared.to_owned(), "444455556666".to_owned())].into();
        assert_eq!(ids(&judge(&facts, &asked)), expected, "{declared}");
    }
}

#[test]
fn advice_about_what_the_file_declares_names_its_section_and_no_command_that_apply_would_undo() {
    let mut asked = everything_asked();
    asked.audit.as_mut().unwrap().sections = [
        (Declared::Role("partner".into()), "role.helper".into()),
        (Declared::Policy("p".into()), "policy.p".into()),
        (Declared::Group("staff".into()), "group.staff".into()),
    ]
    .into();
    let trust = |principal: &str| {
        role(&format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}"#
        ))
    };
    let wide = policy(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    let mut iam = Iam::default();
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/p");
    let managed = ManagedPolicy {
        name: "p".into(),
        arn: arn.clone(),
        document: wide.clone(),
        ..ManagedPolicy::default()
    };
    iam.policies.insert(arn, managed);
    iam.groups.push(Identity {
        name: "staff".into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:group/staff"),
        inline: [("staff".to_owned(), wide)].into_iter().collect(),
        ..Identity::default()
    });
    let policies = Facts { iam: Seen::Seen(iam), ..clean() };
    for (facts, rule, sections) in [
        (trust("*"), "role-trust-everybody", vec!["[role.helper]"]),
        (trust("444455556666"), "role-trust-unknown-account", vec!["[role.helper]"]),
        (trust("999988887777"), "role-trust-unguarded", vec!["[role.helper]"]),
        (policies, "policy-whole-service", vec!["[group.staff]", "[policy.p]"]),
    ] {
        for declared in [true, false] {
            let asked = if declared { asked.clone() } else { everything_asked() };
            let posture = judge(&facts, &asked);
            let found = posture.findings.iter().filter(|finding| finding.rule.id == rule);
            let mut advice: Vec<&str> = found.map(|finding| finding.next.as_str()).collect();
            advice.sort_unstable();
            assert_eq!(advice.len(), sections.len(), "{rule}: {advice:?}");
            assert!(advice.iter().all(|next| next.contains("aws iam ") != declared), "{rule}: {advice:?}");
            let named = |section: &&str| advice.iter().any(|next| next.contains(*section));
            assert!(sections.iter().all(|section| named(section) == declared), "{rule}: {advice:?}");
        }
    }
}
