//! What this run has written so far: the reasons for which an odd answer deserves patience.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::model::Addr;

/// The kinds this run has written, so that a consistency retry always has a reason (aws-truths 2.3).
#[derive(Debug, Default)]
pub struct Run {
    written: Mutex<BTreeSet<&'static str>>,
    names: Mutex<BTreeSet<String>>,
    made: Mutex<BTreeSet<String>>,
    in_doubt: Mutex<BTreeSet<Addr>>,
    left_over: Mutex<BTreeSet<String>>,
    taken_over: Mutex<BTreeMap<(String, String), Addr>>,
}

impl Run {
    /// Notes that this run writes a thing of that kind; called before the first write goes out.
    pub fn note(&self, kind: &'static str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(kind);
    }

    /// Notes the name or id of a thing that this run writes.
    pub fn note_name(&self, name: &str) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Notes the id or ARN of a thing that this run has made.
    pub fn note_made(&self, id: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }

    /// Whether this run has made the thing of that ARN.
    pub fn made(&self, arn: &str) -> bool {
        let last = arn.rsplit(['/', ':']).next().unwrap_or(arn);
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.contains(arn) || made.contains(last)
    }

    /// Whether this run has written a thing of that name, id or ARN.
    pub fn wrote_named(&self, name: &str) -> bool {
        let last = name.rsplit(['/', ':']).next().unwrap_or(name);
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.contains(name) || (name.starts_with("arn:") && names.contains(last))
    }

    /// Says that an earlier run may have created these, moments before it ended.
    pub fn doubt(&self, addrs: impl IntoIterator<Item = Addr>) {
        self.in_doubt.lock().unwrap_or_else(PoisonError::into_inner).extend(addrs);
    }

    /// Whether an earlier run may have created it, moments before it ended.
    pub fn is_in_doubt(&self, addr: &Addr) -> bool {
        self.in_doubt.lock().unwrap_or_else(PoisonError::into_inner).contains(addr)
    }

    /// Notes the ids of what is managed and no longer declared.
    pub fn note_left_over(&self, ids: BTreeSet<String>) {
        *self.left_over.lock().unwrap_or_else(PoisonError::into_inner) = ids;
    }

    /// Whether that is the id of something managed that is no longer declared.
    pub fn is_left_over(&self, id: &str) -> bool {
        self.left_over.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Notes which declared thing is to have a member that things of its kind share out: by the kind and the member's id.
    pub fn note_taken_over(&self, members: BTreeMap<(String, String), Addr>) {
        *self.taken_over.lock().unwrap_or_else(PoisonError::into_inner) = members;
    }

    /// Whether another thing of that kind is to have the member of that id.
    pub fn is_taken_over(&self, addr: &Addr, id: &str) -> bool {
        let members = self.taken_over.lock().unwrap_or_else(PoisonError::into_inner);
        members.get(&(addr.kind().to_owned(), id.to_owned())).is_some_and(|other| other != addr)
    }

    /// Whether this run has written a thing of one of those kinds.
    pub fn wrote_any(&self, kinds: &[&str]) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.iter().any(|kind| written.contains(kind))
    }
}
