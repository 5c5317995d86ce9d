//! Instances: shown, and terminated. What makes them is in `instance_launch`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::network_interface::ipv6_set;
use super::resource_id::INSTANCE;
use super::state::{State, current};
use crate::partition;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The image's id.
    pub image: String,
    /// Such as `t3.micro`.
    pub instance_type: String,
    /// The VPC's id.
    pub vpc: String,
    /// The subnet's id.
    pub subnet: String,
    /// The zone's name.
    pub zone: String,
    /// Ids of its security groups.
    pub groups: Vec<String>,
    /// The instance profile's ARN and unique id.
    pub profile: Option<(String, String)>,
    /// The network interface's id.
    pub interface: String,
    /// Its address in the subnet.
    pub private_ip: String,
    /// `optional` or `required`.
    pub http_tokens: String,
    /// How many hops a metadata answer may travel.
    pub hop_limit: i64,
    /// Detailed monitoring.
    pub monitoring: bool,
    /// The name of its key pair.
    pub key: Option<String>,
    /// What it runs first, in base64.
    #[serde(default)]
    pub user_data: Option<String>,
    /// The id of its root volume.
    #[serde(default)]
    pub volume: String,
    /// Whether its traffic to volumes has lanes of its own.
    #[serde(default)]
    pub ebs_optimized: bool,
    /// Whether it must not be stopped.
    #[serde(default)]
    pub keeps_running: bool,
    /// Whether it must not be terminated.
    #[serde(default)]
    pub keeps: bool,
    /// `stop` or `terminate`: what becomes of it when it shuts itself down.
    #[serde(default)]
    pub at_shutdown: Option<String>,
    /// What it was launched with.
    pub reservation: String,
    /// Its place in that.
    pub index: i64,
    /// When it was launched.
    pub launched: Milliseconds,
    /// When it was told to terminate.
    pub terminated: Option<Milliseconds>,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeInstances", describe),
    operation("TerminateInstances", terminate),
    operation("DescribeInstanceAttribute", describe_attribute),
];

/// How long an instance takes to boot, to shut down, and stays listed after that.
const BOOT: Milliseconds = 10_000;
const SHUT_DOWN: Milliseconds = 30_000;
const LISTED: Milliseconds = 3_600_000;

impl Instance {
    /// Its state by name and code.
    pub fn state(&self, lens: Lens) -> (&'static str, i64) {
        match self.terminated {
            Some(since) if lens.done(since, SHUT_DOWN) => ("terminated", 48),
            Some(_) => ("shutting-down", 32),
            None if lens.done(self.launched, BOOT) => ("running", 16),
            None => ("pending", 0),
        }
    }

