//! Identity providers that many share, and whether a trust policy says whose subjects it takes.
//!
//! At a shared provider everybody has an account, so a claim must name the owner. IAM asks for that claim when such a role is
//! made or changed, and leaves older ones as they are.

use crate::policy::{Condition, Effect, Policy, Quantifier, Statement};

/// Which claim of a shared provider tells whose subject it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tenant {
    /// The subject, which names the owner first, such as `repo:OWNER/REPOSITORY:...`.
    Subject,
    /// The audience, as a whole.
    Audience,
    /// The name of the session, which no claim carries.
    SessionName,
}

/// Shared providers by issuer (IAM user guide, "Identity-provider controls for shared OIDC providers").
const SHARED: [(&str, Tenant); 17] = [
    ("agent.buildkite.com", Tenant::Subject),
    ("api.pulumi.com/oidc", Tenant::Audience),
    ("app.terraform.io", Tenant::Subject),
    ("cognito-identity.amazonaws.com", Tenant::Audience),
    ("gitlab.com", Tenant::Subject),
    ("oidc-configuration.audit-log.githubusercontent.com", Tenant::Subject),
    ("oidc.codefresh.io", Tenant::Subject),
    // Clusters of one vendor's service, by id.
    ("oidc.op1.openshiftapps.com/", Tenant::Subject),
    ("oidc.vercel.com", Tenant::Audience),
    ("proidc.upbound.io", Tenant::Subject),
    ("rh-oidc.s3.us-east-1.amazonaws.com/", Tenant::Subject),
    ("sandboxes.cloud", Tenant::Audience),
    ("scalr.io", Tenant::Subject),
    ("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", Tenant::SessionName),
    ("studio.datachain.ai/api", Tenant::Subject),
    ("token.actions.githubusercontent.com", Tenant::Subject),
    ("tokens.cloud.shisho.dev", Tenant::Subject),
];

/// An older issuer of the same provider.
const ALIASES: [(&str, &str); 1] =
    [("vstoken.actions.githubusercontent.com", "token.actions.githubusercontent.com")];

/// Public sign-ins, which are named without an ARN and have no owner but the application.
const PUBLIC: [&str; 3] = ["accounts.google.com", "graph.facebook.com", "www.amazon.com"];

/// Claims that name the owner by themselves, besides the subject.
const OWNERS: [&str; 7] = [
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "enterprise_id",
    "namespace_id",
    "project_id",
];

/// The provider whose subjects a statement takes without asking whose they are.
pub(super) fn open_provider<'a>(trust: &Policy, statement: &'a Statement) -> Option<&'a str> {
    if !statement.covers_action("sts:AssumeRoleWithWebIdentity") {
        return None;
    }
    let providers = &statement.principals.as_ref()?.federated;
    let open = providers.iter().find(|provider| {
        !provider.contains(":saml-provider/") && !is_narrowed(trust, statement, issuer(provider))
    })?;
    Some(open)
}

/// The issuer, without scheme: the last part of the ARN of a provider of the account, or the bare name.
fn issuer(provider: &str) -> &str {
    provider.split_once("oidc-provider/").map_or(provider, |(_, name)| name)
}

fn is_narrowed(trust: &Policy, statement: &Statement, issuer: &str) -> bool {
    let known =
        ALIASES.iter().find(|(alias, _)| issuer.eq_ignore_ascii_case(alias)).map_or(issuer, |(_, name)| name);
    let shared = SHARED.iter().find(|(name, _)| match name.strip_suffix('/') {
        Some(host) => known.starts_with(host),
        None => known.eq_ignore_ascii_case(name),
    });
    let conditions = || {
        let asked = statement.conditions.iter().filter(|condition| always_compares(condition));
        asked.chain(trust.statements.iter().filter_map(denies_all_but))
    };
    let claims = || conditions().filter_map(|condition| Some((claim(condition, issuer)?, condition)));
    let whole = |condition: &Condition| condition.values.iter().all(|value| !is_wild(condition, &value.text));
    match shared {
        Some((_, Tenant::SessionName)) => conditions()
            .any(|condition| condition.key.eq_ignore_ascii_case("sts:RoleSessionName") && whole(condition)),
        Some((_, Tenant::Audience)) => claims().any(|(name, condition)| name == "aud" && whole(condition)),
        Some((_, Tenant::Subject)) => claims().any(|(name, condition)| match name.as_str() {
            "sub" => condition.values.iter().all(|value| names_an_owner(condition, &value.text)),
            name => OWNERS.contains(&name) && whole(condition),
        }),
        None if PUBLIC.contains(&issuer) => claims().any(|(name, condition)| {
            ["aud", "app_id", "oaud", "sub"].contains(&name.as_str()) && whole(condition)
        }),
        // A provider of one's own: any claim that is asked for tells who it is.
        None => claims().any(|(_, condition)| condition.values.iter().all(|value| value.text != "*")),
    }
}

