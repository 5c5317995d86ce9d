//! The one adapter between typed kinds and the engine, which sees only value trees.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::contract::{DeleteRequest, Found, Holder, Holders, ReadRequest, Reading, Resource, Update};
use super::ec2_default_security_group::{self, DefaultSecurityGroup};
use super::ec2_default_vpc;
use crate::aws::trace::chains;
use crate::aws::{Account, Error};
use crate::model::{Addr, KindMeta, Path, ResourceSpec, Value, erase, restore};

/// What one read says about one address, erased.
pub type ErasedReading = Reading<Value>;

/// An answer, erased.
pub type ErasedReadResult = (Addr, ErasedReading);

/// A change, erased.
#[derive(Debug, Clone)]
pub struct ErasedUpdate {
    /// The address.
    pub addr: Addr,
    /// What is wanted, references resolved.
    pub wanted: Value,
    /// What is there.
    pub live: Found<Value>,
    /// Where the two differ.
    pub changes: BTreeSet<Path>,
    /// Whether tags must be put on.
    pub adopt: bool,
}

/// One kind of AWS resource, as the engine sees it.
pub trait Kind: Sync {
    /// Its name, such as `ec2.subnet`.
    fn name(&self) -> &'static str;
    /// What the planner has to know.
    fn meta(&self) -> &'static KindMeta;
    /// Reads everything asked for; see [`Resource::read`].
    fn read<'a>(
        &'a self,
        account: &'a Account,
        asked: Vec<ReadRequest<Value>>,
    ) -> BoxFuture<'a, Vec<ErasedReadResult>>;
    /// Creates; see [`Resource::create`].
    fn create<'a>(
        &'a self,
        account: &'a Account,
        addr: &'a Addr,
        wanted: &'a Value,
    ) -> BoxFuture<'a, Result<(), Error>>;
    /// Updates; see [`Resource::update`].
    fn update<'a>(
        &'a self,
        account: &'a Account,
        update: &'a ErasedUpdate,
    ) -> BoxFuture<'a, Result<(), Error>>;
    /// Deletes; see [`Resource::delete`].
    fn delete<'a>(
        &'a self,
        account: &'a Account,
        request: &'a DeleteRequest<Value>,
    ) -> BoxFuture<'a, Result<(), Error>>;
    /// What else holds what a refused create asked for; see [`Resource::held_by`].
    fn held_by<'a>(
        &'a self,
        account: &'a Account,
        addr: &'a Addr,
        wanted: &'a Value,
    ) -> BoxFuture<'a, Result<Option<String>, Error>>;
    /// What holds that which AWS gives only once; see [`Resource::holders`].
    fn holders<'a>(
        &'a self,
        account: &'a Account,
        asked: Vec<ReadRequest<Value>>,
    ) -> BoxFuture<'a, Result<Holders<Value>, Error>>;
    /// What still uses a thing that AWS refuses to delete; see [`Resource::used_by`].
    fn used_by<'a>(
        &'a self,
        account: &'a Account,
        request: &'a DeleteRequest<Value>,
    ) -> BoxFuture<'a, Result<Vec<String>, Error>>;
    /// A small valid thing; see [`Resource::example`].
    ///
    /// # Errors
    /// Fails where the example holds something a tree cannot.
    fn example(&self, seed: u8) -> Result<Value, Error>;
    /// Whether a value tree is a valid wanted thing of this kind.
    ///
    /// # Errors
    /// Names the attribute that is unknown, missing or of the wrong type.
    fn check(&self, wanted: &Value) -> Result<(), Error>;
}

/// Erases a typed kind.
pub(super) struct Erased<R>(PhantomData<R>);

impl<R> Erased<R> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

fn typed<S: ResourceSpec>(value: &Value) -> Result<S, Error> {
    restore(value).map_err(|e| Error::internal(format!("{}: {e}", S::KIND)))
}

