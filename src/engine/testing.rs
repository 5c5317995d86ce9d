//! What the tests of the engine start from: the built-in account behind a network, in virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use tokio::time::sleep;

use crate::aws::{Account, Mode, Options};
use crate::sandbox::Sandbox;
use crate::sandbox::testing::config;

/// The built-in account behind a network of its own: slow by chance, and forgetful of answers.
#[derive(Debug, Clone)]
pub struct Network {
    /// The account.
    pub sandbox: Sandbox,
    chance: Arc<AtomicU64>,
    /// One answer in so many is lost; none where 0.
    pub loses: u64,
    /// How the targets begin whose answers may be lost.
    pub forgets: &'static str,
    /// A call takes up to so many milliseconds there, and up to as many back.
    pub slow: u64,
    /// An operation that is denied.
    pub denied: &'static str,
}

impl Network {
    /// A network of the built-in account whose chance starts from a seed.
    pub fn new(sandbox: &Sandbox, seed: u64, loses: u64) -> Self {
        let chance = Arc::new(AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
        Self { sandbox: sandbox.clone(), chance, loses, forgets: "AmazonSSM", slow: 2_000, denied: "nothing" }
    }

    /// The next number of a small generator (xorshift).
    fn roll(&self, sides: u64) -> u64 {
        let mut x = self.chance.load(Ordering::SeqCst);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.chance.store(x, Ordering::SeqCst);
        x % sides
    }
}

impl HttpClient for Network {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let network = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            if target.ends_with(network.denied) {
                let body =
                    r#"{"__type":"AccessDeniedException","message":"no identity-based policy allows it"}"#;
                return Ok(HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body)));
            }
            // What is under way arrives, also where whoever sent it is paused or has gone on.
            let (there, back) = (network.roll(network.slow), network.roll(network.slow));
            let sandbox = network.sandbox.clone();
            let delivered = tokio::spawn(async move {
                sleep(Duration::from_millis(there)).await;
                HttpConnector::call(&sandbox, request).await
            });
            let answer = delivered.await.map_err(|error| ConnectorError::other(error.into(), None))?;
            sleep(Duration::from_millis(back)).await;
            if network.loses > 0 && target.starts_with(network.forgets) && network.roll(network.loses) == 0 {
                return Err(ConnectorError::io("the answer was lost".into()));
            }
            answer
        })
    }
}

/// The account behind a network, for a baseline called test in eu-west-1.
pub async fn account(network: &Network) -> Account {
    let config = config(&network.sandbox, "eu-west-1")
        .to_builder()
        .http_client(network.clone())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .build();
    let options = Options {
        tags: [].into(),
        baseline: "test".into(),
        region: "eu-west-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        http_override: None,
    };
    loop {
        // Who the caller is may be asked again: what is tried here is the lock.
        if let Ok(account) = Account::from_config(&config, &options).await {
            return account;
        }
    }
}
