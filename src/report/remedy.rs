//! What to do about a departure from a rule, whatever it was found at. A finding names the thing, and often the command.

/// Every rule with what to do, by practice.
const REMEDIES: &[(&str, &str)] = &[
    (
        "root-access-keys",
        "Move what uses the keys to a role, then sign in as the root user and delete them under Security credentials.",
    ),
    (
        "root-unused",
        "Look in the CloudTrail event history of us-east-1 for what root did, and give whoever did it a role of their own.",
    ),
    ("root-mfa", "Sign in as the root user and assign a device under Multi-factor authentication."),
    ("root-hardware-mfa", "Sign in as the root user, assign a security key or a token, and remove the app."),
    ("user-mfa", "Let the user assign a device under Security credentials, or delete the login profile."),
    (
        "user-hardware-mfa",
        "Let the user assign a security key or a token under Security credentials, and remove the app.",
    ),
    (
        "administrators",
        "Take the rights of those who do not need them, or name them in `admins` of `[users]`.",
    ),
    (
        "privilege-escalation",
        "Bind the grant that leads to more rights to the resources it is meant for, or name whoever has it in `admins` of `[users]`.",
    ),
    ("administrator-count", "Take the rights of those who do not need them."),
    ("instance-profile", "Associate an instance profile with the instance, and take the access keys off it."),
    (
        "instance-imdsv2",
        "Require tokens: aws ec2 modify-instance-metadata-options --http-tokens required. `imdsv2 = \"required\"` in `[account]` does it for new instances.",
    ),
    (
        "policy-everything",
        "Replace the policy by one that lists the actions that were used: IAM shows them under last accessed information.",
    ),
    ("policy-whole-service", "List the actions that were used in place of `service:*`."),
    ("policy-secrets", "Name the secrets, keys and roles in `Resource` in place of `*`."),
    (
        "cloudshell-full-access",
        "Attach a policy without cloudshell:GetFileDownloadUrls and cloudshell:GetFileUploadUrls in its place.",
    ),
    (
        "server-certificate-expired",
        "See that no load balancer uses it, then delete it: aws iam delete-server-certificate.",
    ),
    ("unused-services", "Take the services that were not used out of the policies of the user or role."),
    (
        "trail-in-every-region",
        "Let a trail record every region and its management events: aws cloudtrail update-trail --is-multi-region-trail, and start-logging.",
    ),
    (
        "trail-global-events-once",
        "Keep one trail that records global events, and take them off the others or delete these.",
    ),
    ("trail-validation", "Switch digests on: aws cloudtrail update-trail --enable-log-file-validation."),
    (
        "trail-encryption",
        "Give the trail a key of KMS whose policy lets CloudTrail in: aws cloudtrail update-trail --kms-key-id.",
    ),
    (
        "trail-bucket-logging",
        "Log into another bucket of the region, or declare the bucket with `access_log`.",
    ),
    (
        "trail-bucket-retention",
        "Raise the days of the lifecycle rules that end log files, or lock the objects.",
    ),
    (
        "trail-tampering",
        "Take these actions out of the grants, or deny them to everybody but administrators by a boundary or a service control policy.",
    ),
    ("key-rotation", "Switch rotation on: aws kms enable-key-rotation."),
    (
        "vpc-flow-logs",
        "Delete default VPCs in which nothing runs, and make flow logs for the others, or declare the network with `flow_logs`.",
    ),
    ("access-key-age", "Replace the key, for which there is `baseline rotate`, and deactivate the old one."),
    ("credentials-unused", "Delete the login profile, and deactivate the key and delete it later."),
    ("active-keys", "Deactivate the key that is not used, and delete it once nobody misses it."),
    (
        "role-trust-everybody",
        "Name the accounts, or the subjects of the identity provider, that need the role in its trust policy.",
    ),
    (
        "role-trust-unknown-account",
        "Name the account in `trusted_accounts` of `[audit]` if you know whose it is; otherwise take it out of the trust policy.",
    ),
    (
        "role-trust-unguarded",
        "Ask for sts:ExternalId where a program assumes the role, and for aws:MultiFactorAuthPresent where people do.",
    ),
    (
        "role-service-source",
        "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
    ),
    (
        "key-service-source",
        "Add aws:SourceAccount, aws:SourceArn or the encryption context to the statement that lets the service in.",
    ),
    (
        "topic-service-source",
        "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
    ),
    (
        "queue-service-source",
        "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
    ),
    (
        "public-topic",
        "Name who needs the topic as the principal, or bind the statement by an account, organization or source.",
    ),
    (
        "public-queue",
        "Name who needs the queue as the principal, or bind the statement by an account, organization or source.",
    ),
    (
        "open-admin-port",
        "Revoke the rule, or narrow it to the addresses you administer from. Session Manager needs no open port, and `baseline admit` opens one for a while.",
    ),
    ("open-data-port", "Revoke the rule, or narrow it to the security groups of those who need the port."),
    ("load-balancer-plain-http", "Let the listener redirect to HTTPS, or give it a certificate."),
    (
        "load-balancer-old-tls",
        "Choose a TLS policy that takes TLS 1.2 and later: aws elbv2 modify-listener --ssl-policy.",
    ),
    (
        "classic-load-balancer-plain",
        "Make the listener anew with HTTPS or SSL and a certificate, or move to an application load balancer.",
    ),
    (
        "classic-load-balancer-old-tls",
        "Give the listener a policy that takes TLS 1.2 and later: aws elb create-load-balancer-policy.",
    ),
    (
        "vpc-default-group",
        "Revoke all rules of the default group. `[default_network]` does it in every region.",
    ),
    (
        "network-acl-admin-ports",
        "Deny ports 22 and 3389 from the world before the entry that allows them, or narrow that entry.",
    ),
    (
        "public-bucket-read",
        "Take the grant out of the policy or ACL, and block public access of the bucket: aws s3api put-public-access-block.",
    ),
    (
        "public-bucket-write",
        "Take the grant out of the policy or ACL, and block public access of the bucket: aws s3api put-public-access-block.",
    ),
    (
        "bucket-service-source",
        "Add aws:SourceAccount or aws:SourceArn to the statement that lets the service in.",
    ),
    (
        "public-snapshots",
        "Take the share with everybody away: aws ec2 modify-snapshot-attribute or modify-image-attribute. `[account]` blocks new ones.",
    ),
    (
        "shared-snapshots",
        "Name the account in `trusted_accounts` of `[audit]` if you know whose it is; otherwise take the share away.",
    ),
];

/// What to do about a departure from the rule.
pub(super) fn remedy(rule: &str) -> Option<&'static str> {
    REMEDIES.iter().find(|(id, _)| *id == rule).map(|(_, remedy)| *remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::posture::RULES;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_says_what_to_do_and_no_other_does() {
        let told: BTreeSet<&str> = REMEDIES.iter().map(|(id, _)| *id).collect();
        let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(told, rules);
        assert_eq!(REMEDIES.len(), told.len(), "a rule says it twice");
    }
}
