//! The accounts of an organization: read from Organizations, kept as a file, and chosen by unit.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use baseline::sandbox::iam::add_organization_role;
use baseline::sandbox::session::Session;
use baseline::sandbox::world::World;
use baseline::sandbox::{Profile, Sandbox, Seed};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::at_home::{baseline as run, said};
use crate::source_code::root;

/// A folder with the fleet of `examples/` and the organization of forty-one accounts in memory.
fn seeded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["fleet.toml", "member.toml", "prod.toml", "audit.toml"] {
        std::fs::copy(root().join("examples/fleet").join(name), folder.path().join(name)).unwrap();
    }
    ends(folder.path(), 0, &["sandbox", "seed", "fleet"]);
    folder
}

/// What a command writes to stdout and what it says on stderr.
fn ends(folder: &Path, code: i32, arguments: &[&str]) -> (String, String) {
    let answer = run(folder, &[&["--sandbox=world"], arguments].concat());
    assert_eq!(answer.status.code(), Some(code), "{arguments:?}: {}", said(&answer));
    (String::from_utf8(answer.stdout).unwrap(), String::from_utf8(answer.stderr).unwrap())
}

const OUT: [&str; 5] = ["fleet", "accounts", "fleet.toml", "--out", "accounts.json"];

fn with(folder: &Path, lines: &str) {
    let fleet = std::fs::read_to_string(root().join("examples/fleet/fleet.toml")).unwrap();
    std::fs::write(folder.join("fleet.toml"), format!("{fleet}\n{lines}")).unwrap();
}

fn kept(folder: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(folder.join("accounts.json")).unwrap()).unwrap()
}

