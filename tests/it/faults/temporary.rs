//! What holds for a while: cut at every write, with every answer lost, two people at once beside an apply, and over time.

use std::time::Duration;

use baseline::aws::{Account, Error};
use baseline::kinds::ec2::temporary::{tag, time};
use baseline::kinds::ec2_network_acl::temporary::{OwnAcl, own_acls, settle_acl};
use baseline::kinds::ec2_security_group::temporary::{OwnGroup, own_groups, settle_group};
use baseline::model::Set;
use baseline::plan::Plan;
use baseline::sandbox::Sandbox;
use baseline::temporary::{Protocol, Service, Standing, Subject, Temporary};

use super::account::{
    Declared, declared, empty, fork, is_converged, look, on_virtual_time, open, prune, run, until_quiet,
};
use super::chance::Chance;
use super::layer::{Call, Fault, Layer};
use super::normal::{difference, normal};
use super::refusal::Refusal;
use super::{page, seeds};

fn file(ports: &str) -> Declared {
    declared(&format!(
        "name = \"shop\"\nregion = \"us-east-1\"\n[account]\nregions = [\"us-east-1\"]\n\
         [network]\ncidr = \"10.20.0.0/16\"\nzones = 1\nflow_logs = false\n\
         [network.tier.web]\npublic = true\naccept = [{{ from = \"internet\", port = {ports} }}]\n\
         [network.tier.db]\naccept = [{{ from = \"web\", port = 5432 }}]\n"
    ))
}

/// An attacker who is blocked, and an administrator who is let in.
fn subjects() -> [Subject; 2] {
    let ssh = Service { protocol: Protocol::Tcp, port: 22 };
    [
        Subject::Block("198.51.100.0/24".parse().expect("a range")),
        Subject::Admit("203.0.113.7/32".parse().expect("a range"), ssh),
    ]
}

/// The account with that network.
async fn applied(declared: &Declared) -> Sandbox {
    let sandbox = empty();
    assert!(run(sandbox.http_client(), declared).await.outcome.is_success());
    sandbox
}

/// What the tier's ACL and group hold.
async fn web(account: &Account) -> Result<(OwnAcl, OwnGroup), Error> {
    let (acls, groups) = (own_acls(account).await?, own_groups(account).await?);
    let acl = acls.into_iter().find(|acl| acl.addr.name() == "web").expect("the tier has an ACL");
    let group = groups.into_iter().find(|group| group.addr.name() == "web").expect("the tier has a group");
    Ok((acl, group))
}

/// Blocks or admits for so many hours, or ends it with none.
async fn ask(layer: &Layer, subject: Subject, hours: u64) -> Result<(), Error> {
    let account = open(layer.client(), &file("443")).await;
    let (acl, group) = web(&account).await?;
    let from = time(&account).expect("every answer has a date");
    let until = from + Duration::from_secs(hours * 3600);
    let temporary = [Temporary { subject, from, until, by: "alice".to_owned(), reason: "test".to_owned() }];
    tag(&account, &acl.id, &temporary).await?;
    settle_acl(&account, &acl.id, &[subject]).await?;
    if let Subject::Admit(..) = subject {
        tag(&account, &group.id, &temporary).await?;
        settle_group(&account, &group.id, &[subject], &Set::default()).await?;
    }
    Ok(())
}

/// How far each has come on the ACL and the group, with what there is of it: entries of the ACL below those of the file, and rules
/// of the group that the file does not want.
async fn standing(sandbox: &Sandbox) -> (Vec<(Subject, Standing)>, usize, usize) {
    let account = open(sandbox.http_client(), &file("443")).await;
    let (acl, group) = web(&account).await.expect("they are read");
    let now = time(&account);
    let kept = acl.acl.kept(now).into_iter().chain(group.group.kept(now));
    let entries = acl.acl.entries.iter().filter(|entry| entry.number < 100).count();
    let rules = group.group.rules.iter().filter(|(_, service)| service.port == 22).count();
    (kept.map(|kept| (kept.temporary.subject, kept.standing)).collect(), entries, rules)
}

