//! Application and network load balancers: what they listen on, and what they open connections to.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{Listener, ProtocolEnum, TargetGroup, TargetHealthDescription};
use futures::future::join;

use crate::aws::pages::Items as _;
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error};
use crate::network::{Id, Traffic};

/// A load balancer.
pub(super) struct Balancer {
    pub(super) name: String,
    pub(super) listens: Vec<Traffic>,
    pub(super) targets: Vec<BalancedTarget>,
}

/// What a load balancer sends to.
pub(super) struct BalancedTarget {
    /// An instance or an address.
    pub(super) id: String,
    /// Requests and health checks.
    pub(super) traffic: Vec<Traffic>,
}

/// By the part of the ARN that interfaces are described with: `app/NAME/ID`.
pub(super) async fn read(account: &Account) -> Result<BTreeMap<Id, Balancer>, Error> {
    let elb = &account.elb;
    let all = account.call(|| elb.describe_load_balancers().all_items());
    let groups = account.call(|| elb.describe_target_groups().all_items());
    let (all, groups) = join(chain(Box::pin(all)), chain(Box::pin(groups))).await;
    let (all, groups): (Vec<_>, Vec<TargetGroup>) = (all?, groups?);
    let listeners = all.iter().map(|balancer| {
        Box::pin(async move {
            let arn = balancer.load_balancer_arn().unwrap_or_default();
            let request = || elb.describe_listeners().load_balancer_arn(arn);
            let found = account.call(|| request().all_items()).await;
            found.map(|listeners: Vec<Listener>| (balancer, listeners))
        })
    });
    let used = groups.iter().filter(|group| !group.load_balancer_arns().is_empty());
    let targets = used.map(|group| {
        Box::pin(async move {
            let arn = group.target_group_arn().unwrap_or_default();
            let request = || elb.describe_target_health().target_group_arn(arn).send();
            let found = account.call(request).await?;
            Ok::<_, Error>((group, found.target_health_descriptions.unwrap_or_default()))
        })
    });
    let (listeners, targets) = join(chains(listeners), chains(targets)).await;
    let listeners = listeners.into_iter().collect::<Result<Vec<_>, _>>()?;
    let targets = targets.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut read = BTreeMap::new();
    for (balancer, listeners) in listeners {
        let arn = balancer.load_balancer_arn().unwrap_or_default();
        let Some((_, id)) = arn.split_once(":loadbalancer/") else { continue };
        let own = targets.iter().filter(|(group, _)| group.load_balancer_arns().iter().any(|of| of == arn));
        let own = own.flat_map(|(group, found)| found.iter().filter_map(|one| target(group, one)));
        let listens = listeners.iter().filter_map(|listener| {
            Some(traffic(listener.protocol()?, u16::try_from(listener.port()?).ok()?))
        });
        read.insert(
            id.to_owned(),
            Balancer {
                name: balancer.load_balancer_name().unwrap_or(id).to_owned(),
                listens: listens.flatten().collect(),
                targets: own.collect(),
            },
        );
    }
    Ok(read)
}

fn traffic(protocol: &ProtocolEnum, port: u16) -> Vec<Traffic> {
    let (tcp, udp) = (Traffic::tcp(port, port), Traffic::udp(port, port));
    match protocol {
        ProtocolEnum::Udp => vec![udp],
        ProtocolEnum::TcpUdp => vec![tcp, udp],
        // HTTP, HTTPS, TCP and TLS; of what is newer, both.
        ProtocolEnum::Http | ProtocolEnum::Https | ProtocolEnum::Tcp | ProtocolEnum::Tls => vec![tcp],
        _ => vec![tcp, udp],
    }
}

fn target(group: &TargetGroup, found: &TargetHealthDescription) -> Option<BalancedTarget> {
    let target = found.target()?;
    let port = target.port().or(group.port()).and_then(|port| u16::try_from(port).ok())?;
    let mut carried = traffic(group.protocol()?, port);
    // A health check goes to the port of the traffic unless it names another.
    if let Some(port) = group.health_check_port().and_then(|port| port.parse().ok()) {
        carried.push(Traffic::tcp(port, port));
    }
    Some(BalancedTarget { id: target.id()?.to_owned(), traffic: carried })
}
