//! The lock on the built-in account, in virtual time, with calls that arrive in every order.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use futures::future::join_all;

use super::*;
use crate::aws::{Mode, Options};
use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

/// The built-in account behind a network of its own: slow by chance, and forgetful of answers.
#[derive(Debug, Clone)]
struct Network {
    sandbox: Sandbox,
    chance: Arc<AtomicU64>,
    /// One answer in so many is lost; none where 0.
    loses: u64,
    /// An operation that is denied.
    denied: &'static str,
}

impl Network {
    fn new(sandbox: &Sandbox, seed: u64, loses: u64) -> Self {
        let chance = Arc::new(AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
        Self { sandbox: sandbox.clone(), chance, loses, denied: "nothing" }
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
            sleep(Duration::from_millis(network.roll(2_000))).await;
            let answer = HttpConnector::call(&network.sandbox, request).await;
            sleep(Duration::from_millis(network.roll(2_000))).await;
            if network.loses > 0 && target.starts_with("AmazonSSM") && network.roll(network.loses) == 0 {
                return Err(ConnectorError::io("the answer was lost".into()));
            }
            answer
        })
    }
}

async fn account(network: &Network) -> Account {
    let config = config(&network.sandbox, "eu-west-1")
        .to_builder()
        .http_client(network.clone())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .build();
    let options = Options {
        baseline: "test".into(),
        region: "eu-west-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        instead: None,
    };
    loop {
        // Who the caller is may be asked again: what is tried here is the lock.
        if let Ok(account) = Account::from_config(&config, &options).await {
            return account;
        }
    }
}

async fn accounts(sandbox: &Sandbox, seed: u64, loses: u64, count: u64) -> Vec<Account> {
    let networks: Vec<Network> =
        (0..count).map(|number| Network::new(sandbox, seed * 100 + number + 1, loses)).collect();
    join_all(networks.iter().map(account)).await
}

fn sandbox() -> Sandbox {
    Sandbox::new(Profile::Instant, 1)
}

/// A clock that says nothing has run out.
fn early() -> i64 {
    0
}

/// A clock by which everything ran out long ago.
fn late() -> i64 {
    crate::sandbox::START * 2
}

fn terms<'a>(run: &'a str, wait: u64, stop: &'a Stop) -> Terms<'a> {
    Terms { run, wait: Duration::from_secs(wait), clock: early, is_dead: &|_| false, stop }
}

async fn take<'a>(account: &'a Account, wait: u64) -> Result<Lock<'a>, LockError> {
    Lock::take(account, &terms(&random_id().unwrap(), wait, &Stop::default()), &|_| {}).await
}

fn parameter(sandbox: &Sandbox) -> Option<crate::sandbox::ssm::Parameter> {
    let parameters = |world: &mut crate::sandbox::world::World| {
        world.region("123456789012", "eu-west-1").ssm.parameters.get(NAME).cloned()
    };
    sandbox.with_world(parameters)
}

#[tokio::test(start_paused = true)]
async fn a_short_run_makes_two_calls_and_leaves_nothing_behind() {
    let sandbox = sandbox();
    let account = account(&Network::new(&sandbox, 1, 0)).await;
    let before = account.trace.counts().total();
    let lock = take(&account, 0).await.unwrap();
    let held = parameter(&sandbox).unwrap();
    assert_eq!(held.tags["baseline:name"], "test");
    assert!(held.versions[&1].value.contains(&account.identity.arn));
    lock.release(&Stop::default()).await.unwrap();
    assert_eq!(account.trace.counts().total() - before, 2);
    assert_eq!(parameter(&sandbox), None);
}

