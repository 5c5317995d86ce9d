//! A fleet is changed as somebody saw it: saved plans, and how an apply goes on from wave to wave.

use std::path::Path;

use serde_json::Value as Json;

use crate::at_home::{baseline, said};
use crate::fleet::{of_one_region, run, seeded};

const LIST: [&str; 2] = ["--accounts", "accounts.json"];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, more].concat()
}

fn only<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().flat_map(|name| ["--only", name]).collect()
}

fn json(folder: &Path, code: i32, arguments: &[&str]) -> Json {
    serde_json::from_str(&run(folder, code, &with(arguments, &["--json"]))).unwrap()
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let answer = baseline(folder, &with(&["--sandbox=world", "fleet"], arguments));
    assert_eq!(answer.status.code(), Some(1), "{arguments:?}: {}", said(&answer));
    said(&answer)
}

/// The reasons and names of accounts of a list.
fn told(report: &Json, list: &str) -> Vec<(String, Vec<String>)> {
    let group = |group: &Json| {
        let names = group["accounts"].as_array().unwrap().iter();
        let names = names.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        (group["reason"].as_str().unwrap().to_owned(), names)
    };
    report[list].as_array().unwrap().iter().map(group).collect()
}

/// A fleet of these accounts of the list, with more keys.
fn small(folder: &Path, names: &[&str], keys: &str) {
    rewrite(folder, "accounts.json", |text| {
        let mut list: Json = serde_json::from_str(&text).unwrap();
        let accounts = list["Accounts"].as_array_mut().unwrap();
        accounts.retain(|one| names.contains(&one["Name"].as_str().unwrap()));
        assert_eq!(accounts.len(), names.len());
        list.to_string()
    });
    let fleet = format!("name = 'acme'\nbaseline = 'member.toml'\n{keys}\n");
    let access = "[access]\nrole = 'OrganizationAccountAccessRole'\n";
    std::fs::write(folder.join("fleet.toml"), fleet + access).unwrap();
}

fn rewrite(folder: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let path = folder.join(name);
    std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap())).unwrap();
}

#[test]
fn a_saved_plan_needs_no_other_file_and_is_carried_out_as_it_was_or_not_at_all() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let names = only(&["workload-2", "workload-3", "workload-4", "workload-10", "workload-5"]);
    let plan = with(&with(&["plan", "fleet.toml"], &LIST), &names);
    let answer =
        baseline(folder, &with(&["--sandbox=world", "fleet"], &with(&plan, &["--out", "monday.plan"])));
    assert_eq!(answer.status.code(), Some(3), "one is not reached: {}", said(&answer));
    let digest = said(&answer).split("its SHA-256 is ").nth(1).unwrap()[..64].to_owned();

    // Somebody changes one of them meanwhile.
    run(folder, 0, &with(&with(&["apply", "fleet.toml", "--auto-approve"], &LIST), &only(&["workload-3"])));
    for file in ["fleet.toml", "member.toml", "prod.toml", "audit.toml"] {
        std::fs::remove_file(folder.join(file)).unwrap();
    }

    let apply = ["apply", "monday.plan", "--auto-approve"];
    let another = digest.replace(|digit: char| digit.is_ascii_digit(), "a");
    for (more, told) in [
        (&["--plan-digest", &another][..], "is expected"),
        (&LIST[..], "already has the list of accounts"),
        (&["--prune"], "already says what is deleted"),
        (&["--only", "workload-6"], "there are no such accounts"),
    ] {
        let said = refused(folder, &with(&apply, more));
        assert!(said.contains(told), "{more:?}: {said}");
    }
    let applied = json(folder, 1, &with(&apply, &["--plan-digest", &digest]));
    assert_eq!((&applied["accounts"], &applied["changed"]), (&5.into(), &2.into()), "{applied}");
    let [(reason, names)] = &told(&applied, "failed")[..] else { panic!("{applied}") };
    assert_eq!(names, &["workload-3"]);
    assert!(reason.contains("the account has changed since the plan was made"), "{reason}");
    let [(reason, names)] = &told(&applied, "not_reached")[..] else { panic!("{applied}") };
    assert_eq!(names, &["workload-10"]);
    assert!(reason.starts_with("when the plan was made: sts:AssumeRole"), "{reason}");
    assert_eq!(told(&applied, "skipped"), [("SUSPENDED".to_owned(), vec!["workload-5".to_owned()])]);

    // It is a plan of many accounts, and not one of one.
    let one = baseline(folder, &["--sandbox=world", "apply", "monday.plan", "--auto-approve"]);
    assert!(said(&one).contains("no plan that baseline saved"), "{}", said(&one));
    rewrite(folder, "monday.plan", |text| text.replace("\"format_version\": 1,", "\"format_version\": 2,"));
    assert!(refused(folder, &apply).contains("was saved by a newer baseline"));
    std::fs::write(folder.join("monday.plan"), "{\"format\": \"baseline plan\"}").unwrap();
    assert!(refused(folder, &apply).contains("no plan that baseline saved for a fleet"));
}

