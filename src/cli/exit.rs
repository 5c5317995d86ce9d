//! Exit codes: this table is the only place that says what they mean.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// What was asked for is done, or there is nothing to do.
    Success = 0,
    /// Something failed.
    Error = 1,
    /// There are changes or drift.
    Changes = 2,
    /// Something could not be read.
    Incomplete = 3,
}

/// What each code means, for `--help` and docs/exit-codes.md.
const MEANINGS: [(Exit, &str); 4] = [
    (Exit::Success, "what was asked for is done, or there is nothing to do"),
    (
        Exit::Error,
        "something failed: wrong arguments, a problem in the file, no credentials, another account than \
         allowed, a stale saved plan, a connection opened that --refuse-opening does not allow, access \
         that --refuse-new-access does not allow, a plan that locks its caller out, a step that failed or \
         was skipped",
    ),
    (
        Exit::Changes,
        "there are changes (plan --detailed-exitcode), drift (drift), something does not hold that must \
         (network), addresses that are blocked still get through (block), or a policy allows something \
         new (policy compare)",
    ),
    (
        Exit::Incomplete,
        "something could not be read or proven, so the answer is incomplete; takes precedence over 2, \
         and in apply over steps skipped only for this reason",
    ),
];

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The codes as a section of the long help.
pub(super) fn help() -> String {
    let lines = MEANINGS.map(|(exit, meaning)| format!("  {}  {}", exit as u8, hanging(meaning)));
    format!("{}\n\nExit codes:\n{}", super::FIRST_STEPS, lines.join("\n"))
}

/// Broken into lines that stay to the right of the code: clap would begin them at the margin.
fn hanging(meaning: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in meaning.split(' ') {
        if column + word.len() > 70 {
            text.push_str("\n     ");
            column = 0;
        } else if column > 0 {
            text.push(' ');
        }
        text.push_str(word);
        column += word.len() + 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_about_exit_codes_has_the_same_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/exit-codes.md");
        let page = std::fs::read_to_string(path).unwrap();
        for (exit, meaning) in MEANINGS {
            let row = format!("| {} | {meaning} |", exit as u8);
            assert!(page.contains(&row), "docs/exit-codes.md lacks the row\n{row}");
        }
    }
}
