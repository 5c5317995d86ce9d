//! Topics: made, shown, changed and deleted.

use serde_json::json;

use super::state::Topic;
use crate::sandbox::context::Context;
use crate::sandbox::policy::{Document, Problem, Use};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateTopic", create),
    operation("DeleteTopic", delete),
    operation("GetTopicAttributes", attributes),
    operation("ListTopics", list),
    operation("SetTopicAttributes", set),
];

/// Topics on one page (ListTopics).
const PAGE: usize = 100;

/// Attributes that AWS has and the sandbox does not carry out (CreateTopic, SetTopicAttributes).
const MISSING: [&str; 24] = [
    "ApplicationFailureFeedbackRoleArn",
    "ApplicationSuccessFeedbackRoleArn",
    "ApplicationSuccessFeedbackSampleRate",
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DeliveryPolicy",
    "FifoThroughputScope",
    "FifoTopic",
    "FirehoseFailureFeedbackRoleArn",
    "FirehoseSuccessFeedbackRoleArn",
    "FirehoseSuccessFeedbackSampleRate",
    "HTTPFailureFeedbackRoleArn",
    "HTTPSuccessFeedbackRoleArn",
    "HTTPSuccessFeedbackSampleRate",
    "KmsMasterKeyId",
    "LambdaFailureFeedbackRoleArn",
    "LambdaSuccessFeedbackRoleArn",
    "LambdaSuccessFeedbackSampleRate",
    "SQSFailureFeedbackRoleArn",
    "SQSSuccessFeedbackRoleArn",
    "SQSSuccessFeedbackSampleRate",
    "SignatureVersion",
    "TracingConfig",
];

fn invalid(message: impl AsRef<str>) -> Fault {
    Fault::client("InvalidParameter", format!("Invalid parameter: {}", message.as_ref()))
}

fn not_there() -> Fault {
    Fault::new(404, "NotFound", "Topic does not exist")
}

fn not_implemented(what: &str) -> Fault {
    Fault::not_implemented(&format!("{what} of topics"))
}

/// The policy of a topic that is made without one: whatever is done on behalf of its own account.
fn default_policy(arn: &str, account: &str) -> Document {
    let actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    let policy = json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceAccount": account } },
        }],
    });
    Document::trusted(policy.to_string())
}

/// The name of a topic of this account and region, by its ARN.
fn named(cx: &Context<'_>, params: &Params) -> Result<String, Fault> {
    let arn = params.required("TopicArn").map_err(|_| invalid("TopicArn"))?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "sns", region, account, name] = parts[..] else {
        return Err(invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1"));
    };
    if region != cx.region {
        return Err(invalid("TopicArn"));
    }
    if account != cx.account_id() {
        return Err(not_implemented("calls about those of other accounts, and of metadata"));
    }
    Ok(name.to_owned())
}

fn topic<'a>(cx: &'a mut Context<'_>, params: &Params) -> Result<&'a mut Topic, Fault> {
    let name = named(cx, params)?;
    cx.home().sns.topics.get_mut(&name).ok_or_else(not_there)
}

fn read_policy(cx: &Context<'_>, text: &str) -> Result<Document, Fault> {
    Document::read(cx.world, cx.lens(), text, Use::Resource).map_err(|problem| match problem {
        Problem::Syntax(_) => invalid("Policy Error: null"),
        Problem::Principal(_) => invalid("Policy statement: Invalid principal in policy"),
    })
}

/// Sets one attribute.
fn change(cx: &Context<'_>, topic: &mut Topic, name: &str, value: &str) -> Result<(), Fault> {
    match name {
        "Policy" => topic.policy = read_policy(cx, value)?,
        "DisplayName" if value.chars().count() > 100 => return Err(invalid("DisplayName")),
        "DisplayName" => value.clone_into(&mut topic.display_name),
        known if MISSING.contains(&known) => return Err(not_implemented(known)),
        _ => return Err(invalid("AttributeName")),
    }
    Ok(())
}

/// The same again is answered with what is there.
fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("Name").map_err(|_| invalid("Topic Name"))?;
    if name.ends_with(".fifo") {
        return Err(not_implemented("order, as those have whose names end in .fifo"));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.len() > 256 || !name.bytes().all(is_letter) {
        return Err(invalid("Topic Name"));
    }
    if let Some(unknown) = ["Tags", "DataProtectionPolicy"].into_iter().find(|name| params.has(name)) {
        return Err(not_implemented(unknown));
    }
    let arn = cx.arn("sns", name);
    let mut made = Topic { display_name: String::new(), policy: default_policy(&arn, cx.account_id()) };
    let attributes = params.map("Attributes").map(|map| map.maps("entry")).unwrap_or_default();
    for entry in &attributes {
        let value = entry.text("value").unwrap_or_default();
        change(cx, &mut made, entry.text("key").unwrap_or_default(), value)?;
    }
    let topics = &mut cx.home().sns.topics;
    match topics.get(name) {
        Some(known) if attributes.is_empty() || same(known, &made) => {}
        Some(_) => return Err(invalid("Attributes Reason: Topic already exists with different attributes")),
        None => {
            topics.insert(name.to_owned(), made);
        }
    }
    Ok(Fields::new().with("TopicArn", arn).into())
}

fn same(one: &Topic, other: &Topic) -> bool {
    one.display_name == other.display_name && one.policy.written() == other.policy.written()
}

/// One that is not there is no error (DeleteTopic).
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = named(cx, params)?;
    cx.home().sns.topics.remove(&name);
    Ok(Answer::empty())
}

fn set(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let attribute = params.required("AttributeName").map_err(|_| invalid("AttributeName"))?;
    let value = params.text("AttributeValue").unwrap_or_default();
    let mut after = topic(cx, params)?.clone();
    change(cx, &mut after, attribute, value)?;
    *topic(cx, params)? = after;
    Ok(Answer::empty())
}

fn attributes(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, owner) = (named(cx, params)?, cx.account_id().to_owned());
    let arn = cx.arn("sns", &name);
    let topic = topic(cx, params)?.clone();
    let delivery = json!({ "http": { "defaultHealthyRetryPolicy": {
        "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0,
        "numNoDelayRetries": 0, "numMinDelayRetries": 0, "backoffFunction": "linear",
    }, "disableSubscriptionOverrides": false } });
    let rows = [
        ("DisplayName", topic.display_name),
        ("EffectiveDeliveryPolicy", delivery.to_string()),
        ("Owner", owner),
        ("Policy", topic.policy.shown(cx.world).into_owned()),
        ("SubscriptionsConfirmed", "0".to_owned()),
        ("SubscriptionsDeleted", "0".to_owned()),
        ("SubscriptionsPending", "0".to_owned()),
        ("TopicArn", arn),
    ];
    let entry = |(key, value): (&'static str, String)| Fields::new().with("key", key).with("value", value);
    Ok(Fields::new().with("Attributes", Node::named("entry", rows.into_iter().map(entry))).into())
}

fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let names: Vec<String> = cx.home().sns.topics.keys().cloned().collect();
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let (names, next) = cx.page(names, String::clone, token, PAGE).map_err(|_| invalid("NextToken"))?;
    let shown = names.iter().map(|name| Fields::new().with("TopicArn", cx.arn("sns", name)));
    Ok(Fields::new().list("Topics", shown).maybe("NextToken", next).into())
}
