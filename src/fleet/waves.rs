//! In which order accounts are changed, and when that stops.

use std::collections::BTreeSet;

use super::inventory::Member;
use crate::baseline::fleet::FleetFile;

/// The name of the wave of all that no other names.
const REST: &str = "rest";

/// Accounts that are changed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// Its name.
    pub name: String,
    /// Its accounts.
    pub members: Vec<Member>,
    /// How many of them may fail.
    pub max_failures: usize,
    /// Whether it goes first: then few accounts are at work at a time.
    pub is_first: bool,
}

/// Sorts accounts into waves; a wave without accounts is left out. Every account is in one of them.
///
/// # Errors
/// Names the accounts of waves that are none of these.
pub fn waves(
    fleet: &FleetFile,
    members: &[Member],
    known: &dyn Fn(&str) -> bool,
) -> Result<Vec<Wave>, Vec<String>> {
    let mut left: Vec<Member> = members.to_vec();
    let mut unknown = Vec::new();
    let mut waves = Vec::new();
    for wave in fleet.wave.iter() {
        let taken: Vec<Member> = match (&wave.accounts, &wave.percent) {
            (Some(labels), _) => {
                let written = labels.iter().map(|label| label.written());
                unknown.extend(written.filter(|label| !known(label)).map(str::to_owned));
                let labels: BTreeSet<&str> = labels.iter().map(|label| label.written()).collect();
                let is_named = |member: &mut Member| {
                    labels.contains(member.id.as_str()) || labels.contains(member.name.as_str())
                };
                left.extract_if(.., is_named).collect()
            }
            (None, percent) => {
                let percent =
                    percent.as_ref().map_or(100, |percent| usize::try_from(percent.value.0).unwrap_or(100));
                let count = (left.len() * percent).div_ceil(100);
                left.drain(..count).collect()
            }
        };
        let max_failures = usize::try_from(wave.max_failures.value.0).unwrap_or_default();
        waves.push(Wave {
            name: wave.name.written().to_owned(),
            members: taken,
            max_failures,
            is_first: false,
        });
    }
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let max_failures = usize::try_from(fleet.max_failures.value.0).unwrap_or_default();
    waves.push(Wave { name: REST.to_owned(), members: left, max_failures, is_first: false });
    waves.retain(|wave| !wave.members.is_empty());
    if fleet.wave.iter().next().is_some()
        && let Some(first) = waves.first_mut()
    {
        first.is_first = true;
    }
    Ok(waves)
}

impl Wave {
    /// How many accounts may be at work, where so many have failed. In the first wave no more than may still fail, and one: the rule of
    /// AWS's CloudFormation StackSets for strict failure tolerance (`ConcurrencyMode`).
    pub fn may_work(&self, failed: usize, parallel: usize) -> usize {
        if failed > self.max_failures {
            return 0;
        }
        if self.is_first { parallel.min(self.max_failures - failed + 1) } else { parallel }
    }
}

#[cfg(test)]
mod tests {
    use super::super::inventory::{Reach, Roles};
    use super::*;
    use crate::baseline::Source;

    fn fleet(waves: &str) -> FleetFile {
        let text = format!("name = 'acme'\nbaseline = 'x.toml'\n{waves}[access]\nrole = 'Admin'\n");
        let (fleet, problems) = FleetFile::parse(&Source { name: "fleet.toml".into(), text });
        fleet.unwrap_or_else(|| panic!("{problems:?}"))
    }

    fn members(count: u64) -> Vec<Member> {
        let member = |number| Member {
            id: format!("{}", 100_000_000_000_u64 + number),
            name: format!("n{number}"),
            baseline: "x.toml".to_owned(),
            reach: Reach::Role(Roles { looks: "Plan".to_owned(), writes: "Admin".to_owned() }),
        };
        (1..=count).map(member).collect()
    }

    fn sorted(waves: &str, count: u64) -> Result<Vec<(String, usize)>, Vec<String>> {
        let members = members(count);
        let known = |label: &str| members.iter().any(|member| member.name == label || member.id == label);
        let waves = super::waves(&fleet(waves), &members, &known)?;
        Ok(waves.into_iter().map(|wave| (wave.name, wave.members.len())).collect())
    }

    #[test]
    fn every_account_is_in_one_wave_and_those_that_nobody_names_come_last() {
        let canary = "[[wave]]\nname = 'canary'\naccounts = ['n3', '100000000007']\n";
        let some = "[[wave]]\nname = 'some'\npercent = 10\n";
        let told = |waves: &str| sorted(waves, 30).unwrap();
        assert_eq!(told(""), [("rest".to_owned(), 30)]);
        assert_eq!(
            told(&format!("{canary}{some}")),
            [("canary".to_owned(), 2), ("some".to_owned(), 3), ("rest".to_owned(), 25)]
        );
        assert_eq!(sorted(some, 3).unwrap()[0].1, 1, "at least one");
        assert_eq!(sorted(canary, 2), Err(vec!["n3".to_owned(), "100000000007".to_owned()]));
    }

    #[test]
    fn the_first_wave_is_careful_and_a_used_up_budget_begins_nothing() {
        let members = members(10);
        let file = fleet("[[wave]]\nname = 'canary'\npercent = 50\nmax_failures = 2\n");
        let waves = waves(&file, &members, &|_| true).unwrap();
        let canary: Vec<usize> = (0..5).map(|failed| waves[0].may_work(failed, 8)).collect();
        assert_eq!(canary, [3, 2, 1, 0, 0]);
        assert_eq!((waves[1].may_work(0, 8), waves[1].may_work(1, 8)), (8, 0));
    }
}
