//! What a policy lets somebody do that another one did not: an exact comparison of two documents.
//!
//! Actions, resources, principals and the values of condition keys are divided into the classes that the two documents tell apart.
//! Within a class every request is judged alike, so one request of each combination is put to both, by the same evaluation that
//! everything else uses. Where "nothing new" is the answer, it is proven. A request that is found may be one that nobody can send,
//! since keys count as independent of each other, but for those that tell who asks.

mod expression;
mod principals;
mod values;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use self::expression::{Expression, Step, classes};
use self::principals::{Somebody, everybody};
use self::values::Values;
use self::work::Work;
use super::condition::Condition;
use super::context::{Context, Truth};
use super::evaluate::Ask;
use super::statement::{Effect, Policy, Scope, Statement};

/// What the policies are about.
#[derive(Debug, Clone, Default)]
pub struct About<'a> {
    /// The resources that there are, as patterns of ARNs, such as a bucket and its objects; every ARN where none is given.
    pub resources: Vec<String>,
    /// The account that the policies belong to.
    pub account: Option<&'a str>,
    /// Whether only principals outside of that account count, services of AWS not among them.
    pub only_outside: bool,
    /// Other accounts that count as inside, such as those from which services of AWS deliver.
    pub inside: &'a [&'a str],
}

/// Something that somebody can do by the new policy alone: a request in full.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewAccess {
    /// Who sends it, in words; nothing in policies of identities.
    pub who: Option<String>,
    /// The action, or the pattern of the new statement that allows it.
    pub action: String,
    /// The resource; nothing where the policies name none, as in trust policies.
    pub resource: Option<String>,
    /// The condition keys that it carries, with their values; those that it does not carry have none.
    pub conditions: Vec<(String, Vec<String>)>,
    /// The statement of the new policy that allows it.
    pub statement: String,
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// What is new: one request for each statement and whoever can send it.
    pub new: Vec<NewAccess>,
    /// Why it is not proven that there is nothing else.
    pub unproven: Vec<String>,
}

/// Compares two policies.
pub fn compare(old: &Policy, new: &Policy, about: &About<'_>) -> Comparison {
    let mut comparison = Comparison::default();
    if let Err(reason) = search(old, new, about, &mut comparison.new) {
        comparison.unproven.push(reason);
    }
    comparison.new.sort();
    comparison
}

/// The statements of both policies that decide.
struct Sides<'a> {
    /// Those of the old policy, then those of the new one.
    statements: Vec<&'a Statement>,
    /// How many are of the old one.
    old: usize,
    /// By which something new can come: allows of the new policy that the old one does not have, or all where a deny is gone.
    suspects: Vec<bool>,
}

impl<'a> Sides<'a> {
    fn speaks_of(&self, at: usize, somebody: Option<&Somebody>) -> bool {
        let named = self.statements[at].principals.as_ref().zip(somebody);
        named.is_none_or(|(principals, somebody)| principals.naming(somebody.who()).is_some())
    }

    /// The statement of one side by which a request is allowed, if it is.
    fn allowed(&self, is_new: bool, ask: &Ask<'_>, speaking: &[bool]) -> Option<&'a Statement> {
        let (old, new) = self.statements.split_at(self.old);
        let (of_old, of_new) = speaking.split_at(self.old);
        let (side, speaking) = if is_new { (new, of_new) } else { (old, of_old) };
        let holding = |effect| {
            let of_it =
                side.iter().zip(speaking).filter(|(_, speaks)| **speaks).map(|(statement, _)| *statement);
            let mut of_it = of_it.filter(move |statement| statement.effect == effect);
            of_it.find(|statement| statement.holds(ask.context) == Truth::Yes)
        };
        if holding(Effect::Deny).is_some() { None } else { holding(Effect::Allow) }
    }
}

fn same(one: &Statement, other: &Statement) -> bool {
    one.effect == other.effect
        && one.principals == other.principals
        && one.actions == other.actions
        && one.resources == other.resources
        && one.conditions == other.conditions
}

fn sides<'a>(old: &'a Policy, new: &'a Policy) -> Sides<'a> {
    let stands =
        |list: &'a Policy| move |it: &&Statement| list.statements.iter().any(|other| same(it, other));
    let denies = |statement: &&Statement| statement.effect == Effect::Deny;
    let keeps_denies = old.statements.iter().filter(denies).all(|it| stands(new)(&it));
    // What both say in the same words and nobody can fill in: a deny takes the same requests from both, and an allow that no deny
    // of the old policy alone met lets through nothing new.
    let is_left_out = |it: &&Statement, other: &'a Policy| {
        has_variables(it) && stands(other)(it) && (it.effect == Effect::Deny || keeps_denies)
    };
    let of_old: Vec<&Statement> = old.statements.iter().filter(|it| !is_left_out(it, new)).collect();
    let of_new: Vec<&Statement> = new.statements.iter().filter(|it| !is_left_out(it, old)).collect();
    let is_suspect = |it: &&Statement| it.effect == Effect::Allow && !(keeps_denies && stands(old)(it));
    let suspects = of_old.iter().map(|_| false).chain(of_new.iter().map(is_suspect)).collect();
    Sides { old: of_old.len(), statements: of_old.into_iter().chain(of_new).collect(), suspects }
}

