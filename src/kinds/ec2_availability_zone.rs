//! Availability zones of the region, looked up and never written (NET-6).

use serde::{Deserialize, Serialize};

use crate::model::Shape;

/// The zone at one place in the sorted list of the account's available zones. Output: `name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityZone {
    /// Its place, counted from 0.
    pub index: i64,
}

impl Shape for AvailabilityZone {
    const KIND: &'static str = "ec2.availability-zone";
}
