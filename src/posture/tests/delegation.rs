//! Rights that are handed on within bounds: what AWS's own examples do is no finding, and what slips out of the bounds is one.

use super::administrators::{EVERYTHING, managed, names, own_account, role, user};
use super::*;

const READS: &str = r#"{"Effect":"Allow","Action":["s3:*","cloudwatch:*"],"Resource":"*"}"#;

fn boundary() -> (String, ManagedPolicy) {
    managed("bounds", READS)
}

/// Who departs when `ann` has these statements, and there is a policy `bounds` and a policy `loose` that allows everything.
fn found(statements: &str) -> Vec<String> {
    let iam = Iam {
        users: vec![user("ann", statements)],
        policies: [boundary(), managed("loose", EVERYTHING)].into(),
        ..Iam::default()
    };
    names(iam).into_iter().map(|(_, name)| name).collect()
}

fn when_bounded(actions: &str, resource: &str, boundary: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"{resource}","Condition":{{"StringEquals":{{"iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/{boundary}"}}}}}}"#
    )
}

/// AWS's example of delegating responsibility to others using permissions boundaries (IAM user guide, access_policies_boundaries).
#[test]
fn delegation_by_boundary_as_aws_shows_it_is_no_way_to_an_administrator() {
    let example = [
        when_bounded(
            r#""iam:AttachUserPolicy","iam:CreateUser","iam:DeleteUserPolicy","iam:DetachUserPolicy","iam:PutUserPermissionsBoundary","iam:PutUserPolicy""#,
            "*",
            "bounds",
        ),
        r#"{"Effect":"Allow","Action":["iam:CreatePolicy","iam:CreatePolicyVersion","iam:DeletePolicy","iam:DeleteUser","iam:CreateAccessKey","iam:CreateLoginProfile"],"NotResource":"arn:aws:iam::123456789012:policy/bounds"}"#.to_owned(),
        r#"{"Sid":"NoBoundaryPolicyEdit","Effect":"Deny","Action":["iam:CreatePolicyVersion","iam:DeletePolicy","iam:DeletePolicyVersion","iam:SetDefaultPolicyVersion"],"Resource":"arn:aws:iam::123456789012:policy/bounds"}"#.to_owned(),
        r#"{"Sid":"NoBoundaryUserDelete","Effect":"Deny","Action":"iam:DeleteUserPermissionsBoundary","Resource":"*"}"#.to_owned(),
    ]
    .join(",");
    assert_eq!(found(&example), Vec::<String>::new());
}

