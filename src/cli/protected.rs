//! What `baseline block` does not block: the network itself, whoever administers it, and what keeps it alive.

use std::net::IpAddr;

use ipnet::IpNet;

use super::failure::Failure;
use super::output::Output;
use super::own_connection::session_address;
use crate::aws::Error;
use crate::aws::network::ServiceRanges;
use crate::language::proof::Topology;
use crate::network::{Destination, Via};
use crate::report::Shown;
use crate::shown;
use crate::temporary::{Protected, Refused, Whether, refused};

/// The addresses that the person at the keyboard comes from, as far as anybody knows.
pub(super) struct Callers(Vec<IpAddr>);

impl Callers {
    /// What the person says, and where their SSH session comes from.
    pub(super) fn known(said: &[IpAddr], output: &Output) -> Self {
        let known: Vec<IpAddr> = said.iter().copied().chain(session_address()).collect();
        if known.is_empty() {
            output.err(&shown!(
                "warning: it is not known from which address you reach the network, so nothing keeps you from blocking \
                 yourself; say it with --my-address\n"
            ));
        }
        Self(known)
    }
}

/// Fails where a range must not be blocked, with every reason.
pub(super) fn check(
    asked: &[IpNet],
    admin_from: &[IpNet],
    callers: &Callers,
    topology: &Topology,
    services: Result<Vec<ServiceRanges>, Error>,
    force: bool,
    output: &Output,
) -> Result<(), Failure> {
    let never =
        |range: IpNet, what: &str| Protected { range, what: what.to_owned(), whether: Whether::Never };
    let mut protected: Vec<Protected> = Vec::new();
    protected.extend(callers.0.iter().map(|address| never((*address).into(), "the address you come from")));
    protected.extend(
        admin_from.iter().map(|range| never(*range, "where administration comes from (`admin_from`)")),
    );
    let network = &topology.network;
    for range in network.vpcs.values().flat_map(|vpc| &vpc.ranges) {
        protected.push(never(
            *range,
            "a network of this account, and load balancers check their targets from there",
        ));
    }
    for address in network.public_addresses.keys() {
        protected.push(never((*address).into(), "a public address of this account"));
    }
    for route in network.tables.values().flat_map(|table| &table.routes) {
        let (Destination::Range(to), Via::Peering(_) | Via::Unknown(_)) = (&route.to, &route.via) else {
            continue;
        };
        if to.prefix_len() > 0 {
            let what = "a network that a route of this account leads to".to_owned();
            protected.push(Protected { range: *to, what, whether: Whether::Forced });
        }
    }
    match services {
        Ok(services) => {
            for ServiceRanges { what, ranges } in services {
                let service = |range: IpNet| Protected { range, what: what.to_owned(), whether: Whether::Forced };
                protected.extend(ranges.into_iter().map(service));
            }
        }
        Err(error) => output.err(&shown!(
            "warning: it is not checked whether these ranges are AWS's own health checkers or CloudFront: {}\n",
            Shown::line(&error.to_string())
        )),
    }
    let mut refused: Vec<Refused> = refused(asked, &protected);
    refused.extend(asked.iter().filter(|range| range.addr().is_ipv6() && !has_v6(topology)).map(|range| {
        Refused {
            range: *range,
            reason: "this network has no IPv6, so nothing here is reached from there".to_owned(),
            whether: Whether::Never,
        }
    }));
    refused.retain(|refused| refused.whether == Whether::Never || !force);
    if refused.is_empty() {
        return Ok(());
    }
    let hint = if refused.iter().any(|refused| refused.whether == Whether::Never) {
        "block the addresses of the attacker alone"
    } else {
        "block the addresses of the attacker alone, or pass --force if you are sure"
    };
    let told = refused.iter().map(|refused| format!("{}: {}", refused.range, refused.reason)).collect();
    Err(Failure::list("these ranges are not blocked, so nothing was written:", told, hint))
}

fn has_v6(topology: &Topology) -> bool {
    topology.network.vpcs.values().flat_map(|vpc| &vpc.ranges).any(|range| range.addr().is_ipv6())
}
