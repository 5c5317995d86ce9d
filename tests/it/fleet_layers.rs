//! Baselines of several layers with variables, by unit, tag and account: what each account gets, and what is wrong with it.

use std::path::Path;
use std::sync::Arc;

use baseline::language::merged::merged;
use baseline::language::{Baseline, Files, Layers, Place, Source, render};
use baseline::report::merged as report;
use serde_json::{Value as Json, json};

use crate::at_home::{baseline, said};
use crate::readers;
use crate::source_code::root;

const MEMBER: &str = "name = 'member'\nregion = 'us-east-1'\n\n[vars.days]\ntype = 'number'\ndefault = 90\n\n\
                      [account]\n\n[password_policy]\nmax_age_days = '${var.days}'\n";
const PROD: &str = "[vars.who]\ntype = 'strings'\n\n[password_policy]\nmin_length = 20\n\n[audit]\ntrusted_accounts = '${var.who}'\n";

/// A fleet of two layers, of which the second is for production.
const FLEET: &str = "name = 'acme'\nbaseline = 'member.toml'\nvars = { days = 60 }\n\n\
                     [access]\nrole = 'Admin'\n\n\
                     [[for]]\nunits = ['Workloads/Prod']\nbaseline = ['member.toml', 'prod.toml']\n\
                     vars = { who = ['111122223333'] }\n\n\
                     [[for]]\ntags = { tier = 'gold' }\nvars = { days = 30 }\n\n\
                     [account.vault]\nid = '100000000003'\nvars = { days = 10 }\n";

fn account(id: u64, unit: &str, tier: &str) -> Json {
    json!({
        "Id": id.to_string(), "Name": format!("n{}", id % 10), "State": "ACTIVE",
        "Unit": unit, "UnitIds": ["r-ab12", "ou-ab12-34567890"], "Tags": { "tier": tier },
    })
}

