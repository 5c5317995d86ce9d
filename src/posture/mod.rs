//! Posture: what people and history did to an account, beyond what a resource can declare.
//!
//! Pure, but for `read/`, which asks AWS. [`Facts`] is what was read; each practice is a file with its rules and
//! one function from facts to [`Finding`]s.

pub mod asked;
pub mod control;
mod cut_off;
mod declared;
mod effective;
pub mod everywhere;
mod exemption;
pub mod facts;
pub mod finding;
mod findings;
mod judge;
mod keys;
pub mod kind_controls;
mod last_administrators;
mod managed_policies;
pub mod measure;
pub mod read;
pub mod registry;
pub mod remediation;
pub mod rotation;
pub mod rule;
pub mod rules;
mod words;

pub use asked::Asked;
pub use control::{Benchmark, Control};
pub use cut_off::{CutOff, cut_off};
pub use facts::{Facts, Seen};
pub use finding::{Counted, Finding, Posture, Resource};
pub use judge::judge;
pub use last_administrators::{LastAdministrators, last_administrators};
pub use managed_policies::managed_policies;
pub use measure::Measure;
pub use registry::{RULES, rule};
pub use rule::{Rule, Severity};

#[cfg(test)]
pub(crate) mod tests;
