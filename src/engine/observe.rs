//! Looks at an account: everything wanted, and everything owned that nobody wants any more.
//!
//! All first questions go out at once; a kind asks its second ones as soon as its first are
//! answered. Depth, not count, sets the time.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join, join_all};

use super::unique::look_by_key;
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Listed, OwnershipTags, one_look};
use crate::kinds::{
    ErasedReadResult, ErasedReading, Found, KINDS, Kind, ReadRequest, Reading, default_vpc,
    every_default_group, kind,
};
use crate::model::{Addr, LiveResource, Observed, Ownership, Remark, Severity, Unread, Value, Wanted, Why};
use crate::permissions::{self, Scope};
use crate::plan::Live;

/// Reads what is wanted and nothing else: for what is known to be wanted only after a first look.
pub async fn observe_only(account: &Account, wanted: &Wanted) -> BTreeMap<Addr, Observed> {
    let mut questions: BTreeMap<&str, Vec<ReadRequest<Value>>> = BTreeMap::new();
    for (addr, want) in &wanted.things {
        let asked = ReadRequest { addr: addr.clone(), wanted: want.value.clone() };
        questions.entry(addr.kind()).or_default().push(asked);
    }
    let reads =
        KINDS.iter().filter_map(|kind| Some(chain(kind.read(account, questions.remove(kind.name())?))));
    let read = join_all(reads).await.into_iter().flatten();
    read.map(|(addr, reading)| (addr.clone(), observed(account, wanted, &addr, reading))).collect()
}

/// Reads the account. It never fails: what could not be read is part of the answer.
pub async fn observe(account: &Account, wanted: &Wanted) -> Live {
    one_look(look(account, wanted)).await
}

async fn look(account: &Account, wanted: &Wanted) -> Live {
    let mut questions: BTreeMap<&str, Vec<ReadRequest<Value>>> = BTreeMap::new();
    for (addr, want) in &wanted.things {
        let asked = ReadRequest { addr: addr.clone(), wanted: want.value.clone() };
        questions.entry(addr.kind()).or_default().push(asked);
    }
    let reads = KINDS.iter().copied().filter_map(|kind| {
        let asked = questions.remove(kind.name());
        let asked = asked.or_else(|| kind.meta().always_read.then(|| anything(kind)))?;
        Some(chain(kind.read(account, asked)))
    });
    let (results, (listed, unlisted)) = join(join_all(reads), chain(account.owned())).await;

    let mut live = Live {
        unlisted: unlisted.iter().map(|error| unread(account, None, error)).collect(),
        ..Live::default()
    };
    for (addr, reading) in results.into_iter().flatten() {
        match (addr.name() == ANYTHING, reading) {
            // A kind of which nothing is declared: what it has is listed, or it is not known whether there is anything.
            (true, Reading::Unreadable(error)) => live.unlisted.push(unread(account, None, &error)),
            (true, Reading::Absent | Reading::Found(_)) => {}
            (false, reading) => {
                live.resources.insert(addr.clone(), observed(account, wanted, &addr, reading));
            }
        }
    }
    for (addr, reading) in undeclared(account, wanted, &live, listed).await {
        if !matches!(reading, Reading::Absent) {
            live.resources.entry(addr.clone()).or_insert_with(|| observed(account, wanted, &addr, reading));
        }
    }
    take_along(wanted, &mut live);
    look_by_key(account, wanted, &mut live).await;
    note_left_over(account, wanted, &live);
    note_taken_over(account, wanted, &live);
    for (addr, observed) in live.resources.iter_mut().filter(|(addr, _)| wanted.things.contains_key(*addr)) {
        if let Observed::Found(thing) = observed {
            keep_members(account, addr, &mut thing.attributes);
        }
    }
    for addr in wanted.things.keys().filter(|addr| kind(addr.kind()).is_none()) {
        let message = format!("there is no kind {}", addr.kind());
        let unread = Unread {
            call: String::new(),
            why: Why::Failed,
            lacking: String::new(),
            regions: Vec::new(),
            next: String::new(),
            message,
        };
        live.resources.insert(addr.clone(), Observed::Unreadable(unread));
    }
    live
}

