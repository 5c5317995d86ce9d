//! The journal's folder is full, no folder, full of rubbish, or gone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::normal::{difference, normal};
use super::page;
use super::served::Served;

const APPLY: &[&str] = &["apply", "landing-zone.toml", "--auto-approve", "-q"];

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn apply(served: &Served, folder: &Path, journal: &Path) -> Output {
    let arguments: Vec<&str> = [APPLY, &["--journal", journal.to_str().expect("text")]].concat();
    served.command(folder, &arguments).output().expect("the program runs")
}

/// The same under a limit on the size of files, which is what a full disk is to the program.
fn on_a_full_disk(served: &Served, folder: &Path, journal: &Path) -> Output {
    let inner = served.command(folder, &[]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_baseline")])
        .args(APPLY)
        .arg("--journal")
        .arg(journal)
        .current_dir(folder)
        .env_clear()
        .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.output().expect("the program runs")
}

#[test]
fn a_journal_that_cannot_be_kept_stops_before_the_next_write_and_nothing_is_lost() {
    let writes = |served: &Served| {
        served.sandbox.with_world(|world| serde_json::to_string(&world.accounts).expect("data"))
    };
    let folder = tempfile::tempdir().expect("a folder");
    let whole = {
        let served = Served::new(|_| {});
        let output = apply(&served, folder.path(), &folder.path().join("journal"));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        normal(&served.sandbox)
    };
    let mut tried = 0;
    for what in ["no folder", "full", "rubbish", "gone"] {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("journal");
        let served = Served::new(|_| {});
        // A region is made when it is first looked at.
        served.sandbox.with_world(|world| {
            world.region(super::account::ACCOUNT, "us-east-1");
        });
        let before = writes(&served);
        match what {
            "no folder" => {
                fs::write(&journal, "a file").expect("a file");
                let output = apply(&served, folder.path(), &journal);
                assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
                assert!(said(&output).contains("journal"), "{what}: {}", said(&output));
                assert_eq!(writes(&served), before, "{what}: something was written");
                fs::remove_file(&journal).expect("the file is there");
            }
            "full" => {
                let output = on_a_full_disk(&served, folder.path(), &journal);
                assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
                assert!(said(&output).contains("the journal cannot be written"), "{what}: {}", said(&output));
            }
            "rubbish" => {
                fs::create_dir(&journal).expect("a folder");
                for (name, bytes) in [
                    ("000000000000001-abc.jsonl", &b"\xff\xfe\x00 not json"[..]),
                    ("000000000000002-def.jsonl", b""),
                    ("000000000000003-ghi.jsonl", b"{\"at\":\"2030\",\"event\":\"begun\""),
                    ("nonsense", b"{}"),
                ] {
                    fs::write(journal.join(name), bytes).expect("a file");
                }
            }
            _ => {
                let output = apply(&served, folder.path(), &journal);
                assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
                fs::remove_dir_all(&journal).expect("there is a journal");
            }
        }
        // Where the disk is full, the hint says to name another folder.
        let journal = if what == "full" { folder.path().join("elsewhere") } else { journal };
        let output = apply(&served, folder.path(), &journal);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
        assert_eq!(difference(&whole, &normal(&served.sandbox)), None, "{what}");
        tried += 1;
    }
    page::counted(
        "journal",
        &format!(
            "{tried} ways: a message of its own before the next write, or none is needed; the next run ends as ever"
        ),
    );
}
