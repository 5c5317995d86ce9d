//! What the names of ends mean in a planned network.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::planned::{id, things};
use crate::kinds::autoscaling_group::AutoScalingGroup;
use crate::kinds::ec2_network_acl::NetworkAcl;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_vpc_endpoint::{INTERFACE, VpcEndpoint};
use crate::kinds::elb_load_balancer::LoadBalancer;
use crate::kinds::elb_target_group::TargetGroup;
use crate::language::file::File;
use crate::language::tier::Tier;
use crate::language::types::Entry;
use crate::model::{Addr, DecodeError, Link, ResourceSpec as _, Set, Wanted};
use crate::network::{
    Class, Classes, Destination, Id, Interface, Intervals, Network, Place, Public, Role, Target, Traffic,
    Via, addresses,
};

/// Everybody outside.
pub const INTERNET: &str = "internet";
/// The ranges that administer.
pub const ADMIN: &str = "admin";
/// Everybody, in the network and outside.
pub const EVERYBODY: &str = "*";

/// Every end of a planned network that has a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The tiers, in the order of the file.
    pub tiers: Vec<Classes>,
    /// The load balancers.
    pub load_balancers: Vec<Classes>,
    /// The endpoints: interface endpoints, and services behind gateway endpoints.
    pub endpoints: Vec<Classes>,
    /// Of a network that was found: who carries other groups than the tiers' own.
    pub others: Vec<Classes>,
    /// Of a network that was found: interfaces and instances.
    pub(super) by_id: Vec<Classes>,
    admin: Intervals,
    inside: Intervals,
    /// Public addresses of interfaces here.
    public: Intervals,
}

fn addresses_of(network: &Network, subnet: &str) -> Intervals {
    network.subnets.get(subnet).map(|subnet| addresses::of_all(&subnet.ranges)).unwrap_or_default()
}

fn tier(network: &Network, entry: &Entry<Tier>, subnets: &[&Id]) -> Classes {
    let public = if entry.section.public_ips.value { Public::Yes } else { Public::Possible };
    let group = SecurityGroup::addr(entry.name.clone()).to_string();
    instances(network, &entry.name, &group, public, subnets.iter().copied())
}

/// Instances that carry a group, in some subnets.
pub(super) fn instances<'a>(
    network: &Network,
    name: &str,
    group: &Id,
    public: Public,
    subnets: impl Iterator<Item = &'a Id>,
) -> Classes {
    let classes = subnets.map(|subnet| Class {
        name: name.to_owned(),
        addresses: addresses_of(network, subnet),
        place: Place::Interface(Interface {
            subnet: subnet.clone(),
            groups: vec![group.clone()],
            public,
            role: Role::Instance,
        }),
    });
    Classes { name: name.to_owned(), classes: classes.collect() }
}

/// What the target groups of a load balancer hold: the instances of the groups that name them.
fn targets(network: &Network, wanted: &Wanted, balancer: &LoadBalancer) -> Result<Vec<Target>, DecodeError> {
    let forwards: Vec<String> =
        balancer.listeners.0.values().filter_map(|listener| listener.forward.as_ref()).map(id).collect();
    let mut targets = Vec::new();
    for (name, group) in
        things::<TargetGroup>(wanted)?.into_iter().filter(|(name, _)| forwards.contains(name))
    {
        let port = u16::try_from(group.port).unwrap_or(80);
        for (_, instances) in things::<AutoScalingGroup>(wanted)? {
            if !instances.target_groups.0.iter().any(|link| id(link) == name) {
                continue;
            }
            targets.push(Target {
                addresses: instances
                    .subnets
                    .0
                    .iter()
                    .flat_map(|subnet| addresses_of(network, &id(subnet)).ranges().to_vec())
                    .collect(),
                traffic: Traffic::tcp(port, port),
            });
        }
    }
    Ok(targets)
}

fn load_balancer(
    network: &Network,
    wanted: &Wanted,
    balancer: &LoadBalancer,
    name: &str,
) -> Result<Classes, DecodeError> {
    let port = |port: &String| port.parse().ok().map(|port| Traffic::tcp(port, port));
    let role = Role::LoadBalancer {
        listens: balancer.listeners.0.keys().filter_map(port).collect(),
        targets: targets(network, wanted, balancer)?,
    };
    let public = if balancer.scheme == "internal" { Public::No } else { Public::Yes };
    let mut interfaces =
        interfaces(network, name, &balancer.subnets, &balancer.security_groups, public, &role);
    if balancer.address_type.as_deref().is_none_or(|kind| kind == "ipv4") {
        only_v4(&mut interfaces);
    }
    Ok(interfaces)
}

