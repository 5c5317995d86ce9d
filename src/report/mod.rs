//! What a person or a program is shown of an account: one format a file.
//!
//! Pure: the same look always gives the same report. Text from AWS passes through [`clean`] on its way, and what a CI
//! runner would take for a command through [`runner`]: what is printed or written is [`shown::Text`], and the compiler
//! lets no other text become it.

mod change;
pub mod clean;
pub mod comparison;
pub mod contents;
pub mod csv;
pub mod explain;
pub mod fleet;
mod fold;
mod heading;
pub mod html;
mod item;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod merged;
pub mod network_change;
pub mod network_graph;
pub mod network_page;
pub mod ocsf;
pub mod outcome;
mod practice;
pub mod problems;
pub mod reach;
pub mod runner;
#[cfg(test)]
mod sample;
pub mod sarif;
pub mod score;
mod sheet;
pub mod shown;
mod summary;
pub mod temporary;
pub mod text;
mod unread;
mod value;
mod view;

pub use heading::{Command, Endpoint, Heading};
pub use outcome::Ending;
pub use problems::problems;
pub use sheet::Sheet;
pub use shown::{Markdown, Shown, Words};
pub use summary::{in_sync, summary};
pub use view::{Totals, View};
