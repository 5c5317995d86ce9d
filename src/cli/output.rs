//! The two streams, and the only place that writes to them.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};

use super::exit::Exit;
use super::progress::Doing;
use crate::report::{Shown, text};
use crate::shown;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The two streams. Results go to the one, everything else to the other.
#[derive(Debug)]
pub(super) struct Output {
    color: ColorChoice,
    quiet: bool,
    lost: Mutex<Option<io::Error>>,
    /// What was to be written to stderr, where it is kept instead.
    kept: Option<Mutex<String>>,
    /// Who is told what goes on, where this is the output of one of many accounts.
    doing: Option<Doing>,
}

impl Output {
    pub(super) fn new(color: Color, quiet: bool) -> Self {
        let color = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { color, quiet, lost: Mutex::new(None), kept: None, doing: None }
    }

    /// Streams that write nothing and keep what was to be told.
    pub(super) fn kept() -> Self {
        let kept = Some(Mutex::default());
        Self { color: ColorChoice::Never, quiet: true, lost: Mutex::new(None), kept, doing: None }
    }

    /// The same for one of many accounts; what goes on in it is told.
    pub(super) fn of_one(doing: &Doing) -> Self {
        Self { doing: Some(doing.clone()), ..Self::kept() }
    }

    /// Tells what goes on, where this is the output of one of many accounts.
    pub(super) fn at(&self, line: &Shown) {
        if let Some(doing) = &self.doing {
            doing.say(line);
        }
    }

    /// Who is told what goes on.
    pub(super) fn doing(&self) -> Option<&Doing> {
        self.doing.as_ref()
    }

    /// The same, with notes.
    #[cfg(test)]
    pub(super) fn kept_with_notes() -> Self {
        Self { quiet: false, ..Self::kept() }
    }

    /// What was kept, on one line.
    pub(super) fn taken(&self) -> String {
        let kept = self.kept.as_ref().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).clone());
        kept.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Writes a result to stdout.
    ///
    /// A reader that has gone away is no error: `baseline plan | head` is fine, and an apply must go on.
    /// Another failure, such as a full disk, is remembered and becomes the exit code.
    pub(super) fn out(&self, text: &Shown) {
        if self.kept.is_some() {
            return;
        }
        let mut stream = AutoStream::new(io::stdout().lock(), self.color);
        if let Err(error) = stream.write_all(text.written().as_bytes()).and_then(|()| stream.flush())
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }

    /// Writes to stderr; where that fails there is nobody left to tell.
    pub(super) fn err(&self, text: &Shown) {
        if let Some(kept) = &self.kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text.written());
            self.at(text);
            return;
        }
        let mut stream = AutoStream::new(io::stderr().lock(), self.color);
        let _unseen = stream.write_all(text.written().as_bytes());
    }

    /// Writes a line to stderr that is left out when quiet.
    pub(super) fn note(&self, line: &Shown) {
        if !self.quiet {
            self.err(&shown!("{}\n", line));
        }
    }

    /// Writes a line to stderr whatever was asked for; colours are for what is drawn.
    pub(super) fn progress(line: &Shown) {
        let _unseen = writeln!(io::stderr().lock(), "{}", line.written());
    }

    /// Whether notes and progress are left out.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether stderr is a terminal, on which progress can be drawn.
    pub(super) fn can_draw(&self) -> bool {
        self.kept.is_none() && io::stderr().is_terminal()
    }

    /// Whether stderr takes colours.
    pub(super) fn err_has_color(&self) -> bool {
        match self.color {
            ColorChoice::Auto => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        }
    }

    /// How wide a line may be.
    pub(super) fn width(&self) -> usize {
        let terminal = terminal_size::terminal_size_of(io::stdout());
        terminal.map_or(text::WIDTH, |(width, _)| usize::from(width.0).max(60))
    }

    /// The exit code, once everything is written.
    pub(super) fn close(&self, exit: Exit) -> Exit {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).take();
        match lost {
            Some(error) => {
                let reason = Shown::line(&error.to_string());
                self.err(&shown!("error: the result could not be written: {}\n", reason));
                Exit::Error
            }
            None => exit,
        }
    }
}
