//! Policy documents, as every service that keeps one checks, shows and obeys them.

mod document;

pub use crate::policy::{Decision, Question, Use, Who, decide, glob};
pub use document::{Document, Problem};