fn has_variables(statement: &Statement) -> bool {
    let resources = statement.resources.iter().flat_map(|scope| match scope {
        Scope::Only(patterns) | Scope::AllBut(patterns) => patterns,
    });
    let values = statement.conditions.iter().flat_map(|condition| &condition.values);
    resources.chain(values).any(|pattern| pattern.fixed().is_none())
}

fn search(old: &Policy, new: &Policy, about: &About<'_>, found: &mut Vec<NewAccess>) -> Result<(), String> {
    let mut work = Work::new();
    let too_many = || "the policies tell too many requests apart".to_owned();
    work.spend(old.statements.len() * new.statements.len()).ok_or_else(too_many)?;
    let sides = sides(old, new);
    if !sides.suspects.contains(&true) {
        return Ok(());
    }
    let all = &sides.statements;
    if let Some(unknown) = all.iter().find(|statement| has_variables(statement)) {
        return Err(format!("{} has variables, whose values are not known", unknown.label));
    }
    let canonical =
        |it: &&&Statement| it.principals.as_ref().is_some_and(|named| !named.canonical.is_empty());
    if let Some(statement) = all.iter().find(canonical) {
        return Err(format!("{} names a canonical user, whose account is not known", statement.label));
    }
    let people = match all.iter().any(|statement| statement.principals.is_some()) {
        true => everybody(all, about.account, &mut work)?.into_iter().map(Some).collect(),
        false => vec![None],
    };
    let nothing = Context::complete();
    let patterns: usize = all.iter().map(|statement| patterns_of(statement)).sum();
    let every = actions(all, &mut work)?;
    work.spend(every.len() * patterns).ok_or_else(too_many)?;
    let actions = told_apart(all, every, |statement, action| statement.covers_action(action));
    let every = resources(all, &about.resources, &mut work)?;
    work.spend(every.len() * patterns).ok_or_else(too_many)?;
    let resources = told_apart(all, every, |statement, resource| {
        resource.as_ref().is_none_or(|arn| statement.covers_resource(arn, &nothing) == Truth::Yes)
    });
    let domains = domains(all, &mut work)?;
    work.spend(people.len() * patterns).ok_or_else(too_many)?;
    let mut search = Search { domains, sides, work, for_anybody: BTreeSet::new(), found };
    for somebody in &people {
        let counts = |own| somebody.as_ref().is_none_or(|somebody| somebody.is_outside(own, about.inside));
        if about.only_outside && !about.account.is_none_or(counts) {
            continue;
        }
        let of_somebody: Vec<bool> = (0..search.sides.statements.len())
            .map(|at| search.sides.speaks_of(at, somebody.as_ref()))
            .collect();
        search.work.spend((actions.len() + resources.len()) * of_somebody.len()).ok_or_else(too_many)?;
        let (actions, resources) = (told_to(&of_somebody, &actions), told_to(&of_somebody, &resources));
        let mut judged = BTreeSet::new();
        for (action, of_action) in &actions {
            for (resource, of_resource) in &resources {
                search.work.spend(of_action.len()).ok_or_else(too_many)?;
                let speaking: Vec<bool> = of_action
                    .iter()
                    .zip(of_resource)
                    .map(|(action, resource)| *action && *resource)
                    .collect();
                // Where the same statements speak to a request, it is judged as another was.
                if judged.insert(speaking.clone()) {
                    let asked = search.ask(somebody.as_ref(), action, resource.as_deref(), &speaking);
                    asked.ok_or_else(too_many)?;
                }
            }
        }
    }
    Ok(())
}

/// How many patterns and names a statement compares with what is asked, and one for itself.
fn patterns_of(statement: &Statement) -> usize {
    fn listed<T>(scope: &Scope<T>) -> usize {
        match scope {
            Scope::Only(list) | Scope::AllBut(list) => list.len(),
        }
    }
    let named = statement.principals.as_ref().map_or(0, |named| {
        named.aws.len() + named.services.len() + named.federated.len() + named.canonical.len()
    });
    1 + listed(&statement.actions) + statement.resources.as_ref().map_or(0, listed) + named
}

