//! The rules of security groups that let somebody in for a while.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::SecurityGroup as LiveGroup;
use ipnet::IpNet;
use tokio::time::sleep;

use crate::aws::{Account, Class, Error};
use crate::kinds::ec2::security_rule::{SecurityRule, flatten, one_port};
use crate::kinds::ec2::security_rule_edit::{Direction, authorize, revoke};
use crate::kinds::ec2::tags::owner;
use crate::kinds::ec2::temporary::{READS, forget, of_tags, time};
use crate::kinds::ec2_security_group::owned;
use crate::model::{Addr, Set};
use crate::temporary::{Group, GroupWrite, Protocol, Service, Subject};

/// A security group that this baseline made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnGroup {
    /// Its id.
    pub id: String,
    /// Its address.
    pub addr: Addr,
    /// Its rules, and what its tags name.
    pub group: Group,
}

/// Every security group of this baseline in the account's region, by address.
///
/// # Errors
/// Fails where they cannot be listed.
pub async fn own_groups(account: &Account) -> Result<Vec<OwnGroup>, Error> {
    let groups = owned(account).await?;
    let own = |live: &LiveGroup| {
        Some(OwnGroup {
            id: live.group_id()?.to_owned(),
            addr: owner(live.tags())?.addr()?,
            group: group(live),
        })
    };
    let mut own: Vec<OwnGroup> = groups.iter().filter_map(own).collect();
    own.sort_by(|one, other| one.addr.cmp(&other.addr));
    Ok(own)
}

/// A group, as far as a temporary rule asks about it.
pub(in crate::kinds) fn group(live: &LiveGroup) -> Group {
    Group { rules: admissible(&flatten(live.ip_permissions())), temporary: of_tags(live.tags()) }
}

/// The rules that a temporary one could be: a range that is let in on one port.
pub(in crate::kinds) fn admissible(rules: &Set<SecurityRule>) -> BTreeSet<(IpNet, Service)> {
    rules.0.iter().filter_map(admission).collect()
}

fn admission(rule: &SecurityRule) -> Option<(IpNet, Service)> {
    let protocol = match rule.protocol.as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => return None,
    };
    let range = rule.cidr.as_ref()?.parse().ok()?;
    let port = rule.from_port.filter(|_| rule.from_port == rule.to_port)?;
    Some((range, Service { protocol, port: u16::try_from(port).ok()? }))
}

/// The rules of a live group without those that only hold for a while; one that the file wants, too, is the file's.
pub(in crate::kinds) fn without(
    group: &Group,
    rules: Set<SecurityRule>,
    wanted: &Set<SecurityRule>,
) -> Set<SecurityRule> {
    let wanted = admissible(wanted);
    let kept = group.kept(None);
    let temporary: BTreeSet<String> = kept.iter().map(|kept| kept.temporary.subject.key()).collect();
    let is_temporary = |rule: &SecurityRule| {
        admission(rule).is_some_and(|(range, service)| {
            let key = Subject::Admit(range, service).key();
            temporary.contains(&key) && !wanted.contains(&(range, service))
        })
    };
    Set(rules.0.into_iter().filter(|rule| !is_temporary(rule)).collect())
}

/// Writes what is missing of `mine`, for which the tags are there, and takes away what has ended or never became whole, but for what
/// the file wants, too. Done twice it is harmless.
///
/// # Errors
/// Fails where AWS refuses a write; what was written until then stays.
pub async fn settle_group(
    account: &Account,
    id: &str,
    mine: &[Subject],
    wanted: &Set<SecurityRule>,
) -> Result<(), Error> {
    let wanted = admissible(wanted);
    let mut reading = 0;
    loop {
        reading += 1;
        let request = account.ec2.describe_security_groups().group_ids(id);
        let answer = account.call(|| request.clone().send()).await?;
        let mut group = answer.security_groups().first().map(group).unwrap_or_default();
        let now = time(account);
        loop {
            let Some(write) = group.next_write(now, mine, &wanted) else { return Ok(()) };
            match carry_out(account, id, &write).await {
                Ok(()) => group.note(&write),
                // Somebody wrote meanwhile, or a call arrived whose answer was lost.
                Err(error) if error.class == Class::AlreadyExists && reading < READS => break,
                Err(error) => return Err(error),
            }
        }
        sleep(Duration::from_millis(250 << reading.min(4))).await;
    }
}

async fn carry_out(account: &Account, id: &str, write: &GroupWrite) -> Result<(), Error> {
    let rule = |range: &IpNet, service: &Service, description: &str| {
        one_port(service.protocol.word(), &range.to_string(), service.port.into(), description)
    };
    match write {
        GroupWrite::Authorize(range, service, description) => {
            let rule = rule(range, service, description);
            authorize(account, id, Direction::Ingress, &[rule]).await
        }
        GroupWrite::Revoke(range, service) => {
            revoke(account, id, Direction::Ingress, &[rule(range, service, "")]).await
        }
        GroupWrite::Forget(subject) => forget(account, id, subject).await,
    }
}
