//! Who can do everything, and how.

use super::*;

pub(super) const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

pub(super) fn identity(kind: &str, name: &str) -> Identity {
    Identity {
        name: name.into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}"),
        path: "/".into(),
        ..Identity::default()
    }
}

pub(super) fn with_inline(mut identity: Identity, statements: &str) -> Identity {
    identity.inline.push(("own".into(), policy(statements)));
    identity
}

pub(super) fn user(name: &str, statements: &str) -> User {
    User { identity: with_inline(identity("user", name), statements), groups: vec![] }
}

pub(super) fn role(name: &str, trust: &str, statements: &str) -> Role {
    Role {
        identity: with_inline(identity("role", name), statements),
        trust: policy(trust),
        ..Role::default()
    }
}

pub(super) fn managed(name: &str, statements: &str) -> (String, ManagedPolicy) {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let policy = ManagedPolicy {
        name: name.into(),
        arn: arn.clone(),
        document: policy(statements),
        ..ManagedPolicy::default()
    };
    (arn, policy)
}

/// The trust of a role in its own account.
pub(super) fn own_account() -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"sts:AssumeRole"}}"#
    )
}

pub(super) fn service(name: &str) -> String {
    format!(r#"{{"Effect":"Allow","Principal":{{"Service":"{name}"}},"Action":"sts:AssumeRole"}}"#)
}

/// Rules about administrators only, each with who departs and the way.
pub(super) fn shown(iam: Iam) -> Vec<(&'static str, String, Vec<String>)> {
    let facts = Facts { iam: Seen::Seen(iam), ..clean() };
    let asked = Asked { users: everything_asked().users, ..Asked::default() };
    let posture = judge(&facts, &asked);
    assert!(posture.is_complete(), "{:?}", posture.undecided);
    let finding = |finding: super::super::Finding| {
        let name = finding.resource.id.rsplit('/').next().unwrap_or_default().to_owned();
        (finding.rule.id, name, finding.evidence)
    };
    posture.findings.into_iter().map(finding).collect()
}

pub(super) fn names(iam: Iam) -> Vec<(&'static str, String)> {
    shown(iam).into_iter().map(|(rule, name, _)| (rule, name)).collect()
}

/// What becomes of one user with these statements, beside an administrator's role for Lambda.
fn alone(statements: &str) -> Option<&'static str> {
    let worker = role("worker", &service("lambda.amazonaws.com"), EVERYTHING);
    let iam = Iam { users: vec![user("ann", statements)], roles: vec![worker], ..Iam::default() };
    names(iam).into_iter().find(|(_, name)| name == "ann").map(|(rule, _)| rule)
}

