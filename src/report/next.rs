//! What a person can do about a read that failed.

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

/// What to do next.
pub(super) fn step(unread: &Unread) -> String {
    let is_silent = unread.message.is_empty();
    if !unread.next.is_empty() {
        return unread.next.clone();
    }
    match (unread.denied, unread.lacking.is_empty()) {
        (false, _) if is_silent => "try again; nothing was said about the reason".to_owned(),
        (true, false) => format!("allow {} to these credentials, then plan again", unread.lacking),
        (true, true) => "allow these credentials to read it, then plan again".to_owned(),
        (false, _) => "retry; if it persists, see the AWS error".to_owned(),
    }
}
