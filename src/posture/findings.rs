//! Collects what the rules find, count and cannot decide.

use std::collections::{BTreeMap, BTreeSet};

use super::{Control, Finding, Measure, Posture, Resource, Rule, Seen};
use crate::model::Origin;
use crate::plan::Unread;

/// The findings of all rules, while they are made.
#[derive(Debug, Default)]
pub(super) struct Findings {
    posture: Posture,
    /// By rule, the things that depart: a thing counts once, whatever is found of it.
    drifted: BTreeMap<&'static str, BTreeSet<Resource>>,
}

/// A finding, as a rule writes it down.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// What departs.
    pub(super) resource: Resource,
    /// What was found.
    pub(super) message: String,
    /// What proves it.
    pub(super) evidence: Vec<String>,
    /// What to do.
    pub(super) next: String,
    /// The line that asks for it.
    pub(super) origin: &'a Origin,
}

impl Findings {
    /// The answer, or nothing: then the rules that need it decide nothing, and say so.
    pub(super) fn require<'a, T>(&mut self, rules: &[&'static Rule], seen: &'a Seen<T>) -> Option<&'a T> {
        match seen {
            Seen::Seen(answer) => Some(answer),
            Seen::Unreadable(unread) => {
                self.unreadable(rules, unread);
                None
            }
            Seen::NotAsked => {
                for rule in rules {
                    self.undecided(rule, "it was not read");
                }
                None
            }
        }
    }

    /// Says that a read failed on which rules lean.
    pub(super) fn unreadable(&mut self, rules: &[&'static Rule], unread: &Unread) {
        // Refusals alike of several regions are one line, which names them all. Messages may name their region.
        let alike = |other: &&mut Unread| {
            let same = other.call == unread.call && other.why == unread.why && other.next == unread.next;
            same && (other.message == unread.message
                || !(other.regions.is_empty() || unread.regions.is_empty() || unread.next.is_empty()))
        };
        match self.posture.unread.iter_mut().find(alike) {
            Some(known) => {
                known.regions.extend(unread.regions.iter().cloned());
                known.regions.sort();
                known.regions.dedup();
            }
            None => self.posture.unread.push(unread.clone()),
        }
        let verdict = unread.why.words();
        let call = if unread.call.is_empty() { "reading" } else { &unread.call };
        for rule in rules {
            self.undecided(rule, format!("{call} {verdict}"));
        }
    }

    /// Says that a rule cannot be decided; the first reason is kept.
    pub(super) fn undecided(&mut self, rule: &'static Rule, reason: impl Into<String>) {
        self.posture.undecided.entry(rule.id).or_insert_with(|| reason.into());
    }

    /// Counts things that a rule looks at. A rule that finds nothing to look at is there with zero.
    pub(super) fn checked(&mut self, rule: &'static Rule, count: usize) {
        self.posture.counted.entry(rule.id).or_default().checked += count;
    }

    /// Counts one thing that is let off.
    pub(super) fn exempt(&mut self, rule: &'static Rule) {
        self.posture.counted.entry(rule.id).or_default().exempt += 1;
    }

    /// Says that a rule judges these controls by what they ask themselves, and what that is. What [`Self::lapse`] and
    /// [`Self::doubt`] say decides about them from now on.
    pub(super) fn measure(&mut self, rule: &'static Rule, controls: &[Control], asks: &'static str) {
        for control in controls {
            let empty = || Measure { asks, ..Measure::default() };
            self.posture.measured.entry((rule.id, *control)).or_insert_with(empty);
        }
    }

    /// Counts a thing that departs by the measure of these controls, and says whether `apply` settles it.
    pub(super) fn lapse(&mut self, rule: &'static Rule, controls: &[Control], fixed_by_apply: bool) {
        for control in controls {
            let measure = self.posture.measured.entry((rule.id, *control)).or_default();
            measure.departing += 1;
            measure.staying += usize::from(!fixed_by_apply);
        }
    }

    /// Says why something may depart by the measure of these controls that nobody saw; the first reason is kept.
    pub(super) fn doubt(&mut self, rule: &'static Rule, controls: &[Control], reason: impl Fn() -> String) {
        for control in controls {
            let measure = self.posture.measured.entry((rule.id, *control)).or_default();
            measure.doubt.get_or_insert_with(&reason);
        }
    }

    /// Says that a rule looked at a part only, because the file asks for no more.
    pub(super) fn narrowed(&mut self, rule: &'static Rule, reason: String) {
        if self.posture.counted.contains_key(rule.id) {
            self.posture.narrowed.insert(rule.id, reason);
        }
    }

    /// Notes what a rule saw besides what departs.
    pub(super) fn note(&mut self, rule: &'static Rule, lines: Vec<String>) {
        if !lines.is_empty() {
            self.posture.notes.entry(rule.id).or_default().extend(lines);
        }
    }

    /// Writes a finding down.
    pub(super) fn report(&mut self, rule: &'static Rule, found: Found<'_>) {
        self.report_fixable(rule, found, false);
    }

    /// Writes a finding down and says whether `apply` settles it.
    pub(super) fn report_fixable(&mut self, rule: &'static Rule, found: Found<'_>, fixed_by_apply: bool) {
        self.drifted.entry(rule.id).or_default().insert(found.resource.clone());
        self.posture.findings.push(finding(rule, found, fixed_by_apply));
    }

    /// Writes down one finding about many things alike: each of them counts, and the lines of evidence name them.
    pub(super) fn report_all(&mut self, rule: &'static Rule, things: Vec<Resource>, found: Found<'_>) {
        self.drifted.entry(rule.id).or_default().extend(things);
        self.posture.findings.push(finding(rule, found, false));
    }

    /// The findings in their order, with the counts.
    pub(super) fn end(mut self) -> Posture {
        for (rule, things) in self.drifted {
            self.posture.counted.entry(rule).or_default().drifted = things.len();
        }
        self.posture.findings.sort_by(|a, b| {
            (b.rule.severity, a.rule.practice, a.rule.id, &a.resource, &a.message).cmp(&(
                a.rule.severity,
                b.rule.practice,
                b.rule.id,
                &b.resource,
                &b.message,
            ))
        });
        self.posture
    }
}

fn finding(rule: &'static Rule, found: Found<'_>, fixed_by_apply: bool) -> Finding {
    Finding {
        rule,
        resource: found.resource,
        message: found.message,
        evidence: found.evidence,
        next: found.next,
        fixed_by_apply,
        origin: found.origin.clone(),
    }
}
