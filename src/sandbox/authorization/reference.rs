//! AWS's service authorization reference, for the actions that calls of this account need: which types of resource each is
//! checked against, and which condition keys come with it.
//!
//! `reference.txt` says the same as AWS's pages; a test makes it anew from a published copy of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What is said of one action.
#[derive(Debug, Default)]
pub struct Action {
    /// Condition keys of the call as a whole.
    pub keys: Vec<&'static str>,
    /// The types of resource it is checked against; none where it takes no resource.
    pub types: Vec<Row>,
    /// Actions that AWS lists as needed, too.
    pub dependent: Vec<&'static str>,
}

/// A type of resource that an action is checked against.
#[derive(Debug)]
pub struct Row {
    /// Its name, such as `vpc`.
    pub kind: &'static str,
    /// Whether AWS calls it required.
    pub required: bool,
    /// The condition keys it brings. A key that ends in `/` or `:` stands for all that begin so.
    pub keys: Vec<&'static str>,
}

/// A type of resource.
#[derive(Debug)]
struct Type {
    /// What its ARNs look like, with `*` for what differs.
    arn: String,
    keys: Vec<&'static str>,
}

#[derive(Debug, Default)]
struct Reference {
    actions: BTreeMap<&'static str, Action>,
    types: BTreeMap<&'static str, Type>,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| Reference::read(include_str!("reference.txt")));

impl Reference {
    fn read(text: &'static str) -> Self {
        let mut reference = Self::default();
        let mut action = Action::default();
        let mut name = "";
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            if first == "type" {
                let (kind, arn) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
                reference.types.insert(kind, Type { arn: wildcards(arn), keys: words.collect() });
            } else if !line.starts_with(' ') {
                let before = std::mem::take(&mut action);
                if !name.is_empty() {
                    reference.actions.insert(name, before);
                }
                name = first;
            } else if first == "-" {
                action.keys = words.collect();
            } else if first == ">" {
                action.dependent = words.collect();
            } else {
                let required = first.starts_with('*');
                let kind = first.trim_start_matches('*');
                action.types.push(Row { kind, required, keys: words.collect() });
            }
        }
        reference.actions.insert(name, action);
        reference
    }
}

/// `arn:${Partition}:ec2:...` with a star for every variable.
fn wildcards(arn: &str) -> String {
    let mut parts = arn.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        format!("{text}*{}", part.split_once('}').map_or("", |(_variable, rest)| rest))
    })
}

/// What AWS says of an action such as `ec2:CreateVpc`.
pub fn action(name: &str) -> Option<&'static Action> {
    REFERENCE.actions.get(name)
}

/// Every action that is described.
#[cfg(test)]
pub fn actions() -> impl Iterator<Item = (&'static str, &'static Action)> {
    REFERENCE.actions.iter().map(|(name, action)| (*name, action))
}

/// What the ARNs of a type look like, with `*` for what differs.
pub fn arn_pattern(service: &str, kind: &str) -> Option<&'static str> {
    REFERENCE.types.get(format!("{service}:{kind}").as_str()).map(|known| known.arn.as_str())
}

/// The condition keys that a type of resource brings to an action that says nothing narrower.
pub fn keys_of(service: &str, kind: &str) -> &'static [&'static str] {
    REFERENCE.types.get(format!("{service}:{kind}").as_str()).map_or(&[], |known| &known.keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_has_its_types_and_their_keys() {
        let action = action("ec2:CreateSubnet").unwrap();
        let types: Vec<_> = action.types.iter().map(|row| (row.kind, row.required)).collect();
        assert_eq!(types, [("subnet", true), ("vpc", true)]);
        assert!(action.types[0].keys.contains(&"aws:RequestTag/"));
        assert!(action.types[1].keys.contains(&"aws:ResourceTag/"));
        assert_eq!(action.keys, ["ec2:Region"]);
        assert_eq!(action.dependent, ["ec2:CreateTags"]);
        assert_eq!(arn_pattern("ec2", "vpc"), Some("arn:*:ec2:*:*:vpc/*"));
    }
}