#[test]
fn the_list_holds_every_account_with_its_units_and_its_tags_only_when_they_are_asked_for() {
    let folder = seeded();
    let (told, note) = ends(folder.path(), 0, &OUT);
    assert_eq!(told, "", "there was no list before");
    assert!(note.contains("41 accounts written to accounts.json"), "{note}");
    let list = kept(folder.path());
    let accounts = list["Accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 41);
    let of = |id: &str| accounts.iter().find(|one| one["Id"] == id).unwrap();
    assert_eq!(of("100000000025")["Unit"], "Workloads/Prod/Payments");
    assert_eq!(of("100000000025")["UnitIds"].as_array().unwrap().len(), 4);
    assert_eq!(
        (&of("100000000020")["Unit"], &of("100000000005")["State"]),
        (&json!(""), &json!("SUSPENDED"))
    );
    assert!(accounts.iter().all(|one| one.get("Tags").is_none()));
    ends(folder.path(), 0, &[&OUT[..], &["--tags"]].concat());
    assert_eq!(kept(folder.path())["Accounts"][10]["Tags"], json!({ "env": "dev" }));
    // The list is what the other commands read.
    let plan = ["fleet", "plan", "fleet.toml", "--accounts", "accounts.json", "--only", "workload-2"];
    let (page, _) = ends(folder.path(), 0, &plan);
    assert!(page.starts_with("acme: 1 account: 1 looked at"), "{page}");
}

#[test]
fn what_is_new_gone_moved_renamed_or_suspended_since_the_older_list_is_told() {
    let folder = seeded();
    ends(folder.path(), 0, &OUT);
    let mut older = kept(folder.path());
    let accounts = older["Accounts"].as_array_mut().unwrap();
    accounts[0]["Name"] = json!("old-name");
    accounts[1]["Unit"] = json!("Sandbox");
    accounts[1]["UnitIds"] = json!(["r-exam", "ou-exam-sandbox0"]);
    accounts[4]["State"] = json!("ACTIVE");
    accounts[5]["Id"] = json!("999988887777");
    accounts[5]["Name"] = json!("left");
    std::fs::write(folder.path().join("accounts.json"), older.to_string()).unwrap();
    let (told, note) = ends(folder.path(), 0, &OUT);
    assert_eq!(
        told,
        "100000000001  workload-1  renamed, was old-name\n\
         100000000002  workload-2  moved, in Security, was in Sandbox\n\
         100000000005  workload-5  SUSPENDED, was ACTIVE\n\
         100000000006  workload-6  new, in Suspended\n\
         999988887777  left  gone, was in Suspended\n"
    );
    assert!(note.contains("41 accounts written to accounts.json: 5 changes"), "{note}");
    assert!(ends(folder.path(), 0, &OUT).1.contains("nothing has changed"));
    // What is no list is not written over.
    std::fs::write(folder.path().join("accounts.json"), "notes of mine").unwrap();
    assert!(ends(folder.path(), 1, &OUT).1.contains("accounts.json is no list of accounts"));
    assert_eq!(std::fs::read_to_string(folder.path().join("accounts.json")).unwrap(), "notes of mine");
}

#[test]
fn whoever_may_not_read_the_organization_is_told_who_may() {
    let folder = seeded();
    for (profile, told) in [
        ("100000000003", "account 100000000003 may not list the accounts of its organization"),
        ("999988887777", "account 999988887777 is in no organization"),
    ] {
        let (_, refused) = ends(folder.path(), 1, &[&OUT[..], &["--profile", profile]].concat());
        assert!(refused.contains(told) && refused.contains("management account"), "{refused}");
        assert!(!folder.path().join("accounts.json").exists());
        // So does the profile of the file.
        with(folder.path(), &format!("[organization]\nprofile = '{profile}'\n"));
        assert!(ends(folder.path(), 1, &OUT).1.contains(told));
        with(folder.path(), "");
    }
}

#[test]
fn units_choose_accounts_and_every_other_one_is_told_as_skipped() {
    let folder = seeded();
    ends(folder.path(), 0, &OUT);
    let listed = ["fleet", "accounts", "fleet.toml", "--accounts", "accounts.json"];
    let count = |note: &str| note.lines().last().unwrap_or_default().to_owned();
    for (organization, told) in [
        // Named in the file, so meant in any case: workload-1 and nothing else of Security.
        ("units = ['Workloads/Prod/Payments']", "7 to look at, 0 not ready, 34 skipped"),
        ("units = ['ou-exam-payments', 'Security']", "8 to look at, 0 not ready, 33 skipped"),
        (
            "units = ['Workloads']\nexcept_units = ['Workloads/Dev', 'Security']",
            "21 to look at, 0 not ready, 20 skipped",
        ),
        ("except_units = ['Workloads']", "8 to look at, 0 not ready, 33 skipped"),
    ] {
        with(folder.path(), &format!("[organization]\n{organization}\n"));
        let (page, note) = ends(folder.path(), 0, &listed);
        assert_eq!(count(&note), told, "{organization}\n{page}");
        assert_eq!(page.lines().count(), 41, "every account on one line: {page}");
    }
    with(folder.path(), "[organization]\nunits = ['Prod', 'Sandbx']\nexcept_units = ['Nowhere']\n");
    let (_, refused) = ends(folder.path(), 1, &listed);
    for told in
        ["did you mean `Workloads/Prod`?", "did you mean `Sandbox`?", "in the unit `Nowhere`", "fleet.toml:"]
    {
        assert!(refused.contains(told), "{told}: {refused}");
    }
    // A list of another program does not say where accounts are.
    std::fs::write(folder.path().join("accounts.json"), plain().to_string()).unwrap();
    assert!(ends(folder.path(), 1, &listed).1.contains("does not say in which units they are"));
}

/// A list as another program may write it, with the accounts that the fleet's settings name.
fn plain() -> Json {
    let names = ["workload-2", "workload-12", "workload-13"];
    let account = |(place, name): (usize, &str)| json!({ "Id": format!("10000000000{}", 2 + place), "Name": name, "State": "ACTIVE" });
    names.into_iter().enumerate().map(account).collect()
}

/// Changes the world between two commands.
fn change(folder: &Path, change: impl FnOnce(&mut World)) {
    let sandbox = Sandbox::open(&folder.join("world")).unwrap();
    sandbox.with_world(change);
    sandbox.save().unwrap();
}

fn report(folder: &Path, code: i32, arguments: &[&str]) -> Json {
    let all = [&["fleet"], arguments, &["--accounts", "accounts.json", "--json"]].concat();
    serde_json::from_str(&ends(folder, code, &all).0).unwrap()
}

/// Where an account stands in a report, and what is told of it there.
fn told(report: &Json, id: &str) -> String {
    let lists = ["groups", "failed", "not_reached", "not_ready", "not_begun", "skipped"];
    let places = lists.into_iter().flat_map(|list| {
        let groups = report[list].as_array().unwrap().iter();
        groups.map(move |group| (list, group))
    });
    let mut holding = places.filter(|(_, group)| group["accounts"].to_string().contains(id));
    let (list, group) = holding.next().unwrap_or_else(|| panic!("{id} is nowhere"));
    assert!(holding.next().is_none(), "{id} stands twice");
    format!("{list}: {}{}", group["reason"], group["done"])
}

const BUCKET: &str = "name = 'member'\nregion = 'us-east-1'\n[bucket.logs]\nname = 'logs-${account}'\n";

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn an_account_that_was_never_baselined_is_applied_to_only_where_it_is_named() {
    let folder = seeded();
    let folder = folder.path();
    ends(folder, 0, &OUT);
    std::fs::write(folder.join("member.toml"), BUCKET).unwrap();
    // Of what the fleet gives to production, this baseline has nothing.
    std::fs::write(folder.join("prod.toml"), "[vars.log_days]\ntype = 'number'\n[bucket.logs]\nlifecycle = { expire_after_days = '${var.log_days}' }\n").unwrap();
    let (two, three) = ("100000000002", "100000000003");
    let only = |id| ["apply", "fleet.toml", "--auto-approve", "--only", id];
    with(
        folder,
        "[organization]\nnew = 'plan'\nunits = ['Security', 'Workloads/Prod']\nexcept_units = ['Workloads/Prod/Payments']\n",
    );
    assert!(told(&report(folder, 0, &["plan", "fleet.toml", "--only", two]), two).starts_with("groups"));
    assert!(told(&report(folder, 0, &only(two)), two).contains("create s3.bucket.logs"), "it was named");
    let all = report(folder, 0, &["apply", "fleet.toml", "--auto-approve"]);
    assert!(told(&all, two).starts_with("groups"), "it is no longer new");
    let new = told(&all, three);
    assert!(
        new.starts_with("skipped") && new.contains("nothing in it carries the tags of baseline member"),
        "{new}"
    );
    assert!(told(&all, "100000000001").starts_with("groups"), "it stands in the file");
    // Kept, and told from what was kept, it is skipped as well.
    let apply = ["fleet", "apply", "fleet.toml", "--accounts", "accounts.json", "--auto-approve", "--json"];
    let (told_at_once, _) = ends(folder, 0, &[&apply[..], &["--results", "run"]].concat());
    assert_eq!(ends(folder, 0, &["fleet", "merge", "run", "--json"]).0, told_at_once);
    // Left alone whole, and told.
    with(folder, "[organization]\nnew = 'hold'\n");
    let held = report(folder, 3, &["drift", "fleet.toml"]);
    assert!(told(&held, three).contains("`new = \\\"hold\\\"`"), "{}", told(&held, three));
    assert!(told(&held, two).starts_with("groups"));
    assert_eq!(held["accounts"], 41);
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn an_account_that_is_not_ready_is_tried_once_more_and_has_a_line_of_its_own() {
    let folder = seeded();
    let folder = folder.path();
    ends(folder, 0, &OUT);
    let mut list = kept(folder);
    // The list is older than the activation of the one, and the other is still not active.
    list["Accounts"][1]["State"] = json!("PENDING_ACTIVATION");
    std::fs::write(folder.join("accounts.json"), list.to_string()).unwrap();
    change(folder, |world| {
        for region in ["us-east-1", "eu-west-1"] {
            world.account("100000000003").region_access.without_sts.insert(region.to_owned());
        }
    });
    let only =
        ["--only", "100000000002", "--only", "100000000003", "--only", "workload-9", "--only", "workload-4"];
    let seen = report(folder, 3, &[&["drift", "fleet.toml"], &only[..]].concat());
    assert!(told(&seen, "100000000002").starts_with("groups"), "by the end of the run it could be looked at");
    let region = told(&seen, "100000000003");
    assert!(
        region.starts_with("not_ready") && region.contains("STS is not activated in this region"),
        "{region}"
    );
    assert_eq!(told(&seen, "100000000009"), "not_ready: \"it is in state PENDING_ACTIVATION\"null");
    assert!(told(&seen, "100000000004").starts_with("groups"));
    let applied = report(folder, 3, &[&["apply", "fleet.toml", "--auto-approve"], &only[..]].concat());
    assert!(told(&applied, "100000000002").contains("update"), "{}", told(&applied, "100000000002"));
    assert!(told(&applied, "100000000003").starts_with("not_ready"));
    // Alone, STS of us-east-1 gives the session that the region of the baseline does not.
    change(folder, |world| {
        world.account("100000000003").region_access.without_sts.remove("us-east-1");
    });
    std::fs::write(folder.join("member.toml"), "name = 'member'\nregion = 'eu-west-1'\n[password_policy]\n")
        .unwrap();
    let reached = report(folder, 2, &["drift", "fleet.toml", "--only", "100000000003"]);
    assert!(told(&reached, "100000000003").starts_with("groups"));
}

#[test]
fn roles_are_assumed_one_after_the_other_and_found_under_their_paths() {
    let folder = seeded();
    let folder = folder.path();
    ends(folder, 0, &OUT);
    change(folder, |world| {
        add_organization_role(world, "100000000004", "123456789012", "Hub", true);
        for account in ["100000000002", "100000000003"] {
            add_organization_role(world, account, "100000000004", "Inner", true);
        }
    });
    let access = |lines: &str| {
        let fleet = std::fs::read_to_string(root().join("examples/fleet/fleet.toml")).unwrap();
        std::fs::write(
            folder.join("fleet.toml"),
            fleet.replace("role = \"OrganizationAccountAccessRole\"", lines),
        )
        .unwrap();
    };
    let only = ["drift", "fleet.toml", "--only", "100000000002", "--only", "100000000003"];
    access("role = 'Inner'");
    assert!(
        told(&report(folder, 3, &only), "100000000002").starts_with("not_reached"),
        "the caller is not trusted"
    );
    access("role = ['arn:aws:iam::100000000004:role/Hub', 'arn:aws:iam::${account}:role/Inner']");
    let seen = report(folder, 2, &only);
    assert_eq!((seen["looked_at"].as_u64(), seen["departing"].as_u64()), (Some(2), Some(2)), "{seen}");
    let (page, _) = ends(folder, 0, &["fleet", "accounts", "fleet.toml", "--accounts", "accounts.json"]);
    assert!(
        page.contains("as role arn:aws:iam::100000000004:role/Hub, then arn:aws:iam::${account}:role/Inner"),
        "{page}"
    );
    for (wrong, told) in
        [("role = []", "`role`"), ("role = 'arn:aws:iam::1:user/x'", "`role`"), ("role = 'a b'", "`role`")]
    {
        access(wrong);
        let (_, refused) =
            ends(folder, 1, &["fleet", "accounts", "fleet.toml", "--accounts", "accounts.json"]);
        assert!(refused.contains(told), "{wrong}: {refused}");
    }
}

#[test]
fn the_account_that_manages_the_organization_is_left_alone_where_the_file_says_so() {
    let folder = seeded();
    let folder = folder.path();
    ends(folder, 0, &OUT);
    assert_eq!(kept(folder)["ManagementAccountId"], "123456789012");
    let listed = ["fleet", "accounts", "fleet.toml", "--accounts", "accounts.json"];
    let access = |lines: &str| {
        let fleet = std::fs::read_to_string(root().join("examples/fleet/fleet.toml")).unwrap();
        std::fs::write(
            folder.join("fleet.toml"),
            fleet.replace("[access]\n", &format!("[access]\n{lines}\n")),
        )
        .unwrap();
    };
    for (management, told) in [
        ("skip", "123456789012  management  skipped: it manages the organization"),
        ("direct", "123456789012  management  as role OrganizationAccountAccessRole"),
        ("Boss", "123456789012  management  as role Boss"),
    ] {
        access(&format!("management = '{management}'"));
        let (page, _) = ends(folder, 0, &listed);
        assert!(page.contains(told), "{page}");
    }
    // The role of the last one is not there, and the credentials themselves are not used in its place.
    let boss = report(folder, 3, &["drift", "fleet.toml", "--only", "management"]);
    assert!(told(&boss, "123456789012").contains("role/Boss"), "{boss}");
    change(folder, |world| add_organization_role(world, "123456789012", "123456789012", "Boss", true));
    assert!(
        told(&report(folder, 2, &["drift", "fleet.toml", "--only", "management"]), "123456789012")
            .starts_with("groups")
    );
    std::fs::write(folder.join("accounts.json"), plain().to_string()).unwrap();
    assert!(ends(folder, 1, &listed).1.contains("does not say which one manages the organization"));
}

/// What the printed policies allow is enough for a plan of an account through the printed role, and nothing else is.
#[test]
fn the_printed_roles_are_the_least_with_which_a_fleet_is_looked_at() {
    let folder = seeded();
    let folder = folder.path();
    ends(folder, 0, &OUT);
    let (account, caller) = ("100000000002", "arn:aws:iam::123456789012:user/operator");
    let access = "plan_role = 'arn:aws:iam::${account}:role/baseline/Plan'\nexternal_id = 'shop-7'";
    let fleet = std::fs::read_to_string(root().join("examples/fleet/fleet.toml")).unwrap();
    let fleet = fleet.replace("[access]\n", &format!("[access]\n{access}\n"));
    std::fs::write(folder.join("fleet.toml"), fleet).unwrap();
    let print = ["fleet", "permissions", "fleet.toml", "--caller", caller];
    let (printed, _) = ends(folder, 0, &[&print[..], &["--account", account]].concat());
    let printed: Json = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["plan"]["role"], "baseline/Plan");
    assert_eq!(printed["apply"]["role"], "OrganizationAccountAccessRole");
    let caller_may = printed["caller"].to_string();
    for part in ["organizations:ListAccounts", "sts:AssumeRole", "arn:aws:iam::*:role/baseline/Plan"] {
        assert!(caller_may.contains(part), "{part}: {caller_may}");
    }
    assert!(printed["plan"]["policies"].to_string().contains("iam:GetAccountPasswordPolicy"));
    assert!(!printed["plan"]["policies"].to_string().contains("iam:UpdateAccountPasswordPolicy"));
    assert!(printed["apply"]["policies"].to_string().contains("iam:UpdateAccountPasswordPolicy"));

    let (template, _) = ends(folder, 0, &[&print[..], &["--format", "cloudformation"]].concat());
    let template: Json = serde_json::from_str(&template).unwrap();
    let role = &template["Resources"]["PlanRole"]["Properties"];
    assert_eq!((&role["RoleName"], &role["Path"]), (&json!("Plan"), &json!("/baseline/")));
    let trust = &role["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trust["Condition"]["ArnEquals"]["aws:PrincipalArn"], caller);
    assert_eq!(trust["Condition"]["StringEquals"]["sts:ExternalId"], "shop-7");
    assert!(!template.to_string().contains("000000000000"), "no digits stand for the account: {template}");
    let (_, refused) = ends(folder, 1, &print);
    assert!(refused.contains("--account"), "{refused}");
}

/// Makes an access key that of a session of somebody who administers the organization.
pub fn operator(world: &mut World, key: &str, token: &str) {
    let session = Session {
        account: "123456789012".to_owned(),
        arn: "arn:aws:sts::123456789012:assumed-role/Admin/operator".to_owned(),
        user_id: "AROAX:operator".to_owned(),
        token: token.to_owned(),
        issued: world.clock,
        expires: i64::MAX,
        chained: false,
        task: None,
        policies: Vec::new(),
        second_factor: false,
    };
    world.sessions.insert(key.to_owned(), session);
}

/// The session that the run begins with ends once three members were reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_credentials_of_the_run_have_ended_nothing_further_is_begun_and_the_exit_code_says_so() {
    const KEY: &str = "ASIAFLEETCALLER00001";
    let folder = seeded();
    ends(folder.path(), 0, &OUT);
    let fleet = std::fs::read_to_string(folder.path().join("fleet.toml")).unwrap();
    std::fs::write(folder.path().join("fleet.toml"), fleet.replace("parallel = 8", "parallel = 1")).unwrap();
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Fleet).unwrap();
    sandbox.with_world(|world| {
        add_organization_role(world, "123456789012", "123456789012", "Admin", true);
        operator(world, KEY, "a-token-of-this-test");
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (served, watched) = (sandbox.clone(), sandbox.clone());
    let serving = tokio::spawn(async move { served.serve(listener).await });
    let watching = tokio::spawn(async move {
        loop {
            let is_over = watched.with_world(|world| {
                let members = world.sessions.len() - 1;
                if let (true, Some(session)) = (members >= 3, world.sessions.get_mut(KEY)) {
                    session.expires = 0;
                }
                members >= 3
            });
            if is_over {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    });
    let (path, endpoint) = (folder.path().to_owned(), endpoint.clone());
    let answer = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_baseline"))
            .args(["fleet", "drift", "fleet.toml", "--accounts", "accounts.json", "--json"])
            .current_dir(&path)
            .env_clear()
            .env("HOME", &path)
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_SESSION_TOKEN", "a-token-of-this-test")
            .output()
            .unwrap()
    });
    let answer = answer.await.unwrap();
    watching.await.unwrap();
    serving.abort();
    assert_eq!(answer.status.code(), Some(1), "{}", said(&answer));
    let report: Json = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(report["accounts"], 41, "every account on one line");
    let reason = report["not_begun"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the credentials of this run have ended: ExpiredToken"), "{reason}");
    let not_begun = report["not_begun"][0]["accounts"].as_array().unwrap().len();
    let looked_at = report["looked_at"].as_u64().unwrap();
    assert!(not_begun >= 20 && looked_at >= 3, "{looked_at} looked at, {not_begun} not begun");
}
