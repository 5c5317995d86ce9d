//! Asks the person before anything is written.

use std::io::{self, IsTerminal};

use super::failure::Failure;
use super::output::Output;
use crate::report::Shown;
use crate::shown;

/// Fails where a question would have to be asked and nobody is there to answer.
pub(super) fn someone_is_there(asks: &str, instead: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::with_hint(format!("{asks}, and there is no terminal to ask on"), instead))
}

/// Asks, and takes nothing but `yes` for an answer.
pub(super) fn ask(question: &str, not_done: &str, output: &Output) -> Result<(), Failure> {
    output.err(&shown!("\n{} Type 'yes' to continue: ", Shown::line(question)));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::new(format!("the answer cannot be read: {error}")))?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(Failure::new(format!("{not_done}: the answer was not yes")))
    }
}
