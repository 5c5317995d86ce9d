//! What changes in place on a load balancer: subnets, security groups, address type (ELB-2).

use std::collections::BTreeMap;

use super::find::invalid;
use super::load_balancer::Place;
use super::placement::{check_address_type, check_groups, check_subnets, has_ipv6, interface, subnets};
use crate::sandbox::context::Context;
use crate::sandbox::ec2::ids_of;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// The operations.
pub const OPERATIONS: &[Operation] = &[
    operation("SetSubnets", set_subnets),
    operation("SetSecurityGroups", set_security_groups),
    operation("SetIpAddressType", set_address_type),
    operation("DescribeCapacityReservation", describe_capacity),
    operation("DescribeAccountLimits", describe_limits),
];

/// The list replaces the one before, whole.
fn set_subnets(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let named = subnets(params)?;
    if named.is_empty() {
        return Err(params.missing("Subnets"));
    }
    let (arn, before) = cx.home().elb.load_balancer(lens, params)?;
    let before = before.clone();
    // Subnets it is in already need no eight free addresses more; AWS checks only new ones.
    let (vpc, zones) = check_subnets(cx, &named, &before.scheme)?;
    if vpc != before.vpc {
        return Err(Fault::client(
            "InvalidConfigurationRequest",
            format!("The subnets are not in the VPC '{}' of the load balancer", before.vpc),
        ));
    }
    let address_type = params.text("IpAddressType").unwrap_or(&before.address_type).to_owned();
    check_address_type(cx, named.iter().map(String::as_str), &address_type)?;
    let kept = |subnet: &str| before.zones.values().find(|place| place.subnet == subnet).cloned();
    let mut places = BTreeMap::new();
    for (zone, subnet) in zones {
        let place = match kept(&subnet) {
            Some(place) => place,
            None => {
                let public = before.scheme == "internet-facing";
                let interface = interface(cx, &arn, &subnet, &before.groups, public, &address_type)?;
                Place { subnet, interface }
            }
        };
        places.insert(zone, place);
    }
    let home = cx.home();
    for place in before.zones.values().filter(|place| places.values().all(|new| new.subnet != place.subnet)) {
        home.ec2.remove_interface_later(lens, &place.interface, (30_000, 180_000));
    }
    let Some(live) = home.elb.load_balancers.get_mut(&arn) else { return Ok(Answer::empty()) };
    let live = live.change(now);
    live.zones = places;
    live.address_type.clone_from(&address_type);
    let answer =
        Fields::new().list("AvailabilityZones", live.shown_zones()).with("IpAddressType", &live.address_type);
    readdress(cx, &arn)?;
    Ok(answer.into())
}

fn set_security_groups(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let named = params.texts("SecurityGroups");
    if named.is_empty() {
        return Err(invalid("At least one security group must be specified"));
    }
    let (arn, before) = cx.home().elb.load_balancer(lens, params)?;
    let vpc = before.vpc.clone();
    let groups = check_groups(cx, &named, &vpc)?;
    let home = cx.home();
    let Some(live) = home.elb.load_balancers.get_mut(&arn) else { return Ok(Answer::empty()) };
    let live = live.change(now);
    live.groups.clone_from(&groups);
    for place in live.zones.values() {
        if let Some(interface) = home.ec2.network_interfaces.get_mut(&place.interface) {
            interface.change(now).groups.clone_from(&groups);
        }
    }
    Ok(Fields::new().list("SecurityGroupIds", groups).into())
}

fn set_address_type(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    params.required("IpAddressType")?;
    let kind = params
        .choice("IpAddressType", &["ipv4", "dualstack", "dualstack-without-public-ipv4"])?
        .unwrap_or("ipv4");
    let (arn, before) = cx.home().elb.load_balancer(lens, params)?;
    let subnets: Vec<String> = before.zones.values().map(|place| place.subnet.clone()).collect();
    check_address_type(cx, subnets.iter().map(String::as_str), kind)?;
    if let Some(live) = cx.home().elb.load_balancers.get_mut(&arn) {
        kind.clone_into(&mut live.change(now).address_type);
    }
    readdress(cx, &arn)?;
    Ok(Answer::empty().with("IpAddressType", kind))
}

/// Gives the interfaces of a load balancer the IPv6 addresses of its type, or takes them.
fn readdress(cx: &mut Context<'_>, arn: &str) -> Result<(), Fault> {
    let now = cx.now();
    let mut ids = ids_of(cx);
    let home = cx.home();
    let Some(live) = home.elb.load_balancers.get(arn).map(|live| live.truth()) else { return Ok(()) };
    let count = usize::from(has_ipv6(&live.address_type));
    for place in live.zones.values() {
        home.ec2.set_ipv6_addresses(&mut ids, now, &place.interface, count)?;
    }
    cx.world.ids = ids;
    Ok(())
}

/// Nobody reserves capacity here; the answer is that of a load balancer that never had any.
fn describe_capacity(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    cx.home().elb.load_balancer(lens, params)?;
    Ok(Answer::empty().with("DecreaseRequestsRemaining", 2))
}

fn describe_limits(_: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let limit = |(name, max): (&str, &str)| Fields::new().with("Name", name).with("Max", max);
    let limits = [
        ("application-load-balancers", "50"),
        ("listeners-per-application-load-balancer", "50"),
        ("rules-per-application-load-balancer", "100"),
        ("target-groups", "3000"),
        ("targets-per-application-load-balancer", "1000"),
    ];
    Ok(Fields::new().list("Limits", limits.map(limit)).into())
}
