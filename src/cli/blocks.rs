//! What `block` and `unblock` have in common: ranges as people type them, the network ACLs, and writing to them.

use ipnet::IpNet;
use jiff::Timestamp;

use super::failure::Failure;
use super::locking::{self, Locking};
use super::output::Output;
use crate::aws::{Account, Class, Error};
use crate::block::{self, Block, Kept};
use crate::engine::Stop;
use crate::kinds::ec2_network_acl_blocks::{BlockedAcl, blocked_acls, settle, tag, time};
use crate::model::Addr;

/// Ranges with the place each was typed at; every one that is none is told at once.
pub(super) fn ranges(typed: &[(String, String)]) -> Result<Vec<IpNet>, Failure> {
    let wrong: Vec<String> = typed
        .iter()
        .filter(|(_, text)| block::range(text).is_none())
        .map(|(place, text)| format!("{place}{text:?}"))
        .collect();
    if !wrong.is_empty() {
        return Err(Failure::list(
            "these are neither addresses nor ranges:",
            wrong,
            "write addresses such as 198.51.100.7, or ranges such as 198.51.100.0/24",
        ));
    }
    Ok(block::merged(&typed.iter().filter_map(|(_, text)| block::range(text)).collect::<Vec<_>>()))
}

/// The network ACLs of the file in the account, and what time it is by AWS.
pub(super) async fn read(account: &Account) -> Result<(Vec<BlockedAcl>, Timestamp), Failure> {
    let acls = blocked_acls(account).await.map_err(|error| failed(&error))?;
    let now = time(account).ok_or_else(|| {
        Failure::with_hint(
            "the answer of EC2 does not say what time it is",
            "look at what stands between here and AWS",
        )
    })?;
    if acls.is_empty() {
        return Err(Failure::with_hint(
            format!("this file has no network ACL in account {}, {}", account.id(), account.region),
            "a block stands on the network ACLs that apply made; run: baseline apply FILE",
        ));
    }
    Ok((acls, now))
}

/// The blocks of every ACL.
pub(super) fn kept(acls: &[BlockedAcl], now: Timestamp) -> Vec<(Addr, Vec<Kept>)> {
    acls.iter().map(|acl| (acl.addr.clone(), acl.acl.kept(Some(now)))).collect()
}

/// What is to be written to one ACL.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) acl: BlockedAcl,
    /// Tags of blocks: new ones, and some that end now.
    pub(super) blocks: Vec<Block>,
}

/// An ACL on which not everything was written.
#[derive(Debug)]
pub(super) struct NotWritten {
    addr: Addr,
    error: Error,
    /// Whether the tags are there all the same.
    is_begun: bool,
}

/// Writes to every ACL; what fails on one keeps none of the others back. Holds the lock meanwhile, unless it is to go on beside
/// whoever holds it.
pub(super) async fn write(
    account: &Account,
    changes: Vec<Change>,
    beside: bool,
    output: &Output,
) -> Result<Vec<Addr>, Failure> {
    let stop = Stop::default();
    account.heed(&stop);
    let mut lock = if beside { None } else { Some(Locking::at_once(account, &stop, output).await?) };
    let work = async {
        let writes = changes.iter().map(|change| write_one(account, change));
        futures::future::join_all(writes).await
    };
    let results = match &mut lock {
        Some(lock) => lock.during(work, &stop).await,
        None => work.await,
    };
    locking::release(lock.into_iter().collect(), &stop, output).await;
    let (mut done, mut not_done) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(addr) => done.push(addr),
            Err(failure) => not_done.push(failure),
        }
    }
    if not_done.is_empty() { Ok(done) } else { Err(partly(&done, &not_done)) }
}

async fn write_one(account: &Account, Change { acl, blocks }: &Change) -> Result<Addr, NotWritten> {
    let begun = tag(account, &acl.id, blocks).await;
    let error = match begun {
        Ok(()) => match settle(account, &acl.id).await {
            Ok(_) => return Ok(acl.addr.clone()),
            Err(error) => error,
        },
        Err(error) => return Err(NotWritten { addr: acl.addr.clone(), error, is_begun: false }),
    };
    // What may have arrived is finished by whoever looks next. What was refused would be refused to them, too.
    let taken_back = match error.class {
        Class::Ambiguous | Class::Stopped | Class::Throttled => false,
        _ => take_back(account, acl, blocks).await.is_ok(),
    };
    Err(NotWritten { addr: acl.addr.clone(), error, is_begun: !taken_back })
}

/// Ends blocks that could not be written whole.
async fn take_back(account: &Account, acl: &BlockedAcl, blocks: &[Block]) -> Result<(), Error> {
    let Some(now) = time(account) else { return Err(Error::internal("the time is not known")) };
    let before = |block: &Block| acl.acl.blocks.iter().find(|old| old.range == block.range).cloned();
    let ended =
        blocks.iter().map(|block| before(block).unwrap_or_else(|| Block { until: now, ..block.clone() }));
    tag(account, &acl.id, &ended.collect::<Vec<_>>()).await?;
    settle(account, &acl.id).await.map(|_| ())
}

fn partly(done: &[Addr], not_done: &[NotWritten]) -> Failure {
    let mut list: Vec<String> = not_done
        .iter()
        .map(|NotWritten { addr, error, is_begun }| {
            let left = if *is_begun {
                "; begun, and the next block or apply goes on"
            } else {
                "; nothing of it is left there"
            };
            format!("{addr}: {error}{left}")
        })
        .collect();
    list.extend(done.iter().map(|addr| format!("{addr}: written")));
    let hint = not_done.first().map_or_else(String::new, |first| next(&first.error));
    Failure::list("not written on every network ACL:", list, hint)
}

fn failed(error: &Error) -> Failure {
    Failure::with_hint(error.to_string(), next(error))
}

fn next(error: &Error) -> String {
    match error.class {
        Class::Denied => format!("allow {} to these credentials", error.call()),
        Class::Quota => {
            "the ACL is full: end a block with baseline unblock, or have AWS raise the quota of entries"
                .to_owned()
        }
        _ => "run it again: it goes on where it stopped".to_owned(),
    }
}
