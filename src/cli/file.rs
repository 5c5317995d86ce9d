//! Reads a baseline file and shows what is wrong with it.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::arguments::Vars;
use super::failure::Failure;
use super::output::Output;
use super::saved_plan;
use crate::language::{Baseline, Diagnostic, Layers, MAX_BYTES, Place, Source};
use crate::model::Wanted;
use crate::report::{clean, problems};

/// The most bytes of a saved plan, which holds what a plan leans on.
const MOST_OF_A_PLAN: u64 = 64 << 20;

/// One more byte than a file of the language may have, so that one that has more is told from one that just fits.
const MOST: u64 = MAX_BYTES as u64 + 1;

/// A file, or its layers, and what it says.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The files.
    pub(super) source: Layers,
    /// What it says.
    pub(super) baseline: Baseline,
}

impl Loaded {
    /// What the file asks for in a place; problems are shown.
    pub(super) fn expand(&self, place: &Place<'_>, output: &Output) -> Result<Wanted, Failure> {
        self.baseline.expand(place).map_err(|found| self.tell(&found, output))
    }

    /// Shows problems of the file.
    pub(super) fn tell(&self, found: &[Diagnostic], output: &Output) -> Failure {
        output.err(&problems(&self.source, found, output.err_has_color()));
        Failure::Shown
    }
}

/// The whole of a file of at most so many KiB. It is read and not asked how long it is: a pipe does not know.
pub(super) fn whole(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take((most << 10) + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most << 10 {
        let most = if most < 1024 { format!("{most} KiB") } else { format!("{} MiB", most >> 10) };
        return Err(std::io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {most}")));
    }
    Ok(bytes)
}

/// The beginning of a file of the language, and one byte more than it may have; a saved plan whole.
fn beginning(path: &Path, most_of_a_plan: u64) -> std::io::Result<Vec<u8>> {
    let (mut file, mut bytes) = (fs::File::open(path)?, Vec::new());
    (&mut file).take(MOST).read_to_end(&mut bytes)?;
    if saved_plan::is_like_one(&bytes) {
        file.take(most_of_a_plan - bytes.len() as u64 + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The bytes of a file, as many as it may have and no fewer than tell that it has more.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    bytes_up_to(path, MOST_OF_A_PLAN)
}

/// The same, of a saved plan so many.
pub(super) fn bytes_up_to(path: &Path, most_of_a_plan: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        let message = format!("cannot read {}: {error}", path.display());
        if error.kind() == ErrorKind::NotFound {
            Failure::with_hint(
                message,
                format!("write a starter file with: baseline init {}", path.display()),
            )
        } else {
            Failure::new(message)
        }
    };
    let bytes = beginning(path, most_of_a_plan).map_err(failed)?;
    if bytes.len() as u64 > most_of_a_plan {
        let message = format!("{} is larger than {} MiB", path.display(), most_of_a_plan >> 20);
        return Err(Failure::with_hint(message, "is this the right file?"));
    }
    Ok(bytes)
}

/// The text of a baseline file; bytes that are no text are shown where they are.
pub(super) fn source(path: &Path, bytes: Vec<u8>, output: &Output) -> Result<Source, Failure> {
    // The name is shown around the text, so it is cleaned once and for all.
    let name = clean::line(&path.display().to_string());
    Source::from_bytes(name, bytes).map_err(|(source, problem)| {
        output.err(&problems(&source, &[*problem], output.err_has_color()));
        Failure::Shown
    })
}

/// Parses a file, shows every problem at once, and goes on where none is an error.
pub(super) fn parse(source: Layers, output: &Output) -> Result<Loaded, Failure> {
    let parsed = Baseline::parse(&source);
    usable(source, parsed, output)
}

/// Reads and parses a file whose network may be other than it asserts, to show in what.
pub(super) fn load_unproven(path: &Path, vars: &Vars, output: &Output) -> Result<Loaded, Failure> {
    let source = vars.over(source(path, bytes(path)?, output)?);
    let parsed = Baseline::parse_unproven(&source);
    usable(source, parsed, output)
}

/// The same where there is no time for warnings: only errors are shown.
pub(super) fn load_urgently(path: &Path, vars: &Vars, output: &Output) -> Result<Loaded, Failure> {
    let source = vars.over(source(path, bytes(path)?, output)?);
    let (baseline, mut found) = Baseline::parse_unproven(&source);
    found.retain(Diagnostic::is_error);
    usable(source, (baseline, found), output)
}

fn usable(
    source: Layers,
    (baseline, found): (Option<Baseline>, Vec<Diagnostic>),
    output: &Output,
) -> Result<Loaded, Failure> {
    let told: Vec<_> = found.into_iter().filter(|p| p.is_error() || !output.is_quiet()).collect();
    output.err(&problems(&source, &told, output.err_has_color()));
    match baseline {
        Some(baseline) => Ok(Loaded { source, baseline }),
        None => Err(Failure::Shown),
    }
}

/// Reads and parses a file.
pub(super) fn load(path: &Path, vars: &Vars, output: &Output) -> Result<Loaded, Failure> {
    parse(vars.over(source(path, bytes(path)?, output)?), output)
}
