//! What a person or a program is shown of a plan: text, Markdown and JSON.
//!
//! Pure: the same plan always gives the same report. Text from AWS passes through [`clean`] on its way.

mod change;
pub mod clean;
pub mod contents;
mod heading;
pub mod json;
pub mod markdown;
mod next;
pub mod outcome;
pub mod posture;
#[cfg(test)]
mod sample;
mod summary;
pub mod text;
mod value;

pub use heading::{Command, Heading};
pub use outcome::Ending;
pub use summary::summary;
