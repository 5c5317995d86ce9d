//! A network as AWS holds it: what filters packets, and what sends them on.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::packets::Traffic;

/// The name of one thing: its address in a plan, or its id in AWS.
pub type Id = String;

/// Everything that decides about packets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// VPCs.
    pub vpcs: BTreeMap<Id, Vpc>,
    /// Subnets.
    pub subnets: BTreeMap<Id, Subnet>,
    /// Route tables.
    pub tables: BTreeMap<Id, RouteTable>,
    /// Security groups.
    pub groups: BTreeMap<Id, Group>,
    /// Network ACLs.
    pub acls: BTreeMap<Id, Acl>,
    /// Internet gateways.
    pub internet_gateways: BTreeMap<Id, InternetGateway>,
    /// NAT gateways.
    pub nat_gateways: BTreeMap<Id, NatGateway>,
    /// Prefix lists with their ranges; nothing where they could not be read.
    pub prefix_lists: BTreeMap<Id, Option<Vec<IpNet>>>,
    /// Peering connections.
    pub peerings: BTreeMap<Id, Peering>,
    /// Public IPv4 addresses of interfaces, with the interface.
    pub public_addresses: BTreeMap<IpAddr, Id>,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vpc {
    /// Its ranges, of both families.
    pub ranges: Vec<IpNet>,
    /// What AWS blocks whatever the rest says.
    pub block_public_access: BlockPublicAccess,
    /// The route table of subnets that name none.
    pub main_table: Option<Id>,
}

/// VPC Block Public Access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum BlockPublicAccess {
    /// Blocks nothing.
    #[default]
    Off,
    /// Blocks what comes from the internet; answers to what goes out through NAT or an egress-only gateway pass.
    Ingress,
    /// Blocks both directions.
    Bidirectional,
    /// Could not be read.
    Unread,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its VPC.
    pub vpc: Id,
    /// Its ranges, of both families.
    pub ranges: Vec<IpNet>,
    /// Its route table; the main one of the VPC where it names none.
    pub table: Option<Id>,
    /// Its network ACL.
    pub acl: Id,
    /// What it may do though the VPC blocks public access.
    pub exclusion: Option<BlockPublicAccess>,
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteTable {
    /// Routes besides the local one, which is always there.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// For which addresses.
    pub to: Destination,
    /// Where to.
    pub via: Via,
    /// Whether a gateway announced it; a static one wins a tie.
    pub propagated: bool,
}

/// The addresses a route is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A range.
    Range(IpNet),
    /// The ranges of a prefix list.
    PrefixList(Id),
}

/// What a route leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// The VPC itself.
    Local,
    /// An internet gateway.
    InternetGateway(Id),
    /// An egress-only internet gateway, for IPv6.
    EgressOnly(Id),
    /// A NAT gateway.
    NatGateway(Id),
    /// A peering connection.
    Peering(Id),
    /// A gateway endpoint, of S3 or DynamoDB.
    GatewayEndpoint(Id),
    /// What is gone: such a route leads nowhere.
    Blackhole(Id),
    /// Anything else, by what it is: a transit gateway, a firewall, an appliance. What is behind it is not known.
    Unknown(String),
}

/// An internet gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InternetGateway {
    /// The VPC it is attached to.
    pub vpc: Option<Id>,
}

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatGateway {
    /// The subnet it stands in.
    pub subnet: Id,
    /// Whether it has a public address.
    pub public: bool,
}

/// A peering connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peering {
    /// Both VPCs.
    pub vpcs: [Id; 2],
    /// Whether both sides agreed.
    pub active: bool,
    /// Whether groups may name groups of the other VPC: within one region only.
    pub references: bool,
}

/// A security group: what an interface lets in and out. Stateful, and it only allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// What may be opened to it.
    pub ingress: Vec<Rule>,
    /// What it may open.
    pub egress: Vec<Rule>,
}

/// A rule of a security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The other end.
    pub peer: Peer,
    /// What it carries.
    pub traffic: Traffic,
}

/// The other end of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Addresses.
    Range(IpNet),
    /// The private addresses of interfaces with that group.
    Group(Id),
    /// The ranges of a prefix list.
    PrefixList(Id),
}

/// A network ACL: what may enter and leave a subnet. Stateless.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acl {
    /// What enters.
    pub ingress: Vec<AclEntry>,
    /// What leaves.
    pub egress: Vec<AclEntry>,
}

/// What an entry does with packets it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Lets them through.
    Allow,
    /// Drops them.
    Deny,
}

/// An entry of a network ACL. The lowest number that fits decides, and what fits none is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclEntry {
    /// Its number.
    pub number: u16,
    /// What it does.
    pub action: Action,
    /// The addresses on the other side.
    pub range: IpNet,
    /// What it fits.
    pub traffic: Traffic,
}