/// What stands there where these hold and nothing else does.
fn holding(subjects: &[Subject]) -> (Vec<(Subject, Standing)>, usize, usize) {
    let admitted: Vec<Subject> =
        subjects.iter().copied().filter(|subject| matches!(subject, Subject::Admit(..))).collect();
    let kept = subjects.iter().chain(&admitted).map(|subject| (*subject, Standing::Holds)).collect();
    (kept, 2 * subjects.len(), admitted.len())
}

/// A block or an admission, or the end of one, as a run leaves it that nothing disturbs: the account before it, and its writes.
fn undisturbed(subject: Subject, hours: u64) -> (Sandbox, Layer) {
    on_virtual_time(async {
        let sandbox = applied(&file("443")).await;
        if hours == 0 {
            ask(&Layer::recording(&sandbox), subject, 24).await.expect("nothing disturbs it");
        }
        let before = fork(&sandbox);
        let layer = Layer::remembering(&sandbox, |_| None);
        ask(&layer, subject, hours).await.expect("nothing disturbs it");
        (before, layer)
    })
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn whatever_is_left_of_a_run_that_died_the_next_one_finishes() {
    let mut counts = Vec::new();
    for (subject, hours) in subjects().into_iter().flat_map(|subject| [(subject, 24), (subject, 0)]) {
        let (_, layer) = undisturbed(subject, hours);
        let moments = layer.moments();
        let done = if hours > 0 { holding(&[subject]) } else { holding(&[]) };
        for (number, moment) in moments.iter().enumerate() {
            let what = format!("{subject}, {hours} hours, moment {number}");
            on_virtual_time(async {
                // An apply never writes what a tag asks for. What is not whole after a while, it takes away.
                let account = fork(&moment.world);
                tokio::time::sleep(Duration::from_secs(16 * 60)).await;
                let ran = run(account.http_client(), &file("443")).await;
                assert!(ran.outcome.is_success(), "{what}: {:#?}", ran.outcome);
                is_converged(&account, &file("443"))
                    .await
                    .unwrap_or_else(|problem| panic!("{what}: {problem}"));
                let (kept, entries, rules) = standing(&account).await;
                assert!(kept.iter().all(|(_, standing)| *standing == Standing::Holds), "{what}: {kept:?}");
                // The ACL and the group have tags of their own, so one of them may hold without the other.
                assert!(entries == 0 || entries == 2, "{what}: {entries}");
                assert!(!kept.is_empty() || entries + rules == 0, "{what}: {entries} {rules}");
            });
            on_virtual_time(async {
                let account = fork(&moment.world);
                ask(&Layer::recording(&account), subject, hours).await.expect("it goes on");
                assert_eq!(standing(&account).await, done, "{what}, then the same again");
            });
        }
        let word = match (subject, hours) {
            (Subject::Block(_), 0) => "the end of a block",
            (Subject::Block(_), _) => "a block",
            (Subject::Admit(..), 0) => "the end of an admission",
            (Subject::Admit(..), _) => "an admission",
        };
        counts.push(format!(
            "{word}: {} writes, {} accounts to go on from",
            moments.len() - 1,
            moments.len()
        ));
    }
    page::counted(
        "temporary-cuts",
        &format!(
            "{}; the same command finishes each, and an apply takes away what is not whole a quarter of an hour later",
            counts.join("; ")
        ),
    );
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_lost_answer_leaves_nothing_twice() {
    let mut tried = 0;
    for (subject, hours) in subjects().into_iter().flat_map(|subject| [(subject, 24), (subject, 0)]) {
        let (before, layer) = undisturbed(subject, hours);
        let done = if hours > 0 { holding(&[subject]) } else { holding(&[]) };
        let faults = [
            Fault::Reset { effect: true },
            Fault::Reset { effect: false },
            Fault::Silence { effect: true },
            Fault::Refuse { refusal: Refusal::Broken, effect: true },
            Fault::Refuse { refusal: Refusal::Unavailable, effect: false },
        ];
        for (write, fault) in (0..layer.writes().len()).flat_map(|write| faults.map(|fault| (write, fault))) {
            on_virtual_time(async {
                let account = fork(&before);
                let layer =
                    Layer::on(&account, move |call: &Call| (call.write == Some(write)).then_some(fault));
                let ended = ask(&layer, subject, hours).await;
                ended.unwrap_or_else(|error| panic!("{subject}, write {write}, {fault:?}: {error}"));
                assert_eq!(standing(&account).await, done, "{subject}, write {write}, {fault:?}");
            });
            tried += 1;
        }
    }
    page::counted(
        "temporary-answers",
        &format!("{tried} answers lost or refused for a while: nothing is there twice, and nothing is left"),
    );
}

/// A way to the account on which every call takes a time of its own.
fn slow_way(sandbox: &Sandbox, who: u64, seed: u64) -> Layer {
    let mut chance = Chance::new(seed * 3 + who);
    Layer::on(sandbox, move |_| Some(Fault::Late(Duration::from_millis(chance.below(400) as u64))))
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn two_people_and_an_apply_at_once_get_what_each_of_them_asked_for() {
    const ORDERS: u64 = 300;
    let other = Subject::Block("192.0.2.7/32".parse().expect("a range"));
    seeds::all(ORDERS, |seed| {
        on_virtual_time(async {
            let sandbox = applied(&file("443")).await;
            let ways = [0, 1, 2].map(|who| slow_way(&sandbox, who, seed));
            let wider = file("8443");
            let [block, admission] = subjects();
            // Two blocks, or a block and an admission.
            let second = if seed.is_multiple_of(2) { other } else { admission };
            // Without the lock, as --now does it.
            let (one, two, ran) = tokio::join!(
                ask(&ways[0], block, 24),
                ask(&ways[1], second, 24),
                run(ways[2].client(), &wider)
            );
            for ended in [one, two] {
                ended.unwrap_or_else(|error| panic!("order {seed}: {error}"));
            }
            assert!(ran.outcome.is_success(), "order {seed}: {:#?}", ran.outcome);
            let mut both = [block, second];
            both.sort();
            assert_eq!(standing(&sandbox).await, holding(&both), "order {seed}");
            is_converged(&sandbox, &wider).await.unwrap_or_else(|problem| panic!("order {seed}: {problem}"));
        });
    });
    page::counted("temporary-two", &format!("{ORDERS} orders: both hold, and the next plan is empty"));
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn it_is_no_drift_while_it_holds_and_the_first_apply_after_it_removes_it() {
    on_virtual_time(async {
        let shop = file("443");
        let sandbox = applied(&shop).await;
        let without = normal(&sandbox);
        for subject in subjects() {
            ask(&Layer::recording(&sandbox), subject, 24).await.expect("nothing disturbs it");
        }
        let plan =
            async || -> Plan { look(&open(sandbox.http_client(), &shop).await, &shop, &prune()).await.1 };

        tokio::time::sleep(Duration::from_secs(23 * 3600)).await;
        let held = plan().await;
        assert!(held.is_converged(), "{:#?}", held.steps);
        for told in ["blocks 198.51.100.0/24 until", "lets in 203.0.113.7/32 to tcp 22 until"] {
            let is_told = |finding: &baseline::plan::Finding| finding.message.starts_with(told);
            assert!(held.findings.iter().any(is_told), "{told}: {:#?}", held.findings);
        }

        tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
        let over = plan().await;
        let steps = format!("{:?}", over.steps);
        for told in [
            "198.51.100.0/24 (has ended and is still there)",
            "203.0.113.7/32 to tcp 22 (has ended and is still there)",
        ] {
            assert!(steps.contains(told), "{steps}");
        }
        assert_eq!(over.steps.len(), 2, "{steps}");
        assert!(run(sandbox.http_client(), &shop).await.outcome.is_success());
        until_quiet().await;
        assert_eq!(standing(&sandbox).await, holding(&[]));
        is_converged(&sandbox, &shop).await.expect("nothing is left to do");
        assert_eq!(difference(&without, &normal(&sandbox)), None, "it leaves nothing behind");
    });
}
