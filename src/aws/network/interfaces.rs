//! Network interfaces: who opens connections and answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use aws_sdk_ec2::types::{NetworkInterface, NetworkInterfaceType, VpcEndpoint};
use ipnet::IpNet;

use super::load_balancers::Balancer;
use super::range;
use crate::network::{Id, Labels, LiveInterface, Public, Role, Target, addresses};

/// Interfaces with what they do. Those of NAT gateways are left out: routes lead to them, and they open nothing themselves.
pub(super) fn interfaces(
    labels: &Labels,
    live: &[NetworkInterface],
    balancers: &BTreeMap<Id, Balancer>,
    of_endpoints: &BTreeMap<Id, Id>,
) -> Vec<LiveInterface> {
    let by_instance: BTreeMap<&str, Vec<IpNet>> = {
        let mut all: BTreeMap<&str, Vec<IpNet>> = BTreeMap::new();
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
            // A classic one, or one that could not be read.
            (None, Some(id)) => {
                let reason = format!("what the load balancer {id} listens on and sends to is not known");
                (Role::Unknown(reason), Some(id.to_owned()))
            }
            (None, None) => role(interface, of_endpoints),
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
            public: if public_ips(interface).next().is_some() { Public::Yes } else { Public::No },
            role,
            name,
        }
    });
    read.collect()
}

fn instance(interface: &NetworkInterface) -> Option<&str> {
    interface.attachment()?.instance_id()
}

/// Single addresses, and the ranges that hosts of containers have.
fn own_addresses(interface: &NetworkInterface) -> impl Iterator<Item = IpNet> {
    let v4 = interface.private_ip_addresses().iter().filter_map(|address| address.private_ip_address());
    let v6 = interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address());
    let single = v4.chain(v6).filter_map(|address| address.parse::<IpAddr>().ok()).map(IpNet::from);
    let v4 = interface.ipv4_prefixes().iter().filter_map(|prefix| prefix.ipv4_prefix());
    let v6 = interface.ipv6_prefixes().iter().filter_map(|prefix| prefix.ipv6_prefix());
    single.chain(v4.chain(v6).filter_map(range))
}

fn public_ips(interface: &NetworkInterface) -> impl Iterator<Item = IpAddr> {
    let all = interface.private_ip_addresses().iter().filter_map(|address| address.association());
    let ips = all.chain(interface.association()).filter_map(|association| association.public_ip());
    ips.filter_map(|ip| ip.parse().ok())
}

/// The public addresses of interfaces, with the interface.
pub(super) fn public_addresses(live: &[NetworkInterface]) -> BTreeMap<IpAddr, Id> {
    let of = |interface| {
        let id = NetworkInterface::network_interface_id(interface).unwrap_or_default();
        public_ips(interface).map(move |ip| (ip, id.to_owned()))
    };
    live.iter().flat_map(of).collect()
}

/// The part of a load balancer's ARN that its interfaces are described with: `app/NAME/ID`.
fn balancer_of(interface: &NetworkInterface) -> Option<&str> {
    let described = interface.description()?.strip_prefix("ELB ")?;
    interface.requester_managed().unwrap_or_default().then_some(described)
}

/// The interfaces of endpoints, each with what its endpoint is called.
pub(super) fn of_endpoints(labels: &Labels, endpoints: &[VpcEndpoint]) -> BTreeMap<Id, Id> {
    let of = |endpoint: &VpcEndpoint| {
        let label = labels.of(endpoint.vpc_endpoint_id().unwrap_or_default());
        endpoint.network_interface_ids().iter().map(|id| (id.clone(), label.clone())).collect::<Vec<_>>()
    };
    endpoints.iter().flat_map(of).collect()
}

fn role(interface: &NetworkInterface, of_endpoints: &BTreeMap<Id, Id>) -> (Role, Option<String>) {
    let id = interface.network_interface_id().unwrap_or_default();
    match interface.interface_type() {
        Some(NetworkInterfaceType::VpcEndpoint) => {
            let name = of_endpoints.get(id).cloned().unwrap_or_else(|| format!("endpoint {id}"));
            (Role::Endpoint, Some(name))
        }
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
    fn role(&self, by_instance: &BTreeMap<&str, Vec<IpNet>>) -> Role {
        let targets = self.targets.iter().flat_map(|target| {
            let found = match target.id.parse::<IpAddr>() {
                Ok(address) => vec![address.into()],
                Err(_) => by_instance.get(target.id.as_str()).cloned().unwrap_or_default(),
            };
            let to = addresses::of_all(&found);
            target
                .traffic
                .iter()
                .map(move |traffic| Target { addresses: to.clone(), traffic: traffic.clone() })
        });
        Role::LoadBalancer { listens: self.listens.clone(), targets: targets.collect() }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::Ipv4PrefixSpecification;

    use super::*;

    #[test]
    fn a_load_balancer_that_could_not_be_read_is_not_taken_for_an_instance() {
        let described =
            |text: &str| NetworkInterface::builder().description(text).requester_managed(true).build();
        for text in ["ELB app/web/1", "ELB classic"] {
            let read = interfaces(&Labels::default(), &[described(text)], &BTreeMap::new(), &BTreeMap::new());
            assert!(matches!(read[0].role, Role::Unknown(_)), "{:?}", read[0]);
        }
        let of_a_person = NetworkInterface::builder().description("ELB app/web/1").build();
        assert_eq!(
            interfaces(&Labels::default(), &[of_a_person], &BTreeMap::new(), &BTreeMap::new())[0].role,
            Role::Instance
        );
    }

    #[test]
    fn ranges_that_an_interface_has_whole_are_its_addresses() {
        let prefix = Ipv4PrefixSpecification::builder().ipv4_prefix("10.0.1.16/28").build();
        let interface = NetworkInterface::builder().ipv4_prefixes(prefix).build();
        let own: Vec<IpNet> = own_addresses(&interface).collect();
        assert_eq!(own, ["10.0.1.16/28".parse().unwrap()]);
    }
}
