//! The journal's folder is full, read-only, no folder, full of rubbish, or gone.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use baseline::sandbox::world::{REGIONS, partition_of};

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

/// The program in the hands of a shell that prepares the ground, with the journal's folder as `$JOURNAL`.
fn prepared(served: &Served, folder: &Path, journal: &Path, (shell, ground): (&[&str], &str)) -> Output {
    let inner = served.command(folder, &[]);
    let mut command = Command::new(shell[0]);
    command
        .args(&shell[1..])
        .args(["-c", &format!("{ground} exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_baseline")])
        .args(APPLY)
        .arg("--journal")
        .arg(journal)
        .current_dir(folder)
        .env_clear()
        .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("JOURNAL", journal);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.output().expect("the program runs")
}

/// A shell, and one with mounts of its own, which the rest of the machine does not see.
const SHELL: &[&str] = &["sh"];
const ALONE: &[&str] = &["unshare", "--user", "--map-root-user", "--mount", "sh"];

/// A shell and what it does first.
type Prepared = (&'static [&'static str], &'static str);

/// What can be wrong with the folder, and what prepares it. Permissions do not hold root off, so the folder that
/// cannot be written to is on a file system that is read-only.
const WAYS: [(&str, Option<Prepared>); 6] = [
    ("no folder", None),
    ("rubbish", None),
    ("gone", None),
    ("files are too large", Some((SHELL, "trap '' XFSZ; ulimit -f 2;"))),
    ("the disk is full", Some((ALONE, "mount -t tmpfs -o size=4k none \"$JOURNAL\" &&"))),
    ("read-only", Some((ALONE, "mount -t tmpfs -o ro none \"$JOURNAL\" &&"))),
];

/// Whether this machine lets a test mount things for itself.
fn may_mount() -> bool {
    let tried = Command::new(ALONE[0]).args(&ALONE[1..]).args(["-c", "mount -t tmpfs none /mnt"]).output();
    tried.is_ok_and(|output| output.status.success())
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
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
    let (mut tried, may_mount) = (0, may_mount());
    for (what, prepares) in WAYS {
        if prepares.is_some_and(|(shell, _)| shell == ALONE) && !may_mount {
            let _unseen = writeln!(std::io::stdout(), "skipped: {what}: nothing may be mounted here");
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("journal");
        let served = Served::new(|_| {});
        // A region is made when it is first looked at.
        served.sandbox.with_world(|world| {
            for region in REGIONS.iter().filter(|region| partition_of(region) == "aws") {
                world.region(super::account::ACCOUNT, region);
            }
        });
        let before = writes(&served);
        match what {
            _ if prepares.is_some() => {
                fs::create_dir(&journal).expect("a folder");
                let ground = prepares.expect("there is something to prepare");
                let output = prepared(&served, folder.path(), &journal, ground);
                assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
                assert!(said(&output).contains("journal"), "{what}: {}", said(&output));
                if what == "read-only" {
                    assert_eq!(writes(&served), before, "{what}: something was written");
                }
            }
            "no folder" => {
                fs::write(&journal, "a file").expect("a file");
                let output = apply(&served, folder.path(), &journal);
                assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
                assert!(said(&output).contains("journal"), "{what}: {}", said(&output));
                assert_eq!(writes(&served), before, "{what}: something was written");
                fs::remove_file(&journal).expect("the file is there");
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
        // The hint says to name another folder.
        let journal = if prepares.is_some() { folder.path().join("elsewhere") } else { journal };
        let output = apply(&served, folder.path(), &journal);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
        assert_eq!(difference(&whole, &normal(&served.sandbox)), None, "{what}");
        tried += 1;
    }
    if !may_mount {
        return;
    }
    page::counted(
        "journal",
        &format!(
            "{tried} ways: a message of its own before the next write, or none is needed; the next run ends as ever"
        ),
    );
}
