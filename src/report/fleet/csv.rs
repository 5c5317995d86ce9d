//! A fleet as CSV: one row a check and thing of every account, and one for each account that was not looked at.

use std::collections::BTreeSet;

use super::{Account, Pages, Whole};
use crate::report::Shown;
use crate::report::csv::{columns, row};
use crate::report::score::Verdict;

/// The columns that an account alone has no use for.
const MORE: [&str; 3] = ["account_name", "unit", "since"];

/// The table.
#[derive(Debug)]
pub struct Table {
    new: Option<BTreeSet<String>>,
}

impl Table {
    /// An empty one.
    pub fn new(whole: &Whole<'_>) -> Self {
        Self { new: whole.since.map(|since| since.new_prints()) }
    }
}

impl Pages for Table {
    fn begin(&mut self) -> Result<Shown, String> {
        let names = columns().into_iter().chain(MORE.map(str::to_owned)).collect();
        Shown::csv([names]).map_err(|error| error.to_string())
    }

    fn account(&mut self, account: &Account) -> Result<Shown, String> {
        let of_account =
            |since: &str| [account.name.clone(), account.unit.clone().unwrap_or_default(), since.to_owned()];
        let mut rows: Vec<Vec<String>> = Vec::new();
        if let Some((why, reason)) = &account.apart {
            // In the columns `status`, `account`, `kind`, `resource`, `message` and `custom_endpoints`.
            let mut row = vec![String::new(); columns().len()];
            let endpoints: Vec<String> = account.endpoints.iter().map(ToString::to_string).collect();
            for (name, value) in [
                ("status", why.words()),
                ("account", &account.id),
                ("kind", "account"),
                ("resource", &account.id),
                ("message", reason),
                ("custom_endpoints", &endpoints.join("; ")),
            ] {
                if let Some(at) = columns().iter().position(|column| column == name)
                    && let Some(cell) = row.get_mut(at)
                {
                    value.clone_into(cell);
                }
            }
            row.extend(of_account(""));
            rows.push(row);
        }
        for (sheet, item) in
            account.sheet.iter().flat_map(|sheet| sheet.items.iter().map(move |item| (sheet, item)))
        {
            let since = match &self.new {
                Some(new) if item.verdict == Verdict::Broken => {
                    if new.contains(&item.fingerprint(&account.id)) { "new" } else { "still" }
                }
                Some(_) | None => "",
            };
            let mut row = row(&sheet.heading, item);
            row.extend(of_account(since));
            rows.push(row);
        }
        Shown::csv(rows).map_err(|error| error.to_string())
    }

    fn end(self: Box<Self>) -> Result<Vec<Shown>, String> {
        Ok(Vec::new())
    }
}
