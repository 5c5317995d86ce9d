//! A fleet's results in files: shards and runs that were killed end as one run would have, and nothing is missed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use baseline::sandbox::{Profile, Seed};
use serde_json::Value as Json;

use crate::at_home::{baseline, said};
use crate::emulator::Emulator;
use crate::fleet::{fleet_files, of_one_region, run, seeded};

const DRIFT: [&str; 4] = ["drift", "fleet.toml", "--accounts", "accounts.json"];

/// Reports that say nothing of the time at which they were made, and those that do.
const TIMELESS: [&str; 7] = ["text", "json", "markdown", "junit", "sarif", "csv", "slack"];
const TIMED: [&str; 3] = ["html", "ocsf", "prometheus"];

/// What asks for every report, into files that begin so.
fn reports(prefix: &str) -> Vec<String> {
    TIMELESS.into_iter().chain(TIMED).map(|format| format!("--report={format}={prefix}.{format}")).collect()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A report without its times.
fn without_times(text: &str) -> String {
    let text: String = text
        .lines()
        .map(|line| {
            let line = line.split(' ').filter(|word| !word.parse::<f64>().is_ok_and(|number| number > 1e9));
            line.collect::<Vec<_>>().join(" ") + "\n"
        })
        .collect();
    // Of HTML the element, of OCSF the two numbers.
    let mut plain = text;
    for (begin, end) in [("<time", "</time>"), ("\"time\":", ","), ("\"created_time\":", ",")] {
        let mut parts = plain.split(begin);
        let first = parts.next().unwrap_or_default().to_owned();
        plain = parts.fold(first, |plain, part| plain + part.split_once(end).map_or("", |(_, rest)| rest));
    }
    plain
}

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, more].concat()
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn shards_that_are_merged_say_what_one_run_says_byte_for_byte_in_every_report() {
    // One world for all runs: things that are made on first sight keep their ids.
    let emulator = Emulator::built_in(Profile::Instant);
    emulator.sandbox().seed(Seed::Fleet).unwrap();
    let files = of_one_region(fleet_files());
    let folder = files.path();
    let fleet = |code: i32, arguments: &[&str]| {
        let answer = emulator.run(folder, with(&["fleet"], arguments));
        assert_eq!(answer.code, Some(code), "{arguments:?}: {answer:?}");
        answer.stdout
    };
    let of_one = reports("one");
    let mut arguments = with(&DRIFT, &["--results", "whole", "--json"]);
    arguments.extend(of_one.iter().map(String::as_str));
    let json = fleet(3, &arguments);

    let mut dealt = 0;
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        let told = fleet(0, &with(&DRIFT, &["--shard", shard, "--results", "parts"]));
        let count = told.strip_prefix("acme: ").and_then(|rest| rest.split(' ').next()).unwrap();
        dealt += count.parse::<usize>().unwrap();
    }
    assert_eq!(dealt, 35, "each account that is looked at is in one shard");
    for (place, file) in [("whole", "again"), ("parts", "merged")] {
        let asked = reports(file);
        let mut arguments = vec!["merge", place, "--json"];
        arguments.extend(asked.iter().map(String::as_str));
        assert_eq!(fleet(3, &arguments), json, "{place}");
        assert_eq!(fleet(3, &["merge", place]), read(folder, "one.text"), "{place}");
        for format in TIMELESS {
            let (one, other) =
                (read(folder, &format!("one.{format}")), read(folder, &format!("{file}.{format}")));
            assert!(one == other, "{place}: {format} differs");
        }
        for format in TIMED {
            let (one, other) =
                (read(folder, &format!("one.{format}")), read(folder, &format!("{file}.{format}")));
            // The same results have the same times.
            assert!(file != "again" || one == other, "{format} of the same results differs");
            assert!(
                without_times(&one) == without_times(&other),
                "{place}: {format} differs in more than times"
            );
        }
    }

    // A result says what it is, for programs.
    let result: Json = serde_json::from_str(&read(folder, "parts/accounts/100000000002.json")).unwrap();
    assert_eq!(result["account"]["name"], "workload-2");
    assert_eq!((&result["outcome"], &result["shard"]["of"]), (&"looked-at".into(), &4.into()), "{result}");
    assert!(result["details"]["report"]["calls"]["total"].as_u64().unwrap() > 10);
    assert!(!result["details"]["sheet"]["items"].as_array().unwrap().is_empty());
    let recorded: Json = serde_json::from_str(&read(folder, "parts/run.json")).unwrap();
    assert_eq!(recorded["accounts"].as_array().unwrap().len(), 41);
    let ended: Json = serde_json::from_str(&read(folder, "parts/shards/3.json")).unwrap();
    assert_eq!((&ended["shard"]["number"], ended["missing"].as_array().unwrap().len()), (&3.into(), 0));

    // Every report holds every account that was to be looked at.
    let ids: Vec<&str> =
        recorded["accounts"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    for format in ["junit", "sarif", "csv", "html"] {
        let report = read(folder, &format!("merged.{format}"));
        let missing: Vec<&&str> = ids.iter().filter(|id| !report.contains(**id)).collect();
        assert!(missing.is_empty(), "{format} lacks {missing:?}");
    }
}

