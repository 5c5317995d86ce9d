//! Whether a bucket policy is public, as Block Public Access understands it.

use serde_json::Value;

/// Condition keys that, with fixed values, make a grant to everyone private.
const NARROWING: &[&str] = &[
    "aws:sourceip",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Whether a policy lets in everyone.
pub(super) fn is_public(policy: &str) -> bool {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    statements.into_iter().any(|statement| {
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && (statement.get("NotPrincipal").is_some()
                || statement.get("Principal").is_some_and(is_everyone))
            && !statement.get("Condition").is_some_and(narrows)
    })
}

fn is_everyone(principal: &Value) -> bool {
    let star = |value: &Value| match value {
        Value::String(name) => name == "*",
        Value::Array(names) => names.iter().any(|name| name == "*"),
        _ => false,
    };
    star(principal) || principal.get("AWS").is_some_and(star)
}

fn narrows(condition: &Value) -> bool {
    let fixed = |value: &Value| {
        let open = |text: &str| text == "*" || text == "0.0.0.0/0" || text == "::/0";
        match value {
            Value::Array(values) => values.iter().all(|value| !value.as_str().is_some_and(open)),
            value => !value.as_str().is_some_and(open),
        }
    };
    condition.as_object().into_iter().flatten().any(|(operator, keys)| {
        !operator.contains("Not")
            && !operator.ends_with("IfExists")
            && keys
                .as_object()
                .into_iter()
                .flatten()
                .any(|(key, values)| NARROWING.contains(&key.to_ascii_lowercase().as_str()) && fixed(values))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(rest: &str) -> bool {
        is_public(&format!(r#"{{"Statement":{{"Action":"s3:*","Resource":"*",{rest}}}}}"#))
    }

    #[test]
    fn only_what_lets_everyone_in_is_public() {
        assert!(public(r#""Effect":"Allow","Principal":"*""#));
        assert!(public(r#""Effect":"Allow","Principal":{"AWS":["*"]}"#));
        let tls = r#""Condition":{"Bool":{"aws:SecureTransport":"true"}}"#;
        assert!(public(&format!(r#""Effect":"Allow","Principal":"*",{tls}"#)));
        assert!(!public(r#""Effect":"Deny","Principal":"*""#));
        assert!(!public(r#""Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"}"#));
        let ours = r#""Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#;
        assert!(!public(&format!(r#""Effect":"Allow","Principal":"*",{ours}"#)));
    }
}
