//! Hostile text in every field of a live account, in every output.

use std::collections::BTreeMap;

use baseline::posture::{Posture, RULES};
use baseline::report::json::{Calls, Report};
use baseline::report::{Command, Heading, View, csv, html, junit, markdown, ocsf, sarif, text};
use baseline::sandbox::world::World;
use serde_json::Value;

use super::account::{ACCOUNT, LANDING_ZONE, look, of, on_virtual_time, open, prune, run};
use super::layer::Layer;
use super::page;
use super::start::Start;

/// Escape sequences, a clipboard write, a title, bidirectional text, HTML, Markdown, a table, a formula.
const HOSTILE: &str = "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{1b}[31mRED\u{9b}31m\u{202e}\u{200b}\r\n```\n# forged\n\
                       <script>alert(1)</script>\"><img src=x onerror=y>[a](javascript:x)|`=cmd|'x'!A1";

/// The longest text that a field is given.
const LARGE: usize = 1 << 20;

/// The places of texts, with ids and positions left out, and a pointer to each text there.
fn places(value: &Value, pointer: &str, place: &str, found: &mut BTreeMap<String, Vec<String>>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                // Names that AWS or the baseline gave are not fields.
                let field = name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
                let inner = if field { format!("{place}.{name}") } else { format!("{place}.*") };
                places(member, &format!("{pointer}/{}", escaped(name)), &inner, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{pointer}/{index}"), &format!("{place}[]"), found);
            }
        }
        Value::String(_) => found.entry(place.to_owned()).or_default().push(pointer.to_owned()),
        _ => {}
    }
}

/// The text outside of code spans: a run of backticks opens one, and the next run of the same length closes it (CommonMark 0.31.2,
/// 6.1, "Code spans"). A run that nothing closes is text.
fn outside_spans(markdown: &str) -> String {
    let mut outside = String::new();
    let mut rest = markdown;
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        outside.push_str(before);
        let ticks = from.len() - from.trim_start_matches('`').len();
        let (run, after) = from.split_at(ticks);
        let closing = after.match_indices(run).map(|(at, _)| at).find(|at| {
            let (before, from) = after.split_at(*at);
            !before.ends_with('`') && from.len() - from.trim_start_matches('`').len() == ticks
        });
        match closing {
            Some(at) => rest = &after[at + ticks..],
            None => {
                outside.push_str(run);
                rest = after;
            }
        }
    }
    outside + rest
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn code_spans_are_told_from_text_as_markdown_does() {
    for (markdown, outside) in [
        ("a `b` c", "a  c"),
        ("a ```` b ``` c ` d ```` e", "a  e"),
        ("a `` b ` c", "a `` b ` c"),
        ("`a``b` c", " c"),
        ("a `b", "a `b"),
    ] {
        assert_eq!(outside_spans(markdown), outside, "{markdown}");
    }
}

/// The text outside of fenced code.
fn outside_fences(markdown: &str) -> String {
    let mut fence: Option<usize> = None;
    let mut outside = String::new();
    for line in markdown.lines() {
        let ticks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks >= open && line.trim().len() == ticks => fence = None,
            None => {
                outside.push_str(line);
                outside.push('\n');
            }
            Some(_) => {}
        }
    }
    outside
}

fn is_clean(text: &str) -> Result<(), String> {
    let bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match text.chars().find(|c| bad(*c)) {
        Some(c) => Err(format!("{c:?} is shown raw")),
        None => Ok(()),
    }
}

