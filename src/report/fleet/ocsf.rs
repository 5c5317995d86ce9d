//! A fleet as OCSF Compliance Findings: a JSON array with one event on a line.

use serde_json::{Value as Json, json};

use super::{Account, Pages, Whole};
use crate::fleet::Apart;
use crate::model::Origin;
use crate::posture::Severity;
use crate::report::item::{Check, Item};
use crate::report::ocsf::event;
use crate::report::score::Verdict;
use crate::report::{Command, Heading, Sheet, Shown};

/// The array so far.
#[derive(Debug)]
pub struct Events {
    is_first: bool,
    command: Command,
    fleet: String,
}

impl Events {
    /// Without events.
    pub fn new(whole: &Whole<'_>) -> Self {
        Self { is_first: true, command: whole.command, fleet: whole.fleet.to_owned() }
    }

    fn add(&mut self, text: &mut Shown, event: &Json) -> Result<(), String> {
        text.push(if self.is_first { "" } else { "," });
        text.push(Shown::json_line(event).map_err(|error| error.to_string())?);
        self.is_first = false;
        Ok(())
    }
}

/// The event of an account of which nothing is known. Of one that is left alone there is none.
fn not_looked_at(account: &Account, command: Command) -> Option<Json> {
    let (why, reason) = account.apart.as_ref().filter(|(why, _)| *why != Apart::Skipped)?;
    let item = Item {
        check: Check {
            id: "account-looked-at".to_owned(),
            title: "the account was looked at".to_owned(),
            severity: Severity::Medium,
            practice: None,
            controls: Vec::new(),
            risk: "nobody knows what departs in it".to_owned(),
        },
        verdict: Verdict::Unknown,
        kind: "account".to_owned(),
        resource: account.id.clone(),
        region: None,
        message: format!("{}: {reason}", why.words()),
        evidence: Vec::new(),
        next: "look at it again".to_owned(),
        by_apply: false,
        origin: Origin::default(),
    };
    let (file, baseline, region) = (String::new(), String::new(), String::new());
    let endpoints = account.endpoints.clone();
    let heading = Heading { command, file, baseline, account: account.id.clone(), region, endpoints };
    let (at, not_known) = (account.ended?, Vec::new());
    let sheet = Sheet { heading, at, is_complete: false, ending: None, not_known, items: Vec::new() };
    let mut event = event(&sheet, &item);
    event["cloud"] = json!({
        "provider": "AWS",
        "account": { "uid": account.id, "name": account.name, "type_id": 10, "type": "AWS Account" },
    });
    Some(event)
}

impl Pages for Events {
    fn begin(&mut self) -> Result<Shown, String> {
        Ok(crate::shown!("[\n"))
    }

    fn account(&mut self, account: &Account) -> Result<Shown, String> {
        let mut text = Shown::default();
        let Some(sheet) = &account.sheet else {
            if let Some(mut event) = not_looked_at(account, self.command) {
                event["unmapped"]["fleet"] = json!(self.fleet);
                self.add(&mut text, &event)?;
            }
            return Ok(text);
        };
        for item in &sheet.items {
            let mut event = event(sheet, item);
            event["cloud"]["account"]["name"] = json!(account.name);
            event["unmapped"]["fleet"] = json!(self.fleet);
            event["unmapped"]["unit"] = json!(account.unit);
            if let Some((why, reason)) = account.apart.as_ref().filter(|(why, _)| *why != Apart::Skipped) {
                event["unmapped"]["outcome"] = json!(format!("{}: {reason}", why.words()));
            }
            self.add(&mut text, &event)?;
        }
        Ok(text)
    }

    fn end(self: Box<Self>) -> Result<Vec<Shown>, String> {
        Ok(vec![crate::shown!("]\n")])
    }
}
