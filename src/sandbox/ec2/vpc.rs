//! VPCs and DHCP options (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use super::ipv6::{Ipv6Range, asked};
use super::listing::{Listing, list};
use super::resource_id::{DHCP_OPTIONS, VPC};
use super::state::{State, View, current, ids_of};
use super::tags::requested;
use super::{network_range, new_vpc, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// The IPv4 range, canonical.
    pub cidr: String,
    /// The id of the range's association.
    pub cidr_association: String,
    /// The id of its DHCP options.
    pub dhcp_options: String,
    /// `default` or `dedicated`.
    pub tenancy: String,
    /// Whether AWS made it.
    pub is_default: bool,
    /// Whether names resolve inside.
    pub dns_support: bool,
    /// Whether instances get DNS names.
    pub dns_hostnames: bool,
    /// Whether use of addresses is measured.
    pub address_usage_metrics: bool,
    /// IPv6 ranges.
    #[serde(default)]
    pub ipv6: Vec<Ipv6Range>,
}

impl Vpc {
    /// A VPC as CreateVpc makes it: names resolve, and instances get none.
    pub fn new(cidr: String, cidr_association: String, dhcp_options: String) -> Self {
        Self {
            cidr,
            cidr_association,
            dhcp_options,
            tenancy: "default".to_owned(),
            is_default: false,
            dns_support: true,
            dns_hostnames: false,
            address_usage_metrics: false,
            ipv6: Vec::new(),
        }
    }
}

/// DHCP options; only AWS's own exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhcpOptions {}

/// Operations on VPCs.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateVpc", create_vpc),
    operation("DescribeVpcs", describe_vpcs),
    operation("DeleteVpc", delete_vpc),
    operation("DescribeDhcpOptions", describe_dhcp_options),
];

impl State {
    /// The id of the default VPC, where there is one.
    pub fn default_vpc(&self) -> Option<&str> {
        self.vpcs.iter().find(|(_, vpc)| vpc.truth().is_default).map(|(id, _)| id.as_str())
    }

    /// A VPC that this call can see.
    ///
    /// # Errors
    /// `InvalidVpcID.Malformed`, `InvalidVpcID.NotFound`.
    pub fn vpc(&self, lens: Lens, id: &str) -> Result<&Vpc, Fault> {
        VPC.find(&self.vpcs, lens, id).map(super::Versioned::truth)
    }
}

fn show(ec2: &State, view: &View, id: &str, vpc: &Vpc, state: &str) -> Fields {
    let association = Fields::new()
        .with("associationId", &vpc.cidr_association)
        .with("cidrBlock", &vpc.cidr)
        .with("cidrBlockState", Fields::new().with("state", "associated"));
    let ipv6 = vpc.ipv6.iter().map(|range| range.of_vpc(range.shown(view.lens), &view.region));
    let shown = Fields::new()
        .with("vpcId", id)
        .with("ownerId", &view.account)
        .with("state", state)
        .with("cidrBlock", &vpc.cidr)
        .list("cidrBlockAssociationSet", [association])
        .list("ipv6CidrBlockAssociationSet", ipv6)
        .with("dhcpOptionsId", &vpc.dhcp_options)
        .with("instanceTenancy", &vpc.tenancy)
        .with("isDefault", vpc.is_default);
    ec2.with_tags(shown, view.lens, id)
}

