//! What `baseline block` and `admit` have to know of a file's network.

use ipnet::IpNet;

use super::Baseline;

/// The network of a file, as far as they ask about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocking {
    /// The ranges that administer, which are never blocked.
    pub admin_from: Vec<IpNet>,
    /// The ranges that the file denies for good.
    pub denied: Vec<IpNet>,
    /// How many entries a network ACL may have in one direction, AWS's own last one not counted (ACL-6).
    pub entries: usize,
}

impl Baseline {
    /// What they have to know; nothing where the file declares no network.
    pub fn blocking(&self) -> Option<Blocking> {
        let network = self.file.network.as_ref()?;
        Some(Blocking {
            admin_from: network.admin_from.iter().map(|range| range.value.0).collect(),
            denied: network.deny.iter().map(|range| range.value.0).collect(),
            entries: network.acl_entries(),
        })
    }
}
