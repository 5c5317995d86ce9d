//! Who may assume a role, and what it may do.

use serde_json::{Value as Json, json};

use super::with_conditions;
use crate::language::names::Names;
use crate::language::role::Role;
use crate::language::section::section;
use crate::language::types::{FreeText, List, PolicyText, Raw};
use crate::language::{Diagnostic, Spanned};
use crate::partition;

section! {
    /// A grant: these actions on these resources.
    #[practices(5)]
    Allow {
        /// Its name: letters and digits.
        sid: FreeText, absent "none";
        /// Actions, such as `"ssm:GetParameter"`.
        actions: List<PolicyText>, required;
        /// ARNs, with `*` as a wildcard.
        resources: List<PolicyText>, required;
        /// When, as in a policy: `{ StringEquals = { "aws:RequestedRegion" = "us-east-1" } }`.
        conditions: Raw, absent "always";
        /// Why every action of a service, or every resource, is granted. Kept in the file for the next reader.
        wildcard_reason: FreeText, absent "wildcards are refused or warned about";
    }
}

/// Holds grants to least privilege (practice 5).
pub(in crate::language) fn check(allow: &List<Allow>, problems: &mut Vec<Diagnostic>) {
    for grant in allow.iter() {
        check_actions(grant.sid.as_ref(), &grant.actions, problems);
        for action in grant.actions.iter() {
            let text = action.written();
            if grant.wildcard_reason.is_none() && (text == "*" || text.ends_with(":*")) {
                problems.push(
                    Diagnostic::error("wildcard", &action.span, "this grants every action")
                        .hint("list the actions, or say why in `wildcard_reason` (practice 5)"),
                );
            }
        }
        for list in [&grant.actions, &grant.resources] {
            if list.iter().next().is_none() {
                problems.push(Diagnostic::error("bad-value", &list.span, "this list cannot be empty"));
            }
        }
        for resource in grant.resources.iter().filter(|resource| resource.written() == "*") {
            if grant.wildcard_reason.is_none() {
                problems.push(
                    Diagnostic::warning("wildcard", &resource.span, "this grants every resource")
                        .hint("name the resources, or say why in `wildcard_reason` (practice 5)"),
                );
            }
        }
    }
}

/// Reports a `sid` and actions that AWS would refuse.
pub(in crate::language) fn check_actions(
    sid: Option<&Spanned<FreeText>>,
    actions: &List<PolicyText>,
    problems: &mut Vec<Diagnostic>,
) {
    if let Some(sid) = sid.filter(|sid| !sid.written().chars().all(|c| c.is_ascii_alphanumeric())) {
        problems.push(Diagnostic::error("bad-name", &sid.span, "a `sid` is made of letters and digits"));
    }
    for action in actions.iter() {
        let text = action.written();
        let named =
            text.split_once(':').is_some_and(|(service, call)| !service.is_empty() && !call.is_empty());
        if text != "*" && !named {
            problems.push(
                Diagnostic::error("bad-value", &action.span, "this is not an action")
                    .hint("write SERVICE:CALL, such as \"s3:GetObject\""),
            );
        }
    }
}

/// Whether a provider speaks OIDC; the others speak SAML.
pub(in crate::language) fn is_oidc(provider_arn: &str) -> bool {
    provider_arn.contains(":oidc-provider/")
}

/// The statements of a role's trust policy.
pub(in crate::language) fn trust(names: &Names<'_>, role: &Role) -> Vec<Json> {
    let mut statements = Vec::new();
    let assume = |services: Vec<String>| json!({ "Effect": "Allow", "Principal": { "Service": services }, "Action": "sts:AssumeRole" });
    let mut services = Vec::new();
    if role.instance_profile.value {
        let own = partition::named(names.place.partition);
        services.push(own.map_or("ec2.amazonaws.com", |partition| partition.ec2_service).to_owned());
    }
    if let Some(trust) = &role.trusted_by {
        services.extend(trust.services.iter().map(|service| service.written().to_owned()));
    }
    if !services.is_empty() {
        statements.push(assume(services));
    }
    let Some(trust) = &role.trusted_by else { return statements };
    // The account's root survives the deletion and re-creation of a principal (IAM-3).
    let accounts: Vec<String> = trust
        .accounts
        .iter()
        .map(|id| format!("arn:{}:iam::{}:root", names.place.partition, id.fill(names.place, names.region())))
        .collect();
    if !accounts.is_empty() {
        let mut conditions = json!({});
        if trust.require_mfa.value {
            conditions["Bool"] = json!({ "aws:MultiFactorAuthPresent": "true" });
        }
        if let Some(id) = &trust.external_id {
            conditions["StringEquals"] = json!({ "sts:ExternalId": id.fill(names.place, names.region()) });
        }
        statements.push(with_conditions(
            json!({ "Effect": "Allow", "Principal": { "AWS": accounts }, "Action": "sts:AssumeRole" }),
            conditions,
        ));
    }
    if let Some(federated) = &trust.federated {
        let provider = federated.provider.fill(names.place, names.region());
        let subjects: Vec<String> = federated
            .subjects
            .iter()
            .flat_map(|subjects| subjects.iter())
            .map(|subject| subject.fill(names.place, names.region()))
            .collect();
        let audience = federated.audience.as_ref().map(|audience| audience.fill(names.place, names.region()));
        statements.push(federation(names.place.partition, &provider, &subjects, audience));
    }
    statements
}

fn federation(partition: &str, provider: &str, subjects: &[String], audience: Option<String>) -> Json {
    let oidc = provider.split_once(":oidc-provider/").map(|(_, host)| host);
    let (action, key, audience) = match oidc {
        Some(host) => (
            "sts:AssumeRoleWithWebIdentity",
            host,
            audience.unwrap_or_else(|| "sts.amazonaws.com".to_owned()),
        ),
        None => (
            "sts:AssumeRoleWithSAML",
            "SAML",
            audience.unwrap_or_else(|| {
                let sign_in =
                    partition::named(partition).map_or("signin.aws.amazon.com", |known| known.sign_in);
                format!("https://{sign_in}/saml")
            }),
        ),
    };
    let mut conditions = json!({ "StringEquals": { format!("{key}:aud"): audience } });
    if !subjects.is_empty() {
        conditions["StringLike"] = json!({ format!("{key}:sub"): subjects });
    }
    with_conditions(
        json!({ "Effect": "Allow", "Principal": { "Federated": provider }, "Action": action }),
        conditions,
    )
}
