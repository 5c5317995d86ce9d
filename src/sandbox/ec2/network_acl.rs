//! Network ACLs and the subnets they guard (aws-truths 1.9).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ipv6::EVERYWHERE;
use super::listing::{Listing, list};
use super::resource_id::{NETWORK_ACL, VPC};
use super::state::{State, View};
use super::tags::requested;
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A network ACL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    /// The VPC's id.
    pub vpc: String,
    /// Whether it guards the subnets that no other guards.
    pub is_default: bool,
    /// Its entries, AWS's own included.
    pub entries: Vec<Entry>,
    /// Subnets by association id.
    pub associations: BTreeMap<String, String>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whether it is about outbound traffic.
    pub egress: bool,
    /// Its number; lower ones come first.
    pub number: i64,
    /// The protocol's number as text, `-1` for all (ACL-5).
    pub protocol: String,
    /// Whether it allows.
    pub allow: bool,
    /// The range, canonical, of either family.
    pub cidr: String,
    /// First and last port, where the protocol has ports.
    pub ports: Option<(i64, i64)>,
    /// Type and code, where the protocol is ICMP.
    pub icmp: Option<(i64, i64)>,
}

/// The number of AWS's own last entry (ACL-5).
pub const LAST: i64 = 32767;
/// The same for IPv6.
const LAST_V6: i64 = 32768;

impl Entry {
    /// The entry 100 of default ACLs.
    pub fn allow_all(egress: bool) -> Self {
        Self { number: 100, allow: true, ..Self::last(egress) }
    }

    /// AWS's own last entry for IPv6 (ACL-5).
    pub fn last_v6(egress: bool) -> Self {
        Self { number: LAST_V6, cidr: EVERYWHERE.to_owned(), ..Self::last(egress) }
    }

    /// The entry 101 that default ACLs have once their VPC has IPv6.
    pub fn allow_all_v6(egress: bool) -> Self {
        Self { number: 101, allow: true, ..Self::last_v6(egress) }
    }

    /// AWS's own last entry: what nothing allowed is denied.
    pub fn last(egress: bool) -> Self {
        Self {
            egress,
            number: LAST,
            protocol: "-1".to_owned(),
            allow: false,
            cidr: "0.0.0.0/0".to_owned(),
            ports: None,
            icmp: None,
        }
    }
}

impl NetworkAcl {
    /// Whether nobody has changed its entries.
    pub fn is_as_born(&self) -> bool {
        let born =
            [false, true].into_iter().flat_map(|egress| [Entry::allow_all(egress), Entry::last(egress)]);
        self.entries.iter().eq(&born.collect::<Vec<_>>())
    }

    /// Whether it guards a subnet.
    pub fn guards(&self, subnet: &str) -> bool {
        self.associations.values().any(|guarded| guarded == subnet)
    }
}

/// Operations on network ACLs.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateNetworkAcl", create_network_acl),
    operation("DescribeNetworkAcls", describe_network_acls),
    operation("DeleteNetworkAcl", delete_network_acl),
    operation("ReplaceNetworkAclAssociation", replace_network_acl_association),
];

impl State {
    /// A network ACL that this call can see.
    ///
    /// # Errors
    /// `InvalidNetworkAclId.Malformed`, `InvalidNetworkAclID.NotFound`.
    pub fn network_acl(&self, lens: Lens, id: &str) -> Result<&NetworkAcl, Fault> {
        NETWORK_ACL.find(&self.network_acls, lens, id).map(Versioned::truth)
    }
}

fn show(ec2: &State, view: &View, id: &str, acl: &NetworkAcl) -> Fields {
    let entry = |entry: &Entry| {
        let ports = entry.ports.map(|(from, to)| Fields::new().with("from", from).with("to", to));
        let icmp = entry.icmp.map(|(kind, code)| Fields::new().with("type", kind).with("code", code));
        Fields::new()
            .with("ruleNumber", entry.number)
            .with("protocol", &entry.protocol)
            .with("ruleAction", if entry.allow { "allow" } else { "deny" })
            .with("egress", entry.egress)
            .with(if entry.cidr.contains(':') { "ipv6CidrBlock" } else { "cidrBlock" }, &entry.cidr)
            .maybe("portRange", ports)
            .maybe("icmpTypeCode", icmp)
    };
    let association = |(association, subnet): (&String, &String)| {
        Fields::new()
            .with("networkAclAssociationId", association)
            .with("networkAclId", id)
            .with("subnetId", subnet)
    };
    // As in EC2's own example: outbound first, each direction by number.
    let mut entries: Vec<&Entry> = acl.entries.iter().collect();
    entries.sort_by_key(|entry| (!entry.egress, entry.number));
    let shown = Fields::new()
        .with("networkAclId", id)
        .with("vpcId", &acl.vpc)
        .with("ownerId", &view.account)
        .with("default", acl.is_default)
        .list("entrySet", entries.into_iter().map(entry))
        .list("associationSet", acl.associations.iter().map(association));
    ec2.with_all_tags(shown, view.lens, id)
}

