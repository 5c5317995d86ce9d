//! Scaling policies, known by their name in the group (ASG-1, ASG-8).

use serde::{Deserialize, Serialize};

use super::group::Group;
use super::state::{invalid, page};
use super::step;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{Members as _, keep, structure};
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::partition_of;
use serde_json::Value;

/// A scaling policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The group's name.
    pub group: String,
    /// Its name in the group.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What was set, by the names of the API.
    pub settings: Value,
    /// Names of the alarms that AWS made for it (ASG-7).
    pub alarms: Vec<String>,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("PutScalingPolicy", put),
    operation("DescribePolicies", describe),
    operation("DeletePolicy", delete),
];

const TARGET_TRACKING: &str = "TargetTrackingScaling";
const TYPES: &[&str] = &["SimpleScaling", "StepScaling", TARGET_TRACKING, "PredictiveScaling"];

/// Members that are answered as they were set.
const SETTINGS: &[&str] = &[
    "PolicyType",
    "AdjustmentType",
    "MinAdjustmentStep",
    "MinAdjustmentMagnitude",
    "ScalingAdjustment",
    "Cooldown",
    "MetricAggregationType",
    "StepAdjustments",
    "EstimatedInstanceWarmup",
    "TargetTrackingConfiguration",
    "Enabled",
    "PredictiveScalingConfiguration",
];

impl Policy {
    fn shown_alarms(&self, region: &str, account: &str) -> Vec<Fields> {
        let shown = |name: &String| {
            let arn = format!("arn:{}:cloudwatch:{region}:{account}:alarm:{name}", partition_of(region));
            Fields::new().with("AlarmName", name).with("AlarmARN", arn)
        };
        self.alarms.iter().map(shown).collect()
    }

    fn shown(&self, region: &str, account: &str) -> Fields {
        let mut shown = Fields::new()
            .with("AutoScalingGroupName", &self.group)
            .with("PolicyName", &self.name)
            .with("PolicyARN", &self.arn)
            .list("Alarms", self.shown_alarms(region, account));
        if let Node::Fields(settings) = Node::from(&self.settings) {
            shown.0.extend(settings.0);
        }
        shown
    }
}

/// Checks a target-tracking configuration and gives it its default (ASG-7).
fn tracking(params: &Params, group: &Group, settings: &mut Value) -> Result<(), Fault> {
    let sent = params.map("TargetTrackingConfiguration");
    let sent = sent.ok_or_else(|| {
        invalid("TargetTrackingConfiguration is required for policy type TargetTrackingScaling")
    })?;
    sent.required("TargetValue")?;
    let target = sent.real("TargetValue")?.unwrap_or_default();
    if target <= 0.0 {
        return Err(invalid("TargetValue must be greater than 0"));
    }
    match (sent.map("PredefinedMetricSpecification"), sent.map("CustomizedMetricSpecification")) {
        (Some(metric), None) => {
            metric.required("PredefinedMetricType")?;
            let kind = metric.choice(
                "PredefinedMetricType",
                &[
                    "ASGAverageCPUUtilization",
                    "ASGAverageNetworkIn",
                    "ASGAverageNetworkOut",
                    "ALBRequestCountPerTarget",
                ],
            )?;
            if kind == Some("ALBRequestCountPerTarget") {
                attached(metric.text("ResourceLabel").unwrap_or_default(), group)?;
            }
        }
        (None, Some(_)) => {}
        _ => {
            return Err(invalid(
                "Either a PredefinedMetricSpecification or a CustomizedMetricSpecification must be specified, but not both",
            ));
        }
    }
    let mut configuration = settings.remove("TargetTrackingConfiguration").unwrap_or_else(structure);
    configuration.default_to("DisableScaleIn", "false");
    settings.set("TargetTrackingConfiguration", configuration);
    Ok(())
}

/// The target group of a label must be attached to the group already (ASG-3).
fn attached(label: &str, group: &Group) -> Result<(), Fault> {
    let target = label.find("targetgroup/").map(|at| &label[at..]);
    let known = |target: &str| group.target_groups.keys().any(|arn| arn.ends_with(target));
    if label.starts_with("app/") && target.is_some_and(known) {
        return Ok(());
    }
    Err(invalid(format!(
        "The resource label '{label}' must name a load balancer and a target group that is attached to the Auto \
         Scaling group"
    )))
}

