//! Holds the rooms of docs/architecture.md: who may import whom, and what stays short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source_code::{self, names_of_the_crate, root, without_tests};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    source_code::files(folder, &["rs"])
}

fn room(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    below.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Whether a file reads facts for the posture rules, which themselves are pure.
fn reads_facts(path: &Path) -> bool {
    path.starts_with(root().join("src/posture/read"))
}

/// Whether a file holds nothing but unit tests.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| {
        let name = part.as_os_str().to_string_lossy().into_owned();
        name.ends_with("tests.rs") || name.ends_with("_tests") || name == "testing.rs"
    }) || path.parent().is_some_and(|folder| folder.ends_with("tests"))
}

/// The code of a file without its unit tests, which may use what they like.
fn code(path: &Path) -> String {
    if is_test(path) {
        return String::new();
    }
    without_tests(&fs::read_to_string(path).unwrap())
}

#[test]
fn imports_between_rooms_run_one_way() {
    let may_import = |room: &str| -> &[&str] {
        match room {
            "model" => &["model", "partition"],
            "language" => &["language", "model", "network", "partition", "kinds", "policy", "posture"],
            "plan" => &["plan", "model"],
            // The last four are macros, which are named at the top wherever they stand; they are this room's own.
            "report" => &[
                "report",
                "plan",
                "posture",
                "model",
                "partition",
                "engine",
                "language",
                "fleet",
                "network",
                "policy",
                "temporary",
                "shown",
                "markdown",
                "words",
                "template",
            ],
            "aws" => &["aws", "budget", "model", "network", "operations", "partition"],
            "kinds" => &["kinds", "aws", "model", "temporary"],
            "posture" => &["posture", "operations", "plan", "model", "partition", "aws", "policy"],
            "operations" => &["operations", "model", "partition"],
            "permissions" => &["permissions", "model", "operations", "partition"],
            "guard" => &["guard", "model", "policy"],
            "policy" => &["policy", "partition"],
            "temporary" => &["temporary"],
            "fleet" => &["fleet", "language", "partition"],
            "network" => &["network"],
            "sandbox" => &["sandbox", "budget", "open_files", "partition", "policy"],
            "open_files" => &[],
            "budget" => &["budget"],
            "partition" => &["partition"],
            "engine" => &["engine", "kinds", "aws", "permissions", "plan", "model"],
            _ => &[],
        }
    };
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let room = room(&path);
        if ["main", "lib", "cli"].contains(&room.as_str()) {
            continue;
        }
        for target in names_of_the_crate(&code(&path)) {
            if !may_import(&room).contains(&target.as_str()) {
                wrong.push(format!("{} names crate::{target}", path.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn aws_types_stay_in_their_rooms() {
    let strays: Vec<PathBuf> = rust_files(&root().join("src"))
        .into_iter()
        .filter(|path| !["aws", "kinds"].contains(&room(path).as_str()) && !reads_facts(path))
        .filter(|path| code(path).contains("aws_sdk_"))
        .collect();
    assert_eq!(strays, Vec::<PathBuf>::new());
}

/// The SDK's paginators take more memory than the calls they make, and take a token that repeats itself for the end of the list.
#[test]
fn lists_are_read_to_their_end_in_one_place() {
    let built_in = root().join("src/sandbox");
    let files = rust_files(&root().join("src")).into_iter().filter(|path| !path.starts_with(&built_in));
    let by_hand = ["into_paginator", "set_next_token", "set_marker"];
    let others = files.filter(|path| by_hand.iter().any(|way| code(path).contains(way)));
    let others: Vec<PathBuf> =
        others.filter_map(|path| Some(path.strip_prefix(root()).ok()?.to_owned())).collect();
    // A job that may not have ended yet is asked again on the same page.
    assert_eq!(others, [PathBuf::from("src/posture/read/service_use.rs")]);
}

#[test]
fn pure_rooms_see_no_clock_no_environment_and_no_chance() {
    let impure = ["SystemTime", "Instant::now", "std::env", "rand::", "std::fs", "tokio::"];
    let mut wrong = BTreeSet::new();
    for path in rust_files(&root().join("src")) {
        let pure = [
            "model",
            "language",
            "plan",
            "report",
            "operations",
            "permissions",
            "guard",
            "network",
            "policy",
            "posture",
            "temporary",
            "fleet",
            "budget",
            "partition",
        ];
        if pure.contains(&room(&path).as_str()) && !reads_facts(&path) {
            let code = code(&path);
            wrong.extend(
                impure
                    .iter()
                    .filter(|word| code.contains(**word))
                    .map(|word| format!("{} uses {word}", path.display())),
            );
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

/// What is printed or written to a report is of a type that only cleaning makes (`report/shown.rs`); these are the places
/// at which it leaves the program, and there are no others.
#[test]
fn text_leaves_the_program_through_its_type_alone() {
    let doors: [(&[&str], &[&str]); 5] = [
        (
            &["println!", "print!(", "eprint!(", "dbg!(", "stdout()", "stderr()", ".print()"],
            // The second draws bars, and says below what stands beside them.
            &["src/cli/output.rs", "src/cli/progress.rs"],
        ),
        (&["indicatif"], &["src/cli/progress.rs"]),
        (
            &["laid_out("],
            &[
                "src/report/shown.rs",
                "src/report/problems.rs",
                "src/cli/completions.rs",
                "src/cli/packaging.rs",
                "src/cli/mod.rs",
            ],
        ),
        (&["PreEscaped("], &["src/report/html.rs"]),
        // Files: reports, plans and the starter file; an encrypted key.
        (
            &["fs::write(", "File::create", "OpenOptions", "NamedTempFile::new"],
            &["src/cli/whole_file.rs", "src/cli/rotate.rs"],
        ),
    ];
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        // clap asks itself which stream it would take.
        let code = code(&path).replace("use_stderr()", "");
        let is_shown = ["cli", "report"].contains(&room(&path).as_str());
        for (words, files) in &doors[..if is_shown { doors.len() } else { 1 }] {
            let found = words.iter().filter(|word| code.contains(**word) && !files.contains(&name.as_str()));
            wrong.extend(found.map(|word| format!("{name} has {word}")));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let code = |name: &str| code(&root().join(name));
    // In the places themselves it is that type which leaves.
    let output = code("src/cli/output.rs");
    assert_eq!(output.matches("write_all(").count(), output.matches("write_all(text.written()").count());
    assert_eq!(output.matches("writeln!(").count(), 1);
    let progress = code("src/cli/progress.rs");
    for word in ["set_message(", "with_message("] {
        let typed = progress.matches(&format!("{word}message.written()")).count();
        assert_eq!((progress.matches(word).count(), typed), (1, 1), "{word}");
    }
    assert_eq!(code("src/report/html.rs").matches("PreEscaped(").count(), 1, "the style sheet");
    let files = code("src/cli/whole_file.rs");
    let typed = files.matches("write_all(text.written()").count()
        + files.matches("write_all(own.as_bytes())").count();
    assert!(files.contains("own: &'static str"), "what is no answer stands in the program");
    assert_eq!(files.matches("write_all(").count(), typed);
}

#[test]
fn no_file_holds_more_than_600_lines() {
    let long: Vec<PathBuf> = ["src", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter(|path| fs::read_to_string(path).unwrap().lines().count() > 600)
        .collect();
    assert_eq!(long, Vec::<PathBuf>::new());
}

#[test]
fn every_kind_is_a_folder_and_registered() {
    let registry = fs::read_to_string(root().join("src/kinds/mod.rs")).unwrap();
    for path in rust_files(&root().join("src/kinds")) {
        if fs::read_to_string(&path).unwrap().contains("impl Resource for") {
            assert_eq!(path.file_name().unwrap(), "mod.rs", "{} is no folder of a kind", path.display());
            let folder = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            assert!(registry.contains(&format!("Erased::<{folder}::")), "{folder} is not in KINDS");
        }
    }
}

/// The parser of TOML takes a thousand times as much memory as the text: `source::tables` measures the text first.
#[test]
fn toml_is_parsed_where_its_length_is_known() {
    let parsers =
        ["DeTable::parse", "DeValue::parse", "toml::from_", "toml::de::Deserializer", "toml::Table>"];
    let files = rust_files(&root().join("src"));
    let parsing: BTreeSet<String> = files
        .iter()
        .filter(|path| parsers.iter().any(|parser| code(path).contains(parser)))
        .map(|path| path.strip_prefix(root().join("src")).unwrap().display().to_string())
        .collect();
    // The others parse defaults and numbers, which this program wrote.
    let own =
        ["language/reader.rs", "language/references.rs", "language/schema.rs", "language/types/scalar.rs"];
    let known = own.into_iter().chain(["language/source.rs"]).map(str::to_owned);
    assert_eq!(parsing, known.collect());
}

/// What `cargo test` leaves out runs in CI: each such test names the lane of `tests/lanes.py` that runs it.
#[test]
fn every_test_that_is_left_out_is_in_a_lane_that_ci_runs() {
    let lanes = fs::read_to_string(root().join("tests/lanes.py")).unwrap();
    assert!(
        lanes.contains("\"--ignored\", \"--skip\", \"strangers::\"")
            && lanes.contains("\"--ignored\", \"strangers::\"")
    );
    assert!(fs::read_to_string(root().join(".ci/run")).unwrap().contains("\npython3 tests/lanes.py\n"));
    let (mut wrong, mut left_out) = (Vec::new(), 0);
    for path in ["src", "tests"].iter().flat_map(|folder| rust_files(&root().join(folder))) {
        let is_stranger = path.starts_with(root().join("tests/it/strangers"));
        let lane = if is_stranger { "interop" } else { "long" };
        let reason = format!("#[ignore = \"in the {lane} lane: docs/test-lanes.md\"]");
        let text = fs::read_to_string(&path).unwrap();
        let ignored = text.lines().map(str::trim).filter(|line| line.starts_with("#[ignore"));
        for line in ignored {
            left_out += 1;
            wrong.extend((line != reason).then(|| format!("{}: {line}", path.display())));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(left_out > 50, "only {left_out} tests are left out");
}
