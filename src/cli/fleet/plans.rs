//! The plans of all accounts of a fleet, as somebody agrees to them, and the file that keeps them.
//!
//! The file holds everything that they were made from, too: the fleet file, the baselines and the list of accounts. So an apply needs
//! no other file, and the selection is that of the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::cli::agreed::Agreed;
use crate::cli::failure::Failure;
use crate::cli::file;
use crate::cli::saved_plan::{Format, SavedLayer, digest};
use crate::fleet::{AccountList, Apart, Member, Of, Outcome, Seen, Verdict, listed, written};
use crate::language::Source;
use crate::model::Addr;
use crate::plan::Choices;

/// The most that a saved plan may hold, in bytes: 10,000 accounts in a hundred KiB each.
const MOST: u64 = 1 << 30;

/// The plans of a fleet.
const OF_FLEET: Format = Format {
    name: "baseline fleet plan",
    version: 1,
    another: "is JSON, but no plan that baseline saved for a fleet",
    give: "give a fleet file, or a plan from: baseline fleet plan FLEET --out PLAN; the plan of one account is for: baseline apply PLAN",
    again: "make the plan again with: baseline fleet plan FLEET --accounts FILE --out PLAN",
};

/// What a run over many accounts is given.
pub(super) enum Given {
    /// A fleet file.
    File(Vec<u8>),
    /// A saved plan, which has all files.
    Plan(Box<SavedFleetPlan>),
}

impl Given {
    /// Reads the file once: it may be a pipe. A saved plan comes with its digest.
    pub(super) fn read(path: &Path) -> Result<(Self, Option<String>), Failure> {
        let bytes = file::bytes_up_to(path, MOST)?;
        Ok(match SavedFleetPlan::read(&path.display().to_string(), &bytes)? {
            Some(saved) => (Self::Plan(Box::new(saved)), Some(digest(&bytes))),
            None => (Self::File(bytes), None),
        })
    }
}

/// The plans of accounts, by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Plans(BTreeMap<String, AccountPlan>);

/// What a look at an account came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AccountPlan {
    name: String,
    outcome: Of,
    reason: Option<String>,
    lines: Option<Seen>,
    /// Nothing where it was not looked at.
    agreed: Option<Agreed>,
}

impl Plans {
    /// Adds an account, or puts what a second look came to in the place of the first.
    pub(super) fn add(&mut self, member: &Member, verdict: Verdict, agreed: Option<Agreed>) {
        let (outcome, reason, lines) = Of::parts(verdict);
        let plan = AccountPlan { name: member.name.clone(), outcome, reason, lines, agreed };
        self.0.insert(member.id.clone(), plan);
    }

    /// The plan of an account.
    ///
    /// # Errors
    /// Says why it has none.
    pub(super) fn of(&self, id: &str) -> Result<&Agreed, (Apart, String)> {
        let Some(plan) = self.0.get(id) else {
            return Err((Apart::NotBegun, "the plan does not have this account".to_owned()));
        };
        plan.agreed.as_ref().ok_or_else(|| match plan.verdict() {
            Some(Verdict::Apart(why, reason)) => (why, format!("when the plan was made: {reason}")),
            Some(Verdict::Looked(_)) | None => (Apart::NotBegun, "it has no plan".to_owned()),
        })
    }

    /// What became of every account that was to be looked at.
    pub(super) fn outcomes(&self) -> Vec<Outcome> {
        let outcome = |(id, plan): (&String, &AccountPlan)| {
            Some(Outcome { id: id.clone(), name: plan.name.clone(), verdict: plan.verdict()? })
        };
        self.0.iter().filter_map(outcome).collect()
    }
}

impl AccountPlan {
    fn verdict(&self) -> Option<Verdict> {
        self.outcome.verdict(self.reason.as_deref(), self.lines.as_ref())
    }
}

/// What plans are made from.
pub(super) struct MadeFrom<'a> {
    /// The fleet file.
    pub(super) fleet: &'a Source,
    /// The baselines and their layers, by the names that the fleet file gives them.
    pub(super) files: &'a BTreeMap<String, Arc<Source>>,
    /// The accounts of the organization.
    pub(super) list: &'a AccountList,
    /// The accounts that `--only` names.
    pub(super) only: &'a [String],
    /// What may be deleted.
    pub(super) choices: &'a Choices,
}

/// The plans of a fleet as they are saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedFleetPlan {
    format: String,
    format_version: u64,
    /// The program that saved it; only to be shown.
    program: String,
    fleet: SavedLayer,
    files: BTreeMap<String, SavedLayer>,
    accounts: Json,
    pub(super) only: Vec<String>,
    prune: bool,
    destroy: BTreeSet<Addr>,
    pub(super) plans: Plans,
}

impl SavedFleetPlan {
    /// Plans with everything that they were made from.
    pub(super) fn new(from: &MadeFrom<'_>, plans: Plans) -> Self {
        let files = from.files.iter().map(|(name, source)| (name.clone(), SavedLayer::from(&**source)));
        Self {
            format: OF_FLEET.name.to_owned(),
            format_version: OF_FLEET.version,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            fleet: SavedLayer::from(from.fleet),
            files: files.collect(),
            accounts: written(from.list),
            only: from.only.to_vec(),
            prune: from.choices.prune,
            destroy: from.choices.destroy.clone(),
            plans,
        }
    }

    /// Reads a saved plan; nothing where the bytes are none, but a fleet file.
    pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Option<Self>, Failure> {
        OF_FLEET.read(name, bytes)
    }

    /// The fleet file.
    pub(super) fn fleet(&self) -> Source {
        Arc::unwrap_or_clone(self.fleet.source())
    }

    /// A baseline file or layer by the name that the fleet file gives it.
    pub(super) fn file(&self, name: &str) -> Result<Source, Failure> {
        let file = self.files.get(name).map(|file| Arc::unwrap_or_clone(file.source()));
        file.ok_or_else(|| {
            Failure::with_hint(format!("the plan does not have the file {name}"), OF_FLEET.again)
        })
    }

    /// The accounts of the organization.
    pub(super) fn list(&self) -> Result<AccountList, Failure> {
        let wrong = |reason| {
            Failure::with_hint(format!("the plan has no list of accounts: {reason}"), OF_FLEET.again)
        };
        listed(&self.accounts.to_string()).map_err(wrong)
    }

    /// What may be deleted.
    pub(super) fn choices(&self) -> Choices {
        Choices { prune: self.prune, destroy: self.destroy.clone() }
    }
}
