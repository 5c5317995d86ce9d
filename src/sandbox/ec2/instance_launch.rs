//! Launching instances, for `RunInstances` and for Auto Scaling groups: what is asked for, checked, and made.

use std::net::Ipv4Addr;

use super::instance::{Instance, launched};
use super::network_interface::{Ipv6Addresses, NewInterface};
use super::resource_id::{IMAGE, SUBNET};
use super::state::{current, ids_of};
use super::tags::Tags;
use super::zone::zones;
use super::{Versioned, image, instance_type};
use crate::sandbox::context::Context;
use crate::sandbox::kept::{Members as _, keep};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use serde_json::Value;

/// The operation.
pub const OPERATIONS: &[Operation] = &[operation("RunInstances", run)];

/// A launch whose every part has been found usable.
#[derive(Debug, Clone)]
pub struct Launch {
    made: Instance,
    public: bool,
    address: Option<Ipv4Addr>,
    ipv6: Ipv6Addresses,
    tags: Tags,
}

fn value(value: &str, name: &str, why: &str) -> Fault {
    Fault::client("InvalidParameterValue", format!("Value ({value}) for parameter {name} is invalid. {why}"))
}

/// Checks a launch: contents of a request or a launch template, and the subnet where they name none.
///
/// # Errors
/// What EC2 says of an image, type, subnet, group or profile that cannot be used (IAM-8, NET-10).
pub fn check(cx: &mut Context<'_>, data: &Value, subnet: Option<&str>) -> Result<Launch, Fault> {
    let lens = cx.lens();
    let image = data.text("ImageId").filter(|id| !id.is_empty());
    let image = image
        .ok_or_else(|| Fault::client("MissingParameter", "The request must contain the parameter ImageId"))?;
    let found = image::find(image);
    if found.is_none() {
        IMAGE.check(image)?;
    }
    // An instance shows the image that a parameter led to, not the parameter.
    let (image, found) = found.ok_or_else(|| {
        Fault::client("InvalidAMIID.NotFound", format!("The image id '[{image}]' does not exist"))
    })?;
    let kind = data.text("InstanceType").unwrap_or("m1.small");
    let architecture = instance_type::architecture(kind).ok_or_else(|| {
        Fault::client("InvalidParameterValue", format!("Invalid value '{kind}' for InstanceType."))
    })?;
    if architecture != found.architecture {
        return Err(Fault::client(
            "InvalidParameterValue",
            format!(
                "The architecture '{architecture}' of the specified instance type does not match the architecture \
                 '{}' of the specified AMI.",
                found.architecture
            ),
        ));
    }
    volumes(data, found.root)?;
    let profile = profile(cx, data)?;
    let interface = data.list("NetworkInterface").first();
    if interface.is_some() && data.text("SubnetId").is_some() {
        return Err(Fault::client(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID may not be specified on the same request",
        ));
    }
    let zone = data.get("Placement").and_then(|placement| placement.text("AvailabilityZone"));
    let zone = zone.filter(|zone| !zone.is_empty());
    if let Some(zone) = zone
        && !zones(&cx.region, &cx.caller.account).iter().any(|known| known.name == zone)
    {
        return Err(Fault::client("InvalidParameterValue", format!("Invalid Availability Zone ({zone})")));
    }
    let named = subnet
        .or_else(|| interface.and_then(|interface| interface.text("SubnetId")))
        .or_else(|| data.text("SubnetId"))
        .map(str::to_owned);
    let ec2 = current(cx);
    let subnet = match named {
        Some(subnet) => subnet,
        None => {
            let defaults = ec2.subnets.iter().filter(|(_, subnet)| subnet.truth().default_for_zone);
            let fits = defaults.filter(|(_, subnet)| zone.is_none_or(|zone| subnet.truth().zone == zone));
            fits.min_by_key(|(_, subnet)| &subnet.truth().zone)
                .map(|(id, _)| id.clone())
                .ok_or_else(|| no_default(zone))?
        }
    };
    let place = SUBNET.find(&ec2.subnets, lens, &subnet)?.truth().clone();
    if let Some(zone) = zone.filter(|zone| *zone != place.zone) {
        let message =
            format!("The availability zone '{zone}' does not match that of the subnet, '{}'", place.zone);
        return Err(Fault::client("InvalidParameterValue", message));
    }
    let mut groups: Vec<String> = interface
        .map(|interface| interface.texts("SecurityGroupId"))
        .filter(|groups| !groups.is_empty())
        .unwrap_or_else(|| data.texts("SecurityGroupId"))
        .into_iter()
        .map(str::to_owned)
        .collect();
    for name in data.texts("SecurityGroup") {
        groups.push(ec2.group_named(lens, name, &place.vpc)?);
    }
    for id in &groups {
        if ec2.security_group(lens, id)?.vpc != place.vpc {
            return Err(Fault::client(
                "InvalidParameter",
                format!("Security group {id} and subnet {subnet} belong to different networks."),
            ));
        }
    }
    if groups.is_empty() {
        groups.extend(ec2.default_group(&place.vpc).cloned());
    }
    let metadata = data.get("MetadataOptions");
    // What a launch leaves out comes from the account's defaults (ACC-4).
    let (tokens, hops) = ec2.settings.metadata();
    let http_tokens =
        metadata.and_then(|options| options.text("HttpTokens")).or(tokens).unwrap_or("optional");
    let hop_limit = metadata
        .and_then(|options| options.text("HttpPutResponseHopLimit")?.parse().ok())
        .or(hops)
        .unwrap_or(1);
    let public = interface
        .and_then(|interface| interface.text("AssociatePublicIpAddress"))
        .map_or(place.public_ip_on_launch, |flag| flag == "true");
    let ipv6 = ipv6(data, interface, place.assigns_ipv6)?;
    let address = address(data, interface)?;
    let is = |name: &str| data.text(name) == Some("true");
    let made = Instance {
        image: image.to_owned(),
        instance_type: kind.to_owned(),
        vpc: place.vpc,
        subnet,
        zone: place.zone,
        groups,
        profile,
        interface: String::new(),
        private_ip: String::new(),
        http_tokens: http_tokens.to_owned(),
        hop_limit,
        monitoring: data.get("Monitoring").and_then(|monitoring| monitoring.text("Enabled")) == Some("true"),
        key: data.text("KeyName").map(str::to_owned),
        user_data: data.text("UserData").map(str::to_owned),
        volume: String::new(),
        ebs_optimized: is("EbsOptimized"),
        keeps_running: is("DisableApiStop"),
        keeps: is("DisableApiTermination"),
        at_shutdown: data.text("InstanceInitiatedShutdownBehavior").map(str::to_owned),
        reservation: String::new(),
        index: 0,
        launched: lens.now,
        terminated: None,
    };
    Ok(Launch { made, public, address, ipv6, tags: instance_tags(data) })
}

