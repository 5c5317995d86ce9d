//! The grammar of identity policies, in the order in which IAM looks at them and with its words.
//!
//! The order is that of moto's `iam/policy_validation.py`, which was written against AWS: syntax, what it calls legacy
//! parsing (effects, dates and the shape of ARNs), `Sid`s, actions, resources, and the vendors of actions.

use serde_json::{Map, Value};

use super::syntax::{OPERATORS, items, sids, texts, unknown_member};

const LEGACY: &str = "The policy failed legacy parsing";

/// What an ARN of IAM may name.
const IAM_PATHS: &[&str] = &[
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// Checks the statements of a document whose other members are good.
pub(super) fn check(statements: &[&Map<String, Value>]) -> Result<(), String> {
    for statement in statements {
        syntax(statement)?;
    }
    for statement in statements {
        legacy(statement)?;
    }
    let resources = resources(statements)?;
    sids(statements.iter().copied(), true)?;
    let none = |statement: &Map<String, Value>, one: &str, other: &str| {
        let value = statement.get(one).or_else(|| statement.get(other));
        value.is_none_or(|value| value.as_array().is_some_and(Vec::is_empty))
    };
    if statements.iter().any(|statement| none(statement, "Action", "NotAction")) {
        return Err("Policy statement must contain actions.".into());
    }
    resources.map_or(Ok(()), Err)?;
    for statement in statements {
        for action in ["Action", "NotAction"].into_iter().filter_map(|name| statement.get(name)) {
            texts(action)?.into_iter().try_for_each(vendor)?;
        }
    }
    if statements.iter().any(|statement| none(statement, "Resource", "NotResource")) {
        return Err("Policy statement must contain resources.".into());
    }
    if statements.iter().any(|it| it.contains_key("Principal") || it.contains_key("NotPrincipal")) {
        return Err("Policy document should not specify a principal.".into());
    }
    Ok(())
}

/// A fault of the form, with what is wrong for those who wrote it; IAM itself says no more than that there is one.
fn wrong(what: impl std::fmt::Display) -> String {
    format!("Syntax errors in policy: {what}")
}

fn syntax(statement: &Map<String, Value>) -> Result<(), String> {
    unknown_member(statement)?;
    for name in ["Action", "Resource"] {
        if statement.contains_key(name) && statement.contains_key(&format!("Not{name}")) {
            return Err(wrong(format_args!("a statement has {name} or Not{name}")));
        }
    }
    let effect = statement.get("Effect").ok_or_else(|| wrong("missing required field Effect"))?;
    let effect = effect.as_str().unwrap_or_default();
    if !["allow", "deny"].contains(&effect.to_lowercase().as_str()) {
        return Err(wrong(format_args!("invalid effect {effect}")));
    }
    for name in ["Action", "NotAction", "Resource", "NotResource"] {
        let Some(value) = statement.get(name) else { continue };
        let is_text = |value: &Value| value.is_string() || value.is_null() && name.ends_with("Resource");
        if value.is_null() || !items(value).all(is_text) {
            return Err(wrong(format_args!("{name} is text or a list of texts")));
        }
    }
    statement.get("Condition").map_or(Ok(()), condition)
}

fn condition(value: &Value) -> Result<(), String> {
    let operators = value.as_object().ok_or_else(|| wrong("Condition is an object of operators"))?;
    for (operator, keys) in operators {
        let keys = keys.as_object().ok_or_else(|| wrong(format_args!("{operator} is an object of keys")))?;
        if !keys.is_empty() && !OPERATORS.contains(&plain(operator)) {
            return Err(wrong(format_args!("invalid condition type {operator}")));
        }
        let is_plain = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
        if let Some(key) = keys.iter().find(|(_, values)| !items(values).all(is_plain)) {
            return Err(wrong(format_args!("{} is text, a number, a flag or a list of them", key.0)));
        }
    }
    Ok(())
}

/// An operator without the words before and behind it.
fn plain(operator: &str) -> &str {
    let name = ["ForAnyValue:", "ForAllValues:"].iter().find_map(|set| operator.strip_prefix(set));
    let name = name.unwrap_or(operator);
    name.strip_suffix("IfExists").unwrap_or(name)
}

/// Case counts in an effect, and the values of date operators are dates.
fn legacy(statement: &Map<String, Value>) -> Result<(), String> {
    let is_effect = matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"));
    let dates = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let dates = dates.filter(|(operator, _)| plain(operator).starts_with("Date"));
    let values = dates.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
    let mut values = values.flat_map(|(_, values)| items(values));
    let is_date = |value: &Value| value.as_str().is_none_or(is_time);
    if is_effect && values.all(is_date) { Ok(()) } else { Err(LEGACY.into()) }
}

/// Whether a text is a time: seconds since 1970, or a date of ISO 8601 of any precision.
fn is_time(text: &str) -> bool {
    let text = text.to_lowercase();
    if !text.contains('t') && !text.contains('-') {
        return text.parse::<i64>().is_ok_and(|seconds| seconds >= 0);
    }
    let (date, time) = text.split_once('t').unwrap_or((&text, ""));
    let (sign, date) = date.strip_prefix('-').map_or((1, date), |date| (-1, date));
    let within = |text: &str, least: i64, most: i64| {
        text.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number))
    };
    let date: Vec<&str> = date.split('-').collect();
    let year = date.first().and_then(|year| year.parse::<i64>().ok());
    let is_date = year.is_some_and(|year| (-292_275_054..=292_278_993).contains(&(sign * year)))
        && date.get(1).is_none_or(|month| within(month, 1, 12))
        && date.get(2).is_none_or(|day| within(day, 1, 31))
        && date.len() < 4;
    let time: Vec<&str> = time.splitn(3, ':').collect();
    let is_second = |text: &str| {
        let (second, zone) = match (text.split_once('z'), text.split_once(['+', '-'])) {
            (Some((second, rest)), _) => (second, rest.is_empty()),
            (None, Some((second, zone))) => {
                let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
                let good = hours.len() == 2 && minutes.len() == 2;
                (second, good && within(hours, 0, 23) && within(minutes, 0, 59))
            }
            (None, None) => (text, true),
        };
        let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
        zone && within(second, 0, 59) && within(fraction, 0, 999_999_999)
    };
    is_date
        && time.first().is_none_or(|hour| hour.is_empty() || within(hour, 0, 23))
        && time.get(1).is_none_or(|minute| within(minute, 0, 59))
        && time.get(2).is_none_or(|second| is_second(second))
}

