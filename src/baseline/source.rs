//! A baseline file's text, and places in it.

use std::ops::{Deref, Range};

use super::Diagnostic;

/// A range of bytes in the text.
pub type Span = Range<usize>;

/// The largest file that is read, in bytes; a real baseline has a few thousand, and the parser takes up to a thousand
/// times as much memory.
pub(super) const MAX_BYTES: usize = 1 << 18;

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
    /// Bytes that are not UTF-8 come back as text in which they are replaced, with the diagnostic to render over it.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, (Self, Box<Diagnostic>)> {
        let name = name.into();
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

    /// The line of a byte, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        Lines::of(self).line(offset)
    }
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
