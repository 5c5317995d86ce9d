//! The rules: one practice a file, each a pure function from facts to findings.

pub mod access_keys;
pub mod administrators;
mod identity_providers;
pub mod instances;
pub mod open_ports;
pub mod public_buckets;
pub mod role_trust;
pub mod root_user;
pub mod trails;
pub mod unused_services;
pub mod user_mfa;
pub mod wide_policies;
