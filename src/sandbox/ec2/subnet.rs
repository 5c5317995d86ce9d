//! Subnets (aws-truths 1.7).

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::ipv6::Ipv6Range;
use super::listing::{Listing, list};
use super::resource_id::{SUBNET, VPC};
use super::state::{State, View, current, ids_of};
use super::tags::requested;
use super::zone::{Zone, zones};
use super::{Versioned, network_range, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::ids::Ids;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// The VPC's id.
    pub vpc: String,
    /// The zone's name.
    pub zone: String,
    /// The zone's id.
    pub zone_id: String,
    /// The IPv4 range, canonical.
    pub cidr: String,
    /// Whether new instances get a public address.
    pub public_ip_on_launch: bool,
    /// Whether AWS made it for the default VPC.
    pub default_for_zone: bool,
    /// `ip-name` or `resource-name`.
    pub hostname_type: String,
    /// Whether instances get A records for their ids.
    pub resource_name_a_record: bool,
    /// Whether instances get AAAA records for their ids.
    pub resource_name_aaaa_record: bool,
    /// The IPv6 range.
    #[serde(default)]
    pub ipv6: Option<Ipv6Range>,
    /// Whether new interfaces get an IPv6 address.
    #[serde(default)]
    pub assigns_ipv6: bool,
    /// Whether names without an IPv6 address resolve to one that NAT translates.
    #[serde(default)]
    pub dns64: bool,
}

impl Subnet {
    /// A subnet as CreateSubnet makes it.
    pub fn new(vpc: String, zone: Zone, cidr: String) -> Self {
        Self {
            vpc,
            zone: zone.name,
            zone_id: zone.id,
            cidr,
            public_ip_on_launch: false,
            default_for_zone: false,
            hostname_type: "ip-name".to_owned(),
            resource_name_a_record: false,
            resource_name_aaaa_record: false,
            ipv6: None,
            assigns_ipv6: false,
            dns64: false,
        }
    }

    /// The range; an empty one where the text is none, which no subnet's is.
    pub fn range(&self) -> Ipv4Net {
        self.cidr.parse().unwrap_or_default()
    }
}

/// Operations on subnets.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateSubnet", create_subnet),
    operation("DescribeSubnets", describe_subnets),
    operation("ModifySubnetAttribute", modify_subnet_attribute),
    operation("DeleteSubnet", delete_subnet),
];

/// Addresses of every subnet that AWS keeps to itself: the first four and the last.
const RESERVED: usize = 5;

impl State {
    /// A subnet that this call can see.
    ///
    /// # Errors
    /// `InvalidSubnetID.Malformed`, `InvalidSubnetID.NotFound`.
    pub fn subnet(&self, lens: Lens, id: &str) -> Result<&Subnet, Fault> {
        SUBNET.find(&self.subnets, lens, id).map(Versioned::truth)
    }

    /// Puts a subnet in; its VPC's default network ACL guards it from the start (ACL-1).
    pub fn add_subnet(&mut self, ids: &mut Ids, now: Milliseconds, id: &str, subnet: Subnet) {
        let guard = |acl: &&mut Versioned<super::network_acl::NetworkAcl>| {
            acl.truth().is_default && acl.truth().vpc == subnet.vpc
        };
        if let Some(acl) = self.network_acls.values_mut().find(guard) {
            acl.change(now).associations.insert(ids.id("aclassoc-"), id.to_owned());
        }
        self.subnets.insert(id.to_owned(), Versioned::new(subnet, now));
    }

    /// How many addresses of a subnet are free.
    pub fn free_addresses(&self, id: &str, subnet: &Subnet) -> usize {
        let size = 1_usize << (32 - u32::from(subnet.range().prefix_len()).min(32));
        let used = self.network_interfaces.values().filter(|thing| thing.truth().subnet == id).count();
        size.saturating_sub(RESERVED + used)
    }
}

