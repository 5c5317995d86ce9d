//! The pure part alone, by criterion: parse, expand, diff, render.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::time::Duration;

use baseline::engine::rules;
use baseline::language::{Baseline, Place, Source};
use baseline::model::Value;
use baseline::plan::{Choices, Live, diff, plan};
use baseline::report::{Command, Heading, text};
use criterion::{BenchmarkId, Criterion};

const PLACE: Place<'_> = Place { account: "123456789012", partition: "aws" };

/// A file with about that many attributes: a role has ten.
fn file(attributes: usize) -> String {
    let mut text = String::from("name = \"inside\"\nregion = \"us-east-1\"\n");
    for number in 0..attributes.div_ceil(10) {
        writeln!(text, "[role.r{number}]\ntrusted_by = {{ services = [\"lambda.amazonaws.com\"] }}").unwrap();
    }
    text
}

fn tree(attributes: usize, last: i64) -> Value {
    let fields = (0..attributes).map(|number| {
        let value = if number + 1 == attributes { last } else { 0 };
        (format!("attribute{number}"), Value::Int(value))
    });
    Value::Map(fields.collect::<BTreeMap<_, _>>())
}

/// Microseconds by function and number of attributes.
pub fn report() -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut criterion = Criterion::default()
        .output_directory(folder.path())
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    let heading = Heading {
        command: Command::Plan,
        file: "inside.toml".into(),
        baseline: "inside".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoints: Vec::new(),
    };
    let mut group = criterion.benchmark_group("inside");
    for attributes in [10, 100, 1000, 10_000, 100_000] {
        let (wanted, live) = (tree(attributes, 1), tree(attributes, 2));
        group.bench_function(BenchmarkId::new("diff", attributes), |b| {
            b.iter(|| diff(black_box(&wanted), black_box(&live)));
        });
        // A file of more is larger than the language allows.
        if attributes > 10_000 {
            continue;
        }
        let source = Source { name: "inside.toml".into(), text: file(attributes) };
        group.bench_function(BenchmarkId::new("parse", attributes), |b| {
            b.iter(|| Baseline::parse(black_box(&source)));
        });
        let baseline = Baseline::parse(&source).0.unwrap();
        group.bench_function(BenchmarkId::new("expand", attributes), |b| {
            b.iter(|| baseline.expand(black_box(&PLACE)).unwrap());
        });
        let wanted = baseline.expand(&PLACE).unwrap();
        let plan = plan(&wanted, &Live::default(), &rules, &Choices::default()).unwrap();
        group.bench_function(BenchmarkId::new("render", attributes), |b| {
            b.iter(|| text::plan(&heading, black_box(&plan), 100));
        });
    }
    group.finish();
    let mut out =
        String::from("| work | attributes | microseconds | each, nanoseconds |\n|---|---:|---:|---:|\n");
    for work in ["parse", "expand", "diff", "render"] {
        for attributes in [10_u32, 100, 1000, 10_000, 100_000] {
            let estimates = folder.path().join(format!("inside/{work}/{attributes}/new/estimates.json"));
            let Ok(estimates) = fs::read_to_string(estimates) else { continue };
            let estimates: serde_json::Value = serde_json::from_str(&estimates).unwrap();
            let nanoseconds = estimates["median"]["point_estimate"].as_f64().unwrap();
            let each = nanoseconds / f64::from(attributes);
            writeln!(out, "| {work} | {attributes} | {:.1} | {each:.0} |", nanoseconds / 1000.0).unwrap();
        }
    }
    out
}
