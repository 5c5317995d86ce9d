//! The report for programs: one versioned JSON document for validate, plan, apply and drift.
//!
//! Its schema is committed as `docs/schema/report.schema.json`. Values are as AWS wrote them, so a
//! program that shows them has to clean them; in the JSON text itself they are escaped.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::network_change::Connections;
use super::score::{self, Moment, Verdict};
use super::shown::Shown;
use super::{Command, Ending, Endpoint, Heading, Totals, View, item, summary};
use crate::model::{self, Value, policy};
use crate::plan::{self, Action, Plan, Severity, Unread, Why};

/// The version of the format; it grows when a program that reads the report could break.
pub const FORMAT_VERSION: u32 = 1;

/// What a command found and did.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format.
    pub format_version: u32,
    /// The command that made the report.
    pub command: Command,
    /// The baseline's name; null where the file could not be read that far.
    pub baseline: Option<String>,
    /// The account's twelve digits; null for validate.
    pub account: Option<String>,
    /// The region; null where the file could not be read that far.
    pub region: Option<String>,
    /// Where requests went that did not go to AWS's own endpoints; empty for most, and for validate.
    pub endpoints: Vec<Endpoint>,
    /// Whether everything could be read. False says nothing about what could not.
    pub complete: bool,
    /// Whether everything could be read, nothing is to be done and nothing is for a person to settle.
    /// After an apply: as a second look found it.
    pub converged: bool,
    /// Counts.
    pub summary: Summary,
    /// Steps in an order that respects every reference.
    pub steps: Vec<Step>,
    /// What only a person can settle.
    pub findings: Vec<Finding>,
    /// Managed resources missing from the file, which no step deletes.
    pub undeclared: Vec<Undeclared>,
    /// Things that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Lists that could not be read, so that undeclared resources may be missing above.
    pub unlisted: Vec<Unreadable>,
    /// What an apply would change for connections; null where the file declares no network or nothing is to be done, and
    /// for validate.
    pub network: Option<Connections>,
    /// What the rules found; null where the file asks for none, and for validate.
    pub posture: Option<Posture>,
    /// The controls that the file asks for, by benchmark; empty for validate.
    pub scores: Vec<Score>,
    /// How the apply ended; null for other commands, and where there was nothing to apply.
    pub outcome: Option<Ending>,
    /// API calls; null for validate.
    pub calls: Option<Calls>,
    /// Problems in the file; only validate lists them.
    pub diagnostics: Vec<Diagnostic>,
}

/// What people and history did to the account, as the rules see it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Posture {
    /// Counts, of resources and posture together.
    pub totals: Totals,
    /// Departures, most severe first.
    pub findings: Vec<Departure>,
    /// Rules that could not be decided.
    pub undecided: Vec<Undecided>,
    /// What rules saw besides what departs.
    pub notes: Vec<Note>,
    /// Reads that failed.
    pub unreadable: Vec<Unreadable>,
}

/// What a rule saw besides what departs: for `trail-tampering`, what keeps out those whom a policy lets do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// The rule.
    pub rule: String,
    /// Each on a line.
    pub lines: Vec<String>,
}

/// A departure from a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Departure {
    /// The rule; its name never changes.
    pub rule: String,
    /// `critical`, `high`, `medium` or `low`.
    pub severity: String,
    /// The practice of the thirteen.
    pub practice: u8,
    /// The controls that ask for the same, such as `CIS v3.0.0 1.4`.
    pub controls: Vec<String>,
    /// What the thing is, such as `access key`.
    pub kind: String,
    /// Its ARN, id or name.
    pub resource: String,
    /// Its region; null for what is global.
    pub region: Option<String>,
    /// What was found.
    pub message: String,
    /// What proves it.
    pub evidence: Vec<String>,
    /// What to do next.
    pub next: String,
    /// Whether fixed by apply.
    pub fixed_by_apply: bool,
    /// The section that asks for it.
    pub origin: Option<Origin>,
}

/// A rule that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Undecided {
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// The controls of a benchmark that the file asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Score {
    /// The benchmark and its version.
    pub benchmark: String,
    /// As the account was found.
    pub now: score::Counts,
    /// As an apply of this file leaves it; after an apply, as a second look found it.
    pub after: score::Counts,
    /// Each control, as the account was found.
    pub controls: Vec<ControlVerdict>,
}

/// One control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ControlVerdict {
    /// Its id, as text: 1.10 is not 1.1.
    pub id: String,
    /// `kept`, `broken` or `unknown`.
    pub verdict: Verdict,
    /// Rules and addresses that break it or leave it open.
    pub because: Vec<String>,
}

