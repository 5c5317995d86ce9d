//! In which order accounts are changed, and when that stops.

use std::collections::BTreeSet;

use super::change::Change;
use super::conditions::{About, Conditions, by_id};
use super::inventory::{Listed, Member};
use crate::language::Spanned;
use crate::language::fleet::{Continue, FleetFile};
use crate::language::types::Whole;

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
    /// How many are at work at a time.
    pub parallel: usize,
    /// When an apply goes on to it.
    pub goes_on: Continue,
    /// Whether it goes first: then few accounts are at work at a time.
    pub is_first: bool,
}

/// Sorts accounts into waves; a wave without accounts is left out. Every account is in one of them. The list says in which units they are
/// and which tags they have.
pub fn waves(fleet: &FleetFile, members: &[Member], listed: &[Listed]) -> Vec<Wave> {
    let listed = by_id(listed);
    let mut left: Vec<Member> = members.to_vec();
    let mut waves = Vec::new();
    for wave in fleet.wave.iter() {
        let conditions = Conditions::from(&wave.value);
        let is_meant = |member: &Member| {
            let Member { id, name, .. } = member;
            conditions.hold(&About { id, name, listed: listed.get(id.as_str()).copied(), named: None })
        };
        let percent =
            wave.percent.as_ref().map_or(100, |percent| usize::try_from(percent.value.0).unwrap_or(100));
        let mut count = (left.iter().filter(|member| is_meant(member)).count() * percent).div_ceil(100);
        let mut take = |member: &mut Member| {
            let is_taken = count > 0 && is_meant(member);
            count -= usize::from(is_taken);
            is_taken
        };
        let taken: Vec<Member> = left.extract_if(.., &mut take).collect();
        waves.push(Wave {
            name: wave.name.written().to_owned(),
            max_failures: wave.max_failures.value.of(taken.len()),
            members: taken,
            parallel: at_work(wave.parallel.as_ref().unwrap_or(&fleet.parallel)),
            goes_on: wave.r#continue.value,
            is_first: false,
        });
    }
    waves.push(Wave {
        name: REST.to_owned(),
        max_failures: fleet.max_failures.value.of(left.len()),
        members: left,
        parallel: at_work(&fleet.parallel),
        goes_on: fleet.r#continue.value,
        is_first: false,
    });
    waves.retain(|wave| !wave.members.is_empty());
    if fleet.wave.iter().next().is_some()
        && let Some(first) = waves.first_mut()
    {
        first.is_first = true;
    }
    waves
}

impl Wave {
    /// How many accounts may be at work, where so many have failed. In the first wave no more than may still fail, and one: the rule of
    /// AWS's CloudFormation StackSets for strict failure tolerance (`ConcurrencyMode`).
    pub fn may_work(&self, failed: usize) -> usize {
        if failed > self.max_failures {
            return 0;
        }
        if self.is_first { self.parallel.min(self.max_failures - failed + 1) } else { self.parallel }
    }
}

/// Whether an apply goes on to an account, by what it would change there and by what was changed in the waves before.
///
/// # Errors
/// Says why not.
pub fn admits(goes_on: Continue, change: &Change, before: &BTreeSet<Change>) -> Result<(), String> {
    let why = match goes_on {
        _ if change.is_empty() => return Ok(()),
        Continue::Always | Continue::Ask => return Ok(()),
        Continue::SameAsCanary if before.iter().any(|done| change.is_within(done)) => return Ok(()),
        Continue::NoDeletes if !change.deletes() => return Ok(()),
        Continue::SameAsCanary => "no account of a wave before was changed in the same way",
        Continue::NoDeletes => "something would be deleted",
    };
    Err(format!("`continue = \"{}\"`: {why}; name the account with --only to go on", goes_on.word()))
}

