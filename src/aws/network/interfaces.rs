//! Network interfaces: who opens connections and answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use aws_sdk_ec2::types::{NetworkInterface, NetworkInterfaceType};

use super::load_balancers::Balancer;
use crate::network::{Id, Labels, LiveInterface, Public, Role, Target, addresses};

/// Interfaces with what they do. Those of NAT gateways are left out: routes lead to them, and they open nothing themselves.
pub(super) fn interfaces(
    labels: &Labels,
    live: &[NetworkInterface],
    balancers: &BTreeMap<Id, Balancer>,
) -> Vec<LiveInterface> {
    let by_instance: BTreeMap<&str, Vec<IpAddr>> = {
        let mut all: BTreeMap<&str, Vec<IpAddr>> = BTreeMap::new();
        for interface in live {
            if let Some(id) = instance(interface) {
                all.entry(id).or_default().extend(own_addresses(interface));
            }
        }
        all
    };
    let is_nat =
        |interface: &&NetworkInterface| interface.interface_type() == Some(&NetworkInterfaceType::NatGateway);
    let read = live.iter().filter(|interface| !is_nat(interface)).map(|interface| {
        let balancer = balancer_of(interface);
        let known = balancer.and_then(|id| balancers.get(id));
        let (role, name) = match (known, balancer) {
            (Some(balancer), _) => (balancer.role(&by_instance), Some(balancer.name.clone())),
            (None, Some(id)) => (Role::Forwarder, Some(id.to_owned())),
            (None, None) => role(interface),
        };
        LiveInterface {
            id: interface.network_interface_id().unwrap_or_default().to_owned(),
            instance: instance(interface).map(str::to_owned),
            subnet: labels.of(interface.subnet_id().unwrap_or_default()),
            groups: interface
                .groups()
                .iter()
                .filter_map(|group| group.group_id())
                .map(|id| labels.of(id))
                .collect(),
            addresses: own_addresses(interface).collect(),
            public: if is_public(interface) { Public::Yes } else { Public::No },
            role,
            name,
        }
    });
    read.collect()
}

fn instance(interface: &NetworkInterface) -> Option<&str> {
    interface.attachment()?.instance_id()
}

fn own_addresses(interface: &NetworkInterface) -> impl Iterator<Item = IpAddr> {
    let v4 = interface.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    let v6 = interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address());
    v4.chain(v6).filter_map(|address| address.parse().ok())
}

fn is_public(interface: &NetworkInterface) -> bool {
    let mut associated = interface.private_ip_addresses().iter().filter_map(|address| address.association());
    interface.association().is_some_and(|association| association.public_ip().is_some())
        || associated.any(|association| association.public_ip().is_some())
}

/// The public addresses of interfaces, with the interface.
pub(super) fn public_addresses(live: &[NetworkInterface]) -> BTreeMap<IpAddr, Id> {
    let associated = live.iter().flat_map(|interface| {
        let all = interface.private_ip_addresses().iter().filter_map(|address| address.association());
        let addresses = all.chain(interface.association()).filter_map(|association| association.public_ip());
        addresses.map(|address| (address, interface.network_interface_id().unwrap_or_default()))
    });
    associated.filter_map(|(address, id)| Some((address.parse().ok()?, id.to_owned()))).collect()
}

/// The part of a load balancer's ARN that its interfaces are described with: `app/NAME/ID`.
fn balancer_of(interface: &NetworkInterface) -> Option<&str> {
    let described = interface.description()?.strip_prefix("ELB ")?;
    interface.requester_managed().unwrap_or_default().then_some(described)
}

fn role(interface: &NetworkInterface) -> (Role, Option<String>) {
    let id = interface.network_interface_id().unwrap_or_default();
    match interface.interface_type() {
        Some(NetworkInterfaceType::VpcEndpoint) => (Role::Endpoint, Some(format!("endpoint {id}"))),
        Some(
            kind @ (NetworkInterfaceType::GatewayLoadBalancer
            | NetworkInterfaceType::GatewayLoadBalancerEndpoint
            | NetworkInterfaceType::LoadBalancer
            | NetworkInterfaceType::NetworkLoadBalancer
            | NetworkInterfaceType::TransitGateway),
        ) => (Role::Forwarder, Some(format!("{} {id}", kind.as_str().replace('_', " ")))),
        _ if interface.source_dest_check() == Some(false) => (Role::Forwarder, None),
        _ => (Role::Instance, None),
    }
}

impl Balancer {
    fn role(&self, by_instance: &BTreeMap<&str, Vec<IpAddr>>) -> Role {
        let targets = self.targets.iter().flat_map(|target| {
            let found = match target.id.parse::<IpAddr>() {
                Ok(address) => vec![address],
                Err(_) => by_instance.get(target.id.as_str()).cloned().unwrap_or_default(),
            };
            let to = addresses::of_all(&found.into_iter().map(Into::into).collect::<Vec<_>>());
            target
                .traffic
                .iter()
                .map(move |traffic| Target { addresses: to.clone(), traffic: traffic.clone() })
        });
        Role::LoadBalancer { listens: self.listens.clone(), targets: targets.collect() }
    }
}