/// The name of an address that nobody has, for a kind of which nothing is declared.
const ANYTHING: &str = "(any)";

/// The question whether a kind has anything at all.
fn anything(kind: &dyn Kind) -> Vec<ReadRequest<Value>> {
    let addr = Addr::new(kind.name(), ANYTHING);
    kind.example(0).into_iter().map(|wanted| ReadRequest { addr: addr.clone(), wanted }).collect()
}

/// Puts what is found under an address of before at the address it has now, where it gets its tags anew.
fn take_along(wanted: &Wanted, live: &mut Live) {
    for (now, before) in &wanted.moved {
        if !matches!(live.resources.get(now), Some(Observed::Absent)) {
            continue;
        }
        let ours = |addr: &&Addr| {
            !wanted.things.contains_key(*addr)
                && matches!(live.resources.get(*addr), Some(Observed::Found(thing)) if thing.ownership == Ownership::Managed)
        };
        let Some(addr) = before.iter().find(ours) else { continue };
        if let Some(Observed::Found(mut thing)) = live.resources.remove(addr) {
            thing.ownership = Ownership::Unmanaged;
            thing.remarks.push(Remark {
                severity: Severity::Note,
                message: format!("is the one that was {addr}; apply gives it its address of now"),
                next: String::new(),
            });
            live.resources.insert(now.clone(), Observed::Found(thing));
        }
    }
}

fn note_left_over(account: &Account, wanted: &Wanted, live: &Live) {
    let left_over = live.resources.iter().filter(|(addr, _)| !wanted.things.contains_key(*addr));
    let ids = left_over.filter_map(|(_, observed)| match observed {
        Observed::Found(thing) if thing.ownership == Ownership::Managed => thing.outputs.get("id").cloned(),
        Observed::Found(_) | Observed::Absent | Observed::Unreadable(_) => None,
    });
    account.run.note_left_over(ids.collect());
}

/// A member that another declared thing is to have is taken over by that one in one call: let go of first, a subnet would use the
/// main route table in between.
fn note_taken_over(account: &Account, wanted: &Wanted, live: &Live) {
    let mut members = BTreeMap::new();
    for (addr, want) in &wanted.things {
        let Some(kind) = kind(addr.kind()) else { continue };
        for field in kind.meta().exclusive_members {
            for member in want.value.get(field).into_iter().flat_map(Value::refs) {
                if let Some(Observed::Found(thing)) = live.resources.get(&member.addr)
                    && let Some(id) = thing.outputs.get(&member.output)
                {
                    members.insert((addr.kind().to_owned(), id.clone()), addr.clone());
                }
            }
        }
    }
    account.run.note_taken_over(members);
}

/// Takes members out of what was read that stay as they are, so that they are no difference and nothing takes them away.
pub(super) fn keep_members(account: &Account, addr: &Addr, attributes: &mut Value) {
    let Some(kind) = kind(addr.kind()) else { return };
    let Value::Map(attributes) = attributes else { return };
    let rules = kind.meta();
    let exclusive = |field| rules.exclusive_members.contains(&field);
    for field in rules.kept_members {
        if let Some(Value::Set(members)) = attributes.get_mut(*field) {
            let stays = |id: &String| {
                account.run.is_left_over(id) || (exclusive(*field) && account.run.is_taken_over(addr, id))
            };
            members.retain(|member| !matches!(member, Value::Str(id) if stays(id)));
        }
    }
}

