//! A landing zone on an emulator, in this process: what the scenarios start from.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use baseline::aws::{Account, Mode};
use baseline::engine::{Event, Stop, apply, observe, rules};
use baseline::language::{Baseline, Place, Source};
use baseline::model::Wanted;
use baseline::plan::{Choices, Live, Plan, plan};
use baseline::sandbox::Profile;

use crate::emulator::{Emulator, Which};

/// How long an apply may take, many times what it takes on one busy core.
const PATIENCE: Duration = Duration::from_secs(60);

/// A baseline and the account it is applied to.
pub struct World {
    pub emulator: Emulator,
    pub account: Account,
    pub wanted: Wanted,
}

/// The expansion of a file for an emulator's account, without the kinds that it does not answer for.
///
/// Problems in the file fail the test.
pub fn expand(on: Which, text: &str) -> Wanted {
    let source = Source { name: "test.toml".into(), text: text.into() };
    let (baseline, diagnostics) = Baseline::parse(&source);
    let baseline =
        baseline.unwrap_or_else(|| panic!("{}", baseline::language::render(&source, &diagnostics, false)));
    let mut wanted = baseline.expand(&Place { account: "123456789012", partition: "aws" }).unwrap();
    wanted.things.retain(|addr, _| crate::gaps::kind(on, addr.kind()).is_none());
    wanted
}

/// One of the files in `baselines/`.
pub fn shipped(name: &str) -> String {
    let path = format!("{}/baselines/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

impl World {
    /// An empty account and a file that is not applied yet.
    pub async fn new(on: Which, text: &str) -> Self {
        Self::on(Emulator::start(on), text).await
    }

    /// The same on the built-in account where things take their usual time.
    pub async fn realistic(text: &str) -> Self {
        Self::on(Emulator::built_in(Profile::Realistic), text).await
    }

    async fn on(emulator: Emulator, text: &str) -> Self {
        let account = emulator.account(&name(text), Mode::ReadWrite).await;
        Self { account, wanted: expand(emulator.which(), text), emulator }
    }

    /// What another file asks of this account.
    pub fn expand(&self, text: &str) -> Wanted {
        expand(self.emulator.which(), text)
    }

    /// The same account with another file.
    pub fn declare(&mut self, text: &str) {
        self.wanted = self.expand(text);
    }

    pub async fn look(&self, choices: &Choices) -> (Live, Plan) {
        let live = observe(&self.account, &self.wanted).await;
        let plan = plan(&self.wanted, &live, &rules, choices).unwrap();
        (live, plan)
    }

    pub async fn plan(&self) -> Plan {
        self.look(&Choices::default()).await.1
    }

    pub async fn apply_with(&self, choices: &Choices) {
        let (live, plan) = self.look(choices).await;
        assert!(plan.is_complete(), "{:#?}", plan.unreadable);
        carry_out(&self.account, &self.wanted, &live, &plan).await;
    }

    pub async fn apply(&self) {
        self.apply_with(&Choices::default()).await;
    }

    /// Applies where things take their time, and answers what it waited for in which address.
    pub async fn apply_and_wait(&self) -> Vec<(String, String)> {
        let (live, plan) = self.look(&Choices::default()).await;
        let waited = Mutex::new(Vec::new());
        let say = |event| {
            if let Event::Waiting { addr, reason, .. } = event {
                waited.lock().unwrap().push((addr.to_string(), reason));
            }
        };
        let stop = Stop::default();
        let outcome = apply(&self.account, &self.wanted, &live, &plan, &say, &stop).await;
        assert!(outcome.is_success(), "{outcome:#?}");
        waited.into_inner().unwrap()
    }

    pub async fn assert_converged(&self, when: &str) {
        let plan = self.plan().await;
        assert!(plan.is_complete(), "{when}: {:#?} {:#?}", plan.unreadable, plan.unlisted);
        assert!(plan.is_converged(), "{when}: {:#?} {:#?}", plan.steps, plan.findings);
    }

    pub fn writes(&self) -> u64 {
        self.account.trace.counts().writes
    }
}

/// Applies a plan, which must succeed and settle: an emulator has no lag, so what waits would wait for ever.
pub async fn carry_out(account: &Account, wanted: &Wanted, live: &Live, plan: &Plan) {
    let waiting = Mutex::new(BTreeMap::new());
    let say = |event| {
        if let Event::Waiting { addr, reason, .. } = event {
            waiting.lock().unwrap().insert(addr, reason);
        }
    };
    let stop = Stop::default();
    let work = apply(account, wanted, live, plan, &say, &stop);
    let outcome = tokio::time::timeout(PATIENCE, work).await;
    let outcome =
        outcome.unwrap_or_else(|_| panic!("waits: {:?} for {:?}", waiting.lock().unwrap(), plan.steps));
    assert!(outcome.is_success(), "{outcome:#?}");
}

fn name(text: &str) -> String {
    let line = text.lines().find(|line| line.starts_with("name")).unwrap();
    line.split('"').nth(1).unwrap().to_owned()
}
