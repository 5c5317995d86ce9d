//! What a rule found: the departure, its evidence and the next step.

use std::collections::BTreeMap;

use super::Rule;
use super::measure::Measures;
use crate::model::Origin;
use crate::plan::Unread;

/// The thing in the account that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// What it is, in the words of AWS: `user`, `access key`, `bucket`, `security group`, `account`.
    pub kind: &'static str,
    /// Its ARN where it has one, else its id or name. Text from AWS: cleaned where it is shown.
    pub id: String,
    /// The region it lives in; none for what is global.
    pub region: Option<String>,
}

/// A departure from a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that is not kept.
    pub rule: &'static Rule,
    /// What departs from it.
    pub resource: Resource,
    /// What was found, as one sentence fragment.
    pub message: String,
    /// The facts that prove it, each a short line: the statement, the grant, the path, the date.
    pub evidence: Vec<String>,
    /// What to do about it, exactly.
    pub next: String,
    /// Whether `apply` of this baseline settles it.
    pub fixed_by_apply: bool,
    /// The line of the file that asks for it.
    pub origin: Origin,
}

/// How many things a rule looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Things that were looked at.
    pub checked: usize,
    /// Of them, how many depart.
    pub drifted: usize,
    /// Of them, how many are exempt, by name and until a date.
    pub exempt: usize,
}

/// What all rules found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Posture {
    /// Departures, most severe first, then by rule and resource.
    pub findings: Vec<Finding>,
    /// By rule id, what was looked at. A rule that is not here was not asked for.
    pub counted: BTreeMap<&'static str, Counted>,
    /// What could not be read: the rules that lean on it decide nothing.
    pub unread: Vec<Unread>,
    /// Rules that could not be decided, with the reason.
    pub undecided: BTreeMap<&'static str, String>,
    /// What rules saw besides what departs, a line each: for `trail-tampering`, what keeps out those whom a policy lets do it.
    pub notes: BTreeMap<&'static str, Vec<String>>,
    /// What departs by the measure of a control, where that is not the file's. It decides about the control, in place of the
    /// rule.
    pub measured: Measures,
    /// Rules that looked at a part of the account because the file asks for no more, with the reason. Their controls are about all
    /// of it.
    pub narrowed: BTreeMap<&'static str, String>,
}

impl PartialEq for Rule {
    /// A rule is its id.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Posture {
    /// Whether everything that was asked could be read.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty() && self.undecided.is_empty()
    }
}
