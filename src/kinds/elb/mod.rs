//! What the kinds of Elastic Load Balancing have in common.

pub(in crate::kinds) mod tags;
