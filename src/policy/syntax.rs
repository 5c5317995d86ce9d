//! The grammar of policy documents, with IAM's words for what is wrong.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::identity;

/// What a document is for, which decides what its statements must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Attached to an identity: needs `Resource`, must not name a principal.
    Identity,
    /// A role's trust policy: needs `Principal`, must not name a resource.
    Trust,
    /// On a bucket, key or topic: needs both.
    Resource,
}

const MEMBERS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

pub(super) const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// One value or the values of an array.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Value::Array(many) => (None, many.as_slice()),
        Value::Null => (None, [].as_slice()),
        one => (Some(one), [].as_slice()),
    };
    one.into_iter().chain(many)
}

/// What IAM says of any fault of the form.
pub const SYNTAX: &str = "Syntax errors in policy.";

/// What AWS says of a document, without what was added for those who wrote it.
pub fn said(message: &str) -> &str {
    if message.starts_with("Syntax errors in policy:") { SYNTAX } else { message }
}

/// Parses a document and checks it.
///
/// # Errors
/// What is wrong: AWS's message, or more than that where AWS says no more than [`SYNTAX`] (see [`said`]).
pub fn check(text: &str, purpose: Use) -> Result<Value, String> {
    // Only these characters may be in a policy at all (IAM-18).
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FF}');
    if !text.chars().all(allowed) {
        return Err("The policy contains characters that are not allowed".into());
    }
    let policy: Value =
        serde_json::from_str(text).map_err(|_| String::from("This policy contains invalid Json"))?;
    let Value::Object(members) = &policy else { return Err(SYNTAX.into()) };
    let known = |key: &String| ["Version", "Id", "Statement"].contains(&key.as_str());
    if let Some(unknown) = members.keys().find(|key| !known(key)) {
        return Err(format!("Syntax errors in policy: unknown field {unknown}"));
    }
    let version = members.get("Version").map(Value::as_str);
    if !matches!(version, None | Some(Some("2012-10-17" | "2008-10-17"))) {
        return Err("Syntax errors in policy: the policy must contain a valid version string".into());
    }
    if members.get("Id").is_some_and(|id| !id.is_string()) {
        return Err("Syntax errors in policy: Id is text".into());
    }
    let statements = items(members.get("Statement").unwrap_or(&Value::Null)).map(Value::as_object);
    let statements: Option<Vec<_>> = statements.collect();
    let statements = statements.filter(|statements| !statements.is_empty()).ok_or(SYNTAX)?;
    if purpose == Use::Identity {
        identity::check(&statements)?;
    } else {
        for members in &statements {
            statement(members, purpose)?;
        }
        sids(statements.into_iter(), purpose != Use::Resource)?;
    }
    Ok(policy)
}

/// Checks that the names of statements are different texts, of letters and digits where they have to be.
pub(super) fn sids<'a>(
    statements: impl Iterator<Item = &'a Map<String, Value>> + Clone,
    only_letters: bool,
) -> Result<(), String> {
    let all: Option<Vec<&str>> =
        statements.filter_map(|statement| statement.get("Sid")).map(Value::as_str).collect();
    let all = all.ok_or("Syntax errors in policy: Sid is text")?;
    let mut seen = BTreeSet::new();
    if all.iter().any(|sid| !sid.is_empty() && !seen.insert(*sid)) {
        return Err("Statement IDs (SID) in a single policy must be unique.".into());
    }
    if only_letters && !all.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return Err("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*".into());
    }
    Ok(())
}

/// Refuses a member that no statement has.
pub(super) fn unknown_member(members: &Map<String, Value>) -> Result<(), String> {
    match members.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
        Some(unknown) => Err(format!("Syntax errors in policy: unknown field {unknown}")),
        None => Ok(()),
    }
}

fn statement(members: &Map<String, Value>, purpose: Use) -> Result<(), String> {
    unknown_member(members)?;
    let either = |a: &str, b: &str| match (members.get(a), members.get(b)) {
        (Some(_), Some(_)) => Err(format!("Statement/policy already has instance of {a}")),
        (Some(value), None) | (None, Some(value)) => Ok(Some(value)),
        (None, None) => Ok(None),
    };
    match members.get("Effect").map(Value::as_str) {
        None => return Err("Missing required field Effect".into()),
        Some(Some("Allow" | "Deny")) => {}
        Some(other) => return Err(format!("Invalid effect: {}", other.unwrap_or_default())),
    }
    let actions = either("Action", "NotAction")?.ok_or("Policy statement must contain actions.")?;
    for action in texts(actions)? {
        check_action(action, purpose)?;
    }
    let resources = either("Resource", "NotResource")?;
    let principals = either("Principal", "NotPrincipal")?;
    match purpose {
        Use::Trust if resources.is_some() => return Err("Has prohibited field Resource".into()),
        Use::Resource if resources.is_none() => {
            return Err("Policy statement must contain resources.".into());
        }
        _ if principals.is_none() => return Err("Missing required field Principal".into()),
        _ => {}
    }
    if let Some(resources) = resources {
        for resource in texts(resources)? {
            let parts = resource.splitn(6, ':').count();
            if resource != "*" && (!resource.starts_with("arn:") || parts < 6) {
                return Err(format!("Resource {resource} must be in ARN format or \"*\"."));
            }
        }
    }
    if let Some(principals) = principals {
        principal(principals)?;
    }
    members.get("Condition").map_or(Ok(()), condition)
}

