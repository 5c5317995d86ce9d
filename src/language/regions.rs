//! The regions in which `[account]` keeps its settings.

use std::collections::BTreeSet;

use super::account::{Account, expand_in};
use super::names::Names;
use super::types::EnabledOr;
use super::{Baseline, Diagnostic, Place};
use crate::model::{DecodeError, Wanted};
use crate::partition;

impl Baseline {
    /// Whether AWS has to list the account's regions before it is known where settings are kept.
    pub fn needs_regions(&self) -> bool {
        match &self.file.account {
            Some(account) => is_open(account),
            None => self.looks_at_vpcs(),
        }
    }

    /// The regions that the file names itself, the home region first; all there are where [`Self::needs_regions`] is false.
    pub fn regions_in_file(&self, place: &Place<'_>) -> Vec<String> {
        let names = Names { file: &self.file, place };
        std::iter::once(self.region.clone()).chain(named(&names)).collect()
    }

    /// What is wanted outside the home region, once AWS has listed the enabled regions; nothing where [`Self::expand`] knew
    /// them already.
    ///
    /// # Errors
    /// As [`Self::expand`].
    pub fn expand_regions(&self, place: &Place<'_>, enabled: &[String]) -> Result<Wanted, Vec<Diagnostic>> {
        let names = Names { file: &self.file, place };
        let mut wanted = Wanted::default();
        let Some(account) = self.file.account.as_ref().filter(|account| is_open(account)) else {
            return Ok(wanted);
        };
        wanted.in_every_region =
            enabled.iter().all(|region| *region == self.region || is_meant(account, region));
        let mut expand = || {
            let elsewhere = enabled.iter().filter(|region| **region != self.region);
            for region in elsewhere.filter(|region| is_meant(account, region)) {
                expand_in(&names, Some(region), &mut wanted)?;
            }
            Ok(())
        };
        expand().map_err(|error: DecodeError| {
            let message = format!("the regions cannot be expanded: {error}");
            vec![Diagnostic::error("cannot-expand", &(0..0), message)]
        })?;
        Ok(wanted)
    }

    /// Those of the enabled regions that the file chooses, the home region among them.
    pub fn chosen_regions(&self, enabled: &[String]) -> Vec<String> {
        let account = self.file.account.as_ref();
        let chosen = |region: &&String| {
            **region == self.region || account.is_none_or(|account| is_meant(account, region))
        };
        let mut regions: Vec<String> = enabled.iter().filter(chosen).cloned().collect();
        if !regions.contains(&self.region) {
            regions.push(self.region.clone());
        }
        regions
    }

    /// Patterns under `regions` that match no enabled region: nothing is looked at because of them.
    pub fn idle_region_patterns(&self, enabled: &[String]) -> Vec<String> {
        let Some(EnabledOr::Listed(listed)) =
            self.file.account.as_ref().map(|account| &account.regions.value)
        else {
            return Vec::new();
        };
        let idle = listed.iter().filter(|pattern| !enabled.iter().any(|region| pattern.matches(region)));
        idle.map(|pattern| pattern.written().to_owned()).collect()
    }
}

/// The regions outside the home region that the file names itself.
pub(super) fn named(names: &Names<'_>) -> BTreeSet<String> {
    let Some(account) = names.file.account.as_ref().filter(|account| !is_open(account)) else {
        return BTreeSet::new();
    };
    let EnabledOr::Listed(listed) = &account.regions.value else { return BTreeSet::new() };
    let regions = listed.iter().map(|region| region.written());
    let elsewhere = regions.filter(|region| *region != names.region() && is_meant(account, region));
    elsewhere.map(str::to_owned).collect()
}

fn is_open(account: &Account) -> bool {
    match &account.regions.value {
        EnabledOr::Enabled => true,
        EnabledOr::Listed(listed) => listed.iter().any(|pattern| pattern.is_open()),
    }
}

fn is_meant(account: &Account, region: &str) -> bool {
    let listed = match &account.regions.value {
        EnabledOr::Enabled => true,
        EnabledOr::Listed(listed) => listed.iter().any(|pattern| pattern.matches(region)),
    };
    listed && !account.except_regions.value.iter().any(|pattern| pattern.matches(region))
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(account) = &names.file.account else { return };
    let home = names.region();
    for pattern in account.except_regions.value.iter().filter(|pattern| pattern.matches(home)) {
        problems.push(
            Diagnostic::error("bad-value", &pattern.span, "the home region cannot be left alone")
                .label(format!("this matches {home}, the `region` of the file"))
                .hint("name other regions, or choose another home region"),
        );
    }
    let listed = match &account.regions.value {
        EnabledOr::Enabled => None,
        EnabledOr::Listed(listed) => Some(listed),
    };
    let id = |region: &str| partition::of_region(region).map(|partition| partition.id);
    for region in listed.into_iter().flat_map(|listed| listed.iter()).filter(|region| !region.is_open()) {
        if id(region.written()) != id(home) {
            problems.push(
                Diagnostic::error("bad-value", &region.span, "this region is in another partition of AWS")
                    .label(format!("an account of {home} has no such region"))
                    .hint("an account has the regions of its own partition only: take this one out"),
            );
        }
    }
}
