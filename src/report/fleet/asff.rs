//! A fleet for Security Hub, in the AWS Security Finding Format: files that `aws securityhub batch-import-findings` takes, each with
//! findings of one account, because the caller's account must be the finding's (Security Hub API, `BatchImportFindings`).

use serde_json::{Value as Json, json};

use super::{Account, Whole};
use crate::partition;
use crate::posture::Severity;
use crate::report::Shown;
use crate::report::item::Item;
use crate::report::score::Verdict;

/// The most findings of a call.
const MOST: usize = 100;
/// The most bytes of a finding, and so of what a call may have beside others (Security Hub, "ASFF limits": 240 KB).
const MOST_BYTES: usize = 240_000;

/// The findings of an account, as files by name: what departs, and, where the run is compared with an older one, what is gone,
/// archived. A finding that is imported again is the same by its id.
///
/// # Errors
/// Fails only where a finding holds what JSON cannot.
pub fn files(account: &Account, whole: &Whole<'_>) -> Result<Vec<(String, Shown)>, serde_json::Error> {
    let Some(sheet) = &account.sheet else { return Ok(Vec::new()) };
    let place = Place {
        account: &account.id,
        fleet: whole.fleet,
        region: &sheet.heading.region,
        partition: partition::of_region(&sheet.heading.region).map_or("aws", |known| known.id),
        at: sheet.at.strftime("%FT%T.000Z").to_string(),
    };
    let broken = sheet.items.iter().filter(|item| item.verdict == Verdict::Broken);
    let gone =
        whole.since.iter().flat_map(|since| &since.gone).filter(|entry| entry.account.id == account.id);
    let findings = broken
        .map(|item| place.finding(item, "ACTIVE"))
        .chain(gone.map(|entry| place.finding(&entry.item, "ARCHIVED")));
    let mut files: Vec<Vec<Json>> = Vec::new();
    let mut bytes = MOST_BYTES;
    for finding in findings {
        // As it is written, escapes and all.
        let size = Shown::json_line(&finding)?.len() + 2;
        if bytes + size > MOST_BYTES || files.last().is_some_and(|file| file.len() >= MOST) {
            files.push(Vec::new());
            bytes = 2;
        }
        bytes += size;
        files.last_mut().into_iter().for_each(|file| file.push(finding.clone()));
    }
    let named = files
        .into_iter()
        .enumerate()
        .map(|(at, findings)| Ok((format!("{}-{}.json", account.id, at + 1), Shown::json_line(&findings)?)));
    named.collect()
}

/// Whose finding it is.
struct Place<'a> {
    account: &'a str,
    fleet: &'a str,
    region: &'a str,
    partition: &'a str,
    at: String,
}

impl Place<'_> {
    fn finding(&self, item: &Item, state: &str) -> Json {
        let Self { account, fleet, region, partition, at } = self;
        let label = match item.check.severity {
            Severity::Low => "LOW",
            Severity::Medium => "MEDIUM",
            Severity::High => "HIGH",
            Severity::Critical => "CRITICAL",
        };
        let description = format!("{}. {}", item.message, item.evidence.join("; "));
        let resource = if item.resource.is_empty() { account } else { item.resource.as_str() };
        let mut finding = json!({
            "SchemaVersion": "2018-10-08",
            "Id": format!("baseline/{fleet}/{}", item.fingerprint(account)),
            "ProductArn": format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
            "ProductName": "baseline",
            "CompanyName": "baseline",
            "GeneratorId": format!("baseline/{}", item.check.id),
            "AwsAccountId": account,
            "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
            "CreatedAt": at,
            "UpdatedAt": at,
            "Severity": { "Label": label },
            "Title": short(&item.check.title, 256),
            "Description": short(&description, 1024),
            "Resources": [{
                "Type": "Other",
                "Id": short(resource, 512),
                "Partition": partition,
                "Region": item.region.as_deref().unwrap_or(region),
            }],
            "Compliance": { "Status": if state == "ACTIVE" { "FAILED" } else { "PASSED" } },
            "ProductFields": { "baseline/kind": short(&item.kind, 256), "baseline/fleet": fleet },
            "RecordState": state,
        });
        if !item.next.is_empty() {
            finding["Remediation"] = json!({ "Recommendation": { "Text": short(&item.next, 512) } });
        }
        finding
    }
}

/// At most so many characters.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 3).chain("...".chars()).collect()
}
