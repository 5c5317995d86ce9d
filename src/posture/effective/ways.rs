//! The shortest way of everybody who gets there: one search over all principals.
//!
//! Somebody is raised by itself or by another who then becomes it; becomes another; or makes a new one. Steps are counted, and
//! whoever gets there in fewer is found first, so that the way that is shown is one of the shortest.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::json;

use super::becoming::become_another;
use super::goal::Goal;
use super::in_effect::InEffect;
use super::making::{bounded_roles, demanded_boundaries, make_another};
use super::principal::Principal;
use super::raising::{Setting, may_raise_somebody, may_unbind_somebody, raise, take_off_boundary};
use super::running::Machines;
use super::step::{Course, Step};
use crate::policy::Policy;
use crate::posture::facts::{CredentialReport, Iam, Identity};

/// Somebody who can do everything, now or after some steps.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::posture) struct Administrator<'a> {
    /// Who.
    pub(in crate::posture) identity: &'a Identity,
    /// Whether by its own policies, without a step.
    pub(in crate::posture) direct: bool,
    /// The grant, or the steps in their order, each with the grant that allows it.
    pub(in crate::posture) way: Vec<String>,
    /// How many steps it takes.
    pub(in crate::posture) steps: usize,
}

/// A principal whose policies were not all in the answer.
pub(in crate::posture) type Missing = String;

/// A way that was found: lines for people, and how many of them are steps.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) lines: Vec<String>,
    pub(super) steps: usize,
}

impl Found {
    /// Steps of somebody's own, before a way that another has or instead of one.
    fn after(name: &str, steps: &[Step], rest: Option<&Self>) -> Self {
        let own = steps.iter().map(|step| format!("{name}: {}", step.words));
        let (lines, further) = rest.map_or((Vec::new(), 0), |rest| (rest.lines.clone(), rest.steps));
        Self { lines: own.chain(lines).collect(), steps: steps.len() + further }
    }
}

/// A policy that allows everything.
pub(super) fn everything() -> Policy {
    Policy::of(&json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }))
        .unwrap_or_default()
}

/// Everybody who can do everything, in the order of the answer, and whoever cannot be judged.
pub(in crate::posture) fn administrators<'a>(
    iam: &'a Iam,
    in_effect: &InEffect<'a>,
) -> (Vec<Administrator<'a>>, Vec<Missing>) {
    let (administrators, missing, _) = searched(iam, in_effect);
    (administrators, missing)
}

/// The same, and how many times it was asked what one can do to another: the work of a search, which is bound by the pairs there
/// are and not by how long the ways get.
pub(super) fn searched<'a>(
    iam: &'a Iam,
    in_effect: &InEffect<'a>,
) -> (Vec<Administrator<'a>>, Vec<Missing>, usize) {
    let (mut principals, mut missing) = (Vec::new(), Vec::new());
    for principal in Principal::all(iam, in_effect.account()) {
        match principal {
            Ok(principal) => principals.push(principal),
            // What AWS manages is not judged.
            Err((identity, reason)) => missing.extend((!identity.is_of_aws()).then_some(reason)),
        }
    }
    let identities: Vec<&'a Identity> = principals.iter().map(|principal| principal.identity).collect();
    let everything = everything();
    let (found, tried) = search(iam, in_effect, Goal::Everything, &everything, principals);
    let administrators = found.into_iter().map(|(index, found)| Administrator {
        identity: identities[index],
        direct: found.steps == 0,
        steps: found.steps,
        way: found.lines,
    });
    (administrators.collect(), missing, tried)
}

/// The shortest way of each of these that gets there, by place, through these only, and how many times it was
/// asked what one can do to another.
pub(super) fn search<'a>(
    iam: &'a Iam,
    in_effect: &InEffect<'a>,
    goal: Goal<'_>,
    everything: &Policy,
    principals: Vec<Principal<'a>>,
) -> (BTreeMap<usize, Found>, usize) {
    let account = in_effect.account();
    let setting = Setting { iam, account, everything, goal, bounded: true };
    let real = principals.len();
    let boundaries = demanded_boundaries(&principals, iam);
    let made = bounded_roles(setting, &boundaries);
    let made: Vec<Principal<'_>> =
        made.iter().filter_map(|role| Principal::of_role(iam, account, role)).collect();
    let bound = principals.iter().enumerate().filter(|(_, principal)| {
        principal.boundary.is_some() && !goal.is_within(principal, everything, true)
    });
    let (owners, unbound): (Vec<usize>, Vec<Principal<'_>>) =
        bound.map(|(index, principal)| (index, principal.unbound())).unzip();
    let places = owners.iter().enumerate().map(|(place, index)| (*index, made.len() + place));
    let places: BTreeMap<usize, usize> = places.collect();
    let everybody: Vec<Principal<'_>> = principals.into_iter().chain(made).chain(unbound).collect();
    let search = Search {
        everybody: &everybody,
        real,
        unbound: &places,
        setting,
        credentials: in_effect.credentials(),
        machines: in_effect.machines(),
        boundaries: &boundaries,
        tried: Cell::new(0),
    };
    let found = search.ways().into_iter().filter(|(index, _)| *index < real).collect();
    (found, search.tried.get())
}

struct Search<'a> {
    /// Users and roles, then the roles that somebody could make under each of `boundaries`, then those whom a boundary binds, as
    /// they would be without it.
    everybody: &'a [Principal<'a>],
    /// How many of them there are already.
    real: usize,
    /// Where after those stands who would be without a boundary, by place.
    unbound: &'a BTreeMap<usize, usize>,
    setting: Setting<'a>,
    credentials: Option<&'a CredentialReport>,
    machines: Machines<'a>,
    boundaries: &'a [String],
    /// How many times it was asked what one can do to another.
    tried: Cell<usize>,
}