fn typed_found<S: ResourceSpec>(found: &Found<Value>) -> Result<Found<S>, Error> {
    Ok(Found {
        attributes: typed(&found.attributes)?,
        outputs: found.outputs.clone(),
        ownership: found.ownership.clone(),
        tags: found.tags.clone(),
        state: found.state.clone(),
        remarks: found.remarks.clone(),
    })
}

fn erased_reading<S: ResourceSpec>(reading: Reading<S>) -> ErasedReading {
    match reading {
        Reading::Absent => Reading::Absent,
        Reading::Unreadable(error) => Reading::Unreadable(error),
        Reading::Found(found) => match erased_found(*found) {
            Ok(found) => Reading::Found(Box::new(found)),
            Err(error) => Reading::Unreadable(error),
        },
    }
}

fn erased_found<S: ResourceSpec>(found: Found<S>) -> Result<Found<Value>, Error> {
    Ok(Found {
        attributes: erase(&found.attributes).map_err(Error::internal)?,
        outputs: found.outputs,
        ownership: found.ownership,
        tags: found.tags,
        state: found.state,
        remarks: found.remarks,
    })
}

fn erased_holder<S: ResourceSpec>(holder: Holder<S>) -> Result<Holder<Value>, Error> {
    Ok(match holder {
        Holder::Itself(found) => Holder::Itself(Box::new(erased_found(*found)?)),
        Holder::Another(obstacle) => Holder::Another(obstacle),
    })
}

/// Notes that this run writes a thing, and what it is called where AWS has a name for it.
fn note<R: Resource>(account: &Account, attributes: &Value) {
    account.run.note(R::Spec::KIND);
    if let Some(Value::Str(name)) = R::META.located_by.and_then(|field| attributes.get(field)) {
        account.run.note_name(name);
    }
}

/// The account in the region of an address.
///
/// Kinds know one account and region: here, and nowhere else, an address chooses which.
#[derive(Debug)]
enum There<'a> {
    Home(&'a Account),
    Elsewhere(Arc<Account>),
}

impl<'a> There<'a> {
    fn of(account: &'a Account, region: Option<&str>) -> Self {
        match region {
            Some(region) if region != account.region => Self::Elsewhere(account.in_region(region)),
            Some(_) | None => Self::Home(account),
        }
    }
}

impl Deref for There<'_> {
    type Target = Account;

    fn deref(&self) -> &Account {
        match self {
            Self::Home(account) => account,
            Self::Elsewhere(account) => account,
        }
    }
}

/// Questions by the region of their address.
fn by_region<T>(asked: Vec<ReadRequest<T>>) -> BTreeMap<Option<String>, Vec<ReadRequest<T>>> {
    let mut regions: BTreeMap<Option<String>, Vec<ReadRequest<T>>> = BTreeMap::new();
    for question in asked {
        regions.entry(question.addr.region().map(str::to_owned)).or_default().push(question);
    }
    regions
}

/// The default groups of the VPCs in a region that no baseline made, each at its address, erased.
///
/// # Errors
/// Fails where one of the three lists cannot be read.
pub async fn every_default_group(
    account: &Account,
    region: &str,
) -> Result<Vec<(Addr, Found<Value>)>, Error> {
    let elsewhere = Some(region).filter(|region| *region != account.region);
    let groups = ec2_default_security_group::every(&There::of(account, elsewhere)).await?;
    let at = |name: String| DefaultSecurityGroup::addr(name).within(elsewhere);
    groups.into_iter().map(|(name, found)| Ok((at(name), erased_found(found)?))).collect()
}

/// The default VPC of a region at its address, erased; nothing where there is none.
///
/// # Errors
/// Fails where a list cannot be read.
pub async fn default_vpc(account: &Account, region: &str) -> Result<Option<(Addr, Found<Value>)>, Error> {
    let elsewhere = Some(region).filter(|region| *region != account.region);
    let addr = ec2_default_vpc::addr(elsewhere);
    let found = ec2_default_vpc::find_default_vpc(&There::of(account, elsewhere), &addr).await?;
    found.map(|found| Ok((addr, erased_found(found)?))).transpose()
}

