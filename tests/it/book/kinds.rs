//! docs/kinds.md: every kind, its address, where it lives, and what of it is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use baseline::kinds::{Deletion, KINDS, Kind, Lives, Replace, Tagged};
use baseline::model::Value;
use serde_json::Value as Json;

use super::{GENERATED, cell, hold};
use crate::at_home::{baseline, said};
use crate::members::compared;
use crate::source_code::root;

/// Said of what is only looked up.
const NEEDED: &str = "whatever needs one";

/// Files, and the accounts for which they are planned, that declare at least one resource of every kind that is written.
fn plans() -> Vec<(String, &'static str, Vec<&'static str>)> {
    let shipped = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let top = "name = 'more'\nregion = 'us-east-1'\n";
    vec![
        (shipped("baselines/landing-zone.toml"), "new", vec![]),
        (shipped("examples/networks/dual-stack.toml"), "new", vec![]),
        (shipped("examples/networks/private-with-endpoints.toml"), "new", vec![]),
        (
            format!(
                "{top}[policy.deploy]\nallow = [{{ actions = ['s3:GetObject'], resources = ['arn:aws:s3:::a/*'] }}]\n\
                 [group.ops]\npolicies = ['deploy']\n[users]\non_missing_mfa = 'guard'\non_stale_key = 'deactivate'\n\
                 [default_network]\nvpc = 'absent'\n"
            ),
            "neglected",
            vec![],
        ),
        (
            format!("{top}[root]\nassume_root_profile = '123456789012'\non_credentials = 'delete-keys'\n"),
            "organization",
            vec!["--profile", "111122223333"],
        ),
    ]
}

/// By kind, the sections that ask for resources of it and an address, as plans of those files say.
fn asked_by() -> BTreeMap<String, (BTreeSet<String>, String)> {
    let mut asked: BTreeMap<String, (BTreeSet<String>, String)> = BTreeMap::new();
    for (file, account, more) in plans() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file.toml"), &file).unwrap();
        baseline(folder.path(), &["--sandbox", "sandbox", "seed", account]);
        let arguments = [&["--sandbox", "plan", "file.toml", "--json"][..], &more].concat();
        let output = baseline(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{file}: {}", said(&output));
        let report: Json = serde_json::from_slice(&output.stdout).unwrap();
        for step in report["steps"].as_array().unwrap() {
            let addr = step["addr"].as_str().unwrap();
            let kind = addr.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
            let section = step["origin"]["section"].as_str().unwrap();
            let known = asked.entry(kind).or_insert_with(|| (BTreeSet::new(), addr.to_owned()));
            known.0.insert(general(section));
        }
    }
    asked
}

/// `bucket.logs` as `bucket.NAME`: what stands below a section that has several.
fn general(section: &str) -> String {
    let parts: Vec<&str> = section.split('.').collect();
    match parts.as_slice() {
        ["network", part, _] => format!("network.{part}.NAME"),
        [part, _] => format!("{part}.NAME"),
        _ => section.to_owned(),
    }
}

/// The attributes of a kind, as a plan names them.
fn attributes(kind: &dyn Kind) -> BTreeSet<String> {
    let examples = [0, 1].map(|seed| kind.example(seed).unwrap());
    let names = examples.iter().flat_map(|example| match example {
        Value::Map(map) => map.keys().map(ToString::to_string).collect(),
        _ => Vec::new(),
    });
    names.collect()
}

fn in_code<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn entry(page: &mut String, kind: &dyn Kind, asked: Option<&(BTreeSet<String>, String)>) {
    let (name, rules) = (kind.name(), kind.meta());
    write!(page, "## {name}\n\n| | |\n|---|---|\n").unwrap();
    let mut row = |what: &str, text: &str| writeln!(page, "| {what} | {text} |").unwrap();
    match asked {
        Some((sections, addr)) => {
            let sections: Vec<String> = sections.iter().map(|section| format!("[{section}]")).collect();
            row("address", &format!("`{name}.NAME`, such as `{addr}`"));
            row("asked for by", &in_code(sections.iter().map(String::as_str)));
        }
        None => {
            row("address", &format!("`{name}.NAME`"));
            row("asked for by", NEEDED);
        }
    }
    row(
        "lives",
        match rules.lives {
            Lives::Once => "in the account, whatever the region",
            Lives::Home => "in the home region",
            Lives::EveryRegion => "in every region that the file chooses",
        },
    );
    row("attributes in a plan", &in_code(attributes(kind).iter().map(String::as_str)));
    if rules.lookup {
        row("changed", "never: it is only looked up");
    } else {
        if !rules.immutable.is_empty() {
            let then = match rules.replace {
                Replace::DeleteFirst => "it is deleted and created again".to_owned(),
                Replace::Never(what) => format!("baseline does not replace it: {what}"),
            };
            row(
                "cannot change in place",
                &format!("{}; then {}", in_code(rules.immutable.iter().copied()), cell(&then)),
            );
        }
        row(
            "deleted",
            match rules.deletion {
                Deletion::Prunable => "by `apply --prune`, once the file no longer declares it",
                Deletion::Named => "only by `--destroy` with its address: it holds logs or keys",
                Deletion::Never => "never: there is nothing to delete",
            },
        );
    }
    let tags = match rules.tags {
        Tagged::Carries => "carries those of `[tags]`".to_owned(),
        Tagged::Cannot(why) => format!("none: {why}"),
    };
    row("tags", &cell(&tags));
    if !rules.practices.is_empty() {
        let numbers: Vec<String> = rules.practices.iter().map(ToString::to_string).collect();
        row("practices", &numbers.join(", "));
    }
    row("read by", &in_code(rules.read_actions.iter().copied()));
    if !rules.write_actions.is_empty() {
        row("written by", &in_code(rules.write_actions.iter().copied()));
    }
    page.push('\n');
    let compared = compared(name);
    if !compared.is_empty() {
        page.push_str("| answer of AWS | compared |\n|---|---|\n");
        for (call, members) in compared {
            writeln!(page, "| `{call}` | {} |", in_code(members.iter().map(String::as_str))).unwrap();
        }
        page.push('\n');
    }
}

#[test]
fn the_page_of_kinds_has_every_kind_with_what_is_compared() {
    let asked = asked_by();
    let mut page = format!(
        "# Kinds\n\n{GENERATED}\n\nA *kind* is a type of resource. The name of a resource is its *address*: the kind, a dot and a \
         name that comes from the file, and outside the home region `@` and the region. Plans, reports and `--destroy` say it; \
         `baseline explain ADDRESS` says what it is good for. Where a plan shows nothing of a kind, the \
         attributes below are as declared. [What is not looked at](not-looked-at.md) lists the rest.\n\n\
         | kind | asked for by |\n|---|---|\n"
    );
    for kind in KINDS {
        let sections =
            asked.get(kind.name()).map(|(sections, _)| sections.iter().map(|s| format!("`[{s}]`")));
        let sections = sections.map(|sections| sections.collect::<Vec<_>>().join(", ")).unwrap_or_default();
        writeln!(page, "| [`{}`](#{}) | {sections} |", kind.name(), kind.name().replace('.', "")).unwrap();
    }
    page.push('\n');
    for kind in KINDS {
        entry(&mut page, *kind, asked.get(kind.name()));
    }
    hold("kinds.md", &format!("{}\n", page.trim_end()));
}