/// The same page goes on with the boundary of the delegate himself: Zhang may do everything with IAM, within `DelegatedUserBoundary`.
#[test]
fn the_boundary_that_aws_documents_for_a_delegate_keeps_him_from_being_an_administrator() {
    let delegated = [
        when_bounded(
            r#""iam:CreateUser","iam:DeleteUserPolicy","iam:AttachUserPolicy","iam:DetachUserPolicy","iam:PutUserPermissionsBoundary","iam:PutUserPolicy""#,
            "*",
            "XCompanyBoundaries",
        ),
        r#"{"Sid":"CloudWatchAndOtherIAMTasks","Effect":"Allow","Action":["cloudwatch:*","iam:GetUser","iam:ListUsers","iam:DeleteUser","iam:UpdateUser","iam:CreateAccessKey","iam:CreateLoginProfile","iam:DeleteLoginProfile","iam:CreateGroup","iam:DeleteGroup","iam:UpdateGroup","iam:CreatePolicy","iam:DeletePolicy","iam:DeletePolicyVersion","iam:SetDefaultPolicyVersion","iam:SimulatePrincipalPolicy"],"NotResource":"arn:aws:iam::123456789012:user/Maria"}"#.to_owned(),
        r#"{"Sid":"NoBoundaryPolicyEdit","Effect":"Deny","Action":["iam:CreatePolicyVersion","iam:DeletePolicy","iam:DeletePolicyVersion","iam:SetDefaultPolicyVersion"],"Resource":["arn:aws:iam::123456789012:policy/XCompanyBoundaries","arn:aws:iam::123456789012:policy/DelegatedUserBoundary"]}"#.to_owned(),
        r#"{"Sid":"NoBoundaryUserDelete","Effect":"Deny","Action":"iam:DeleteUserPermissionsBoundary","Resource":"*"}"#.to_owned(),
    ]
    .join(",");
    let company = r#"{"Sid":"ServiceBoundaries","Effect":"Allow","Action":["s3:*","cloudwatch:*","ec2:*","dynamodb:*"],"Resource":"*"},
        {"Sid":"AllowIAMConsoleForCredentials","Effect":"Allow","Action":["iam:ListUsers","iam:GetAccountPasswordPolicy"],"Resource":"*"},
        {"Sid":"AllowManageOwnPasswordAndAccessKeys","Effect":"Allow","Action":["iam:*AccessKey*","iam:ChangePassword","iam:GetUser","iam:*ServiceSpecificCredential*","iam:*SigningCertificate*"],"Resource":"arn:aws:iam::*:user/${aws:username}"},
        {"Sid":"DenyS3Logs","Effect":"Deny","Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]}"#;
    let permissions = r#"{"Sid":"IAM","Effect":"Allow","Action":"iam:*","Resource":"*"},
        {"Sid":"CloudWatchLimited","Effect":"Allow","Action":["cloudwatch:GetDashboard","cloudwatch:GetMetricData"],"Resource":"*"},
        {"Sid":"S3BucketContents","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::ZhangBucket"}"#;
    let departs = |others: &[&str], boundary: &str| {
        let (arn, held) = managed("DelegatedUserPermissions", permissions);
        let mut zhang = user("Zhang", READS);
        zhang.identity.attached.push(arn.clone());
        zhang.identity.boundary = Some(managed("DelegatedUserBoundary", "").0);
        let mut nikhil = user("Nikhil", EVERYTHING);
        nikhil.identity.boundary = Some(managed("XCompanyBoundaries", "").0);
        let others = others.iter().map(|name| user(name, EVERYTHING));
        let iam = Iam {
            users: [zhang, nikhil].into_iter().chain(others).collect(),
            policies: [
                (arn, held),
                managed("DelegatedUserBoundary", boundary),
                managed("XCompanyBoundaries", company),
            ]
            .into(),
            ..Iam::default()
        };
        let mut found: Vec<String> = names(iam).into_iter().map(|(_, name)| name).collect();
        found.sort();
        found
    };
    assert_eq!(departs(&["Maria"], &delegated), ["Maria"]);
    // The boundary keeps him from Maria's keys, and from nobody else's.
    assert_eq!(departs(&["Maria", "boss"], &delegated), ["Maria", "Zhang", "boss"]);
    let without = |sid: &str| {
        let statements =
            delegated.replace(&format!(r#"{{"Sid":"{sid}","Effect":"Deny""#), r#"{"Effect":"Allow""#);
        assert_ne!(statements, delegated);
        departs(&["Maria"], &statements)
    };
    assert_eq!(without("NoBoundaryPolicyEdit"), ["Maria", "Zhang"]);
    assert_eq!(without("NoBoundaryUserDelete"), ["Maria", "Zhang"]);
}

/// AWS's lab on delegating the creation of roles (Well-Architected Labs, "IAM Permission Boundaries Delegating Role Creation"): roles
/// and policies of one application, each role within a boundary.
#[test]
fn developers_who_make_roles_within_a_boundary_as_in_awss_lab_are_no_finding() {
    let lab = |policies: &str, boundary: &str| {
        [
            format!(
                r#"{{"Sid":"CreatePolicy","Effect":"Allow","Action":["iam:CreatePolicy","iam:CreatePolicyVersion","iam:DeletePolicyVersion"],"Resource":"arn:aws:iam::123456789012:policy/{policies}"}}"#
            ),
            when_bounded(r#""iam:CreateRole""#, "arn:aws:iam::123456789012:role/app1*", boundary),
            r#"{"Sid":"AttachDetachRolePolicy","Effect":"Allow","Action":["iam:DetachRolePolicy","iam:AttachRolePolicy"],"Resource":"arn:aws:iam::123456789012:role/app1*","Condition":{"ArnEquals":{"iam:PolicyARN":["arn:aws:iam::123456789012:policy/*","arn:aws:iam::aws:policy/*"]}}}"#.to_owned(),
        ]
        .join(",")
    };
    let within = r#"{"Sid":"EC2RestrictRegion","Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":["us-east-1"]}}},
        {"Sid":"LambdaRestrictRegion","Effect":"Allow","Action":"lambda:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":["us-east-1"]}}}"#;
    let departs = |own: &str, boundary: &str, roles: Vec<Role>| {
        let iam = Iam {
            users: vec![user("ann", own)],
            roles,
            policies: [managed(boundary, within)].into(),
            ..Iam::default()
        };
        names(iam).into_iter().any(|(_, name)| name == "ann")
    };
    assert!(!departs(&lab("app1*", "restrict-region"), "restrict-region", vec![]));
    // The boundary is one of the policies that she may rewrite.
    assert!(departs(&lab("app1*", "app1-bounds"), "app1-bounds", vec![]));
    // Functions are within the boundary, and one runs as an administrator.
    let worker = role("worker", &super::administrators::service("lambda.amazonaws.com"), EVERYTHING);
    assert!(departs(&lab("app1*", "restrict-region"), "restrict-region", vec![worker]));
    // A role of that name is there already, without a boundary, and trusts the account.
    let old = role("app1-old", &own_account(), READS);
    assert!(!departs(&lab("app1*", "restrict-region"), "restrict-region", vec![old.clone()]));
    let assumes = format!(
        r#"{},{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/app1*"}}"#,
        lab("app1*", "restrict-region")
    );
    assert!(departs(&assumes, "restrict-region", vec![old]));
}

#[test]
fn what_is_made_is_judged_under_the_boundary_that_a_condition_demands() {
    let roles = r#""iam:CreateRole","iam:PutRolePolicy","iam:AttachRolePolicy""#;
    for (statements, is_way) in [
        (when_bounded(roles, "*", "bounds"), false),
        // That boundary bounds nothing.
        (when_bounded(roles, "*", "loose"), true),
        // It can be taken off again.
        (
            format!(
                "{},{}",
                when_bounded(roles, "*", "bounds"),
                r#"{"Effect":"Allow","Action":"iam:DeleteRolePermissionsBoundary","Resource":"*"}"#
            ),
            true,
        ),
        // The role is made within bounds, but anybody's policies may be changed.
        (
            format!(
                "{},{}",
                when_bounded(r#""iam:CreateRole""#, "*", "bounds"),
                r#"{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"*"}"#
            ),
            false,
        ),
        // Any boundary will do.
        (
            r#"{"Effect":"Allow","Action":["iam:CreateRole","iam:PutRolePolicy"],"Resource":"*","Condition":{"Null":{"iam:PermissionsBoundary":"false"}}}"#.to_owned(),
            true,
        ),
        // The boundary can be rewritten.
        (
            format!(
                "{},{}",
                when_bounded(roles, "*", "bounds"),
                r#"{"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"arn:aws:iam::*:policy/bounds"}"#
            ),
            true,
        ),
        // The boundary may be one of her own making, unless its name is taken.
        (
            format!(
                "{},{}",
                when_bounded(roles, "*", "app-*").replace("StringEquals", "StringLike"),
                r#"{"Effect":"Allow","Action":"iam:CreatePolicy","Resource":"arn:aws:iam::*:policy/app-*"}"#
            ),
            true,
        ),
        (
            format!(
                "{},{}",
                when_bounded(roles, "*", "bounds"),
                r#"{"Effect":"Allow","Action":"iam:CreatePolicy","Resource":"arn:aws:iam::*:policy/*"}"#
            ),
            false,
        ),
    ] {
        assert_eq!(!found(&statements).is_empty(), is_way, "{statements}");
    }
}

#[test]
fn a_new_role_within_bounds_that_reaches_an_administrator_is_a_way() {
    let roles = when_bounded(r#""iam:CreateRole","iam:PutRolePolicy""#, "*", "bounds");
    let within = |bounds: &str| {
        let iam = Iam {
            users: vec![user("ann", &roles)],
            roles: vec![role("admin", &own_account(), EVERYTHING)],
            policies: [managed("bounds", bounds)].into(),
            ..Iam::default()
        };
        names(iam).into_iter().any(|(_, name)| name == "ann")
    };
    assert!(!within(READS));
    assert!(within(r#"{"Effect":"Allow","Action":["s3:*","sts:AssumeRole"],"Resource":"*"}"#));
}

#[test]
fn names_are_made_from_the_patterns_of_the_grants() {
    let allow = |action: &str, resource: &str| {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"arn:aws:iam::{resource}"}}"#)
    };
    for (first, second, is_way) in [
        (allow("iam:CreateRole", "*:role/app-*"), allow("iam:PutRolePolicy", "*:role/app-*"), true),
        (
            allow("iam:CreateRole", "123456789012:role/team/*"),
            allow("iam:PutRolePolicy", "*:role/*-worker"),
            true,
        ),
        (allow("iam:CreateRole", "*:role/app-*"), allow("iam:PutRolePolicy", "*:role/web-*"), false),
        // Of another account.
        (allow("iam:CreateRole", "999988887777:role/*"), allow("iam:PutRolePolicy", "*:role/*"), false),
        (
            allow("iam:CreateRole", "*:role/${aws:username}-*"),
            allow("iam:PutRolePolicy", "*:role/ann-*"),
            true,
        ),
        (
            allow("iam:CreateRole", "*:role/${aws:username}-*"),
            allow("iam:PutRolePolicy", "*:role/bob-*"),
            false,
        ),
    ] {
        assert_eq!(!found(&format!("{first},{second}")).is_empty(), is_way, "{first} {second}");
    }
}

#[test]
fn a_policy_may_be_attached_that_is_strong_or_of_ones_own_making() {
    let attach = |policy: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"arn:aws:iam::*:user/ann","Condition":{{"ArnLike":{{"iam:PolicyARN":"{policy}"}}}}}}"#
        )
    };
    let create = |name: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"iam:CreatePolicy","Resource":"arn:aws:iam::123456789012:policy/{name}"}}"#
        )
    };
    for (statements, is_way) in [
        (attach("arn:aws:iam::123456789012:policy/bounds"), false),
        (attach("arn:aws:iam::123456789012:policy/loose"), true),
        (attach("arn:aws:iam::aws:policy/IAMFullAccess"), true),
        (attach("arn:aws:iam::aws:policy/ReadOnlyAccess"), false),
        (attach("arn:aws:iam::123456789012:policy/app-*"), false),
        (format!("{},{}", attach("arn:aws:iam::123456789012:policy/app-*"), create("app-*")), true),
        (format!("{},{}", attach("arn:aws:iam::123456789012:policy/app-*"), create("web-*")), false),
        // Nobody makes a policy whose name is taken.
        (format!("{},{}", attach("arn:aws:iam::123456789012:policy/bounds"), create("*")), false),
    ] {
        assert_eq!(!found(&statements).is_empty(), is_way, "{statements}");
    }
}

