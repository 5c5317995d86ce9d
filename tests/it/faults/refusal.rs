//! Refusals in the words and the envelope of each service.

use baseline::sandbox::named;
use baseline::sandbox::wire::{Fault, Labels, Protocol, write_fault};
use bytes::Bytes;

/// What AWS says when it does not do what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The caller may not.
    Denied,
    /// Something broke inside.
    Broken,
    /// It cannot now.
    Unavailable,
    /// Not so fast.
    Throttled,
    /// The account is new, and AWS is not done with it (ACC-6).
    NotReady,
}

/// The answer.
pub fn refusal(request: &http::Request<Bytes>, refusal: Refusal) -> http::Response<Bytes> {
    let message = match refusal {
        Refusal::NotReady => "The AWS Access Key Id needs a subscription for the service",
        _ => "planted by the fault layer",
    };
    refusal_saying(request, refusal, message)
}

/// The answer, with a message of one's own.
pub fn refusal_saying(
    request: &http::Request<Bytes>,
    refusal: Refusal,
    message: &str,
) -> http::Response<Bytes> {
    let named = named(request);
    let (service, protocol, xmlns) = named.map_or(("", Protocol::RestXml, ""), |(service, _)| {
        (service.name, service.protocol, service.namespace)
    });
    let (status, code) = code(service, protocol, refusal);
    let labels = Labels {
        xmlns: if protocol == Protocol::Json { "" } else { xmlns },
        operation: named.map_or("", |(_, operation)| operation.name),
        request_id: "00000000-0000-4000-8000-000000000000",
        method: request.method(),
    };
    write_fault(protocol, labels, &Fault::new(status, code, message.to_owned()))
}

/// Status and wire code (aws-truths 2.1 and 2.2).
fn code(service: &str, protocol: Protocol, refusal: Refusal) -> (u16, &'static str) {
    match (refusal, service, protocol) {
        (Refusal::Denied, "ec2", _) => (403, "UnauthorizedOperation"),
        (Refusal::Denied, _, Protocol::Json) => (400, "AccessDeniedException"),
        (Refusal::Denied, ..) => (403, "AccessDenied"),
        (Refusal::Broken, "kms", _) => (500, "KMSInternalException"),
        (Refusal::Broken, "iam", _) => (500, "ServiceFailure"),
        (Refusal::Broken, "ec2" | "s3", _) => (500, "InternalError"),
        (Refusal::Broken, ..) => (500, "InternalFailure"),
        (Refusal::Unavailable, "ec2", _) => (503, "Unavailable"),
        (Refusal::Unavailable, ..) => (503, "ServiceUnavailable"),
        (Refusal::Throttled, "ec2", _) => (503, "RequestLimitExceeded"),
        (Refusal::Throttled, _, Protocol::RestXml) => (503, "SlowDown"),
        (Refusal::Throttled, "tagging", _) => (400, "ThrottledException"),
        (Refusal::Throttled, "organizations", _) => (400, "TooManyRequestsException"),
        (Refusal::Throttled, _, Protocol::Json) => (400, "ThrottlingException"),
        (Refusal::Throttled, ..) => (400, "Throttling"),
        (Refusal::NotReady, "s3", _) => (403, "NotSignedUp"),
        (Refusal::NotReady, ..) => (403, "OptInRequired"),
    }
}
