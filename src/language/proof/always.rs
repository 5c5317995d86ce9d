//! What always holds of a network, whatever the file asserts.

use super::assertions::{Judged, Kept, denied, everything, nothing, opening, worst};
use super::{ADMIN, INTERNET, Topology};
use crate::kinds::ec2_vpc_endpoint::VpcEndpoint;
use crate::language::egress::{self, Leaving, Outward};
use crate::language::endpoint::{self, Endpoint};
use crate::language::load_balancer::{self, LoadBalancer};
use crate::language::names::Names;
use crate::language::network::Network as Section;
use crate::language::tier::{Accept, Peer, Tier};
use crate::language::traffic::Traffic as Accepted;
use crate::language::types::{Cidr, Entry};
use crate::model::ResourceSpec as _;
use crate::network::{
    Class, Classes, Intervals, Packets, Place, Product, Protocol, Reach, Role, Traffic, addresses, carrying,
    reach,
};

fn judged(name: String, kept: Kept) -> Judged {
    Judged { name, reason: None, place: None, kept }
}

/// Whether each of these holds.
pub(super) fn judge(names: &Names<'_>, section: &Section, planned: &Topology) -> Vec<Judged> {
    let mut all = vec![administration(section, planned), private(section, planned)];
    let everybody = planned.ends.everybody();
    for tier in section.tier.iter() {
        let Some(end) = planned.ends.tiers.iter().find(|end| end.name == tier.name) else { continue };
        let name = format!("exactly what the file accepts reaches {}, and answers get back", tier.name);
        let accepted = accepted(names, section, tier);
        all.push(judged(name, exactly(section, planned, &everybody, &accepted, end)));
        all.push(way_out(section, planned, tier, end));
    }
    for balancer in names.file.load_balancer.iter() {
        let own = |end: &&Classes| own_name(&end.name) == balancer.name;
        let Some(end) = planned.ends.load_balancers.iter().find(own) else { continue };
        let tier = balancer.section.tier.name();
        let name = format!(
            "exactly what {tier} accepts reaches its load balancer {}, and answers get back",
            balancer.name
        );
        let accepted = accepted_by(section, balancer);
        all.push(judged(name, exactly(section, planned, &everybody, &accepted, end)));
    }
    for entry in section.endpoint.iter() {
        all.extend(endpoints(names, section, planned, &everybody, entry));
    }
    all
}

