//! A network ACL with its entries and the subnets it guards (aws-truths 1.9).

pub(in crate::kinds) mod order;
pub(in crate::kinds) mod subnets;
pub mod temporary;

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    IcmpTypeCode, NetworkAcl as LiveAcl, NetworkAclEntry, PortRange, ResourceType, RuleAction,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::order::{LAST_NUMBER, Numbered, Write, is_in_its_zone, next_write};
use self::subnets::{give_back, move_subnets};
use self::temporary::{acl, settle_acl};
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::ip_protocol;
use crate::kinds::ec2::ip_range;
use crate::kinds::ec2::served_subnets::{Serving, holder};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2::temporary::{departures, remarks, time};
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, Holders, KindMeta, ReadRequest, ReadResult, Replace, Resource, State, Update,
    by_tag, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec, Set};

/// A network ACL. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkAcl {
    /// The VPC's id.
    pub vpc: Link,
    /// Inbound entries, without AWS's own 32767 (ACL-5). All denials come before all allowances, whatever their numbers are.
    pub ingress: Set<AclEntry>,
    /// Outbound entries, likewise.
    pub egress: Set<AclEntry>,
    /// Ids of the subnets it guards.
    pub subnets: Set<Link>,
    /// What `baseline block` and `admit` wrote and and that has ended or never became whole; none is wanted. What holds is no entry above.
    pub temporary: Set<String>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclEntry {
    /// `allow` or `deny`. One that stands on the wrong side of the others reads with its number, as it means something else there.
    pub action: String,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number as text, or `all`.
    pub protocol: String,
    /// The IPv4 or IPv6 range, canonical, or the output of a VPC that is one of IPv6.
    pub cidr: Link,
    /// The first port, or the ICMP type; absent for all ports.
    pub from_port: Option<i64>,
    /// The last port, or the ICMP code; absent for all ports.
    pub to_port: Option<i64>,
}

impl AclEntry {
    /// The range as text; nothing where it is not known yet.
    pub(super) fn range(&self) -> &str {
        match &self.cidr {
            Link::Id(range) => range,
            Link::Ref(_) => "",
        }
    }

    /// Whether it is for IPv6: AWS counts the families apart. A range that is not known yet is.
    pub fn is_v6(&self) -> bool {
        match &self.cidr {
            Link::Id(range) => ip_range::is_v6(range),
            Link::Ref(_) => true,
        }
    }
}

impl ResourceSpec for NetworkAcl {
    const KIND: &'static str = "ec2.network-acl";
}

/// Network ACLs.
pub struct NetworkAcls;

