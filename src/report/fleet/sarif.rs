//! A fleet as SARIF: one run, in which each result says its account, because GitHub keeps one run of a category.

use std::collections::BTreeSet;

use super::{Account, Pages, Whole};
use crate::fleet::Apart;
use crate::report::Shown;
use crate::report::sarif::{Log, Member};

/// The run so far.
#[derive(Debug)]
pub struct Run {
    log: Log,
    fleet: String,
    new: Option<BTreeSet<String>>,
}

impl Run {
    /// Without results.
    pub fn new(whole: &Whole<'_>) -> Self {
        let mut log = Log::default();
        log.endpoints(whole.endpoints);
        Self { log, fleet: whole.fleet.to_owned(), new: whole.since.map(|since| since.new_prints()) }
    }
}

impl Pages for Run {
    fn account(&mut self, account: &Account) -> Result<Shown, String> {
        if let Some((why, reason)) = &account.apart {
            let text = format!("account {}: {}: {reason}", account.label(), why.words());
            if *why == Apart::Skipped { self.log.says(text) } else { self.log.lacks("error", text) }
        }
        if let Some(sheet) = &account.sheet {
            let unit = account.unit.as_deref();
            let member = Member { name: account.label(), unit, new: self.new.as_ref() };
            self.log.add(sheet, Some(&member)).map_err(|error| error.to_string())?;
        }
        Ok(Shown::default())
    }

    fn end(self: Box<Self>) -> Result<Vec<Shown>, String> {
        Ok(vec![self.log.text(&self.fleet).map_err(|error| error.to_string())?])
    }
}
