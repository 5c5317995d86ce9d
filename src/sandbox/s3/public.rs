//! Whether a bucket policy is public, as Block Public Access understands it.

use crate::policy::{Policy, reach};

/// Whether a policy lets in everyone.
pub(in crate::sandbox) fn is_public(policy: &str) -> bool {
    Policy::parse(policy).is_ok_and(|policy| !reach(&policy).is_empty())
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
