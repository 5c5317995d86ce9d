//! Nothing can be lost: every promise about faults, tried at every call and counted.
//!
//! [`layer`] breaks calls, [`account`] is a sandbox that can be forked at any moment, [`normal`] says
//! whether two accounts are the same but for ids and times. The other files are one row of
//! docs/reliability.md each, and [`page`] holds that page to what was counted.

pub mod account;
mod answers;
mod between;
pub mod chance;
mod cuts;
mod denied;
mod hands;
mod hostile;
mod journal;
pub mod layer;
pub mod normal;
pub mod page;
mod random;
mod random_file;
pub mod refusal;
mod scale;
mod scheduled;
mod secrets;
pub mod seeds;
pub mod served;
mod signals;
mod stale;
pub mod start;
mod taken_over;
mod temporary;
mod throttle;
mod two;
mod unseen;
