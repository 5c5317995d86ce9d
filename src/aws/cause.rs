//! Why AWS refused, where that decides what a person does next.

use super::error::{Class, ENDPOINT, Error};
use crate::model::{Unread, Why};
use crate::operations::is_read;

/// Why AWS refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No policy allows it.
    Permission,
    /// A policy of the organization denies it; no policy of the account can allow it.
    Organization,
    /// The policy on the resource itself denies it, which no other policy can allow.
    OnResource,
    /// A policy of the caller's own denies it.
    OnCaller,
    /// The region is not enabled in this account: its answers look like those to unknown credentials (ACC-6).
    RegionNotEnabled,
    /// The name belongs to another account.
    AnotherAccount,
    /// It lies in another region.
    AnotherRegion,
    /// Anything else.
    Other,
}

/// Why the caller cannot be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCaller {
    /// The credentials have expired.
    Expired,
    /// AWS does not know them; a region that is not enabled says the same.
    Unknown,
    /// The region is not enabled in this account.
    RegionNotEnabled,
    /// There are none.
    Missing,
    /// A policy denies the question.
    Denied,
    /// AWS does not answer.
    Unreachable,
    /// The endpoints that are set are not used.
    Endpoint,
    /// Anything else.
    Other,
}

/// What a person does about a region that answers as if it were not enabled.
pub const REGION_NOT_ENABLED: &str = "enable the region in this account, or choose another one";
const NOT_ENABLED: &[&str] = &["OptInRequired", "RegionDisabledException", "RegionDisabled"];
/// What a service answers in an account that AWS has not activated yet ("Common Error Types"; "Error responses", Amazon S3 API).
const NOT_SIGNED_UP: &[&str] = &["NotSignedUp", "SubscriptionRequiredException"];
/// What a person does about it.
const NOT_ACTIVE: &str = "wait until AWS has activated the account, then plan again";
/// What a region that is not enabled answers to a caller it does not know (ACC-6).
const UNKNOWN: &[&str] = &[
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "AuthFailure",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
];
const EXPIRED: &[&str] = &["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
/// What the SDK says where it finds no credentials; it gives these answers no code.
const NO_CREDENTIALS: &[&str] = &[
    "CredentialsNotLoaded",
    "no providers in chain",
    "ProfileNotFound",
    "could not find profile",
    "redential",
];

impl Error {
    /// Why AWS refused.
    pub fn cause(&self) -> Cause {
        // AWS's own words, which it documents ("Troubleshoot access denied error messages", IAM user guide).
        let denied_by = |policy: &str| {
            ["a", "an"]
                .iter()
                .any(|article| self.message.contains(&format!("explicit deny in {article} {policy}")))
        };
        let code = self.code.as_str();
        if self.class == Class::Elsewhere {
            if code == "PermanentRedirect" || code == "AuthorizationHeaderMalformed" {
                Cause::AnotherRegion
            } else {
                Cause::AnotherAccount
            }
        } else if denied_by("service control policy") || denied_by("resource control policy") {
            Cause::Organization
        } else if denied_by("resource-based policy") {
            Cause::OnResource
        } else if ["identity-based policy", "permissions boundary", "session policy"]
            .iter()
            .any(|it| denied_by(it))
        {
            Cause::OnCaller
        } else if NOT_ENABLED.contains(&code) || (UNKNOWN.contains(&code) && is_read(&self.operation)) {
            Cause::RegionNotEnabled
        } else if self.class == Class::Denied {
            Cause::Permission
        } else {
            Cause::Other
        }
    }

    /// The call that AWS checked inside this one and refused in other words than those of a missing permission: CreateKey and
    /// PutKeyPolicy ask whether the caller could write the next key policy (KMS-4).
    pub fn refused_within(&self) -> Option<&'static str> {
        let is_lockout = self.code == "MalformedPolicyDocumentException"
            && self.message.contains("will not allow you to update the key policy");
        (self.service == "kms" && is_lockout).then_some("kms:PutKeyPolicy")
    }

    /// The read that this refused or kept from an answer; what the caller lacks is worked out only where a call was denied.
    pub fn unread(&self, lacking: impl FnOnce() -> String) -> Unread {
        let why = Why::of(self.class == Class::Denied, self.is_not_active());
        let lacking = if why == Why::Denied { lacking() } else { String::new() };
        let (regions, next) = (Vec::new(), self.remedy().to_owned());
        Unread { call: self.call(), why, lacking, regions, next, message: self.said() }
    }

    /// What a person does next about this cause; nothing where a missing permission, or AWS's words, say it.
    pub fn remedy(&self) -> &'static str {
        if NOT_SIGNED_UP.contains(&self.code.as_str()) {
            return NOT_ACTIVE;
        }
        match self.cause() {
            Cause::Organization => {
                "a policy of the organization denies it, which no policy of this account can allow: change it there, or \
                 do without"
            }
            Cause::OnResource => {
                "the policy of the resource itself denies it, which no other policy can allow: change that policy with \
                 credentials that it spares, or as the root user of the account"
            }
            Cause::OnCaller => {
                "a policy of these credentials denies it, which no other policy can allow: change that one, or use others"
            }
            Cause::RegionNotEnabled => REGION_NOT_ENABLED,
            Cause::AnotherAccount => "declare another name",
            Cause::AnotherRegion => "declare it in a file for that region, or under another name",
            Cause::Permission | Cause::Other => "",
        }
    }

    /// Whether the account, the region or the service is not active yet.
    pub fn is_not_active(&self) -> bool {
        [NOT_ENABLED, NOT_SIGNED_UP].concat().contains(&self.code.as_str())
    }

    /// Why this answer to the first call, which asks who the caller is, names none.
    pub fn no_caller(&self) -> NoCaller {
        let code = self.code.as_str();
        let says = |words: &[&str]| words.iter().any(|word| self.message.contains(word));
        if EXPIRED.contains(&code) || (code.is_empty() && says(&["oken has expired"])) {
            NoCaller::Expired
        } else if code == ENDPOINT {
            NoCaller::Endpoint
        } else if NOT_ENABLED.contains(&code) {
            NoCaller::RegionNotEnabled
        } else if UNKNOWN.contains(&code) {
            NoCaller::Unknown
        } else if code.is_empty() && says(NO_CREDENTIALS) {
            NoCaller::Missing
        } else if self.class == Class::Denied {
            NoCaller::Denied
        } else if self.class == Class::Ambiguous || (code.is_empty() && says(&["dispatch failure"])) {
            NoCaller::Unreachable
        } else {
            NoCaller::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_by_code_and_by_the_words_that_aws_documents() {
        for (operation, code, message, cause) in [
            ("DescribeVpcs", "UnauthorizedOperation", "You are not authorized", Cause::Permission),
            (
                "DescribeInstances",
                "UnauthorizedOperation",
                "User: arn:aws:iam::1:user/a is not authorized to perform: ec2:DescribeInstances with an explicit \
                 deny in a service control policy",
                Cause::Organization,
            ),
            (
                "DescribeInstances",
                "UnauthorizedOperation",
                "User: arn:aws:iam::1:user/a is not authorized to perform: ec2:DescribeInstances with an explicit \
                 deny in an identity-based policy",
                Cause::OnCaller,
            ),
            (
                "GetBucketPolicy",
                "AccessDenied",
                "User: arn:aws:iam::1:user/a is not authorized to perform: s3:GetBucketPolicy on resource: \
                 arn:aws:s3:::b with an explicit deny in a resource-based policy",
                Cause::OnResource,
            ),
            (
                "DescribeVpcs",
                "OptInRequired",
                "You are not subscribed to this service",
                Cause::RegionNotEnabled,
            ),
            ("DescribeVpcs", "AuthFailure", "AWS was not able to validate", Cause::RegionNotEnabled),
            // Of an elastic address that the gateway does not hold yet (NET-14).
            ("ReleaseAddress", "AuthFailure", "You do not have permission", Cause::Permission),
            ("DescribeTrails", "UnrecognizedClientException", "", Cause::RegionNotEnabled),
            ("GetBucketPolicy", "PermanentRedirect", "", Cause::AnotherRegion),
            ("CreateBucket", "BucketAlreadyExists", "", Cause::AnotherAccount),
            ("DescribeVpcs", "InternalError", "", Cause::Other),
        ] {
            let error = Error::reported("ec2", operation, code, message);
            assert_eq!(error.cause(), cause, "{operation} {code}");
            let told = matches!(cause, Cause::Permission | Cause::Other) || !error.remedy().is_empty();
            assert!(told, "{code} has no next step");
        }
    }
}
