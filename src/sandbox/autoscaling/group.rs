//! Auto Scaling groups: made, shown and deleted (aws-truths 1.12).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::group_check::check;
use super::member::{self, Member};
use super::nothing;
use super::state::{State, invalid, page};
use super::tags::{self, Tag};
use crate::sandbox::context::Context;
use crate::sandbox::ec2;
use crate::sandbox::kept::{Members as _, keep, structure};
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::profile::Profile;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;
use serde_json::Value;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, unique in account and region.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// When it was made.
    pub created: Milliseconds,
    /// What was set, by the names of the API, over AWS's defaults.
    pub settings: Value,
    /// The default subnets of the zones that were named in place of subnets.
    #[serde(default)]
    pub default_subnets: Vec<String>,
    /// When each target group was attached, by ARN.
    pub target_groups: BTreeMap<String, Milliseconds>,
    /// Its tags.
    pub tags: BTreeMap<String, Tag>,
    /// Its instances, oldest first.
    pub members: Vec<Member>,
    /// Processes that are suspended.
    pub suspended: Vec<String>,
    /// Metrics that are collected.
    pub metrics: Vec<String>,
    /// When its deletion began.
    pub deleting: Option<Milliseconds>,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateAutoScalingGroup", create),
    operation("DescribeAutoScalingGroups", describe),
    operation("DeleteAutoScalingGroup", delete),
];

/// Members of a group that are answered as they were set.
pub const SETTINGS: &[&str] = &[
    "LaunchTemplate",
    "MixedInstancesPolicy",
    "MinSize",
    "MaxSize",
    "DesiredCapacity",
    "DefaultCooldown",
    "HealthCheckType",
    "HealthCheckGracePeriod",
    "PlacementGroup",
    "VPCZoneIdentifier",
    "TerminationPolicies",
    "NewInstancesProtectedFromScaleIn",
    "ServiceLinkedRoleARN",
    "MaxInstanceLifetime",
    "CapacityRebalance",
    "Context",
    "DesiredCapacityType",
    "DefaultInstanceWarmup",
    "InstanceMaintenancePolicy",
    "DeletionProtection",
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "CapacityReservationSpecification",
];

