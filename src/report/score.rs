//! Which controls of each benchmark are kept, before and after an apply.
//!
//! A control is kept when everything that maps to it is, by its own measure where that is not the file's; it is unknown when
//! something that maps to it could not be read or decided. What the file does not ask for is not counted at all. A declared thing that opens what a
//! control closes breaks it, by design of the file; and a control about every region, bucket, VPC, group or key is
//! kept only where a rule has looked at all of them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{View, Words};
use crate::model::Addr;
use crate::plan::{Action, Severity as Weight};
use crate::posture::control::{Benchmark, Control};
use crate::posture::everywhere::{EVERYWHERE, is_account_wide, is_kept_by_region};
use crate::posture::kind_controls::{KindControls, of_kind};
use crate::posture::{Measure, Rule};
use crate::words;

/// What is known of a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that maps to it is kept.
    Kept,
    /// Something that maps to it could not be read or decided, and nothing is known to depart.
    Unknown,
    /// Something that maps to it departs.
    Broken,
}

/// The account now, or as it will be when the plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// As it was found.
    Now,
    /// As an apply of this file leaves it.
    AfterApply,
}

/// The controls of one benchmark that the file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The benchmark, in one version.
    pub benchmark: Benchmark,
    /// Each control, in reading order, with the rules and addresses that break it or leave it open.
    pub controls: Vec<(&'static str, Verdict, BTreeSet<String>)>,
}

/// How many controls there are of each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Counts {
    /// Controls that are kept.
    pub kept: usize,
    /// Controls that are not.
    pub broken: usize,
    /// Controls of which nobody knows.
    pub unknown: usize,
}

impl Score {
    /// How many controls there are of each verdict.
    pub fn counts(&self) -> Counts {
        let count = |verdict| self.controls.iter().filter(|(_, found, _)| *found == verdict).count();
        Counts {
            kept: count(Verdict::Kept),
            broken: count(Verdict::Broken),
            unknown: count(Verdict::Unknown),
        }
    }
}

impl Counts {
    /// All of them.
    pub fn all(self) -> usize {
        self.kept + self.broken + self.unknown
    }

    /// The counts, and what share of all controls is known to be kept.
    pub fn line(self) -> Words {
        let share = (self.kept * 100).checked_div(self.all()).unwrap_or_default();
        let mut line = words!("{} of {} controls kept ({}%)", self.kept, self.all(), share);
        if self.broken > 0 {
            line.push(words!(", {} not", self.broken));
        }
        if self.unknown > 0 {
            line.push(words!(", {} unknown", self.unknown));
        }
        line
    }
}

/// A score for each benchmark of which the file asks for a control.
pub fn scores(view: &View<'_>, moment: Moment) -> Vec<Score> {
    let mut found: BTreeMap<Control, (Verdict, BTreeSet<String>)> = BTreeMap::new();
    let mut looked_at_all: BTreeSet<Control> = BTreeSet::new();
    let mut note = |controls: &[Control], verdict: Verdict, what: String| {
        for control in controls {
            let entry = found.entry(*control).or_insert((Verdict::Kept, BTreeSet::new()));
            entry.0 = entry.0.max(verdict);
            if verdict != Verdict::Kept {
                entry.1.insert(what.clone());
            }
        }
    };
    for (addr, want) in &view.wanted.things {
        for row in of_kind(addr.kind()) {
            if (row.meets)(&want.value, view.wanted) {
                note(row.controls, of_thing(view, addr, row, moment), addr.to_string());
                let of_all =
                    is_account_wide(row.kind) || (is_kept_by_region(row.kind) && view.wanted.in_every_region);
                looked_at_all.extend(row.controls.iter().filter(|_| of_all));
            } else if (row.breaks)(&want.value, view.wanted)
                && (row.attributes.is_empty()
                    || row.attributes.iter().any(|field| want.value.get(field).is_some()))
            {
                note(row.controls, Verdict::Broken, format!("{addr}, by design of the file"));
            }
        }
    }
    for rule in view.rules {
        for (control, verdict, because) in by_rule(view, rule, moment) {
            note(&[control], verdict, because);
            looked_at_all.insert(control);
        }
    }
    for control in EVERYWHERE.iter().filter(|control| !looked_at_all.contains(control)) {
        if let Some(entry) = found.get_mut(control).filter(|(verdict, _)| *verdict == Verdict::Kept) {
            *entry = (Verdict::Unknown, ["only what the file declares was looked at".to_owned()].into());
        }
    }
    let mut scores: BTreeMap<Benchmark, Score> = BTreeMap::new();
    for (control, (verdict, because)) in found {
        let empty = || Score { benchmark: control.benchmark, controls: Vec::new() };
        let score = scores.entry(control.benchmark).or_insert_with(empty);
        score.controls.push((control.id, verdict, because));
    }
    for score in scores.values_mut() {
        score.controls.sort_by_key(|(id, ..)| reading_order(id));
    }
    scores.into_values().collect()
}

