//! What the names of ends mean in a network that was found, and what is said of it.

use std::collections::BTreeMap;

use super::assertions::{self, Judged, Kept};
use super::ends::{endpoint_name, instances, named_so, services};
use super::planned::things;
use super::{Ends, Topology, always};
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::elb_load_balancer::LoadBalancer;
use crate::language::Baseline;
use crate::language::file::File;
use crate::model::{Addr, DecodeError, ResourceSpec as _, Wanted};
use crate::network::{
    Class, Classes, Id, Interface, LiveInterface, LiveNetwork, Place, Public, Role, addresses,
};

/// The tier of a subnet that the baseline made: its name without the zone's letter.
fn tier_of(subnet: &str) -> Option<String> {
    let addr: Addr = subnet.parse().ok().filter(|addr: &Addr| addr.kind() == Subnet::KIND)?;
    Some(addr.name().rsplit_once('-')?.0.to_owned())
}

/// Whether an interface is one of those that stand for a whole tier: it is in the tier, and carries its group alone.
fn is_of_tier(interface: &LiveInterface, tier: &str) -> bool {
    interface.role == Role::Instance
        && interface.groups == [SecurityGroup::addr(tier).to_string()]
        && tier_of(&interface.subnet).is_some_and(|own| own == tier)
}

fn class(interface: &LiveInterface, name: &str) -> Class {
    Class {
        name: name.to_owned(),
        addresses: addresses::of_all(&interface.addresses),
        place: Place::Interface(Interface {
            subnet: interface.subnet.clone(),
            groups: interface.groups.clone(),
            public: interface.public,
            role: interface.role.clone(),
        }),
    }
}

/// One end of each name, with interfaces that are alike in one class.
fn gathered(all: impl Iterator<Item = Class>) -> Vec<Classes> {
    let mut ends: BTreeMap<String, Vec<Class>> = BTreeMap::new();
    for class in all {
        let classes = ends.entry(class.name.clone()).or_default();
        match classes.iter_mut().find(|known| known.place == class.place) {
            Some(known) => known.addresses = known.addresses.union(&class.addresses),
            None => classes.push(class),
        }
    }
    ends.into_iter().map(|(name, classes)| Classes { name, classes }).collect()
}

/// Who carries these groups: what people look for in an account that nobody described.
fn carriers(interface: &LiveInterface) -> String {
    let groups = interface.groups.join(" + ");
    let kind = if interface.role == Role::Forwarder { ", forwarding" } else { "" };
    if groups.is_empty() { format!("no security group{kind}") } else { format!("{groups}{kind}") }
}

impl Ends {
    /// The ends of a network that was found. A tier stands for whatever runs or may run in it; what carries other groups is an
    /// end of its own.
    fn live(file: &File, wanted: &Wanted, live: &LiveNetwork) -> Result<Self, DecodeError> {
        let network = &live.network;
        let named: BTreeMap<String, String> = things::<LoadBalancer>(wanted)?
            .into_iter()
            .map(|(addr, balancer)| (balancer.name, addr.rsplit('.').next().unwrap_or(&addr).to_owned()))
            .collect();
        let mut ends = Self::of(file, &Wanted::default(), network)?;
        for end in &mut ends.tiers {
            let subnets = network.subnets.keys().filter(|subnet| tier_of(subnet).as_ref() == Some(&end.name));
            let group: Id = SecurityGroup::addr(end.name.clone()).to_string();
            end.classes = instances(network, &end.name, &group, Public::Possible, subnets).classes;
        }
        let tiers: Vec<String> = ends.tiers.iter().map(|end| end.name.clone()).collect();
        let others = live.interfaces.iter().filter(|one| !tiers.iter().any(|tier| is_of_tier(one, tier)));
        let (balancers, others): (Vec<&LiveInterface>, Vec<&LiveInterface>) =
            others.partition(|one| matches!(one.role, Role::LoadBalancer { .. }));
        let (endpoints, others): (Vec<&LiveInterface>, Vec<&LiveInterface>) =
            others.into_iter().partition(|one| one.role == Role::Endpoint);
        let balancer = |one: &&LiveInterface| {
            let name = one.name.as_deref().unwrap_or(&one.id);
            let own = named.get(name).map_or(name, String::as_str);
            let taken = tiers.iter().any(|tier| tier == own);
            class(one, &if taken { format!("load_balancer.{own}") } else { own.to_owned() })
        };
        ends.load_balancers = gathered(balancers.iter().map(balancer));
        let taken = |name: &str| {
            tiers.iter().any(|tier| tier == name) || ends.load_balancers.iter().any(|end| end.name == name)
        };
        let services = services(network).into_iter();
        let services = services.map(|(label, class)| named_so(class, endpoint_name(&label, taken)));
        let named = |one: &&LiveInterface| endpoint_name(one.name.as_deref().unwrap_or(&one.id), taken);
        ends.endpoints = gathered(endpoints.iter().map(|one| class(one, &named(one))))
            .into_iter()
            .chain(services)
            .collect();
        let other = |one: &&LiveInterface| class(one, &one.name.clone().unwrap_or_else(|| carriers(one)));
        ends.others = gathered(others.iter().map(other));
        let by_id = live.interfaces.iter().flat_map(|one| {
            [Some(&one.id), one.instance.as_ref()]
                .into_iter()
                .flatten()
                .map(|id| class(one, id))
                .collect::<Vec<_>>()
        });
        ends.by_id = gathered(by_id);
        Ok(ends)
    }
}

impl Baseline {
    /// The network that was found, with the names that the file gives; `wanted` is what the file plans.
    ///
    /// # Errors
    /// Fails only where a planned thing cannot be read back.
    pub fn live_network(&self, wanted: &Wanted, live: &LiveNetwork) -> Result<Topology, DecodeError> {
        Ok(Topology { network: live.network.clone(), ends: Ends::live(&self.file, wanted, live)? })
    }

    /// What the file says of its network, of one that was found.
    pub fn judge_live_network(&self, live: &Topology) -> Vec<Judged> {
        let Some(section) = &self.file.network else { return Vec::new() };
        let mut judged = vec![always::administration(section, live), always::private(section, live)];
        judged.extend(section.assert.iter().map(|assertion| {
            let judged = assertions::judge(&assertion.value, section, live);
            let missing: Vec<String> = assertions::ends_named(&assertion.value)
                .filter(|name| live.ends.find(name.written()).is_none_or(|end| end.classes.is_empty()))
                .map(|name| format!("nothing in the account is {}", name.written()))
                .collect();
            if missing.is_empty() { judged } else { Judged { kept: Kept::Unknown(missing), ..judged } }
        }));
        judged
    }
}
