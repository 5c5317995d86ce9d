//! The rules, each over a small account.

mod administrators;
mod credentials;
mod delegation;
mod deputies;
mod exposure;
mod network;
mod other_lists;
mod providers;
mod published_paths;
mod service_use;
mod situations;
mod tampering;
mod whole_account;

use std::collections::{BTreeMap, BTreeSet};

use super::asked::{Asked, AuditAsked, Declared, Demand, Exempt, Exemption, Factor, RootAsked, UsersAsked};
use super::facts::*;
use super::{Posture, Seen, judge};
use crate::model::Origin;
use crate::plan::{Unread, Why};
use crate::policy::Policy;

pub(crate) const ACCOUNT: &str = "123456789012";

fn origin() -> Origin {
    Origin { section: "users".into(), line: 7, file: None }
}

pub(crate) fn demand<T>(value: T) -> Demand<T> {
    Demand { value, origin: origin() }
}

fn now() -> jiff::Timestamp {
    "2026-06-30T12:00:00Z".parse().unwrap()
}

pub(crate) fn days_ago(days: i64) -> Option<jiff::Timestamp> {
    Some(now() - jiff::SignedDuration::from_hours(24 * days))
}

/// A region in which nothing departs.
pub(crate) fn quiet_region() -> Region {
    Region {
        security_groups: Seen::Seen(vec![]),
        prefix_lists: BTreeMap::new(),
        instances: Seen::Seen(vec![]),
        trails: Seen::Seen(vec![trail("main", true)]),
        load_balancers: Seen::Seen(vec![]),
        classic_load_balancers: Seen::Seen(vec![]),
        topics: Seen::Seen(vec![]),
        queues: Seen::Seen(vec![]),
        vpcs: Seen::Seen(vec![]),
        network_acls: Seen::Seen(vec![]),
        keys: Seen::Seen(vec![]),
        public_snapshots: Seen::Seen(vec![]),
        public_images: Seen::Seen(vec![]),
        shared: Seen::Seen(vec![]),
    }
}

/// An account in which nothing departs.
pub(crate) fn clean() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        now: now(),
        root: Seen::Seen(RootSummary { mfa: true, password: Some(true), ..RootSummary::default() }),
        root_credentials: Seen::NotAsked,
        virtual_mfa: Seen::Seen(BTreeSet::new()),
        credentials: Seen::Seen(CredentialReport { made: days_ago(0), rows: vec![root_row()] }),
        keys: BTreeMap::new(),
        own_keys: BTreeSet::new(),
        iam: Seen::Seen(Iam::default()),
        service_use: BTreeMap::new(),
        certificates: Seen::Seen(vec![]),
        account_block: Seen::Seen(PublicAccessBlock::default()),
        buckets: Seen::Seen(vec![]),
        regions: Seen::Seen([("us-east-1".to_owned(), quiet_region())].into()),
    }
}

fn root_row() -> CredentialRow {
    CredentialRow { user: "<root_account>".into(), mfa: true, ..CredentialRow::default() }
}

pub(crate) fn trail(name: &str, all_regions: bool) -> Trail {
    Trail {
        name: name.into(),
        arn: format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{name}"),
        home: "us-east-1".into(),
        all_regions,
        organization: false,
        global_events: true,
        management_events: Seen::Seen(true),
        logging: Seen::Seen(true),
        validation: true,
        bucket: "trail-logs".into(),
        path: "AWSLogs/".into(),
        key: Some(format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/1")),
        delivery_error: None,
        key_policy: Seen::Seen(Some(policy(
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}"#,
        ))),
    }
}

pub(crate) fn everything_asked() -> Asked {
    Asked {
        root: Some(RootAsked {
            no_keys: Some(demand(())),
            mfa: Some(demand(Factor::Hardware)),
            unused_days: Some(demand(30)),
            central: None,
        }),
        users: Some(UsersAsked {
            origin: origin(),
            mfa: Some(demand(Factor::Hardware)),
            exempt: vec![],
            admins: demand(vec![]),
            max_admins: None,
            key_age_days: Some(demand(90)),
            deactivate_stale_keys: false,
            unused_days: Some(demand(45)),
            max_active_keys: demand(1),
            report_max_age_hours: 4,
        }),
        audit: Some(AuditAsked {
            origin: origin(),
            public_buckets: demand(vec![]),
            account_is_blocked: false,
            closed_ports: demand(vec![(22, 22), (3389, 3389), (3306, 3306)]),
            trusted_accounts: demand(vec!["999988887777".into()]),
            trusted_organizations: Some(demand(vec!["o-a1b2c3d4e5".into()])),
            declared_trust: BTreeSet::new(),
            sections: BTreeMap::new(),
            unlogged_buckets: BTreeSet::new(),
            guarded_trust: Some(demand(())),
            service_sources: Some(demand(())),
            instance_profiles: Some(demand(())),
            imdsv2: Some(demand(())),
            narrow_policies: Some(demand(())),
            unused_services_days: Some(demand(90)),
            trail_in_every_region: Some(demand(())),
            declares_trail: false,
            global_events_once: Some(demand(())),
            hardened_trails: Some(demand(())),
            trail_retention_days: Some(demand(90)),
            guarded_trails: Some(demand(())),
            key_rotation: Some(demand(())),
            encrypted_listeners: Some(demand(())),
            sealed_default_groups: Some(demand(())),
            flow_logs: Some(demand(())),
            network_acls: Some(demand(())),
            private_images: Some(demand(())),
            private_topics_and_queues: Some(demand(())),
            images_for_trusted_accounts: Some(demand(())),
            certificates: Some(demand(())),
            regions: None,
        }),
    }
}

