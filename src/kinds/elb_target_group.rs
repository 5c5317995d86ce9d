//! A target group (aws-truths 1.11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Link, Shape};

/// A target group. Output: `arn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroup {
    /// The name, unique in the region, 32 characters at most.
    ///
    /// It ends in a digest of what AWS cannot change, so a changed port is a new group beside the old one (ELB-3).
    pub name: String,
    /// The VPC's id.
    pub vpc: Link,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The port the targets listen on.
    pub port: i64,
    /// `instance` or `ip`.
    pub target_type: String,
    /// When a target counts as healthy.
    pub health_check: HealthCheck,
    /// Attributes by AWS's own keys; only those named are compared (ELB-9).
    pub attributes: BTreeMap<String, String>,
}

/// When a target counts as healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The path asked for.
    pub path: String,
    /// A port number as text, or `traffic-port`.
    pub port: String,
    /// HTTP codes that count as healthy, such as `200` or `200-399`.
    pub codes: String,
    /// Seconds between checks.
    pub interval_seconds: i64,
    /// Seconds until a check counts as failed.
    pub timeout_seconds: i64,
    /// Successes in a row that make a target healthy.
    pub healthy_after: i64,
    /// Failures in a row that make it unhealthy.
    pub unhealthy_after: i64,
}

impl Shape for TargetGroup {
    const KIND: &'static str = "elb.target-group";
}
