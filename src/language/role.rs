//! `[role.NAME]`: a role, who may assume it and what it may do.

use std::collections::BTreeMap;

use super::Diagnostic;
use super::names::Names;
use super::policies::identity;
use super::policies::role_access::{self, Allow};
use super::policy::Policy;
use super::section::section;
use super::types::{
    DeclaredOrArn, FreeText, List, ManagedPolicyArn, PolicyText, ProviderArn, RoleName, Sectioned,
    ServiceName, TrustedAccount, Whole, check_role_name,
};
use crate::kinds::iam_policy;
use crate::kinds::iam_role;
use crate::model::{DecodeError, Dict, Origin, ResourceSpec as _, Wanted};

/// What AWS lets a role have: by default, and at the most on request (IAM User Guide, "IAM and AWS STS quotas").
struct Quota {
    unless_raised: usize,
    most: usize,
}

/// Characters of a trust policy, blanks not counted.
const TRUST: Quota = Quota { unless_raised: 2048, most: 8192 };
/// Characters of all inline policies together, blanks not counted. AWS does not raise it.
const INLINE: Quota = Quota { unless_raised: 10_240, most: 10_240 };
/// Managed policies.
const MANAGED: Quota = Quota { unless_raised: 10, most: 25 };

section! {
    /// Trust in an identity provider of the account.
    #[practices(9)]
    Federated {
        /// The provider's ARN.
        provider: ProviderArn, required;
        /// Who the token must be for.
        audience: PolicyText, absent "OIDC: `sts.amazonaws.com`; SAML: the sign-in page of AWS";
        /// Whose tokens are accepted, with `*` as a wildcard. An OIDC provider needs it, or everybody who has an
        /// account there could assume the role.
        subjects: List<PolicyText>, absent "SAML: everybody whom the provider sends";
    }
}

section! {
    /// Who may assume a role.
    #[practices(2, 9)]
    TrustedBy {
        /// Services, such as `"lambda.amazonaws.com"`.
        services: List<ServiceName>, default "[]";
        /// Accounts. Each decides itself who of its principals may assume the role.
        accounts: List<TrustedAccount>, default "[]";
        /// Principals of those accounts must have signed in with MFA. Programs cannot: say `false` for them, and
        /// give an `external_id`.
        require_mfa: bool, default "true";
        /// The external ID that callers must pass to `sts:AssumeRole`, against confused deputies.
        external_id: PolicyText, absent "none is asked for";
        /// An identity provider.
        federated: Federated, absent "none";
    }
}

section! {
    /// A role with its policies, and for instances its instance profile.
    #[practices(4, 5, 9)]
    Role {
        /// The role's name in AWS.
        name: RoleName, absent "`BASELINE-NAME`";
        /// What it is for.
        description: FreeText, absent "`NAME role of BASELINE`";
        /// Instances may run with it: EC2 may assume it, and an instance profile of the same name holds it.
        instance_profile: bool, default "false";
        /// Who else may assume it.
        trusted_by: TrustedBy, absent "nobody";
        /// The longest session, in hours.
        max_session_hours: Whole<1, 12>, default "1";
        /// What it may do.
        allow: List<Allow>, default "[]";
        /// Managed policies: names of policies of this file, or ARNs.
        policies: List<DeclaredOrArn<Policy, ManagedPolicyArn>>, default "[]";
        /// A managed policy that bounds what it may do: the name of a policy of this file, or an ARN.
        boundary: DeclaredOrArn<Policy, ManagedPolicyArn>, absent "none";
    }
}

impl Sectioned for Role {
    const SECTION: &'static str = "role";
    const WORDS: &'static str = "role";
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &Role> = BTreeMap::new();
    for entry in names.file.role.iter() {
        let (name, role) = (entry.name.as_str(), &entry.section);
        let in_aws = names.role(name);
        let span = role.name.as_ref().map_or(&role.header.span, |name| &name.span);
        if let Err(reason) = check_role_name(&in_aws) {
            problems.push(
                Diagnostic::error("bad-name", span, format!("{in_aws:?} cannot be a role's name: {reason}"))
                    .hint("set `name` to a shorter one"),
            );
        }
        // Role names ignore case (IAM-1).
        if let Some(first) = seen.get(&in_aws.to_ascii_lowercase()) {
            problems.push(
                Diagnostic::error("duplicate-name", span, format!("two roles would be called {in_aws}"))
                    .related(&first.header.span, "the other role")
                    .hint("give one of them another `name`"),
            );
        }
        seen.entry(in_aws.to_ascii_lowercase()).or_insert(role);
        check_trust(role, problems);
        role_access::check(&role.allow, problems);
        check_managed(role, problems);
        check_sizes(names, role, problems);
    }
}

