//! Ends of connections. Interfaces that all rules treat alike are one end.

use super::intervals::Intervals;
use super::model::Id;
use super::packets::Traffic;

/// One end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// What a person calls it: a tier, a load balancer, an instance, `internet`.
    pub name: String,
    /// The addresses it may have.
    pub addresses: Intervals,
    /// Where it is.
    pub place: Place,
}

/// The ends a person means by one name, such as a tier with a subnet in each zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes {
    /// The name.
    pub name: String,
    /// The ends.
    pub classes: Vec<Class>,
}

impl Classes {
    /// The addresses of all of them.
    pub fn addresses(&self) -> Intervals {
        self.classes.iter().flat_map(|class| class.addresses.ranges().to_vec()).collect()
    }
}

/// Where an end is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Outside of every VPC that is known.
    Outside,
    /// The same, but for what a gateway endpoint leads to: whoever is there on the internet.
    Internet,
    /// A service behind that gateway endpoint, as it is reached through it and in no other way.
    Service(Id),
    /// In a subnet.
    Interface(Interface),
}

impl Place {
    /// Whether it is outside of every VPC, and opens connections from there.
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::Outside | Self::Internet)
    }
}

/// A network interface, or all that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its subnet.
    pub subnet: Id,
    /// Its security groups.
    pub groups: Vec<Id>,
    /// Whether it has a public IPv4 address.
    pub public: Public,
    /// What it does.
    pub role: Role,
}

/// Whether an interface has a public IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Public {
    /// It has one.
    Yes,
    /// It may be given one, so it counts as if it had.
    Possible,
    /// It has none.
    No,
}

/// What an interface does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Opens and answers what its groups let it.
    Instance,
    /// Listens on these ports, and opens connections to its targets only.
    LoadBalancer {
        /// What it listens on.
        listens: Vec<Traffic>,
        /// What it sends requests and health checks to.
        targets: Vec<Target>,
    },
    /// An interface endpoint: it answers and opens nothing.
    Endpoint,
    /// Sends on what is not for itself: what lies behind it is not known.
    Forwarder,
    /// What it opens and answers is not known, for this reason.
    Unknown(String),
}

/// What a load balancer sends to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The addresses of the targets.
    pub addresses: Intervals,
    /// What it opens.
    pub traffic: Traffic,
}
