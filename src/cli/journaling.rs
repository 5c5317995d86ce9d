//! Where the journal of an apply lies, and what becomes of an apply that cannot write it.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::ValueHint;

use super::failure::Failure;
use crate::aws::Account;
use crate::engine::journal::{self, Begun, Journal};
use crate::engine::{Event, Stop};

/// Names the folder where no argument does.
const VARIABLE: &str = "BASELINE_JOURNAL";

/// Whether and where a journal is kept.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Journal")]
pub(super) struct Journaling {
    /// Keep the journal of what is done in this folder
    ///
    /// Without it: BASELINE_JOURNAL, or baseline/journal in the user's state folder (XDG_STATE_HOME).
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    journal: Option<PathBuf>,

    /// Keep no journal
    #[arg(long, conflicts_with = "journal")]
    no_journal: bool,
}

/// The journal of this run, if one is kept.
#[derive(Debug)]
pub(super) struct Record {
    folder: Option<PathBuf>,
    journal: Option<Journal>,
    lost: Mutex<Option<io::Error>>,
}

impl Journaling {
    /// Begins the journal, unless none is kept.
    pub(super) fn begin(&self, account: &Account, run: &str) -> Result<Record, Failure> {
        let asked = self.journal.clone().or_else(|| env::var_os(VARIABLE).map(PathBuf::from));
        let folder = asked.or_else(usual_folder).filter(|_| !self.no_journal);
        let begun = Begun::new(run, account.id(), &account.region, &account.baseline);
        let journal = folder.as_deref().map(|folder| {
            Journal::begin(folder, &begun)
                .map_err(|error| unwritten(folder, &error, "nothing was written to AWS"))
        });
        Ok(Record { journal: journal.transpose()?, folder, lost: Mutex::default() })
    }
}

impl Record {
    /// Records an event. Where that fails the run is asked to stop before its next write.
    pub(super) fn hear(&self, event: &Event, stop: &Stop) {
        let Some(Err(error)) = self.journal.as_ref().map(|journal| journal.hear(event)) else { return };
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        stop.set();
    }

    /// Whether a run is known to be dead, because its journal lies beside this one and nobody holds it.
    pub(super) fn is_dead(&self, run: &str) -> bool {
        self.folder.as_deref().is_some_and(|folder| journal::is_dead(folder, run))
    }

    /// Ends the journal.
    ///
    /// # Errors
    /// What kept it from being written at any time.
    pub(super) fn end(&self) -> Result<(), Failure> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ended = lost.map_or_else(|| journal.end(), Err);
        ended.map_err(|error| unwritten(journal.path(), &error, "nothing was written to AWS after that"))
    }
}

fn unwritten(path: &Path, error: &io::Error, so: &str) -> Failure {
    Failure::with_hint(
        format!("the journal cannot be written: {}: {error}; {so}", path.display()),
        "make room, name another folder with --journal FOLDER, or go on without one: --no-journal",
    )
}

/// In the user's state folder; nowhere where the user has none, since no run needs a journal.
fn usual_folder() -> Option<PathBuf> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("baseline").join("journal"))
}
