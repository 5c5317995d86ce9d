//! Ranges as AWS spells them.

use ipnet::IpNet;

/// A range; nothing where it is none.
pub(super) fn range(text: &str) -> Option<IpNet> {
    text.parse().ok()
}
