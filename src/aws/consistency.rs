//! The one retry table for eventual consistency (aws-truths part 2).
//!
//! The SDK retries transport faults and throttling. It does not retry answers that are only true
//! because another replica has not heard yet. Those are listed here, each with the reason without
//! which it is reported at once: this run must have written something the answer may not show yet.

use std::time::Duration;

use super::error::{Class, Error};
use super::reads::is_read;
use super::run::Run;

/// One answer that deserves patience.
#[derive(Debug)]
pub struct ConsistencyRule {
    /// The truth it rests on.
    pub truth: &'static str,
    /// The service that answers it, by IAM prefix.
    pub service: &'static str,
    /// The wire code: exact, or its end where it starts with `*`.
    pub code: &'static str,
    /// Lower-case text the message must contain, where the code alone says too little.
    pub message: &'static str,
    /// Kinds of which this run must have written one; empty where AWS asks for a retry in any case.
    pub wrote: &'static [&'static str],
    /// How long to be patient, in seconds.
    pub budget: u64,
}

const fn rule(
    truth: &'static str,
    service: &'static str,
    code: &'static str,
    message: &'static str,
    wrote: &'static [&'static str],
    budget: u64,
) -> ConsistencyRule {
    ConsistencyRule { truth, service, code, message, wrote, budget }
}

const ROLES: &[&str] = &["iam.role"];
const NETWORK: &[&str] = &[
    "ec2.vpc",
    "ec2.subnet",
    "ec2.internet-gateway",
    "ec2.egress-only-internet-gateway",
    "ec2.route-table",
    "ec2.elastic-ip",
    "ec2.nat-gateway",
    "ec2.vpc-endpoint",
    "ec2.security-group",
    "ec2.network-acl",
    "ec2.launch-template",
    "ec2.flow-log",
];

const BALANCED: &[&str] = &["autoscaling.group", "elb.target-group", "elb.load-balancer"];

