//! A flow log of a VPC, delivered to a bucket (NET-8, NET-9).

use serde::{Deserialize, Serialize};

use crate::model::{Link, Shape};

/// A flow log. AWS can change nothing of it in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowLog {
    /// The VPC's id.
    pub vpc: Link,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// The bucket's ARN, with a prefix behind a slash where there is one.
    pub destination: String,
    /// Seconds of traffic a record covers: 60 or 600.
    pub aggregation_seconds: i64,
}

impl Shape for FlowLog {
    const KIND: &'static str = "ec2.flow-log";
}
