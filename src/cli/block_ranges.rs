//! What `baseline block` writes where, and what it tells of it.

use std::collections::BTreeSet;

use ipnet::IpNet;
use jiff::Timestamp;

use super::block::Args;
use super::exit::Exit;
use super::failure::Failure;
use super::file::Loaded;
use super::live_network::{self, Looked};
use super::output::Output;
use super::protected::{self, Callers};
use super::temporary::{self, Change, Found, On};
use crate::aws::{Account, network};
use crate::kinds::ec2_network_acl::temporary::OwnAcl;
use crate::language::proof::{Contact, Topology};
use crate::model::Wanted;
use crate::network::Id;
use crate::report::{Shown, temporary as report, text};
use crate::shown;
use crate::temporary::{Covered, Standing, Subject, Temporary, cover, person, room};

/// A network ACL on which ranges are blocked.
struct Chosen<'a> {
    acl: &'a OwnAcl,
    covered: Covered,
}

impl Chosen<'_> {
    /// The tags of new blocks, and of those that they make needless; nothing where there are none.
    fn change(&self, new: &dyn Fn(&IpNet) -> Temporary, now: Timestamp) -> Option<Change> {
        let Covered { new: ranges, needless, .. } = &self.covered;
        let is_needless = |temporary: &&Temporary| match temporary.subject {
            Subject::Block(range) => needless.contains(&range),
            Subject::Admit(..) => false,
        };
        let ended = self.acl.acl.temporary.iter().filter(is_needless);
        let ended = ended.map(|temporary| Temporary { until: now, ..temporary.clone() });
        let tags: Vec<Temporary> = ranges.iter().map(new).chain(ended).collect();
        (!tags.is_empty()).then(|| Change { on: On::Acl(self.acl.clone()), tags })
    }
}

/// Blocks ranges, and shows what they reached before and reach now.
pub(super) async fn block_all(
    args: &Args,
    ranges: Vec<IpNet>,
    loaded: &Loaded,
    (account, wanted): (&Account, Wanted),
    output: &Output,
) -> Result<Exit, Failure> {
    let Some(blocking) = loaded.baseline.blocking() else {
        return Err(Failure::with_hint(
            "this file declares no network",
            "deny the ranges where your load balancer or CloudFront stands: in AWS WAF",
        ));
    };
    let (read, services, looked) = tokio::join!(
        temporary::read(account),
        network::service_ranges(account),
        live_network::look(account, loaded, wanted.clone(), output)
    );
    let (Found { acls, now, .. }, Looked { topology, endpoints, .. }) = (read?, looked?);
    let callers = Callers::known(&args.my_address, output);
    protected::check(&ranges, &blocking.admin_from, &callers, &topology, services, args.force, output)?;
    let until = now.checked_add(args.lasting).map_err(Failure::bug)?;
    let chosen: Vec<Chosen> = acls
        .iter()
        .map(|acl| {
            let seen = |range: &&IpNet| topology.sees(&acl.addr.to_string(), range);
            let seen: Vec<IpNet> = ranges.iter().filter(seen).copied().collect();
            // What is not whole is written anew.
            let kept = acl.acl.kept(Some(now)).into_iter().filter(|kept| kept.standing == Standing::Holds);
            let held: Vec<Temporary> = kept.map(|kept| kept.temporary).collect();
            Chosen { acl, covered: cover(&seen, until, &held) }
        })
        .collect();
    let before: Vec<Vec<Contact>> = ranges.iter().map(|range| topology.contacts(range)).collect();
    let in_vain: Vec<&IpNet> = ranges
        .iter()
        .zip(&before)
        .filter(|(range, contacts)| contacts.is_empty() && !is_named(range, &chosen))
        .map(|(range, _)| range)
        .collect();
    if !in_vain.is_empty() && !args.force {
        return Err(Failure::list(
            "a block has no effect here: it is proven that these ranges reach nothing in this network, and nothing in it reaches them",
            in_vain.iter().map(ToString::to_string).collect(),
            "if they do harm, it is elsewhere: behind CloudFront or another proxy block in AWS WAF, against a flood look at \
             AWS Shield; --force blocks them all the same",
        ));
    }
    has_room(&chosen, blocking.entries, now)?;
    let template = |range: &IpNet| Temporary {
        subject: Subject::Block(*range),
        from: now,
        until,
        by: person(&account.identity.arn),
        reason: args.reason.clone().unwrap_or_default(),
    };
    let changes: Vec<Change> = chosen.iter().filter_map(|chosen| chosen.change(&template, now)).collect();
    let on: Vec<Id> = changes.iter().map(|change| change.on.addr().to_string()).collect();
    let is_new = !changes.is_empty();
    let after = if args.dry_run || !is_new {
        topology.with_blocked(&on, &ranges)
    } else {
        temporary::write(account, changes, args.now, output).await?;
        live_network::look(account, loaded, wanted, output).await?.topology
    };
    let after: Vec<Vec<Contact>> = ranges.iter().map(|range| after.contacts(range)).collect();
    let changed =
        ranges.iter().zip(before.iter().zip(&after)).filter(|(range, _)| !is_blocked(range, &chosen));
    output.out(&text::endpoints(&endpoints));
    output
        .out(&report::changes(changed.map(|(range, (before, after))| (*range, before, after)), args.dry_run));
    tell(args, (&ranges, &chosen), &topology, until, blocking.entries, output);
    Ok(exit(&after))
}

