//! What an endpoint lets through where the file says nothing: the least that things in a VPC need.
//!
//! An endpoint policy allows nothing by itself. It keeps out what an identity or a bucket would allow: credentials of another
//! account that somebody brings along, and buckets of another account that data could be carried to.

use serde_json::{Value as Json, json};

use crate::language::endpoint::Service;
use crate::language::names::Names;

/// Buckets of AWS that things in a VPC read from without credentials of this account, or with a URL that a service of AWS has
/// signed. `REGION` is the region's name.
///
/// Sources: Systems Manager User Guide, "SSM Agent communications with AWS managed S3 buckets"; Amazon Linux 2 and Amazon Linux 2023
/// user guides, on their repositories in S3; Amazon ECR User Guide, "Minimum Amazon S3 bucket permissions"; Amazon CloudWatch
/// User Guide and AWS CodeDeploy User Guide, on the downloads of their agents.
const OF_AWS: [&str; 15] = [
    "al2023-repos-REGION-de612dc2",
    "amazonlinux-2-repos-REGION",
    "amazonlinux.REGION.amazonaws.com",
    "aws-ssm-REGION",
    "amazon-ssm-REGION",
    "amazon-ssm-packages-REGION",
    "aws-windows-downloads-REGION",
    "aws-ssm-distributor-file-REGION",
    "aws-ssm-document-attachments-REGION",
    "aws-patchmanager-macos-REGION",
    "patch-baseline-snapshot-REGION",
    "REGION-birdwatcher-prod",
    "amazoncloudwatch-agent-REGION",
    "aws-codedeploy-REGION",
    "prod-REGION-starport-layer-bucket",
];

/// A policy as text.
pub(in crate::language) fn text(statements: Vec<Json>) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// The statements for a service; nothing for one that somebody else offers, which takes no policy.
///
/// Where the request names its resource's owner (S3, DynamoDB), that must be this account too. Services behind interface endpoints
/// hand out things of AWS's own, such as documents of Systems Manager, so that the caller alone decides there.
pub(in crate::language) fn least(names: &Names<'_>, service: &Service) -> Option<Vec<Json>> {
    if service.full.starts_with("com.amazonaws.vpce.") {
        return None;
    }
    let account = names.place.account;
    let mut own = json!({ "aws:PrincipalAccount": account });
    if service.is_gateway {
        own["aws:ResourceAccount"] = json!(account);
    }
    let mut statements = vec![json!({
        "Sid": "OwnPrincipals",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": { "StringEquals": own },
    })];
    if service.is_gateway && service.label == "s3" {
        let partition = names.place.partition;
        let objects =
            |bucket: &&str| format!("arn:{partition}:s3:::{}/*", bucket.replace("REGION", names.region()));
        statements.push(json!({
            "Sid": "WhatAwsKeepsForInstances",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": OF_AWS.iter().map(objects).collect::<Vec<_>>(),
        }));
    }
    Some(statements)
}
