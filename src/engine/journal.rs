//! The record of what a run did: one line of JSON an event, on disk before the event's first call is sent.
//!
//! Every create carries its ownership tags or has a unique name, so the account itself tells the next run what
//! the last one did, and a journal may be deleted at any time. It is there for people; it tells the next run for
//! which creates to look a little longer before sending them (`intent.rs`); and its file is locked while its run
//! lives: whoever finds the lock of an account held by a run whose journal lies here, written since this machine
//! was started and locked by nobody, knows that it died.
//!
//! A journal that cannot be written stops the run before its next write: what is not on record is not done.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::event::Event;

/// How many journals are kept; the oldest goes first.
const KEPT: usize = 100;

/// How much of a text from AWS is recorded, in characters.
const LONGEST: usize = 2_000;

/// What makes this start of this machine another one than the last.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// Which run a journal is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The random id of the run.
    pub run: String,
    /// The program and its version.
    pub program: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The baseline's name.
    pub baseline: String,
    /// This start of this machine; empty where it cannot be told.
    #[serde(default)]
    boot: String,
}

impl Begun {
    /// A run of this program, on this machine.
    pub fn new(run: &str, account: &str, region: &str, baseline: &str) -> Self {
        Self {
            run: run.to_owned(),
            program: format!("baseline {}", env!("CARGO_PKG_VERSION")),
            account: account.to_owned(),
            region: region.to_owned(),
            baseline: baseline.to_owned(),
            boot: boot(),
        }
    }
}

/// One line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    at: String,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    addr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(flatten)]
    begun: Option<&'a Begun>,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
}

impl Journal {
    /// Begins a journal in a folder, which is made where it is missing.
    ///
    /// # Errors
    /// The file system's refusal.
    pub fn begin(folder: &Path, begun: &Begun) -> io::Result<Self> {
        private_folder(folder)?;
        remove_oldest(folder);
        let path = folder.join(format!("{:015}-{}.jsonl", milliseconds(), begun.run));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        // Where files cannot be locked, nobody takes this run for dead before its lease has passed.
        let _unlockable = file.try_lock();
        let journal = Self { path, file: Mutex::new(file) };
        journal.line("begun", |line| line.begun = Some(begun))?;
        // The name of a new file is on disk only once its folder is. Windows opens no folder as a file.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(journal)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records an event; returns when it is on disk. Waiting is not recorded.
    ///
    /// # Errors
    /// The file system's refusal: nothing must be sent that is not on record.
    pub fn hear(&self, event: &Event) -> io::Result<()> {
        match event {
            Event::Waiting { .. } => Ok(()),
            Event::Started { addr, action } => self.line("started", |line| {
                line.addr = Some(addr.to_string());
                line.action = Some(action.word());
            }),
            Event::Done { addr, action, .. } => self.line("done", |line| {
                line.addr = Some(addr.to_string());
                line.action = Some(action.word());
            }),
            Event::Failed { addr, action, error } => self.line("failed", |line| {
                line.addr = Some(addr.to_string());
                line.action = Some(action.word());
                line.why = Some(error.chars().take(LONGEST).collect());
            }),
            Event::Held { addr, reason } => self.line("held", |line| {
                line.addr = Some(addr.to_string());
                line.why = Some(reason.chars().take(LONGEST).collect());
            }),
            Event::Stopped { addr, left } => {
                self.line(if *left { "left" } else { "stopped" }, |line| line.addr = Some(addr.to_string()))
            }
        }
    }

    /// Records that the run came to its end.
    ///
    /// # Errors
    /// The file system's refusal.
    pub fn end(&self) -> io::Result<()> {
        self.line("ended", |_| {})
    }

    fn line<'a>(&self, event: &'static str, fill: impl FnOnce(&mut Line<'a>)) -> io::Result<()> {
        let at = jiff::Timestamp::now();
        let mut line =
            Line { at: format!("{at:.3}"), event, addr: None, action: None, why: None, begun: None };
        fill(&mut line);
        // A sign of a number begins nothing in JSON; two of them begin a command of some runners that print the file.
        let text = ascii(&serde_json::to_string(&line)?).replace("##", "\\u0023\\u0023");
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write, so that a line is never mixed with another one.
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_data()
    }
}

/// Whether a run is known to be dead: its journal lies in the folder, is of this start of this machine, and
/// nobody holds it. Anything that cannot be read proves nothing.
pub fn is_dead(folder: &Path, run: &str) -> bool {
    let end = format!("-{run}.jsonl");
    let (Ok(entries), false) = (fs::read_dir(folder), run.is_empty()) else { return false };
    // Opening a pipe would wait for somebody to write into it, and no journal is a link.
    let files = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut names = files.map(|entry| entry.file_name());
    let Some(name) = names.find(|name| name.to_string_lossy().ends_with(&end)) else { return false };
    let Ok(file) = File::open(folder.join(name)) else { return false };
    let mut first = String::new();
    // A first line of this program is far shorter; one without an end is not read for ever.
    let read = BufReader::new((&file).take(64 * 1024)).read_line(&mut first);
    let begun = read.ok().and_then(|_| serde_json::from_str::<Begun>(&first).ok());
    let ours = begun.is_some_and(|begun| begun.run == run && !begun.boot.is_empty() && begun.boot == boot());
    ours && !matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_)))
}

