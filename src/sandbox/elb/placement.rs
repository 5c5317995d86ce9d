//! Where a load balancer is: its subnets, security groups and network interfaces, checked and made (ELB-4).

use std::collections::BTreeMap;

use super::find::invalid;
use crate::sandbox::context::Context;
use crate::sandbox::ec2::ids_of;
use crate::sandbox::ec2::network_interface::{Ipv6Addresses, NewInterface};
use crate::sandbox::wire::{Fault, Params};

/// The subnets of a request, whichever way they are named.
///
/// # Errors
/// `ValidationError` for both ways at once.
pub fn subnets(params: &Params) -> Result<Vec<String>, Fault> {
    let (plain, mapped) = (params.texts("Subnets"), params.maps("SubnetMappings"));
    if !plain.is_empty() && !mapped.is_empty() {
        return Err(invalid("You can specify either subnets or subnet mappings, but not both"));
    }
    let mut subnets: Vec<String> = plain.into_iter().map(str::to_owned).collect();
    for mapping in mapped {
        subnets.push(mapping.required("SubnetId")?.to_owned());
    }
    Ok(subnets)
}

/// Checks subnets as ELB-4 says, and answers their VPC and zones.
///
/// # Errors
/// `ValidationError` for fewer than two zones, and what [`zones_of`] refuses.
pub fn check_subnets(
    cx: &mut Context<'_>,
    subnets: &[String],
    scheme: &str,
) -> Result<(String, BTreeMap<String, String>), Fault> {
    let (vpc, zones) = zones_of(cx, subnets, scheme)?;
    if zones.len() < 2 {
        return Err(invalid("At least two subnets in two different Availability Zones must be specified"));
    }
    Ok((vpc, zones))
}

/// The VPC of subnets, and their zones.
///
/// # Errors
/// `InvalidConfigurationRequest` for two subnets in one zone or in two VPCs, `InvalidSubnetID.NotFound`, `InvalidSubnet` for too
/// few addresses or no way to the internet.
pub fn zones_of(
    cx: &mut Context<'_>,
    subnets: &[String],
    scheme: &str,
) -> Result<(String, BTreeMap<String, String>), Fault> {
    let lens = cx.lens();
    let ec2 = &cx.home().ec2;
    let (mut vpc, mut zones) = (None::<String>, BTreeMap::new());
    for id in subnets {
        let unknown =
            |_| Fault::client("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"));
        let subnet = ec2.subnet(lens, id).map_err(unknown)?;
        if vpc.get_or_insert_with(|| subnet.vpc.clone()) != &subnet.vpc {
            return Err(Fault::client(
                "InvalidConfigurationRequest",
                "All subnets must belong to the same VPC",
            ));
        }
        if zones.insert(subnet.zone.clone(), id.clone()).is_some() {
            return Err(Fault::client(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            ));
        }
        if subnet.range().prefix_len() > 27 || ec2.free_addresses(id, subnet) < 8 {
            return Err(Fault::client(
                "InvalidSubnet",
                format!(
                    "Not enough IP space available in {id}. ELB requires at least 8 free IP addresses in \
                         each subnet."
                ),
            ));
        }
    }
    let vpc = vpc.unwrap_or_default();
    if scheme == "internet-facing" && !ec2.has_gateway(&vpc) {
        return Err(Fault::client("InvalidSubnet", format!("VPC {vpc} has no internet gateway")));
    }
    Ok((vpc, zones))
}

/// Whether load balancers of that address type have IPv6 addresses.
pub fn has_ipv6(address_type: &str) -> bool {
    address_type.starts_with("dualstack")
}

/// A load balancer with IPv6 stands in subnets that have it ("Update the IP address types for your Application Load Balancer", Elastic
/// Load Balancing User Guide).
///
/// # Errors
/// `ValidationError` for a subnet without an IPv6 range.
pub fn check_address_type<'a>(
    cx: &mut Context<'_>,
    subnets: impl Iterator<Item = &'a str>,
    address_type: &str,
) -> Result<(), Fault> {
    let ec2 = &cx.home().ec2;
    let has_range = |id: &str| ec2.subnets.get(id).is_some_and(|subnet| subnet.truth().ipv6.is_some());
    let mut subnets = subnets;
    if has_ipv6(address_type) && !subnets.all(has_range) {
        return Err(invalid("You must specify subnets with an associated IPv6 CIDR block"));
    }
    Ok(())
}

/// Checks security groups, and answers the VPC's default group where none is named.
///
/// # Errors
/// `InvalidSecurityGroup` for a group that does not exist or is in another VPC.
pub fn check_groups(cx: &mut Context<'_>, named: &[&str], vpc: &str) -> Result<Vec<String>, Fault> {
    let lens = cx.lens();
    let ec2 = &cx.home().ec2;
    for id in named {
        let group = ec2.security_group(lens, id).map_err(|_| {
            let message = format!("Security group '{id}' does not exist");
            Fault::client("InvalidSecurityGroup", message)
        })?;
        if group.vpc != vpc {
            let message = format!("One or more security groups are invalid: '{id}' is not in VPC '{vpc}'");
            return Err(Fault::client("InvalidConfigurationRequest", message));
        }
    }
    let mut groups: Vec<String> = named.iter().map(|id| (*id).to_owned()).collect();
    groups.dedup();
    if groups.is_empty() {
        let default = ec2.security_groups.iter().find(|(_, group)| {
            let group = group.truth();
            group.vpc == vpc && group.name == "default"
        });
        groups.extend(default.map(|(id, _)| id.clone()));
    }
    Ok(groups)
}

/// Puts a network interface into a subnet, described as those of ELB are (ELB-8).
///
/// # Errors
/// What EC2 says of the subnet or the groups.
pub fn interface(
    cx: &mut Context<'_>,
    arn: &str,
    subnet: &str,
    groups: &[String],
    public: bool,
    address_type: &str,
) -> Result<String, Fault> {
    let now = cx.now();
    let path = arn.split_once("loadbalancer/").map_or(arn, |(_, path)| path);
    let new = NewInterface {
        subnet: subnet.to_owned(),
        groups: groups.to_vec(),
        description: format!("ELB {path}"),
        interface_type: "interface".to_owned(),
        requester: "amazon-elb".to_owned(),
        instance: None,
        public,
        address: None,
        ipv6: Ipv6Addresses::Count(usize::from(has_ipv6(address_type))),
    };
    let (account, region) = (cx.caller.account.clone(), cx.region.clone());
    let mut ids = ids_of(cx);
    let made = cx.world.region(&account, &region).ec2.add_interface(&mut ids, now, new);
    cx.world.ids = ids;
    made
}