#[test]
fn a_missing_result_is_named_and_results_of_two_runs_are_never_mixed() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let only = ["--only", "workload-2", "--only", "workload-3"];
    let drift = with(&DRIFT, &only);
    let refused = |arguments: &[&str], told: &str| {
        let all = with(&["--sandbox=world", "fleet"], arguments);
        let answer = baseline(folder, &all);
        assert_eq!(answer.status.code(), Some(1), "{arguments:?}: {}", said(&answer));
        assert!(said(&answer).contains(told), "{arguments:?}: {}", said(&answer));
    };
    refused(&with(&drift, &["--shard", "1/2"]), "needs a place for its results");
    refused(&with(&drift, &["--shard", "3/2", "--results", "a"]), "there is no shard 3");
    refused(&with(&drift, &["--shard", "auto", "--results", "a"]), "none of JOB_COMPLETION_INDEX");
    refused(&["merge", "a"], "there is no run.json");

    run(folder, 0, &with(&drift, &["--shard", "2/2", "--results", "a"]));
    refused(&["merge", "a"], "100000000002 (workload-2)");
    let whose = "the number of shards is 2 there, and 1 here";
    refused(&with(&drift, &["--results", "a"]), whose);
    refused(
        &with(
            &["plan", "fleet.toml", "--accounts", "accounts.json"],
            &with(&only, &["--shard", "1/2", "--results", "a"]),
        ),
        "the command is drift there, and plan here",
    );
    refused(&with(&DRIFT, &["--shard", "1/2", "--resume", "a"]), "the list of accounts is another one");
    refused(
        &with(&drift, &["--shard", "2/2", "--results", "a"]),
        "has a result of account 100000000003 already",
    );
    run(folder, 0, &with(&drift, &["--shard", "1/2", "--results", "a"]));
    assert!(run(folder, 2, &["merge", "a"]).starts_with("acme: 2 accounts: 2 looked at, 2 depart"));

    // A result in the place of another, of another run, or cut.
    let result = read(folder, "a/accounts/100000000003.json");
    let write = |name: &str, text: &str| std::fs::write(folder.join("a").join(name), text).unwrap();
    write("accounts/100000000002.json", &result);
    refused(&["merge", "a"], "the result of account 100000000002 is of account 100000000003");
    let recorded: Json = serde_json::from_str(&read(folder, "a/run.json")).unwrap();
    let other = result.replace(recorded["run"].as_str().unwrap(), "00000000000000000000000000000000");
    write("accounts/100000000003.json", &other);
    refused(&["merge", "a"], "the result of account 100000000003 is of another run");
    write("accounts/100000000003.json", &result[..result.len() / 2]);
    refused(&["merge", "a"], "the result of account 100000000003 cannot be read");
    let without = read(folder, "a/run.json").replace("100000000003", "100000000004");
    write("run.json", &without);
    refused(&["merge", "a"], "changed by hand");
}

/// Waits until so many results are there or the run is over, then kills it.
fn killed_after(folder: &Path, arguments: &[&str], count: usize) {
    let results = folder.join("killed/accounts");
    let mut child = Command::new(env!("CARGO_BIN_EXE_baseline"))
        .args(with(&["--sandbox=world", "fleet"], arguments))
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        let kept = std::fs::read_dir(&results)
            .map_or(0, |all| all.filter(|one| is_result(one.as_ref().unwrap())).count());
        if kept >= count || child.try_wait().unwrap().is_some() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "it neither ends nor goes on");
        std::thread::sleep(Duration::from_millis(2));
    }
    let _it_may_be_over = child.kill();
    child.wait().unwrap();
}

