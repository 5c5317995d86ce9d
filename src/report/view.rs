//! Everything a report is made of: one look at an account, resources and posture together.

use super::{Ending, Heading, Words};
use crate::language::proof::NetworkChange;
use crate::model::Wanted;
use crate::plan::{Plan, Unread, Why};
use crate::posture::{Posture, Rule};
use crate::words;

/// What one look at an account found.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Which command, file and account.
    pub heading: &'a Heading,
    /// What the file declares.
    pub wanted: &'a Wanted,
    /// How the declared things depart.
    pub plan: &'a Plan,
    /// What the plan changes for packets; nothing where the file declares no network, or where nothing is to be done.
    pub network: Option<&'a NetworkChange>,
    /// What the rules found.
    pub posture: &'a Posture,
    /// Every rule there is.
    pub rules: &'a [&'static Rule],
    /// How the apply before it ended; nothing where there was none.
    pub ending: Option<&'a Ending>,
    /// When the account was looked at. Reports never ask a clock.
    pub at: jiff::Timestamp,
}

/// How many things were looked at, and what came of it. Never a share without these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Totals {
    /// Declared things, and things that rules looked at.
    pub checked: usize,
    /// Of them, how many depart from what is asked.
    pub drifted: usize,
    /// Of them, how many are exempt by name until a date.
    pub exempt: usize,
    /// Reads that were denied.
    pub denied: usize,
    /// Reads that failed for another reason.
    pub failed: usize,
    /// Rules that could not be decided here.
    pub unsupported: usize,
}

impl View<'_> {
    /// Whether everything that was asked could be read and decided.
    pub fn is_complete(&self) -> bool {
        self.plan.is_complete() && self.posture.is_complete()
    }

    /// Whether nothing departs.
    pub fn is_converged(&self) -> bool {
        self.plan.is_converged() && self.posture.findings.is_empty()
    }

    /// Every read that failed.
    pub(super) fn unread(&self) -> impl Iterator<Item = &Unread> {
        self.plan.unreadable.values().chain(&self.plan.unlisted).chain(&self.posture.unread)
    }

    /// How many things were looked at, and what came of it.
    pub fn totals(&self) -> Totals {
        let by_hand = super::summary::errors(self.plan);
        let rules = self.posture.counted.values();
        let counted = rules.fold(Totals::default(), |sum, counted| Totals {
            checked: sum.checked + counted.checked,
            drifted: sum.drifted + counted.drifted,
            exempt: sum.exempt + counted.exempt,
            ..sum
        });
        let denied = self.unread().filter(|unread| unread.why == Why::Denied).count();
        Totals {
            checked: counted.checked + self.plan.unchanged + self.plan.steps.len() + by_hand,
            drifted: counted.drifted + self.plan.steps.len() + by_hand,
            denied,
            failed: self.unread().count() - denied,
            unsupported: self.posture.undecided.len(),
            ..counted
        }
    }
}

impl Totals {
    /// The counts as one line.
    pub fn line(&self) -> Words {
        let Self { checked, drifted, exempt, denied, failed, unsupported } = self;
        let mut line = words!(
            "{} checked, {} drifted, {} exempt, {} denied, {} unsupported",
            *checked,
            *drifted,
            *exempt,
            *denied,
            *unsupported
        );
        if *failed > 0 {
            line.push(words!(", {} could not be read", *failed));
        }
        line
    }
}
