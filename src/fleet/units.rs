//! Organizational units: which accounts are in them.

use std::collections::BTreeSet;

use super::inventory::Listed;

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

/// Every unit in which an account is, by names from the outermost.
fn known(listed: &[Listed]) -> BTreeSet<&str> {
    let paths = listed.iter().filter_map(|one| one.unit.as_deref()).filter(|path| !path.is_empty());
    paths.flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..at]).chain([path])).collect()
}

/// The unit that is called the same somewhere else, or whose name differs in few letters.
pub(super) fn nearest<'k>(unit: &str, listed: &'k [Listed]) -> Option<&'k str> {
    let known = known(listed);
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
    fn the_unit_that_may_be_meant_is_called_alike() {
        let listed = [account("Workloads/Prod"), account("Sandbox"), account("")];
        for (unit, near) in
            [("Prod", Some("Workloads/Prod")), ("Sandbax", Some("Sandbox")), ("ou-ab12-22222222", None)]
        {
            assert_eq!(nearest(unit, &listed), near, "{unit}");
        }
    }
}
