//! The rules: one practice a file, each a pure function from facts to findings.

pub mod access_keys;
mod access_point_ways;
pub mod administrators;
pub mod certificates;
pub mod classic_listeners;
pub mod cloudshell;
pub mod deputies;
mod every_region;
pub mod guarded_trails;
pub mod hardened_trails;
mod identity_providers;
pub mod instances;
pub mod kept_trails;
pub mod key_rotation;
pub mod listeners;
pub mod open_ports;
mod organizations;
mod outsiders;
pub mod public_buckets;
pub mod role_trust;
pub mod root_user;
pub mod shared_images;
pub mod trails;
pub mod unused_services;
pub mod user_mfa;
pub mod vpcs;
pub mod wide_policies;
