//! Classic Load Balancers: made, shown and deleted.

use std::collections::BTreeMap;

use super::state::Balancer;
use super::{listener, not_there};
use crate::partition;
use crate::sandbox::chance::digest;
use crate::sandbox::context::Context;
use crate::sandbox::elb::find::{check_name, page};
use crate::sandbox::elb::load_balancer::{INTERFACES_LINGER, Place, hosted_zone};
use crate::sandbox::elb::placement::{check_groups, interface, zones_of};
use crate::sandbox::elb::tags;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateLoadBalancer", create),
    operation("DeleteLoadBalancer", delete),
    operation("DescribeLoadBalancers", describe),
];

/// The subnets of a request: as named, or those of the default VPC in the named zones.
fn places(cx: &mut Context<'_>, params: &Params) -> Result<Vec<String>, Fault> {
    let (subnets, zones) = (params.texts("Subnets"), params.texts("AvailabilityZones"));
    if !subnets.is_empty() {
        return Ok(subnets.into_iter().map(str::to_owned).collect());
    }
    if zones.is_empty() {
        let message = "Either AvailabilityZones or SubnetIds must be specified";
        return Err(Fault::client("ValidationError", message));
    }
    let ec2 = &cx.home().ec2;
    let vpc = ec2.default_vpc().unwrap_or_default();
    let in_zone = |zone: &&str| {
        let mut all = ec2.subnets.iter().filter(|(_, subnet)| subnet.truth().vpc == vpc);
        let found = all.find(|(_, subnet)| subnet.truth().zone == **zone).map(|(id, _)| id.clone());
        let message = || format!("There is no default subnet in the zone {zone}");
        found.ok_or_else(|| Fault::client("ValidationError", message()))
    };
    zones.iter().map(in_zone).collect()
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("LoadBalancerName")?;
    check_name("load balancer", name)?;
    let scheme = params.text("Scheme").filter(|scheme| !scheme.is_empty()).unwrap_or("internet-facing");
    if !["internet-facing", "internal"].contains(&scheme) {
        return Err(Fault::client("InvalidScheme", format!("The scheme '{scheme}' is not valid")));
    }
    let listeners = listener::read(cx, params)?;
    let tags = tags::read(params)?;
    let subnets = places(cx, params)?;
    let unknown = |fault: Fault| match &*fault.code {
        "InvalidSubnetID.NotFound" => Fault { code: "SubnetNotFound".into(), ..fault },
        _ => fault,
    };
    let (vpc, zones) = zones_of(cx, &subnets, scheme).map_err(unknown)?;
    let groups = check_groups(cx, &params.texts("SecurityGroups"), &vpc)?;
    let (now, region) = (cx.now(), cx.region.clone());
    if cx.home().elb.classic.contains_key(name) {
        let message = format!("Load balancer with name '{name}' already exists");
        return Err(Fault::client("DuplicateLoadBalancerName", message));
    }
    cx.ensure_service_role("elasticloadbalancing.amazonaws.com");
    let arn = cx.arn("elasticloadbalancing", format_args!("loadbalancer/{name}"));
    let public = scheme == "internet-facing";
    let suffix = partition::of_region(&region).map_or("amazonaws.com", |known| known.dns_suffix);
    let prefix = if public { "" } else { "internal-" };
    let number = digest(&arn) % 10_000_000_000;
    let mut balancer = Balancer {
        scheme: scheme.to_owned(),
        vpc,
        zones: BTreeMap::new(),
        groups,
        dns_name: format!("{prefix}{name}-{number}.{region}.elb.{suffix}"),
        listeners: BTreeMap::new(),
        policies: BTreeMap::new(),
        created: now,
    };
    balancer.listen(listeners)?;
    for (zone, subnet) in zones {
        let interface = interface(cx, &arn, &subnet, &balancer.groups, public, "ipv4")?;
        balancer.zones.insert(zone, Place { subnet, interface });
    }
    let answer = Fields::new().with("DNSName", &balancer.dns_name);
    let elb = &mut cx.home().elb;
    elb.classic.insert(name.to_owned(), Versioned::new(balancer, now));
    elb.tag_new(&arn, tags, now);
    Ok(answer.into())
}

/// One that is not there is no error (DeleteLoadBalancer).
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("LoadBalancerName")?;
    let arn = cx.arn("elasticloadbalancing", format_args!("loadbalancer/{name}"));
    let lens = cx.lens();
    let home = cx.home();
    if let Some(balancer) = home.elb.classic.remove(name) {
        home.elb.tags.remove(&arn);
        for place in balancer.truth().zones.values() {
            home.ec2.remove_interface_later(lens, &place.interface, INTERFACES_LINGER);
        }
    }
    Ok(Answer::empty())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (lens, region, owner) = (cx.lens(), cx.region.clone(), cx.account_id().to_owned());
    let names = params.texts("LoadBalancerNames");
    let home = cx.home();
    let seen: Vec<(&String, &Balancer)> =
        home.elb.classic.iter().filter_map(|(name, live)| Some((name, live.seen(lens, name)?))).collect();
    if let Some(missing) = names.iter().find(|name| seen.iter().all(|(known, _)| known != *name)) {
        return Err(not_there(missing));
    }
    let wanted = seen.into_iter().filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()));
    let group_name = |id: &String| home.ec2.security_groups.get(id).map(|group| group.truth().name.clone());
    let rows = wanted
        .map(|(name, live)| {
            let source = live.groups.first().and_then(group_name);
            let source =
                source.map(|group| Fields::new().with("OwnerAlias", &owner).with("GroupName", group));
            (name.clone(), live.shown(name, &region).maybe("SourceSecurityGroup", source))
        })
        .collect();
    page(cx, params, "LoadBalancerDescriptions", rows)
}

impl Balancer {
    /// How AWS shows it.
    fn shown(&self, name: &str, region: &str) -> Fields {
        let none = Vec::<Fields>::new;
        let target = self.listeners.values().next();
        let target = target.map_or("TCP:80".to_owned(), |first| format!("TCP:{}", first.instance_port));
        let health = Fields::new()
            .with("Target", target)
            .with("Interval", 30)
            .with("Timeout", 5)
            .with("UnhealthyThreshold", 2)
            .with("HealthyThreshold", 10);
        let policies = Fields::new()
            .list("AppCookieStickinessPolicies", none())
            .list("LBCookieStickinessPolicies", none())
            .list("OtherPolicies", self.policies.keys());
        Fields::new()
            .with("LoadBalancerName", name)
            .with("DNSName", &self.dns_name)
            .with("CanonicalHostedZoneName", &self.dns_name)
            .with("CanonicalHostedZoneNameID", hosted_zone(region))
            .list("ListenerDescriptions", self.listeners.iter().map(|(port, it)| listener::shown(*port, it)))
            .with("Policies", policies)
            .list("BackendServerDescriptions", none())
            .list("AvailabilityZones", self.zones.keys())
            .list("Subnets", self.zones.values().map(|place| &place.subnet))
            .with("VPCId", &self.vpc)
            .list("Instances", none())
            .with("HealthCheck", health)
            .list("SecurityGroups", self.groups.iter())
            .time("CreatedTime", self.created)
            .with("Scheme", &self.scheme)
    }
}
