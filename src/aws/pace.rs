//! How fast this program asks: a bound on what is in flight, and no more than its share of every request budget.
//!
//! The budgets of an account are there for the people who use it, too, so a run takes half of what AWS publishes. Where
//! AWS publishes nothing, it asks as fast as it likes until AWS says that it is too fast. From then on it takes half of
//! what people report, half again at each further refusal, and a little more with each answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use super::stop::WriteGate;
use crate::budget::{Budget, Spent, of};

/// Requests of one account in flight at once: well below the files that a process may have open.
const IN_FLIGHT: usize = 128;

/// How long an answer may take. Time spent waiting for one's turn does not count, so this is not the SDK's own limit.
const ANSWER: Duration = Duration::from_secs(30);

/// The part of a budget that a run takes for itself.
const SHARE: f64 = 0.5;

/// The least part, however often AWS refuses.
const LEAST: f64 = SHARE / 64.0;

/// What each answer adds to a part that was cut.
const REGAINED: f64 = SHARE / 100.0;

/// What AWS calls a caller who is too fast (aws-truths 2.1).
const TOO_FAST: [&[u8]; 8] = [
    b"Throttl",
    b"RequestLimitExceeded",
    b"TooManyRequests",
    b"SlowDown",
    b"Rate exceeded",
    b"BandwidthLimitExceeded",
    b"PriorRequestNotComplete",
    b"LimitExceededException",
];

/// Which call a request is, told to the HTTP client by the interceptor.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The SDK's name of the service.
    pub(super) service: String,
    /// The operation.
    pub(super) operation: String,
    /// The region it is sent to, which has budgets of its own.
    pub(super) region: String,
    /// Whether it is a write that ends with the lease.
    pub(super) gated: bool,
    /// Whether it starts something, and so waits until it is known whose account it is.
    pub(super) starts: bool,
}

/// What one account's calls have used up.
#[derive(Debug)]
struct Pace {
    in_flight: Semaphore,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    /// The part of the budget taken where AWS has refused.
    cut: BTreeMap<String, f64>,
}

impl Pace {
    /// Books the next free place for a call, and says how long to wait for it.
    fn book(&self, key: &str, call: &Call) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Whether a request names filters is not looked at: the smaller budget is taken.
        let budget = of(&call.service.to_lowercase(), &call.operation, false);
        let cut = state.cut.get(key).copied();
        if !budget.documented && cut.is_none() {
            return Duration::ZERO;
        }
        let share = cut.unwrap_or(SHARE);
        // One at a time is as little as there can be.
        let budget = Budget { burst: (budget.burst * share).max(1.0), rate: budget.rate * share, ..budget };
        let now = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Duration::from_secs_f64(state.spent.book(key, budget, now))
    }

    /// Notes whether AWS found a call too fast.
    fn learn(&self, key: String, too_fast: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if too_fast {
            state.spent.use_up(&key);
            let share = state.cut.entry(key).or_insert(SHARE * 2.0);
            *share = (*share / 2.0).max(LEAST);
        } else if let Some(share) = state.cut.get_mut(&key) {
            *share = (*share + REGAINED).min(SHARE);
        }
    }
}

/// An HTTP client that all services of an account share, with their connections and the certificates it trusts.
#[derive(Debug, Clone)]
pub(super) struct Paced {
    client: SharedHttpClient,
    pace: Arc<Pace>,
    write_gate: Arc<WriteGate>,
}

impl Paced {
    /// Asks through a client, at a pace of its own.
    pub(super) fn new(client: SharedHttpClient, write_gate: Arc<WriteGate>) -> Self {
        let (in_flight, state) = (Semaphore::new(IN_FLIGHT), Mutex::default());
        Self { client, pace: Arc::new(Pace { in_flight, began: Instant::now(), state }), write_gate }
    }
}

impl HttpClient for Paced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        let (pace, write_gate) = (Arc::clone(&self.pace), Arc::clone(&self.write_gate));
        SharedHttpConnector::new(PacedConnector { connector, pace, write_gate })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct PacedConnector {
    connector: SharedHttpConnector,
    pace: Arc<Pace>,
    write_gate: Arc<WriteGate>,
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (connector, pace) = (self.connector.clone(), Arc::clone(&self.pace));
        let write_gate = Arc::clone(&self.write_gate);
        HttpConnectorFuture::new(async move {
            let call = request.extension::<Call>().cloned();
            let host = request.uri().split('/').nth(2).unwrap_or_default();
            let key = call.as_ref().map(|call| format!("{host} {} {}", call.region, call.operation));
            if call.as_ref().is_some_and(|call| call.starts) {
                write_gate.meant().await;
            }
            if let (Some(call), Some(key)) = (&call, &key) {
                let wait = pace.book(key, call);
                if !wait.is_zero() {
                    sleep(wait).await;
                }
            }
            let _permit =
                pace.in_flight.acquire().await.map_err(|error| ConnectorError::other(error.into(), None))?;
            if call.is_some_and(|call| call.gated) {
                write_gate.is_leased().map_err(|refusal| ConnectorError::other(refusal.into(), None))?;
            }
            let answer = timeout(ANSWER, answered(&connector, request)).await;
            let (response, too_fast) = answer.map_err(|late| ConnectorError::timeout(late.into()))??;
            if let Some(key) = key {
                pace.learn(key, too_fast);
            }
            Ok(response)
        })
    }
}

