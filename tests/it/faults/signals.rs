//! SIGINT, SIGTERM and SIGKILL at the real program.

use std::process::Command;
use std::time::{Duration, Instant};

use super::normal::{difference, normal};
use super::page;
use super::served::Served;

/// The promise, from the signal to the exit.
const LEAVES_WITHIN: Duration = Duration::from_secs(5);

const APPLY: &[&str] = &["apply", "landing-zone.toml", "--auto-approve", "-q"];

/// Applies to the end, and makes sure that nothing is left. Without the journal of the run before, whose lock
/// is then cleared by hand.
fn finish(served: &Served, folder: &std::path::Path, what: &str, journal: bool) {
    let unlock: &[&str] = &["unlock", "landing-zone.toml", "--yes", "-q"];
    let alone: &[&str] = &["apply", "landing-zone.toml", "--auto-approve", "-q", "--no-journal"];
    let drift: &[&str] = &["drift", "landing-zone.toml", "-q"];
    let commands = if journal { vec![APPLY, drift] } else { vec![unlock, alone, drift] };
    for arguments in commands {
        let output = served.command(folder, arguments).output().expect("the program runs");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{what}, then {arguments:?}: {said}");
    }
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_signal_at_any_moment_leaves_nothing_that_the_next_run_does_not_finish() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, begun, calls) = {
        let served = Served::new(|_| {});
        let plan = served.command(folder.path(), &["plan", "landing-zone.toml", "-q"]).output();
        assert!(plan.expect("the program runs").status.success());
        let begun = served.calls();
        let apply = served.command(folder.path(), APPLY).output().expect("the program runs");
        assert!(apply.status.success(), "{}", String::from_utf8_lossy(&apply.stderr));
        let calls = served.calls() - begun;
        finish(&served, folder.path(), "nothing", true);
        (normal(&served.sandbox), begun, calls)
    };
    let points: u64 = 20;
    let mut hit = 0;
    for point in 0..points {
        let signal = ["-INT", "-TERM", "-KILL"][usize::try_from(point % 3).expect("small")];
        let folder = tempfile::tempdir().expect("a folder");
        let served = Served::new(|_| {});
        let mut program = served.command(folder.path(), APPLY).spawn().expect("the program runs");
        // From the first write to the last: before that there is nothing to interrupt.
        let at = begun + (calls - 2 * begun).max(1) * point / points;
        if served.until(at, &mut program) {
            hit += 1;
        }
        let sent = Instant::now();
        let kill = Command::new("kill").args([signal, &program.id().to_string()]).status();
        assert!(kill.expect("there is a kill").success() || program.try_wait().expect("a child").is_some());
        let ended = loop {
            if let Some(status) = program.try_wait().expect("a child") {
                break status;
            }
            assert!(sent.elapsed() < LEAVES_WITHIN, "{signal} at call {at}: still there");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(!ended.success() || signal != "-KILL", "{signal} at call {at}: {ended}");
        finish(&served, folder.path(), &format!("{signal} at call {at}"), point >= 17);
        let found = normal(&served.sandbox);
        assert_eq!(difference(&whole, &found), None, "{signal} at call {at}");
    }
    assert!(hit * 10 >= points * 9, "only {hit} of {points} signals came while there was something to do");
    page::counted(
        "signals",
        &format!(
            "{points} points, three signals in turn, with the journal and without: the next run converges, and every first signal ends it within {} seconds",
            LEAVES_WITHIN.as_secs()
        ),
    );
}
