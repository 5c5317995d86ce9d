//! The ways from one end to another, each with everything on it that decides.
//!
//! A place that blocks does not end a way: what comes behind it is told too, so that all blocks are known at once.

use super::addresses;
use super::class::{Class, Interface, Place, Public, Role};
use super::filters::{Direction, PeerGroups};
use super::intervals::Intervals;
use super::model::{BlockPublicAccess, Id, Network, Subnet, Via};
use super::packets::{Packets, Traffic, between, carrying, traffic_words};
use super::products::Product;
use super::protocol::Protocol;
use super::routes::{self, Hop};
use super::steps::{Check, Side, Step, Way, chosen_ports};

/// One way.
#[derive(Debug, Clone)]
pub(super) struct Path {
    /// The packets that take it.
    pub(super) domain: Packets,
    /// What they pass, in order.
    pub(super) steps: Vec<Step>,
}

/// The steps of a way while it is put together.
struct Steps<'a> {
    network: &'a Network,
    steps: Vec<Step>,
    beyond: Beyond<'a>,
}

/// What a way out of a VPC leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beyond<'a> {
    /// Any address outside.
    Anywhere,
    /// The internet. What a gateway endpoint leads to is none of it, so no route to one leads there.
    Internet,
    /// The service behind this gateway endpoint.
    Service(&'a Id),
}

impl Beyond<'_> {
    /// Where a subnet sends these addresses.
    fn hops(self, network: &Network, subnet: &str, addresses: &Intervals) -> Vec<Hop> {
        match self {
            Self::Internet => routes::hops_past_endpoints(network, subnet, addresses),
            Self::Anywhere | Self::Service(_) => routes::hops(network, subnet, addresses),
        }
    }
}

impl<'a> Steps<'a> {
    const fn new(network: &'a Network) -> Self {
        Self { network, steps: Vec::new(), beyond: Beyond::Anywhere }
    }
}

impl Steps<'_> {
    fn push(&mut self, thing: impl Into<Id>, check: Check) {
        self.steps.push(Step { thing: thing.into(), way: Way::There, check });
    }

    fn groups(&mut self, interface: &Interface, direction: Direction, other: &PeerGroups) {
        let side = if direction == Direction::In { Side::Source } else { Side::Destination };
        let (ids, other) = (interface.groups.clone(), other.clone());
        // A network load balancer may be without groups, and then nothing filters.
        if ids.is_empty() && matches!(interface.role, Role::LoadBalancer { .. }) {
            return self.push(&interface.subnet, Check::Passes("no security group".to_owned()));
        }
        self.push(ids.join(", "), Check::Groups { ids, direction, side, other });
    }

    fn acl(&mut self, subnet: &Subnet, direction: Direction, side: Side, way: Way) {
        let check = Check::Acl { direction, side };
        self.steps.push(Step { thing: subnet.acl.clone(), way, check });
    }

    fn route(&mut self, subnet: &Id, hop: &Hop, way: Way) {
        let table = routes::table(self.network, subnet).unwrap_or_else(|| subnet.clone());
        let words = hop.words.clone();
        let check = match &hop.via {
            None => Check::Blocks(words),
            Some(Via::Blackhole(_)) => Check::Blocks(format!("{words}, which is gone")),
            Some(Via::Unknown(what)) => {
                Check::Unknown(format!("{words}, and what is behind {what} is not known"))
            }
            Some(_) => Check::Passes(words),
        };
        self.steps.push(Step { thing: table, way, check });
    }

    /// What the source itself can send.
    fn source(&mut self, from: &Class) {
        let Place::Interface(interface) = &from.place else { return };
        match &interface.role {
            Role::Instance | Role::Forwarder => {}
            Role::Unknown(reason) => self.push(&from.name, Check::Unknown(reason.clone())),
            Role::Endpoint => {
                self.push(&from.name, Check::Blocks("an endpoint opens no connections".to_owned()));
            }
            Role::LoadBalancer { targets, .. } => {
                let packets = targets.iter().flat_map(|target| {
                    let to = carrying(&target.traffic);
                    let here = Product([
                        Intervals::range(0, u128::MAX),
                        target.addresses.clone(),
                        Intervals::range(0, 255),
                        chosen_ports(),
                        Intervals::range(0, 65535),
                    ]);
                    to.intersect(&here.into()).parts().to_vec()
                });
                let words = "a load balancer opens connections to its targets only".to_owned();
                self.push(&from.name, Check::Only { packets: packets.collect(), words });
            }
        }
    }

    /// What the destination itself answers.
    fn destination(&mut self, to: &Class) {
        let Place::Interface(interface) = &to.place else { return };
        if let Role::Unknown(reason) = &interface.role {
            self.push(&to.name, Check::Unknown(reason.clone()));
        }
        if let Role::LoadBalancer { listens, .. } = &interface.role {
            let packets: Packets =
                listens.iter().flat_map(|traffic| carrying(traffic).parts().to_vec()).collect();
            let words = match traffic_words(&packets) {
                empty if empty.is_empty() => "listens on no port".to_owned(),
                ports => format!("listens on {ports}"),
            };
            self.push(&to.name, Check::Only { packets, words });
        }
    }
}

