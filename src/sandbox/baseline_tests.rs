//! Whole baselines on the sandbox: what the program makes there, it finds again.

use crate::aws::{Account, Mode, Options};
use crate::engine::{Stop, apply, observe, rules};
use crate::language::{Baseline, Place, Source};
use crate::model::Wanted;
use crate::plan::{Choices, plan};
use crate::sandbox::testing::config;
use crate::sandbox::world::DEFAULT_ACCOUNT;
use crate::sandbox::{Profile, Sandbox};

fn wanted(text: &str) -> (Baseline, Wanted) {
    let source = Source { name: "baseline.toml".to_owned(), text: text.to_owned() };
    let (baseline, problems) = Baseline::parse(&source);
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
    let wanted = baseline.expand(&Place { account: DEFAULT_ACCOUNT, partition: "aws" }).unwrap();
    (baseline, wanted)
}

async fn account(sandbox: &Sandbox, baseline: &Baseline) -> Account {
    let options = Options {
        tags: [].into(),
        region: baseline.region.clone(),
        profile: None,
        baseline: baseline.name.clone(),
        mode: Mode::ReadWrite,
        http_override: None,
    };
    Account::from_config(&config(sandbox, &baseline.region), &options).await.unwrap()
}

/// Applies a baseline, and finds nothing left to do.
async fn converge(sandbox: &Sandbox, text: &str, when: &str) {
    let (baseline, wanted) = wanted(text);
    let account = account(sandbox, &baseline).await;
    let choices = Choices::default();
    let live = observe(&account, &wanted).await;
    let todo = plan(&wanted, &live, &rules, &choices).unwrap();
    let outcome = apply(&account, &wanted, &live, &todo, &|_| {}, &Stop::default()).await;
    assert!(outcome.is_success(), "{when}: {outcome:#?}");
    let live = observe(&account, &wanted).await;
    let left = plan(&wanted, &live, &rules, &choices).unwrap();
    assert!(left.is_complete() && left.is_converged(), "{when}: {:#?} {:#?}", left.steps, left.unreadable);
}

#[tokio::test]
async fn a_two_tier_network_is_made_and_every_edit_of_its_web_tier_is_carried_out() {
    let first = include_str!("../../baselines/two-tier.toml");
    let sandbox = Sandbox::new(Profile::Instant, 1);
    converge(&sandbox, first, "made").await;
    for (from, to) in [
        ("\"t3.micro\"", "\"t3.small\""),
        ("size_gib = 20", "size_gib = 30"),
        ("max           = 6", "max           = 8"),
        ("min           = 2", "min           = 3"),
        ("zones     = 2", "zones     = 3"),
        ("port = 80 }]", "port = 80 }, { from = \"internet\", port = 8080 }]"),
        (
            "access_logs = \"logs\"",
            "access_logs = \"logs\"\ncertificate = \"arn:aws:acm:us-east-1:123456789012:certificate/x\"",
        ),
    ] {
        let edited = first.replace(from, to);
        assert_ne!(edited, first, "{from}");
        converge(&sandbox, &edited, to).await;
        converge(&sandbox, first, &format!("{to} undone")).await;
    }
}
