//! Times as the SDK gives them.

use aws_smithy_types::DateTime;

/// The time as the rules reckon with it; nothing where it lies outside of what can be written.
pub(super) fn timestamp(time: &DateTime) -> Option<jiff::Timestamp> {
    jiff::Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}
