//! Access keys and passwords: age, use and number.

use crate::posture::asked::{Exempt, UsersAsked};
use crate::posture::control::{cis3, cis5, hub, nist};
use crate::posture::exemption::{Standing, standing};
use crate::posture::facts::CredentialRow;
use crate::posture::findings::{Findings, Found};
use crate::posture::keys::{Key, keys_of};
use crate::posture::remediation::goes;
use crate::posture::rules::root_user::ROOT_ROW;
use crate::posture::words::{ago, count, days};
use crate::posture::{Facts, Resource, Rule, Seen, Severity};

/// Access keys are replaced in time.
pub const AGE: Rule = Rule {
    id: "access-key-age",
    title: "access keys are replaced in time",
    severity: Severity::Medium,
    practice: 8,
    controls: &[cis3("1.14"), cis5("1.13"), hub("IAM.3"), nist("AC-2(1)"), nist("AC-2(3)"), nist("AC-3(15)")],
    risk: "the longer a key lives, the more places hold a copy of it, and one that leaked works until somebody notices",
    remedy: "Replace the key, for which there is `baseline rotate`, and deactivate the old one.",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"],
};

/// Passwords and keys that nobody uses are gone.
pub const UNUSED: Rule = Rule {
    id: "credentials-unused",
    title: "passwords and keys that nobody uses are gone",
    severity: Severity::Medium,
    practice: 8,
    controls: &[
        cis3("1.12"),
        cis5("1.11"),
        hub("IAM.22"),
        nist("AC-2(1)"),
        nist("AC-2(3)"),
        nist("AC-3(15)"),
    ],
    risk: "nobody notices when a forgotten password or key is used by somebody else",
    remedy: "Delete the login profile, and deactivate the key and delete it later.",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"],
};

/// A user has no more active access keys than allowed.
pub const ACTIVE_KEYS: Rule = Rule {
    id: "active-keys",
    title: "a user has no more active access keys than allowed",
    severity: Severity::Low,
    practice: 8,
    controls: &[cis3("1.13"), cis5("1.12")],
    risk: "a second active key is one more secret to lose, and shows a rotation that was never finished",
    remedy: "Deactivate the key that is not used, and delete it once nobody misses it.",
    calls: &["iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListAccessKeys"],
};

/// How old a key may be, in days (CIS 1.14, Security Hub IAM.3).
const OLD: i64 = 90;

/// For how many days a password or key may lie unused (CIS 1.12, Security Hub IAM.22).
const FORGOTTEN: i64 = 45;

