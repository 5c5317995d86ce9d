//! A refusal, before it is dressed for a protocol.

use std::borrow::Cow;

/// An error answer: status, wire code and message, the same for every protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The HTTP status.
    pub status: u16,
    /// The wire code, such as `InvalidVpcID.NotFound` (never the name of the SDK's type).
    pub code: Cow<'static, str>,
    /// What AWS says to a person.
    pub message: String,
    /// Members beside code and message, such as S3's `BucketName`.
    pub details: Vec<(&'static str, String)>,
    /// Headers beside those of the protocol, such as S3's `x-amz-bucket-region`.
    pub headers: Vec<(&'static str, String)>,
}

impl Fault {
    /// A refusal with its HTTP status.
    pub fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), details: Vec::new(), headers: Vec::new() }
    }

    /// A refusal with status 400, which is what most of them have.
    pub fn client(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// A refusal by name of what AWS does and the built-in account does not.
    pub fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("The built-in account does not carry out {what}"))
    }

    /// Adds a member beside code and message.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
