//! Every connection the file lets happen: the one list that security groups and network ACLs are made of.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use ipnet::Ipv4Net;

use super::egress::{self, Leaving, Outward};
use super::endpoint;
use super::load_balancer::{self, LoadBalancer};
use super::names::Names;
use super::network::{Nat, Network};
use super::subnets;
use super::tier::{Peer, Tier};
use super::traffic::Traffic;
use super::types::{Cidr, Entry, Family};

/// One end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// Addresses.
    Range(Cidr),
    /// The instances of a tier.
    Tier(String),
    /// A load balancer.
    LoadBalancer {
        /// Its name in the file.
        name: String,
        /// The tier whose subnets it stands in.
        tier: String,
    },
    /// An interface endpoint, with all of its services.
    Endpoint {
        /// Its name in the file.
        name: String,
        /// The tier whose subnets it stands in.
        tier: String,
    },
    /// A service behind a gateway endpoint: whatever its prefix list holds.
    Service(String),
}

impl End {
    /// A load balancer of the file.
    pub(super) fn load_balancer(entry: &Entry<LoadBalancer>) -> Self {
        Self::LoadBalancer { name: entry.name.clone(), tier: entry.section.tier.name().to_owned() }
    }

    /// The tier in whose subnets it stands.
    pub(super) fn tier(&self) -> Option<&str> {
        match self {
            Self::Range(_) | Self::Service(_) => None,
            Self::Tier(tier) | Self::LoadBalancer { tier, .. } | Self::Endpoint { tier, .. } => Some(tier),
        }
    }
}

/// A connection that may be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flow {
    /// Who opens it.
    pub(super) from: End,
    /// Who answers.
    pub(super) to: End,
    /// What it carries.
    pub(super) traffic: Traffic,
    /// Whether instances take part in it, or it only passes through a tier's subnets on its way to NAT.
    pub(super) instances: bool,
}

impl End {
    /// The families that it has addresses of. Endpoints are made with IPv4 alone.
    fn has(&self, network: &Network, family: Family) -> bool {
        match self {
            Self::Range(range) => range.family() == family,
            Self::Tier(_) | Self::LoadBalancer { .. } => network.families().contains(&family),
            Self::Endpoint { .. } | Self::Service(_) => family == Family::V4,
        }
    }
}

impl Flow {
    /// The families whose addresses carry it.
    pub(super) fn families(&self, network: &Network) -> impl Iterator<Item = Family> {
        let of_both = |family: &Family| self.from.has(network, *family) && self.to.has(network, *family);
        let families: Vec<Family> = network.families().iter().copied().filter(of_both).collect();
        let traffic = self.traffic;
        families.into_iter().filter(move |family| traffic.is_of(*family))
    }
}

/// What of it is carried between two ends: messages of ICMP are others in each family.
fn carried(network: &Network, from: &End, to: &End, traffic: Traffic) -> Vec<Traffic> {
    let families = network.families().iter().copied();
    let of_both = families.filter(|family| from.has(network, *family) && to.has(network, *family));
    let mut carried: Vec<Traffic> = of_both.filter_map(|family| traffic.of(family)).collect();
    carried.dedup();
    carried
}

/// Every connection, each once, in the order of the file.
pub(super) fn flows(names: &Names<'_>, network: &Network) -> Vec<Flow> {
    let mut flows = Vec::new();
    for entry in network.tier.iter() {
        accepted(names, network, entry, &mut flows);
    }
    targets(names, &mut flows);
    for entry in network.tier.iter() {
        flows.extend(entry.section.outward(network).into_iter().map(|Outward { to, traffic }| Flow {
            from: End::Tier(entry.name.clone()),
            to: End::Range(to),
            traffic,
            instances: true,
        }));
    }
    to_endpoints(names, network, &mut flows);
    through_nat(network, &mut flows);
    path_mtu(names, network, &mut flows);
    let mut places: BTreeMap<(End, End, Traffic), usize> = BTreeMap::new();
    let mut unique: Vec<Flow> = Vec::new();
    for flow in flows {
        match places.entry((flow.from.clone(), flow.to.clone(), flow.traffic)) {
            Occupied(place) => unique[*place.get()].instances |= flow.instances,
            Vacant(place) => {
                place.insert(unique.len());
                unique.push(flow);
            }
        }
    }
    unique
}

fn accepted(names: &Names<'_>, network: &Network, entry: &Entry<Tier>, flows: &mut Vec<Flow>) {
    let to = End::Tier(entry.name.clone());
    let balancers: Vec<End> = load_balancer::of_tier(names, &entry.name).map(End::load_balancer).collect();
    let admins = || network.admin_from.iter().map(|range| End::Range(range.value));
    let mut push = |from: &End, to: &End, traffic: Traffic| {
        let carried = carried(network, from, to, traffic).into_iter();
        flows.extend(carried.map(|traffic| Flow {
            from: from.clone(),
            to: to.clone(),
            traffic,
            instances: true,
        }));
    };
    for accept in entry.section.accept.iter() {
        let froms: Vec<End> = match &accept.from.value {
            Peer::Internet => network.everywhere().map(End::Range).collect(),
            Peer::Admin => admins().collect(),
            Peer::Itself => vec![to.clone()],
            Peer::Tier(tier) => vec![End::Tier(tier.name.clone())],
            Peer::Range(range) => vec![End::Range(*range)],
        };
        let Some(traffic) = accept.traffic() else { continue };
        let listening = balancers.iter().filter(|_| load_balancer::may_listen(traffic));
        let through = load_balancer::takes(names, network, &entry.name, accept);
        for from in &froms {
            listening.clone().for_each(|balancer| push(from, balancer, traffic));
            if !through {
                push(from, &to, traffic);
            }
        }
    }
    if entry.section.administered() {
        for from in admins() {
            for ports in network.admin_ports.iter() {
                push(&from, &to, Traffic::Tcp(ports.value));
            }
        }
    }
}