pub(in crate::posture) fn judge(facts: &Facts, asked: &UsersAsked, findings: &mut Findings) {
    let mut rules: Vec<&'static Rule> = vec![&ACTIVE_KEYS];
    rules.extend(asked.key_age_days.is_some().then_some(&AGE as &'static Rule));
    rules.extend(asked.unused_days.is_some().then_some(&UNUSED as &'static Rule));
    let Some(report) = findings.require(&rules, &facts.credentials) else { return };
    for rule in rules {
        // A rule that has nothing to look at is still a rule that was asked.
        findings.checked(rule, 0);
        let asks = match rule.id {
            id if id == AGE.id => "keys of 90 days at most",
            id if id == UNUSED.id => "passwords and keys that were used within 45 days",
            _ => "one active key at most",
        };
        findings.measure(rule, rule.controls, asks);
    }
    for row in report.rows.iter().filter(|row| row.user != ROOT_ROW) {
        let active = keys_of(facts, row).into_iter().filter(|key| key.active).collect();
        let user = User { facts, asked, row, active };
        user.age(findings);
        user.unused(findings);
        user.active_keys(findings);
    }
}

struct User<'a> {
    facts: &'a Facts,
    asked: &'a UsersAsked,
    row: &'a CredentialRow,
    /// The keys that work.
    active: Vec<Key>,
}

impl User<'_> {
    fn age(&self, findings: &mut Findings) {
        let Some(demand) = &self.asked.key_age_days else { return };
        if let Some(refused @ Seen::Unreadable(_)) = self.facts.keys.get(&self.row.user) {
            findings.require(&[&AGE], refused);
        }
        for (key, made) in self.active.iter().filter_map(|key| Some((key, key.made?))) {
            findings.checked(&AGE, 1);
            let age = days(self.facts.now, made);
            if age > OLD {
                findings.lapse(&AGE, AGE.controls, self.is_switched_off(key));
            } else if self.may_be_older(key, |days| days > OLD) {
                findings.doubt(&AGE, AGE.controls, || self.unlisted());
            }
            if age <= demand.value {
                continue;
            }
            let Some(mut evidence) = self.counts(Exempt::KeyAge, &AGE, findings) else { continue };
            let how = if key.id.is_some() { "made" } else { "made or last changed" };
            evidence.insert(0, format!("{how} {}", ago(self.facts.now, made)));
            evidence.push(self.use_of(key));
            if self.asked.deactivate_stale_keys && self.is_own(key) {
                evidence.push("this run needs it to go on, so apply leaves it alone".to_owned());
            }
            let (name, id) = (&self.row.user, key.id.as_deref());
            let found = Found {
                resource: self.key_resource(key),
                message: format!(
                    "{} of {name} is {} old, {} are allowed",
                    key.name(),
                    count(age, "day"),
                    count(demand.value, "day")
                ),
                evidence,
                next: format!("make a new key for what uses it, then: {}", deactivation(name, id)),
                origin: &demand.origin,
            };
            findings.report_fixable(&AGE, found, self.is_switched_off(key));
        }
    }

    fn unused(&self, findings: &mut Findings) {
        let Some(demand) = &self.asked.unused_days else { return };
        let (row, now) = (self.row, self.facts.now);
        if row.password == Some(true) {
            findings.checked(&UNUSED, 1);
            // A password that was never used counts from the day it was set.
            let since = row.password_used.or(row.password_changed).or(row.created);
            if since.is_some_and(|since| days(now, since) >= FORGOTTEN) {
                findings.lapse(&UNUSED, UNUSED.controls, false);
            }
            if let Some(since) = since.filter(|since| days(now, *since) >= demand.value)
                && let Some(mut evidence) = self.counts(Exempt::Unused, &UNUSED, findings)
            {
                evidence.insert(
                    0,
                    match row.password_used {
                        Some(_) => format!("signed in last {}", ago(now, since)),
                        None => format!("never signed in; the password was set {}", ago(now, since)),
                    },
                );
                let name = &row.user;
                findings.report(
                    &UNUSED,
                    Found {
                        resource: self.resource(),
                        message: format!("the console password of {name} lies unused"),
                        evidence,
                        next: format!(
                            "take it away: aws iam delete-login-profile --user-name {name}; {REPORTED}"
                        ),
                        origin: &demand.origin,
                    },
                );
            }
        }
        for key in &self.active {
            findings.checked(&UNUSED, 1);
            let Some(since) = key.used.or(key.made) else { continue };
            if days(now, since) >= FORGOTTEN {
                findings.lapse(&UNUSED, UNUSED.controls, self.is_switched_off(key));
            } else if key.used.is_none() && self.may_be_older(key, |days| days >= FORGOTTEN) {
                findings.doubt(&UNUSED, UNUSED.controls, || self.unlisted());
            }
            if days(now, since) < demand.value {
                continue;
            }
            let Some(mut evidence) = self.counts(Exempt::Unused, &UNUSED, findings) else { continue };
            evidence.insert(0, self.use_of(key));
            let (name, id) = (&self.row.user, key.id.as_deref());
            let found = Found {
                resource: self.key_resource(key),
                message: format!("{} of {name} lies unused", key.name()),
                evidence,
                next: deactivation(name, id),
                origin: &demand.origin,
            };
            findings.report_fixable(&UNUSED, found, self.is_switched_off(key));
        }
    }

    fn active_keys(&self, findings: &mut Findings) {
        findings.checked(&ACTIVE_KEYS, 1);
        let (active, most) = (self.active.len(), &self.asked.max_active_keys);
        let stay = self.active.iter().filter(|key| !self.is_switched_off(key)).count();
        if active > 1 {
            findings.lapse(&ACTIVE_KEYS, ACTIVE_KEYS.controls, stay <= 1);
        }
        if active <= most.value {
            return;
        }
        let Some(mut evidence) = self.counts(Exempt::ActiveKeys, &ACTIVE_KEYS, findings) else { return };
        for key in &self.active {
            evidence.push(format!("{}: {}", key.name(), self.use_of(key)));
        }
        let name = &self.row.user;
        let found = Found {
            resource: self.resource(),
            message: format!(
                "{name} has {} active access keys, {} allowed",
                active,
                if most.value == 1 { "1 is".to_owned() } else { format!("{} are", most.value) }
            ),
            evidence,
            next: format!(
                "deactivate the one that is not used, and delete it once nobody misses it: aws iam \
                 update-access-key --user-name {name} --access-key-id ID --status Inactive"
            ),
            origin: &most.origin,
        };
        findings.report_fixable(&ACTIVE_KEYS, found, stay <= most.value);
    }

    /// Whether an apply switches the key off for its age.
    fn is_switched_off(&self, key: &Key) -> bool {
        let goes = self.asked.key_age_days.as_ref().is_some_and(|most| goes(self.facts, key, most.value));
        let counts = standing(self.asked, &self.row.user, Exempt::KeyAge, self.facts.now) != Standing::Exempt;
        self.asked.deactivate_stale_keys && goes && counts
    }

    /// Whether a key that nobody listed may be that old: the report says when it was last changed, and its user may be older.
    fn may_be_older(&self, key: &Key, old: impl Fn(i64) -> bool) -> bool {
        key.id.is_none() && self.row.created.is_none_or(|created| old(days(self.facts.now, created)))
    }

    fn unlisted(&self) -> String {
        format!(
            "the keys of {} were not listed, and the credential report does not say when one was made",
            self.row.user
        )
    }

    /// Whether the run itself needs the key.
    fn is_own(&self, key: &Key) -> bool {
        key.id.as_ref().is_some_and(|id| self.facts.own_keys.contains(id))
    }

    /// The evidence to start with, or nothing where the user is let off.
    fn counts(&self, from: Exempt, rule: &'static Rule, findings: &mut Findings) -> Option<Vec<String>> {
        match standing(self.asked, &self.row.user, from, self.facts.now) {
            Standing::Exempt => {
                findings.exempt(rule);
                None
            }
            Standing::Ended(reason) => Some(vec![reason]),
            Standing::Counts => Some(Vec::new()),
        }
    }

    fn use_of(&self, key: &Key) -> String {
        key.used
            .map_or_else(|| "never used".to_owned(), |at| format!("last used {}", ago(self.facts.now, at)))
    }

    fn resource(&self) -> Resource {
        Resource { kind: "user", id: self.row.arn.clone(), region: None }
    }

    fn key_resource(&self, key: &Key) -> Resource {
        Resource { kind: "access key", id: format!("{} {}", self.row.arn, key.name()), region: None }
    }
}

/// When AWS shows that a password is gone: its credential report is made at most once in four hours.
pub(super) const REPORTED: &str = "the credential report, which shows it, is made anew every four hours";

fn deactivation(user: &str, id: Option<&str>) -> String {
    let id = id.unwrap_or("ID");
    format!("aws iam update-access-key --user-name {user} --access-key-id {id} --status Inactive")
}
