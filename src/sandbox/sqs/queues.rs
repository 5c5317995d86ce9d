//! Queues: made, found, shown, changed and deleted.

use std::collections::BTreeMap;

use super::state::Queue;
use crate::partition;
use crate::sandbox::context::Context;
use crate::sandbox::policy::{Document, Use};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateQueue", create),
    operation("DeleteQueue", delete),
    operation("GetQueueAttributes", attributes),
    operation("GetQueueUrl", url),
    operation("ListQueues", list),
    operation("SetQueueAttributes", set),
];

/// Attributes that are numbers: the least and the most, and what they are where nobody says (CreateQueue).
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("DelaySeconds", 0, 900, 0),
    ("MaximumMessageSize", 1_024, 1_048_576, 1_048_576),
    ("MessageRetentionPeriod", 60, 1_209_600, 345_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 20, 0),
    ("VisibilityTimeout", 0, 43_200, 30),
];

/// Attributes that AWS has and the sandbox does not carry out.
const MISSING: [&str; 9] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
];

/// Attributes that nobody sets.
const SHOWN_ALONE: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// How long a name cannot be used again after its queue was deleted (DeleteQueue).
const RESTS: Milliseconds = 60_000;
/// Queues on one page, where the call asks for pages (ListQueues).
const PAGE: i64 = 1_000;

/// A refusal, with the code that it had before SQS spoke JSON, which clients still go by.
fn refused(code: &'static str, before: &str, message: impl Into<String>) -> Fault {
    Fault::client(code, message).header("x-amzn-query-error", format!("{before};Sender"))
}

fn not_there() -> Fault {
    let before = "AWS.SimpleQueueService.NonExistentQueue";
    refused("QueueDoesNotExist", before, "The specified queue does not exist.")
}

fn bad_value(name: &str) -> Fault {
    let message = format!("Invalid value for the parameter {name}.");
    refused("InvalidAttributeValue", "InvalidAttributeValue", message)
}

fn bad_name(name: &str) -> Fault {
    refused("InvalidAttributeName", "InvalidAttributeName", format!("Unknown Attribute {name}."))
}

fn not_implemented(what: &str) -> Fault {
    Fault::not_implemented(&format!("{what} of queues"))
}

fn missing(name: &str) -> Fault {
    let message = format!("The request must contain the parameter {name}.");
    refused("MissingRequiredParameterException", "MissingParameter", message)
}

/// The URL of a queue of this account and region.
fn url_of(cx: &Context<'_>, name: &str) -> String {
    let suffix = partition::of_region(&cx.region).map_or("amazonaws.com", |known| known.dns_suffix);
    format!("https://sqs.{}.{suffix}/{}/{name}", cx.region, cx.account_id())
}

/// The queue of a URL: its account and its name.
pub fn of_url(url: &str) -> Option<(&str, &str)> {
    let (rest, name) = url.rsplit_once('/')?;
    let account = rest.rsplit_once('/')?.1;
    (!name.is_empty() && account.len() == 12).then_some((account, name))
}

/// The name of the queue that a request is about.
fn named(cx: &Context<'_>, params: &Params) -> Result<String, Fault> {
    let url = params.required("QueueUrl").map_err(|_| missing("QueueUrl"))?;
    let (account, name) = of_url(url).ok_or_else(|| {
        let message = format!("The address {url} is not valid for this endpoint.");
        refused("InvalidAddress", "InvalidAddress", message)
    })?;
    if account != cx.account_id() {
        return Err(not_implemented("calls about those of other accounts, and of what they hold"));
    }
    Ok(name.to_owned())
}

fn queue<'a>(cx: &'a mut Context<'_>, params: &Params) -> Result<&'a mut Queue, Fault> {
    let name = named(cx, params)?;
    cx.home().sqs.queues.get_mut(&name).ok_or_else(not_there)
}

