//! Resources of Organizations: the root, units, accounts and policies that a call names by id.

use super::{Resource, row};
use crate::sandbox::authorization::call::Call;
use crate::sandbox::authorization::reference::Action;
use crate::sandbox::organizations::{self, Organization};

/// The members of requests that name a thing.
const NAMING: [&str; 11] = [
    "AccountId",
    "ChildId",
    "DestinationParentId",
    "OrganizationalUnitId",
    "ParentId",
    "PolicyId",
    "ResourceId",
    "RootId",
    "SourceParentId",
    "TargetId",
    "Id",
];

pub fn find(call: &Call<'_>, said: &Action) -> Vec<Resource> {
    let named = NAMING.iter().filter_map(|member| call.text(member));
    let known = organizations::of(call.world, &call.caller.account);
    named
        .map(|id| {
            let kind = match id.split('-').next() {
                Some("r") => "root",
                Some("ou") => "organizationalunit",
                Some("p") => "policy",
                _ => "account",
            };
            let arn = known.map_or_else(
                || format!("arn:{}:organizations::*:{kind}/o-*/{id}", call.partition()),
                |(management, organization)| organization.arn(management, id),
            );
            // A policy of AWS's own is of no type that the action names.
            let kind = row(said, kind).map_or("", |row| row.kind);
            let kind = if arn.contains("::aws:") { "" } else { kind };
            Resource::new(kind, arn).tagged(tags(known.map(|(_, organization)| organization), id))
        })
        .collect()
}

fn tags(organization: Option<&Organization>, id: &str) -> super::Tags {
    organization.and_then(|organization| organization.tags.get(id)).cloned().unwrap_or_default()
}