impl Resource for NetworkAcls {
    type Spec = NetworkAcl;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        found_by_place: true,
        kept_members: &["subnets"],
        exclusive_members: &["subnets"],
        immutable: &["vpc"],
        replace: Replace::Never("a network ACL stays in its VPC; declare another one under another name"),
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeNetworkAcls"],
        write_actions: &[
            "ec2:CreateNetworkAcl",
            "ec2:CreateNetworkAclEntry",
            "ec2:CreateTags",
            "ec2:DeleteNetworkAcl",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DeleteTags",
            "ec2:ReplaceNetworkAclAssociation",
            "ec2:ReplaceNetworkAclEntry",
        ],
        practices: &[11, 12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<NetworkAcl>>) -> Vec<ReadResult<NetworkAcl>> {
        let pages = || account.ec2.describe_network_acls().filters(owned_filter(account)).all_items();
        let answer = account.call(pages).await;
        let now = time(account);
        match answer {
            Ok(acls) => by_tag(
                account,
                asked,
                acls.iter().filter_map(|acl| Some((owner(acl.tags())?, found(acl, now)))).collect(),
            ),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &NetworkAcl) -> Result<(), Error> {
        // The SDK puts in a client token and repeats it when it sends the call again (NET-19).
        let request = account
            .ec2
            .create_network_acl()
            .vpc_id(wanted.vpc.id()?)
            .tag_specifications(specification(account, addr, ResourceType::NetworkAcl));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<NetworkAcl>) -> Result<(), Error> {
        let id = update.output("id")?;
        if update.adopt {
            adopt(account, &update.addr, id).await?;
        }
        let (wanted, live) = (&update.wanted, &update.live.attributes);
        // Only takes away: tags alone bring nothing about.
        if ["temporary", "ingress", "egress"].iter().any(|field| update.touches(field)) {
            settle_acl(account, id, &[]).await?;
        }
        // A new ACL denies everything, so entries come before the subnets they guard (ACL-3).
        if update.touches("ingress") {
            write_entries(account, id, false, &wanted.ingress.0).await?;
        }
        if update.touches("egress") {
            write_entries(account, id, true, &wanted.egress.0).await?;
        }
        if update.touches("subnets") {
            move_subnets(account, subnets(wanted.subnets.0.difference(&live.subnets.0))?, id).await?;
            let returned = subnets(live.subnets.0.difference(&wanted.subnets.0))?;
            give_back(account, live.vpc.id()?, id, returned).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<NetworkAcl>) -> Result<(), Error> {
        let id = request.output("id")?;
        let live = &request.live.attributes;
        give_back(account, live.vpc.id()?, id, subnets(&live.subnets.0)?).await?;
        let request = account.ec2.delete_network_acl().network_acl_id(id);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    /// The one that guards nothing but subnets that are wanted in it. The default one of a VPC is for all that are not made yet.
    async fn holders(
        account: &Account,
        asked: &[ReadRequest<NetworkAcl>],
    ) -> Result<Holders<NetworkAcl>, Error> {
        let vpcs: BTreeSet<String> =
            asked.iter().filter_map(|question| question.wanted.vpc.id().ok().map(str::to_owned)).collect();
        if vpcs.is_empty() {
            return Ok(Vec::new());
        }
        let request = account.ec2.describe_network_acls().filters(filter("vpc-id", vpcs));
        let acls: Vec<LiveAcl> = account.call(|| request.clone().all_items()).await?;
        let now = time(account);
        let serving = |acl: &LiveAcl| Serving {
            id: acl.network_acl_id().unwrap_or_default().to_owned(),
            owner: owner(acl.tags()),
            subnets: acl.associations().iter().filter_map(|a| a.subnet_id().map(str::to_owned)).collect(),
            others: acl.is_default() != Some(false),
            found: found(acl, now),
        };
        let all: Vec<_> = acls.iter().map(serving).collect();
        let holder = |question: &ReadRequest<NetworkAcl>| {
            let holder = holder(account, question, &question.wanted.subnets, &all)?;
            Some((question.addr.clone(), holder))
        };
        Ok(asked.iter().filter_map(holder).collect())
    }

    fn example(seed: u8) -> NetworkAcl {
        let odd = seed % 2 == 1;
        let entry = |action: &str, protocol: &str, port: i64| AclEntry {
            action: action.into(),
            protocol: protocol.into(),
            cidr: "0.0.0.0/0".into(),
            from_port: Some(port),
            to_port: Some(port),
        };
        let entries = [
            entry("allow", "tcp", if odd { 80 } else { 443 }),
            if odd { entry("deny", "udp", 53) } else { entry("allow", "udp", 123) },
        ];
        NetworkAcl {
            vpc: Vpc::output("main", "id"),
            ingress: entries.iter().cloned().collect(),
            egress: entries.into_iter().collect(),
            subnets: (!odd).then(|| Subnet::output("main", "id")).into_iter().collect(),
            temporary: Set::default(),
        }
    }
}

/// How often entries are read again, where somebody else writes them too or an answer was lost.
const READS: u32 = 5;

/// Brings the entries of one direction to what is wanted, one write at a time, in the order of [`crate::kinds::ec2_network_acl::order`].
async fn write_entries(
    account: &Account,
    acl: &str,
    egress: bool,
    wanted: &BTreeSet<AclEntry>,
) -> Result<(), Error> {
    let mut most = [None; 2];
    for reading in 1..=READS {
        let mut live = entries_of(account, acl, egress).await?;
        loop {
            let Some(write) = next_write(&live, wanted, most) else { return Ok(()) };
            match (carry_out(account, acl, egress, &write).await, &write) {
                (Ok(()), _) => note(&mut live, write),
                // The quota is the account's, and only AWS knows it (ACL-6).
                (Err(error), Write::Create(new))
                    if error.code == "NetworkAclEntryLimitExceeded"
                        && most[usize::from(new.entry.is_v6())].is_none() =>
                {
                    let is_v6 = new.entry.is_v6();
                    let alike = live.iter().filter(|entry| entry.entry.is_v6() == is_v6).count();
                    most[usize::from(is_v6)] = Some(alike);
                }
                (Err(error), _) if is_out_of_date(&error) && reading < READS => break,
                (Err(error), _) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Whether the entries are not what was read: written by a run before this one, or by a call whose answer was lost.
fn is_out_of_date(error: &Error) -> bool {
    ["NetworkAclEntryAlreadyExists", "InvalidNetworkAclEntry.NotFound"].contains(&error.code.as_str())
}

async fn entries_of(account: &Account, acl: &str, egress: bool) -> Result<Vec<Numbered>, Error> {
    let request = account.ec2.describe_network_acls().network_acl_ids(acl);
    let answer = account.call(|| request.clone().send()).await?;
    Ok(answer.network_acls().iter().flat_map(|acl| entries(acl, egress)).collect())
}

/// The entries of one direction, without those that only hold for a while.
fn entries(live: &LiveAcl, egress: bool) -> Vec<Numbered> {
    let temporary = acl(live).numbers(egress);
    let entries = live.entries().iter().filter(|entry| entry.egress().unwrap_or_default() == egress);
    entries.filter_map(numbered).filter(|entry| !temporary.contains(&entry.number)).collect()
}

fn note(live: &mut Vec<Numbered>, write: Write) {
    match write {
        Write::Create(new) => live.push(new),
        Write::Replace(new) => {
            live.iter_mut().filter(|old| old.number == new.number).for_each(|old| *old = new.clone())
        }
        Write::Delete(number) => live.retain(|entry| entry.number != number),
    }
}

async fn carry_out(account: &Account, acl: &str, egress: bool, write: &Write) -> Result<(), Error> {
    match write {
        Write::Create(new) => {
            let wire = WireEntry::new(new)?;
            let request = account
                .ec2
                .create_network_acl_entry()
                .network_acl_id(acl)
                .egress(egress)
                .rule_number(wire.number)
                .rule_action(wire.action)
                .protocol(wire.protocol)
                .set_cidr_block(wire.cidr)
                .set_ipv6_cidr_block(wire.ipv6_cidr)
                .set_port_range(wire.ports)
                .set_icmp_type_code(wire.icmp);
            account.call(|| request.clone().send()).await?;
        }
        Write::Replace(new) => {
            let wire = WireEntry::new(new)?;
            let request = account
                .ec2
                .replace_network_acl_entry()
                .network_acl_id(acl)
                .egress(egress)
                .rule_number(wire.number)
                .rule_action(wire.action)
                .protocol(wire.protocol)
                .set_cidr_block(wire.cidr)
                .set_ipv6_cidr_block(wire.ipv6_cidr)
                .set_port_range(wire.ports)
                .set_icmp_type_code(wire.icmp);
            account.call(|| request.clone().send()).await?;
        }
        Write::Delete(number) => {
            let request = account
                .ec2
                .delete_network_acl_entry()
                .network_acl_id(acl)
                .egress(egress)
                .rule_number(*number);
            account.find(|| request.clone().send()).await?;
        }
    }
    Ok(())
}

/// An entry as AWS takes it.
#[derive(Debug, PartialEq)]
struct WireEntry<'a> {
    number: i32,
    action: RuleAction,
    protocol: &'a str,
    cidr: Option<String>,
    ipv6_cidr: Option<String>,
    ports: Option<PortRange>,
    icmp: Option<IcmpTypeCode>,
}

impl<'a> WireEntry<'a> {
    fn new(Numbered { number, entry }: &'a Numbered) -> Result<Self, Error> {
        let range = ip_protocol::wire_ports(&entry.protocol, entry.from_port, entry.to_port)?;
        let icmp = ip_protocol::is_icmp(&entry.protocol);
        let (cidr, v6) = (entry.cidr.id()?, entry.is_v6());
        Ok(Self {
            number: *number,
            action: RuleAction::from(entry.action.as_str()),
            protocol: ip_protocol::number(&entry.protocol),
            cidr: (!v6).then(|| cidr.to_owned()),
            ipv6_cidr: v6.then(|| cidr.to_owned()),
            ports: range.filter(|_| !icmp).map(|(from, to)| PortRange::builder().from(from).to(to).build()),
            icmp: range
                .filter(|_| icmp)
                .map(|(kind, code)| IcmpTypeCode::builder().r#type(kind).code(code).build()),
        })
    }
}

fn subnets<'a>(links: impl IntoIterator<Item = &'a Link>) -> Result<BTreeSet<String>, Error> {
    links.into_iter().map(|link| Ok(link.id()?.to_owned())).collect()
}

/// An entry with its number; nothing for those AWS keeps itself (ACL-5).
fn numbered(entry: &NetworkAclEntry) -> Option<Numbered> {
    let number = entry.rule_number().filter(|number| *number <= LAST_NUMBER)?;
    let protocol = ip_protocol::name(entry.protocol().unwrap_or_default());
    let (from, to) = match entry.icmp_type_code().filter(|_| ip_protocol::is_icmp(&protocol)) {
        Some(icmp) => (icmp.r#type(), icmp.code()),
        None => entry.port_range().map_or((None, None), |range| (range.from(), range.to())),
    };
    let (from_port, to_port) = ip_protocol::ports(&protocol, from, to);
    let cidr = entry.cidr_block().or(entry.ipv6_cidr_block()).unwrap_or_default();
    let action = entry.rule_action().map_or("", RuleAction::as_str).to_owned();
    let entry = AclEntry { action, protocol, cidr: ip_range::canonical(cidr).into(), from_port, to_port };
    Some(Numbered { number, entry })
}

/// An entry as it is compared: among the denials or the allowances its number means nothing, elsewhere it decides.
fn compared(Numbered { number, entry }: Numbered) -> AclEntry {
    if is_in_its_zone(number, &entry) {
        return entry;
    }
    AclEntry { action: format!("{} (as number {number})", entry.action), ..entry }
}

fn found(live: &LiveAcl, now: Option<Timestamp>) -> Found<NetworkAcl> {
    let kept = acl(live).kept(now);
    Found {
        attributes: NetworkAcl {
            vpc: live.vpc_id().unwrap_or_default().into(),
            ingress: entries(live, false).into_iter().map(compared).collect(),
            egress: entries(live, true).into_iter().map(compared).collect(),
            subnets: live.associations().iter().filter_map(|a| a.subnet_id()).map(Link::from).collect(),
            temporary: departures(&kept),
        },
        outputs: [("id", live.network_acl_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(live.tags()),
        tags: tags(live.tags()),
        state: State::Ready,
        remarks: remarks(&kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(protocol: &str, cidr: &str, ports: (Option<i64>, Option<i64>)) -> AclEntry {
        AclEntry {
            action: "allow".into(),
            protocol: protocol.into(),
            cidr: cidr.into(),
            from_port: ports.0,
            to_port: ports.1,
        }
    }

    /// What AWS answers after that entry was written.
    fn answered(wanted: &Numbered) -> NetworkAclEntry {
        let wire = WireEntry::new(wanted).unwrap();
        NetworkAclEntry::builder()
            .rule_number(wire.number)
            .rule_action(wire.action)
            .protocol(wire.protocol)
            .set_cidr_block(wire.cidr)
            .set_ipv6_cidr_block(wire.ipv6_cidr)
            .set_port_range(wire.ports)
            .set_icmp_type_code(wire.icmp)
            .build()
    }

    #[test]
    fn an_entry_reads_back_as_it_was_wanted() {
        for wanted in [
            wanted("tcp", "0.0.0.0/0", (Some(443), Some(443))),
            wanted("udp", "2001:db8::/32", (None, None)),
            wanted("icmp", "10.0.0.0/8", (Some(8), None)),
            wanted("icmpv6", "::/0", (None, None)),
            wanted("all", "198.51.100.0/24", (None, None)),
            wanted("50", "10.0.0.0/8", (None, None)),
        ] {
            let wanted = Numbered { number: 1000, entry: wanted };
            let answer = answered(&wanted);
            assert!(answer.protocol().unwrap().parse::<i32>().is_ok(), "ACLs take numbers only");
            assert_eq!(numbered(&answer), Some(wanted));
        }
    }

    #[test]
    fn an_entry_on_the_wrong_side_reads_as_another() {
        let entry = wanted("tcp", "0.0.0.0/0", (Some(22), Some(22)));
        let read = |number: i32| compared(Numbered { number, entry: entry.clone() });
        assert_eq!((read(1000), read(20000)), (entry.clone(), entry.clone()));
        assert_eq!(read(50).action, "allow (as number 50)");
    }

    #[test]
    fn the_entries_of_aws_are_not_ours() {
        for number in [32767, 32768] {
            let theirs = NetworkAclEntry::builder().rule_number(number).protocol("-1").build();
            assert_eq!(numbered(&theirs), None);
        }
    }
}
