//! Elastic Load Balancing, of both generations.

use super::ec2_tags::tags_parts;
use super::grant::{Grant, Names};
use super::lag::{Lag, NETWORK};
use super::operation::{Operation, Resources};

const fn read(name: &'static str) -> Operation {
    Operation::read("elasticloadbalancing", name)
}

const fn write(name: &'static str, resources: Resources) -> Operation {
    Operation::write("elasticloadbalancing", name, resources)
}

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    read("DescribeListeners"),
    read("DescribeLoadBalancerAttributes"),
    read("DescribeLoadBalancerPolicies"),
    read("DescribeLoadBalancers"),
    read("DescribeRules"),
    read("DescribeTags"),
    read("DescribeTargetGroupAttributes"),
    read("DescribeTargetGroups"),
    read("DescribeTargetHealth"),
    write("CreateLoadBalancer", load_balancers).checks(
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
    write("SetIpAddressType", load_balancers).where_declared(|declared| declared.has("address_type")),
    write("SetSubnets", load_balancers).checks(&["ec2:DescribeSubnets"], "the same page"),
    write("SetSecurityGroups", load_balancers),
    write("ModifyLoadBalancerAttributes", load_balancers),
    Operation::delete("elasticloadbalancing", "DeleteLoadBalancer", load_balancers),
    write("CreateListener", load_balancers),
    write("ModifyListener", |_, names| vec![listeners(names)]),
    write("DeleteListener", |_, names| vec![listeners(names)]),
    write("DeleteRule", |_, names| {
        let arns = arns(names, "elb.load-balancer", "listener-rule/app/NAME/*/*/*");
        vec![names.named("WriteListenerRules", arns)]
    }),
    write("CreateTargetGroup", target_groups).checks(
        &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs", "iam:CreateServiceLinkedRole"],
        "the same page, and \"Elastic Load Balancing service-linked role\"",
    ),
    write("ModifyTargetGroup", target_groups),
    write("ModifyTargetGroupAttributes", target_groups),
    Operation::delete("elasticloadbalancing", "DeleteTargetGroup", target_groups),
    write("AddTags", |kind, names| {
        let mut grants = [load_balancers(kind, names), target_groups(kind, names)].concat();
        grants.extend(tags_parts(names).then(|| listeners(names)));
        grants
    }),
];

/// Answers that are only true because another replica has not heard yet. Writes only: a read that says "not found" is an answer.
pub(super) const LAGS: &[Lag] = &[
    Lag::of(
        "elasticloadbalancing",
        "ELB-4",
        "InvalidSubnet",
        "no internet gateway",
        &["ec2.internet-gateway"],
        120,
    ),
    Lag::of("elasticloadbalancing", "ELB-4", "*NotFound", "", NETWORK, 120),
    Lag::of("elasticloadbalancing", "ELB-4", "InvalidSecurityGroup", "", &["ec2.security-group"], 120),
    Lag::of(
        "elasticloadbalancing",
        "ELB-6",
        "InvalidConfigurationRequest",
        "access denied for bucket",
        &["s3.bucket"],
        60,
    ),
    Lag::of("elasticloadbalancing", "ELB-7", "CertificateNotFound", "", &["elb.load-balancer"], 300),
    Lag::of(
        "elasticloadbalancing",
        "ELB-3",
        "ResourceInUse",
        "currently in use",
        &["elb.load-balancer"],
        120,
    ),
];

fn arns(names: &Names<'_>, kind: &str, what: &str) -> Vec<String> {
    let resources = names.all(kind, "name").map(|name| what.replace("NAME", name));
    resources.map(|resource| names.regional("elasticloadbalancing", &resource)).collect()
}

fn load_balancers(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WriteLoadBalancers", arns(names, "elb.load-balancer", "loadbalancer/app/NAME/*"))]
}

fn listeners(names: &Names<'_>) -> Grant {
    names.named("WriteListeners", arns(names, "elb.load-balancer", "listener/app/NAME/*/*"))
}

fn target_groups(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.named("WriteTargetGroups", arns(names, "elb.target-group", "targetgroup/NAME/*"))]
}