fn is_result(entry: &std::fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().ends_with(".json")
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_run_that_was_killed_at_any_point_and_is_resumed_ends_as_one_run_would_have() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let fleet = read(folder, "fleet.toml").replace("parallel = 8", "parallel = 1");
    std::fs::write(folder.join("fleet.toml"), fleet).unwrap();
    let names = ["workload-2", "workload-3", "workload-4", "workload-10", "workload-12", "workload-15"];
    let drift: Vec<&str> =
        DRIFT.into_iter().chain(names.into_iter().flat_map(|name| ["--only", name])).collect();
    let whole = run(folder, 3, &drift);
    for count in 0..names.len() {
        let _there_may_be_none = std::fs::remove_dir_all(folder.join("killed"));
        killed_after(folder, &with(&drift, &["--results", "killed"]), count);
        killed_after(folder, &with(&drift, &["--resume", "killed"]), count + 1);
        let resumed = run(folder, 3, &with(&drift, &["--resume", "killed"]));
        assert_eq!(resumed, whole, "killed after {count}");
        assert_eq!(run(folder, 3, &["merge", "killed"]), whole, "killed after {count}");
    }
    // What is done is not done again: the result stays as it was. What is not right is tried again.
    let (done, not_reached) = ("killed/accounts/100000000002.json", "killed/accounts/100000000010.json");
    let before = (read(folder, done), read(folder, not_reached));
    run(folder, 3, &with(&drift, &["--resume", "killed"]));
    assert!(read(folder, done) == before.0 && read(folder, not_reached) != before.1);
    // With another baseline file, it is.
    let member = read(folder, "member.toml") + "\n# changed\n";
    std::fs::write(folder.join("member.toml"), member).unwrap();
    run(folder, 3, &with(&drift, &["--resume", "killed"]));
    assert!(read(folder, done) != before.0);

    // Those that failed are looked at again by themselves.
    let failed = run(folder, 3, &with(&DRIFT, &["--only", "failed:killed"]));
    assert!(failed.starts_with("acme: 1 account: 0 looked at, 0 depart, 1 not reached"), "{failed}");
    run(folder, 2, &with(&DRIFT, &["--only", "workload-2", "--results", "right"]));
    let nobody =
        baseline(folder, &with(&["--sandbox=world", "fleet"], &with(&DRIFT, &["--only", "failed:right"])));
    assert_eq!(nobody.status.code(), Some(1));
    assert!(said(&nobody).contains("no account failed in right"), "{}", said(&nobody));
}

#[test]
fn a_merge_exits_as_the_run_would_have_and_by_a_budget_where_one_is_given() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let of = |command: &'static str, names: &[&'static str], place: &'static str, code: i32| {
        let mut arguments = vec![command, "fleet.toml", "--accounts", "accounts.json", "--results", place];
        arguments.extend(names.iter().flat_map(|name| ["--only", name]));
        run(folder, code, &arguments);
    };
    of("drift", &["workload-2", "workload-10"], "incomplete", 3);
    of("drift", &["workload-2"], "departs", 2);
    of("plan", &["workload-2"], "planned", 0);
    let merged = |code: i32, arguments: &[&str]| run(folder, code, &with(&["merge"], arguments));
    merged(3, &["incomplete"]);
    merged(2, &["departs"]);
    merged(0, &["planned"]);
    merged(2, &["planned", "--detailed-exitcode"]);
    // One of two failed.
    merged(1, &["incomplete", "--max-failures", "0"]);
    merged(1, &["incomplete", "--max-failures", "49%"]);
    merged(3, &["incomplete", "--max-failures", "50%"]);
    merged(3, &["incomplete", "--max-failures", "1"]);
    // A part exits by its contract, or by what it found.
    let part =
        with(&DRIFT, &["--only", "workload-2", "--shard", "1/1", "--exit-by-result", "--results", "part"]);
    run(folder, 2, &part);
}

