//! Calls, dependent rounds, seconds and memory of a plan and an apply, on moto.
//!
//! The seconds are moto's as much as ours: one Python process that takes several milliseconds a call. The
//! counts are exact.

use std::fmt::Write as _;
use std::time::Instant;

use baseline::aws::{Account, Mode};
use baseline::engine::{Stop, apply, observe, rules};
use baseline::plan::{Choices, plan};

use crate::emulator::Which;
use crate::process::cpu_seconds;
use crate::world;

/// What one command cost.
struct Cost {
    calls: u64,
    writes: u64,
    rounds: u32,
    seconds: f64,
    cpu: f64,
}

async fn measured(account: &Account, work: impl Future<Output = ()>) -> Cost {
    let (began, cpu) = (Instant::now(), cpu_seconds(11));
    work.await;
    let counts = account.trace.counts();
    Cost {
        calls: counts.total(),
        writes: counts.writes,
        rounds: counts.rounds,
        seconds: began.elapsed().as_secs_f64(),
        cpu: cpu_seconds(11) - cpu,
    }
}

/// A table of every shipped file and command.
pub async fn report() -> String {
    let mut out = String::from(
        "| baseline | command | calls | writes | dependent rounds | wall s | CPU s |\n|---|---|---:|---:|---:|---:|---:|\n",
    );
    for file in ["logging", "two-tier", "landing-zone"] {
        let text = world::shipped(&format!("{file}.toml"));
        let world = world::World::new(Which::Moto, &text).await;
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
            writeln!(
                out,
                "| {file} | {command} | {} | {} | {} | {:.2} | {:.2} |",
                cost.calls, cost.writes, rounds, cost.seconds, cost.cpu
            )
            .unwrap();
        }
    }
    out
}
