//! Patience with eventual consistency (aws-truths part 2).
//!
//! The SDK retries transport faults and throttling. It does not retry answers that are only true
//! because another replica has not heard yet. Those are listed with the operations of each service, each with the reason without
//! which it is reported at once: this run must have written something the answer may not show yet.

use std::time::Duration;

use super::error::{Class, Error};
use super::run::Run;
use crate::operations::{Lag, ROLES, is_read, lags};

/// Whether an answer names roles, and none that this run wrote: those it does not know will not appear.
fn names_only_others(error: &Error, run: &Run) -> bool {
    let named = error.named();
    let is_role =
        |name: &str| name.contains(":role/") || error.message.contains(&format!("with name {name} "));
    let mut roles = named.into_iter().filter(|name| is_role(name)).peekable();
    roles.peek().is_some() && !roles.any(|name| run.wrote_named(name))
}

/// Whether an answer is one that this run gave a reason for.
fn is_only_lag(lag: &Lag, error: &Error, run: &Run) -> bool {
    let code = match lag.code.strip_prefix('*') {
        Some(end) => error.code.ends_with(end),
        None => error.code == lag.code,
    };
    code && lag.service == error.service
        && error.message.to_lowercase().contains(lag.message)
        && (lag.wrote.is_empty() || run.wrote_any(lag.wrote))
        && (lag.wrote != ROLES || !names_only_others(error, run))
}

/// Whether an operation takes something away, so that "not found" says it is done.
fn takes_away(operation: &str) -> bool {
    ["Delete", "Release", "Detach", "Disassociate", "Remove", "Revoke"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

/// How long a caller who asks too fast waits in all, beyond the SDK's own retries: the longest storm
/// that is waited out, with room to spare.
const STORM: Duration = Duration::from_secs(180);
/// How long the tags and aliases of what this run has made may take to count in policies (KMS-10).
const TAGS_COUNT: Duration = Duration::from_secs(300);
/// How long a read without an answer is asked again, beyond the SDK's own retries.
const NO_ANSWER: Duration = Duration::from_secs(30);

/// How long this run should be patient with that answer; nothing where it is to be believed.
///
/// A call that was refused for its rate had no effect, and a read never has one, so both may be sent
/// again whatever they are. An explicit deny of an organization is final whatever this run wrote (ACC-7).
pub(super) fn patience(error: &Error, run: &Run) -> Option<Duration> {
    let read = is_read(&error.operation);
    match error.class {
        Class::Throttled => return Some(STORM),
        // The first call of all says whether AWS can be reached, and says so at once.
        Class::Ambiguous if read && error.operation != "GetCallerIdentity" => return Some(NO_ANSWER),
        _ => {}
    }
    let final_answer = read
        || (takes_away(&error.operation) && error.is_not_found())
        || error.message.to_lowercase().contains("explicit deny");
    if final_answer {
        return None;
    }
    // A policy that allows by tag denies until the tag counts; what this run did not make has carried its tags for long.
    if error.class == Class::Denied && error.named().into_iter().any(|name| run.made(name)) {
        return Some(TAGS_COUNT);
    }
    lags().find(|lag| is_only_lag(lag, error, run)).map(|lag| Duration::from_secs(lag.budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(service: &str, operation: &str, code: &str, message: &str) -> Error {
        Error::reported(service, operation, code, message)
    }

    #[test]
    fn every_rule_is_patient_with_its_answer_only_when_this_run_gave_a_reason() {
        for rule in lags() {
            let code = rule.code.replace('*', "InvalidThing");
            let error = answer(rule.service, "CreateThing", &code, rule.message);
            let run = Run::default();
            let earlier = lags().any(|lag| lag.wrote.is_empty() && is_only_lag(lag, &error, &run));
            assert_eq!(patience(&error, &run).is_some(), earlier, "{} waits without a reason", rule.truth);
            for kind in rule.wrote {
                let run = Run::default();
                run.note(kind);
                assert!(patience(&error, &run).is_some(), "{} does not wait after {kind}", rule.truth);
            }
        }
    }

    #[test]
    fn what_is_gone_already_is_not_waited_for() {
        let run = Run::default();
        run.note("ec2.vpc");
        let gone = |operation| answer("ec2", operation, "InvalidVpcID.NotFound", "");
        assert_eq!(patience(&gone("DeleteVpc"), &run), None);
        assert!(patience(&gone("CreateSubnet"), &run).is_some());
        let in_use = answer("ec2", "DeleteVpc", "DependencyViolation", "");
        assert!(patience(&in_use, &run).is_some());
    }

    #[test]
    fn only_what_this_run_wrote_is_waited_for() {
        let run = Run::default();
        ["ec2.vpc", "ec2.launch-template", "iam.role"].iter().for_each(|kind| run.note(kind));
        run.note_name("app");
        let principal =
            |role: &str| format!("Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/{role}\"");
        let missing = |role: &str| format!("The role with name {role} cannot be found.");
        for (service, code, message, waits) in [
            ("iam", "MalformedPolicyDocument", principal("app"), true),
            ("iam", "MalformedPolicyDocument", principal("gone"), false),
            ("iam", "MalformedPolicyDocument", "Invalid principal in policy".to_owned(), true),
            ("iam", "NoSuchEntity", missing("app"), true),
            ("iam", "NoSuchEntity", missing("gone"), false),
            ("ec2", "InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist".to_owned(), true),
            ("ec2", "InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist".to_owned(), false),
            ("ec2", "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist".to_owned(), false),
        ] {
            let error = answer(service, "CreateThing", code, &message);
            assert_eq!(patience(&error, &run).is_some(), waits, "{code}: {message}");
        }
    }

    #[test]
    fn a_denial_is_waited_for_only_at_what_this_run_has_made() {
        let run = Run::default();
        run.note("kms.key");
        run.note_made("0a1b");
        let denied = |key: &str, why: &str| {
            let message = format!(
                "User: arn:aws:iam::1:user/a is not authorized to perform: kms:EnableKeyRotation on resource: \
                 arn:aws:kms:eu-west-1:1:key/{key} {why}"
            );
            patience(&answer("kms", "EnableKeyRotation", "AccessDeniedException", &message), &run).is_some()
        };
        let no_policy = "because no identity-based policy allows the kms:EnableKeyRotation action";
        assert!(denied("0a1b", no_policy));
        assert!(!denied("9f9f", no_policy), "its tags have counted for long");
        assert!(!denied("0a1b", "with an explicit deny in an identity-based policy"));
    }

    #[test]
    fn what_had_no_effect_is_sent_again_and_what_may_have_had_one_is_not() {
        let run = Run::default();
        for operation in ["CreateVpc", "DescribeVpcs"] {
            assert!(patience(&answer("ec2", operation, "RequestLimitExceeded", ""), &run).is_some());
        }
        let lost = |operation| Error { class: Class::Ambiguous, ..answer("ec2", operation, "", "") };
        assert!(patience(&lost("DescribeVpcs"), &run).is_some());
        assert_eq!(patience(&lost("CreateVpc"), &run), None);
    }

    #[test]
    fn an_explicit_deny_and_a_read_are_believed_at_once() {
        let run = Run::default();
        run.note("s3.bucket");
        let denied = answer(
            "s3",
            "PutBucketPolicy",
            "AccessDenied",
            "with an explicit deny in a service control policy",
        );
        assert_eq!(patience(&denied, &run), None);
        assert_eq!(patience(&answer("s3", "GetBucketPolicy", "NoSuchBucket", ""), &run), None);
    }
}
