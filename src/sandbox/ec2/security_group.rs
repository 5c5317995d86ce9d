//! Security groups (aws-truths 1.8).

use serde::{Deserialize, Serialize};

use super::ipv6::EVERYWHERE;
use super::listing::{Listing, list};
use super::resource_id::{SECURITY_GROUP, VPC};
use super::security_group_rule::{Peer, SecurityGroupRule, description, permissions};
use super::state::{State, View, current};
use super::tags::{Tags, requested};
use super::{Versioned, quotas};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A security group; its rules are things of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its name, unique in the VPC whatever the case (SG-1).
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The VPC's id.
    pub vpc: String,
}

/// Operations on security groups.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateSecurityGroup", create_security_group),
    operation("DescribeSecurityGroups", describe_security_groups),
    operation("DescribeSecurityGroupReferences", describe_security_group_references),
    operation("DescribeSecurityGroupVpcAssociations", describe_security_group_vpc_associations),
    operation("DeleteSecurityGroup", delete_security_group),
];

impl State {
    /// A security group that this call can see.
    ///
    /// # Errors
    /// `InvalidGroupId.Malformed`, `InvalidGroup.NotFound`.
    pub fn security_group(&self, lens: Lens, id: &str) -> Result<&SecurityGroup, Fault> {
        SECURITY_GROUP.find(&self.security_groups, lens, id).map(Versioned::truth)
    }

    /// The default group of a VPC.
    pub fn default_group(&self, vpc: &str) -> Option<&String> {
        let is_default = |group: &SecurityGroup| group.vpc == vpc && group.name == "default";
        self.security_groups.iter().find(|(_, group)| is_default(group.truth())).map(|(id, _)| id)
    }

    /// The id of the group of that name in a VPC, for launches, which take names where the VPC is the default one.
    ///
    /// # Errors
    /// `InvalidGroup.NotFound`, `InvalidParameterCombination`.
    pub fn group_named(&self, lens: Lens, name: &str, vpc: &str) -> Result<String, Fault> {
        if self.default_vpc() != Some(vpc) {
            let message = "The parameter groupName cannot be used with the parameter subnet";
            return Err(Fault::client("InvalidParameterCombination", message));
        }
        let is_it = |group: &SecurityGroup| group.name == name && group.vpc == vpc;
        let seen = self.security_groups.iter().filter_map(|(id, group)| Some((id, group.seen(lens, id)?)));
        let found = seen.filter(|(_, group)| is_it(group)).map(|(id, _)| id.clone()).next();
        found.ok_or_else(|| {
            let message = format!("The security group '{name}' does not exist in default VPC '{vpc}'");
            Fault::client("InvalidGroup.NotFound", message)
        })
    }

    /// The id of the group that a request names, by id or, in the default VPC, by name.
    ///
    /// # Errors
    /// `MissingParameter`, `InvalidGroupId.Malformed`, `InvalidGroup.NotFound`.
    pub fn named_group(&self, lens: Lens, params: &Params) -> Result<String, Fault> {
        if let Some(name) = params.text("GroupName") {
            if params.has("GroupId") {
                let message = "The parameters groupId and groupName cannot be used together";
                return Err(Fault::client("InvalidParameterCombination", message));
            }
            let default = self.default_vpc();
            let found = self
                .security_groups
                .iter()
                .find(|(_, group)| group.truth().name == name && Some(group.truth().vpc.as_str()) == default);
            let message = format!("The security group '{name}' does not exist in default VPC");
            return found
                .map(|(id, _)| id.clone())
                .ok_or_else(|| Fault::client("InvalidGroup.NotFound", message));
        }
        let id = SECURITY_GROUP.required(params, "GroupId")?;
        self.security_group(lens, id)?;
        Ok(id.to_owned())
    }
}

fn show(ec2: &State, view: &View, id: &str, group: &SecurityGroup) -> Fields {
    let rules: Vec<&SecurityGroupRule> = ec2
        .security_group_rules
        .iter()
        .filter(|(_, rule)| rule.truth().group == id)
        .filter_map(|(id, rule)| rule.seen(view.lens, id))
        .collect();
    let direction = |egress: bool| {
        let own: Vec<_> = rules.iter().copied().filter(|rule| rule.egress == egress).collect();
        permissions(&own, &view.account)
    };
    let shown = Fields::new()
        .with("groupId", id)
        .with("groupName", &group.name)
        .with("groupDescription", &group.description)
        .with("ownerId", &view.account)
        .with("vpcId", &group.vpc)
        .with("securityGroupArn", view.arn("security-group", id))
        .list("ipPermissions", direction(false))
        .list("ipPermissionsEgress", direction(true));
    ec2.with_tags(shown, view.lens, id)
}

