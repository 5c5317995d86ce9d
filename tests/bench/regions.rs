//! The landing zone with its settings kept in more and more regions, at a round trip of 50 ms.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use baseline::aws::Mode;
use baseline::sandbox::world::REGIONS;
use baseline::sandbox::{Profile, Sandbox};

use crate::goal;
use crate::process::median;
use crate::slow::Behind;

const COUNTS: [usize; 4] = [1, 4, 9, 17];
const ROUND_TRIP: Duration = Duration::from_millis(50);
const RUNS: usize = 5;

/// The landing zone in the home region and as many others as make that number.
fn file(landing_zone: &str, count: usize) -> String {
    let others = REGIONS.iter().filter(|region| **region != "us-east-1").take(count - 1);
    let names: Vec<String> = others.map(|region| format!("{region:?}")).collect();
    landing_zone.replacen("[account]\n", &format!("[account]\nregions = [{}]\n", names.join(", ")), 1)
}

/// Plans of a converged account.
pub async fn report(landing_zone: &str) -> String {
    let mut out = String::from(
        "| regions | calls | calls for each further region | dependent rounds | wall s | wall / limit |\n\
         |---:|---:|---:|---:|---:|---:|\n",
    );
    let mut measured: Vec<(u64, f64, f64)> = Vec::new();
    for count in COUNTS {
        let text = file(landing_zone, count);
        let sandbox = Sandbox::new(Profile::Instant, 1);
        Behind::new(&sandbox, &text, Duration::ZERO, Mode::ReadWrite).await.apply().await;
        let mut walls = Vec::new();
        let mut counts = Default::default();
        for _ in 0..RUNS {
            let began = Instant::now();
            let behind = Behind::new(&sandbox, &text, ROUND_TRIP, Mode::ReadOnly).await;
            assert!(behind.plan().await.is_converged());
            walls.push(began.elapsed().as_secs_f64());
            counts = behind.account.trace.counts();
        }
        let (wall, calls) = (median(walls), counts.total());
        let ratio = wall / (f64::from(counts.rounds) * ROUND_TRIP.as_secs_f64());
        let further = measured
            .first()
            .map_or("-".to_owned(), |(one, ..)| format!("{:.1}", (calls - one) as f64 / (count - 1) as f64));
        measured.push((calls, wall, ratio));
        writeln!(out, "| {count} | {calls} | {further} | {} | {wall:.3} | {ratio:.2} |", counts.rounds)
            .unwrap();
    }
    let (first, last) = (measured[0], measured[measured.len() - 1]);
    out.push_str(&goal::at_most("17 regions: wall over the limit", 1.3, last.2));
    out.push_str(&goal::at_most("17 regions: wall over that of one region", 2.0, last.1 / first.1));
    out
}