fn check_trust(role: &Role, problems: &mut Vec<Diagnostic>) {
    let header = &role.header.span;
    let Some(trust) = &role.trusted_by else {
        if !role.instance_profile.value {
            problems.push(
                Diagnostic::error("unreachable", header, "nobody may assume this role")
                    .hint("add `instance_profile = true` or `trusted_by = { ... }`"),
            );
        }
        return;
    };
    let somebody = trust.services.iter().next().is_some()
        || trust.accounts.iter().next().is_some()
        || trust.federated.is_some();
    if !somebody {
        problems.push(
            Diagnostic::error("unreachable", &trust.span, "`trusted_by` names nobody")
                .hint("add `services`, `accounts` or `federated`"),
        );
    }
    if let Some(id) = &trust.external_id {
        let length = id.written().chars().count();
        let known = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
        // ORG-5.
        if !(2..=1224).contains(&length) || !id.written().chars().all(known) {
            problems.push(
                Diagnostic::error("bad-value", &id.span, "AWS takes no such external id")
                    .hint("write 2 to 1224 letters, digits and any of _+=,.@:/-"),
            );
        }
        if trust.accounts.iter().next().is_none() {
            problems.push(Diagnostic::error(
                "bad-combination",
                &id.span,
                "`external_id` is asked of `accounts`, and there are none",
            ));
        }
    }
    if !trust.require_mfa.value && trust.external_id.is_none() && trust.accounts.iter().next().is_some() {
        problems.push(
            Diagnostic::warning(
                "weak-trust",
                &trust.require_mfa.span,
                "accounts may assume the role without MFA and without an external id",
            )
            .hint("people need MFA, programs of others an `external_id` (practice 9)"),
        );
    }
    if let Some(federated) = &trust.federated
        && role_access::is_oidc(federated.provider.written())
        && federated.subjects.as_ref().is_none_or(|subjects| subjects.iter().next().is_none())
    {
        problems.push(
            Diagnostic::error(
                "open-trust",
                &federated.provider.span,
                "everybody who has an account with this provider could assume the role",
            )
            .hint("add `subjects`, such as [\"repo:OWNER/NAME:ref:refs/heads/main\"]"),
        );
    }
}

fn check_managed(role: &Role, problems: &mut Vec<Diagnostic>) {
    identity::check_wide(&role.policies, "the role", problems);
    if let Some(extra) = role.policies.iter().nth(MANAGED.most) {
        problems.push(
            Diagnostic::error(
                "too-many",
                &extra.span,
                format!("a role can have {} managed policies", MANAGED.most),
            )
            .hint("put grants into `allow`"),
        );
    } else if let Some(extra) = role.policies.iter().nth(MANAGED.unless_raised) {
        problems.push(
            Diagnostic::warning(
                "quota",
                &extra.span,
                format!(
                    "a role can have {} managed policies unless AWS raised the quota",
                    MANAGED.unless_raised
                ),
            )
            .hint("put grants into `allow`, or have the quota raised first"),
        );
    }
}

fn check_sizes(names: &Names<'_>, role: &Role, problems: &mut Vec<Diagnostic>) {
    let size = |statements: Vec<serde_json::Value>| {
        let text = serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        text.chars().filter(|c| !c.is_whitespace()).count()
    };
    let trust = size(role_access::trust(names, role));
    let inline = size(identity::allows(names, &role.allow));
    for (what, size, quota) in [("`trusted_by`", trust, TRUST), ("`allow`", inline, INLINE)] {
        let header = &role.header.span;
        if size > quota.most {
            problems.push(
                Diagnostic::error(
                    "too-large",
                    header,
                    format!("{what} makes a policy of {size} characters, AWS takes {}", quota.most),
                )
                .hint("divide the role in two"),
            );
        } else if size > quota.unless_raised {
            problems.push(
                Diagnostic::warning(
                    "quota",
                    header,
                    format!(
                        "{what} makes a policy of {size} characters, AWS takes {} unless the quota was raised",
                        quota.unless_raised
                    ),
                )
                .hint("divide the role in two, or have the quota raised first"),
            );
        }
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    for entry in names.file.role.iter() {
        let (name, role) = (entry.name.as_str(), &entry.section);
        let statements = identity::allows(names, &role.allow);
        let mut inline = Dict::default();
        if !statements.is_empty() {
            inline.0.insert("allow".to_owned(), super::policies::document(statements)?);
        }
        let attributes = iam_role::Role {
            role: names.role(name),
            description: role.description.as_ref().map_or_else(
                || format!("{name} role of {}", names.file.name.written()),
                |text| text.fill(names.place, names.region()),
            ),
            trust: super::policies::document(role_access::trust(names, role))?,
            max_session_seconds: role.max_session_hours.0 * 3600,
            inline,
            managed: role.policies.iter().map(|policy| names.managed_policy(policy)).collect(),
            boundary: role.boundary.as_ref().map(|policy| names.managed_policy(policy)),
            instance_profile: role.instance_profile.value,
        };
        let boundary = role.boundary.iter().filter_map(|boundary| match &boundary.value {
            DeclaredOrArn::Declared(policy) => Some(policy.name.as_str()),
            DeclaredOrArn::Arn(_) => None,
        });
        let after = identity::declared(&role.policies).chain(boundary).map(iam_policy::Policy::addr);
        wanted.add(name, &attributes, after, &Origin::from(&role.header))?;
    }
    Ok(())
}