/// The table. Writes only: a read that says "not found" is an answer, and `settle` asks again.
pub const RULES: &[ConsistencyRule] = &[
    rule("KMS-8", "kms", "NotFoundException", "", &["kms.key"], 120),
    rule("KMS-8", "kms", "DisabledException", "", &["kms.key"], 600),
    rule("KMS-5", "kms", "MalformedPolicyDocumentException", "invalid principals", ROLES, 120),
    rule("S3-19", "s3", "NoSuchBucket", "", &["s3.bucket"], 120),
    rule("S3-19", "s3", "OperationAborted", "", &["s3.bucket"], 180),
    rule("S3-6", "s3", "AccessDenied", "", &["s3.bucket", "s3.account-public-access"], 30),
    rule("S3-19", "s3", "MalformedPolicy", "invalid principal", ROLES, 120),
    rule("S3-16", "s3", "InvalidTargetBucketForLogging", "", &["s3.bucket"], 60),
    rule("CT-11", "cloudtrail", "ConflictException", "", &[], 300),
    rule("CT-10", "cloudtrail", "InsufficientS3BucketPolicyException", "", &["s3.bucket"], 120),
    rule("CT-10", "cloudtrail", "InsufficientEncryptionPolicyException", "", &["s3.bucket", "kms.key"], 120),
    rule("CT-10", "cloudtrail", "KmsException", "", &["kms.key"], 120),
    rule("CT-12", "cloudtrail", "TrailNotFoundException", "", &["cloudtrail.trail"], 120),
    // Not the policy that is attached: a managed policy that does not exist never will.
    rule("IAM-6", "iam", "NoSuchEntity", "role with name", ROLES, 120),
    rule("IAM-6", "iam", "NoSuchEntity", "instance profile", ROLES, 120),
    rule("IAM-6", "iam", "InvalidParameterValue", "invalid iam instance profile", ROLES, 120),
    rule("IAM-3", "iam", "MalformedPolicyDocument", "invalid principal", ROLES, 120),
    rule("IAM-11", "iam", "ConcurrentModification", "", &[], 120),
    rule("IAM-12", "iam", "DeleteConflict", "", ROLES, 120),
    // Each code names one kind: an image or a prefix list that does not exist never will.
    rule("NET-10", "ec2", "InvalidVpcID.NotFound", "", &["ec2.vpc"], 300),
    rule("NET-10", "ec2", "InvalidSubnetID.NotFound", "", &["ec2.subnet"], 300),
    rule("NET-10", "ec2", "InvalidInternetGatewayID.NotFound", "", &["ec2.internet-gateway"], 300),
    rule("NET-10", "ec2", "InvalidGatewayID.NotFound", "", &["ec2.internet-gateway"], 300),
    rule(
        "NET-10",
        "ec2",
        "InvalidEgressOnlyInternetGatewayId.NotFound",
        "",
        &["ec2.egress-only-internet-gateway"],
        300,
    ),
    rule("NET-10", "ec2", "InvalidRouteTableID.NotFound", "", &["ec2.route-table", "ec2.vpc"], 300),
    rule("NET-10", "ec2", "InvalidRoute.NotFound", "", &["ec2.route-table"], 300),
    rule("NET-10", "ec2", "InvalidAllocationID.NotFound", "", &["ec2.elastic-ip"], 300),
    rule("NET-10", "ec2", "InvalidAssociationID.NotFound", "", NETWORK, 300),
    rule("NET-10", "ec2", "InvalidNetworkAclID.NotFound", "", &["ec2.network-acl", "ec2.vpc"], 300),
    rule("NET-10", "ec2", "InvalidNetworkAclEntry.NotFound", "", &["ec2.network-acl"], 300),
    rule("NET-10", "ec2", "InvalidGroup.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    rule("NET-10", "ec2", "InvalidGroupId.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    rule("NET-10", "ec2", "InvalidPermission.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    rule("NET-10", "ec2", "InvalidSecurityGroupRuleId.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    rule("NET-10", "ec2", "InvalidFlowLogId.NotFound", "", &["ec2.flow-log"], 300),
    rule("NET-10", "ec2", "InvalidNatGatewayID.NotFound", "", &["ec2.nat-gateway"], 300),
    rule("NET-10", "ec2", "InvalidLaunchTemplateId.NotFound", "", &["ec2.launch-template"], 300),
    rule("NET-10", "ec2", "InvalidVpcEndpointId.NotFound", "", &["ec2.vpc-endpoint"], 300),
    rule("NET-10", "ec2", "InvalidRouteTableId.NotFound", "", &["ec2.route-table", "ec2.vpc"], 300),
    rule("SG-5", "ec2", "InvalidSecurityGroupID.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    rule("NET-10", "ec2", "NatGatewayNotFound", "", &["ec2.nat-gateway"], 300),
    rule("NET-11", "ec2", "InvalidParameterException", "", &["ec2.route-table"], 300),
    rule("NET-11", "ec2", "IncorrectState", "", NETWORK, 300),
    rule("NET-13", "ec2", "DependencyViolation", "", NETWORK, 300),
    rule("NET-14", "ec2", "AuthFailure", "", &["ec2.nat-gateway"], 300),
    rule("NET-14", "ec2", "InvalidIPAddress.InUse", "", &["ec2.nat-gateway"], 300),
    rule("IAM-8", "ec2", "InvalidParameterValue", "iam instance profile", ROLES, 120),
    rule("IAM-8", "ec2", "InvalidParameterValue", "iaminstanceprofile", ROLES, 120),
    rule(
        "ELB-4",
        "elasticloadbalancing",
        "InvalidSubnet",
        "no internet gateway",
        &["ec2.internet-gateway"],
        120,
    ),
    rule("ELB-4", "elasticloadbalancing", "*NotFound", "", NETWORK, 120),
    rule("ELB-4", "elasticloadbalancing", "InvalidSecurityGroup", "", &["ec2.security-group"], 120),
    rule(
        "ELB-6",
        "elasticloadbalancing",
        "InvalidConfigurationRequest",
        "access denied for bucket",
        &["s3.bucket"],
        60,
    ),
    rule("ELB-7", "elasticloadbalancing", "CertificateNotFound", "", &["elb.load-balancer"], 300),
    rule("ELB-3", "elasticloadbalancing", "ResourceInUse", "currently in use", &["elb.load-balancer"], 120),
    rule("IAM-7", "autoscaling", "ValidationError", "invalid iam instance profile", ROLES, 120),
    rule("LT-4", "autoscaling", "ValidationError", "launch template", &["ec2.launch-template"], 120),
    rule("ASG-4", "autoscaling", "ResourceContention", "", &[], 120),
    rule("ASG-3", "autoscaling", "ServiceLinkedRoleFailure", "", &[], 120),
    rule("ASG-3", "autoscaling", "ValidationError", "target group", BALANCED, 120),
];

/// Whether an answer names roles, and none that this run wrote: those it does not know will not appear.
fn names_only_others(error: &Error, run: &Run) -> bool {
    let named = error.named();
    let is_role =
        |name: &str| name.contains(":role/") || error.message.contains(&format!("with name {name} "));
    let mut roles = named.into_iter().filter(|name| is_role(name)).peekable();
    roles.peek().is_some() && !roles.any(|name| run.wrote_named(name))
}

impl ConsistencyRule {
    fn matches(&self, error: &Error, run: &Run) -> bool {
        let code = match self.code.strip_prefix('*') {
            Some(end) => error.code.ends_with(end),
            None => error.code == self.code,
        };
        code && self.service == error.service
            && error.message.to_lowercase().contains(self.message)
            && (self.wrote.is_empty() || run.wrote_any(self.wrote))
            && (self.wrote != ROLES || !names_only_others(error, run))
    }
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
    RULES.iter().find(|rule| rule.matches(error, run)).map(|rule| Duration::from_secs(rule.budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(service: &str, operation: &str, code: &str, message: &str) -> Error {
        Error::reported(service, operation, code, message)
    }

    #[test]
    fn every_rule_is_patient_with_its_answer_only_when_this_run_gave_a_reason() {
        for rule in RULES {
            let code = rule.code.replace('*', "InvalidThing");
            let error = answer(rule.service, "CreateThing", &code, rule.message);
            let run = Run::default();
            let earlier = RULES.iter().any(|r| r.wrote.is_empty() && r.matches(&error, &run));
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
