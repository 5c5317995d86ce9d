//! Reads the facts: in few calls, all started at once, and only what something asks for.
//!
//! The one part of posture that sees AWS. It never fails: what could not be read is part of the answer.

mod access_points;
mod buckets;
mod certificates;
mod credentials;
mod iam;
mod keys;
mod lifecycle;
mod load_balancers;
mod regions;
mod root;
mod service_use;
mod shared_images;
mod time;
mod topics;
mod virtual_mfa;
mod vpcs;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;

use super::facts::{CredentialReport, Iam, Region};
use super::rules::public_buckets;
use super::rules::root_user::ROOT_ROW;
use super::{Asked, Facts, Seen};
use crate::aws::trace::chain;
use crate::aws::{Account, Error};
use crate::model::Unread;
use crate::operations::action;

/// Reads what the file asks about. The time is that of the reading; rules reckon ages from it.
pub async fn read(account: &Account, asked: &Asked, now: jiff::Timestamp) -> Facts {
    let root = asked.root.as_ref();
    let asks_root =
        root.is_some_and(|root| root.no_keys.is_some() || root.mfa.is_some() || root.central.is_some());
    let asks_report = asked.users.is_some() || root.is_some();
    let asks_iam = asked.users.is_some() || asked.audit.is_some();
    let asks_audit = asked.audit.is_some();
    let asks_certificates = asked.audit.as_ref().is_some_and(|audit| audit.certificates.is_some());
    let (
        (summary, root_credentials),
        app,
        (credentials, keys),
        (iam, service_use),
        certificates,
        block,
        mut buckets,
        regions,
    ) = tokio::join!(
        summary_and_credentials(account, root, asks_root),
        when(asks_for_hardware(asked), virtual_mfa::owners(account)),
        credentials_and_keys(account, asked, asks_report, now),
        iam_and_use(account, asked, asks_iam),
        when(asks_certificates, certificates::certificates(account)),
        when(asks_audit, buckets::account_block(account)),
        when(asks_audit, buckets::buckets(account)),
        when(asks_audit, regions::regions(account, asked.audit.as_ref())),
    );
    if let (Seen::Seen(buckets), Some(audit)) = (&mut buckets, &asked.audit)
        && (audit.hardened_trails.is_some() || audit.trail_retention_days.is_some())
    {
        let names = buckets_of_trails(account, &regions);
        buckets::add_what_trails_ask(account, buckets, &names, audit).await;
    }
    let credentials = without_those_who_left(credentials, &iam);
    Facts {
        account: account.id().to_owned(),
        partition: account.identity.partition.clone(),
        now,
        root: summary,
        root_credentials,
        virtual_mfa: app,
        credentials,
        keys,
        own_keys: account.own_keys().await,
        iam,
        service_use,
        certificates,
        account_block: block,
        buckets,
        regions,
    }
}

/// The buckets into which the account's own trails write.
fn buckets_of_trails(account: &Account, regions: &Seen<BTreeMap<String, Region>>) -> BTreeSet<String> {
    let Seen::Seen(regions) = regions else { return BTreeSet::new() };
    let lists = regions.values().filter_map(|region| match &region.trails {
        Seen::Seen(trails) => Some(trails),
        Seen::Unreadable(_) | Seen::NotAsked => None,
    });
    let own = lists.flatten().filter(|trail| trail.account() == Some(account.id()));
    own.map(|trail| trail.bucket.clone()).collect()
}

/// The report without the users who have left since it was made, where it is known who there is.
fn without_those_who_left(
    mut credentials: Seen<CredentialReport>,
    iam: &Seen<Iam>,
) -> Seen<CredentialReport> {
    if let (Seen::Seen(report), Seen::Seen(iam)) = (&mut credentials, iam) {
        let users: BTreeSet<&str> = iam.users.iter().map(|user| user.identity.name.as_str()).collect();
        report.rows.retain(|row| row.user == ROOT_ROW || users.contains(row.user.as_str()));
    }
    credentials
}

/// The calls that reading for this takes, as `service:Operation`: what a policy for it has to allow.
pub fn calls(asked: &Asked) -> Vec<&'static str> {
    let mut calls = Vec::new();
    if asked.root.is_some() {
        calls.push("iam:GetAccountSummary");
    }
    if asks_for_hardware(asked) {
        calls.push("iam:ListVirtualMFADevices");
    }
    if asked.root.is_some() || asked.users.is_some() {
        calls.extend(["iam:GenerateCredentialReport", "iam:GetCredentialReport"]);
    }
    if asked.users.is_some() {
        calls.push("iam:ListAccessKeys");
    }
    if asked.users.is_some() || asked.audit.is_some() {
        calls.push("iam:GetAccountAuthorizationDetails");
    }
    if asks_for_use(asked) {
        calls.extend(["iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails"]);
    }
    if asked.audit.is_some() {
        calls.extend(public_buckets::CALLS);
        calls.extend([
            "s3control:GetPublicAccessBlock",
            "ec2:DescribeRegions",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeInstances",
            "cloudtrail:DescribeTrails",
            "cloudtrail:GetTrailStatus",
            "cloudtrail:GetEventSelectors",
        ]);
    }
    if asked.audit.as_ref().is_some_and(|audit| audit.trail_retention_days.is_some()) {
        calls.extend([
            "s3:GetBucketLifecycleConfiguration",
            "s3:GetBucketVersioning",
            "s3:GetObjectLockConfiguration",
        ]);
    }
    for (demand, reads) in asked.audit.as_ref().map(optional_reads).into_iter().flatten() {
        if demand.is_some() {
            calls.extend(reads);
        }
    }
    calls
}

