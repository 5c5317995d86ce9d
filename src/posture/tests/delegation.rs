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
    ] {
        assert_eq!(!found(&statements).is_empty(), is_way, "{statements}");
    }
}

#[test]
fn a_certificate_in_a_provider_that_a_role_trusts_is_a_way() {
    let trust = r#"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/office"},"Action":"sts:AssumeRoleWithSAML"}"#;
    for (provider, is_way) in [("office", true), ("other", false)] {
        let own = format!(
            r#"{{"Effect":"Allow","Action":"iam:UpdateSAMLProvider","Resource":"arn:aws:iam::123456789012:saml-provider/{provider}"}}"#
        );
        let iam = Iam {
            users: vec![user("ann", &own)],
            roles: vec![role("admin", trust, EVERYTHING)],
            ..Iam::default()
        };
        assert_eq!(names(iam).iter().any(|(_, name)| name == "ann"), is_way, "{provider}");
    }
}
