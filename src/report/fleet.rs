//! Many accounts on one page: every account on one line, and what departs told once for all that depart alike.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::Ending;
use super::item::{Item, items};
use super::outcome::Done;
use super::score::Verdict as Judged;
use super::text::{self, BOLD};
use super::{Endpoint, Shown, View, unread};
use crate::fleet::{Apart, Fold, Group, Named, Seen, SetApart};
use crate::shown;

/// What departs in one account, a line each, and why something is not known, with all that depends on it. Regions that depart
/// alike are one line; what a rule found is the rule, whichever resources it found it at.
pub fn seen(view: &View<'_>) -> Seen {
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
    let departs = in_regions(regions);
    let unknown = unknown.into_iter().map(|(reason, what)| {
        let what: Vec<String> = what.into_iter().collect();
        if what.is_empty() { reason } else { format!("{reason}: {}", what.join(", ")) }
    });
    let done = view.ending.map(done).unwrap_or_default();
    Seen { done, departs, unknown: unknown.collect() }
}

/// Lines, each with how many regions share it.
fn in_regions(lines: BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let told = lines.into_iter().map(|(line, regions)| match regions.len() {
        0 | 1 => line,
        many => format!("{line} (in {many} regions)"),
    });
    told.collect()
}

/// What an apply did.
fn done(ending: &Ending) -> BTreeSet<String> {
    let mut lines: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Done { addr, action } in &ending.done {
        let (thing, region) = addr.split_once('@').unwrap_or((addr, ""));
        lines.entry(format!("{action} {thing}")).or_default().insert(region.to_owned());
    }
    in_regions(lines)
}

/// What an apply did not do and why; nothing where it did all.
pub fn not_done(ending: &Ending) -> Option<String> {
    let told: BTreeSet<String> = ending
        .not_done()
        .map(|(word, addr, reason)| {
            let thing = addr.split('@').next().unwrap_or(addr);
            if reason.is_empty() { format!("{word} {thing}") } else { format!("{word} {thing}: {reason}") }
        })
        .collect();
    if told.is_empty() { None } else { Some(told.into_iter().collect::<Vec<_>>().join("; ")) }
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
pub fn names(accounts: &[Named]) -> Shown {
    const MOST: usize = 6;
    let named = accounts.iter().take(MOST).map(|Named { id, name }| {
        if id == name { Shown::line(id) } else { shown!("{} ({})", Shown::line(name), Shown::line(id)) }
    });
    let mut text = Shown::joined(named, ", ");
    if accounts.len() > MOST {
        text.push(shown!(" and {} more", accounts.len() - MOST));
    }
    text
}

/// So many accounts, in words.
pub fn accounts(count: usize) -> Shown {
    counted(count, "account", "accounts")
}

fn counted(count: usize, one: &'static str, many: &'static str) -> Shown {
    shown!("{} {}", count, if count == 1 { one } else { many })
}

/// What a group has that another one lacks.
fn lines<'a>(sign: &'static str, lines: impl Iterator<Item = &'a String>) -> Shown {
    Shown::joined(lines.map(|line| shown!("        {} {}\n", sign, Shown::cut(line, 160))), "")
}

/// How a group differs from the largest one that departs.
fn group(group: &Group, largest: &Group, is_largest: bool) -> Shown {
    let Seen { done, departs, unknown } = &group.seen;
    let more: Vec<&String> = departs.difference(&largest.seen.departs).collect();
    let less: Vec<&String> = largest.seen.departs.difference(departs).collect();
    let is_whole = is_largest || departs.is_empty() || less.len() >= largest.seen.departs.len();
    let mut heads: Vec<Shown> = Vec::new();
    if !done.is_empty() {
        heads.push(shown!("{} made", counted(done.len(), "change", "changes")));
    }
    heads.push(if departs.is_empty() && unknown.is_empty() {
        shown!("as declared")
    } else if departs.is_empty() {
        shown!("not known")
    } else if is_whole {
        counted(departs.len(), "departure", "departures")
    } else {
        match (more.len(), less.len()) {
            (0, 0) => shown!("the same departures"),
            (more, 0) => shown!("those, and {} more", more),
            (0, less) => shown!("those, without {}", less),
            (more, less) => shown!("those, and {} more, without {}", more, less),
        }
    });
    let count = Shown::right(group.accounts.len() as u64, 5);
    let mut text = shown!("{}  {}  {}\n", count, Shown::joined(heads, ", "), names(&group.accounts));
    text.push(lines("+", done.iter()));
    text.push(if is_whole {
        lines("~", departs.iter())
    } else {
        shown!("{}{}", lines("~", more.into_iter()), lines("without", less.into_iter()))
    });
    text.push(lines("?", unknown.iter()));
    text
}

/// For people.
pub fn text(name: &str, endpoints: &[Endpoint], fold: &Fold) -> Shown {
    let mut parts = vec![shown!("{} looked at", fold.looked())];
    if fold.changed() > 0 {
        parts.push(shown!("{} changed", fold.changed()));
    }
    parts.push(shown!("{} depart", fold.departing()));
    for why in Apart::ALL.into_iter().filter(|why| fold.count(*why) > 0) {
        parts.push(shown!("{} {}", fold.count(why), why.words()));
    }
    let accounts = accounts(fold.accounts());
    let title = shown!("{}: {}: {}", Shown::line(name), accounts, Shown::joined(parts, ", "));
    let mut page = shown!("{}\n{}\n", Shown::styled(BOLD, title), text::endpoints(endpoints));
    let departing = fold.groups.iter().find(|group| !group.seen.departs.is_empty());
    for one in &fold.groups {
        page.push(group(one, departing.unwrap_or(one), Some(one) == departing));
    }
    for SetApart { why, reason, accounts } in &fold.apart {
        let count = Shown::right(accounts.len() as u64, 5);
        page.push(shown!("{}  {}: {}  {}\n", count, why.words(), Shown::cut(reason, 300), names(accounts)));
    }
    page
}

/// For programs.
pub fn json(name: &str, command: &str, endpoints: &[Endpoint], fold: &Fold) -> Json {
    let accounts = |accounts: &[Named]| -> Vec<Json> {
        accounts.iter().map(|Named { id, name }| json!({ "id": id, "name": name })).collect()
    };
    let group = |Group { accounts: all, seen: Seen { done, departs, unknown } }: &Group| json!({ "accounts": accounts(all), "done": done, "departs": departs, "unknown": unknown });
    let apart = |why: Apart| -> Vec<Json> {
        let those = fold.apart.iter().filter(|apart| apart.why == why);
        those.map(|apart| json!({ "reason": apart.reason, "accounts": accounts(&apart.accounts) })).collect()
    };
    json!({
        "format_version": 1,
        "command": command,
        "fleet": name,
        "endpoints": endpoints,
        "complete": fold.is_complete(),
        "accounts": fold.accounts(),
        "looked_at": fold.looked(),
        "changed": fold.changed(),
        "departing": fold.departing(),
        "groups": fold.groups.iter().map(group).collect::<Vec<_>>(),
        "failed": apart(Apart::Failed),
        "not_reached": apart(Apart::NotReached),
        "not_ready": apart(Apart::NotReady),
        "not_begun": apart(Apart::NotBegun),
        "skipped": apart(Apart::Skipped),
    })
}
