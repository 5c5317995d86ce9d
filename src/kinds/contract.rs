//! What a kind's file has to say, in typed form.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::{Account, Error, Owner, OwnershipTags, Tags};
use crate::model::{Addr, KindMeta, Observed, Obstacle, Path, Remark, ResourceSpec, State};

/// A live resource, its attributes typed.
#[derive(Debug, Clone)]
pub struct Found<S> {
    /// Its attributes, in the vocabulary of what is wanted.
    pub attributes: S,
    /// Values for the outputs the kind declares.
    pub outputs: BTreeMap<&'static str, String>,
    /// Whose it is.
    pub ownership: OwnershipTags,
    /// All its tags; of a thing of several parts, those that all parts have in common.
    pub tags: Tags,
    /// Whether it can be used.
    pub state: State,
    /// What else a person should know about it.
    pub remarks: Vec<Remark>,
}

/// What one read says about one address.
pub type Reading<S> = Observed<Box<Found<S>>, Error>;

impl<S> From<Result<Option<Found<S>>, Error>> for Reading<S> {
    fn from(answer: Result<Option<Found<S>>, Error>) -> Self {
        match answer {
            Ok(Some(found)) => Self::Found(Box::new(found)),
            Ok(None) => Self::Absent,
            Err(error) => Self::Unreadable(error),
        }
    }
}

/// A question: what is there at this address?
#[derive(Debug, Clone)]
pub struct ReadRequest<S> {
    /// The address.
    pub addr: Addr,
    /// What is wanted there; links may still be references.
    pub wanted: S,
}

/// An answer. An address nobody asked for is an owned thing that is no longer declared.
pub type ReadResult<S> = (Addr, Reading<S>);

/// What holds a range or a name that AWS gives only once and that a wanted thing would take.
#[derive(Debug, Clone)]
pub enum Holder<S> {
    /// The wanted thing itself: only the tags by which it is found are missing.
    Itself(Box<Found<S>>),
    /// Another thing.
    Another(Obstacle),
}

/// Holders, by the address of the wanted thing.
pub type Holders<S> = Vec<(Addr, Holder<S>)>;

/// A change of a live thing.
#[derive(Debug, Clone)]
pub struct Update<S> {
    /// The address.
    pub addr: Addr,
    /// What is wanted, every link resolved.
    pub wanted: S,
    /// What is there, ids as AWS spells them.
    pub live: Found<S>,
    /// Where the two differ.
    pub changes: BTreeSet<Path>,
    /// Whether its tags must be put on: one of ownership, or one that the file declares, is missing or has another value.
    pub adopt: bool,
}

impl<S> Update<S> {
    /// Whether that top-level attribute differs.
    pub fn touches(&self, field: &str) -> bool {
        self.changes.iter().any(|path| path.field() == Some(field))
    }

    /// An output of the live thing.
    ///
    /// # Errors
    /// Fails where `read` did not report it: a bug of the kind.
    pub fn output(&self, name: &str) -> Result<&str, Error> {
        output(&self.addr, &self.live, name)
    }
}

/// A live thing that is to be deleted.
#[derive(Debug, Clone)]
pub struct DeleteRequest<S> {
    /// The address.
    pub addr: Addr,
    /// What is there.
    pub live: Found<S>,
}

impl<S> DeleteRequest<S> {
    /// An output of the live thing.
    ///
    /// # Errors
    /// Fails where `read` did not report it: a bug of the kind.
    pub fn output(&self, name: &str) -> Result<&str, Error> {
        output(&self.addr, &self.live, name)
    }
}

fn output<'a, S>(addr: &Addr, live: &'a Found<S>, name: &str) -> Result<&'a str, Error> {
    live.outputs.get(name).map(String::as_str).ok_or_else(|| Error::internal(format!("{addr} has no {name}")))
}

/// Every question answered with the one error that kept it from being read.
pub fn unreadable<S>(asked: Vec<ReadRequest<S>>, error: &Error) -> Vec<ReadResult<S>> {
    asked.into_iter().map(|question| (question.addr, Reading::Unreadable(error.clone()))).collect()
}