    fn shown(&self, ec2: &State, view: &View<'_>, id: &str) -> Fields {
        let (lens, account) = (view.lens, view.account);
        // A launch answers before anything has booted; its volumes come then.
        let (state, code) = if view.launching { ("pending", 0) } else { self.state(lens) };
        let public_ip = ec2.public_address(&self.interface);
        let is_named = ec2.vpcs.get(&self.vpc).is_some_and(|vpc| vpc.truth().dns_hostnames);
        let public_name = public_ip.filter(|_| is_named).map(|ip| view.public_name(ip)).unwrap_or_default();
        let root = super::image::find(&self.image).map(|(_, image)| image.root);
        let volume = Fields::new()
            .with("volumeId", &self.volume)
            .with("status", "attached")
            .time("attachTime", self.launched)
            .with("deleteOnTermination", true);
        let volume = root
            .filter(|_| !view.launching && self.terminated.is_none() && !self.volume.is_empty())
            .map(|root| Fields::new().with("deviceName", root).with("ebs", volume));
        let live = self.terminated.is_none();
        let group = |id: &String| {
            let name = ec2.security_groups.get(id).map(|group| group.truth().name.as_str());
            Fields::new().with("groupId", id).maybe("groupName", name)
        };
        let groups: Vec<Fields> = self.groups.iter().map(group).collect();
        let metadata = Fields::new()
            .with("state", "applied")
            .with("httpTokens", &self.http_tokens)
            .with("httpPutResponseHopLimit", self.hop_limit)
            .with("httpEndpoint", "enabled")
            .with("httpProtocolIpv6", "disabled")
            .with("instanceMetadataTags", "disabled");
        let ipv6 = self.ipv6(ec2);
        let association = public_ip.map(|ip| {
            let owner = if ec2.is_elastic(ip) { account } else { "amazon" };
            Fields::new().with("publicIp", ip).with("publicDnsName", &public_name).with("ipOwnerId", owner)
        });
        let address = Fields::new()
            .with("privateIpAddress", &self.private_ip)
            .with("privateDnsName", view.private_name(&self.private_ip))
            .with("primary", true)
            .maybe("association", association.clone());
        let interface = live.then(|| {
            Fields::new()
                .with("networkInterfaceId", &self.interface)
                .with("subnetId", &self.subnet)
                .with("vpcId", &self.vpc)
                .with("ownerId", account)
                .with("status", "in-use")
                .with("privateIpAddress", &self.private_ip)
                .with("privateDnsName", view.private_name(&self.private_ip))
                .list("privateIpAddressesSet", [address])
                .maybe("association", association)
                .with("sourceDestCheck", true)
                .list("ipv6AddressesSet", ipv6_set(ipv6))
                .list("groupSet", groups.clone())
        });
        let profile = self.profile.as_ref().map(|(arn, id)| Fields::new().with("arn", arn).with("id", id));
        let monitoring = if self.monitoring { "enabled" } else { "disabled" };
        let shown = Fields::new()
            .with("instanceId", id)
            .with("imageId", &self.image)
            .with("instanceState", Fields::new().with("code", code).with("name", state))
            .with("privateDnsName", if live { view.private_name(&self.private_ip) } else { String::new() })
            .with("dnsName", if live { public_name.as_str() } else { "" })
            .maybe("keyName", self.key.as_ref())
            .with("amiLaunchIndex", self.index)
            .with("instanceType", &self.instance_type)
            .time("launchTime", self.launched)
            .with("placement", Fields::new().with("availabilityZone", &self.zone).with("tenancy", "default"))
            .with("monitoring", Fields::new().with("state", monitoring))
            .maybe("subnetId", live.then_some(&self.subnet))
            .maybe("vpcId", live.then_some(&self.vpc))
            .maybe("privateIpAddress", live.then_some(&self.private_ip))
            .maybe("ipv6Address", ipv6.first().filter(|_| live))
            .maybe("ipAddress", public_ip.filter(|_| live))
            .with("architecture", super::instance_type::architecture(&self.instance_type).unwrap_or("x86_64"))
            .with("rootDeviceType", "ebs")
            .maybe("rootDeviceName", root)
            .list("blockDeviceMapping", volume)
            .with("ebsOptimized", self.ebs_optimized)
            .with("sourceDestCheck", true)
            .with("virtualizationType", "hvm")
            .with("hypervisor", "xen")
            .maybe("iamInstanceProfile", profile)
            .list("networkInterfaceSet", interface)
            .list("groupSet", if live { groups } else { Vec::new() })
            .with("metadataOptions", metadata);
        ec2.with_tags(shown, lens, id)
    }

    /// The IPv6 addresses of its interface.
    fn ipv6<'s>(&self, ec2: &'s State) -> &'s [String] {
        ec2.network_interfaces.get(&self.interface).map_or(&[], |interface| interface.truth().ipv6.as_slice())
    }
}

/// Who looks at an instance, and when.
struct View<'a> {
    lens: Lens,
    account: &'a str,
    region: &'a str,
    /// Whether this is the answer of the launch itself.
    launching: bool,
}

impl View<'_> {
    /// What a name of the region ends in, within networks; the oldest region has a shorter one.
    fn private_name(&self, address: &str) -> String {
        let zone = match self.region {
            "us-east-1" => "ec2.internal".to_owned(),
            region => format!("{region}.compute.internal"),
        };
        format!("ip-{}.{zone}", address.replace('.', "-"))
    }

    fn public_name(&self, address: &str) -> String {
        let zone = match self.region {
            "us-east-1" => "compute-1".to_owned(),
            region => format!("{region}.compute"),
        };
        let suffix = partition::of_region(self.region).map_or("amazonaws.com", |known| known.dns_suffix);
        format!("ec2-{}.{zone}.{suffix}", address.replace('.', "-"))
    }
}

