//! A run that is stopped anywhere and resumed: the same accounts, the same reports, and nothing twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::files::{self, MEMBER, ROLE, asks, folder, read};
use super::organization::{Call, Fault, Organization};
use crate::faults::chance::Chance;
use crate::faults::normal::{difference, normal_of};
use crate::faults::page::counted;
use crate::faults::seeds;

const POINTS: u64 = 50;
const MEMBERS: [u64; 5] = [2, 3, 4, 15, 16];
const BUCKET: &str = "fleet-results";

/// Reports that say nothing of the time at which they were made.
const REPORTS: [&str; 6] = ["text", "json", "markdown", "junit", "sarif", "csv"];

fn fleet() -> String {
    format!("parallel = 3\nmax_failures = 1\n{ROLE}")
}

/// Asks for a run with all reports, and results in that place.
fn with_reports<'a>(command: &'a str, results: &'a str, place: &'a str) -> Vec<String> {
    let reports = REPORTS.map(|format| format!("--report={format}=told.{format}"));
    let asked = asks(command, &["--json", results, place]);
    asked.into_iter().map(str::to_owned).chain(reports).collect()
}

/// All that a run says: on stdout, and in its reports.
fn told(organization: &Organization, folder: &Path, stdout: String) -> BTreeMap<&'static str, String> {
    let reports = REPORTS.map(|format| {
        let report = read(folder, &format!("told.{format}"));
        (format, organization.without_port(&report))
    });
    reports.into_iter().chain([("stdout", stdout)]).collect()
}

/// What a run that nobody disturbs says and leaves.
struct Undisturbed {
    told: BTreeMap<&'static str, String>,
    changes: BTreeMap<(String, &'static str), usize>,
    accounts: Vec<Vec<String>>,
    /// Every call.
    calls: Vec<Call>,
}

fn place(folder: bool) -> String {
    if folder { "results".to_owned() } else { format!("s3://{BUCKET}/run") }
}

fn accounts(organization: &Organization) -> Vec<Vec<String>> {
    MEMBERS.iter().map(|number| normal_of(&organization.sandbox, &files::id(*number))).collect()
}

fn undisturbed(command: &str, code: i32) -> Undisturbed {
    let organization = Organization::new().with_bucket(BUCKET);
    let folder = folder(MEMBERS, &fleet(), MEMBER);
    organization.breaks(|_, _| None);
    let arguments = with_reports(command, "--results", &place(false));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = organization.run(0, folder.path(), &arguments);
    assert_eq!(answer.code, Some(code), "{answer:?}");
    let calls = organization.calls();
    Undisturbed {
        told: told(&organization, folder.path(), answer.stdout),
        changes: organization.changes(),
        accounts: accounts(&organization),
        calls,
    }
}

/// What counts as a step of the course of a run: writes, or in a look, which writes nothing but results, calls.
fn is_step(command: &str, call: &Call) -> bool {
    call.write.is_some() || command != "apply"
}

/// Where the run is stopped, and how.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: usize,
    signal: &'static str,
    effect: bool,
    /// Whether the results stand in a folder, and not in a bucket.
    in_a_folder: bool,
    /// Whether the run is resumed on another machine, without its journal.
    elsewhere: bool,
}

impl Point {
    /// One of so many, spread evenly over the whole course, and by chance between two of them.
    fn of(number: u64, points: u64, command: &str, whole: &Undisturbed) -> Self {
        let (number, points) = (usize::try_from(number).unwrap(), usize::try_from(points).unwrap());
        let in_a_folder = number % 3 == 2;
        let steps = whole.calls.iter().filter(|call| is_step(command, call));
        // What is kept in a folder is no call.
        let course = steps.filter(|call| !(in_a_folder && call.is_result())).count();
        let (from, to) = (course * number / points, course * (number + 1) / points);
        let mut chance = Chance::new(u64::try_from(number).unwrap());
        Self {
            at: from + chance.below((to - from).max(1)),
            signal: if number % 5 == 4 { "-TERM" } else { "-KILL" },
            effect: chance.percent(50),
            in_a_folder,
            elsewhere: number % 4 == 3,
        }
    }
}

