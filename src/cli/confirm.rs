//! Asks the person before anything is written.

use std::io::{self, IsTerminal};

use super::failure::Failure;
use super::output::Output;

/// Fails where a question would have to be asked and nobody is there to answer.
pub(super) fn someone_is_there(auto_approve: bool) -> Result<(), Failure> {
    if auto_approve || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::with_hint(
        "apply asks before it writes, and there is no terminal to ask on",
        "look at the plan first, then pass --auto-approve",
    ))
}

/// Asks, and takes nothing but `yes` for an answer.
pub(super) fn ask(account: &str, output: &Output) -> Result<(), Failure> {
    output.err(&format!("\nCarry out this plan in account {account}? Only yes is taken for yes: "));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::new(format!("the answer cannot be read: {error}")))?;
    if answer.trim() == "yes" { Ok(()) } else { Err(Failure::new("not carried out: the answer was not yes")) }
}
