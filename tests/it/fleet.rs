//! Many accounts at once: none is forgotten, each is told on one line, and the exit code is true.

use std::collections::BTreeSet;
use std::path::Path;

use baseline::aws::{Caller, Mode, Options, RoleSession, policies_of_reads};
use baseline::sandbox::{Profile, Sandbox, Seed};
use serde_json::{Value as Json, json};

use crate::at_home::{baseline, said};
use crate::desk::Desk;
use crate::source_code::root;

const EXAMPLES: [&str; 4] = ["fleet.toml", "member.toml", "prod.toml", "audit.toml"];

/// A folder with the fleet of `examples/`.
pub fn fleet_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in EXAMPLES.into_iter().chain(["accounts.json"]) {
        std::fs::copy(root().join("examples/fleet").join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// The same, in which one region is looked at: what is shown there does not depend on how many there are.
pub fn of_one_region(folder: tempfile::TempDir) -> tempfile::TempDir {
    for name in ["member.toml", "audit.toml"] {
        let path = folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let one = text.replace("[account]\n", "[account]\nregions = ['us-east-1']\n");
        assert_ne!(one, text);
        std::fs::write(&path, one).unwrap();
    }
    folder
}

/// The same, and its forty-one accounts in memory.
pub fn seeded() -> tempfile::TempDir {
    let folder = fleet_files();
    let seeded = baseline(folder.path(), &["--sandbox=world", "sandbox", "seed", "fleet"]);
    assert_eq!(seeded.status.code(), Some(0), "{}", said(&seeded));
    folder
}

/// Runs a command of fleets, which ends with that code; answers what it printed.
pub fn run(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let all = [&["--sandbox=world", "fleet"], arguments].concat();
    let answer = baseline(folder, &all);
    assert_eq!(answer.status.code(), Some(code), "{arguments:?}: {}", said(&answer));
    String::from_utf8(answer.stdout).unwrap()
}

/// Where a report lists accounts.
const LISTS: [&str; 6] = ["groups", "failed", "not_reached", "not_ready", "not_begun", "skipped"];

/// Every account id of a report, as often as it stands there.
fn ids(report: &Json) -> Vec<String> {
    let lists = LISTS.into_iter().flat_map(|key| report[key].as_array().unwrap());
    let accounts = lists.flat_map(|group| group["accounts"].as_array().unwrap());
    accounts.map(|account| account["id"].as_str().unwrap().to_owned()).collect()
}

/// The group, or the list of those apart, that an account stands in.
fn place<'r>(report: &'r Json, id: &str) -> &'r Json {
    let lists = LISTS.into_iter().flat_map(|key| report[key].as_array().unwrap());
    let mut holding =
        lists.filter(|group| group["accounts"].as_array().unwrap().iter().any(|account| account["id"] == id));
    let found = holding.next().unwrap_or_else(|| panic!("{id} is nowhere"));
    assert!(holding.next().is_none(), "{id} stands twice");
    found
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn every_account_of_an_organization_stands_on_one_line_whatever_is_odd_about_it() {
    let folder = seeded();
    let of_list = ["--accounts", "accounts.json"];
    let text = run(folder.path(), 3, &[&["drift", "fleet.toml", "--json"], &of_list[..]].concat());
    let report: Json = serde_json::from_str(&text).unwrap();
    let listed: Json =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("accounts.json")).unwrap()).unwrap();
    let listed: BTreeSet<String> = listed["Accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["Id"].as_str().unwrap().to_owned())
        .collect();
    let told = ids(&report);
    assert_eq!(told.len(), listed.len(), "an account is missing, or stands twice");
    assert_eq!(told.into_iter().collect::<BTreeSet<String>>(), listed);
    assert_eq!(report["accounts"], 41);
    assert_eq!(report["complete"], false);

    for (id, reason) in [
        ("100000000005", "SUSPENDED"),
        ("100000000007", "PENDING_CLOSURE"),
        ("100000000008", "CLOSED"),
        ("100000000040", "`except`"),
        ("100000000009", "it is in state PENDING_ACTIVATION"),
        ("100000000010", "there is no role arn:aws:iam::${account}:role/OrganizationAccountAccessRole"),
    ] {
        let told = place(&report, id)["reason"].as_str().unwrap();
        assert!(told.contains(reason), "{id}: {told}");
    }
    // Accounts that depart alike are told together, and what is odd about one is told of that one.
    assert_eq!(place(&report, "100000000002")["accounts"].as_array().unwrap().len(), 28);
    let neglected = place(&report, "100000000012");
    assert_eq!(neglected["accounts"].as_array().unwrap().len(), 2);
    assert!(neglected["departs"].to_string().contains("public-bucket-read"), "{neglected}");
    let powerless = place(&report, "100000000011");
    assert!(
        powerless["unknown"].to_string().contains("iam:GetAccountAuthorizationDetails was denied"),
        "{powerless}"
    );
    assert!(place(&report, "100000000014")["unknown"].to_string().contains("sa-east-1"));
    assert!(
        place(&report, "100000000001")["departs"].to_string().contains("root-mfa"),
        "its own file asks for that"
    );
    // The account that the credentials belong to has no such role, and needs none.
    assert!(place(&report, "123456789012").get("departs").is_some());

    let page = run(folder.path(), 3, &[&["drift", "fleet.toml"], &of_list[..]].concat());
    assert!(
        page.starts_with("acme: 41 accounts: 34 looked at, 33 depart, 1 not reached, 1 not ready, 5 skipped"),
        "{page}"
    );
    let counts = page.lines().filter_map(|line| {
        let line = line.strip_prefix("  ").unwrap_or(line);
        let is_count = !line.starts_with("      ");
        line.split_whitespace().next().filter(|_| is_count)?.parse::<usize>().ok()
    });
    assert_eq!(counts.sum::<usize>(), 41, "the numbers of the lines add up:\n{page}");
}

