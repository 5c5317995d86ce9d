//! Brings an AWS account to a hardened baseline, declared in one TOML file, and keeps it there.
//!
//! There is no state file: the account itself is the state.
//!
//! ```text
//! TOML ──parse──> Baseline ──expand──> Wanted ──┐
//!                                               ├─plan──> Plan ──> report            (plan, drift)
//! AWS ──observe (reads, in waves)────> Live ────┘           └─apply──> converge ──> observe again
//! ```
//!
//! [`language`] reads the file, [`model`] the vocabulary all layers share, [`plan`] the difference
//! between what is wanted and what is there, [`report`] how it is shown: pure, all of them. [`aws`] is
//! the door to AWS, [`kinds`] what each kind of resource knows, [`engine`] the only effects, [`cli`]
//! what a person types. `docs/architecture.md` is the long form.

pub mod aws;
pub mod budget;
pub mod cli;
pub mod engine;
pub mod fleet;
pub mod guard;
pub mod kinds;
pub mod language;
pub mod model;
pub mod network;
mod open_files;
pub mod operations;
pub mod partition;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod posture;
pub mod report;
pub mod sandbox;
pub mod temporary;
#[cfg(test)]
#[path = "../tests/it/tried.rs"]
mod tried;
