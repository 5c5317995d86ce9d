//! What the printed policies hold, for every shipped baseline.

use std::collections::BTreeSet;

use super::*;
use crate::engine::rules;
use crate::kinds::KINDS;
use crate::language::{Baseline, Place, Source};
use crate::operations::is_known;

const SCOPE: Scope<'_> =
    Scope { baseline: "landing-zone", account: "123456789012", partition: "aws", region: "us-east-1" };

fn wanted(text: &str) -> Wanted {
    let source = Source { name: "x.toml".into(), text: text.into() };
    let (baseline, problems) = Baseline::parse(&source);
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
    let place = Place { account: "123456789012", partition: "aws" };
    let mut wanted = baseline.expand(&place).unwrap();
    wanted.things.extend(baseline.expand_possible(&place).unwrap().things);
    wanted
}

fn landing_zone() -> Wanted {
    wanted(include_str!("../../baselines/landing-zone.toml"))
}

fn always() -> Vec<&'static str> {
    KINDS.iter().filter(|kind| kind.meta().always_read).map(|kind| kind.name()).collect()
}

fn request(purpose: Purpose) -> Request<'static> {
    Request { purpose, deletions: false, undeclared: &[], lock: None, reads: &[] }
}

fn printed(wanted: &Wanted, request: &Request<'_>) -> Vec<Json> {
    policies(wanted, &SCOPE, request, &rules, &always())
}

fn statements(documents: &[Json]) -> Vec<&Json> {
    documents.iter().flat_map(|document| document["Statement"].as_array().unwrap()).collect()
}

fn texts(json: &Json) -> Vec<&str> {
    match json {
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

fn actions(documents: &[Json]) -> BTreeSet<&str> {
    statements(documents).into_iter().flat_map(|statement| texts(&statement["Action"])).collect()
}

#[test]
fn every_action_that_a_kind_declares_has_been_scoped() {
    let mut unknown = BTreeSet::new();
    for kind in KINDS {
        let rules = kind.meta();
        let writes = rules.write_actions.iter();
        let implied: Vec<&str> = writes.flat_map(|action| crate::operations::implicit(action)).collect();
        let declared = rules.read_actions.iter().chain(rules.write_actions).chain(rules.refusal_actions);
        let declared = declared.chain(&implied);
        unknown.extend(declared.filter(|action| !is_known(action)).map(|a| (kind.name(), *a)));
    }
    assert_eq!(unknown, BTreeSet::new());
    assert!(CENSUS.iter().all(|action| is_known(action)));
}

/// Whether an IAM action is that of a call that only reads. The calls whose action has another name are those of S3 and of its
/// control service.
fn is_read_action(of_a_call: &str) -> bool {
    let name = |action: &str| action.split_once(':').unwrap().1.to_owned();
    let names = |operation| ["s3", "s3 control"].map(|service| name(&action(service, operation)));
    crate::aws::reads().any(|operation| names(operation).contains(&name(of_a_call)))
}

#[test]
fn a_plan_may_read_and_nothing_else() {
    let documents = printed(&landing_zone(), &request(Purpose::Plan));
    let writes: Vec<&str> =
        actions(&documents).into_iter().filter(|action| !is_read_action(action)).collect();
    assert_eq!(writes, Vec::<&str>::new());
}

#[test]
fn what_a_plan_reads_an_apply_reads_too() {
    let (plan, apply) = (
        printed(&landing_zone(), &request(Purpose::Plan)),
        printed(&landing_zone(), &request(Purpose::Apply)),
    );
    assert!(actions(&plan).is_subset(&actions(&apply)));
}

#[test]
fn every_document_fits_into_a_managed_policy_and_has_a_name_for_each_statement() {
    let mut many = String::from("name = 'many'\nregion = 'us-east-1'\n");
    for number in 0..300 {
        many.push_str(&format!("[bucket.a-rather-long-name-{number}]\naccess_log = false\n"));
    }
    for wanted in [landing_zone(), wanted(&many)] {
        let documents = printed(&wanted, &Request { deletions: true, ..request(Purpose::Apply) });
        for document in &documents {
            assert!(size(document) <= LIMIT, "{}", size(document));
            let sids: Vec<&str> = texts_of(document, "Sid");
            assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len(), "{sids:?}");
            assert!(sids.iter().all(|sid| sid.chars().all(|c| c.is_ascii_alphanumeric())), "{sids:?}");
        }
    }
    assert!(
        printed(&wanted(&many), &request(Purpose::Apply)).len() > 3,
        "three hundred buckets do not fit into one"
    );
}

fn texts_of<'a>(document: &'a Json, member: &str) -> Vec<&'a str> {
    document["Statement"].as_array().unwrap().iter().filter_map(|s| s[member].as_str()).collect()
}

