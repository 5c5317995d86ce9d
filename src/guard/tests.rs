//! Incidents that people have written about, each as a change of one resource.

use super::*;
use crate::model::{Origin, Want};
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
        through: BTreeSet::new(),
        region: "us-east-1".to_owned(),
        managed: Managed::default(),
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
    assert_eq!(said(&account, &account, &pipeline()), Vec::<String>::new());
}

/// A role of IAM Identity Center was made anew, with another ARN, and every cluster's key was lost (terraform-aws-eks, 2816).
#[test]
fn a_key_that_only_named_principals_manage_is_told_also_where_the_caller_is_one_of_them() {
    let to = |principal: &str| json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]);
    let sso =
        "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef";
    let caller = Caller {
        role_arn: Some(sso.to_owned()),
        ..caller("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/anna")
    };
    let account = key(&to("arn:aws:iam::123456789012:root"));
    let named = key(&to(sso));
    for before in [&account, &Wanted::default()] {
        let told = said(before, &named, &caller);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("leaves alias/logs to the principals that its policy names"), "{told:?}");
        assert_eq!(said(before, &account, &caller), Vec::<String>::new());
    }
    // It was so before.
    let other = key(
        &json!([{"Sid": "again", "Effect": "Allow", "Principal": {"AWS": sso}, "Action": "kms:*", "Resource": "*"}]),
    );
    assert_eq!(said(&named, &other, &caller), Vec::<String>::new());
}

const DOES_ALL: &str = "arn:aws:iam::123456789012:policy/all";
const READS: &str = "arn:aws:iam::123456789012:policy/reads";

/// A caller whose role has these managed policies, of which it is known what they say.
fn with_managed(attached: &[&str]) -> Caller {
    let says = |action: &str| {
        Policy::of(&json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})).unwrap()
    };
    let documents = [(DOES_ALL, "*"), (READS, "s3:Get*")].map(|(arn, action)| (arn.to_owned(), says(action)));
    let attached = attached.iter().map(|arn| (*arn).to_owned()).collect();
    Caller { managed: Managed { attached, documents: documents.into() }, ..pipeline() }
}

#[test]
fn what_managed_policies_say_decides_whether_detaching_one_is_a_loss() {
    let trust = trusts(json!({"Federated": GITHUB}), json!({}));
    let has = |managed: &[&str]| role(trust.clone(), json!(null), managed);
    let both = with_managed(&[DOES_ALL, READS]);
    assert_eq!(said(&has(&[DOES_ALL, READS]), &has(&[DOES_ALL]), &both), Vec::<String>::new());
    let told = said(&has(&[DOES_ALL, READS]), &has(&[READS]), &both);
    assert!(told[0].contains("iam:PutRolePolicy") && told[0].contains("allows it no longer"), "{told:?}");
    // An inline policy that says the same stands in for it.
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    assert_eq!(said(&has(&[DOES_ALL]), &role(trust.clone(), all, &[]), &both), Vec::<String>::new());
    let told = said(&has(&[DOES_ALL]), &has(&["arn:aws:iam::123456789012:policy/unread"]), &both);
    assert!(told[0].contains("allows it no longer"), "{told:?}");
}

#[test]
fn a_managed_policy_of_the_caller_that_says_less_is_a_loss_unless_another_one_says_it() {
    let policy = |action: &str| {
        let document = document(&json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]));
        tree("iam.policy", json!({"arn": DOES_ALL, "description": "", "document": document}))
    };
    let (before, after) = (policy("*"), policy("s3:*"));
    let told = said(&before, &after, &with_managed(&[DOES_ALL]));
    assert!(told[0].contains("iam:PutRolePolicy") && told[0].contains("own managed policy"), "{told:?}");
    assert!(!said(&before, &Wanted::default(), &with_managed(&[DOES_ALL])).is_empty());
    assert_eq!(said(&before, &after, &with_managed(&[READS])), Vec::<String>::new(), "not the caller's");
    let mut has_more = with_managed(&[DOES_ALL, READS]);
    let everything = has_more.managed.documents[DOES_ALL].clone();
    has_more.managed.documents.insert(READS.to_owned(), everything);
    assert_eq!(said(&before, &after, &has_more), Vec::<String>::new());
}

#[test]
fn a_grant_on_one_role_alone_is_lost_with_that_role() {
    let trust = trusts(json!({"Federated": GITHUB}), json!({}));
    let on = |resource: &str| {
        let statement = json!([{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": resource}]);
        role(trust.clone(), statement, &[])
    };
    let own = "arn:aws:iam::123456789012:role/deploy";
    let told = said(&on(own), &on("arn:aws:iam::123456789012:role/other"), &pipeline());
    assert!(told[0].contains("iam:PutRolePolicy") && told[0].contains(own), "{told:?}");
    assert_eq!(said(&on(own), &on("*"), &pipeline()), Vec::<String>::new());
}

#[test]
fn a_new_boundary_is_a_loss_where_it_leaves_out_what_repairs() {
    let trust = trusts(json!({"Federated": GITHUB}), json!({}));
    let bounded = |by: Option<&str>| {
        let mut tree = role(trust.clone(), json!(null), &[]);
        let boundary = by.map_or(Value::Null, |by| Value::Str(by.to_owned()));
        let want = tree.things.values_mut().next().unwrap();
        let Value::Map(fields) = &mut want.value else { panic!("a role has attributes") };
        fields.insert("boundary".to_owned(), boundary);
        tree
    };
    let known = with_managed(&[]);
    assert_eq!(said(&bounded(None), &bounded(Some(DOES_ALL)), &known), Vec::<String>::new());
    let told = said(&bounded(None), &bounded(Some(READS)), &known);
    assert!(told[0].contains("the new boundary of their own role leaves it out"), "{told:?}");
    assert_eq!(said(&bounded(Some(READS)), &bounded(Some(DOES_ALL)), &known), Vec::<String>::new());
    let unknown = said(&bounded(None), &bounded(Some("arn:aws:iam::123456789012:policy/unread")), &known);
    assert!(unknown[0].contains("becomes the boundary of their own role"), "{unknown:?}");
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

#[test]
fn a_role_that_the_caller_comes_through_must_still_be_obtained_and_must_stay() {
    let through = Caller {
        through: ["deploy".to_owned()].into(),
        ..caller("arn:aws:sts::123456789012:assumed-role/inner/run")
    };
    let before =
        role(trusts(json!({"AWS": "arn:aws:iam::111122223333:root"}), json!({})), json!(null), &[DOES_ALL]);
    let other = role(trusts(json!({"AWS": "arn:aws:iam::444455556666:root"}), json!({})), json!(null), &[]);
    let told = said(&before, &other, &through);
    assert_eq!(told.len(), 1, "what it may do is not what the caller does: {told:?}");
    assert!(
        told[0].contains(
            "be obtained by arn:aws:iam::111122223333:root, whom a role that they come through trusted"
        ),
        "{told:?}"
    );
    let gone = said(&before, &Wanted::default(), &through);
    assert!(gone[0].contains("a role is deleted that they come through"), "{gone:?}");
    let inner = caller("arn:aws:sts::123456789012:assumed-role/inner/run");
    assert_eq!(said(&before, &other, &inner), Vec::<String>::new());
}
