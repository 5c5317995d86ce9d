//! Many accounts on one page: every account on one line, and what departs told once for all that depart alike.

mod account;
pub mod asff;
pub mod csv;
mod details;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod ocsf;
pub mod prometheus;
pub mod sarif;
mod since;
pub mod slack;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::Ending;
use super::item::{Item, items};
use super::outcome::Done;
use super::score::Verdict as Judged;
use super::text::{self, BOLD};
use super::{Command, Endpoint, Shown, View, Words, unread};
use crate::fleet::{Apart, Fold, Group, Named, Seen, SetApart};
use crate::plan::Why;
use crate::{shown, words};

pub use account::Account;
pub use details::{Brief, Kept, Read, Resumed, Written};
pub use since::{Comparison, Entry, Since};

/// All accounts of a run together, and what they are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// The name of the fleet.
    pub fleet: &'a str,
    /// The command.
    pub command: Command,
    /// Where answers came from that are not AWS's own.
    pub endpoints: &'a [Endpoint],
    /// What departs, told once for all that depart alike.
    pub fold: &'a Fold,
    /// What is new since an older run; nothing where none is named.
    pub since: Option<&'a Since>,
}

/// A report that grows by one account after the other. What it answers is text that ends at the end of a line.
pub trait Pages {
    /// What stands before all accounts.
    ///
    /// # Errors
    /// Says why it cannot be written.
    fn begin(&mut self) -> Result<Shown, String> {
        Ok(Shown::default())
    }

    /// What can be written once that account is known.
    ///
    /// # Errors
    /// Says why it cannot be written.
    fn account(&mut self, account: &Account) -> Result<Shown, String>;

    /// What stands behind all accounts, in pieces: a report of which nothing can be written before is not made twice.
    ///
    /// # Errors
    /// Says why it cannot be written.
    fn end(self: Box<Self>) -> Result<Vec<Shown>, String>;
}

/// The JSON Schema of an account's result.
pub fn result_schema() -> Json {
    schemars::schema_for!(crate::fleet::AccountResult<Written>).to_value()
}

/// For people, with what is new.
pub fn text_of(whole: &Whole<'_>) -> Shown {
    let mut page = text(whole.fleet, whole.endpoints, whole.fold);
    if let Some(since) = whole.since {
        page.push(since.text());
    }
    page
}

/// For programs, with what is new.
pub fn json_of(whole: &Whole<'_>) -> Json {
    let mut report = json(whole.fleet, whole.command.word(), whole.endpoints, whole.fold);
    if let Some(since) = whole.since {
        report["since"] = since.json();
    }
    report
}

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
                let what = if item.is_declared() { item.place() } else { item.check.id.clone() };
                unknown.entry(item.message.clone()).or_default().insert(what);
            }
        }
    }
    for unlisted in view.plan.unlisted.iter().chain(&view.posture.unread) {
        unknown.entry(format!("{} {}", unread::call(unlisted), unread::verdict(unlisted))).or_default();
    }
    let not_active = view.unread().filter(|unread| unread.why == Why::NotActive);
    let not_active: BTreeSet<String> = not_active.flat_map(unread::told).collect();
    let departs = in_regions(regions);
    let mut seen = Seen { departs, ..Seen::default() };
    for (reason, what) in unknown {
        let what: Vec<String> = what.into_iter().collect();
        let is_not_ready = not_active.contains(&reason);
        let line = if what.is_empty() { reason } else { format!("{reason}: {}", what.join(", ")) };
        if is_not_ready {
            seen.not_ready.insert(line.clone());
        }
        seen.unknown.insert(line);
    }
    seen.done = view.ending.map(done).unwrap_or_default();
    seen
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