pub(crate) fn policy(statements: &str) -> Policy {
    Policy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
}

fn unread(call: &str) -> Unread {
    Unread {
        call: call.into(),
        why: Why::Denied,
        lacking: format!("{call} on *"),
        regions: Vec::new(),
        next: String::new(),
        message: "not allowed".into(),
    }
}

fn ids(posture: &Posture) -> Vec<&'static str> {
    posture.findings.iter().map(|finding| finding.rule.id).collect()
}

fn found(facts: &Facts) -> Vec<&'static str> {
    ids(&judge(facts, &everything_asked()))
}

#[test]
fn a_clean_account_keeps_every_rule() {
    let posture = judge(&clean(), &everything_asked());
    assert_eq!(posture.findings, []);
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    let judged: Vec<&str> = posture.counted.keys().copied().collect();
    let mut all: Vec<&str> =
        super::RULES.iter().map(|rule| rule.id).filter(|id| *id != "administrator-count").collect();
    all.sort_unstable();
    assert_eq!(judged, all, "a rule that was asked is counted, even where there is nothing to look at");
}

#[test]
fn what_is_not_asked_is_not_judged() {
    assert_eq!(judge(&clean(), &Asked::default()), Posture::default());
}

#[test]
fn what_could_not_be_read_is_undecided_and_never_kept() {
    let no = |call: &str| unread(call);
    let facts = Facts {
        root: Seen::Unreadable(no("iam:GetAccountSummary")),
        virtual_mfa: Seen::Unreadable(no("iam:ListVirtualMFADevices")),
        credentials: Seen::Unreadable(no("iam:GetCredentialReport")),
        iam: Seen::Unreadable(no("iam:GetAccountAuthorizationDetails")),
        buckets: Seen::Unreadable(no("s3:ListBuckets")),
        account_block: Seen::Unreadable(no("s3:GetPublicAccessBlock")),
        certificates: Seen::Unreadable(no("iam:ListServerCertificates")),
        regions: Seen::Unreadable(no("ec2:DescribeRegions")),
        ..clean()
    };
    let posture = judge(&facts, &everything_asked());
    assert_eq!(posture.findings, []);
    for rule in super::RULES.iter().filter(|rule| rule.id != "administrator-count") {
        assert!(posture.undecided.contains_key(rule.id), "{} is not undecided", rule.id);
    }
    assert!(!posture.is_complete());
    assert_eq!(posture.unread.len(), 6);
}

#[test]
fn every_finding_has_evidence_a_next_step_and_the_line_that_asks_for_it() {
    let mut facts = clean();
    facts.root = Seen::Seen(RootSummary { keys: true, mfa: false, password: None, certificates: false });
    facts.regions = Seen::Seen(
        [(
            "us-east-1".to_owned(),
            Region {
                security_groups: Seen::Seen(vec![network::group(&[("tcp", Some((22, 22)), "0.0.0.0/0")])]),
                prefix_lists: BTreeMap::new(),
                instances: Seen::Seen(vec![Instance {
                    id: "i-1".into(),
                    imdsv1: true,
                    running: true,
                    ..Instance::default()
                }]),
                trails: Seen::Seen(vec![]),
                ..Region::default()
            },
        )]
        .into(),
    );
    let posture = judge(&facts, &everything_asked());
    assert!(posture.findings.len() >= 6);
    for finding in &posture.findings {
        assert!(!finding.evidence.is_empty(), "{}", finding.rule.id);
        assert!(finding.next.len() > 20, "{}", finding.rule.id);
        assert_eq!(finding.origin.line, 7, "{}", finding.rule.id);
    }
    let severities: Vec<_> = posture.findings.iter().map(|finding| finding.rule.severity).collect();
    assert!(severities.is_sorted_by(|a, b| a >= b), "{severities:?}");
}
