//! Which accounts there are, and which are looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::conditions::{About, by_id};
use super::fold::Apart;
use super::settings::Settings;
use crate::language::fleet::{AccessRole, FleetAccount, FleetFile, OneOrMore};
use crate::partition::is_account;

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

/// Roles by name, or by an ARN in which `${account}` stands for the account's digits: each is assumed with the one before it.
pub type Chain = Vec<String>;

/// The roles, which may be the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// Those for looking.
    pub looks: Chain,
    /// Those for changing.
    pub writes: Chain,
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
    /// How those of them are reached that are tried at the end of the run, by id: a list may be older than their activation.
    pub later: BTreeMap<String, Member>,
}

impl Selection {
    /// Why one that is not ready has a line of its own: of those that nothing says how to reach, it is that.
    pub fn why_not(&self, one: &NotReady) -> Apart {
        if self.later.contains_key(&one.id) { Apart::NotReady } else { Apart::NotReached }
    }

    /// The id and the name of an account by one of the two, whichever list it is on.
    pub fn find(&self, label: &str) -> Option<(&str, &str)> {
        let apart = self.skipped.iter().chain(&self.not_ready).map(|one| (&one.id, &one.name));
        let mut all = self.members.iter().map(|one| (&one.id, &one.name)).chain(apart);
        let (id, name) = all.find(|(id, name)| *id == label || *name == label)?;
        Some((id, name))
    }

    /// Whether there is an account of that id or name.
    pub fn knows(&self, label: &str) -> bool {
        self.find(label).is_some()
    }
}

/// The accounts of an organization, by id, and who manages it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountList {
    /// The accounts.
    pub accounts: Vec<Listed>,
    /// The account that manages the organization; nothing where the list does not say it.
    pub management: Option<String>,
}

/// The account that manages an organization: its digits stand in the ARN of every account of it.
pub fn management(arn: &str) -> Option<String> {
    arn.split(':').nth(4).filter(|id| is_account(id)).map(str::to_owned)
}

/// Reads what `aws organizations list-accounts` writes: an object with `Accounts`, or the list alone. An entry may also have `Unit`,
/// `UnitIds` and `Tags`, and the object `ManagementAccountId`, which `baseline fleet accounts --out` adds.
///
/// # Errors
/// Says what is wrong, and with which entry.
pub fn listed(text: &str) -> Result<AccountList, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    if json.get("NextToken").is_some_and(|token| !token.is_null()) {
        return Err("the list is cut: it has a NextToken; write all pages of it".to_owned());
    }
    let entries = json.get("Accounts").unwrap_or(&json).as_array();
    let entries = entries.ok_or("there is no list under `Accounts`")?;
    let mut known: BTreeMap<String, Listed> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        let text = |key: &str| entry.get(key).and_then(Json::as_str).map(str::to_owned);
        let id = text("Id").filter(|id| is_account(id));
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
    let of_list = json.get("ManagementAccountId").and_then(Json::as_str).map(str::to_owned);
    let arn = || entries.iter().find_map(|entry| entry.get("Arn")?.as_str());
    Ok(AccountList {
        management: of_list.or_else(|| management(arn()?)),
        accounts: known.into_values().collect(),
    })
}

