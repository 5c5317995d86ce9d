//! Policy documents, as every service that keeps one checks, shows and obeys them.

mod document;
mod evaluate;
mod syntax;

pub use document::{Document, Problem};
pub use evaluate::{Decision, Question, Who, decide, glob};
pub use syntax::Use;
