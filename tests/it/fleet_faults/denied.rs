//! A member that denies a call, a service or its role: told on its one line, and the others are as ever.

use serde_json::json;

use super::files::{MEMBER, ROLE, asks, folder, id, lines};
use super::organization::Organization;
use crate::faults::page::counted;

const MEMBERS: [u64; 3] = [2, 3, 4];

/// What the third account denies: actions, or the role.
enum Denied {
    Actions(&'static str),
    Role,
    Trust,
}

/// What is denied, and of plan, drift and apply: the exit code, the list the account stands in, and the words there.
type Case = (&'static str, Denied, [(i32, &'static str, &'static str); 3]);

const CASES: [Case; 9] = [
    (
        "a read",
        Denied::Actions("iam:GetAccountPasswordPolicy"),
        [(3, "groups", "iam:GetAccountPasswordPolicy"); 3],
    ),
    (
        "a write",
        Denied::Actions("iam:UpdateAccountPasswordPolicy"),
        [(0, "groups", ""), (2, "groups", ""), (1, "failed", "iam:UpdateAccountPasswordPolicy")],
    ),
    ("a service", Denied::Actions("s3:*"), [(3, "groups", "s3"); 3]),
    ("another service", Denied::Actions("ec2:*"), [(3, "groups", "ec2"); 3]),
    ("the service of roles", Denied::Actions("iam:*"), [(3, "groups", "iam"); 3]),
    ("the lock", Denied::Actions("ssm:*"), [(0, "groups", ""), (2, "groups", ""), (1, "failed", "ssm:")]),
    ("everything", Denied::Actions("*"), [(3, "groups", "denied"); 3]),
    ("its role, which is gone", Denied::Role, [(3, "not_reached", "sts:AssumeRole"); 3]),
    ("its role, which trusts others", Denied::Trust, [(3, "not_reached", "sts:AssumeRole"); 3]),
];

fn organization(denied: Option<&Denied>) -> Organization {
    let organization = Organization::new();
    organization.sandbox.with_world(|world| {
        let role = "OrganizationAccountAccessRole";
        match denied {
            None => {}
            Some(Denied::Actions(actions)) => {
                let policy = json!({ "Version": "2012-10-17", "Statement": [
                    { "Effect": "Allow", "Action": "*", "Resource": "*" },
                    { "Effect": "Deny", "Action": actions, "Resource": "*" },
                ] });
                world.account(&id(3)).service_control_policies.push(policy.to_string());
            }
            Some(Denied::Role) => {
                world.account(&id(3)).iam.roles.remove(role);
            }
            Some(Denied::Trust) => {
                world.account(&id(3)).iam.roles.remove(role);
                baseline::sandbox::iam::add_organization_role(world, &id(3), "999988887777", role, true);
            }
        }
    });
    organization
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_member_that_denies_is_told_on_its_one_line_and_the_others_are_as_ever() {
    let fleet = format!("parallel = 3\nmax_failures = 1\n{ROLE}");
    let files = folder(MEMBERS, &fleet, MEMBER);
    let commands = ["plan", "drift", "apply"];
    let whole = commands.map(|command| {
        let answer = organization(None).run(0, files.path(), &asks(command, &["--json"]));
        assert_eq!(answer.code, Some(if command == "drift" { 2 } else { 0 }), "{answer:?}");
        lines(&answer.stdout)
    });
    let mut runs = 0;
    for (what, denied, expected) in CASES {
        for ((command, (code, list, words)), whole) in commands.into_iter().zip(expected).zip(&whole) {
            let organization = organization(Some(&denied));
            let answer = organization.run(0, files.path(), &asks(command, &["--json"]));
            assert_eq!(answer.code, Some(code), "{what}, {command}: {answer:?}");
            let told = lines(&answer.stdout);
            for (line, before) in told.iter().zip(whole) {
                if line.0 == id(3) {
                    assert_eq!(line.1, list, "{what}, {command}: {line:?}");
                    assert!(line.2.contains(words), "{what}, {command}: {line:?}");
                } else {
                    assert_eq!(line, before, "{what}, {command}");
                }
            }
            assert_eq!(told.len(), whole.len());
            // Who is denied changes nothing.
            let foreign =
                organization.calls().into_iter().filter(|call| call.changes() && command != "apply").count();
            assert_eq!(foreign, 0, "{what}, {command}");
            // A second time, where some of it is done.
            let text = organization.run(0, files.path(), &asks(command, &[]));
            let named: Vec<&str> = text.stdout.lines().filter(|line| line.contains(&id(3))).collect();
            assert_eq!(named.len(), 1, "{what}, {command}: {}", text.stdout);
            runs += 1;
        }
    }
    counted(
        "fleet-denied",
        &format!(
            "{} kinds of denials in plan, drift and apply, {runs} runs: one line says it, the exit code is right, and the other accounts are as without it",
            CASES.len()
        ),
    );
}
