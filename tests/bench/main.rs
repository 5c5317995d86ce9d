//! Counts calls, dependent rounds, seconds and memory of a plan and an apply, on moto.
//!
//! `cargo bench --bench account`. The seconds are moto's as much as ours: one Python process that takes
//! several milliseconds a call. The counts are exact.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints what it measured, and one that cannot go on has failed"
)]

#[path = "../it/emulator.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod emulator;
#[path = "../it/gaps.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod gaps;
#[path = "../it/moto.rs"]
mod moto;
#[path = "../it/python_environment.rs"]
mod python_environment;
#[path = "../it/world.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod world;

use std::fs;
use std::time::Instant;

use baseline::aws::{Account, Mode};
use baseline::engine::{Stop, apply, observe, rules};
use baseline::plan::{Choices, plan};

/// What one command cost.
struct Cost {
    calls: u64,
    writes: u64,
    rounds: u32,
    seconds: f64,
    cpu: f64,
}

/// Seconds of processor time this process has used, from /proc.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    let ticks =
        |field: usize| after.split_whitespace().nth(field).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// The most memory this process has held, in MiB, from /proc.
fn peak_mib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

async fn measured(account: &Account, work: impl Future<Output = ()>) -> Cost {
    let (began, cpu) = (Instant::now(), cpu_seconds());
    work.await;
    let counts = account.trace.counts();
    Cost {
        calls: counts.total(),
        writes: counts.writes,
        rounds: counts.rounds,
        seconds: began.elapsed().as_secs_f64(),
        cpu: cpu_seconds() - cpu,
    }
}

fn main() {
    // Cargo's own arguments (`--bench`) say nothing here; `cargo test` only builds this target.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("no runtime").block_on(run());
}

async fn run() {
    println!("| baseline | command | calls | writes | dependent rounds | wall s | CPU s |");
    println!("|---|---|---:|---:|---:|---:|---:|");
    for file in ["logging", "two-tier", "landing-zone"] {
        let text = world::shipped(&format!("{file}.toml"));
        let world = world::World::new(emulator::Which::Moto, &text).await;
        for command in ["plan, empty account", "apply", "plan, converged", "apply again"] {
            let mode = if command.starts_with("plan") { Mode::ReadOnly } else { Mode::ReadWrite };
            let account = world.emulator.account(file, mode).await;
            let work = async {
                let live = observe(&account, &world.wanted).await;
                let plan = plan(&world.wanted, &live, &rules, &Choices::default()).expect("a cycle");
                if mode == Mode::ReadWrite {
                    let outcome =
                        apply(&account, &world.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
                    assert!(outcome.is_success(), "{outcome:#?}");
                }
            };
            let cost = measured(&account, work).await;
            // The rounds of an apply are its steps and their waits; only a plan has a fixed depth.
            let rounds = if mode == Mode::ReadOnly { cost.rounds.to_string() } else { "-".to_owned() };
            println!(
                "| {file} | {command} | {} | {} | {} | {:.2} | {:.2} |",
                cost.calls, cost.writes, rounds, cost.seconds, cost.cpu
            );
        }
    }
    println!("\npeak memory of the whole run: {} MiB", peak_mib());
}
