//! OwnershipTags tags in EC2's own types, shared by every EC2 kind.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};

use crate::aws::{Account, Error, NAME_TAG, Owner, OwnershipTags, Tags};
use crate::model::Addr;

/// Selects the things of this baseline, so that one bulk call serves any number of them.
pub(in crate::kinds) fn owned_filter(account: &Account) -> Filter {
    Filter::builder().name(format!("tag:{NAME_TAG}")).values(&account.baseline).build()
}

/// How many values EC2 takes in one filter ("Filter", EC2 API reference).
pub(in crate::kinds) const VALUES_A_FILTER: usize = 200;

/// Selects by an id or another property.
pub(in crate::kinds) fn filter(name: &str, values: impl IntoIterator<Item = String>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().collect())).build()
}

/// The tags of a new thing, put on by the creating call itself (truth 6).
pub(in crate::kinds) fn specification(
    account: &Account,
    addr: &Addr,
    what: ResourceType,
) -> TagSpecification {
    let tags = account.named_tags(addr).into_iter().map(tag).collect();
    TagSpecification::builder().resource_type(what).set_tags(Some(tags)).build()
}

pub(in crate::kinds) fn tag((key, value): (String, String)) -> Tag {
    Tag::builder().key(key).value(value).build()
}

/// The tags of what is a part of another thing, put on by the creating call; nothing where the file declares none.
pub(in crate::kinds) fn of_part(account: &Account, what: ResourceType) -> Option<Vec<TagSpecification>> {
    let tags: Vec<Tag> = account.part_tags().map(tag).collect();
    let specification = TagSpecification::builder().resource_type(what);
    (!tags.is_empty()).then(|| vec![specification.set_tags(Some(tags)).build()])
}

/// Puts the tags on a thing that exists: one that has lost some, or that has another address now.
pub(in crate::kinds) async fn adopt(account: &Account, addr: &Addr, id: &str) -> Result<(), Error> {
    let tags = account.named_tags(addr).into_iter().map(tag).collect();
    let request = account.ec2.create_tags().resources(id).set_tags(Some(tags));
    account.call(|| request.clone().send()).await?;
    Ok(())
}

fn pairs(tags: &[Tag]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value()?)))
}

/// All of them, by key.
pub(in crate::kinds) fn tags(tags: &[Tag]) -> Tags {
    pairs(tags).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Whose it is, where both ownership tags are there.
pub(in crate::kinds) fn owner(tags: &[Tag]) -> Option<Owner> {
    Owner::from_tags(pairs(tags))
}

/// Whose it is.
pub(in crate::kinds) fn ownership(tags: &[Tag]) -> OwnershipTags {
    OwnershipTags::from_tags(pairs(tags))
}
