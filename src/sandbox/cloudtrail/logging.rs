//! Whether a trail records (CT-3).

use super::find::{change, writable};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

pub(super) const OPERATIONS: &[Operation] =
    &[operation("StartLogging", start_logging), operation("StopLogging", stop_logging)];

fn start_logging(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = writable(cx, params, "Name")?;
    change(cx, &place, |trail, now| {
        if !trail.logging {
            trail.started = Some(now);
        }
        trail.logging = true;
    });
    Ok(Answer::empty())
}

fn stop_logging(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let place = writable(cx, params, "Name")?;
    change(cx, &place, |trail, now| {
        if trail.logging {
            trail.stopped = Some(now);
        }
        trail.logging = false;
    });
    Ok(Answer::empty())
}
