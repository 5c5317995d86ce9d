//! The text of a baseline, in one file or in layers, and places in it.

use std::collections::BTreeSet;
use std::ops::{Deref, Range};

use toml::de::DeTable;

use super::layers::{merge, shifted};
use super::references::mentioned;
use super::variables::VariableValue;
use super::{Diagnostic, syntax_problem};

/// A range of bytes in the text.
pub type Span = Range<usize>;

/// The largest file that is read, in bytes; a real baseline has a few thousand, and the parser takes up to a thousand
/// times as much memory.
pub const MAX_BYTES: usize = 1 << 18;

/// What is read as one text: a file, or layers, of which a later one wins over an earlier one.
///
/// Where something stands is one number in all of them: the bytes of a file come after those of the one before it, and after one more,
/// so that the end of a file is not the beginning of the next.
pub trait Files {
    /// The files that are read, in order; at least one.
    fn layers(&self) -> Vec<&Source>;

    /// Every file that something may stand in: the layers, and those that only give values.
    fn all(&self) -> Vec<&Source> {
        self.layers()
    }

    /// Values for variables.
    fn given(&self) -> &[Given] {
        &[]
    }

    /// How the files are called together.
    fn name(&self) -> String {
        let names: Vec<&str> = self.layers().into_iter().map(|source| source.name.as_str()).collect();
        names.join(LAYERS)
    }

    /// Where a byte lies.
    fn spot(&self, offset: usize) -> Spot<'_> {
        let (source, begins) = holding(&self.all(), offset);
        let before = source.text.get(..offset - begins).unwrap_or(&source.text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Spot { file: &source.name, line: 1 + before.matches('\n').count(), column }
    }
}

/// A value for a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The variable.
    pub name: String,
    /// The value.
    pub saying: Saying,
    /// Where it stands.
    pub span: Span,
}

/// How a value is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// In a file, with its type.
    Value(VariableValue),
    /// On the command line.
    Typed(String),
}

/// What stands between the names of layers.
pub const LAYERS: &str = " + ";

impl Files for Source {
    fn layers(&self) -> Vec<&Source> {
        vec![self]
    }
}

/// What files say, as far as it can be read.
pub(super) struct Tables<'a> {
    /// Their tables in one, each key with its place in all of them.
    pub(super) table: DeTable<'a>,
    /// What is no TOML.
    pub(super) broken: Vec<Diagnostic>,
    /// The variables that any of them refers to, even where another layer wins.
    pub(super) mentioned: BTreeSet<String>,
}

/// What files say: every language begins here, so that no parser sees more than it has memory for.
///
/// # Errors
/// Files of more than [`MAX_BYTES`], alone or together.
pub(super) fn tables(files: &dyn Files) -> Result<Tables<'_>, Diagnostic> {
    let mut tables = Tables { table: DeTable::default(), broken: Vec::new(), mentioned: BTreeSet::new() };
    let (mut begins, mut bytes) = (0, 0);
    for (place, source) in files.layers().into_iter().enumerate() {
        bytes += source.text.len();
        if bytes > MAX_BYTES {
            return Err(too_large(begins, place > 0 && source.text.len() <= MAX_BYTES));
        }
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        tables.broken.extend(errors.iter().map(|error| syntax_problem(error, begins)));
        let table = table.into_inner();
        mentioned(&table, &mut tables.mentioned);
        if place == 0 {
            tables.table = table;
        } else {
            merge(&mut tables.table, shifted(table, begins));
        }
        begins += source.text.len() + 1;
    }
    Ok(tables)
}

/// Which file a byte of all of them lies in, and where that begins. What lies behind the last one is taken to be in it.
pub(super) fn holding<'f>(files: &[&'f Source], offset: usize) -> (&'f Source, usize) {
    let mut begins = 0;
    let mut rest = files.iter().peekable();
    while let Some(file) = rest.next() {
        let next = begins + file.text.len() + 1;
        if offset < next || rest.peek().is_none() {
            return (file, begins);
        }
        begins = next;
    }
    (&NOTHING, 0)
}

/// What stands where there is no file.
static NOTHING: Source = Source { name: String::new(), text: String::new() };

/// A place for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot<'f> {
    /// The name of the file.
    pub file: &'f str,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

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
            return Err((Self { name, text: String::new() }, Box::new(too_large(0, false))));
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
}

fn too_large(at: usize, together: bool) -> Diagnostic {
    let message = if together {
        "the layers are larger than 256 KiB together"
    } else {
        "the file is larger than 256 KiB"
    };
    Diagnostic::error("too-large", &(at..at), message)
        .hint("such a file has a few hundred lines; is this the right one?")
}

/// Where the lines of files end, for whoever asks often.
#[derive(Debug)]
pub(super) struct Lines(Vec<Layer>);

/// The lines of one file.
#[derive(Debug)]
struct Layer {
    /// Its name; nothing where it is the only one.
    name: Option<String>,
    /// Where it begins.
    begins: usize,
    /// Where its lines end.
    ends: Vec<usize>,
}

impl Lines {
    pub(super) fn of(files: &dyn Files) -> Self {
        let layers = files.layers();
        let several = layers.len() > 1;
        let mut begins = 0;
        let layer = |source: &Source| {
            let at = begins;
            begins += source.text.len() + 1;
            let ends = source.text.match_indices('\n').map(|(end, _)| at + end).collect();
            Layer { name: several.then(|| source.name.clone()), begins: at, ends }
        };
        Self(layers.into_iter().map(layer).collect())
    }

    fn layer(&self, offset: usize) -> Option<&Layer> {
        self.0.iter().rev().find(|layer| layer.begins <= offset)
    }

    /// The line of a byte in its file, counted from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.layer(offset).map_or(1, |layer| 1 + layer.ends.partition_point(|end| *end < offset))
    }

    /// The file of a byte, where there are several.
    pub(super) fn file(&self, offset: usize) -> Option<&str> {
        self.layer(offset)?.name.as_deref()
    }

    /// Where the file of a byte begins.
    pub(super) fn begins(&self, offset: usize) -> usize {
        self.layer(offset).map_or(0, |layer| layer.begins)
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
    /// The file, where the baseline has several.
    pub file: Option<String>,
}

impl Header {
    /// That of a whole file.
    pub(super) fn top() -> Self {
        Self { section: String::new(), span: 0..0, line: 1, file: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Baseline;
    use crate::language::fleet::FleetFile;

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