/// Stops a run there, resumes it, and holds it to what one run would have said and done.
fn stopped_and_resumed(command: &str, code: i32, point: Point, whole: &Undisturbed) {
    let organization = Organization::new().with_bucket(BUCKET);
    let files = folder(MEMBERS, &fleet(), MEMBER);
    let path = files.path();
    let place = place(point.in_a_folder);
    let (mut seen, of_command, is_sent) = (0, command.to_owned(), Arc::new(AtomicBool::new(false)));
    let sent = Arc::clone(&is_sent);
    organization.breaks(move |call: &Call, _: &_| {
        let counts = is_step(&of_command, call);
        let is_here = counts && seen == point.at;
        seen += usize::from(counts);
        sent.fetch_or(is_here, Ordering::Relaxed);
        is_here.then_some(Fault::Signal(point.signal, point.effect))
    });
    let first = organization.run_until_ended(0, path, &asks(command, &["--results", &place]));
    assert!(is_sent.load(Ordering::Relaxed), "{point:?} was not reached");
    // A look has nothing to leave in order.
    assert!(
        point.signal == "-KILL" || command != "apply" || first.code().is_some(),
        "{point:?}: it leaves by itself: {first}"
    );
    let mut changes = organization.changes();
    if point.elsewhere {
        let _there_may_be_none = std::fs::remove_dir_all(path.join(".local"));
        organization.sandbox.with_world(|world| {
            for account in world.accounts.values_mut() {
                for region in account.regions.values_mut() {
                    region.ssm.parameters.remove(baseline::engine::lock::NAME);
                }
            }
        });
    }
    organization.breaks(|_, _| None);
    let arguments = with_reports(command, "--resume", &place);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = organization.run(1, path, &arguments);
    assert_eq!(answer.code, Some(code), "{point:?} ({first}): {answer:?}");
    let resumed = told(&organization, path, answer.stdout);
    for (format, said) in &whole.told {
        assert_eq!(&resumed[format], said, "{point:?} ({first}): {format}");
    }
    for (change, times) in organization.changes() {
        *changes.entry(change).or_default() += times;
    }
    assert_eq!(changes, whole.changes, "{point:?} ({first})");
    for (number, (there, here)) in MEMBERS.iter().zip(whole.accounts.iter().zip(accounts(&organization))) {
        assert_eq!(difference(there, &here), None, "{point:?} ({first}): account {number}");
    }
}

fn spread(command: &str, code: i32, points: u64) -> Undisturbed {
    let whole = undisturbed(command, code);
    seeds::all(points, |number| {
        stopped_and_resumed(command, code, Point::of(number, points, command, &whole), &whole);
    });
    whole
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn an_apply_that_is_stopped_anywhere_and_resumed_ends_as_one_run_would_have() {
    let whole = spread("apply", 0, POINTS);
    // The lock is written to more often where a run takes longer.
    let writes = whole.calls.iter().filter(|call| call.write.is_some() && !call.is_lock()).count();
    assert!(writes > usize::try_from(POINTS).unwrap(), "{writes} writes are too few");
    counted(
        "fleet-killed",
        &format!(
            "{writes} writes to {} accounts and to the results, and those of the locks, stopped at {POINTS} points: resumed, the reports, the changes and the accounts are those of one run",
            MEMBERS.len()
        ),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_look_that_is_stopped_anywhere_and_resumed_ends_as_one_run_would_have() {
    let points = 10;
    let whole = spread("drift", 2, points);
    assert!(whole.changes.is_empty());
    counted(
        "fleet-killed-look",
        &format!(
            "{points} points: resumed, the reports are those of one run, and nothing was written but results"
        ),
    );
}
