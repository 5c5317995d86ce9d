//! Every member of every request that the built-in account serves is carried out, or refused by name.

mod judge;
mod replay;

use std::collections::{BTreeMap, BTreeSet};

use baseline::sandbox::members;
use baseline::sandbox::service::SERVICES;
use judge::{Case, Finding, Judge, Verdict};
use serde_json::Value;

use crate::tried::counted_in;

use super::conversation;

/// A member that makes no difference here though it is carried out.
struct Reviewed {
    service: &'static str,
    operation: &'static str,
    member: &'static str,
}

impl Reviewed {
    fn all() -> Vec<Self> {
        let lines =
            include_str!("reviewed.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let read = |line: &'static str| {
            let (place, reason) = line.split_once(": ").unwrap_or_else(|| panic!("no reason: {line}"));
            assert!(!reason.is_empty(), "no reason: {line}");
            let mut parts = place.rsplitn(3, ' ');
            let (member, operation) = (parts.next().unwrap(), parts.next().unwrap());
            Self { service: parts.next().unwrap(), operation, member }
        };
        lines.map(read).collect()
    }

    fn is_about(&self, case: &Case) -> bool {
        let fits = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => pattern == text,
        };
        fits(self.service, &case.service)
            && fits(self.operation, &case.operation)
            && fits(self.member, &case.member)
    }
}

/// How much of a list is asked for: lists of this account are shorter than the least page of most operations.
const PAGES: &[&str] = &[
    "MaxItems",
    "MaxResults",
    "PageSize",
    "MaxRecords",
    "Limit",
    "Marker",
    "NextToken",
    "TagsPerPage",
    "PaginationToken",
    "MaxKeys",
    "MaxUploads",
    "MaxParts",
];

/// What is carried out, by kind, for the page.
fn counts(verdicts: &[(&Case, Verdict)]) -> String {
    let of = |kinds: &[Finding]| {
        verdicts.iter().filter(|(case, verdict)| case.is_one() && kinds.contains(&verdict.finding)).count()
    };
    let every = verdicts.iter().filter(|(case, _)| case.is_one()).count();
    let operations: BTreeSet<_> = verdicts.iter().map(|(case, _)| (&case.service, &case.operation)).collect();
    let refused = of(&[Finding::Refused]);
    let shown = of(&[Finding::ReadBack, Finding::Shown]);
    let answered = of(&[Finding::Answered]);
    let kept = of(&[Finding::Kept]);
    let checked = of(&[Finding::Checked, Finding::PartlyRefused]);
    let own = of(&[Finding::OwnError]);
    let rest = every - refused - shown - answered - kept - checked - own;
    format!(
        "{every} members of {} operations: {refused} are refused by name, {shown} are shown by a later read, {answered} change \
         the answer, {kept} change what is kept, {checked} are checked, the values of {own} are refused as AWS refuses \
         them, and {rest} make no difference for a reason that was reviewed",
        operations.len()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "in the interop lane: docs/test-lanes.md"]
async fn every_member_is_carried_out_or_refused_by_name() {
    let conversation = conversation::with("members of requests", "carried_out").await;
    let Some(conversation) = conversation else { return };
    let mut reads: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    let mut cases = Vec::new();
    for line in &conversation.lines {
        let said: Value = serde_json::from_str(line).unwrap();
        match said["what"].as_str().unwrap() {
            "case" => cases.push(serde_json::from_value::<Case>(said).unwrap()),
            "reads" => {
                let name = |key: &str| said[key].as_str().unwrap().to_owned();
                let requests = said["requests"].as_array().unwrap().clone();
                reads.insert((name("service"), name("operation")), requests);
            }
            _ => {}
        }
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let kept = &conversation.kept;
    let verdicts: Vec<(usize, Verdict)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|worker| {
                let (cases, reads) = (&cases, &reads);
                scope.spawn(move || {
                    let mut judge = Judge::of(kept, reads);
                    let mine = cases.iter().enumerate().filter(|(at, _)| at / 40 % workers == worker);
                    mine.map(|(at, case)| (at, judge.judge(case))).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut verdicts: Vec<_> = verdicts.into_iter().map(|(at, verdict)| (&cases[at], verdict)).collect();
    verdicts.sort_by_key(|(case, _)| (&case.service, &case.operation));
    if let Some(path) = std::env::var_os("BASELINE_MEMBERS_REPORT") {
        let lines: Vec<String> =
            verdicts.iter().map(|(case, verdict)| verdict.line(case).to_string()).collect();
        std::fs::write(path, lines.join("\n")).unwrap();
    }
    let reviewed = Reviewed::all();
    let mut used = vec![false; reviewed.len()];
    let mut problems = Vec::new();
    for (case, verdict) in verdicts.iter().filter(|(case, _)| case.is_one()) {
        if verdict.finding.is_carried_out_or_refused() {
            continue;
        }
        let mut known = false;
        for (at, _) in reviewed.iter().enumerate().filter(|(_, one)| one.is_about(case)) {
            (used[at], known) = (true, true);
        }
        known |= PAGES.contains(&case.member.as_str());
        if !known {
            let Verdict { finding, said, .. } = verdict;
            problems.push(format!("{}:{} {}: {finding:?} {said}", case.service, case.operation, case.member));
        }
    }
    problems.extend(unknown_to_aws(&verdicts));
    for (one, _) in reviewed.iter().zip(&used).filter(|(_, used)| !**used) {
        problems.push(format!("{} {} {}: makes a difference by now", one.service, one.operation, one.member));
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    counted_in("docs/sandbox.md", "members", &counts(&verdicts));
}

/// Members of the tables that no request of botocore's brings: AWS's model has no such member.
fn unknown_to_aws(verdicts: &[(&Case, Verdict)]) -> Vec<String> {
    let mut sent: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (case, verdict) in verdicts {
        let members = sent.entry((&case.service, &case.operation)).or_default();
        members.extend(verdict.wire.iter().map(String::as_str));
    }
    let mut unknown = Vec::new();
    for service in SERVICES {
        for (operation, members) in members::rows(service) {
            let Some(sent) = sent.get(&(conversation::name_of(service), operation)) else {
                unknown.push(format!("{} has no operation {operation}", service.name));
                continue;
            };
            for member in members {
                let path = member.split('=').next().unwrap();
                let is_sent = match path.strip_suffix('*') {
                    Some(start) => sent.iter().any(|other| other.starts_with(start)),
                    None => sent.contains(path),
                };
                if !is_sent {
                    unknown.push(format!("{}:{operation} {path}: nothing sends it", service.name));
                }
            }
        }
    }
    unknown
}
