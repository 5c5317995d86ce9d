//! Which accounts there are, and which are looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::conditions::{About, by_id};
use super::settings::Settings;
use crate::baseline::fleet::{FleetAccount, FleetFile};

/// An account of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state, by `State`, or by `Status`, which that replaces (ORG-2).
    pub state: String,
    /// The names of the organizational units that it is in, from the outermost, such as `Workloads/Prod`; empty directly under the
    /// root, nothing where the list does not say it.
    pub unit: Option<String>,
    /// The ids of the root and of those units, from the outermost.
    pub unit_ids: Vec<String>,
    /// Its tags; nothing where the list does not say them.
    pub tags: Option<BTreeMap<String, String>>,
}

/// How an account is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// As a role.
    Role(Roles),
    /// With the credentials of a profile.
    Profile(String),
}

/// The names of roles, which may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The one for looking.
    pub looks: String,
    /// The one for changing.
    pub writes: String,
}

/// An account that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its baseline file, or its layers in words.
    pub baseline: String,
    /// How it is reached.
    pub reach: Reach,
}

/// An account that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// An account that cannot be looked at yet.
pub type NotReady = Skipped;

/// Every account, on one of three lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Those that are looked at.
    pub members: Vec<Member>,
    /// Those that are left alone, and that is right.
    pub skipped: Vec<Skipped>,
    /// Those that should be looked at and cannot be.
    pub not_ready: Vec<NotReady>,
}

impl Selection {
    /// Whether there is an account of that id or name.
    pub fn knows(&self, label: &str) -> bool {
        let apart = self.skipped.iter().chain(&self.not_ready).map(|one| (&one.id, &one.name));
        let all = self.members.iter().map(|one| (&one.id, &one.name)).chain(apart);
        all.into_iter().any(|(id, name)| id == label || name == label)
    }
}

/// Reads what `aws organizations list-accounts` writes: an object with `Accounts`, or the list alone. An entry may also have `Unit`,
/// `UnitIds` and `Tags`, which `baseline fleet accounts --out` adds.
///
/// # Errors
/// Says what is wrong, and with which entry.
pub fn listed(text: &str) -> Result<Vec<Listed>, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    if json.get("NextToken").is_some_and(|token| !token.is_null()) {
        return Err("the list is cut: it has a NextToken; write all pages of it".to_owned());
    }
    let entries = json.get("Accounts").unwrap_or(&json).as_array();
    let entries = entries.ok_or("there is no list under `Accounts`")?;
    let mut known: BTreeMap<String, Listed> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        let text = |key: &str| entry.get(key).and_then(Json::as_str).map(str::to_owned);
        let id = text("Id").filter(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()));
        let id = id.ok_or_else(|| format!("entry {} has no `Id` of twelve digits", place + 1))?;
        let state = text("State").or_else(|| text("Status"));
        let state = state.ok_or_else(|| format!("account {id} has neither `State` nor `Status`"))?;
        let unit_ids = entry.get("UnitIds").and_then(Json::as_array).into_iter().flatten();
        let tags = entry.get("Tags").and_then(Json::as_object).map(|tags| {
            let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
            tags.iter().map(|(key, value)| (key.clone(), text(value))).collect()
        });
        let listed = Listed {
            name: text("Name").unwrap_or_else(|| id.clone()),
            id: id.clone(),
            state,
            unit: text("Unit"),
            unit_ids: unit_ids.filter_map(Json::as_str).map(str::to_owned).collect(),
            tags,
        };
        if known.insert(id.clone(), listed).is_some() {
            return Err(format!("account {id} is listed twice"));
        }
    }
    Ok(known.into_values().collect())
}

