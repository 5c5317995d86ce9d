//! Why a command stopped, and what to do about it.

use anstyle::{AnsiColor, Style};

use super::output::Output;
use crate::report::clean;

/// Why a command stopped.
#[derive(Debug)]
pub(super) enum Failure {
    /// A message to show.
    Said {
        /// What is wrong, not cleaned.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The person was shown already.
    Shown,
}

impl Failure {
    /// A failure that needs no hint.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self::Said { message: message.into(), hint: None }
    }

    /// A failure and what to do about it.
    pub(super) fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Said { message: message.into(), hint: Some(hint.into()) }
    }

    /// A failure of this program that no one can do anything about but its authors.
    pub(super) fn bug(message: impl std::fmt::Display) -> Self {
        Self::with_hint(message.to_string(), "this is a bug of baseline: please report it")
    }

    /// Prints it as `error: ...` and `hint: ...`.
    pub(super) fn show(&self, output: &Output) {
        const RED: Style = AnsiColor::Red.on_default().bold();
        const CYAN: Style = AnsiColor::Cyan.on_default().bold();
        let Self::Said { message, hint } = self else { return };
        // Each line is cleaned by itself: a list of what moved has one entry a line.
        let lines: Vec<String> = message.lines().map(clean::line).collect();
        output.err(&format!("{RED}error{RED:#}: {}\n", lines.join("\n")));
        if let Some(hint) = hint {
            output.err(&format!("{CYAN}hint{CYAN:#}: {}\n", clean::line(hint)));
        }
    }
}
