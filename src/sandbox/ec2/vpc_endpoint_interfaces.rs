//! What an interface endpoint has in a VPC: interfaces in subnets, security groups, and the name of its service.

use super::network_interface::NewInterface;
use super::resource_id::{SECURITY_GROUP, SUBNET};
use super::state::State;
use super::vpc_endpoint::VpcEndpoint;
use super::vpc_endpoint_service::Service;
use crate::sandbox::ids::Ids;
use crate::sandbox::lag::Lens;
use crate::sandbox::wire::Fault;
use crate::sandbox::world::Milliseconds;

/// Subnets that get an interface of an endpoint, and those that lose theirs.
#[derive(Debug)]
pub(super) struct InterfaceChange<'p> {
    pub(super) add: Vec<&'p str>,
    pub(super) remove: Vec<&'p str>,
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameter", message)
}

/// The name of a service resolves to an endpoint only where names resolve at all.
pub(super) fn dns_needs(ec2: &State, lens: Lens, vpc: &str) -> Result<(), Fault> {
    let found = ec2.vpc(lens, vpc)?;
    if found.dns_support && found.dns_hostnames {
        return Ok(());
    }
    Err(invalid(format!(
        "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc}"
    )))
}

/// One endpoint of a VPC has the name of a service.
pub(super) fn dns_conflict(
    ec2: &State,
    vpc: &str,
    service: &Service,
    but: Option<&str>,
) -> Result<(), Fault> {
    let holds = |(id, endpoint): (&String, &VpcEndpoint)| {
        Some(id.as_str()) != but
            && endpoint.vpc == vpc
            && endpoint.service == service.name
            && endpoint.private_dns
    };
    if ec2.vpc_endpoints.iter().any(|(id, endpoint)| holds((id, endpoint.truth()))) {
        return Err(invalid(format!(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for {} in the VPC {vpc}",
            service.host()
        )));
    }
    Ok(())
}

/// Gives an endpoint security groups, and takes others from it. Without any it has the default one of its VPC.
pub(super) fn put_groups(
    ec2: &mut State,
    lens: Lens,
    endpoint: &mut VpcEndpoint,
    more: &[&str],
    fewer: &[&str],
) -> Result<(), Fault> {
    for group in more {
        if SECURITY_GROUP.find(&ec2.security_groups, lens, group)?.truth().vpc != endpoint.vpc {
            let message = format!("Security group {group} does not belong to the VPC {}", endpoint.vpc);
            return Err(invalid(message));
        }
        endpoint.groups.insert((*group).to_owned());
    }
    endpoint.groups.retain(|group| !fewer.contains(&group.as_str()));
    if endpoint.groups.is_empty() {
        endpoint.groups.extend(ec2.default_group(&endpoint.vpc).cloned());
    }
    Ok(())
}

/// Makes and removes interfaces, and gives those that stay the endpoint's groups. Nothing is done where any of it is refused.
pub(super) fn change_interfaces(
    ec2: &mut State,
    ids: &mut Ids,
    (now, lens): (Milliseconds, Lens),
    id: &str,
    endpoint: &mut VpcEndpoint,
    change: &InterfaceChange<'_>,
) -> Result<(), Fault> {
    let stays = |subnet: &String| !change.remove.contains(&subnet.as_str());
    let mut zones: Vec<String> = Vec::new();
    let zone = |subnet: &String| ec2.subnets.get(subnet).map(|it| it.truth().zone.clone());
    zones.extend(endpoint.interfaces.keys().filter(|subnet| stays(subnet)).filter_map(zone));
    for subnet in &change.add {
        let found = SUBNET.find(&ec2.subnets, lens, subnet)?.truth();
        if found.vpc != endpoint.vpc {
            let message = format!("Subnet {subnet} does not belong to the VPC {}", endpoint.vpc);
            return Err(invalid(message));
        }
        if zones.contains(&found.zone) {
            let message = format!("Found another VPC endpoint subnet in the availability zone of {subnet}");
            return Err(Fault::client("DuplicateSubnetsInSameZone", message));
        }
        zones.push(found.zone.clone());
        ec2.free_address(subnet, found.range())?;
    }
    for subnet in &change.remove {
        if let Some(interface) = endpoint.interfaces.remove(*subnet) {
            ec2.remove_interface(&interface);
        }
    }
    let groups: Vec<String> = endpoint.groups.iter().cloned().collect();
    for interface in endpoint.interfaces.values() {
        if let Some(interface) = ec2.network_interfaces.get_mut(interface)
            && interface.truth().groups != groups
        {
            interface.change(now).groups.clone_from(&groups);
        }
    }
    for subnet in &change.add {
        let interface = NewInterface {
            subnet: (*subnet).to_owned(),
            groups: groups.clone(),
            description: format!("VPC Endpoint Interface {id}"),
            interface_type: "vpc_endpoint".to_owned(),
            requester: "amazon-vpce".to_owned(),
            ..NewInterface::default()
        };
        let interface = ec2.add_interface(ids, now, interface)?;
        endpoint.interfaces.insert((*subnet).to_owned(), interface);
    }
    Ok(())
}