/// Counts of a plan. A step that is held counts as held only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// Steps that create.
    pub create: usize,
    /// Steps that take over a thing that exists without tags.
    pub adopt: usize,
    /// Steps that change in place.
    pub update: usize,
    /// Steps that delete and create again.
    pub replace: usize,
    /// Steps that delete.
    pub delete: usize,
    /// Steps that cannot be done in this run.
    pub held: usize,
    /// Things that are as declared.
    pub unchanged: usize,
    /// Findings of severity error.
    pub to_settle: usize,
    /// Things and lists that could not be read.
    pub unreadable: usize,
    /// Managed resources missing from the file.
    pub undeclared: usize,
}

/// One action on one address.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// The address.
    pub addr: String,
    /// What is done: `create`, `adopt`, `update`, `replace` or `delete`.
    pub action: String,
    /// Why it cannot be done in this run; null where it can.
    pub held: Option<String>,
    /// The section that asks for it; null for a thing nobody declares.
    pub origin: Option<Origin>,
    /// What changes.
    pub changes: Vec<Change>,
}

/// A section of the baseline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Origin {
    /// The section, such as `bucket.trail-logs`.
    pub section: String,
    /// The line of its header, counted from 1; 0 where there is none.
    pub line: usize,
    /// The layer that it stands in; left out where the baseline is one file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// One departure.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// Where it lies, such as `lifecycle["expire"].days`; `[]` at the end is a member of a set.
    pub path: String,
    /// What is there; null for nothing. A reference is `{"$ref": ADDR, "output": NAME}`.
    pub before: Json,
    /// What is wanted; null for nothing.
    pub after: Json,
}

/// Something only a person can settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// What it is about.
    pub addr: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// What was found.
    pub message: String,
    /// What to do next.
    pub next: String,
    /// The section it belongs to.
    pub origin: Option<Origin>,
}

/// An owned thing that nobody declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Undeclared {
    /// Its address.
    pub addr: String,
    /// Its id or name as AWS spells it; empty where none is known.
    pub id: String,
    /// What would delete it, or why nothing does.
    pub next: String,
}

/// A read that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unreadable {
    /// The address; null for a list.
    pub addr: Option<String>,
    /// The call, such as `s3:GetBucketPolicy`; empty where none was made.
    pub call: String,
    /// Whether the caller may not make it.
    pub denied: bool,
    /// What AWS said.
    pub message: String,
    /// What to do next.
    pub next: String,
}

/// API calls, counted by the program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Calls {
    /// Requests, retries included.
    pub total: u64,
    /// Requests that were not reads.
    pub writes: u64,
    /// The longest chain of requests in which each had to wait for the one before.
    pub rounds: u32,
    /// Requests by service and operation.
    pub by_operation: Vec<CallCount>,
}

/// Requests of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CallCount {
    /// The service, such as `ec2`.
    pub service: String,
    /// The operation, such as `DescribeVpcs`.
    pub operation: String,
    /// How many requests.
    pub count: u64,
}

/// A problem in a baseline file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub severity: String,
    /// A stable name for this class of problem, such as `unknown-key`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The file, where it is not the one that is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What to do; null where there is nothing to add.
    pub hint: Option<String>,
}

impl Report {
    /// The report of a plan or drift; an apply adds its outcome.
    pub fn new(heading: &Heading, plan: &Plan, calls: Calls) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            command: heading.command,
            baseline: Some(heading.baseline.clone()),
            account: Some(heading.account.clone()),
            region: Some(heading.region.clone()),
            endpoints: heading.endpoints.clone(),
            complete: plan.is_complete(),
            converged: plan.is_converged() && plan.is_complete(),
            summary: counts(plan),
            steps: plan.steps.iter().map(step).collect(),
            findings: plan.findings.iter().map(finding).collect(),
            undeclared: plan.undeclared.iter().map(undeclared).collect(),
            unreadable: plan
                .unreadable
                .iter()
                .map(|(addr, unread)| unreadable(Some(addr.to_string()), unread))
                .collect(),
            unlisted: plan.unlisted.iter().map(|unread| unreadable(None, unread)).collect(),
            network: None,
            posture: None,
            scores: Vec::new(),
            outcome: None,
            calls: Some(calls),
            diagnostics: Vec::new(),
        }
    }

    /// The report of resources and posture together.
    pub fn of(view: &View<'_>, calls: Calls) -> Self {
        let asked = !view.posture.counted.is_empty() || !view.posture.is_complete();
        let (now, after) = (score::scores(view, Moment::Now), score::scores(view, Moment::AfterApply));
        Self {
            complete: view.is_complete(),
            converged: view.is_converged() && view.is_complete(),
            network: view.network.map(Connections::of),
            posture: asked.then(|| posture(view)),
            scores: now.iter().zip(&after).map(|(now, after)| score(now, after.counts())).collect(),
            ..Self::new(view.heading, view.plan, calls)
        }
    }

    /// What a second look after an apply found.
    pub fn verified(&mut self, second: &View<'_>) {
        self.converged = second.is_converged() && second.is_complete();
        self.complete = self.complete && second.is_complete();
        for found in score::scores(second, Moment::Now) {
            if let Some(score) =
                self.scores.iter_mut().find(|score| score.benchmark == found.benchmark.name())
            {
                score.after = found.counts();
            }
        }
    }

    /// The report of a validate.
    pub fn of_file(baseline: Option<String>, region: Option<String>, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            command: Command::Validate,
            baseline,
            account: None,
            region,
            endpoints: Vec::new(),
            complete: true,
            converged: false,
            summary: Summary::default(),
            steps: Vec::new(),
            findings: Vec::new(),
            undeclared: Vec::new(),
            unreadable: Vec::new(),
            unlisted: Vec::new(),
            network: None,
            posture: None,
            scores: Vec::new(),
            outcome: None,
            calls: None,
            diagnostics,
        }
    }

    /// The report as JSON text that is safe on a terminal, with a line end.
    ///
    /// # Errors
    /// Fails only where the report holds what JSON cannot.
    pub fn text(&self) -> Result<Shown, serde_json::Error> {
        Shown::json(self)
    }
}

