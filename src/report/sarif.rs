//! A report as SARIF 2.1.0, located at the lines of the file that ask for what is not there.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::item::{Check, Item, Served, word};
use super::score::Verdict;
use super::sheet::Sheet;
use super::shown::Shown;
use super::{Endpoint, View, clean, practice};
use crate::language::LAYERS;
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
    let sheet = Sheet::of(view);
    let mut log = Log::default();
    log.endpoints(&view.heading.endpoints);
    log.add(&sheet, None)?;
    log.text(&view.heading.account)
}

/// A run that grows by one account after the other.
#[derive(Debug)]
pub(super) struct Log {
    /// The most severe departures so far, no more than twice as many as a run may have.
    results: Vec<Kept>,
    /// Checks by their id, each as its heaviest departure has it.
    rules: BTreeMap<String, Check>,
    notes: Vec<Json>,
    endpoints: Vec<Endpoint>,
    left_out: usize,
    is_whole: bool,
}

/// A result as it is kept until the run is written: as text it takes a fraction of the room.
#[derive(Debug)]
struct Kept {
    severity: Severity,
    /// The id of its rule.
    rule: String,
    text: String,
}

/// The run as it is written; fields in the order of the alphabet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    automation_details: Json,
    column_kind: &'static str,
    invocations: Json,
    properties: Json,
    results: Results<'a>,
    tool: Json,
}

/// The file, as [`Written`].
#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Written<'a>; 1],
    version: &'static str,
}

/// Results that are read one after the other while they are written, each told the number of its rule.
struct Results<'a> {
    kept: &'a [Kept],
    rules: BTreeMap<&'a str, usize>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.kept.len()))?;
        for Kept { rule, text, .. } in self.kept {
            let mut result: Json = serde_json::from_str(text).map_err(S::Error::custom)?;
            result["ruleIndex"] = json!(self.rules.get(rule.as_str()));
            list.serialize_element(&result)?;
        }
        list.end()
    }
}

/// An account among several.
#[derive(Debug)]
pub(super) struct Member<'a> {
    /// Its name and digits.
    pub(super) name: String,
    /// The names of its organizational units.
    pub(super) unit: Option<&'a str>,
    /// The fingerprints of what is new; nothing where the run is compared with none.
    pub(super) new: Option<&'a BTreeSet<String>>,
}

impl Default for Log {
    fn default() -> Self {
        let (results, rules, notes, endpoints) = Default::default();
        Self { results, rules, notes, endpoints, left_out: 0, is_whole: true }
    }
}

impl Log {
    /// Adds what was found in an account. Where several accounts are in one run, their names say which is meant.
    ///
    /// # Errors
    /// Fails only where a result holds what JSON cannot.
    pub(super) fn add(&mut self, sheet: &Sheet, named: Option<&Member<'_>>) -> Result<(), serde_json::Error> {
        let about = named.map(|member| format!("{}: ", member.name)).unwrap_or_default();
        let not_done = sheet.ending.iter().flat_map(|ending| ending.not_done());
        for (word, addr, reason) in not_done {
            self.lacks("error", format!("{about}{word} {addr} {reason}"));
        }
        for reason in &sheet.not_known {
            self.notes.push(note("warning", format!("{about}{reason}")));
        }
        self.is_whole &= sheet.is_complete;
        for item in sheet.items.iter().filter(|item| item.verdict == Verdict::Broken) {
            let check = self.rules.entry(item.check.id.clone()).or_insert_with(|| item.check.clone());
            if item.check.severity > check.severity {
                *check = item.check.clone();
            }
            let text = serde_json::to_string(&result(sheet, item, named))?;
            self.results.push(Kept { severity: item.check.severity, rule: item.check.id.clone(), text });
        }
        if self.results.len() > 2 * MOST {
            self.cut();
        }
        Ok(())
    }

    /// Says something that is as it should be.
    pub(super) fn says(&mut self, text: String) {
        self.notes.push(note("note", text));
    }

    /// Says what keeps the run from being whole.
    pub(super) fn lacks(&mut self, level: &str, text: String) {
        self.notes.push(note(level, text));
        self.is_whole = false;
    }

    /// Says who answered in place of AWS.
    pub(super) fn endpoints(&mut self, endpoints: &[Endpoint]) {
        let custom = |endpoint: &Endpoint| {
            format!("custom endpoint: {}", clean::cut(&endpoint.to_string(), clean::LONGEST))
        };
        self.notes.extend(endpoints.iter().map(|endpoint| note("note", custom(endpoint))));
        self.endpoints = endpoints.to_vec();
    }

    fn cut(&mut self) {
        self.results.sort_by_key(|kept| Reverse(kept.severity));
        self.left_out += self.results.len().saturating_sub(MOST);
        self.results.truncate(MOST);
    }

    /// The run as a whole. One file may be checked against several accounts or fleets: each is a category of its own.
    pub(super) fn text(mut self, category: &str) -> Result<Shown, serde_json::Error> {
        self.cut();
        if self.left_out > 0 {
            let text = format!("{} results of lower severity are left out", self.left_out);
            self.notes.push(note("warning", text));
        }
        let rules = self.rules.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let run = Written {
            automation_details: json!({ "id": format!("baseline/{category}/") }),
            column_kind: "unicodeCodePoints",
            invocations: json!([{
                "executionSuccessful": self.is_whole,
                "toolExecutionNotifications": self.notes,
            }]),
            properties: json!({ "endpoints": self.endpoints }),
            results: Results { kept: &self.results, rules },
            tool: json!({ "driver": {
                "name": "baseline",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": self.rules.values().map(rule).collect::<Vec<_>>(),
            } }),
        };
        Shown::json(&File {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            runs: [run],
            version: "2.1.0",
        })
    }
}

fn note(level: &str, text: String) -> Json {
    json!({ "level": level, "message": { "text": clean::line(&text) } })
}

fn rule(check: &Check) -> Json {
    let controls: Vec<String> = check.controls.iter().map(Served::name).collect();
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

fn result(sheet: &Sheet, item: &Item, named: Option<&Member<'_>>) -> Json {
    let heading = &sheet.heading;
    // What nobody declares belongs to no layer in particular: the first one stands for all.
    let whole = heading.file.split(LAYERS).next().unwrap_or_default();
    let file = item.origin.file(whole).replace('\\', "/");
    let uri = utf8_percent_encode(file.trim_start_matches("./"), PATH).to_string();
    let mut text = format!("{} {}: {}.", item.kind, item.resource, item.message);
    if item.resource.starts_with(&item.kind) {
        text = format!("{}: {}.", item.resource, item.message);
    }
    if let Some(member) = named {
        text = format!("account {}: {text}", member.name);
    }
    for line in &item.evidence {
        text.push_str(&format!("\n{line}"));
    }
    text.push_str(&format!("\nNext: {}", item.next));
    let fingerprint = item.fingerprint(&heading.account);
    let mut result = json!({
        "ruleId": item.check.id,
        "ruleIndex": null,
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
        "partialFingerprints": { "baseline/v1": fingerprint },
        "properties": {
            "severity": word(item.check.severity),
            "settledByApply": item.by_apply,
            "account": heading.account,
            "region": item.region,
        },
    });
    if let Some(member) = named {
        result["properties"]["accountName"] = json!(member.name);
        result["properties"]["unit"] = json!(member.unit);
        if let Some(new) = member.new {
            // SARIF 3.27.24.
            result["baselineState"] = json!(if new.contains(&fingerprint) { "new" } else { "unchanged" });
        }
    }
    result
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
