//! The bucket that flow logs are delivered to (NET-8).

use serde_json::json;

use crate::sandbox::context::Context;
use crate::sandbox::policy::{Decision, Document, Question, Who, decide};
use crate::sandbox::wire::Fault;
use crate::sandbox::world::partition_of;

/// Who delivers.
const SERVICE: &str = "delivery.logs.amazonaws.com";

/// Where flow logs of one account and region go.
#[derive(Debug)]
struct Delivery<'a> {
    bucket: &'a str,
    /// What stands before `AWSLogs/`: empty, or text that ends in a slash.
    prefix: String,
    account: &'a str,
    region: &'a str,
}

impl Delivery<'_> {
    fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", partition_of(self.region), self.bucket)
    }

    fn logs_arn(&self) -> String {
        format!("{}/{}AWSLogs/{}/", self.bucket_arn(), self.prefix, self.account)
    }

    /// What every delivery is asked for as.
    fn source(&self) -> String {
        format!("arn:{}:logs:{}:{}:*", partition_of(self.region), self.region, self.account)
    }

    /// Whether a bucket policy lets the delivery look at the bucket and write into it.
    fn is_allowed_by(&self, policy: &str) -> bool {
        let source = self.source();
        let context = [
            ("aws:SourceAccount", self.account),
            ("aws:SourceArn", source.as_str()),
            ("aws:SecureTransport", "true"),
            ("s3:x-amz-acl", "bucket-owner-full-control"),
        ];
        let object = format!("{}vpcflowlogs/{}/2030/01/01/flow.log.gz", self.logs_arn(), self.region);
        let asked = [("s3:GetBucketAcl", self.bucket_arn()), ("s3:PutObject", object)];
        asked.iter().all(|(action, resource)| {
            let question = Question { who: Who::Service(SERVICE), action, resource, context: &context };
            decide(policy, &question) == Decision::Allowed
        })
    }

    /// The policy that AWS puts on a bucket of the same account.
    fn policy(&self) -> String {
        let source = json!({ "aws:SourceArn": self.source() });
        let (account, acl) = (self.account, "bucket-owner-full-control");
        json!({
            "Version": "2012-10-17",
            "Id": "AWSLogDeliveryWrite20150319",
            "Statement": [
                {
                    "Sid": "AWSLogDeliveryWrite",
                    "Effect": "Allow",
                    "Principal": { "Service": SERVICE },
                    "Action": "s3:PutObject",
                    "Resource": format!("{}*", self.logs_arn()),
                    "Condition": {
                        "StringEquals": { "aws:SourceAccount": account, "s3:x-amz-acl": acl },
                        "ArnLike": source,
                    },
                },
                {
                    "Sid": "AWSLogDeliveryAclCheck",
                    "Effect": "Allow",
                    "Principal": { "Service": SERVICE },
                    "Action": "s3:GetBucketAcl",
                    "Resource": self.bucket_arn(),
                    "Condition": {
                        "StringEquals": { "aws:SourceAccount": account },
                        "ArnLike": source,
                    },
                },
            ],
        })
        .to_string()
    }
}

/// Makes sure that the delivery may write to a destination, as CreateFlowLogs does.
///
/// A policy that allows it stays as it is. Where it does not and the bucket is the caller's own, AWS puts its
/// own policy there and **overwrites** what there was; somebody else's bucket must allow it already.
///
/// # Errors
/// A bucket that is not there or does not let the delivery in, as CreateFlowLogs lists them among its failures.
pub fn prepare(cx: &mut Context<'_>, destination: &str) -> Result<(), Fault> {
    let (caller, region, now) = (cx.caller.account.clone(), cx.region.clone(), cx.now());
    let path = destination.strip_prefix(&format!("arn:{}:s3:::", cx.partition())).unwrap_or_default();
    let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
    let refuse = |message: String| Err(Fault::client("400", message));
    let owner = cx.world.buckets.get(name).map(|owner| owner.account.clone());
    let bucket = owner.as_ref().and_then(|owner| cx.world.accounts.get(owner)?.s3.buckets.get(name));
    let (Some(owner), Some(bucket)) = (&owner, bucket) else {
        return refuse(format!("LogDestination: {name} does not exist."));
    };
    let prefix = match prefix.trim_end_matches('/') {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    };
    let delivery = Delivery { bucket: name, prefix, account: &caller, region: &region };
    if bucket.policy.truth().as_ref().is_some_and(|policy| delivery.is_allowed_by(policy.written())) {
        return Ok(());
    }
    if *owner != caller {
        return refuse(format!(
            "Access Denied for LogDestination: {name}. Please check LogDestination permission"
        ));
    }
    if let Some(bucket) = cx.world.account(&caller).s3.buckets.get_mut(name) {
        *bucket.policy.change(now) = Some(Document::trusted(delivery.policy()));
    }
    Ok(())
}