fn no_default(zone: Option<&str>) -> Fault {
    match zone {
        Some(zone) => {
            let message = format!("No default subnet for availability zone: '{zone}'.");
            Fault::client("MissingInput", message)
        }
        None => Fault::client("VPCIdNotSpecified", "No default VPC for this user"),
    }
}

/// The address that a launch asks for: that of the instance, or of its interface.
fn address(data: &Value, interface: Option<&Value>) -> Result<Option<Ipv4Addr>, Fault> {
    let of_interface = interface.and_then(|interface| interface.text("PrivateIpAddress"));
    let wanted = data.text("PrivateIpAddress").or(of_interface).filter(|text| !text.is_empty());
    let read = |text: &str| {
        text.parse().map_err(|_| value(text, "address", &format!("Invalid IPv4 address: {text}")))
    };
    wanted.map(read).transpose()
}

/// The IPv6 addresses of a launch: those that it names, as many as it asks for, or one where the subnet gives one.
fn ipv6(data: &Value, interface: Option<&Value>, assigns: bool) -> Result<Ipv6Addresses, Fault> {
    let holders = interface.map(|interface| (interface, "Ipv6Addresses")).into_iter();
    for (holder, list) in holders.chain([(data, "Ipv6Address")]) {
        let named = holder.list(list).iter().filter_map(|one| one.text("Ipv6Address"));
        let named: Result<Vec<_>, Fault> =
            named.map(|text| text.parse().map_err(|_| value(text, "ipv6Address", ""))).collect();
        let (named, count) = (named?, holder.text("Ipv6AddressCount"));
        match (named.is_empty(), count) {
            (true, None) => {}
            (false, None) => return Ok(Ipv6Addresses::These(named)),
            (true, Some(count)) => {
                return count
                    .parse()
                    .map(Ipv6Addresses::Count)
                    .map_err(|_| value(count, "ipv6AddressCount", ""));
            }
            (false, Some(_)) => {
                let message = "Ipv6Addresses and Ipv6AddressCount cannot be specified together";
                return Err(Fault::client("InvalidParameterCombination", message));
            }
        }
    }
    Ok(Ipv6Addresses::Count(usize::from(assigns)))
}

