//! Replicas of multi-region keys: the same id and material in another region.

use super::find::{arn, named, seen};
use super::keys::{check_description, metadata};
use super::policies::{default_policy, read_policy};
use super::state::Key;
use super::tags::read_tags;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::{REGIONS, partition_of};

pub(super) const OPERATIONS: &[Operation] = &[operation("ReplicateKey", replicate)];

fn replicate(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let region = params.required("ReplicaRegion")?.to_owned();
    let (shown, primary) = (arn(cx, &id), seen(cx, &id)?);
    if !primary.multi_region || primary.primary.is_some() {
        let message = format!("{shown} is not a multi-region primary key.");
        return Err(Fault::client("UnsupportedOperationException", message));
    }
    if !REGIONS.contains(&region.as_str()) || partition_of(&region) != cx.partition() {
        return Err(params.invalid("ReplicaRegion", "is not a region of the partition"));
    }
    let (account, now) = (cx.account_id().to_owned(), cx.now());
    if region == cx.region || cx.world.region(&account, &region).kms.keys.contains_key(&id) {
        let message = format!("{shown} already has a key in {region}");
        return Err(Fault::client("AlreadyExistsException", message));
    }
    let replica = Key {
        created: now,
        description: check_description(params)?,
        policy: match params.text("Policy") {
            Some(_) => read_policy(cx, params)?,
            None => default_policy(cx.partition(), &account),
        },
        enabled: true,
        rotation: None,
        deletion: None,
        tags: read_tags(params)?,
        tagged: now,
        grants: Default::default(),
        primary: Some(cx.region.clone()),
        awaits_material: primary.origin == "EXTERNAL",
        ..primary
    };
    cx.world.region(&account, &region).kms.keys.insert(id.clone(), Versioned::new(replica.clone(), now));
    let home = std::mem::replace(&mut cx.region, region);
    let fields = metadata(cx, &id, &replica);
    cx.region = home;
    Ok(Answer::empty().with("ReplicaKeyMetadata", fields))
}

/// Which of them is the primary key, and where the others are.
pub(super) fn shown(cx: &Context<'_>, id: &str, key: &Key) -> Fields {
    let place = |region: &str| {
        let arn = format!("arn:{}:kms:{region}:{}:key/{id}", cx.partition(), cx.account_id());
        Fields::new().with("Arn", arn).with("Region", region)
    };
    let primary = key.primary.as_deref().unwrap_or(&cx.region);
    let regions = cx.world.accounts.get(cx.account_id()).into_iter().flat_map(|account| &account.regions);
    let replicas = regions
        .filter(|(_, region)| region.kms.keys.get(id).is_some_and(|key| key.truth().primary.is_some()))
        .map(|(region, _)| place(region));
    Fields::new()
        .with("MultiRegionKeyType", if key.primary.is_some() { "REPLICA" } else { "PRIMARY" })
        .with("PrimaryKey", place(primary))
        .list("ReplicaKeys", replicas)
}
