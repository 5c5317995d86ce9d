//! An Auto Scaling group with its target-tracking policies (aws-truths 1.12).

use serde::{Deserialize, Serialize};

use crate::model::{Dict, Link, Owned, Set, Shape};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoScalingGroup {
    /// The name, unique in the region.
    pub group: String,
    /// The launch template's id; its default version is used (LT-2).
    pub launch_template: Link,
    /// Ids of the subnets it launches into.
    pub subnets: Set<Link>,
    /// The least number of instances.
    pub min: i64,
    /// The greatest number of instances.
    pub max: i64,
    /// The number to start with; the scaler's business afterwards (ASG-5).
    pub desired: Owned<i64>,
    /// ARNs of the target groups its instances join.
    pub target_groups: Set<Link>,
    /// `EC2`, or `ELB` to replace what the load balancer finds unhealthy.
    pub health_check: String,
    /// Seconds a new instance is left alone.
    pub grace_seconds: i64,
    /// Target-tracking policies by name.
    pub policies: Dict<TargetTracking>,
}

/// Keeps a metric near a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetTracking {
    /// A predefined metric, such as `ASGAverageCPUUtilization`.
    pub metric: String,
    /// The value to keep, in the metric's unit.
    pub target: i64,
    /// Whether it may also scale in.
    pub scale_in: bool,
    /// What a live policy has that this vocabulary does not cover, in words; never wanted.
    pub unsupported: Option<String>,
}

impl Shape for AutoScalingGroup {
    const KIND: &'static str = "autoscaling.group";
}