#[test]
fn the_exit_code_says_what_became_of_the_accounts_that_were_asked_for() {
    let folder = seeded();
    let of = |command: &str, code: i32, only: &[&str]| {
        let mut arguments = vec![command, "fleet.toml", "--accounts", "accounts.json"];
        arguments.extend(only.iter().flat_map(|only| ["--only", only]));
        run(folder.path(), code, &arguments)
    };
    assert!(of("drift", 2, &["workload-2", "100000000003"]).contains("2 accounts: 2 looked at, 2 depart"));
    assert!(of("plan", 0, &["workload-2"]).contains("1 account: 1 looked at, 1 depart"));
    of("drift", 3, &["workload-2", "workload-10"]);
    let listed = of("accounts", 0, &["audit", "workload-5"]);
    assert!(listed.contains("audit  as role OrganizationAccountAccessRole, audit.toml"), "{listed}");
    assert!(listed.contains("workload-5  skipped: SUSPENDED"), "{listed}");
    let valid = of("validate", 0, &[]);
    assert!(valid.starts_with("acme is valid: 35 accounts to look at, audit.toml, member.toml"), "{valid}");
    of("drift", 1, &["workload-99"]);
    // Nothing could be looked at, and nothing is called in sync.
    assert!(of("drift", 3, &["workload-9"]).contains("0 looked at, 0 depart, 1 not ready"));

    // An account that the baseline does not allow is told so, and nothing of it is looked at.
    let member = std::fs::read_to_string(folder.path().join("member.toml")).unwrap();
    let only_one = member.replace("[account]\n", "[account]\nallowed = [\"100000000002\"]\n");
    std::fs::write(folder.path().join("member.toml"), only_one).unwrap();
    let apart = of("drift", 3, &["workload-2", "workload-3"]);
    assert!(apart.contains("not reached: these credentials belong to account ${account}"), "{apart}");
}