/// One of each kind that the statements tell apart, with which of them speak of it.
fn told_apart<T>(
    statements: &[&Statement],
    all: Vec<T>,
    covers: impl Fn(&Statement, &T) -> bool,
) -> Vec<(T, Vec<bool>)> {
    let mut told = BTreeSet::new();
    let with = |one: T| {
        let speaking: Vec<bool> = statements.iter().map(|statement| covers(statement, &one)).collect();
        (one, speaking)
    };
    all.into_iter().map(with).filter(|(_, speaking)| told.insert(speaking.clone())).collect()
}

/// One of each that the statements which speak of somebody tell apart, with which of these speak of it.
fn told_to<'t, T>(of_somebody: &[bool], all: &'t [(T, Vec<bool>)]) -> Vec<(&'t T, Vec<bool>)> {
    let mut told = BTreeSet::new();
    let to_them = |(one, speaking): &'t (T, Vec<bool>)| {
        let speaking = speaking.iter().zip(of_somebody).map(|(it, them)| *it && *them).collect();
        (one, speaking)
    };
    all.iter().map(to_them).filter(|(_, speaking): &(_, Vec<bool>)| told.insert(speaking.clone())).collect()
}

/// An action of each class.
///
/// Service by service, where the patterns write services out: policies with thousands of patterns have a few of each.
fn actions(all: &[&Statement], work: &mut Work) -> Result<Vec<String>, String> {
    let too_many = || "the policies name too many patterns of actions".to_owned();
    const UNNAMED: &str = "service-unnamed";
    let patterns: BTreeSet<String> = all
        .iter()
        .flat_map(|statement| match &statement.actions {
            Scope::Only(actions) | Scope::AllBut(actions) => actions,
        })
        .map(|action| action.to_ascii_lowercase())
        .collect();
    let service = |pattern: &str| pattern.split_once(':').map_or(pattern, |(service, _)| service).to_owned();
    let mut by_service: BTreeMap<String, Vec<Expression>> =
        BTreeMap::from([(UNNAMED.to_owned(), Vec::new())]);
    for pattern in &patterns {
        by_service.entry(service(pattern)).or_default().push(Expression::glob(pattern));
    }
    let of_any = by_service.remove("*").unwrap_or_default();
    let size: usize = of_any.iter().map(Expression::size).sum();
    work.spend(by_service.len() * size).ok_or_else(too_many)?;
    let groups: Vec<(Vec<Expression>, Expression)> =
        if by_service.keys().any(|name| name.contains(['*', '?'])) {
            let everything = by_service.into_values().flatten().chain(of_any).collect();
            vec![(everything, Expression::glob("?*:?*"))]
        } else {
            let group = |(name, own): (String, Vec<Expression>)| {
                (own.into_iter().chain(of_any.clone()).collect(), Expression::glob(&format!("{name}:?*")))
            };
            by_service.into_iter().map(group).collect()
        };
    let mut found = Vec::new();
    for (expressions, within) in groups {
        found.extend(classes(&expressions, &[within], work).ok_or_else(too_many)?);
    }
    Ok(found)
}

/// A resource of each class; nothing where no statement names any.
fn resources(all: &[&Statement], within: &[String], work: &mut Work) -> Result<Vec<Option<String>>, String> {
    let patterns: Vec<_> = all
        .iter()
        .filter_map(|statement| statement.resources.as_ref())
        .flat_map(|scope| match scope {
            Scope::Only(patterns) | Scope::AllBut(patterns) => patterns,
        })
        .collect();
    if patterns.is_empty() {
        return Ok(vec![None]);
    }
    let expressions: Vec<Expression> = patterns.into_iter().filter_map(values::arn).collect();
    let within: Vec<Expression> = match within {
        // Actions that know no resource ask about `*` itself.
        [] => vec![Expression(vec![Step::Is('*')]), Expression::glob("arn:?*:?*:*:*:?*")],
        within => within.iter().map(|pattern| Expression::glob(pattern)).collect(),
    };
    let found = classes(&expressions, &within, work)
        .ok_or("the policies name too many patterns of resources".to_owned())?;
    Ok(found.into_iter().map(Some).collect())
}

/// What each condition key can hold, by its name in lower case.
fn domains(all: &[&Statement], work: &mut Work) -> Result<BTreeMap<String, Vec<Values>>, String> {
    let mut by_key: BTreeMap<String, Vec<&Condition>> = BTreeMap::new();
    for condition in all.iter().flat_map(|statement| &statement.conditions) {
        by_key.entry(condition.key.to_ascii_lowercase()).or_default().push(condition);
    }
    by_key
        .into_iter()
        .map(|(key, conditions)| Ok((key.clone(), values::values(&key, &conditions, work)?)))
        .collect()
}

