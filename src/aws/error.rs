//! One error for every AWS call, classified by wire code.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::credentials::mask;
use super::read_only::Refusal;

/// What an error means for the decision that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// AWS says by name that the thing does not exist; only this class may be read as absence.
    NotFound,
    /// A thing of that name exists already.
    AlreadyExists,
    /// The caller may not do this; final, and never a sign of absence.
    Denied,
    /// It exists, and is another account's or another region's: neither time nor a permission helps.
    Elsewhere,
    /// The service asked us to slow down, and the SDK's own retries were used up.
    Throttled,
    /// The request may or may not have had its effect: a timeout, a reset or a 5xx answer.
    Ambiguous,
    /// A quota of the account is used up.
    Quota,
    /// Something else still depends on the thing.
    Blocked,
    /// The read-only guard stopped a write: a bug in this program.
    Guard,
    /// Not sent, because somebody asked the run to stop.
    Stopped,
    /// Anything else; shown with its raw code.
    Other,
}

/// A failed AWS call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The service's short name, such as `ec2`; empty where no call was made.
    pub service: String,
    /// The operation, such as `CreateVpc`; empty where no call was made.
    pub operation: String,
    /// What it means.
    pub class: Class,
    /// The wire code, such as `InvalidVpcID.NotFound`.
    pub code: String,
    /// What the service said, without this process's credentials, and not cleaned: never print it without doing so.
    pub message: String,
    /// The id to quote to AWS support.
    pub request_id: Option<String>,
}

impl std::error::Error for Error {}

/// The code of our own refusal of an endpoint.
pub(super) const ENDPOINT: &str = "CustomEndpoint";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}:{}: ", self.service, self.operation)?;
        }
        if !self.code.is_empty() {
            write!(f, "{}: ", self.code)?;
        }
        f.write_str(&self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl Error {
    /// An error of our own, without a call behind it.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self {
            service: String::new(),
            operation: String::new(),
            class: Class::Other,
            code: String::new(),
            message: message.to_string(),
            request_id: None,
        }
    }

    /// What is not done because somebody asked the run to stop.
    pub fn stopped() -> Self {
        Self { class: Class::Stopped, ..Self::internal(Refusal::Stopping) }
    }

    /// A success answer that reports a failure inside (`CreateFlowLogs.Unsuccessful`, NET-9).
    pub fn reported(service: &str, operation: &str, code: &str, message: &str) -> Self {
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            class: classify(code, message, None),
            code: code.to_owned(),
            message: mask(message.to_owned()),
            request_id: None,
        }
    }

    /// The call, such as `s3:GetBucketPolicy`; empty where none was made.
    pub fn call(&self) -> String {
        if self.operation.is_empty() { String::new() } else { format!("{}:{}", self.service, self.operation) }
    }

    /// What AWS said, code and message, not cleaned.
    pub fn said(&self) -> String {
        if self.code.is_empty() { self.message.clone() } else { format!("{}: {}", self.code, self.message) }
    }

    /// Whether the same question will have the same answer for as long as nobody changes anything.
    pub fn is_final(&self) -> bool {
        matches!(self.class, Class::Denied | Class::Elsewhere)
    }

    /// Whether AWS said by name that the thing does not exist.
    pub fn is_not_found(&self) -> bool {
        self.class == Class::NotFound
    }

    /// The entities that the message names: what stands in quotes, ARNs, and names after AWS's own words for them.
    pub fn named(&self) -> Vec<&str> {
        const BEFORE: &[&str] =
            &[" with name ", " with id ", "Policy ", "Instance Profile ", "Unknown trail: "];
        let quoted = self.message.split('\'').skip(1).step_by(2);
        let double = self.message.split('"').skip(1).step_by(2);
        let word = |rest: &'_ str| {
            rest.split([' ', ',', '\'', '"', '(', ')']).next().map(str::len).unwrap_or_default()
        };
        let after = BEFORE.iter().flat_map(|before| {
            self.message.match_indices(before).map(|(at, _)| &self.message[at + before.len()..])
        });
        let arns = self.message.match_indices("arn:").map(|(at, _)| &self.message[at..]);
        let words = after.chain(arns).map(|rest| &rest[..word(rest)]);
        let tidy = |name: &str| -> usize { name.trim_end_matches(['.', ':', ']', '[']).len() };
        quoted
            .chain(double)
            .chain(words)
            .map(|name| name.trim_start_matches('['))
            .map(|name| &name[..tidy(name)])
            .filter(|name| !name.is_empty())
            .collect()
    }

    /// Classifies what the SDK answered.
    pub fn from_sdk<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let (service, operation) = operation_of::<E>();
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let text = || causes(error);
        let (class, message) = match error {
            SdkError::ServiceError(_) => {
                let message = error.message().unwrap_or_default().to_owned();
                let class = classify(&code, &message, status);
                if message.is_empty() && code.is_empty() {
                    let status = status.unwrap_or_default();
                    (class, format!("an answer with HTTP status {status} that could not be understood"))
                } else {
                    (class, message)
                }
            }
            SdkError::TimeoutError(_) => (Class::Ambiguous, "no answer in time".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
                (Class::Ambiguous, text())
            }
            SdkError::ResponseError(_) => (Class::Ambiguous, text()),
            SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) => match Refusal::behind(error) {
                Some(Refusal::ReadOnly(_)) => (Class::Guard, text()),
                Some(refusal @ (Refusal::Stopping | Refusal::LeaseRanOut)) => {
                    (Class::Stopped, refusal.to_string())
                }
                None => (Class::Other, text()),
            },
            _ => (Class::Other, text()),
        };
        let request_id = error
            .raw_response()
            .and_then(|r| r.headers().get("x-amzn-requestid").or_else(|| r.headers().get("x-amz-request-id")))
            .map(str::to_owned);
        let message = match region_of_bucket(error) {
            Some(region) if class == Class::Elsewhere => format!("{message} The bucket is in {region}."),
            Some(_) | None => message,
        };
        Self { service, operation, class, code: mask(code), message: mask(message), request_id }
    }
}

