//! The only text that is printed or written to a report. No other becomes one without being cleaned for where it goes.
//!
//! A template is a literal, and a hole in it takes numbers, literals and text that is one of these already: so the
//! compiler refuses a name that AWS answered until [`Shown::line`], [`Shown::cut`] or [`Markdown::code`] has made it
//! harmless. Formats that escape by themselves (JSON, HTML, XML, CSV) take what they escape, and no text.
//!
//! ```
//! use baseline::report::{Markdown, Shown};
//! let name = std::env::args().next().unwrap_or_default();
//! assert_eq!(baseline::shown!("{} of {}", 1_usize, Shown::line("a\nb")), "1 of a\\nb");
//! let _comment = baseline::markdown!("- {}", Markdown::code(&name));
//! assert_eq!(Shown::of("nothing", &[]), "nothing");
//! ```
//!
//! Text that was read while the program runs does not compile, be it borrowed, owned or in the template:
//!
//! ```compile_fail
//! let name = std::env::args().next().unwrap_or_default();
//! let _shown = baseline::shown!("{}", name.as_str());
//! ```
//! ```compile_fail
//! let name = std::env::args().next().unwrap_or_default();
//! let _shown = baseline::shown!("{}", name);
//! ```
//! ```compile_fail
//! let name = std::env::args().next().unwrap_or_default();
//! let _shown = baseline::report::Shown::of(&name, &[]);
//! ```
//!
//! What was cleaned for a terminal is not clean for a comment, and a template has as many holes as there are pieces:
//!
//! ```compile_fail
//! let _comment = baseline::markdown!("{}", baseline::report::Shown::line("<img>"));
//! ```
//! ```compile_fail
//! let _shown = baseline::shown!("{} {}", 1_usize);
//! ```

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use anstyle::Style;
use serde::Serialize;

use super::clean;
use super::runner::{Syntax, defused};
use crate::model::Addr;

/// A terminal, the log of a pipeline, a text file: one line of text is one line, and nothing in it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Terminal {}

/// A comment on a pull request: nothing in it is a link, a mention, HTML or formatting, but what this program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comment {}

/// Words of this program and numbers, which are harmless everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anywhere {}

/// Text that may be shown at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<P>(String, PhantomData<P>);

/// Text for a terminal, a log or a file.
pub type Shown = Text<Terminal>;

/// Text for a comment.
pub type Markdown = Text<Comment>;

/// Text of words and numbers.
pub type Words = Text<Anywhere>;

mod sealed {
    /// Keeps [`super::Piece`] from being made of anything else.
    pub trait Sealed {}
}

/// What may fill a hole of a template for a place.
pub trait Piece<P>: sealed::Sealed {
    /// Adds it.
    fn add_to(&self, text: &mut Text<P>);
}

impl<P> Text<P> {
    /// A template with its holes filled; [`shown`](crate::shown) and its likes check that there are as many of both.
    pub fn of(template: &'static str, pieces: &[&dyn Piece<P>]) -> Self {
        let mut text = Self::default();
        let mut parts = template.split("{}");
        text.0.push_str(parts.next().unwrap_or_default());
        for (piece, part) in pieces.iter().zip(parts) {
            piece.add_to(&mut text);
            text.0.push_str(part);
        }
        text
    }

    /// Adds a piece.
    pub fn push(&mut self, piece: impl Piece<P>) {
        piece.add_to(self);
    }

    /// Pieces with a word between them.
    pub fn joined(pieces: impl IntoIterator<Item = impl Piece<P>>, between: &'static str) -> Self {
        let mut text = Self::default();
        for (at, piece) in pieces.into_iter().enumerate() {
            if at > 0 {
                text.0.push_str(between);
            }
            piece.add_to(&mut text);
        }
        text
    }

    /// A piece with blanks behind it, as wide as a column.
    pub fn left(piece: impl Piece<P>, width: usize) -> Self {
        let mut text = Self::default();
        text.push(piece);
        text.0.extend(std::iter::repeat_n(' ', width.saturating_sub(text.0.chars().count())));
        text
    }

