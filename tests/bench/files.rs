//! How the checks of the language grow with the size of a file: right files, and files full of one mistake.

use std::fmt::Write as _;
use std::time::Instant;

use baseline::language::fleet::FleetFile;
use baseline::language::{Baseline, Place, Source};

use crate::growing_files::{REPEATED, Reads};
use crate::growth::exponent;

const PLACE: Place<'_> = Place { account: "123456789012", partition: "aws" };
const KIB: [usize; 4] = [32, 64, 128, 256];
const ROUNDS: usize = 3;
/// More than this is no n log n, whatever the machine.
const LIMIT: f64 = 1.4;

/// Seconds to read, check and expand a file, and how many problems it has.
fn seconds(reads: Reads, text: &str) -> (f64, usize) {
    let source = Source { name: "files.toml".into(), text: text.into() };
    let began = Instant::now();
    let problems = match reads {
        Reads::Baseline => {
            let (baseline, problems) = Baseline::parse(&source);
            if let Some(baseline) = baseline {
                baseline.expand(&PLACE).expect("a file without errors can be expanded");
            }
            problems
        }
        Reads::Fleet => FleetFile::parse(&source).1,
    };
    (began.elapsed().as_secs_f64(), problems.len())
}

/// Time by the size of the file.
pub fn report() -> String {
    let mut out = String::from(
        "| a file full of | problems at 256 KiB | 32 KiB s | 64 KiB s | 128 KiB s | 256 KiB s | exponent |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
    );
    for repeated in &REPEATED {
        let (mut points, mut found) = (Vec::new(), 0);
        for kib in KIB {
            let text = repeated.file(kib << 10);
            let runs: Vec<(f64, usize)> = (0..ROUNDS).map(|_| seconds(repeated.reads, &text)).collect();
            found = runs[0].1;
            points.push((kib as f64, runs.iter().map(|run| run.0).fold(f64::INFINITY, f64::min)));
        }
        let times: Vec<String> = points.iter().map(|(_, seconds)| format!("{seconds:.3}")).collect();
        let exponent = exponent(&points);
        let name = match repeated.reads {
            Reads::Baseline => repeated.name.to_owned(),
            Reads::Fleet => format!("{}, of a fleet", repeated.name),
        };
        writeln!(out, "| {name} | {found} | {} | {exponent:.2} |", times.join(" | ")).unwrap();
        assert!(exponent < LIMIT, "{name} grows with exponent {exponent:.2}");
    }
    write!(out, "\nThe best of {ROUNDS} runs each. 256 KiB is the most that a file may have.\n").unwrap();
    out
}