type OptionalRead<'a> = (&'a Option<super::asked::Demand<()>>, &'static [&'static str]);

/// What is read for one demand of `[audit]` alone.
fn optional_reads(audit: &super::asked::AuditAsked) -> [OptionalRead<'_>; 11] {
    [
        (&audit.hardened_trails, &["s3:GetBucketLogging"]),
        (&audit.guarded_trails, &["kms:GetKeyPolicy"]),
        (
            &audit.encrypted_listeners,
            &[
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancerPolicies",
            ],
        ),
        (&audit.flow_logs, &["ec2:DescribeVpcs", "ec2:DescribeFlowLogs"]),
        (&audit.network_acls, &["ec2:DescribeNetworkAcls"]),
        (&audit.key_rotation, &["kms:ListKeys", "kms:DescribeKey", "kms:GetKeyRotationStatus"]),
        (
            &audit.service_sources,
            &[
                "kms:ListKeys",
                "kms:DescribeKey",
                "kms:GetKeyPolicy",
                "sns:ListTopics",
                "sns:GetTopicAttributes",
                "sqs:ListQueues",
                "sqs:GetQueueAttributes",
            ],
        ),
        (
            &audit.private_topics_and_queues,
            &["sns:ListTopics", "sns:GetTopicAttributes", "sqs:ListQueues", "sqs:GetQueueAttributes"],
        ),
        (&audit.private_images, &["ec2:DescribeSnapshots", "ec2:DescribeImages"]),
        (
            &audit.images_for_trusted_accounts,
            &[
                "ec2:DescribeSnapshots",
                "ec2:DescribeSnapshotAttribute",
                "ec2:DescribeImages",
                "ec2:DescribeImageAttribute",
            ],
        ),
        (&audit.certificates, &["iam:ListServerCertificates"]),
    ]
}

fn asks_for_hardware(asked: &Asked) -> bool {
    let of_root = asked.root.as_ref().and_then(|root| root.mfa.as_ref());
    let of_users = asked.users.as_ref().and_then(|users| users.mfa.as_ref());
    of_root.into_iter().chain(of_users).any(|mfa| mfa.value == super::asked::Factor::Hardware)
}

/// Users and roles, and then what each of them has used, where the file asks for that.
async fn iam_and_use(
    account: &Account,
    asked: &Asked,
    is_asked: bool,
) -> (Seen<super::facts::Iam>, BTreeMap<String, Seen<Vec<super::facts::ServiceUse>>>) {
    if !is_asked {
        return (Seen::NotAsked, BTreeMap::new());
    }
    chain(Box::pin(async {
        let iam = seen(iam::iam(account).await);
        let used = match &iam {
            Seen::Seen(iam) if asks_for_use(asked) => service_use::service_use(account, iam).await,
            _ => BTreeMap::new(),
        };
        (iam, used)
    }))
    .await
}

fn asks_for_use(asked: &Asked) -> bool {
    asked.audit.as_ref().is_some_and(|audit| audit.unused_services_days.is_some())
}

/// The summary, and then what the organization says of the credentials that it shows.
async fn summary_and_credentials(
    account: &Account,
    asked: Option<&super::asked::RootAsked>,
    is_asked: bool,
) -> (Seen<super::facts::RootSummary>, Seen<super::facts::RootCredentials>) {
    if !is_asked {
        return (Seen::NotAsked, Seen::NotAsked);
    }
    chain(Box::pin(async {
        let summary = seen(root::summary(account).await);
        let central = asked.and_then(|asked| asked.central);
        let credentials = match (&summary, central) {
            (Seen::Seen(summary), Some(central)) if root::has_any(summary, central) => {
                seen(root::credentials(account).await)
            }
            _ => Seen::NotAsked,
        };
        (summary, credentials)
    }))
    .await
}

/// The report, and then the ids of the keys that it shows to be too many or too old.
async fn credentials_and_keys(
    account: &Account,
    asked: &Asked,
    is_asked: bool,
    now: jiff::Timestamp,
) -> (Seen<super::facts::CredentialReport>, BTreeMap<String, Seen<Vec<super::facts::AccessKey>>>) {
    if !is_asked {
        return (Seen::NotAsked, BTreeMap::new());
    }
    chain(Box::pin(async {
        let hours = asked.users.as_ref().map_or(credentials::HOURS, |users| users.report_max_age_hours);
        let report = seen(credentials::report(account, hours, now).await);
        let keys = match (&report, &asked.users) {
            (Seen::Seen(report), Some(users)) => credentials::keys(account, report, users, now).await,
            _ => BTreeMap::new(),
        };
        (report, keys)
    }))
    .await
}

/// A part of the facts as a chain of its own. Boxed: the SDK's futures side by side are too much for one frame.
fn when<'a, T: Send + 'a>(
    asked: bool,
    part: impl Future<Output = Result<T, Error>> + Send + 'a,
) -> BoxFuture<'a, Seen<T>> {
    Box::pin(async move { if asked { seen(chain(part).await) } else { Seen::NotAsked } })
}

fn seen<T>(answer: Result<T, Error>) -> Seen<T> {
    match answer {
        Ok(answer) => Seen::Seen(answer),
        Err(error) => Seen::Unreadable(unread(&error)),
    }
}

fn unread(error: &Error) -> Unread {
    // The rules look at everything there is.
    error.unread(|| format!("{} on *", action(&error.service, &error.operation)))
}