/// Every way from one end to the other.
pub(super) fn paths(network: &Network, from: &Class, to: &Class) -> Vec<Path> {
    match (&from.place, &to.place) {
        // A service opens no connections, and what is outside reaches it in other ways.
        (Place::Service(_), _) | (Place::Outside | Place::Internet, Place::Service(_)) => Vec::new(),
        (Place::Outside | Place::Internet, Place::Outside | Place::Internet) => Vec::new(),
        (Place::Outside | Place::Internet, Place::Interface(interface)) => {
            inbound(network, from, to, interface)
        }
        (Place::Interface(interface), Place::Outside) => {
            outbound(network, from, interface, to, Beyond::Anywhere)
        }
        (Place::Interface(interface), Place::Internet) => {
            outbound(network, from, interface, to, Beyond::Internet)
        }
        (Place::Interface(interface), Place::Service(id)) => {
            outbound(network, from, interface, to, Beyond::Service(id))
        }
        (Place::Interface(a), Place::Interface(b)) => inside(network, (from, a), (to, b)),
    }
}

fn known(interface: &Interface) -> PeerGroups {
    PeerGroups::Known(interface.groups.clone())
}

/// Nobody carries a group on an address that is not private to the network.
const fn nobody() -> PeerGroups {
    PeerGroups::Known(Vec::new())
}

fn inside(network: &Network, (from, a): (&Class, &Interface), (to, b): (&Class, &Interface)) -> Vec<Path> {
    let (Some(here), Some(there)) = (network.subnets.get(&a.subnet), network.subnets.get(&b.subnet)) else {
        return Vec::new();
    };
    if a.subnet == b.subnet {
        let mut steps = Steps::new(network);
        steps.source(from);
        steps.groups(a, Direction::Out, &known(b));
        steps.groups(b, Direction::In, &known(a));
        steps.destination(to);
        return vec![Path { domain: between(&from.addresses, &to.addresses), steps: steps.steps }];
    }
    let mut all = Vec::new();
    for out in routes::hops(network, &a.subnet, &to.addresses) {
        for back in routes::hops(network, &b.subnet, &from.addresses) {
            let mut steps = Steps::new(network);
            let references = match (&out.via, &back.via) {
                (Some(Via::Peering(id)), _) => {
                    network.peerings.get(id).is_none_or(|peering| peering.references)
                }
                (Some(Via::Unknown(_)), _) | (_, Some(Via::Unknown(_))) => true,
                _ => here.vpc == there.vpc,
            };
            let through = match (&out.via, &back.via) {
                (Some(Via::Unknown(what)), _) | (_, Some(Via::Unknown(what))) => Some(what.clone()),
                _ => None,
            };
            let groups = |of: &Interface| match &through {
                _ if !references => nobody(),
                // Whether groups are known behind a transit gateway or an appliance is a setting of its own.
                Some(what) => {
                    PeerGroups::Perhaps(of.groups.clone(), format!("groups may not be known behind {what}"))
                }
                None => known(of),
            };
            steps.source(from);
            steps.groups(a, Direction::Out, &groups(b));
            steps.acl(here, Direction::Out, Side::Destination, Way::There);
            steps.route(&a.subnet, &out, Way::There);
            link(&mut steps, &out, here, there);
            steps.acl(there, Direction::In, Side::Source, Way::There);
            steps.groups(b, Direction::In, &groups(a));
            steps.destination(to);
            steps.acl(there, Direction::Out, Side::Source, Way::Back);
            steps.route(&b.subnet, &back, Way::Back);
            link(&mut steps, &back, there, here);
            steps.acl(here, Direction::In, Side::Destination, Way::Back);
            all.push(Path { domain: between(&back.addresses, &out.addresses), steps: steps.steps });
        }
    }
    all
}