#[test]
fn everything_is_named_only_where_a_name_or_a_tag_cannot_be() {
    let documents = printed(&landing_zone(), &request(Purpose::Apply));
    let open: BTreeSet<&str> = statements(&documents)
        .into_iter()
        .filter(|statement| texts(&statement["Resource"]).contains(&"*"))
        .map(|statement| statement["Sid"].as_str().unwrap())
        .collect();
    let reasons = [
        "InstancesFromLaunchTemplates",
        "NewKeysHaveNoArnYet",
        "ReadsThatTakeNoResource",
        "WritesThatTakeNoResource",
    ];
    assert_eq!(open, reasons.into());
}

#[test]
fn deletions_are_granted_only_where_they_are_asked_for() {
    let usual = printed(&landing_zone(), &request(Purpose::Apply));
    let all = printed(&landing_zone(), &Request { deletions: true, ..request(Purpose::Apply) });
    for action in ["s3:DeleteBucket", "cloudtrail:DeleteTrail", "kms:ScheduleKeyDeletion", "ec2:DeleteVpc"] {
        assert!(!actions(&usual).contains(action) && actions(&all).contains(action), "{action}");
    }
}

#[test]
fn a_file_that_keeps_its_trail_running_cannot_stop_it() {
    let file = include_str!("../../baselines/logging.toml");
    let documents = printed(&wanted(file), &request(Purpose::Apply));
    assert!(actions(&documents).contains("cloudtrail:StartLogging"));
    for action in
        ["cloudtrail:StopLogging", "kms:DisableKey", "s3:DeleteBucket", "iam:CreateRole", "ec2:CreateVpc"]
    {
        assert!(!actions(&documents).contains(action), "{action} is of no use to this file");
    }
}

#[test]
fn roles_take_no_policy_that_the_file_does_not_name() {
    let documents = printed(&landing_zone(), &request(Purpose::Apply));
    let attach = statements(&documents).into_iter().find(|s| texts(&s["Action"]) == ["iam:AttachRolePolicy"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(attach.unwrap()).unwrap(), @r#"
    {
      "Action": "iam:AttachRolePolicy",
      "Condition": {
        "ArnEquals": {
          "iam:PolicyARN": "arn:aws:iam::aws:policy/SecurityAudit"
        }
      },
      "Effect": "Allow",
      "Resource": [
        "arn:aws:iam::123456789012:role/landing-zone-auditor",
        "arn:aws:iam::123456789012:role/landing-zone-web"
      ],
      "Sid": "AttachOnlyDeclaredPolicies"
    }
    "#);
}

#[test]
fn what_apply_may_settle_of_users_is_covered_before_it_is_known_who_they_are() {
    let text = "name = 'x'\nregion = 'us-east-1'\n[users]\non_stale_key = 'deactivate'\n";
    let documents = printed(&wanted(text), &request(Purpose::Apply));
    for action in ["iam:CreateGroup", "iam:AddUserToGroup", "iam:UpdateAccessKey"] {
        assert!(actions(&documents).contains(action), "{action} is missing");
    }
}
