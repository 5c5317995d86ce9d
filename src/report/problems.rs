//! Problems in a file, laid out with the place where each is.

use super::clean;
use super::shown::Shown;
use crate::baseline::{Diagnostic, Source, render};

/// Each problem with the line of the file it is about. What names of the file a message holds is cleaned first; the lines
/// of the file are cleaned by what lays them out.
pub fn problems(source: &Source, problems: &[Diagnostic], color: bool) -> Shown {
    let source = Source { name: clean::line(&source.name), text: source.text.clone() };
    let cleaned: Vec<Diagnostic> = problems.iter().map(cleaned).collect();
    Shown::laid_out(&render(&source, &cleaned, color))
}

fn cleaned(problem: &Diagnostic) -> Diagnostic {
    Diagnostic {
        message: clean::line(&problem.message),
        label: clean::line(&problem.label),
        related: problem.related.as_ref().map(|(span, label)| (span.clone(), clean::line(label))),
        hint: problem.hint.as_deref().map(clean::line),
        ..problem.clone()
    }
}
