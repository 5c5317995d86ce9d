//! Target-tracking policies of an Auto Scaling group, known by their name in the group (ASG-1).

use std::collections::BTreeMap;

use aws_sdk_autoscaling::types::{
    MetricType, PredefinedMetricSpecification, ScalingPolicy, TargetTrackingConfiguration,
};
use num_traits::ToPrimitive;

use crate::aws::{Account, Error, Items as _};
use crate::kinds::autoscaling_group::steps::STEP_SCALING;
use crate::kinds::autoscaling_group::{RequestsOf, TargetTracking};
use crate::kinds::refusals::Refusals;
use crate::model::{Dict, Link, UnresolvedLink};

const TARGET_TRACKING: &str = "TargetTrackingScaling";
const BALANCER: &str = ":loadbalancer/";

/// Policies by name, in our vocabulary. The alarms AWS makes for them are not ours (ASG-7).
pub(in crate::kinds) fn by_name(policies: &[ScalingPolicy]) -> Dict<TargetTracking> {
    policies
        .iter()
        .filter(|policy| policy.policy_type() != Some(STEP_SCALING))
        .map(|policy| (policy.policy_name().unwrap_or_default().to_owned(), attributes(policy)))
        .collect()
}

/// Writes the policies that differ and deletes those that are not wanted.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn write(
    account: &Account,
    group: &str,
    wanted: &Dict<TargetTracking>,
    live: &Dict<TargetTracking>,
) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for name in live.0.keys().filter(|name| !wanted.0.contains_key(*name)) {
        let request = account.autoscaling.delete_policy().auto_scaling_group_name(group).policy_name(name);
        refusals.note(name, account.find(|| request.clone().send()).await)?;
    }
    let changed = || wanted.0.iter().filter(|(name, policy)| live.0.get(*name) != Some(*policy));
    // A put replaces the whole policy. How long instances warm up is nobody's here, and sent again as it is.
    let warmups = if changed().any(|(name, _)| live.0.contains_key(name)) {
        warmups(account, group).await?
    } else {
        BTreeMap::new()
    };
    for (name, policy) in changed() {
        // An upsert by name (ASG-8).
        let request = account
            .autoscaling
            .put_scaling_policy()
            .auto_scaling_group_name(group)
            .policy_name(name)
            .policy_type(TARGET_TRACKING)
            .set_estimated_instance_warmup(warmups.get(name).copied())
            .target_tracking_configuration(configuration(name, policy)?);
        refusals.note(name, account.call(|| request.clone().send()).await)?;
    }
    refusals.told()
}

/// All policies of a group. Of one that does not exist there are none, however AWS puts that (ASG-1).
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn all(account: &Account, group: &str) -> Result<Vec<ScalingPolicy>, Error> {
    let request = account.autoscaling.describe_policies().auto_scaling_group_name(group);
    let pages = || request.clone().all_items();
    Ok(account.find(pages).await?.unwrap_or_default())
}

/// The seconds for which instances warm up, by policy.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn warmups(
    account: &Account,
    group: &str,
) -> Result<BTreeMap<String, i32>, Error> {
    let warmup = |policy: ScalingPolicy| Some((policy.policy_name?, policy.estimated_instance_warmup?));
    Ok(all(account, group).await?.into_iter().filter_map(warmup).collect())
}

/// How AWS names whose requests are counted: `app/NAME/ID/targetgroup/NAME/ID`, the ends of the two ARNs.
fn label(requests: &RequestsOf) -> Result<String, UnresolvedLink> {
    let balancer = requests.load_balancer.id()?;
    let balancer = balancer.split_once(BALANCER).map_or(balancer, |(_, end)| end);
    let target = requests.target_group.id()?;
    Ok(format!("{balancer}/{}", target.rsplit(':').next().unwrap_or(target)))
}

/// The two ARNs of a label, which is about the region and account of its policy.
fn requests_of(policy: &ScalingPolicy, label: &str) -> Option<RequestsOf> {
    let (balancer, target) = label.split_once("/targetgroup/").filter(|_| label.starts_with("app/"))?;
    let mut of = policy.policy_arn()?.split(':').skip(1);
    let (partition, _, region, account) = (of.next()?, of.next()?, of.next()?, of.next()?);
    let arn =
        |end: String| Link::from(format!("arn:{partition}:elasticloadbalancing:{region}:{account}:{end}"));
    Some(RequestsOf {
        load_balancer: arn(format!("{}{balancer}", BALANCER.trim_start_matches(':'))),
        target_group: arn(format!("targetgroup/{target}")),
    })
}