/// How many steps of a pattern it takes to put one statement, value or key of a request to the policies.
const COST: usize = 8;

struct Search<'a, 'f> {
    sides: Sides<'a>,
    domains: BTreeMap<String, Vec<Values>>,
    work: Work,
    /// Statements that let in anybody: whom else they let in needs no telling.
    for_anybody: BTreeSet<String>,
    found: &'f mut Vec<NewAccess>,
}

impl Search<'_, '_> {
    /// Puts every request of somebody for an action on a resource to both policies, until one is new; nothing where that takes too
    /// long.
    fn ask(
        &mut self,
        somebody: Option<&Somebody>,
        action: &str,
        resource: Option<&str>,
        speaking: &[bool],
    ) -> Option<()> {
        if !self.sides.suspects.iter().zip(speaking).any(|(suspect, speaks)| *suspect && *speaks) {
            return Some(());
        }
        let relevant = self.sides.statements.iter().zip(speaking).filter(|(_, speaks)| **speaks);
        let relevant: Vec<&Statement> = relevant.map(|(statement, _)| *statement).collect();
        let fixed = somebody.map(Somebody::keys).unwrap_or_default();
        let asked: BTreeSet<String> = relevant
            .iter()
            .flat_map(|statement| &statement.conditions)
            .map(|condition| condition.key.to_ascii_lowercase())
            .collect();
        let is_free = |(key, _): &(&String, &Vec<Values>)| asked.contains(*key) && !fixed.contains_key(*key);
        let free: Vec<(&String, &Vec<Values>)> = self.domains.iter().filter(is_free).collect();
        let conditions = relevant.iter().flat_map(|statement| &statement.conditions);
        let compared: usize = conditions.map(|condition| 1 + condition.values.len()).sum();
        let each = relevant.len() + compared + fixed.len() + free.len();
        // The keys that were looked through above, and what telling a request takes.
        self.work.spend(self.domains.len() + free.len() * compared + self.found.len())?;
        let mut chosen = vec![0; free.len()];
        loop {
            self.work.spend(COST * each)?;
            let values = free.iter().zip(&chosen).map(|((key, values), at)| (key.as_str(), &values[*at]));
            let carried = fixed.iter().map(|(key, values)| (key.as_str(), values)).chain(values.clone());
            let context = carried.fold(Context::complete(), |context, (key, values)| {
                context.with_all(key, values.clone().unwrap_or_default())
            });
            let who = somebody.unwrap_or(&Somebody::Anonymous).who();
            let ask = Ask { who, action, resource: resource.unwrap_or("*"), context: &context };
            if let Some(statement) = self.sides.allowed(true, &ask, speaking)
                && self.sides.allowed(false, &ask, speaking).is_none()
            {
                let conditions = values
                    .map(|(key, values)| (as_written(key, &relevant), values.clone().unwrap_or_default()));
                let access = NewAccess {
                    who: somebody.map(Somebody::words),
                    action: shown_action(statement, action),
                    resource: resource.map(str::to_owned),
                    conditions: conditions.collect(),
                    statement: statement.label.clone(),
                };
                let is_told = |it: &NewAccess| it.statement == access.statement && it.who == access.who;
                if !self.for_anybody.contains(&access.statement) && !self.found.iter().any(is_told) {
                    if somebody.is_some_and(Somebody::is_anybody) {
                        self.for_anybody.insert(access.statement.clone());
                    }
                    self.found.push(access);
                }
                return Some(());
            }
            if !advance(&mut chosen, &free) {
                return Some(());
            }
        }
    }
}

/// The next combination, as an odometer counts.
fn advance(chosen: &mut [usize], free: &[(&String, &Vec<Values>)]) -> bool {
    for (at, (_, values)) in chosen.iter_mut().zip(free) {
        *at += 1;
        if *at < values.len() {
            return true;
        }
        *at = 0;
    }
    false
}

fn as_written(key: &str, statements: &[&Statement]) -> String {
    let mut conditions = statements.iter().flat_map(|statement| &statement.conditions);
    let written = conditions.find(|condition| condition.key.eq_ignore_ascii_case(key));
    written.map_or_else(|| key.to_owned(), |condition| condition.key.clone())
}

/// The pattern of the statement that covers an action: an action that nobody knows says little.
fn shown_action(statement: &Statement, action: &str) -> String {
    match &statement.actions {
        Scope::Only(actions) => {
            let covering = actions.iter().find(|pattern| super::fits_action(pattern, action));
            covering.map_or_else(|| action.to_owned(), Clone::clone)
        }
        Scope::AllBut(_) => action.to_owned(),
    }
}

#[cfg(test)]
mod tests;