fn create_vpc(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let text = params.required("CidrBlock")?;
    for unsupported in ["Ipv4IpamPoolId", "Ipv6IpamPoolId"] {
        if params.has(unsupported) {
            let message = format!("The sandbox has no VPCs with {unsupported}");
            return Err(Fault::client("UnsupportedOperation", message));
        }
    }
    let cidr = network_range::v4("cidrBlock", text)?;
    if !(16..=28).contains(&cidr.prefix_len()) {
        return Err(Fault::client("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let tenancy = params.choice("InstanceTenancy", &["default", "dedicated"])?.unwrap_or("default");
    let tags = requested(params, &VPC)?;
    let mut ids = ids_of(cx);
    let id = ids.id("vpc-");
    let association = ids.id("vpc-cidr-assoc-");
    let ec2 = &mut cx.home().ec2;
    let ipv6 = asked(ec2, &mut ids, view.lens, params)?;
    quotas::check(ec2.vpcs.len(), quotas::VPCS, "VpcLimitExceeded", "VPCs")?;
    let dhcp = ec2.dhcp_options.keys().next().cloned().unwrap_or_default();
    let vpc = Vpc { tenancy: tenancy.to_owned(), ..Vpc::new(cidr.to_string(), association, dhcp) };
    ec2.tag_new(&id, tags, now);
    new_vpc::furnish(ec2, &mut ids, now, &id, vpc.clone());
    if let Some(asked) = ipv6 {
        ec2.associate_ipv6(&mut ids, now, &id, asked)?;
    }
    let made = ec2.vpcs.get(&id).map_or(&vpc, super::Versioned::truth);
    let shown = show(ec2, &view.written(), &id, made, "pending");
    cx.world.ids = ids;
    Ok(Answer::empty().with("vpc", shown))
}

const LISTING: Listing = Listing {
    set: "vpcSet",
    key: "vpcId",
    ids: Some(("VpcId", &VPC)),
    filters: &[
        ("cidr", "cidrBlock"),
        ("cidr-block", "cidrBlock"),
        ("cidrBlock", "cidrBlock"),
        ("cidr-block-association.cidr-block", "cidrBlockAssociationSet.cidrBlock"),
        ("cidr-block-association.association-id", "cidrBlockAssociationSet.associationId"),
        ("cidr-block-association.state", "cidrBlockAssociationSet.cidrBlockState.state"),
        ("dhcp-options-id", "dhcpOptionsId"),
        ("dhcpOptionsId", "dhcpOptionsId"),
        ("ipv6-cidr-block-association.ipv6-cidr-block", "ipv6CidrBlockAssociationSet.ipv6CidrBlock"),
        ("ipv6-cidr-block-association.ipv6-pool", "ipv6CidrBlockAssociationSet.ipv6Pool"),
        ("ipv6-cidr-block-association.association-id", "ipv6CidrBlockAssociationSet.associationId"),
        ("ipv6-cidr-block-association.state", "ipv6CidrBlockAssociationSet.ipv6CidrBlockState.state"),
        ("is-default", "isDefault"),
        ("isDefault", "isDefault"),
        ("owner-id", "ownerId"),
        ("state", "state"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_vpcs(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, vpc): (&String, &super::Versioned<Vpc>)| {
        let ready = view.lens.done(vpc.created, 2_000);
        let state = if ready { "available" } else { "pending" };
        Some(show(ec2, &view, id, vpc.seen(view.lens, id)?, state))
    };
    let rows = ec2.vpcs.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

/// What keeps a VPC from being deleted (NET-13).
fn is_used(ec2: &State, vpc: &str) -> bool {
    ec2.subnets.values().any(|thing| thing.truth().vpc == vpc)
        || ec2.network_interfaces.values().any(|thing| thing.truth().vpc == vpc)
        || ec2.internet_gateways.values().any(|thing| thing.truth().vpc.as_deref() == Some(vpc))
        || ec2
            .security_groups
            .values()
            .any(|thing| thing.truth().vpc == vpc && thing.truth().name != "default")
        || ec2.route_tables.values().any(|thing| thing.truth().vpc == vpc && !thing.truth().is_main())
        || ec2.network_acls.values().any(|thing| thing.truth().vpc == vpc && !thing.truth().is_default)
        || ec2.transit_gateway_attachments.values().any(|thing| thing.truth().vpc == vpc)
        || ec2.vpc_endpoints.values().any(|thing| thing.truth().vpc == vpc)
        || ec2.egress_only_gateways.values().any(|thing| thing.truth().vpc == vpc)
        || ec2.has_vpn_gateway(vpc)
}

fn delete_vpc(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = VPC.required(params, "VpcId")?;
    let ec2 = current(cx);
    ec2.vpc(lens, id)?;
    if is_used(ec2, id) {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    // What the VPC was born with goes with it, and so do its flow logs (NET-16).
    ec2.vpcs.remove(id);
    ec2.route_tables.retain(|_, table| table.truth().vpc != id);
    ec2.network_acls.retain(|_, acl| acl.truth().vpc != id);
    ec2.security_groups.retain(|_, group| group.truth().vpc != id);
    let State { security_groups, security_group_rules, flow_logs, .. } = ec2;
    security_group_rules.retain(|_, rule| security_groups.contains_key(&rule.truth().group));
    flow_logs.retain(|_, log| log.truth().resource != id);
    ec2.forget_tags_of_gone();
    Ok(Answer::done())
}

const DHCP_LISTING: Listing = Listing {
    set: "dhcpOptionsSet",
    key: "dhcpOptionsId",
    ids: Some(("DhcpOptionsId", &DHCP_OPTIONS)),
    filters: &[
        ("dhcp-options-id", "dhcpOptionsId"),
        ("key", "dhcpConfigurationSet.key"),
        ("value", "dhcpConfigurationSet.valueSet.value"),
        ("owner-id", "ownerId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_dhcp_options(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    // Only us-east-1 has a domain without its own name in it.
    let domain = match view.region.as_str() {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    };
    let option = |key: &str, value: &str| {
        Fields::new().with("key", key).list("valueSet", [Fields::new().with("value", value)])
    };
    let ec2 = &cx.home().ec2;
    let row = |id: &String| {
        let options = [option("domain-name", &domain), option("domain-name-servers", "AmazonProvidedDNS")];
        let shown = Fields::new()
            .with("dhcpOptionsId", id)
            .with("ownerId", &view.account)
            .list("dhcpConfigurationSet", options);
        ec2.with_tags(shown, view.lens, id)
    };
    let rows = ec2.dhcp_options.keys().map(row).collect();
    list(cx, params, &DHCP_LISTING, rows)
}
