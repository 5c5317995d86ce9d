//! What a resource policy or a trust policy says to one question.
//!
//! Enough of IAM's evaluation for the checks that AWS makes before it accepts something: CreateTrail's
//! look at bucket and key policies (CT-4, CT-5), access logs of load balancers, AssumeRole.

use serde_json::Value;

use super::syntax::items;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// An AWS service, such as `cloudtrail.amazonaws.com`.
    Service(&'a str),
    /// A user, role or root: the account, and the ARN of the user or role.
    Aws {
        /// The account's twelve digits.
        account: &'a str,
        /// The ARN of the user, role or session.
        arn: &'a str,
        /// The ARN of the role behind a session; otherwise the same.
        identity: &'a str,
    },
}

/// One question to a policy.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub who: Who<'a>,
    /// The action, such as `s3:PutObject`.
    pub action: &'a str,
    /// The resource's ARN; `*` for key policies and trust policies.
    pub resource: &'a str,
    /// Condition keys and their values, such as `aws:SourceArn`.
    pub context: &'a [(&'a str, &'a str)],
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement speaks of it, which means no.
    Silent,
}

/// What a policy says to a question; text that is not a policy says nothing.
pub fn decide(policy: &str, question: &Question<'_>) -> Decision {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let mut decision = Decision::Silent;
    for statement in items(policy.get("Statement").unwrap_or(&Value::Null)) {
        if !speaks(statement, question) {
            continue;
        }
        if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
            return Decision::Denied;
        }
        decision = Decision::Allowed;
    }
    decision
}

fn speaks(statement: &Value, question: &Question<'_>) -> bool {
    let member = |name: &str| statement.get(name);
    let action = |pattern: &str| glob(&pattern.to_ascii_lowercase(), &question.action.to_ascii_lowercase());
    let resource = |pattern: &str| glob(pattern, question.resource);
    let among =
        |yes: Option<&Value>, no: Option<&Value>, fits: &dyn Fn(&str) -> bool, without: bool| match (yes, no)
        {
            (Some(yes), _) => items(yes).filter_map(Value::as_str).any(fits),
            (None, Some(no)) => !items(no).filter_map(Value::as_str).any(fits),
            (None, None) => without,
        };
    let principal = match (member("Principal"), member("NotPrincipal")) {
        (Some(named), _) => is_named(named, question.who),
        (None, Some(named)) => !is_named(named, question.who),
        (None, None) => true,
    };
    principal
        && among(member("Action"), member("NotAction"), &action, false)
        && among(member("Resource"), member("NotResource"), &resource, true)
        && member("Condition").is_none_or(|condition| holds(condition, question.context))
}

fn is_named(principal: &Value, who: Who<'_>) -> bool {
    if principal == "*" {
        return true;
    }
    let names = |kind: &str| items(principal.get(kind).unwrap_or(&Value::Null)).filter_map(Value::as_str);
    match who {
        // `"AWS": "*"` means everyone, services included.
        Who::Service(service) => {
            names("Service").any(|name| name == service) || names("AWS").any(|name| name == "*")
        }
        Who::Aws { account, arn, identity } => names("AWS").any(|name| {
            name == "*"
                || name == account
                || name == arn
                || name == identity
                || (name.ends_with(":root") && name.split(':').nth(4) == Some(account))
        }),
    }
}

fn holds(condition: &Value, context: &[(&str, &str)]) -> bool {
    let Value::Object(operators) = condition else { return false };
    operators.iter().all(|(operator, keys)| {
        let Value::Object(keys) = keys else { return false };
        let (set, name) = operator.split_once(':').unwrap_or(("", operator));
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        keys.iter().all(|(key, wanted)| {
            // Condition keys ignore case (POL-2).
            let asked: Vec<&str> = context
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case(key))
                .map(|(_, value)| *value)
                .collect();
            let wanted: Vec<String> = items(wanted).map(plain).collect();
            if name == "Null" {
                return wanted.iter().all(|wanted| (wanted == "true") == asked.is_empty());
            }
            let negated = name.contains("Not");
            if asked.is_empty() {
                return if_exists || negated || set == "ForAllValues";
            }
            let fits = |asked: &str| wanted.iter().any(|wanted| compare(name, wanted, asked));
            match (negated, set) {
                (false, "ForAllValues") => asked.iter().all(|asked| fits(asked)),
                (false, _) => asked.iter().any(|asked| fits(asked)),
                (true, _) => !asked.iter().any(|asked| fits(asked)),
            }
        })
    })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Compares one value by the positive form of an operator.
