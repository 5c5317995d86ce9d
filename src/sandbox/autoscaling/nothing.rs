//! What groups here never have: scheduled actions, notifications, warm pools, launch configurations.
//!
//! The answers are those of a group without any; what would make one is not an operation here.

use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// The operations.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeLifecycleHooks", |cx, params| empty(cx, params, "LifecycleHooks")),
    operation("DescribeLoadBalancers", |cx, params| empty(cx, params, "LoadBalancers")),
    operation("DescribeWarmPool", |cx, params| empty(cx, params, "Instances")),
    operation("DescribeNotificationConfigurations", |_, _| none("NotificationConfigurations")),
    operation("DescribeScheduledActions", |_, _| none("ScheduledUpdateGroupActions")),
    operation("DescribeLaunchConfigurations", |_, _| none("LaunchConfigurations")),
];

/// Of a group, which must exist.
fn empty(cx: &mut Context<'_>, params: &Params, list: &'static str) -> Result<Answer, Fault> {
    let lens = cx.lens();
    cx.home().autoscaling.group(lens, params)?;
    none(list)
}

fn none(list: &'static str) -> Result<Answer, Fault> {
    Ok(Fields::new().list(list, Vec::<Fields>::new()).into())
}

/// Refuses a request for one of them.
///
/// # Errors
/// `NotImplemented`, whenever there is one.
pub fn refuse(params: &Params) -> Result<(), Fault> {
    for name in ["LifecycleHookSpecificationList", "LoadBalancerNames", "InstanceId"] {
        if !params.list(name).is_empty() {
            return Err(Fault::not_implemented(&format!("groups with {name}")));
        }
    }
    Ok(())
}
