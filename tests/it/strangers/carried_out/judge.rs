//! What a member does: the same request with it and without it, and with other values of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use baseline::sandbox::sent;
use baseline::sandbox::world::World;
use serde::Deserialize;
use serde_json::{Value, json};

use super::replay::{Outcome, Replay, request};

/// A member of an operation's input, and requests that set it.
#[derive(Debug, Deserialize)]
pub struct Case {
    pub service: String,
    pub operation: String,
    /// Its path in the model, such as `TagSpecifications.Tags.Key`; empty for the request itself.
    pub member: String,
    /// Whether it has members of its own, by which it is judged.
    #[serde(default)]
    pub whole: bool,
    /// The same request without it, where there is one.
    pub absent: Option<Value>,
    /// Requests with it, or why botocore makes none.
    pub values: Vec<Value>,
    /// The values as texts, where they are.
    pub texts: Vec<Option<String>>,
}

impl Case {
    /// Whether it is a member that has none of its own: those that have are judged by them.
    pub fn is_one(&self) -> bool {
        !self.member.is_empty() && !self.whole
    }
}

/// What was found about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// Every value is refused in the built-in account's own words, with the member's name.
    Refused,
    /// The same without its name.
    RefusedWithoutName,
    /// A read shows the very value afterwards.
    ReadBack,
    /// Reads show something else afterwards.
    Shown,
    /// The answer is another one.
    Answered,
    /// The account keeps something else, which no read shows.
    Kept,
    /// Some values are refused as AWS refuses them, the others make no difference.
    Checked,
    /// Some values are refused in the account's own words, the others make no difference.
    PartlyRefused,
    /// Every value is refused as AWS would.
    OwnError,
    /// The request is refused with it and without it, in the same words.
    Unjudged,
    /// It must be there, and its value makes no difference.
    OnlyThere,
    /// It makes no difference.
    Ignored,
    /// botocore sends no such request.
    Unsendable,
}

impl Finding {
    /// Whether nothing was taken and then ignored.
    pub const fn is_carried_out_or_refused(self) -> bool {
        !matches!(
            self,
            Self::RefusedWithoutName | Self::Unjudged | Self::OnlyThere | Self::Ignored | Self::Unsendable
        )
    }
}

/// A finding, with what a person wants to know of it.
#[derive(Debug)]
pub struct Verdict {
    pub finding: Finding,
    /// The members as they went over the wire.
    pub wire: Vec<String>,
    /// A code and what was said with it.
    pub said: String,
    /// Values that make no difference, where there are several.
    pub silent: Vec<String>,
}

impl Verdict {
    /// For a person.
    pub fn line(&self, case: &Case) -> Value {
        json!({
            "service": case.service, "operation": case.operation, "member": case.member,
            "whole": case.whole, "finding": format!("{:?}", self.finding), "wire": self.wire, "said": self.said, "silent": self.silent,
        })
    }
}

/// Judges members on copies of one account.
pub struct Judge<'a> {
    replay: Replay,
    reads: &'a BTreeMap<(String, String), Vec<Value>>,
    /// What reads show after a request, by the request.
    shown: BTreeMap<String, String>,
    outcomes: BTreeMap<String, Rc<Outcome>>,
    operation: String,
    telling: Option<Vec<&'a Value>>,
}

impl<'a> Judge<'a> {
    pub fn of(kept: &World, reads: &'a BTreeMap<(String, String), Vec<Value>>) -> Self {
        Self {
            replay: Replay::of(kept),
            reads,
            shown: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            operation: String::new(),
            telling: None,
        }
    }

    fn outcome(&mut self, told: &Value) -> Rc<Outcome> {
        let key = told.to_string();
        if let Some(known) = self.outcomes.get(&key) {
            return known.clone();
        }
        let outcome = Rc::new(self.replay.answer(told));
        self.outcomes.insert(key, outcome.clone());
        outcome
    }