/// Where S3 says the bucket is.
fn region_of_bucket<E>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.raw_response()?.headers().get("x-amz-bucket-region")
}

/// The chain of causes, without the debug form, which would show requests and answers in full.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(current) = cause {
        let text = current.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        cause = current.source();
    }
    texts.join(": ")
}

impl From<crate::model::UnresolvedLink> for Error {
    fn from(link: crate::model::UnresolvedLink) -> Self {
        Self::internal(link)
    }
}

impl From<crate::model::DecodeError> for Error {
    fn from(error: crate::model::DecodeError) -> Self {
        Self::internal(error)
    }
}

/// The call whose error type this is, such as `s3:GetBucketPolicy`.
pub(super) fn call_of<E>() -> String {
    let (service, operation) = operation_of::<E>();
    format!("{service}:{operation}")
}

/// Service and operation, read off the path of the SDK's error type
/// (`aws_sdk_ec2::operation::create_vpc::CreateVpcError`), so that no call site repeats them.
fn operation_of<E>() -> (String, String) {
    let path = std::any::type_name::<E>();
    let service = path.split("::").next().unwrap_or_default().trim_start_matches("aws_sdk_");
    let operation = path.rsplit("::").next().unwrap_or_default().trim_end_matches("Error");
    let service = match service {
        "elasticloadbalancingv2" => "elasticloadbalancing",
        "resourcegroupstagging" => "tag",
        other => other,
    };
    (service.to_owned(), operation.to_owned())
}

