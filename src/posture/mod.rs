//! Posture: what people and history did to an account, beyond what a resource can declare.
//!
//! Pure, but for `read/`, which asks AWS. [`Facts`] is what was read; each practice is a file with its rules and
//! one function from facts to [`Finding`]s.

pub mod control;
pub mod facts;
pub mod finding;
pub mod kind_controls;
pub mod rule;

pub use control::{Benchmark, Control};
pub use facts::{Facts, Seen};
pub use finding::{Counted, Finding, Posture, Resource};
pub use rule::{Rule, Severity};