#[test]
fn what_is_wrong_with_a_fleet_or_its_list_is_told_whole_before_any_account_is_asked() {
    let desk = Desk::with("", "");
    let write = |name: &str, text: &str| std::fs::write(desk.folder.path().join(name), text).unwrap();
    write("member.toml", "name = 'member'\nregion = 'us-east-1'\n[password_policy]\n");
    let head = "name = 'acme'\nbaseline = 'member.toml'\n";
    for (text, told) in [
        (
            format!("{head}[access]\nrolle = 'Admin'\n"),
            vec!["error[missing-key]", "error[unknown-key]", "fleet.toml:4"],
        ),
        (head.to_owned(), vec!["reaches no account"]),
        (
            format!("{head}[account.a]\nid = '111122223333'\n"),
            vec!["nothing says how this account is reached"],
        ),
        (
            format!(
                "{head}[access]\nrole = 'Admin'\n[account.a]\nid = '111122223333'\n[account.b]\nid = '111122223333'\n"
            ),
            vec!["account 111122223333 is named twice"],
        ),
        (
            format!(
                "{head}except = ['111122223333']\n[access]\nrole = 'Admin'\n[account.a]\nid = '111122223333'\n"
            ),
            vec!["error[contradiction]"],
        ),
        (
            format!("{head}parallel = 100\n[access]\nrole = 'a b'\nexternal_id = 'x'\n"),
            vec!["`parallel`", "`role`", "`external_id`"],
        ),
        ("name = \n".to_owned(), vec!["error[syntax]"]),
        (
            format!("{head}[account.a]\nid = '111122223333'\nprofile = 'x'\nrole = 'y'\n"),
            vec!["error[contradiction]"],
        ),
    ] {
        write("fleet.toml", &text);
        let refused = desk.ends(1, &["fleet", "drift", "fleet.toml"]);
        for told in told {
            assert!(refused.stderr.contains(told), "{told}\n{text}{refused:?}");
        }
    }
    write("fleet.toml", &format!("{head}[access]\nrole = 'Admin'\n"));
    for (list, told) in [
        (json!({ "Accounts": [], "NextToken": "x" }), "the list is cut"),
        (json!({ "Accounts": [{ "Id": "12" }] }), "entry 1 has no `Id`"),
        (json!({ "accounts": [] }), "no list under `Accounts`"),
        (json!({ "Accounts": [] }), "no account to look at"),
    ] {
        write("accounts.json", &list.to_string());
        let refused = desk.ends(1, &["fleet", "drift", "fleet.toml", "--accounts", "accounts.json"]);
        assert!(refused.stderr.contains(told), "{told}: {refused:?}");
    }
    // Of the file that every account is held to, the same.
    write("member.toml", "name = 'member'\nregoin = 'us-east-1'\n");
    write("accounts.json", &json!([{ "Id": "123456789012", "State": "ACTIVE" }]).to_string());
    let refused = desk.ends(1, &["fleet", "drift", "fleet.toml", "--accounts", "accounts.json"]);
    assert!(refused.stderr.contains("member.toml:2"), "{refused:?}");
}

/// Whatever the role may do and whatever the program would send: AWS refuses it.
#[tokio::test(start_paused = true)]
async fn a_session_that_only_looks_cannot_write_even_where_the_role_may_do_everything() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Fleet).unwrap();
    let options = Options {
        tags: [].into(),
        baseline: "member".to_owned(),
        region: "us-east-1".to_owned(),
        profile: None,
        mode: Mode::ReadWrite,
        http_override: Some(sandbox.http_client()),
    };
    let caller = Caller::open(&options).await.unwrap();
    let session = |limited_to: Vec<String>| RoleSession {
        role_arn: "arn:aws:iam::100000000002:role/OrganizationAccountAccessRole".to_owned(),
        through: Vec::new(),
        external_id: None,
        name: "baseline".to_owned(),
        limited_to,
    };
    let limited = caller.become_role(&session(policies_of_reads("aws")), &options).await.unwrap();
    assert_eq!(limited.id(), "100000000002");
    assert!(limited.access_keys("nobody").await.is_err_and(|error| error.is_not_found()), "it reads");
    let refused = limited.delete_access_key("nobody", "AKIAIOSFODNN7EXAMPLE").await.unwrap_err();
    assert_eq!(refused.code, "AccessDenied", "{refused}");
    let whole = caller.become_role(&session(Vec::new()), &options).await.unwrap();
    let not_found = whole.delete_access_key("nobody", "AKIAIOSFODNN7EXAMPLE").await;
    assert!(not_found.is_ok() || not_found.is_err_and(|error| error.is_not_found()));
}

fn report(folder: &Path, code: i32, arguments: &[&str]) -> Json {
    let all = [arguments, &["--accounts", "accounts.json", "--json"]].concat();
    serde_json::from_str(&run(folder, code, &all)).unwrap()
}

fn ids_in(report: &Json, list: &str) -> BTreeSet<String> {
    let accounts =
        report[list].as_array().unwrap().iter().flat_map(|group| group["accounts"].as_array().unwrap());
    accounts.map(|account| account["id"].as_str().unwrap().to_owned()).collect()
}

const APPLY: [&str; 3] = ["apply", "fleet.toml", "--auto-approve"];

#[test]
fn an_apply_changes_every_account_and_a_second_one_writes_nothing() {
    let folder = seeded();
    let only = ["--only", "workload-2", "--only", "workload-3", "--only", "audit", "--only", "management"];
    let applied = report(folder.path(), 0, &[&APPLY[..], &only].concat());
    assert_eq!((applied["accounts"].as_u64(), applied["changed"].as_u64()), (Some(4), Some(4)), "{applied}");
    let done = place(&applied, "100000000002")["done"].to_string();
    assert!(done.contains("update ec2.ebs-encryption.account (in 17 regions)"), "{done}");
    let again = report(folder.path(), 0, &[&APPLY[..], &only].concat());
    assert_eq!(again["changed"], 0, "{again}");
    // What only people can settle is left, and is no failure of the apply.
    let left = place(&again, "100000000002")["departs"].to_string();
    assert!(left.contains("vpc-flow-logs") && !left.contains("ebs-encryption"), "{left}");
    // Nobody else was touched.
    let other = report(folder.path(), 2, &["drift", "fleet.toml", "--only", "workload-4"]);
    assert!(place(&other, "100000000004")["departs"].to_string().contains("ebs-encryption"));
}