/// Sorts every account to one of the three lists: those of the list, and those that the file names.
pub fn select(fleet: &FleetFile, listed: &[Listed]) -> Selection {
    let mut all: BTreeMap<&str, (&str, &str, Option<&FleetAccount>)> =
        listed.iter().map(|one| (one.id.as_str(), (one.name.as_str(), one.state.as_str(), None))).collect();
    for entry in fleet.account.iter() {
        let id = entry.section.id.written();
        let state = all.get(id).map_or("ACTIVE", |(_, state, _)| state);
        all.insert(id, (&entry.name, state, Some(&entry.section)));
    }
    let except: BTreeSet<&str> = fleet.except.iter().map(|except| except.written()).collect();
    let mut selection = Selection::default();
    let on_list = by_id(listed);
    for (id, (name, state, named)) in all {
        let apart = |reason: String| Skipped { id: id.to_owned(), name: name.to_owned(), reason };
        if except.contains(id) {
            selection.skipped.push(apart("`except`".to_owned()));
            continue;
        }
        match state {
            "ACTIVE" => {}
            "SUSPENDED" | "PENDING_CLOSURE" | "CLOSED" => {
                selection.skipped.push(apart(state.to_owned()));
                continue;
            }
            state => {
                selection.not_ready.push(apart(format!("it is in state {state}")));
                continue;
            }
        }
        let settings = Settings::of(fleet, &About { id, name, listed: on_list.get(id).copied(), named });
        let own = settings.role.as_ref().map(|role| Roles { looks: role.clone(), writes: role.clone() });
        let role = own.or_else(|| {
            let access = fleet.access.as_ref()?;
            let writes = access.role.written();
            let looks = access.plan_role.as_ref().map_or(writes, |role| role.written());
            Some(Roles { looks: looks.to_owned(), writes: writes.to_owned() })
        });
        let reach = match (&settings.profile, role) {
            (Some(profile), _) => Reach::Profile(profile.clone()),
            (None, Some(roles)) => Reach::Role(roles),
            (None, None) => {
                selection
                    .not_ready
                    .push(apart("nothing says how it is reached: there is no `[access]`".to_owned()));
                continue;
            }
        };
        let baseline = settings.baseline();
        let member = Member { id: id.to_owned(), name: name.to_owned(), baseline, reach };
        selection.members.push(member);
    }
    selection
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Source;

    const FLEET: &str = "name = 'acme'\nbaseline = 'zone.toml'\nexcept = ['111122223333']\n\
                         [access]\nrole = 'Admin'\nplan_role = 'Plan'\n\
                         [account.audit]\nid = '222233334444'\nprofile = 'audit'\nbaseline = 'audit.toml'\n";

    fn fleet(text: &str) -> FleetFile {
        let source = Source { name: "fleet.toml".into(), text: text.into() };
        let (fleet, problems) = FleetFile::parse(&source);
        fleet.unwrap_or_else(|| panic!("{problems:?}"))
    }

    fn list(entries: &[(&str, &str)]) -> String {
        let entries: Vec<String> = entries
            .iter()
            .map(|(id, state)| {
                format!(r#"{{"Id": "{id}", "Name": "n{id}", "State": "{state}", "Status": "ACTIVE"}}"#)
            })
            .collect();
        format!(r#"{{"Accounts": [{}]}}"#, entries.join(", "))
    }

    #[test]
    fn every_account_stands_on_one_list_with_the_reason() {
        let listed = listed(&list(&[
            ("111122223333", "ACTIVE"),
            ("222233334444", "ACTIVE"),
            ("333344445555", "SUSPENDED"),
            ("444455556666", "PENDING_ACTIVATION"),
            ("555566667777", "ACTIVE"),
            ("666677778888", "CLOSED"),
        ]))
        .unwrap();
        let Selection { members, skipped, not_ready } = select(&fleet(FLEET), &listed);
        let members: Vec<String> =
            members.iter().map(|m| format!("{} {} {:?}", m.id, m.baseline, m.reach)).collect();
        assert_eq!(
            members,
            [
                "222233334444 audit.toml Profile(\"audit\")",
                "555566667777 zone.toml Role(Roles { looks: \"Plan\", writes: \"Admin\" })"
            ]
        );
        let told = |list: &[Skipped]| -> Vec<String> {
            list.iter().map(|one| format!("{} {}", one.id, one.reason)).collect()
        };
        assert_eq!(
            told(&skipped),
            ["111122223333 `except`", "333344445555 SUSPENDED", "666677778888 CLOSED"]
        );
        assert_eq!(told(&not_ready), ["444455556666 it is in state PENDING_ACTIVATION"]);
    }

    #[test]
    fn a_list_that_is_cut_or_names_an_account_twice_is_refused() {
        for (text, told) in [
            (r#"{"Accounts": [], "NextToken": "x"}"#.to_owned(), "NextToken"),
            (list(&[("111122223333", "ACTIVE"), ("111122223333", "ACTIVE")]), "listed twice"),
            (list(&[("1111", "ACTIVE")]), "entry 1 has no `Id`"),
            (r#"[{"Id": "111122223333"}]"#.to_owned(), "neither `State` nor `Status`"),
            ("{}".to_owned(), "no list"),
            ("Accounts".to_owned(), "not JSON"),
        ] {
            assert!(listed(&text).is_err_and(|error| error.contains(told)), "{text}");
        }
        let old = r#"[{"Id": "111122223333", "Status": "SUSPENDED"}]"#;
        assert_eq!(listed(old).unwrap()[0].state, "SUSPENDED");
    }
}