/// A volume beside the image's own is empty, and then it needs a size.
fn volumes(data: &Value, root: &str) -> Result<(), Fault> {
    let other = |mapping: &&Value| mapping.text("DeviceName") != Some(root);
    for mapping in data.list("BlockDeviceMapping").iter().filter(other) {
        let Some(ebs) = mapping.get("Ebs") else {
            return Err(Fault::client("MissingParameter", "The request must contain the parameter ebs"));
        };
        if ebs.text("VolumeSize").is_none() && ebs.text("SnapshotId").is_none() {
            return Err(Fault::client(
                "MissingParameter",
                "The request must contain the parameter size or snapshotId",
            ));
        }
    }
    Ok(())
}

/// The profile of a launch.
fn profile(cx: &mut Context<'_>, data: &Value) -> Result<Option<(String, String)>, Fault> {
    let Some(profile) = data.get("IamInstanceProfile") else { return Ok(None) };
    named_profile(cx, profile.text("Name"), profile.text("Arn"))
}

/// The ARN and unique id of a profile; EC2 knows a new one later than IAM does (IAM-7, IAM-8).
pub(super) fn named_profile(
    cx: &mut Context<'_>,
    name: Option<&str>,
    arn: Option<&str>,
) -> Result<Option<(String, String)>, Fault> {
    let lens = cx.lens();
    let (named, member, what) = match (name, arn) {
        (Some(name), _) => (name, "iamInstanceProfile.name", "name"),
        (None, Some(arn)) => (arn, "iamInstanceProfile.arn", "ARN"),
        (None, None) => return Ok(None),
    };
    let iam = &cx.account().iam;
    let name = named.rsplit('/').next().unwrap_or(named);
    let known =
        iam.profiles.get(name).map(|profile| profile.truth()).filter(|_| iam.knows_profile(lens, named));
    if let Some(profile) = known.filter(|profile| profile.role.is_none()) {
        let message = format!("IAM Instance Profile \"{}\" has no associated IAM Roles", profile.arn);
        return Err(Fault::client("InvalidParameterValue", message));
    }
    if !iam.is_profile_usable(lens, named) {
        return Err(value(named, member, &format!("Invalid IAM Instance Profile {what}")));
    }
    Ok(iam.profiles.get(name).map(|profile| (profile.truth().arn.clone(), profile.truth().id.clone())))
}

fn instance_tags(data: &Value) -> Tags {
    let specifications = data.list("TagSpecification").iter();
    specifications
        .filter(|specification| specification.text("ResourceType") == Some("instance"))
        .flat_map(|specification| specification.list("Tag"))
        .filter_map(|tag| {
            Some((tag.text("Key")?.to_owned(), tag.text("Value").unwrap_or_default().to_owned()))
        })
        .collect()
}