/// Sorts every account to one of the three lists: those of the list, and those that the file names.
pub fn select(fleet: &FleetFile, listed: &[Listed]) -> Selection {
    let organization = fleet.organization.as_ref().map(|organization| &organization.value);
    let on_list = by_id(listed);
    let mut all: BTreeMap<&str, (&str, &str, Option<&FleetAccount>)> =
        listed.iter().map(|one| (one.id.as_str(), (one.name.as_str(), one.state.as_str(), None))).collect();
    for entry in fleet.account.iter() {
        let id = entry.section.id.written();
        let state = all.get(id).map_or("ACTIVE", |(_, state, _)| state);
        all.insert(id, (&entry.name, state, Some(&entry.section)));
    }
    let except: BTreeSet<&str> = fleet.except.iter().map(|except| except.written()).collect();
    let mut selection = Selection::default();
    for (id, (name, state, named)) in all {
        let apart = |reason: String| Skipped { id: id.to_owned(), name: name.to_owned(), reason };
        if except.contains(id) {
            selection.skipped.push(apart("`except`".to_owned()));
            continue;
        }
        if let (Some(organization), Some(one)) = (organization, on_list.get(id)) {
            if let Some(unit) = organization.except_units.iter().find(|unit| one.is_in(unit.written())) {
                selection.skipped.push(apart(format!("`except_units`: {}", unit.written())));
                continue;
            }
            let mut units = organization.units.iter().peekable();
            if named.is_none() && units.peek().is_some() && !units.any(|unit| one.is_in(unit.written())) {
                selection.skipped.push(apart("in none of `units`".to_owned()));
                continue;
            }
        }
        if ["SUSPENDED", "PENDING_CLOSURE", "CLOSED"].contains(&state) {
            selection.skipped.push(apart(state.to_owned()));
            continue;
        }
        let settings = Settings::of(fleet, &About { id, name, listed: on_list.get(id).copied(), named });
        let own = settings.role.as_ref().map(|role| Roles { looks: role.clone(), writes: role.clone() });
        let role = own.or_else(|| {
            let access = fleet.access.as_ref()?;
            let writes = chain(&access.role);
            let looks = access.plan_role.as_ref().map_or_else(|| writes.clone(), |role| chain(role));
            Some(Roles { looks, writes })
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
        let is_active = state == "ACTIVE";
        if !is_active {
            selection.not_ready.push(apart(format!("it is in state {state}")));
        }
        let baseline = settings.baseline();
        let member = Member { id: id.to_owned(), name: name.to_owned(), baseline, reach };
        if is_active {
            selection.members.push(member);
        } else {
            selection.later.insert(id.to_owned(), member);
        }
    }
    selection
}

/// The name of a session: what the file says, with the run and the caller put in, and no longer than AWS allows.
pub fn session_name(written: &str, run: &str, caller: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let user = caller.rsplit('/').next().unwrap_or(caller);
    let user: String = user.chars().map(|c| if is_allowed(c) { c } else { '-' }).collect();
    written.replace("${run}", run).replace("${user}", &user).chars().take(64).collect()
}

pub(super) fn chain(roles: &OneOrMore<AccessRole>) -> Chain {
    roles.iter().map(|role| role.written().to_owned()).collect()
}

impl Selection {
    /// Does with the account that manages the organization what the file says.
    pub fn manage(&mut self, id: &str, how: &str) {
        let Some(at) = self.members.iter().position(|member| member.id == id) else { return };
        match how {
            "direct" => {}
            "skip" => {
                let Member { id, name, .. } = self.members.remove(at);
                let reason = "it manages the organization, and `management = \"skip\"`".to_owned();
                self.skipped.push(Skipped { id, name, reason });
            }
            role => {
                let chain = vec![role.to_owned()];
                if let Some(member) = self.members.get_mut(at) {
                    member.reach = Reach::Role(Roles { looks: chain.clone(), writes: chain });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Source;

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
        let Selection { members, skipped, not_ready, later } = select(&fleet(FLEET), &listed.accounts);
        let members: Vec<String> =
            members.iter().map(|m| format!("{} {} {:?}", m.id, m.baseline, m.reach)).collect();
        assert_eq!(
            members,
            [
                "222233334444 audit.toml Profile(\"audit\")",
                "555566667777 zone.toml Role(Roles { looks: [\"Plan\"], writes: [\"Admin\"] })"
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
        assert_eq!(later.into_keys().collect::<Vec<_>>(), ["444455556666"], "it may be active by now");
    }

    #[test]
    fn a_session_is_named_after_the_run_and_whoever_started_it() {
        let caller = "arn:aws:sts::999988887777:assumed-role/Admin/jane@example.com";
        for (written, name) in [
            ("baseline", "baseline"),
            ("baseline-${run}", "baseline-1f2e3d4c"),
            ("b-${user}", "b-jane@example.com"),
        ] {
            assert_eq!(session_name(written, "1f2e3d4c", caller), name);
        }
        assert_eq!(session_name("x-${user}", "", "arn:aws:iam::1:user/a b!"), "x-a-b-");
        assert_eq!(session_name("${user}", "", &"u".repeat(80)).len(), 64);
    }

    #[test]
    fn the_account_that_manages_the_organization_is_told_by_the_list_and_treated_as_the_file_says() {
        let arn = r#"[{"Id": "111122223333", "Arn": "arn:aws:organizations::999988887777:account/o-a/111122223333"}]"#;
        for (text, id) in [
            (arn, Some("999988887777")),
            (r#"{"Accounts": [], "ManagementAccountId": "999988887777"}"#, Some("999988887777")),
            (r#"[{"Id": "111122223333"}]"#, None),
        ] {
            let text = text.replace("\"}", "\", \"State\": \"ACTIVE\"}");
            assert_eq!(listed(&text).unwrap().management.as_deref(), id, "{text}");
        }
        let listed = listed(&list(&[("555566667777", "ACTIVE"), ("666677778888", "ACTIVE")])).unwrap();
        let managed = |how: &str| {
            let mut selection = select(&fleet(FLEET), &listed.accounts);
            selection.manage("555566667777", how);
            let reach = selection.members.iter().find(|member| member.id == "555566667777");
            reach.map(|member| format!("{:?}", member.reach))
        };
        assert_eq!(managed("skip"), None);
        assert_eq!(managed("direct").unwrap(), r#"Role(Roles { looks: ["Plan"], writes: ["Admin"] })"#);
        assert_eq!(managed("Boss").unwrap(), r#"Role(Roles { looks: ["Boss"], writes: ["Boss"] })"#);
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
        assert_eq!(listed(old).unwrap().accounts[0].state, "SUSPENDED");
    }
}
