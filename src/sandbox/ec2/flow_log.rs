//! Flow logs (NET-8, NET-9).

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::resource_id::{FLOW_LOG, IdKind, NETWORK_INTERFACE, SUBNET, VPC};
use super::state::{State, View, current, ids_of};
use super::tags::requested;
use super::{Versioned, flow_log_bucket};
use crate::sandbox::context::Context;
use crate::sandbox::iam::can_be_assumed;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A flow log; nothing of it but its tags ever changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// The id of the VPC, subnet or network interface.
    pub resource: String,
    /// `ACCEPT`, `REJECT` or `ALL`.
    pub traffic: String,
    /// `s3` or `cloud-watch-logs`.
    pub destination_type: String,
    /// The ARN of bucket and prefix, or of the log group.
    pub destination: Option<String>,
    /// The log group's name.
    pub log_group: Option<String>,
    /// The ARN of the role that writes to the log group.
    pub role: Option<String>,
    /// The fields of a record.
    pub format: String,
    /// Seconds of traffic that a record covers.
    pub interval: i64,
    /// How files are laid out in the bucket: format, Hive prefixes, one folder an hour.
    pub files: Option<(String, bool, bool)>,
}

/// The fields of a record where a request names none.
const DEFAULT_FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} \
                              ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/// Operations on flow logs.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateFlowLogs", create_flow_logs),
    operation("DescribeFlowLogs", describe_flow_logs),
    operation("DeleteFlowLogs", delete_flow_logs),
];

fn show(ec2: &State, view: &View, id: &str, created: i64, log: &FlowLog) -> Fields {
    let files = log.files.as_ref().map(|(format, hive, hourly)| {
        Fields::new()
            .with("fileFormat", format)
            .with("hiveCompatiblePartitions", *hive)
            .with("perHourPartition", *hourly)
    });
    let shown = Fields::new()
        .time("creationTime", created)
        .maybe("deliverLogsPermissionArn", log.role.as_ref())
        .with("deliverLogsStatus", "SUCCESS")
        .with("flowLogId", id)
        .with("flowLogStatus", "ACTIVE")
        .maybe("logGroupName", log.log_group.as_ref())
        .with("resourceId", &log.resource)
        .with("trafficType", &log.traffic)
        .with("logDestinationType", &log.destination_type)
        .maybe("logDestination", log.destination.as_ref())
        .with("logFormat", &log.format)
        .with("maxAggregationInterval", log.interval)
        .maybe("destinationOptions", files);
    ec2.with_tags(shown, view.lens, id)
}

fn nowhere() -> Fault {
    let message = "LogDestination can't be empty if LogGroupName is not provided.";
    Fault::client("InvalidParameter", message)
}

/// Reads what a request asks for, for a resource that is filled in later.
fn read(params: &Params) -> Result<FlowLog, Fault> {
    let traffic = params.choice("TrafficType", &["ACCEPT", "REJECT", "ALL"])?;
    let traffic = traffic.ok_or_else(|| params.missing("TrafficType"))?.to_owned();
    let kind =
        params.choice("LogDestinationType", &["cloud-watch-logs", "s3"])?.unwrap_or("cloud-watch-logs");
    let interval = params.number("MaxAggregationInterval")?.unwrap_or(600);
    if ![60, 600].contains(&interval) {
        return Err(Fault::client("InvalidParameter", "Invalid Flow Log Max Aggregation Interval"));
    }
    let (destination, group) = (params.text("LogDestination"), params.text("LogGroupName"));
    let role = params.text("DeliverLogsPermissionArn");
    let mut files = None;
    if kind == "s3" {
        if group.is_some() || role.is_some() {
            let name = if group.is_some() { "LogGroupName" } else { "DeliverLogsPermissionArn" };
            let message = format!("LogDestination type must be cloud-watch-logs if {name} is provided.");
            return Err(Fault::client("InvalidParameter", message));
        }
        if destination.is_none() {
            return Err(nowhere());
        }
        let empty = Params::default();
        let options = params.map("DestinationOptions").unwrap_or(&empty);
        let format = options.choice("FileFormat", &["plain-text", "parquet"])?.unwrap_or("plain-text");
        let flag = |name| Ok::<_, Fault>(options.flag(name)?.unwrap_or(false));
        if params.has("DestinationOptions") {
            files = Some((format.to_owned(), flag("HiveCompatiblePartitions")?, flag("PerHourPartition")?));
        }
    } else if group.is_none() && destination.is_none() {
        return Err(nowhere());
    } else if role.is_none() {
        let message = "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.";
        return Err(Fault::client("InvalidParameter", message));
    }
    Ok(FlowLog {
        resource: String::new(),
        traffic,
        destination_type: kind.to_owned(),
        destination: destination.map(str::to_owned),
        log_group: group.map(str::to_owned),
        role: role.map(str::to_owned),
        format: params.text("LogFormat").unwrap_or(DEFAULT_FORMAT).to_owned(),
        interval,
        files,
    })
}

