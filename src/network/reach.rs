//! Which connections one end may open to another, and what happens to one packet on its way.

use super::class::{Class, Place};
use super::filters::{Direction, any_rule};
use super::model::{Id, Network};
use super::packets::{Packet, Packets, sample};
use super::paths::{Path, paths};
use super::steps::Way;

/// What is known of a set of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Some of it is surely let through.
    Reachable,
    /// Surely nothing of it is.
    Unreachable,
    /// Some of it may be.
    Unknown,
}

/// Which connections may be opened.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Those that are let through, with their answers.
    pub open: Packets,
    /// Those that may be.
    pub unknown: Packets,
    /// Why they are not known.
    pub reasons: Vec<String>,
}

impl Reach {
    /// The answer in one word.
    pub fn answer(&self) -> Answer {
        match (self.open.is_empty(), self.unknown.is_empty()) {
            (false, _) => Answer::Reachable,
            (true, true) => Answer::Unreachable,
            (true, false) => Answer::Unknown,
        }
    }

    /// Whatever may be let through.
    pub fn possible(&self) -> Packets {
        self.open.union(&self.unknown)
    }

    /// This and the other one.
    pub fn and(mut self, other: Self) -> Self {
        self.open = self.open.union(&other.open);
        self.unknown = self.unknown.union(&other.unknown).minus(&self.open);
        self.reasons.extend(other.reasons);
        self.reasons.sort();
        self.reasons.dedup();
        self
    }
}

fn of_path(network: &Network, path: &Path, asked: &Packets) -> Reach {
    let mut sure = path.domain.intersect(asked);
    let mut possible = sure.clone();
    let mut reasons = Vec::new();
    for step in &path.steps {
        if possible.is_empty() {
            return Reach::default();
        }
        let sets = step.sets(network);
        sure = sure.intersect(&sets.sure);
        possible = if sets.perhaps.is_empty() {
            possible.intersect(&sets.sure)
        } else {
            possible.intersect(&sets.sure.union(&sets.perhaps))
        };
        reasons.extend(sets.reasons);
    }
    let unknown = possible.minus(&sure);
    if unknown.is_empty() {
        reasons.clear();
    }
    Reach { open: sure, unknown, reasons }
}

/// Whether the groups of both ends have a rule for the other one. What has no group is not filtered by any.
fn may_meet(network: &Network, from: &Class, to: &Class) -> bool {
    let Place::Interface(there) = &to.place else { return true };
    // Most groups let in few and let out everything, so the second question is seldom asked.
    let lets_in = || there.groups.is_empty() || any_rule(network, &there.groups, Direction::In, from);
    let lets_out = || match &from.place {
        Place::Interface(here) => {
            here.groups.is_empty() || any_rule(network, &here.groups, Direction::Out, to)
        }
        Place::Outside | Place::Internet | Place::Service(_) => true,
    };
    lets_in() && lets_out()
}

/// Which of the asked connections one end may open to the other.
pub fn reach(network: &Network, from: &Class, to: &Class, asked: &Packets) -> Reach {
    if !may_meet(network, from, to) {
        return Reach::default();
    }
    let all = paths(network, from, to);
    all.iter().map(|path| of_path(network, path, asked)).fold(Reach::default(), Reach::and)
}

/// What happens at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The packet passes.
    Passes,
    /// It may.
    Unknown,
    /// It does not.
    Blocked,
}

/// One place a packet passes, and what decides there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Whether it is the answer that passes here.
    pub back: bool,
    /// The group, network ACL, route table or gateway.
    pub thing: Id,
    /// What happens.
    pub verdict: Verdict,
    /// The rule, the entry or the route.
    pub words: String,
}

/// What happens to one packet and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The packet.
    pub packet: Packet,
    /// Every place, also behind one that blocks.
    pub hops: Vec<Hop>,
}

impl Trace {
    /// Every place that blocks.
    pub fn blocks(&self) -> impl Iterator<Item = &Hop> {
        self.hops.iter().filter(|hop| hop.verdict == Verdict::Blocked)
    }

    /// Whether the connection comes about.
    pub fn verdict(&self) -> Verdict {
        self.hops.iter().map(|hop| hop.verdict).max().unwrap_or(Verdict::Passes)
    }
}

/// Follows one of the asked packets from one end to the other: one that gets through where there is one, else one
/// that meets the fewest blocks. Nothing where no packet goes from one to the other at all.
pub fn trace(network: &Network, from: &Class, to: &Class, asked: &Packets) -> Option<Trace> {
    let all = paths(network, from, to);
    let traces = all.iter().filter_map(|path| {
        let asked = path.domain.intersect(asked);
        let reach = of_path(network, path, &asked);
        let packet = sample(&reach.open).or_else(|| sample(&reach.unknown)).or_else(|| sample(&asked))?;
        let hops = path.steps.iter().map(|step| {
            let (verdict, thing, words) = step.decide(network, &packet);
            Hop { back: step.way == Way::Back, thing, verdict, words }
        });
        Some(Trace { packet, hops: hops.collect() })
    });
    traces.min_by_key(|trace| (trace.verdict(), trace.blocks().count()))
}
