//! A report as OCSF Compliance Findings, which AWS Security Hub and SIEMs take.

use serde_json::{Value as Json, json};

use super::View;
use super::item::{Item, Served};
use super::score::Verdict;
use super::sheet::Sheet;
use super::shown::Shown;
use crate::partition;
use crate::posture::Severity;
use crate::posture::control::Benchmark;

/// The version of the schema the events follow.
const VERSION: &str = "1.5.0";

/// A JSON array with one event a check and thing, kept ones too.
///
/// # Errors
/// Fails only where the report holds what JSON cannot.
pub fn report(view: &View<'_>) -> Result<Shown, serde_json::Error> {
    let sheet = Sheet::of(view);
    let events: Vec<Json> = sheet.items.iter().map(|item| event(&sheet, item)).collect();
    Shown::json(&events)
}

/// The event of a check and a thing.
pub(super) fn event(sheet: &Sheet, item: &Item) -> Json {
    let (heading, at) = (&sheet.heading, sheet.at.as_millisecond());
    let (severity_id, severity) = match (item.verdict, item.check.severity) {
        (Verdict::Kept, _) => (1, "Informational"),
        (_, Severity::Low) => (2, "Low"),
        (_, Severity::Medium) => (3, "Medium"),
        (_, Severity::High) => (4, "High"),
        (_, Severity::Critical) => (5, "Critical"),
    };
    let (status_id, status) = match item.verdict {
        Verdict::Kept => (1, "Pass"),
        Verdict::Broken => (3, "Fail"),
        Verdict::Unknown => (0, "Unknown"),
    };
    let (state_id, state) = if item.verdict == Verdict::Kept { (4, "Resolved") } else { (1, "New") };
    let requirements: Vec<String> = item.check.controls.iter().map(Served::name).collect();
    let standards: Vec<&str> = Benchmark::ALL
        .iter()
        .filter(|benchmark| item.check.controls.iter().any(|control| control.benchmark == **benchmark))
        .map(|benchmark| benchmark.name())
        .collect();
    let partition = partition::of_region(&heading.region).map_or("aws", |known| known.id);
    let mut event = json!({
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": 1,
        "activity_name": "Create",
        "type_uid": 200_301,
        "type_name": "Compliance Finding: Create",
        "time": at,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": state_id,
        "status": state,
        "message": item.message,
        "metadata": {
            "version": VERSION,
            "event_code": item.check.id,
            "profiles": ["cloud"],
            "product": { "name": "baseline", "vendor_name": "baseline", "version": env!("CARGO_PKG_VERSION") },
        },
        "finding_info": {
            "uid": item.fingerprint(&heading.account),
            "title": item.check.title,
            "desc": item.check.risk,
            "created_time": at,
            "analytic": { "type_id": 1, "type": "Rule", "uid": item.check.id, "name": item.check.title },
        },
        "compliance": {
            "control": item.check.id,
            "requirements": requirements,
            "standards": standards,
            "status_id": status_id,
            "status": status,
            "status_detail": item.message,
        },
        "resources": [{
            "uid": item.resource,
            "type": item.kind,
            "region": item.region,
            "cloud_partition": partition,
            "data": { "evidence": item.evidence },
        }],
        "cloud": {
            "provider": "AWS",
            "region": item.region.as_deref().unwrap_or(&heading.region),
            "account": { "uid": heading.account, "type_id": 10, "type": "AWS Account" },
        },
        "unmapped": {
            "practice": item.check.practice,
            "fixed_by_apply": item.by_apply,
            "file": item.origin.file(&heading.file),
            "section": item.origin.section,
            "line": item.origin.line,
            "endpoints": heading.endpoints,
        },
    });
    if !item.next.is_empty() {
        event["remediation"] = json!({ "desc": item.next });
    }
    event
}
