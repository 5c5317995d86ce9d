//! The policy of a key: who administers it and what the sections that use it need.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{cloudtrail, flow_logs};
use crate::language::bucket::Encryption;
use crate::language::cloudtrail::CloudTrail;
use crate::language::kms_key::KmsKey;
use crate::language::names::Names;
use crate::language::types::DeclaredOrArn;

const USE: &[&str] =
    &["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];

/// The trail, if it encrypts with that key.
fn trail<'a>(names: &Names<'a>, name: &str) -> Option<&'a CloudTrail> {
    names.file.cloudtrail.as_ref().map(|trail| &trail.value).filter(|trail| trail.key() == Some(name))
}

/// The statements of a key's policy.
pub(in crate::language) fn statements(names: &Names<'_>, name: &str, key: &KmsKey) -> Vec<Json> {
    // Without it a key can be left that nobody can administer (KMS-4).
    let mut statements = vec![json!({
        "Sid": "AccountAdministers",
        "Effect": "Allow",
        "Principal": { "AWS": names.account_root() },
        "Action": "kms:*",
        "Resource": "*",
    })];
    let administrators: Vec<String> =
        key.administrators.iter().map(|arn| arn.fill(names.place, names.region())).collect();
    if !administrators.is_empty() {
        statements.push(json!({
            "Sid": "Administrators",
            "Effect": "Allow",
            "Principal": { "AWS": administrators },
            "Action": [
                "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*",
                "kms:Revoke*", "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource",
                "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
            ],
            "Resource": "*",
        }));
    }
    let users: Vec<String> = key.users.iter().map(|user| names.principal(user)).collect();
    if !users.is_empty() {
        statements.push(json!({
            "Sid": "Users",
            "Effect": "Allow",
            "Principal": { "AWS": users },
            "Action": USE,
            "Resource": "*",
        }));
        statements.push(json!({
            "Sid": "UsersThroughServices",
            "Effect": "Allow",
            "Principal": { "AWS": users },
            "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
            "Resource": "*",
            "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } },
        }));
    }
    if let Some(trail) = trail(names, name) {
        let readers: Vec<String> = trail.readers.iter().map(|reader| names.principal(reader)).collect();
        let bucket = names.file.bucket.get(trail.bucket.name());
        let into_kms = bucket.is_some_and(|bucket| matches!(bucket.encryption.value, Encryption::Kms(_)));
        statements.extend(cloudtrail::key(names, into_kms, &readers));
    }
    if receives_trail(names, name) {
        statements.push(cloudtrail::bucket_default_key(names));
    }
    if receives_flow_logs(names, name) {
        statements.push(flow_logs::key(names));
    }
    if encrypts_volumes(names, name) {
        statements.extend(auto_scaling(names));
    }
    statements
}

/// Whether the trail writes into a bucket that encrypts with that key, and has another key itself or none.
fn receives_trail(names: &Names<'_>, name: &str) -> bool {
    let Some(trail) = &names.file.cloudtrail else { return false };
    let bucket = names.file.bucket.get(trail.bucket.name());
    trail.key() != Some(name)
        && bucket.is_some_and(
            |bucket| matches!(&bucket.encryption.value, Encryption::Kms(key) if key.name == name),
        )
}

/// Whether flow logs go into a bucket that encrypts with that key.
fn receives_flow_logs(names: &Names<'_>, name: &str) -> bool {
    let file = names.file;
    let of_network = file.network.as_ref().and_then(|network| network.flow_log_bucket());
    let of_others = file.default_network.as_ref().and_then(|network| network.flow_log_bucket());
    let mut buckets = of_network.into_iter().chain(of_others).filter_map(|bucket| file.bucket.get(bucket));
    buckets.any(|bucket| matches!(&bucket.encryption.value, Encryption::Kms(key) if key.name == name))
}

/// Whether instances that Auto Scaling launches have volumes with that key.
fn encrypts_volumes(names: &Names<'_>, name: &str) -> bool {
    let default = names.file.account.as_ref().and_then(|account| account.ebs_kms_key.as_ref());
    names.file.auto_scaling.iter().any(|group| {
        let key = group.section.volume.kms_key.as_ref().or(default);
        key.is_some_and(|key| key.name() == name)
    })
}

/// What Auto Scaling needs of the key of the volumes it makes (KMS-7).
///
/// Its service-linked role is named by a condition: as a principal it would have to exist already (KMS-5), and
/// an account that never scaled has none.
fn auto_scaling(names: &Names<'_>) -> [Json; 2] {
    let role =
        names.arn("iam", "", "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling");
    let statement = |sid: &str, actions: &[&str], condition: Json| {
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Resource": "*",
            "Condition": condition,
        })
    };
    let caller = json!({ "kms:CallerAccount": names.place.account });
    let by_role = json!({ "aws:PrincipalArn": role });
    [
        statement("AutoScalingUses", USE, json!({ "StringEquals": caller, "ArnEquals": by_role })),
        statement(
            "AutoScalingGrants",
            &["kms:CreateGrant"],
            json!({
                "StringEquals": caller,
                "ArnEquals": by_role,
                "Bool": { "kms:GrantIsForAWSResource": "true" },
            }),
        ),
    ]
}

/// The roles of the file that a key's policy names.
pub(in crate::language) fn roles(names: &Names<'_>, name: &str, key: &KmsKey) -> BTreeSet<String> {
    let readers = trail(names, name).into_iter().flat_map(|trail| trail.readers.iter());
    key.users
        .iter()
        .chain(readers)
        .filter_map(|principal| match &principal.value {
            DeclaredOrArn::Declared(role) => Some(role.name.clone()),
            DeclaredOrArn::Arn(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Baseline, Place, Source};

    #[test]
    fn cloudtrail_may_use_the_key_of_its_trail_and_that_of_its_bucket() {
        for (bucket, trail, of_bucket, of_trail) in [
            ("sse-s3", "\"trail\"", None, Some("CloudTrailEncrypt")),
            ("kms:logs", "\"trail\"", Some("CloudTrailIntoBucket"), Some("CloudTrailEncrypt")),
            ("kms:logs", "\"logs\"", Some("CloudTrailEncrypt"), None),
            ("kms:logs", "false", Some("CloudTrailIntoBucket"), None),
        ] {
            let text = format!(
                "name = \"web\"\nregion = \"us-east-1\"\n[cloudtrail]\nbucket = \"logs\"\nkms_key = {trail}\n\
                 [bucket.logs]\nencryption = \"{bucket}\"\n[kms_key.logs]\n[kms_key.trail]\n"
            );
            let (baseline, problems) = Baseline::parse(&Source { name: "x.toml".into(), text });
            let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
            let place = Place { account: "111122223333", partition: "aws" };
            let names = Names { file: &baseline.file, place: &place };
            for (name, expected) in [("logs", of_bucket), ("trail", of_trail)] {
                let key = baseline.file.kms_key.get(name).unwrap();
                let statements = statements(&names, name, key);
                let sids: Vec<&str> = statements.iter().filter_map(|one| one["Sid"].as_str()).collect();
                let of_trail = |sid: &&&str| ["CloudTrailEncrypt", "CloudTrailIntoBucket"].contains(*sid);
                assert_eq!(sids.iter().find(of_trail).copied(), expected, "{bucket} {trail} {name}");
            }
        }
    }
}
