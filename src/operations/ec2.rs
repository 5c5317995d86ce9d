//! EC2.

use super::ec2_tags::{create_tags, tagged_rules, tags_parts, takes_over, temporary_tags};
use super::ec2_vpc_endpoints as endpoints;
use super::grant::{Grant, Names, Scope};
use super::lag::{Lag, NETWORK, ROLES};
use super::operation::{Operation, Resources};
use crate::model::Value;

const fn read(name: &'static str) -> Operation {
    Operation::read("ec2", name)
}

const fn write(name: &'static str, resources: Resources) -> Operation {
    Operation::write("ec2", name, resources)
}

const fn delete(name: &'static str, resources: Resources) -> Operation {
    Operation::delete("ec2", name, resources)
}

const fn setting(name: &'static str) -> Operation {
    Operation::write_setting("ec2", name)
}

/// What reads.
pub(super) const READS: &[Operation] = &[
    Operation::implied("ec2", "DescribeAccountAttributes", super::grant::no_type::<true>),
    read("DescribeAddresses"),
    read("DescribeAvailabilityZones"),
    read("DescribeEgressOnlyInternetGateways"),
    read("DescribeFlowLogs"),
    read("DescribeImageAttribute").on(|_, names| vec![shared(names, "ReadWhoHasImages", "image")]),
    read("DescribeImages"),
    read("DescribeInstances"),
    read("DescribeInternetGateways"),
    read("DescribeLaunchTemplateVersions"),
    read("DescribeLaunchTemplates"),
    read("DescribeManagedPrefixLists"),
    read("DescribeNatGateways"),
    read("DescribeNetworkAcls"),
    read("DescribeNetworkInterfaces"),
    read("DescribeRegions"),
    read("DescribeRouteTables"),
    read("DescribeSecurityGroupRules"),
    read("DescribeSecurityGroups"),
    read("DescribeSnapshotAttribute").on(|_, names| vec![shared(names, "ReadWhoHasSnapshots", "snapshot")]),
    read("DescribeSnapshots"),
    read("DescribeSubnets"),
    // The only read of the network with a resource type; the VPC in question is known by its tag, but so are others' VPCs.
    read("DescribeVpcAttribute").on(|_, names| vec![names.named("ReadVpcs", [names.ec2("vpc")])]),
    read("DescribeVpcBlockPublicAccessExclusions"),
    read("DescribeVpcBlockPublicAccessOptions"),
    read("DescribeVpcEndpoints"),
    read("DescribeVpcPeeringConnections"),
    read("DescribeVpcs"),
    read("DescribeVpnGateways"),
    read("GetEbsDefaultKmsKeyId"),
    read("GetEbsEncryptionByDefault"),
    read("GetImageBlockPublicAccessState"),
    read("GetInstanceMetadataDefaults"),
    read("GetManagedPrefixListEntries"),
    read("GetSnapshotBlockPublicAccessState"),
];

