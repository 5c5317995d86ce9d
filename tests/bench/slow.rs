//! The built-in account behind a network that is that slow: a delay in the HTTP client, no connection set-up.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use baseline::aws::{Account, Mode, Options};
use baseline::engine::{Outcome, Stop, apply, observe, rules};
use baseline::language::{Baseline, Place, Source};
use baseline::model::Wanted;
use baseline::plan::{Choices, Plan, plan};
use baseline::sandbox::Sandbox;
use tokio::time::sleep;

#[derive(Debug, Clone)]
struct Slow {
    sandbox: Sandbox,
    round_trip: Duration,
}

impl HttpClient for Slow {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Slow {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { sandbox, round_trip } = self.clone();
        HttpConnectorFuture::new(async move {
            if !round_trip.is_zero() {
                sleep(round_trip).await;
            }
            sandbox.call(request).await
        })
    }
}

/// A file applied to an account behind a slow network.
pub struct Behind {
    pub account: Account,
    pub wanted: Wanted,
}

impl Behind {
    pub async fn new(sandbox: &Sandbox, text: &str, round_trip: Duration, mode: Mode) -> Self {
        let source = Source { name: "bench.toml".into(), text: text.into() };
        let (baseline, problems) = Baseline::parse(&source);
        let baseline = baseline.unwrap_or_else(|| panic!("{problems:#?}"));
        let wanted = baseline.expand(&Place { account: "123456789012", partition: "aws" }).unwrap();
        let client = SharedHttpClient::new(Slow { sandbox: sandbox.clone(), round_trip });
        let options = Options {
            tags: [].into(),
            baseline: baseline.name.clone(),
            region: baseline.region.clone(),
            profile: None,
            mode,
            http_override: Some(client),
        };
        Self { account: Account::open(&options).await.unwrap(), wanted }
    }

    /// A plan, which must be complete.
    pub async fn plan(&self) -> Plan {
        let live = observe(&self.account, &self.wanted).await;
        let plan = plan(&self.wanted, &live, &rules, &Choices::default()).unwrap();
        assert!(plan.is_complete(), "{:#?} {:#?}", plan.unreadable, plan.unlisted);
        plan
    }

    /// Plans and applies, which must succeed.
    pub async fn apply(&self) -> Outcome {
        let live = observe(&self.account, &self.wanted).await;
        let plan = plan(&self.wanted, &live, &rules, &Choices::default()).unwrap();
        let outcome = apply(&self.account, &self.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        assert!(outcome.is_success(), "{outcome:#?}");
        outcome
    }
}
