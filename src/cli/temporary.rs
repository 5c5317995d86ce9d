//! What `block`, `unblock` and `admit` have in common: ranges as people type them, what holds for a while, and writing it.

use std::time::Duration;

use ipnet::IpNet;
use jiff::{Span, SpanRelativeTo, Timestamp};

use super::failure::Failure;
use super::locking::{self, Locking};
use super::output::Output;
use crate::aws::{Account, Class, Error};
use crate::engine::Stop;
use crate::kinds::ec2::security_rule::SecurityRule;
use crate::kinds::ec2::temporary::{tag, time};
use crate::kinds::ec2_network_acl::temporary::{OwnAcl, own_acls, settle_acl};
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_security_group::temporary::{OwnGroup, own_groups, settle_group};
use crate::model::{Addr, Set, Wanted, restore};
use crate::report::Shown;
use crate::shown;
use crate::temporary::{self, Kept, Subject, Temporary};

/// How long something may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Longest {
    pub(super) days: i64,
    /// What to do for longer than that.
    pub(super) instead: &'static str,
}

/// A time such as `24h`, as people type it.
pub(super) fn lasting(text: &str, longest: Longest) -> Result<Duration, String> {
    let wrong = || format!("write a time such as 30m, 24h or 7d, from 1m to {}d", longest.days);
    let span: Span = text.parse().map_err(|_| wrong())?;
    let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    let lasting = Duration::try_from(signed).map_err(|_| wrong())?;
    if lasting > Duration::from_secs(longest.days.unsigned_abs() * 86_400) {
        return Err(format!("{}; {}", wrong(), longest.instead));
    }
    if lasting < Duration::from_secs(60) { Err(wrong()) } else { Ok(lasting) }
}

/// Ranges with the place each was typed at; every one that is none is told at once.
pub(super) fn ranges(typed: &[(String, String)]) -> Result<Vec<IpNet>, Failure> {
    let wrong: Vec<String> = typed
        .iter()
        .filter(|(_, text)| temporary::range(text).is_none())
        .map(|(place, text)| format!("{place}{text:?}"))
        .collect();
    if !wrong.is_empty() {
        return Err(Failure::list(
            "these are neither addresses nor ranges:",
            wrong,
            "write addresses such as 198.51.100.7, or ranges such as 198.51.100.0/24",
        ));
    }
    Ok(temporary::merged(&typed.iter().filter_map(|(_, text)| temporary::range(text)).collect::<Vec<_>>()))
}

/// The network ACLs and security groups of the file in the account, and what time it is by AWS.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) acls: Vec<OwnAcl>,
    pub(super) groups: Vec<OwnGroup>,
    pub(super) now: Timestamp,
}

/// Reads them.
pub(super) async fn read(account: &Account) -> Result<Found, Failure> {
    let (acls, groups) = tokio::join!(own_acls(account), own_groups(account));
    let (acls, groups) = (acls.map_err(|error| failed(&error))?, groups.map_err(|error| failed(&error))?);
    let now = time(account).ok_or_else(|| {
        Failure::with_hint(
            "the answer of EC2 does not say what time it is",
            "look at what stands between here and AWS",
        )
    })?;
    if acls.is_empty() {
        return Err(Failure::with_hint(
            format!("this file has no network ACL in account {}, {}", account.id(), account.region),
            "what is to hold for a while stands on network ACLs that apply made; run: baseline apply FILE",
        ));
    }
    Ok(Found { acls, groups, now })
}

impl Found {
    /// What holds for a while on every ACL and group.
    pub(super) fn kept(&self, is_asked: impl Fn(&Subject) -> bool) -> Vec<(Addr, Vec<Kept>)> {
        let now = Some(self.now);
        let acls = self.acls.iter().map(|acl| (acl.addr.clone(), acl.acl.kept(now)));
        let groups = self.groups.iter().map(|group| (group.addr.clone(), group.group.kept(now)));
        let asked = |(addr, mut kept): (Addr, Vec<Kept>)| {
            kept.retain(|kept| is_asked(&kept.temporary.subject));
            (addr, kept)
        };
        acls.chain(groups).map(asked).filter(|(_, kept)| !kept.is_empty()).collect()
    }

    /// Ends what is asked for: the changes that do it, and what ends.
    pub(super) fn end(
        self,
        is_asked: impl Fn(&Subject) -> bool,
        wanted: &Wanted,
    ) -> (Vec<Change>, Vec<Subject>) {
        let now = self.now;
        let mut ended = Vec::new();
        let mut changes = Vec::new();
        let of_acls = self.acls.into_iter().map(On::Acl);
        let of_groups = self.groups.into_iter().map(|group| On::group(group, wanted));
        for on in of_acls.chain(of_groups) {
            let asked = on.temporary().iter().filter(|temporary| is_asked(&temporary.subject));
            let tags: Vec<Temporary> = asked
                .map(|temporary| Temporary { until: now.min(temporary.until), ..temporary.clone() })
                .collect();
            ended.extend(tags.iter().map(|temporary| temporary.subject));
            if !tags.is_empty() {
                changes.push(Change { on, tags });
            }
        }
        ended.sort();
        ended.dedup();
        (changes, ended)
    }
}

/// What a tag is put on.
#[derive(Debug, Clone)]
pub(super) enum On {
    /// A network ACL.
    Acl(OwnAcl),
    /// A security group, with the rules that the file wants on it: none where it is no longer in the file.
    Group(OwnGroup, Set<SecurityRule>),
}

