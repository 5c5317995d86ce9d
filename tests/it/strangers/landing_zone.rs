//! The shipped landing zone, applied in this process to a built-in account.

use baseline::aws::{Account, Mode, Options};
use baseline::baseline::{Baseline, Place, Source};
use baseline::engine::{Stop, apply, observe, rules};
use baseline::model::Wanted;
use baseline::plan::{Choices, plan};
use baseline::sandbox::world::DEFAULT_ACCOUNT;
use baseline::sandbox::{Profile, Sandbox};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};

const TEXT: &str = include_str!("../../../baselines/landing-zone.toml");

/// An account in which the landing zone stands.
pub async fn applied() -> Sandbox {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let (account, wanted) = (account(&sandbox).await, wanted());
    let live = observe(&account, &wanted).await;
    let todo = plan(&wanted, &live, &rules, &Choices::default()).expect("a cycle");
    let outcome = apply(&account, &wanted, &live, &todo, &|_| {}, &Stop::default()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    sandbox
}

/// What the file expands to.
pub fn wanted() -> Wanted {
    let source = Source { name: "landing-zone.toml".into(), text: TEXT.into() };
    let (baseline, problems) = Baseline::parse(&source);
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
    baseline.expand(&Place { account: DEFAULT_ACCOUNT, partition: "aws" }).expect("the file does not expand")
}

async fn account(sandbox: &Sandbox) -> Account {
    let credentials = Credentials::new(DEFAULT_ACCOUNT, "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(sandbox.http_client())
        .build();
    let options = Options {
        baseline: "landing-zone".into(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        instead: None,
    };
    Account::from_config(&config, &options).await.expect("the account does not say who is calling")
}
