//! What is to be done: the difference between what is wanted and what is there.
//!
//! Pure: the same wanted and live things always give the same plan.

mod diff;
mod in_the_way;
mod live;
mod order;
mod planner;
mod states;
mod step;
mod translate;

pub use crate::model::{LiveResource, Observed, Ownership, Severity, State, Unread, Why};
pub use diff::{Change, TAGS, diff, diff_tags};
pub use in_the_way::early;
pub use live::Live;
pub use order::{Cycle, dependencies};
pub use planner::{Choices, plan};
pub use states::{as_found, as_left};
pub use step::{Action, Finding, Plan, Step, Undeclared};
pub use translate::{OutputIndex, resolve};
