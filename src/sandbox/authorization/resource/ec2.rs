//! Resources of EC2: every id in the parameters says of which type it is.

use std::collections::BTreeSet;

use super::{Resource, row};
use crate::sandbox::authorization::call::{Call, Tags, every_text, tags_in};
use crate::sandbox::authorization::conditions::{Facts, requested_tags};
use crate::sandbox::authorization::reference::Action;
use crate::sandbox::ec2::ipv6::Ipv6Range;
use crate::sandbox::ec2::managed_prefix_list::is_of_aws;
use crate::sandbox::ec2::resource_id::IdKind;
use crate::sandbox::ec2::tags::specifications;

/// Members whose texts name no resource, whatever they look like.
const NOT_IDS: &[&str] =
    &["TagSpecification", "TagSpecifications", "Tag", "Filter", "Description", "ClientToken", "UserData"];

pub fn find(call: &Call<'_>, said: &Action) -> Vec<Resource> {
    let mut ids = BTreeSet::new();
    every_text(call.params, NOT_IDS, &mut |text| {
        ids.insert(text.to_owned());
    });
    ids.extend(named_indirectly(call));
    let mut found: Vec<_> = ids.iter().filter_map(|id| known(call, said, id)).collect();
    let makes = ["Create", "Allocate", "Run"].iter().any(|verb| call.operation.starts_with(verb));
    for row in said.types.iter().filter(|row| makes && row.required) {
        if found.iter().all(|resource| resource.kind != row.kind) {
            let arn = if row.kind == "image" {
                format!("arn:{}:ec2:{}::image/*", call.partition(), call.region)
            } else {
                call.arn("ec2", format_args!("{}/*", row.kind))
            };
            found.push(Resource { facts: new_tags(call, row.kind), ..Resource::new(row.kind, arn) });
        }
    }
    found
}

/// The tags that the call gives to what it makes of a type.
fn new_tags(call: &Call<'_>, kind: &str) -> Facts {
    let specifications = specifications(call.params);
    let of_kind = specifications.iter().filter(|it| it.text("ResourceType") == Some(kind));
    requested_tags(&of_kind.flat_map(|it| tags_in(it, "Tag")).collect::<Tags>())
}

/// What is there under an id, where the action is checked against its type.
fn known(call: &Call<'_>, said: &Action, id: &str) -> Option<Resource> {
    let kind = IdKind::of(id)?.resource_type;
    row(said, kind)?;
    let tags = call.home().and_then(|home| home.ec2.tags.get(id)).map(|set| set.truth().tags.clone());
    if is_of_aws(id) {
        let arn = format!("arn:{}:ec2:{}:aws:{kind}/{id}", call.partition(), call.region);
        return Some(Resource::new(kind, arn));
    }
    let arn = match kind {
        // Images and snapshots may be others', and their ARNs name nobody.
        "image" | "snapshot" => format!("arn:{}:ec2:{}::{kind}/{id}", call.partition(), call.region),
        _ => call.arn("ec2", format_args!("{kind}/{id}")),
    };
    let tags = if matches!(kind, "image" | "snapshot") { tags.unwrap_or_default() } else { tags? };
    Some(Resource::new(kind, arn).tagged(tags))
}

/// Ids behind associations and names.
fn named_indirectly(call: &Call<'_>) -> Vec<String> {
    let Some(ec2) = call.home().map(|home| &home.ec2) else { return Vec::new() };
    let mut ids = Vec::new();
    if let Some(association) = call.text("AssociationId") {
        for (id, acl) in &ec2.network_acls {
            if let Some(subnet) = acl.truth().associations.get(association) {
                ids.extend([id.clone(), subnet.clone()]);
            }
        }
        for (id, table) in &ec2.route_tables {
            if let Some(association) = table.truth().associations.get(association) {
                ids.push(id.clone());
                ids.extend(association.subnet.clone());
            }
        }
    }
    if let Some(association) = call.text("AssociationId") {
        let is_it = |range: &Ipv6Range| range.association == association;
        ids.extend(
            ec2.vpcs.iter().filter(|(_, it)| it.truth().ipv6.iter().any(is_it)).map(|(id, _)| id.clone()),
        );
        let subnets = ec2.subnets.iter().filter(|(_, it)| it.truth().ipv6.as_ref().is_some_and(is_it));
        ids.extend(subnets.map(|(id, _)| id.clone()));
    }
    if let Some(name) = call.text("LaunchTemplateName") {
        ids.extend(
            ec2.launch_templates.iter().find(|(_, it)| it.truth().name() == name).map(|(id, _)| id.clone()),
        );
    }
    if let Some(name) = call.text("GroupName").filter(|_| !call.operation.starts_with("Create")) {
        ids.extend(
            ec2.security_groups.iter().find(|(_, it)| it.truth().name == name).map(|(id, _)| id.clone()),
        );
    }
    ids
}
