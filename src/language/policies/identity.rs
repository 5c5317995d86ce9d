//! Statements of what an identity may do: those of roles, groups of users and managed policies.

use serde_json::{Value as Json, json};

use super::with_conditions;
use crate::language::names::Names;
use crate::language::policy::Policy;
use crate::language::section::section;
use crate::language::types::{DeclaredOrArn, FreeText, List, ManagedPolicyArn, PolicyText, Raw};
use crate::language::{Diagnostic, Header};

use super::role_access::{Allow, check_actions};

/// Managed policies that let somebody do nearly anything.
const WIDE: [&str; 3] = ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"];

section! {
    /// A denial of these actions on these resources.
    #[practices(5)]
    Deny {
        /// Its name: letters and digits.
        sid: FreeText, absent "none";
        /// Actions, such as `"s3:DeleteBucket"`, with `*` as a wildcard.
        actions: List<PolicyText>, required;
        /// ARNs, with `*` as a wildcard.
        resources: List<PolicyText>, required;
        /// When, as in a policy: `{ Bool = { "aws:MultiFactorAuthPresent" = "false" } }`.
        conditions: Raw, absent "always";
    }
}

/// Reports denials that AWS would refuse. A denial may be as wide as it likes.
pub(in crate::language) fn check(deny: &List<Deny>, problems: &mut Vec<Diagnostic>) {
    for denial in deny.iter() {
        check_actions(denial.sid.as_ref(), &denial.actions, problems);
        for list in [&denial.actions, &denial.resources] {
            if list.iter().next().is_none() {
                problems.push(Diagnostic::error("bad-value", &list.span, "this list cannot be empty"));
            }
        }
    }
}

/// Warns about managed policies with which somebody can do nearly anything.
pub(in crate::language) fn check_wide(
    policies: &List<DeclaredOrArn<Policy, ManagedPolicyArn>>,
    who: &str,
    problems: &mut Vec<Diagnostic>,
) {
    for policy in policies.iter() {
        let DeclaredOrArn::Arn(arn) = &policy.value else { continue };
        if WIDE.iter().any(|wide| arn.written().ends_with(&format!("/{wide}"))) {
            problems.push(
                Diagnostic::warning(
                    "wide-grant",
                    &policy.span,
                    format!("this policy lets {who} do nearly anything"),
                )
                .hint("list what is needed in `allow` (practices 3 and 5)"),
            );
        }
    }
}

/// Reports statements that make a larger policy than AWS takes.
pub(in crate::language) fn check_size(
    statements: &[Json],
    most: usize,
    header: &Header,
    problems: &mut Vec<Diagnostic>,
) {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let size = text.chars().filter(|c| !c.is_whitespace()).count();
    if size > most {
        problems.push(
            Diagnostic::error(
                "too-large",
                &header.span,
                format!("this makes a policy of {size} characters, AWS takes {most}"),
            )
            .hint("divide it in two"),
        );
    }
}

/// The policies of the file among those, by name.
pub(in crate::language) fn declared(
    policies: &List<DeclaredOrArn<Policy, ManagedPolicyArn>>,
) -> impl Iterator<Item = &str> {
    policies.iter().filter_map(|policy| match &policy.value {
        DeclaredOrArn::Declared(policy) => Some(policy.name.as_str()),
        DeclaredOrArn::Arn(_) => None,
    })
}

/// The statements of grants.
pub(in crate::language) fn allows(names: &Names<'_>, allow: &List<Allow>) -> Vec<Json> {
    let one = |grant: &Allow| {
        let parts =
            (grant.sid.as_ref(), &grant.actions.value, &grant.resources.value, grant.conditions.as_ref());
        statement(names, "Allow", parts)
    };
    allow.iter().map(|grant| one(grant)).collect()
}

/// The statements of denials.
pub(in crate::language) fn denials(names: &Names<'_>, deny: &List<Deny>) -> Vec<Json> {
    let one = |denial: &Deny| {
        let parts =
            (denial.sid.as_ref(), &denial.actions.value, &denial.resources.value, denial.conditions.as_ref());
        statement(names, "Deny", parts)
    };
    deny.iter().map(|denial| one(denial)).collect()
}

type Parts<'a> = (
    Option<&'a crate::language::Spanned<FreeText>>,
    &'a List<PolicyText>,
    &'a List<PolicyText>,
    Option<&'a crate::language::Spanned<Raw>>,
);

fn statement(names: &Names<'_>, effect: &str, (sid, actions, resources, conditions): Parts<'_>) -> Json {
    let texts = |list: &List<PolicyText>| -> Vec<String> {
        list.iter().map(|text| text.fill(names.place, names.region())).collect()
    };
    let mut statement = json!({ "Effect": effect, "Action": texts(actions), "Resource": texts(resources) });
    if let Some(sid) = sid {
        statement["Sid"] = json!(sid.written());
    }
    let conditions = conditions.map_or_else(|| json!({}), |raw| raw.fill(names.place, names.region()));
    with_conditions(statement, conditions)
}
