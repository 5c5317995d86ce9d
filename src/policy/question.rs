//! What a resource policy or a trust policy says to one question.
//!
//! For the checks that AWS makes before it accepts something: CreateTrail's look at bucket and key policies
//! (CT-4, CT-5), access logs of load balancers, AssumeRole.

use super::context::Context;
use super::evaluate::Ask;
use super::principal::Who;
use super::statement::Policy;

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
    let Ok(policy) = Policy::parse(policy) else { return Decision::Silent };
    let context =
        question.context.iter().fold(Context::complete(), |known, (key, value)| known.with(key, *value));
    let ask =
        Ask { who: question.who, action: question.action, resource: question.resource, context: &context };
    if policy.denying(&ask).is_some() {
        Decision::Denied
    } else if policy.allowing(&ask).is_some() {
        Decision::Allowed
    } else {
        Decision::Silent
    }
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
}
