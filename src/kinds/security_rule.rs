//! One rule of a security group, shared by the kinds that have them (SG-7).

use serde::{Deserialize, Serialize};

use crate::model::Link;

/// One allowed flow. Exactly one of `cidr`, `group` and `prefix_list` is set.
///
/// AWS identifies a rule by direction, protocol, ports and that one peer; the description is not
/// part of its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityRule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number as text, or `all`.
    pub protocol: String,
    /// The first port, or the ICMP type; absent for all ports.
    pub from_port: Option<i64>,
    /// The last port, or the ICMP code; absent for all ports.
    pub to_port: Option<i64>,
    /// An IPv4 or IPv6 range in canonical form.
    pub cidr: Option<String>,
    /// A security group.
    pub group: Option<Link>,
    /// A prefix list's id.
    pub prefix_list: Option<String>,
    /// What it is for; empty where nobody said.
    pub description: String,
}
