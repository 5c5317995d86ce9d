//! Which accounts settings and waves are for.

use std::collections::BTreeMap;

use super::inventory::{AccountList, Listed};
use super::units::nearest;
use crate::language::fleet::{FleetAccount, FleetFile, Wave};
use crate::language::fleet_for::{For, Tags};
use crate::language::types::{AccountLabel, List, UnitLabel};
use crate::language::{Diagnostic, Severity, Span, Spanned};

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

impl About<'_> {
    /// Whether it is in a unit, however deep. One that the list does not name is in none.
    fn is_in(&self, unit: &str) -> bool {
        self.listed.is_some_and(|listed| listed.is_in(unit))
    }

    /// Whether that is its id, its name, or its name on the list.
    fn is_called(&self, label: &str) -> bool {
        let of_list = self.listed.map(|listed| listed.name.as_str());
        [Some(self.id), Some(self.name), of_list].contains(&Some(label))
    }

    fn has(&self, tags: &Tags) -> bool {
        let own = self.listed.and_then(|listed| listed.tags.as_ref());
        tags.0.iter().all(|(key, value)| own.is_some_and(|tags| tags.get(key) == Some(value)))
    }
}

impl Conditions<'_> {
    /// Whether all of them hold.
    pub(super) fn hold(&self, account: &About<'_>) -> bool {
        self.units.is_none_or(|units| units.iter().any(|unit| account.is_in(unit.written())))
            && self.tags.is_none_or(|tags| account.has(tags))
            && self
                .accounts
                .is_none_or(|accounts| accounts.iter().any(|one| account.is_called(one.written())))
    }
}

/// What only shows beside the list of accounts: what asks for something that it does not say, and what is for nobody.
pub fn problems(fleet: &FleetFile, list: &AccountList) -> Vec<Diagnostic> {
    let listed = list.accounts.as_slice();
    let mut problems = Vec::new();
    unmanaged(fleet, list, &mut problems);
    of_organization(fleet, listed, &mut problems);
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
    let conditions = fleet.r#for.iter().map(|one| (&one.header.span, Conditions::from(&one.value)));
    let waves = fleet.wave.iter().map(|one| (&one.header.span, Conditions::from(&one.value)));
    for (head, conditions) in conditions.chain(waves) {
        let before = problems.len();
        asked(&conditions, listed, &mut problems);
        if problems.len() > before {
            continue;
        }
        unknown(&conditions, &all, &mut problems);
        unmatched(&conditions, listed, &mut problems);
        if problems.len() == before && !all.iter().any(|account| conditions.hold(account)) {
            problems.push(problem(Severity::Warning, "no-account", head, "this is for no account", None));
        }
    }
    problems
}

/// How the list is written that says all of it.
const WRITE_IT: &str = "write the list with: baseline fleet accounts FLEET --out accounts.json";

/// `management` where nobody knows which account that is. Without a list nobody but the accounts of the file is meant.
fn unmanaged(fleet: &FleetFile, list: &AccountList, problems: &mut Vec<Diagnostic>) {
    let Some(management) = fleet.access.as_ref().map(|access| &access.value.management) else { return };
    if management.written() != "direct" && !list.accounts.is_empty() && list.management.is_none() {
        let message = "the list of accounts does not say which one manages the organization";
        problems.push(problem(Severity::Error, "no-management", &management.span, message, Some(WRITE_IT)));
    }
}

/// Units of `[organization]` that no account is in: a slip there would leave accounts out, or let them in.
fn of_organization(fleet: &FleetFile, listed: &[Listed], problems: &mut Vec<Diagnostic>) {
    let Some(organization) = fleet.organization.as_ref().map(|organization| &organization.value) else {
        return;
    };
    for units in [&organization.units, &organization.except_units] {
        if units.iter().next().is_some() && lacks(listed, |one| one.unit.is_some()) {
            no_units(units, problems);
            continue;
        }
        for unit in units.iter() {
            problems.extend(empty(unit, listed, Severity::Error));
        }
    }
}

/// Whether the list does not say something of every account. Those that are skipped whatever stands for them need not say it.
fn lacks(listed: &[Listed], has: fn(&Listed) -> bool) -> bool {
    listed.is_empty() || listed.iter().any(|one| one.state == "ACTIVE" && !has(one))
}

fn no_units(units: &Spanned<List<UnitLabel>>, problems: &mut Vec<Diagnostic>) {
    let message = "the list of accounts does not say in which units they are";
    problems.push(problem(Severity::Error, "no-units", &units.span, message, Some(WRITE_IT)));
}

/// What the list does not say.
fn asked(conditions: &Conditions<'_>, listed: &[Listed], problems: &mut Vec<Diagnostic>) {
    if let Some(units) = conditions.units.filter(|_| lacks(listed, |one| one.unit.is_some())) {
        no_units(units, problems);
    }
    if let Some(tags) = conditions.tags.filter(|_| lacks(listed, |one| one.tags.is_some())) {
        let message = "the list of accounts does not say which tags they have";
        problems.push(problem(Severity::Error, "no-tags", &tags.span, message, Some(WRITE_IT)));
    }
}

/// Accounts that there are not.
fn unknown(conditions: &Conditions<'_>, all: &[About<'_>], problems: &mut Vec<Diagnostic>) {
    for label in conditions.accounts.into_iter().flat_map(|accounts| accounts.iter()) {
        if !all.iter().any(|one| one.is_called(label.written())) {
            let hint = "list them with: baseline fleet accounts FLEET --accounts FILE";
            let message = format!("there is no account `{}`", label.written());
            problems.push(problem(Severity::Error, "unknown-name", &label.span, &message, Some(hint)));
        }
    }
}

/// Units that no account is in: a slip, or units that are empty yet.
fn unmatched(conditions: &Conditions<'_>, listed: &[Listed], problems: &mut Vec<Diagnostic>) {
    for unit in conditions.units.into_iter().flat_map(|units| units.iter()) {
        problems.extend(empty(unit, listed, Severity::Warning));
    }
}

/// That no account of the list is in a unit, with the one that may be meant.
fn empty(unit: &Spanned<UnitLabel>, listed: &[Listed], severity: Severity) -> Option<Diagnostic> {
    if listed.iter().any(|one| one.is_in(unit.written())) {
        return None;
    }
    let message = format!("no account of the list is in the unit `{}`", unit.written());
    let hint = match nearest(unit.written(), listed) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "units are written by their names from the outermost, such as Workloads/Prod, or by id".to_owned()
        }
    };
    Some(problem(severity, "no-account", &unit.span, &message, Some(&hint)))
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