/// A rule's verdict; nothing where the file does not ask for it.
pub(super) fn of_rule(view: &View<'_>, rule: &str, moment: Moment) -> Option<Verdict> {
    let stays = |settled: bool| moment == Moment::Now || !settled;
    let departs = view.posture.findings.iter().any(|f| f.rule.id == rule && stays(f.fixed_by_apply));
    if departs {
        Some(Verdict::Broken)
    } else if view.posture.undecided.contains_key(rule) {
        Some(Verdict::Unknown)
    } else {
        view.posture.counted.contains_key(rule).then_some(Verdict::Kept)
    }
}

/// What a rule says of each of its controls: by the control's own measure where it has one, else by what the rule found.
fn by_rule(view: &View<'_>, rule: &Rule, moment: Moment) -> Vec<(Control, Verdict, String)> {
    let Some(verdict) = of_rule(view, rule.id, moment) else { return Vec::new() };
    let by_design = |asks: &str| match verdict {
        Verdict::Broken => rule.id.to_owned(),
        Verdict::Kept | Verdict::Unknown if asks.is_empty() => format!("{}, by design of the file", rule.id),
        Verdict::Kept | Verdict::Unknown => {
            format!("{}, by design of the file: the control asks for {asks}", rule.id)
        }
    };
    let narrowed = view.posture.narrowed.get(rule.id);
    let unsure = |reason: &String| (Verdict::Unknown, format!("{}: {reason}", rule.id));
    let undecided = (verdict == Verdict::Unknown).then(|| (verdict, rule.id.to_owned()));
    let measured = view.posture.measured.iter().filter(|((id, _), _)| *id == rule.id);
    let measured: BTreeMap<Control, &Measure> =
        measured.map(|((_, control), measure)| (*control, measure)).collect();
    let of_measure = |measure: &Measure| {
        let departing = if moment == Moment::Now { measure.departing } else { measure.staying };
        if departing > 0 {
            return (Verdict::Broken, by_design(measure.asks));
        }
        let doubt = undecided.clone().or_else(|| measure.doubt.as_ref().or(narrowed).map(unsure));
        doubt.unwrap_or((Verdict::Kept, rule.id.to_owned()))
    };
    let is_exempt = view.posture.counted.get(rule.id).is_some_and(|counted| counted.exempt > 0);
    let of_findings = || match verdict {
        Verdict::Kept | Verdict::Unknown if is_exempt => (Verdict::Broken, by_design("")),
        Verdict::Kept => narrowed.map_or((verdict, rule.id.to_owned()), unsure),
        Verdict::Unknown | Verdict::Broken => (verdict, rule.id.to_owned()),
    };
    let controls: BTreeSet<Control> = rule.controls.iter().chain(measured.keys()).copied().collect();
    let said = controls.into_iter().map(|control| {
        let (verdict, because) = measured.get(&control).map_or_else(of_findings, |it| of_measure(it));
        (control, verdict, because)
    });
    said.collect()
}

fn of_thing(view: &View<'_>, addr: &Addr, row: &KindControls, moment: Moment) -> Verdict {
    if view.plan.unreadable.contains_key(addr) {
        return Verdict::Unknown;
    }
    if view.plan.findings.iter().any(|finding| finding.addr == *addr && finding.severity == Weight::Error) {
        return Verdict::Broken;
    }
    let touched = |step: &&crate::plan::Step| {
        let by_attribute =
            matches!(step.action, Action::Update | Action::Adopt) && !row.attributes.is_empty();
        let fields = step.changes.iter().filter_map(|change| change.path.field());
        step.addr == *addr
            && (!by_attribute || fields.into_iter().any(|field| row.attributes.contains(&field)))
    };
    match view.plan.steps.iter().find(touched) {
        // What could be compared only in part is held without a difference.
        Some(step) if step.held.is_some() && step.changes.is_empty() => Verdict::Unknown,
        Some(step) if moment == Moment::Now || step.held.is_some() => Verdict::Broken,
        _ => Verdict::Kept,
    }
}

/// `1.4` before `1.10`, `AC-2` before `AC-2(1)`: numbers as numbers, the rest as text.
fn reading_order(id: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let (mut word, mut number) = (String::new(), String::new());
    for c in id.chars() {
        if c.is_ascii_digit() {
            number.push(c);
        } else {
            if !number.is_empty() {
                parts.push((std::mem::take(&mut word), number.parse().unwrap_or_default()));
                number.clear();
            }
            word.push(c);
        }
    }
    parts.push((word, number.parse().unwrap_or_default()));
    parts
}

#[cfg(test)]
mod by_the_control;
#[cfg(test)]
mod tests;