/// Leaves those addresses out that interfaces without IPv6 do not have, though their subnets do.
fn only_v4(interfaces: &mut Classes) {
    for class in &mut interfaces.classes {
        class.addresses = class.addresses.intersect(&addresses::v4());
    }
}

/// The interfaces of a load balancer or an endpoint: one in each of its subnets.
fn interfaces(
    network: &Network,
    name: &str,
    subnets: &Set<Link>,
    groups: &Set<Link>,
    public: Public,
    role: &Role,
) -> Classes {
    let groups: Vec<Id> = groups.0.iter().map(id).collect();
    let classes = subnets.0.iter().map(id).map(|subnet| Class {
        name: name.to_owned(),
        addresses: addresses_of(network, &subnet),
        place: Place::Interface(Interface { subnet, groups: groups.clone(), public, role: role.clone() }),
    });
    Classes { name: name.to_owned(), classes: classes.collect() }
}

/// The name of an endpoint that the network calls so; where another end has it already, with `endpoint.` before it.
pub(super) fn endpoint_name(label: &str, taken: impl Fn(&str) -> bool) -> String {
    let own = label.parse().ok().filter(|addr: &Addr| addr.kind() == VpcEndpoint::KIND);
    match own.map(|addr| addr.name().to_owned()) {
        Some(own) if taken(&own) => format!("endpoint.{own}"),
        Some(own) => own,
        None => label.to_owned(),
    }
}

/// The services to which routes lead through gateway endpoints, by the endpoint.
pub(super) fn services(network: &Network) -> BTreeMap<Id, Class> {
    let routes = network.tables.values().flat_map(|table| &table.routes);
    let services = routes.filter_map(|route| match (&route.via, &route.to) {
        (Via::GatewayEndpoint(endpoint), Destination::PrefixList(list)) => {
            // Of a list that could not be read, any address may be one.
            let ranges = network.prefix_lists.get(list).and_then(Option::as_ref);
            let addresses = ranges.map_or_else(addresses::v4, |ranges| addresses::of_all(ranges));
            let place = Place::Service(endpoint.clone());
            Some((endpoint.clone(), Class { name: endpoint.clone(), addresses, place }))
        }
        _ => None,
    });
    services.collect()
}

fn interface_endpoint(network: &Network, endpoint: &VpcEndpoint, name: &str) -> Classes {
    let (subnets, groups) = (&endpoint.subnets, &endpoint.security_groups);
    let mut interfaces = interfaces(network, name, subnets, groups, Public::No, &Role::Endpoint);
    // They are made with IPv4 alone.
    only_v4(&mut interfaces);
    interfaces
}

/// One end of an endpoint with that name.
pub(super) fn named_so(class: Class, name: String) -> Classes {
    Classes { classes: vec![Class { name: name.clone(), ..class }], name }
}

/// The part of an end that has these addresses.
fn within(classes: &Classes, addresses: &Intervals) -> impl Iterator<Item = Class> {
    let parts = classes
        .classes
        .iter()
        .map(|class| Class { addresses: class.addresses.intersect(addresses), ..class.clone() });
    parts.filter(|class| !class.addresses.is_empty())
}

fn outside(name: &str, addresses: Intervals) -> Class {
    Class { name: name.to_owned(), addresses, place: Place::Outside }
}

