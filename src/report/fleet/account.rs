//! One account of a run, as the reports of a fleet take it.

use super::details::Read;
use crate::fleet::{AccountResult, Apart, Expected, Run, Verdict};
use crate::report::{Endpoint, Sheet, clean};

/// An account and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of its organizational units, from the outermost.
    pub unit: Option<String>,
    /// Why it has a line of its own; nothing where it was looked at.
    pub apart: Option<(Apart, String)>,
    /// Where answers came from that are not AWS's own.
    pub endpoints: Vec<Endpoint>,
    /// When work on it ended; nothing where there was none.
    pub ended: Option<jiff::Timestamp>,
    /// What was found; nothing where it was not looked at.
    pub sheet: Option<Sheet>,
}

impl Account {
    /// From its result.
    ///
    /// # Errors
    /// Fails where the result is of another run or account, or does not hold together.
    pub fn of(run: &Run, id: &str, result: AccountResult<Read>) -> Result<Self, String> {
        let apart = match result.outcome(run, id)?.verdict {
            Verdict::Looked(_) => None,
            Verdict::Apart(why, reason) => Some((why, reason)),
        };
        let sheet = result.details.sheet.map(|kept| kept.read(id)).transpose();
        Ok(Self {
            id: id.to_owned(),
            name: result.account.name,
            unit: result.account.unit,
            apart,
            endpoints: result.details.endpoints,
            ended: result.ended.parse().ok(),
            sheet: sheet.map_err(|reason| format!("the result of account {id} cannot be read: {reason}"))?,
        })
    }

    /// One that is not looked at, as the run says.
    pub fn left_alone(expected: &Expected) -> Self {
        Self {
            id: expected.id.clone(),
            name: expected.name.clone(),
            unit: expected.unit.clone(),
            apart: expected.apart.map(|why| (why, expected.reason.clone().unwrap_or_default())),
            endpoints: Vec::new(),
            ended: None,
            sheet: None,
        }
    }

    /// Its name and digits, on one line.
    pub(super) fn label(&self) -> String {
        if self.name == self.id {
            self.id.clone()
        } else {
            format!("{} ({})", clean::line(&self.name), self.id)
        }
    }
}
