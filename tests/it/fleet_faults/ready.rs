//! An account with which AWS is done only while a run is under way.

use super::files::{MEMBER, ROLE, asks, folder, id, lines};
use super::organization::{Fault, Organization};
use crate::faults::page::counted;
use crate::faults::refusal::Refusal;

const MEMBERS: [u64; 3] = [2, 3, 4];

/// The second account refuses what has to do with these services, or everything, until the first call of the last account, or for good.
fn not_ready(services: &'static [&'static str], for_good: bool) -> Organization {
    let organization = Organization::new();
    let mut is_ready = false;
    organization.breaks(move |call, _| {
        is_ready |= !for_good && call.account == id(4);
        let is_asked = call.account == id(3) && (services.is_empty() || services.contains(&call.service));
        (is_asked && !is_ready).then_some(Fault::Refuse(Refusal::NotReady))
    });
    organization
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn an_account_that_becomes_ready_while_others_are_looked_at_is_looked_at_as_if_it_had_been() {
    let files = folder(MEMBERS, &format!("parallel = 1\nmax_failures = 0\n{ROLE}"), MEMBER);
    let mut runs = 0;
    for command in ["plan", "drift", "apply"] {
        let asked = asks(command, &["--json"]);
        let ready = Organization::new();
        let whole = ready.run(0, files.path(), &asked);
        for services in [&[][..], &["ec2"], &["s3"], &["iam", "s3"]] {
            let organization = not_ready(services, false);
            let answer = organization.run(0, files.path(), &asked);
            assert_eq!(answer.code, whole.code, "{command}, {services:?}: {answer:?}");
            assert_eq!(answer.stdout, whole.stdout, "{command}, {services:?}");
            assert_eq!(organization.changes(), ready.changes(), "{command}, {services:?}");
            runs += 1;
        }
        // Its one further try is refused, too: it has a line of its own, and nothing is written there.
        let organization = not_ready(&[], true);
        let answer = organization.run(0, files.path(), &asked);
        assert_eq!(answer.code, Some(3), "{command}: {answer:?}");
        for (line, before) in lines(&answer.stdout).iter().zip(lines(&whole.stdout)) {
            if line.0 == id(3) {
                assert!(
                    line.1 == "not_ready" && line.2.contains("needs a subscription"),
                    "{command}: {line:?}"
                );
            } else {
                assert_eq!(*line, before, "{command}");
            }
        }
        assert!(
            !organization.calls().iter().any(|call| call.account == id(3) && call.changes()),
            "{command}"
        );
        runs += 1;
    }
    counted(
        "fleet-ready",
        &format!(
            "{runs} runs of plan, drift and apply: ready by the end of the run it is as if it always had been, else it is told as not ready and left alone"
        ),
    );
}
