//! Questions that others have published with AWS's answers, as facts in a form of our own: what is asked, what policies there are,
//! and the verdict. They follow the published cases of cloud-copilot's iam-simulate, which is under the AGPL 3.0 or later: what it
//! asks and what AWS answers are told here in other words, and nothing of its code or its files is here.
//!
//! Left out are what is no evaluation of policies (names that a service reserves for itself, endpoints of VPCs, tags on buckets, a
//! simulator's own modes) and `sts:GetCallerIdentity`, which needs no permission. One published case says that a session policy limits
//! what a bucket grants to the session itself; AWS's page on session policies says that it does not, and is followed here.

use serde_json::Value as Json;

use super::*;

const CASES: &str = include_str!("published_cases.jsonl");

/// What moto's tests of access control ask (Apache 2.0, `tests/test_core/test_auth.py`), likewise. Left out are signatures and keys that
/// do not exist, `sts:GetCallerIdentity`, and that moto lets a role be assumed which nobody has made.
const OF_MOTO: &str = include_str!("moto_cases.jsonl");

fn policy_of(statements: &Json) -> Policy {
    let document = serde_json::json!({ "Version": "2012-10-17", "Statement": statements });
    Policy::of(&document).unwrap_or_else(|error| panic!("{document}: {error}"))
}

fn policies(list: &Json) -> Vec<Policy> {
    list.as_array().into_iter().flatten().map(policy_of).collect()
}

fn answer(case: &Json) -> &'static str {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let arn = text("who");
    let account = arn.split(':').nth(4).unwrap_or_default();
    let role = arn.split('/').nth(1).unwrap_or_default();
    let behind = format!("arn:aws:iam::{account}:role/{role}");
    let identity = if arn.contains(":assumed-role/") { behind.as_str() } else { arn };
    let who = match arn {
        "*" => Who::Anonymous,
        service if service.ends_with(".amazonaws.com") => Who::Service(service),
        _ => Who::Aws { account, arn, identity },
    };
    let mut context = Context::complete();
    for (key, value) in case["context"].as_object().into_iter().flatten() {
        let values = match value {
            Json::Array(values) => {
                values.iter().map(|value| value.as_str().unwrap_or_default().to_owned()).collect()
            }
            other => vec![other.as_str().unwrap_or_default().to_owned()],
        };
        context = context.with_all(key, values);
    }
    let of_identity = policies(&case["identity"]);
    let one = |key: &str| case.get(key).map(policy_of);
    let (resource, boundary, session) = (one("on_resource"), one("boundary"), one("session"));
    // A service control policy limits principals of the organization and nobody else.
    let in_organization = matches!(who, Who::Aws { .. });
    let mut control = if in_organization { policies(&case["service_control"]) } else { Vec::new() };
    // A resource control policy limits what AWS allows everywhere by a policy of its own.
    control.extend(case["resource_control"].as_array().into_iter().flatten().map(|statements| {
        let mut statements = statements.as_array().cloned().unwrap_or_default();
        statements
            .push(serde_json::json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }));
        policy_of(&Json::Array(statements))
    }));
    let layers = Layers {
        identity: &of_identity.iter().collect::<Vec<_>>(),
        resource: resource.as_ref(),
        boundary: boundary.as_ref(),
        session: session.as_ref(),
        control: &control.iter().collect::<Vec<_>>(),
        resource_decides: text("action") == "sts:AssumeRole"
            || (text("action").starts_with("kms:") && text("resource").contains(":key/")),
        across_accounts: matches!(who, Who::Aws { .. }) && account != text("account"),
    };
    let ask = Ask { who, action: text("action"), resource: text("resource"), context: &context };
    match evaluate(&layers, &ask) {
        Verdict::Allowed(_) => "allowed",
        Verdict::Denied(_) => "denied",
        Verdict::NotAllowed => "not allowed",
    }
}

#[test]
fn published_questions_are_answered_as_aws_answers_them() {
    let lines = CASES.lines().chain(OF_MOTO.lines());
    let cases: Vec<Json> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| answer(case) != case["verdict"])
        .map(|case| format!("{} instead of {case}", answer(case)))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