impl State {
    /// Tells an instance to terminate; its network interface goes with it.
    pub fn terminate(&mut self, lens: Lens, id: &str) {
        let Some(instance) = self.instances.get_mut(id) else { return };
        if instance.truth().terminated.is_some() {
            return;
        }
        let interface = instance.truth().interface.clone();
        // Not a change that lags: the state machine is what is asked about.
        let gone = Instance { terminated: Some(lens.now), ..instance.truth().clone() };
        *instance = Versioned::new(gone, instance.created);
        self.remove_interface_later(lens, &interface, (SHUT_DOWN, 2 * SHUT_DOWN));
    }

    /// Forgets instances that were terminated an hour ago.
    pub fn advance_instances(&mut self, lens: Lens) {
        let forgotten = |since: Option<Milliseconds>| since.is_some_and(|since| lens.now - since >= LISTED);
        let old: Vec<String> = self
            .instances
            .iter()
            .filter(|(_, instance)| forgotten(instance.truth().terminated))
            .map(|(id, _)| id.clone())
            .collect();
        for id in old {
            self.instances.remove(&id);
            self.tags.remove(&id);
        }
    }
}

const LISTING: Listing = Listing {
    set: "instancesSet",
    key: "instanceId",
    ids: Some(("InstanceId", &INSTANCE)),
    filters: &[
        ("architecture", "architecture"),
        ("availability-zone", "placement.availabilityZone"),
        ("block-device-mapping.volume-id", "blockDeviceMapping.ebs.volumeId"),
        ("dns-name", "dnsName"),
        ("group-id", "groupSet.groupId"),
        ("hypervisor", "hypervisor"),
        ("iam-instance-profile.arn", "iamInstanceProfile.arn"),
        ("image-id", "imageId"),
        ("instance-id", "instanceId"),
        ("instance-state-code", "instanceState.code"),
        ("instance-state-name", "instanceState.name"),
        ("instance-type", "instanceType"),
        ("instance.group-id", "groupSet.groupId"),
        ("instance.group-name", "groupSet.groupName"),
        ("ip-address", "ipAddress"),
        ("ipv6-address", "ipv6Address"),
        ("key-name", "keyName"),
        ("metadata-options.http-tokens", "metadataOptions.httpTokens"),
        ("network-interface.ipv6-addresses.ipv6-address", "networkInterfaceSet.ipv6AddressesSet.ipv6Address"),
        (
            "network-interface.addresses.private-ip-address",
            "networkInterfaceSet.privateIpAddressesSet.privateIpAddress",
        ),
        ("network-interface.group-id", "networkInterfaceSet.groupSet.groupId"),
        ("network-interface.network-interface-id", "networkInterfaceSet.networkInterfaceId"),
        ("network-interface.private-dns-name", "networkInterfaceSet.privateDnsName"),
        ("network-interface.subnet-id", "networkInterfaceSet.subnetId"),
        ("network-interface.vpc-id", "networkInterfaceSet.vpcId"),
        ("owner-id", "networkInterfaceSet.ownerId"),
        ("private-dns-name", "privateDnsName"),
        ("private-ip-address", "privateIpAddress"),
        ("root-device-name", "rootDeviceName"),
        ("root-device-type", "rootDeviceType"),
        ("subnet-id", "subnetId"),
        ("tenancy", "placement.tenancy"),
        ("virtualization-type", "virtualizationType"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

/// Instances are paged, and each is answered in its reservation.
fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (lens, account, region) = (cx.lens(), cx.caller.account.clone(), cx.region.clone());
    let view = View { lens, account: &account, region: &region, launching: false };
    let ec2 = current(cx);
    let mut reservations = BTreeMap::new();
    let mut rows = Vec::new();
    for (id, instance) in &ec2.instances {
        let Some(instance) = instance.seen(lens, id) else { continue };
        reservations.insert(id.clone(), (instance.reservation.clone(), instance.index));
        rows.push(instance.shown(ec2, &view, id));
    }
    let answer = list(cx, params, &LISTING, rows)?;
    let reservation_of = |instance: &Node| {
        let Node::Fields(fields) = instance else { return None };
        match fields.0.iter().find(|(name, _)| name == LISTING.key) {
            Some((_, Node::Text(id))) => reservations.get(id),
            _ => None,
        }
    };
    let mut shown = Fields::new();
    for (name, node) in answer.fields.0 {
        shown = match node {
            Node::List(instances) if name == LISTING.set => {
                let mut groups: Vec<(Option<&String>, Vec<Node>)> = Vec::new();
                for instance in instances {
                    let reservation = reservation_of(&instance).map(|(reservation, _)| reservation);
                    match groups.iter_mut().find(|(known, _)| *known == reservation) {
                        Some((_, group)) => group.push(instance),
                        None => groups.push((reservation, vec![instance])),
                    }
                }
                for (_, instances) in &mut groups {
                    instances.sort_by_key(|instance| reservation_of(instance).map(|(_, index)| *index));
                }
                let row = |(reservation, instances): (Option<&String>, Vec<Node>)| {
                    Fields::new()
                        .maybe("reservationId", reservation)
                        .with("ownerId", &account)
                        .list("groupSet", Vec::<Fields>::new())
                        .list("instancesSet", instances)
                };
                shown.list("reservationSet", groups.into_iter().map(row))
            }
            node => shown.with(name, node),
        };
    }
    Ok(shown.into())
}

/// What `RunInstances` answers of what it made.
pub(super) fn launched(
    ec2: &State,
    lens: Lens,
    (account, region): (&str, &str),
    ids: &[String],
) -> Vec<Fields> {
    let view = View { lens, account, region, launching: true };
    let shown = |id: &String| Some(ec2.instances.get(id)?.truth().shown(ec2, &view, id));
    ids.iter().filter_map(shown).collect()
}

fn terminate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ids = params.texts("InstanceId");
    if ids.is_empty() {
        return Err(Fault::client("InvalidParameterCombination", "No instances specified"));
    }
    let ec2 = current(cx);
    ids.iter().try_for_each(|id| INSTANCE.check(id))?;
    let unknown = |id: &&&str| INSTANCE.find(&ec2.instances, lens, id).is_err();
    let unknown: Vec<&str> = ids.iter().filter(unknown).copied().collect();
    match unknown.as_slice() {
        [] => {}
        [id] => return Err(INSTANCE.not_found(id)),
        several => {
            let message = format!("The instance IDs '{}' do not exist", several.join(", "));
            return Err(Fault::client(INSTANCE.unknown, message));
        }
    }
    let kept = |id: &&&str| ec2.instances.get(**id).is_some_and(|instance| instance.truth().keeps);
    if let Some(id) = ids.iter().find(kept) {
        let message = format!(
            "The instance '{id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and \
             try again."
        );
        return Err(Fault::client("OperationNotPermitted", message));
    }
    let state = |ec2: &State, id: &str| {
        let (name, code) = ec2.instances.get(id).map_or(("terminated", 48), |live| live.truth().state(lens));
        Fields::new().with("code", code).with("name", name)
    };
    let mut rows = Vec::new();
    for id in ids {
        let before = state(ec2, id);
        ec2.terminate(lens, id);
        rows.push(
            Fields::new()
                .with("instanceId", id)
                .with("previousState", before)
                .with("currentState", state(ec2, id)),
        );
    }
    Ok(Fields::new().list("instancesSet", rows).into())
}

fn describe_attribute(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = INSTANCE.required(params, "InstanceId")?;
    let attribute = params.required("Attribute")?;
    let ec2 = current(cx);
    let instance = INSTANCE.find(&ec2.instances, lens, id)?.truth();
    let value = |value: &str| Fields::new().with("value", value);
    let flag = |value: bool| Fields::new().with("value", value);
    let (name, value) = match attribute {
        "instanceType" => ("instanceType", value(&instance.instance_type)),
        "disableApiTermination" => ("disableApiTermination", flag(instance.keeps)),
        "disableApiStop" => ("disableApiStop", flag(instance.keeps_running)),
        "ebsOptimized" => ("ebsOptimized", flag(instance.ebs_optimized)),
        "instanceInitiatedShutdownBehavior" => {
            ("instanceInitiatedShutdownBehavior", value(instance.at_shutdown.as_deref().unwrap_or("stop")))
        }
        "userData" => ("userData", Fields::new().maybe("value", instance.user_data.as_deref())),
        _ => return Err(Fault::not_implemented(&format!("the attribute {attribute} of instances"))),
    };
    Ok(Answer::empty().with("instanceId", id).with(name, value))
}
