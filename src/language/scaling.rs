//! How a group scales: `scale_out` and `scale_in` of `[auto_scaling.NAME]`, and its targets.

use std::collections::BTreeSet;

use super::Diagnostic;
use super::auto_scaling::AutoScaling;
use super::section::section;
use super::types::{List, Whole, choice};
use super::{Span, Spanned};
use crate::kinds::autoscaling_group::alarm::{SCALE_IN, SCALE_OUT};
use crate::kinds::autoscaling_group::steps::StepScaling;
use crate::kinds::autoscaling_group::{RequestsOf, TargetTracking};
use crate::kinds::elb_load_balancer;
use crate::kinds::elb_target_group::TargetGroup;
use crate::model::{Dict, ResourceSpec as _, Set};

choice! {
    /// What the steps of a group look at.
    ScaleMetric {
        /// The average CPU load in percent.
        Cpu = "cpu",
        /// The average bytes that an instance receives in a period.
        NetworkIn = "network-in",
        /// The average bytes that an instance sends in a period.
        NetworkOut = "network-out",
    }
}

section! {
    /// A step of scaling out: it counts up to the bound of the next step.
    #[practices(10)]
    ScaleOut {
        /// The average of `scale_metric` at which and above which it counts.
        above: Whole<1, 1_000_000_000_000>, required;
        /// How many instances are added.
        add: Whole<1, 5000>, required;
    }
}

section! {
    /// A step of scaling in: it counts down to the bound of the next step.
    #[practices(10)]
    ScaleIn {
        /// The average of `scale_metric` at which and below which it counts.
        below: Whole<0, 1_000_000_000_000>, required;
        /// How many instances are removed.
        remove: Whole<1, 5000>, required;
    }
}

/// Steps of one policy (Amazon EC2 Auto Scaling User Guide, "Quotas").
const MOST_STEPS: usize = 20;
/// How many averages in a row are beyond the bound before instances come or go.
const PERIODS: i64 = 2;

/// The bounds that are written twice, and whether there are too many.
fn check_steps<T>(steps: &Spanned<List<T>>, bound: impl Fn(&T) -> i64, problems: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for step in steps.iter() {
        if !seen.insert(bound(&step.value)) {
            problems.push(
                Diagnostic::error("bad-combination", &step.span, "another step has the same bound")
                    .hint("keep one of them"),
            );
        }
    }
    if steps.iter().count() > MOST_STEPS {
        problems.push(
            Diagnostic::error("too-many", &steps.span, format!("AWS takes {MOST_STEPS} steps at most"))
                .hint("leave some out"),
        );
    }
}

pub(super) fn check(group: &AutoScaling, problems: &mut Vec<Diagnostic>) {
    check_steps(&group.scale_out, |step| step.above.0, problems);
    check_steps(&group.scale_in, |step| step.below.0, problems);
    let out: Vec<(i64, &Span)> =
        group.scale_out.iter().map(|step| (step.above.0, &step.above.span)).collect();
    let back: Vec<(i64, &Span)> =
        group.scale_in.iter().map(|step| (step.below.0, &step.below.span)).collect();
    if group.scale_metric.value == ScaleMetric::Cpu {
        for (_, span) in out.iter().chain(&back).filter(|(bound, _)| *bound > 100) {
            problems.push(
                Diagnostic::error("bad-value", span, "the CPU load is 100 percent at most")
                    .hint("write a percentage, or set `scale_metric`"),
            );
        }
    }
    if let (Some((least, out)), Some((most, back))) =
        (out.iter().min_by_key(|(bound, _)| *bound), back.iter().max_by_key(|(bound, _)| *bound))
        && most >= least
    {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                back,
                "instances would be added and removed at the same load",
            )
            .related(out, "they are added from here on")
            .hint("let every `below` be less than every `above`"),
        );
    }
    if let (Some(requests), None) = (&group.target_requests, &group.load_balancer) {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &requests.span,
                "no load balancer sends these instances requests",
            )
            .hint("add `load_balancer = \"NAME\"`, or leave `target_requests` out"),
        );
    }
}

/// What the group adds and removes in steps.
pub(super) fn steps(group: &AutoScaling) -> Dict<StepScaling> {
    let metric = match group.scale_metric.value {
        ScaleMetric::Cpu => "CPUUtilization",
        ScaleMetric::NetworkIn => "NetworkIn",
        ScaleMetric::NetworkOut => "NetworkOut",
    };
    let policy = |above: bool, steps: Vec<(i64, i64)>| StepScaling {
        metric: metric.to_owned(),
        above,
        period_seconds: if group.detailed_monitoring.value { 60 } else { 300 },
        periods: PERIODS,
        steps: steps.into_iter().map(|(bound, change)| (bound.to_string(), change)).collect(),
        other_alarms: Set::default(),
        unsupported: None,
    };
    let out = group.scale_out.iter().map(|step| (step.above.0, step.add.0)).collect();
    let back = group.scale_in.iter().map(|step| (step.below.0, -step.remove.0)).collect();
    [(SCALE_OUT, policy(true, out)), (SCALE_IN, policy(false, back))]
        .into_iter()
        .filter(|(_, policy)| !policy.steps.0.is_empty())
        .map(|(name, policy)| (name.to_owned(), policy))
        .collect()
}

/// What the group scales by. Of several policies AWS takes the one that asks for the most instances.
pub(super) fn targets(group: &AutoScaling) -> Dict<TargetTracking> {
    // Steps on their own are meant that way; a target beside them is written down.
    let by_steps = !steps(group).0.is_empty() && !group.target_cpu.given;
    let cpu = group.target_cpu.on().map(|percent| percent.0).filter(|_| !by_steps);
    let targets = [
        ("cpu", "ASGAverageCPUUtilization", cpu),
        ("network-in", "ASGAverageNetworkIn", group.target_network_in.as_ref().map(|bytes| bytes.0)),
        ("network-out", "ASGAverageNetworkOut", group.target_network_out.as_ref().map(|bytes| bytes.0)),
    ];
    let tracking = |metric: &str, target: i64, requests_of: Option<RequestsOf>| TargetTracking {
        metric: metric.to_owned(),
        target,
        scale_in: true,
        requests_of,
        unsupported: None,
    };
    let requests =
        group.target_requests.as_ref().zip(group.load_balancer.as_ref()).map(|(target, balancer)| {
            let of = RequestsOf {
                load_balancer: elb_load_balancer::LoadBalancer::output(balancer.name(), "arn"),
                target_group: TargetGroup::output(balancer.name(), "arn"),
            };
            ("requests".to_owned(), tracking("ALBRequestCountPerTarget", target.0, Some(of)))
        });
    let averages = targets
        .into_iter()
        .filter_map(|(name, metric, target)| Some((name.to_owned(), tracking(metric, target?, None))));
    averages.chain(requests).collect()
}
