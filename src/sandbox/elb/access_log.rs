//! The check that AWS makes before it switches access logs on: may it write into the bucket (ELB-5, ELB-6)?

use super::attribute::{Attributes, of_load_balancer};
use crate::sandbox::context::Context;
use crate::sandbox::wire::Fault;

/// Kinds of logs, each with a bucket and a prefix of its own.
const LOGS: &[&str] = &["access_logs.s3", "connection_logs.s3", "health_check_logs.s3"];

fn refuse(message: impl Into<String>) -> Fault {
    Fault::client("InvalidConfigurationRequest", message)
}

/// Checks the logs that a request touches, as they would be after it.
///
/// # Errors
/// `InvalidConfigurationRequest` for logs without a bucket, a bucket elsewhere or one that AWS may not write to.
pub fn check(_cx: &mut Context<'_>, after: &Attributes, sent: &Attributes) -> Result<(), Fault> {
    for log in LOGS {
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
    }
    Ok(())
}