/// Who reaches the endpoints of a section: the tiers that use it, and nobody else.
fn endpoints(
    names: &Names<'_>,
    section: &Section,
    planned: &Topology,
    everybody: &Classes,
    entry: &Entry<Endpoint>,
) -> Vec<Judged> {
    let users: Vec<&Entry<Tier>> = endpoint::clients(section, entry).collect();
    let carried = || entry.section.carries().map(traffic);
    let mut accepted = Vec::new();
    for user in &users {
        let from = || Client::Tier(&user.name);
        accepted.extend(carried().map(|traffic| Accepts { from: from(), traffic, held: true }));
        if entry.section.is_gateway(names.region()) {
            // What a tier opens to everybody leads through its endpoint, too, where that is the service.
            let everywhere =
                user.section.outward(section).into_iter().filter(|outward| outward.to.is_everything());
            accepted.extend(everywhere.map(|outward| Accepts {
                from: from(),
                traffic: traffic(outward.traffic),
                held: false,
            }));
        }
    }
    let who = match users.as_slice() {
        [] => "nobody".to_owned(),
        users => users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    let services = entry.section.services(names.region());
    let judged_one = services.filter_map(|service| {
        let own = service.name(&entry.name);
        let label = VpcEndpoint::addr(own.clone()).to_string();
        let called = |end: &&Classes| end.name == own || end.name == format!("endpoint.{own}");
        let end = planned.ends.endpoints.iter().find(called)?;
        let name = format!("exactly {who} reaches {} through {label}, and answers get back", service.label);
        Some(judged(name, exactly(section, planned, everybody, &accepted, end)))
    });
    judged_one.collect()
}

/// The name that a load balancer has in the file.
fn own_name(end: &str) -> &str {
    end.strip_prefix("load_balancer.").unwrap_or(end)
}

/// Who reaches a load balancer: whom its tier accepts on the ports that it listens on.
fn accepted_by<'a>(section: &'a Section, balancer: &'a Entry<LoadBalancer>) -> Vec<Accepts<'a>> {
    let Some(tier) = section.tier.iter().find(|tier| tier.name == balancer.section.tier.name()) else {
        return Vec::new();
    };
    let public = !balancer.section.internal.value;
    let mut all = Vec::new();
    for port in balancer.section.listens() {
        let traffic = Accepted::tcp(port);
        let carries = |accept: &&Accept| accept.traffic().is_some_and(|carried| carried.covers(traffic));
        for accept in tier.section.accept.iter().map(|accept| &accept.value).filter(carries) {
            all.extend(clients(section, tier, accept, traffic, public));
        }
    }
    all
}

/// Whom an entry of a tier lets in with what, and whether all of them can be held to get there: from outside they do where that is
/// `public`.
fn clients<'a>(
    section: &Section,
    tier: &'a Entry<Tier>,
    accept: &'a Accept,
    carried: Accepted,
    public: bool,
) -> Vec<Accepts<'a>> {
    let of = |range: Cidr, held: bool| {
        let from = Client::Addresses(addresses::of(range.0));
        let own = carried.of(range.family())?;
        Some(Accepts { from, traffic: traffic(own), held })
    };
    // Messages of ICMP are others in each family.
    let from_tier = |name: &'a str| {
        let mut carried: Vec<Accepted> =
            section.families().iter().filter_map(|family| carried.of(*family)).collect();
        carried.dedup();
        let accepts = |own: Accepted| Accepts { from: Client::Tier(name), traffic: traffic(own), held: true };
        carried.into_iter().map(accepts).collect()
    };
    match &accept.from.value {
        Peer::Internet => section.everywhere().filter_map(|range| of(range, public)).collect(),
        Peer::Admin => section.admin_from.iter().filter_map(|range| of(range.value, public)).collect(),
        Peer::Itself => from_tier(&tier.name),
        Peer::Tier(other) => from_tier(&other.name),
        // What is in the network opens what its own tier may open, and a private range comes from a VPN.
        Peer::Range(range) => of(*range, false).into_iter().collect(),
    }
}

/// The ranges that administer.
fn admins(section: &Section) -> impl Iterator<Item = Intervals> + '_ {
    section.admin_from.iter().map(|range| addresses::of(range.value.0))
}

/// What a tier opens to the internet is what the file says, and nothing where it says nothing.
fn way_out(section: &Section, planned: &Topology, tier: &Entry<Tier>, end: &Classes) -> Judged {
    let internet = planned.ends.internet();
    let outward: Vec<Outward> = tier.section.outward(section);
    let to_internet: Vec<&Outward> = outward.iter().filter(|outward| !section.holds(outward.to)).collect();
    let reach = planned.reach(end, &internet, &carrying(&Traffic::all()));
    if to_internet.is_empty() {
        let name = format!("{} opens nothing to the internet", end.name);
        return judged(name, nothing(&reach, &end.name, INTERNET));
    }
    let allowed: Packets = to_internet.iter().flat_map(|outward| packets(outward).parts().to_vec()).collect();
    let beyond = Reach {
        open: reach.open.minus(&allowed),
        unknown: reach.unknown.minus(&allowed),
        reasons: reach.reasons,
    };
    let more = nothing(&beyond, &end.name, INTERNET);
    // What is behind a route of the file is not known, so nobody can be held to get there.
    let through_internet = to_internet.iter().filter(|outward| {
        matches!(
            egress::leaving(section, tier, outward.to),
            Leaving::ByGateway | Leaving::ByNat | Leaving::ByEgressOnly
        )
    });
    let less = through_internet.map(|outward| {
        let mut to = internet.clone();
        for class in &mut to.classes {
            let range = addresses::of(outward.to.0);
            class.addresses = class.addresses.intersect(&range).minus(&denied(section));
        }
        to.classes.retain(|class| !class.addresses.is_empty());
        everything(planned, end, &to, &carrying(&traffic(outward.traffic)), &EVERY_PORT, &Intervals::none())
    });
    let name = match is_web(section, &to_internet) {
        true => format!("{} reaches the internet on ports 80 and 443, and answers get back", end.name),
        false => format!("{} opens outside exactly what its `egress` says, and answers get back", end.name),
    };
    judged(name, worst(std::iter::once(more).chain(less)))
}