    /// A number with blanks before it, as wide as a column.
    pub fn right(number: u64, width: usize) -> Self {
        Self::raw(format!("{number:>width$}"))
    }

    /// The same without blanks at its end.
    pub fn trimmed(&self) -> Self {
        Self::raw(self.0.trim_end().to_owned())
    }

    /// As it is written: a word of this program and what it was given may make a command of a runner together.
    pub fn written(&self) -> Cow<'_, str> {
        defused(&self.0, Syntax::Text)
    }

    fn raw(text: String) -> Self {
        Self(text, PhantomData)
    }
}

impl Shown {
    /// One line: everything invisible or active becomes a visible escape.
    pub fn line(text: &str) -> Self {
        Self::raw(clean::line(text))
    }

    /// One line of at most so many characters.
    pub fn cut(text: &str, longest: usize) -> Self {
        Self::raw(clean::cut(text, longest))
    }

    /// A sign such as `+`.
    pub fn sign(sign: char) -> Self {
        Self::line(sign.encode_utf8(&mut [0; 4]))
    }

    /// A piece in a style.
    pub fn styled(style: Style, piece: impl Piece<Terminal>) -> Self {
        let mut text = Self::raw(style.render().to_string());
        text.push(piece);
        text.0.push_str(&style.render_reset().to_string());
        text
    }

