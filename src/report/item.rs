//! Every check and its result as one flat list: what formats for other programs are made of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::score::{self, Moment, Verdict};
use super::{View, change, clean, unread};
use crate::language::proof::BROKEN_NEXT;
use crate::model::{Addr, Origin};
use crate::plan::{self, Action, Step};
use crate::posture::control::{Benchmark, Control};
use crate::posture::kind_controls::of_kind;
use crate::posture::{Rule, Severity};

/// A check: a rule, or that things of a kind are as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// Its stable name: a rule's id or a kind's name.
    pub(super) id: String,
    /// What holds where it is kept.
    pub(super) title: String,
    /// How much a departure matters.
    pub(super) severity: Severity,
    /// The practice it belongs to.
    pub(super) practice: Option<u8>,
    /// The controls it serves.
    pub(super) controls: Vec<Served>,
    /// What can happen where it is not kept.
    pub(super) risk: String,
}

/// A control that a check serves. Its id is text of this program, or of a file that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Served {
    /// Whose it is.
    pub(super) benchmark: Benchmark,
    /// Its id there.
    pub(super) id: Cow<'static, str>,
}

impl From<&Control> for Served {
    fn from(control: &Control) -> Self {
        Self { benchmark: control.benchmark, id: Cow::Borrowed(control.id) }
    }
}

impl Served {
    /// The benchmark with its version, and the id, such as `CIS v3.0.0 1.4`.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.benchmark.name(), self.id)
    }

    /// The control of such a name; nothing where there is no such benchmark.
    pub(super) fn named(name: &str) -> Option<Self> {
        Benchmark::ALL.into_iter().find_map(|benchmark| {
            let id = name.strip_prefix(benchmark.name())?.strip_prefix(' ')?;
            Some(Self { benchmark, id: Cow::Owned(id.to_owned()) })
        })
    }
}

/// A check and what came of it for one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) check: Check,
    pub(super) verdict: Verdict,
    /// What the thing is, such as `access key` or `s3.bucket`.
    pub(super) kind: String,
    /// Its ARN, id or address; empty where a rule as a whole is meant.
    pub(super) resource: String,
    pub(super) region: Option<String>,
    /// What was found, on one line.
    pub(super) message: String,
    /// What proves it, line by line.
    pub(super) evidence: Vec<String>,
    /// What to do; empty where nothing is to be done.
    pub(super) next: String,
    /// Whether `apply` settles it.
    pub(super) by_apply: bool,
    pub(super) origin: Origin,
}

impl Item {
    /// Whether it is about something that the file declares, and not what a rule found.
    pub(super) fn is_declared(&self) -> bool {
        self.check.id == self.kind
    }

    /// The resource without its region, as several regions share it.
    pub(super) fn place(&self) -> String {
        match self.resource.parse::<Addr>() {
            Ok(addr) => addr.within(None).to_string(),
            Err(_) => self.resource.clone(),
        }
    }

