//! What reports say of a read that failed.

use crate::plan::Unread;

/// The call that failed, or what stands in for it where none was made.
pub(super) fn call(unread: &Unread) -> &str {
    if unread.call.is_empty() { "reading it" } else { &unread.call }
}

/// The call and what happened to it, as it stands where the regions are told otherwise, and as it stands alone.
pub(super) fn told(unread: &Unread) -> [String; 2] {
    let call = call(unread);
    [format!("{call} {}", unread.why.words()), format!("{call} {}", verdict(unread))]
}

/// What happened to the call, and where.
pub(super) fn verdict(unread: &Unread) -> String {
    let verdict = unread.why.words();
    match unread.regions.as_slice() {
        [] => verdict.to_owned(),
        [one] => format!("{verdict} in {one}"),
        many => format!("{verdict} in {} regions ({})", many.len(), many.join(", ")),
    }
}
