//! What putting tags on things of EC2 is checked against: `ec2:CreateTags`, and what is made with tags of its own.

use super::ec2::{in_every_region, logs_every_vpc};
use super::grant::{Grant, Names};

/// Whether the file declares tags, which parts of things carry, too, and which are put on again where they are missing.
pub(super) fn tags_parts(names: &Names<'_>) -> bool {
    !names.wanted.tags.is_empty()
}

/// What IAM calls the things of a kind of EC2.
fn resource_type(kind: &str) -> Option<&str> {
    match kind {
        "ec2.nat-gateway" => Some("natgateway"),
        "ec2.flow-log" => Some("vpc-flow-log"),
        "ec2.default-vpc" => None,
        _ => kind.strip_prefix("ec2."),
    }
}

/// Tags that a creating call puts on, those of a template that is adopted, since it is found by its name, and those of
/// a renamed tier, whose things have other addresses now. What somebody took the tags off is not in here: whoever may
/// tag that may take over whatever carries no tags.
/// Those of the file are put on later, too, where they are missing: on what this baseline made.
pub(super) fn create_tags(kind: &str, names: &Names<'_>) -> Vec<Grant> {
    let born = |what: &[&str], by: &str| {
        let sid = "TagsOfTheCreatingCall";
        names.named(sid, what.iter().map(|what| names.ec2(what))).when(
            "StringEquals",
            "ec2:CreateAction",
            [by],
        )
    };
    let mut later = Vec::new();
    let is_moved = names.wanted.moved.keys().any(|addr| addr.kind() == kind);
    if (is_moved || tags_parts(names))
        && let Some(what) = resource_type(kind)
    {
        later.push(if kind == "ec2.flow-log" && logs_every_vpc(names) {
            let logs = [in_every_region(names, what)];
            names.named("TagOwnFlowLogsInEveryRegion", logs).tagged(names).tagging(names)
        } else {
            names.owned(what).tagging(names)
        });
    }
    later.extend(taken_over(kind, names));
    let mut grants = match kind {
        "ec2.vpc" => vec![born(&["vpc"], "CreateVpc")],
        "ec2.subnet" => vec![born(&["subnet"], "CreateSubnet")],
        "ec2.internet-gateway" => vec![born(&["internet-gateway"], "CreateInternetGateway")],
        "ec2.egress-only-internet-gateway" => {
            vec![born(&["egress-only-internet-gateway"], "CreateEgressOnlyInternetGateway")]
        }
        "ec2.elastic-ip" => vec![born(&["elastic-ip"], "AllocateAddress")],
        "ec2.nat-gateway" => vec![born(&["natgateway"], "CreateNatGateway")],
        "ec2.route-table" => vec![born(&["route-table"], "CreateRouteTable")],
        "ec2.security-group" if tags_parts(names) => {
            vec![born(&["security-group"], "CreateSecurityGroup"), tags_of_rules(names)]
        }
        "ec2.security-group" => vec![born(&["security-group"], "CreateSecurityGroup")],
        "ec2.network-acl" => vec![born(&["network-acl"], "CreateNetworkAcl")],
        "ec2.flow-log" if logs_every_vpc(names) => {
            let sid = "TagsOfTheCreatingCallInEveryRegion";
            let logs = names.named(sid, [in_every_region(names, "vpc-flow-log")]);
            vec![logs.when("StringEquals", "ec2:CreateAction", ["CreateFlowLogs"])]
        }
        "ec2.flow-log" => vec![born(&["vpc-flow-log"], "CreateFlowLogs")],
        "ec2.vpc-endpoint" => vec![born(&["vpc-endpoint"], "CreateVpcEndpoint")],
        "ec2.launch-template" => vec![
            born(&["launch-template"], "CreateLaunchTemplate"),
            names.named("AdoptLaunchTemplates", [names.ec2("launch-template")]).tagging(names).nobodys(),
        ],
        "autoscaling.group" => vec![born(&["instance", "volume", "network-interface"], "RunInstances")],
        _ => vec![names.everything("ActionsThatNobodyScopedYet")],
    };
    grants.append(&mut later);
    grants
}

/// Whether the file takes over a VPC that is there already.
pub(super) fn takes_over(names: &Names<'_>) -> bool {
    names.all("ec2.vpc", "id").next().is_some()
}

/// What a file takes over that names its VPC by id: those of its ids, and of what is found with them, which has ids that only the account
/// knows, whatever belongs to no baseline. Once it is done and the ids are out of the file, nobody needs this.
fn taken_over(kind: &str, names: &Names<'_>) -> Option<Grant> {
    if !takes_over(names) {
        return None;
    }
    let what = resource_type(kind).filter(|_| kind.starts_with("ec2."))?;
    let arns: Vec<String> = match kind {
        "ec2.vpc" | "ec2.subnet" => {
            let of_kind = names.all(kind, "id");
            of_kind.map(|id| names.regional("ec2", &format!("{what}/{id}"))).collect()
        }
        "ec2.internet-gateway"
        | "ec2.elastic-ip"
        | "ec2.nat-gateway"
        | "ec2.route-table"
        | "ec2.security-group"
        | "ec2.network-acl"
        | "ec2.flow-log"
        | "ec2.vpc-endpoint" => vec![names.ec2(what)],
        _ => return None,
    };
    Some(names.named("TakeOverWhatBelongsToNobody", arns).tagging(names).nobodys())
}

/// The rules of security groups that carry the tags of the file.
pub(crate) fn tagged_rules(names: &Names<'_>) -> Grant {
    names.named("TaggedRulesOfGroups", [names.ec2("security-group-rule")])
}

/// Their tags, in the call that makes them.
pub(crate) fn tags_of_rules(names: &Names<'_>) -> Grant {
    let authorizing = ["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"];
    let rules = names.named("TagsOfNewRules", [names.ec2("security-group-rule")]);
    rules.when("StringEquals", "ec2:CreateAction", authorizing)
}

/// The tags of what holds for a while, on what the baseline made, and no others.
pub(crate) fn temporary_tags(names: &Names<'_>, kind: &str) -> Grant {
    let sid =
        if kind == "network-acl" { "TemporaryTagsOfNetworkAcls" } else { "TemporaryTagsOfSecurityGroups" };
    let tags = names.owned(kind).called(sid);
    tags.when("ForAllValues:StringLike", "aws:TagKeys", ["baseline:block:*", "baseline:admit:*"])
}
