//! Incidents that people have written about, each as a change of one resource.

use super::*;
use crate::model::Origin;
use serde_json::json;

const ACCOUNT: &str = "123456789012";

fn caller(arn: &str) -> Caller {
    Caller {
        account: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        arn: arn.to_owned(),
        role_arn: arn
            .split_once(":assumed-role/")
            .map(|(_, rest)| format!("arn:aws:iam::{ACCOUNT}:role/{}", rest.split('/').next().unwrap())),
        region: "us-east-1".to_owned(),
    }
}

fn pipeline() -> Caller {
    caller("arn:aws:sts::123456789012:assumed-role/deploy/run-1")
}

fn document(statements: &serde_json::Value) -> serde_json::Value {
    let json = json!({"Version": "2012-10-17", "Statement": statements});
    serde_json::to_value(Document::new(&json).unwrap()).unwrap()
}

/// A tree with one resource.
fn tree(kind: &str, attributes: serde_json::Value) -> Wanted {
    let value = Value::decode(attributes).unwrap();
    let want = Want { value, after: [].into(), origin: Origin::default() };
    Wanted { things: [(Addr::new(kind, "main"), want)].into(), ..Wanted::default() }
}

fn bucket(statements: Option<serde_json::Value>) -> Wanted {
    let policy = statements.map(|statements| document(&statements));
    tree("s3.bucket", json!({"bucket": "logs", "policy": policy}))
}

fn role(trust: serde_json::Value, inline: serde_json::Value, managed: &[&str]) -> Wanted {
    let inline = if inline.is_null() { json!({}) } else { json!({"own": document(&inline)}) };
    let managed: Vec<_> = managed.to_vec();
    tree(
        "iam.role",
        json!({"role": "deploy", "trust": document(&trust), "inline": {"$dict": inline}, "managed": {"$set": managed}, "boundary": null}),
    )
}

fn said(found: &Wanted, left: &Wanted, caller: &Caller) -> Vec<String> {
    lockouts(found, left, caller).iter().map(Lockout::words).collect()
}

fn deny(condition: serde_json::Value) -> serde_json::Value {
    json!([{
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"], "Condition": condition
    }])
}

#[test]
fn a_bucket_policy_that_denies_everybody_takes_its_own_repair_away() {
    let denied = bucket(Some(deny(json!({}))));
    let told = said(&bucket(None), &denied, &pipeline());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("locks the caller out"), "{told:?}");
    assert!(told[0].contains("s3:PutBucketPolicy") && told[0].contains("arn:aws:s3:::logs"), "{told:?}");
    // What was lost before is no loss of this plan.
    let other = bucket(Some(json!([{
        "Sid": "again", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::logs"
    }])));
    assert_eq!(said(&denied, &other, &pipeline()), Vec::<String>::new());
    assert_eq!(said(&denied, &bucket(None), &pipeline()), Vec::<String>::new());
}

#[test]
fn a_deny_with_an_exception_spares_the_role_that_it_names() {
    let except = |role: &str| {
        bucket(Some(deny(
            json!({"ArnNotEquals": {"aws:PrincipalArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}")}}),
        )))
    };
    assert_eq!(said(&bucket(None), &except("deploy"), &pipeline()), Vec::<String>::new());
    assert!(said(&bucket(None), &except("other"), &pipeline())[0].starts_with("locks the caller out"));
}

#[test]
fn a_deny_that_depends_on_where_somebody_comes_from_names_the_key() {
    let office = bucket(Some(deny(json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))));
    let told = said(&bucket(None), &office, &pipeline());
    assert!(told[0].starts_with("may lock the caller out") && told[0].contains("aws:SourceIp"), "{told:?}");
    // Everybody comes by TLS here.
    let tls = bucket(Some(deny(json!({"Bool": {"aws:SecureTransport": "false"}}))));
    assert_eq!(said(&bucket(None), &tls, &pipeline()), Vec::<String>::new());
}

