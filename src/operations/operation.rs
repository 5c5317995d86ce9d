//! What the program knows about one operation of AWS's API.

use super::grant::{Grant, Names, no_type};
use crate::model::{Value, Wanted};

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It reads.
    Read,
    /// It reads and leaves something behind, if only a report or a session: not sent before it is known whose account it is.
    Starts,
    /// It writes.
    Write,
    /// AWS checks it with the caller's rights inside another call; the program never sends it.
    Implied,
}

/// The grants that an action needs, by the kind that takes it; the kind is empty for reads that belong to none.
pub(crate) type Resources = fn(kind: &str, names: &Names<'_>) -> Vec<Grant>;

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Its service, as the SDK's errors name it: the IAM prefix, but `s3control`, whose actions are those of `s3`.
    pub service: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub effect: Effect,
    /// Its IAM action without the prefix.
    pub action: &'static str,
    /// Whether only a deletion takes it.
    pub of_deletion: bool,
    /// Actions that AWS checks along with it.
    pub implicit: &'static [&'static str],
    /// What its action is checked against: AWS's service authorization reference. Nothing where no policy for a file grants it.
    pub(crate) resources: Option<Resources>,
    /// Whether applying a file may take it, beyond what the effect says.
    pub(crate) needed: fn(&Declared<'_>) -> bool,
}

/// What a file declares of a kind.
#[derive(Debug)]
pub(crate) struct Declared<'a> {
    /// The kind.
    pub(crate) kind: &'a str,
    /// All that the file declares.
    pub(crate) wanted: &'a Wanted,
    /// Whether undeclared resources may be deleted.
    pub(crate) deletions: bool,
}

impl Declared<'_> {
    /// Whether an attribute of any resource of the kind is such a value.
    pub(crate) fn any(&self, attribute: &str, fits: impl Fn(&Value) -> bool) -> bool {
        let of_kind = self.wanted.things.iter().filter(|(addr, _)| addr.kind() == self.kind);
        of_kind.filter_map(|(_, want)| want.value.get(attribute)).any(fits)
    }

    /// Whether an attribute of any resource of the kind has a value.
    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.any(attribute, |value| *value != Value::Null)
    }

    /// Whether any resource of the kind is to be without it.
    pub(crate) fn lacks(&self, attribute: &str) -> bool {
        self.any(attribute, |value| *value == Value::Null)
    }

    /// Whether a switch of any resource of the kind stands that way.
    pub(crate) fn is(&self, attribute: &str, wanted: bool) -> bool {
        self.any(attribute, |value| *value == Value::Bool(wanted))
    }

    /// Whether a collection of any resource of the kind has members.
    pub(crate) fn has_members(&self, attribute: &str) -> bool {
        self.any(attribute, |value| match value {
            Value::Dict(entries) => !entries.is_empty(),
            Value::Set(items) => !items.is_empty(),
            _ => false,
        })
    }
}

impl Operation {
    const fn new(service: &'static str, name: &'static str, effect: Effect) -> Self {
        Self {
            service,
            name,
            effect,
            action: name,
            of_deletion: false,
            implicit: &[],
            resources: None,
            needed: |_| true,
        }
    }

    /// A read for which the reference lists no resource type.
    pub(super) const fn read(service: &'static str, name: &'static str) -> Self {
        Self::new(service, name, Effect::Read).on(no_type::<true>)
    }

    /// A read that no policy for a file grants: it belongs to other credentials, or to a command of its own.
    pub(super) const fn read_beside(service: &'static str, name: &'static str) -> Self {
        Self::new(service, name, Effect::Read)
    }

    /// A read that leaves something behind.
    pub(super) const fn starts(service: &'static str, name: &'static str) -> Self {
        Self::new(service, name, Effect::Starts)
    }

    /// A write, with what it is checked against.
    pub(super) const fn write(service: &'static str, name: &'static str, resources: Resources) -> Self {
        Self::new(service, name, Effect::Write).on(resources)
    }

    /// A write for which the reference lists no resource type.
    pub(super) const fn write_setting(service: &'static str, name: &'static str) -> Self {
        Self::new(service, name, Effect::Write).on(no_type::<false>)
    }

    /// A call that deletes a resource as a whole, with what it is checked against.
    pub(super) const fn delete(service: &'static str, name: &'static str, resources: Resources) -> Self {
        Self::write(service, name, resources).of_deletion()
    }

    /// What only AWS asks for, inside other calls.
    pub(super) const fn implied(service: &'static str, name: &'static str, resources: Resources) -> Self {
        Self::new(service, name, Effect::Implied).on(resources)
    }

    /// With what its action is checked against.
    pub(super) const fn on(mut self, resources: Resources) -> Self {
        self.resources = Some(resources);
        self
    }

    /// With an IAM action of another name (aws-truths 4.1).
    pub(super) const fn action(mut self, action: &'static str) -> Self {
        self.action = action;
        self
    }

    /// With actions that AWS checks along with it, and where AWS says so, for whoever reads the row.
    pub(super) const fn checks(mut self, implicit: &'static [&'static str], _source: &'static str) -> Self {
        self.implicit = implicit;
        self
    }

    /// Taken only where a resource is deleted.
    pub(super) const fn of_deletion(mut self) -> Self {
        self.of_deletion = true;
        self
    }

    /// Taken only where the file asks for it.
    pub(super) const fn where_declared(mut self, needed: fn(&Declared<'_>) -> bool) -> Self {
        self.needed = needed;
        self
    }

    /// The prefix of its IAM action.
    pub fn prefix(&self) -> &'static str {
        if self.service == "s3control" { "s3" } else { self.service }
    }
}
