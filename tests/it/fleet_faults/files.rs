//! A folder with a fleet: its file, its list of accounts and its baseline.

use std::path::Path;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Every account has settings, a bucket and a role: what is changed in place, what is created, and what has several parts.
pub const MEMBER: &str = "name = 'member'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n[password_policy]\n\
                          [bucket.logs]\nname = 'logs-${account}'\n\
                          [role.reader]\ntrusted_by = { services = ['ec2.amazonaws.com'] }\n";

/// The role by which AWS's organizations reach their members.
pub const ROLE: &str = "[access]\nrole = 'OrganizationAccountAccessRole'\n";

/// The id of a member of the organization.
pub fn id(number: u64) -> String {
    format!("{}", 100_000_000_000 + number)
}

/// A folder with these members and no others, and these lines in the file of the fleet.
pub fn folder(members: impl IntoIterator<Item = u64>, fleet: &str, member: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let accounts: Vec<Json> = members
        .into_iter()
        .map(|number| json!({ "Id": id(number), "Name": format!("workload-{number}"), "State": "ACTIVE" }))
        .collect();
    write(folder.path(), "accounts.json", &json!({ "Accounts": accounts }).to_string());
    write(folder.path(), "fleet.toml", &format!("name = 'acme'\nbaseline = 'member.toml'\n{fleet}"));
    write(folder.path(), "member.toml", member);
    folder
}

/// Writes a file there.
pub fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("the file is written");
}

/// The text of a file there.
pub fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What a command of fleets begins with.
pub fn asks<'a>(command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let approve: &[&str] = if command == "apply" { &["--auto-approve"] } else { &[] };
    [&[command, "fleet.toml", "--accounts", "accounts.json"], approve, more].concat()
}

/// Where a report lists accounts.
const LISTS: [&str; 6] = ["groups", "failed", "not_reached", "not_ready", "not_begun", "skipped"];

/// Every account of a report with the list that it stands in and the reason; each stands there once.
pub fn lines(report: &str) -> Vec<(String, &'static str, String)> {
    let report: Json = serde_json::from_str(report).unwrap_or_else(|error| panic!("{error}: {report}"));
    let mut lines: Vec<(String, &str, String)> = Vec::new();
    for list in LISTS {
        for group in report[list].as_array().expect("a list") {
            for account in group["accounts"].as_array().expect("accounts") {
                let id = account["id"].as_str().expect("an id").to_owned();
                let reason = match list {
                    "groups" => group["unknown"].to_string(),
                    _ => group["reason"].as_str().unwrap_or_default().to_owned(),
                };
                lines.push((id, list, reason));
            }
        }
    }
    lines.sort_unstable();
    let mut ids: Vec<&String> = lines.iter().map(|(id, ..)| id).collect();
    let told = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), told, "an account stands twice: {report}");
    lines
}