fn key(statements: &serde_json::Value) -> Wanted {
    tree("kms.key", json!({"alias": "alias/logs", "policy": document(statements)}))
}

#[test]
fn a_key_policy_without_the_account_is_told() {
    let to = |principal: &str| json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]);
    let account = key(&to("arn:aws:iam::123456789012:root"));
    let other = key(&to("arn:aws:iam::123456789012:role/other"));
    let told = said(&account, &other, &pipeline());
    assert!(told[0].contains("kms:PutKeyPolicy") && told[0].contains("alias/logs"), "{told:?}");
    assert_eq!(
        said(&account, &key(&to("arn:aws:iam::123456789012:role/deploy")), &pipeline()),
        Vec::<String>::new()
    );
}

const GITHUB: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

fn trusts(principal: serde_json::Value, condition: serde_json::Value) -> serde_json::Value {
    json!([{
        "Effect": "Allow", "Principal": principal,
        "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"], "Condition": condition
    }])
}

#[test]
fn the_role_of_the_run_keeps_whoever_could_become_it() {
    let federated = json!({"Federated": GITHUB});
    let before = role(trusts(federated.clone(), json!({})), json!(null), &[]);
    let gone = role(trusts(json!({"AWS": "arn:aws:iam::123456789012:root"}), json!({})), json!(null), &[]);
    let told = said(&before, &gone, &pipeline());
    assert!(told.iter().any(|it| it.contains(GITHUB) && it.starts_with("locks")), "{told:?}");
    let narrower =
        trusts(federated, json!({"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:x"}}));
    let told = said(&before, &role(narrower, json!(null), &[]), &pipeline());
    assert!(told[0].contains("token.actions.githubusercontent.com:sub"), "{told:?}");
    // A role that is not the one of the run is none of this.
    assert_eq!(
        said(&before, &gone, &caller("arn:aws:sts::123456789012:assumed-role/other/x")),
        Vec::<String>::new()
    );
    assert!(said(&before, &Wanted::default(), &pipeline())[0].contains("their own role that is deleted"));
}

#[test]
fn the_role_of_the_run_keeps_what_it_needs_to_repair_itself() {
    let trust = trusts(json!({"Federated": GITHUB}), json!({}));
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let reads = json!([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]);
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let strong = role(trust.clone(), all.clone(), &[]);
    let told = said(&strong, &role(trust.clone(), reads.clone(), &[]), &pipeline());
    assert!(told[0].contains("iam:PutRolePolicy") && told[0].contains("allows it no longer"), "{told:?}");
    // Another policy still allows everything.
    let both = role(trust.clone(), all, &[admin]);
    assert_eq!(said(&both, &role(trust.clone(), reads, &[admin]), &pipeline()), Vec::<String>::new());
    let told = said(&both, &strong, &pipeline());
    assert!(told[0].contains("AdministratorAccess") && told[0].contains("detached"), "{told:?}");
    let denies = json!([{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let told = said(&strong, &role(trust, denies, &[]), &pipeline());
    assert!(told[0].contains("denies it"), "{told:?}");
}

#[test]
fn a_guard_that_asks_for_a_second_factor_is_told_to_a_user_whom_it_catches() {
    let guard = json!([{
        "Effect": "Deny", "NotAction": "iam:*MFA*", "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    }]);
    let group = |members: &[&str]| {
        tree(
            "iam.group",
            json!({"group": "guard", "inline": {"$dict": {"guard": document(&guard)}}, "managed": {"$set": []}, "members": {"$set": members}}),
        )
    };
    let ada = caller("arn:aws:iam::123456789012:user/staff/ada");
    let told = said(&group(&["bob"]), &group(&["ada", "bob"]), &ada);
    assert!(told[0].starts_with("may lock") && told[0].contains("aws:MultiFactorAuthPresent"), "{told:?}");
    assert!(!said(&Wanted::default(), &group(&["ada"]), &ada).is_empty());
    assert_eq!(said(&Wanted::default(), &group(&["bob"]), &ada), Vec::<String>::new());
}