pub(super) fn texts(value: &Value) -> Result<Vec<&str>, String> {
    let texts: Option<Vec<&str>> = items(value).map(Value::as_str).collect();
    texts.filter(|texts| !texts.is_empty()).ok_or_else(|| SYNTAX.into())
}

fn check_action(action: &str, purpose: Use) -> Result<(), String> {
    let Some((vendor, name)) = action.split_once(':') else {
        return if action == "*" && purpose != Use::Trust {
            Ok(())
        } else {
            Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into())
        };
    };
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_*?".contains(&byte);
    if vendor.is_empty() || !vendor.bytes().all(good) {
        return Err(format!("Vendor {vendor} is not valid"));
    }
    if name.is_empty() || !name.bytes().all(good) {
        return Err("Actions/Condition can contain only one colon.".into());
    }
    if purpose == Use::Trust && !vendor.eq_ignore_ascii_case("sts") {
        return Err("AssumeRole policy may only specify STS AssumeRole actions.".into());
    }
    Ok(())
}

fn principal(value: &Value) -> Result<(), String> {
    match value {
        Value::String(all) if all == "*" => Ok(()),
        Value::Object(kinds) if !kinds.is_empty() => kinds.iter().try_for_each(|(kind, names)| {
            if !["AWS", "Service", "Federated", "CanonicalUser"].contains(&kind.as_str()) {
                return Err(format!("Invalid principal in policy: \"{kind}\""));
            }
            texts(names).map(|_| ())
        }),
        _ => Err(SYNTAX.into()),
    }
}

fn condition(value: &Value) -> Result<(), String> {
    let Value::Object(operators) = value else { return Err(SYNTAX.into()) };
    for (operator, keys) in operators {
        let name = operator.split_once(':').map_or(operator.as_str(), |(_, name)| name);
        let name = name.strip_suffix("IfExists").unwrap_or(name);
        if !OPERATORS.contains(&name) {
            return Err(format!("Invalid Condition type : {operator}."));
        }
        let Value::Object(keys) = keys else { return Err(SYNTAX.into()) };
        for (key, values) in keys {
            if !key.contains(':') {
                return Err(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into()
                );
            }
            let plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
            if !items(values).all(plain) {
                return Err(SYNTAX.into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(statement: &str, purpose: Use) -> String {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        check(&text, purpose).err().unwrap_or_default()
    }

    #[test]
    fn a_percent_encoded_document_is_not_a_document() {
        assert_eq!(
            check("%7B%22Statement%22", Use::Identity).unwrap_err(),
            "This policy contains invalid Json"
        );
    }

    #[test]
    fn each_use_needs_its_members_and_no_others() {
        let both = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}"#;
        assert_eq!(refused(both, Use::Resource), "");
        assert_eq!(refused(both, Use::Identity), "Policy document should not specify a principal.");
        let neither = r#"{"Effect":"Allow","Action":"s3:GetObject"}"#;
        assert_eq!(refused(neither, Use::Identity), "Policy statement must contain resources.");
        assert_eq!(refused(both, Use::Trust), "AssumeRole policy may only specify STS AssumeRole actions.");
    }

    #[test]
    fn small_mistakes_are_named() {
        for (statement, words) in [
            (r#"{"Effect":"allowed","Action":"s3:*","Resource":"*"}"#, "invalid effect"),
            (r#"{"Effect":"Allow","Action":"GetObject","Resource":"*"}"#, "prefaced by a vendor"),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}"#, "must be in ARN format"),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Equals":{"aws:x":"y"}}}"#,
                "invalid condition type",
            ),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Actions":"x"}"#, "unknown field"),
            (
                r#"{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
                "must be unique",
            ),
        ] {
            assert!(refused(statement, Use::Identity).contains(words), "{statement}");
        }
    }
}
