//! Problems in a file, laid out with the place where each is.

use super::clean;
use super::shown::Shown;
use crate::language::{Diagnostic, Files, Source, render};

/// Files whose names are harmless.
struct Named(Vec<Source>);

impl Files for Named {
    fn layers(&self) -> Vec<&Source> {
        self.0.iter().collect()
    }
}

/// Each problem with the line of the file it is about. What names of the file a message holds is cleaned first; the lines
/// of the file are cleaned by what lays them out.
pub fn problems(files: &dyn Files, problems: &[Diagnostic], color: bool) -> Shown {
    if problems.is_empty() {
        return Shown::default();
    }
    let named = |source: &Source| Source { name: clean::line(&source.name), text: source.text.clone() };
    let files = Named(files.all().into_iter().map(named).collect());
    let cleaned: Vec<Diagnostic> = problems.iter().map(cleaned).collect();
    Shown::laid_out(&render(&files, &cleaned, color))
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
