//! Holds deny.toml without cargo-deny and without a network: what others wrote is licensed, comes from crates.io and is
//! none of what is banned.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value as Json;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn rules() -> toml::Table {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn packages() -> Vec<Json> {
    let metadata = metadata(&[]).or_else(|why| {
        // A build downloads what this machine needs; `cargo fetch` downloads the rest.
        crate::strangers::skipped("crates for other platforms", why.trim());
        metadata(&["--filter-platform", &host()])
    });
    let metadata = metadata.unwrap_or_else(|why| panic!("{why}"));
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 100, "cargo names only {}", packages.len());
    packages
}

/// What cargo says of the crates that are here, without a network.
fn metadata(options: &[&str]) -> Result<Json, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .args(options)
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Whether an SPDX expression can be kept with these licences alone. `OR` binds less than `AND` does, and an old `/`
/// means `OR`.
fn is_licensed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.trim();
    for (word, all) in [(" OR ", false), ("/", false), (" AND ", true)] {
        let parts = outermost(expression, word);
        if parts.len() > 1 {
            let mut kept = parts.into_iter().map(|part| is_licensed(part, allowed));
            return if all { kept.all(|kept| kept) } else { kept.any(|kept| kept) };
        }
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => is_licensed(inner, allowed),
        None => allowed.contains(expression),
    }
}

/// Split at a word where it stands outside of brackets.
fn outermost<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= from && text[at..].starts_with(word) => {
                parts.push(&text[from..at]);
                from = at + word.len();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let rules = rules();
    let allowed: BTreeSet<&str> =
        rules["licenses"]["allow"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let licensed = |package: &&Json| is_licensed(package["license"].as_str().unwrap_or_default(), &allowed);
    let packages = packages();
    let others: Vec<String> = packages
        .iter()
        .filter(|package| !licensed(package))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(is_licensed("ISC AND (MIT OR GPL-3.0)", &allowed) && is_licensed("GPL-3.0/MIT", &allowed));
    assert!(!is_licensed("MIT AND GPL-3.0", &allowed) && !is_licensed("", &allowed));
}

#[test]
fn every_crate_comes_from_crates_io_and_none_is_banned() {
    let rules = rules();
    let banned: BTreeSet<&str> = rules["bans"]["deny"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["crate"].as_str().unwrap())
        .collect();
    assert!(!banned.is_empty());
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        assert!(!banned.contains(name), "{name} is banned");
        if name != "baseline" {
            assert_eq!(package["source"], CRATES_IO, "{name}");
        }
    }
}
