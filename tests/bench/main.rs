//! What the program costs, and what others cost at the same work. Each part writes its place in
//! docs/performance.md when it is asked to.
//!
//! `cargo bench --bench account -- built-in moto round-trips regions growth files accounts fleet crowd inside network binary fleet-peers peers --write`;
//! without names every part but the last two, which take longer and need other programs. A limit that is not kept ends the run with a failure.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints what it measured, and one that cannot go on has failed"
)]

mod accounts;
mod binary;
mod built_in;
mod crowd;
mod delay;
#[path = "../it/emulator.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod emulator;
mod files;
mod fleet;
mod fleet_peers;
#[path = "../it/gaps.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod gaps;
mod goal;
#[path = "../it/growing_files.rs"]
mod growing_files;
mod growth;
mod inside;
#[path = "../it/strangers/landing_zone.rs"]
mod landing_zone;
mod late;
#[path = "../it/many_accounts.rs"]
mod many_accounts;
#[path = "../it/moto.rs"]
mod moto;
mod network;
mod on_moto;
mod page;
mod peers;
mod process;
#[expect(dead_code, reason = "the integration tests use the rest")]
#[path = "../it/python_environment.rs"]
mod python_environment;
mod regions;
mod round_trips;
#[path = "../it/strangers/served.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod served;
mod slow;
#[path = "../it/strangers/terraform_plugins.rs"]
mod terraform_plugins;
#[path = "../it/world.rs"]
#[expect(dead_code, reason = "the scenarios use the rest")]
mod world;

const PARTS: [&str; 14] = [
    "built-in",
    "moto",
    "round-trips",
    "regions",
    "growth",
    "files",
    "accounts",
    "fleet",
    "crowd",
    "inside",
    "network",
    "binary",
    "fleet-peers",
    "peers",
];

fn main() {
    // Cargo adds an argument of its own (`--bench`); `cargo test` only builds this target.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with('-')).collect();
    let write = arguments.iter().any(|argument| argument == "--write");
    if let Some(unknown) = asked.iter().find(|part| !PARTS.contains(part)) {
        panic!("there is no part {unknown:?}; there are {PARTS:?}");
    }
    let parts: Vec<&str> = PARTS
        .into_iter()
        .filter(|part| asked.contains(part) || (asked.is_empty() && !part.ends_with("peers")))
        .collect();
    let [part] = parts[..] else {
        // The most memory a process ever held is all that the system tells, so each part is a process of its own.
        let program = std::env::current_exe().expect("this program has a path");
        for part in parts {
            let mut command = std::process::Command::new(&program);
            let ended = command.arg(part).args(write.then_some("--write")).status();
            assert!(ended.expect("a part does not run").success(), "{part} has failed");
        }
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("no runtime");
    let text = match part {
        "built-in" => runtime.block_on(built_in::report()),
        "moto" => runtime.block_on(on_moto::report()),
        "round-trips" => runtime.block_on(round_trips::report(&world::shipped("landing-zone.toml"))),
        "regions" => runtime.block_on(regions::report(&world::shipped("landing-zone.toml"))),
        "growth" => runtime.block_on(growth::sizes()),
        "files" => files::report(),
        "accounts" => runtime.block_on(accounts::report()),
        "fleet-peers" => fleet_peers::report(),
        "fleet" => fleet::report(),
        "crowd" => runtime.block_on(crowd::report()),
        "inside" => inside::report(),
        "network" => network::report(),
        "binary" => binary::report(),
        _ => peers::report(5),
    };
    println!("{part}\n\n{text}");
    if write {
        page::write(part, &text);
    }
}
