//! What every VPC is born with, and the default VPC of a fresh region (NET-7).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::State;
use super::internet_gateway::InternetGateway;
use super::network_acl::{Entry, NetworkAcl};
use super::route_table::{Association, Route, RouteTable, Target};
use super::security_group::SecurityGroup;
use super::security_group_rule::{Peer, SecurityGroupRule};
use super::subnet::Subnet;
use super::vpc::{DhcpOptions, Vpc};
use super::zone::Zone;
use crate::sandbox::ids::Ids;
use crate::sandbox::lag::Versioned;
use crate::sandbox::world::Milliseconds;

/// The range of every default VPC.
const DEFAULT_RANGE: &str = "172.31.0.0/16";

/// Puts a VPC into the region, with its main route table, default network ACL and default security group.
pub fn furnish(ec2: &mut State, ids: &mut Ids, now: Milliseconds, id: &str, vpc: Vpc) {
    let table = ids.id("rtb-");
    let routes = vec![Route::local(vpc.cidr.clone())];
    let main = Association { subnet: None };
    let associations = [(ids.id("rtbassoc-"), main)].into();
    ec2.route_tables
        .insert(table.clone(), Versioned::new(RouteTable { vpc: id.to_owned(), routes, associations }, now));
    let acl = ids.id("acl-");
    let entries =
        [false, true].into_iter().flat_map(|egress| [Entry::allow_all(egress), Entry::last(egress)]);
    let default_acl = NetworkAcl {
        vpc: id.to_owned(),
        is_default: true,
        entries: entries.collect(),
        associations: BTreeMap::new(),
    };
    ec2.network_acls.insert(acl.clone(), Versioned::new(default_acl, now));
    let group = ids.id("sg-");
    let default_group = SecurityGroup {
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        vpc: id.to_owned(),
    };
    ec2.security_groups.insert(group.clone(), Versioned::new(default_group, now));
    ec2.vpcs.insert(id.to_owned(), Versioned::new(vpc, now));
    for new in [&table, &acl, &group] {
        ec2.tag_new(new, BTreeMap::new(), now);
    }
    let itself = Peer::Group(group.clone());
    let rules = [
        SecurityGroupRule::everything(&group, false, itself),
        SecurityGroupRule::everything(&group, true, Peer::V4("0.0.0.0/0".to_owned())),
    ];
    for rule in rules {
        let rule_id = ids.id("sgr-");
        ec2.tag_new(&rule_id, BTreeMap::new(), now);
        ec2.security_group_rules.insert(rule_id, Versioned::new(rule, now));
    }
}

/// Puts the default VPC into a fresh region, as AWS does: a /20 in every zone, a gateway and the route to it.
pub fn default_vpc(ec2: &mut State, ids: &mut Ids, now: Milliseconds, zones: &[Zone]) {
    let dhcp = ids.id("dopt-");
    ec2.dhcp_options.insert(dhcp.clone(), Versioned::new(DhcpOptions {}, now));
    ec2.tag_new(&dhcp, BTreeMap::new(), now);
    let id = ids.id("vpc-");
    let vpc = Vpc {
        is_default: true,
        dns_hostnames: true,
        ..Vpc::new(DEFAULT_RANGE.to_owned(), ids.id("vpc-cidr-assoc-"), dhcp)
    };
    ec2.tag_new(&id, BTreeMap::new(), now);
    furnish(ec2, ids, now, &id, vpc);
    let gateway = ids.id("igw-");
    let attached = InternetGateway { vpc: Some(id.clone()) };
    ec2.internet_gateways.insert(gateway.clone(), Versioned::new(attached, now));
    ec2.tag_new(&gateway, BTreeMap::new(), now);
    for table in ec2.route_tables.values_mut().filter(|table| table.truth().vpc == id) {
        let mut with_way_out = table.truth().clone();
        with_way_out.routes.push(Route {
            destination: "0.0.0.0/0".to_owned(),
            target: Target { member: "gatewayId".to_owned(), id: gateway.clone() },
            origin: "CreateRoute".to_owned(),
        });
        *table = Versioned::new(with_way_out, now);
    }
    for (index, zone) in (0..16).zip(zones) {
        let subnet = ids.id("subnet-");
        let range = format!("{}/20", Ipv4Addr::new(172, 31, index * 16, 0));
        let made = Subnet {
            public_ip_on_launch: true,
            default_for_zone: true,
            ..Subnet::new(id.clone(), zone.clone(), range)
        };
        ec2.add_subnet(ids, now, &subnet, made);
        ec2.tag_new(&subnet, BTreeMap::new(), now);
    }
}
