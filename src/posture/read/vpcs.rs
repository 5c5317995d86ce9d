//! VPCs with their flow logs, and network ACLs, of one region.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{NetworkAclEntry, RuleAction, TrafficType};

use crate::aws::{Account, Error, Items as _};
use crate::posture::facts::{AclEntry, NetworkAcl, Vpc};

/// The account's VPCs, in two calls: those that others share with it are theirs to watch.
pub(super) async fn vpcs(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<Vpc>, Error> {
    let vpcs = account.call(|| ec2.describe_vpcs().all_items());
    let logs = account.call(|| ec2.describe_flow_logs().all_items());
    let (vpcs, logs) = tokio::join!(vpcs, logs);
    // Where both are refused, the same one is told, whichever came first.
    let (vpcs, logs) = (vpcs?, logs?);
    // One of accepted traffic alone shows nobody who tries the doors (CIS, EC2.6).
    let recording = logs.iter().filter(|log| {
        log.flow_log_status() == Some("ACTIVE") && log.traffic_type() != Some(&TrafficType::Accept)
    });
    let recorded: BTreeSet<&str> = recording.filter_map(|log| log.resource_id()).collect();
    let own = vpcs.iter().filter(|vpc| vpc.owner_id().is_none_or(|owner| owner == account.id()));
    let read = own.map(|vpc| {
        let id = vpc.vpc_id().unwrap_or_default();
        Vpc { id: id.to_owned(), flow_logs: recorded.contains(id) }
    });
    Ok(read.collect())
}

/// The account's network ACLs that guard a subnet.
pub(super) async fn network_acls(
    account: &Account,
    ec2: &aws_sdk_ec2::Client,
) -> Result<Vec<NetworkAcl>, Error> {
    let acls = account.call(|| ec2.describe_network_acls().all_items()).await?;
    let own = acls.iter().filter(|acl| acl.owner_id().is_none_or(|owner| owner == account.id()));
    let guarding = own.filter(|acl| !acl.associations().is_empty());
    let read = guarding.map(|acl| {
        let mut entries: Vec<AclEntry> =
            acl.entries().iter().filter(|entry| entry.egress() != Some(true)).filter_map(entry).collect();
        entries.sort_by_key(|entry| entry.number);
        NetworkAcl {
            id: acl.network_acl_id().unwrap_or_default().to_owned(),
            subnets: acl.associations().len(),
            entries,
        }
    });
    Ok(read.collect())
}

fn entry(live: &NetworkAclEntry) -> Option<AclEntry> {
    let port = |port: Option<i32>| port.and_then(|port| u16::try_from(port).ok());
    let ports = live.port_range().and_then(|range| port(range.from()).zip(port(range.to())));
    Some(AclEntry {
        number: live.rule_number().unwrap_or_default().into(),
        allow: live.rule_action() == Some(&RuleAction::Allow),
        protocol: live.protocol().unwrap_or_default().to_owned(),
        ports,
        range: live.cidr_block().or(live.ipv6_cidr_block())?.to_owned(),
    })
}
