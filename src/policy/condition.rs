//! The conditions of a statement.

use serde_json::Value;

use super::context::{Context, Known, Truth};
use super::operator::Operator;
use super::pattern::Pattern;
use super::syntax::items;

/// How the values of a key with several are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// Not written: the key is expected to have one value.
    One,
    /// `ForAnyValue`: one of them is enough.
    Any,
    /// `ForAllValues`: every one of them, if there is one at all.
    All,
}

/// One key of one operator; all conditions of a statement must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// How values are taken together.
    pub quantifier: Quantifier,
    /// The operator as written, such as `ForAnyValue:StringLikeIfExists`.
    pub written: String,
    /// The operator; nothing where nobody knows it.
    operator: Option<Operator>,
    /// Whether it holds where the request does not carry the key.
    pub if_exists: bool,
    /// The key as written.
    pub key: String,
    /// The values, of which one must fit, or none where the operator is negated.
    pub values: Vec<Pattern>,
}

/// The conditions in a `Condition` block.
pub(super) fn conditions(block: &Value, variables: bool) -> Result<Vec<Condition>, String> {
    let mut found = Vec::new();
    match block {
        Value::Null => {}
        Value::Object(operators) => {
            for (written, keys) in operators {
                let Value::Object(keys) = keys else {
                    return Err(format!("the condition {written} names no key"));
                };
                for (key, values) in keys {
                    found.push(Condition::new(written, key, values, variables));
                }
            }
        }
        _ => return Err("the conditions are not an object".to_owned()),
    }
    Ok(found)
}

impl Condition {
    fn new(written: &str, key: &str, values: &Value, variables: bool) -> Self {
        let (quantifier, name) = match written.split_once(':') {
            Some((set, name)) if set.eq_ignore_ascii_case("ForAnyValue") => (Quantifier::Any, name),
            Some((set, name)) if set.eq_ignore_ascii_case("ForAllValues") => (Quantifier::All, name),
            _ => (Quantifier::One, written),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self {
            quantifier,
            written: written.to_owned(),
            operator: Operator::of(name),
            if_exists,
            key: key.to_owned(),
            values: items(values).map(|value| Pattern::new(&plain(value), variables)).collect(),
        }
    }

    pub(super) fn operator(&self) -> Option<Operator> {
        self.operator
    }

    /// Whether the operator says what a key must not be.
    pub fn is_negated(&self) -> bool {
        self.operator.is_none_or(Operator::is_negated)
    }

    /// Whether the operator says what a text, an ARN or an address must be. Only such a condition can bind a grant to somebody:
    /// `Null` and comparisons of numbers and times say nothing about who it is.
    pub fn is_equality(&self) -> bool {
        self.operator.is_some_and(Operator::is_equality)
    }

    /// Whether the operator says what a text, an ARN or an address must not be.
    pub fn is_inequality(&self) -> bool {
        self.operator.is_some_and(Operator::is_inequality)
    }

    /// Whether the operator takes wildcards for wildcards.
    pub fn knows_wildcards(&self) -> bool {
        self.operator.is_some_and(Operator::knows_wildcards)
    }

    /// Whether it holds. An operator that nobody knows never does (AWS refuses such a document).
    pub fn holds(&self, context: &Context) -> Truth {
        let Some(operator) = self.operator else { return Truth::No };
        let known = context.get(&self.key);
        if operator == Operator::Null {
            return match known {
                Known::Unknown => Truth::Perhaps,
                known => self
                    .values
                    .iter()
                    .all(|value| value.text.eq_ignore_ascii_case("true") == (known == Known::Absent))
                    .into(),
            };
        }
        let fits = |asked: &String| {
            let any = self.values.iter().map(|wanted| operator.compare(wanted, asked, context)).max();
            any.unwrap_or(Truth::No)
        };
        match (known, self.quantifier) {
            (Known::Unknown, _) => Truth::Perhaps,
            // With nothing to compare, "all of them" holds and "one of them" does not.
            (Known::Absent, Quantifier::All) => Truth::Yes,
            (Known::Absent, Quantifier::Any) => self.if_exists.into(),
            (Known::Absent, Quantifier::One) => (self.if_exists || operator.is_negated()).into(),
            (Known::Values(asked), quantifier) => {
                let truths = asked.iter().map(|asked| {
                    let fits = fits(asked);
                    if operator.is_negated() { !fits } else { fits }
                });
                let all =
                    quantifier == Quantifier::All || (quantifier == Quantifier::One && operator.is_negated());
                if all { truths.min() } else { truths.max() }.unwrap_or(Truth::No)
            }
        }
    }
}
