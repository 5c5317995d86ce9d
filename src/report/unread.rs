//! What reports say of a read that failed.

use crate::plan::Unread;

/// The call that failed, or what stands in for it where none was made.
pub(super) fn call(unread: &Unread) -> &str {
    if unread.call.is_empty() { "reading it" } else { &unread.call }
}

/// What happened to the call, and where.
pub(super) fn verdict(unread: &Unread) -> String {
    let verdict = if unread.denied { "was denied" } else { "failed" };
    match unread.regions.as_slice() {
        [] => verdict.to_owned(),
        [one] => format!("{verdict} in {one}"),
        many => format!("{verdict} in {} regions ({})", many.len(), many.join(", ")),
    }
}