    /// The same for the same departure in every run, whatever else changes: rule, account and thing.
    pub(super) fn fingerprint(&self, account: &str) -> String {
        let text = format!(
            "{}|{account}|{}|{}",
            self.check.id,
            self.region.as_deref().unwrap_or_default(),
            self.resource
        );
        Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A severity as a word.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// The severity of that word.
pub(super) fn severity(of: &str) -> Option<Severity> {
    [Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
        .into_iter()
        .find(|one| word(*one) == of)
}

/// The check a rule makes.
pub(super) fn of_rule(rule: &'static Rule) -> Check {
    Check {
        id: rule.id.to_owned(),
        title: rule.title.to_owned(),
        severity: rule.severity,
        practice: Some(rule.practice),
        controls: rule.controls.iter().map(Served::from).collect(),
        risk: rule.risk.to_owned(),
    }
}

/// The check that things of a kind are as declared; where attributes are given, those that they touch.
fn of_kind_as_declared(addr: &Addr, touched: Option<&[&str]>) -> Check {
    let rows: Vec<_> = of_kind(addr.kind())
        .filter(|row| {
            touched.is_none_or(|fields| {
                row.attributes.is_empty() || fields.iter().any(|f| row.attributes.contains(f))
            })
        })
        .collect();
    let mut controls: Vec<Control> = rows.iter().flat_map(|row| row.controls).copied().collect();
    controls.sort_unstable();
    controls.dedup();
    let heaviest = rows.iter().max_by_key(|row| row.severity);
    Check {
        id: addr.kind().to_owned(),
        title: format!("{} is as declared", addr.kind()),
        severity: heaviest.map_or(Severity::Medium, |row| row.severity),
        practice: heaviest.and_then(|row| row.practice),
        controls: controls.iter().map(Served::from).collect(),
        risk: heaviest.map_or("the account is not as the file says", |row| row.risk).to_owned(),
    }
}

/// Every check and its result: departures first, most severe first, then what is unknown, then what is kept.
pub(super) fn items(view: &View<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    departures(view, &mut items);
    assertions(view, &mut items);
    things(view, &mut items);
    rules(view, &mut items);
    let rank = |verdict| match verdict {
        Verdict::Broken => 0,
        Verdict::Unknown => 1,
        Verdict::Kept => 2,
    };
    items.sort_by(|a, b| {
        let key = |item: &Item| (rank(item.verdict), std::cmp::Reverse(item.check.severity));
        (key(a), &a.check.id, &a.resource).cmp(&(key(b), &b.check.id, &b.resource))
    });
    items
}

/// What rules found.
fn departures(view: &View<'_>, items: &mut Vec<Item>) {
    items.extend(view.posture.findings.iter().map(|finding| Item {
        check: of_rule(finding.rule),
        verdict: Verdict::Broken,
        kind: finding.resource.kind.to_owned(),
        resource: clean::line(&finding.resource.id),
        region: finding.resource.region.as_deref().map(clean::line),
        message: clean::cut(&finding.message, clean::LONGEST),
        evidence: finding.evidence.iter().map(|line| clean::cut(line, clean::LONGEST)).collect(),
        next: clean::line(&finding.next),
        by_apply: finding.fixed_by_apply,
        origin: finding.origin.clone(),
    }));
}

/// Assertions about the network that do not hold of what was found.
fn assertions(view: &View<'_>, items: &mut Vec<Item>) {
    let broken = view.network.into_iter().flat_map(|change| &change.broken);
    items.extend(broken.filter_map(|judged| {
        Some(Item {
            check: Check {
                id: "network-assertion".to_owned(),
                title: "assertions about the network hold".to_owned(),
                severity: Severity::High,
                practice: Some(12),
                controls: Vec::new(),
                risk: "somebody reaches what the file says that they do not".to_owned(),
            },
            verdict: Verdict::Broken,
            kind: "network".to_owned(),
            resource: clean::line(&judged.name),
            region: Some(view.heading.region.clone()),
            message: clean::cut(&judged.broken()?, clean::LONGEST),
            evidence: Vec::new(),
            next: BROKEN_NEXT.to_owned(),
            by_apply: true,
            origin: judged.origin(),
        })
    }));
}

/// Rules without a departure: kept, or not decided and why.
fn rules(view: &View<'_>, items: &mut Vec<Item>) {
    for rule in view.rules {
        let Some(verdict) = score::of_rule(view, rule.id, Moment::Now).filter(|v| *v != Verdict::Broken)
        else {
            continue;
        };
        let (message, next) = match view.posture.undecided.get(rule.id) {
            Some(reason) => {
                (clean::cut(reason, clean::LONGEST), "make it readable, then look again".to_owned())
            }
            None => {
                let counted = view.posture.counted.get(rule.id).copied().unwrap_or_default();
                (format!("{} looked at, {} exempt", counted.checked, counted.exempt), String::new())
            }
        };
        items.push(Item {
            check: of_rule(rule),
            verdict,
            kind: "account".to_owned(),
            resource: view.heading.account.clone(),
            region: None,
            message,
            evidence: view.posture.notes.get(rule.id).map_or_else(Vec::new, |lines| {
                lines.iter().map(|line| clean::cut(line, clean::LONGEST)).collect()
            }),
            next,
            by_apply: false,
            origin: Origin::default(),
        });
    }
}

/// Declared things.
fn things(view: &View<'_>, items: &mut Vec<Item>) {
    let plan = view.plan;
    let steps: BTreeMap<&Addr, &Step> = plan.steps.iter().map(|step| (&step.addr, step)).collect();
    let by_hand: BTreeMap<&Addr, &plan::Finding> =
        plan.findings.iter().filter(|f| f.severity == plan::Severity::Error).map(|f| (&f.addr, f)).collect();
    let item = |addr: &Addr, origin: &Origin, touched: Option<&[&str]>, verdict: Verdict| Item {
        check: of_kind_as_declared(addr, touched),
        verdict,
        kind: addr.kind().to_owned(),
        resource: addr.to_string(),
        region: Some(addr.region().unwrap_or(&view.heading.region).to_owned()),
        message: String::new(),
        evidence: Vec::new(),
        next: String::new(),
        by_apply: false,
        origin: origin.clone(),
    };
    for (addr, want) in &view.wanted.things {
        items.push(if let Some(unread) = plan.unreadable.get(addr) {
            Item {
                message: format!("{} {}", clean::line(unread::call(unread)), unread::verdict(unread)),
                evidence: vec![clean::cut(&unread.message, clean::LONGEST)],
                next: unread.next_step(),
                ..item(addr, &want.origin, None, Verdict::Unknown)
            }
        } else if let Some(finding) = by_hand.get(addr) {
            Item {
                message: clean::cut(&finding.message, clean::LONGEST),
                next: clean::line(&finding.next),
                ..item(addr, &want.origin, None, Verdict::Broken)
            }
        } else if let Some(step) = steps.get(addr) {
            departed(step, item)
        } else {
            Item { message: "as declared".to_owned(), ..item(addr, &want.origin, None, Verdict::Kept) }
        });
    }
    for step in plan.steps.iter().filter(|step| !view.wanted.things.contains_key(&step.addr)) {
        items.push(departed(step, item));
    }
}

/// A declared thing that is not as declared.
fn departed(step: &Step, item: impl Fn(&Addr, &Origin, Option<&[&str]>, Verdict) -> Item) -> Item {
    let fields: Vec<&str> = step.changes.iter().filter_map(|change| change.path.field()).collect();
    let in_place = matches!(step.action, Action::Update | Action::Adopt) && !fields.is_empty();
    let mut unique = fields.clone();
    unique.dedup();
    let message = match step.action {
        Action::Create => "does not exist".to_owned(),
        Action::Delete => "exists and is no longer declared".to_owned(),
        Action::Adopt if fields.is_empty() => {
            "exists, and its tags do not say yet that it is this one".to_owned()
        }
        Action::Adopt | Action::Update | Action::Replace => format!("departs in {}", unique.join(", ")),
    };
    let evidence = if step.action == Action::Create {
        Vec::new()
    } else {
        change::plain(step).iter().map(ToString::to_string).collect()
    };
    let (next, by_apply) = match &step.held {
        Some(reason) => {
            (format!("skipped: {}; resolve that, then apply", clean::cut(reason, clean::LONGEST)), false)
        }
        None => (format!("{} it with baseline apply", step.action.word()), true),
    };
    Item {
        message,
        evidence,
        next,
        by_apply,
        ..item(&step.addr, &step.origin, in_place.then_some(unique.as_slice()), Verdict::Broken)
    }
}
