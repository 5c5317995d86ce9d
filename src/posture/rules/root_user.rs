//! The root user: its keys, its second factor and its use.

use crate::posture::asked::{Central, Demand, Factor, RootAsked};
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::facts::{CredentialReport, CredentialRow, RootSummary};
use crate::posture::findings::{Findings, Found};
use crate::posture::remediation;
use crate::posture::words::{ago, count, day, days, own_credentials};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// The root user has no access keys.
pub const ACCESS_KEYS: Rule = Rule {
    id: "root-access-keys",
    title: "the root user has no access keys",
    severity: Severity::Critical,
    practice: 1,
    controls: &[
        cis3("1.4"),
        cis5("1.3"),
        hub("IAM.4"),
        nist("AC-2(1)"),
        nist("AC-3(7)"),
        nist("AC-3(15)"),
        nist("AC-6"),
        nist("AC-6(2)"),
        nist("AC-6(10)"),
    ],
    risk: "whoever finds such a key owns the whole account: no policy limits the root user, and the key works without a second factor",
    remedy: "Move what uses the keys to a role, then sign in as the root user and delete them under Security credentials.",
    calls: &["iam:GetAccountSummary", "iam:GetCredentialReport", "sts:AssumeRoot"],
};

/// Nobody works as the root user.
pub const UNUSED: Rule = Rule {
    id: "root-unused",
    title: "nobody works as the root user",
    severity: Severity::Medium,
    practice: 1,
    controls: &[cis3("1.7"), cis5("1.6")],
    risk: "daily work as root leaves no name in the trail and puts the one identity that nothing limits at risk",
    remedy: "Look in the CloudTrail event history of us-east-1 for what root did, and give whoever did it a role of their own.",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport"],
};

/// The root user has a second factor.
pub const MFA: Rule = Rule {
    id: "root-mfa",
    title: "the root user has a second factor",
    severity: Severity::Critical,
    practice: 2,
    controls: &[
        cis3("1.5"),
        cis5("1.4"),
        hub("IAM.9"),
        nist("AC-2(1)"),
        nist("AC-3(15)"),
        nist("IA-2(1)"),
        nist("IA-2(2)"),
        nist("IA-2(6)"),
        nist("IA-2(8)"),
    ],
    risk: "its password alone opens the whole account, and a mailbox is enough to reset the password",
    remedy: "Sign in as the root user and assign a device under Multi-factor authentication.",
    calls: &["iam:GetAccountSummary", "sts:AssumeRoot"],
};

/// The second factor of the root user is a device of its own.
pub const HARDWARE_MFA: Rule = Rule {
    id: "root-hardware-mfa",
    title: "the second factor of the root user is a device of its own",
    severity: Severity::Medium,
    practice: 2,
    controls: &[
        cis3("1.6"),
        cis5("1.5"),
        hub("IAM.6"),
        nist("AC-2(1)"),
        nist("AC-3(15)"),
        nist("IA-2(1)"),
        nist("IA-2(2)"),
        nist("IA-2(6)"),
        nist("IA-2(8)"),
    ],
    risk: "an app shares its phone with mail and chat, so one lost or infected phone can be both factors",
    remedy: "Sign in as the root user, assign a security key or a token, and remove the app.",
    calls: &["iam:GetAccountSummary", "iam:ListVirtualMFADevices"],
};

/// What the credential report calls the root user.
pub const ROOT_ROW: &str = "<root_account>";