/// What departs, as the fold compares it.
fn line(item: &Item) -> String {
    if !item.is_declared() {
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
pub fn accounts(count: usize) -> Words {
    counted(count, "account", "accounts")
}

fn counted(count: usize, one: &'static str, many: &'static str) -> Words {
    words!("{} {}", count, if count == 1 { one } else { many })
}

/// A group as its difference from the largest one that departs.
struct Differing<'a> {
    /// What it is, in a few words.
    head: Words,
    /// Its lines, each with a sign: what an apply did, what departs, what it lacks, what is not known.
    lines: Vec<(&'static str, &'a String)>,
}

/// How a group differs from the largest one that departs.
fn differing<'a>(group: &'a Group, largest: &'a Group, is_largest: bool) -> Differing<'a> {
    let Seen { done, departs, unknown, .. } = &group.seen;
    let more: Vec<&String> = departs.difference(&largest.seen.departs).collect();
    let less: Vec<&String> = largest.seen.departs.difference(departs).collect();
    let is_whole = is_largest || departs.is_empty() || less.len() >= largest.seen.departs.len();
    let mut heads: Vec<Words> = Vec::new();
    if !done.is_empty() {
        heads.push(words!("{} made", counted(done.len(), "change", "changes")));
    }
    heads.push(if departs.is_empty() && unknown.is_empty() {
        words!("as declared")
    } else if departs.is_empty() {
        words!("not known")
    } else if is_whole {
        counted(departs.len(), "departure", "departures")
    } else {
        match (more.len(), less.len()) {
            (0, 0) => words!("the same departures"),
            (more, 0) => words!("those, and {} more", more),
            (0, less) => words!("those, without {}", less),
            (more, less) => words!("those, and {} more, without {}", more, less),
        }
    });
    let mut lines: Vec<(&'static str, &String)> = done.iter().map(|line| ("+", line)).collect();
    if is_whole {
        lines.extend(departs.iter().map(|line| ("~", line)));
    } else {
        lines.extend(more.into_iter().map(|line| ("~", line)));
        lines.extend(less.into_iter().map(|line| ("without", line)));
    }
    lines.extend(unknown.iter().map(|line| ("?", line)));
    Differing { head: Words::joined(heads, ", "), lines }
}

/// Every group as its difference from the largest one that departs.
fn all_differing(fold: &Fold) -> impl Iterator<Item = (&Group, Differing<'_>)> {
    let departing = fold.groups.iter().find(|group| !group.seen.departs.is_empty());
    fold.groups.iter().map(move |one| (one, differing(one, departing.unwrap_or(one), Some(one) == departing)))
}

/// How many accounts there are, and what became of them.
fn counts(fold: &Fold) -> Words {
    let mut parts = vec![words!("{} looked at", fold.looked())];
    if fold.changed() > 0 {
        parts.push(words!("{} changed", fold.changed()));
    }
    parts.push(words!("{} depart", fold.departing()));
    for why in Apart::ALL.into_iter().filter(|why| fold.count(*why) > 0) {
        parts.push(words!("{} {}", fold.count(why), why.words()));
    }
    words!("{}: {}", accounts(fold.accounts()), Words::joined(parts, ", "))
}

/// For people.
pub fn text(name: &str, endpoints: &[Endpoint], fold: &Fold) -> Shown {
    let title = shown!("{}: {}", Shown::line(name), counts(fold));
    let mut page = shown!("{}\n{}\n", Shown::styled(BOLD, title), text::endpoints(endpoints));
    for (group, Differing { head, lines }) in all_differing(fold) {
        let count = Shown::right(group.accounts.len() as u64, 5);
        page.push(shown!("{}  {}  {}\n", count, head, names(&group.accounts)));
        for (sign, line) in lines {
            page.push(shown!("        {} {}\n", sign, Shown::cut(line, 160)));
        }
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
    let group = |Group { accounts: all, seen: Seen { done, departs, unknown, .. } }: &Group| json!({ "accounts": accounts(all), "done": done, "departs": departs, "unknown": unknown });
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

#[cfg(test)]
mod tests;
