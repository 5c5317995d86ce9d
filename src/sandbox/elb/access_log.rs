//! The check that AWS makes before it switches logs on: may it write into the bucket (ELB-5, ELB-6)?

use super::attribute::{Attributes, of_load_balancer};
use crate::sandbox::context::Context;
use crate::sandbox::policy::{Decision, Question, Who, decide};
use crate::sandbox::s3::{Content, Version};
use crate::sandbox::wire::Fault;
use crate::sandbox::world::partition_of;

/// Kinds of logs, each with a bucket and a prefix of its own, and what the file is called that tries it.
const LOGS: &[(&str, &str)] = &[
    ("access_logs.s3", "ELBAccessLogTestFile"),
    ("connection_logs.s3", "ELBConnectionLogTestFile"),
    ("health_check_logs.s3", "ELBHealthCheckLogTestFile"),
];

/// Who delivers, in all regions.
const SERVICE: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

/// The account that delivers in regions from before August 2022 (ELB-5).
fn account(region: &str) -> Option<&'static str> {
    Some(match region {
        "ap-northeast-1" => "582318560864",
        "ap-northeast-2" => "600734575887",
        "ap-northeast-3" => "383597477331",
        "ap-south-1" => "718504428378",
        "ap-southeast-1" => "114774131450",
        "ap-southeast-2" => "783225319266",
        "ca-central-1" => "985666609251",
        "eu-central-1" => "054676820928",
        "eu-north-1" => "897822967062",
        "eu-west-1" => "156460612806",
        "eu-west-2" => "652711504416",
        "eu-west-3" => "009996457667",
        "sa-east-1" => "507241528517",
        "us-east-1" => "127311923021",
        "us-east-2" => "033677994240",
        "us-west-1" => "027434742980",
        "us-west-2" => "797873946194",
        "cn-north-1" => "638102146993",
        "cn-northwest-1" => "037604701340",
        "us-gov-east-1" => "190560391635",
        "us-gov-west-1" => "048591011584",
        _ => return None,
    })
}

fn refuse(message: impl Into<String>) -> Fault {
    Fault::client("InvalidConfigurationRequest", message)
}

/// Checks the logs that a request touches, as they would be after it, and leaves a file where it may write.
///
/// # Errors
/// `InvalidConfigurationRequest` for logs without a bucket, a bucket elsewhere or one that AWS may not write to.
pub fn check(cx: &mut Context<'_>, after: &Attributes, sent: &Attributes) -> Result<(), Fault> {
    for (log, file) in LOGS {
        let key = |member: &str| format!("{log}.{member}");
        let touched = ["enabled", "bucket", "prefix"].iter().any(|member| sent.contains_key(&key(member)));
        if !touched || of_load_balancer(after, &key("enabled")) != "true" {
            continue;
        }
        let bucket = of_load_balancer(after, &key("bucket"));
        if bucket.is_empty() {
            return Err(refuse(format!("The value of '{}' must be specified", key("bucket"))));
        }
        let prefix = of_load_balancer(after, &key("prefix"));
        if prefix.contains("AWSLogs") {
            return Err(refuse(format!("The value of '{}' cannot contain 'AWSLogs'", key("prefix"))));
        }
        write(cx, bucket, prefix.trim_matches('/'), file)?;
    }
    Ok(())
}

fn write(cx: &mut Context<'_>, bucket: &str, prefix: &str, file: &str) -> Result<(), Fault> {
    let denied = || refuse(format!("Access Denied for bucket: {bucket}. Please check S3bucket permission"));
    let (lens, caller, region) = (cx.lens(), cx.caller.account.clone(), cx.region.clone());
    let owner = cx.world.buckets.get(bucket).filter(|owner| owner.released.is_none());
    let owner = owner.map(|owner| owner.account.clone()).ok_or_else(denied)?;
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let object = format!("{prefix}AWSLogs/{caller}/{file}");
    let etag = cx.world.ids.hex(32);
    let version = cx.world.ids.secret(32);
    let bucket_live = cx.world.account(&owner).s3.buckets.get_mut(bucket).ok_or_else(denied)?;
    if bucket_live.region != region {
        return Err(refuse(format!("The bucket '{bucket}' must be in the same region as the load balancer")));
    }
    // Logs go into SSE-S3 buckets only: the service may use no key of a customer's.
    let path = ["Rule", "ApplyServerSideEncryptionByDefault", "SSEAlgorithm"];
    let encryption = path.iter().try_fold(bucket_live.seen(lens, bucket, "encryption"), |at, part| {
        Some(at.and_then(|value| value.get(*part)))
    });
    let algorithm = encryption.flatten().and_then(serde_json::Value::as_str).unwrap_or("AES256");
    let policy = bucket_live.policy_seen(lens, bucket).map(|policy| policy.written().to_owned());
    if algorithm != "AES256"
        || !allows(policy.as_deref().unwrap_or_default(), &region, bucket, &object, &caller)
    {
        return Err(denied());
    }
    let id = if bucket_live.versioning() == "Enabled" { version } else { "null".to_owned() };
    let text = format!("Enable AccessLog for ELB: {bucket}\n");
    let content = Content {
        size: text.len(),
        bytes: aws_smithy_types::base64::encode(text),
        etag,
        kind: "binary/octet-stream".to_owned(),
        headers: [("x-amz-server-side-encryption".to_owned(), "AES256".to_owned())].into(),
        parts: Vec::new(),
    };
    let written = Version { id, modified: lens.now, content: Some(content), kept: None, hold: false };
    let versions = bucket_live.objects.entry(object).or_default();
    versions.retain(|known| known.id != written.id);
    versions.push(written);
    Ok(())
}

/// Whether a policy lets one of the two principals in that AWS writes as.
fn allows(policy: &str, region: &str, bucket: &str, object: &str, account_id: &str) -> bool {
    let partition = partition_of(region);
    let resource = format!("arn:{partition}:s3:::{bucket}/{object}");
    let source = format!("arn:{partition}:elasticloadbalancing:{region}:{account_id}:loadbalancer/*");
    let context = [
        ("aws:SecureTransport", "true"),
        ("aws:SourceAccount", account_id),
        ("aws:SourceArn", source.as_str()),
        ("s3:x-amz-acl", "bucket-owner-full-control"),
    ];
    let root = account(region).map(|id| (id, format!("arn:{partition}:iam::{id}:root")));
    let mut who = vec![Who::Service(SERVICE)];
    if let Some((account, arn)) = &root {
        who.push(Who::Aws { account, arn, identity: arn });
    }
    who.into_iter().any(|who| {
        let question = Question { who, action: "s3:PutObject", resource: &resource, context: &context };
        decide(policy, &question) == Decision::Allowed
    })
}
