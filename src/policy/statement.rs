//! A parsed policy document.

use serde_json::Value;

use super::condition::{Condition, conditions};
use super::context::{Context, Truth};
use super::evaluate::Ask;
use super::pattern::{Pattern, fits_action};
use super::principal::{Naming, Principals};
use super::syntax::items;
use super::witness::witness;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// Which of something a statement speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope<T> {
    /// Of these: `Action`, `Resource`.
    Only(Vec<T>),
    /// Of all but these: `NotAction`, `NotResource`.
    AllBut(Vec<T>),
}

impl<T> Scope<T> {
    fn covers(&self, fits: impl Fn(&T) -> Truth) -> Truth {
        let any = |list: &[T]| list.iter().map(&fits).max().unwrap_or(Truth::No);
        match self {
            Self::Only(list) => any(list),
            Self::AllBut(list) => !any(list),
        }
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its `Sid`, or its number in the document.
    pub label: String,
    /// What it does.
    pub effect: Effect,
    /// Whom it speaks of; nothing in policies of identities.
    pub principals: Option<Principals>,
    /// The actions, with wildcards.
    pub actions: Scope<String>,
    /// The resources; nothing in trust policies.
    pub resources: Option<Scope<Pattern>>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
}

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Its statements.
    pub statements: Vec<Statement>,
}

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// Says what is not a policy about it: what cannot be read must not be taken for a document that says nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| format!("the policy is not JSON: {error}"))?;
        Self::of(&json)
    }

    /// Reads a document that is JSON already.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn of(json: &Value) -> Result<Self, String> {
        if !json.is_object() {
            return Err("the policy is not an object".to_owned());
        }
        let variables = json.get("Version").and_then(Value::as_str) == Some("2012-10-17");
        let statements = items(json.get("Statement").unwrap_or(&Value::Null))
            .enumerate()
            .map(|(index, statement)| Statement::of(statement, index, variables))
            .collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }

    /// The statements that allow.
    pub fn allows(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Allow)
    }
}

impl Statement {
    fn of(json: &Value, index: usize, variables: bool) -> Result<Self, String> {
        let label = match json.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty()) {
            Some(sid) => sid.to_owned(),
            None => format!("statement {}", index + 1),
        };
        let effect = match json.get("Effect").and_then(Value::as_str) {
            Some(word) if word.eq_ignore_ascii_case("allow") => Effect::Allow,
            Some(word) if word.eq_ignore_ascii_case("deny") => Effect::Deny,
            _ => return Err(format!("{label} of the policy has no effect")),
        };
        let texts = |value: &Value| -> Vec<String> {
            items(value).filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let actions = match (json.get("Action"), json.get("NotAction")) {
            (Some(actions), _) => Scope::Only(texts(actions)),
            (None, Some(actions)) => Scope::AllBut(texts(actions)),
            (None, None) => return Err(format!("{label} of the policy names no action")),
        };
        let patterns = |value: &Value| -> Vec<Pattern> {
            texts(value).iter().map(|text| Pattern::new(text, variables)).collect()
        };
        let resources = match (json.get("Resource"), json.get("NotResource")) {
            (Some(resources), _) => Some(Scope::Only(patterns(resources))),
            (None, Some(resources)) => Some(Scope::AllBut(patterns(resources))),
            (None, None) => None,
        };
        let principals = match (json.get("Principal"), json.get("NotPrincipal")) {
            (Some(named), _) => Some(Principals::of(named, false)),
            (None, Some(named)) => Some(Principals::of(named, true)),
            (None, None) => None,
        };
        let conditions = conditions(json.get("Condition").unwrap_or(&Value::Null), variables)?;
        Ok(Self { label, effect, principals, actions, resources, conditions })
    }

    /// Whether it speaks of an action; actions ignore case.
    pub fn covers_action(&self, action: &str) -> bool {
        self.actions.covers(|pattern| fits_action(pattern, action).into()) == Truth::Yes
    }

    /// Whether it speaks of any action of a family such as `s3:Get*`.
    pub fn may_cover_one_of(&self, family: &str) -> bool {
        let family = family.to_ascii_lowercase();
        match &self.actions {
            Scope::Only(actions) => {
                actions.iter().any(|action| witness(&[&family, &action.to_ascii_lowercase()]).is_some())
            }
            // All but a few: something of the family is left unless one of them takes all of it.
            Scope::AllBut(actions) => !actions.iter().any(|action| fits_action(action, &family)),
        }
    }

    /// Whether it speaks of a resource.
    pub fn covers_resource(&self, resource: &str, context: &Context) -> Truth {
        let covers = |scope: &Scope<Pattern>| scope.covers(|pattern| pattern.fits_arn(resource, context));
        self.resources.as_ref().map_or(Truth::Yes, covers)
    }

    /// Whether its conditions hold.
    pub fn holds(&self, context: &Context) -> Truth {
        self.conditions.iter().map(|condition| condition.holds(context)).min().unwrap_or(Truth::Yes)
    }

    /// How it names who asks; a policy of an identity speaks of that identity.
    pub fn naming(&self, ask: &Ask<'_>) -> Option<Naming> {
        self.principals.as_ref().map_or(Some(Naming::Direct), |principals| principals.naming(ask.who))
    }

    /// Whether it speaks to a question.
    pub fn applies(&self, ask: &Ask<'_>) -> Truth {
        if self.naming(ask).is_none() { Truth::No } else { self.applies_to_anybody(ask) }
    }

    /// Whether it speaks to a question, whoever asks.
    pub fn applies_to_anybody(&self, ask: &Ask<'_>) -> Truth {
        if !self.covers_action(ask.action) {
            return Truth::No;
        }
        self.covers_resource(ask.resource, ask.context).and(self.holds(ask.context))
    }
}
