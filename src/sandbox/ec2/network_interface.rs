//! Network interfaces: made and removed for other services, and listed (NET-13).
//!
//! A service that puts something into a subnet calls [`State::add_interface`], and [`State::remove_interface`]
//! once it is gone. As long as an interface is there, its subnet, VPC and security groups cannot be deleted.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::resource_id::NETWORK_INTERFACE;
use super::state::{State, View, current};
use crate::sandbox::context::Context;
use crate::sandbox::ids::Ids;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// Operations on network interfaces.
pub const OPERATIONS: &[Operation] = &[operation("DescribeNetworkInterfaces", describe_network_interfaces)];

/// A network interface to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewInterface {
    /// The subnet's id.
    pub subnet: String,
    /// Ids of its security groups.
    pub groups: Vec<String>,
    /// Such as `ELB app/web/0123456789abcdef`, by which AWS's own cleaning up finds it.
    pub description: String,
    /// `interface`, `nat_gateway` or `network_load_balancer`; an application load balancer's is `interface`.
    pub interface_type: String,
    /// Who made it: `amazon-elb`, or the account; empty for the account.
    pub requester: String,
    /// The instance it belongs to.
    pub instance: Option<String>,
    /// Whether it gets a public address that is not an elastic one.
    pub public: bool,
    /// The address it is to have; the lowest free one otherwise.
    pub address: Option<Ipv4Addr>,
    /// Which IPv6 addresses it gets.
    pub ipv6: Ipv6Addresses,
}

/// Which IPv6 addresses of its subnet a new interface gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Ipv6Addresses {
    /// None.
    #[default]
    None,
    /// So many.
    Count(usize),
    /// These.
    These(Vec<Ipv6Addr>),
}

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkInterface {
    /// The VPC's id.
    pub vpc: String,
    /// The subnet's id.
    pub subnet: String,
    /// The zone's name.
    pub zone: String,
    /// Ids of its security groups.
    pub groups: Vec<String>,
    /// What it is for.
    pub description: String,
    /// `interface`, `nat_gateway` or `network_load_balancer`.
    pub interface_type: String,
    /// Who made it; empty for the account.
    pub requester: String,
    /// Its address in the subnet.
    pub private_ip: String,
    /// Its public address, where it has one that is not elastic.
    pub public_ip: Option<String>,
    /// Its IPv6 addresses.
    #[serde(default)]
    pub ipv6: Vec<String>,
    /// The id of what ties it to its owner.
    pub attachment: String,
    /// The instance it belongs to.
    pub instance: Option<String>,
    /// Its hardware address.
    pub mac: String,
}

impl State {
    /// Makes a network interface with the address it asks for, or the lowest free one of its subnet, and answers its id.
    ///
    /// A handler takes its ids from [`ids_of`](super::ids_of).
    ///
    /// # Errors
    /// `InvalidSubnetID.NotFound`, `InvalidGroup.NotFound`, `InsufficientFreeAddressesInSubnet`, `InvalidIPAddress.InUse`.
    pub fn add_interface(
        &mut self,
        ids: &mut Ids,
        now: Milliseconds,
        new: NewInterface,
    ) -> Result<String, Fault> {
        let unknown = || super::resource_id::SUBNET.not_found(&new.subnet);
        let subnet = self.subnets.get(&new.subnet).map(Versioned::truth).ok_or_else(unknown)?.clone();
        if let Some(group) = new.groups.iter().find(|group| !self.security_groups.contains_key(*group)) {
            return Err(super::resource_id::SECURITY_GROUP.not_found(group));
        }
        let private_ip = match new.address {
            Some(address) => self.given_address(&new.subnet, subnet.range(), address)?,
            None => self.free_address(&new.subnet, subnet.range())?,
        };
        let ipv6 = self.ipv6_addresses(ids, &new.subnet, &new.ipv6)?;
        let (id, attachment) = (ids.id("eni-"), ids.id("eni-attach-"));
        let [.., b, c, d, e, f] = ids.number().to_be_bytes();
        let interface = NetworkInterface {
            vpc: subnet.vpc,
            subnet: new.subnet,
            zone: subnet.zone,
            groups: new.groups,
            description: new.description,
            interface_type: new.interface_type,
            requester: new.requester,
            private_ip: private_ip.to_string(),
            public_ip: new.public.then(|| public_address(ids)),
            ipv6: ipv6.iter().map(Ipv6Addr::to_string).collect(),
            attachment,
            instance: new.instance,
            mac: format!("02:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"),
        };
        self.network_interfaces.insert(id.clone(), Versioned::new(interface, now));
        self.tag_new(&id, super::tags::Tags::new(), now);
        Ok(id)
    }

