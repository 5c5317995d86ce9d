//! Which accounts settings and waves are for.

use std::collections::BTreeMap;

use super::inventory::Listed;
use crate::baseline::fleet::{FleetAccount, FleetFile, Wave};
use crate::baseline::fleet_for::{For, Tags};
use crate::baseline::types::{AccountLabel, List, UnitLabel};
use crate::baseline::{Diagnostic, Severity, Span, Spanned};

/// An account, as conditions look at it.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Its twelve digits.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What the list says of it, where it is on the list.
    pub listed: Option<&'a Listed>,
    /// Its own section, where it has one.
    pub named: Option<&'a FleetAccount>,
}

/// Accounts by id.
pub(super) fn by_id(listed: &[Listed]) -> BTreeMap<&str, &Listed> {
    listed.iter().map(|one| (one.id.as_str(), one)).collect()
}

/// What must hold of an account.
pub(super) struct Conditions<'f> {
    units: Option<&'f Spanned<List<UnitLabel>>>,
    tags: Option<&'f Spanned<Tags>>,
    accounts: Option<&'f Spanned<List<AccountLabel>>>,
}

impl<'f> From<&'f For> for Conditions<'f> {
    fn from(settings: &'f For) -> Self {
        let For { units, tags, accounts, .. } = settings;
        Self { units: units.as_ref(), tags: tags.as_ref(), accounts: accounts.as_ref() }
    }
}

impl<'f> From<&'f Wave> for Conditions<'f> {
    fn from(wave: &'f Wave) -> Self {
        let Wave { units, tags, accounts, .. } = wave;
        Self { units: units.as_ref(), tags: tags.as_ref(), accounts: accounts.as_ref() }
    }
}

fn has(account: &About<'_>, tags: &Tags) -> bool {
    let of_account = account.listed.and_then(|listed| listed.tags.as_ref());
    tags.0.iter().all(|(key, value)| of_account.is_some_and(|tags| tags.get(key) == Some(value)))
}

impl Conditions<'_> {
    /// Whether all of them hold.
    pub(super) fn hold(&self, account: &About<'_>) -> bool {
        let is_called = |label: &Spanned<AccountLabel>| {
            let of_list = account.listed.map(|listed| listed.name.as_str());
            [Some(account.id), Some(account.name), of_list].contains(&Some(label.written()))
        };
        self.units.is_none_or(|units| {
            units.iter().any(|unit| account.listed.is_some_and(|listed| listed.is_in(unit.written())))
        }) && self.tags.is_none_or(|tags| has(account, tags))
            && self.accounts.is_none_or(|accounts| accounts.iter().any(is_called))
    }
}

/// What only shows beside the list of accounts: settings and waves that ask what it does not say, and those that are for nobody.
pub fn problems(fleet: &FleetFile, listed: &[Listed]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let named: BTreeMap<&str, (&str, &FleetAccount)> = fleet
        .account
        .iter()
        .map(|entry| (entry.section.id.written(), (entry.name.as_str(), &entry.section)))
        .collect();
    let mut all: Vec<About<'_>> = listed
        .iter()
        .map(|one| {
            let named = named.get(one.id.as_str());
            let name = named.map_or(one.name.as_str(), |(name, _)| name);
            About { id: &one.id, name, listed: Some(one), named: named.map(|(_, section)| *section) }
        })
        .collect();
    let listed_ids = by_id(listed);
    all.extend(
        named.iter().filter(|(id, _)| !listed_ids.contains_key(*id)).map(|(id, (name, section))| About {
            id,
            name,
            listed: None,
            named: Some(section),
        }),
    );
    let conditions = fleet.r#for.iter().map(|one| (&one.header.span, Conditions::from(&one.value), true));
    let waves = fleet.wave.iter().map(|one| (&one.header.span, Conditions::from(&one.value), false));
    for (head, conditions, is_for) in conditions.chain(waves) {
        let before = problems.len();
        asked(&conditions, listed, &mut problems);
        if problems.len() > before {
            continue;
        }
        if is_for {
            unknown(&conditions, &all, &mut problems);
        }
        unmatched(&conditions, &all, &mut problems);
        if problems.len() == before && !all.iter().any(|account| conditions.hold(account)) {
            problems.push(problem(
                Severity::Warning,
                "no-account",
                head,
                "this is for no account that there is",
                None,
            ));
        }
    }
    problems
}

/// What the list does not say.
fn asked(conditions: &Conditions<'_>, listed: &[Listed], problems: &mut Vec<Diagnostic>) {
    // Those that are skipped whatever stands for them need not say it.
    let lacks = |has: fn(&Listed) -> bool| {
        listed.is_empty() || listed.iter().any(|one| one.state == "ACTIVE" && !has(one))
    };
    let hint = "write the list with: baseline fleet accounts FLEET --out accounts.json";
    if let Some(units) = conditions.units.filter(|_| lacks(|one| one.unit.is_some())) {
        let message = "the list of accounts does not say in which units they are";
        problems.push(problem(Severity::Error, "no-units", &units.span, message, Some(hint)));
    }
    if let Some(tags) = conditions.tags.filter(|_| lacks(|one| one.tags.is_some())) {
        let message = "the list of accounts does not say which tags they have";
        problems.push(problem(Severity::Error, "no-tags", &tags.span, message, Some(hint)));
    }
}

/// Accounts that there are not.
fn unknown(conditions: &Conditions<'_>, all: &[About<'_>], problems: &mut Vec<Diagnostic>) {
    for label in conditions.accounts.into_iter().flat_map(|accounts| accounts.iter()) {
        let names = |one: &About<'_>| {
            [Some(one.id), Some(one.name), one.listed.map(|listed| listed.name.as_str())]
                .contains(&Some(label.written()))
        };
        if !all.iter().any(names) {
            let hint = "list them with: baseline fleet accounts FLEET --accounts FILE";
            let message = format!("there is no account `{}`", label.written());
            problems.push(problem(Severity::Error, "unknown-name", &label.span, &message, Some(hint)));
        }
    }
}

/// Units that no account is in: a slip, or units that are empty yet.
fn unmatched(conditions: &Conditions<'_>, all: &[About<'_>], problems: &mut Vec<Diagnostic>) {
    for unit in conditions.units.into_iter().flat_map(|units| units.iter()) {
        if !all.iter().any(|account| account.listed.is_some_and(|listed| listed.is_in(unit.written()))) {
            let message = format!("no account of the list is in the unit `{}`", unit.written());
            let hint =
                "units are written by their names from the outermost, such as Workloads/Prod, or by id";
            problems.push(problem(Severity::Warning, "no-account", &unit.span, &message, Some(hint)));
        }
    }
}

fn problem(
    severity: Severity,
    code: &'static str,
    span: &Span,
    message: &str,
    hint: Option<&str>,
) -> Diagnostic {
    Diagnostic {
        severity,
        code,
        message: message.to_owned(),
        span: span.clone(),
        label: String::new(),
        hint: hint.map(str::to_owned),
        related: None,
    }
}
