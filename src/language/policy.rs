//! `[policy.NAME]`: a customer-managed policy, which roles and groups name.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Diagnostic;
use super::names::Names;
use super::policies::identity::{self, Deny};
use super::policies::role_access::{self, Allow};
use super::section::section;
use super::types::{FreeText, List, PolicyName, PolicyPath, Sectioned, check_policy_name};
use crate::kinds::iam_policy;
use crate::model::{DecodeError, Origin, Owned, Wanted};

/// Characters of a managed policy, blanks not counted. AWS does not raise it (IAM User Guide, "IAM and AWS STS quotas").
const SIZE: usize = 6144;

section! {
    /// A customer-managed policy. Roles, and groups of users, carry it by its name in `policies`.
    ///
    /// A change makes a new version and puts it in force; of the versions before it AWS keeps four.
    #[practices(5)]
    Policy {
        /// The policy's name in AWS. Renaming a policy makes a new one.
        name: PolicyName, absent "`BASELINE-NAME`";
        /// Its path.
        path: PolicyPath, default "\"/\"";
        /// What it is for. AWS keeps the first one.
        description: FreeText, absent "`NAME policy of BASELINE`";
        /// What it allows.
        allow: List<Allow>, default "[]";
        /// What it denies, whatever else allows it.
        deny: List<Deny>, default "[]";
    }
}

impl Sectioned for Policy {
    const SECTION: &'static str = "policy";
    const WORDS: &'static str = "policy";
}

fn statements(names: &Names<'_>, policy: &Policy) -> Vec<Json> {
    let mut statements = identity::allows(names, &policy.allow);
    statements.extend(identity::denials(names, &policy.deny));
    statements
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &Policy> = BTreeMap::new();
    for entry in names.file.policy.iter() {
        let policy = &entry.section;
        let (in_aws, arn) = (names.policy(&entry.name), names.policy_arn(&entry.name));
        let span = policy.name.as_ref().map_or(&policy.header.span, |name| &name.span);
        if let Err(reason) = check_policy_name(&in_aws) {
            problems.push(
                Diagnostic::error(
                    "bad-name",
                    span,
                    format!("{in_aws:?} cannot be a policy's name: {reason}"),
                )
                .hint("set `name` to a shorter one"),
            );
        }
        // Names ignore case (IAM-1).
        if let Some(first) = seen.get(&arn.to_ascii_lowercase()) {
            problems.push(
                Diagnostic::error("duplicate-name", span, format!("two policies would be called {in_aws}"))
                    .related(&first.header.span, "the other policy")
                    .hint("give one of them another `name`"),
            );
        }
        seen.entry(arn.to_ascii_lowercase()).or_insert(policy);
        role_access::check(&policy.allow, problems);
        identity::check(&policy.deny, problems);
        if policy.allow.iter().next().is_none() && policy.deny.iter().next().is_none() {
            problems.push(
                Diagnostic::error("empty-policy", &policy.header.span, "this policy says nothing")
                    .hint("add `allow = [{ actions = [...], resources = [...] }]`, or `deny`"),
            );
        }
        identity::check_size(&statements(names, policy), SIZE, &policy.header, problems);
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    for entry in names.file.policy.iter() {
        let (name, policy) = (entry.name.as_str(), &entry.section);
        let description = policy.description.as_ref().map_or_else(
            || format!("{name} policy of {}", names.file.name.written()),
            |text| text.fill(names.place, names.region()),
        );
        let attributes = iam_policy::Policy {
            arn: names.policy_arn(name),
            description: Owned::AtCreation(description),
            document: super::policies::document(statements(names, policy))?,
        };
        wanted.add(name, &attributes, [], &Origin::from(&policy.header))?;
    }
    Ok(())
}
