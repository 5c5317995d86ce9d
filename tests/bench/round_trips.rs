//! The landing zone on the built-in account at growing round trips: how far from what the network allows.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use baseline::aws::Mode;
use baseline::aws::trace::Counts;
use baseline::sandbox::{Profile, Sandbox};

use crate::goal;
use crate::process::{cpu_seconds, median};
use crate::slow::Behind;

/// Milliseconds.
const ROUND_TRIPS: [u64; 4] = [0, 20, 50, 100];
const RUNS: usize = 5;

/// How many round trips an apply takes one after the other, its look at the account and its own waits included:
/// the time that passes on a clock which stands still while anything is computed, at a second a round trip.
fn depth_of_an_apply(text: &str) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let began = tokio::time::Instant::now();
        let sandbox = Sandbox::new(Profile::Instant, 1);
        Behind::new(&sandbox, text, Duration::from_secs(1), Mode::ReadWrite).await.apply().await;
        began.elapsed().as_secs_f64()
    })
}

struct Medians {
    wall: f64,
    cpu: f64,
    /// Of the last run; the others made the same calls.
    counts: Counts,
}

/// The same work several times.
async fn medians<F: Future<Output = Counts>>(mut work: impl FnMut() -> F) -> Medians {
    let (mut walls, mut cpus, mut last) = (Vec::new(), Vec::new(), Counts::default());
    for _ in 0..RUNS {
        let (began, cpu) = (Instant::now(), cpu_seconds(11));
        last = work().await;
        walls.push(began.elapsed().as_secs_f64());
        cpus.push(cpu_seconds(11) - cpu);
    }
    Medians { wall: median(walls), cpu: median(cpus), counts: last }
}

async fn plan_of(converged: &Sandbox, text: &str, round_trip: Duration) -> Counts {
    let behind = Behind::new(converged, text, round_trip, Mode::ReadOnly).await;
    assert!(behind.plan().await.is_converged());
    behind.account.trace.counts()
}

async fn first_apply(text: &str, round_trip: Duration) -> Counts {
    let empty = Sandbox::new(Profile::Instant, 1);
    let behind = Behind::new(&empty, text, round_trip, Mode::ReadWrite).await;
    behind.apply().await;
    behind.account.trace.counts()
}

/// A table of both commands at every round trip.
pub async fn report(text: &str) -> String {
    let owned = text.to_owned();
    let depth = tokio::task::spawn_blocking(move || depth_of_an_apply(&owned)).await.unwrap();
    let mut out = String::from(
        "| command | round trip ms | calls | dependent rounds | wall s | the limit s | wall / limit | CPU s |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    let mut goals = String::new();
    let converged = Sandbox::new(Profile::Instant, 1);
    Behind::new(&converged, text, Duration::ZERO, Mode::ReadWrite).await.apply().await;
    for milliseconds in ROUND_TRIPS {
        let round_trip = Duration::from_millis(milliseconds);
        let plan = medians(|| plan_of(&converged, text, round_trip)).await;
        let apply = medians(|| first_apply(text, round_trip)).await;
        let rounds = f64::from(plan.counts.rounds);
        for (command, cost, rounds, most) in
            [("plan, converged", plan, rounds, 1.25), ("first apply", apply, depth, 1.5)]
        {
            let limit = rounds * round_trip.as_secs_f64();
            let ratio = if milliseconds == 0 { "-".to_owned() } else { format!("{:.2}", cost.wall / limit) };
            if milliseconds == 50 {
                let what = format!("{command}, 50 ms: wall over the limit");
                goals.push_str(&goal::at_most(&what, most, cost.wall / limit));
            }
            let (calls, wall, cpu) = (cost.counts.total(), cost.wall, cost.cpu);
            writeln!(
                out,
                "| {command} | {milliseconds} | {calls} | {rounds:.0} | {wall:.2} | {limit:.2} | {ratio} | {cpu:.2} |",
            )
            .unwrap();
        }
    }
    out + &goals
}
