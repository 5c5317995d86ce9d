//! The plans of all accounts of a fleet, as somebody agrees to them, and the file that keeps them.
//!
//! The file holds everything that they were made from, too: the fleet file, the baselines and the list of accounts. So an apply needs
//! no other file, and the selection is that of the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::baseline::Source;
use crate::cli::agreed::Agreed;
use crate::cli::failure::Failure;
use crate::cli::file;
use crate::cli::saved_plan::{SavedLayer, digest, is_like_one};
use crate::cli::whole_file;
use crate::fleet::{AccountList, Apart, Member, Of, Outcome, Seen, Verdict, listed, written};
use crate::model::Addr;
use crate::plan::Choices;
use crate::report::Shown;

/// What makes a JSON file a saved plan of a fleet.
const FORMAT: &str = "baseline fleet plan";

/// The version of the format; it grows when an older program could misread the file.
const FORMAT_VERSION: u64 = 1;

/// The most that such a file may hold, in KiB: 10,000 accounts in a hundred each.
const MOST: u64 = 1 << 20;

/// How to come by one.
const AGAIN: &str = "make the plan again with: baseline fleet plan FLEET --accounts FILE --out PLAN";

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
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
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

    /// Writes the file whole or not at all, readable by its owner only, and answers its digest.
    pub(super) fn write(&self, path: &Path) -> Result<String, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format!("cannot save the plan to {}: {error}", path.display()))
        };
        let text = Shown::json(self).map_err(|error| failed(&error))?;
        whole_file::write(path, &text).map_err(|error| failed(&error))?;
        Ok(digest(text.written().as_bytes()))
    }

    /// Reads a saved plan with its digest; nothing where the file is none, but a fleet file.
    pub(super) fn read(path: &Path) -> Result<Option<(Self, String)>, Failure> {
        let name = path.display();
        let bytes = file::whole(path, MOST).map_err(|error| {
            Failure::with_hint(
                format!("cannot read {name}: {error}"),
                "name a fleet file, or a plan from: baseline fleet plan FLEET --out PLAN",
            )
        })?;
        if !is_like_one(&bytes) {
            return Ok(None);
        }
        let json: Json = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::with_hint(format!("{name} is not a valid saved plan: {error}"), AGAIN)
        })?;
        match (json.get("format").and_then(Json::as_str), json.get("format_version").and_then(Json::as_u64)) {
            (Some(FORMAT), Some(FORMAT_VERSION)) => {}
            (Some(FORMAT), Some(newer)) if newer > FORMAT_VERSION => {
                return Err(Failure::with_hint(
                    format!(
                        "{name} was saved by a newer baseline (format {newer}, known is {FORMAT_VERSION})"
                    ),
                    "use that version of baseline, or make the plan again with this one",
                ));
            }
            (Some(FORMAT), _) => {
                return Err(Failure::with_hint(format!("{name} has no format version"), AGAIN));
            }
            _ => {
                return Err(Failure::with_hint(
                    format!("{name} is JSON, but no plan that baseline saved for a fleet"),
                    "give a fleet file, or a plan from: baseline fleet plan FLEET --out PLAN; \
                     the plan of one account is for: baseline apply PLAN",
                ));
            }
        }
        let saved = serde_json::from_value(json)
            .map_err(|error| Failure::with_hint(format!("{name} is a damaged saved plan: {error}"), AGAIN))?;
        Ok(Some((saved, digest(&bytes))))
    }

    /// The fleet file.
    pub(super) fn fleet(&self) -> Source {
        Arc::unwrap_or_clone(self.fleet.source())
    }

    /// A baseline file or layer by the name that the fleet file gives it.
    pub(super) fn file(&self, name: &str) -> Result<Source, Failure> {
        let file = self.files.get(name).map(|file| Arc::unwrap_or_clone(file.source()));
        file.ok_or_else(|| Failure::with_hint(format!("the plan does not have the file {name}"), AGAIN))
    }

    /// The accounts of the organization.
    pub(super) fn list(&self) -> Result<AccountList, Failure> {
        let wrong = |reason| Failure::with_hint(format!("the plan has no list of accounts: {reason}"), AGAIN);
        listed(&self.accounts.to_string()).map_err(wrong)
    }

    /// What may be deleted.
    pub(super) fn choices(&self) -> Choices {
        Choices { prune: self.prune, destroy: self.destroy.clone() }
    }
}
