//! The Resource Groups Tagging API: everything that has tags, whatever its service.

use std::collections::BTreeMap;

use super::service::Service;
use super::wire::Protocol;

/// The Resource Groups Tagging API.
pub const SERVICE: Service = Service {
    name: "tagging",
    protocol: Protocol::Json,
    version: "2017-01-26",
    namespace: "ResourceGroupsTaggingAPI_20170126",
    operations: &[],
};

/// A thing with tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}
