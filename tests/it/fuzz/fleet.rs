//! Fleet files, and lists of accounts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use baseline::fleet::{AccountList, listed, problems as beside_the_list, select, waves};
use baseline::language::Source;
use baseline::language::fleet::FleetFile;

use super::{inputs, problems_can_be_shown};

/// A file with every section.
const EVERYTHING: &str = "name = \"acme\"\nbaseline = \"member.toml\"\nvars = { days = 30, who = [\"a\"] }\nparallel = 8\nexcept = [\"111122223333\"]\nmax_failures = 1\n\
    [access]\nrole = \"Admin\"\nplan_role = \"Plan\"\nexternal_id = \"shop-7\"\nsession_name = \"baseline\"\nlimit_plan = false\n\
    [[for]]\nunits = [\"Workloads/Prod\", \"ou-ab12-34567890\"]\ntags = { env = \"prod\" }\nbaseline = [\"member.toml\", \"prod.toml\"]\n\
    vars = { days = 90 }\nrole = \"Prod\"\n[[for]]\naccounts = [\"workload-1\"]\nprofile = \"one\"\n\
    [[wave]]\nname = \"canary\"\naccounts = [\"workload-1\", \"222233334444\"]\n\
    [[wave]]\nname = \"few\"\npercent = 5\nunits = [\"Workloads\"]\nmax_failures = 2\n\
    [account.audit]\nid = \"222233334444\"\nbaseline = \"audit.toml\"\nrole = \"AuditAdmin\"\n\
    [account.shop]\nid = \"333344445555\"\nprofile = \"shop\"\n";

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet").join(name)).unwrap()
}

fn source(text: String) -> Source {
    Source { name: "changed.toml".into(), text }
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_fleet_file_is_read_or_refused_and_no_account_is_lost() {
    let files = [EVERYTHING.to_owned(), example("fleet.toml")];
    let list = listed(&example("accounts.json")).unwrap();
    let accounts = &list.accounts;
    let (mut accepted, mut refused) = (0, 0);
    for (input, mut mutation) in inputs(3000) {
        let file = mutation.of(&files);
        // What is no UTF-8 is refused before.
        let Ok(text) = String::from_utf8(mutation.change(file.as_bytes())) else { continue };
        let source = source(text);
        let (fleet, problems) = FleetFile::parse(&source);
        problems_can_be_shown(input, &source, &problems);
        let Some(fleet) = fleet else {
            refused += 1;
            assert!(!problems.is_empty(), "input {input}: refused, and nobody says why");
            continue;
        };
        accepted += 1;
        problems_can_be_shown(input, &source, &beside_the_list(&fleet, &list));
        let selection = select(&fleet, accounts);
        let named = fleet.account.iter().map(|entry| entry.section.id.written());
        let every: BTreeSet<&str> = accounts.iter().map(|account| account.id.as_str()).chain(named).collect();
        let apart = selection.skipped.iter().chain(&selection.not_ready).map(|one| one.id.as_str());
        let mut told: Vec<&str> = selection.members.iter().map(|one| one.id.as_str()).chain(apart).collect();
        told.sort_unstable();
        assert!(told.iter().eq(&every), "input {input}: {told:?} are told of {every:?}");
        let waves = waves(&fleet, &selection.members, accounts);
        let in_waves = waves.iter().flat_map(|wave| &wave.members).map(|member| member.id.as_str());
        let mut in_waves: Vec<&str> = in_waves.collect();
        in_waves.sort_unstable();
        let mut members: Vec<&str> = selection.members.iter().map(|member| member.id.as_str()).collect();
        members.sort_unstable();
        assert_eq!(in_waves, members, "input {input}: an account in no wave, or in two");
    }
    super::counted("fuzz-fleets", &format!("{accepted} accepted, {refused} refused"));
    assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused: too much of one kind");
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_changed_list_of_accounts_is_read_or_refused_and_no_account_is_listed_twice() {
    let fleet = FleetFile::parse(&source(EVERYTHING.to_owned())).0.unwrap();
    let list = example("accounts.json");
    let (mut accepted, mut refused) = (0, 0);
    for (input, mut mutation) in inputs(3000) {
        let Ok(text) = String::from_utf8(mutation.change(list.as_bytes())) else { continue };
        let Ok(AccountList { accounts, .. }) = listed(&text) else {
            refused += 1;
            continue;
        };
        accepted += 1;
        let ids: BTreeSet<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(ids.len(), accounts.len(), "input {input}: an account is listed twice");
        for id in &ids {
            let is_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
            assert!(is_id && text.contains(id), "input {input}: {id:?}");
        }
        // Nobody is looked at whose state is not known to be fit for it.
        let states: BTreeSet<&str> =
            accounts.iter().filter(|one| one.state == "ACTIVE").map(|one| one.id.as_str()).collect();
        let of_the_file = ["222233334444", "333344445555"];
        for member in select(&fleet, &accounts).members {
            let id = member.id.as_str();
            assert!(states.contains(id) || of_the_file.contains(&id), "input {input}: {member:?}");
        }
    }
    super::counted("fuzz-lists", &format!("{accepted} accepted, {refused} refused"));
    assert!(accepted > 100 && refused > 100, "{accepted} accepted, {refused} refused: too much of one kind");
}