/// The class of a wire code; the lists are aws-truths 2.2.
fn classify(code: &str, message: &str, status: Option<u16>) -> Class {
    const NOT_FOUND: &[&str] = &[
        "NoSuchEntity",
        "NotFoundException",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchAccessPointPolicy",
        "NoSuchMultiRegionAccessPoint",
        "NoSuchLifecycleConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
        "ObjectLockConfigurationNotFoundError",
        "NoSuchTagSet",
        "NoSuchTagSetError",
        "TrailNotFoundException",
        "InsightNotEnabledException",
        "NatGatewayNotFound",
        "Gateway.NotAttached",
        "LoadBalancerNotFound",
        "TargetGroupNotFound",
        "ListenerNotFound",
        "InvalidLaunchTemplateName.NotFoundException",
        "InvalidLaunchTemplateId.VersionNotFound",
        "ParameterNotFound",
    ];
    const EXISTS: &[&str] = &[
        "AlreadyExistsException",
        "ResourceExistsException",
        "BucketAlreadyOwnedByYou",
        "TrailAlreadyExistsException",
        "EntityAlreadyExists",
        "InvalidGroup.Duplicate",
        "InvalidPermission.Duplicate",
        "NetworkAclEntryAlreadyExists",
        "RouteAlreadyExists",
        "InvalidSubnet.Conflict",
        "Resource.AlreadyAssociated",
        "FlowLogAlreadyExists",
        "InvalidLaunchTemplateName.AlreadyExistsException",
        "DuplicateLoadBalancerName",
        "DuplicateTargetGroupName",
        "DuplicateListener",
        "ParameterAlreadyExists",
        "AlreadyExists",
    ];
    const DENIED: &[&str] = &[
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "UnauthorizedOperation",
        "AuthFailure",
        "OptInRequired",
        "RegionDisabledException",
        "MethodNotAllowed",
        "AllAccessDisabled",
        "Forbidden",
    ];
    const ELSEWHERE: &[&str] = &["BucketAlreadyExists", "PermanentRedirect", "AuthorizationHeaderMalformed"];
    const THROTTLED: &[&str] = &[
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
        "EC2ThrottledException",
    ];
    const BLOCKED: &[&str] = &[
        "DependencyViolation",
        "InvalidGroup.InUse",
        "InvalidIPAddress.InUse",
        "DeleteConflict",
        "ResourceInUse",
        "BucketNotEmpty",
        "ScalingActivityInProgress",
        "InstanceRefreshInProgress",
    ];
    if NOT_FOUND.contains(&code)
        || (code.starts_with("Invalid") && code.ends_with(".NotFound"))
        || (code == "ValidationError" && message.contains("not found"))
    {
        Class::NotFound
    } else if EXISTS.contains(&code) {
        Class::AlreadyExists
    } else if ELSEWHERE.contains(&code) {
        Class::Elsewhere
    } else if DENIED.contains(&code) {
        Class::Denied
    } else if THROTTLED.contains(&code) {
        Class::Throttled
    } else if BLOCKED.contains(&code) {
        Class::Blocked
    } else if code.contains("LimitExceeded")
        || code.starts_with("TooMany")
        || code.starts_with("MaximumNumber")
    {
        Class::Quota
    } else if status.is_some_and(|status| status >= 500) {
        Class::Ambiguous
    } else if code.is_empty() && status == Some(403) {
        Class::Denied
    } else {
        Class::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_codes_mean_absence() {
        assert_eq!(classify("InvalidVpcID.NotFound", "", Some(400)), Class::NotFound);
        assert_eq!(
            classify("ValidationError", "AutoScalingGroup name not found - x", Some(400)),
            Class::NotFound
        );
        // A bare 404 or 403 has no name, so it is not absence (truth 1).
        assert_eq!(classify("", "", Some(404)), Class::Other);
        assert_eq!(classify("", "", Some(403)), Class::Denied);
        assert_eq!(classify("AuthFailure", "", Some(400)), Class::Denied);
    }

    #[test]
    fn quotas_are_told_from_throttling() {
        assert_eq!(classify("RequestLimitExceeded", "", Some(503)), Class::Throttled);
        assert_eq!(classify("VpcLimitExceeded", "", Some(400)), Class::Quota);
        assert_eq!(classify("LimitExceededException", "", Some(400)), Class::Quota);
    }

    #[test]
    fn what_a_message_names_is_told_from_its_other_words() {
        for (message, named) in [
            ("The user with name left.us cannot be found.", vec!["left.us"]),
            ("The vpc ID 'vpc-1' does not exist", vec!["vpc-1"]),
            ("The image id '[ami-1]' does not exist", vec!["ami-1"]),
            (
                "Policy arn:aws:iam::aws:policy/Gone does not exist or is not attachable.",
                vec!["arn:aws:iam::aws:policy/Gone", "arn:aws:iam::aws:policy/Gone"],
            ),
            (
                "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/a\"",
                vec!["AWS", "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a"],
            ),
            ("The specified bucket does not exist", vec![]),
        ] {
            assert_eq!(Error::internal(message).named(), named, "{message}");
        }
    }

    #[test]
    fn service_and_operation_come_from_the_type() {
        let (service, operation) = operation_of::<aws_sdk_ec2::operation::create_vpc::CreateVpcError>();
        assert_eq!((service.as_str(), operation.as_str()), ("ec2", "CreateVpc"));
    }
}