fn at_work(parallel: &Spanned<Whole<1, 64>>) -> usize {
    usize::try_from(parallel.value.0).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::inventory::{Reach, Roles};
    use super::*;
    use crate::language::Source;

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
            reach: Reach::Role(Roles { looks: vec!["Plan".to_owned()], writes: vec!["Admin".to_owned()] }),
        };
        (1..=count).map(member).collect()
    }

    fn sorted(waves: &str, count: u64) -> Vec<(String, usize)> {
        let waves = super::waves(&fleet(waves), &members(count), &[]);
        waves.into_iter().map(|wave| (wave.name, wave.members.len())).collect()
    }

    #[test]
    fn every_account_is_in_one_wave_and_those_that_nobody_names_come_last() {
        let canary = "[[wave]]\nname = 'canary'\naccounts = ['n3', '100000000007']\n";
        let some = "[[wave]]\nname = 'some'\npercent = 10\n";
        let told = |waves: &str| sorted(waves, 30);
        assert_eq!(told(""), [("rest".to_owned(), 30)]);
        assert_eq!(
            told(&format!("{canary}{some}")),
            [("canary".to_owned(), 2), ("some".to_owned(), 3), ("rest".to_owned(), 25)]
        );
        assert_eq!(sorted(some, 3)[0].1, 1, "at least one");
        assert_eq!(sorted(canary, 2), [("rest".to_owned(), 2)], "the others are not looked at");
    }

    #[test]
    fn a_wave_is_of_units_and_tags_and_of_a_share_of_them() {
        let members = members(20);
        let entry = |member: &Member| {
            let number: u64 = member.name.trim_start_matches('n').parse().unwrap();
            let unit = if number <= 10 { "Workloads/Prod" } else { "Workloads/Dev" };
            let env = if number.is_multiple_of(2) { "a" } else { "b" };
            Listed {
                id: member.id.clone(),
                unit: Some(unit.to_owned()),
                unit_ids: vec!["r-1".to_owned(), "ou-1".to_owned()],
                tags: Some([("env".to_owned(), env.to_owned())].into()),
                ..Listed::default()
            }
        };
        let listed: Vec<Listed> = members.iter().map(entry).collect();
        for (wave, names) in [
            ("units = ['Workloads/Dev']", (11..=20).collect::<Vec<u64>>()),
            ("units = ['Workloads/De']", vec![]),
            ("units = ['Workloads']\npercent = 10", vec![1, 2]),
            ("units = ['Workloads/Dev']\npercent = 1", vec![11]),
            ("units = ['ou-1']\ntags = { env = 'a' }\npercent = 30", vec![2, 4, 6]),
            ("units = ['Workloads/Prod']\ntags = { env = 'b' }", vec![1, 3, 5, 7, 9]),
            ("tags = { env = 'c' }", vec![]),
            ("accounts = ['n3', 'n13']\nunits = ['Workloads/Prod']", vec![3]),
        ] {
            let file = fleet(&format!("[[wave]]\nname = 'first'\n{wave}\n"));
            let waves = super::waves(&file, &members, &listed);
            let first = waves.iter().find(|wave| wave.name == "first");
            let taken: Vec<String> =
                first.iter().flat_map(|wave| &wave.members).map(|member| member.name.clone()).collect();
            let expected: Vec<String> = names.iter().map(|number| format!("n{number}")).collect();
            assert_eq!(taken, expected, "{wave}");
            assert_eq!(waves.iter().map(|wave| wave.members.len()).sum::<usize>(), 20, "{wave}");
        }
    }

    #[test]
    fn the_first_wave_is_careful_and_a_used_up_budget_begins_nothing() {
        let members = members(10);
        let file = fleet(
            "[[wave]]\nname = 'canary'\npercent = 50\nmax_failures = '40%'\n[[wave]]\nname = 'next'\npercent = 50\nparallel = 2\n",
        );
        let waves = waves(&file, &members, &[]);
        let canary: Vec<usize> = (0..5).map(|failed| waves[0].may_work(failed)).collect();
        assert_eq!(canary, [3, 2, 1, 0, 0]);
        assert_eq!((waves[1].may_work(0), waves[1].may_work(1)), (2, 0));
        assert_eq!((waves[2].may_work(0), waves[2].may_work(1)), (8, 0));
    }
}