/// Whether the request must carry the key with one of the values. One that may be skipped, or says whom not, tells nothing.
fn always_compares(condition: &Condition) -> bool {
    condition.is_equality()
        && !condition.if_exists
        && condition.quantifier != Quantifier::All
        && !condition.values.is_empty()
}

/// The condition of a deny for everybody whose claim is not one of some values: as good as asking for one of them.
fn denies_all_but(statement: &Statement) -> Option<&Condition> {
    let [condition] = statement.conditions.as_slice() else { return None };
    let speaks = statement.effect == Effect::Deny
        && statement.covers_action("sts:AssumeRoleWithWebIdentity")
        && statement.principals.as_ref().is_some_and(|principals| principals.everyone && !principals.all_but);
    let compares = condition.is_inequality() && condition.quantifier == Quantifier::One;
    (speaks && compares && !condition.values.is_empty()).then_some(condition)
}

/// The claim of the issuer that a condition asks for.
fn claim(condition: &Condition, issuer: &str) -> Option<String> {
    let key = condition.key.to_ascii_lowercase();
    Some(key.strip_prefix(&issuer.to_ascii_lowercase())?.strip_prefix(':')?.to_owned())
}

/// Whether a value has wildcards that the operator takes for wildcards, or a variable.
fn is_wild(condition: &Condition, value: &str) -> bool {
    (condition.knows_wildcards() && value.contains(['*', '?'])) || value.contains("${")
}