fn configuration(name: &str, policy: &TargetTracking) -> Result<TargetTrackingConfiguration, Error> {
    let metric = PredefinedMetricSpecification::builder()
        .predefined_metric_type(MetricType::from(policy.metric.as_str()))
        .set_resource_label(policy.requests_of.as_ref().map(label).transpose()?)
        .build();
    let target = policy
        .target
        .to_f64()
        .ok_or_else(|| Error::internal(format!("the target of policy {name} is too large; lower it")))?;
    Ok(TargetTrackingConfiguration::builder()
        .predefined_metric_specification(metric)
        .target_value(target)
        .disable_scale_in(!policy.scale_in)
        .build())
}

fn attributes(policy: &ScalingPolicy) -> TargetTracking {
    let config = policy.target_tracking_configuration();
    let metric = config.and_then(|config| config.predefined_metric_specification());
    let target = config.and_then(|config| config.target_value()).unwrap_or_default();
    let label = metric.and_then(|metric| metric.resource_label()).filter(|label| !label.is_empty());
    let requests_of = label.and_then(|label| requests_of(policy, label));
    let kind = policy.policy_type().unwrap_or("SimpleScaling");
    let unsupported = if kind != TARGET_TRACKING {
        Some(format!("a policy of type {kind}"))
    } else if config.is_some_and(|config| config.customized_metric_specification().is_some()) {
        Some("a metric of its own".to_owned())
    } else if let (Some(label), None) = (label, &requests_of) {
        Some(format!("the metric of {label}"))
    } else if target.fract() != 0.0 {
        Some(format!("the target {target}"))
    } else if policy.enabled() == Some(false) {
        Some("it is switched off".to_owned())
    } else {
        None
    };
    TargetTracking {
        metric: metric
            .and_then(|metric| metric.predefined_metric_type())
            .map_or_else(String::new, |metric| metric.as_str().to_owned()),
        target: target.to_i64().unwrap_or_default(),
        requests_of,
        scale_in: !config.and_then(|config| config.disable_scale_in()).unwrap_or_default(),
        unsupported,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::CustomizedMetricSpecification;

    use super::*;

    fn wanted() -> TargetTracking {
        TargetTracking {
            metric: "ASGAverageCPUUtilization".into(),
            target: 60,
            scale_in: true,
            requests_of: None,
            unsupported: None,
        }
    }

    fn requests() -> TargetTracking {
        let arn =
            |end: &str| Link::from(format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:{end}"));
        let of = RequestsOf {
            load_balancer: arn("loadbalancer/app/shop-web/0123456789abcdef"),
            target_group: arn("targetgroup/shop-web/fedcba9876543210"),
        };
        TargetTracking {
            metric: "ALBRequestCountPerTarget".into(),
            target: 1000,
            requests_of: Some(of),
            ..wanted()
        }
    }

    fn live(configuration: TargetTrackingConfiguration) -> ScalingPolicy {
        ScalingPolicy::builder()
            .policy_name("cpu")
            .policy_arn(
                "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName/web:policyName/cpu",
            )
            .policy_type(TARGET_TRACKING)
            .target_tracking_configuration(configuration)
            .enabled(true)
            .build()
    }

    #[test]
    fn a_policy_reads_back_as_it_was_written() {
        for (policy, label) in [
            (wanted(), None),
            (requests(), Some("app/shop-web/0123456789abcdef/targetgroup/shop-web/fedcba9876543210")),
        ] {
            let configuration = configuration("cpu", &policy).unwrap();
            let metric = configuration.predefined_metric_specification().unwrap();
            assert_eq!(metric.resource_label(), label);
            assert_eq!(by_name(&[live(configuration)]).0.get("cpu"), Some(&policy));
        }
    }

    #[test]
    fn what_the_vocabulary_does_not_cover_is_a_difference_in_words() {
        let tracking = TargetTrackingConfiguration::builder;
        let own = CustomizedMetricSpecification::builder().metric_name("Queue").build();
        let label = PredefinedMetricSpecification::builder().resource_label("app/web/1").build();
        let step = ScalingPolicy::builder().policy_name("step").policy_type("StepScaling").build();
        for (policy, words) in [
            (step, "a policy of type StepScaling"),
            (live(tracking().customized_metric_specification(own).build()), "a metric of its own"),
            (live(tracking().predefined_metric_specification(label).build()), "the metric of app/web/1"),
            (live(tracking().target_value(42.5).build()), "the target 42.5"),
        ] {
            assert_eq!(attributes(&policy).unsupported.as_deref(), Some(words));
        }
    }
}