/// Whether that is ports 80 and 443 of the internet, as `egress = "internet"` says it.
fn is_web(section: &Section, outward: &[&Outward]) -> bool {
    let ports = |to| [443, 80].map(|port| Outward { to, traffic: Accepted::tcp(port) });
    let web: Vec<Outward> = section.everywhere().flat_map(ports).collect();
    outward.len() == web.len() && web.iter().all(|one| outward.contains(&one))
}

/// The packets of a connection to addresses.
fn packets(outward: &Outward) -> Packets {
    let to = addresses::of(outward.to.0);
    let any = || Intervals::range(0, u128::MAX);
    let there = Product([any(), to, Intervals::range(0, 255), ports(), ports()]);
    carrying(&traffic(outward.traffic)).intersect(&there.into())
}

/// Nothing from the internet on the ports of administration, but for those who administer.
pub(super) fn administration(section: &Section, planned: &Topology) -> Judged {
    let ports = section.admin_ports.iter().map(|ports| Traffic::tcp(ports.from, ports.to));
    let asked: Packets = ports.flat_map(|traffic| carrying(&traffic).parts().to_vec()).collect();
    let admins: Intervals = planned
        .ends
        .find(ADMIN)
        .iter()
        .flat_map(|end| end.classes.iter())
        .flat_map(|class| class.addresses.ranges().to_vec())
        .collect();
    let mut internet = planned.ends.internet();
    for class in &mut internet.classes {
        class.addresses = class.addresses.minus(&admins);
    }
    // A range of the outside that a tier accepts from by name is named on purpose.
    for accept in section.tier.iter().flat_map(|tier| tier.section.accept.iter()) {
        if let Peer::Range(range) = &accept.from.value {
            for class in &mut internet.classes {
                class.addresses = class.addresses.minus(&addresses::of(range.0));
            }
        }
    }
    let kept =
        planned.ends.named().map(|to| nothing(&planned.reach(&internet, to, &asked), INTERNET, &to.name));
    judged("the internet reaches no port of administration".to_owned(), worst(kept))
}

/// Nothing from the internet in private tiers.
pub(super) fn private(section: &Section, planned: &Topology) -> Judged {
    let internet = planned.ends.internet();
    let private = planned
        .ends
        .tiers
        .iter()
        .filter(|end| section.tier.get(&end.name).is_some_and(|tier| !tier.public.value));
    let asked = opening();
    let kept = private.map(|to| nothing(&planned.reach(&internet, to, &asked), INTERNET, &to.name));
    judged("the internet reaches no private tier".to_owned(), worst(kept))
}

pub(super) fn traffic(accepted: Accepted) -> Traffic {
    match accepted {
        Accepted::Tcp(ports) => Traffic::tcp(ports.from, ports.to),
        Accepted::Udp(ports) => Traffic::udp(ports.from, ports.to),
        Accepted::Icmp(message, code) => Traffic::icmp(Protocol::ICMP, message, code),
        Accepted::Icmp6(message, code) => Traffic::icmp(Protocol::ICMP6, message, code),
        Accepted::Other(number) => {
            Traffic { ports: Traffic::all().ports, protocol: Protocol::Number(number) }
        }
    }
}

/// Who a tier accepts something from, and whether all of them can be held to be able to.
struct Accepts<'a> {
    from: Client<'a>,
    traffic: Traffic,
    held: bool,
}