fn check_name(name: &str) -> Result<(), Fault> {
    let refuse = |why: &str| {
        let message = format!("Invalid value '{name}' for groupName. {why}");
        Err(Fault::client("InvalidParameterValue", message))
    };
    if name.starts_with("sg-") {
        return refuse("It may not start with 'sg-'");
    }
    if name.eq_ignore_ascii_case("default") {
        return Err(Fault::client("InvalidGroup.Reserved", "The security group 'default' is reserved"));
    }
    if description(name, "group").is_err() {
        return refuse("Names have 255 characters at most, of the set a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*");
    }
    Ok(())
}

fn create_security_group(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (view, now) = (View::of(cx), cx.now());
    let name = params.required("GroupName")?;
    let said = params.required("GroupDescription")?;
    check_name(name)?;
    description(said, "security group")?;
    let tags = requested(params, &SECURITY_GROUP)?;
    let (id, rule_id) = (cx.new_id("sg-"), cx.new_id("sgr-"));
    let ec2 = &cx.home().ec2;
    let named = params.text("VpcId").or(ec2.default_vpc()).and_then(|vpc| ec2.vpcs.get(vpc));
    let has_ipv6 = named.is_some_and(|vpc| !vpc.truth().ipv6.is_empty());
    let v6_rule = has_ipv6.then(|| cx.new_id("sgr-"));
    let ec2 = &mut cx.home().ec2;
    let vpc = match params.text("VpcId") {
        Some(vpc) => {
            VPC.check(vpc)?;
            ec2.vpc(view.lens, vpc)?;
            vpc.to_owned()
        }
        None => ec2
            .default_vpc()
            .map(str::to_owned)
            .ok_or_else(|| Fault::client("VPCIdNotSpecified", "No default VPC for this user"))?,
    };
    let taken = |group: &Versioned<SecurityGroup>| {
        group.truth().vpc == vpc && group.truth().name.eq_ignore_ascii_case(name)
    };
    if ec2.security_groups.values().any(taken) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(Fault::client("InvalidGroup.Duplicate", message));
    }
    let count = ec2.security_groups.len();
    quotas::check(count, quotas::SECURITY_GROUPS, "SecurityGroupLimitExceeded", "security groups")?;
    let group = SecurityGroup { name: name.to_owned(), description: said.to_owned(), vpc };
    ec2.tag_new(&id, tags, now);
    ec2.security_groups.insert(id.clone(), Versioned::new(group, now));
    // A new group lets everything out, of IPv6 where the VPC has it (SG-3).
    let rule = SecurityGroupRule::everything(&id, true, Peer::V4("0.0.0.0/0".to_owned()));
    ec2.tag_new(&rule_id, Tags::new(), now);
    ec2.security_group_rules.insert(rule_id, Versioned::new(rule, now));
    if let Some(rule_id) = v6_rule {
        let rule = SecurityGroupRule::everything(&id, true, Peer::V6(EVERYWHERE.to_owned()));
        ec2.tag_new(&rule_id, Tags::new(), now);
        ec2.security_group_rules.insert(rule_id, Versioned::new(rule, now));
    }
    let answer = Fields::new()
        .with("return", true)
        .with("groupId", &id)
        .with("securityGroupArn", view.arn("security-group", &id));
    Ok(ec2.with_tags(answer, view.written().lens, &id).into())
}

