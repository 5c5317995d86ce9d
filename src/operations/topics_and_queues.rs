//! SNS and SQS: the policies of topics and of queues.

use super::grant::{Grant, Names, Scope};
use super::operation::Operation;

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("sns", "ListTopics"),
    Operation::read("sns", "GetTopicAttributes").on(|_, names| vec![every(names, "ReadTopics", "sns")]),
    Operation::read("sqs", "ListQueues"),
    Operation::read("sqs", "GetQueueAttributes").on(|_, names| vec![every(names, "ReadQueues", "sqs")]),
];

fn every(names: &Names<'_>, sid: &str, service: &str) -> Grant {
    let Scope { partition, account, .. } = names.scope;
    names.named(sid, [format!("arn:{partition}:{service}:*:{account}:*")])
}
