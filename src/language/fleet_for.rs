//! `[[for]]` of a fleet file: settings for some of its accounts.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::reader::Reader;
use super::section::section;
use super::types::{AccessRole, AccountLabel, FileName, KeyType, List, OneOrMore, ProfileName, UnitLabel};
use super::variables::Values;
use super::{Diagnostic, Span};

section! {
    /// Settings for some accounts. All conditions that are given must hold; one that is left out holds of every account. Where several
    /// are for one account the later ones win, and what its own section says wins over all of them.
    #[practices()]
    For {
        /// Organizational units, by their names from the outermost, such as `Workloads/Prod`, or by id. An account in a unit below is in it.
        units: List<UnitLabel>, absent "any unit";
        /// Tags of the account, all of which it must have.
        tags: Tags, absent "any tags";
        /// Accounts, by id or name.
        accounts: List<AccountLabel>, absent "any account";
        /// Their baseline file, or its layers.
        baseline: OneOrMore<FileName>, absent "as before";
        /// Values for the variables of their baseline. They are added to those before.
        vars: Values, default "{}";
        /// The role by which they are reached, or several, each assumed by the one before.
        role: OneOrMore<AccessRole>, absent "as before";
        /// A profile of the AWS configuration files whose credentials reach them, with no role.
        profile: ProfileName, absent "as before";
    }
}

/// Tags, each with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags(pub BTreeMap<String, String>);

impl KeyType for Tags {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(table) = value.as_table() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        let mut tags = BTreeMap::new();
        for (key, value) in table {
            let span = reader.span(value.span());
            let Some(text) = value.get_ref().as_str() else {
                reader.within(key.get_ref(), |reader| reader.wrong_type(&span, "text", value.get_ref()));
                continue;
            };
            tags.insert(key.get_ref().to_string(), text.to_owned());
        }
        (tags.len() == table.len()).then_some(Self(tags))
    }

    fn describe() -> String {
        "table of tags, such as { env = \"prod\" }".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "object", "additionalProperties": { "type": "string" } })
    }
}

impl For {
    pub(super) fn check(&self, problems: &mut Vec<Diagnostic>) {
        if self.units.is_none() && self.tags.is_none() && self.accounts.is_none() {
            problems.push(
                Diagnostic::error("missing-key", &self.header.span, "this says no accounts that it is for")
                    .hint("add `units`, `tags` or `accounts`; what is for all of them stands at the top of the file"),
            );
        }
        let sets = [self.baseline.is_some(), self.vars.given, self.role.is_some(), self.profile.is_some()];
        if !sets.contains(&true) {
            problems.push(
                Diagnostic::error("missing-key", &self.header.span, "this sets nothing")
                    .hint("add `baseline`, `vars`, `role` or `profile`, or take it out"),
            );
        }
        if let (Some(profile), Some(role)) = (&self.profile, &self.role) {
            problems.push(
                Diagnostic::error(
                    "contradiction",
                    &profile.span,
                    "a profile reaches accounts without a role",
                )
                .related(&role.span, "the role")
                .hint("keep one of the two"),
            );
        }
    }

    /// Whether it says how accounts are reached.
    pub(super) fn reaches(&self) -> bool {
        self.role.is_some() || self.profile.is_some()
    }
}
