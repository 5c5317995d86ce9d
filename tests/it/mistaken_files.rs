//! A file full of one mistake costs what its size costs, in time and in what is said about it.

use std::time::{Duration, Instant};

use baseline::language::fleet::FleetFile;
use baseline::language::{Baseline, Diagnostic, Source};

use crate::growing_files::{REPEATED, Reads};
use crate::tried::counted;

/// How many problems are shown in full.
const SHOWN: usize = 50;

fn problems(reads: Reads, text: String) -> Vec<Diagnostic> {
    let source = Source { name: "large.toml".into(), text };
    match reads {
        Reads::Baseline => Baseline::parse(&source).1,
        Reads::Fleet => FleetFile::parse(&source).1,
    }
}

#[test]
fn what_is_said_about_a_file_grows_as_the_file_does() {
    const BYTES: usize = 64 << 10;
    let mut mistaken = 0;
    for repeated in &REPEATED {
        let began = Instant::now();
        let found = problems(repeated.reads, repeated.file(BYTES));
        let took = began.elapsed();
        // A build without optimization on a busy machine; what is quadratic takes many times as long.
        assert!(took < Duration::from_secs(20), "a file full of {} took {took:?}", repeated.name);
        let said = |problem: &Diagnostic| {
            problem.message.len() + problem.label.len() + problem.hint.as_ref().map_or(0, String::len)
        };
        let each = found.iter().map(said).max().unwrap_or(0);
        assert!(each < 1_000, "a file full of {}: a problem of {each} bytes", repeated.name);
        mistaken += usize::from(found.len() > 100);
    }
    assert!(mistaken >= 12, "only {mistaken} files are full of mistakes");
    let what =
        format!("{} files of {} KiB, {mistaken} of them full of mistakes", REPEATED.len(), BYTES >> 10);
    counted("files", &what);
}

#[test]
fn names_that_were_meant_are_looked_for_as_often_as_they_are_shown() {
    // Every one of them is one letter away from a name that there is.
    let text = (0..2_000).map(|n| format!("[bucket.bucket-{n:04}]\naccess_log = \"bucket{n:04}\"\n"));
    let text = format!("name = \"web\"\nregion = \"us-east-1\"\n{}", text.collect::<String>());
    let found = problems(Reads::Baseline, text);
    let unknown: Vec<&Diagnostic> = found.iter().filter(|problem| problem.code == "unknown-name").collect();
    assert_eq!(unknown.len(), 2_000);
    let hinted = |problem: &&&Diagnostic| {
        problem.hint.as_ref().is_some_and(|hint| hint.starts_with("did you mean \"bucket-"))
    };
    // The first ones, which are the ones that people see.
    assert!(unknown[..SHOWN].iter().all(|problem| hinted(&problem)));
    assert_eq!(unknown.iter().filter(hinted).count(), SHOWN);
}

#[test]
fn names_of_any_length_are_compared_with_nothing() {
    let long = "x".repeat(100 << 10);
    let text = format!(
        "name = \"web\"\nregion = \"us-east-1\"\n[bucket.{long}]\n[bucket.b]\naccess_log = \"{long}y\"\n"
    );
    // Comparing the two in full asks for 80 GB.
    let found = problems(Reads::Baseline, text);
    assert!(found.iter().any(|problem| problem.code == "unknown-name"), "{}", found.len());
}
