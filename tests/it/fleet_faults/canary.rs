//! A canary whose change fails stops the apply within its budget, and so does a later wave.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::files::{ROLE, asks, folder, id, lines};
use super::organization::{Call, Fault, Organization};
use crate::faults::page::counted;
use crate::faults::refusal::Refusal;

/// Changes one setting, so that it fails or does not.
const MEMBER: &str = "name = 'member'\nregion = 'us-east-1'\n[password_policy]\n";

const HEALTHY: [u64; 1] = [2];
const FAILING: [u64; 8] = [3, 4, 15, 16, 17, 18, 19, 20];
const LATER: [u64; 3] = [21, 22, 23];

/// How many accounts of these were at work at once: between their first call and their last.
fn at_work(calls: &[Call], of: &BTreeSet<String>) -> usize {
    let mut spans: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, call) in calls.iter().enumerate() {
        let account = call.into.as_deref().unwrap_or(&call.account);
        if of.contains(account) {
            spans.entry(account).or_insert((at, at)).1 = at;
        }
    }
    let beside = |at: usize| spans.values().filter(|(from, to)| (*from..=*to).contains(&at)).count();
    spans.values().map(|(from, _)| beside(*from)).max().unwrap_or_default()
}

/// Applies where the change of every failing account fails; answers how many of them were begun.
fn begun(is_canary: bool, max_failures: usize, parallel: usize) -> usize {
    let organization = Organization::new();
    let failing: BTreeSet<String> = FAILING.iter().map(|number| id(*number)).collect();
    let wave = |name: &str, members: &[u64], max_failures: usize| {
        let names: Vec<String> = members.iter().map(|number| format!("workload-{number}")).collect();
        format!("[[wave]]\nname = '{name}'\naccounts = {names:?}\nmax_failures = {max_failures}\n")
    };
    let first = if is_canary { String::new() } else { wave("canary", &HEALTHY, 0) };
    let waves = format!("{first}{}", wave("failing", &FAILING, max_failures));
    let members = HEALTHY.into_iter().chain(FAILING).chain(LATER);
    let files = folder(members, &format!("parallel = {parallel}\n{waves}{ROLE}"), MEMBER);
    let refused = failing.clone();
    organization.breaks(move |call, _| {
        let is_change = call.operation == "UpdateAccountPasswordPolicy";
        (is_change && refused.contains(&call.account)).then_some(Fault::Refuse(Refusal::Denied))
    });
    let what = format!("canary: {is_canary}, max_failures: {max_failures}, parallel: {parallel}");
    let answer = organization.run(0, files.path(), &asks("apply", &["--json"]));
    assert_eq!(answer.code, Some(1), "{what}: {answer:?}");
    let calls = organization.calls();
    let asked: BTreeSet<String> = calls.iter().filter_map(|call| call.into.clone()).collect();
    let told = lines(&answer.stdout);
    assert_eq!(told.len(), 12, "{what}");
    for (account, list, reason) in told {
        let expected = match (failing.contains(&account), asked.contains(&account)) {
            (true, true) => "failed",
            (false, true) => "groups",
            (_, false) => "not_begun",
        };
        assert_eq!(list, expected, "{what}: {account}: {reason}");
        let used_up = format!("of wave failing did not succeed, and {max_failures} may fail");
        assert!(list != "not_begun" || reason.contains(&used_up), "{what}: {reason}");
    }
    assert!(LATER.iter().all(|number| !asked.contains(&id(*number))), "{what}: a later wave was begun");
    assert_eq!(asked.contains(&id(HEALTHY[0])), !is_canary, "{what}");
    let most = if is_canary { parallel.min(max_failures + 1) } else { parallel };
    assert!(at_work(&calls, &failing) <= most, "{what}: more than {most} are at work at a time");
    asked.intersection(&failing).count()
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_wave_whose_changes_fail_stops_within_its_budget() {
    let mut table = String::new();
    for max_failures in [0, 1, 3] {
        for parallel in [1, 2, 4] {
            let strict = begun(true, max_failures, parallel);
            let soft = begun(false, max_failures, parallel);
            assert_eq!(strict, max_failures + 1, "the canary begins no more than may fail, and one");
            assert_eq!(
                soft,
                max_failures + parallel,
                "a later wave begins as many as are at work beside those that may fail"
            );
            write!(
                table,
                "{}{max_failures}/{parallel}: {strict} and {soft}",
                if table.is_empty() { "" } else { ", " }
            )
            .unwrap();
        }
    }
    counted(
        "fleet-canary",
        &format!(
            "of {} accounts that all fail, begun in a canary and in a later wave, by `max_failures`/`parallel`: {table}; no later wave is begun",
            FAILING.len()
        ),
    );
}
