//! Two applies to one account, and the journal of each, as people meet them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use baseline::aws::{Account, Mode};
use baseline::engine::Stop;
use baseline::engine::journal::{Begun, Journal};
use baseline::engine::lock::{Lock, NAME, Terms, holder};
use tempfile::TempDir;

use crate::emulator::{Answer, Emulator, Which};

const FILE: &str = "name = 'small'\nregion = 'us-east-1'\n\n[password_policy]\nmin_length = 14\n";

struct Desk {
    emulator: Emulator,
    folder: TempDir,
    /// Another run, of another baseline.
    other: Account,
}

impl Desk {
    async fn new() -> Self {
        let (emulator, folder) = (Emulator::start(Which::BuiltIn), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("small.toml"), FILE).unwrap();
        let other = emulator.account("other", Mode::ReadWrite).await;
        Self { emulator, folder, other }
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.emulator.run(self.folder.path(), arguments)
    }

    fn apply(&self, more: &[&str]) -> Answer {
        self.run(
            &[&["apply", "small.toml", "--auto-approve", "--lock-wait", "0", "--trace-calls"], more].concat(),
        )
    }

    async fn lock(&self, run: &str) -> Lock<'_> {
        let stop = Stop::default();
        let terms = Terms { run, wait: Duration::ZERO, clock: || 0, is_dead: &|_| false, stop: &stop };
        Lock::take(&self.other, &terms, &|_| {}).await.unwrap()
    }
}

fn journals(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_stops_at_a_lock_that_is_held_until_somebody_clears_it() {
    let desk = Desk::new().await;
    assert_eq!(desk.run(&["unlock", "small.toml"]).code, Some(0), "nobody holds it");
    let lock = desk.lock("0123456789abcdef").await;

    let stopped = desk.apply(&[]);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    for text in ["another apply holds the lock", lock.run(), &desk.other.identity.arn, "baseline unlock"] {
        assert!(stopped.stderr.contains(text), "no {text}: {stopped:?}");
    }
    assert_eq!(desk.run(&["plan", "small.toml", "--detailed-exitcode"]).code, Some(2), "nothing was written");

    assert_eq!(desk.run(&["unlock", "small.toml"]).code, Some(1), "nobody is there to say yes");
    let cleared = desk.run(&["unlock", "small.toml", "--yes"]);
    assert_eq!(cleared.code, Some(0), "{cleared:?}");
    assert!(cleared.stdout.contains(lock.run()) && cleared.stdout.contains("cleared"), "{cleared:?}");

    let applied = desk.apply(&[]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert_eq!(holder(&desk.other).await.unwrap(), None, "{NAME} is left behind");
    let again = desk.apply(&[]);
    assert!(
        again.code == Some(0) && !again.stderr.contains("SSM"),
        "an apply with nothing to do locks: {again:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_apply_without_a_lock_goes_past_one_that_is_held() {
    let desk = Desk::new().await;
    let _lock = desk.lock("0123456789abcdef").await;
    let applied = desk.apply(&["--no-lock"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(holder(&desk.other).await.unwrap().is_some(), "the other run's lock is gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lock_of_a_run_that_died_on_this_machine_is_taken_over_at_once() {
    let desk = Desk::new().await;
    let folder = desk.folder.path().join("journal");
    let run = "0123456789abcdef";
    let journal = Journal::begin(&folder, &Begun::new(run, "123456789012", "us-east-1", "other")).unwrap();
    let _lock = desk.lock(run).await;
    let alive = desk.apply(&["--journal", "journal"]);
    assert_eq!(alive.code, Some(1), "{alive:?}");
    drop(journal);
    let applied = desk.apply(&["--journal", "journal"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stderr.contains("taking over the lock of a run that is gone"), "{applied:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_cannot_be_written_stops_an_apply_before_its_first_write() {
    let desk = Desk::new().await;
    let refused = desk.apply(&["--journal", "small.toml/below"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("the journal cannot be written"), "{refused:?}");
    assert!(refused.stderr.contains("--no-journal"), "{refused:?}");
    assert_eq!(desk.run(&["plan", "small.toml", "--detailed-exitcode"]).code, Some(2), "nothing was written");

    let applied = desk.apply(&["--journal", "journal"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let all = journals(&desk.folder.path().join("journal"));
    let events: Vec<String> = all[0]
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].as_str().unwrap().into()
        })
        .collect();
    assert_eq!((all.len(), events.join(" ").as_str()), (1, "begun started done ended"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_two_home_regions_wait_for_each_other_where_they_share_what_they_write() {
    let desk = Desk::new().await;
    let lock = desk.lock("0123456789abcdef").await;
    let file = |sections: &str| {
        let text = format!("name = 'europe'\nregion = 'eu-west-1'\n{sections}");
        fs::write(desk.folder.path().join("small.toml"), text).unwrap();
    };
    // The password policy is one for the account, and so is what [account] keeps in us-east-1, too.
    for sections in ["[password_policy]\n", "[account]\n"] {
        file(sections);
        let stopped = desk.apply(&[]);
        assert_eq!(stopped.code, Some(1), "{sections}: {stopped:?}");
        assert!(stopped.stderr.contains(lock.run()), "{sections}: {stopped:?}");
    }
    file("[kms_key.data]\n");
    assert_eq!(desk.apply(&[]).code, Some(0), "a key of eu-west-1 is nobody else's");
    file("[password_policy]\n[kms_key.data]\n");
    assert_eq!(desk.run(&["unlock", "small.toml", "--yes"]).code, Some(0));
    let applied = desk.apply(&[]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    for region in ["us-east-1", "eu-west-1"] {
        let there = desk.emulator.account_in(region, "other").await;
        assert_eq!(holder(&there).await.unwrap(), None, "{NAME} is left behind in {region}");
    }
}
