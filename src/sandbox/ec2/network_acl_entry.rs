//! Entries of a network ACL (ACL-2, ACL-5, ACL-6).

use super::network_acl::{Entry, NetworkAcl};
use super::resource_id::NETWORK_ACL;
use super::{network_range, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Params};

/// Operations on entries of network ACLs.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateNetworkAclEntry", create_network_acl_entry),
    operation("ReplaceNetworkAclEntry", replace_network_acl_entry),
    operation("DeleteNetworkAclEntry", delete_network_acl_entry),
];

fn refuse(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterValue", message)
}

/// The number and direction that identify an entry; AWS's own cannot be touched (ACL-5).
fn place(params: &Params) -> Result<(i64, bool), Fault> {
    let number = params.number("RuleNumber")?.ok_or_else(|| params.missing("RuleNumber"))?;
    let egress = params.flag("Egress")?.ok_or_else(|| params.missing("Egress"))?;
    if !(1..=32766).contains(&number) {
        return Err(refuse(format!(
            "Value ({number}) for parameter ruleNumber is invalid. It must be between 1 and 32766"
        )));
    }
    Ok((number, egress))
}

fn protocol(text: &str) -> Result<String, Fault> {
    let number = match text.to_ascii_lowercase().as_str() {
        "all" | "-1" => -1,
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        "icmpv6" => 58,
        other => other.parse().unwrap_or(-2),
    };
    if !(-1..=255).contains(&number) {
        return Err(refuse(format!("Invalid value '{text}' for IP protocol. Unknown protocol.")));
    }
    Ok(number.to_string())
}

fn read(params: &Params) -> Result<Entry, Fault> {
    let (number, egress) = place(params)?;
    let protocol = protocol(params.required("Protocol")?)?;
    let action = params.choice("RuleAction", &["allow", "deny"])?;
    let allow = action.ok_or_else(|| params.missing("RuleAction"))? == "allow";
    let cidr = network_range::either(params, "CidrBlock", "Ipv6CidrBlock")?.to_string();
    let mut entry = Entry { egress, number, allow, cidr, ..Entry::last(egress) };
    match protocol.as_str() {
        "6" | "17" => {
            let range = params.map("PortRange").ok_or_else(|| params.missing("PortRange"))?;
            let port = |name| range.number_in(name, 0..=65535)?.ok_or_else(|| range.missing(name));
            let (from, to) = (port("From")?, port("To")?);
            if from > to {
                return Err(refuse(format!("Invalid port range {from}-{to}")));
            }
            entry.ports = Some((from, to));
        }
        "1" | "58" => {
            let icmp = params.map("Icmp").ok_or_else(|| params.missing("IcmpTypeCode"))?;
            let part = |name| Ok::<_, Fault>(icmp.number_in(name, -1..=255)?.unwrap_or(-1));
            entry.icmp = Some((part("Type")?, part("Code")?));
        }
        // Other protocols have no ports, whatever is sent (ACL-5).
        _ => {}
    }
    Ok(Entry { protocol, ..entry })
}

fn at(acl: &NetworkAcl, number: i64, egress: bool) -> Option<usize> {
    acl.entries.iter().position(|entry| entry.number == number && entry.egress == egress)
}

fn unknown(number: i64) -> Fault {
    let message = format!("The network acl entry identified by {number} does not exist.");
    Fault::client("InvalidNetworkAclEntry.NotFound", message)
}

fn create_network_acl_entry(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = NETWORK_ACL.required(params, "NetworkAclId")?;
    let entry = read(params)?;
    let found = NETWORK_ACL.find_mut(&mut cx.home().ec2.network_acls, lens, id)?;
    let acl = found.truth();
    if at(acl, entry.number, entry.egress).is_some() {
        let message = format!("The network acl entry identified by {} already exists.", entry.number);
        return Err(Fault::client("NetworkAclEntryAlreadyExists", message));
    }
    let alike = |other: &&Entry| {
        other.number < super::network_acl::LAST
            && other.egress == entry.egress
            && other.cidr.contains(':') == entry.cidr.contains(':')
    };
    // AWS counts its own last entry too (ACL-6).
    let count = acl.entries.iter().filter(alike).count() + 1;
    quotas::check(count, quotas::ENTRIES, "NetworkAclEntryLimitExceeded", "network ACL entries")?;
    found.change(now).entries.push(entry);
    Ok(Answer::done())
}

fn replace_network_acl_entry(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = NETWORK_ACL.required(params, "NetworkAclId")?;
    let entry = read(params)?;
    let found = NETWORK_ACL.find_mut(&mut cx.home().ec2.network_acls, lens, id)?;
    let index = at(found.truth(), entry.number, entry.egress).ok_or_else(|| unknown(entry.number))?;
    if let Some(place) = found.change(now).entries.get_mut(index) {
        *place = entry;
    }
    Ok(Answer::done())
}

fn delete_network_acl_entry(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let id = NETWORK_ACL.required(params, "NetworkAclId")?;
    let (number, egress) = place(params)?;
    let found = NETWORK_ACL.find_mut(&mut cx.home().ec2.network_acls, lens, id)?;
    let index = at(found.truth(), number, egress).ok_or_else(|| unknown(number))?;
    found.change(now).entries.remove(index);
    Ok(Answer::done())
}