/// What writes.
pub(super) const WRITES: &[Operation] = &[
    // VPCs and subnets.
    write("CreateVpc", |_, names| vec![names.made("vpc")]),
    write("ModifyVpcAttribute", |_, names| vec![names.owned("vpc")]),
    write("AssociateVpcCidrBlock", |_, names| vec![names.owned("vpc")])
        .where_declared(|declared| declared.has("ipv6")),
    delete("DeleteVpc", |kind, names| match kind {
        DEFAULT_VPC => vec![default_vpcs(names)],
        _ => vec![names.owned("vpc")],
    }),
    write("CreateSubnet", |_, names| vec![names.made("subnet"), names.owned("vpc")]),
    write("ModifySubnetAttribute", |_, names| vec![names.owned("subnet")]),
    write("AssociateSubnetCidrBlock", |_, names| vec![names.owned("subnet")])
        .where_declared(|declared| declared.has("ipv6")),
    delete("DeleteSubnet", |kind, names| match kind {
        DEFAULT_VPC => vec![nobodys(names, "SubnetsOfEveryRegionThatNobodyOwns", "subnet")],
        _ => vec![names.owned("subnet")],
    }),
    // Gateways and addresses.
    write("CreateInternetGateway", |_, names| vec![names.made("internet-gateway")]),
    write("AttachInternetGateway", |_, names| vec![names.owned("internet-gateway"), names.owned("vpc")]),
    write("DetachInternetGateway", |kind, names| match kind {
        DEFAULT_VPC => vec![default_gateways(names), default_vpcs(names)],
        _ => vec![names.owned("internet-gateway"), names.owned("vpc")],
    }),
    delete("DeleteInternetGateway", |kind, names| match kind {
        DEFAULT_VPC => vec![default_gateways(names)],
        _ => vec![names.owned("internet-gateway")],
    }),
    write("CreateEgressOnlyInternetGateway", |_, names| {
        vec![names.made("egress-only-internet-gateway"), names.owned("vpc")]
    }),
    delete("DeleteEgressOnlyInternetGateway", |_, names| vec![names.owned("egress-only-internet-gateway")]),
    write("AllocateAddress", |_, names| vec![names.made("elastic-ip")]),
    delete("ReleaseAddress", |_, names| vec![names.owned("elastic-ip")]),
    write("CreateNatGateway", |_, names| {
        vec![names.made("natgateway"), names.owned("subnet"), names.owned("elastic-ip")]
    }),
    write("DeleteNatGateway", |_, names| vec![names.owned("natgateway")]),
    // Routes.
    write("CreateRouteTable", |_, names| vec![names.made("route-table"), names.owned("vpc")]),
    write("CreateRoute", own_route_table),
    write("ReplaceRoute", own_route_table),
    write("DeleteRoute", own_route_table),
    delete("DeleteRouteTable", own_route_table),
    write("AssociateRouteTable", own_route_table_and_subnet),
    write("DisassociateRouteTable", own_route_table_and_subnet),
    write("ReplaceRouteTableAssociation", |kind, names| {
        let mut grants = own_route_table_and_subnet(kind, names);
        // A subnet that is taken over leaves a table that belongs to nobody.
        grants.extend(
            takes_over(names).then(|| names.untagged("RouteTablesThatLoseASubnet", "route-table")),
        );
        grants
    }),
    // Filters.
    write("CreateSecurityGroup", |_, names| vec![names.made("security-group"), names.owned("vpc")]),
    write("AuthorizeSecurityGroupIngress", new_group_rule),
    write("AuthorizeSecurityGroupEgress", new_group_rule),
    write("RevokeSecurityGroupIngress", group_rule),
    write("RevokeSecurityGroupEgress", group_rule),
    write("UpdateSecurityGroupRuleDescriptionsIngress", group_rule),
    write("UpdateSecurityGroupRuleDescriptionsEgress", group_rule),
    delete("DeleteSecurityGroup", |_, names| vec![names.owned("security-group")]),
    write("CreateNetworkAcl", |_, names| vec![names.made("network-acl"), names.owned("vpc")]),
    write("CreateNetworkAclEntry", own_network_acl),
    write("ReplaceNetworkAclEntry", own_network_acl),
    write("DeleteNetworkAclEntry", own_network_acl),
    delete("DeleteNetworkAcl", own_network_acl),
    // A subnet goes back to the default ACL of its VPC, which is AWS's own and carries no tags.
    write("ReplaceNetworkAclAssociation", |_, names| {
        vec![
            names.owned("subnet"),
            names.owned("network-acl"),
            names.untagged("DefaultNetworkAclsHaveNoTags", "network-acl"),
        ]
    }),
    // Endpoints and flow logs.
    write("CreateVpcEndpoint", endpoints::create).checks(
        &[
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "route53:AssociateVPCWithHostedZone",
        ],
        "Service Authorization Reference, \"Actions, resources, and condition keys for Amazon EC2\": dependent actions",
    ),
    write("ModifyVpcEndpoint", endpoints::modify),
    write("DeleteVpcEndpoints", |_, names| vec![names.owned("vpc-endpoint")]),
    write("CreateFlowLogs", |_, names| {
        if logs_every_vpc(names) {
            return vec![
                every_flow_log(names, "MakeFlowLogsInEveryRegion").tagging(names),
                names.named("LogVpcsOfEveryRegion", [in_every_region(names, "vpc")]),
            ];
        }
        vec![names.made("vpc-flow-log"), names.owned("vpc")]
    })
    .checks(&["logs:CreateLogDelivery"], "Amazon VPC User Guide, \"Publish flow logs to Amazon S3\""),
    write("DeleteFlowLogs", |_, names| {
        if logs_every_vpc(names) {
            return vec![every_flow_log(names, "OwnFlowLogsInEveryRegion").tagged(names)];
        }
        vec![names.owned("vpc-flow-log")]
    })
    .checks(&["logs:DeleteLogDelivery"], "Amazon VPC User Guide, \"Publish flow logs to Amazon S3\""),
    // Launch templates and instances.
    write("CreateLaunchTemplate", |_, names| vec![names.made("launch-template")]),
    write("CreateLaunchTemplateVersion", |_, names| vec![names.owned("launch-template")]),
    write("ModifyLaunchTemplate", |_, names| vec![names.owned("launch-template")]),
    delete("DeleteLaunchTemplate", |_, names| vec![names.owned("launch-template")]),
    // Checked against images, subnets, groups, instances, volumes and interfaces alike: what they have in common is the
    // template.
    Operation::implied("ec2", "RunInstances", |_, names| {
        let templates = [names.ec2("launch-template")];
        vec![names.everything("InstancesFromLaunchTemplates").when("ArnLike", "ec2:LaunchTemplate", templates)]
    }),
    // Tags.
    write("CreateTags", |kind, names| match kind {
        DEFAULT_VPC => vec![
            names
                .named("TagGatewaysOfDefaultVpcs", [in_every_region(names, "internet-gateway")])
                .tagging(names)
                .nobodys(),
        ],
        _ => create_tags(kind, names),
    }),
    // Of what held for a while and has ended.
    write("DeleteTags", |kind, names| vec![temporary_tags(names, kind.trim_start_matches("ec2."))]),
    // Settings of a region.
    setting("EnableEbsEncryptionByDefault"),
    setting("DisableEbsEncryptionByDefault").where_declared(|declared| declared.is("enabled", false)),
    setting("ModifyEbsDefaultKmsKeyId"),
    setting("ResetEbsDefaultKmsKeyId"),
    setting("ModifyInstanceMetadataDefaults"),
    setting("EnableSnapshotBlockPublicAccess"),
    setting("DisableSnapshotBlockPublicAccess")
        .where_declared(|declared| declared.any("state", |state| *state == Value::from("unblocked"))),
    setting("EnableImageBlockPublicAccess"),
    setting("DisableImageBlockPublicAccess")
        .where_declared(|declared| declared.any("state", |state| *state == Value::from("unblocked"))),
];