/// A load balancer opens connections to its targets, for requests and for health checks.
fn targets(names: &Names<'_>, flows: &mut Vec<Flow>) {
    for group in names.file.auto_scaling.iter() {
        let Some(tier) = group.section.tier(names) else { continue };
        let Some(name) = group.section.load_balancer.as_ref().map(|balancer| balancer.name()) else {
            continue;
        };
        let balancer = names.file.load_balancer.iter().find(|balancer| balancer.name == name);
        let Some(balancer) = balancer else { continue };
        flows.push(Flow {
            from: End::load_balancer(balancer),
            to: End::Tier(tier.to_owned()),
            traffic: Traffic::Tcp(balancer.section.target.ports()),
            instances: true,
        });
    }
}

/// Tiers open connections to the endpoints that they use. Packets to an endpoint are never too large: AWS sets their size, and sends no
/// message of ICMP about it ("Interface endpoints" and "Gateway endpoints", AWS PrivateLink guide).
fn to_endpoints(names: &Names<'_>, network: &Network, flows: &mut Vec<Flow>) {
    for entry in network.tier.iter() {
        for endpoint in endpoint::of_tier(network, entry) {
            for to in endpoint::ends(endpoint, names.region()) {
                flows.extend(endpoint.section.carries().map(|traffic| Flow {
                    from: End::Tier(entry.name.clone()),
                    to: to.clone(),
                    traffic,
                    instances: true,
                }));
            }
        }
    }
}

/// The ACL of the subnets NAT stands in sees what passes through NAT; no security group does.
fn through_nat(network: &Network, flows: &mut Vec<Flow>) {
    let Some(host) = nat_tier(network) else { return };
    for entry in network.tier.iter() {
        let ranges = subnets::ranges(network, &entry.name);
        for Outward { to, traffic } in nat_traffic(network, entry) {
            let here = || End::Tier(host.to_owned());
            let came = |range: &Ipv4Net| Flow {
                from: End::Range(Cidr((*range).into())),
                to: here(),
                traffic,
                instances: false,
            };
            flows.extend(ranges.iter().map(came));
            flows.push(Flow { from: here(), to: End::Range(to), traffic, instances: false });
        }
    }
}

/// A router anywhere on the way may say that a packet is too large, so a tier that talks to the outside hears
/// it from everywhere, and its subnets let it out.
fn path_mtu(names: &Names<'_>, network: &Network, flows: &mut Vec<Flow>) {
    let tiers = network.tier.iter().map(|entry| End::Tier(entry.name.clone()));
    let ends: Vec<End> = tiers.chain(names.file.load_balancer.iter().map(End::load_balancer)).collect();
    for (tier, family) in
        ends.iter().flat_map(|end| network.families().iter().map(move |family| (end, *family)))
    {
        let outside = |end: &End| matches!(end, End::Range(range) if range.family() == family && !network.holds(*range));
        let talks = |instances: bool| {
            flows.iter().any(|flow| {
                (flow.instances || !instances)
                    && ((flow.from == *tier && outside(&flow.to))
                        || (flow.to == *tier && outside(&flow.from)))
            })
        };
        if !talks(false) {
            continue;
        }
        let traffic = Traffic::path_mtu(family);
        let world = End::Range(family.everywhere());
        let incoming = Flow { from: world.clone(), to: tier.clone(), traffic, instances: talks(true) };
        flows.push(incoming);
        flows.push(Flow { from: tier.clone(), to: world, traffic, instances: false });
    }
}

/// What a tier opens through NAT.
fn nat_traffic(network: &Network, entry: &Entry<Tier>) -> impl Iterator<Item = Outward> {
    let outward = entry.section.outward(network).into_iter();
    outward.filter(|outward| egress::leaving(network, entry, outward.to) == Leaving::ByNat)
}

/// Whether a tier's way out leads through NAT.
pub(super) fn uses_nat(network: &Network, entry: &Entry<Tier>) -> bool {
    nat_traffic(network, entry).next().is_some()
}

/// Whether a tier's way out leads through the egress-only gateway.
pub(super) fn uses_egress_only(network: &Network, entry: &Entry<Tier>) -> bool {
    let mut outward = entry.section.outward(network).into_iter();
    outward.any(|outward| egress::leaving(network, entry, outward.to) == Leaving::ByEgressOnly)
}

/// The tier whose subnets NAT stands in: the public one with the lowest block, so that a tier that is added above it, with a
/// block of its own, does not move the gateway.
pub(super) fn nat_tier(network: &Network) -> Option<&str> {
    if network.nat.value == Nat::None {
        return None;
    }
    let public = network.tier.iter().filter(|entry| entry.section.public.value);
    public.min_by_key(|entry| subnets::block_number(network, &entry.name)).map(|entry| entry.name.as_str())
}