fn exists(ec2: &State, kind: &IdKind, lens: Lens, id: &str) -> Result<(), Fault> {
    match kind.prefix {
        "vpc-" => ec2.vpc(lens, id).map(drop),
        "subnet-" => ec2.subnet(lens, id).map(drop),
        _ => NETWORK_INTERFACE.find(&ec2.network_interfaces, lens, id).map(drop),
    }
}

/// One element of the list of failures that a 200 carries (NET-9).
fn failed(resource: &str, fault: &Fault) -> Fields {
    let error = Fields::new().with("code", &*fault.code).with("message", &fault.message);
    Fields::new().with("resourceId", resource).with("error", error)
}

fn create_flow_logs(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let kind = match params.required("ResourceType")? {
        "VPC" => &VPC,
        "Subnet" => &SUBNET,
        "NetworkInterface" => &NETWORK_INTERFACE,
        _ => return Err(params.invalid("ResourceType", "must be one of [VPC, Subnet, NetworkInterface]")),
    };
    let resources: Vec<String> = params.texts("ResourceId").into_iter().map(str::to_owned).collect();
    if resources.is_empty() {
        return Err(params.missing("ResourceId"));
    }
    let wanted = read(params)?;
    let tags = requested(params, &FLOW_LOG)?;
    for id in &resources {
        kind.check(id)?;
    }
    let token = params.text("ClientToken").map(str::to_owned);
    let claim = current(cx).claim("CreateFlowLogs", params)?;
    if let Some(made) = claim.as_ref().and_then(|claim| claim.made.as_ref()) {
        return Ok(Fields::new().maybe("clientToken", token).list("flowLogIdSet", made).into());
    }
    for id in &resources {
        exists(&cx.home().ec2, kind, view.lens, id)?;
    }
    if let Some(role) = &wanted.role {
        // The role that writes into a log group (NET-8).
        let source = cx.arn("ec2", "vpc-flow-log/*");
        if !can_be_assumed(cx, role, "vpc-flow-logs.amazonaws.com", &source) {
            return Err(Fault::client("InvalidParameter", "Unable to assume given IAM role"));
        }
    }
    let delivery = match &wanted.destination {
        Some(destination) if wanted.destination_type == "s3" => {
            flow_log_bucket::prepare(cx, destination).err()
        }
        _ => None,
    };
    let mut ids = ids_of(cx);
    let ec2 = &mut cx.home().ec2;
    let (mut made, mut failures) = (Vec::new(), Vec::new());
    for resource in resources {
        let log = FlowLog { resource: resource.clone(), ..wanted.clone() };
        if let Some(fault) = &delivery {
            failures.push(failed(&resource, fault));
            continue;
        }
        // The same source, traffic and destination may be logged once (NET-9).
        let same = |other: &Versioned<FlowLog>| {
            let other = other.truth();
            other.resource == log.resource
                && other.destination == log.destination
                && other.log_group == log.log_group
                && other.traffic == log.traffic
        };
        if ec2.flow_logs.values().any(same) {
            let message =
                "Error. There is an existing Flow Log with the same configuration and log destination.";
            failures.push(failed(&resource, &Fault::client("FlowLogAlreadyExists", message)));
            continue;
        }
        let id = ids.id("fl-");
        ec2.tag_new(&id, tags.clone(), now);
        ec2.flow_logs.insert(id.clone(), Versioned::new(log, now));
        made.push(id);
    }
    ec2.keep(claim.filter(|_| failures.is_empty()), &made);
    cx.world.ids = ids;
    Ok(Fields::new()
        .maybe("clientToken", token)
        .list("flowLogIdSet", made)
        .list("unsuccessful", failures)
        .into())
}

const LISTING: Listing = Listing {
    set: "flowLogSet",
    key: "flowLogId",
    ids: Some(("FlowLogId", &FLOW_LOG)),
    filters: &[
        ("deliver-log-status", "deliverLogsStatus"),
        ("log-destination-type", "logDestinationType"),
        ("flow-log-id", "flowLogId"),
        ("log-group-name", "logGroupName"),
        ("resource-id", "resourceId"),
        ("traffic-type", "trafficType"),
    ],
    tagged: true,
    pages: Some((1, 1000)),
};

fn describe_flow_logs(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row = |(id, log): (&String, &Versioned<FlowLog>)| {
        Some(show(ec2, &view, id, log.created, log.seen(view.lens, id)?))
    };
    let rows = ec2.flow_logs.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn delete_flow_logs(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ids = params.texts("FlowLogId");
    if ids.is_empty() {
        return Err(params.missing("FlowLogId"));
    }
    let ec2 = &mut cx.home().ec2;
    let mut failures = Vec::new();
    for id in ids {
        match FLOW_LOG.find(&ec2.flow_logs, lens, id) {
            Ok(_) => {
                ec2.flow_logs.remove(id);
                ec2.tags.remove(id);
            }
            Err(fault) => failures.push(failed(id, &fault)),
        }
    }
    Ok(Fields::new().list("unsuccessful", failures).into())
}
