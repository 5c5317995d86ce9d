//! Who a statement speaks of.

use serde_json::Value;

use super::syntax::items;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// Somebody without credentials.
    Anonymous,
    /// Somebody with a token of an identity provider, such as `graph.facebook.com` or a provider's ARN.
    Federated(&'a str),
    /// An AWS service, such as `cloudtrail.amazonaws.com`.
    Service(&'a str),
    /// A user, role or root: the account, and the ARN of the user or role.
    Aws {
        /// The account's twelve digits.
        account: &'a str,
        /// The ARN of the user, role or session.
        arn: &'a str,
        /// The ARN of the role behind a session; otherwise the same.
        identity: &'a str,
    },
}

/// How a statement names somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Naming {
    /// By their account, which then decides itself whom of its own it lets do it.
    Account,
    /// The role behind the session.
    Identity,
    /// Themselves, or everybody.
    Direct,
}

/// The principals of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Principals {
    /// Whether it speaks of everybody but these: `NotPrincipal`.
    pub all_but: bool,
    /// Whether `*` stands among them.
    pub everyone: bool,
    /// Accounts, users, roles and sessions: ARNs, account ids, unique ids.
    pub aws: Vec<String>,
    /// Services.
    pub services: Vec<String>,
    /// Identity providers.
    pub federated: Vec<String>,
    /// Canonical user ids.
    pub canonical: Vec<String>,
}

impl Principals {
    pub(super) fn of(value: &Value, all_but: bool) -> Self {
        let texts = |kind: &str| -> Vec<String> {
            let named = items(value.get(kind).unwrap_or(&Value::Null));
            named.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let aws = texts("AWS");
        Self {
            all_but,
            everyone: value == "*" || aws.iter().any(|name| name == "*"),
            aws: aws.into_iter().filter(|name| name != "*").collect(),
            services: texts("Service"),
            federated: texts("Federated"),
            canonical: texts("CanonicalUser"),
        }
    }

    /// How somebody is named; nothing where the statement does not speak of them.
    pub fn naming(&self, who: Who<'_>) -> Option<Naming> {
        let named = self.named(who);
        if self.all_but { named.is_none().then_some(Naming::Direct) } else { named }
    }

    fn named(&self, who: Who<'_>) -> Option<Naming> {
        // `"AWS": "*"` means everyone, services included.
        if self.everyone {
            return Some(Naming::Direct);
        }
        let among =
            |names: &[String], name: &str| names.iter().any(|known| known == name).then_some(Naming::Direct);
        match who {
            Who::Anonymous => None,
            Who::Federated(provider) => among(&self.federated, provider),
            Who::Service(service) => among(&self.services, service),
            Who::Aws { account, arn, identity } => self
                .aws
                .iter()
                .filter_map(|name| {
                    let is_account = name == account
                        || (name.ends_with(":root") && name.split(':').nth(4) == Some(account));
                    // A role acts through its sessions, so its own ARN is never that of who asks.
                    if name == identity && name.contains(":role/") {
                        Some(Naming::Identity)
                    } else if name == arn {
                        Some(Naming::Direct)
                    } else {
                        is_account.then_some(Naming::Account)
                    }
                })
                .max(),
        }
    }
}
