//! CloudWatch: the alarms of scaling groups.

use super::grant::Names;
use super::operation::Operation;

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("cloudwatch", "DescribeAlarms")
        .on(|_, names| vec![names.named("ListAlarms", [names.regional("cloudwatch", "alarm:*")])]),
    Operation::read("cloudwatch", "ListTagsForResource")
        .on(|_, names| vec![names.named("ReadAlarms", alarms(names))]),
    Operation::write("cloudwatch", "PutMetricAlarm", |_, names| {
        vec![names.named("WriteAlarms", alarms(names))]
    })
    .checks(
        &["cloudwatch:TagResource"],
        "Amazon CloudWatch API Reference, PutMetricAlarm: for an alarm that has tags from the start",
    )
    .where_declared(|declared| declared.has_members("steps")),
    Operation::write("cloudwatch", "DeleteAlarms", |_, names| {
        vec![names.named("WriteAlarms", alarms(names))]
    })
    .where_declared(|declared| declared.deletions || declared.has_members("steps")),
    Operation::write("cloudwatch", "TagResource", |_, names| {
        vec![names.named("TagAlarms", alarms(names)).tagging(names)]
    })
    .where_declared(|declared| declared.has_members("steps")),
];

fn alarms(names: &Names<'_>) -> Vec<String> {
    let groups = names.all("autoscaling.group", "group");
    groups.map(|name| names.regional("cloudwatch", &format!("alarm:{name}-scale-*"))).collect()
}
