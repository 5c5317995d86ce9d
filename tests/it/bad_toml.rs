//! What a person reads who has made a mistake: one file each in `bad_toml/`, the message beside it.
//!
//! `BASELINE_BLESS=1` writes the messages anew.

use std::fs;
use std::path::Path;

use baseline::language::{Baseline, Diagnostic, Source, render};

#[test]
fn every_mistake_is_explained_where_it_stands() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bad_toml");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 50, "only {} mistakes", files.len());
    let mut different = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let source = Source { name: name.clone(), text: fs::read_to_string(&file).unwrap() };
        let (baseline, problems) = Baseline::parse(&source);
        assert!(!problems.is_empty(), "{name}: nothing was found");
        let broken = problems.iter().any(Diagnostic::is_error);
        assert_eq!(baseline.is_none(), broken, "{name}: a baseline with errors, or none without");
        let shown = render(&source, &problems, false);
        assert!(shown.lines().count() <= 60, "{name}: too long to read\n{shown}");
        let expected = file.with_extension("txt");
        if std::env::var_os("BASELINE_BLESS").is_some() {
            fs::write(&expected, &shown).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != shown {
            different.push(format!("{name} now reads\n{shown}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