fn create_network_acl(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let vpc = VPC.required(params, "VpcId")?;
    let tags = requested(params, &NETWORK_ACL)?;
    let id = cx.new_id("acl-");
    let ec2 = &mut cx.home().ec2;
    let claim = ec2.claim("CreateNetworkAcl", params)?;
    let has_ipv6 = !ec2.vpc(view.lens, vpc)?.ipv6.is_empty();
    let last = |egress| [Some(Entry::last(egress)), has_ipv6.then(|| Entry::last_v6(egress))];
    // A custom ACL denies everything until it has entries (ACL-3).
    let acl = NetworkAcl {
        vpc: vpc.to_owned(),
        is_default: false,
        entries: [true, false].into_iter().flat_map(last).flatten().collect(),
        associations: BTreeMap::new(),
    };
    let token = params.text("ClientToken");
    let answer = |shown| Ok(Fields::new().with("networkAcl", shown).maybe("clientToken", token).into());
    if let Some(old) = claim.as_ref().and_then(|claim| claim.made.as_ref()).and_then(|made| made.first()) {
        // A token outlives what it made (NET-20).
        let there = ec2.network_acls.get(old).map_or(&acl, Versioned::truth);
        return answer(show(ec2, &view.written(), old, there));
    }
    let count = ec2.network_acls.values().filter(|other| other.truth().vpc == vpc).count();
    quotas::check(count, quotas::NETWORK_ACLS, "NetworkAclLimitExceeded", "network ACLs")?;
    ec2.tag_new(&id, tags, now);
    ec2.keep(claim, std::slice::from_ref(&id));
    ec2.network_acls.insert(id.clone(), Versioned::new(acl.clone(), now));
    answer(show(ec2, &view.written(), &id, &acl))
}

const LISTING: Listing = Listing {
    set: "networkAclSet",
    key: "networkAclId",
    ids: Some(("NetworkAclId", &NETWORK_ACL)),
    filters: &[
        ("association.association-id", "associationSet.networkAclAssociationId"),
        ("association.network-acl-id", "associationSet.networkAclId"),
        ("association.subnet-id", "associationSet.subnetId"),
        ("default", "default"),
        ("entry.cidr", "entrySet.cidrBlock"),
        ("entry.icmp.code", "entrySet.icmpTypeCode.code"),
        ("entry.icmp.type", "entrySet.icmpTypeCode.type"),
        ("entry.ipv6-cidr", "entrySet.ipv6CidrBlock"),
        ("entry.port-range.from", "entrySet.portRange.from"),
        ("entry.port-range.to", "entrySet.portRange.to"),
        ("entry.protocol", "entrySet.protocol"),
        ("entry.rule-action", "entrySet.ruleAction"),
        ("entry.egress", "entrySet.egress"),
        ("entry.rule-number", "entrySet.ruleNumber"),
        ("network-acl-id", "networkAclId"),
        ("owner-id", "ownerId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_network_acls(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = &cx.home().ec2;
    let row =
        |(id, acl): (&String, &Versioned<NetworkAcl>)| Some(show(ec2, &view, id, acl.seen(view.lens, id)?));
    let rows = ec2.network_acls.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn delete_network_acl(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let id = NETWORK_ACL.required(params, "NetworkAclId")?;
    let ec2 = &mut cx.home().ec2;
    let acl = ec2.network_acl(lens, id)?;
    if acl.is_default {
        let message = format!("cannot delete default network ACL {id}");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    if !acl.associations.is_empty() {
        let message = format!("The networkAcl '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::client("DependencyViolation", message));
    }
    ec2.network_acls.remove(id);
    ec2.tags.remove(id);
    Ok(Answer::done())
}

/// Moves a subnet to another ACL; the association's id changes every time (ACL-1).
fn replace_network_acl_association(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let old = params.required("AssociationId")?;
    let id = NETWORK_ACL.required(params, "NetworkAclId")?;
    let new = cx.new_id("aclassoc-");
    let ec2 = &mut cx.home().ec2;
    let holder = ec2.network_acls.iter().find_map(|(holder, acl)| {
        Some((holder.clone(), acl.truth().vpc.clone(), acl.truth().associations.get(old)?.clone()))
    });
    let (holder, vpc, subnet) = holder.ok_or_else(|| {
        let message = format!("The association ID '{old}' does not exist");
        Fault::client("InvalidAssociationID.NotFound", message)
    })?;
    if ec2.network_acl(lens, id)?.vpc != vpc {
        let message = format!("Network ACL {id} and subnet {subnet} belong to different networks");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    if let Some(acl) = ec2.network_acls.get_mut(&holder) {
        acl.change(now).associations.remove(old);
    }
    let acl = NETWORK_ACL.find_mut(&mut ec2.network_acls, lens, id)?.change(now);
    acl.associations.insert(new.clone(), subnet);
    Ok(Answer::empty().with("newAssociationId", new))
}
