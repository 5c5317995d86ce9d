//! The administrators of an account, looked for once, however many rules ask.

use std::cell::OnceCell;

use super::principal::Account;
use super::running::Machines;
use super::ways::{Administrator, Missing, administrators};
use crate::posture::facts::{CredentialReport, Iam};
use crate::posture::{Facts, Seen};

/// Everybody who can do everything, and whoever cannot be judged.
type Found<'a> = (Vec<Administrator<'a>>, Vec<Missing>);

/// The administrators of the account that the facts are of.
#[derive(Debug)]
pub(in crate::posture) struct InEffect<'a> {
    facts: &'a Facts,
    found: OnceCell<Found<'a>>,
}

impl<'a> InEffect<'a> {
    /// Nothing is looked for yet.
    pub(in crate::posture) fn new(facts: &'a Facts) -> Self {
        Self { facts, found: OnceCell::new() }
    }

    /// What they are, looked for where nobody has asked before. The users and roles are those of the facts.
    pub(in crate::posture) fn administrators(&self, iam: &'a Iam) -> &Found<'a> {
        self.found.get_or_init(|| administrators(iam, self))
    }

    /// The account that is judged.
    pub(in crate::posture) fn account(&self) -> Account<'a> {
        Account { partition: &self.facts.partition, id: &self.facts.account }
    }

    /// The credential report, where it could be read.
    pub(in crate::posture) fn credentials(&self) -> Option<&'a CredentialReport> {
        match &self.facts.credentials {
            Seen::Seen(report) => Some(report),
            Seen::Unreadable(_) | Seen::NotAsked => None,
        }
    }

    /// The instances, as far as they were read.
    pub(in crate::posture) fn machines(&self) -> Machines<'a> {
        Machines(&self.facts.regions)
    }
}
