//! What the program costs: on the built-in account, where only our own work is counted, and on an emulator.
//!
//! `cargo bench --bench account`; with `-- built-in` or `-- emulator` one of the two alone. A limit that is not
//! kept ends the run with a failure.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark prints what it measured, and one that cannot go on has failed"
)]

mod built_in;
mod emulator;
#[path = "../it/gaps.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod gaps;
#[path = "../it/strangers/landing_zone.rs"]
mod landing_zone;
#[path = "../it/moto.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod moto;
mod process;
#[path = "../it/python_environment.rs"]
mod python_environment;
#[path = "../it/world.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod world;

fn main() {
    // Cargo adds an argument of its own (`--bench`); `cargo test` only builds this target.
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("no runtime").block_on(async {
        // First, because the most memory a process ever held is all that the system tells.
        if wanted("built-in") {
            built_in::run().await;
        }
        if wanted("emulator") {
            emulator::run().await;
        }
    });
}