    /// IPv6 addresses for a new interface: Amazon's are any of the range.
    ///
    /// # Errors
    /// `InvalidParameterValue` where the subnet has no range, or not these.
    fn ipv6_addresses(
        &self,
        ids: &mut Ids,
        subnet: &str,
        asked: &Ipv6Addresses,
    ) -> Result<Vec<Ipv6Addr>, Fault> {
        let range = self.subnets.get(subnet).and_then(|subnet| subnet.truth().ipv6.as_ref());
        let range = range.map(super::ipv6::Ipv6Range::net);
        let refuse =
            |why: &str| Fault::client("InvalidParameterValue", format!("The subnet '{subnet}' {why}"));
        match (asked, range) {
            (Ipv6Addresses::None | Ipv6Addresses::Count(0), _) => Ok(Vec::new()),
            (_, None) => Err(refuse("has no IPv6 CIDR block")),
            (Ipv6Addresses::Count(count), Some(range)) => {
                let of_range = |number: u64| {
                    // Amazon's addresses begin behind the first few, as those of IPv4 do.
                    Ipv6Addr::from_bits(range.network().to_bits() | u128::from(number.max(16)))
                };
                Ok((0..*count).map(|_| of_range(ids.number())).collect())
            }
            (Ipv6Addresses::These(addresses), Some(range)) => {
                let is_used = |address: &Ipv6Addr| {
                    let text = address.to_string();
                    self.network_interfaces.values().any(|interface| interface.truth().ipv6.contains(&text))
                };
                if let Some(other) = addresses.iter().find(|address| !range.contains(*address)) {
                    return Err(refuse(&format!("does not hold the address {other}")));
                }
                if let Some(used) = addresses.iter().find(|address| is_used(address)) {
                    let message = format!("The address {used} is already in use");
                    return Err(Fault::client("InvalidIPAddress.InUse", message));
                }
                Ok(addresses.clone())
            }
        }
    }

    /// Gives an interface so many IPv6 addresses, where it has another number of them.
    ///
    /// # Errors
    /// `InvalidParameterValue` where its subnet has no range.
    pub fn set_ipv6_addresses(
        &mut self,
        ids: &mut Ids,
        now: Milliseconds,
        id: &str,
        count: usize,
    ) -> Result<(), Fault> {
        let Some(interface) = self.network_interfaces.get(id).map(Versioned::truth) else { return Ok(()) };
        if interface.ipv6.len() == count {
            return Ok(());
        }
        let addresses = self.ipv6_addresses(ids, &interface.subnet, &Ipv6Addresses::Count(count))?;
        if let Some(interface) = self.network_interfaces.get_mut(id) {
            interface.change(now).ipv6 = addresses.iter().map(Ipv6Addr::to_string).collect();
        }
        Ok(())
    }

    /// Removes a network interface; elastic addresses on it are free again.
    pub fn remove_interface(&mut self, id: &str) {
        self.network_interfaces.remove(id);
        self.tags.remove(id);
        let held = |address: &&mut Versioned<super::address::Address>| {
            address.truth().association.as_ref().is_some_and(|held| held.interface == id)
        };
        for address in self.addresses.values_mut().filter(held) {
            let created = address.created;
            let free = super::address::Address { association: None, ..address.truth().clone() };
            *address = Versioned::new(free, created);
        }
    }