fn compare(operator: &str, wanted: &str, asked: &str) -> bool {
    let numbers = || Some((asked.parse::<f64>().ok()?, wanted.parse::<f64>().ok()?));
    let times = || Some((asked.parse::<jiff::Timestamp>().ok()?, wanted.parse::<jiff::Timestamp>().ok()?));
    match operator {
        "StringEquals" | "StringNotEquals" | "BinaryEquals" => wanted == asked,
        "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => wanted.eq_ignore_ascii_case(asked),
        "StringLike" | "StringNotLike" | "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => {
            glob(wanted, asked)
        }
        "Bool" => wanted.eq_ignore_ascii_case(asked),
        "IpAddress" | "NotIpAddress" => {
            match (asked.parse::<std::net::IpAddr>(), wanted.parse::<ipnet::IpNet>()) {
                (Ok(address), Ok(net)) => net.contains(&address),
                _ => wanted == asked,
            }
        }
        "NumericEquals" | "NumericNotEquals" => numbers().is_some_and(|(a, b)| (a - b).abs() < f64::EPSILON),
        "NumericLessThan" => numbers().is_some_and(|(a, b)| a < b),
        "NumericLessThanEquals" => numbers().is_some_and(|(a, b)| a <= b),
        "NumericGreaterThan" => numbers().is_some_and(|(a, b)| a > b),
        "NumericGreaterThanEquals" => numbers().is_some_and(|(a, b)| a >= b),
        "DateEquals" | "DateNotEquals" => times().is_some_and(|(a, b)| a == b),
        "DateLessThan" => times().is_some_and(|(a, b)| a < b),
        "DateLessThanEquals" => times().is_some_and(|(a, b)| a <= b),
        "DateGreaterThan" => times().is_some_and(|(a, b)| a > b),
        "DateGreaterThanEquals" => times().is_some_and(|(a, b)| a >= b),
        _ => false,
    }
}

/// Whether text fits a pattern with `*` and `?`.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was and how much text it takes so far: on a mismatch it takes one byte more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    p = at + 1;
                    t = taken + 1;
                    star = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main";
    const POLICY: &str = r#"{"Statement":[
        {"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",
         "Resource":"arn:aws:s3:::logs/AWSLogs/123456789012/*",
         "Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","AWS:SourceArn":
         "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"}}},
        {"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
         "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

    fn ask(context: &[(&str, &str)], resource: &str) -> Decision {
        let who = Who::Service("cloudtrail.amazonaws.com");
        decide(POLICY, &Question { who, action: "s3:PutObject", resource, context })
    }

    #[test]
    fn conditions_decide_whether_a_statement_speaks() {
        let object = "arn:aws:s3:::logs/AWSLogs/123456789012/x";
        let full = [("s3:x-amz-acl", "bucket-owner-full-control"), ("aws:SourceArn", TRAIL)];
        assert_eq!(ask(&full, object), Decision::Allowed);
        assert_eq!(ask(&full[..1], object), Decision::Silent);
        assert_eq!(ask(&full, "arn:aws:s3:::logs/other"), Decision::Silent);
        let plain = [full[0], full[1], ("aws:SecureTransport", "false")];
        assert_eq!(ask(&plain, object), Decision::Denied);
    }

    #[test]
    fn an_account_stands_for_everyone_in_it() {
        let policy = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}}"#;
        let ask = |account| {
            let who = Who::Aws { account, arn: "arn:a", identity: "arn:b" };
            decide(policy, &Question { who, action: "sts:assumerole", resource: "*", context: &[] })
        };
        assert_eq!((ask("111122223333"), ask("444455556666")), (Decision::Allowed, Decision::Silent));
    }

    #[test]
    fn patterns_match_as_aws_matches() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b", "xaxxb", true),
            ("a*b", "ac", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
