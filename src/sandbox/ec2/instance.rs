//! Instances: shown, and terminated. What makes them is in `instance_launch`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::network_interface::ipv6_set;
use super::resource_id::INSTANCE;
use super::state::{State, current};
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

    fn shown(&self, ec2: &State, lens: Lens, id: &str, account: &str) -> Fields {
        let (state, code) = self.state(lens);
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
        let interface = live.then(|| {
            Fields::new()
                .with("networkInterfaceId", &self.interface)
                .with("subnetId", &self.subnet)
                .with("vpcId", &self.vpc)
                .with("ownerId", account)
                .with("status", "in-use")
                .with("privateIpAddress", &self.private_ip)
                .list("ipv6AddressesSet", ipv6_set(ipv6))
                .list("groupSet", groups.clone())
        });
        let profile = self.profile.as_ref().map(|(arn, id)| Fields::new().with("arn", arn).with("id", id));
        let monitoring = if self.monitoring { "enabled" } else { "disabled" };
        let shown = Fields::new()
            .with("instanceId", id)
            .with("imageId", &self.image)
            .with("instanceState", Fields::new().with("code", code).with("name", state))
            .with("privateDnsName", if live { self.host_name() } else { String::new() })
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
            .maybe("ipAddress", ec2.public_address(&self.interface).filter(|_| live))
            .with("architecture", super::instance_type::architecture(&self.instance_type).unwrap_or("x86_64"))
            .with("rootDeviceType", "ebs")
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

    fn host_name(&self) -> String {
        format!("ip-{}.ec2.internal", self.private_ip.replace('.', "-"))
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
        ("availability-zone", "placement.availabilityZone"),
        ("group-id", "groupSet.groupId"),
        ("iam-instance-profile.arn", "iamInstanceProfile.arn"),
        ("image-id", "imageId"),
        ("instance-id", "instanceId"),
        ("instance-state-code", "instanceState.code"),
        ("instance-state-name", "instanceState.name"),
        ("instance-type", "instanceType"),
        ("instance.group-id", "groupSet.groupId"),
        ("instance.group-name", "groupSet.groupName"),
        ("ipv6-address", "ipv6Address"),
        ("key-name", "keyName"),
        ("metadata-options.http-tokens", "metadataOptions.httpTokens"),
        ("network-interface.ipv6-addresses.ipv6-address", "networkInterfaceSet.ipv6AddressesSet.ipv6Address"),
        ("network-interface.network-interface-id", "networkInterfaceSet.networkInterfaceId"),
        ("network-interface.subnet-id", "networkInterfaceSet.subnetId"),
        ("private-ip-address", "privateIpAddress"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

/// Instances are paged, and each is answered in its reservation.
fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (lens, account) = (cx.lens(), cx.caller.account.clone());
    let ec2 = current(cx);
    let mut reservations = BTreeMap::new();
    let mut rows = Vec::new();
    for (id, instance) in &ec2.instances {
        let Some(instance) = instance.seen(lens, id) else { continue };
        reservations.insert(id.clone(), instance.reservation.clone());
        rows.push(instance.shown(ec2, lens, id, &account));
    }
    let answer = list(cx, params, &LISTING, rows)?;
    let in_reservation = |instance: Node| {
        let id = match &instance {
            Node::Fields(fields) => fields.0.iter().find(|(name, _)| name == LISTING.key),
            _ => None,
        };
        let reservation = match id {
            Some((_, Node::Text(id))) => reservations.get(id),
            _ => None,
        };
        Fields::new()
            .maybe("reservationId", reservation)
            .with("ownerId", &account)
            .list("groupSet", Vec::<Fields>::new())
            .list("instancesSet", [instance])
    };
    let mut shown = Fields::new();
    for (name, node) in answer.fields.0 {
        shown = match node {
            Node::List(instances) if name == LISTING.set => {
                shown.list("reservationSet", instances.into_iter().map(in_reservation))
            }
            node => shown.with(name, node),
        };
    }
    Ok(shown.into())
}

/// What `RunInstances` answers of what it made.
pub(super) fn launched(ec2: &State, lens: Lens, account: &str, ids: &[String]) -> Vec<Fields> {
    let shown = |id: &String| Some(ec2.instances.get(id)?.truth().shown(ec2, lens, id, account));
    ids.iter().filter_map(shown).collect()
}

fn terminate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ids = params.texts("InstanceId");
    if ids.is_empty() {
        return Err(Fault::client("InvalidParameterCombination", "No instances specified"));
    }
    let ec2 = current(cx);
    for id in &ids {
        INSTANCE.find(&ec2.instances, lens, id)?;
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
    let (name, value) = match attribute {
        "instanceType" => ("instanceType", value(&instance.instance_type)),
        "disableApiTermination" => ("disableApiTermination", value("false")),
        "disableApiStop" => ("disableApiStop", value("false")),
        "instanceInitiatedShutdownBehavior" => ("instanceInitiatedShutdownBehavior", value("stop")),
        "userData" => ("userData", Fields::new().maybe("value", instance.user_data.as_deref())),
        _ => return Err(Fault::not_implemented(&format!("the attribute {attribute} of instances"))),
    };
    Ok(Answer::empty().with("instanceId", id).with(name, value))
}