    /// The public address of an interface: its own, or an elastic one.
    pub fn public_address(&self, id: &str) -> Option<&str> {
        let own = self.network_interfaces.get(id).and_then(|thing| thing.truth().public_ip.as_deref());
        own.or_else(|| {
            let held = |address: &&Versioned<super::address::Address>| {
                address.truth().association.as_ref().is_some_and(|held| held.interface == id)
            };
            self.addresses.values().find(held).map(|address| address.truth().public_ip.as_str())
        })
    }

    /// An address of a subnet that somebody asks for.
    fn given_address(
        &self,
        subnet: &str,
        range: ipnet::Ipv4Net,
        wanted: Ipv4Addr,
    ) -> Result<Ipv4Addr, Fault> {
        // The first four and the last are AWS's.
        if !range.hosts().skip(3).any(|address| address == wanted) {
            let message = if range.contains(&wanted) {
                format!("Address {wanted} is in subnet's reserved address range")
            } else {
                "Address does not fall within the subnet's address range".to_owned()
            };
            return Err(Fault::client("InvalidParameterValue", message));
        }
        let text = wanted.to_string();
        let interfaces = self.network_interfaces.values().map(Versioned::truth);
        if interfaces.filter(|thing| thing.subnet == subnet).any(|thing| thing.private_ip == text) {
            return Err(Fault::client("InvalidIPAddress.InUse", format!("Address {wanted} is in use.")));
        }
        Ok(wanted)
    }

    /// Whether a public address is an elastic one.
    pub fn is_elastic(&self, ip: &str) -> bool {
        self.addresses.values().any(|address| address.truth().public_ip == ip)
    }

    /// The first address of a subnet that nothing has.
    ///
    /// # Errors
    /// `InsufficientFreeAddressesInSubnet`.
    pub fn free_address(&self, subnet: &str, range: ipnet::Ipv4Net) -> Result<Ipv4Addr, Fault> {
        let used: std::collections::BTreeSet<&str> = self
            .network_interfaces
            .values()
            .map(Versioned::truth)
            .filter(|thing| thing.subnet == subnet)
            .map(|thing| thing.private_ip.as_str())
            .collect();
        // `hosts` leaves out the first and the last; AWS keeps three more after the first.
        let free = range.hosts().skip(3).find(|address| !used.contains(address.to_string().as_str()));
        free.ok_or_else(|| {
            let message = format!("There are not enough free addresses in subnet '{subnet}'.");
            Fault::client("InsufficientFreeAddressesInSubnet", message)
        })
    }
}

/// A public address in a range that AWS uses.
pub(super) fn public_address(ids: &mut Ids) -> String {
    let [a, b, c, ..] = ids.number().to_be_bytes();
    Ipv4Addr::new(54, a, b, c).to_string()
}

