//! An admission whose end is scheduled, by a program that can write no more after any of its writes: at its time it is over.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::page;
use super::served::Served;

const FILE: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n[network]\ncidr = '10.20.0.0/16'\n\
                    zones = 1\nflow_logs = false\nend_admissions = true\n[network.tier.web]\npublic = true\n\
                    accept = [{ from = 'internet', port = 443 }]\n";

const ADMIT: &[&str] =
    &["admit", "203.0.113.7", "--port", "22", "--to", "web", "--reason", "restore", "file.toml"];

/// Whether a request writes a rule, an entry, a tag or a schedule.
fn is_write(request: &http::Request<Bytes>) -> bool {
    if request.uri().path().starts_with("/schedules") {
        return request.method() != http::Method::GET;
    }
    let body = String::from_utf8_lossy(request.body());
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    action.is_some_and(|action| {
        ["Create", "Delete", "Authorize", "Revoke"].iter().any(|verb| action.starts_with(verb))
    })
}

fn refusal(request: &http::Request<Bytes>) -> http::Response<Bytes> {
    let answer = http::Response::builder().status(403);
    if request.uri().path().starts_with("/schedules") {
        let answer = answer.header("x-amzn-errortype", "AccessDeniedException");
        return answer.body(Bytes::from_static(b"{\"Message\":\"no more\"}")).expect("an answer");
    }
    let body = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no more</Message></Error></Errors>\
                <RequestID>1</RequestID></Response>";
    answer.body(Bytes::from_static(body.as_bytes())).expect("an answer")
}

/// Runs the program: its exit code, and what it says.
fn run(served: &Served, folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = served.command(folder, arguments).output().expect("the program runs");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn an_admission_that_is_cut_off_anywhere_is_over_at_its_time_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("file.toml"), FILE).expect("a file");
    let served = Served::new(|_| {});
    let (code, said) = run(&served, folder, &["apply", "file.toml", "--auto-approve", "-q"]);
    assert_eq!(code, Some(0), "{said}");
    let applied = served.sandbox.with_world(|world| world.clone());
    let is_open = || {
        let (_, said) = run(&served, folder, &["reach", "203.0.113.7", "web", "22", "file.toml", "--live"]);
        !said.contains("proven unreachable")
    };
    let an_hour_passes = || served.sandbox.with_world(|world| world.clock += 61 * 60_000);
    let mut cuts = 0;
    loop {
        served.sandbox.with_world(|world| {
            let clock = world.clock;
            *world = applied.clone();
            world.clock = clock;
        });
        let (written, most) = (AtomicUsize::new(0), cuts);
        served.answer(move |request| {
            let is_over = is_write(request) && written.fetch_add(1, Ordering::Relaxed) >= most;
            is_over.then(|| refusal(request))
        });
        let (code, said) = run(&served, folder, ADMIT);
        let is_whole = code == Some(0);
        served.answer(|_| None);
        an_hour_passes();
        assert!(!is_open(), "cut after {cuts} writes, and open after its time: {said}");
        // What is left of it is in nobody's way.
        let (code, said) = run(&served, folder, ADMIT);
        assert_eq!(code, Some(0), "after a cut after {cuts} writes: {said}");
        assert!(is_open(), "after a cut after {cuts} writes");
        an_hour_passes();
        assert!(!is_open(), "after a cut after {cuts} writes, and once more");
        if is_whole {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 6, "only {cuts} writes");
    page::counted(
        "scheduled-cuts",
        &format!(
            "{cuts} writes, {cuts} cuts: at its time each admission is over, and the same command lets in again"
        ),
    );
}