/// Whether a subject names its owner in full: `repo:octo/*` does, `repo:*` and `repo:octo*` do not.
fn names_an_owner(condition: &Condition, subject: &str) -> bool {
    if !is_wild(condition, subject) {
        return true;
    }
    let fixed = subject.split(['*', '?']).next().unwrap_or_default();
    let fixed = fixed.split("${").next().unwrap_or_default();
    // Some subjects are addresses, and everybody's begin with the host.
    let owner = match fixed.split_once("://") {
        Some((_, address)) => address.split_once('/').map(|(_, path)| path),
        None => fixed.split_once([':', '/']).map(|(_, owner)| owner),
    };
    owner.is_some_and(|owner| owner.find([':', '/']).is_some_and(|end| end > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn is_open(issuer: &str, condition: &str) -> bool {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::123456789012:oidc-provider/{issuer}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{condition}}}}}"#
        );
        let policy = Policy::parse(&text).unwrap();
        open_provider(&policy, &policy.statements[0]).is_some()
    }

    #[test]
    fn a_subject_must_name_its_owner_in_full() {
        const GITHUB: &str = "token.actions.githubusercontent.com";
        for (operator, subject, open) in [
            ("StringLike", "repo:octo/site:*", false),
            ("StringLike", "repo:octo/*", false),
            ("StringEquals", "repo:octo/site:ref:refs/heads/main", false),
            ("StringLike", "repo:*", true),
            ("StringLike", "repo:octo*", true),
            ("StringLike", "repo:octo*/site:ref:refs/heads/main", true),
            ("StringLike", "repo:*:ref:refs/heads/main", true),
            ("StringLike", "repo:*/site:*", true),
            ("StringLike", "repo:?cto/site:*", true),
            ("StringLike", "*", true),
            ("StringLike", "*:environment:production", true),
            // Taken literally: no token carries it.
            ("StringEquals", "repo:*", false),
            ("StringNotLike", "repo:evil/*", true),
            ("StringLikeIfExists", "repo:octo/site:*", true),
            ("ForAllValues:StringLike", "repo:octo/site:*", true),
            ("ForAnyValue:StringLike", "repo:octo/site:*", false),
        ] {
            let condition = format!(r#"{{"{operator}":{{"{GITHUB}:sub":"{subject}"}}}}"#);
            assert_eq!(is_open(GITHUB, &condition), open, "{operator} {subject}");
        }
        let both = format!(r#"{{"StringLike":{{"{GITHUB}:sub":["repo:octo/*","repo:*"]}}}}"#);
        assert!(is_open(GITHUB, &both), "one value that is open is enough");
        let owner = format!(r#"{{"StringEquals":{{"{GITHUB}:repository_owner_id":"1"}}}}"#);
        assert!(!is_open(GITHUB, &owner));
        let branch = format!(r#"{{"StringEquals":{{"{GITHUB}:ref":"refs/heads/main"}}}}"#);
        assert!(is_open(GITHUB, &branch), "everybody has a main branch");
    }

    #[test]
    fn every_shared_provider_needs_its_own_claim() {
        for (issuer, claim, narrow, wide) in [
            ("agent.buildkite.com", "sub", "organization:acme:pipeline:*", "organization:*"),
            ("app.terraform.io", "sub", "organization:acme:project:*", "organization:*:project:x"),
            ("gitlab.com", "sub", "project_path:acme/*", "project_path:*"),
            ("oidc.codefresh.io", "sub", "account:64f0:pipeline:*", "account:*"),
            ("proidc.upbound.io", "sub", "mcp:acme/prod:provider:*", "mcp:*"),
            ("scalr.io", "sub", "account:acme:environment:*", "*"),
            ("tokens.cloud.shisho.dev", "sub", "job:acme:*", "job:*"),
            ("studio.datachain.ai/api", "sub", "credentials:acme/*", "credentials:*"),
            ("vstoken.actions.githubusercontent.com", "sub", "repo:octo/site:*", "repo:*"),
            (
                "oidc-configuration.audit-log.githubusercontent.com",
                "sub",
                "https://github.com/acme",
                "https://github.com/*",
            ),
            ("rh-oidc.s3.us-east-1.amazonaws.com/22ejn", "sub", "system:serviceaccount:acme:*", "*"),
            ("api.pulumi.com/oidc", "aud", "acme", "*"),
            ("oidc.vercel.com", "aud", "https://vercel.com/acme", "https://vercel.com/*"),
            ("sandboxes.cloud", "aud", "acme", "a*"),
            ("cognito-identity.amazonaws.com", "aud", "us-east-1:pool", "us-east-1:*"),
        ] {
            let asks = |value: &str| format!(r#"{{"StringLike":{{"{issuer}:{claim}":"{value}"}}}}"#);
            assert!(!is_open(issuer, &asks(narrow)), "{issuer} {narrow}");
            assert!(is_open(issuer, &asks(wide)), "{issuer} {wide}");
            let other = if claim == "sub" { "aud" } else { "sub" };
            let beside = format!(r#"{{"StringEquals":{{"{issuer}:{other}":"x"}}}}"#);
            assert!(is_open(issuer, &beside), "{issuer} by {other} alone");
        }
        let sentinel = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d";
        assert!(is_open(sentinel, &format!(r#"{{"StringEquals":{{"{sentinel}:aud":"api"}}}}"#)));
        assert!(!is_open(sentinel, r#"{"StringEquals":{"sts:RoleSessionName":"MicrosoftSentinel_1"}}"#));
    }

    #[test]
    fn a_provider_of_ones_own_is_narrowed_by_any_claim() {
        let cluster = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE";
        for (value, open) in [("system:serviceaccount:web:*", false), ("*", true)] {
            let condition = format!(r#"{{"StringLike":{{"{cluster}:sub":"{value}"}}}}"#);
            assert_eq!(is_open(cluster, &condition), open, "{value}");
        }
    }
}
