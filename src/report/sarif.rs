//! A report as SARIF 2.1.0, located at the lines of the file that ask for what is not there.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::item::{Check, Item, items, word};
use super::score::Verdict;
use super::shown::Shown;
use super::{Endpoint, View, clean, practice, unread};
use crate::baseline::LAYERS;
use crate::posture::Severity;

/// The most results of a run that GitHub takes; the most severe come first.
const MOST: usize = 25_000;

/// What stands unescaped in a relative reference (RFC 3986).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Departures as results; what could not be read as notifications of the run.
///
/// # Errors
/// Fails only where the report holds what JSON cannot.
pub fn report(view: &View<'_>) -> Result<Shown, serde_json::Error> {
    let items: Vec<Item> = items(view).into_iter().filter(|item| item.verdict == Verdict::Broken).collect();
    let mut rules: BTreeMap<&str, &Check> = BTreeMap::new();
    for item in &items {
        // A kind's check is named by its heaviest departure.
        let check = rules.entry(&item.check.id).or_insert(&item.check);
        if item.check.severity > check.severity {
            *check = &item.check;
        }
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (*id, at)).collect();
    let not_done = view.ending.into_iter().flat_map(|ending| ending.not_done());
    let mut notes: Vec<Json> =
        not_done.map(|(word, addr, reason)| note("error", format!("{word} {addr} {reason}"))).collect();
    let is_done = notes.is_empty();
    let custom = |endpoint: &Endpoint| {
        format!("custom endpoint: {}", clean::cut(&endpoint.to_string(), clean::LONGEST))
    };
    notes.extend(view.heading.endpoints.iter().map(|endpoint| note("note", custom(endpoint))));
    notes.extend(view.unread().map(|unread| {
        let message = clean::cut(&unread.message, clean::LONGEST);
        note(
            "warning",
            format!(
                "{} {}: {message}; {}",
                unread::call(unread),
                unread::verdict(unread),
                unread.next_step()
            ),
        )
    }));
    notes.extend(view.posture.undecided.iter().map(|(rule, reason)| {
        note("warning", format!("{rule} could not be decided: {}", clean::cut(reason, clean::LONGEST)))
    }));
    if items.len() > MOST {
        notes.push(note("warning", format!("{} results of lower severity are left out", items.len() - MOST)));
    }
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "baseline",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|check| rule(check)).collect::<Vec<_>>(),
            } },
            // One file may be checked against several accounts: each is a category of its own.
            "automationDetails": { "id": format!("baseline/{}/", view.heading.account) },
            "properties": { "endpoints": view.heading.endpoints },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": is_done && view.is_complete(),
                "toolExecutionNotifications": notes,
            }],
            "results": items.iter().take(MOST).map(|item| result(view, item, &index)).collect::<Vec<_>>(),
        }],
    });
    Shown::json(&log)
}

fn note(level: &str, text: String) -> Json {
    json!({ "level": level, "message": { "text": clean::line(&text) } })
}

fn rule(check: &Check) -> Json {
    let controls: Vec<String> =
        check.controls.iter().map(|control| format!("{} {}", control.benchmark.name(), control.id)).collect();
    let mut tags = vec!["security".to_owned(), "aws".to_owned()];
    let mut help = format!("{}: {}.", check.title, check.risk);
    if let Some(number) = check.practice {
        tags.push(format!("practice-{number}"));
        help.push_str(&format!(" Practice {number}: {}.", practice::title(number)));
    }
    if !controls.is_empty() {
        help.push_str(&format!(" Controls: {}.", controls.join(", ")));
    }
    json!({
        "id": check.id,
        "name": check.id,
        "shortDescription": { "text": check.title },
        "fullDescription": { "text": format!("{}: {}.", check.title, check.risk) },
        "help": { "text": help, "markdown": help },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": { "tags": tags, "security-severity": number(check.severity), "controls": controls },
    })
}

