//! A policy document as an attribute.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use super::{DecodeError, Value, policy};

/// A policy document in normal form, so that two spellings of one policy are equal.
///
/// Leaves may be references, resolved before the document is sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document(Value);

impl Document {
    /// Normalises a document built here or decoded from JSON.
    ///
    /// # Errors
    /// Fails on JSON that no policy document can hold, such as a fraction.
    pub fn new(json: &Json) -> Result<Self, DecodeError> {
        policy::normalise(json).map(Self)
    }

    /// Normalises a document as AWS answers it: plain JSON or percent-encoded JSON (IAM-15).
    ///
    /// # Errors
    /// Fails on text that is neither.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let decoded = if text.trim_start().starts_with('{') {
            text.to_owned()
        } else {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .map_err(|e| DecodeError::from(format!("policy text is not UTF-8: {e}")))?
                .into_owned()
        };
        let json = serde_json::from_str(&decoded)
            .map_err(|e| DecodeError::from(format!("policy text is not JSON: {e}")))?;
        Self::new(&json)
    }

    /// This document without statements that repeat one of the other document under another Sid and are not in it themselves.
    ///
    /// They allow nothing more. AWS appends such statements, for example when flow logs are made whose bucket lets them in already.
    #[must_use]
    pub fn without_copies_of(self, other: &Self) -> Self {
        Self(policy::without_copies(self.0, &other.0))
    }

    /// The document as JSON text to send to AWS.
    pub fn text(&self) -> String {
        policy::plain(&self.0).to_string()
    }

    /// The document as JSON.
    pub fn json(&self) -> Json {
        policy::plain(&self.0)
    }
}

impl Default for Document {
    /// The empty document, which allows nothing.
    fn default() -> Self {
        Self(Value::Dict(BTreeMap::new()))
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::Document(Box::new(self.0.clone())).encode().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::decode(Json::deserialize(deserializer)?) {
            Ok(Value::Document(inner)) => Ok(Self(*inner)),
            Ok(_) => Err(D::Error::custom("expected a policy document")),
            Err(error) => Err(D::Error::custom(error)),
        }
    }
}