#[test]
fn an_apply_in_parts_goes_wave_by_wave_and_is_not_done_twice() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let fleet = read(folder, "fleet.toml");
    let wave = "[[wave]]\nname = 'canary'\naccounts = ['workload-2']\n[access]\n";
    std::fs::write(folder.join("fleet.toml"), fleet.replace("[access]\n", wave)).unwrap();
    let apply = ["apply", "fleet.toml", "--accounts", "accounts.json", "--auto-approve"];
    let only = ["--only", "workload-2", "--only", "workload-3", "--only", "workload-4"];
    let apply = with(&apply, &only);
    let parts = |more: &[&'static str]| with(&apply, &with(&["--resume", "run"], more));
    let refused = baseline(folder, &with(&["--sandbox=world", "fleet"], &parts(&["--shard", "1/2"])));
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("give --wave NAME"), "{}", said(&refused));
    for (wave, shard) in [("canary", "1/2"), ("canary", "2/2"), ("rest", "1/2"), ("rest", "2/2")] {
        run(folder, 0, &parts(&["--wave", wave, "--shard", shard]));
    }
    let merged: Json = serde_json::from_str(&run(folder, 0, &["merge", "run", "--json"])).unwrap();
    assert_eq!((&merged["accounts"], &merged["changed"]), (&3.into(), &3.into()), "{merged}");
    // Again: every account is done, and says what was done.
    for (wave, shard) in [("canary", "1/2"), ("rest", "1/2"), ("rest", "2/2")] {
        run(folder, 0, &parts(&["--wave", wave, "--shard", shard]));
    }
    let again: Json = serde_json::from_str(&run(folder, 0, &["merge", "run", "--json"])).unwrap();
    assert_eq!(again, merged);
    let items: Json = serde_json::from_str(&run(
        folder,
        0,
        &["items", "fleet.toml", "--accounts", "accounts.json", "--shards", "2", "--wave", "canary"],
    ))
    .unwrap();
    assert_eq!(items, serde_json::json!([{ "shard": "1/2", "number": 1, "of": 2, "accounts": 1 }]));
    let of_list: Json =
        serde_json::from_str(&run(folder, 0, &["items", "accounts.json", "--shards", "3"])).unwrap();
    let sizes: Vec<u64> =
        of_list.as_array().unwrap().iter().map(|one| one["accounts"].as_u64().unwrap()).collect();
    assert_eq!((sizes.len(), sizes.iter().sum::<u64>()), (3, 36), "{of_list}");
}