impl<R: Resource> Kind for Erased<R> {
    fn name(&self) -> &'static str {
        R::Spec::KIND
    }

    fn meta(&self) -> &'static KindMeta {
        const { &R::META }
    }

    fn read<'a>(
        &'a self,
        account: &'a Account,
        asked: Vec<ReadRequest<Value>>,
    ) -> BoxFuture<'a, Vec<ErasedReadResult>> {
        Box::pin(async move {
            let mut questions = Vec::new();
            let mut answers = Vec::new();
            for ReadRequest { addr, wanted } in asked {
                match typed(&wanted) {
                    Ok(wanted) => questions.push(ReadRequest { addr, wanted }),
                    Err(error) => answers.push((addr, Reading::Unreadable(error))),
                }
            }
            let mut questions = by_region(questions);
            if questions.is_empty() {
                // Some kinds list what they own where nothing is asked for.
                questions.insert(None, Vec::new());
            }
            let reads = questions.into_iter().map(|(region, questions)| async move {
                R::read(&There::of(account, region.as_deref()), questions).await
            });
            let results = chains(reads).await.into_iter().flatten();
            answers.extend(results.map(|(addr, reading)| (addr, erased_reading(reading))));
            answers
        })
    }

    fn create<'a>(
        &'a self,
        account: &'a Account,
        addr: &'a Addr,
        wanted: &'a Value,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            note::<R>(account, wanted);
            R::create(&There::of(account, addr.region()), addr, &typed(wanted)?).await
        })
    }

    fn update<'a>(
        &'a self,
        account: &'a Account,
        update: &'a ErasedUpdate,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            note::<R>(account, &update.wanted);
            let update = Update {
                addr: update.addr.clone(),
                wanted: typed(&update.wanted)?,
                live: typed_found(&update.live)?,
                changes: update.changes.clone(),
                adopt: update.adopt,
            };
            R::update(&There::of(account, update.addr.region()), &update).await
        })
    }

    fn delete<'a>(
        &'a self,
        account: &'a Account,
        request: &'a DeleteRequest<Value>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            note::<R>(account, &request.live.attributes);
            let request = DeleteRequest { addr: request.addr.clone(), live: typed_found(&request.live)? };
            R::delete(&There::of(account, request.addr.region()), &request).await
        })
    }

    fn held_by<'a>(
        &'a self,
        account: &'a Account,
        addr: &'a Addr,
        wanted: &'a Value,
    ) -> BoxFuture<'a, Result<Option<String>, Error>> {
        Box::pin(async move { R::held_by(&There::of(account, addr.region()), addr, &typed(wanted)?).await })
    }

    fn holders<'a>(
        &'a self,
        account: &'a Account,
        asked: Vec<ReadRequest<Value>>,
    ) -> BoxFuture<'a, Result<Holders<Value>, Error>> {
        Box::pin(async move {
            let question = |ReadRequest { addr, wanted }| Ok(ReadRequest { addr, wanted: typed(&wanted)? });
            let asked = asked.into_iter().map(question).collect::<Result<Vec<_>, Error>>()?;
            let mut found = Holders::new();
            for (region, asked) in by_region(asked) {
                let holders = R::holders(&There::of(account, region.as_deref()), &asked).await?;
                for (addr, holder) in holders {
                    found.push((addr, erased_holder(holder)?));
                }
            }
            Ok(found)
        })
    }

    fn used_by<'a>(
        &'a self,
        account: &'a Account,
        request: &'a DeleteRequest<Value>,
    ) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(async move {
            let request = DeleteRequest { addr: request.addr.clone(), live: typed_found(&request.live)? };
            R::used_by(&There::of(account, request.addr.region()), &request).await
        })
    }

    fn example(&self, seed: u8) -> Result<Value, Error> {
        erase(&R::example(seed)).map_err(Error::internal)
    }

    fn check(&self, wanted: &Value) -> Result<(), Error> {
        typed::<R::Spec>(wanted).map(|_| ())
    }
}
