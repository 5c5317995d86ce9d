//! Two fleets at once over the same accounts: one writes to an account at a time, and a later run finds nothing left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::files::{MEMBER, ROLE, asks, folder, id, lines};
use super::organization::{Call, Fault, Organization};
use crate::faults::page::counted;

const MEMBERS: [u64; 6] = [2, 3, 4, 15, 16, 17];

/// Fails where two processes write to an account and the one does not end before the other begins.
fn one_at_a_time(calls: &[Call]) {
    for number in MEMBERS {
        let writers =
            calls.iter().filter(|call| call.account == id(number) && call.changes()).map(|call| call.door);
        let mut turns: Vec<usize> = writers.collect();
        turns.dedup();
        assert!(turns.len() <= 2, "account {number} is written to in turns: {turns:?}");
        // The lock is taken by one after the other gave it back: what the account holds says so, call by call.
        let mut holder: Option<usize> = None;
        for call in calls.iter().filter(|call| call.account == id(number) && call.done) {
            match call.operation {
                "PutParameter" => assert!(
                    holder.replace(call.door).is_none_or(|door| door == call.door),
                    "account {number}"
                ),
                "DeleteParameter" => holder = None,
                _ if call.changes() => assert_eq!(holder, Some(call.door), "account {number}: {call:?}"),
                _ => {}
            }
        }
    }
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn two_fleets_at_once_never_write_to_one_account_at_the_same_time() {
    let fleet = format!("parallel = 3\nmax_failures = 6\n{ROLE}");
    let alone = {
        let (organization, files) = (Organization::new(), folder(MEMBERS, &fleet, MEMBER));
        organization.breaks(|_, _| None);
        assert_eq!(organization.run(0, files.path(), &asks("apply", &[])).code, Some(0));
        organization.changes()
    };
    let mut held = 0;
    for (wait, is_held) in [(&[][..], false), (&["--lock-wait", "0"], true)] {
        let organization = Organization::new();
        // Every write takes its time, and more until both are there, so that the two meet.
        let mut there = BTreeSet::new();
        organization.breaks(move |call, _| {
            there.insert(call.door);
            let time = if there.len() < 2 { 500 } else { 30 };
            call.write.map(|_| Fault::Late(Duration::from_millis(time)))
        });
        let answers = std::thread::scope(|scope| {
            let runs = [0, 1].map(|door| {
                let organization = &organization;
                let fleet = &fleet;
                scope.spawn(move || {
                    let files = folder(MEMBERS, fleet, MEMBER);
                    organization.run(door, files.path(), &asks("apply", &[&["--json"], wait].concat()))
                })
            });
            runs.map(|run| run.join().expect("it ends"))
        });
        one_at_a_time(&organization.calls());
        assert_eq!(organization.changes(), alone, "together they do what one does");
        for answer in &answers {
            let told = lines(&answer.stdout);
            assert_eq!(told.len(), MEMBERS.len());
            let failed: Vec<_> = told.iter().filter(|(_, list, _)| *list == "failed").collect();
            assert_eq!(answer.code, Some(i32::from(!failed.is_empty())), "{answer:?}");
            for (account, _, reason) in &failed {
                let holder = "${account}:assumed-role/OrganizationAccountAccessRole/baseline (";
                assert!(reason.contains("lock") && reason.contains(holder), "{account}: {reason}");
            }
            held += failed.len();
        }
        assert_eq!(held > 0, is_held, "{answers:?}");
        organization.breaks(|_, _| None);
        let files = folder(MEMBERS, &fleet, MEMBER);
        let later = organization.run(2, files.path(), &asks("apply", &[]));
        assert_eq!((later.code, organization.changes()), (Some(0), BTreeMap::new()), "{later:?}");
    }
    counted(
        "fleet-two",
        &format!(
            "2 fleets at once over {} accounts, waiting for each other's locks and not: one writes to an account at a time, together they change what one would have, what the lock kept from one is told, and a later run writes nothing",
            MEMBERS.len()
        ),
    );
}
