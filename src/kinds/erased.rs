//! The one adapter between typed kinds and the engine, which sees only value trees.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use futures::future::BoxFuture;

use super::contract::{Asked, Doomed, Found, Holder, Holders, Reading, Resource, Update};
use crate::aws::{Account, Error};
use crate::model::{Addr, Path, Rules, Shape, Value, erase, restore};

/// What one read says about one address, erased.
pub type ErasedReading = Reading<Value>;

/// An answer, erased.
pub type ErasedSighting = (Addr, ErasedReading);

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
    /// Whether the ownership tags are missing.
    pub adopt: bool,
}

/// One kind of AWS resource, as the engine sees it.
pub trait Kind: Sync {
    /// Its name, such as `ec2.subnet`.
    fn name(&self) -> &'static str;
    /// What the planner has to know.
    fn rules(&self) -> &'static Rules;
    /// Reads everything asked for; see [`Resource::read`].
    fn read<'a>(
        &'a self,
        account: &'a Account,
        asked: Vec<Asked<Value>>,
    ) -> BoxFuture<'a, Vec<ErasedSighting>>;
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
        doomed: &'a Doomed<Value>,
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
        asked: Vec<Asked<Value>>,
    ) -> BoxFuture<'a, Result<Holders<Value>, Error>>;
    /// What still uses a thing that AWS refuses to delete; see [`Resource::used_by`].
    fn used_by<'a>(
        &'a self,
        account: &'a Account,
        doomed: &'a Doomed<Value>,
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

fn typed<S: Shape>(value: &Value) -> Result<S, Error> {
    restore(value).map_err(|e| Error::internal(format!("{}: {e}", S::KIND)))
}

fn typed_found<S: Shape>(found: &Found<Value>) -> Result<Found<S>, Error> {
    Ok(Found {
        attributes: typed(&found.attributes)?,
        outputs: found.outputs.clone(),
        ownership: found.ownership.clone(),
        state: found.state.clone(),
        remarks: found.remarks.clone(),
    })
}

fn erased_reading<S: Shape>(reading: Reading<S>) -> ErasedReading {
    match reading {
        Reading::Absent => Reading::Absent,
        Reading::Unreadable(error) => Reading::Unreadable(error),
        Reading::Found(found) => match erased_found(*found) {
            Ok(found) => Reading::Found(Box::new(found)),
            Err(error) => Reading::Unreadable(error),
        },
    }
}

fn erased_found<S: Shape>(found: Found<S>) -> Result<Found<Value>, Error> {
    Ok(Found {
        attributes: erase(&found.attributes).map_err(Error::internal)?,
        outputs: found.outputs,
        ownership: found.ownership,
        state: found.state,
        remarks: found.remarks,
    })
}

fn erased_holder<S: Shape>(holder: Holder<S>) -> Result<Holder<Value>, Error> {
    Ok(match holder {
        Holder::Itself(found) => Holder::Itself(Box::new(erased_found(*found)?)),
        Holder::Another(obstacle) => Holder::Another(obstacle),
    })
}

/// Notes that this run writes a thing, and what it is called where AWS has a name for it.
fn note<R: Resource>(account: &Account, attributes: &Value) {
    account.run.note(R::Spec::KIND);
    if let Some(Value::Str(name)) = R::RULES.located_by.and_then(|field| attributes.get(field)) {
        account.run.note_name(name);
    }
}

impl<R: Resource> Kind for Erased<R> {
    fn name(&self) -> &'static str {
        R::Spec::KIND
    }

    fn rules(&self) -> &'static Rules {
        const { &R::RULES }
    }

    fn read<'a>(
        &'a self,
        account: &'a Account,
        asked: Vec<Asked<Value>>,
    ) -> BoxFuture<'a, Vec<ErasedSighting>> {
        Box::pin(async move {
            let mut questions = Vec::new();
            let mut answers = Vec::new();
            for Asked { addr, wanted } in asked {
                match typed(&wanted) {
                    Ok(wanted) => questions.push(Asked { addr, wanted }),
                    Err(error) => answers.push((addr, Reading::Unreadable(error))),
                }
            }
            let sightings = R::read(account, questions).await;
            answers.extend(sightings.into_iter().map(|(addr, reading)| (addr, erased_reading(reading))));
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
            R::create(account, addr, &typed(wanted)?).await
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
            R::update(account, &update).await
        })
    }

    fn delete<'a>(
        &'a self,
        account: &'a Account,
        doomed: &'a Doomed<Value>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            note::<R>(account, &doomed.live.attributes);
            let doomed = Doomed { addr: doomed.addr.clone(), live: typed_found(&doomed.live)? };
            R::delete(account, &doomed).await
        })
    }

    fn held_by<'a>(
        &'a self,
        account: &'a Account,
        addr: &'a Addr,
        wanted: &'a Value,
    ) -> BoxFuture<'a, Result<Option<String>, Error>> {
        Box::pin(async move { R::held_by(account, addr, &typed(wanted)?).await })
    }

    fn holders<'a>(
        &'a self,
        account: &'a Account,
        asked: Vec<Asked<Value>>,
    ) -> BoxFuture<'a, Result<Holders<Value>, Error>> {
        Box::pin(async move {
            let question = |Asked { addr, wanted }| Ok(Asked { addr, wanted: typed(&wanted)? });
            let asked = asked.into_iter().map(question).collect::<Result<Vec<_>, Error>>()?;
            let holders = R::holders(account, &asked).await?;
            holders.into_iter().map(|(addr, holder)| Ok((addr, erased_holder(holder)?))).collect()
        })
    }

    fn used_by<'a>(
        &'a self,
        account: &'a Account,
        doomed: &'a Doomed<Value>,
    ) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(async move {
            let doomed = Doomed { addr: doomed.addr.clone(), live: typed_found(&doomed.live)? };
            R::used_by(account, &doomed).await
        })
    }

    fn example(&self, seed: u8) -> Result<Value, Error> {
        erase(&R::example(seed)).map_err(Error::internal)
    }

    fn check(&self, wanted: &Value) -> Result<(), Error> {
        typed::<R::Spec>(wanted).map(|_| ())
    }
}