/// What a route leads to carries packets from one subnet to the other, or not.
fn link(steps: &mut Steps<'_>, hop: &Hop, from: &Subnet, to: &Subnet) {
    match &hop.via {
        Some(Via::Local) if from.vpc == to.vpc => {}
        Some(Via::Local) => steps.push(&from.vpc, Check::Blocks("the address is of this VPC too".to_owned())),
        Some(Via::Peering(id)) => match steps.network.peerings.get(id) {
            Some(peering) if !peering.active => {
                steps.push(id, Check::Blocks("the peering connection is not active".to_owned()));
            }
            Some(peering) if peering.vpcs.contains(&from.vpc) && peering.vpcs.contains(&to.vpc) => {}
            Some(_) => {
                let words = "a peering connection carries packets between its two VPCs only".to_owned();
                steps.push(id, Check::Blocks(words));
            }
            None => steps.push(id, Check::Unknown("the peering connection could not be read".to_owned())),
        },
        Some(
            Via::InternetGateway(id) | Via::EgressOnly(id) | Via::NatGateway(id) | Via::GatewayEndpoint(id),
        ) => {
            steps.push(id, Check::Blocks("this does not lead into another VPC".to_owned()));
        }
        // The route says it.
        Some(Via::Blackhole(_) | Via::Unknown(_)) | None => {}
    }
}

fn blocked_by_aws(network: &Network, subnet: &Subnet) -> BlockPublicAccess {
    let vpc = network.vpcs.get(&subnet.vpc).map_or(BlockPublicAccess::Off, |vpc| vpc.block_public_access);
    match subnet.exclusion {
        // An exclusion says what stays allowed: everything, or what goes out.
        Some(BlockPublicAccess::Off) => BlockPublicAccess::Off,
        Some(BlockPublicAccess::Ingress) if vpc == BlockPublicAccess::Bidirectional => {
            BlockPublicAccess::Ingress
        }
        Some(BlockPublicAccess::Unread) if vpc != BlockPublicAccess::Off => BlockPublicAccess::Unread,
        Some(_) | None => vpc,
    }
}

/// Whether AWS blocks the way, where it does so in these modes.
fn block_public_access(steps: &mut Steps<'_>, subnet: &Subnet, blocking: &[BlockPublicAccess]) {
    let mode = blocked_by_aws(steps.network, subnet);
    if blocking.contains(&mode) {
        steps.push(&subnet.vpc, Check::Blocks("VPC Block Public Access is on".to_owned()));
    } else if mode == BlockPublicAccess::Unread {
        let words = "whether VPC Block Public Access is on could not be read";
        steps.push(&subnet.vpc, Check::Unknown(words.to_owned()));
    }
}

