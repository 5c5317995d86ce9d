//! Reading trails: in their home region and, as shadows, in all others (CT-2).

use super::find::{seen, shown_here};
use super::preflight;
use super::trails::shown;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::iso8601;

pub(super) const OPERATIONS: &[Operation] = &[
    operation("DescribeTrails", describe_trails),
    operation("GetTrail", get_trail),
    operation("ListTrails", list_trails),
    operation("GetTrailStatus", get_trail_status),
];

/// Names that nobody has are left out of the answer, not refused.
fn describe_trails(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let shadows = params.flag("includeShadowTrails")?.unwrap_or(true);
    let wanted = params.texts("trailNameList");
    let account = cx.account_id().to_owned();
    let here = cx.region.clone();
    for name in &wanted {
        if !name.starts_with("arn:") {
            super::names::check(name)?;
        }
    }
    let mut found = shown_here(cx, shadows);
    found.retain(|(place, _)| {
        wanted.is_empty()
            || wanted.iter().any(|name| {
                place.arn(&account) == *name || (place.name == *name && (place.home == here || shadows))
            })
    });
    let list = found.iter().map(|(place, trail)| shown(place, &account, trail));
    Ok(Fields::new().list("trailList", list).into())
}

fn get_trail(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (place, trail) = seen(cx, params.text("Name").unwrap_or_default())?;
    Ok(Answer::empty().with("Trail", shown(&place, cx.account_id(), &trail)))
}

fn list_trails(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let found = shown_here(cx, true);
    let account = cx.account_id().to_owned();
    let (found, next) = cx
        .page(found, |(place, _)| place.arn(&account), params.text("NextToken"), 100)
        .map_err(|_| Fault::client("InvalidNextTokenException", "The token is not one that was given out"))?;
    let list = found.iter().map(|(place, _)| {
        Fields::new()
            .with("TrailARN", place.arn(&account))
            .with("Name", &place.name)
            .with("HomeRegion", &place.home)
    });
    Ok(Fields::new().list("Trails", list).maybe("NextToken", next).into())
}

fn get_trail_status(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.text("Name").unwrap_or_default();
    let arn = if name.starts_with("arn:") {
        name.to_owned()
    } else {
        cx.arn("cloudtrail", format_args!("trail/{name}"))
    };
    // Unlike the others, it names the trail that is not there by its ARN.
    let (_, trail) = seen(cx, name).map_err(|fault| match &*fault.code {
        "TrailNotFoundException" => super::find::unknown(cx, &arn),
        _ => fault,
    })?;
    let failure = if trail.logging { preflight::delivery_error(cx, &trail) } else { None };
    let text = |at: Option<i64>| at.map(|at| iso8601(at, false)).unwrap_or_default();
    Ok(Fields::new()
        .with("IsLogging", trail.logging)
        .maybe("StartLoggingTime", trail.started.map(Node::Time))
        .maybe("StopLoggingTime", trail.stopped.map(Node::Time))
        .maybe("LatestDeliveryError", failure)
        .with("LatestDeliveryAttemptTime", "")
        .with("LatestNotificationAttemptTime", "")
        .with("LatestNotificationAttemptSucceeded", "")
        .with("LatestDeliveryAttemptSucceeded", "")
        .with("TimeLoggingStarted", text(trail.started))
        .with("TimeLoggingStopped", text(trail.stopped))
        .into())
}