impl Search<'_> {
    /// The shortest way of everybody who has one, by place.
    fn ways(&self) -> BTreeMap<usize, Found> {
        let mut ways: BTreeMap<usize, Found> = BTreeMap::new();
        for (index, principal) in self.everybody.iter().enumerate() {
            if let Some(lines) = self.setting.goal.reached(principal) {
                ways.insert(index, Found { lines, steps: 0 });
            }
        }
        let own: BTreeMap<usize, Vec<Course>> = (0..self.everybody.len())
            .filter(|index| !ways.contains_key(index))
            .map(|index| (index, self.courses(index)))
            .collect();
        let longest = own.values().flatten().map(|course| course.steps.len()).max().unwrap_or_default();
        // Level by level, so that the first way that is found is one of the shortest.
        let mut reached: Vec<usize> = ways.keys().copied().collect();
        for level in 1..=self.everybody.len() + longest {
            let mut next = Vec::new();
            for (index, courses) in own.iter().filter(|(index, _)| !ways.contains_key(index)) {
                let name = &self.everybody[*index].identity.name;
                let by_itself = courses.iter().find_map(|course| {
                    let rest = course.made.map(|place| ways.get(&(self.real + place)));
                    let found = match rest {
                        None => Found::after(name, &course.steps, None),
                        Some(rest) => Found::after(name, &course.steps, Some(rest?)),
                    };
                    (found.steps <= level).then_some(found)
                });
                let found = by_itself.or_else(|| {
                    reached.iter().find_map(|target| {
                        // A role that nobody has made is become by whoever makes it.
                        let target_is_real = *target < self.real;
                        let step = target_is_real.then(|| self.step(*index, *target)).flatten()?;
                        Some(Found::after(name, &[step], ways.get(target)))
                    })
                });
                next.extend(found.map(|found| (*index, found)));
            }
            let pending = own.iter().any(|(index, courses)| {
                let waits = |course: &Course| match course.made {
                    None => course.steps.len() > level,
                    Some(place) => {
                        let rest = ways.get(&(self.real + place));
                        rest.is_some_and(|rest| course.steps.len() + rest.steps > level)
                    }
                };
                !ways.contains_key(index) && courses.iter().any(waits)
            });
            if next.is_empty() && !pending {
                break;
            }
            reached = next.iter().map(|(index, _)| *index).collect();
            ways.extend(next);
        }
        ways
    }

    fn step(&self, actor: usize, target: usize) -> Option<Step> {
        self.count();
        become_another(&self.everybody[actor], &self.everybody[target], self.credentials, self.machines)
    }

    fn count(&self) {
        self.tried.set(self.tried.get() + 1);
    }

    /// What somebody can do on its own: raise itself, make another, or raise another and become it.
    fn courses(&self, index: usize) -> Vec<Course> {
        let actor = &self.everybody[index];
        let alone = may_raise_somebody(actor).then(|| raise(actor, actor, self.setting)).flatten();
        // Nothing is shorter than one step.
        let is_shortest = alone.as_ref().is_some_and(|steps| steps.len() == 1);
        let mut courses: Vec<Course> =
            alone.map(|steps| Course::to_everything(self.ended(steps, actor))).into_iter().collect();
        if is_shortest {
            return courses;
        }
        courses.extend(make_another(actor, self.setting, self.boundaries));
        courses.extend(self.raise_another(index).map(Course::to_everything));
        courses.extend(self.slip_a_boundary(index));
        courses.sort_by_key(|course| (course.made.is_some(), course.steps.len()));
        courses
    }

    /// Steps, and what is done at their end.
    fn ended(&self, mut steps: Vec<Step>, target: &Principal<'_>) -> Vec<Step> {
        steps.extend(self.setting.goal.then(target, self.setting.everything));
        steps
    }

    /// Gives rights to another, and becomes it: the shortest of all.
    fn raise_another(&self, index: usize) -> Option<Vec<Step>> {
        let actor = &self.everybody[index];
        if !may_raise_somebody(actor) {
            return None;
        }
        let others = (0..self.real).filter(|other| *other != index);
        let others = others.filter(|other| !self.everybody[*other].identity.is_of_aws());
        let ways = others.filter_map(|other| {
            self.count();
            let mut steps = raise(actor, &self.everybody[other], self.setting)?;
            steps.push(self.step(index, other)?);
            Some((steps, other))
        });
        let mut shortest: Option<(Vec<Step>, usize)> = None;
        for (steps, other) in ways {
            let is_shorter = shortest.as_ref().is_none_or(|(known, _)| steps.len() < known.len());
            // Nothing is shorter than one step that raises and one that becomes.
            let is_shortest = steps.len() == 2;
            if is_shorter {
                shortest = Some((steps, other));
            }
            if is_shortest {
                break;
            }
        }
        let (steps, other) = shortest?;
        Some(self.ended(steps, &self.everybody[other]))
    }

    /// Takes the boundary off itself, or off another whom it then becomes: for each, who it is then.
    fn slip_a_boundary(&self, index: usize) -> Vec<Course> {
        let actor = &self.everybody[index];
        if !may_unbind_somebody(actor) {
            return Vec::new();
        }
        let whom = self.unbound.iter().filter(|(other, _)| !self.everybody[**other].identity.is_of_aws());
        let courses = whom.filter_map(|(other, place)| {
            self.count();
            let target = &self.everybody[*other];
            let mut steps = take_off_boundary(actor, target.kind, target.identity, self.setting)?;
            if *other != index {
                steps.push(self.step(index, *other)?);
            }
            Some(Course { steps, made: Some(*place) })
        });
        courses.collect()
    }
}
