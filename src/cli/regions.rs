//! Looks at the regions outside the home region: settings, default security groups, and what is left there.

use std::collections::BTreeMap;

use futures::future::join3;

use super::file::Loaded;
use super::output::Output;
use crate::aws::Account;
use crate::aws::trace::chain;
use crate::baseline::{Diagnostic, Place};
use crate::engine::{default_groups, observe_only, owned_elsewhere, unlisted};
use crate::model::{Addr, Wanted};
use crate::plan::{Live, Sight, Unread};
use crate::report::Shown;
use crate::shown;

/// What is wanted outside the home region, and what is there.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    wanted: Wanted,
    sights: BTreeMap<Addr, Sight>,
    /// What carries the baseline's tags there.
    owned: BTreeMap<Addr, String>,
    /// Why it is not known which regions, or which groups, there are.
    unlisted: Vec<Unread>,
}

impl Elsewhere {
    /// Adds what is wanted there to what is wanted at home, and what is there to what is at home.
    pub(super) fn add_to(self, wanted: &mut Wanted, live: &mut Live) {
        wanted.things.extend(self.wanted.things);
        wanted.in_every_region = self.wanted.in_every_region;
        live.sights.extend(self.sights);
        live.elsewhere = self.owned;
        live.unlisted.extend(self.unlisted);
    }
}

/// Looks at the regions that the file chooses, once it is known which there are.
pub(super) async fn look(
    account: &Account,
    loaded: &Loaded,
    place: &Place<'_>,
    output: &Output,
) -> Result<Elsewhere, Vec<Diagnostic>> {
    let baseline = &loaded.baseline;
    let enabled = if baseline.needs_regions() {
        match account.enabled_regions().await {
            Ok(enabled) => enabled.to_vec(),
            Err(error) => {
                return Ok(Elsewhere { unlisted: vec![unlisted(account, &error)], ..Elsewhere::default() });
            }
        }
    } else {
        baseline.regions_in_file(place)
    };
    for pattern in baseline.idle_region_patterns(&enabled) {
        let pattern = Shown::line(&pattern);
        output.note(&shown!("note: {} under regions in [account] matches no enabled region\n", pattern));
    }
    let mut wanted = baseline.expand_regions(place, &enabled)?;
    let chosen = baseline.chosen_regions(&enabled);
    let groups = async {
        if baseline.seals_default_groups() {
            default_groups(account, &chosen).await
        } else {
            Default::default()
        }
    };
    let (mut sights, (groups, mut unlisted), (owned, uncounted)) = join3(
        chain(Box::pin(observe_only(account, &wanted))),
        chain(Box::pin(groups)),
        chain(Box::pin(owned_elsewhere(account, &chosen))),
    )
    .await;
    unlisted.extend(uncounted);
    let unread = sights.values_mut().filter_map(|sight| match sight {
        Sight::Unreadable(unread) => Some(unread),
        Sight::Found(_) | Sight::Absent => None,
    });
    // The home region cannot be left alone.
    let elsewhere = unlisted.iter_mut().filter(|unread| unread.regions != [account.region.clone()]);
    unread.chain(elsewhere).for_each(propose_exception);
    wanted.things.extend(baseline.expand_default_groups(groups.keys())?.things);
    sights.extend(groups);
    Ok(Elsewhere { wanted, sights, owned, unlisted })
}

/// Says how a region can be left alone, behind what else can be done.
fn propose_exception(unread: &mut Unread) {
    unread.next =
        format!("{}; to leave a region alone, name it under except_regions in [account]", unread.next_step());
}
