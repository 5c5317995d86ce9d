//! Credentials of a run that end midway: the rest is not begun, and a resumed run does it.

use std::collections::BTreeSet;

use super::files::{MEMBER, ROLE, asks, folder, lines};
use super::organization::{Call, MANAGEMENT, Organization};
use crate::emulator::Answer;
use crate::faults::page::counted;
use crate::fleet_organization::operator;

const MEMBERS: [u64; 6] = [2, 3, 4, 15, 16, 17];
const TOKEN: &str = "a-token-of-this-test";

/// An organization in which the key of the first process is a session.
fn organization() -> Organization {
    let organization = Organization::new().with_bucket("fleet-results");
    organization.sandbox.with_world(|world| {
        baseline::sandbox::iam::add_organization_role(world, MANAGEMENT, MANAGEMENT, "Admin", true);
        operator(world, "door-0", TOKEN);
    });
    organization
}

fn run(organization: &Organization, folder: &std::path::Path, arguments: &[&str]) -> Answer {
    let mut command = organization.command(0, folder, arguments);
    organization.answer(command.env("AWS_SESSION_TOKEN", TOKEN).output().expect("the program runs"))
}

/// When they end.
type Moment = (&'static str, fn(&Call, usize) -> bool);

/// The number is how many members were asked for before.
const MOMENTS: [Moment; 4] = [
    ("as the first member is asked for", |call, asked| call.operation == "AssumeRole" && asked == 0),
    ("as the third member is asked for", |call, asked| call.operation == "AssumeRole" && asked == 2),
    ("while the third member is written to", |call, asked| call.operation == "CreateBucket" && asked >= 3),
    ("as the last member is written to", |call, asked| {
        call.operation == "CreateBucket" && asked == MEMBERS.len()
    }),
];

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn once_the_credentials_of_a_run_have_ended_the_rest_is_not_begun_and_a_resumed_run_does_it() {
    let (mut runs, mut left) = (0, 0);
    for (command, code) in [("apply", 0), ("drift", 2)] {
        let undisturbed = organization();
        let files = folder(MEMBERS, &format!("parallel = 2\nmax_failures = 6\n{ROLE}"), MEMBER);
        let whole = run(&undisturbed, files.path(), &asks(command, &["--json"]));
        assert_eq!(whole.code, Some(code), "{whole:?}");
        for (moment, is_now) in MOMENTS {
            for place in ["results", "s3://fleet-results/run"] {
                if command == "drift" && moment.contains("written") {
                    continue;
                }
                let what = format!("{command}, {moment}, {place}");
                let organization = organization();
                let _there_may_be_none = std::fs::remove_dir_all(files.path().join("results"));
                let (mut asked, mut is_over) = (0, false);
                organization.breaks(move |call, sandbox| {
                    if !is_over && is_now(call, asked) {
                        is_over = true;
                        sandbox.with_world(|world| {
                            world.sessions.get_mut("door-0").expect("it is there").expires = 0;
                        });
                    }
                    asked += usize::from(call.operation == "AssumeRole");
                    None
                });
                let stopped =
                    run(&organization, files.path(), &asks(command, &["--json", "--results", place]));
                // Where nobody is left to be asked for, and results are files, they are not needed any more.
                let is_needed = !(moment.contains("last") && place == "results");
                assert_eq!(stopped.code, Some(i32::from(is_needed)), "{what}: {stopped:?}");
                let calls = organization.calls();
                // Who was reached, and in an apply who was written to: what cannot be kept is not begun.
                let begun: BTreeSet<String> = match command {
                    "apply" => {
                        calls.iter().filter(|call| call.changes()).map(|call| call.account.clone()).collect()
                    }
                    _ => calls.iter().filter(|call| call.done).filter_map(|call| call.into.clone()).collect(),
                };
                let told = lines(&stopped.stdout);
                assert_eq!(told.len(), MEMBERS.len(), "{what}: an account is lost: {stopped:?}");
                for (account, list, reason) in told {
                    let expected = if begun.contains(&account) { "groups" } else { "not_begun" };
                    assert_eq!(list, expected, "{what}: {account}: {reason}");
                    left += usize::from(list == "not_begun");
                    assert!(
                        list == "groups" || reason.contains("the credentials of this run have ended"),
                        "{what}: {reason}"
                    );
                }
                organization.breaks(|_, _| None);
                let resumed =
                    organization.run(1, files.path(), &asks(command, &["--json", "--resume", place]));
                assert_eq!(
                    (resumed.code, resumed.stdout),
                    (Some(code), whole.stdout.clone()),
                    "{what}: {}",
                    resumed.stderr
                );
                runs += 1;
            }
        }
    }
    assert!(left > MEMBERS.len(), "only {left} were left");
    counted(
        "fleet-ended",
        &format!(
            "{runs} runs over {} accounts: who was begun is finished, the rest stands as not begun, and resumed with other credentials a run says what one run would have said",
            MEMBERS.len()
        ),
    );
}
