//! Application load balancers: made, shown and deleted (aws-truths 1.11).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::attribute::{Attributes, of_load_balancer};
use super::find::{LOAD_BALANCER, check_name, invalid, page};
use super::placement::{check_address_type, check_groups, check_subnets, interface, subnets};
use super::{State, tags};
use crate::partition;
use crate::sandbox::chance::digest;
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::profile::Profile;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// An application load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// Its name, unique in account and region.
    pub name: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// The VPC's id.
    pub vpc: String,
    /// Zones, and the subnet and network interface it has in each.
    pub zones: BTreeMap<String, Place>,
    /// Ids of its security groups.
    pub groups: Vec<String>,
    /// `ipv4`, `dualstack` or `dualstack-without-public-ipv4`.
    pub address_type: String,
    /// Attributes that were set.
    pub attributes: Attributes,
    /// Its name in DNS.
    pub dns_name: String,
    /// When it was made.
    pub created: Milliseconds,
}

/// Where a load balancer is in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The subnet's id.
    pub subnet: String,
    /// The network interface's id.
    pub interface: String,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateLoadBalancer", create),
    operation("DescribeLoadBalancers", describe),
    operation("DeleteLoadBalancer", delete),
];

/// How long its network interfaces outlive a load balancer (ELB-8).
pub const INTERFACES_LINGER: (Milliseconds, Milliseconds) = (30_000, 180_000);

impl LoadBalancer {
    /// How AWS shows it: `provisioning` for a minute or more, then `active` (ELB-7).
    pub fn shown(&self, arn: &str, region: &str, lens: Lens) -> Fields {
        let takes = if lens.profile == Profile::Hostile { 300_000 } else { 60_000 };
        let state = if lens.done(self.created, takes) { "active" } else { "provisioning" };
        Fields::new()
            .with("LoadBalancerArn", arn)
            .with("DNSName", &self.dns_name)
            .with("CanonicalHostedZoneId", hosted_zone(region))
            .time("CreatedTime", self.created)
            .with("LoadBalancerName", &self.name)
            .with("Scheme", &self.scheme)
            .with("VpcId", &self.vpc)
            .with("State", Fields::new().with("Code", state))
            .with("Type", "application")
            .list("AvailabilityZones", self.shown_zones())
            .list("SecurityGroups", self.groups.iter())
            .with("IpAddressType", &self.address_type)
    }

    /// Its zones and subnets.
    pub fn shown_zones(&self) -> impl Iterator<Item = Fields> {
        self.zones.iter().map(|(zone, place)| {
            Fields::new()
                .with("ZoneName", zone)
                .with("SubnetId", &place.subnet)
                .list("LoadBalancerAddresses", Vec::<Fields>::new())
        })
    }
}

/// Where Route 53 finds load balancers of a region.
pub fn hosted_zone(region: &str) -> &'static str {
    match region {
        "us-east-1" => "Z35SXDOTRQ7X7K",
        "us-east-2" => "Z3AADJGX6KTTL2",
        "us-west-1" => "Z368ELLRRE2KJ0",
        "us-west-2" => "Z1H1FL5HABSF5",
        "eu-west-1" => "Z32O12XQLNTSW2",
        "eu-west-2" => "ZHURV8PSTC4K8",
        "eu-west-3" => "Z3Q77PNBQS71R4",
        "eu-central-1" => "Z215JYRZR1TBD5",
        "eu-north-1" => "Z23TAZ6LKFMNIO",
        "ap-southeast-1" => "Z1LMS91P8CMLE5",
        "ap-southeast-2" => "Z1GM3OXH4ZPM65",
        "ap-northeast-1" => "Z14GRHDCWA56QT",
        "ap-northeast-2" => "ZWKZPGTI48KDX",
        "ap-northeast-3" => "Z5LXEXXYW11ES",
        "ap-south-1" => "ZP97RAFLXTNZK",
        "ca-central-1" => "ZQSVJUPU6J1EY",
        _ => "Z2P70J7HTTTPLU",
    }
}

