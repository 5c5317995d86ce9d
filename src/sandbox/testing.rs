//! What the tests of every service start from: a real SDK client on a world of its own.
//!
//! ```text
//! let sandbox = Sandbox::new(Profile::Instant, 1);
//! let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox, "us-east-1"));
//! ```

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;

use super::Sandbox;
use super::world::DEFAULT_ACCOUNT;

/// An SDK configuration for the default account, without retries.
pub fn config(sandbox: &Sandbox, region: &str) -> SdkConfig {
    config_for(sandbox, region, DEFAULT_ACCOUNT)
}

/// An SDK configuration for an account of choice, without retries.
pub fn config_for(sandbox: &Sandbox, region: &str, account: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            account, "secret", None, None, "test",
        )))
        .retry_config(RetryConfig::disabled())
        .http_client(sandbox.http_client())
        .build()
}
