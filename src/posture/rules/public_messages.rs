//! Topics and queues that the world, or every AWS customer, can use.

use super::outsiders::{Outsider, outsiders};
use crate::policy::{Ask, Condition, Policy, Statement, Truth, open_statements};
use crate::posture::asked::AuditAsked;
use crate::posture::control::{hub, nist};
use crate::posture::facts::MessagePlace;
use crate::posture::findings::{Findings, Found};
use crate::posture::{Facts, Resource, Rule, Severity};

/// No topic lets everybody in.
pub const TOPICS: Rule = Rule {
    id: "public-topic",
    title: "no topic lets everybody in",
    severity: Severity::High,
    practice: 9,
    controls: &[hub("SNS.4"), nist("AC-3"), nist("AC-4"), nist("AC-6"), nist("SC-7")],
    risk: "strangers read what is published, or publish themselves to whatever acts on it",
    remedy: "Name who needs the topic as the principal, or bind the statement by an account, organization or source.",
    calls: &["ec2:DescribeRegions", "sns:ListTopics", "sns:GetTopicAttributes"],
};

/// No queue lets everybody in.
pub const QUEUES: Rule = Rule {
    id: "public-queue",
    title: "no queue lets everybody in",
    severity: Severity::High,
    practice: 9,
    controls: &[hub("SQS.3"), nist("AC-3"), nist("AC-4"), nist("AC-6"), nist("SC-7")],
    risk: "strangers take messages out, or put their own in for whatever acts on them",
    remedy: "Name who needs the queue as the principal, or bind the statement by an account, organization or source.",
    calls: &["ec2:DescribeRegions", "sqs:ListQueues", "sqs:GetQueueAttributes"],
};

/// What the policy of a topic can allow (SNS Developer Guide, "SNS API permissions").
const ON_TOPIC: [&str; 11] = [
    "sns:Publish",
    "sns:Subscribe",
    "sns:SetTopicAttributes",
    "sns:AddPermission",
    "sns:RemovePermission",
    "sns:DeleteTopic",
    "sns:PutDataProtectionPolicy",
    "sns:GetTopicAttributes",
    "sns:GetDataProtectionPolicy",
    "sns:ListSubscriptionsByTopic",
    "sns:ListTagsForResource",
];

/// What the policy of a queue can allow (SQS Developer Guide, "SQS API permissions").
const ON_QUEUE: [&str; 18] = [
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:PurgeQueue",
    "sqs:SetQueueAttributes",
    "sqs:AddPermission",
    "sqs:RemovePermission",
    "sqs:DeleteQueue",
    "sqs:ChangeMessageVisibility",
    "sqs:StartMessageMoveTask",
    "sqs:CancelMessageMoveTask",
    "sqs:TagQueue",
    "sqs:UntagQueue",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ListDeadLetterSourceQueues",
    "sqs:ListMessageMoveTasks",
    "sqs:ListQueueTags",
];

pub(in crate::posture) fn judge(facts: &Facts, asked: &AuditAsked, findings: &mut Findings) {
    let Some(demand) = &asked.private_topics_and_queues else { return };
    let rules: [&'static Rule; 2] = [&TOPICS, &QUEUES];
    let Some(regions) = findings.require(&rules, &facts.regions) else { return };
    let outsiders = outsiders(None);
    for (region, read) in regions {
        for (rule, kind, places, actions) in [
            (rules[0], "topic", &read.topics, ON_TOPIC.as_slice()),
            (rules[1], "queue", &read.queues, ON_QUEUE.as_slice()),
        ] {
            let Some(places) = findings.require(&[rule], places) else { continue };
            findings.checked(rule, places.len());
            for place in places {
                let Some(policy) = findings.require(&[rule], &place.policy) else { continue };
                let evidence = policy
                    .as_ref()
                    .map(|policy| open(policy, place, actions, &outsiders))
                    .unwrap_or_default();
                if evidence.is_empty() {
                    continue;
                }
                let found = Found {
                    resource: Resource { kind, id: place.arn.clone(), region: Some(region.clone()) },
                    message: format!("everybody can use the {kind} {}", place.name()),
                    evidence,
                    next: format!(
                        "name who needs it as its principal, or bind it by a fixed account, organization or source: {}",
                        place.command(region)
                    ),
                    origin: &demand.origin,
                };
                findings.report(rule, found);
            }
        }
    }
}

/// What its statements let everybody do, and nothing denies all outsiders. Public is what AWS calls so: a grant to everybody that no
/// condition binds to fixed values (AWS Config Developer Guide, `sns-topic-no-public-access` and `sqs-queue-no-public-access`).
fn open(policy: &Policy, place: &MessagePlace, actions: &[&str], outsiders: &[Outsider]) -> Vec<String> {
    let lets = |statement: &Statement, action: &str| {
        statement.covers_action(action)
            && outsiders.iter().any(|(who, context)| {
                let ask = Ask { who: *who, action, resource: &place.arn, context };
                statement.covers_resource(&place.arn, context) != Truth::No && policy.denying(&ask).is_none()
            })
    };
    open_statements(policy)
        .filter_map(|(statement, whom)| {
            let can: Vec<&str> = actions.iter().copied().filter(|action| lets(statement, action)).collect();
            let under: Vec<String> = statement.conditions.iter().map(Condition::shown).collect();
            let under = if under.is_empty() {
                String::new()
            } else {
                format!(", under conditions that bind nobody: {}", under.join("; "))
            };
            (!can.is_empty()).then(|| {
                format!("{} of its policy lets {whom} do {}{under}", statement.label, can.join(", "))
            })
        })
        .collect()
}
