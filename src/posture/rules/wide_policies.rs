//! Customer policies allow what is needed and no more.

use std::collections::BTreeSet;

use crate::policy::{Policy, Scope, Statement};
use crate::posture::asked::{AuditAsked, Declared, Demand};
use crate::posture::control::{Control, cis3, cis5, hub, nist};
use crate::posture::facts::{Iam, Identity};
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// No customer policy allows every action on everything.
pub const EVERYTHING: Rule = Rule {
    id: "policy-everything",
    title: "no customer policy allows every action on everything",
    severity: Severity::High,
    practice: 5,
    controls: &[
        cis3("1.16"),
        cis5("1.15"),
        hub("IAM.1"),
        nist("AC-2"),
        nist("AC-3"),
        nist("AC-5"),
        nist("AC-6"),
        nist("AC-6(2)"),
        nist("AC-6(3)"),
        nist("AC-6(10)"),
    ],
    risk: "whoever gets such a policy attached owns the account, and its name may not tell",
    remedy: "Replace the policy by one that lists the actions that were used: IAM shows them under last accessed information.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Customer policies list actions, not whole services.
pub const WHOLE_SERVICE: Rule = Rule {
    id: "policy-whole-service",
    title: "customer policies list actions, not whole services",
    severity: Severity::Low,
    practice: 5,
    controls: &[
        hub("IAM.21"),
        nist("AC-2"),
        nist("AC-3"),
        nist("AC-5"),
        nist("AC-6"),
        nist("AC-6(2)"),
        nist("AC-6(3)"),
        nist("AC-6(10)"),
    ],
    risk: "a whole service holds actions that delete, share and pass on rights, and AWS adds new ones",
    remedy: "List the actions that were used in place of `service:*`.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Customer policies name the secrets, keys and roles they give away.
pub const SECRETS: Rule = Rule {
    id: "policy-secrets",
    title: "customer policies name the secrets, keys and roles they give away",
    severity: Severity::Medium,
    practice: 5,
    controls: &[nist("AC-2"), nist("AC-3"), nist("AC-5"), nist("AC-6"), nist("AC-6(3)")],
    risk: "decrypting, reading secrets or passing roles on everything reaches what nobody had in mind",
    remedy: "Name the secrets, keys and roles in `Resource` in place of `*`.",
    calls: &["iam:GetAccountAuthorizationDetails"],
};

/// Actions that reach data or other identities, and that can be given for single resources.
const REACHING: [&str; 11] = [
    "iam:PassRole",
    "sts:AssumeRole",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParameterHistory",
    "ssm:GetParametersByPath",
    "s3:GetObject",
    "s3:GetObjectVersion",
];

/// Types of resources that stand before a name: `key*` is every key as much as `key/*` is.
const TYPES: [(&str, &[&str]); 6] = [
    ("dynamodb", &["table"]),
    ("iam", &["role", "user", "group", "policy"]),
    ("kms", &["key"]),
    ("lambda", &["function"]),
    ("secretsmanager", &["secret"]),
    ("ssm", &["parameter"]),
];

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.narrow_policies else { return };
    let rules: [&'static Rule; 3] = [&EVERYTHING, &WHOLE_SERVICE, &SECRETS];
    let Some(iam) = findings.require(&rules, &facts.iam) else { return };
    let documents = documents(iam, asked);
    for rule in rules {
        findings.checked(rule, documents.len());
    }
    by_the_controls(iam, findings);
    for document in &documents {
        let wide: Vec<(&Statement, Width)> = document
            .policy
            .allows()
            .filter_map(|statement| Some((statement, width(statement, &facts.account)?)))
            .collect();
        for (rule, of) in [
            (&EVERYTHING, Width::Everything),
            (&WHOLE_SERVICE, Width::WholeService),
            (&SECRETS, Width::Reaching),
        ] {
            let statements: Vec<&Statement> =
                wide.iter().filter(|(_, width)| *width == of).map(|(statement, _)| *statement).collect();
            if !statements.is_empty() {
                findings.report(rule, found(document, of, &statements, demand));
            }
        }
    }
}

/// The controls that look for `Action: *` on `Resource: *`, under conditions or not.
const OF_EVERYTHING: [Control; 3] = [cis3("1.16"), cis5("1.15"), hub("IAM.1")];

/// The control that looks for every action of a service, on whatever resource.
const OF_SERVICES: [Control; 1] = [hub("IAM.21")];

/// Judges as the rules of AWS Config behind the controls do (`iam-policy-no-statements-with-admin-access` and `-full-access`):
/// managed policies of the customer alone, but for boundaries, by what a statement lists and not by its conditions.
fn by_the_controls(iam: &Iam, findings: &mut Findings) {
    let users = iam.users.iter().map(|user| &user.identity);
    let identities = users.chain(iam.roles.iter().map(|role| &role.identity));
    let boundaries: BTreeSet<&String> = identities.filter_map(|it| it.boundary.as_ref()).collect();
    findings.measure(
        &EVERYTHING,
        &OF_EVERYTHING,
        "no statement of every action on everything, under conditions or not",
    );
    findings.measure(
        &WHOLE_SERVICE,
        &OF_SERVICES,
        "no statement of every action of a service, on whatever resource",
    );
    for policy in iam.policies.values().filter(|it| !it.of_aws && !boundaries.contains(&it.arn)) {
        if policy.document.allows().any(lists_everything) {
            findings.lapse(&EVERYTHING, &OF_EVERYTHING, false);
        }
        if policy.document.allows().any(lists_a_service) {
            findings.lapse(&WHOLE_SERVICE, &OF_SERVICES, false);
        }
    }
}

fn lists_everything(statement: &Statement) -> bool {
    let actions =
        matches!(&statement.actions, Scope::Only(actions) if actions.iter().any(|it| is_every_action(it)));
    let on = matches!(&statement.resources, Some(Scope::Only(resources)) if resources.iter().any(|it| it.text == "*"));
    actions && on
}

fn lists_a_service(statement: &Statement) -> bool {
    match &statement.actions {
        Scope::Only(actions) => actions.iter().any(|it| is_every_action(it) || is_whole_service(it)),
        Scope::AllBut(actions) => !actions.iter().any(|it| is_every_action(it)),
    }
}

/// A policy document of the customer's.
struct Document<'a> {
    resource: Resource,
    words: String,
    policy: &'a Policy,
    next: String,
}

/// How wide a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    Everything,
    WholeService,
    Reaching,
}