fn boot() -> String {
    fs::read_to_string(BOOT).map(|id| id.trim().to_owned()).unwrap_or_default()
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Names begin with the time, so their order is that of the runs. A journal that is in use stays.
fn remove_oldest(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    paths.sort();
    let surplus = (paths.len() + 1).saturating_sub(KEPT);
    for path in paths.into_iter().take(surplus) {
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            // One that cannot be removed is tried again by the next run.
            let _left = fs::remove_file(path);
        }
    }
}

fn milliseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// JSON in which nothing acts on a terminal: everything beyond printable ASCII is escaped.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Action;

    fn begun(run: &str) -> Begun {
        Begun::new(run, "123456789012", "eu-west-1", "test")
    }

    fn started() -> Event {
        Event::Started { addr: "ec2.vpc.main".parse().unwrap(), action: Action::Create }
    }

    #[test]
    fn every_line_is_json_and_nothing_in_it_acts_on_a_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::begin(folder.path(), &begun("a")).unwrap();
        journal.hear(&started()).unwrap();
        let error = "no##vso[a]\u{1b}[2J\u{202e}\u{9b}\n".repeat(10_000);
        let addr = "ec2.vpc.main".parse().unwrap();
        journal.hear(&Event::Failed { addr, action: Action::Create, error }).unwrap();
        journal.end().unwrap();
        let text = fs::read_to_string(journal.path()).unwrap();
        assert!(text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)));
        assert!(text.len() < 100_000 && !text.contains("##"));
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert_eq!(events, ["begun", "started", "failed", "ended"]);
        assert_eq!(lines[0]["account"], "123456789012");
        assert!(lines[2]["why"].as_str().unwrap().starts_with("no##vso[a]"));
    }

    #[test]
    fn a_full_disk_is_an_error_of_the_event_that_does_not_fit() {
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let journal = Journal { path: "/dev/full".into(), file: Mutex::new(file) };
        assert_eq!(journal.hear(&started()).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_and_one_that_is_gone_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Journal::begin(&file.join("below"), &begun("a")).is_err());
        let below = folder.path().join("a/b");
        Journal::begin(&below, &begun("a")).unwrap();
        fs::remove_dir_all(&below).unwrap();
        Journal::begin(&below, &begun("b")).unwrap();
    }

    #[test]
    fn a_run_is_dead_once_nobody_holds_its_journal() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::begin(folder.path(), &begun("abc")).unwrap();
        assert!(!is_dead(folder.path(), "abc"), "alive");
        assert!(!is_dead(folder.path(), "bc"), "another run");
        drop(journal);
        assert!(is_dead(folder.path(), "abc"));
        assert!(!is_dead(&folder.path().join("gone"), "abc"));
    }

    #[test]
    fn a_journal_that_is_damaged_foreign_or_of_an_earlier_start_proves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let earlier = Begun { boot: "another".into(), ..begun("abc") };
        let line = serde_json::to_string(&begun("abc")).unwrap();
        let earlier = serde_json::to_string(&earlier).unwrap();
        let half = &line[..line.len() / 2];
        for text in ["", "\0\0\0", "{}", half, &earlier, &"x".repeat(1_000_000)] {
            fs::write(folder.path().join("1-abc.jsonl"), text).unwrap();
            assert!(!is_dead(folder.path(), "abc"), "{}", text.chars().take(40).collect::<String>());
        }
        fs::write(folder.path().join("1-abc.jsonl"), line).unwrap();
        assert!(is_dead(folder.path(), "abc"));
    }

    #[test]
    fn the_oldest_journals_go_and_one_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let held = File::create(folder.path().join("000-held.jsonl")).unwrap();
        held.lock().unwrap();
        for number in 100..350 {
            fs::write(folder.path().join(format!("{number}-x.jsonl")), "").unwrap();
        }
        let journal = Journal::begin(folder.path(), &begun("new")).unwrap();
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names.len(), KEPT + 1, "{names:?}");
        assert!(names.contains(&"000-held.jsonl".to_owned()) && names.contains(&"349-x.jsonl".to_owned()));
        assert!(!names.contains(&"250-x.jsonl".to_owned()));
        drop(journal);
    }
}
