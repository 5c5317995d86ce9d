//! Roles by which a fleet's accounts are reached, as IAM and CloudFormation take them.

use serde_json::{Map, Value as Json, json};

use super::Scope;
use super::policy::{self, document};
use crate::model::Wanted;
use crate::operations::{Grants, Names};
use crate::partition;

/// What `baseline fleet accounts` asks of Organizations.
const ORGANIZATION: [&str; 5] = [
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "organizations:ListTagsForResource",
];

/// A role that every account of a fleet has.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetRole {
    /// What it is for: `plan`, or `apply`.
    pub purpose: &'static str,
    /// Its path, such as `/` or `/baseline/`.
    pub path: String,
    /// Its name.
    pub name: String,
    /// The policies that it has.
    pub policies: Vec<Json>,
    /// AWS's own policies that it has, by name: the sessions of plan and drift are limited to them.
    pub managed: Vec<&'static str>,
}

/// Whom the roles trust.
#[derive(Debug, Clone, Copy)]
pub struct Trusted<'a> {
    /// The ARN of the role or user that the fleet is run as.
    pub caller: &'a str,
    /// What it has to say.
    pub external_id: Option<&'a str>,
}

/// The trust policy of such a role. It names the account and binds the principal by a condition, so that a caller who is deleted and made
/// anew is still the same ("How to use trust policies with IAM roles", AWS Security Blog; IAM-3).
pub fn trust(trusted: &Trusted<'_>) -> Json {
    let (partition, account) = of_arn(trusted.caller);
    let mut condition = Map::new();
    condition.insert("ArnEquals".to_owned(), json!({ "aws:PrincipalArn": trusted.caller }));
    if let Some(id) = trusted.external_id {
        condition.insert("StringEquals".to_owned(), json!({ "sts:ExternalId": id }));
    }
    document(vec![json!({
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
        "Action": "sts:AssumeRole",
        "Condition": condition,
    })])
}

fn of_arn(arn: &str) -> (&str, &str) {
    let mut parts = arn.split(':').skip(1);
    (parts.next().unwrap_or("aws"), parts.nth(2).unwrap_or_default())
}

/// What the caller of a fleet needs: to list the organization's accounts, and to assume these roles, by path and name or by ARN.
pub fn caller(partition: &str, roles: &[String]) -> Vec<Json> {
    let scope = Scope { baseline: "", account: "*", partition, region: "" };
    let wanted = Wanted::default();
    let names = Names { scope: &scope, wanted: &wanted };
    let mut grants = Grants::default();
    for action in ORGANIZATION {
        grants.add(action, vec![names.everything("EveryAccountOfTheOrganization")]);
    }
    grants.add("sts:AssumeRole", vec![names.named("TheRolesOfTheAccounts", roles.iter().cloned())]);
    policy::documents(grants)
}

/// A CloudFormation template that makes the roles in an account: for a stack set over the organization. In what the policies say,
/// `account` is the digits that stand for the account's own.
pub fn template(roles: &[FleetRole], trusted: &Trusted<'_>, account: &str) -> Json {
    let (partition, _) = of_arn(trusted.caller);
    let mut resources = Map::new();
    for role in roles {
        let id = pascal(role.purpose);
        let mut managed: Vec<Json> = role
            .managed
            .iter()
            .map(|name| json!(format!("arn:{partition}:iam::aws:policy/{name}")))
            .collect();
        for (number, policy) in (1..).zip(&role.policies) {
            let name = format!("{id}Policy{number}");
            let policy = json!({
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "ManagedPolicyName": format!("{}-{number}", role.name),
                    "Path": role.path,
                    "PolicyDocument": filled(policy, account),
                },
            });
            managed.push(json!({ "Ref": name }));
            resources.insert(name, policy);
        }
        let role = json!({
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": role.name,
                "Path": role.path,
                "AssumeRolePolicyDocument": trust(trusted),
                "ManagedPolicyArns": managed,
            },
        });
        resources.insert(format!("{id}Role"), role);
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The roles by which baseline reaches this account",
        "Resources": resources,
    })
}

fn pascal(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The same with the digits that stand for the account put in by CloudFormation. What IAM fills in (`${aws:username}`) is left to it.
fn filled(value: &Json, account: &str) -> Json {
    match value {
        Json::String(text) if text.contains(account) => {
            let text = text.replace("${", "${!").replace(account, "${AWS::AccountId}");
            json!({ "Fn::Sub": text })
        }
        Json::Array(items) => items.iter().map(|item| filled(item, account)).collect(),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(key, value)| (key.clone(), filled(value, account))).collect())
        }
        other => other.clone(),
    }
}

/// The path and the name of a role, by name or by ARN.
pub fn path_and_name(role: &str) -> (String, String) {
    let Some((_, rest)) = role.split_once(":role/") else { return ("/".to_owned(), role.to_owned()) };
    match rest.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".to_owned(), rest.to_owned()),
    }
}

/// The ARN of a role in every account: with `*` for the account's digits where it has none of its own.
pub fn in_every_account(role: &str, partition: &str) -> String {
    if role.starts_with("arn:") {
        return role.replace("${account}", "*");
    }
    let known = partition::named(partition).map_or("aws", |known| known.id);
    format!("arn:{known}:iam::*:role/{role}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str = "arn:aws:iam::999988887777:role/fleet";

    #[test]
    fn a_role_trusts_one_principal_who_says_the_external_id() {
        let trusted = Trusted { caller: CALLER, external_id: Some("shop-7") };
        let policy = trust(&trusted);
        let statement = &policy["Statement"][0];
        assert_eq!(statement["Principal"]["AWS"], "arn:aws:iam::999988887777:root");
        assert_eq!(statement["Condition"]["ArnEquals"]["aws:PrincipalArn"], CALLER);
        assert_eq!(statement["Condition"]["StringEquals"]["sts:ExternalId"], "shop-7");
    }

    #[test]
    fn a_template_has_the_account_put_in_and_leaves_the_variables_of_iam_alone() {
        let policy = json!({ "Statement": [{
            "Resource": ["arn:aws:iam::000000000000:role/x", "*"],
            "Condition": { "StringLike": { "s3:prefix": "000000000000/${aws:username}" } },
        }] });
        let filled = filled(&policy, "000000000000");
        assert_eq!(filled["Statement"][0]["Resource"][0]["Fn::Sub"], "arn:aws:iam::${AWS::AccountId}:role/x");
        assert_eq!(filled["Statement"][0]["Resource"][1], "*");
        let prefix = &filled["Statement"][0]["Condition"]["StringLike"]["s3:prefix"]["Fn::Sub"];
        assert_eq!(prefix, "${AWS::AccountId}/${!aws:username}");
    }

    #[test]
    fn roles_are_named_by_name_or_by_arn() {
        for (role, path, name, everywhere) in [
            ("Admin", "/", "Admin", "arn:aws-cn:iam::*:role/Admin"),
            ("arn:aws:iam::${account}:role/a/b/Admin", "/a/b/", "Admin", "arn:aws:iam::*:role/a/b/Admin"),
            ("arn:aws:iam::${account}:role/Admin", "/", "Admin", "arn:aws:iam::*:role/Admin"),
        ] {
            assert_eq!(path_and_name(role), (path.to_owned(), name.to_owned()), "{role}");
            assert_eq!(in_every_account(role, "aws-cn"), everywhere);
        }
    }
}
