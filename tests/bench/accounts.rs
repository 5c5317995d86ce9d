//! Plans of many accounts and regions in one process, each with clients of its own.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use baseline::aws::Mode;
use baseline::sandbox::world::REGIONS;
use baseline::sandbox::{Profile, Sandbox};
use futures::StreamExt as _;

use crate::goal;
use crate::process::{cpu_seconds, peak_mib};
use crate::slow::Behind;
use crate::world::shipped;

/// How many accounts are looked at side by side.
const WIDTH: usize = 32;

const ROUND_TRIP: Duration = Duration::from_millis(50);

/// Accounts, and regions of each.
const SIZES: [(usize, usize); 6] = [(1, 1), (10, 1), (100, 1), (1000, 1), (1, 17), (60, 17)];

/// A two-tier network, under a name of its own in each region.
fn in_region(region: &str) -> String {
    let text = shipped("two-tier.toml");
    let named = text.replace("\"two-tier\"", &format!("\"net-{region}\"")).replace("us-east-1", region);
    assert_ne!(text, named);
    named
}

/// Seconds, processor time and memory by number of accounts.
pub async fn report() -> String {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let landing_zone = shipped("landing-zone.toml");
    let mut texts = vec![landing_zone];
    texts.extend(REGIONS.iter().take(17).map(|region| in_region(region)));
    for text in &texts {
        Behind::new(&sandbox, text, Duration::ZERO, Mode::ReadWrite).await.apply().await;
    }
    let before = peak_mib();
    let mut out = format!(
        "Plans of converged accounts, {WIDTH} at a time, {} ms round trip: the landing zone in one region, or a two-tier\n\
         network in each of 17. The process held {before} MiB before the first, most of it the built-in account.\n\n\
         | accounts | regions | wall s | CPU s | CPU ms a plan | calls a plan | peak MiB of the process |\n\
         |---:|---:|---:|---:|---:|---:|---:|\n",
        ROUND_TRIP.as_millis()
    );
    let mut costs = Vec::new();
    for (accounts, regions) in SIZES {
        let texts = if regions == 1 { &texts[..1] } else { &texts[1..=regions] };
        let plans = accounts * regions;
        let (began, cpu) = (Instant::now(), cpu_seconds(11));
        let calls: u64 = futures::stream::iter((0..plans).map(|number| &texts[number % regions]))
            .map(|text| async {
                let behind = Behind::new(&sandbox, text, ROUND_TRIP, Mode::ReadOnly).await;
                assert!(behind.plan().await.is_converged());
                behind.account.trace.counts().total()
            })
            .buffer_unordered(WIDTH)
            .fold(0, |sum, calls| async move { sum + calls })
            .await;
        let (wall, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds(11) - cpu);
        let each = cpu * 1000.0 / plans as f64;
        let (calls, peak) = (calls / plans as u64, peak_mib());
        writeln!(out, "| {accounts} | {regions} | {wall:.2} | {cpu:.2} | {each:.1} | {calls} | {peak} |")
            .unwrap();
        costs.push(((accounts, regions), each, peak));
    }
    let of = |size| costs.iter().find(|(of, _, _)| *of == size).expect("it was measured");
    let (_, ten, _) = of((10, 1));
    let (_, thousand, peak) = of((1000, 1));
    out.push_str(&goal::at_most("cost of a plan at 1,000 accounts over that at 10", 1.1, thousand / ten));
    out.push_str(&goal::at_most("MiB held at 1,000 accounts", 256.0, *peak as f64));
    out
}