pub(in crate::posture) fn judge(facts: &Facts, asked: &RootAsked, findings: &mut Findings) {
    if let Some(demand) = &asked.no_keys
        && let Some(root) = findings.require(&[&ACCESS_KEYS], &facts.root)
    {
        findings.checked(&ACCESS_KEYS, 1);
        if root.keys {
            let mut evidence = vec!["AccountAccessKeysPresent is 1 in the account summary".to_owned()];
            evidence.extend(row(facts).into_iter().flat_map(|row| keys_of(facts, row)));
            evidence.extend(through_organization(facts));
            let by_hand = format!(
                "sign in as the root user, open {}, and under Access keys deactivate and delete each",
                own_credentials(facts)
            );
            let next = match (&facts.root_credentials, asked.central) {
                (Seen::Seen(_), Some(Central::KeysDeleted | Central::AllDeleted)) => {
                    "move what uses them to a role, then apply: it deletes them, and they cannot be brought back"
                        .to_owned()
                }
                (Seen::Seen(_), _) => format!(
                    "move what uses them to a role, then set on_credentials = \"delete-keys\" under [root] and \
                     apply; or {by_hand}"
                ),
                (Seen::Unreadable(_), _) => {
                    format!("move what uses them to a role, then give what is missing above; or {by_hand}")
                }
                (Seen::NotAsked, _) => format!("move what uses them to a role, then {by_hand}"),
            };
            let found = Found {
                resource: resource(facts),
                message: "the root user has access keys".to_owned(),
                evidence,
                next,
                origin: &demand.origin,
            };
            let settled = remediation::root_credentials(facts, asked).is_some();
            findings.report_fixable(&ACCESS_KEYS, found, settled);
        }
    }
    if let Some(demand) = &asked.mfa {
        let rules: &[&'static Rule] =
            if demand.value == Factor::Hardware { &[&MFA, &HARDWARE_MFA] } else { &[&MFA] };
        if let Some(root) = findings.require(rules, &facts.root) {
            let settled = remediation::root_credentials(facts, asked) == Some(Central::AllDeleted);
            factor(facts, root, demand, settled, findings);
        }
    }
    if let Some(demand) = &asked.unused_days
        && let Some(report) = findings.require(&[&UNUSED], &facts.credentials)
    {
        unused(facts, report, demand, findings);
    }
}

fn factor(
    facts: &Facts,
    root: &RootSummary,
    demand: &Demand<Factor>,
    settled: bool,
    findings: &mut Findings,
) {
    findings.checked(&MFA, 1);
    // Where an organization has taken root's credentials away there is nothing to protect (ROOT-5).
    let has_credentials = root.keys || root.certificates || root.password != Some(false);
    if !root.mfa && has_credentials {
        let mut evidence = vec!["AccountMFAEnabled is 0 in the account summary".to_owned()];
        if settled {
            evidence.extend(through_organization(facts));
        }
        let next = if settled {
            "apply: it deletes the password too, so that there is nothing left to protect".to_owned()
        } else {
            format!(
                "sign in as the root user, open {}, and under Multi-factor authentication assign a device",
                own_credentials(facts)
            )
        };
        let found = Found {
            resource: resource(facts),
            message: "the root user has no second factor".to_owned(),
            evidence,
            next,
            origin: &demand.origin,
        };
        findings.report_fixable(&MFA, found, settled);
    }
    if demand.value == Factor::Hardware
        && root.mfa
        && let Some(owners) = findings.require(&[&HARDWARE_MFA], &facts.virtual_mfa)
    {
        findings.checked(&HARDWARE_MFA, 1);
        if owners.iter().any(|owner| owner.ends_with(":root")) {
            findings.report(
                &HARDWARE_MFA,
                Found {
                    resource: resource(facts),
                    message: "the second factor of the root user is an app".to_owned(),
                    evidence: vec!["its device is in the list of virtual devices".to_owned()],
                    next: format!(
                        "sign in as the root user, open {}, assign a security key or a token, and remove the app",
                        own_credentials(facts)
                    ),
                    origin: &demand.origin,
                },
            );
        }
    }
}

fn unused(facts: &Facts, report: &CredentialReport, demand: &Demand<i64>, findings: &mut Findings) {
    let Some(row) = report.rows.iter().find(|row| row.user == ROOT_ROW) else {
        findings.undecided(&UNUSED, "the credential report has no row for the root user");
        return;
    };
    findings.checked(&UNUSED, 1);
    let password = row.password_used.map(|at| (at, "its password"));
    let keys = row.keys.iter().filter_map(|key| key.used.map(|at| (at, "an access key")));
    let Some((last, what)) = keys.chain(password).max() else { return };
    if days(facts.now, last) >= demand.value {
        return;
    }
    let mut evidence = vec![format!("{what} was used {}", ago(facts.now, last))];
    evidence.extend(report.made.map(|made| format!("the credential report is of {}", day(made))));
    findings.report(
        &UNUSED,
        Found {
            resource: resource(facts),
            message: format!("somebody worked as the root user {} ago", count(days(facts.now, last), "day")),
            evidence,
            next: "look in the CloudTrail event history of us-east-1 for events of user name root since that day, \
                   and give whoever did it a role of their own"
                .to_owned(),
            origin: &demand.origin,
        },
    );
}

fn resource(facts: &Facts) -> Resource {
    let id = format!("arn:{}:iam::{}:root", facts.partition, facts.account);
    Resource { kind: "root user", id, region: None }
}

/// What the organization says, or why it says nothing.
fn through_organization(facts: &Facts) -> Vec<String> {
    match &facts.root_credentials {
        Seen::Seen(found) => {
            let ids = |what: &str, ids: &[String]| {
                (!ids.is_empty()).then(|| format!("AssumeRoot shows {what} {}", ids.join(", ")))
            };
            let keys = ids("access key", &found.access_keys);
            let password = found.password.then(|| "AssumeRoot shows a password".to_owned());
            keys.into_iter().chain(ids("certificate", &found.certificates)).chain(password).collect()
        }
        Seen::Unreadable(unread) => {
            vec![format!("its organization does not reach it: {}: {}", unread.call, unread.message)]
        }
        Seen::NotAsked => Vec::new(),
    }
}

fn row(facts: &Facts) -> Option<&CredentialRow> {
    let Seen::Seen(report) = &facts.credentials else { return None };
    report.rows.iter().find(|row| row.user == ROOT_ROW)
}

fn keys_of(facts: &Facts, row: &CredentialRow) -> Vec<String> {
    let numbered = row.keys.iter().enumerate().filter(|(_, key)| key.active);
    numbered
        .map(|(index, key)| {
            let changed =
                key.changed.map_or_else(String::new, |at| format!(", last changed {}", ago(facts.now, at)));
            let used = key.used.map_or_else(
                || ", never used".to_owned(),
                |at| format!(", last used {}", ago(facts.now, at)),
            );
            format!("access key {} is active{changed}{used}", index + 1)
        })
        .collect()
}