impl Group {
    /// A number among the settings; 0 where it is not set.
    pub fn number(&self, name: &str) -> i64 {
        self.settings.text(name).and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// The ids of its subnets, in the order they were given (ASG-7).
    pub fn subnets(&self) -> Vec<String> {
        let listed = self.settings.text("VPCZoneIdentifier").unwrap_or_default();
        if listed.is_empty() {
            return self.default_subnets.clone();
        }
        listed.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
    }

    /// What it launches from: the template of the group or of its mixed instances policy.
    pub fn template(&self) -> Option<&Value> {
        self.settings.get("LaunchTemplate").or_else(|| {
            self.settings
                .get("MixedInstancesPolicy")?
                .get("LaunchTemplate")?
                .get("LaunchTemplateSpecification")
        })
    }

    /// How AWS shows it.
    fn shown(&self, ec2: &ec2::State, lens: Lens) -> Fields {
        let Node::Fields(settings) = Node::from(&self.settings) else { return Fields::new() };
        let mut zones: Vec<String> = self
            .subnets()
            .iter()
            .filter_map(|id| ec2.subnets.get(id).map(|subnet| subnet.truth().zone.clone()))
            .collect();
        zones.sort_unstable();
        zones.dedup();
        let tag = |(key, tag): (&String, &Tag)| tag.shown(&self.name, key);
        let source = |arn: &String| Fields::new().with("Identifier", arn).with("Type", "elbv2");
        let suspended = |name: &String| {
            Fields::new()
                .with("ProcessName", name)
                .with("SuspensionReason", "User suspended at the user's request")
        };
        let metric = |name: &String| Fields::new().with("Metric", name).with("Granularity", "1Minute");
        let mut shown = Fields::new()
            .with("AutoScalingGroupName", &self.name)
            .with("AutoScalingGroupARN", &self.arn)
            .time("CreatedTime", self.created)
            .list("AvailabilityZones", zones)
            .list("LoadBalancerNames", Vec::<String>::new())
            .list("TargetGroupARNs", self.target_groups.keys())
            .list("TrafficSources", self.target_groups.keys().map(source))
            .list("Instances", self.members.iter().map(|member| member.shown(ec2, lens)))
            .list("Tags", self.tags.iter().map(tag))
            .list("SuspendedProcesses", self.suspended.iter().map(suspended))
            .list("EnabledMetrics", self.metrics.iter().map(metric))
            .maybe("Status", self.deleting.map(|_| "Delete in progress"));
        shown.0.extend(settings.0);
        shown
    }
}

/// Over what was sent, what AWS gives a group that says nothing of it (ASG-7).
fn defaults(settings: &mut Value, role: String) {
    let least = settings.text("MinSize").unwrap_or("0").to_owned();
    for (name, default) in [
        ("DesiredCapacity", least.as_str()),
        ("DefaultCooldown", "300"),
        ("HealthCheckType", "EC2"),
        // The console would say 300, the API says 0.
        ("HealthCheckGracePeriod", "0"),
        ("NewInstancesProtectedFromScaleIn", "false"),
        ("DeletionProtection", "none"),
        ("ServiceLinkedRoleARN", role.as_str()),
    ] {
        settings.default_to(name, default);
    }
    settings.default_to("TerminationPolicies", Value::Array(vec!["Default".into()]));
    for (name, member, default) in [
        ("AvailabilityZoneDistribution", "CapacityDistributionStrategy", "balanced-best-effort"),
        ("AvailabilityZoneImpairmentPolicy", "ZonalShiftEnabled", "false"),
        ("CapacityReservationSpecification", "CapacityReservationPreference", "default"),
    ] {
        let mut inner = structure();
        inner.set(member, default);
        settings.default_to(name, inner);
    }
}

/// The subnets of the default VPC in the zones that a request names in place of subnets.
///
/// # Errors
/// `ValidationError` for a zone without one.
pub fn default_subnets(cx: &mut Context<'_>, params: &Params) -> Result<Vec<String>, Fault> {
    if params.text("VPCZoneIdentifier").is_some_and(|subnets| !subnets.is_empty()) {
        return Ok(Vec::new());
    }
    let subnets = &cx.home().ec2.subnets;
    let of_zone = |zone: &str| {
        let mut here = subnets.iter().filter(|(_, subnet)| {
            let subnet = subnet.truth();
            subnet.default_for_zone && subnet.zone == zone
        });
        here.next().map(|(id, _)| id.clone()).ok_or_else(|| {
            invalid(format!(
                "The availability zone '{zone}' has no default subnet: name subnets in VPCZoneIdentifier"
            ))
        })
    };
    params.texts("AvailabilityZones").into_iter().map(of_zone).collect()
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("AutoScalingGroupName")?;
    if name.contains(':') || name.chars().count() > 255 {
        return Err(invalid(format!(
            "Value '{name}' at 'autoScalingGroupName' failed to satisfy constraint: at most 255 characters, no colon"
        )));
    }
    nothing::refuse(params)?;
    member::tend_all(cx);
    if let Some(live) = cx.home().autoscaling.groups.get(name) {
        let why = if live.truth().deleting.is_some() { "is pending delete" } else { "already exists" };
        return Err(Fault::client(
            "AlreadyExists",
            format!("AutoScalingGroup by this name already exists - A group with the name {name} {why}"),
        ));
    }
    let mut settings = structure();
    for setting in SETTINGS {
        if let Some(sent) = params.get(setting) {
            settings.set(setting, keep(sent));
        }
    }
    for required in ["MinSize", "MaxSize"] {
        params.required(required)?;
    }
    let role =
        cx.global_arn("iam", "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling");
    defaults(&mut settings, role);
    let now = cx.now();
    let named = super::target_group::named(params);
    let mut group = Group {
        name: name.to_owned(),
        arn: String::new(),
        created: now,
        settings,
        default_subnets: default_subnets(cx, params)?,
        target_groups: named.into_iter().map(|arn| (arn, now)).collect(),
        tags: tags::read(params, Some(name))?.into_iter().map(|(_, key, tag)| (key, tag)).collect(),
        members: Vec::new(),
        suspended: Vec::new(),
        metrics: Vec::new(),
        deleting: None,
    };
    check(cx, params, &mut group)?;
    service_role(cx)?;
    let id = cx.world.ids.uuid();
    group.arn = cx.arn("autoscaling", format_args!("autoScalingGroup:{id}:autoScalingGroupName/{name}"));
    cx.home().autoscaling.groups.insert(name.to_owned(), Versioned::new(group, now));
    member::tend(cx, name);
    Ok(Answer::empty())
}

/// The first group of an account makes the role, which may take some seconds to be ready (ASG-3).
fn service_role(cx: &mut Context<'_>) -> Result<(), Fault> {
    cx.ensure_service_role("autoscaling.amazonaws.com");
    let lens = cx.lens();
    let role = cx.account().iam.roles.get("AWSServiceRoleForAutoScaling");
    let ready = role.is_none_or(|role| lens.done(role.created, 3_000));
    if lens.profile == Profile::Hostile && !ready {
        return Err(Fault::new(
            500,
            "ServiceLinkedRoleFailure",
            "The service-linked role is not yet ready for use.",
        ));
    }
    Ok(())
}

/// Names that do not exist are left out, and no error (ASG-1).
fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    member::tend_all(cx);
    let lens = cx.lens();
    let names = params.texts("AutoScalingGroupNames");
    let filters = params.maps("Filters");
    // A filter that there is not is refused also where there is no group.
    for filter in &filters {
        tags::passes(filter, &BTreeMap::new())?;
    }
    let home = cx.home();
    let mut rows = Vec::new();
    for (name, group) in &home.autoscaling.groups {
        let Some(group) = group.seen(lens, name) else { continue };
        let named = names.is_empty() || names.contains(&name.as_str());
        let mut passes = true;
        for filter in &filters {
            passes &= tags::passes(filter, &group.tags)?;
        }
        if named && passes {
            rows.push((name.clone(), group.shown(&home.ec2, lens)));
        }
    }
    page(cx, params, "AutoScalingGroups", rows)
}