fn result(view: &View<'_>, item: &Item, index: &BTreeMap<&str, usize>) -> Json {
    // What nobody declares belongs to no layer in particular: the first one stands for all.
    let whole = view.heading.file.split(LAYERS).next().unwrap_or_default();
    let file = item.origin.file(whole).replace('\\', "/");
    let uri = utf8_percent_encode(file.trim_start_matches("./"), PATH).to_string();
    let mut text = format!("{} {}: {}.", item.kind, item.resource, item.message);
    if item.resource.starts_with(&item.kind) {
        text = format!("{}: {}.", item.resource, item.message);
    }
    for line in &item.evidence {
        text.push_str(&format!("\n{line}"));
    }
    text.push_str(&format!("\nNext: {}", item.next));
    json!({
        "ruleId": item.check.id,
        "ruleIndex": index.get(item.check.id.as_str()),
        "kind": "fail",
        "level": level(item.check.severity),
        // Square brackets would be read as a link (SARIF 3.11.6).
        "message": { "text": text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]") },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri },
                // What nobody declares has no line; the file as a whole is meant.
                "region": { "startLine": item.origin.line.max(1) },
            },
            "logicalLocations": [{ "fullyQualifiedName": item.resource, "kind": "resource" }],
        }],
        "partialFingerprints": { "baseline/v1": item.fingerprint(&view.heading.account) },
        "properties": {
            "severity": word(item.check.severity),
            "settledByApply": item.by_apply,
            "account": view.heading.account,
            "region": item.region,
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// On the scale of CVSS, by which GitHub sorts: over 9 is critical, from 7 high, from 4 medium.
fn number(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn results(text: &str) -> Vec<Json> {
        let log: Json = serde_json::from_str(text).unwrap();
        log["runs"][0]["results"].as_array().unwrap().clone()
    }

    #[test]
    fn a_result_points_at_the_line_that_asks_for_it() {
        let results = results(&report(&sample::neglected().view()).unwrap());
        let keys = results.iter().find(|result| result["ruleId"] == "root-access-keys").unwrap();
        let place = &keys["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "landing-zone.toml");
        assert_eq!(place["region"]["startLine"], 30);
        assert_eq!(keys["level"], "error");
    }

    #[test]
    fn a_result_of_several_layers_points_at_the_one_that_asks_for_it() {
        let mut scene = sample::neglected();
        scene.heading.file = format!("member.toml{LAYERS}prod.toml");
        for finding in &mut scene.posture.findings {
            finding.origin.file = Some("prod.toml".to_owned());
        }
        let results = results(&report(&scene.view()).unwrap());
        let uri =
            |result: &Json| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
        let keys = results.iter().find(|result| result["ruleId"] == "root-access-keys").unwrap();
        assert_eq!(uri(keys), "prod.toml");
        // No file is called as both are together.
        assert!(
            results
                .iter()
                .all(|result| ["member.toml", "prod.toml"].contains(&uri(result).as_str().unwrap()))
        );
    }

    #[test]
    fn a_fingerprint_stays_when_the_line_or_the_evidence_moves() {
        let scene = sample::neglected();
        let mut moved = sample::neglected();
        for finding in &mut moved.posture.findings {
            finding.origin.line += 7;
            finding.evidence.push("seen again".into());
        }
        let prints = |text: &str| {
            results(text).iter().map(|r| r["partialFingerprints"].to_string()).collect::<Vec<_>>()
        };
        let (before, after) = (report(&scene.view()).unwrap(), report(&moved.view()).unwrap());
        assert_ne!(before, after);
        assert_eq!(prints(&before), prints(&after));
        let unique: std::collections::BTreeSet<String> = prints(&before).into_iter().collect();
        assert_eq!(unique.len(), prints(&before).len());
    }

    #[test]
    fn what_could_not_be_read_is_a_notification_and_no_success() {
        let log: Json = serde_json::from_str(&report(&sample::neglected().view()).unwrap()).unwrap();
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        let notes = invocation["toolExecutionNotifications"].to_string();
        assert!(notes.contains("allow iam:GetCredentialReport"), "{notes}");
    }
}