/// Looks at listed things that no kind has answered for: the index that lists them lags behind,
/// so one that is gone already is left out.
async fn undeclared(
    account: &Account,
    wanted: &Wanted,
    live: &Live,
    listed: Vec<Listed>,
) -> Vec<ErasedReadResult> {
    let mut by_kind: BTreeMap<&'static str, (&'static dyn Kind, Vec<ReadRequest<Value>>)> = BTreeMap::new();
    for item in listed {
        let Some(addr) = item.owner.addr() else { continue };
        let Some(kind) = kind(addr.kind()) else { continue };
        if live.resources.contains_key(&addr) || wanted.things.contains_key(&addr) {
            continue;
        }
        let asked = by_kind.entry(kind.name()).or_insert((kind, Vec::new()));
        // By address, so that one that cannot be read is named.
        let question = match kind.meta().located_by {
            Some(_) => located(kind, addr, &item.arn, wanted),
            None => kind.example(0).ok().map(|wanted| ReadRequest { addr, wanted }),
        };
        asked.1.extend(question);
    }
    let already: BTreeSet<&str> = wanted.things.keys().map(Addr::kind).collect();
    let reads = by_kind.into_values().filter_map(|(kind, asked)| {
        let answered = kind.meta().located_by.is_none() && already.contains(kind.name());
        (!answered && !asked.is_empty()).then(|| chain(kind.read(account, asked)))
    });
    join_all(reads).await.into_iter().flatten().collect()
}

/// The question for a thing known by its ARN only.
///
/// Nothing where a wanted thing has the same name: that thing is declared under another address,
/// and must never be taken for one that nobody declares.
fn located(kind: &dyn Kind, addr: Addr, arn: &str, wanted: &Wanted) -> Option<ReadRequest<Value>> {
    let field = kind.meta().located_by?;
    let is_located_by_arn = [":key/", ":policy/"].iter().any(|kind| arn.contains(kind));
    let name = if is_located_by_arn { arn } else { arn.rsplit([':', '/']).next()? };
    let declared = wanted.things.iter().any(|(other, want)| {
        other.kind() == addr.kind() && want.value.get(field) == Some(&Value::from(name))
    });
    let Ok(Value::Map(mut attributes)) = kind.example(0) else { return None };
    attributes.insert(field.to_owned(), Value::from(name));
    (!declared).then_some(ReadRequest { addr, wanted: Value::Map(attributes) })
}

fn observed(account: &Account, wanted: &Wanted, addr: &Addr, reading: ErasedReading) -> Observed {
    match reading {
        Reading::Absent => Observed::Absent,
        Reading::Unreadable(error) => Observed::Unreadable(unread(account, Some((wanted, addr)), &error)),
        Reading::Found(found) => Observed::Found(thing(account, addr, *found)),
    }
}

pub(super) fn thing(account: &Account, addr: &Addr, found: Found<Value>) -> LiveResource {
    LiveResource {
        ownership: ownership_of(account, addr, &found.ownership),
        tags: found.tags.into_iter().filter(|(key, _)| account.declared_tags.contains_key(key)).collect(),
        attributes: found.attributes,
        outputs: found.outputs.into_iter().map(|(name, id)| (name.to_owned(), id)).collect(),
        state: found.state,
        remarks: found.remarks,
    }
}

/// Whose a resource is; one of ours under another address is to be tagged anew, like a stranger's.
pub(super) fn ownership_of(account: &Account, addr: &Addr, ownership: &OwnershipTags) -> Ownership {
    match ownership {
        OwnershipTags::Setting => Ownership::Setting,
        OwnershipTags::Untagged => Ownership::Unmanaged,
        OwnershipTags::Tagged(owner) if owner.baseline != account.baseline => {
            Ownership::Foreign(owner.baseline.clone())
        }
        OwnershipTags::Tagged(owner) => {
            let duplicate = addr.to_string().starts_with(&format!("{}.", owner.addr));
            if owner.addr == addr.to_string() || duplicate {
                Ownership::Managed
            } else {
                Ownership::Unmanaged
            }
        }
    }
}

