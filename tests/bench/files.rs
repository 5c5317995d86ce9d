//! How the checks of the language grow with the size of a file: right files, and files full of one mistake.

use std::fmt::Write as _;
use std::time::Instant;

use baseline::baseline::{Baseline, Place, Source};

use crate::growth::exponent;

const PLACE: Place<'_> = Place { account: "123456789012", partition: "aws" };
const KIB: [usize; 4] = [32, 64, 128, 256];
const ROUNDS: usize = 3;
/// More than this is no n log n, whatever the machine.
const LIMIT: f64 = 1.4;

/// What a file repeats: its name, what stands before, what is written for each number, and what closes it.
type Repeated = (&'static str, &'static str, fn(usize) -> String, &'static str);

const TIER: &str = "[network]\ncidr = \"10.0.0.0/16\"\n[network.tier.web]\npublic = true\naccept = [\n";

const REPEATED: [Repeated; 11] = [
    ("buckets", "", |n| format!("[bucket.b{n}]\n"), ""),
    (
        "buckets that log into one",
        "[bucket.logs]\naccess_log = false\n",
        |n| format!("[bucket.b{n}]\naccess_log = \"logs\"\n"),
        "",
    ),
    ("buckets that log into the next", "", |n| format!("[bucket.b{n}]\naccess_log = \"b{}\"\n", n + 1), ""),
    ("roles", "", |n| format!("[role.r{n}]\ntrusted_by = {{ services = [\"lambda.amazonaws.com\"] }}\n"), ""),
    (
        "statements of one policy",
        "[policy.p]\nallow = [\n",
        |n| format!("{{ actions = [\"s3:GetObject\"], resources = [\"arn:aws:s3:::x{n}/*\"] }},\n"),
        "]\n",
    ),
    ("moved", "", |n| format!("[[moved]]\nfrom = \"s3.bucket.a{n}\"\nto = \"s3.bucket.b{n}\"\n"), ""),
    (
        "ranges that a tier accepts",
        TIER,
        |n| format!("{{ from = \"198.{}.{}.{}/32\", port = 443 }},\n", n >> 16 & 255, n >> 8 & 255, n & 255),
        "]\n",
    ),
    ("the same range again", TIER, |_| "{ from = \"198.51.100.1/32\", port = 443 },\n".to_owned(), "]\n"),
    ("TCP without a port", TIER, |_| "{ from = \"internet\" },\n".to_owned(), "]\n"),
    ("keys that nobody knows", "[account]\n", |n| format!("key{n} = 1\n"), ""),
    ("lines that are no TOML", "", |_| "=\n".to_owned(), ""),
];

fn file((_, before, each, after): &Repeated, bytes: usize) -> String {
    let mut text = format!("name = \"files\"\nregion = \"us-east-1\"\n{before}");
    for number in 0.. {
        let next = each(number);
        if text.len() + next.len() + after.len() > bytes {
            break;
        }
        text.push_str(&next);
    }
    text + after
}

/// Seconds to read, check and expand a file, and how many problems it has.
fn seconds(text: &str) -> (f64, usize) {
    let began = Instant::now();
    let (baseline, problems) = Baseline::parse(&Source { name: "files.toml".into(), text: text.into() });
    if let Some(baseline) = baseline {
        baseline.expand(&PLACE).expect("a file without errors can be expanded");
    }
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
            let text = file(repeated, kib << 10);
            let runs: Vec<(f64, usize)> = (0..ROUNDS).map(|_| seconds(&text)).collect();
            found = runs[0].1;
            points.push((kib as f64, runs.iter().map(|run| run.0).fold(f64::INFINITY, f64::min)));
        }
        let times: Vec<String> = points.iter().map(|(_, seconds)| format!("{seconds:.3}")).collect();
        let exponent = exponent(&points);
        writeln!(out, "| {} | {found} | {} | {exponent:.2} |", repeated.0, times.join(" | ")).unwrap();
        assert!(exponent < LIMIT, "{} grows with exponent {exponent:.2}", repeated.0);
    }
    write!(out, "\nThe best of {ROUNDS} runs each. 256 KiB is the most that a file may have.\n").unwrap();
    out
}
