//! A sandbox that can be forked at any moment, and one run of the engine on it.

use std::sync::LazyLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use baseline::aws::{Account, Mode, Options};
use baseline::engine::{Outcome, Stop, apply, observe, rules};
use baseline::language::{Baseline, Place, Source};
use baseline::model::Wanted;
use baseline::plan::{Choices, Live, Plan, plan};
use baseline::sandbox::world::World;
use baseline::sandbox::{Profile, Sandbox};

use crate::world::shipped;

/// The account of the sandbox.
pub const ACCOUNT: &str = "123456789012";

/// A baseline: its name and all that it asks for.
#[derive(Clone)]
pub struct Declared {
    pub name: String,
    pub wanted: Wanted,
}

/// Where the landing zone keeps its settings here.
const IN_REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "ap-southeast-2"];

/// What the landing zone asks for, in three regions and scaled in steps.
pub static LANDING_ZONE: LazyLock<Declared> = LazyLock::new(|| declared(&landing_zone()));

/// The text of it.
pub fn landing_zone() -> String {
    let mut text = shipped("landing-zone.toml");
    let regions = format!("[account]\nregions = {IN_REGIONS:?}\n");
    for (from, to) in [
        ("[account]\n", regions.as_str()),
        (
            "target_cpu    = 60\n",
            "scale_out = [{ above = 60, add = 1 }, { above = 80, add = 2 }]\nscale_in = [{ below = 20, remove = 1 }]\n",
        ),
    ] {
        assert!(text.contains(from), "the file no longer holds {from:?}");
        text = text.replacen(from, to, 1);
    }
    text
}

/// What a text asks for; problems in it fail the test.
pub fn declared(text: &str) -> Declared {
    let source = Source { name: "test.toml".into(), text: text.into() };
    // What its network lets through is proven elsewhere, and takes longer than a run.
    let (baseline, problems) = Baseline::parse_unproven(&source);
    let baseline =
        baseline.unwrap_or_else(|| panic!("{}", baseline::language::render(&source, &problems, false)));
    let wanted = baseline.expand(&Place { account: ACCOUNT, partition: "aws" });
    let wanted =
        wanted.unwrap_or_else(|problems| panic!("{}", baseline::language::render(&source, &problems, false)));
    Declared { name: baseline.name, wanted }
}

/// An account from plain data.
pub fn of(world: &World) -> Sandbox {
    let sandbox = Sandbox::at(world.profile, world.seed, world.clock);
    sandbox.with_world(|fresh| *fresh = world.clone());
    sandbox
}

/// A copy of an account that goes its own way from here on.
pub fn fork(sandbox: &Sandbox) -> Sandbox {
    of(&sandbox.with_world(|world| world.clone()))
}

/// A copy with another distance from the ideal.
pub fn fork_as(sandbox: &Sandbox, profile: Profile) -> Sandbox {
    let copy = fork(sandbox);
    copy.with_world(|world| world.profile = profile);
    copy
}

/// Runs work on a clock that stands still while anything moves and jumps ahead while all waits.
pub fn on_virtual_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work)
}

/// How one run went.
pub struct Ran {
    pub plan: Plan,
    pub outcome: Outcome,
}

/// A person's agreement to delete what is no longer declared.
pub fn prune() -> Choices {
    Choices { prune: true, ..Choices::default() }
}

/// Opens the account through a client.
pub async fn open(client: SharedHttpClient, declared: &Declared) -> Account {
    let options = Options {
        tags: declared.wanted.tags.clone(),
        baseline: declared.name.clone(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        http_override: Some(client),
    };
    Account::open(&options).await.expect("the account does not say who is calling")
}

/// Looks, and plans.
pub async fn look(account: &Account, declared: &Declared, choices: &Choices) -> (Live, Plan) {
    let live = observe(account, &declared.wanted).await;
    let plan = plan(&declared.wanted, &live, &rules, choices).expect("no circle");
    (live, plan)
}

/// One whole run, as `baseline apply --prune` does it.
pub async fn run(client: SharedHttpClient, declared: &Declared) -> Ran {
    let account = open(client, declared).await;
    let (live, plan) = look(&account, declared, &prune()).await;
    let outcome = apply(&account, &declared.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    Ran { plan, outcome }
}

/// One whole run that must succeed, and the one after it, which must find nothing to do.
pub async fn converge(sandbox: &Sandbox, declared: &Declared) -> Result<(), String> {
    let ran = run(sandbox.http_client(), declared).await;
    if !ran.outcome.is_success() {
        return Err(format!("the run fails: {:#?}", ran.outcome));
    }
    is_converged(sandbox, declared).await
}

/// A plan must find nothing to do, nothing unreadable, nothing that nobody declares.
pub async fn is_converged(sandbox: &Sandbox, declared: &Declared) -> Result<(), String> {
    let account = open(sandbox.http_client(), declared).await;
    let (_, left) = look(&account, declared, &prune()).await;
    if left.is_complete() && left.is_converged() && left.undeclared.is_empty() {
        return Ok(());
    }
    let Plan { steps, findings, undeclared, unreadable, .. } = left;
    Err(format!("the next plan is not empty: {steps:#?} {findings:#?} {undeclared:#?} {unreadable:#?}"))
}

/// A new account.
pub fn empty() -> Sandbox {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    // A region is made when it is first looked at, and is there from the beginning here.
    sandbox.with_world(|world| {
        for region in IN_REGIONS {
            world.region(ACCOUNT, region);
        }
    });
    sandbox
}

/// Long enough for everything that AWS is still busy with.
pub async fn until_quiet() {
    tokio::time::sleep(Duration::from_secs(3600)).await;
}
