//! Who is an administrator in effect, and the shortest way that proves it.
//!
//! Somebody is an administrator who can do everything, or can get there step by step: by giving rights to itself or to another,
//! by becoming somebody else, by making somebody new, or by letting a service run as somebody else. Conditions whose outcome
//! nobody knows count as met, and are shown. Service control policies cannot be read from inside a member account.

mod becoming;
mod goal;
mod in_effect;
mod making;
mod principal;
mod providers;
mod raising;
mod reaching;
mod running;
mod services;
mod step;
mod trust;
mod way;
mod ways;

pub(super) use goal::Act;
pub(super) use in_effect::InEffect;
pub(super) use reaching::reaching;
pub(super) use ways::Administrator;

#[cfg(test)]
mod tests;
