//! Many accounts on one page: every account on one line, and what departs told once for all that depart alike.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::item::{Item, items};
use super::score::Verdict as Judged;
use super::text::BOLD;
use super::{Shown, View, unread};
use crate::fleet::{Fold, Group, Verdict};
use crate::shown;

/// What departs in one account, a line each, and why something is not known, with all that depends on it. Regions that depart
/// alike are one line; what a rule found is the rule, whichever resources it found it at.
pub fn departures(view: &View<'_>) -> Verdict {
    let mut regions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut unknown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in items(view) {
        match item.verdict {
            Judged::Kept => {}
            Judged::Broken => {
                regions.entry(line(&item)).or_default().insert(item.region.clone().unwrap_or_default());
            }
            Judged::Unknown => {
                let what = if is_declared(&item) { item.place() } else { item.check.id.clone() };
                unknown.entry(item.message.clone()).or_default().insert(what);
            }
        }
    }
    for unlisted in view.plan.unlisted.iter().chain(&view.posture.unread) {
        unknown.entry(format!("{} {}", unread::call(unlisted), unread::verdict(unlisted))).or_default();
    }
    let departs = regions.into_iter().map(|(line, regions)| match regions.len() {
        0 | 1 => line,
        many => format!("{line} (in {many} regions)"),
    });
    let unknown = unknown.into_iter().map(|(reason, what)| {
        let what: Vec<String> = what.into_iter().collect();
        if what.is_empty() { reason } else { format!("{reason}: {}", what.join(", ")) }
    });
    Verdict::Looked { departs: departs.collect(), unknown: unknown.collect() }
}

fn is_declared(item: &Item) -> bool {
    item.check.id == item.kind
}

fn line(item: &Item) -> String {
    if !is_declared(item) {
        return format!("{}  does not hold: {}", item.check.id, item.check.title);
    }
    // With its values, where there are any.
    let what = if item.evidence.is_empty() { item.message.clone() } else { item.evidence.join("; ") };
    format!("{}  {what}", item.place())
}

/// Names of accounts, the first few of them.
fn names(accounts: &[(String, String)]) -> Shown {
    const MOST: usize = 6;
    let named = accounts.iter().take(MOST).map(|(id, name)| {
        if id == name { Shown::line(id) } else { shown!("{} ({})", Shown::line(name), Shown::line(id)) }
    });
    let mut text = Shown::joined(named, ", ");
    if accounts.len() > MOST {
        text.push(shown!(" and {} more", accounts.len() - MOST));
    }
    text
}

fn counted(count: usize, one: &'static str, many: &'static str) -> Shown {
    shown!("{} {}", count, if count == 1 { one } else { many })
}

/// What a group has that another one lacks.
fn lines<'a>(sign: &'static str, lines: impl Iterator<Item = &'a String>) -> Shown {
    Shown::joined(lines.map(|line| shown!("        {} {}\n", sign, Shown::cut(line, 160))), "")
}

fn group(group: &Group, largest: &Group, is_largest: bool) -> Shown {
    let (departs, unknown) = (&group.departs, &group.unknown);
    let mut text = shown!("{}  ", Shown::right(group.accounts.len() as u64, 5));
    let more: Vec<&String> = departs.difference(&largest.departs).collect();
    let less: Vec<&String> = largest.departs.difference(departs).collect();
    let is_whole =
        is_largest || largest.departs.is_empty() || departs.is_empty() || less.len() >= largest.departs.len();
    text.push(if departs.is_empty() && unknown.is_empty() {
        shown!("as declared")
    } else if departs.is_empty() {
        shown!("not known")
    } else if is_whole {
        shown!("{}", counted(departs.len(), "departure", "departures"))
    } else {
        match (more.len(), less.len()) {
            (0, 0) => shown!("the same departures"),
            (more, 0) => shown!("those, and {} more", more),
            (0, less) => shown!("those, without {}", less),
            (more, less) => shown!("those, and {} more, without {}", more, less),
        }
    });
    text.push(shown!("  {}\n", names(&group.accounts)));
    text.push(if is_whole {
        lines("~", departs.iter())
    } else {
        shown!("{}{}", lines("~", more.into_iter()), lines("without", less.into_iter()))
    });
    text.push(lines("?", unknown.iter()));
    text
}

/// For people.
pub fn text(name: &str, fold: &Fold) -> Shown {
    let mut text = shown!("{}: {}: ", Shown::line(name), counted(fold.accounts(), "account", "accounts"));
    let not_reached: usize = fold.not_reached.iter().map(|(_, accounts)| accounts.len()).sum();
    let skipped: usize = fold.skipped.iter().map(|(_, accounts)| accounts.len()).sum();
    let mut parts = vec![shown!("{} looked at, {} of them depart", fold.looked(), fold.departing())];
    if not_reached > 0 {
        parts.push(shown!("{} not reached", not_reached));
    }
    if skipped > 0 {
        parts.push(shown!("{} skipped", skipped));
    }
    text.push(Shown::joined(parts, ", "));
    let mut page = shown!("{}\n\n", Shown::styled(BOLD, text));
    let departing = fold.groups.iter().find(|group| !group.departs.is_empty());
    for one in &fold.groups {
        page.push(group(one, departing.unwrap_or(one), Some(one) == departing));
    }
    for (word, apart) in [("not reached", &fold.not_reached), ("skipped", &fold.skipped)] {
        for (reason, accounts) in apart {
            let count = Shown::right(accounts.len() as u64, 5);
            page.push(shown!("{}  {}: {}  {}\n", count, word, Shown::cut(reason, 300), names(accounts)));
        }
    }
    page
}

/// For programs.
pub fn json(name: &str, command: &str, fold: &Fold) -> Json {
    let accounts = |accounts: &[(String, String)]| -> Vec<Json> {
        accounts.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect()
    };
    let apart = |apart: &[(String, Vec<(String, String)>)]| -> Vec<Json> {
        apart.iter().map(|(reason, list)| json!({ "reason": reason, "accounts": accounts(list) })).collect()
    };
    let groups: Vec<Json> = fold
        .groups
        .iter()
        .map(|group| json!({ "accounts": accounts(&group.accounts), "departs": group.departs, "unknown": group.unknown }))
        .collect();
    json!({
        "format_version": 1,
        "command": command,
        "fleet": name,
        "complete": fold.is_complete(),
        "accounts": fold.accounts(),
        "looked_at": fold.looked(),
        "departing": fold.departing(),
        "groups": groups,
        "not_reached": apart(&fold.not_reached),
        "skipped": apart(&fold.skipped),
    })
}
