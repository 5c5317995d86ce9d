//! Organizational units: which accounts are in them.

use std::collections::BTreeSet;

use super::inventory::Listed;
use crate::baseline::fleet::FleetFile;

impl Listed {
    /// Whether it is in a unit, or in one inside it: by names from the outermost, or by id.
    pub fn is_in(&self, unit: &str) -> bool {
        if unit.starts_with("ou-") || unit.starts_with("r-") {
            return self.unit_ids.iter().any(|id| id == unit);
        }
        let rest = self.unit.as_deref().and_then(|path| path.strip_prefix(unit));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The units that the file names.
fn named(fleet: &FleetFile) -> impl Iterator<Item = &str> {
    let organization = fleet.organization.as_ref().map(|organization| &organization.value);
    organization
        .into_iter()
        .flat_map(|one| one.units.iter().chain(one.except_units.iter()))
        .map(|unit| unit.written())
}

/// What is wrong with the units that the file names: those in which no account of the list is.
pub fn wrong_units(fleet: &FleetFile, listed: &[Listed]) -> Vec<String> {
    let mut wrong = Vec::new();
    if named(fleet).next().is_none() {
        return wrong;
    }
    let without = listed.iter().filter(|one| one.unit.is_none()).count();
    if without > 0 {
        wrong.push(format!(
            "{without} accounts of the list have no `Unit`, so nobody knows in which unit they are"
        ));
        return wrong;
    }
    let known = known(listed);
    for unit in named(fleet).filter(|unit| !listed.iter().any(|one| one.is_in(unit))) {
        wrong.push(match nearest(unit, &known) {
            Some(near) => format!("no account is in `{unit}`; is `{near}` meant?"),
            None => format!("no account is in `{unit}`"),
        });
    }
    wrong
}

/// Every unit in which an account is, by names from the outermost.
fn known(listed: &[Listed]) -> BTreeSet<&str> {
    let paths = listed.iter().filter_map(|one| one.unit.as_deref()).filter(|path| !path.is_empty());
    paths.flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at]).chain([path])).collect()
}

/// The unit that is called the same somewhere else, or whose name differs in few letters.
fn nearest<'k>(unit: &str, known: &BTreeSet<&'k str>) -> Option<&'k str> {
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let elsewhere = known.iter().copied().find(|path| last(path) == last(unit));
    elsewhere.or_else(|| {
        let near = known.iter().map(|path| (strsim::damerau_levenshtein(path, unit), *path)).min()?;
        (near.0 <= 1 + unit.len() / 4).then_some(near.1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Source;

    fn account(unit: &str) -> Listed {
        let ids = ["r-ab12", "ou-ab12-11111111"].map(str::to_owned).into();
        Listed { unit: Some(unit.to_owned()), unit_ids: ids, ..Listed::default() }
    }

    #[test]
    fn an_account_is_in_its_unit_and_in_every_one_around_it() {
        let one = account("Workloads/Prod");
        for (unit, is_in) in [
            ("Workloads", true),
            ("Workloads/Prod", true),
            ("Work", false),
            ("Prod", false),
            ("Workloads/Prod/Payments", false),
            ("ou-ab12-11111111", true),
            ("r-ab12", true),
            ("ou-ab12-22222222", false),
        ] {
            assert_eq!(one.is_in(unit), is_in, "{unit}");
        }
    }

    #[test]
    fn a_unit_without_accounts_is_told_with_what_may_be_meant_and_all_at_once() {
        let text = "name = 'acme'\nbaseline = 'zone.toml'\n[access]\nrole = 'Admin'\n[organization]\n\
                    units = ['Workloads', 'Prod', 'Sandbax']\nexcept_units = ['ou-ab12-22222222']\n";
        let (fleet, problems) = FleetFile::parse(&Source { name: "fleet.toml".into(), text: text.into() });
        let fleet = fleet.unwrap_or_else(|| panic!("{problems:?}"));
        let listed = [account("Workloads/Prod"), account("Sandbox"), account("")];
        assert_eq!(
            wrong_units(&fleet, &listed),
            [
                "no account is in `Prod`; is `Workloads/Prod` meant?",
                "no account is in `Sandbax`; is `Sandbox` meant?",
                "no account is in `ou-ab12-22222222`",
            ]
        );
        let plain = [Listed::default()];
        assert!(wrong_units(&fleet, &plain)[0].contains("1 accounts of the list have no `Unit`"));
    }
}
