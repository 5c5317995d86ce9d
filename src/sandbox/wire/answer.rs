//! A handler's answer, before it is dressed for a protocol.

use std::borrow::Cow;

use bytes::Bytes;

use super::node::{Fields, Node};

/// What a handler answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The members of the answer.
    pub fields: Fields,
    /// The root element, for S3, whose roots have names of their own; otherwise empty.
    pub root: &'static str,
    /// The HTTP status; 0 means 200.
    pub status: u16,
    /// Headers beside those of the protocol.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The body as it is, instead of `fields` (an object, a bucket policy).
    pub raw: Option<Bytes>,
}

impl Answer {
    /// An answer without members.
    pub fn empty() -> Self {
        Self::default()
    }

    /// EC2's `<return>true</return>`.
    pub fn done() -> Self {
        Fields::new().with("return", true).into()
    }

    /// An answer of S3, whose root element has a name of its own.
    pub fn root(root: &'static str, fields: Fields) -> Self {
        Self { fields, root, ..Self::default() }
    }

    /// An answer whose body is not a tree.
    pub fn raw(body: impl Into<Bytes>) -> Self {
        Self { raw: Some(body.into()), ..Self::default() }
    }

    /// An answer with a status of its own and no body, such as S3's 204.
    pub fn status(status: u16) -> Self {
        Self { status, raw: Some(Bytes::new()), ..Self::default() }
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Node>) -> Self {
        self.fields = self.fields.with(name, value);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl From<Fields> for Answer {
    fn from(fields: Fields) -> Self {
        Self { fields, ..Self::default() }
    }
}
