//! What exists in EC2 and VPC, in one region of one account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account_settings::Settings;
use super::address::Address;
use super::egress_only_gateway::EgressOnlyGateway;
use super::flow_log::FlowLog;
use super::instance::Instance;
use super::internet_gateway::InternetGateway;
use super::ipv6_pool::Ipv6Pool;
use super::launch_template::LaunchTemplate;
use super::managed_prefix_list::ManagedPrefixList;
use super::nat_gateway::NatGateway;
use super::network_acl::NetworkAcl;
use super::network_interface::NetworkInterface;
use super::peering_connection::PeeringConnection;
use super::route_table::RouteTable;
use super::security_group::SecurityGroup;
use super::security_group_rule::SecurityGroupRule;
use super::snapshot::Snapshot;
use super::subnet::Subnet;
use super::tags::TagSet;
use super::token::Token;
use super::transit_gateway::{Attachment, TransitGateway};
use super::vpc::{DhcpOptions, Vpc};
use super::vpc_endpoint::VpcEndpoint;
use super::vpn_gateway::VpnGateway;
use super::{new_vpc, zone};
use crate::sandbox::context::Context;
use crate::sandbox::gone::lingering;
use crate::sandbox::ids::Ids;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::profile::Profile;
use crate::sandbox::tagging::{Index, Tagged};
use crate::sandbox::world::partition_of;
use crate::sandbox::world::{Birth, Milliseconds};

/// Things by id.
pub type Things<T> = BTreeMap<String, Versioned<T>>;

/// What exists in EC2 and VPC, in one region of one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    // Networks.
    /// VPCs.
    pub vpcs: Things<Vpc>,
    /// Sets of DHCP options.
    pub dhcp_options: Things<DhcpOptions>,
    /// Subnets.
    pub subnets: Things<Subnet>,
    /// Internet gateways.
    pub internet_gateways: Things<InternetGateway>,
    /// Egress-only internet gateways.
    pub egress_only_gateways: Things<EgressOnlyGateway>,
    /// Pools of IPv6 ranges of one's own.
    pub ipv6_pools: Things<Ipv6Pool>,
    /// Route tables with their routes and associations.
    pub route_tables: Things<RouteTable>,
    /// Elastic addresses by allocation id.
    pub addresses: Things<Address>,
    /// NAT gateways, deleted ones for another hour (NET-15).
    pub nat_gateways: Things<NatGateway>,
    /// Network interfaces.
    pub network_interfaces: Things<NetworkInterface>,
    /// Security groups.
    pub security_groups: Things<SecurityGroup>,
    /// Rules of all security groups.
    pub security_group_rules: Things<SecurityGroupRule>,
    /// Prefix lists of the account's own.
    pub managed_prefix_lists: Things<ManagedPrefixList>,
    /// Peering connections.
    pub peering_connections: Things<PeeringConnection>,
    /// Transit gateways.
    pub transit_gateways: Things<TransitGateway>,
    /// VPCs that are attached to them.
    pub transit_gateway_attachments: Things<Attachment>,
    /// Virtual private gateways.
    pub vpn_gateways: Things<VpnGateway>,
    /// Endpoints.
    pub vpc_endpoints: Things<VpcEndpoint>,
    /// Network ACLs with their entries and associations.
    pub network_acls: Things<NetworkAcl>,
    /// Flow logs.
    pub flow_logs: Things<FlowLog>,

    // Compute and settings.
    /// Settings of the account in this region.
    pub settings: Settings,
    /// Launch templates.
    pub launch_templates: Things<LaunchTemplate>,
    /// Instances, terminated ones for another hour.
    pub instances: Things<Instance>,
    /// Snapshots of volumes.
    pub snapshots: Things<Snapshot>,
    /// Until when network interfaces stay whose owner is gone, by their ids (ELB-8).
    pub lingering_interfaces: BTreeMap<String, Milliseconds>,

    // What all resources share.
    /// Tags by resource id: everything that exists has an entry.
    pub tags: Things<TagSet>,
    /// What was deleted lately.
    pub gone: Gone,
    /// Client tokens by operation and token (NET-20).
    pub tokens: BTreeMap<String, Token>,
}

impl State {
    /// What a new region comes with: the default VPC and all it holds.
    pub fn born(birth: &mut Birth<'_>) -> Self {
        let mut state = Self::default();
        new_vpc::default_vpc(&mut state, birth.ids, birth.now, &zone::zones(birth.region, birth.account));
        state
    }

    /// Brings what time changes by itself up to date.
    pub fn advance(&mut self, lens: Lens) {
        self.advance_nat_gateways(lens);
        self.advance_vpc_endpoints(lens);
        self.advance_instances(lens);
        self.advance_lingering_interfaces(lens);
    }
}

lingering! {
    State,
    |world, account, region| &mut world.region(account, region).ec2,
    vpcs: Versioned<Vpc>,
    subnets: Versioned<Subnet>,
    internet_gateways: Versioned<InternetGateway>,
    egress_only_gateways: Versioned<EgressOnlyGateway>,
    ipv6_pools: Versioned<Ipv6Pool>,
    route_tables: Versioned<RouteTable>,
    addresses: Versioned<Address>,
    security_groups: Versioned<SecurityGroup>,
    security_group_rules: Versioned<SecurityGroupRule>,
    managed_prefix_lists: Versioned<ManagedPrefixList>,
    peering_connections: Versioned<PeeringConnection>,
    transit_gateways: Versioned<TransitGateway>,
    transit_gateway_attachments: Versioned<Attachment>,
    vpn_gateways: Versioned<VpnGateway>,
    network_acls: Versioned<NetworkAcl>,
    flow_logs: Versioned<FlowLog>,
    launch_templates: Versioned<LaunchTemplate>,
    tags: Versioned<TagSet>,
}

impl Index for State {
    fn tagged(&self, account: &str, region: &str) -> Vec<Tagged> {
        self.tagged_resources(account, region)
    }
}

/// What showing a thing needs beside the thing: whose it is, where, and what this call can see.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// What this call can see.
    pub lens: Lens,
    /// The account's twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
}

impl View {
    /// What this call can see.
    pub fn of(cx: &Context<'_>) -> Self {
        Self { lens: cx.lens(), account: cx.caller.account.clone(), region: cx.region.clone() }
    }

    /// The same for the answer of a call that creates, which sees what it has just written.
    pub fn written(&self) -> Self {
        Self { lens: Lens { profile: Profile::Instant, ..self.lens }, ..self.clone() }
    }

    /// The ARN of something of EC2.
    pub fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:{}:ec2:{}:{}:{kind}/{id}", partition_of(&self.region), self.region, self.account)
    }
}

/// The region's state, with what time changes brought up to date.
pub(super) fn current<'a>(cx: &'a mut Context<'_>) -> &'a mut State {
    let lens = cx.lens();
    let ec2 = &mut cx.home().ec2;
    ec2.advance(lens);
    ec2
}

/// Ids to be used while the region is borrowed, and given back by `cx.world.ids = ids`.
///
/// The region must be there before they are taken out: one that is born in between takes the same ones.
pub fn ids_of(cx: &mut Context<'_>) -> Ids {
    cx.home();
    cx.world.ids.clone()
}
