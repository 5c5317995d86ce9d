//! A flow log of a VPC, delivered to a bucket (NET-8, NET-9).

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType, UnsuccessfulItem,
};
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::obstacle::{is_itself, obstacle};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Replace, Resource, State,
    Update, by_tag, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec};

/// A flow log. AWS can change nothing of it in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowLog {
    /// The VPC's id.
    pub vpc: Link,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// The bucket's ARN, with a prefix behind a slash where there is one.
    pub destination: String,
    /// Seconds of traffic a record covers: 60 or 600.
    pub aggregation_seconds: i64,
}

/// What can be changed where another one is in the way.
const OTHERWISE: &str = "delete that one, or declare another bucket";

impl ResourceSpec for FlowLog {
    const KIND: &'static str = "ec2.flow-log";
}

/// Flow logs.
pub struct FlowLogs;

impl Resource for FlowLogs {
    type Spec = FlowLog;
    const META: KindMeta = KindMeta {
        immutable: &["vpc", "traffic", "destination", "aggregation_seconds"],
        replace: Replace::DeleteFirst,
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeFlowLogs"],
        write_actions: &["ec2:CreateFlowLogs", "ec2:CreateTags", "ec2:DeleteFlowLogs"],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<FlowLog>>) -> Vec<ReadResult<FlowLog>> {
        let pages = || account.ec2.describe_flow_logs().filter(owned_filter(account)).all_items();
        match account.call(pages).await {
            Ok(logs) => by_tag(
                account,
                asked,
                logs.iter().filter_map(|log| Some((owner(log.tags())?, found(log)))).collect(),
            ),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &FlowLog) -> Result<(), Error> {
        let seconds = i32::try_from(wanted.aggregation_seconds).map_err(Error::internal)?;
        let request = account
            .ec2
            .create_flow_logs()
            .resource_type(FlowLogsResourceType::Vpc)
            .resource_ids(wanted.vpc.id()?)
            .traffic_type(TrafficType::from(wanted.traffic.as_str()))
            .log_destination_type(LogDestinationType::S3)
            .log_destination(&wanted.destination)
            .max_aggregation_interval(seconds)
            .tag_specifications(specification(account, addr, ResourceType::VpcFlowLog));
        let answer = account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        match refusal("CreateFlowLogs", answer.unsuccessful()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    async fn update(account: &Account, update: &Update<FlowLog>) -> Result<(), Error> {
        if update.adopt {
            adopt(account, &update.addr, update.output("id")?).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<FlowLog>) -> Result<(), Error> {
        let request = account.ec2.delete_flow_logs().flow_log_ids(request.output("id")?);
        let answer = account.find(|| request.clone().send()).await?;
        let refusal = answer.and_then(|answer| refusal("DeleteFlowLogs", answer.unsuccessful()));
        match refusal {
            Some(error) if !error.is_not_found() => Err(error),
            Some(_) | None => Ok(()),
        }
    }

    async fn holders(account: &Account, asked: &[ReadRequest<FlowLog>]) -> Result<Holders<FlowLog>, Error> {
        let vpcs: BTreeSet<String> =
            asked.iter().filter_map(|question| question.wanted.vpc.id().ok().map(str::to_owned)).collect();
        if vpcs.is_empty() {
            return Ok(Vec::new());
        }
        let request = account.ec2.describe_flow_logs().filter(filter("resource-id", vpcs));
        let logs: Vec<aws_sdk_ec2::types::FlowLog> = account.call(|| request.clone().all_items()).await?;
        let mut holders = Vec::new();
        for ReadRequest { addr, wanted } in asked {
            // AWS takes no second log with the same source, traffic and destination (NET-9).
            let same = |log: &&aws_sdk_ec2::types::FlowLog| {
                wanted.vpc.id().is_ok_and(|vpc| log.resource_id() == Some(vpc))
                    && log.log_destination() == Some(wanted.destination.as_str())
                    && log.traffic_type().map(TrafficType::as_str) == Some(wanted.traffic.as_str())
            };
            let Some(log) = logs.iter().find(same) else { continue };
            let (holder, live) = (owner(log.tags()), found(log));
            // What somebody set up otherwise is not deleted to be made anew.
            let equal = live.attributes.aggregation_seconds == wanted.aggregation_seconds;
            let holder = if is_itself(account, addr, holder.as_ref()) && equal {
                Holder::Itself(Box::new(live))
            } else {
                let id = log.flow_log_id().unwrap_or_default();
                let message = format!(
                    "{} has a flow log to {} already: {id}",
                    live.attributes.vpc.id()?,
                    wanted.destination
                );
                Holder::Another(obstacle(account, holder.as_ref(), &message, OTHERWISE))
            };
            holders.push((addr.clone(), holder));
        }
        Ok(holders)
    }

    fn example(_: u8) -> FlowLog {
        FlowLog {
            vpc: Vpc::output("main", "id"),
            traffic: "ALL".into(),
            destination: "arn:aws:s3:::example-flow-logs".into(),
            aggregation_seconds: 600,
        }
    }
}

/// The failure inside an answer with status 200 (NET-9); one thing is sent, so there is at most one.
fn refusal(operation: &str, unsuccessful: &[UnsuccessfulItem]) -> Option<Error> {
    let item = unsuccessful.first()?;
    let (code, message) = item.error().map_or((None, None), |error| (error.code(), error.message()));
    Some(Error::reported(
        "ec2",
        operation,
        code.unwrap_or_default(),
        message.unwrap_or("AWS gave no reason; run it again"),
    ))
}

fn found(log: &aws_sdk_ec2::types::FlowLog) -> Found<FlowLog> {
    // Nothing is reported before the first delivery.
    let state = match log.deliver_logs_status() {
        Some(status) if status.eq_ignore_ascii_case("failed") => State::Broken(format!(
            "delivery fails: {}; check the policy and the encryption key of {}",
            log.deliver_logs_error_message().unwrap_or("AWS gave no reason"),
            log.log_destination().unwrap_or("the destination"),
        )),
        Some(_) | None => State::Ready,
    };
    Found {
        attributes: FlowLog {
            vpc: Link::from(log.resource_id().unwrap_or_default()),
            traffic: log.traffic_type().map_or("", TrafficType::as_str).to_owned(),
            destination: log.log_destination().unwrap_or_default().to_owned(),
            aggregation_seconds: log.max_aggregation_interval().map_or(600, i64::from),
        },
        outputs: [("id", log.flow_log_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(log.tags()),
        tags: tags(log.tags()),
        state,
        remarks: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::UnsuccessfulItemError;

    use super::*;

    #[test]
    fn a_failure_inside_a_success_is_a_failure() {
        let error = UnsuccessfulItemError::builder()
            .code("FlowLogAlreadyExists")
            .message("there is an existing Flow Log with the same configuration and log destination")
            .build();
        let refused = refusal("CreateFlowLogs", &[UnsuccessfulItem::builder().error(error).build()]).unwrap();
        assert_eq!(refused.code, "FlowLogAlreadyExists");
        assert_eq!(refusal("CreateFlowLogs", &[]), None);
    }

    #[test]
    fn a_log_that_cannot_deliver_is_broken() {
        let log = aws_sdk_ec2::types::FlowLog::builder().flow_log_id("fl-1");
        assert_eq!(found(&log.clone().build()).state, State::Ready);
        assert_eq!(found(&log.clone().deliver_logs_status("SUCCESS").build()).state, State::Ready);
        let failed = log.deliver_logs_status("FAILED").deliver_logs_error_message("Access error").build();
        assert!(matches!(found(&failed).state, State::Broken(why) if why.contains("Access error")));
    }
}
