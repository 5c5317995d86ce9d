//! What load balancers need of the bucket that receives their logs (ELB-5).

use serde_json::{Value as Json, json};

use super::allow_service;
use crate::language::names::Names;

/// The accounts of AWS from which load balancers of older regions deliver.
const DELIVERY_ACCOUNTS: &[(&str, &str)] = &[
    ("af-south-1", "098369216593"),
    ("ap-east-1", "754344448648"),
    ("ap-northeast-1", "582318560864"),
    ("ap-northeast-2", "600734575887"),
    ("ap-northeast-3", "383597477331"),
    ("ap-south-1", "718504428378"),
    ("ap-southeast-1", "114774131450"),
    ("ap-southeast-2", "783225319266"),
    ("ap-southeast-3", "589379963580"),
    ("ca-central-1", "985666609251"),
    ("cn-north-1", "638102146993"),
    ("cn-northwest-1", "037604701340"),
    ("eu-central-1", "054676820928"),
    ("eu-north-1", "897822967062"),
    ("eu-south-1", "635631232127"),
    ("eu-west-1", "156460612806"),
    ("eu-west-2", "652711504416"),
    ("eu-west-3", "009996457667"),
    ("me-south-1", "076674570225"),
    ("sa-east-1", "507241528517"),
    ("us-east-1", "127311923021"),
    ("us-east-2", "033677994240"),
    ("us-gov-east-1", "190560391635"),
    ("us-gov-west-1", "048591011584"),
    ("us-west-1", "027434742980"),
    ("us-west-2", "797873946194"),
];

/// The accounts of AWS from which load balancers deliver their logs, of every region.
pub fn load_balancer_accounts() -> impl Iterator<Item = &'static str> {
    DELIVERY_ACCOUNTS.iter().map(|(_, account)| *account)
}

/// Lets load balancers of the account write into a bucket, in both ways AWS has.
pub(in crate::language) fn bucket(names: &Names<'_>, bucket_arn: &str) -> Vec<Json> {
    let logs = format!("{bucket_arn}/AWSLogs/{}/*", names.place.account);
    let mut statements = vec![allow_service(
        "LoadBalancerLogs",
        "logdelivery.elasticloadbalancing.amazonaws.com",
        &["s3:PutObject"],
        &logs,
        json!({}),
    )];
    let account = DELIVERY_ACCOUNTS.iter().find(|(region, _)| *region == names.region());
    if let Some((_, account)) = account {
        statements.push(json!({
            "Sid": "LoadBalancerLogsOfOlderRegions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{}:iam::{account}:root", names.place.partition) },
            "Action": "s3:PutObject",
            "Resource": logs,
        }));
    }
    statements
}
