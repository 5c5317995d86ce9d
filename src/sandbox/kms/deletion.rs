//! Deletion, which takes a week at least (KMS-12 to KMS-15).

use super::find::{Needs, arn, change, named, seen};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Node, Params};

pub(super) const OPERATIONS: &[Operation] =
    &[operation("ScheduleKeyDeletion", schedule), operation("CancelKeyDeletion", cancel)];

fn schedule(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let days = params.number_in("PendingWindowInDays", 7..=30)?.unwrap_or(30);
    let at = cx.now() + days * 86_400_000;
    change(cx, &id, Needs::Life, |key| key.deletion = Some(at))?;
    Ok(Answer::empty()
        .with("KeyId", arn(cx, &id))
        .with("DeletionDate", Node::Time(at))
        .with("KeyState", "PendingDeletion")
        .with("PendingWindowInDays", days))
}

/// The key comes back disabled (KMS-12).
fn cancel(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let shown = arn(cx, &id);
    seen(cx, &id)?;
    let pending = cx.home().kms.keys.get(&id).is_some_and(|key| key.truth().deletion.is_some());
    if !pending {
        return Err(Fault::client("KMSInvalidStateException", format!("{shown} is not pending deletion.")));
    }
    change(cx, &id, Needs::Existence, |key| {
        key.deletion = None;
        key.enabled = false;
    })?;
    Ok(Answer::empty().with("KeyId", shown))
}
