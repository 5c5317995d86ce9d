//! How somebody gets a role through an identity provider that it trusts: by changing whom the provider speaks for.
//!
//! A provider of SAML is a document with certificates, and whoever writes it signs for anybody. One of OpenID Connect is an
//! issuer, whose tokens only the issuer signs: what IAM keeps of it says for which applications they are taken
//! (`AddClientIDToOpenIDConnectProvider`). Other thumbprints let nobody sign for an issuer whose host they do not hold, and a
//! provider under another issuer has another ARN.

use super::principal::Principal;
use crate::policy::{Ask, Context, Who};
use crate::posture::facts::Role;

/// The step by which somebody gets the role through one of the providers that it trusts.
pub(super) fn by_provider(principal: &Principal<'_>, role: &Role) -> Option<String> {
    if !CHANGES.iter().flat_map(|change| change.actions).any(|action| principal.knows(action)) {
        return None;
    }
    let trusting = role.trust.allows().filter_map(|statement| statement.principals.as_ref());
    let providers = trusting.flat_map(|principals| &principals.federated);
    let mut changes = providers.flat_map(|provider| CHANGES.iter().map(move |change| (provider, change)));
    changes.find_map(|(provider, change)| change.step(principal, role, provider))
}

/// What a change of a provider takes.
struct Change {
    /// What the providers have in their ARN that can be changed so.
    of: &'static str,
    /// All of these are needed.
    actions: &'static [&'static str],
    on: On,
}

/// On what the actions are needed.
#[derive(PartialEq)]
enum On {
    /// On the provider, which then speaks for whoever changed it.
    Provider,
    /// On the provider, which then takes tokens that the issuer made for another application.
    Audiences,
    /// On the cluster that issues the tokens. Nobody reads which one it is, so on any.
    Cluster,
}

const CHANGES: &[Change] = &[
    Change { of: ":saml-provider/", actions: &["iam:UpdateSAMLProvider"], on: On::Provider },
    Change {
        of: ":saml-provider/",
        actions: &["iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"],
        on: On::Provider,
    },
    Change { of: ":oidc-provider/", actions: &["iam:AddClientIDToOpenIDConnectProvider"], on: On::Audiences },
    Change {
        of: ":oidc-provider/",
        actions: &["iam:DeleteOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider"],
        on: On::Audiences,
    },
    // Whoever administers the cluster gets the token of any service account (EKS user guide, "Review access policy permissions").
    Change {
        of: ":oidc-provider/oidc.eks.",
        actions: &["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"],
        on: On::Cluster,
    },
];

impl Change {
    fn step(&self, principal: &Principal<'_>, role: &Role, provider: &str) -> Option<String> {
        if !provider.contains(self.of) || !self.actions.iter().all(|action| principal.knows(action)) {
            return None;
        }
        let name = &role.identity.name;
        let actions = self.actions.join(" and ");
        let (grants, on) = match self.on {
            On::Provider => (self.grants(principal, provider)?, format!("{provider}, which {name} trusts")),
            On::Audiences => {
                let grants = self.grants(principal, provider)?;
                if !takes_anybody(role, provider) {
                    return None;
                }
                (grants, format!("{provider}, which {name} trusts (if they can sign in there)"))
            }
            On::Cluster => {
                // An issuer is called such as oidc.eks.eu-west-1.amazonaws.com/id/1A2B.
                let region = provider.split("oidc.eks.").nth(1)?.split('.').next()?;
                let (partition, account) = (part(provider, 1), part(provider, 4));
                let eks = format!("arn:{partition}:eks:{region}:{account}");
                let entry = format!("{eks}:access-entry/unheard-of/role/{account}/unheard-of/unheard-of");
                let on = [format!("{eks}:cluster/unheard-of"), entry];
                let both = self.actions.iter().zip(&on);
                let grants: Vec<String> =
                    both.map(|(action, arn)| principal.may(action, arn, &[])).collect::<Option<_>>()?;
                (grants, format!("any cluster (if {provider}, which {name} trusts, is one of them)"))
            }
        };
        Some(format!("{actions} on {on}: {}", grants.join(", and ")))
    }

    fn grants(&self, principal: &Principal<'_>, arn: &str) -> Option<Vec<String>> {
        self.actions.iter().map(|action| principal.may(action, arn, &[])).collect()
    }
}

/// Whether a role takes whoever has a token of a provider, whatever the application and the subject, so that nothing but the
/// provider's list of applications keeps somebody out.
fn takes_anybody(role: &Role, provider: &str) -> bool {
    let issuer = provider.split_once("oidc-provider/").map_or(provider, |(_, issuer)| issuer);
    let context = ["aud", "azp", "sub", "oaud"]
        .iter()
        .fold(Context::open(), |context, claim| context.with(&format!("{issuer}:{claim}"), "unheard-of"));
    let ask = Ask {
        who: Who::Federated(provider),
        action: "sts:AssumeRoleWithWebIdentity",
        resource: &role.identity.arn,
        context: &context,
    };
    role.trust.allowing(&ask).is_some() && role.trust.denying(&ask).is_none()
}

/// A part of an ARN.
fn part(arn: &str, index: usize) -> &str {
    arn.split(':').nth(index).unwrap_or_default()
}
