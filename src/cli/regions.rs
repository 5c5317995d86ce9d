//! Looks at the regions outside the home region: settings, default security groups, and what is left there.

use std::collections::BTreeMap;

use futures::future::join4;

use super::file::Loaded;
use super::output::Output;
use crate::aws::trace::chain;
use crate::aws::{Account, REGION_NOT_ENABLED};
use crate::engine::{default_groups, default_vpcs, observe_only, owned_elsewhere, unlisted};
use crate::kinds::ec2_default_security_group::DefaultSecurityGroup;
use crate::language::{Diagnostic, Place};
use crate::model::{Addr, Origin, ResourceSpec as _, Severity, Wanted};
use crate::plan::{Choices, Finding, Live, LiveResource, Observed, State, Unread};
use crate::report::Shown;
use crate::shown;

/// What is wanted outside the home region, and what is there.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    wanted: Wanted,
    resources: BTreeMap<Addr, Observed>,
    /// What carries the baseline's tags there.
    owned: BTreeMap<Addr, String>,
    /// Why it is not known which regions, or which groups, there are.
    unlisted: Vec<Unread>,
    /// What a person should know of default VPCs.
    findings: Vec<Finding>,
}

impl Elsewhere {
    /// Adds what is wanted there to what is wanted at home, and what is there to what is at home.
    pub(super) fn add_to(self, wanted: &mut Wanted, live: &mut Live) {
        wanted.things.extend(self.wanted.things);
        wanted.in_every_region = self.wanted.in_every_region;
        live.resources.extend(self.resources);
        live.elsewhere = self.owned;
        live.unlisted.extend(self.unlisted);
    }

    /// What a person should know of default VPCs.
    pub(super) fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }
}

/// Looks at the regions that the file chooses, once it is known which there are.
pub(super) async fn look(
    account: &Account,
    loaded: &Loaded,
    place: &Place<'_>,
    choices: &Choices,
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
        if baseline.looks_at_vpcs() { default_groups(account, &chosen).await } else { Default::default() }
    };
    let vpcs = async {
        if baseline.removes_default_vpcs() {
            default_vpcs(account, &chosen).await
        } else {
            Default::default()
        }
    };
    let (mut resources, (mut groups, mut unlisted), (owned, uncounted), (vpcs, unseen)) = join4(
        chain(Box::pin(observe_only(account, &wanted))),
        chain(Box::pin(groups)),
        chain(Box::pin(owned_elsewhere(account, &chosen))),
        chain(Box::pin(vpcs)),
    )
    .await;
    unlisted.extend(uncounted);
    unlisted.extend(unseen);
    let mut findings = Vec::new();
    for (addr, observed) in vpcs {
        match used(&observed) {
            Some(by) => findings.push(in_use(&addr, &by, baseline.default_network_origin())),
            None => {
                if choices.prune {
                    groups.remove(&DefaultSecurityGroup::addr(addr.name()).within(addr.region()));
                }
                drop(resources.insert(addr, observed));
            }
        }
    }
    // A VPC that the file takes over has its default group and its flow log from `[network]`.
    groups.retain(|_, observed| vpc_of(observed).is_none_or(|vpc| baseline.vpc_taken_over() != Some(vpc)));
    // A flow log names its VPC, so this is asked once the VPCs are known.
    let vpcs = groups.iter().filter_map(|(addr, observed)| Some((addr, vpc_of(observed)?)));
    let logs = baseline.expand_flow_logs(place, vpcs)?;
    if !logs.things.is_empty() {
        resources.extend(observe_only(account, &logs).await);
    }
    wanted.things.extend(logs.things);
    let unread = resources.values_mut().filter_map(|observed| match observed {
        Observed::Unreadable(unread) => Some(unread),
        Observed::Found(_) | Observed::Absent => None,
    });
    // The home region cannot be left alone.
    let elsewhere = unlisted.iter_mut().filter(|unread| unread.regions != [account.region.clone()]);
    let is_listed = baseline.needs_regions();
    unread.chain(elsewhere).for_each(|unread| propose_exception(unread, is_listed));
    wanted.things.extend(baseline.expand_default_groups(groups.keys())?.things);
    resources.extend(groups.into_iter().filter(|(addr, _)| wanted.things.contains_key(addr)));
    Ok(Elsewhere { wanted, resources, owned, unlisted, findings })
}

/// The VPC of a default security group.
fn vpc_of(observed: &Observed) -> Option<&str> {
    match observed {
        Observed::Found(thing) => thing.outputs.get("vpc").map(String::as_str),
        Observed::Absent | Observed::Unreadable(_) => None,
    }
}

/// What is in a default VPC.
fn used(observed: &Observed) -> Option<String> {
    match observed {
        Observed::Found(LiveResource { state: State::InUse(by), .. }) => Some(by.clone()),
        Observed::Found(_) | Observed::Absent | Observed::Unreadable(_) => None,
    }
}

/// A default VPC that stays.
fn in_use(addr: &Addr, by: &str, origin: Origin) -> Finding {
    Finding {
        addr: addr.clone(),
        severity: Severity::Warning,
        message: format!("stays, because it is in use: {by}"),
        next: "move what is in it to another VPC and delete what is left over, or write vpc = \"sealed\""
            .to_owned(),
        origin,
    }
}

/// Says how a region can be left alone, behind what else can be done.
///
/// AWS lists a region while it is being enabled or disabled, too, and says nothing of that where it lists them ("Enable or disable
/// AWS Regions in your account", Account Management Reference Guide): the region's own answers tell.
fn propose_exception(unread: &mut Unread, is_listed: bool) {
    if is_listed && unread.next == REGION_NOT_ENABLED {
        unread.next = "AWS lists this region and the region does not know the account: it is being enabled or disabled, which takes \
                       minutes to hours; try again later"
            .to_owned();
    }
    unread.next =
        format!("{}; to leave a region alone, name it under except_regions in [account]", unread.next_step());
}
