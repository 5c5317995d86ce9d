//! Shards write to their own accounts and to no others, whoever of them is killed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::files::{MEMBER, ROLE, asks, folder, id, read};
use super::organization::{Fault, Organization};
use crate::faults::page::counted;

const MEMBERS: [u64; 16] = [1, 2, 3, 4, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26];
const SHARDS: usize = 4;

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn shards_write_to_their_own_accounts_and_to_no_others_and_merged_they_are_one_run() {
    let fleet = format!("parallel = 4\n{ROLE}");
    let files = folder(MEMBERS, &fleet, MEMBER);
    let path = files.path();
    let (whole, alone) = {
        let organization = Organization::new();
        organization.breaks(|_, _| None);
        let answer = organization.run(0, path, &asks("apply", &["--json"]));
        assert_eq!(answer.code, Some(0), "{answer:?}");
        (answer.stdout, organization.changes())
    };
    let organization = Organization::new();
    // Two of them are killed in the middle of their work.
    let mut written: BTreeMap<usize, usize> = BTreeMap::new();
    organization.breaks(move |call, _| {
        let written = written.entry(call.door).or_default();
        *written += usize::from(call.write.is_some());
        let is_here = call.write.is_some() && [(1, 17), (3, 26)].contains(&(call.door, *written));
        is_here.then_some(Fault::Signal("-KILL", call.door == 1))
    });
    let shard = |number: usize, results: &'static str| {
        let organization = &organization;
        move || {
            let part = format!("{number}/{SHARDS}");
            organization.run_until_ended(number, path, &asks("apply", &["--shard", &part, results, "run"]))
        }
    };
    let ended: Vec<bool> = std::thread::scope(|scope| {
        let runs: Vec<_> = (1..=SHARDS).map(|number| scope.spawn(shard(number, "--results"))).collect();
        runs.into_iter().map(|run| run.join().expect("it ends").success()).collect()
    });
    assert_eq!(ended, [false, true, false, true]);
    let missing = organization.run(0, path, &["merge", "run"]);
    assert!(
        missing.code == Some(1) && missing.stderr.contains("these accounts have no result"),
        "{missing:?}"
    );
    for number in [1, 3] {
        assert!(shard(number, "--resume")().success());
    }
    let calls = organization.calls();
    let mut own: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for number in 1..=SHARDS {
        let ended: Json = serde_json::from_str(&read(path, &format!("run/shards/{number}.json"))).unwrap();
        let accounts = ended["accounts"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
        own.insert(number, accounts.collect());
    }
    let dealt: Vec<&String> = own.values().flatten().collect();
    assert_eq!(dealt.iter().collect::<BTreeSet<_>>().len(), MEMBERS.len());
    assert_eq!(dealt.len(), MEMBERS.len(), "each account is in one shard");
    let mut writes = 0;
    for call in calls.iter().filter(|call| call.write.is_some() || call.into.is_some()) {
        let account = call.into.as_ref().unwrap_or(&call.account);
        assert!(own[&call.door].contains(account), "shard {}: {call:?}", call.door);
        writes += usize::from(call.changes());
    }
    assert_eq!(organization.changes(), alone, "together they change what one run does");
    let merged = organization.run(0, path, &["merge", "run", "--json"]);
    assert_eq!((merged.code, merged.stdout), (Some(0), whole), "{}", merged.stderr);
    assert!(MEMBERS.iter().all(|number| calls.iter().any(|call| call.account == id(*number))));
    counted(
        "fleet-shards",
        &format!(
            "{SHARDS} shards at once over {} accounts, two killed and resumed: {writes} changes, each by the shard that the account is in, as often as in one run; merged they say what it says",
            MEMBERS.len()
        ),
    );
}
