//! What AWS checks inside one call with the caller's rights: actions that no request names and no emulator asks for.

/// Calls that need more than their own action, with where AWS says so.
const IMPLICIT: &[(&str, &[&str], &str)] = &[
    (
        "elasticloadbalancing:CreateLoadBalancer",
        &[
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "iam:CreateServiceLinkedRole",
        ],
        "Elastic Load Balancing User Guide, \"Elastic Load Balancing API permissions\"",
    ),
    (
        "elasticloadbalancing:CreateTargetGroup",
        &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs", "iam:CreateServiceLinkedRole"],
        "the same page, and \"Elastic Load Balancing service-linked role\"",
    ),
    ("elasticloadbalancing:SetSubnets", &["ec2:DescribeSubnets"], "the same page"),
    (
        "autoscaling:CreateAutoScalingGroup",
        &["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole", "iam:CreateServiceLinkedRole"],
        "Amazon EC2 Auto Scaling User Guide, \"Launch template support\"",
    ),
    (
        "autoscaling:UpdateAutoScalingGroup",
        &["ec2:RunInstances", "ec2:CreateTags", "iam:PassRole"],
        "the same page: checked where the update names a launch template",
    ),
    (
        "ec2:CreateFlowLogs",
        &["logs:CreateLogDelivery"],
        "Amazon VPC User Guide, \"Publish flow logs to Amazon S3\"",
    ),
    ("ec2:DeleteFlowLogs", &["logs:DeleteLogDelivery"], "the same page"),
    (
        "cloudwatch:PutMetricAlarm",
        &["cloudwatch:TagResource"],
        "Amazon CloudWatch API Reference, PutMetricAlarm: for an alarm that has tags from the start",
    ),
    (
        "cloudtrail:CreateTrail",
        &[
            "iam:CreateServiceLinkedRole",
            "iam:GetRole",
            "organizations:DescribeOrganization",
            "organizations:ListAWSServiceAccessForOrganization",
        ],
        "AWS CloudTrail User Guide, \"Prepare for creating a trail for your organization\": for an organization's trail",
    ),
    (
        "cloudtrail:UpdateTrail",
        &["organizations:DescribeOrganization", "organizations:ListAWSServiceAccessForOrganization"],
        "the same page",
    ),
    (
        "ec2:CreateVpcEndpoint",
        &[
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "route53:AssociateVPCWithHostedZone",
        ],
        "Service Authorization Reference, \"Actions, resources, and condition keys for Amazon EC2\": dependent actions",
    ),
];

/// The IAM actions that AWS checks along with a call, by the IAM action of the call.
pub fn implicit(action: &str) -> impl Iterator<Item = &'static str> {
    let rows = IMPLICIT.iter().filter(move |(call, _, _)| *call == action);
    rows.flat_map(|(_, actions, _)| actions.iter().copied())
}

/// An action and those that AWS checks along with it.
pub(super) fn with_implicit(action: &'static str) -> impl Iterator<Item = &'static str> {
    std::iter::once(action).chain(implicit(action))
}