fn show(ec2: &State, view: &View, id: &str, subnet: &Subnet, state: &str) -> Fields {
    let names = Fields::new()
        .with("hostnameType", &subnet.hostname_type)
        .with("enableResourceNameDnsARecord", subnet.resource_name_a_record)
        .with("enableResourceNameDnsAAAARecord", subnet.resource_name_aaaa_record);
    let shown = Fields::new()
        .with("subnetId", id)
        .with("subnetArn", view.arn("subnet", id))
        .with("state", state)
        .with("ownerId", &view.account)
        .with("vpcId", &subnet.vpc)
        .with("cidrBlock", &subnet.cidr)
        .with("availableIpAddressCount", ec2.free_addresses(id, subnet))
        .with("availabilityZone", &subnet.zone)
        .with("availabilityZoneId", &subnet.zone_id)
        .with("defaultForAz", subnet.default_for_zone)
        .with("mapPublicIpOnLaunch", subnet.public_ip_on_launch)
        .with("mapCustomerOwnedIpOnLaunch", false)
        .list("ipv6CidrBlockAssociationSet", subnet.ipv6.iter().map(|range| range.shown(view.lens)))
        .with("assignIpv6AddressOnCreation", subnet.assigns_ipv6)
        .with("enableDns64", subnet.dns64)
        .with("ipv6Native", false)
        .with("privateDnsNameOptionsOnLaunch", names);
    ec2.with_tags(shown, view.lens, id)
}

fn zone_of(cx: &Context<'_>, params: &Params) -> Result<Zone, Fault> {
    let all = zones(&cx.region, &cx.caller.account);
    let (name, id) = (params.text("AvailabilityZone"), params.text("AvailabilityZoneId"));
    let found = all
        .iter()
        .find(|zone| name.is_none_or(|name| name == zone.name) && id.is_none_or(|id| id == zone.id));
    found.cloned().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|zone| zone.name.as_str()).collect();
        let (shown, parameter) = match (name, id) {
            (Some(name), _) => (name, "availabilityZone"),
            (None, id) => (id.unwrap_or_default(), "availabilityZoneId"),
        };
        let message = format!(
            "Value ({shown}) for parameter {parameter} is invalid. Subnets can currently only be created in \
             the following availability zones: {}.",
            names.join(", ")
        );
        Fault::client("InvalidParameterValue", message)
    })
}