/// Sets the attributes of a request.
fn change(cx: &Context<'_>, queue: &mut Queue, params: &Params) -> Result<(), Fault> {
    for (name, _) in params.map("Attributes").into_iter().flat_map(Params::iter) {
        let value = params.map("Attributes").and_then(|map| map.text(name)).unwrap_or_default();
        if let Some((_, least, most, _)) = NUMBERS.iter().find(|(known, ..)| *known == name) {
            let number = value.parse().ok().filter(|number| (*least..=*most).contains(number));
            queue.numbers.insert(name.to_owned(), number.ok_or_else(|| bad_value(name))?);
        } else if name == "Policy" {
            let document = |text| Document::read(cx.world, cx.lens(), text, Use::Resource);
            let read = Some(value).filter(|text| !text.is_empty()).map(document).transpose();
            queue.policy = read.map_err(|_| bad_value(name))?;
        } else if MISSING.contains(&name) {
            return Err(not_implemented(name));
        } else {
            return Err(bad_name(name));
        }
    }
    Ok(())
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("QueueName").map_err(|_| missing("QueueName"))?;
    if name.ends_with(".fifo") {
        return Err(not_implemented("order, as those have whose names end in .fifo"));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.len() > 80 || !name.bytes().all(is_letter) {
        let message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
        return Err(refused("InvalidParameterValueException", "InvalidParameterValue", message));
    }
    if let Some(unknown) = ["tags", "Tags"].into_iter().find(|name| params.has(name)) {
        return Err(not_implemented(unknown));
    }
    let now = cx.now();
    let mut made = Queue { numbers: BTreeMap::new(), policy: None, created: now, changed: now };
    change(cx, &mut made, params)?;
    let url = url_of(cx, name);
    let sqs = &mut cx.home().sqs;
    if sqs.deleted.get(name).is_some_and(|at| now < at + RESTS) {
        let before = "AWS.SimpleQueueService.QueueDeletedRecently";
        let message = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
        return Err(refused("QueueDeletedRecently", before, message));
    }
    match sqs.queues.get(name) {
        // What the call does not name may be as it is.
        Some(known)
            if made.numbers.keys().all(|name| number(known, name) == number(&made, name))
                && made.policy.as_ref().is_none_or(|policy| {
                    known.policy.as_ref().is_some_and(|known| known.written() == policy.written())
                }) => {}
        Some(_) => {
            let message = "A queue already exists with the same name and a different value for an attribute";
            return Err(refused("QueueNameExists", "QueueAlreadyExists", message));
        }
        None => {
            sqs.queues.insert(name.to_owned(), made);
        }
    }
    Ok(Answer::empty().with("QueueUrl", url))
}

fn number(queue: &Queue, name: &str) -> i64 {
    let default = NUMBERS.iter().find(|(known, ..)| *known == name).map_or(0, |row| row.3);
    queue.numbers.get(name).copied().unwrap_or(default)
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, now) = (named(cx, params)?, cx.now());
    let sqs = &mut cx.home().sqs;
    sqs.queues.remove(&name).ok_or_else(not_there)?;
    sqs.deleted.retain(|_, at| now < *at + RESTS);
    sqs.deleted.insert(name, now);
    Ok(Answer::empty())
}

fn set(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    if params.map("Attributes").is_none() {
        return Err(missing("Attributes"));
    }
    let now = cx.now();
    let mut after = queue(cx, params)?.clone();
    change(cx, &mut after, params)?;
    after.changed = now;
    *queue(cx, params)? = after;
    Ok(Answer::empty())
}

fn attributes(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let asked = params.texts("AttributeNames");
    let known = |name: &&&str| {
        ["All", "Policy"].contains(*name)
            || SHOWN_ALONE.contains(*name)
            || MISSING.contains(*name)
            || NUMBERS.iter().any(|(known, ..)| known == *name)
    };
    if let Some(unknown) = asked.iter().find(|name| !known(name)) {
        return Err(bad_name(unknown));
    }
    let arn = cx.arn("sqs", named(cx, params)?);
    let queue = queue(cx, params)?.clone();
    let mut all: BTreeMap<String, String> =
        NUMBERS.iter().map(|(name, ..)| ((*name).to_owned(), number(&queue, name).to_string())).collect();
    all.extend(SHOWN_ALONE.map(|name| (name.to_owned(), "0".to_owned())));
    let seconds = |at: Milliseconds| (at / 1_000).to_string();
    all.insert("CreatedTimestamp".to_owned(), seconds(queue.created));
    all.insert("LastModifiedTimestamp".to_owned(), seconds(queue.changed));
    all.insert("QueueArn".to_owned(), arn);
    all.insert("SqsManagedSseEnabled".to_owned(), "true".to_owned());
    if let Some(policy) = &queue.policy {
        all.insert("Policy".to_owned(), policy.shown(cx.world).into_owned());
    }
    all.retain(|name, _| asked.contains(&"All") || asked.contains(&name.as_str()));
    // Where there is nothing to show, the member is left out.
    let shown = all.into_iter().fold(Fields::new(), |fields, (name, value)| fields.with(name, value));
    let shown = Some(shown).filter(|shown| !shown.is_empty());
    Ok(Fields::new().maybe("Attributes", shown).into())
}

fn url(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("QueueName").map_err(|_| missing("QueueName"))?;
    if params.text("QueueOwnerAWSAccountId").is_some_and(|owner| owner != cx.account_id()) {
        return Err(not_implemented("calls about those of other accounts, and of what they hold"));
    }
    if !cx.home().sqs.queues.contains_key(name) {
        return Err(not_there());
    }
    Ok(Answer::empty().with("QueueUrl", url_of(cx, name)))
}

/// All that there are, up to a thousand, or pages where the call says how large.
fn list(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let prefix = params.text("QueueNamePrefix").unwrap_or_default();
    let size = params.number_in("MaxResults", 1..=PAGE)?;
    let names = cx.home().sqs.queues.keys().filter(|name| name.starts_with(prefix));
    let names: Vec<String> = names.cloned().collect();
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let bad = |_| refused("InvalidParameterValueException", "InvalidParameterValue", "Invalid NextToken");
    let limit = usize::try_from(size.unwrap_or(PAGE)).unwrap_or(1_000);
    let (names, next) = cx.page(names, String::clone, token, limit).map_err(bad)?;
    let urls: Vec<String> = names.iter().map(|name| url_of(cx, name)).collect();
    let mut answer = Fields::new();
    if !urls.is_empty() {
        answer = answer.list("QueueUrls", urls);
    }
    Ok(answer.maybe("NextToken", next.filter(|_| size.is_some())).into())
}