#[test]
fn a_canary_that_does_not_succeed_stops_the_apply_and_every_account_says_so() {
    let folder = seeded();
    let fleet = std::fs::read_to_string(folder.path().join("fleet.toml")).unwrap();
    let with = |waves: &str| {
        let text = fleet.replace("[access]\n", &format!("{waves}[access]\n"));
        std::fs::write(folder.path().join("fleet.toml"), text).unwrap();
    };
    // One cannot be reached, and one cannot be read.
    for canary in ["workload-10", "workload-11"] {
        with(&format!("[[wave]]\nname = 'canary'\naccounts = ['workload-2', '{canary}']\n"));
        let stopped = report(folder.path(), 1, &APPLY);
        assert_eq!(ids(&stopped).len(), 41, "every account on one line");
        assert_eq!(stopped["changed"], u64::from(canary == "workload-10"), "{stopped}");
        let not_begun = ids_in(&stopped, "not_begun");
        assert_eq!(not_begun.len(), 33, "{not_begun:?}");
        let reason = stopped["not_begun"][0]["reason"].as_str().unwrap();
        assert_eq!(reason, "1 account of wave canary did not succeed, and 0 may fail");
    }
    with("[[wave]]\nname = 'canary'\naccounts = ['workload-2', 'workload-99']\n");
    let unknown = baseline(
        folder.path(),
        &["--sandbox=world", "fleet", "apply", "fleet.toml", "--auto-approve", "--accounts", "accounts.json"],
    );
    assert!(said(&unknown).contains("there is no account `workload-99`"), "{}", said(&unknown));
}

#[test]
fn an_apply_to_all_goes_past_as_many_failures_as_the_file_allows() {
    let folder = seeded();
    let fleet = std::fs::read_to_string(folder.path().join("fleet.toml")).unwrap();
    std::fs::write(
        folder.path().join("fleet.toml"),
        // The files that follow have no variable.
        fleet
            .replace("parallel = 8\n", "parallel = 8\nmax_failures = 3\n")
            .replace("vars     = { log_days = 365 }\n", ""),
    )
    .unwrap();
    for name in ["member", "audit"] {
        let text = format!("name = '{name}'\nregion = 'us-east-1'\n[password_policy]\n");
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    let applied = report(folder.path(), 3, &APPLY);
    assert_eq!(ids(&applied).len(), 41);
    assert_eq!((ids_in(&applied, "not_begun").len(), ids_in(&applied, "failed").len()), (0, 0), "{applied}");
    // All but the one that cannot be read.
    assert_eq!(applied["changed"], 33, "{applied}");
}

#[test]
fn a_step_that_fails_in_one_account_is_told_of_that_account_and_uses_up_the_budget() {
    let folder = seeded();
    // A name that only one account can have.
    let member = std::fs::read_to_string(folder.path().join("member.toml")).unwrap();
    let member = format!("{member}[bucket.shared]\nname = 'a-name-for-one'\naccess_log = false\n");
    std::fs::write(folder.path().join("member.toml"), member).unwrap();
    let fleet = std::fs::read_to_string(folder.path().join("fleet.toml")).unwrap();
    let fleet = fleet.replace(
        "[access]\n",
        "[[wave]]\nname = 'canary'\naccounts = ['workload-2', 'workload-3', 'workload-4', 'workload-15']\nmax_failures = 1\n[access]\n",
    );
    std::fs::write(folder.path().join("fleet.toml"), fleet).unwrap();
    let stopped = report(folder.path(), 1, &APPLY);
    assert_eq!(ids(&stopped).len(), 41);
    // One has it, two may work at a time while none has failed, and nothing begins after the second failure.
    let failed = ids_in(&stopped, "failed");
    let unread = stopped["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|group| !group["unknown"].as_array().unwrap().is_empty());
    // Whoever looks before the bucket stands fails to make it, whoever looks later cannot read it.
    assert_eq!(
        (failed.len() + unread.count(), stopped["looked_at"].as_u64()),
        (2, Some(3 - failed.len() as u64)),
        "{stopped}"
    );
    let reason = stopped["failed"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("s3.bucket.shared") && !reason.contains("(request "), "{reason}");
    let not_begun = ids_in(&stopped, "not_begun");
    assert!(not_begun.contains("100000000016") && not_begun.contains("123456789012"), "{not_begun:?}");
}
