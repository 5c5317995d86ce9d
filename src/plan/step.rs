//! The plan and its steps: data with no choice left to make.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Addr, Origin, Severity, Unread};

use super::diff::Change;

/// What a step does to its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Brings it into being.
    Create,
    /// Changes it in place.
    Update,
    /// Takes over a thing that exists and carries no tags, and changes it where it departs.
    Adopt,
    /// Deletes it and brings it into being again.
    Replace,
    /// Deletes it.
    Delete,
}

impl Action {
    /// The sign a plan shows before the address.
    pub const fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update | Self::Adopt => '~',
            Self::Replace => '±',
            Self::Delete => '-',
        }
    }

    /// The action as a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Replace => "replace",
            Self::Delete => "delete",
        }
    }
}

/// One action on one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The address.
    pub addr: Addr,
    /// What is done.
    pub action: Action,
    /// The departures it settles.
    pub changes: Vec<Change>,
    /// Why it cannot be done in this run; nothing where it can.
    pub held: Option<String>,
    /// The section that asks for it.
    pub origin: Origin,
}

/// Something for a person: what only a person can settle, or what is worth knowing about a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub addr: Addr,
    /// How much it matters.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// What to do next.
    pub next: String,
    /// The section it belongs to.
    pub origin: Origin,
}

/// A thing that carries this baseline's tags and is not declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared {
    /// Its address.
    pub addr: Addr,
    /// Its id or name as AWS spells it, where one is known.
    pub id: String,
    /// What would delete it, or why nothing does.
    pub next: String,
}

/// Everything between what is wanted and what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Steps in an order that respects every reference.
    pub steps: Vec<Step>,
    /// By address of what is created: the deletes that free what it needs, and so come before it.
    pub freed_by: BTreeMap<Addr, BTreeSet<Addr>>,
    /// What takes rights from whoever carries the plan out, and so comes last.
    pub last: BTreeSet<Addr>,
    /// What could not be read, by address.
    pub unreadable: BTreeMap<Addr, Unread>,
    /// Lists that could not be read.
    pub unlisted: Vec<Unread>,
    /// What a person should know; errors are what only a person can settle.
    pub findings: Vec<Finding>,
    /// Owned things nobody declares, and no step deletes.
    pub undeclared: Vec<Undeclared>,
    /// How many wanted things are as they should be.
    pub unchanged: usize,
    /// A digest of what was found, by address: what a saved plan leans on.
    pub fingerprints: BTreeMap<Addr, String>,
}

impl Plan {
    /// Whether everything could be read.
    pub fn is_complete(&self) -> bool {
        self.unreadable.is_empty() && self.unlisted.is_empty()
    }

    /// Whether there is nothing to do and nothing for a person to settle.
    pub fn is_converged(&self) -> bool {
        self.steps.is_empty() && !self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// How many steps do that.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }
}