/// The default security groups of every VPC that no baseline made, with what they hold, in those regions.
///
/// Which there are is known only from the list, so each is looked at with the list that names it. Lists that could not be
/// read come beside them.
pub async fn default_groups(
    account: &Account,
    regions: &[String],
) -> (BTreeMap<Addr, Observed>, Vec<Unread>) {
    let regions = regions.iter().map(String::as_str);
    let (lists, unread) =
        lists(account, regions, |region| Box::pin(every_default_group(account, region))).await;
    let groups = lists.into_iter().flat_map(|(_, groups)| groups);
    let resources = groups.map(|(addr, found)| {
        let thing = thing(account, &addr, found);
        (addr, Observed::Found(thing))
    });
    (resources.collect(), unread)
}

/// The default VPCs of those regions, each as what nobody declares where it is unused. Lists that could not be read come beside
/// them.
pub async fn default_vpcs(account: &Account, regions: &[String]) -> (BTreeMap<Addr, Observed>, Vec<Unread>) {
    let regions = regions.iter().map(String::as_str);
    let (lists, unread) = lists(account, regions, |region| Box::pin(default_vpc(account, region))).await;
    let resources = lists.into_iter().filter_map(|(_, found)| {
        let (addr, found) = found?;
        let thing = thing(account, &addr, found);
        Some((addr, Observed::Found(thing)))
    });
    (resources.collect(), unread)
}

/// What carries this baseline's tags in regions that are not its home region, by address, with its ARN.
pub async fn owned_elsewhere(account: &Account, regions: &[String]) -> (BTreeMap<Addr, String>, Vec<Unread>) {
    let regions = regions.iter().map(String::as_str).filter(|region| *region != account.region);
    let (lists, unread) = lists(account, regions, |region| Box::pin(account.owned_in(region))).await;
    let owned = lists.into_iter().flat_map(|(region, listed)| {
        listed.into_iter().filter_map(move |item| {
            let addr = item.owner.addr().filter(|addr| kind(addr.kind()).is_some())?;
            Some((addr.within(Some(region)), item.arn))
        })
    });
    (owned.collect(), unread)
}

/// A list of each region, side by side; those that could not be read come beside the others.
async fn lists<'r, T, F: Future<Output = Result<T, Error>>>(
    account: &Account,
    regions: impl Iterator<Item = &'r str>,
    list: impl Fn(&'r str) -> F,
) -> (Vec<(&'r str, T)>, Vec<Unread>) {
    let list = &list;
    let answers = chains(regions.map(|region| async move { (region, list(region).await) })).await;
    let (mut lists, mut unread) = (Vec::new(), Vec::new());
    for (region, answer) in answers {
        match answer {
            Ok(list) => lists.push((region, list)),
            Err(error) => {
                unread.push(Unread { regions: vec![region.to_owned()], ..unlisted(account, &error) });
            }
        }
    }
    (lists, unread)
}

/// A list of the account that could not be read, as the plan says it.
pub fn unlisted(account: &Account, error: &Error) -> Unread {
    unread(account, None, error)
}

pub(super) fn unread(account: &Account, place: Option<(&Wanted, &Addr)>, error: &Error) -> Unread {
    error.unread(|| lacking(account, place, error))
}

/// What the caller lacks for a call at an address: the IAM action and the resource.
pub(super) fn lacking(account: &Account, place: Option<(&Wanted, &Addr)>, error: &Error) -> String {
    let scope = Scope {
        baseline: &account.baseline,
        account: account.id(),
        partition: &account.identity.partition,
        region: &account.region,
    };
    // Of all that is declared only the thing at this address is meant.
    let alone = place.and_then(|(wanted, addr)| Some((addr.clone(), wanted.things.get(addr)?.clone())));
    let moved = place.map(|(wanted, _)| wanted.moved.clone()).unwrap_or_default();
    let alone = Wanted { things: alone.into_iter().collect(), moved, ..Wanted::default() };
    let call = error.refused_within().map_or_else(|| error.call(), str::to_owned);
    permissions::lacking(&call, place.map_or("", |(_, addr)| addr.kind()), &alone, &scope)
}