/// Past the internet gateway: it must be attached, and translates between a public and a private address.
fn internet_gateway(
    steps: &mut Steps<'_>,
    id: &Id,
    subnet: &Subnet,
    interface: &Interface,
    addresses: &Intervals,
) {
    match steps.network.internet_gateways.get(id) {
        None => steps.push(id, Check::Unknown("the internet gateway could not be read".to_owned())),
        Some(gateway) if gateway.vpc.as_ref() != Some(&subnet.vpc) => {
            steps.push(id, Check::Blocks("the internet gateway is not attached to this VPC".to_owned()));
        }
        Some(_) => {}
    }
    block_public_access(steps, subnet, &[BlockPublicAccess::Ingress, BlockPublicAccess::Bidirectional]);
    let private = addresses.intersect(&addresses::v4()).minus(&addresses::public());
    if !private.is_empty() {
        let open = addresses.minus(&private);
        let packets = between(&open, &Intervals::range(0, u128::MAX));
        let packets = packets.union(&between(&Intervals::range(0, u128::MAX), &open));
        let words =
            format!("an internet gateway carries no private address such as {}", addresses::words(&private));
        steps.push(id, Check::Only { packets, words });
    }
    if !addresses.intersect(&addresses::v4()).is_empty() {
        let v6 = || addresses::v6();
        match interface.public {
            Public::Yes => {}
            Public::Possible => steps.push(id, Check::Passes("with a public address".to_owned())),
            Public::No => {
                let packets = between(&v6(), &v6());
                steps.push(id, Check::Only { packets, words: "there is no public address".to_owned() });
            }
        }
    }
}

fn inbound(network: &Network, from: &Class, to: &Class, interface: &Interface) -> Vec<Path> {
    let Some(subnet) = network.subnets.get(&interface.subnet) else { return Vec::new() };
    let mut all = Vec::new();
    // Nobody on the internet has an address to which a gateway endpoint leads.
    let beyond = if from.place == Place::Internet { Beyond::Internet } else { Beyond::Anywhere };
    for back in beyond.hops(network, &interface.subnet, &from.addresses) {
        let mut steps = Steps::new(network);
        match &back.via {
            Some(Via::InternetGateway(id)) => {
                internet_gateway(&mut steps, id, subnet, interface, &back.addresses);
            }
            Some(Via::NatGateway(id)) => {
                steps.push(id, Check::Blocks("nothing comes in through a NAT gateway".to_owned()));
            }
            Some(Via::EgressOnly(id)) => {
                steps.push(id, Check::Blocks("nothing comes in through an egress-only gateway".to_owned()));
            }
            Some(Via::GatewayEndpoint(id)) => {
                steps.push(id, Check::Blocks("an endpoint opens no connections".to_owned()));
            }
            Some(Via::Local) => {
                steps.push(&subnet.vpc, Check::Blocks("no interface of the VPC has this address".to_owned()));
            }
            Some(Via::Peering(id)) => peer_vpc(&mut steps, id),
            Some(Via::Blackhole(_) | Via::Unknown(_)) | None => {}
        }
        let others = match &back.via {
            Some(Via::Peering(_) | Via::Unknown(_)) => {
                PeerGroups::Foreign("the groups on the other side are not known".to_owned())
            }
            _ => nobody(),
        };
        steps.acl(subnet, Direction::In, Side::Source, Way::There);
        steps.groups(interface, Direction::In, &others);
        steps.destination(to);
        steps.acl(subnet, Direction::Out, Side::Source, Way::Back);
        steps.route(&interface.subnet, &back, Way::Back);
        all.push(Path { domain: between(&back.addresses, &to.addresses), steps: steps.steps });
    }
    all
}

/// To or from addresses that no known interface has, through a peering connection.
fn peer_vpc(steps: &mut Steps<'_>, id: &Id) {
    let network = steps.network;
    let Some(peering) = network.peerings.get(id) else {
        return steps.push(id, Check::Unknown("the peering connection could not be read".to_owned()));
    };
    if !peering.active {
        return steps.push(id, Check::Blocks("the peering connection is not active".to_owned()));
    }
    if peering.vpcs.iter().all(|vpc| network.vpcs.contains_key(vpc)) {
        let words = "no interface of the other VPC has this address, and peering leads no further".to_owned();
        return steps.push(id, Check::Blocks(words));
    }
    steps.push(id, Check::Unknown("what is in the other VPC is not known".to_owned()));
}