/// Every output of a plan of that account.
fn outputs(world: &World) -> Result<bool, String> {
    on_virtual_time(async {
        let sandbox = of(world);
        let layer = Layer::recording(&sandbox);
        let account = open(layer.client(), &LANDING_ZONE).await;
        let (_, plan) = look(&account, &LANDING_ZONE, &prune()).await;
        let heading = Heading {
            command: Command::Drift,
            file: "landing-zone.toml".into(),
            baseline: "landing-zone".into(),
            account: ACCOUNT.into(),
            region: "us-east-1".into(),
            endpoints: Vec::new(),
        };
        let shown = text::plan(&heading, &plan, 100);
        // The styles are ours: they are the ones that a clean plan has too.
        is_clean(&without_styles(&shown)).map_err(|problem| format!("text: {problem}"))?;
        if shown.contains("\u{1b}[31mRED") {
            return Err("text: a colour comes through".into());
        }
        if shown.len() > 4 * LARGE {
            return Err(format!("text: {} bytes", shown.len()));
        }
        let calls = Calls { total: 0, writes: 0, rounds: 0, by_operation: Vec::new() };
        let json = Report::new(&heading, &plan, calls).text().map_err(|error| error.to_string())?;
        serde_json::from_str::<Value>(&json).map_err(|error| format!("JSON: {error}"))?;
        is_clean(&json).map_err(|problem| format!("JSON: {problem}"))?;
        let view = View {
            heading: &heading,
            wanted: &LANDING_ZONE.wanted,
            plan: &plan,
            network: None,
            posture: &Posture::default(),
            rules: RULES,
            ending: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let markup = html::report(&view);
        is_clean(&markup).map_err(|problem| format!("HTML: {problem}"))?;
        for trap in ["<script>alert", "<img src=x"] {
            if markup.contains(trap) {
                return Err(format!("HTML: {trap:?} is not inert"));
            }
        }
        let others = [
            ("HTML", markup),
            ("CSV", csv::report(&view).unwrap()),
            ("JUnit", junit::report(&view).unwrap()),
            ("SARIF", sarif::report(&view).unwrap()),
            ("OCSF", ocsf::report(&view).unwrap()),
        ];
        for (format, text) in others {
            is_clean(&text).map_err(|problem| format!("{format}: {problem}"))?;
        }
        let page = markdown::report(&view);
        is_clean(&page).map_err(|problem| format!("Markdown: {problem}"))?;
        let outside = outside_fences(&page);
        for trap in ["<script", "<img", "](javascript", "\n# forged"] {
            // Within code it is text.
            if outside_spans(&outside).contains(trap) {
                return Err(format!("Markdown: {trap:?} is not inert:\n{outside}"));
            }
        }
        Ok(!plan.is_converged() || !plan.is_complete())
    })
}

fn without_styles(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        match after.split_once('m') {
            Some((code, after)) if code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') => {
                rest = after
            }
            _ => {
                plain.push('\u{1b}');
                rest = after;
            }
        }
    }
    plain + rest
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn hostile_text_in_any_field_of_the_account_stays_text() {
    let account = on_virtual_time(async {
        let sandbox = Start::Empty.account();
        assert!(run(sandbox.http_client(), &LANDING_ZONE).await.outcome.is_success());
        sandbox.with_world(|world| serde_json::to_value(&*world).expect("a world is plain data"))
    });
    let mut fields = BTreeMap::new();
    places(&account["accounts"], "/accounts", "", &mut fields);
    let (mut tried, mut shown, mut impossible) = (0, 0, 0);
    let large = format!("{HOSTILE}{}", "x".repeat(LARGE));
    for (index, (place, pointers)) in fields.iter().enumerate() {
        // The longest text goes through the same code: a part of the fields is enough for it.
        let values: &[&str] = if index % 8 == 0 { &[HOSTILE, &large] } else { &[HOSTILE] };
        for hostile in values {
            let mut changed = account.clone();
            for pointer in pointers {
                let text = changed.pointer_mut(pointer).expect("it is there");
                *text = Value::from(format!("{}{hostile}", text.as_str().unwrap_or_default()));
            }
            // Where the account's own types allow no other text, AWS cannot answer one either.
            let Ok(world) = serde_json::from_value::<World>(changed) else {
                impossible += 1;
                continue;
            };
            tried += 1;
            match outputs(&world) {
                Ok(different) => shown += usize::from(different),
                Err(problem) => panic!("{place}: {problem}"),
            }
        }
    }
    assert!(shown > 40, "only {shown} of {tried} fields are seen at all");
    let fields = fields.len() - impossible;
    page::counted(
        "hostile",
        &format!(
            "{fields} fields, {tried} accounts, {shown} of them with a difference to show: text, JSON, Markdown, HTML, CSV, JUnit, SARIF and OCSF are clean in all"
        ),
    );
}
