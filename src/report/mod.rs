//! What a person or a program is shown of an account: one format a file.
//!
//! Pure: the same look always gives the same report. Text from AWS passes through [`clean`] on its way,
//! and what a CI runner would take for a command through [`runner`].

mod change;
pub mod clean;
pub mod contents;
pub mod csv;
pub mod explain;
mod heading;
pub mod html;
mod item;
pub mod json;
pub mod junit;
pub mod markdown;
mod next;
pub mod ocsf;
pub mod outcome;
mod practice;
pub mod runner;
#[cfg(test)]
mod sample;
pub mod sarif;
pub mod score;
mod summary;
pub mod text;
mod value;
mod view;

pub use heading::{Command, Endpoint, Heading};
pub use outcome::Ending;
pub use summary::summary;
pub use view::{Totals, View};