#[test]
fn what_is_new_is_told_apart_from_what_is_still_there_and_what_is_gone() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let only = ["--only", "workload-2", "--only", "workload-3"];
    run(folder, 2, &with(&DRIFT, &with(&only, &["--results", "older"])));
    run(
        folder,
        0,
        &["apply", "fleet.toml", "--accounts", "accounts.json", "--auto-approve", "--only", "workload-2"],
    );
    run(folder, 2, &with(&DRIFT, &with(&only, &["--results", "newer"])));
    let since = |run_, older, code: i32, more: &[&'static str]| {
        let arguments = with(&["merge", run_, "--since", older, "--json"], more);
        serde_json::from_str::<Json>(&run(folder, code, &arguments)).unwrap()["since"].clone()
    };
    let mended = since("newer", "older", 2, &[]);
    assert_eq!(mended["new"].as_array().unwrap().len(), 0, "{mended}");
    let gone = mended["gone"].as_array().unwrap();
    assert!(gone.iter().any(|one| one["rule"] == "ec2.ebs-encryption"), "{mended}");
    assert!(gone.iter().all(|one| one["account"]["id"] == "100000000002"), "{mended}");
    assert!(mended["still"].as_u64().unwrap() > 0);
    // Nothing is new, so nobody needs to be called.
    since("newer", "older", 0, &["--new-only"]);
    let broken = since("older", "newer", 2, &["--new-only"]);
    assert_eq!(broken["new"].as_array().unwrap().len(), gone.len());
    let text = run(folder, 2, &["merge", "newer", "--since", "older"]);
    assert!(
        text.contains("\nsince older: 0 new, ") && text.contains("  gone  workload-2 (100000000002)"),
        "{text}"
    );

    let reports = [
        "--report",
        "slack=m.json",
        "--report",
        "asff=asff",
        "--report",
        "prometheus=m.prom",
        "--report",
        "sarif=m.sarif",
    ];
    run(folder, 2, &with(&["merge", "newer", "--since", "older"], &reports));
    let message: Json = serde_json::from_str(&read(folder, "m.json")).unwrap();
    let blocks = message["blocks"].as_array().unwrap();
    assert!(
        blocks.len() <= 50
            && blocks.iter().all(|block| {
                let text = block["text"]["text"].as_str().unwrap_or("x");
                block["text"].is_null()
                    || (block["text"]["type"] == "plain_text" && (1..=3000).contains(&text.chars().count()))
            }),
        "{message}"
    );
    let metrics = read(folder, "m.prom");
    for line in [
        "baseline_fleet_accounts{fleet=\"acme\",state=\"looked at\"} 2\n",
        "baseline_incomplete{fleet=\"acme\",account=\"100000000002\",name=\"workload-2\"} 0\n",
        "# TYPE baseline_last_success_timestamp_seconds gauge\n",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let mut archived = 0;
    for entry in std::fs::read_dir(folder.join("asff")).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let findings: Json = serde_json::from_str(&text).unwrap();
        let findings = findings.as_array().unwrap();
        assert!((1..=100).contains(&findings.len()) && text.len() <= 240_000, "{:?}", entry.file_name());
        for finding in findings {
            let account = finding["AwsAccountId"].as_str().unwrap();
            assert!(entry.file_name().to_string_lossy().starts_with(account), "{finding}");
            archived += usize::from(finding["RecordState"] == "ARCHIVED");
        }
    }
    assert_eq!(archived, gone.len());
    let log: Json = serde_json::from_str(&read(folder, "m.sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result["baselineState"] == "unchanged"));
    let prints: BTreeSet<String> = results.iter().map(|one| one["partialFingerprints"].to_string()).collect();
    assert_eq!(prints.len(), results.len(), "two accounts share a fingerprint");
}

#[test]
fn a_bucket_keeps_results_with_the_credentials_that_the_run_begins_with() {
    let emulator = Emulator::built_in(Profile::Instant);
    emulator.sandbox().seed(Seed::Fleet).unwrap();
    let folder = of_one_region(fleet_files());
    let folder = folder.path();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&emulator.config_in("us-east-1")).force_path_style(true).build(),
    );
    runtime.block_on(s3.create_bucket().bucket("fleet-results").send()).unwrap();
    let place = "s3://fleet-results/runs/1";
    let only = ["--only", "workload-2", "--only", "workload-3"];
    let fleet = |arguments: &[&str]| emulator.run(folder, with(&["fleet"], arguments));
    let whole = fleet(&with(&DRIFT, &only));
    for shard in ["1/2", "2/2"] {
        let part = fleet(&with(&DRIFT, &with(&only, &["--shard", shard, "--results", place])));
        assert_eq!(part.code, Some(0), "{part:?}");
    }
    let listed = runtime.block_on(s3.list_objects_v2().bucket("fleet-results").send()).unwrap();
    let keys: Vec<&str> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(
        keys,
        [
            "runs/1/accounts/100000000002.json",
            "runs/1/accounts/100000000003.json",
            "runs/1/run.json",
            "runs/1/shards/1.json",
            "runs/1/shards/2.json"
        ]
    );
    let merged = fleet(&["merge", place, "--report", "html=fleet.html"]);
    assert_eq!((merged.code, &merged.stdout), (whole.code, &whole.stdout), "{merged:?}");
    assert!(read(folder, "fleet.html").contains("workload-3"));
    let resumed = fleet(&with(&DRIFT, &with(&only, &["--shard", "1/2", "--resume", place])));
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let again = fleet(&with(&DRIFT, &with(&only, &["--shard", "1/2", "--results", place])));
    assert!(again.code == Some(1) && again.stderr.contains("already"), "{again:?}");
    // S3 says where a bucket is that is in another region than the baseline.
    let europe = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&emulator.config_in("eu-west-1")).force_path_style(true).build(),
    );
    let there = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuWest1)
        .build();
    let create = europe.create_bucket().bucket("fleet-elsewhere").create_bucket_configuration(there);
    runtime.block_on(create.send()).unwrap();
    let elsewhere = fleet(&with(&DRIFT, &["--only", "workload-2", "--results", "s3://fleet-elsewhere"]));
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");
    let merged = fleet(&["merge", "s3://fleet-elsewhere"]);
    assert_eq!((merged.code, &merged.stdout), (Some(2), &elsewhere.stdout), "{merged:?}");
    let missing = fleet(&["merge", "s3://fleet-results/runs/2"]);
    assert!(missing.code == Some(1) && missing.stderr.contains("there is no run.json"), "{missing:?}");
}