/// What is wrong with the resources, of which IAM speaks later; `Err` where it does not even parse them.
fn resources(statements: &[&Map<String, Value>]) -> Result<Option<String>, String> {
    let mut found = None;
    for name in ["Resource", "NotResource"] {
        for value in statements.iter().filter_map(|statement| statement.get(name)) {
            let mut texts: Vec<&str> = items(value).filter_map(Value::as_str).collect();
            texts.sort_unstable_by(|one, other| other.cmp(one));
            for problem in texts.iter().filter_map(|text| resource(text)) {
                found = Some(problem);
            }
            let parses = |text: &&str| {
                *text == "*"
                    || (text.matches(':').count() >= 5 || !text.contains("::"))
                        && text.split(':').nth(2).is_some_and(|service| !service.is_empty())
            };
            if found.is_none() && !texts.iter().all(parses) {
                return Err(LEGACY.into());
            }
        }
    }
    Ok(found)
}

fn resource(text: &str) -> Option<String> {
    if text == "*" {
        return None;
    }
    let not_arn = || Some(format!("Resource {text} must be in ARN format or \"*\"."));
    let Some((arn, rest)) = text.split_once(':') else { return not_arn() };
    let (partition, rest) = rest.split_once(':').map_or((rest, None), |(one, rest)| (one, Some(rest)));
    if partition != "*" && partition != "aws" && !partition.starts_with("aws-") {
        let mut parts = rest.unwrap_or_default().splitn(4, ':').collect::<Vec<_>>();
        if parts == [""] {
            parts = vec!["*"];
        }
        parts.resize(4, "*");
        let parts = parts.join(":");
        return Some(format!(
            "Partition \"{partition}\" is not valid for resource \"arn:{partition}:{parts}\"."
        ));
    }
    if arn != "arn" {
        return not_arn();
    }
    let Some(rest) = rest else {
        return Some("Resource vendor must be fully qualified and cannot contain regexes.".into());
    };
    let mut parts = rest.splitn(4, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (service, region, _, name) = (part(), part(), part(), part());
    if service == "iam" && !region.is_empty() {
        return Some(format!("IAM resource {text} cannot contain region information."));
    }
    if service == "s3" && !region.is_empty() && !name.starts_with("accesspoint/") {
        return Some(format!("Resource {text} can not contain region information."));
    }
    let is_path = name.contains('*') || IAM_PATHS.iter().any(|path| name.starts_with(path));
    if service == "iam" && !is_path && name != "root" {
        return Some(format!(
            "IAM resource path must either be \"*\" or start with {}.",
            IAM_PATHS.join(", ")
        ));
    }
    None
}

fn vendor(action: &str) -> Result<(), String> {
    let parts: Vec<&str> = action.split(':').collect();
    let vendor = parts.first().copied().unwrap_or_default();
    if parts.len() == 1 && action != "*" {
        return Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into());
    }
    if parts.len() > 2 {
        return Err("Actions/Condition can contain only one colon.".into());
    }
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    if vendor != "*" && !vendor.bytes().all(good) {
        return Err(format!("Vendor {vendor} is not valid"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::syntax::{Use, check as check_document};

    fn refused(statement: &str) -> String {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        check_document(&text, Use::Identity).err().unwrap_or_default()
    }

    #[test]
    fn what_aws_takes_is_taken() {
        for good in [
            r#"{"Effect":"Allow","Action":"iam: spaced ","Resource":"arn:aws:iam:::user/one"}"#,
            r#"{"Effect":"Allow","Action":"s3.s:ListBucket","Resource":"arn:aws:fdsasf"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::bucket",null]}"#,
            r#"{"Effect":"Deny","NotAction":"iam:*","NotResource":"*","Condition":{"any":{}}}"#,
            r#"{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"DateLessThan":{"a":"-292275054"}}}"#,
            r#"{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"DateLessThan":{"a":["01T","2019-07-01T13:20:15Z"]}}}"#,
            // W3C's profile of ISO 8601, which the IAM User Guide names, has offsets both ways.
            r#"{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"DateLessThan":{"a":["2026-01-01T00:00:00+01:00","2026-01-01T00:00:00-05:00"]}}}"#,
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:*"}"#,
        ] {
            assert_eq!(refused(good), "", "{good}");
        }
    }

    #[test]
    fn the_first_thing_that_iam_looks_at_is_what_it_names() {
        for (statement, words) in [
            (r#"{"Effect":"denY","Action":"s3:*","Resource":"bucket"}"#, "The policy failed legacy parsing"),
            (r#"{"Effect":"Allow","Resource":"arn:aws:s3::bucket"}"#, "The policy failed legacy parsing"),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"a":"2016-12-13t2:00:00.1+1"}}}"#,
                "The policy failed legacy parsing",
            ),
            (r#"{"Effect":"Allow","Resource":"bucket"}"#, "Policy statement must contain actions."),
            (
                r#"{"Effect":"Allow","Action":"Get","Resource":"bucket"}"#,
                "Resource bucket must be in ARN format or \"*\".",
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"aws:s3:::bucket"}"#,
                "Partition \"s3\" is not valid for resource \"arn:s3:::bucket:*\".",
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:us-east-1::bucket"}"#,
                "Resource arn:aws:s3:us-east-1::bucket can not contain region information.",
            ),
            (
                r#"{"Effect":"Allow","Action":"Get"}"#,
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:a:b","Resource":"*"}"#,
                "Actions/Condition can contain only one colon.",
            ),
            (
                r#"{"Effect":"Allow","Action":"s3:*","Resource":[]}"#,
                "Policy statement must contain resources.",
            ),
        ] {
            assert_eq!(refused(statement), words, "{statement}");
        }
    }
}