const LISTING: Listing = Listing {
    set: "securityGroupInfo",
    key: "groupId",
    ids: Some(("GroupId", &SECURITY_GROUP)),
    filters: &[
        ("description", "groupDescription"),
        ("egress.ip-permission.cidr", "ipPermissionsEgress.ipRanges.cidrIp"),
        ("egress.ip-permission.from-port", "ipPermissionsEgress.fromPort"),
        ("egress.ip-permission.group-id", "ipPermissionsEgress.groups.groupId"),
        ("egress.ip-permission.group-name", "ipPermissionsEgress.groups.groupName"),
        ("egress.ip-permission.ipv6-cidr", "ipPermissionsEgress.ipv6Ranges.cidrIpv6"),
        ("egress.ip-permission.prefix-list-id", "ipPermissionsEgress.prefixListIds.prefixListId"),
        ("egress.ip-permission.protocol", "ipPermissionsEgress.ipProtocol"),
        ("egress.ip-permission.to-port", "ipPermissionsEgress.toPort"),
        ("egress.ip-permission.user-id", "ipPermissionsEgress.groups.userId"),
        ("group-id", "groupId"),
        ("group-name", "groupName"),
        ("ip-permission.cidr", "ipPermissions.ipRanges.cidrIp"),
        ("ip-permission.from-port", "ipPermissions.fromPort"),
        ("ip-permission.group-id", "ipPermissions.groups.groupId"),
        ("ip-permission.group-name", "ipPermissions.groups.groupName"),
        ("ip-permission.ipv6-cidr", "ipPermissions.ipv6Ranges.cidrIpv6"),
        ("ip-permission.prefix-list-id", "ipPermissions.prefixListIds.prefixListId"),
        ("ip-permission.protocol", "ipPermissions.ipProtocol"),
        ("ip-permission.to-port", "ipPermissions.toPort"),
        ("ip-permission.user-id", "ipPermissions.groups.userId"),
        ("owner-id", "ownerId"),
        ("vpc-id", "vpcId"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

fn describe_security_groups(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let names = params.texts("GroupName");
    let ec2 = &cx.home().ec2;
    let default = ec2.default_vpc();
    let seen = || {
        ec2.security_groups.iter().filter_map(|(id, group)| Some((id, group.seen(view.lens, id)?))).filter(
            |(_, group)| {
                names.is_empty()
                    || names.contains(&group.name.as_str()) && Some(group.vpc.as_str()) == default
            },
        )
    };
    if let Some(name) = names.iter().find(|name| seen().all(|(_, group)| group.name != **name)) {
        let message = format!("The security group '{name}' does not exist");
        return Err(Fault::client("InvalidGroup.NotFound", message));
    }
    let rows = seen().map(|(id, group)| show(ec2, &view, id, group)).collect();
    list(cx, params, &LISTING, rows)
}

/// References from other VPCs; the sandbox has no peering, so there are none.
fn describe_security_group_references(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ec2 = &cx.home().ec2;
    params.texts("GroupId").into_iter().try_for_each(|id| ec2.security_group(lens, id).map(drop))?;
    Ok(Fields::new().list("securityGroupReferenceSet", Vec::<Fields>::new()).into())
}

const ASSOCIATION_LISTING: Listing = Listing {
    set: "securityGroupVpcAssociationSet",
    key: "groupId",
    ids: None,
    filters: &[
        ("group-id", "groupId"),
        ("group-owner-id", "groupOwnerId"),
        ("state", "state"),
        ("vpc-id", "vpcId"),
        ("vpc-owner-id", "vpcOwnerId"),
    ],
    tagged: false,
    pages: Some((5, 1000)),
};

/// Groups used in further VPCs; nothing in the sandbox makes such an association.
fn describe_security_group_vpc_associations(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    list(cx, params, &ASSOCIATION_LISTING, Vec::new())
}

fn delete_security_group(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ec2 = current(cx);
    let id = ec2.named_group(lens, params)?;
    if ec2.security_group(lens, &id)?.name == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(Fault::client("CannotDelete", message));
    }
    // Neither while another group's rule names it, nor while an interface is in it (SG-6).
    let named = |rule: &Versioned<SecurityGroupRule>| {
        rule.truth().group != id && rule.truth().peer == Peer::Group(id.clone())
    };
    if ec2.security_group_rules.values().any(named)
        || ec2.network_interfaces.values().any(|thing| thing.truth().groups.contains(&id))
    {
        let message = format!("resource {id} has a dependent object");
        return Err(Fault::client("DependencyViolation", message));
    }
    ec2.security_groups.remove(&id);
    ec2.security_group_rules.retain(|_, rule| rule.truth().group != id);
    ec2.forget_tags_of_gone();
    Ok(Answer::done().with("groupId", id))
}