/// Answers that are only true because another replica has not heard yet. Writes only: a read that says "not found" is an answer.
pub(super) const LAGS: &[Lag] = &[
    // Each code names one kind: an image or a prefix list that does not exist never will.
    Lag::of("ec2", "NET-10", "InvalidVpcID.NotFound", "", &["ec2.vpc"], 300),
    Lag::of("ec2", "NET-10", "InvalidSubnetID.NotFound", "", &["ec2.subnet"], 300),
    Lag::of("ec2", "NET-10", "InvalidInternetGatewayID.NotFound", "", &["ec2.internet-gateway"], 300),
    Lag::of("ec2", "NET-10", "InvalidGatewayID.NotFound", "", &["ec2.internet-gateway"], 300),
    Lag::of(
        "ec2",
        "NET-10",
        "InvalidEgressOnlyInternetGatewayId.NotFound",
        "",
        &["ec2.egress-only-internet-gateway"],
        300,
    ),
    Lag::of("ec2", "NET-10", "InvalidRouteTableID.NotFound", "", &["ec2.route-table", "ec2.vpc"], 300),
    Lag::of("ec2", "NET-10", "InvalidRoute.NotFound", "", &["ec2.route-table"], 300),
    Lag::of("ec2", "NET-10", "InvalidAllocationID.NotFound", "", &["ec2.elastic-ip"], 300),
    Lag::of("ec2", "NET-10", "InvalidAssociationID.NotFound", "", NETWORK, 300),
    Lag::of("ec2", "NET-10", "InvalidNetworkAclID.NotFound", "", &["ec2.network-acl", "ec2.vpc"], 300),
    Lag::of("ec2", "NET-10", "InvalidNetworkAclEntry.NotFound", "", &["ec2.network-acl"], 300),
    Lag::of("ec2", "NET-10", "InvalidGroup.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    Lag::of("ec2", "NET-10", "InvalidGroupId.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    Lag::of("ec2", "NET-10", "InvalidPermission.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    Lag::of(
        "ec2",
        "NET-10",
        "InvalidSecurityGroupRuleId.NotFound",
        "",
        &["ec2.security-group", "ec2.vpc"],
        300,
    ),
    Lag::of("ec2", "NET-10", "InvalidFlowLogId.NotFound", "", &["ec2.flow-log"], 300),
    Lag::of("ec2", "NET-10", "InvalidNatGatewayID.NotFound", "", &["ec2.nat-gateway"], 300),
    Lag::of("ec2", "NET-10", "InvalidLaunchTemplateId.NotFound", "", &["ec2.launch-template"], 300),
    Lag::of("ec2", "NET-10", "InvalidVpcEndpointId.NotFound", "", &["ec2.vpc-endpoint"], 300),
    Lag::of("ec2", "NET-10", "InvalidRouteTableId.NotFound", "", &["ec2.route-table", "ec2.vpc"], 300),
    Lag::of("ec2", "SG-5", "InvalidSecurityGroupID.NotFound", "", &["ec2.security-group", "ec2.vpc"], 300),
    Lag::of("ec2", "NET-10", "NatGatewayNotFound", "", &["ec2.nat-gateway"], 300),
    Lag::of("ec2", "NET-11", "InvalidParameterException", "", &["ec2.route-table"], 300),
    Lag::of("ec2", "NET-11", "IncorrectState", "", NETWORK, 300),
    Lag::of("ec2", "NET-13", "DependencyViolation", "", NETWORK, 300),
    Lag::of("ec2", "NET-14", "AuthFailure", "", &["ec2.nat-gateway"], 300),
    Lag::of("ec2", "NET-14", "InvalidIPAddress.InUse", "", &["ec2.nat-gateway"], 300),
    Lag::of("ec2", "IAM-8", "InvalidParameterValue", "iam instance profile", ROLES, 120),
    Lag::of("ec2", "IAM-8", "InvalidParameterValue", "iaminstanceprofile", ROLES, 120),
];

const DEFAULT_VPC: &str = "ec2.default-vpc";

fn own_route_table(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.owned("route-table")]
}

