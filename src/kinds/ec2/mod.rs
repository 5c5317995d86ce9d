//! What the kinds of EC2 have in common.

pub(in crate::kinds) mod create_once;
pub(in crate::kinds) mod deletion;
pub(in crate::kinds) mod ip_protocol;
pub(in crate::kinds) mod ip_range;
pub mod ipv6_blocks;
pub(in crate::kinds) mod obstacle;
pub mod security_rule;
pub(in crate::kinds) mod security_rule_edit;
pub(in crate::kinds) mod served_subnets;
pub(in crate::kinds) mod tags;
pub mod temporary;
