//! `[group.NAME]`: a group of IAM users, what they may do and which roles they may assume.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::mfa_enforcement::GUARD;
use super::names::Names;
use super::policies::identity::{self, Deny};
use super::policies::role_access::{self, Allow};
use super::policy::Policy;
use super::reader::Reader;
use super::section::{Nesting, SectionInfo, section};
use super::types::{
    DeclaredOrArn, GroupName, KeyType, List, ManagedPolicyArn, RoleArn, RoleName, Sectioned, TrustedAccount,
    UserName, check_policy_name,
};
use super::{Diagnostic, Span};
use crate::kinds::iam_group;
use crate::kinds::iam_policy;
use crate::model::{DecodeError, Dict, Origin, ResourceSpec as _, Wanted};

/// Characters of all inline policies of a group together, blanks not counted. AWS does not raise it.
const INLINE: usize = 5120;
/// Managed policies of a group. AWS does not raise it.
const MANAGED: usize = 10;

section! {
    /// A role of the same name in several accounts.
    #[practices(9)]
    RoleOfAccounts {
        /// The accounts.
        accounts: List<TrustedAccount>, required;
        /// The role's name there.
        role: RoleName, required;
    }
}

/// A role that may be assumed, or one in several accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assumed {
    /// This one.
    Arn(RoleArn),
    /// One of each account.
    Of(RoleOfAccounts),
}

impl KeyType for Assumed {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        if value.is_table() {
            RoleOfAccounts::read(value, span, reader).map(Self::Of)
        } else {
            RoleArn::read(value, span, reader).map(Self::Arn)
        }
    }

    fn describe() -> String {
        "ARN of a role, or accounts and the name of a role".to_owned()
    }

    fn schema() -> Json {
        json!({ "anyOf": [RoleArn::schema(), RoleOfAccounts::schema()] })
    }

    fn nested() -> Option<(Nesting, SectionInfo)> {
        RoleOfAccounts::nested()
    }
}

section! {
    /// A group of IAM users. Each of those accounts decides by the trust of its role whom it lets in: see
    /// `trusted_by` of a role.
    #[practices(5, 9)]
    Group {
        /// The group's name in AWS.
        name: GroupName, absent "`BASELINE-NAME`";
        /// What its members may do.
        allow: List<Allow>, default "[]";
        /// What its members are denied, whatever else allows it.
        deny: List<Deny>, default "[]";
        /// Managed policies: names of policies of this file, or ARNs.
        policies: List<DeclaredOrArn<Policy, ManagedPolicyArn>>, default "[]";
        /// Roles that its members may assume, here or in other accounts: ARNs, or
        /// `{ accounts = ["123456789012"], role = "auditor" }`.
        assume: List<Assumed>, default "[]";
        /// Its members, all of them. They are never made here.
        members: List<UserName>, absent "whoever is in it stays";
    }
}

impl Sectioned for Group {
    const SECTION: &'static str = "group";
    const WORDS: &'static str = "group of users";
}

/// The roles that members may assume, sorted.
fn roles(names: &Names<'_>, group: &Group) -> Vec<String> {
    let filled = |role: &Assumed| match role {
        Assumed::Arn(arn) => vec![arn.fill(names.place, names.region())],
        Assumed::Of(of) => {
            let role = of.role.fill(names.place, names.region());
            let arn = |account: String| format!("arn:{}:iam::{account}:role/{role}", names.place.partition);
            of.accounts.iter().map(|account| arn(account.fill(names.place, names.region()))).collect()
        }
    };
    let mut roles: Vec<String> = group.assume.iter().flat_map(|role| filled(role)).collect();
    roles.sort();
    roles.dedup();
    roles
}

fn statements(names: &Names<'_>, group: &Group) -> Vec<Json> {
    let mut statements = identity::allows(names, &group.allow);
    let roles = roles(names, group);
    if !roles.is_empty() {
        statements.push(json!({
            "Sid": "AssumeRoles", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles,
        }));
    }
    statements.extend(identity::denials(names, &group.deny));
    statements
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &Group> = BTreeMap::new();
    for entry in names.file.group.iter() {
        let group = &entry.section;
        let header = &group.header.span;
        let in_aws = names.group(&entry.name);
        let span = group.name.as_ref().map_or(header, |name| &name.span);
        if entry.name == GUARD || in_aws.eq_ignore_ascii_case(&names.prefixed(GUARD)) {
            problems.push(
                Diagnostic::error(
                    "bad-name",
                    span,
                    "this is the group that `[users]` puts console users into",
                )
                .hint("choose another name"),
            );
        }
        if let Err(reason) = check_policy_name(&in_aws) {
            problems.push(
                Diagnostic::error("bad-name", span, format!("{in_aws:?} cannot be a group's name: {reason}"))
                    .hint("set `name` to a shorter one"),
            );
        }
        // Names ignore case (IAM-1).
        if let Some(first) = seen.get(&in_aws.to_ascii_lowercase()) {
            problems.push(
                Diagnostic::error("duplicate-name", span, format!("two groups would be called {in_aws}"))
                    .related(&first.header.span, "the other group")
                    .hint("give one of them another `name`"),
            );
        }
        seen.entry(in_aws.to_ascii_lowercase()).or_insert(group);
        role_access::check(&group.allow, problems);
        identity::check(&group.deny, problems);
        for role in group.assume.iter() {
            if let Assumed::Of(of) = &role.value
                && of.accounts.iter().next().is_none()
            {
                problems.push(Diagnostic::error("bad-value", &of.accounts.span, "this list cannot be empty"));
            }
        }
        if statements(names, group).is_empty() && group.policies.iter().next().is_none() {
            problems.push(
                Diagnostic::warning("empty-group", header, "members of this group may do nothing by it")
                    .hint("add `allow`, `policies` or `assume`"),
            );
        }
        identity::check_wide(&group.policies, "the members", problems);
        if let Some(extra) = group.policies.iter().nth(MANAGED) {
            problems.push(
                Diagnostic::error(
                    "too-many",
                    &extra.span,
                    format!("a group can have {MANAGED} managed policies"),
                )
                .hint("put grants into `allow`"),
            );
        }
        identity::check_size(&statements(names, group), INLINE, &group.header, problems);
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    for entry in names.file.group.iter() {
        let (name, group) = (entry.name.as_str(), &entry.section);
        let statements = statements(names, group);
        let mut inline = Dict::default();
        if !statements.is_empty() {
            inline.0.insert("allow".to_owned(), super::policies::document(statements)?);
        }
        let attributes = iam_group::Group {
            group: names.group(name),
            inline,
            managed: group.policies.iter().map(|policy| names.managed_policy(policy)).collect(),
            members: group
                .members
                .as_ref()
                .map(|members| members.iter().map(|user| user.written().to_owned()).collect()),
        };
        let after = identity::declared(&group.policies).map(iam_policy::Policy::addr);
        wanted.add(name, &attributes, after, &Origin::from(&group.header))?;
    }
    Ok(())
}
