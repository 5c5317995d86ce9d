//! A baseline file's text, and places in it.

use std::ops::{Deref, Range};

use toml::de::{DeTable, Error};

use super::Diagnostic;

/// A range of bytes in the text.
pub type Span = Range<usize>;

/// The largest file that is read, in bytes; a real baseline has a few thousand, and the parser takes up to a thousand
/// times as much memory.
pub const MAX_BYTES: usize = 1 << 18;

/// What a file of TOML says, as far as it can be read, and what is no TOML.
pub(super) type Tables<'a> = (toml::Spanned<DeTable<'a>>, Vec<Error>);

/// A file's name, as shown, and its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name as shown.
    pub name: String,
    /// The content.
    pub text: String,
}

impl Source {
    /// A source from the bytes of a file.
    ///
    /// # Errors
    /// Bytes that are not UTF-8 come back as text in which they are replaced, with the diagnostic to render over it; of too
    /// many bytes nothing comes back but the name.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, (Self, Box<Diagnostic>)> {
        let name = name.into();
        // The end of what was read may lie inside a character, which would be said instead.
        if bytes.len() > MAX_BYTES {
            return Err((Self { name, text: String::new() }, Box::new(too_large())));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
                let diagnostic = Diagnostic::error("not-utf8", &(at..end), "the file is not UTF-8 text")
                    .label("this byte is no text")
                    .hint("save the file as UTF-8");
                Err((Self { name, text }, Box::new(diagnostic)))
            }
        }
    }

    /// What the file says: both languages begin here, so that no parser sees more than it has memory for.
    ///
    /// # Errors
    /// A file of more than [`MAX_BYTES`].
    pub(super) fn tables(&self) -> Result<Tables<'_>, Diagnostic> {
        if self.text.len() > MAX_BYTES {
            return Err(too_large());
        }
        Ok(DeTable::parse_recoverable(&self.text))
    }

    /// The line of a byte, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        Lines::of(self).line(offset)
    }
}

fn too_large() -> Diagnostic {
    Diagnostic::error("too-large", &(0..0), "the file is larger than 256 KiB")
        .hint("such a file has a few hundred lines; is this the right one?")
}

/// Where the lines of a text end, for whoever asks often.
#[derive(Debug)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(source: &Source) -> Self {
        Self(source.text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|end| *end < offset)
    }
}

/// A value and where it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands; the section's header where the value is a default.
    pub span: Span,
    /// Whether the file says it, or it is the default.
    pub given: bool,
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The head of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The section, such as `bucket.trail-logs`.
    pub section: String,
    /// Where its head stands.
    pub span: Span,
    /// The line of the head, counted from 1.
    pub line: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Baseline;
    use crate::baseline::fleet::FleetFile;

    /// Whatever a parser would make of it: a line that is no TOML costs a thousand times its length.
    #[test]
    fn no_language_reads_a_file_that_is_too_large() {
        let of = |length: usize| Source { name: "x.toml".into(), text: "=\n".repeat(length / 2) };
        for (bytes, large) in [(MAX_BYTES + 2, true), (1 << 24, true), (64, false)] {
            let source = of(bytes);
            for problems in
                [Baseline::parse(&source).1, Baseline::parse_unproven(&source).1, FleetFile::parse(&source).1]
            {
                let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
                assert_eq!(codes == ["too-large"], large, "{bytes}");
            }
            let read = Source::from_bytes("x.toml", source.text.into_bytes());
            assert_eq!(read.is_err_and(|(_, problem)| problem.code == "too-large"), large, "{bytes}");
        }
    }

    #[test]
    fn a_file_that_was_not_read_to_its_end_is_not_said_to_be_no_text() {
        let bytes: Vec<u8> =
            "\u{e4}".repeat(MAX_BYTES).into_bytes().into_iter().take(MAX_BYTES + 1).collect();
        let (_, problem) = Source::from_bytes("x.toml", bytes).unwrap_err();
        assert_eq!(problem.code, "too-large");
    }
}