/// With instances it is refused unless forced (ASG-6); its policies go with it.
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    member::tend_all(cx);
    let lens = cx.lens();
    let force = params.flag("ForceDelete")?.unwrap_or_default();
    let home = cx.home();
    let group = home.autoscaling.group(lens, params)?.clone();
    match group.settings.text("DeletionProtection") {
        Some("prevent-all-deletion") => return Err(protected(&group.name)),
        Some("prevent-force-deletion") if force => return Err(protected(&group.name)),
        _ => {}
    }
    if !force {
        let busy = group.members.iter().any(|member| member.is_changing(&home.ec2, lens));
        if busy {
            return Err(Fault::client(
                "ScalingActivityInProgress",
                "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that \
                 group.",
            ));
        }
        if !group.members.is_empty() {
            return Err(Fault::client(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance \
                 request(s) still in the group.",
            ));
        }
    }
    if group.deleting.is_none()
        && let Some(live) = home.autoscaling.groups.get_mut(&group.name)
    {
        live.change(lens.now).deleting = Some(lens.now);
    }
    member::tend(cx, &group.name);
    Ok(Answer::empty())
}

fn protected(name: &str) -> Fault {
    invalid(format!("The group {name} cannot be deleted because of its deletion protection"))
}

impl State {
    /// Removes a group and all that goes with it.
    pub fn remove(&mut self, name: &str) {
        self.groups.remove(name);
        self.policies.retain(|_, policy| policy.truth().group != name);
        self.refreshes.retain(|refresh| refresh.group != name);
    }
}
