//! Which of a kind's writes a file can lead to.

use super::Request;
use crate::model::{KindMeta, Replace, Wanted};
use crate::operations::{Declared, of_action};

/// Whether applying the file may take that action of a kind.
pub(super) fn is_needed(
    kind: &str,
    action: &str,
    wanted: &Wanted,
    meta: &KindMeta,
    request: &Request<'_>,
) -> bool {
    let Some(operation) = of_action(action) else { return true };
    if operation.of_deletion {
        return request.deletions || meta.replace == Replace::DeleteFirst;
    }
    // Only what the file says: to stop a trail, to switch a protection off, to lock objects.
    (operation.needed)(&Declared { kind, wanted, deletions: request.deletions })
}

/// Whether an action only takes away or changes, so that making something new does not need it.
pub(super) fn takes_away(action: &str) -> bool {
    let operation = action.split_once(':').map_or(action, |(_, operation)| operation);
    [
        "Delete",
        "Remove",
        "Detach",
        "Disassociate",
        "Release",
        "Disable",
        "Cancel",
        "Stop",
        "Schedule",
        "Update",
        "Reset",
    ]
    .iter()
    .any(|verb| operation.starts_with(verb))
}