fn own_route_table_and_subnet(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.owned("route-table"), names.owned("subnet")]
}

fn own_network_acl(_: &str, names: &Names<'_>) -> Vec<Grant> {
    vec![names.owned("network-acl")]
}

/// What a rule of a group is checked against: the default group of a VPC is AWS's own and carries no tags.
fn group_rule(kind: &str, names: &Names<'_>) -> Vec<Grant> {
    match kind {
        "ec2.vpc" => vec![names.untagged("DefaultGroupsHaveNoTags", "security-group")],
        "ec2.default-security-group" => {
            vec![
                names
                    .named("DefaultGroupsOfEveryRegion", [in_every_region(names, "security-group")])
                    .nobodys(),
            ]
        }
        _ => vec![names.owned("security-group")],
    }
}

/// The same of a rule that is made, which may carry tags.
fn new_group_rule(kind: &str, names: &Names<'_>) -> Vec<Grant> {
    let mut grants = group_rule(kind, names);
    grants.extend((kind == "ec2.security-group" && tags_parts(names)).then(|| tagged_rules(names)));
    grants
}

/// What others may share belongs to no account.
fn shared(names: &Names<'_>, sid: &str, what: &str) -> Grant {
    names.named(sid, [format!("arn:{}:ec2:*::{what}/*", names.scope.partition)])
}

/// EC2 things of a type in every region.
pub(super) fn in_every_region(names: &Names<'_>, what: &str) -> String {
    let Scope { partition, account, .. } = names.scope;
    format!("arn:{partition}:ec2:*:{account}:{what}/*")
}

/// Whether VPCs that no baseline made have flow logs of this one, and not its own VPC alone.
pub(super) fn logs_every_vpc(names: &Names<'_>) -> bool {
    let mut logs = names.wanted.things.keys().filter(|addr| addr.kind() == "ec2.flow-log");
    logs.any(|addr| addr.name() != "main")
}

fn every_flow_log(names: &Names<'_>, sid: &str) -> Grant {
    names.named(sid, [in_every_region(names, "vpc-flow-log")])
}

/// What AWS made in every region for a default VPC, which carries no tags.
fn nobodys(names: &Names<'_>, sid: &str, what: &str) -> Grant {
    names.named(sid, [in_every_region(names, what)]).nobodys()
}

fn default_vpcs(names: &Names<'_>) -> Grant {
    nobodys(names, "VpcsOfEveryRegionThatNobodyOwns", "vpc")
}

/// A gateway that is attached cannot be deleted, and one is only detached from such a VPC.
fn default_gateways(names: &Names<'_>) -> Grant {
    names.named("GatewaysOfDefaultVpcs", [in_every_region(names, "internet-gateway")])
}
