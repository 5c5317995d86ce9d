//! EC2 Auto Scaling.

use super::grant::{Grant, Names};
use super::lag::{BALANCED, Lag, ROLES};
use super::operation::Operation;

const fn read(name: &'static str) -> Operation {
    Operation::read("autoscaling", name)
}

const fn write(name: &'static str) -> Operation {
    Operation::write("autoscaling", name, groups)
}

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    read("DescribeAutoScalingGroups"),
    read("DescribeInstanceRefreshes"),
    read("DescribePolicies"),
    read("DescribeScalingActivities"),
    write("CreateAutoScalingGroup").checks(
        &["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", "iam:CreateServiceLinkedRole"],
        "Amazon EC2 Auto Scaling User Guide, \"Launch template support\"",
    ),
    write("UpdateAutoScalingGroup").checks(
        &["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"],
        "the same page: checked where the update names a launch template",
    ),
    write("AttachLoadBalancerTargetGroups"),
    write("DetachLoadBalancerTargetGroups"),
    write("PutScalingPolicy"),
    write("DeletePolicy"),
    write("ResumeProcesses"),
    write("StartInstanceRefresh").where_declared(|declared| declared.has("instances")),
    write("CreateOrUpdateTags"),
    Operation::delete("autoscaling", "DeleteAutoScalingGroup", groups),
];

/// Answers that are only true because another replica has not heard yet. Writes only: a read that says "not found" is an answer.
pub(super) const LAGS: &[Lag] = &[
    Lag::of("autoscaling", "IAM-7", "ValidationError", "invalid iam instance profile", ROLES, 120),
    Lag::of("autoscaling", "LT-4", "ValidationError", "launch template", &["ec2.launch-template"], 120),
    Lag::of("autoscaling", "ASG-4", "ResourceContention", "", &[], 120),
    Lag::of("autoscaling", "ASG-3", "ServiceLinkedRoleFailure", "", &[], 120),
    Lag::of("autoscaling", "ASG-3", "ValidationError", "target group", BALANCED, 120),
];

/// A group's ARN holds an id that nobody knows beforehand, and ends in its name.
fn groups(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let groups = names.all("autoscaling.group", "group").map(|name| {
        names.regional("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{name}"))
    });
    vec![names.named("WriteAutoScalingGroups", groups)]
}
