//! Who outside the account may assume its roles, and against what proof.

use crate::posture::control::nist;
use std::collections::BTreeSet;

use super::identity_providers::open_provider;
use super::organizations::organizations;
use crate::partition::is_account;
use crate::policy::{Ask, Condition, Context, Effect, Policy, Statement, Who, glob, witness};
use crate::posture::asked::{AuditAsked, Declared};
use crate::posture::facts::Role;
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// No role can be assumed by everybody.
pub const EVERYBODY: Rule = Rule {
    id: "role-trust-everybody",
    title: "no role can be assumed by everybody",
    severity: Severity::Critical,
    practice: 9,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-6")],
    risk: "anybody with an AWS account, or with an account of a public identity provider, can become that role",
    remedy: "Name the accounts, or the subjects of the identity provider, that need the role in its trust policy.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Roles trust known accounts and organizations only.
pub const UNKNOWN: Rule = Rule {
    id: "role-trust-unknown-account",
    title: "roles trust known accounts only",
    severity: Severity::High,
    practice: 9,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-6")],
    risk: "an account nobody knows can work here, and whoever gets into it can too",
    remedy: "Name the account in `trusted_accounts` of `[audit]` if you know whose it is; otherwise take it out of the trust policy.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Other accounts prove themselves by external id or MFA.
pub const UNGUARDED: Rule = Rule {
    id: "role-trust-unguarded",
    title: "other accounts prove themselves by external id or MFA",
    severity: Severity::Medium,
    practice: 9,
    controls: &[nist("AC-3"), nist("AC-6")],
    risk: "a service that works for many customers can be talked into using this role for another of them, and a stolen key alone is enough",
    remedy: "Ask for sts:ExternalId where a program assumes the role, and for aws:MultiFactorAuthPresent where people do.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// The ways to assume a role.
pub(super) const ASSUME: [&str; 3] =
    ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// An account that stands for any other.
pub(super) const STRANGER: &str = "000000000000";

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let mut rules: Vec<&'static Rule> = vec![&EVERYBODY, &UNKNOWN];
    rules.extend(asked.guarded_trust.is_some().then_some(&UNGUARDED as &'static Rule));
    let Some(iam) = findings.require(&rules, &facts.iam) else { return };
    // Roles of AWS services and of IAM Identity Center can only be changed there.
    let roles: Vec<&Role> = iam.roles.iter().filter(|role| !role.identity.is_of_aws()).collect();
    for rule in rules {
        findings.checked(rule, roles.len());
    }
    for role in roles {
        one(facts, asked, role, findings);
    }
}

fn one(facts: &Facts, asked: &AuditAsked, role: &Role, findings: &mut Findings) {
    let name = &role.identity.name;
    let resource = Resource { kind: "role", id: role.identity.arn.clone(), region: None };
    // What a command takes out of a role of the file, the next apply would put back.
    let section = asked.sections.get(&Declared::Role(name.clone()));
    let edit =
        || format!("aws iam update-assume-role-policy --role-name {name} --policy-document file://FILE");
    let open = open_to_everybody(facts, &role.trust);
    if !open.is_empty() {
        findings.report(
            &EVERYBODY,
            Found {
                resource,
                message: format!("the role {name} can be assumed by everybody"),
                evidence: open,
                next: match section {
                    Some(section) => format!(
                        "name the accounts or subjects that need it in `trusted_by` of `[{section}]`, then apply"
                    ),
                    None => format!("name the accounts or subjects that need it: {}", edit()),
                },
                origin: &asked.trusted_accounts.origin,
            },
        );
        return;
    }
    let foreign: BTreeSet<&str> = accounts(&role.trust, &ASSUME)
        .into_iter()
        .filter(|account| *account != facts.account && lets_in(facts, &role.trust, account))
        .collect();
    let known = |account: &&str| {
        asked.trusted_accounts.value.iter().any(|known| known == account)
            || asked.declared_trust.contains(&(name.clone(), (*account).to_owned()))
    };
    let unknown: Vec<&str> = foreign.iter().copied().filter(|account| !known(account)).collect();
    let named = organizations(facts, &role.trust);
    let organizations: Vec<&str> = match &asked.trusted_organizations {
        Some(trusted) => {
            named.iter().map(String::as_str).filter(|id| !trusted.value.iter().any(|it| it == id)).collect()
        }
        None => {
            for id in &named {
                findings.undecided(
                    &UNKNOWN,
                    format!("the role {name} trusts every account of {id}, and the file names no `trusted_organizations`"),
                );
            }
            Vec::new()
        }
    };
    let unguarded: Vec<String> =
        foreign.iter().flat_map(|account| unguarded(facts, &role.trust, account)).collect();
    if !unknown.is_empty() || !organizations.is_empty() {
        let mut evidence: Vec<String> =
            unknown.iter().map(|account| format!("its trust policy names the account {account}")).collect();
        evidence
            .extend(organizations.iter().map(|id| format!("its trust policy lets every account of {id} in")));
        evidence.extend(unguarded);
        let keys: Vec<&str> = [("`trusted_accounts`", &unknown), ("`trusted_organizations`", &organizations)]
            .into_iter()
            .filter_map(|(key, found)| (!found.is_empty()).then_some(key))
            .collect();
        let found: Vec<&str> = unknown.iter().chain(&organizations).copied().collect();
        findings.report(
            &UNKNOWN,
            Found {
                resource,
                message: format!("the role {name} trusts {}, which the file does not know", found.join(", ")),
                evidence,
                next: match section {
                    Some(section) => format!(
                        "apply: the trust policy becomes that of `[{section}]`; add the account there if it is to stay"
                    ),
                    None => format!(
                        "add it to {} if you know whose it is, or take it out: {}",
                        keys.join(" or "),
                        edit()
                    ),
                },
                origin: &asked.trusted_accounts.origin,
            },
        );
    } else if let Some(demand) = asked.guarded_trust.as_ref().filter(|_| !unguarded.is_empty()) {
        findings.report(
            &UNGUARDED,
            Found {
                resource,
                message: format!("the role {name} asks another account for no external id and no MFA"),
                evidence: unguarded,
                next: match section {
                    Some(section) => format!(
                        "set `external_id` for a program or `require_mfa = true` for people in `trusted_by` of \
                         `[{section}]`, then apply"
                    ),
                    None => format!(
                        "add the condition sts:ExternalId for a program or aws:MultiFactorAuthPresent for people: {}",
                        edit()
                    ),
                },
                origin: &demand.origin,
            },
        );
    }
}

/// The statements by which a stranger could assume it.
fn open_to_everybody(facts: &Facts, trust: &Policy) -> Vec<String> {
    let mut open: Vec<String> = strangers(trust).iter().flat_map(|arn| open_to(facts, trust, arn)).collect();
    open.extend(trust.allows().filter_map(|statement| {
        Some(format!("{} takes every subject of {}", statement.label, open_provider(trust, statement)?))
    }));
    open.sort();
    open.dedup();
    open
}

/// What somebody of another account could be called: anything, and so whatever a condition on their ARN leaves open.
pub(super) fn strangers(trust: &Policy) -> Vec<String> {
    let conditions = trust.allows().flat_map(|statement| &statement.conditions);
    let on_arn = conditions.filter(|condition| condition.key.eq_ignore_ascii_case("aws:PrincipalArn"));
    let named = on_arn.flat_map(|condition| &condition.values).filter_map(|value| {
        let parts: Vec<&str> = value.text.splitn(6, ':').collect();
        let [_, partition, _, _, account, name] = parts.as_slice() else { return None };
        let partition = witness(&[partition, "aws*"])?;
        let name = witness(&[name, "?*"]).filter(|_| glob(account, STRANGER))?;
        Some(format!("arn:{partition}:iam::{STRANGER}:{name}"))
    });
    let mut found: Vec<String> = named.collect();
    found.push(format!("arn:aws:iam::{STRANGER}:role/stranger"));
    found
}

/// What is known of a request by somebody of another account, now.
pub(super) fn request(facts: &Facts, account: &str) -> Context {
    let by_services = [
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
    ];
    let known = Context::open()
        .with("aws:PrincipalAccount", account)
        .with("aws:PrincipalIsAWSService", "false")
        .with("aws:CurrentTime", facts.now.to_string())
        .with("aws:EpochTime", facts.now.as_second().to_string());
    by_services.iter().fold(known, |known, key| known.with_all(key, []))
}

fn open_to(facts: &Facts, trust: &Policy, arn: &str) -> Vec<String> {
    let stranger = Who::Aws { account: STRANGER, arn, identity: arn };
    let context = request(facts, STRANGER).with("aws:PrincipalArn", arn);
    // An account need not be in an organization.
    let alone = context.clone().with_all("aws:PrincipalOrgID", []).with_all("aws:PrincipalOrgPaths", []);
    let member = context
        .with("aws:PrincipalOrgID", "o-stranger")
        .with("aws:PrincipalOrgPaths", "o-stranger/r-stranger/");
    let mut open = Vec::new();
    for (action, context) in ASSUME.into_iter().flat_map(|action| [(action, &alone), (action, &member)]) {
        let ask = Ask { who: stranger, action, resource: "*", context };
        if trust.denying(&ask).is_none() {
            let speaks = |it: &&Statement| it.applies(&ask).is_possible() && !it.is_bound();
            open.extend(
                trust.allows().filter(speaks).map(|it| format!("{} lets every AWS account in", it.label)),
            );
        }
    }
    open
}

/// The accounts that a policy could let do one of these: those it names, and those that conditions or denies leave of everybody.
pub(super) fn accounts<'a>(policy: &'a Policy, actions: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for statement in &policy.statements {
        let Some(principals) = &statement.principals else { continue };
        let denies = statement.effect == Effect::Deny;
        if denies && !actions.iter().any(|action| statement.covers_action(action)) {
            continue;
        }
        if denies == principals.all_but {
            let named = principals.aws.iter().map(String::as_str);
            found.extend(
                named.filter_map(|name| if is_account(name) { Some(name) } else { account_of(name) }),
            );
        }
        if !principals.everyone {
            continue;
        }
        let leaves = |it: &&Condition| if denies { it.is_inequality() } else { it.is_equality() };
        for condition in statement.conditions.iter().filter(leaves) {
            let values = condition.values.iter().map(|value| value.text.as_str());
            match condition.key.to_ascii_lowercase().as_str() {
                "aws:principalaccount" => found.extend(values),
                "aws:principalarn" => found.extend(values.filter_map(account_of)),
                _ => {}
            }
        }
    }
    found.retain(|account| is_account(account));
    found
}

/// What somebody of an account could be called, as far as it matters to a policy.
pub(super) fn names_in(partition: &str, policy: &Policy, account: &str) -> Vec<String> {
    let principals = policy.statements.iter().filter_map(|statement| statement.principals.as_ref());
    let named = principals.flat_map(|principals| principals.aws.iter().cloned());
    let conditions = policy.statements.iter().flat_map(|statement| &statement.conditions);
    let on_arn = conditions.filter(|condition| condition.key.eq_ignore_ascii_case("aws:PrincipalArn"));
    let fitting = on_arn.flat_map(|condition| &condition.values).filter_map(|value| witness(&[&value.text]));
    let mut names: Vec<String> =
        named.chain(fitting).filter(|name| account_of(name) == Some(account)).collect();
    names.extend(["root", "role/somebody"].map(|name| format!("arn:{partition}:iam::{account}:{name}")));
    names
}

/// Whether a trust policy lets anybody of an account in, whatever they must show.
fn lets_in(facts: &Facts, trust: &Policy, account: &str) -> bool {
    names_in(&facts.partition, trust, account).iter().any(|arn| {
        let context = request(facts, account).with("aws:PrincipalArn", arn.as_str());
        let who = Who::Aws { account, arn, identity: arn };
        ASSUME.iter().any(|action| {
            let ask = Ask { who, action, resource: "*", context: &context };
            trust.denying(&ask).is_none() && trust.allowing(&ask).is_some()
        })
    })
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

/// The statement by which an account gets in with neither external id nor MFA: without any, or with an id that anybody could send
/// and a session that says it has no MFA.
fn unguarded(facts: &Facts, trust: &Policy, account: &str) -> Option<String> {
    let none: &[&str] = &[];
    let names = names_in(&facts.partition, trust, account);
    for (mfa, id) in
        [(none, none), (&["false"], none), (none, &["any-id-at-all"]), (&["false"], &["any-id-at-all"])]
    {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let context = request(facts, account)
            .with_all("aws:MultiFactorAuthPresent", values(mfa))
            .with_all("aws:MultiFactorAuthAge", [])
            .with_all("sts:ExternalId", values(id));
        let found = names.iter().find_map(|arn| {
            let context = context.clone().with("aws:PrincipalArn", arn.as_str());
            let who = Who::Aws { account, arn, identity: arn };
            let ask = Ask { who, action: "sts:AssumeRole", resource: "*", context: &context };
            if trust.denying(&ask).is_some() {
                return None;
            }
            let statement = trust.allowing(&ask)?;
            Some(format!("{} lets {account} in without an external id or MFA", statement.label))
        });
        if found.is_some() {
            return found;
        }
    }
    None
}