fn create_subnet(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let vpc = VPC.required(params, "VpcId")?;
    let text = params.required("CidrBlock")?;
    let cidr = network_range::v4("cidrBlock", text)?;
    let zone = zone_of(cx, params)?;
    let tags = requested(params, &SUBNET)?;
    let mut ids = ids_of(cx);
    let id = ids.id("subnet-");
    let ec2 = current(cx);
    let whole = network_range::v4("cidrBlock", &ec2.vpc(view.lens, vpc)?.cidr)?;
    if !(16..=28).contains(&cidr.prefix_len()) || !whole.contains(&cidr) {
        return Err(Fault::client("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let mine = || ec2.subnets.values().map(Versioned::truth).filter(|subnet| subnet.vpc == vpc);
    // The only thing that keeps a repeated CreateSubnet from making a second one (NET-19).
    if mine().any(|other| other.range().contains(&cidr) || cidr.contains(&other.range())) {
        let message = format!("The CIDR '{text}' conflicts with another subnet");
        return Err(Fault::client("InvalidSubnet.Conflict", message));
    }
    quotas::check(mine().count(), quotas::SUBNETS, "SubnetLimitExceeded", "subnets")?;
    let ipv6 = params.text("Ipv6CidrBlock");
    let ipv6 = ipv6.map(|text| ec2.ipv6_of_subnet(&mut ids, now, vpc, text)).transpose()?;
    let subnet = Subnet { ipv6, ..Subnet::new(vpc.to_owned(), zone, cidr.to_string()) };
    ec2.tag_new(&id, tags, now);
    ec2.add_subnet(&mut ids, now, &id, subnet.clone());
    let shown = show(ec2, &view.written(), &id, &subnet, "available");
    cx.world.ids = ids;
    Ok(Answer::empty().with("subnet", shown))
}

const LISTING: Listing = Listing {
    set: "subnetSet",
    key: "subnetId",
    ids: Some(("SubnetId", &SUBNET)),
    filters: &[
        ("availability-zone", "availabilityZone"),
        ("availabilityZone", "availabilityZone"),
        ("availability-zone-id", "availabilityZoneId"),
        ("availabilityZoneId", "availabilityZoneId"),
        ("available-ip-address-count", "availableIpAddressCount"),
        ("cidr", "cidrBlock"),
        ("cidr-block", "cidrBlock"),
        ("cidrBlock", "cidrBlock"),
        ("customer-owned-ipv4-pool", "customerOwnedIpv4Pool"),
        ("default-for-az", "defaultForAz"),
        ("defaultForAz", "defaultForAz"),
        ("enable-dns64", "enableDns64"),
        ("enable-lni-at-device-index", "enableLniAtDeviceIndex"),
        ("ipv6-cidr-block-association.ipv6-cidr-block", "ipv6CidrBlockAssociationSet.ipv6CidrBlock"),
        ("ipv6-cidr-block-association.association-id", "ipv6CidrBlockAssociationSet.associationId"),
        ("ipv6-cidr-block-association.state", "ipv6CidrBlockAssociationSet.ipv6CidrBlockState.state"),
        ("ipv6-native", "ipv6Native"),
        ("map-customer-owned-ip-on-launch", "mapCustomerOwnedIpOnLaunch"),
        ("map-public-ip-on-launch", "mapPublicIpOnLaunch"),
        ("outpost-arn", "outpostArn"),
        ("owner-id", "ownerId"),
        ("private-dns-name-options-on-launch.hostname-type", "privateDnsNameOptionsOnLaunch.hostnameType"),
        (
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
            "privateDnsNameOptionsOnLaunch.enableResourceNameDnsARecord",
        ),
        (
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
            "privateDnsNameOptionsOnLaunch.enableResourceNameDnsAAAARecord",
        ),
        ("state", "state"),
        ("subnet-arn", "subnetArn"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_subnets(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let row = |(id, subnet): (&String, &Versioned<Subnet>)| {
        let ready = view.lens.done(subnet.created, 1_000);
        let state = if ready { "available" } else { "pending" };
        Some(show(ec2, &view, id, subnet.seen(view.lens, id)?, state))
    };
    let rows = ec2.subnets.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

/// Attributes that are a flag in a structure of its own.
const FLAGS: &[&str] = &[
    "MapPublicIpOnLaunch",
    "EnableResourceNameDnsARecordOnLaunch",
    "EnableResourceNameDnsAAAARecordOnLaunch",
    "AssignIpv6AddressOnCreation",
    "EnableDns64",
    "MapCustomerOwnedIpOnLaunch",
];

fn modify_subnet_attribute(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = SUBNET.required(params, "SubnetId")?;
    let hostname = params.choice("PrivateDnsHostnameTypeOnLaunch", &["ip-name", "resource-name"])?;
    let mut asked = Vec::new();
    for name in FLAGS {
        if let Some(wrapper) = params.map(name) {
            asked.push((*name, wrapper.flag("Value")?.ok_or_else(|| params.missing(name))?));
        }
    }
    // One attribute a call (NET-4).
    if asked.len() + usize::from(hostname.is_some()) > 1 {
        let message = "Only one subnet attribute can be modified at a time";
        return Err(Fault::client("InvalidParameterCombination", message));
    }
    let subnet = SUBNET.find_mut(&mut cx.home().ec2.subnets, lens, id)?;
    match (asked.first(), hostname) {
        (Some(("MapPublicIpOnLaunch", value)), _) => subnet.change(now).public_ip_on_launch = *value,
        (Some(("EnableResourceNameDnsARecordOnLaunch", value)), _) => {
            subnet.change(now).resource_name_a_record = *value;
        }
        (Some(("EnableResourceNameDnsAAAARecordOnLaunch", value)), _) => {
            subnet.change(now).resource_name_aaaa_record = *value;
        }
        (Some(("AssignIpv6AddressOnCreation", value)), _) if subnet.truth().ipv6.is_some() || !value => {
            subnet.change(now).assigns_ipv6 = *value;
        }
        (Some(("EnableDns64", value)), _) if subnet.truth().ipv6.is_some() || !value => {
            subnet.change(now).dns64 = *value;
        }
        // Off is what they are: the sandbox's subnets have no outpost.
        (Some((_, false)), _) => {}
        (Some((name, true)), _) => {
            let message =
                format!("The subnet '{id}' cannot have {name}, since it has no IPv6 range or outpost");
            return Err(Fault::client("InvalidParameterValue", message));
        }
        (None, Some(hostname)) => hostname.clone_into(&mut subnet.change(now).hostname_type),
        (None, None) => return Err(params.missing("Attribute")),
    }
    Ok(Answer::done())
}

fn delete_subnet(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = SUBNET.required(params, "SubnetId")?;
    let ec2 = current(cx);
    ec2.subnet(lens, id)?;
    if ec2.network_interfaces.values().any(|thing| thing.truth().subnet == id) {
        let message = format!("The subnet '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    ec2.subnets.remove(id);
    for acl in ec2.network_acls.values_mut().filter(|acl| acl.truth().guards(id)) {
        acl.change(now).associations.retain(|_, subnet| subnet != id);
    }
    for table in ec2.route_tables.values_mut().filter(|table| table.truth().serves(id)) {
        table.change(now).associations.retain(|_, to| to.subnet.as_deref() != Some(id));
    }
    ec2.flow_logs.retain(|_, log| log.truth().resource != id);
    ec2.forget_tags_of_gone();
    Ok(Answer::done())
}
