//! What runs that have ended meant to create and never said was there.
//!
//! The account itself tells what a run did, but not at once: a create that went out right before a run was
//! cut off may be in no answer for minutes (truth 2), and where AWS knows no name for the thing, the next run
//! would make a second one. The journal has the intent on disk before the first call of a step. A journal that
//! is gone or cannot be read raises no doubt; then only time, such as the lease of the lock, keeps the two apart.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::journal::Begun;
use crate::model::Addr;

/// For how long an unseen create is in doubt: the longest that any kind waits to be seen.
pub const WITHIN: Duration = Duration::from_secs(600);

/// How much of a journal is read; one of a run with a thousand steps is far smaller.
const LONGEST: u64 = 4 * 1024 * 1024;

/// A line, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Line {
    event: String,
    addr: Option<Addr>,
    action: Option<String>,
}

/// What runs of the same baseline on the same account began to create within [`WITHIN`] and did not report done
/// or failed.
pub fn unfinished(folder: &Path, begun: &Begun) -> BTreeSet<Addr> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    let mut unfinished = BTreeSet::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let recent = || {
            // Opening a pipe would wait for somebody to write into it, and no journal is a link.
            let there = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
            let age = SystemTime::now().duration_since(there.modified().ok()?);
            // A clock that was set back makes nothing old.
            Some(age.unwrap_or_default() < WITHIN)
        };
        if path.extension().is_some_and(|extension| extension == "jsonl") && recent() == Some(true) {
            unfinished.extend(of_journal(&path, begun));
        }
    }
    unfinished
}

fn of_journal(path: &Path, begun: &Begun) -> BTreeSet<Addr> {
    let Ok(file) = File::open(path) else { return BTreeSet::new() };
    // A run that is still at work is none of our doubts: the lock keeps it apart.
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return BTreeSet::new();
    }
    let mut lines = BufReader::new(file.take(LONGEST)).lines().map_while(Result::ok);
    let first = lines.next().and_then(|line| serde_json::from_str::<Begun>(&line).ok());
    let same = first.is_some_and(|first| {
        (first.account, first.region, first.baseline)
            == (begun.account.clone(), begun.region.clone(), begun.baseline.clone())
    });
    let mut unfinished = BTreeSet::new();
    for line in lines.filter(|_| same) {
        // The last line of a run that was cut off may be half a line.
        let Ok(Line { event, addr: Some(addr), action }) = serde_json::from_str(&line) else { continue };
        match (event.as_str(), action.as_deref()) {
            ("started", Some("create" | "replace")) => drop(unfinished.insert(addr)),
            ("done" | "failed" | "stopped", _) => drop(unfinished.remove(&addr)),
            _ => {}
        }
    }
    unfinished
}

#[cfg(test)]
mod tests {
    use super::super::event::Event;
    use super::super::journal::Journal;
    use super::*;
    use crate::plan::Action;

    fn begun(run: &str) -> Begun {
        Begun::new(run, "123456789012", "eu-west-1", "test")
    }

    #[test]
    fn a_create_that_was_begun_and_not_ended_is_in_doubt_until_the_run_says_more() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::begin(folder.path(), &begun("a")).unwrap();
        let [vpc, key, role] =
            ["ec2.vpc.main", "kms.key.trail", "iam.role.web"].map(|addr| addr.parse::<Addr>().unwrap());
        for (addr, action) in [(&vpc, Action::Create), (&key, Action::Create), (&role, Action::Update)] {
            journal.hear(&Event::Started { addr: addr.clone(), action }).unwrap();
        }
        let took = Duration::ZERO;
        journal.hear(&Event::Done { addr: key, action: Action::Create, took }).unwrap();
        assert!(unfinished(folder.path(), &begun("b")).is_empty(), "the run is alive");
        drop(journal);
        assert_eq!(unfinished(folder.path(), &begun("b")), [vpc].into());
        let other = Begun::new("b", "123456789012", "eu-west-1", "another");
        assert!(unfinished(folder.path(), &other).is_empty());
        assert!(unfinished(&folder.path().join("gone"), &begun("b")).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_link_in_the_folder_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("1-a.jsonl");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        std::os::unix::fs::symlink(&pipe, folder.path().join("2-b.jsonl")).unwrap();
        let (sent, heard) = std::sync::mpsc::channel();
        let place = folder.path().to_owned();
        // In a thread of its own: what hangs would hang the test.
        std::thread::spawn(move || {
            let found = unfinished(&place, &begun("c"));
            let dead = ["a", "b"].map(|run| super::super::journal::is_dead(&place, run));
            sent.send((found, dead)).unwrap();
        });
        let answer = heard.recv_timeout(Duration::from_secs(10)).expect("it hangs");
        assert_eq!(answer, (BTreeSet::new(), [false, false]));
    }

    #[test]
    fn a_journal_of_any_bytes_raises_no_doubt_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [&b""[..], b"\xff\x00\n\n", b"{}\n{\"event\":\"started\",\"addr\":\"no\"}\n"] {
            fs::write(folder.path().join("1-a.jsonl"), bytes).unwrap();
            assert!(unfinished(folder.path(), &begun("b")).is_empty());
        }
    }
}
