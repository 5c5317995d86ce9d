//! The lock on the built-in account, in virtual time, with calls that arrive in every order.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;

use super::*;
use crate::engine::testing::{Network, account};
use crate::sandbox::{Profile, Sandbox};

/// How many orders are tried.
const ORDERS: u64 = 1_000;

/// How many of them at a time: each has a time of its own.
const WORKERS: u64 = 4;

/// How many seconds a machine's clock is off at most, on either side.
const OFF: u64 = 900;

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

/// Clocks a quarter of an hour off on either side.
fn slow() -> i64 {
    crate::sandbox::START - 900_000
}

fn fast() -> i64 {
    crate::sandbox::START + 900_000
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
    tokio::time::advance(Duration::from_secs(86_400)).await;
    Lock::take(&all[1], &terms("second", 0, &Stop::default()), &|_| {}).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_clock_of_a_machine_takes_a_lock_that_was_just_taken() {
    for clock in [early, late, slow, fast] {
        let sandbox = sandbox();
        let all = accounts(&sandbox, 1, 0, 2).await;
        let first = take(&all[0], 0).await.unwrap();
        let stop = Stop::default();
        let second = Lock::take(&all[1], &Terms { clock, ..terms("second", 60, &stop) }, &|_| {}).await;
        let LockError::Held(holder) = second.unwrap_err() else { panic!("not held") };
        assert_eq!(holder.run, first.run());
    }
}

/// Work that is not looked at for a while, as a process that was stopped or a container that was frozen.
async fn paused<T>(work: impl Future<Output = T>, after: Duration, pause: Duration) -> T {
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = sleep(after) => {}
    }
    sleep(pause).await;
    work.await
}

thread_local! {
    /// By how many milliseconds the clock of each run's machine is off.
    static OFF_BY: [Cell<i64>; 3] = const { [Cell::new(0), Cell::new(0), Cell::new(0)] };
    /// When the world began.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The clock of one run's machine, which goes as AWS's does and is off by what was drawn for it.
fn clock_of<const RUN: usize>() -> i64 {
    let passed = BEGAN.get().map_or(0, |began| i64::try_from(began.elapsed().as_millis()).unwrap());
    crate::sandbox::START + passed + OFF_BY.with(|off| off[RUN].get())
}

/// A number below `sides`, for one of the things that are drawn for a run.
fn draw(seed: u64, number: u64, what: u64, sides: u64) -> u64 {
    let mut x = (seed << 16 | number << 8 | what).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (x ^ x >> 27) % sides
}

/// One run that takes the lock, writes as long as it may and is paused on the way; who wrote is told by names of groups.
async fn writes(account: &Account, number: u64, seed: u64) {
    let draw = |what: u64, sides: u64| draw(seed, number, what, sides);
    let run = usize::try_from(number).unwrap();
    let off = i64::try_from(draw(0, 2_000 * OFF + 1)).unwrap() - i64::try_from(1_000 * OFF).unwrap();
    OFF_BY.with(|clocks| clocks[run].set(off));
    let clock: fn() -> i64 = [clock_of::<0>, clock_of::<1>, clock_of::<2>][run];
    let stop = Stop::default();
    account.heed(&stop);
    let run = async {
        let terms = Terms { clock, ..terms(["0", "1", "2"][run], 3_600, &stop) };
        let mut lock = Lock::take(account, &terms, &|_| {}).await.unwrap();
        let work = async {
            for write in 0..15 {
                let group = format!("{number}-{write}");
                let _refused = account.iam.create_group().group_name(group).send().await;
                stop.sleep(Duration::from_secs(8)).await;
                if stop.is_set() {
                    break;
                }
            }
        };
        lock.during(work, &stop).await;
        let _left = lock.release(&stop).await;
    };
    // The other two may come any time before the first would have ended.
    sleep(Duration::from_secs(draw(1, 40))).await;
    paused(run, Duration::from_millis(draw(2, 90_000)), Duration::from_secs(1 + draw(3, 600))).await;
}

/// The runs in the order in which their writes arrived, one beside the next left out.
fn writers(sandbox: &Sandbox) -> Vec<String> {
    let mut groups: Vec<(i64, String)> = sandbox.with_world(|world| {
        let groups = &world.account("123456789012").iam.groups;
        groups.iter().map(|(name, group)| (group.created, name.clone())).collect()
    });
    groups.sort();
    let mut writers: Vec<String> =
        groups.iter().map(|(_, name)| name.split('-').next().unwrap().to_owned()).collect();
    writers.dedup();
    writers
}

/// Tries one order: how often the lock was handed over, and how many runs were refused a write because their lease was over.
async fn order(seed: u64) -> (usize, usize) {
    let sandbox = sandbox();
    BEGAN.set(Some(Instant::now()));
    let all = accounts(&sandbox, 5_000 + seed, 0, 3).await;
    join_all(all.iter().zip(0..).map(|(account, number)| writes(account, number, seed))).await;
    let writers = writers(&sandbox);
    let different: std::collections::BTreeSet<&String> = writers.iter().collect();
    assert_eq!(writers.len(), different.len(), "order {seed}: two wrote in turns, {writers:?}");
    (writers.len() - 1, all.iter().filter(|account| account.refused_too_late()).count())
}

#[test]
fn never_two_write_whatever_their_clocks_say_and_however_long_they_are_paused() {
    let orders_of = |worker: u64| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        let runtime = runtime.unwrap();
        let seeds = (worker..ORDERS).step_by(usize::try_from(WORKERS).unwrap());
        seeds.fold((0, 0, 0), |(orders, handed_over, refused), seed| {
            let found = runtime.block_on(order(seed));
            (orders + 1, handed_over + found.0, refused + found.1)
        })
    };
    let (orders, handed_over, refused) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|worker| scope.spawn(move || orders_of(worker))).collect();
        let found = workers.into_iter().map(|worker| worker.join().unwrap());
        found.fold((0, 0, 0), |all, one| (all.0 + one.0, all.1 + one.1, all.2 + one.2))
    });
    assert!(handed_over > 1_000 && refused > 100, "{handed_over} hand-overs, {refused} closed gates");
    crate::tried::counted(
        "lock",
        &format!(
            "{orders} orders of three runs, {handed_over} hand-overs, {refused} runs stopped at the gate"
        ),
    );
}

#[tokio::test(start_paused = true)]
async fn of_many_that_take_over_a_dead_lock_exactly_one_holds_it() {
    for seed in 0..40 {
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
    for seed in 0..15 {
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
                    stop.sleep(Duration::from_secs(number * 15)).await;
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
