//! Where a subnet sends packets: the longest prefix, and of equals the static one.

use std::cmp::Reverse;

use ipnet::IpNet;

use super::addresses;
use super::intervals::Intervals;
use super::model::{Destination, Id, Network, Route, Via};

/// Where some addresses are sent.
#[derive(Debug, Clone)]
pub(super) struct Hop {
    /// These addresses.
    pub(super) addresses: Intervals,
    /// Where to; nowhere where no route fits.
    pub(super) via: Option<Via>,
    /// The route as words.
    pub(super) words: String,
}

/// The table of a subnet.
pub(super) fn table(network: &Network, subnet: &str) -> Option<Id> {
    let subnet = network.subnets.get(subnet)?;
    let main = || network.vpcs.get(&subnet.vpc)?.main_table.clone();
    subnet.table.clone().or_else(main)
}

fn ranges(network: &Network, route: &Route) -> Result<Vec<IpNet>, String> {
    match &route.to {
        Destination::Range(range) => Ok(vec![*range]),
        Destination::PrefixList(id) => match network.prefix_lists.get(id) {
            Some(Some(ranges)) => Ok(ranges.clone()),
            Some(None) | None => Err(format!("what the prefix list {id} holds is not known")),
        },
    }
}

/// Where the subnet sends these addresses, in pieces.
pub(super) fn hops(network: &Network, subnet: &str, addresses: &Intervals) -> Vec<Hop> {
    hops_by(network, subnet, addresses, |_| true)
}

/// The same for addresses to which no gateway endpoint leads, whatever its prefix list holds.
pub(super) fn hops_past_endpoints(network: &Network, subnet: &str, addresses: &Intervals) -> Vec<Hop> {
    hops_by(network, subnet, addresses, |via| !matches!(via, Via::GatewayEndpoint(_)))
}

fn hops_by(
    network: &Network,
    subnet: &str,
    addresses: &Intervals,
    counts: impl Fn(&Via) -> bool,
) -> Vec<Hop> {
    let Some(place) = network.subnets.get(subnet) else { return Vec::new() };
    let Some(vpc) = network.vpcs.get(&place.vpc) else { return Vec::new() };
    let local = vpc.ranges.iter().map(|range| (*range, 0, Via::Local, format!("{range} -> local")));
    let mut known: Vec<(IpNet, u8, Via, String)> = local.collect();
    let mut unknown = Vec::new();
    let table = table(network, subnet);
    match table.as_ref().and_then(|table| network.tables.get(table)) {
        Some(table) => {
            for route in table.routes.iter().filter(|route| counts(&route.via)) {
                match ranges(network, route) {
                    Ok(ranges) => known.extend(ranges.into_iter().map(|range| {
                        let to = match &route.to {
                            Destination::Range(_) => range.to_string(),
                            Destination::PrefixList(list) => format!("prefix list {list}"),
                        };
                        let words = format!("{to} -> {}", via_words(&route.via));
                        (range, if route.propagated { 2 } else { 1 }, route.via.clone(), words)
                    })),
                    Err(reason) => unknown.push(reason),
                }
            }
        }
        None => unknown.push("the route table could not be read".to_owned()),
    }
    known.sort_by_key(|(range, kind, ..)| (Reverse(range.prefix_len()), *kind));
    let mut rest = addresses.clone();
    let mut hops = Vec::new();
    for (range, _, via, words) in known {
        let fits = rest.intersect(&addresses::of(range));
        if fits.is_empty() {
            continue;
        }
        rest = rest.minus(&fits);
        // A list that could not be read may hold a longer prefix, save within the VPC.
        let via = match unknown.first() {
            Some(reason) if via != Via::Local => Via::Unknown(reason.clone()),
            _ => via,
        };
        hops.push(Hop { addresses: fits, via: Some(via), words });
    }
    if !rest.is_empty() {
        let via = unknown.first().map(|reason| Via::Unknown(reason.clone()));
        hops.push(Hop { words: "no route".to_owned(), addresses: rest, via });
    }
    hops
}

pub(super) fn via_words(via: &Via) -> String {
    match via {
        Via::Local => "local".to_owned(),
        Via::InternetGateway(id)
        | Via::EgressOnly(id)
        | Via::NatGateway(id)
        | Via::Peering(id)
        | Via::GatewayEndpoint(id) => id.clone(),
        Via::Blackhole(id) => format!("{id} (blackhole)"),
        Via::Unknown(what) => what.clone(),
    }
}