impl On {
    /// A group with the rules that the file wants on it.
    pub(super) fn group(group: OwnGroup, wanted: &Wanted) -> Self {
        let declared = wanted.things.get(&group.addr).and_then(|want| restore(&want.value).ok());
        let ingress = declared.map(|SecurityGroup { ingress, .. }| ingress);
        Self::Group(group, ingress.unwrap_or_default())
    }

    /// Its address.
    pub(super) fn addr(&self) -> &Addr {
        self.place().1
    }

    fn place(&self) -> (&str, &Addr) {
        match self {
            Self::Acl(acl) => (&acl.id, &acl.addr),
            Self::Group(group, _) => (&group.id, &group.addr),
        }
    }

    fn temporary(&self) -> &[Temporary] {
        match self {
            Self::Acl(acl) => &acl.acl.temporary,
            Self::Group(group, _) => &group.group.temporary,
        }
    }

    async fn settle(&self, account: &Account, mine: &[Subject]) -> Result<(), Error> {
        match self {
            Self::Acl(acl) => settle_acl(account, &acl.id, mine).await,
            Self::Group(group, wanted) => settle_group(account, &group.id, mine, wanted).await,
        }
    }
}

/// What is to be written to one ACL or group: tags, and whatever follows from all of them.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) on: On,
    pub(super) tags: Vec<Temporary>,
}

/// What was not written whole.
#[derive(Debug)]
struct NotWritten {
    addr: Addr,
    error: Error,
    /// Whether the tags are there all the same.
    is_begun: bool,
}

/// Writes every change; what fails keeps none of the others back. Holds the lock meanwhile, unless it is to go on beside
/// whoever holds it.
pub(super) async fn write(
    account: &Account,
    changes: Vec<Change>,
    beside: bool,
    output: &Output,
) -> Result<(), Failure> {
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
    if not_done.is_empty() { Ok(()) } else { Err(partly(&done, &not_done)) }
}

async fn write_one(account: &Account, change: &Change) -> Result<Addr, NotWritten> {
    let (id, addr) = change.on.place();
    if let Err(error) = tag(account, id, &change.tags).await {
        return Err(NotWritten { addr: addr.clone(), error, is_begun: false });
    }
    let mine: Vec<Subject> = change.tags.iter().map(|temporary| temporary.subject).collect();
    let Err(error) = change.on.settle(account, &mine).await else { return Ok(addr.clone()) };
    // What may have arrived is left for the same command to finish. What was refused would be refused again.
    let taken_back = match error.class {
        Class::Ambiguous | Class::Stopped | Class::Throttled => false,
        _ => take_back(account, change).await.is_ok(),
    };
    Err(NotWritten { addr: addr.clone(), error, is_begun: !taken_back })
}

/// Ends what could not be written whole; what was there before is as before.
async fn take_back(account: &Account, Change { on, tags }: &Change) -> Result<(), Error> {
    let Some(now) = time(account) else { return Err(Error::internal("the time is not known")) };
    let before = |new: &Temporary| on.temporary().iter().find(|old| old.subject == new.subject).cloned();
    let ended = tags.iter().map(|new| before(new).unwrap_or_else(|| Temporary { until: now, ..new.clone() }));
    tag(account, on.place().0, &ended.collect::<Vec<_>>()).await?;
    on.settle(account, &[]).await
}

fn partly(done: &[Addr], not_done: &[NotWritten]) -> Failure {
    let told = |NotWritten { addr, error, is_begun }: &NotWritten| {
        let left = if *is_begun {
            "begun; run the same command again, or the next apply takes it away"
        } else {
            "nothing of it is left there"
        };
        format!("{addr}: {error}; {left}")
    };
    let mut list: Vec<String> = not_done.iter().map(told).collect();
    list.extend(done.iter().map(|addr| format!("{addr}: written")));
    let hint = not_done.first().map_or_else(String::new, |first| next(&first.error));
    Failure::list("not written everywhere:", list, hint)
}

fn failed(error: &Error) -> Failure {
    Failure::with_hint(error.to_string(), next(error))
}

fn next(error: &Error) -> String {
    match error.class {
        Class::Denied => format!("allow {} to these credentials", error.call()),
        Class::Quota => {
            "it is full: end something that only holds for a while, or have AWS raise the quota".to_owned()
        }
        _ => "run it again: it goes on where it stopped".to_owned(),
    }
}

/// Removes what has ended, and what a run that died left half done.
pub(super) async fn expire(
    account: &Account,
    wanted: &Wanted,
    beside: bool,
    output: &Output,
) -> Result<(), Failure> {
    let found = read(account).await?;
    let mut told = Vec::new();
    let departs: Vec<(Addr, Vec<Kept>)> = found
        .kept(|_| true)
        .into_iter()
        .filter(|(_, kept)| kept.iter().any(|kept| kept.standing.departs()))
        .collect();
    for (addr, kept) in &departs {
        for Kept { temporary, standing } in kept {
            if standing.departs() {
                told.push(shown!("{}  {}  removed\n", addr, Shown::line(&temporary.words())));
            }
        }
    }
    let all = found.acls.into_iter().map(On::Acl);
    let all = all.chain(found.groups.into_iter().map(|group| On::group(group, wanted)));
    let is_due = |on: &On| departs.iter().any(|(addr, _)| addr == on.place().1);
    let changes: Vec<Change> = all.filter(is_due).map(|on| Change { on, tags: Vec::new() }).collect();
    if changes.is_empty() {
        output.out(&shown!("nothing has ended\n"));
        return Ok(());
    }
    write(account, changes, beside, output).await?;
    output.out(&Shown::joined(told, ""));
    Ok(())
}
