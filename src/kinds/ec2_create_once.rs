//! For creates that AWS cannot recognise when they arrive twice.

use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::{Builder, Config};

/// Overrides a create that has no client token so that the SDK sends it once (truth 5, NET-19).
///
/// After a timeout or a 5xx answer the SDK would send it again and make a second thing. The engine
/// looks for the ownership tags first and only then calls the kind's `create` again.
pub(super) fn sent_once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}