/// The answer, and whether it says that the caller is too fast.
async fn answered(
    connector: &SharedHttpConnector,
    request: HttpRequest,
) -> Result<(HttpResponse, bool), ConnectorError> {
    let mut response = connector.call(request).await?;
    let status = response.status().as_u16();
    if !matches!(status, 400 | 429 | 503) {
        return Ok((response, false));
    }
    let body = std::mem::replace(response.body_mut(), SdkBody::empty());
    let body = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
    let too_fast =
        status != 400 || TOO_FAST.iter().any(|word| body.windows(word.len()).any(|part| part == *word));
    *response.body_mut() = SdkBody::from(body);
    Ok((response, too_fast))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::ImageBlockPublicAccessEnabledState;

    use super::*;
    use crate::aws::{Account, Mode, Options};
    use crate::sandbox::{Profile, Sandbox};

    fn pace() -> Arc<Pace> {
        Paced::new(Sandbox::new(Profile::Instant, 1).http_client(), Arc::default()).pace
    }

    fn waits(pace: &Pace, service: &str, operation: &str, calls: usize) -> Vec<u128> {
        let call = Call {
            service: service.into(),
            operation: operation.into(),
            region: "us-east-1".into(),
            gated: false,
            starts: false,
        };
        (0..calls).map(|_| pace.book(operation, &call).as_millis()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_a_published_budget_is_left_to_others() {
        let pace = pace();
        assert_eq!(waits(&pace, "EC2", "CreateSubnet", 27)[24..], [0, 400, 800]);
        assert_eq!(waits(&pace, "CloudTrail", "CreateTrail", 2), [0, 2_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waits_long_for_its_turn_is_neither_late_nor_stalled() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        let options = Options {
            tags: [].into(),
            baseline: "paced".into(),
            region: "us-east-1".into(),
            profile: None,
            mode: Mode::ReadWrite,
            http_override: Some(sandbox.http_client()),
        };
        let account = &Account::open(&options).await.unwrap();
        let began = Instant::now();
        let state = || ImageBlockPublicAccessEnabledState::BlockNewSharing;
        let calls = (0..3).map(|_| async move {
            let request = account.ec2.enable_image_block_public_access();
            request
                .image_block_public_access_state(state())
                .send()
                .await
                .map_err(|error| format!("{error:?}"))
        });
        for answer in futures::future::join_all(calls).await {
            assert!(answer.is_ok(), "{answer:?}");
        }
        assert_eq!(began.elapsed().as_secs(), 40, "half of one in ten seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_started_before_it_is_known_whose_account_it_is() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        let options = Options {
            tags: [].into(),
            baseline: "paced".into(),
            region: "us-east-1".into(),
            profile: None,
            mode: Mode::ReadOnly,
            http_override: Some(sandbox.http_client()),
        };
        let account = Account::open_supposing(&options, "123456789012", "aws").await;
        let mut report = Box::pin(account.iam.generate_credential_report().send());
        assert!(timeout(Duration::from_secs(60), &mut report).await.is_err(), "it was started");
        account.iam.get_account_summary().send().await.unwrap();
        account.is_meant();
        report.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_whose_turn_comes_after_the_lease_is_not_sent() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        let options = Options {
            tags: [].into(),
            baseline: "paced".into(),
            region: "us-east-1".into(),
            profile: None,
            mode: Mode::ReadWrite,
            http_override: Some(sandbox.http_client()),
        };
        let account = &Account::open(&options).await.unwrap();
        account.write_until(Instant::now() + Duration::from_secs(1));
        let names = ["a", "b", "c", "d"];
        let trails = names.map(|name| async move {
            account.call(|| account.cloudtrail.create_trail().name(name).s3_bucket_name("b").send()).await
        });
        let answers = futures::future::join_all(trails).await;
        let too_late = answers.iter().filter_map(|answer| answer.as_ref().err());
        let too_late = too_late.filter(|error| error.class == crate::aws::Class::Stopped).count();
        assert_eq!(too_late, 3, "{answers:?}");
        assert!(account.refused_too_late());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_published_is_asked_for_freely_until_aws_refuses() {
        let pace = pace();
        assert_eq!(waits(&pace, "IAM", "GetRole", 500), [0; 500]);
        pace.learn("GetRole".into(), true);
        let first = waits(&pace, "IAM", "GetRole", 52);
        assert_eq!(first[..50], [0; 50]);
        assert_eq!(first[50..], [100, 200]);
        pace.learn("GetRole".into(), true);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(waits(&pace, "IAM", "GetRole", 1), [400], "a second refusal cuts deeper");
        for _ in 0..100 {
            pace.learn("GetRole".into(), false);
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(waits(&pace, "IAM", "GetRole", 50), [0; 50], "answers bring it back");
    }
}