    /// The reads that show what the operation does, or else all that there are.
    fn telling(&mut self, case: &Case, world: &World) -> Vec<&'a Value> {
        let all: Vec<&Value> =
            self.reads.get(&(case.service.clone(), case.operation.clone())).into_iter().flatten().collect();
        if let Some(telling) = &self.telling {
            return telling.clone();
        }
        let before = self.replay.shown(self.replay.kept(), &all);
        let after = self.replay.shown(world, &all);
        let telling: Vec<&Value> = all
            .iter()
            .zip(before.iter().zip(&after))
            .filter(|(_, (before, after))| before != after)
            .map(|(read, _)| *read)
            .collect();
        let telling = if telling.is_empty() { all } else { telling };
        self.telling = Some(telling.clone());
        telling
    }

    /// What those show after a request.
    fn shown(&mut self, case: &Case, told: &Value, world: &World) -> String {
        let key = told.to_string();
        if let Some(known) = self.shown.get(&key) {
            return known.clone();
        }
        let reads = self.telling(case, world);
        let shown = self.replay.shown(world, &reads).join("\n");
        self.shown.insert(key, shown.clone());
        shown
    }

    pub fn judge(&mut self, case: &Case) -> Verdict {
        let operation = format!("{}:{}", case.service, case.operation);
        if operation != self.operation {
            // What is remembered is about one operation, so that it stays small.
            self.shown.clear();
            self.outcomes.clear();
            self.telling = None;
            self.operation = operation;
        }
        let sendable: Vec<(&Value, Option<&String>)> = case
            .values
            .iter()
            .zip(case.texts.iter().map(Option::as_ref))
            .filter(|(told, _)| told.is_object())
            .collect();
        let Some((first, _)) = sendable.first() else {
            let said = case.values.first().map(ToString::to_string).unwrap_or_default();
            return Verdict { finding: Finding::Unsendable, wire: Vec::new(), said, silent: Vec::new() };
        };
        let without = case.absent.as_ref().filter(|told| told.is_object());
        let before: Vec<String> =
            without.map(|told| sent(&request(told)).unwrap_or_default()).unwrap_or_default();
        let wire: Vec<String> = sent(&request(first))
            .unwrap_or_default()
            .into_iter()
            .filter(|path| !before.contains(path))
            .collect();
        let absent = without.map(|told| (told, self.outcome(told)));
        let outcomes: Vec<(&Value, Option<&String>, Rc<Outcome>)> =
            sendable.into_iter().map(|(told, text)| (told, text, self.outcome(told))).collect();
        let (finding, said, silent) = self.found(case, absent.as_ref(), &outcomes, &wire);
        Verdict { finding, wire, said, silent }
    }

    fn found(
        &mut self,
        case: &Case,
        absent: Option<&(&Value, Rc<Outcome>)>,
        outcomes: &[(&Value, Option<&String>, Rc<Outcome>)],
        wire: &[String],
    ) -> (Finding, String, Vec<String>) {
        let first = &outcomes[0].2;
        let said = |outcome: &Outcome| {
            format!("{}: {}", outcome.code, outcome.answer.chars().take(300).collect::<String>())
        };
        if outcomes.iter().all(|(_, _, outcome)| outcome.is_refused()) {
            // A member of a member is refused with either's name.
            let names: Vec<String> =
                case.member.split('.').map(|name| name.trim_end_matches('s').to_lowercase()).collect();
            let is_named = outcomes.iter().all(|(_, _, outcome)| {
                // Headers have hyphens where members have none.
                let words = outcome.answer.to_lowercase().replace('-', "");
                names.iter().any(|name| words.contains(name))
                    || wire.iter().any(|path| outcome.answer.contains(path))
            });
            let finding = if is_named { Finding::Refused } else { Finding::RefusedWithoutName };
            return (finding, said(first), Vec::new());
        }
        let accepted: Vec<&(&Value, Option<&String>, Rc<Outcome>)> =
            outcomes.iter().filter(|(_, _, outcome)| outcome.is_accepted()).collect();
        if accepted.is_empty() {
            let same = absent.is_some_and(|(_, outcome)| {
                !outcome.is_accepted() && outcomes.iter().all(|(_, _, other)| other.answer == outcome.answer)
            });
            let finding = if same { Finding::Unjudged } else { Finding::OwnError };
            return (finding, said(first), Vec::new());
        }
        // What is compared with: the request without the member, or else the first value.
        let absent = absent.filter(|(_, outcome)| outcome.is_accepted());
        let (told, base) = absent.map_or((accepted[0].0, &accepted[0].2), |(told, outcome)| (*told, outcome));
        let differing: Vec<_> = accepted.iter().filter(|(_, _, outcome)| outcome.differs(base)).collect();
        let same: Vec<String> = accepted
            .iter()
            .filter(|(_, _, outcome)| !outcome.differs(base))
            .map(|(_, text, _)| text.cloned().unwrap_or_default())
            .collect();
        let silent = if same.len() > 1 { same } else { Vec::new() };
        if differing.is_empty() {
            let refused: Vec<&Rc<Outcome>> = outcomes
                .iter()
                .map(|(_, _, outcome)| outcome)
                .filter(|outcome| !outcome.is_accepted())
                .collect();
            let finding = match refused.first() {
                Some(one) if one.is_refused() => Finding::PartlyRefused,
                Some(_) => Finding::Checked,
                None if absent.is_none() => Finding::OnlyThere,
                None => Finding::Ignored,
            };
            return (finding, refused.first().map(|one| said(one)).unwrap_or_default(), silent);
        }
        let kept_otherwise = differing.iter().filter(|(_, _, outcome)| outcome.state != base.state);
        let mut finding = if differing.iter().any(|(_, _, outcome)| outcome.answer != base.answer) {
            Finding::Answered
        } else {
            Finding::Kept
        };
        for (value, text, outcome) in kept_otherwise.take(2) {
            let before = self.shown(case, told, &base.world);
            let after = self.shown(case, value, &outcome.world);
            if before == after {
                continue;
            }
            let count = |shown: &str| text.map_or(0, |text| shown.matches(text.as_str()).count());
            if count(&after) > count(&before) {
                finding = Finding::ReadBack;
                break;
            }
            finding = Finding::Shown;
        }
        (finding, String::new(), silent)
    }
}
