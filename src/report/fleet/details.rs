//! What every format is made of, as the result of an account keeps it in its file.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Origin;
use crate::report::item::{Check, Item, Served, severity, word};
use crate::report::json::Report;
use crate::report::score::Verdict;
use crate::report::{Command, Ending, Endpoint, Heading, Sheet};

/// What reports are made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Written {
    /// Where answers came from that are not AWS's own.
    pub endpoints: Vec<Endpoint>,
    /// What was found; null where the account was not looked at.
    pub sheet: Option<Kept>,
    /// The report of the account alone, as `baseline schema --report` describes it; null where it was not looked at.
    pub report: Option<Box<Report>>,
}

/// The same as it is read for reports.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Read {
    /// Where answers came from that are not AWS's own.
    pub endpoints: Vec<Endpoint>,
    /// What was found; nothing where the account was not looked at.
    pub sheet: Option<Kept>,
}

/// The same as it is read for the fold, which needs no more.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Brief {
    /// Where answers came from that are not AWS's own.
    pub endpoints: Vec<Endpoint>,
}

/// The same as a resumed run reads it: with what was changed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Resumed {
    /// Where answers came from that are not AWS's own.
    pub endpoints: Vec<Endpoint>,
    /// The report of the account alone; nothing where it was not looked at.
    pub report: Option<ResumedReport>,
}

/// The steps of a report.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ResumedReport {
    /// Those that an apply carried out.
    pub steps: serde_json::Value,
}

/// A sheet in a file: each check stands there once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// The command.
    command: Command,
    /// The baseline file.
    file: String,
    /// The baseline's name.
    name: String,
    /// The home region.
    region: String,
    /// Where answers came from that are not AWS's own.
    endpoints: Vec<Endpoint>,
    /// When the account was looked at.
    at: String,
    /// Whether everything could be read.
    complete: bool,
    /// How an apply ended.
    ending: Option<Ending>,
    /// Reads that failed and rules that could not be decided.
    not_known: Vec<String>,
    /// The checks.
    checks: Vec<KeptCheck>,
    /// Every check and thing.
    items: Vec<KeptItem>,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
struct KeptCheck {
    /// Its stable name.
    id: String,
    /// What holds where it is kept.
    title: String,
    /// `critical`, `high`, `medium` or `low`.
    severity: String,
    /// The practice of the thirteen.
    practice: Option<u8>,
    /// The controls that it serves.
    controls: Vec<String>,
    /// What can happen where it is not kept.
    risk: String,
}

/// What came of a check for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct KeptItem {
    /// The check, by its place in `checks`.
    check: usize,
    /// `kept`, `broken` or `unknown`.
    verdict: Verdict,
    /// What the thing is.
    kind: String,
    /// Its ARN, id or address.
    resource: String,
    /// Its region; null for what is global.
    region: Option<String>,
    /// What was found.
    message: String,
    /// What proves it.
    evidence: Vec<String>,
    /// What to do next.
    next: String,
    /// Whether apply settles it.
    by_apply: bool,
    /// The section of the file that asks for it; empty where none does.
    section: String,
    /// The line of that section; 0 where there is none.
    line: usize,
    /// The layer in which it stands; null where the baseline is one file.
    file: Option<String>,
}

impl From<&Check> for KeptCheck {
    fn from(check: &Check) -> Self {
        Self {
            id: check.id.clone(),
            title: check.title.clone(),
            severity: word(check.severity).to_owned(),
            practice: check.practice,
            controls: check.controls.iter().map(Served::name).collect(),
            risk: check.risk.clone(),
        }
    }
}

impl KeptCheck {
    fn read(self) -> Result<Check, String> {
        let severity = severity(&self.severity);
        let controls: Option<Vec<Served>> = self.controls.iter().map(|name| Served::named(name)).collect();
        Ok(Check {
            severity: severity.ok_or_else(|| format!("there is no severity {}", self.severity))?,
            controls: controls.ok_or_else(|| format!("check {} names an unknown benchmark", self.id))?,
            id: self.id,
            title: self.title,
            practice: self.practice,
            risk: self.risk,
        })
    }
}

impl From<&Sheet> for Kept {
    fn from(sheet: &Sheet) -> Self {
        let mut checks: Vec<KeptCheck> = Vec::new();
        let mut known: HashMap<KeptCheck, usize> = HashMap::new();
        let items = sheet.items.iter().map(|item| {
            let check = KeptCheck::from(&item.check);
            let place = *known.entry(check.clone()).or_insert_with(|| {
                checks.push(check);
                checks.len() - 1
            });
            KeptItem {
                check: place,
                verdict: item.verdict,
                kind: item.kind.clone(),
                resource: item.resource.clone(),
                region: item.region.clone(),
                message: item.message.clone(),
                evidence: item.evidence.clone(),
                next: item.next.clone(),
                by_apply: item.by_apply,
                section: item.origin.section.clone(),
                line: item.origin.line,
                file: item.origin.file.clone(),
            }
        });
        let items = items.collect();
        let heading = &sheet.heading;
        Self {
            command: heading.command,
            file: heading.file.clone(),
            name: heading.baseline.clone(),
            region: heading.region.clone(),
            endpoints: heading.endpoints.clone(),
            at: sheet.at.to_string(),
            complete: sheet.is_complete,
            ending: sheet.ending.clone(),
            not_known: sheet.not_known.clone(),
            checks,
            items,
        }
    }
}

impl Kept {
    /// The sheet of that account.
    ///
    /// # Errors
    /// Fails where the file does not hold together, because another program or a person has changed it.
    pub fn read(self, account: &str) -> Result<Sheet, String> {
        let checks: Result<Vec<Check>, String> = self.checks.into_iter().map(KeptCheck::read).collect();
        let checks = checks?;
        let items = self.items.into_iter().map(|item| {
            let check = checks.get(item.check).ok_or_else(|| format!("there is no check {}", item.check))?;
            Ok(Item {
                check: check.clone(),
                verdict: item.verdict,
                kind: item.kind,
                resource: item.resource,
                region: item.region,
                message: item.message,
                evidence: item.evidence,
                next: item.next,
                by_apply: item.by_apply,
                origin: Origin { section: item.section, line: item.line, file: item.file },
            })
        });
        Ok(Sheet {
            items: items.collect::<Result<Vec<Item>, String>>()?,
            heading: Heading {
                command: self.command,
                file: self.file,
                baseline: self.name,
                account: account.to_owned(),
                region: self.region,
                endpoints: self.endpoints,
            },
            at: self.at.parse().map_err(|_| "it does not say when it looked".to_owned())?,
            is_complete: self.complete,
            ending: self.ending,
            not_known: self.not_known,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_sheet_is_read_again_as_it_was_written() {
        for scene in [sample::neglected(), sample::hostile_posture()] {
            let sheet = Sheet::of(&scene.view());
            assert!(!sheet.items.is_empty());
            let text = serde_json::to_string(&Kept::from(&sheet)).unwrap();
            let kept: Kept = serde_json::from_str(&text).unwrap();
            assert!(kept.checks.len() <= kept.items.len());
            assert_eq!(kept.read(&sheet.heading.account), Ok(sheet));
        }
    }

    #[test]
    fn a_file_that_does_not_hold_together_is_refused() {
        let sheet = Sheet::of(&sample::neglected().view());
        let mut kept = Kept::from(&sheet);
        kept.checks.clear();
        assert!(kept.read("111122223333").is_err());
        let mut kept = Kept::from(&sheet);
        kept.checks[0].severity = "grave".into();
        assert!(kept.read("111122223333").is_err());
    }
}
