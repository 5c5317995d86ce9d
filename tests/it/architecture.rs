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
            "baseline" => &["baseline", "model", "partition", "kinds", "policy", "posture"],
            "plan" => &["plan", "model"],
            "report" => &["report", "plan", "posture", "model", "partition", "engine", "baseline"],
            "aws" => &["aws", "budget", "model", "partition"],
            "kinds" => &["kinds", "aws", "model"],
            "posture" => &["posture", "permissions", "plan", "model", "partition", "aws", "policy"],
            "permissions" => &["permissions", "model", "partition"],
            "policy" => &["policy"],
            "sandbox" => &["sandbox", "budget", "partition", "policy"],
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

#[test]
fn pure_rooms_see_no_clock_no_environment_and_no_chance() {
    let impure = ["SystemTime", "Instant::now", "std::env", "rand::", "std::fs", "tokio::"];
    let mut wrong = BTreeSet::new();
    for path in rust_files(&root().join("src")) {
        let pure = [
            "model",
            "baseline",
            "plan",
            "report",
            "permissions",
            "policy",
            "posture",
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
fn every_kind_file_is_registered() {
    let registry = fs::read_to_string(root().join("src/kinds/mod.rs")).unwrap();
    for path in rust_files(&root().join("src/kinds")) {
        if fs::read_to_string(&path).unwrap().contains("impl Resource for") {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(registry.contains(&format!("Erased::<{stem}::")), "{stem} is not in KINDS");
        }
    }
}
