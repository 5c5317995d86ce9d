//! Which actions, resources and principals a statement speaks of.

use super::*;

const OBJECT: &str = "arn:aws:s3:::bucket/folder/key";

#[test]
fn actions_match_without_regard_to_case_and_with_wildcards() {
    for (element, action, says_so) in [
        (r#""Action":"s3:GetObject""#, "s3:GetObject", "allow"),
        (r#""Action":"S3:getobject""#, "s3:GetObject", "allow"),
        (r#""Action":"s3:GetObject""#, "s3:GetObjectAcl", "silent"),
        (r#""Action":"s3:Get*""#, "s3:GetObjectAcl", "allow"),
        (r#""Action":"s3:Get*""#, "s3:PutObject", "silent"),
        (r#""Action":"s3:*Object""#, "s3:DeleteObject", "allow"),
        (r#""Action":"s3:?etObject""#, "s3:GetObject", "allow"),
        (r#""Action":"s3:?etObject""#, "s3:etObject", "silent"),
        (r#""Action":"*""#, "s3:GetObject", "allow"),
        (r#""Action":"*:*""#, "s3:GetObject", "allow"),
        (r#""Action":"s3:*""#, "ec2:RunInstances", "silent"),
        (r#""Action":["ec2:*","s3:GetObject"]"#, "s3:GetObject", "allow"),
        (r#""Action":[]"#, "s3:GetObject", "silent"),
        (r#""NotAction":"iam:*""#, "s3:GetObject", "allow"),
        (r#""NotAction":"iam:*""#, "iam:CreateUser", "silent"),
        (r#""NotAction":["iam:*","s3:Get*"]"#, "s3:GetObject", "silent"),
        (r#""NotAction":["iam:*","s3:Get*"]"#, "s3:PutObject", "allow"),
    ] {
        let policy = policy(&format!(r#"{{"Effect":"Allow",{element},"Resource":"*"}}"#));
        assert_eq!(says(&policy, action, OBJECT, &known("")), says_so, "{element} {action}");
    }
}

#[test]
fn resources_match_part_by_part() {
    for (element, resource, says_so) in [
        (r#""Resource":"arn:aws:s3:::bucket/folder/key""#, OBJECT, "allow"),
        (r#""Resource":"arn:aws:s3:::bucket/*""#, OBJECT, "allow"),
        (r#""Resource":"arn:aws:s3:::bucket""#, OBJECT, "silent"),
        (r#""Resource":"arn:aws:s3:::Bucket/*""#, OBJECT, "silent"),
        (r#""Resource":"arn:aws:s3:::b?cket/folder/*""#, OBJECT, "allow"),
        (r#""Resource":"*""#, OBJECT, "allow"),
        (r#""Resource":["arn:aws:s3:::x","arn:aws:s3:::bucket/*"]"#, OBJECT, "allow"),
        (r#""NotResource":"arn:aws:s3:::bucket/*""#, OBJECT, "silent"),
        (r#""NotResource":"arn:aws:s3:::other/*""#, OBJECT, "allow"),
        (r#""NotResource":["arn:aws:s3:::other/*","*"]"#, OBJECT, "silent"),
        // A wildcard does not reach over a colon.
        (
            r#""Resource":"arn:aws:ec2:*:111122223333:instance/*""#,
            "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
            "allow",
        ),
        (
            r#""Resource":"arn:aws:ec2:*:instance/*""#,
            "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
            "silent",
        ),
        (
            r#""Resource":"arn:aws:ec2:us-*-1:111122223333:*""#,
            "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
            "allow",
        ),
        (r#""Resource":"arn:*:s3:::bucket/*""#, OBJECT, "allow"),
        // But the last part may hold colons itself.
        (
            r#""Resource":"arn:aws:logs:us-east-1:111122223333:log-group:*""#,
            "arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:b",
            "allow",
        ),
        // Parts that are left out stand for everything.
        (r#""Resource":"arn:aws:sqs""#, "arn:aws:sqs:us-east-1:111122223333:queue", "allow"),
        (r#""Resource":"arn:aws:s*""#, "arn:aws:sqs:us-east-1:111122223333:queue", "allow"),
        (r#""Resource":"arn:aws:sns""#, "arn:aws:sqs:us-east-1:111122223333:queue", "silent"),
    ] {
        let policy = policy(&format!(r#"{{"Effect":"Allow","Action":"*",{element}}}"#));
        assert_eq!(says(&policy, "x:Act", resource, &known("")), says_so, "{element} {resource}");
    }
}

#[test]
fn an_explicit_deny_wins_and_silence_means_no() {
    let allow = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    let deny = r#"{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}"#;
    let deny_elsewhere = r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}"#;
    let deny_all_but = r#"{"Effect":"Deny","NotAction":"s3:GetObject","Resource":"*"}"#;
    let deny_outside = r#"{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::bucket/*"}"#;
    for (statements, action, says_so) in [
        (vec![allow], "s3:DeleteObject", "allow"),
        (vec![allow, deny], "s3:DeleteObject", "deny"),
        (vec![deny, allow], "s3:DeleteObject", "deny"),
        (vec![allow, deny], "s3:GetObject", "allow"),
        (vec![deny], "s3:GetObject", "silent"),
        (vec![deny], "s3:DeleteObject", "deny"),
        (vec![allow, deny_elsewhere], "s3:GetObject", "allow"),
        (vec![allow, deny_all_but], "s3:GetObject", "allow"),
        (vec![allow, deny_all_but], "s3:PutObject", "deny"),
        (vec![allow, deny_outside], "s3:PutObject", "allow"),
        (vec![], "s3:PutObject", "silent"),
    ] {
        let policy = policy(&statements.join(","));
        assert_eq!(says(&policy, action, OBJECT, &known("")), says_so, "{statements:?} {action}");
    }
}

#[test]
fn variables_are_filled_in_where_the_version_knows_them() {
    let home = r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/home/${aws:username}/*"}"#;
    for (statement, resource, context, says_so) in [
        (home, "arn:aws:s3:::bucket/home/ann/key", "aws:username=ann", "allow"),
        (home, "arn:aws:s3:::bucket/home/bob/key", "aws:username=ann", "silent"),
        // Without the key the variable fits nothing.
        (home, "arn:aws:s3:::bucket/home/ann/key", "", "silent"),
        // A wildcard that a variable brings is itself and nothing else.
        (home, "arn:aws:s3:::bucket/home/bob/key", "aws:username=*", "silent"),
        (home, "arn:aws:s3:::bucket/home/*/key", "aws:username=*", "allow"),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'none'}/*"}"#,
            "arn:aws:s3:::bucket/none/key",
            "",
            "allow",
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'none'}/*"}"#,
            "arn:aws:s3:::bucket/blue/key",
            "aws:PrincipalTag/team=blue",
            "allow",
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/${*}"}"#,
            "arn:aws:s3:::bucket/*",
            "",
            "allow",
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/${*}"}"#,
            "arn:aws:s3:::bucket/a",
            "",
            "silent",
        ),
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/${$}a"}"#,
            "arn:aws:s3:::bucket/$a",
            "",
            "allow",
        ),
        // A variable that nobody fills in denies nothing either.
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"*"},
               {"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::bucket/home/${aws:username}/*"}"#,
            "arn:aws:s3:::bucket/home/ann/key",
            "",
            "allow",
        ),
    ] {
        let policy = policy(statement);
        assert_eq!(
            says(&policy, "s3:GetObject", resource, &known(context)),
            says_so,
            "{statement} {resource} {context}"
        );
    }
    let old = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}"}}"#;
    let old = Policy::parse(old).unwrap();
    assert_eq!(says(&old, "s3:GetObject", "arn:aws:s3:::b/ann", &known("aws:username=ann")), "silent");
    assert_eq!(says(&old, "s3:GetObject", "arn:aws:s3:::b/${aws:username}", &known("")), "allow");
}

#[test]
fn principals_are_named_by_account_by_themselves_or_all_together() {
    let other = Who::Aws {
        account: "999988887777",
        arn: "arn:aws:iam::999988887777:user/x",
        identity: "arn:aws:iam::999988887777:user/x",
    };
    for (element, who, named) in [
        (r#""Principal":"*""#, Who::Anonymous, true),
        (r#""Principal":{"AWS":"*"}"#, Who::Anonymous, true),
        (r#""Principal":{"AWS":["*"]}"#, other, true),
        (r#""Principal":{"AWS":"111122223333"}"#, user(), true),
        (r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#, user(), true),
        (r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#, other, false),
        (r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#, Who::Anonymous, false),
        (r#""Principal":{"AWS":"arn:aws:iam::111122223333:user/exampleuser"}"#, user(), true),
        (r#""Principal":{"AWS":"arn:aws:iam::111122223333:user/other"}"#, user(), false),
        (r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/examplerole"}"#, session(), true),
        (
            r#""Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/examplerole/session"}"#,
            session(),
            true,
        ),
        (
            r#""Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/examplerole/another"}"#,
            session(),
            false,
        ),
        (
            r#""Principal":{"Service":"cloudtrail.amazonaws.com"}"#,
            Who::Service("cloudtrail.amazonaws.com"),
            true,
        ),
        (r#""Principal":{"Service":"cloudtrail.amazonaws.com"}"#, Who::Service("logs.amazonaws.com"), false),
        (r#""Principal":{"Service":"cloudtrail.amazonaws.com"}"#, user(), false),
        (r#""Principal":{"Federated":"graph.facebook.com"}"#, Who::Federated("graph.facebook.com"), true),
        (r#""Principal":{"Federated":"graph.facebook.com"}"#, user(), false),
        (r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/exampleuser"}"#, user(), false),
        (r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/exampleuser"}"#, other, true),
        (r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/exampleuser"}"#, Who::Anonymous, true),
        (r#""NotPrincipal":{"AWS":"111122223333"}"#, user(), false),
    ] {
        let policy = policy(&format!(r#"{{"Effect":"Allow",{element},"Action":"*","Resource":"*"}}"#));
        let context = known("");
        let ask = Ask { who, action: "s3:GetObject", resource: OBJECT, context: &context };
        assert_eq!(policy.allowing(&ask).is_some(), named, "{element} {who:?}");
    }
}

#[test]
fn what_is_no_policy_is_never_taken_for_one_that_says_nothing() {
    for text in [
        "",
        "%7B%7D",
        "[]",
        r#"{"Statement":[{"Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Perhaps","Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":"x"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":"x"}}]}"#,
    ] {
        assert!(Policy::parse(text).is_err(), "{text}");
    }
}
