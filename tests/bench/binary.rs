//! The program itself: its size, and how long it takes to say its version.

use std::fs;
use std::process::Command;

use crate::goal;
use crate::process::{measured, median};

pub fn report() -> String {
    let path = env!("CARGO_BIN_EXE_baseline");
    let size = fs::metadata(path).map_or(0, |file| file.len()) as f64 / 1_048_576.0;
    let runs: Vec<f64> =
        (0..21).map(|_| measured(Command::new(path).arg("--version"), &[0]).wall * 1000.0).collect();
    let count = runs.len();
    let start = median(runs);
    format!(
        "| measure | figure |\n|---|---:|\n| size of the binary | {size:.1} MiB |\n\
         | `baseline --version`, median of {count} | {start:.1} ms |\n{}",
        goal::at_most("milliseconds to say the version", 10.0, start)
    )
}