/// A folder with the fleet and four accounts: one of production, one with a tag, one with both and a section of its own, and one with nothing.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let accounts = json!([
        account(100_000_000_001, "Workloads/Prod/Shop", "iron"),
        account(100_000_000_002, "Workloads/Dev", "gold"),
        account(100_000_000_003, "Workloads/Prod", "gold"),
        account(100_000_000_004, "", "iron"),
    ]);
    for (name, text) in [
        ("fleet.toml", FLEET.to_owned()),
        ("member.toml", MEMBER.to_owned()),
        ("prod.toml", PROD.to_owned()),
        ("accounts.json", accounts.to_string()),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn run(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let answer = baseline(folder, arguments);
    assert_eq!(answer.status.code(), Some(code), "{arguments:?}: {}", said(&answer));
    said(&answer)
}

fn rewrite(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

const OF_LIST: [&str; 3] = ["fleet.toml", "--accounts", "accounts.json"];

fn show(folder: &Path, account: &str) -> String {
    run(folder, 0, &[&["fleet", "show", account], &OF_LIST[..]].concat())
}

fn validate(folder: &Path, code: i32) -> String {
    run(folder, code, &[&["fleet", "validate"], &OF_LIST[..]].concat())
}

#[test]
fn an_account_gets_what_its_units_its_tags_and_its_own_section_say_and_the_last_one_wins() {
    let folder = folder();
    for (account, layers, lines) in [
        (
            "n1",
            "member.toml + prod.toml",
            &[
                "max_age_days = 60  # member.toml:11, ${var.days} of fleet.toml:3",
                "min_length = 20  # prod.toml:5",
                "trusted_accounts = [\"111122223333\"]  # prod.toml:8, ${var.who} of fleet.toml:11",
            ][..],
        ),
        ("n2", "member.toml", &["max_age_days = 30  # member.toml:11, ${var.days} of fleet.toml:15"]),
        (
            "vault",
            "member.toml + prod.toml",
            &[
                "max_age_days = 10  # member.toml:11, ${var.days} of fleet.toml:19",
                "trusted_accounts = [\"111122223333\"]  # prod.toml:8, ${var.who} of fleet.toml:11",
            ],
        ),
        ("n4", "member.toml", &["max_age_days = 60  # member.toml:11, ${var.days} of fleet.toml:3"]),
    ] {
        let shown = show(folder.path(), account);
        let head = shown.lines().next().unwrap();
        assert!(head.ends_with(&format!("in acme: {layers}")), "{shown}");
        for line in lines {
            assert!(shown.lines().any(|shown| shown == *line), "{account}: {line} is not in\n{shown}");
        }
        assert!(!shown.contains("[vars"), "{shown}");
        // What is shown is a baseline of its own.
        std::fs::write(folder.path().join("shown.toml"), &shown).unwrap();
        run(folder.path(), 0, &["validate", "shown.toml"]);
    }
    let listed = run(folder.path(), 0, &[&["fleet", "accounts"], &OF_LIST[..]].concat());
    assert!(listed.contains("100000000001  n1  as role Admin, member.toml + prod.toml"), "{listed}");
    let valid = validate(folder.path(), 0);
    assert!(valid.contains("4 accounts to look at, member.toml, member.toml + prod.toml"), "{valid}");

    let text =
        run(folder.path(), 0, &[&["fleet", "show", "100000000001"], &OF_LIST[..], &["--json"]].concat());
    let json: Json = serde_json::from_str(&text).unwrap();
    let value =
        json["values"].as_array().unwrap().iter().find(|value| value["path"][1] == "trusted_accounts");
    assert_eq!(
        value.unwrap(),
        &json!({
            "path": ["audit", "trusted_accounts"], "value": ["111122223333"], "file": "prod.toml", "line": 8,
            "variables": [{ "name": "who", "file": "fleet.toml", "line": 11 }],
        })
    );
}

#[test]
fn an_example_of_two_layers_is_shown_as_one_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["fleet.toml", "member.toml", "prod.toml", "audit.toml", "accounts.json"] {
        std::fs::copy(root().join("examples/fleet").join(name), folder.path().join(name)).unwrap();
    }
    let shown = show(folder.path(), "workload-12");
    assert!(
        shown.contains("trail_retention_days = 365  # member.toml:17, ${var.log_days} of fleet.toml:"),
        "{shown}"
    );
    assert!(shown.contains("max_age_days = 90  # prod.toml:4"), "{shown}");
    let other = show(folder.path(), "workload-2");
    assert!(
        other.contains("trail_retention_days = 90  # member.toml:17, ${var.log_days} of member.toml:8"),
        "{other}"
    );
}

/// Every fault is told at its place, with the accounts that have it where those are not all.
#[test]
fn what_is_wrong_is_told_where_it_stands_and_for_whom() {
    for (name, from, to, told) in [
        (
            "member.toml",
            "max_age_days =",
            "max_age_dys =",
            &["--> member.toml:11:1", "did you mean `max_age_days`"][..],
        ),
        (
            "prod.toml",
            "min_length = 20",
            "min_length = 'x'",
            &["--> prod.toml:5:14", "for n1 (100000000001), vault (100000000003)"],
        ),
        // A value that does not fit is told at the reference, with where it was given.
        (
            "fleet.toml",
            "days = 30",
            "days = 4000",
            &[
                "--> member.toml:11:16",
                "--> fleet.toml:15",
                "`${var.days}` is 4000 here",
                "for n2 (100000000002)",
            ],
        ),
        (
            "fleet.toml",
            "days = 60",
            "days = 'x'",
            &["--> fleet.toml:3:17", "`days` must be a whole number", "this is text", "--> member.toml:5"],
        ),
        (
            "fleet.toml",
            "who = ['111122223333']",
            "woh = ['111122223333']",
            &[
                "--> fleet.toml:11",
                "no variable `woh`",
                "did you mean `who`?",
                "--> prod.toml:1",
                "`who` has no value",
            ],
        ),
        (
            "fleet.toml",
            "units = ['Workloads/Prod']",
            "units = ['Workloads/Pord']",
            &["--> fleet.toml:9", "no account of the list is in the unit `Workloads/Pord`"],
        ),
        (
            "fleet.toml",
            "units = ['Workloads/Prod']",
            "accounts = ['n9']",
            &["--> fleet.toml:9", "there is no account `n9`"],
        ),
        ("fleet.toml", "units = ['Workloads/Prod']\n", "", &["this says no accounts that it is for"]),
        (
            "fleet.toml",
            "tags = { tier = 'gold' }\nvars = { days = 30 }",
            "tags = { tier = 'gold' }",
            &["this sets nothing"],
        ),
        ("fleet.toml", "tags = { tier = 'gold' }", "tags = { tier = 'lead' }", &["this is for no account"]),
        (
            "fleet.toml",
            "baseline = ['member.toml', 'prod.toml']",
            "baseline = []",
            &["an empty list says nothing"],
        ),
        ("fleet.toml", "'prod.toml'", "'none.toml'", &["cannot read none.toml"]),
        (
            "accounts.json",
            "\"Unit\"",
            "\"Unlit\"",
            &[
                "--> fleet.toml:9:9",
                "does not say in which units",
                "baseline fleet accounts FLEET --out accounts.json",
            ],
        ),
        (
            "accounts.json",
            "\"Tags\"",
            "\"Togs\"",
            &[
                "--> fleet.toml:14:8",
                "does not say which tags",
                "baseline fleet accounts FLEET --out accounts.json",
            ],
        ),
    ] {
        let folder = folder();
        rewrite(folder.path(), name, from, to);
        let is_warning =
            told.iter().any(|told| told.starts_with("no account of") || told.starts_with("this is for no"));
        let said = validate(folder.path(), i32::from(!is_warning));
        for told in told {
            assert!(said.contains(told), "{from} -> {to}: {told:?} is not in\n{said}");
        }
    }
}

#[test]
fn all_problems_of_all_baselines_are_told_at_once_and_each_once() {
    let folder = folder();
    rewrite(folder.path(), "member.toml", "[account]", "[acount]");
    rewrite(folder.path(), "prod.toml", "min_length = 20", "min_length = 2");
    let said = validate(folder.path(), 1);
    // Three distinct baselines have the first one.
    assert_eq!(said.matches("--> member.toml:8:2").count(), 1, "{said}");
    assert_eq!(said.matches("--> prod.toml:5:14").count(), 1, "{said}");
    assert_eq!(said.matches("= for ").count(), 1, "what all accounts have needs no list of them: {said}");
}

/// A value at the top is for every baseline that has the variable, and for no other.
#[test]
fn a_value_of_the_fleet_may_be_for_some_baselines_but_not_for_none() {
    let folder = folder();
    std::fs::write(folder.path().join("plain.toml"), "name = 'plain'\nregion = 'us-east-1'\n[account]\n")
        .unwrap();
    rewrite(folder.path(), "fleet.toml", "vars = { days = 10 }", "baseline = 'plain.toml'");
    validate(folder.path(), 0);
    rewrite(folder.path(), "fleet.toml", "vars = { days = 60 }", "vars = { days = 60, nothing = 1 }");
    let said = validate(folder.path(), 1);
    assert!(said.contains("--> fleet.toml:3") && said.contains("no variable `nothing`"), "{said}");
    assert_eq!(said.matches("error").count(), 1, "{said}");
}

#[test]
fn a_value_is_typed_for_a_single_baseline() {
    let folder = folder();
    std::fs::write(
        folder.path().join("one.toml"),
        format!("{MEMBER}\n[vars.who]\ntype = 'strings'\n[audit]\ntrusted_accounts = '${{var.who}}'\n"),
    )
    .unwrap();
    let who = "--var=who=[\"111122223333\"]";
    for (arguments, code, told) in [
        (&["--var", "days=30", who][..], 0, "one.toml"),
        (&[who], 0, "one.toml"),
        (&[], 1, "the variable `who` has no value"),
        (&["--var", "days=30d", who], 1, "--> --var:1:6"),
        (&["--var", "days=4000", who], 1, "--> --var:1:6"),
        (&["--var", "who=111122223333"], 1, "write it as JSON: --var 'who=[\"one\", \"two\"]'"),
        (&["--var", "dyas=30", who], 1, "did you mean `days`?"),
        (&["--var", "days", who], 1, "write NAME=VALUE"),
    ] {
        let said = run(folder.path(), code, &[&["validate", "one.toml"], arguments].concat());
        assert!(said.contains(told), "{arguments:?}: {told} is not in\n{said}");
    }
    let text = run(folder.path(), 1, &["validate", "one.toml", "--json", "--var", "dyas=30", who]);
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(json["diagnostics"][0]["file"], "--var");
    assert_eq!(
        (json["diagnostics"][0]["line"].as_u64(), json["diagnostics"][0]["column"].as_u64()),
        (Some(1), Some(6))
    );
}

/// Editors take a reference wherever a value may stand, and no other text in its place.
#[test]
fn the_schema_takes_a_reference_wherever_a_value_stands() {
    let (schema, baselines, fleet) = (
        root().join("docs/schema/baseline.schema.json"),
        root().join("baselines"),
        root().join("examples/fleet"),
    );
    readers::agree(include_str!("readers/references.py"), &[&schema, &baselines, &fleet]);
}

/// A plan that was made with values is carried out with them, and with no others.
#[test]
fn a_saved_plan_has_the_values_that_it_was_made_with() {
    let folder = folder();
    let with =
        |code: i32, arguments: &[&str]| run(folder.path(), code, &[&["--sandbox=world"], arguments].concat());
    with(0, &["plan", "member.toml", "--var", "days=30", "--out", "p.plan"]);
    let refused = with(1, &["apply", "p.plan", "--var", "days=31", "--auto-approve"]);
    assert!(refused.contains("already has the values of its variables"), "{refused}");
    with(0, &["apply", "p.plan", "--auto-approve"]);
    with(0, &["drift", "member.toml", "--var", "days=30"]);
    let departs = with(2, &["drift", "member.toml"]);
    assert!(departs.contains("30 -> 90") && departs.contains("member.toml:10"), "{departs}");
}

/// Layers reach the accounts: what the second one asks for is what departs there.
#[test]
fn a_run_holds_each_account_to_its_own_layers() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["fleet.toml", "member.toml", "prod.toml", "audit.toml", "accounts.json"] {
        std::fs::copy(root().join("examples/fleet").join(name), folder.path().join(name)).unwrap();
    }
    run(folder.path(), 0, &["--sandbox=world", "sandbox", "seed", "fleet"]);
    let only = ["--only", "workload-2", "--only", "workload-12", "--json"];
    let text = run(
        folder.path(),
        2,
        &[&["--sandbox=world", "--quiet", "fleet", "drift"], &OF_LIST[..], &only].concat(),
    );
    let report: Json = serde_json::from_str(&text).unwrap();
    let departs = |id: &str| {
        let groups = report["groups"].as_array().unwrap();
        groups.iter().find(|group| group["accounts"].to_string().contains(id)).unwrap()["departs"].to_string()
    };
    assert!(departs("100000000012").contains("root-mfa"), "{report}");
    assert!(!departs("100000000002").contains("root-mfa"), "{report}");
}

