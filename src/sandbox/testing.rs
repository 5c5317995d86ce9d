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
use aws_smithy_types::timeout::TimeoutConfig;

use super::Sandbox;
use super::world::DEFAULT_ACCOUNT;

/// An SDK configuration for the default account, without retries.
pub fn config(sandbox: &Sandbox, region: &str) -> SdkConfig {
    config_for(sandbox, region, DEFAULT_ACCOUNT)
}

/// An SDK configuration for an account of choice, without retries.
pub fn config_for(sandbox: &Sandbox, region: &str, account: &str) -> SdkConfig {
    config_with(sandbox, region, (account, "secret", None))
}

/// An SDK configuration with an access key id, a secret and perhaps a session token.
pub fn config_with(sandbox: &Sandbox, region: &str, keys: (&str, &str, Option<&str>)) -> SdkConfig {
    let (id, secret, token) = keys;
    let credentials = Credentials::new(id, secret, token.map(str::to_owned), None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .http_client(sandbox.http_client())
        .build()
}
