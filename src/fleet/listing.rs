//! The list of accounts as a file, and what has changed since an older one.

use serde_json::{Map, Value as Json, json};

use super::conditions::by_id;
use super::inventory::{AccountList, Listed};

/// The list as it is written to a file.
pub fn written(list: &AccountList) -> Json {
    let accounts: Vec<Json> = list.accounts.iter().map(entry).collect();
    match &list.management {
        Some(id) => json!({ "ManagementAccountId": id, "Accounts": accounts }),
        None => json!({ "Accounts": accounts }),
    }
}

fn entry(one: &Listed) -> Json {
    let mut entry = Map::new();
    entry.insert("Id".to_owned(), json!(one.id));
    entry.insert("Name".to_owned(), json!(one.name));
    entry.insert("State".to_owned(), json!(one.state));
    if let Some(unit) = &one.unit {
        entry.insert("Unit".to_owned(), json!(unit));
    }
    if !one.unit_ids.is_empty() {
        entry.insert("UnitIds".to_owned(), json!(one.unit_ids));
    }
    if let Some(tags) = &one.tags {
        entry.insert("Tags".to_owned(), json!(tags));
    }
    Json::Object(entry)
}

/// What has become of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its twelve digits.
    pub id: String,
    /// Its name, now or when it was last seen.
    pub name: String,
    /// What has changed, such as `new` or `moved from Sandbox to Workloads/Prod`.
    pub what: String,
}

/// What has changed from one list to the next, by account.
pub fn since(older: &[Listed], newer: &[Listed]) -> Vec<Since> {
    let (before, after) = (by_id(older), by_id(newer));
    let mut all: Vec<Since> = Vec::new();
    let mut tell = |one: &Listed, what: String| {
        all.push(Since { id: one.id.clone(), name: one.name.clone(), what });
    };
    for (id, one) in &after {
        let Some(old) = before.get(id) else {
            tell(one, format!("new, {}", place(one)));
            continue;
        };
        if old.name != one.name {
            tell(one, format!("renamed, was {}", old.name));
        }
        if old.state != one.state {
            tell(one, format!("{}, was {}", one.state, old.state));
        }
        // A list of an older time may not say where accounts are.
        if old.unit.is_some() && one.unit.is_some() && old.unit_ids != one.unit_ids {
            tell(one, format!("moved, {}, was {}", place(one), place(old)));
        }
    }
    for (_, gone) in before.iter().filter(|(id, _)| !after.contains_key(**id)) {
        tell(gone, format!("gone, was {}", place(gone)));
    }
    all
}

fn place(one: &Listed) -> String {
    match one.unit.as_deref() {
        None => "in an unknown unit".to_owned(),
        Some("") => "under the root".to_owned(),
        Some(unit) => format!("in {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::listed;
    use super::*;

    fn account(id: &str, name: &str, state: &str, unit: &str) -> Listed {
        Listed {
            id: id.to_owned(),
            name: name.to_owned(),
            state: state.to_owned(),
            unit: Some(unit.to_owned()),
            unit_ids: vec!["r-ab12".to_owned(), format!("ou-{unit}")],
            tags: Some([("env".to_owned(), "prod".to_owned())].into()),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let list = [
            account("111122223333", "a \"b\"", "ACTIVE", "Workloads/Prod"),
            account("222233334444", "c", "CLOSED", ""),
        ];
        for list in [
            AccountList { accounts: list.to_vec(), management: Some("999988887777".to_owned()) },
            AccountList::default(),
        ] {
            assert_eq!(listed(&written(&list).to_string()), Ok(list));
        }
    }

    #[test]
    fn what_is_new_gone_moved_renamed_or_in_another_state_is_told_by_account() {
        let older = [
            account("111122223333", "a", "ACTIVE", "Sandbox"),
            account("222233334444", "b", "ACTIVE", "Sandbox"),
            account("333344445555", "c", "ACTIVE", "Sandbox"),
        ];
        let newer = [
            account("111122223333", "a", "ACTIVE", "Workloads/Prod"),
            account("222233334444", "bb", "SUSPENDED", "Sandbox"),
            account("444455556666", "d", "ACTIVE", ""),
        ];
        let told: Vec<String> =
            since(&older, &newer).into_iter().map(|one| format!("{} {}", one.name, one.what)).collect();
        assert_eq!(
            told,
            [
                "a moved, in Workloads/Prod, was in Sandbox",
                "bb renamed, was b",
                "bb SUSPENDED, was ACTIVE",
                "d new, under the root",
                "c gone, was in Sandbox",
            ]
        );
        assert!(since(&newer, &newer).is_empty());
    }
}
