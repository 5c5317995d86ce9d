//! Resources of Elastic Load Balancing and Auto Scaling.

use super::Resource;
use crate::policy::glob;
use crate::sandbox::authorization::call::{Call, Tags, every_text};
use crate::sandbox::authorization::reference::{self, Action};

pub fn find(call: &Call<'_>, service: &str, said: &Action) -> Vec<Resource> {
    if service == "autoscaling" { groups(call) } else { balancing(call, said) }
}

/// Load balancers, listeners, rules and target groups are named by ARN, which tells their type; Classic Load Balancers by name.
fn balancing(call: &Call<'_>, said: &Action) -> Vec<Resource> {
    if let Some(name) = call.text("LoadBalancerName") {
        let arn = call.arn("elasticloadbalancing", format_args!("loadbalancer/{name}"));
        let set = call.home().and_then(|home| home.elb.tags.get(&arn));
        let tags = set.map(|set| set.truth().tags.clone()).unwrap_or_default();
        return vec![Resource::new("loadbalancer", arn).tagged(tags)];
    }
    let mut found = Vec::new();
    every_text(call.params, &["Tags"], &mut |text| {
        let fits = |kind: &str| {
            reference::arn_pattern("elasticloadbalancing", kind).is_some_and(|arn| glob(arn, text))
        };
        // The longest type wins: the pattern of listeners fits their rules, too.
        let kinds = said.types.iter().map(|row| row.kind).filter(|kind| fits(kind));
        if let Some(kind) = kinds.max_by_key(|kind| kind.len()) {
            let set = call.home().and_then(|home| home.elb.tags.get(text));
            let tags = set.map(|set| set.truth().tags.clone()).unwrap_or_default();
            found.push(Resource::new(kind, text).tagged(tags));
        }
    });
    let name = call.text("Name").unwrap_or("*");
    match call.operation {
        "CreateLoadBalancer" => {
            let (kind, letters) = match call.text("Type") {
                Some("network") => ("loadbalancer/net/", "net"),
                Some("gateway") => ("loadbalancer/gwy/", "gwy"),
                _ => ("loadbalancer/app/", "app"),
            };
            let arn = call.arn("elasticloadbalancing", format_args!("loadbalancer/{letters}/{name}/*"));
            found.push(Resource::new(kind, arn));
        }
        "CreateTargetGroup" => {
            let arn = call.arn("elasticloadbalancing", format_args!("targetgroup/{name}/*"));
            found.push(Resource::new("targetgroup", arn));
        }
        _ => {}
    }
    found
}

/// Auto Scaling groups are named by name, in tags by their `ResourceId`.
fn groups(call: &Call<'_>) -> Vec<Resource> {
    let groups = call.home().map(|home| &home.autoscaling.groups);
    let of_member = call.text("InstanceId").and_then(|id| {
        let holds = |name: &&String| {
            let group = groups.and_then(|groups| groups.get(*name));
            group.is_some_and(|group| group.truth().members.iter().any(|member| member.id == id))
        };
        groups?.keys().find(holds)
    });
    let tags = call.params.maps("Tags").into_iter().filter_map(|tag| tag.text("ResourceId"));
    let named = call.text("AutoScalingGroupName").into_iter().chain(of_member.map(String::as_str));
    let mut names: Vec<&str> = named.chain(tags).collect();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let group = groups.and_then(|groups| groups.get(name)).map(|group| group.truth());
            let new =
                || call.arn("autoscaling", format_args!("autoScalingGroup:*:autoScalingGroupName/{name}"));
            let tags: Tags = group
                .map(|group| group.tags.iter())
                .into_iter()
                .flatten()
                .map(|(key, tag)| (key.clone(), tag.value.clone()))
                .collect();
            Resource::new("autoScalingGroup", group.map_or_else(new, |group| group.arn.clone())).tagged(tags)
        })
        .collect()
}