/// The JSON Schema of the report.
pub fn schema() -> Json {
    schemars::schema_for!(Report).to_value()
}

fn counts(plan: &Plan) -> Summary {
    Summary {
        create: summary::doable(plan, Action::Create),
        adopt: summary::doable(plan, Action::Adopt),
        update: summary::doable(plan, Action::Update),
        replace: summary::doable(plan, Action::Replace),
        delete: summary::doable(plan, Action::Delete),
        held: summary::held(plan),
        unchanged: plan.unchanged,
        to_settle: summary::errors(plan),
        unreadable: plan.unreadable.len() + plan.unlisted.len(),
        undeclared: plan.undeclared.len(),
    }
}

fn posture(view: &View<'_>) -> Posture {
    let departures = view.posture.findings.iter().map(|finding| Departure {
        rule: finding.rule.id.to_owned(),
        severity: item::word(finding.rule.severity).to_owned(),
        practice: finding.rule.practice,
        controls: finding.rule.controls.iter().map(|c| format!("{} {}", c.benchmark.name(), c.id)).collect(),
        kind: finding.resource.kind.to_owned(),
        resource: finding.resource.id.clone(),
        region: finding.resource.region.clone(),
        message: finding.message.clone(),
        evidence: finding.evidence.clone(),
        next: finding.next.clone(),
        fixed_by_apply: finding.fixed_by_apply,
        origin: origin(&finding.origin),
    });
    let undecided = view.posture.undecided.iter();
    Posture {
        totals: view.totals(),
        findings: departures.collect(),
        undecided: undecided
            .map(|(rule, why)| Undecided { rule: (*rule).to_owned(), reason: why.clone() })
            .collect(),
        notes: view
            .posture
            .notes
            .iter()
            .map(|(rule, lines)| Note { rule: (*rule).to_owned(), lines: lines.clone() })
            .collect(),
        unreadable: view.posture.unread.iter().map(|unread| unreadable(None, unread)).collect(),
    }
}

fn score(now: &score::Score, after: score::Counts) -> Score {
    let controls = now.controls.iter().map(|(id, verdict, because)| ControlVerdict {
        id: (*id).to_owned(),
        verdict: *verdict,
        because: because.iter().cloned().collect(),
    });
    Score {
        benchmark: now.benchmark.name().to_owned(),
        now: now.counts(),
        after,
        controls: controls.collect(),
    }
}

fn step(step: &plan::Step) -> Step {
    Step {
        addr: step.addr.to_string(),
        action: step.action.word().to_owned(),
        held: step.held.clone(),
        origin: origin(&step.origin),
        changes: step.changes.iter().map(change).collect(),
    }
}

fn change(change: &plan::Change) -> Change {
    Change { path: change.path.to_string(), before: json(&change.before), after: json(&change.after) }
}

/// A policy document as AWS takes it, everything else as plain JSON.
fn json(value: &Value) -> Json {
    match value {
        Value::Document(inner) => policy::plain(inner),
        other => other.plain_json(),
    }
}

fn origin(origin: &model::Origin) -> Option<Origin> {
    let known = !origin.section.is_empty();
    known.then(|| Origin { section: origin.section.clone(), line: origin.line, file: origin.file.clone() })
}

fn finding(finding: &plan::Finding) -> Finding {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    Finding {
        addr: finding.addr.to_string(),
        severity: severity.to_owned(),
        message: finding.message.clone(),
        next: finding.next.clone(),
        origin: origin(&finding.origin),
    }
}

fn undeclared(undeclared: &plan::Undeclared) -> Undeclared {
    Undeclared { addr: undeclared.addr.to_string(), id: undeclared.id.clone(), next: undeclared.next.clone() }
}

fn unreadable(addr: Option<String>, unread: &Unread) -> Unreadable {
    Unreadable {
        addr,
        call: unread.call.clone(),
        denied: unread.why == Why::Denied,
        message: unread.message.clone(),
        next: unread.next_step(),
    }
}

#[cfg(test)]
mod tests;