    /// Lines that a library lays out and styles: of each all but colours is cleaned, where it ends is taken as it is.
    ///
    /// Only for what holds no text of others that is not cleaned yet.
    pub(crate) fn laid_out(text: &str) -> Self {
        let mut clean = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let mut rest = line.strip_suffix('\n').unwrap_or(line);
            while let Some((before, after)) = rest.split_once("\u{1b}[") {
                clean.push_str(&clean::line(before));
                let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
                let (numbers, behind) = after.split_at(end);
                match behind.strip_prefix('m') {
                    Some(behind) => {
                        clean.push_str("\u{1b}[");
                        clean.push_str(numbers);
                        clean.push('m');
                        rest = behind;
                    }
                    None => {
                        clean.push_str(&clean::line("\u{1b}["));
                        rest = after;
                    }
                }
            }
            clean.push_str(&clean::line(rest));
            if line.ends_with('\n') {
                clean.push('\n');
            }
        }
        Self::raw(clean)
    }

    /// The same without colours, for a file.
    pub fn without_styles(&self) -> Self {
        Self::raw(anstream::adapter::strip_str(&self.0).to_string())
    }

    /// The same in lines of at most so many characters, broken between words.
    pub fn wrapped(&self, width: usize) -> Self {
        let mut text = String::new();
        let mut column = 0;
        for word in self.0.split(' ') {
            let length = word.chars().count();
            if column + length + 1 > width && column > 0 {
                text.push('\n');
                column = 0;
            } else if column > 0 {
                text.push(' ');
                column += 1;
            }
            text.push_str(word);
            column += length;
        }
        text.push('\n');
        Self::raw(text)
    }

    /// A JSON document.
    ///
    /// # Errors
    /// Fails only where the value holds what JSON cannot.
    pub fn json(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let text = clean::json(&serde_json::to_string_pretty(value)?) + "\n";
        // The longest reports are of this kind: one in which nothing is to be defused is not copied.
        let safe = match defused(&text, Syntax::Json) {
            Cow::Borrowed(_) => None,
            Cow::Owned(safe) => Some(safe),
        };
        Ok(Self::raw(safe.unwrap_or(text)))
    }

    /// A JSON document on one line, with a line end.
    ///
    /// # Errors
    /// Fails only where the value holds what JSON cannot.
    pub fn json_line(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let text = clean::json(&serde_json::to_string(value)?) + "\n";
        Ok(Self::raw(defused(&text, Syntax::Json).into_owned()))
    }

    /// A page of HTML, in which `maud` has escaped everything that is not its own.
    pub fn html(page: maud::Markup) -> Self {
        Self::markup(&(page.into_string() + "\n"))
    }

    /// JUnit's XML, in which `quick-junit` has escaped everything that is not its own.
    ///
    /// # Errors
    /// Fails only where the XML cannot be written.
    pub fn junit(report: &quick_junit::Report) -> Result<Self, quick_junit::SerializeError> {
        Ok(Self::markup(&report.to_string()?))
    }

    /// The same in three parts: what stands before the suites, the suites, and what stands behind them.
    ///
    /// # Errors
    /// Fails only where the XML cannot be written.
    pub fn junit_parts(report: &quick_junit::Report) -> Result<[Self; 3], quick_junit::SerializeError> {
        let Self(text, _) = Self::junit(report)?;
        // The declaration and the opening tag are a line each, as is the closing one: line ends in attributes are escaped.
        let begins = text.match_indices('\n').nth(1).map_or(text.len(), |(at, _)| at + 1);
        let ends = text.rfind("</testsuites>").unwrap_or(text.len()).max(begins);
        let part = |range: std::ops::Range<usize>| Self::raw(text.get(range).unwrap_or_default().to_owned());
        Ok([part(0..begins), part(begins..ends), part(ends..text.len())])
    }

    /// A table in which every cell is quoted and none is a formula.
    ///
    /// # Errors
    /// Fails only where a row cannot be written.
    pub fn csv(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Self, csv::Error> {
        let mut writer =
            csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for row in rows {
            writer.write_record(row.iter().map(|cell| clean::cell(cell)))?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(Self::raw(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn markup(text: &str) -> Self {
        let lines: Vec<String> = text.split('\n').map(clean::line).collect();
        Self::raw(defused(&lines.join("\n"), Syntax::Markup).into_owned())
    }
}

impl Markdown {
    /// A code span: nothing inside it is more than text.
    pub fn code(text: &str) -> Self {
        Self::raw(clean::code(text))
    }

    /// Lines as a coloured comparison, which none of them can end.
    pub fn comparison(lines: &[Shown]) -> Self {
        let fence = clean::fence(lines.iter().map(|line| &**line));
        Self::raw(format!("{fence}diff\n{}\n{fence}\n", Shown::joined(lines, "\n")))
    }
}

impl From<Markdown> for Shown {
    /// What is harmless in a comment is so in a log.
    fn from(text: Markdown) -> Self {
        Self::raw(text.0)
    }
}

impl<P> Default for Text<P> {
    fn default() -> Self {
        Self::raw(String::new())
    }
}

impl<P> Deref for Text<P> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<P> AsRef<str> for Text<P> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<P> fmt::Display for Text<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<P> PartialEq<str> for Text<P> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl<P> PartialEq<&str> for Text<P> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<P> sealed::Sealed for Text<P> {}
impl sealed::Sealed for &'static str {}
impl sealed::Sealed for Addr {}
impl<P> sealed::Sealed for &Text<P> {}
impl sealed::Sealed for &Addr {}

impl Piece<Terminal> for Shown {
    fn add_to(&self, text: &mut Shown) {
        text.0.push_str(&self.0);
    }
}

impl Piece<Comment> for Markdown {
    fn add_to(&self, text: &mut Markdown) {
        text.0.push_str(&self.0);
    }
}

impl<P> Piece<P> for Words {
    fn add_to(&self, text: &mut Text<P>) {
        text.0.push_str(&self.0);
    }
}

impl<P, Q> Piece<P> for &Text<Q>
where
    Text<Q>: Piece<P>,
{
    fn add_to(&self, text: &mut Text<P>) {
        (**self).add_to(text);
    }
}

/// A literal: nothing that is read while the program runs lives as long.
impl<P> Piece<P> for &'static str {
    fn add_to(&self, text: &mut Text<P>) {
        text.0.push_str(self);
    }
}

impl Piece<Terminal> for Addr {
    fn add_to(&self, text: &mut Shown) {
        text.0.push_str(&clean::line(&self.to_string()));
    }
}

impl Piece<Terminal> for &Addr {
    fn add_to(&self, text: &mut Shown) {
        (**self).add_to(text);
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl sealed::Sealed for $number {}

        impl<P> Piece<P> for $number {
            fn add_to(&self, text: &mut Text<P>) {
                text.0.push_str(&self.to_string());
            }
        }
    )* };
}

numbers!(usize, u8, u16, u32, u64, i64, std::net::SocketAddr);

/// How many holes a template has.
pub const fn holes(template: &str) -> usize {
    let mut rest = template.as_bytes();
    let mut count = 0;
    while let [_, tail @ ..] = rest {
        if let [b'{', b'}', ..] = rest {
            count += 1;
        }
        rest = tail;
    }
    count
}

/// Text for a terminal, a log or a file: a literal with `{}` where the pieces go.
#[macro_export]
macro_rules! shown {
    ($template:literal $(, $piece:expr)* $(,)?) => {
        $crate::template!($crate::report::shown::Terminal, $template $(, $piece)*)
    };
}

/// Text for a comment on a pull request.
#[macro_export]
macro_rules! markdown {
    ($template:literal $(, $piece:expr)* $(,)?) => {
        $crate::template!($crate::report::shown::Comment, $template $(, $piece)*)
    };
}

/// Words and numbers.
#[macro_export]
macro_rules! words {
    ($template:literal $(, $piece:expr)* $(,)?) => {
        $crate::template!($crate::report::shown::Anywhere, $template $(, $piece)*)
    };
}

/// Text for a place.
#[doc(hidden)]
#[macro_export]
macro_rules! template {
    ($place:ty, $template:literal $(, $piece:expr)*) => {{
        const { assert!($crate::report::shown::holes($template) == <[&str]>::len(&[$(stringify!($piece)),*])) };
        $crate::report::shown::Text::<$place>::of(
            $template,
            &[$(&$piece as &dyn $crate::report::shown::Piece<$place>),*],
        )
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_holes_are_filled_in_their_order() {
        let name = Shown::line("a\u{1b}[2J\nb");
        let text = shown!("{} of {}: {} {}", 1_usize, 2_usize, name, "words");
        assert_eq!(text, "1 of 2: a\\u{1b}[2J\\nb words");
        assert_eq!(shown!("nothing"), "nothing");
        assert_eq!(
            markdown!("- {}: {}", Markdown::code("<b>`"), words!("{} ok", 3_usize)),
            "- `` <b>` ``: 3 ok"
        );
        assert_eq!(Shown::joined(["a", "b"], ", "), "a, b");
        assert_eq!(shown!("{}|{}", Shown::left("ab", 4), Shown::right(7, 3)), "ab  |  7");
    }

    #[test]
    fn what_comes_together_is_no_command_either() {
        let text = shown!("#{}\n{}", Shown::line("#vso[a]b"), Shown::line("::error::c"));
        assert_eq!(text.written(), "# #vso[a]b\n: :error::c");
        // A stream that takes no colours writes what is left without them.
        let bold = Style::new().bold();
        let styled = shown!("#{} {}", Shown::styled(bold, "#[error]"), Shown::line("b"));
        assert_eq!(anstream::adapter::strip_str(&styled.written()).to_string(), "# #[error] b");
        let first = Shown::styled(bold, Shown::line("::error::x"));
        assert_eq!(anstream::adapter::strip_str(&first.written()).to_string(), ": :error::x");
    }

    #[test]
    fn of_what_a_library_lays_out_only_colours_are_left() {
        let text = Shown::laid_out("\u{1b}[1;31mred\u{1b}[0m\n\u{1b}[2Jb\u{7}\r\n");
        assert_eq!(text, "\u{1b}[1;31mred\u{1b}[0m\n\\u{1b}[2Jb\\u{7}\\r\n");
    }

    proptest! {
        #[test]
        fn nothing_acts_in_what_was_cleaned(text in any::<String>()) {
            let line = Shown::line(&text);
            prop_assert!(!line.chars().any(char::is_control));
            let json = Shown::json(&text).unwrap();
            prop_assert!(!json.chars().any(|c| c.is_control() && c != '\n'));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text.clone());
            let page = Shown::html(maud::html! { p { (text) } });
            prop_assert!(!page.chars().any(|c| c.is_control() && c != '\n'));
            let table = Shown::csv([vec![text]]).unwrap();
            prop_assert!(!table.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
