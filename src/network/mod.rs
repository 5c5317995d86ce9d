//! What a network lets through: exact sets of packets, and the rule, entry or route that decides.
//!
//! Pure. A [`Network`] is what AWS would hold: of a plan, or of an account. [`reach`] answers which connections one end
//! may open to another, and [`trace`] follows one packet there and back. There are three answers, because
//! what the model does not know is never a proof.

pub mod addresses;
mod class;
mod filters;
mod intervals;
mod live;
mod model;
mod packets;
mod paths;
mod products;
mod protocol;
mod reach;
mod routes;
mod steps;
#[cfg(test)]
mod tests;

pub use class::{Class, Classes, Interface, Place, Public, Role, Target};
pub use filters::Direction;
pub use intervals::Intervals;
pub use live::{Labels, LiveInterface, LiveNetwork};
pub use model::{
    Acl, AclEntry, Action, BlockPublicAccess, Destination, Group, Id, InternetGateway, NatGateway, Network,
    Peer, Peering, Route, RouteTable, Rule, Subnet, Via, Vpc,
};
pub use packets::{
    Packet, Packets, Traffic, between, carrying, client_words, from_clients, ping, sample, traffic_words,
};
pub use products::{Product, Products};
pub use protocol::{Protocol, WITHOUT_PORTS, protocol_word, without_ports};
pub use reach::{Answer, Hop, Reach, Trace, Verdict, reach, trace};