/// One kind of AWS resource, typed.
pub trait Resource: Sync + 'static {
    /// Its attributes.
    type Spec: ResourceSpec;
    /// What the planner has to know.
    const META: KindMeta;

    /// Reads everything asked for, in as few calls and rounds as AWS allows.
    ///
    /// Answers every question exactly once. A kind that is identified by tag also reports the
    /// owned things it met that nobody asked for. Independent calls run side by side as
    /// [`chains`](crate::aws::trace::chains).
    fn read(
        account: &Account,
        asked: Vec<ReadRequest<Self::Spec>>,
    ) -> impl Future<Output = Vec<ReadResult<Self::Spec>>> + Send;

    /// Sends the one call that brings the thing into being, with its ownership tags in that call.
    ///
    /// Only what must exist from the start has to be set: what is still missing is found by the
    /// read that follows and set by [`update`](Resource::update). Attributes the rules call
    /// deferred may hold unresolved links here.
    fn create(
        account: &Account,
        addr: &Addr,
        wanted: &Self::Spec,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Writes what differs, and nothing else. Done twice it is harmless.
    fn update(
        account: &Account,
        update: &Update<Self::Spec>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Deletes the thing; one that is gone already is a success.
    fn delete(
        account: &Account,
        request: &DeleteRequest<Self::Spec>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// What other resource holds what a create asked for that AWS refused because it "exists".
    ///
    /// Asked after such a refusal only. Where another one holds it, waiting for our own lost create is in vain.
    fn held_by(
        _account: &Account,
        _addr: &Addr,
        _wanted: &Self::Spec,
    ) -> impl Future<Output = Result<Option<String>, Error>> + Send {
        async { Ok(None) }
    }

    /// What holds that which AWS gives only once, for things that were looked for by tag and are absent.
    ///
    /// Links are resolved where their target exists; a thing in a VPC that is not made yet has no rival.
    fn holders(
        _account: &Account,
        _asked: &[ReadRequest<Self::Spec>],
    ) -> impl Future<Output = Result<Holders<Self::Spec>, Error>> + Send {
        async { Ok(Vec::new()) }
    }

    /// What still uses a thing that AWS refuses to delete, each with its id.
    ///
    /// Asked once, after the last refusal.
    fn used_by(
        _account: &Account,
        _doomed: &DeleteRequest<Self::Spec>,
    ) -> impl Future<Output = Result<Vec<String>, Error>> + Send {
        async { Ok(Vec::new()) }
    }

    /// A small valid thing for the contract test, with `seed` varying every attribute that can change in place.
    fn example(seed: u8) -> Self::Spec;
}

/// Sorts things found by ownership tag to the addresses asked for.
///
/// The list must be complete: what is asked for and not in it is absent. Of two things with one
/// address the first by id is taken and the others are reported under an address of their own, so
/// that a duplicate is seen and never deleted on a guess. AWS keeps no order between two
/// answers (NET-2), hence the sort.
pub fn by_tag<S>(
    account: &Account,
    asked: Vec<ReadRequest<S>>,
    mut found: Vec<(Owner, Found<S>)>,
) -> Vec<ReadResult<S>> {
    found.sort_by(|(_, a), (_, b)| a.outputs.cmp(&b.outputs));
    let mut results: BTreeMap<Addr, Reading<S>> = BTreeMap::new();
    for (owner, thing) in found {
        let Some(addr) = owner.addr().filter(|_| owner.baseline == account.baseline) else { continue };
        let mut place = addr.clone();
        let mut copies = 1;
        while results.contains_key(&place) {
            copies += 1;
            place = Addr::new(addr.kind(), format!("{}.duplicate-{copies}", addr.name()));
        }
        results.insert(place, Reading::Found(Box::new(thing)));
    }
    for question in asked {
        results.entry(question.addr).or_insert(Reading::Absent);
    }
    results.into_iter().collect()
}
