//! The entries of network ACLs that hold for a while: denials of what is blocked, and the ways of whom is let in.

use std::time::Duration;

use aws_sdk_ec2::types::{NetworkAcl as LiveAcl, NetworkAclEntry, PortRange, RuleAction};
use ipnet::IpNet;
use tokio::time::sleep;

use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::ip_protocol;
use crate::kinds::ec2::tags::{owned_filter, owner};
use crate::kinds::ec2::temporary::{READS, forget, of_tags, time};
use crate::kinds::ec2_network_acl::order::LAST_NUMBER;
use crate::model::Addr;
use crate::temporary::{Acl, AclRule, AclWrite, Entry, Protocol, Subject};

/// A network ACL that this baseline made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAcl {
    /// Its id.
    pub id: String,
    /// Its address.
    pub addr: Addr,
    /// Its entries, and what its tags name.
    pub acl: Acl,
    /// How many tags it has.
    pub tags: usize,
}

/// Every network ACL of this baseline in the account's region, by address.
///
/// # Errors
/// Fails where they cannot be listed.
pub async fn own_acls(account: &Account) -> Result<Vec<OwnAcl>, Error> {
    let pages = || {
        let request = account.ec2.describe_network_acls().filters(owned_filter(account));
        request.all_items()
    };
    let acls: Vec<LiveAcl> = account.call(pages).await?;
    let own = |live: &LiveAcl| {
        Some(OwnAcl {
            id: live.network_acl_id()?.to_owned(),
            addr: owner(live.tags())?.addr()?,
            acl: acl(live),
            tags: live.tags().len(),
        })
    };
    let mut own: Vec<OwnAcl> = acls.iter().filter_map(own).collect();
    own.sort_by(|one, other| one.addr.cmp(&other.addr));
    Ok(own)
}

/// An ACL, as far as a temporary rule asks about it.
pub(in crate::kinds) fn acl(live: &LiveAcl) -> Acl {
    Acl { entries: live.entries().iter().filter_map(entry).collect(), temporary: of_tags(live.tags()) }
}

fn entry(live: &NetworkAclEntry) -> Option<Entry> {
    let number = live.rule_number().filter(|number| *number <= LAST_NUMBER)?;
    Some(Entry {
        number,
        egress: live.egress().unwrap_or_default(),
        rule: rule(live),
        is_v6: live.ipv6_cidr_block().is_some(),
    })
}

fn rule(live: &NetworkAclEntry) -> Option<AclRule> {
    let range: IpNet = live.cidr_block().or(live.ipv6_cidr_block())?.parse().ok()?;
    let allows = live.rule_action() == Some(&RuleAction::Allow);
    let protocol = match ip_protocol::name(live.protocol()?).as_str() {
        "all" if !allows => return Some(AclRule::DenyAll(range.trunc())),
        "tcp" if allows => Protocol::Tcp,
        "udp" if allows => Protocol::Udp,
        _ => return None,
    };
    let port = |port: Option<i32>| u16::try_from(port?).ok();
    let ports = live
        .port_range()
        .map_or(Some((0, u16::MAX)), |ports| Some((port(ports.from())?, port(ports.to())?)))?;
    Some(AclRule::Allow(range.trunc(), protocol, ports))
}

/// Writes what is missing of `mine`, for which the tags are there, and takes away what has ended or never became whole.
/// Done twice it is harmless.
///
/// # Errors
/// Fails where AWS refuses a write; what was written until then stays.
pub async fn settle_acl(account: &Account, id: &str, mine: &[Subject]) -> Result<(), Error> {
    let mut reading = 0;
    loop {
        reading += 1;
        let request = account.ec2.describe_network_acls().network_acl_ids(id);
        let answer = account.call(|| request.clone().send()).await?;
        let mut acl = answer.network_acls().first().map(acl).unwrap_or_default();
        let now = time(account);
        loop {
            let Some(write) = acl.next_write(now, mine) else { return Ok(()) };
            match carry_out(account, id, &write).await {
                Ok(()) => acl.note(&write),
                Err(error) if is_out_of_date(&error) && reading < READS => break,
                Err(error) => return Err(error),
            }
        }
        sleep(Duration::from_millis(250 << reading.min(4))).await;
    }
}

/// Whether the entries are not what was read: somebody wrote meanwhile, or a call arrived whose answer was lost.
fn is_out_of_date(error: &Error) -> bool {
    ["NetworkAclEntryAlreadyExists", "InvalidNetworkAclEntry.NotFound"].contains(&error.code.as_str())
}

async fn carry_out(account: &Account, id: &str, write: &AclWrite) -> Result<(), Error> {
    match write {
        AclWrite::Create { number, egress, rule } => {
            let (action, protocol, ports) = match rule {
                AclRule::DenyAll(_) => (RuleAction::Deny, "all", None),
                AclRule::Allow(_, protocol, ports) => (RuleAction::Allow, protocol.word(), Some(*ports)),
            };
            let (range, v6) = (rule.range().to_string(), rule.range().addr().is_ipv6());
            let ports = ports.map(|(from, to)| PortRange::builder().from(from.into()).to(to.into()).build());
            let request = account
                .ec2
                .create_network_acl_entry()
                .network_acl_id(id)
                .egress(*egress)
                .rule_number(*number)
                .rule_action(action)
                .protocol(ip_protocol::number(protocol))
                .set_cidr_block((!v6).then(|| range.clone()))
                .set_ipv6_cidr_block(v6.then_some(range))
                .set_port_range(ports);
            account.call(|| request.clone().send()).await?;
        }
        AclWrite::Delete { number, egress } => {
            let request = account
                .ec2
                .delete_network_acl_entry()
                .network_acl_id(id)
                .egress(*egress)
                .rule_number(*number);
            account.find(|| request.clone().send()).await?;
        }
        AclWrite::Forget(subject) => forget(account, id, subject).await?,
    }
    Ok(())
}