#[test]
fn rights_of_ones_own_make_an_administrator_or_lead_there() {
    const DIRECT: Option<&str> = Some("administrators");
    const STEPS: Option<&str> = Some("privilege-escalation");
    let me = format!("arn:aws:iam::{ACCOUNT}:user/ann");
    let other = format!("arn:aws:iam::{ACCOUNT}:user/bob");
    let allow = |actions: &str, resource: &str| {
        format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"{resource}"}}"#)
    };
    for (statements, expected) in [
        (EVERYTHING.to_owned(), DIRECT),
        (allow(r#""*:*""#, "*"), DIRECT),
        (allow(r#""iam:*""#, "*"), STEPS),
        (allow(r#""s3:*","ec2:*""#, "*"), None),
        // All but identities, and so the code of whatever function runs as an administrator.
        (r#"{"Effect":"Allow","NotAction":["iam:*","sts:*"],"Resource":"*"}"#.to_owned(), STEPS),
        (r#"{"Effect":"Allow","NotAction":["iam:*","sts:*","lambda:*"],"Resource":"*"}"#.to_owned(), None),
        (r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#.to_owned(), DIRECT),
        // With MFA it is an administrator all the same.
        (r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#.to_owned(), DIRECT),
        // Rights over itself.
        (allow(r#""iam:AttachUserPolicy""#, &me), STEPS),
        (allow(r#""iam:PutUserPolicy""#, "arn:aws:iam::*:user/*"), STEPS),
        (allow(r#""iam:PutUserPolicy""#, "arn:aws:iam::*:user/${aws:username}"), STEPS),
        (allow(r#""iam:PutUserPolicy""#, &other), None),
        (allow(r#""iam:AttachRolePolicy""#, "*"), None),
        // A policy that may be attached only if it is harmless.
        (
            r#"{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}}"#.to_owned(),
            None,
        ),
        (format!("{},{}", allow(r#""iam:PutUserPolicy""#, "*"), r#"{"Effect":"Deny","Action":"iam:Put*","Resource":"*"}"#), None),
        // A new user or role of its making.
        (allow(r#""iam:CreateUser","iam:AttachUserPolicy","iam:CreateAccessKey""#, "arn:aws:iam::*:user/*"), STEPS),
        (allow(r#""iam:CreateRole","iam:PutRolePolicy""#, "*"), STEPS),
        (allow(r#""iam:CreateRole""#, "*"), None),
        // A service that runs with a stronger role.
        (allow(r#""iam:PassRole","lambda:CreateFunction","lambda:InvokeFunction""#, "*"), STEPS),
        (allow(r#""iam:PassRole","ec2:RunInstances""#, "*"), None),
        (allow(r#""iam:PassRole""#, "*"), None),
        (allow(r#""lambda:CreateFunction","lambda:InvokeFunction""#, "*"), None),
        (
            format!(
                "{},{}",
                allow(r#""lambda:*""#, "arn:aws:lambda:*:*:function:app-*"),
                r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}"#
            ),
            STEPS,
        ),
        (
            format!(
                "{},{}",
                allow(r#""lambda:Create*","lambda:Invoke*""#, "*"),
                r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#
            ),
            None,
        ),
        // A role whose trust it may change.
        (allow(r#""iam:UpdateAssumeRolePolicy""#, "*"), STEPS),
    ] {
        assert_eq!(alone(&statements), expected, "{statements}");
    }
}

#[test]
fn a_boundary_keeps_somebody_from_being_an_administrator_unless_they_can_take_it_off() {
    let (arn, s3) = managed("only-s3", r#"{"Effect":"Allow","Action":["s3:*","iam:*"],"Resource":"*"}"#);
    let (wide_arn, wide) = managed("wide", EVERYTHING);
    let with = |boundary: &str, statements: &str| {
        let mut user = user("ann", statements);
        user.identity.boundary = Some(boundary.to_owned());
        let policies = [(arn.clone(), s3.clone()), (wide_arn.clone(), wide.clone())].into();
        names(Iam { users: vec![user], policies, ..Iam::default() })
    };
    assert_eq!(with(&wide_arn, EVERYTHING), [("administrators", "ann".to_owned())]);
    // It holds iam:* inside its boundary, so it can take the boundary off.
    assert_eq!(with(&arn, EVERYTHING), [("privilege-escalation", "ann".to_owned())]);
    let kept = format!(
        r#"{EVERYTHING},{{"Effect":"Deny","Action":["iam:*PermissionsBoundary","iam:Create*"],"Resource":"*"}}"#
    );
    assert_eq!(with(&arn, &kept), []);
}

#[test]
fn groups_policies_and_versions_count() {
    let (arn, policy_of_group) = managed("ops", EVERYTHING);
    let mut group = identity("group", "ops");
    group.attached.push(arn.clone());
    let mut member = user("ann", r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#);
    member.groups.push("ops".into());
    let joiner = user(
        "bob",
        r#"{"Effect":"Allow","Action":"iam:AddUserToGroup","Resource":"arn:aws:iam::123456789012:group/ops"}"#,
    );
    let iam = Iam {
        users: vec![member, joiner],
        groups: vec![group],
        policies: [(arn, policy_of_group)].into(),
        ..Iam::default()
    };
    let shown = shown(iam);
    assert_eq!(
        shown[0],
        (
            "administrators",
            "ann".into(),
            vec!["ann can do everything: policy ops of group ops, statement 1: * on *".into()]
        )
    );
    assert_eq!((shown[1].0, shown[1].1.as_str()), ("privilege-escalation", "bob"));
    assert!(shown[1].2[0].contains("iam:AddUserToGroup on ops"), "{shown:?}");

    for (action, others, expected) in [
        ("iam:CreatePolicyVersion", vec![], 1),
        ("iam:SetDefaultPolicyVersion", vec![], 0),
        ("iam:SetDefaultPolicyVersion", vec![("v1".to_owned(), policy(EVERYTHING))], 1),
        ("iam:GetPolicyVersion", vec![("v1".to_owned(), policy(EVERYTHING))], 0),
    ] {
        let (arn, mut held) =
            managed("held", &format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#));
        held.others = others;
        let mut ann = User { identity: identity("user", "ann"), groups: vec![] };
        ann.identity.attached.push(arn.clone());
        let iam = Iam { users: vec![ann], policies: [(arn, held)].into(), ..Iam::default() };
        assert_eq!(names(iam).len(), expected, "{action}");
    }
}

#[test]
fn the_way_is_the_shortest_and_names_every_step() {
    let assume = |role: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::{ACCOUNT}:role/{role}"}}"#
        )
    };
    let iam = Iam {
        users: vec![user("ann", &assume("first"))],
        roles: vec![
            role("first", &own_account(), &assume("second")),
            role("second", &own_account(), &assume("admin")),
            role("admin", &own_account(), EVERYTHING),
        ],
        ..Iam::default()
    };
    let shown = shown(iam);
    let way =
        |name: &str| shown.iter().find(|(_, who, _)| who == name).map(|(_, _, way)| way.clone()).unwrap();
    assert_eq!(shown.iter().filter(|(rule, _, _)| *rule == "administrators").count(), 1);
    assert_eq!(
        way("ann"),
        [
            "ann: sts:AssumeRole on first: inline policy own, statement 1: sts:AssumeRole on arn:aws:iam::123456789012:role/first, and the trust policy of first, statement 1",
            "first: sts:AssumeRole on second: inline policy own, statement 1: sts:AssumeRole on arn:aws:iam::123456789012:role/second, and the trust policy of second, statement 1",
            "second: sts:AssumeRole on admin: inline policy own, statement 1: sts:AssumeRole on arn:aws:iam::123456789012:role/admin, and the trust policy of admin, statement 1",
            "admin can do everything: inline policy own, statement 1: * on *",
        ]
    );
    assert_eq!(way("second").len(), 2);
}

#[test]
fn a_role_is_assumed_only_by_whom_its_trust_lets_in() {
    let assume = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}"#;
    let nothing = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;
    let names_ann = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:user/ann"}},"Action":"sts:AssumeRole"}}"#
    );
    let elsewhere = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:root"},"Action":"sts:AssumeRole"}"#;
    let deny = format!(r#"{names_ann},{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}"#);
    for (own, trust, reaches) in [
        (assume, own_account(), true),
        (nothing, own_account(), false),
        // The trust names the user: no right of its own is needed.
        (nothing, names_ann, true),
        (assume, elsewhere.to_owned(), false),
        (assume, service("ec2.amazonaws.com"), false),
        (assume, deny, false),
    ] {
        let iam = Iam {
            users: vec![user("ann", own)],
            roles: vec![role("admin", &trust, EVERYTHING)],
            ..Iam::default()
        };
        let reached = names(iam).iter().any(|(_, name)| name == "ann");
        assert_eq!(reached, reaches, "{own} {trust}");
    }
}

#[test]
fn credentials_of_others_are_a_way() {
    let row = |password, mfa| CredentialRow {
        user: "boss".into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:user/boss"),
        password: Some(password),
        password_used: days_ago(1),
        mfa,
        ..CredentialRow::default()
    };
    for (actions, row, reaches) in [
        (r#""iam:CreateAccessKey""#, row(true, true), true),
        (r#""iam:UpdateLoginProfile""#, row(true, false), true),
        (r#""iam:UpdateLoginProfile""#, row(true, true), false),
        (r#""iam:UpdateLoginProfile","iam:DeactivateMFADevice""#, row(true, true), true),
        (r#""iam:UpdateLoginProfile""#, row(false, false), false),
        (r#""iam:CreateLoginProfile""#, row(false, false), true),
    ] {
        let own = format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}"#);
        let iam = Iam { users: vec![user("ann", &own), user("boss", EVERYTHING)], ..Iam::default() };
        let report = CredentialReport { made: days_ago(0), rows: vec![root_row(), row.clone()] };
        let facts = Facts { iam: Seen::Seen(iam), credentials: Seen::Seen(report), ..clean() };
        let posture = judge(&facts, &Asked { users: everything_asked().users, ..Asked::default() });
        let reached = posture.findings.iter().any(|it| it.rule.id == "privilege-escalation");
        assert_eq!(reached, reaches, "{actions} {row:?}");
    }
}

#[test]
fn those_whom_the_file_names_are_no_finding_but_count() {
    let iam = Iam { users: vec![user("Ann", EVERYTHING), user("bob", EVERYTHING)], ..Iam::default() };
    let facts = Facts { iam: Seen::Seen(iam), ..clean() };
    let mut asked = Asked { users: everything_asked().users, ..Asked::default() };
    let users = asked.users.as_mut().unwrap();
    users.admins.value = vec!["ann".into(), format!("arn:aws:iam::{ACCOUNT}:user/bob")];
    users.max_admins = Some(demand(1));
    assert_eq!(ids(&judge(&facts, &asked)), ["administrator-count"]);
}

#[test]
fn roles_that_aws_manages_are_not_counted_and_policies_that_are_missing_leave_the_rule_open() {
    let mut reserved = role("AWSReservedSSO_Admin", &own_account(), EVERYTHING);
    reserved.identity.path = "/aws-reserved/sso.amazonaws.com/".into();
    assert_eq!(names(Iam { roles: vec![reserved], ..Iam::default() }), []);

    let mut ann = user("ann", r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#);
    ann.identity.attached.push("arn:aws:iam::aws:policy/Unknown".into());
    let facts = Facts { iam: Seen::Seen(Iam { users: vec![ann], ..Iam::default() }), ..clean() };
    let posture = judge(&facts, &Asked { users: everything_asked().users, ..Asked::default() });
    assert!(posture.undecided["administrators"].contains("arn:aws:iam::aws:policy/Unknown"));
}

/// Who reaches a role that administers, with rights over what may run with it.
fn reaches(
    own: &str,
    trust: &str,
    profile: Option<&str>,
    regions: Seen<BTreeMap<String, Region>>,
) -> Option<String> {
    let mut admin = role("admin", trust, EVERYTHING);
    admin.instance_profiles = profile.map(str::to_owned).into_iter().collect();
    let iam = Iam { users: vec![user("ann", own)], roles: vec![admin], ..Iam::default() };
    let facts = Facts { iam: Seen::Seen(iam), regions, ..clean() };
    let posture = judge(&facts, &Asked { users: everything_asked().users, ..Asked::default() });
    let finding = posture.findings.into_iter().find(|finding| finding.resource.id.ends_with("user/ann"));
    finding.map(|finding| finding.evidence[0].clone())
}

pub(super) const PROFILE: &str = "arn:aws:iam::123456789012:instance-profile/admin";

/// One region with one instance, which runs with that profile.
pub(super) fn one_instance(profile: Option<&str>, running: bool) -> Seen<BTreeMap<String, Region>> {
    let instance =
        Instance { id: "i-1".into(), profile: profile.map(str::to_owned), running, ..Instance::default() };
    let region = Region {
        security_groups: Seen::Seen(vec![]),
        prefix_lists: BTreeMap::new(),
        instances: Seen::Seen(vec![instance]),
        trails: Seen::Seen(vec![]),
        ..Region::default()
    };
    Seen::Seen([("eu-west-1".to_owned(), region)].into())
}

#[test]
fn a_right_over_an_instance_that_runs_as_an_administrator_is_a_way() {
    let ec2 = service("ec2.amazonaws.com");
    let allow = |action: &str, resource: &str| {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    };
    let instances = "arn:aws:ec2:eu-west-1:123456789012:instance/*";
    let shell = "arn:aws:ssm:*::document/AWS-RunShellScript";
    let both = format!("{},{}", allow("ssm:SendCommand", instances), allow("ssm:SendCommand", shell));
    let tagged = format!(
        r#"{{"Effect":"Allow","Action":"ssm:StartSession","Resource":"{instances}","Condition":{{"StringEquals":{{"ssm:resourceTag/team":"web"}}}}}}"#
    );
    let other = "arn:aws:iam::123456789012:instance-profile/other";
    let with = || one_instance(Some(PROFILE), true);
    for (own, regions, expected) in [
        (allow("ssm:StartSession", "*"), with(), true),
        (allow("ssm:StartSession", instances), with(), true),
        (allow("ssm:StartSession", "arn:aws:ec2:us-east-1:*:instance/*"), with(), false),
        (allow("ssm:StartSession", "arn:aws:ec2:*:*:instance/i-2"), with(), false),
        // A tag that nobody knows counts as met.
        (tagged, with(), true),
        // A command takes a document too.
        (allow("ssm:SendCommand", instances), with(), false),
        (both, with(), true),
        (allow("ec2-instance-connect:SendSSHPublicKey", instances), with(), true),
        (allow("ssm:DescribeInstanceInformation", "*"), with(), false),
        // Another profile, none, and one that is stopped.
        (allow("ssm:StartSession", "*"), one_instance(Some(other), true), false),
        (allow("ssm:StartSession", "*"), one_instance(None, true), false),
        (allow("ssm:StartSession", "*"), one_instance(Some(PROFILE), false), false),
        // Where instances were not read, only a right over all of them counts.
        (allow("ssm:StartSession", "*"), Seen::NotAsked, true),
        (allow("ssm:StartSession", instances), Seen::NotAsked, true),
        (allow("ssm:StartSession", "arn:aws:ec2:*:*:instance/i-2"), Seen::NotAsked, false),
        (allow("ssm:StartSession", "*"), Seen::Unreadable(unread("ec2:DescribeRegions")), true),
    ] {
        let way = reaches(&own, &ec2, Some(PROFILE), regions.clone());
        assert_eq!(way.is_some(), expected, "{own} {regions:?} {way:?}");
        if let Some(way) = way {
            let known = matches!(regions, Seen::Seen(_));
            let says =
                if known { "i-1 in eu-west-1, which runs with admin" } else { "(if one runs with admin)" };
            assert!(way.contains(says), "{way}");
        }
    }
    assert_eq!(
        reaches(&allow("ssm:StartSession", "*"), &ec2, None, with()),
        None,
        "no profile holds the role"
    );
}

#[test]
fn a_right_over_everything_that_may_run_as_an_administrator_is_a_way_and_says_what_it_supposes() {
    let allow = |actions: &str, resource: &str| {
        format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"{resource}"}}"#)
    };
    let code = r#""lambda:UpdateFunctionCode""#;
    let lambda = "lambda.amazonaws.com";
    for (own, trusted, supposes) in [
        (allow(code, "*"), lambda, Some("a function")),
        (allow(r#""lambda:*""#, "arn:aws:lambda:*:*:function:*"), lambda, Some("a function")),
        (allow(code, "arn:aws:lambda:eu-west-1:123456789012:function:*"), lambda, Some("a function")),
        // Of these functions nobody knows with which role they run.
        (allow(code, "arn:aws:lambda:*:*:function:app-*"), lambda, None),
        (allow(code, "arn:aws:lambda:*:999988887777:function:*"), lambda, None),
        (allow(r#""lambda:InvokeFunction""#, "*"), lambda, None),
        (allow(code, "*"), "ec2.amazonaws.com", None),
        (
            format!(
                "{},{}",
                allow(code, "*"),
                r#"{"Effect":"Deny","Action":"lambda:Update*","Resource":"*"}"#
            ),
            lambda,
            None,
        ),
        (allow(r#""codebuild:StartBuild""#, "*"), "codebuild.amazonaws.com", Some("a project")),
        (allow(r#""cloudformation:UpdateStack""#, "*"), "cloudformation.amazonaws.com", Some("a stack")),
        (allow(r#""glue:UpdateDevEndpoint""#, "*"), "glue.amazonaws.com", Some("a development endpoint")),
        (
            allow(r#""sagemaker:CreatePresignedNotebookInstanceUrl""#, "*"),
            "sagemaker.amazonaws.com",
            Some("a notebook"),
        ),
        (allow(r#""ecs:ExecuteCommand""#, "*"), "ecs-tasks.amazonaws.com", Some("a task")),
        (allow(r#""ecs:ExecuteCommand""#, "arn:aws:ecs:*:*:cluster/web"), "ecs-tasks.amazonaws.com", None),
    ] {
        let way = reaches(&own, &service(trusted), None, Seen::NotAsked);
        let said =
            way.as_ref().and_then(|way| way.split("(if ").nth(1)).and_then(|way| way.split(" runs").next());
        assert_eq!(said, supposes, "{own} {trusted} {way:?}");
    }
}