/// The customer's managed policies, and inline policies of what AWS does not manage.
fn documents<'a>(iam: &'a Iam, asked: &AuditAsked) -> Vec<Document<'a>> {
    let mut found: Vec<Document<'a>> = iam
        .policies
        .values()
        .filter(|policy| !policy.of_aws)
        .map(|policy| Document {
            resource: Resource { kind: "policy", id: policy.arn.clone(), region: None },
            words: format!("the policy {}, attached {} times,", policy.name, policy.attachments),
            policy: &policy.document,
            next: match asked.sections.get(&Declared::Policy(policy.name.clone())) {
                Some(section) => of_the_file(section),
                None => format!(
                    "{USED}: aws iam create-policy-version --policy-arn {} --policy-document file://FILE \
                     --set-as-default",
                    policy.arn
                ),
            },
        })
        .collect();
    let users = iam.users.iter().map(|user| ("user", &user.identity));
    let groups = iam.groups.iter().map(|group| ("group", group));
    let roles = iam.roles.iter().map(|role| ("role", &role.identity));
    for (kind, identity) in users.chain(groups).chain(roles) {
        if !identity.is_of_aws() {
            found.extend(inline(kind, identity, asked));
        }
    }
    found
}

/// How advice about a policy begins that no file declares.
const USED: &str = "write a policy with the actions and resources that are used, then";

/// What to do about a policy of the file: what a command takes out of it, the next apply would put back.
fn of_the_file(section: &str) -> String {
    format!("narrow `allow` in `[{section}]` to the actions and resources that are used, then apply")
}

fn inline<'a>(
    kind: &'static str,
    identity: &'a Identity,
    asked: &AuditAsked,
) -> impl Iterator<Item = Document<'a>> {
    let declared = match kind {
        "role" => asked.sections.get(&Declared::Role(identity.name.clone())),
        "group" => asked.sections.get(&Declared::Group(identity.name.clone())),
        _ => None,
    };
    let declared = declared.map(|section| of_the_file(section));
    identity.inline.iter().map(move |(name, policy)| Document {
        resource: Resource { kind: "inline policy", id: format!("{} {name}", identity.arn), region: None },
        words: format!("the inline policy {name} of the {kind} {}", identity.name),
        policy,
        next: declared.clone().unwrap_or_else(|| {
            format!(
                "{USED}: aws iam put-{kind}-policy --{kind}-name {} --policy-name {name} --policy-document file://FILE",
                identity.name
            )
        }),
    })
}