fn outbound<'a>(
    network: &'a Network,
    from: &Class,
    interface: &Interface,
    to: &Class,
    beyond: Beyond<'a>,
) -> Vec<Path> {
    let Some(subnet) = network.subnets.get(&interface.subnet) else { return Vec::new() };
    let vpc = network.vpcs.get(&subnet.vpc);
    let resolver =
        vpc.map(|vpc| vpc.ranges.iter().flat_map(|r| addresses::resolver(*r).ranges().to_vec()).collect());
    let amazon = addresses::link_local().union(&resolver.unwrap_or_default()).intersect(&to.addresses);
    let mut all = Vec::new();
    if !amazon.is_empty() {
        let words = "no group and no network ACL filters Amazon's DNS, metadata and time".to_owned();
        let step = Step { thing: subnet.vpc.clone(), way: Way::There, check: Check::Passes(words) };
        all.push(Path { domain: between(&from.addresses, &amazon), steps: vec![step] });
    }
    let reflected = reflected(network);
    let others = to.addresses.minus(&amazon).minus(&reflected);
    let hops = beyond.hops(network, &interface.subnet, &others).into_iter();
    for out in hops.chain(beyond.hops(network, &interface.subnet, &to.addresses.intersect(&reflected))) {
        let mut steps = Steps { beyond, ..Steps::new(network) };
        let others = match &out.via {
            Some(Via::Peering(_) | Via::Unknown(_)) => {
                PeerGroups::Foreign("the groups on the other side are not known".to_owned())
            }
            _ => nobody(),
        };
        steps.source(from);
        steps.groups(interface, Direction::Out, &others);
        // NAT in the subnet itself is met without leaving the subnet, and does not serve it.
        steps.acl(subnet, Direction::Out, Side::Destination, Way::There);
        steps.route(&interface.subnet, &out, Way::There);
        leave(&mut steps, &out, &interface.subnet, subnet, interface);
        steps.acl(subnet, Direction::In, Side::Destination, Way::Back);
        all.push(Path { domain: between(&from.addresses, &out.addresses), steps: steps.steps });
    }
    all
}

/// The public addresses of interfaces that are known.
fn reflected(network: &Network) -> Intervals {
    let keys = network.public_addresses.keys();
    keys.map(|address| (addresses::number(*address), addresses::number(*address))).collect()
}

fn leave(steps: &mut Steps<'_>, out: &Hop, subnet_id: &Id, subnet: &Subnet, interface: &Interface) {
    if let (Beyond::Service(endpoint), Some(via)) = (steps.beyond, &out.via)
        && !matches!(via, Via::GatewayEndpoint(id) if id == endpoint)
        && !matches!(via, Via::Blackhole(_) | Via::Unknown(_))
    {
        let words = "the route does not lead through this endpoint".to_owned();
        return steps.push(endpoint, Check::Blocks(words));
    }
    match &out.via {
        Some(Via::InternetGateway(id)) => {
            internet_gateway(steps, id, subnet, interface, &out.addresses);
            if !out.addresses.intersect(&reflected(steps.network)).is_empty() {
                let words = "this is an address of an interface here, and what turns back at the gateway is not known";
                steps.push(id, Check::Unknown(words.to_owned()));
            }
        }
        Some(Via::NatGateway(id)) => nat(steps, id, subnet_id, out),
        Some(Via::EgressOnly(id)) => {
            block_public_access(steps, subnet, &[BlockPublicAccess::Bidirectional]);
            let packets = between(&addresses::v6(), &addresses::v6());
            let words = "an egress-only gateway carries IPv6 only".to_owned();
            steps.push(id, Check::Only { packets, words });
        }
        Some(Via::GatewayEndpoint(id)) => {
            let echo = Traffic::icmp(Protocol::ICMP, Some(8), None);
            let packets = carrying(&Traffic::tcp(0, 65535)).union(&carrying(&echo));
            let words = "a gateway endpoint carries TCP and pings only".to_owned();
            steps.push(id, Check::Only { packets, words });
        }
        Some(Via::Local) => {
            steps.push(&subnet.vpc, Check::Blocks("no interface of the VPC has this address".to_owned()));
        }
        Some(Via::Peering(id)) => peer_vpc(steps, id),
        Some(Via::Blackhole(_) | Via::Unknown(_)) | None => {}
    }
}