#[test]
fn what_a_fleet_plan_says_of_deletions_is_what_an_apply_of_it_does() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    small(folder, &["workload-2", "workload-3"], "");
    let apply = with(&["apply", "fleet.toml", "--auto-approve"], &LIST);
    let group = "[group.readers]\npolicies = ['arn:aws:iam::aws:policy/ReadOnlyAccess']\n";
    rewrite(folder, "member.toml", |text| text + group);
    run(folder, 0, &apply);
    rewrite(folder, "member.toml", |text| text.replace(group, ""));
    let plan = with(&["plan", "fleet.toml"], &LIST);
    let kept = run(folder, 0, &plan);
    let pruned = run(folder, 0, &with(&plan, &["--prune", "--out", "prune.plan"]));
    assert!(!kept.contains("iam.group.readers") && pruned.contains("iam.group.readers"), "{kept}{pruned}");

    // Where nothing may be deleted without somebody who looks at it, nothing is.
    small(folder, &["workload-2", "workload-3"], "continue = 'no-deletes'");
    let stopped = json(folder, 1, &with(&apply, &["--prune"]));
    let [(reason, names)] = &told(&stopped, "not_begun")[..] else { panic!("{stopped}") };
    assert!(reason.contains("something would be deleted"), "{reason}");
    assert_eq!(names, &["workload-2", "workload-3"]);
    let applied = json(folder, 0, &["apply", "prune.plan", "--auto-approve"]);
    assert_eq!(applied["changed"], 2, "{applied}");
    assert!(applied["groups"][0]["done"].to_string().contains("delete iam.group.readers"), "{applied}");
}

#[test]
fn an_apply_goes_on_alone_only_to_accounts_in_which_the_canary_was_changed_alike() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    small(
        folder,
        &["workload-2", "workload-3", "workload-4"],
        "continue = 'same-as-canary'\n[[wave]]\nname = 'canary'\naccounts = ['workload-2']\n\
         [account.audit]\nid = '100000000001'\nbaseline = 'audit.toml'\n",
    );
    let settings = "name = 'audit'\nregion = 'us-east-1'\n[password_policy]\nmin_length = 30\n";
    std::fs::write(folder.join("audit.toml"), settings).unwrap();
    let apply = with(&["apply", "fleet.toml", "--auto-approve", "--resume", "run"], &LIST);
    let applied = json(folder, 1, &apply);
    assert_eq!(applied["changed"], 3, "{applied}");
    let [(reason, names)] = &told(&applied, "not_begun")[..] else { panic!("{applied}") };
    assert_eq!(names, &["audit"]);
    assert!(reason.contains("no account of a wave before was changed in the same way"), "{reason}");
    // Going on with the same results, what was changed before still counts, and is not enough for this one.
    let again = json(folder, 1, &apply);
    assert_eq!((&again["changed"], told(&again, "not_begun").len()), (&3.into(), 1), "{again}");
    // `--only failed:DIR` names no account.
    let again = ["apply", "fleet.toml", "--auto-approve", "--only", "failed:run"];
    let again = json(folder, 1, &with(&again, &LIST));
    assert_eq!((&again["accounts"], told(&again, "not_begun").len()), (&1.into(), 1), "{again}");
    // Whoever has looked at it names it.
    let named = ["apply", "fleet.toml", "--auto-approve", "--only", "audit"];
    assert_eq!(json(folder, 0, &with(&named, &LIST))["changed"], 1);
}

#[test]
fn what_a_fleet_file_says_of_going_on_is_checked_with_it() {
    let folder = of_one_region(seeded());
    let folder = folder.path();
    let wave =
        |keys: &str| format!("[[wave]]\nname = 'canary'\naccounts = ['workload-2']\n{keys}\n[access]\n");
    let fleet = std::fs::read_to_string(folder.join("fleet.toml")).unwrap();
    for (keys, told) in [
        ("continue = 'same-as-canary'", "no wave is before the first one"),
        ("continue = 'ask'", "no wave is before the first one"),
        ("continue = 'sometimes'", "`continue` is not valid"),
        ("max_failures = '101%'", "100% is the most"),
        ("max_failures = 'few'", "`max_failures`"),
        ("max_failures = -1", "must be from 0 to 10000"),
        ("parallel = 0", "must be from 1 to 64"),
    ] {
        rewrite(folder, "fleet.toml", |_| fleet.replace("[access]\n", &wave(keys)));
        let said = refused(folder, &with(&["validate", "fleet.toml"], &LIST));
        assert!(said.contains(told), "{keys}: {said}");
    }
    rewrite(folder, "fleet.toml", |_| {
        let rest = fleet.replace("parallel = 8\n", "parallel = 8\nmax_failures = '10%'\n");
        rest.replace("[access]\n", &wave("max_failures = 1\nparallel = 2\ncontinue = 'no-deletes'"))
    });
    let valid = run(folder, 0, &with(&["validate", "fleet.toml"], &LIST));
    assert!(valid.contains("wave canary: 1 account, 1 may fail"), "{valid}");
    assert!(valid.contains("wave rest: 34 accounts, 3 may fail"), "{valid}");
}
