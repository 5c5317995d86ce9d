//! The shipped landing zone, applied in this process to a built-in account.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use baseline::aws::{Account, Mode, Options};
use baseline::engine::{Stop, apply, observe, rules};
use baseline::language::{Baseline, Place, Source};
use baseline::model::Wanted;
use baseline::plan::{Choices, Live, Plan, plan};
use baseline::sandbox::world::DEFAULT_ACCOUNT;
use baseline::sandbox::{Profile, Sandbox};

const TEXT: &str = include_str!("../../../baselines/landing-zone.toml");

/// A built-in account in which the landing zone stands.
pub async fn applied() -> Sandbox {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    apply_to(&sandbox.http_client(), DEFAULT_ACCOUNT).await;
    sandbox
}

/// Applies the landing zone to an account behind an HTTP client.
pub async fn apply_to(client: &SharedHttpClient, id: &str) {
    let (account, wanted) = (account(client, id).await, wanted(id));
    let (live, todo) = look(&account, &wanted).await;
    let outcome = apply(&account, &wanted, &live, &todo, &|_| {}, &Stop::default()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
}

/// Whether nothing is left to do in an account behind an HTTP client.
pub async fn is_converged(client: &SharedHttpClient, id: &str) -> bool {
    let plan = look(&account(client, id).await, &wanted(id)).await.1;
    plan.is_complete() && plan.is_converged()
}

/// What the file expands to in an account.
pub fn wanted(id: &str) -> Wanted {
    let source = Source { name: "landing-zone.toml".into(), text: TEXT.into() };
    let (baseline, problems) = Baseline::parse(&source);
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
    baseline.expand(&Place { account: id, partition: "aws" }).expect("the file does not expand")
}

async fn look(account: &Account, wanted: &Wanted) -> (Live, Plan) {
    let live = observe(account, wanted).await;
    let plan = plan(wanted, &live, &rules, &Choices::default()).expect("a cycle");
    (live, plan)
}

/// An access key of twelve digits chooses the account.
async fn account(client: &SharedHttpClient, id: &str) -> Account {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            id, "secret", None, None, "test",
        )))
        .http_client(client.clone())
        .build();
    let options = Options {
        tags: [].into(),
        baseline: "landing-zone".into(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        http_override: None,
    };
    Account::from_config(&config, &options).await.expect("the account does not say who is calling")
}
