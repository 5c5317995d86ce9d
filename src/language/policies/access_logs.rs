//! What S3 needs of a bucket that receives access logs.

use serde_json::{Value as Json, json};

use super::allow_service;
use crate::language::names::Names;

/// Lets S3 write the access logs of one bucket into another (S3-16).
pub(in crate::language) fn bucket(names: &Names<'_>, bucket_arn: &str, source: &str, prefix: &str) -> Json {
    allow_service(
        &format!("S3AccessLogs-{source}"),
        "logging.s3.amazonaws.com",
        &["s3:PutObject"],
        &format!("{bucket_arn}/{prefix}*"),
        json!({
            "ArnLike": { "aws:SourceArn": names.bucket_arn(source) },
            "StringEquals": { "aws:SourceAccount": names.place.account },
        }),
    )
}
