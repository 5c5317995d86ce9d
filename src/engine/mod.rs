//! The only effects: looking at an account, and making it so.

mod apply;
mod converge;
mod event;
pub mod intent;
pub mod journal;
pub mod lock;
mod observe;
mod parts;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
pub(crate) mod testing;
mod unique;
#[cfg(test)]
mod unique_tests;

pub use apply::apply;
pub use event::{Event, Outcome};
pub use observe::{default_groups, default_vpcs, observe, observe_only, owned_elsewhere, unlisted};

pub use crate::aws::Stop;
use crate::kinds::kind;
use crate::model::KindMeta;

/// The rules of a kind; those of an unknown kind allow nothing.
pub fn rules(name: &str) -> &'static KindMeta {
    kind(name).map_or(&KindMeta::UNKNOWN, |kind| kind.meta())
}