#[tokio::test(start_paused = true)]
async fn a_second_run_stops_at_once_and_names_the_first() {
    let sandbox = sandbox();
    let all = accounts(&sandbox, 1, 0, 2).await;
    let first = take(&all[0], 0).await.unwrap();
    let error = take(&all[1], 0).await.unwrap_err();
    let LockError::Held(holder) = &error else { panic!("{error}") };
    assert_eq!(holder.run, first.run());
    assert!(error.to_string().contains(&all[0].identity.arn), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_second_run_that_may_wait_says_so_and_goes_on_after_the_first() {
    let sandbox = sandbox();
    let all = accounts(&sandbox, 1, 0, 2).await;
    let mut first = take(&all[0], 0).await.unwrap();
    let notices = Mutex::new(Vec::new());
    let (stop, own) = (Stop::default(), Stop::default());
    let terms = terms("second", 3_600, &stop);
    let work = async {
        first.during(sleep(Duration::from_secs(900)), &own).await;
        assert_eq!(first.lost(), None);
        first.release(&own).await.unwrap();
    };
    let say = |notice| notices.lock().unwrap().push(notice);
    let ((), second) = futures::join!(work, Lock::take(&all[1], &terms, &say));
    second.unwrap();
    let notices = notices.into_inner().unwrap();
    assert!(notices.iter().all(|notice| matches!(notice, Notice::Waiting { .. })), "{notices:?}");
    assert!(notices.len() > 100);
}

#[tokio::test(start_paused = true)]
async fn the_lock_of_a_run_that_died_is_taken_over_when_its_lease_has_passed() {
    let sandbox = sandbox();
    let all = accounts(&sandbox, 1, 0, 2).await;
    let dead = take(&all[0], 0).await.unwrap().run().to_owned();
    let (began, taken, stop) = (Instant::now(), Mutex::new(Vec::new()), Stop::default());
    let say = |notice| {
        if let Notice::TakenOver { holder } = notice {
            taken.lock().unwrap().push(holder.run);
        }
    };
    Lock::take(&all[1], &terms("second", 150, &stop), &say).await.unwrap();
    assert_eq!(taken.into_inner().unwrap(), [dead]);
    let waited = began.elapsed();
    assert!(waited > LEASE && waited < Duration::from_secs(150), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn the_lock_of_yesterday_is_taken_over_at_once() {
    let sandbox = sandbox();
    let all = accounts(&sandbox, 1, 0, 2).await;
    take(&all[0], 0).await.unwrap();
    let stop = Stop::default();
    Lock::take(&all[1], &Terms { clock: late, ..terms("second", 0, &stop) }, &|_| {}).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_many_that_take_over_a_dead_lock_exactly_one_holds_it() {
    for seed in 0..100 {
        let sandbox = sandbox();
        let all = accounts(&sandbox, seed, 6, 6).await;
        let dead = loop {
            if let Ok(lock) = take(&all[0], 0).await {
                break lock.run().to_owned();
            }
        };
        let (stop, is_dead) = (Stop::default(), |run: &str| run == dead);
        let names = ["one", "two", "three", "four", "five"];
        let terms = names.map(|run| Terms { is_dead: &is_dead, ..terms(run, 0, &stop) });
        let runs = all[1..].iter().zip(&terms).map(|(account, terms)| Lock::take(account, terms, &|_| {}));
        let results = join_all(runs).await;
        let winners: Vec<&str> = results.iter().flatten().map(Lock::run).collect();
        // A run whose calls all went unanswered knows nothing; nobody else may think it has won.
        assert!(winners.len() <= 1, "seed {seed}: {winners:?}");
        let stands = holder(&all[0]).await.map(|holder| holder.unwrap().run);
        if let (Some(winner), Ok(stands)) = (winners.first(), stands) {
            assert_eq!(*winner, stands, "seed {seed}");
        }
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(error, LockError::Held(_) | LockError::Failed(_)), "seed {seed}: {error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn never_two_of_many_runs_are_at_work_whatever_answers_are_lost() {
    for seed in 0..40 {
        let sandbox = sandbox();
        let all = accounts(&sandbox, 1_000 + seed, 8, 5).await;
        let (inside, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let runs = all.iter().zip(1_u64..).map(|(account, number)| {
            let (inside, finished) = (&inside, &finished);
            async move {
                let mut lock = take(account, 36_000).await.unwrap();
                let stop = Stop::default();
                let work = async {
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "seed {seed}: two at work");
                    stop.sleep(Duration::from_secs(number * 50)).await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                };
                lock.during(work, &stop).await;
                // What cannot be released runs out, and the next run goes on then.
                let _left = lock.release(&stop).await;
                finished.fetch_add(1, Ordering::SeqCst);
            }
        });
        join_all(runs).await;
        assert_eq!(finished.into_inner(), 5, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_lock_was_taken_away_stops_and_leaves_the_other_alone() {
    let sandbox = sandbox();
    let all = accounts(&sandbox, 1, 0, 2).await;
    let mut first = take(&all[0], 0).await.unwrap();
    assert!(clear(&all[1], Some(first.run())).await.unwrap());
    let second = take(&all[1], 0).await.unwrap();
    assert!(!clear(&all[0], Some(first.run())).await.unwrap(), "cleared another's");
    let stop = Stop::default();
    first.during(stop.asked(), &stop).await;
    assert_eq!(first.lost(), Some("another run holds it now"));
    first.release(&stop).await.unwrap();
    assert_eq!(holder(&all[1]).await.unwrap().unwrap().run, second.run());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_renew_stops_before_its_lease_ends() {
    let sandbox = sandbox();
    let mut network = Network::new(&sandbox, 1, 0);
    let working = account(&network).await;
    let taken = take(&working, 0).await.unwrap();
    network.denied = "PutParameter";
    let broken = account(&network).await;
    let mut lock = Lock { account: &broken, ..taken };
    let (began, stop) = (lock.sure, Stop::default());
    lock.during(stop.asked(), &stop).await;
    assert!(began.elapsed() <= TRUSTED, "{:?}", began.elapsed());
    assert!(lock.lost().unwrap().contains("AccessDenied"), "{:?}", lock.lost());
}

#[tokio::test(start_paused = true)]
async fn a_denied_lock_names_the_actions_it_needs() {
    let sandbox = sandbox();
    let mut network = Network::new(&sandbox, 1, 0);
    network.denied = "PutParameter";
    let account = account(&network).await;
    let error = take(&account, 0).await.unwrap_err();
    assert!(matches!(error, LockError::Denied(_)));
    assert!(error.to_string().contains("ssm:PutParameter"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn text_that_is_no_lock_is_left_alone() {
    let sandbox = sandbox();
    let account = account(&Network::new(&sandbox, 1, 0)).await;
    account.overwrite_parameter(NAME, "ours since 2019").await.unwrap();
    assert_eq!(take(&account, 0).await.unwrap_err(), LockError::Foreign);
    assert_eq!(parameter(&sandbox).unwrap().versions.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_lock_ends_when_somebody_asks() {
    let sandbox = sandbox();
    let all = accounts(&sandbox, 1, 0, 2).await;
    let _first = take(&all[0], 0).await.unwrap();
    let stop = Stop::default();
    let asks = async {
        sleep(Duration::from_secs(20)).await;
        stop.set();
        Instant::now()
    };
    let terms = terms("second", 3_600, &stop);
    let (asked, result) = futures::join!(asks, Lock::take(&all[1], &terms, &|_| {}));
    assert_eq!(result.unwrap_err(), LockError::Stopped);
    assert!(asked.elapsed() < Duration::from_secs(5));
}