enum Client<'a> {
    Addresses(Intervals),
    Tier(&'a str),
    LoadBalancer(&'a str),
}

/// Clients open connections from these ports: a load balancer and NAT from all of them, systems from some.
const EVERY_PORT: (u128, u128) = (1024, 65535);

fn accepted<'a>(names: &Names<'a>, section: &'a Section, tier: &'a Entry<Tier>) -> Vec<Accepts<'a>> {
    let mut all = Vec::new();
    for accept in tier.section.accept.iter() {
        if load_balancer::takes(names, section, &tier.name, accept) {
            continue;
        }
        let Some(carried) = accept.traffic() else { continue };
        all.extend(clients(section, tier, accept, carried, tier.section.public.value));
    }
    if tier.section.administered() {
        for range in admins(section) {
            let ports = section.admin_ports.iter().map(|ports| Traffic::tcp(ports.from, ports.to));
            all.extend(ports.map(|traffic| Accepts {
                from: Client::Addresses(range.clone()),
                traffic,
                held: true,
            }));
        }
    }
    for group in names.file.auto_scaling.iter().filter(|group| group.section.tier(names) == Some(&tier.name))
    {
        let Some(name) = group.section.load_balancer.as_ref().map(|name| name.name()) else { continue };
        let Some(balancer) = names.file.load_balancer.get(name) else { continue };
        let ports = balancer.target.ports();
        let traffic = Traffic::tcp(ports.from, ports.to);
        all.push(Accepts { from: Client::LoadBalancer(name), traffic, held: true });
    }
    // Path MTU discovery: a message of ICMP from anywhere, which opens nothing.
    for family in section.families() {
        let anywhere = Client::Addresses(addresses::of(family.everywhere().0));
        all.push(Accepts { from: anywhere, traffic: traffic(Accepted::path_mtu(*family)), held: false });
    }
    all
}

/// Whether that is who opens connections.
fn is_from(from: &Client<'_>, class: &Class) -> bool {
    match (from, &class.place) {
        (Client::Addresses(_), _) => true,
        (Client::Tier(name), Place::Interface(interface)) => {
            interface.role == Role::Instance && class.name == *name
        }
        (Client::LoadBalancer(name), Place::Interface(interface)) => {
            matches!(interface.role, Role::LoadBalancer { .. }) && own_name(&class.name) == *name
        }
        (Client::Tier(_) | Client::LoadBalancer(_), Place::Outside | Place::Internet | Place::Service(_)) => {
            false
        }
    }
}

/// Nothing reaches an end but what the file accepts, and all of that does, with its answers.
fn exactly(
    section: &Section,
    planned: &Topology,
    everybody: &Classes,
    accepted: &[Accepts<'_>],
    to: &Classes,
) -> Kept {
    let any = || Intervals::range(0, u128::MAX);
    let asked = carrying(&Traffic::all());
    let more = everybody.classes.iter().map(|source| {
        let reach = to.classes.iter().map(|to| reach(&planned.network, source, to, &asked));
        let reach = reach.fold(Reach::default(), Reach::and);
        if reach.open.is_empty() && reach.unknown.is_empty() {
            return Kept::Yes;
        }
        let allowed = accepted.iter().filter(|accepts| is_from(&accepts.from, source)).flat_map(|accepts| {
            let from = match &accepts.from {
                Client::Addresses(addresses) => addresses.clone(),
                Client::Tier(_) | Client::LoadBalancer(_) => any(),
            };
            let sources = Product([from, any(), Intervals::range(0, 255), ports(), ports()]);
            carrying(&accepts.traffic).intersect(&sources.into()).parts().to_vec()
        });
        let allowed: Packets = allowed.collect();
        let beyond = Reach {
            open: reach.open.minus(&allowed),
            unknown: reach.unknown.minus(&allowed),
            reasons: reach.reasons,
        };
        nothing(&beyond, &source.name, &to.name)
    });
    let more: Vec<Kept> = more.collect();
    let less = accepted.iter().filter(|accepts| accepts.held).map(|accepts| {
        let classes = match &accepts.from {
            Client::Addresses(addresses) => planned
                .ends
                .internet()
                .classes
                .into_iter()
                .map(|class| Class { addresses: class.addresses.intersect(addresses), ..class })
                .filter(|class| !class.addresses.is_empty())
                .collect(),
            Client::Tier(_) | Client::LoadBalancer(_) => {
                everybody.classes.iter().filter(|class| is_from(&accepts.from, class)).cloned().collect()
            }
        };
        let from = Classes { name: String::new(), classes };
        everything(planned, &from, to, &carrying(&accepts.traffic), &EVERY_PORT, &denied(section))
    });
    worst(more.into_iter().chain(less))
}

fn ports() -> Intervals {
    Intervals::range(0, 65535)
}