/// Through a NAT gateway: the network ACL of its subnet sees the packet come and go, and the answer too.
fn nat(steps: &mut Steps<'_>, id: &Id, from: &Id, out: &Hop) {
    let network = steps.network;
    let Some(gateway) = network.nat_gateways.get(id) else {
        return steps.push(id, Check::Unknown("the NAT gateway could not be read".to_owned()));
    };
    let Some(subnet) = network.subnets.get(&gateway.subnet) else {
        return steps.push(id, Check::Unknown("the subnet of the NAT gateway could not be read".to_owned()));
    };
    if gateway.subnet == *from {
        steps.push(id, Check::Blocks("a NAT gateway does not serve its own subnet".to_owned()));
    }
    let carried = carrying(&Traffic::tcp(0, 65535))
        .union(&carrying(&Traffic::udp(0, 65535)))
        .union(&carrying(&Traffic::icmp(Protocol::ICMP, None, None)));
    let words = "a NAT gateway carries TCP, UDP and ICMP only".to_owned();
    steps.push(
        id,
        Check::Only { packets: carried.intersect(&between(&addresses::v4(), &addresses::v4())), words },
    );
    steps.acl(subnet, Direction::In, Side::Source, Way::There);
    steps.acl(subnet, Direction::Out, Side::Destination, Way::There);
    let hops = steps.beyond.hops(network, &gateway.subnet, &out.addresses);
    let direct: Vec<&Hop> =
        hops.iter().filter(|hop| matches!(hop.via, Some(Via::InternetGateway(_)))).collect();
    let through: Intervals = direct.iter().flat_map(|hop| hop.addresses.ranges().to_vec()).collect();
    let unknown = hops.iter().find(|hop| matches!(hop.via, Some(Via::Unknown(_) | Via::Peering(_))));
    match (direct.first(), unknown) {
        (_, Some(hop)) => {
            steps.push(id, Check::Unknown(format!("{}, and what is behind is not known", hop.words)));
        }
        (None, None) => {
            let words = "the subnet of the NAT gateway has no route to an internet gateway".to_owned();
            steps.push(id, Check::Blocks(words));
        }
        (Some(hop), None) => {
            steps.route(&gateway.subnet, hop, Way::There);
            if !through.covers(&out.addresses) {
                let packets = between(&Intervals::range(0, u128::MAX), &through);
                steps.push(id, Check::Only { packets, words: "the NAT gateway has no route".to_owned() });
            }
            if let Some(Via::InternetGateway(internet)) = &hop.via {
                let public = if gateway.public { Public::Yes } else { Public::No };
                let interface = Interface {
                    subnet: gateway.subnet.clone(),
                    groups: Vec::new(),
                    public,
                    role: Role::Instance,
                };
                nat_gateway_out(steps, internet, subnet, &interface, &through);
            }
        }
    }
    let check = Check::AclOfNat { side: Side::Destination };
    steps.steps.push(Step { thing: subnet.acl.clone(), way: Way::Back, check });
    steps.acl(subnet, Direction::Out, Side::Source, Way::Back);
}

fn nat_gateway_out(steps: &mut Steps<'_>, id: &Id, subnet: &Subnet, nat: &Interface, addresses: &Intervals) {
    // What goes out through NAT passes where only what comes in is blocked.
    let block = blocked_by_aws(steps.network, subnet);
    if block == BlockPublicAccess::Ingress {
        let open = Subnet { exclusion: Some(BlockPublicAccess::Off), ..subnet.clone() };
        return internet_gateway(steps, id, &open, nat, addresses);
    }
    internet_gateway(steps, id, subnet, nat, addresses);
}