/// What each thing is, without where it was asked for.
fn things(files: &dyn Files) -> Vec<(String, String)> {
    let (baseline, problems) = Baseline::parse(files);
    let baseline = baseline.unwrap_or_else(|| panic!("{}", render(files, &problems, false)));
    let wanted = baseline.expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
    wanted.things.iter().map(|(addr, want)| (addr.to_string(), format!("{:?}", want.value))).collect()
}

fn layers(texts: &[&str]) -> Layers {
    let source = |(place, text): (usize, &&str)| {
        Arc::new(Source { name: format!("layer-{place}.toml"), text: (*text).to_owned() })
    };
    Layers::new(texts.iter().enumerate().map(source).collect())
}

/// Whatever stands in a baseline: shown as one file, it is the same baseline, and shown again it is the same text but for the places.
#[test]
fn a_baseline_that_is_shown_is_the_baseline_of_its_layers() {
    let odd = "name = 'odd'\nregion = 'us-east-1'\n[bucket.a]\naccess_log = false\nname = \"old\\u0061bucket\"\n\
               [policy.p]\ndescription = \"say \\\"::error::x\\\" and ##vso[task] \\\\ done\"\n\
               [[policy.p.allow]]\nactions = ['s3:GetObject']\nresources = ['arn:aws:s3:::one/*', \"arn:aws:s3:::\\u0074wo/*\"]\n\
               conditions = { StringEquals = { \"aws:PrincipalTag/team\" = ['a', 'b'] }, Bool = { 'aws:SecureTransport' = true } }\n";
    let mut files: Vec<String> = std::fs::read_dir(root().join("baselines"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert!(files.len() > 3, "{}", files.len());
    files.push(odd.to_owned());
    let over = "[bucket.extra]\naccess_log = false\n[password_policy]\nmin_length = 30\n";
    for text in &files {
        for texts in [&[text.as_str()][..], &[text, over]] {
            let layers = layers(texts);
            let shown = report::toml("all of it", &merged(&layers).unwrap());
            let again = Source { name: "shown.toml".into(), text: shown.written().into_owned() };
            assert_eq!(things(&again), things(&layers), "{shown}");
            let twice = report::toml("all of it", &merged(&again).unwrap());
            let without_places = |text: &str| -> Vec<String> {
                text.lines().map(|line| line.split("  # ").next().unwrap().to_owned()).collect()
            };
            assert_eq!(without_places(&twice), without_places(&shown));
        }
    }
}