/// Whether a pattern of resources leaves the name open, and with it everything of its type in the account: `*`,
/// `arn:aws:s3:::*`, `arn:aws:iam::*:role/*`. A region or another account in it is a choice.
fn names_nothing(pattern: &str, account: &str) -> bool {
    let wild = |part: &str| part.chars().all(|character| character == '*');
    // A variable there is the caller's own account.
    let pattern =
        pattern.replace("${aws:PrincipalAccount}", account).replace("${aws:ResourceAccount}", account);
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let [_, _, service, region, owner, name] = parts.as_slice() else { return wild(&pattern) };
    let anywhere = wild(region) && (wild(owner) || *owner == account);
    let stem = name.trim_end_matches(['*', '?']);
    if TYPES.iter().any(|(of, types)| of == service && types.contains(&stem)) {
        return anywhere && stem != *name;
    }
    // A bucket's name comes first in its ARN; everything else has its type there.
    let name = match name.split_once([':', '/']) {
        Some((_, name)) if *service != "s3" => name,
        _ => name,
    };
    anywhere && name.chars().all(|character| matches!(character, '*' | '?' | '/' | ':'))
}

fn is_every_action(action: &str) -> bool {
    matches!(action, "*" | "*:*")
}

/// Whether a pattern takes every action of a service: `s3:*`, and `s3:**` as well.
fn is_whole_service(action: &str) -> bool {
    let wild =
        |name: &str| name.contains('*') && name.chars().all(|character| matches!(character, '*' | '?'));
    action.split_once(':').is_some_and(|(_, name)| wild(name))
}

/// How wide a statement is, if it is; a condition narrows all but a statement of everything.
fn width(statement: &Statement, account: &str) -> Option<Width> {
    let on_everything = match &statement.resources {
        Some(Scope::Only(resources)) => {
            resources.iter().any(|resource| names_nothing(&resource.text, account))
        }
        Some(Scope::AllBut(resources)) => !resources.iter().any(|resource| resource.text == "*"),
        None => false,
    };
    if !on_everything {
        return None;
    }
    let bare = statement.conditions.is_empty();
    let actions = match &statement.actions {
        Scope::AllBut(actions) if actions.iter().any(|action| is_every_action(action)) => return None,
        // All but a few is a choice of whole services.
        Scope::AllBut(_) => return Some(Width::WholeService),
        Scope::Only(actions) => actions,
    };
    if actions.iter().any(|action| is_every_action(action)) {
        return Some(if bare { Width::Everything } else { Width::WholeService });
    }
    if actions.iter().any(|action| is_whole_service(action)) {
        return Some(Width::WholeService);
    }
    (bare && REACHING.iter().any(|action| statement.covers_action(action))).then_some(Width::Reaching)
}

fn found<'a>(
    document: &Document<'_>,
    width: Width,
    statements: &[&Statement],
    demand: &'a Demand<()>,
) -> Found<'a> {
    let what = match width {
        Width::Everything => "allows every action on everything",
        Width::WholeService => "allows whole services on everything",
        Width::Reaching => "allows reading or passing on of everything",
    };
    Found {
        resource: document.resource.clone(),
        message: format!("{} {what}", document.words),
        evidence: statements.iter().map(|statement| shown(statement, width)).collect(),
        next: document.next.clone(),
        origin: &demand.origin,
    }
}

fn shown(statement: &Statement, width: Width) -> String {
    let (word, actions): (&str, Vec<&str>) = match &statement.actions {
        Scope::AllBut(actions) => ("NotAction", actions.iter().map(String::as_str).collect()),
        Scope::Only(actions) => (
            "Action",
            actions
                .iter()
                .map(String::as_str)
                .filter(|action| match width {
                    Width::Everything => is_every_action(action),
                    Width::WholeService => is_every_action(action) || is_whole_service(action),
                    Width::Reaching => REACHING.iter().any(|known| crate::policy::fits_action(action, known)),
                })
                .collect(),
        ),
    };
    format!("{}: {word} {} on every resource", statement.label, actions.join(", "))
}