impl Ends {
    pub(super) fn of(file: &File, wanted: &Wanted, network: &Network) -> Result<Self, DecodeError> {
        let declared = file.network.as_ref();
        let mut by_acl: BTreeMap<&Id, Vec<&Id>> = BTreeMap::new();
        for (name, subnet) in &network.subnets {
            by_acl.entry(&subnet.acl).or_default().push(name);
        }
        let tiers = declared.into_iter().flat_map(|network| network.tier.iter());
        let mut tiers: Vec<Classes> = tiers
            .map(|entry| {
                let acl = NetworkAcl::addr(entry.name.clone()).to_string();
                tier(network, entry, by_acl.get(&acl).map(Vec::as_slice).unwrap_or_default())
            })
            .collect();
        // A tier that is no longer in the file stands until somebody deletes it.
        for (acl, subnets) in by_acl {
            let name = acl.parse().ok().filter(|addr: &Addr| addr.kind() == NetworkAcl::KIND);
            let Some(name) = name.map(|addr| addr.name().to_owned()) else { continue };
            let group = SecurityGroup::addr(name.clone()).to_string();
            if network.groups.contains_key(&group) && !tiers.iter().any(|tier| tier.name == name) {
                tiers.push(instances(network, &name, &group, Public::Possible, subnets.into_iter()));
            }
        }
        let mut load_balancers = Vec::new();
        for (addr, balancer) in things::<LoadBalancer>(wanted)? {
            let own = addr.rsplit('.').next().unwrap_or(&addr);
            // A tier of the same name comes first, and so do names that mean something else.
            let taken = [INTERNET, ADMIN].contains(&own) || tiers.iter().any(|tier| tier.name == own);
            let name = if taken { format!("load_balancer.{own}") } else { own.to_owned() };
            load_balancers.push(load_balancer(network, wanted, &balancer, &name)?);
        }
        let admin: Vec<IpNet> = declared
            .into_iter()
            .flat_map(|network| network.admin_from.iter())
            .map(|range| range.value.0)
            .collect();
        let inside =
            network.vpcs.values().flat_map(|vpc| addresses::of_all(&vpc.ranges).ranges().to_vec()).collect();
        let taken = |name: &str| tiers.iter().chain(&load_balancers).any(|end: &Classes| end.name == name);
        let mut endpoints = Vec::new();
        for (addr, endpoint) in things::<VpcEndpoint>(wanted)? {
            if endpoint.endpoint_type == INTERFACE {
                endpoints.push(interface_endpoint(network, &endpoint, &endpoint_name(&addr, taken)));
            }
        }
        endpoints.extend(
            services(network).into_iter().map(|(label, class)| named_so(class, endpoint_name(&label, taken))),
        );
        let (others, by_id) = (Vec::new(), Vec::new());
        let public = network.public_addresses.keys().map(|address| IpNet::from(*address)).collect::<Vec<_>>();
        let public = addresses::of_all(&public);
        let admin = addresses::of_all(&admin);
        Ok(Self { tiers, load_balancers, endpoints, others, by_id, admin, inside, public })
    }

    /// Adds whoever carries a group, wherever in the network.
    pub(super) fn add_carriers(&mut self, network: &Network, group: &Id) {
        self.tiers.push(instances(network, group, group, Public::Possible, network.subnets.keys()));
    }

    /// Every end with a name of its own in the network.
    pub fn named(&self) -> impl Iterator<Item = &Classes> {
        self.tiers.iter().chain(&self.load_balancers).chain(&self.endpoints).chain(&self.others)
    }

    /// Everybody on the internet.
    pub fn internet(&self) -> Classes {
        let addresses = addresses::public().minus(&self.inside).minus(&self.public);
        let class = Class { name: INTERNET.to_owned(), addresses, place: Place::Internet };
        Classes { name: INTERNET.to_owned(), classes: vec![class] }
    }

    /// Everybody: what is in the network, and every address that is not.
    pub fn everybody(&self) -> Classes {
        let every = Intervals::range(0, u128::MAX).minus(&self.inside);
        let classes = std::iter::once(outside("anybody outside", every));
        let classes = classes.chain(self.named().flat_map(|end| end.classes.iter().cloned())).collect();
        Classes { name: EVERYBODY.to_owned(), classes }
    }

    /// What a name, an address or a range means; nothing where nothing is called so.
    pub fn find(&self, text: &str) -> Option<Classes> {
        match text {
            INTERNET => return Some(self.internet()),
            EVERYBODY => return Some(self.everybody()),
            ADMIN => return Some(self.range(ADMIN, &self.admin)),
            _ => {}
        }
        let named = self.named().chain(&self.by_id).find(|end| end.name == text);
        let balancer = || {
            let own = text.strip_prefix("load_balancer.")?;
            self.load_balancers.iter().find(|end| end.name == own)
        };
        let endpoint = || {
            let own = text.strip_prefix("endpoint.")?;
            self.endpoints.iter().find(|end| end.name == own)
        };
        if let Some(end) = named.or_else(balancer).or_else(endpoint) {
            return Some(end.clone());
        }
        let range: IpNet =
            text.parse().or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into())).ok()?;
        Some(self.range(text, &addresses::of(range)))
    }

    fn range(&self, name: &str, addresses: &Intervals) -> Classes {
        let mut classes: Vec<Class> = self.named().flat_map(|end| within(end, addresses)).collect();
        let beyond = addresses.minus(&self.inside);
        if !beyond.is_empty() {
            classes.push(outside(name, beyond));
        }
        Classes { name: name.to_owned(), classes }
    }

    /// Every name that means something.
    pub fn names(&self) -> Vec<String> {
        let own = self.named().map(|end| end.name.clone());
        [INTERNET, ADMIN, EVERYBODY].map(str::to_owned).into_iter().chain(own).collect()
    }
}
