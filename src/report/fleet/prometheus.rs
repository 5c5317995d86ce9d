//! A fleet as metrics in the text format of Prometheus, for the textfile collector of its node exporter.
//!
//! The time of the last complete look is what shows that a schedule has died.

use std::collections::BTreeMap;

use super::{Account, Pages, Whole};
use crate::fleet::Apart;
use crate::report::score::Verdict;
use crate::report::{Shown, clean};
use crate::shown;

/// The metrics so far: the lines of each family, which stand together.
#[derive(Debug)]
pub struct Metrics {
    fleet: Shown,
    drift: Shown,
    incomplete: Shown,
    success: Shown,
    states: Shown,
    since: Shown,
}

/// The value of a label: a backslash, a quote and the end of a line are escaped (Prometheus, "Exposition formats").
fn label(text: &str) -> Shown {
    Shown::line(&clean::line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

impl Metrics {
    /// What is known of all accounts together.
    pub fn new(whole: &Whole<'_>) -> Self {
        let fleet = label(whole.fleet);
        let fold = whole.fold;
        let mut states = Shown::default();
        let mut counts = vec![("looked at", fold.looked()), ("departing", fold.departing())];
        counts.extend(Apart::ALL.map(|why| (why.words(), fold.count(why))));
        for (state, count) in counts {
            states.push(shown!(
                "baseline_fleet_accounts{fleet=\"{}\",state=\"{}\"} {}\n",
                fleet,
                state,
                count
            ));
        }
        let mut since = Shown::default();
        if let Some(compared) = whole.since {
            for (state, count) in
                [("new", compared.new.len()), ("still", compared.still), ("gone", compared.gone.len())]
            {
                since.push(shown!(
                    "baseline_fleet_departures{fleet=\"{}\",since=\"{}\"} {}\n",
                    fleet,
                    state,
                    count
                ));
            }
        }
        let (drift, incomplete, success) = Default::default();
        Self { fleet, drift, incomplete, success, states, since }
    }
}

impl Pages for Metrics {
    fn account(&mut self, account: &Account) -> Result<Shown, String> {
        let (id, name) = (label(&account.id), label(&account.name));
        if account.apart.as_ref().is_some_and(|(why, _)| *why == Apart::Skipped) {
            return Ok(Shown::default());
        }
        let is_whole =
            account.apart.is_none() && account.sheet.as_ref().is_some_and(|sheet| sheet.is_complete);
        self.incomplete.push(shown!(
            "baseline_incomplete{fleet=\"{}\",account=\"{}\",name=\"{}\"} {}\n",
            self.fleet,
            id,
            name,
            usize::from(!is_whole)
        ));
        let Some(sheet) = &account.sheet else { return Ok(Shown::default()) };
        if is_whole {
            self.success.push(shown!(
                "baseline_last_success_timestamp_seconds{fleet=\"{}\",account=\"{}\",name=\"{}\"} {}\n",
                self.fleet,
                id,
                name,
                sheet.at.as_second()
            ));
        }
        let mut practices: BTreeMap<u8, usize> = BTreeMap::new();
        for item in &sheet.items {
            // What belongs to no practice is counted under 0.
            let count = practices.entry(item.check.practice.unwrap_or_default()).or_default();
            *count += usize::from(item.verdict == Verdict::Broken);
        }
        for (practice, count) in practices {
            self.drift.push(shown!(
                "baseline_drift{fleet=\"{}\",account=\"{}\",name=\"{}\",practice=\"{}\"} {}\n",
                self.fleet,
                id,
                name,
                practice,
                count
            ));
        }
        Ok(Shown::default())
    }

    fn end(self: Box<Self>) -> Result<Vec<Shown>, String> {
        let Self { drift, incomplete, success, states, since, .. } = *self;
        let mut text = Shown::default();
        for (help, lines) in [
            (
                "# HELP baseline_fleet_accounts Accounts by what became of them.\n# TYPE baseline_fleet_accounts gauge\n",
                states,
            ),
            (
                "# HELP baseline_fleet_departures Departures compared with an older run.\n# TYPE baseline_fleet_departures gauge\n",
                since,
            ),
            (
                "# HELP baseline_drift Departures of an account by practice, 0 for none.\n# TYPE baseline_drift gauge\n",
                drift,
            ),
            (
                "# HELP baseline_incomplete Whether an account was not looked at, or not read whole.\n# TYPE baseline_incomplete gauge\n",
                incomplete,
            ),
            (
                "# HELP baseline_last_success_timestamp_seconds When an account was last read whole.\n# TYPE baseline_last_success_timestamp_seconds gauge\n",
                success,
            ),
        ] {
            if !lines.is_empty() {
                text.push(shown!("{}{}", help, lines));
            }
        }
        Ok(vec![text])
    }
}