fn show(ec2: &State, view: &View, id: &str, interface: &NetworkInterface) -> Fields {
    let group = |group: &String| {
        let name = ec2.security_groups.get(group).map(|group| group.truth().name.as_str());
        Fields::new().with("groupId", group).maybe("groupName", name)
    };
    let elastic = ec2.addresses.iter().find_map(|(allocation, address)| {
        let held = address.truth().association.as_ref().filter(|held| held.interface == id)?;
        Some((allocation, address.truth(), held))
    });
    let association = match (&interface.public_ip, elastic) {
        (_, Some((allocation, address, held))) => Some(
            Fields::new()
                .with("allocationId", allocation)
                .with("associationId", &held.id)
                .with("ipOwnerId", &view.account)
                .with("publicIp", &address.public_ip),
        ),
        (Some(ip), None) => Some(Fields::new().with("ipOwnerId", "amazon").with("publicIp", ip)),
        (None, None) => None,
    };
    let address = Fields::new()
        .with("privateIpAddress", &interface.private_ip)
        .with("primary", true)
        .maybe("association", association.clone());
    let attachment = Fields::new()
        .with("attachmentId", &interface.attachment)
        .with("instanceOwnerId", if interface.instance.is_some() { &view.account } else { "amazon-aws" })
        .maybe("instanceId", interface.instance.as_ref())
        .with("deviceIndex", i64::from(interface.instance.is_none()))
        .with("status", "attached")
        .with("deleteOnTermination", interface.instance.is_some());
    let requester = (!interface.requester.is_empty()).then_some(&interface.requester);
    let shown = Fields::new()
        .with("networkInterfaceId", id)
        .with("subnetId", &interface.subnet)
        .with("vpcId", &interface.vpc)
        .with("availabilityZone", &interface.zone)
        .with("description", &interface.description)
        .with("ownerId", &view.account)
        .maybe("requesterId", requester)
        .with("requesterManaged", requester.is_some())
        .with("status", "in-use")
        .with("macAddress", &interface.mac)
        .with("privateIpAddress", &interface.private_ip)
        .list("privateIpAddressesSet", [address])
        .list("ipv6AddressesSet", ipv6_set(&interface.ipv6))
        .with("sourceDestCheck", interface.interface_type != "nat_gateway")
        .list("groupSet", interface.groups.iter().map(group))
        .with("interfaceType", &interface.interface_type)
        .with("attachment", attachment)
        .maybe("association", association);
    ec2.with_tags(shown, view.lens, id)
}

/// The IPv6 addresses of an interface, as it and its instance show them.
pub(super) fn ipv6_set(addresses: &[String]) -> impl Iterator<Item = Fields> + '_ {
    addresses.iter().map(|address| Fields::new().with("ipv6Address", address).with("isPrimaryIpv6", false))
}

const LISTING: Listing = Listing {
    set: "networkInterfaceSet",
    key: "networkInterfaceId",
    ids: Some(("NetworkInterfaceId", &NETWORK_INTERFACE)),
    filters: &[
        ("addresses.association.owner-id", "privateIpAddressesSet.association.ipOwnerId"),
        ("addresses.association.public-ip", "privateIpAddressesSet.association.publicIp"),
        ("addresses.primary", "privateIpAddressesSet.primary"),
        ("addresses.private-ip-address", "privateIpAddressesSet.privateIpAddress"),
        ("association.allocation-id", "association.allocationId"),
        ("association.association-id", "association.associationId"),
        ("association.ip-owner-id", "association.ipOwnerId"),
        ("association.public-dns-name", "association.publicDnsName"),
        ("association.public-ip", "association.publicIp"),
        ("attachment.attachment-id", "attachment.attachmentId"),
        ("attachment.delete-on-termination", "attachment.deleteOnTermination"),
        ("attachment.device-index", "attachment.deviceIndex"),
        ("attachment.instance-id", "attachment.instanceId"),
        ("attachment.instance-owner-id", "attachment.instanceOwnerId"),
        ("attachment.status", "attachment.status"),
        ("availability-zone", "availabilityZone"),
        ("description", "description"),
        ("group-id", "groupSet.groupId"),
        ("group-name", "groupSet.groupName"),
        ("interface-type", "interfaceType"),
        ("ipv6-addresses.ipv6-address", "ipv6AddressesSet.ipv6Address"),
        ("mac-address", "macAddress"),
        ("network-interface-id", "networkInterfaceId"),
        ("owner-id", "ownerId"),
        ("private-ip-address", "privateIpAddress"),
        ("requester-id", "requesterId"),
        ("requester-managed", "requesterManaged"),
        ("source-dest-check", "sourceDestCheck"),
        ("status", "status"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_network_interfaces(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let row = |(id, interface): (&String, &Versioned<NetworkInterface>)| {
        Some(show(ec2, &view, id, interface.seen(view.lens, id)?))
    };
    let rows = ec2.network_interfaces.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}