/// Whether a block of the range stands somewhere, whole or not: that it reaches nothing is then no wonder.
fn is_named(range: &IpNet, chosen: &[Chosen<'_>]) -> bool {
    let held = chosen.iter().flat_map(|chosen| &chosen.acl.acl.temporary);
    let mut blocks = held.filter(|held| matches!(held.subject, Subject::Block(_)));
    blocks.any(|held| held.subject.range().contains(range))
}

/// Whether every ACL that sees the range denies it already.
fn is_blocked(range: &IpNet, chosen: &[Chosen<'_>]) -> bool {
    let seeing = || {
        chosen.iter().filter(|chosen| !chosen.covered.new.is_empty() || !chosen.covered.already.is_empty())
    };
    seeing().next().is_some()
        && seeing().all(|chosen| chosen.covered.already.iter().any(|(already, _)| already == range))
}

/// What gets through though it is blocked.
fn exit(after: &[Vec<Contact>]) -> Exit {
    let contacts = || after.iter().flatten();
    let is_open = |contact: &Contact| !contact.inward.open.is_empty() || !contact.outward.open.is_empty();
    if contacts().any(is_open) {
        Exit::Changes
    } else if contacts().next().is_some() {
        Exit::Incomplete
    } else {
        Exit::Success
    }
}

/// How many tags EC2 lets a thing have ("Tag restrictions", Amazon EC2 user guide).
const TAGS: usize = 50;

/// Fails before the first write where a network ACL has no room. Nothing that is blocked gives way.
fn has_room(chosen: &[Chosen<'_>], quota: usize, now: Timestamp) -> Result<(), Failure> {
    let mut full = Vec::new();
    for Chosen { acl, covered } in chosen {
        let held =
            |range: &&IpNet| acl.acl.temporary.iter().any(|held| held.subject == Subject::Block(**range));
        let written: Vec<&IpNet> = covered.new.iter().filter(|range| !held(range)).collect();
        for is_v6 in [false, true] {
            let needed = written.iter().filter(|range| range.addr().is_ipv6() == is_v6).count();
            let left = room(&acl.acl, is_v6, quota);
            if needed > left {
                full.push(format!(
                    "{} has room for {left} more ranges, and {needed} are to be written",
                    acl.addr
                ));
            }
        }
        if acl.tags + written.len() > TAGS {
            full.push(format!("{} has {} of the {TAGS} tags that EC2 lets it have", acl.addr, acl.tags));
        }
    }
    if full.is_empty() {
        return Ok(());
    }
    let mut ending: Vec<&Temporary> = chosen.iter().flat_map(|chosen| &chosen.acl.acl.temporary).collect();
    ending.sort_by_key(|temporary| (temporary.until, temporary.subject));
    ending.dedup_by_key(|temporary| temporary.subject);
    let (over, held): (Vec<&Temporary>, Vec<&Temporary>) =
        ending.into_iter().partition(|temporary| temporary.has_ended(Some(now)));
    full.extend(
        over.iter().map(|over| format!("ended, removed by baseline block --expire FILE: {}", over.words())),
    );
    full.extend(held.iter().take(4).map(|held| format!("holds: {}", held.words())));
    Err(Failure::list(
        "there is no room for these blocks, so nothing was written:",
        full,
        "block fewer or wider ranges, end a block with baseline unblock, or have AWS raise the quota and set `acl_quota`; for \
         many ranges use an IP set of AWS WAF",
    ))
}

/// Where the ranges are blocked, where not and why, and how it ends.
fn tell(
    args: &Args,
    (ranges, chosen): (&[IpNet], &[Chosen<'_>]),
    topology: &Topology,
    until: Timestamp,
    quota: usize,
    output: &Output,
) {
    let word = if args.dry_run { "would be blocked" } else { "blocked" };
    for Chosen { acl, covered } in chosen {
        if !covered.new.is_empty() {
            let left = room(&acl.acl, false, quota).saturating_sub(covered.new.len());
            let until = until.round(jiff::Unit::Second).unwrap_or(until).to_string();
            output.out(&shown!(
                "{} on {} until {}; {} more ranges fit there\n",
                word,
                acl.addr,
                Shown::line(&until),
                left
            ));
        }
        for (range, block) in &covered.already {
            let range = Shown::line(&range.to_string());
            output.out(&shown!(
                "{} is blocked on {} already: {}\n",
                range,
                acl.addr,
                Shown::line(&block.words())
            ));
        }
        if covered.new.is_empty() && covered.already.is_empty() {
            output.out(&shown!(
                "not on {}: no packet from outside comes there without crossing the others\n",
                acl.addr
            ));
        }
    }
    for acl in others(chosen, topology, ranges) {
        output.out(&shown!(
            "not on {}: this baseline did not make it; deny them there by hand\n",
            Shown::line(&acl)
        ));
    }
    output.note(&shown!(
        "note: it ends with the first apply, or baseline block --expire FILE, after that time; sooner with baseline unblock"
    ));
}

/// The network ACLs of others that see the ranges too, in the networks of this baseline.
fn others(chosen: &[Chosen<'_>], topology: &Topology, ranges: &[IpNet]) -> BTreeSet<Id> {
    let is_chosen = |acl: &Id| chosen.iter().any(|chosen| chosen.acl.addr.to_string() == *acl);
    let subnets = || topology.network.subnets.values();
    let own: BTreeSet<&Id> =
        subnets().filter(|subnet| is_chosen(&subnet.acl)).map(|subnet| &subnet.vpc).collect();
    let others = subnets().filter(|subnet| own.contains(&subnet.vpc) && !is_chosen(&subnet.acl));
    let sees = |acl: &Id| ranges.iter().any(|range| topology.sees(acl, range));
    others.map(|subnet| subnet.acl.clone()).filter(sees).collect()
}
