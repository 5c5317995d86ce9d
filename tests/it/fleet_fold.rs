//! A thousand accounts on one screen, and connections to all that are at work.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use baseline::sandbox::{Profile, Seed};
use serde_json::json;

use crate::emulator::Emulator;
use crate::fleet::{fleet_files, of_one_region};
use crate::many_accounts::{Departure, FIRST, id, make_alike};

/// So many accounts are listed, and every fortieth is looked at: the part of one machine of so many.
const ACCOUNTS: u64 = 1_000;
const SHARDS: u64 = 40;

/// What a screen holds.
const SCREEN: std::ops::RangeInclusive<usize> = 24..=50;

#[test]
fn a_thousand_accounts_that_depart_in_five_ways_fit_on_one_screen_and_their_numbers_add_up() {
    let emulator = Emulator::built_in(Profile::Instant);
    emulator.sandbox().seed(Seed::FleetOf(1_020)).unwrap();
    let files = of_one_region(fleet_files());
    let folder = files.path();
    let numbers = FIRST..FIRST + ACCOUNTS;
    let listed: Vec<_> = numbers
        .clone()
        .map(|number| json!({ "Id": id(number), "Name": format!("workload-{number}"), "State": "ACTIVE" }))
        .collect();
    fs::write(folder.join("accounts.json"), json!({ "Accounts": listed }).to_string()).unwrap();
    let file = "name = 'acme'\nbaseline = 'member.toml'\n[access]\nrole = 'OrganizationAccountAccessRole'\n";
    fs::write(folder.join("fleet.toml"), file).unwrap();
    let fleet = |command: &[&str]| emulator.run(folder, [&["fleet"], command].concat());
    let of_list = ["fleet.toml", "--accounts", "accounts.json"];

    // The first is brought to the declared state, the others of its part are made alike, and one in five departs.
    let first = id(FIRST);
    let applied = fleet(&[&["apply"], &of_list[..], &["--only", &first, "--auto-approve"]].concat());
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let part: Vec<String> = numbers.clone().step_by(SHARDS as usize).map(id).collect();
    make_alike(emulator.sandbox(), &first, part[1..].iter().cloned());
    for (departure, account) in Departure::ALL.into_iter().zip(part.iter().skip(1).step_by(5)) {
        departure.happen(emulator.sandbox(), account);
    }
    let shard = format!("1/{SHARDS}");
    let looked = fleet(&[&["drift"], &of_list[..], &["--shard", &shard, "--results", "run"]].concat());
    assert_eq!(looked.code, Some(0), "{looked:?}");

    // What was found in each stands for the thirty-nine after it.
    for number in numbers {
        let of = FIRST + (number - FIRST) / SHARDS * SHARDS;
        if number != of {
            let found = fs::read_to_string(folder.join(format!("run/accounts/{}.json", id(of)))).unwrap();
            let found = found.replace(&id(of), &id(number));
            let found = found.replace(&format!("\"workload-{of}\""), &format!("\"workload-{number}\""));
            fs::write(folder.join(format!("run/accounts/{}.json", id(number))), found).unwrap();
        }
    }
    let told = fleet(&["merge", "run"]);
    assert_eq!(told.code, Some(2), "{told:?}");
    let text = told.stdout;
    assert!(text.starts_with("acme: 1000 accounts: 1000 looked at, 1000 depart\n"), "{text}");
    let counts: Vec<usize> = text
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("        "))
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect();
    assert_eq!(counts, [800, 40, 40, 40, 40, 40], "{text}");
    let lines = text.lines().count();
    assert!(SCREEN.contains(&lines), "{lines} lines:\n{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_may_have_more_connections_than_the_system_gave_it_at_first() {
    let program = env!("CARGO_BIN_EXE_baseline");
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -Sn 64 && exec {program} sandbox serve")]).env_clear();
    let mut served = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(served.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("AWS_ENDPOINT_URL="), "{line}");
    let limits = fs::read_to_string(format!("/proc/{}/limits", served.id())).unwrap();
    served.kill().unwrap();
    served.wait().unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|field| files.split_whitespace().nth(field).unwrap());
    let hard: u64 = hard.parse().unwrap_or(u64::MAX);
    assert_eq!(soft.parse::<u64>().unwrap(), hard.min(10_240), "{limits}");
}