/// What is asked for, in the one form that two requests are compared by.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    scheme: String,
    address_type: String,
    subnets: BTreeSet<String>,
    groups: BTreeSet<String>,
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("Name")?;
    check_name("load balancer", name)?;
    let kind = params.choice("Type", &["application", "network", "gateway"])?.unwrap_or("application");
    if kind != "application" {
        return Err(Fault::not_implemented(&format!("load balancers of type {kind}")));
    }
    let scheme = params.text("Scheme").unwrap_or("internet-facing");
    if !matches!(scheme, "internet-facing" | "internal") {
        return Err(Fault::client("InvalidScheme", format!("The scheme '{scheme}' is not valid")));
    }
    let address_type = params
        .choice("IpAddressType", &["ipv4", "dualstack", "dualstack-without-public-ipv4"])?
        .unwrap_or("ipv4");
    let tags = tags::read(params)?;
    let named = subnets(params)?;
    if named.is_empty() {
        return Err(invalid("At least two subnets in two different Availability Zones must be specified"));
    }
    let (vpc, zones) = check_subnets(cx, &named, scheme)?;
    check_address_type(cx, named.iter().map(String::as_str), address_type)?;
    let groups = check_groups(cx, &params.texts("SecurityGroups"), &vpc)?;
    let wanted = Wanted {
        scheme: scheme.to_owned(),
        address_type: address_type.to_owned(),
        subnets: named.into_iter().collect(),
        groups: groups.iter().cloned().collect(),
    };
    let (now, lens, region) = (cx.now(), cx.lens(), cx.region.clone());
    let known = cx.home().elb.load_balancers.iter().find(|(_, live)| live.truth().name == name);
    if let Some((arn, live)) = known {
        let live = live.truth();
        // The same settings are answered with what is there, others are refused (ELB-10).
        if live.settings() == wanted {
            return Ok(Fields::new().list("LoadBalancers", [live.shown(arn, &region, lens)]).into());
        }
        return Err(Fault::client(
            "DuplicateLoadBalancerName",
            format!("A load balancer with the same name '{name}' exists, but with different settings"),
        ));
    }
    cx.ensure_service_role("elasticloadbalancing.amazonaws.com");
    let random = cx.world.ids.hex(16);
    let arn = cx.arn("elasticloadbalancing", format_args!("loadbalancer/app/{name}/{random}"));
    let public = scheme == "internet-facing";
    let mut places = BTreeMap::new();
    for (zone, subnet) in zones {
        let interface = interface(cx, &arn, &subnet, &groups, public, address_type)?;
        places.insert(zone, Place { subnet, interface });
    }
    let suffix = partition::of_region(&region).map_or("amazonaws.com", |known| known.dns_suffix);
    let number = digest(&arn) % 10_000_000_000;
    let prefix = if public { "" } else { "internal-" };
    let balancer = LoadBalancer {
        name: name.to_owned(),
        scheme: scheme.to_owned(),
        vpc,
        zones: places,
        groups,
        address_type: address_type.to_owned(),
        attributes: Attributes::new(),
        dns_name: format!("{prefix}{name}-{number}.{region}.elb.{suffix}"),
        created: now,
    };
    let shown = balancer.shown(&arn, &region, lens);
    let elb = &mut cx.home().elb;
    elb.load_balancers.insert(arn.clone(), Versioned::new(balancer, now));
    elb.tag_new(&arn, tags, now);
    Ok(Fields::new().list("LoadBalancers", [shown]).into())
}

impl LoadBalancer {
    fn settings(&self) -> Wanted {
        Wanted {
            scheme: self.scheme.clone(),
            address_type: self.address_type.clone(),
            subnets: self.zones.values().map(|place| place.subnet.clone()).collect(),
            groups: self.groups.iter().cloned().collect(),
        }
    }
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (lens, region) = (cx.lens(), cx.region.clone());
    let (arns, names) = (params.texts("LoadBalancerArns"), params.texts("Names"));
    if !arns.is_empty() && !names.is_empty() {
        return Err(invalid("Load balancer names and ARNs cannot be specified at the same time"));
    }
    arns.iter().try_for_each(|arn| LOAD_BALANCER.check(arn))?;
    let elb = &cx.home().elb;
    let seen: Vec<(&String, &LoadBalancer)> =
        elb.load_balancers.iter().filter_map(|(arn, live)| Some((arn, live.seen(lens, arn)?))).collect();
    let missing = arns.iter().find(|arn| seen.iter().all(|(own, _)| own.as_str() != **arn));
    let missing =
        missing.or_else(|| names.iter().find(|name| seen.iter().all(|(_, live)| live.name != **name)));
    if let Some(missing) = missing {
        return Err(LOAD_BALANCER.not_found(missing));
    }
    let wanted = |arn: &str, live: &LoadBalancer| {
        (arns.is_empty() || arns.contains(&arn)) && (names.is_empty() || names.contains(&live.name.as_str()))
    };
    let rows = seen
        .into_iter()
        .filter(|(arn, live)| wanted(arn, live))
        .map(|(arn, live)| (arn.clone(), live.shown(arn, &region, lens)))
        .collect();
    page(cx, params, "LoadBalancers", rows)
}

/// Deletes its listeners with it; a load balancer that is not there is no error (ELB-8).
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = params.required("LoadBalancerArn")?;
    LOAD_BALANCER.check(arn)?;
    let (now, lens) = (cx.now(), cx.lens());
    let home = cx.home();
    let Some(balancer) = home.elb.load_balancers.get(arn).map(|live| live.truth().clone()) else {
        return Ok(Answer::empty());
    };
    if of_load_balancer(&balancer.attributes, "deletion_protection.enabled") == "true" {
        let message =
            format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(Fault::client("OperationNotPermitted", message));
    }
    let listeners: Vec<String> = home
        .elb
        .listeners
        .iter()
        .filter(|(_, listener)| listener.truth().load_balancer == arn)
        .map(|(listener, _)| listener.clone())
        .collect();
    for listener in listeners {
        home.elb.remove_listener(&listener, now);
    }
    home.elb.load_balancers.remove(arn);
    home.elb.tags.remove(arn);
    for place in balancer.zones.into_values() {
        home.ec2.remove_interface_later(lens, &place.interface, INTERFACES_LINGER);
    }
    Ok(Answer::empty())
}

impl State {
    /// The load balancer that a request names, as this call sees it.
    ///
    /// # Errors
    /// `ValidationError` or `LoadBalancerNotFound`.
    pub fn load_balancer(&self, lens: Lens, params: &Params) -> Result<(String, &LoadBalancer), Fault> {
        let arn = params.required("LoadBalancerArn")?;
        Ok((arn.to_owned(), LOAD_BALANCER.find(&self.load_balancers, lens, arn)?))
    }
}
