//! The entries and tags of blocks on network ACLs; what they are is said in [`crate::block`].

use std::time::Duration;

use aws_sdk_ec2::types::{NetworkAcl as LiveAcl, NetworkAclEntry, RuleAction, Tag};
use ipnet::IpNet;
use jiff::Timestamp;
use tokio::time::sleep;

use super::ec2_network_acl_order::LAST_NUMBER;
use super::ec2_tags::{owned_filter, owner};
use crate::aws::{Account, Error};
use crate::block::{Acl, Block, Entry, Kept, Standing, Write};
use crate::model::{Addr, Remark, Set, Severity};

/// A network ACL that this baseline made, with its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedAcl {
    /// Its id.
    pub id: String,
    /// Its address.
    pub addr: Addr,
    /// Its entries and blocks.
    pub acl: Acl,
    /// How many tags it has.
    pub tags: usize,
}

/// The time by EC2's last answer; nothing where it had none. A machine whose clock is wrong ends no block early.
pub fn time(account: &Account) -> Option<Timestamp> {
    Timestamp::from_millisecond(account.time_of_ec2()?).ok()
}

/// Every network ACL of this baseline in the account's region, by address.
///
/// # Errors
/// Fails where they cannot be listed.
pub async fn blocked_acls(account: &Account) -> Result<Vec<BlockedAcl>, Error> {
    let pages = || {
        let request = account.ec2.describe_network_acls().filters(owned_filter(account));
        request.into_paginator().items().send().try_collect()
    };
    let acls: Vec<LiveAcl> = account.call(pages).await?;
    let mut blocked: Vec<BlockedAcl> = acls
        .iter()
        .filter_map(|live| {
            Some(BlockedAcl {
                id: live.network_acl_id()?.to_owned(),
                addr: owner(live.tags())?.addr()?,
                acl: acl(live),
                tags: live.tags().len(),
            })
        })
        .collect();
    blocked.sort_by(|one, other| one.addr.cmp(&other.addr));
    Ok(blocked)
}

/// What an ACL holds of blocks.
pub(super) fn acl(live: &LiveAcl) -> Acl {
    let blocks = live.tags().iter().filter_map(|tag| Block::from_tag(tag.key()?, tag.value()?));
    Acl { entries: live.entries().iter().filter_map(entry).collect(), blocks: blocks.collect() }
}

fn entry(live: &NetworkAclEntry) -> Option<Entry> {
    let number = live.rule_number().filter(|number| *number <= LAST_NUMBER)?;
    let range: Option<IpNet> =
        live.cidr_block().or(live.ipv6_cidr_block()).and_then(|range| range.parse().ok());
    let denies_all = live.rule_action() == Some(&RuleAction::Deny) && live.protocol() == Some("-1");
    Some(Entry {
        number,
        egress: live.egress().unwrap_or_default(),
        denies: range.filter(|_| denies_all).map(|range| range.trunc()),
        is_v6: live.ipv6_cidr_block().is_some(),
    })
}

/// What a plan does about blocks: those that ended go, and those that lack an entry get it.
pub(super) fn departures(kept: &[Kept]) -> Set<String> {
    let departs = kept.iter().filter(|kept| kept.standing != Standing::Holds);
    departs.map(|kept| format!("{} ({})", kept.block.range, kept.standing.words())).collect()
}

/// What a person is told of a block that holds.
pub(super) fn remarks(kept: &[Kept]) -> Vec<Remark> {
    let remark = |kept: &Kept| Remark {
        severity: Severity::Note,
        message: format!("blocks {}", kept.block.words()),
        next: format!(
            "it ends with the first apply or `baseline block --expire FILE` after that; sooner with: baseline unblock {} FILE",
            kept.block.range
        ),
    };
    kept.iter().filter(|kept| kept.standing != Standing::Ended).map(remark).collect()
}

/// Puts the tags of blocks on an ACL; one that names the same range gets the new end.
///
/// # Errors
/// Fails where AWS refuses them.
pub async fn tag(account: &Account, id: &str, blocks: &[Block]) -> Result<(), Error> {
    if blocks.is_empty() {
        return Ok(());
    }
    let tag = |block: &Block| Tag::builder().key(Block::key(&block.range)).value(block.value()).build();
    let tags = blocks.iter().map(tag).collect();
    let request = account.ec2.create_tags().resources(id).set_tags(Some(tags));
    account.call(|| request.clone().send()).await?;
    Ok(())
}

/// How often the ACL is read again, where somebody else writes it too or an answer was lost, and how long it takes to show.
const READS: u32 = 8;

/// Makes the entries of an ACL those of its tags: denials that are missing are written, and what has ended goes.
/// Answers what the ACL holds then. Done twice it is harmless.
///
/// # Errors
/// Fails where AWS refuses a write; what was written until then stays.
pub async fn settle(account: &Account, id: &str) -> Result<Acl, Error> {
    let mut reading = 0;
    loop {
        reading += 1;
        let request = account.ec2.describe_network_acls().network_acl_ids(id);
        let answer = account.call(|| request.clone().send()).await?;
        let mut acl = answer.network_acls().first().map(acl).unwrap_or_default();
        let now = time(account);
        loop {
            let Some(write) = acl.next_write(now) else { return Ok(acl) };
            match carry_out(account, id, &write).await {
                Ok(()) => acl.note(&write),
                Err(error) if is_out_of_date(&error) && reading < READS => break,
                Err(error) => return Err(error),
            }
        }
        sleep(Duration::from_millis(250 << reading.min(4))).await;
    }
}

/// Whether the entries are not what was read: somebody wrote meanwhile, or a call arrived whose answer was lost.
fn is_out_of_date(error: &Error) -> bool {
    ["NetworkAclEntryAlreadyExists", "InvalidNetworkAclEntry.NotFound"].contains(&error.code.as_str())
}

async fn carry_out(account: &Account, id: &str, write: &Write) -> Result<(), Error> {
    match write {
        Write::Deny { number, egress, range } => {
            let v6 = range.addr().is_ipv6();
            let request = account
                .ec2
                .create_network_acl_entry()
                .network_acl_id(id)
                .egress(*egress)
                .rule_number(*number)
                .rule_action(RuleAction::Deny)
                .protocol("-1")
                .set_cidr_block((!v6).then(|| range.to_string()))
                .set_ipv6_cidr_block(v6.then(|| range.to_string()));
            account.call(|| request.clone().send()).await?;
        }
        Write::Remove { number, egress } => {
            let request = account
                .ec2
                .delete_network_acl_entry()
                .network_acl_id(id)
                .egress(*egress)
                .rule_number(*number);
            account.find(|| request.clone().send()).await?;
        }
        Write::Forget(range) => {
            let tag = Tag::builder().key(Block::key(range)).build();
            let request = account.ec2.delete_tags().resources(id).tags(tag);
            account.call(|| request.clone().send()).await?;
        }
    }
    Ok(())
}
