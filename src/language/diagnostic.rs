//! Problems in a baseline file, and how they are shown.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::source::holding;
use super::{Files, Source, Span};

/// How many problems are shown in full; a file with more is broken in one place, not in a hundred.
pub(super) const SHOWN: usize = 50;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, and a person should know this.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One problem in a baseline file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name for this class of problem, such as `unknown-key`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The text it is about, in bytes.
    pub span: Span,
    /// What to say beside the underlined text; may be empty.
    pub label: String,
    /// What to do.
    pub hint: Option<String>,
    /// Another place it has to do with, and what to say beside it.
    pub related: Option<(Span, String)>,
}

impl Diagnostic {
    /// An error about a range of the text.
    pub(super) fn error(code: &'static str, span: &Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            span: span.clone(),
            label: String::new(),
            hint: None,
            related: None,
        }
    }

    /// A warning about a range of the text.
    pub(super) fn warning(code: &'static str, span: &Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn related(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.related = Some((span.clone(), label.into()));
        self
    }

    /// Whether the file cannot be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The problems as text for people: file, line, column, the text underlined, a hint.
pub fn render(files: &dyn Files, diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let files = files.all();
    let mut shown: Vec<String> =
        diagnostics.iter().take(SHOWN).map(|diagnostic| one(&files, diagnostic, &renderer)).collect();
    if diagnostics.len() > SHOWN {
        shown.push(format!("and {} more problems", diagnostics.len() - SHOWN));
    }
    let mut text = shown.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn one(files: &[&Source], diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let (source, begins) = holding(files, diagnostic.span.start);
    let mut snippet = Snippet::source(&source.text).path(&source.name).annotation(
        AnnotationKind::Primary.span(within(source, begins, &diagnostic.span)).label(&diagnostic.label),
    );
    let mut elsewhere = None;
    if let Some((span, label)) = &diagnostic.related {
        let (other, other_begins) = holding(files, span.start);
        let context = AnnotationKind::Context.span(within(other, other_begins, span)).label(label);
        if other_begins == begins {
            snippet = snippet.annotation(context);
        } else {
            elsewhere = Some(Snippet::source(&other.text).path(&other.name).annotation(context));
        }
    }
    let mut group = level.primary_title(&diagnostic.message).id(diagnostic.code).element(snippet);
    if let Some(elsewhere) = elsewhere {
        group = group.element(elsewhere);
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint));
    }
    with_arrows(&renderer.render(&[group]))
}

/// What is shown of a second file begins with `:::`, which runners of pipelines take for a command of theirs.
fn with_arrows(text: &str) -> String {
    let arrow = |line: &str| {
        let plain = anstream::adapter::strip_str(line).to_string();
        if plain.trim_start().starts_with(":::") { line.replacen(":::", "-->", 1) } else { line.to_owned() }
    };
    text.split('\n').map(arrow).collect::<Vec<_>>().join("\n")
}

/// The range in its file, cut to the text and widened to whole characters, so that it can be underlined.
fn within(source: &Source, begins: usize, span: &Span) -> Span {
    let text = &source.text;
    let local = |offset: usize| offset.saturating_sub(begins).min(text.len());
    let start = text.floor_char_boundary(local(span.start));
    let end = text.ceil_char_boundary(local(span.end).max(start));
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_lies_outside_the_text_or_inside_a_character_is_shown_all_the_same() {
        let source = Source { name: "x.toml".into(), text: "ä = 1".into() };
        for span in [1..1, 0..1, 5..900, 900..901] {
            let text = render(&source, &[Diagnostic::error("test", &span, "wrong")], false);
            assert!(text.contains("x.toml:1:"), "{text}");
        }
    }
}