/// The tags by which an instance says what it was launched from ("System tags", Amazon EC2 user guide).
pub fn template_tags(id: &str, number: u64) -> Tags {
    let tags = [("id", id.to_owned()), ("version", number.to_string())];
    tags.map(|(name, value)| (format!("aws:ec2launchtemplate:{name}"), value)).into()
}

/// Makes instances, and answers their ids.
///
/// # Errors
/// `InsufficientFreeAddressesInSubnet`.
pub fn make(
    cx: &mut Context<'_>,
    launch: &Launch,
    count: i64,
    more_tags: &Tags,
) -> Result<Vec<String>, Fault> {
    let now = cx.now();
    let reservation = cx.new_id("r-");
    let mut made = Vec::new();
    for index in 0..count {
        let id = cx.new_id("i-");
        let new = NewInterface {
            subnet: launch.made.subnet.clone(),
            groups: launch.made.groups.clone(),
            description: String::new(),
            interface_type: "interface".to_owned(),
            requester: String::new(),
            instance: Some(id.clone()),
            public: launch.public,
            address: launch.address,
            ipv6: launch.ipv6.clone(),
        };
        let (account, region) = (cx.caller.account.clone(), cx.region.clone());
        // The maker of ids and the region are both in the world; a copy of the former is put back.
        let mut ids = ids_of(cx);
        let ec2 = &mut cx.world.region(&account, &region).ec2;
        let interface = ec2.add_interface(&mut ids, now, new)?;
        let address = ec2.network_interfaces.get(&interface).map(|thing| thing.truth().private_ip.clone());
        let instance = Instance {
            interface,
            volume: ids.id("vol-"),
            private_ip: address.unwrap_or_default(),
            reservation: reservation.clone(),
            index,
            launched: now,
            ..launch.made.clone()
        };
        let mut tags = launch.tags.clone();
        tags.extend(more_tags.clone());
        ec2.instances.insert(id.clone(), Versioned::new(instance, now));
        ec2.tag_new(&id, tags, now);
        cx.world.ids = ids;
        made.push(id);
    }
    Ok(made)
}

fn run(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (lens, account) = (cx.lens(), cx.caller.account.clone());
    let count = |name: &str| params.number_in(name, 1..=100)?.ok_or_else(|| params.missing(name));
    let (least, most) = (count("MinCount")?, count("MaxCount")?);
    if least > most {
        return Err(value(&least.to_string(), "minCount", "It is greater than maxCount"));
    }
    let sent = keep(params);
    let (data, more_tags) = match params.map("LaunchTemplate") {
        None => (sent, Tags::new()),
        Some(template) => {
            let (id, _, number, data) = current(cx).launches_from(lens, template)?;
            // What is in the request counts more than what is in the template.
            (data.overlaid(&sent), template_tags(&id, number))
        }
    };
    let launch = check(cx, &data, None)?;
    if launch.address.is_some() && most > 1 {
        let message = "The private IP address of an instance cannot be given to several instances";
        return Err(Fault::client("InvalidParameterCombination", message));
    }
    let claim = current(cx).claim("RunInstances", params)?;
    let ids = match claim.as_ref().and_then(|claim| claim.made.clone()) {
        Some(ids) => ids,
        None => {
            let ids = make(cx, &launch, most, &more_tags)?;
            current(cx).keep(claim, &ids);
            ids
        }
    };
    let region = cx.region.clone();
    let ec2 = current(cx);
    let reservation = ids.first().and_then(|id| ec2.instances.get(id));
    let reservation = reservation.map(|instance| instance.truth().reservation.clone());
    Ok(Fields::new()
        .maybe("reservationId", reservation)
        .with("ownerId", &account)
        .list("groupSet", Vec::<Fields>::new())
        .list("instancesSet", launched(ec2, lens, (&account, &region), &ids))
        .into())
}