/// Makes a policy or writes over the one of that name (ASG-8).
fn put(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let (region, account) = (cx.region.clone(), cx.caller.account.clone());
    let name = params.required("PolicyName")?;
    let kind = params.choice("PolicyType", TYPES)?.unwrap_or("SimpleScaling");
    let group = cx.home().autoscaling.group(lens, params)?.clone();
    let mut settings = structure();
    for setting in SETTINGS {
        if let Some(sent) = params.get(setting) {
            settings.set(setting, keep(sent));
        }
    }
    settings.default_to("PolicyType", kind);
    settings.default_to("Enabled", "true");
    match kind {
        TARGET_TRACKING => tracking(params, &group, &mut settings)?,
        "PredictiveScaling" => {
            if !params.has("PredictiveScalingConfiguration") {
                return Err(params.missing("PredictiveScalingConfiguration"));
            }
        }
        _ => {
            params.required("AdjustmentType")?;
            params.choice(
                "AdjustmentType",
                &["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"],
            )?;
            let steps = params.has("StepAdjustments");
            if kind == "StepScaling" {
                if !steps {
                    return Err(params.missing("StepAdjustments"));
                }
                step::check(&params.maps("StepAdjustments"))?;
                settings.default_to("MetricAggregationType", "Average");
            }
            if kind == "SimpleScaling" {
                params.required("ScalingAdjustment")?;
                params.number("ScalingAdjustment")?;
            }
        }
    }
    let key = format!("{}/{name}", group.name);
    let known = cx.home().autoscaling.policies.get(&key).map(|policy| policy.truth().clone());
    let ids = [cx.world.ids.uuid(), cx.world.ids.uuid(), cx.world.ids.uuid()];
    let arn = known.as_ref().map_or_else(
        || {
            let path = format!("autoScalingGroupName/{}:policyName/{name}", group.name);
            cx.arn("autoscaling", format_args!("scalingPolicy:{}:{path}", ids[0]))
        },
        |known| known.arn.clone(),
    );
    let alarms = match (kind, known) {
        (TARGET_TRACKING, Some(known)) if !known.alarms.is_empty() => known.alarms,
        (TARGET_TRACKING, _) => vec![
            format!("TargetTracking-{}-AlarmHigh-{}", group.name, ids[1]),
            format!("TargetTracking-{}-AlarmLow-{}", group.name, ids[2]),
        ],
        _ => Vec::new(),
    };
    let policy = Policy { group: group.name, name: name.to_owned(), arn, settings, alarms };
    let answer =
        Fields::new().with("PolicyARN", &policy.arn).list("Alarms", policy.shown_alarms(&region, &account));
    let policies = &mut cx.home().autoscaling.policies;
    match policies.get_mut(&key) {
        Some(live) => *live.change(now) = policy,
        None => drop(policies.insert(key, Versioned::new(policy, now))),
    }
    Ok(answer.into())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let (region, account) = (cx.region.clone(), cx.caller.account.clone());
    let (names, types) = (params.texts("PolicyNames"), params.texts("PolicyTypes"));
    let home = cx.home();
    let autoscaling = &home.autoscaling;
    let group = params.text("AutoScalingGroupName");
    if group.is_some() {
        autoscaling.group(lens, params)?;
    }
    let mut rows = Vec::new();
    for (key, policy) in &autoscaling.policies {
        let Some(policy) = policy.seen(lens, key) else { continue };
        let kind = policy.settings.text("PolicyType").unwrap_or_default();
        // A policy may be named by its ARN too.
        let named = names.is_empty() || names.iter().any(|name| *name == policy.name || *name == policy.arn);
        if group.is_none_or(|group| group == policy.group)
            && named
            && (types.is_empty() || types.contains(&kind))
        {
            let mut policy = policy.clone();
            // The alarms that people made name the policy, not the other way round.
            policy.alarms.extend(home.cloudwatch.that_do(lens, &policy.arn));
            rows.push((key.clone(), policy.shown(&region, &account)));
        }
    }
    page(cx, params, "ScalingPolicies", rows)
}

/// Alarms that people made stay, without the action that set the policy off (API_DeletePolicy).
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (lens, now) = (cx.lens(), cx.now());
    let named = params.required("PolicyName")?;
    let home = cx.home();
    let autoscaling = &mut home.autoscaling;
    let group = params.text("AutoScalingGroupName");
    if group.is_some() {
        autoscaling.group(lens, params)?;
    }
    let found = autoscaling.policies.iter().find(|(_, policy)| {
        let policy = policy.truth();
        policy.arn == named || (Some(policy.group.as_str()) == group && policy.name == named)
    });
    let key = found.map(|(key, _)| key.clone());
    let key = key.ok_or_else(|| invalid(format!("Policy not found - Scaling policy '{named}' not found")))?;
    if let Some(policy) = autoscaling.policies.remove(&key) {
        home.cloudwatch.forget(now, &policy.truth().arn);
    }
    Ok(Answer::empty())
}
