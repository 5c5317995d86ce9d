//! How cost grows with the size of an account.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use baseline::aws::Mode;
use baseline::sandbox::{Profile, Sandbox};

use crate::slow::Behind;

/// An account holds 1,000 roles at most, until its quota is raised; some are AWS's own.
const COUNTS: [usize; 4] = [1, 10, 100, 500];

/// A tier is two subnets, a security group and a network ACL here; a /16 has room for 32 tiers of eight zones.
const TIERS: [usize; 4] = [1, 4, 10, 30];

/// A file with that many of one thing.
fn file(thing: &str, count: usize) -> String {
    let mut text = String::from("name = \"growth\"\nregion = \"us-east-1\"\n");
    for number in 1..=count {
        match thing {
            "roles" => writeln!(
                text,
                "[role.r{number}]\ntrusted_by = {{ services = [\"lambda.amazonaws.com\"] }}\nallow = [{{ actions = \
                 [\"ssm:GetParameter\"], resources = [\"arn:aws:ssm:*:*:parameter/r{number}/*\"] }}]"
            ),
            "tiers" if number == 1 => writeln!(
                text,
                "[network]\ncidr = \"10.20.0.0/16\"\nzones = 2\nflow_logs = false\n\
                 [network.tier.t1]\npublic = true\naccept = [{{ from = \"internet\", port = 443 }}]"
            ),
            "tiers" => writeln!(
                text,
                "[network.tier.t{number}]\naccept = [{{ from = \"t{}\", port = 3306 }}]",
                number - 1
            ),
            _ => writeln!(text, "[bucket.b{number}]\naccess_log = false"),
        }
        .unwrap();
    }
    text
}

/// The slope of a straight line through the points on paper with two logarithmic scales.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = logs.len() as f64;
    let (x, y) =
        (logs.iter().map(|p| p.0).sum::<f64>() / count, logs.iter().map(|p| p.1).sum::<f64>() / count);
    let above: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    above / logs.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

/// Plans of accounts with few and many roles or buckets.
pub async fn sizes() -> String {
    let mut out = String::from(
        "| things | count | apply s | plan, converged s | calls of the plan | rounds |\n|---|---:|---:|---:|---:|---:|\n",
    );
    for (thing, counts, from) in [("roles", COUNTS, 100), ("buckets", COUNTS, 100), ("tiers", TIERS, 4)] {
        let mut points = Vec::new();
        for count in counts {
            let text = file(thing, count);
            let sandbox = Sandbox::new(Profile::Instant, 1);
            let began = Instant::now();
            Behind::new(&sandbox, &text, Duration::ZERO, Mode::ReadWrite).await.apply().await;
            let apply = began.elapsed().as_secs_f64();
            let began = Instant::now();
            let behind = Behind::new(&sandbox, &text, Duration::ZERO, Mode::ReadOnly).await;
            assert!(behind.plan().await.is_converged());
            let plan = began.elapsed().as_secs_f64();
            let counts = behind.account.trace.counts();
            points.push((count as f64, plan));
            writeln!(
                out,
                "| {thing} | {count} | {apply:.3} | {plan:.3} | {} | {} |",
                counts.total(),
                counts.rounds
            )
            .unwrap();
        }
        // Of few, the fixed part of a plan hides the growth.
        let large: Vec<(f64, f64)> =
            points.into_iter().filter(|(count, _)| *count >= f64::from(from)).collect();
        writeln!(out, "| {thing} | exponent from {from} on | | {:.2} | | |", exponent(&large)).unwrap();
    }
    out
}
