//! docs/prowler.md, written from what both said.

use std::fmt::Write as _;

use super::table::{CHECKS, DISAGREEMENTS, Moment, Ours};
use super::{Looked, Names, PACKAGES, UNREAD, Verdict};

fn names(names: &Names) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn here(what: Ours) -> String {
    match what {
        Ours::Rules(rules, _) => rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", "),
        Ours::Saying(rule, word) => format!("`{rule}` ({word})"),
        Ours::Setting(addr, "") => format!("`{addr}`"),
        Ours::Setting(addr, attribute) => format!("`{addr}` `{attribute}`"),
        Ours::Nothing => "not asked for".to_owned(),
    }
}

fn said(prowler: &Verdict, ours: &Verdict) -> String {
    let of = |verdict: &Verdict| match verdict {
        Verdict::Fails(found) => names(found),
        Verdict::Keeps => "kept".to_owned(),
        Verdict::Silent => "nothing".to_owned(),
    };
    match (prowler, ours) {
        (Verdict::Silent, Verdict::Silent) => "neither can tell".to_owned(),
        (one, Verdict::Silent) => format!("Prowler: {}", of(one)),
        (one, other) if one == other => format!("both: {}", of(one)),
        (one, other) => format!("Prowler: {}; here: {}", of(one), of(other)),
    }
}

fn page(before: &Looked, after: &Looked) -> String {
    let mut page = format!(
        "# Prowler beside us\n\n\
        [{}](https://github.com/prowler-cloud/prowler) looks at the same account as `drift`: one on moto that boto3\n\
        has neglected, before and after an `apply` of the landing zone with `[root]`, `[users]` and `[audit]`. A test\n\
        compares them check by check and thing by thing, and writes this page\n\
        (`BASELINE_BLESS=1 cargo test --test it -- --ignored prowler`). It fails on a difference that is not listed, and on one\n\
        that is listed and gone.\n\n\
        \"Neither can tell\" before the apply mostly means that the thing is not there yet. moto starts the instances of a scaling group\n\
        without what their launch template says, so both find those after it.\n\n\
        ## Check by check\n\n\
        | practice | Prowler's check | here | before | after |\n|---|---|---|---|---|\n",
        PACKAGES[0].replace("==", " ").replace("prowler", "Prowler")
    );
    for (practice, check, what) in CHECKS {
        let cell = |looked: &Looked| said(&looked.prowler[*check], &looked.ours[*check]);
        writeln!(page, "| {practice} | `{check}` | {} | {} | {} |", here(*what), cell(before), cell(after))
            .unwrap();
    }
    page.push_str(
        "\n## Where they differ, and why\n\n\
        | Prowler's check | when | Prowler alone | here alone | why |\n|---|---|---|---|---|\n",
    );
    for (check, when, theirs, mine, why) in DISAGREEMENTS {
        let when = match when {
            Moment::Before => "before",
            Moment::After => "after",
            Moment::Both => "both",
        };
        let list = |list: &[&str]| names(&list.iter().map(|name| (*name).to_owned()).collect());
        writeln!(page, "| `{check}` | {when} | {} | {} | {why} |", list(theirs), list(mine)).unwrap();
    }
    page.push_str("\n## What Prowler could not read there\n\n| error | why |\n|---|---|\n");
    for (error, why) in UNREAD {
        writeln!(page, "| `{error}` | {why} |").unwrap();
    }
    page
}

/// Compares the page with what both said, or writes it.
pub fn check(before: &Looked, after: &Looked) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/prowler.md");
    let page = page(before, after);
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "write it with BASELINE_BLESS=1");
}
