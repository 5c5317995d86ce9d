//! Many accounts, one baseline: which are looked at, and what departs in all of them, told once.
//!
//! Pure. Every account stands on exactly one line: looked at, not reached with the reason, or skipped with the reason.

mod fold;
mod inventory;

pub use fold::{Fold, Group, Outcome, Verdict, fold};
pub use inventory::{Listed, Member, NotReady, Reach, Selection, Skipped, listed, select};
