//! What a package installs beside the program: a man page for each command, and completions.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::at_home::{baseline, said};
use crate::every_command::every_command;
use crate::source_code::files;

const SCRIPTS: [&str; 3] = [
    "bash-completion/completions/baseline",
    "zsh/site-functions/_baseline",
    "fish/vendor_completions.d/baseline.fish",
];

fn written(folder: &Path) -> Vec<(String, String)> {
    let share = folder.join("usr/share");
    let pages = files(&share, &["1"]).into_iter();
    let scripts = SCRIPTS.map(|name| share.join(name));
    let name = |path: &Path| path.strip_prefix(&share).unwrap().to_string_lossy().into_owned();
    pages.chain(scripts).map(|path| (name(&path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_command_has_a_man_page_and_each_run_writes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let done = baseline(folder.path(), &["packaging", "usr/share"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let first = written(folder.path());
    let names: BTreeSet<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    for command in every_command().iter().filter(|command| *command != "help") {
        let page = format!("man/man1/baseline-{}.1", command.replace(' ', "-"));
        assert!(names.contains(page.as_str()), "{page} is missing: {names:?}");
    }
    for (name, text) in &first {
        if name.starts_with("man/") {
            assert!(text.contains(".SH NAME") && text.contains(".SH OPTIONS"), "{name}: {text}");
        }
    }
    let plan = &first.iter().find(|(name, _)| name.ends_with("baseline-plan.1")).unwrap().1;
    assert!(plan.contains("refuse\\-opening"), "{plan}");
    assert_eq!(baseline(folder.path(), &["packaging", "usr/share"]).status.code(), Some(0));
    assert_eq!(written(folder.path()), first, "a second run replaces what is there by the same");
    // Whoever installs a package reads them.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            fs::metadata(folder.path().join("usr/share/man/man1/baseline.1")).unwrap().permissions().mode();
        assert_eq!(mode & 0o400, 0o400);
        assert_eq!(mode & 0o111, 0);
    }
}

#[test]
fn a_file_of_somebody_elses_is_not_written_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man/man1");
    fs::create_dir_all(&pages).unwrap();
    fs::write(folder.path().join("mine"), "mine").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("mine"), pages.join("baseline.1")).unwrap();
    #[cfg(unix)]
    assert_eq!(baseline(folder.path(), &["packaging", "share"]).status.code(), Some(1));
    assert_eq!(fs::read_to_string(folder.path().join("mine")).unwrap(), "mine");
}

#[test]
fn shells_and_man_understand_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    baseline(folder.path(), &["packaging", "usr/share"]);
    let share = folder.path().join("usr/share");
    let pages = files(&share, &["1"]);
    let bash = vec!["-n".to_owned(), share.join(SCRIPTS[0]).to_string_lossy().into_owned()];
    let groff = ["-k", "-man", "-Tutf8", "-ww", "-z"].map(str::to_owned).into_iter();
    let groff = groff.chain(pages.iter().map(|page| page.to_string_lossy().into_owned())).collect();
    for (program, arguments) in [("bash", bash), ("groff", groff)] {
        match Command::new(program).args(&arguments).output() {
            Ok(output) => {
                assert!(output.status.success() && output.stderr.is_empty(), "{program}: {}", said(&output));
            }
            Err(error) => eprintln!("skipped: {program}: {error}"),
        }
    }
}
