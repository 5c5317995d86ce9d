//! docs/emulator-gaps.md, written from the lists.

use std::fmt::Write;

use crate::disagreements::DISAGREEMENTS;
use crate::emulator::Which;
use crate::gaps::{ADOPTIONS, ATTRIBUTES, HIDDEN, KINDS, SECOND_CREATIONS, UNMADE, VALUES};

/// The page of these lists.
fn page() -> String {
    let mut page = "# What the emulators do not show\n\n\
        The contract of every kind, and the scenarios of `tests/it/both.rs`, run on moto 5.2.5 and on the built-in account;\n\
        other tests run on the built-in account alone. This page is written\n\
        from `tests/it/gaps.rs` and `tests/it/disagreements.rs` (`BASELINE_BLESS=1 cargo test --test it gaps_page`).\n\n\
        ## What has not been tried\n\n\
        | on | kind | what | why |\n|---|---|---|---|\n"
        .to_owned();
    let mut row = |on: &Which, kind: &str, what: &str, why: &str| {
        writeln!(page, "| {on} | `{kind}` | {what} | {why} |").unwrap();
    };
    KINDS.iter().for_each(|(on, kind, why)| row(on, kind, "everything", why));
    for (on, kind, attribute, why) in ATTRIBUTES {
        row(on, kind, &format!("changes of `{attribute}`"), why);
    }
    VALUES.iter().for_each(|(on, kind, what, why)| row(on, kind, what, why));
    ADOPTIONS.iter().for_each(|(on, kind, why)| row(on, kind, "adoption", why));
    SECOND_CREATIONS.iter().for_each(|(on, kind, why)| row(on, kind, "creation after a deletion", why));
    page.push_str(
        "\n## Declared IAM actions that the contract does not see\n\n\
        Every other declared action is one of a call that the contract saw, and every call it saw is declared.\n\n\
        | on | kind | action | why |\n|---|---|---|---|\n",
    );
    let mut row = |on: &Option<Which>, kind: &str, action: &str, why: &str| {
        let on = on.map_or_else(|| "both".to_owned(), |on| on.to_string());
        writeln!(page, "| {on} | {kind} | `{action}` | {why} |").unwrap();
    };
    HIDDEN.iter().for_each(|(action, why)| row(&None, "any", action, why));
    for (on, kind, action, why) in UNMADE {
        row(on, &format!("`{kind}`"), action, why);
    }
    page.push_str(
        "\n## Where the final accounts differ\n\n\
        The landing zone, applied on both and looked at through the same calls. A test fails on a difference that is\n\
        not listed, and on one that is listed and gone.\n\n\
        | call | what | as AWS | why |\n|---|---|---|---|\n",
    );
    for (call, path, right, why) in DISAGREEMENTS {
        let right = right.map_or_else(|| "either".to_owned(), |which| which.to_string());
        writeln!(page, "| `{call}` | `{path}` | {right} | {why} |").unwrap();
    }
    page
}

#[test]
fn the_page_of_gaps_says_what_the_list_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/emulator-gaps.md");
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "write it with BASELINE_BLESS=1");
}
