//! Networks that people and renamed tiers left: ranges that are taken, tags that are gone. In virtual time.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{Filter, Tag};
use tokio::time::sleep;

use super::refusal_tests::{NETWORK, open, run, wanted};
use super::{observe, rules};
use crate::aws::{ADDR_TAG, Account, NAME_TAG};
use crate::model::{Severity, Wanted};
use crate::plan::{Action, Choices, Plan, plan};
use crate::sandbox::Profile;

const PRUNE: Choices = Choices { prune: true, destroy: BTreeSet::new() };
const LOGGED: &str = "[bucket.logs]\naccess_log = false\n[network]\ncidr = \"10.20.0.0/16\"\nzones = 2\nflow_logs = \"logs\"\n\
    [network.tier.web]\npublic = true\naccept = [{ from = \"internet\", port = 443 }]\n[network.tier.app]\naccept = [{ from = \"web\", port = 8080 }]\n";

async fn look(account: &Account, wanted: &Wanted, choices: &Choices) -> Plan {
    let live = observe(account, wanted).await;
    plan(wanted, &live, &rules, choices).unwrap()
}

async fn applied(text: &str) -> Account {
    let account = open(Profile::Realistic).await;
    let (outcome, ..) = run(&account, &wanted(text), &Choices::default()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    sleep(Duration::from_secs(60)).await;
    account
}

/// What a person is told at the one address of that start.
fn told(plan: &Plan, start: &str) -> String {
    let about = |finding: &&crate::plan::Finding| {
        finding.severity == Severity::Error && finding.addr.to_string().starts_with(start)
    };
    let finding = plan.findings.iter().find(about);
    let finding = finding.unwrap_or_else(|| panic!("nothing is said of {start}: {:#?}", plan.findings));
    assert!(!plan.steps.iter().any(|step| step.addr == finding.addr), "{start} is made all the same");
    format!("{}; {}", finding.message, finding.next)
}

/// The ids of everything in the network.
async fn ids(account: &Account) -> BTreeSet<String> {
    let ec2 = &account.ec2;
    let mine = || Filter::builder().name(format!("tag:{NAME_TAG}")).values("test").build();
    let mut ids = BTreeSet::new();
    let vpcs = ec2.describe_vpcs().filters(mine()).send().await.unwrap();
    ids.extend(vpcs.vpcs().iter().map(|vpc| vpc.vpc_id().unwrap().to_owned()));
    let gateways = ec2.describe_internet_gateways().filters(mine()).send().await.unwrap();
    ids.extend(gateways.internet_gateways().iter().map(|g| g.internet_gateway_id().unwrap().to_owned()));
    let subnets = ec2.describe_subnets().filters(mine()).send().await.unwrap();
    ids.extend(subnets.subnets().iter().map(|subnet| subnet.subnet_id().unwrap().to_owned()));
    let groups = ec2.describe_security_groups().filters(mine()).send().await.unwrap();
    ids.extend(groups.security_groups().iter().map(|group| group.group_id().unwrap().to_owned()));
    let acls = ec2.describe_network_acls().filters(mine()).send().await.unwrap();
    ids.extend(acls.network_acls().iter().map(|acl| acl.network_acl_id().unwrap().to_owned()));
    let tables = ec2.describe_route_tables().filters(mine()).send().await.unwrap();
    ids.extend(tables.route_tables().iter().map(|table| table.route_table_id().unwrap().to_owned()));
    let logs = ec2.describe_flow_logs().filter(mine()).send().await.unwrap();
    ids.extend(logs.flow_logs().iter().map(|log| log.flow_log_id().unwrap().to_owned()));
    ids
}

async fn strip(account: &Account, ids: &BTreeSet<String>) {
    let keys = [NAME_TAG, ADDR_TAG].map(|key| Tag::builder().key(key).build());
    let request = account.ec2.delete_tags().set_resources(Some(ids.iter().cloned().collect()));
    request.set_tags(Some(keys.to_vec())).send().await.unwrap();
    sleep(Duration::from_secs(60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_range_that_is_taken_is_told_before_anything_is_written() {
    let account = applied(NETWORK).await;
    let renamed = wanted(&NETWORK.replace("tier.web", "tier.front"));
    let text = told(&look(&account, &renamed, &Choices::default()).await, "ec2.subnet.front-");
    for part in ["overlaps", "ec2.subnet.web-", "[[moved]]", "--prune", "`block`"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // One made by hand, with another mask.
    let vpc =
        account.ec2.describe_subnets().filters(Filter::builder().name("tag-key").values(ADDR_TAG).build());
    let vpc = vpc.send().await.unwrap().subnets()[0].vpc_id().unwrap().to_owned();
    account.ec2.create_subnet().vpc_id(vpc).cidr_block("10.20.8.0/21").send().await.unwrap();
    sleep(Duration::from_secs(60)).await;
    let more =
        wanted(&format!("{NETWORK}[network.tier.cache]\naccept = [{{ from = \"web\", port = 6379 }}]\n"));
    let text = told(&look(&account, &more, &PRUNE).await, "ec2.subnet.cache-");
    assert!(text.contains("10.20.8.0/21 of subnet-") && text.contains("`block`"), "{text}");
    assert!(!text.contains("--prune"), "it is nobody's to prune: {text}");
}

#[tokio::test(start_paused = true)]
async fn a_renamed_tier_is_replaced_in_one_apply_with_prune() {
    let account = applied(LOGGED).await;
    let before = ids(&account).await;
    let renamed = wanted(&LOGGED.replace("tier.app", "tier.back"));
    let (outcome, ..) = run(&account, &renamed, &PRUNE).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    sleep(Duration::from_secs(60)).await;
    let after = look(&account, &renamed, &Choices::default()).await;
    assert!(after.is_converged() && after.undeclared.is_empty(), "{after:#?}");
    let now = ids(&account).await;
    assert_eq!(now.len(), before.len());
    assert!(before.intersection(&now).count() < before.len(), "it was made anew");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_is_in_use_is_not_waited_for() {
    let text = LOGGED.replace("zones = 2\n", "zones = 1\nnat = \"single\"\n");
    let account = applied(&text).await;
    let renamed = wanted(&text.replace("tier.web", "tier.front").replace("\"web\"", "\"front\""));
    let before = ids(&account).await;
    let plan = look(&account, &renamed, &PRUNE).await;
    let text = told(&plan, "ec2.subnet.front-");
    assert!(text.contains("ec2.nat-gateway.nat-a is still in it") && text.contains("[[moved]]"), "{text}");
    let (outcome, took, _) = run(&account, &renamed, &PRUNE).await;
    assert!(took < Duration::from_secs(120), "waited {took:?}: {outcome:#?}");
    assert!(outcome.failed.is_empty(), "{outcome:#?}");
    let subnets: Vec<String> = before.into_iter().filter(|id| id.starts_with("subnet-")).collect();
    let still = ids(&account).await;
    assert!(subnets.iter().all(|id| still.contains(id)), "a subnet in use was deleted");
}

#[tokio::test(start_paused = true)]
async fn what_lost_its_tags_is_found_by_what_is_unique_and_tagged_again() {
    let account = applied(LOGGED).await;
    let all = ids(&account).await;
    // Of the last the VPC is known by its subnets, and the rest by the VPC.
    for lost in [&["vpc-"][..], &["igw-"], &["subnet-"], &["sg-"], &["fl-"], &["vpc-", "igw-", "sg-", "fl-"]]
    {
        let of = |id: &&String| lost.iter().any(|kind| id.starts_with(kind));
        let stripped: BTreeSet<String> = all.iter().filter(of).cloned().collect();
        strip(&account, &stripped).await;
        let plan = look(&account, &wanted(LOGGED), &Choices::default()).await;
        assert_eq!(plan.count(Action::Adopt), stripped.len(), "{lost:?}: {:#?}", plan.steps);
        assert_eq!(plan.steps.len(), stripped.len(), "{lost:?}: {:#?}", plan.steps);
        let (outcome, took, _) = run(&account, &wanted(LOGGED), &Choices::default()).await;
        assert!(outcome.is_success() && took < Duration::from_secs(100), "{lost:?} {took:?}: {outcome:#?}");
        sleep(Duration::from_secs(60)).await;
        let after = look(&account, &wanted(LOGGED), &Choices::default()).await;
        assert!(after.is_converged(), "{lost:?}: {after:#?}");
        assert_eq!(ids(&account).await, all, "{lost:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_of_another_baseline_with_the_same_name_is_told_with_its_owner() {
    let account = applied(NETWORK).await;
    let groups: BTreeSet<String> =
        ids(&account).await.into_iter().filter(|id| id.starts_with("sg-")).collect();
    let theirs = Tag::builder().key(NAME_TAG).value("other").build();
    account
        .ec2
        .create_tags()
        .set_resources(Some(groups.into_iter().collect()))
        .tags(theirs)
        .send()
        .await
        .unwrap();
    sleep(Duration::from_secs(60)).await;
    let text = told(&look(&account, &wanted(NETWORK), &Choices::default()).await, "ec2.security-group.web");
    assert!(text.contains("\"test-web\"") && text.contains("of the baseline \"other\""), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_tier_that_has_moved_keeps_everything() {
    let account = applied(LOGGED).await;
    let before = ids(&account).await;
    let text = LOGGED.replace("tier.web", "tier.front").replace("\"web\"", "\"front\"");
    let moved = format!("[[moved]]\nfrom = \"network.tier.web\"\nto = \"network.tier.front\"\n{text}");
    let plan = look(&account, &wanted(&moved), &Choices::default()).await;
    assert_eq!(
        plan.count(Action::Create) + plan.count(Action::Delete) + plan.undeclared.len(),
        0,
        "{plan:#?}"
    );
    let named =
        |finding: &crate::plan::Finding| finding.message.contains("is the one that was ec2.subnet.web-a");
    assert!(plan.findings.iter().any(named), "{:#?}", plan.findings);
    let (outcome, ..) = run(&account, &wanted(&moved), &PRUNE).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    sleep(Duration::from_secs(60)).await;
    // It can stay in the file, and it can be taken out.
    for file in [&moved, &text] {
        let after = look(&account, &wanted(file), &PRUNE).await;
        assert!(after.is_converged() && after.undeclared.is_empty(), "{after:#?}");
    }
    assert_eq!(ids(&account).await, before);
}
