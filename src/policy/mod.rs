//! Policy documents: their grammar, and what they say to a question.
//!
//! Pure, and nothing of AWS but its rules. The sandbox obeys documents with it and posture judges them with it.
//! A context may be complete, as in a request, or open, as where an account is judged and nobody knows from which
//! address somebody will come: then a condition can also be [`Truth::Perhaps`].

mod compare;
mod condition;
mod context;
mod evaluate;
mod identity;
mod operator;
mod pattern;
mod principal;
mod public;
mod question;
mod statement;
pub mod syntax;
mod witness;

pub use compare::{About, Comparison, NewAccess, compare};
pub use condition::{Condition, Quantifier};
pub use context::{Context, Truth};
pub use evaluate::{Ask, Layers, Verdict, evaluate};
pub use pattern::{Pattern, fits_action, glob};
pub use principal::{Naming, Principals, Who};
pub use public::{Reach, open_statements, reach, through_access_points};
pub use question::{Decision, Question, decide};
pub use statement::{Effect, Policy, Scope, Statement};
pub use syntax::Use;
pub use witness::{witness, witness_of_path};

#[cfg(test)]
mod tests;