/// Another boundary in the place of one's own: as AWS's conditions want it, and that is one that bounds nothing.
#[test]
fn a_boundary_is_exchanged_for_one_that_bounds_nothing() {
    let put = |boundary: &str| {
        when_bounded(r#""iam:PutUserPermissionsBoundary""#, "*", boundary).replace("StringEquals", "ArnLike")
    };
    let create = |name: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"iam:CreatePolicy","Resource":"arn:aws:iam::123456789012:policy/{name}"}}"#
        )
    };
    let delete = r#"{"Effect":"Allow","Action":"iam:DeleteUserPermissionsBoundary","Resource":"*"}"#;
    let assume = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}"#;
    let raise = r#"{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"*"}"#;
    for (rights, boundary, is_way) in [
        (EVERYTHING, put("loose"), true),
        (EVERYTHING, put("bounds"), false),
        (EVERYTHING, put("unheard-of"), false),
        (EVERYTHING, format!("{},{}", put("app-*"), create("app-*")), true),
        (EVERYTHING, format!("{},{}", put("app-*"), create("web-*")), false),
        (EVERYTHING, format!("{},{}", put("bounds"), create("*")), false),
        (EVERYTHING, delete.to_owned(), true),
        (EVERYTHING, READS.to_owned(), false),
        // Without it she raises herself, or becomes another.
        (raise, delete.to_owned(), false),
        (&format!("{raise},{delete}"), delete.to_owned(), true),
        (&format!("{assume},{delete}"), delete.to_owned(), true),
        (&format!("{assume},{delete}"), READS.to_owned(), false),
        (&format!("{READS},{delete}"), delete.to_owned(), false),
    ] {
        let mut ann = user("ann", rights);
        let (own, bound) = managed("of-ann", &boundary);
        ann.identity.boundary = Some(own.clone());
        let iam = Iam {
            users: vec![ann],
            roles: vec![role("admin", &own_account(), EVERYTHING)],
            policies: [managed("bounds", READS), managed("loose", EVERYTHING), (own, bound)].into(),
            ..Iam::default()
        };
        let found = names(iam).into_iter().any(|(_, name)| name == "ann");
        assert_eq!(found, is_way, "{rights} within {boundary}");
    }
}
