//! Tags of everything in EC2: put on at creation or later, listed, and taken off (aws-truths 1.15).
//!
//! Every resource has an entry here from its creation to its deletion, so an id without one names nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::State;
use super::listing::{Filter, filters, unknown_filter};
use super::resource_id::IdKind;
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::tagging::Tagged;
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;
use crate::sandbox::world::partition_of;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// The tags of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TagSet {
    /// The tags.
    pub tags: Tags,
    /// When they were last written; nothing for a resource that never had any.
    pub since: Option<Milliseconds>,
}

/// Operations on tags.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateTags", create_tags),
    operation("DeleteTags", delete_tags),
    operation("DescribeTags", describe_tags),
];

/// Tags a resource may have at most (TAG-3).
const LIMIT: usize = 50;

fn refuse(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterValue", message)
}

/// Reads and checks a list of tags.
///
/// # Errors
/// Reserved, repeated or overlong keys and values (TAG-1, TAG-3).
fn read(params: &Params, name: &str) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for tag in params.maps(name) {
        let key = tag.required("Key")?;
        let value = tag.text("Value").unwrap_or_default();
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refuse("Tag keys starting with 'aws:' are reserved for internal use"));
        }
        if key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(refuse("Tag keys have 128 characters at most, and tag values 256"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(refuse(format!("Duplicate tag key '{key}' specified.")));
        }
    }
    if tags.len() > LIMIT {
        return Err(too_many());
    }
    Ok(tags)
}

fn too_many() -> Fault {
    Fault::client("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
}

/// The tags that a creating call gives to what it creates.
///
/// # Errors
/// A specification for a resource of another type, and what is wrong with the tags themselves.
pub fn requested(params: &Params, kind: &IdKind) -> Result<Tags, Fault> {
    let specifications = specifications(params);
    if specifications.len() > 1 {
        return Err(refuse("Duplicate resource types are not allowed in tag specifications"));
    }
    let Some(specification) = specifications.first() else { return Ok(Tags::new()) };
    let incomplete = |message: &str| Fault::client("InvalidParameter", message.to_owned());
    let what = specification.text("ResourceType").filter(|what| !what.is_empty());
    let what = what.ok_or_else(|| incomplete("Tag specification resource type must have a value"))?;
    if specification.maps("Tag").is_empty() {
        return Err(incomplete("Tag specification must have at least one tag"));
    }
    if what != kind.resource_type {
        return Err(refuse(format!("'{what}' is not a valid taggable resource type for this operation.")));
    }
    read(specification, "Tag")
}

/// The specifications of tags in a request: over the wire, attachments of transit gateways have them in the plural.
pub fn specifications(params: &Params) -> Vec<&Params> {
    ["TagSpecification", "TagSpecifications"].into_iter().flat_map(|name| params.maps(name)).collect()
}

impl State {
    /// Gives a new resource its tags; every resource needs this call, even without tags.
    pub fn tag_new(&mut self, id: &str, tags: Tags, now: Milliseconds) {
        let since = (!tags.is_empty()).then_some(now);
        self.tags.insert(id.to_owned(), Versioned::new(TagSet { tags, since }, now));
    }

    /// The tags of a resource, as a call sees them.
    pub fn tags_of(&self, lens: Lens, id: &str) -> Option<&Tags> {
        self.tags.get(id).and_then(|set| set.seen(lens, id)).map(|set| &set.tags)
    }

    /// Adds a resource's `tagSet` to how it is shown.
    pub fn with_tags(&self, shown: Fields, lens: Lens, id: &str) -> Fields {
        match self.tags_of(lens, id) {
            Some(tags) if !tags.is_empty() => shown.with("tagSet", Node::tags("key", "value", tags)),
            _ => shown,
        }
    }

    /// The same where a list without tags is there, too: of network ACLs and prefix lists.
    pub fn with_all_tags(&self, shown: Fields, lens: Lens, id: &str) -> Fields {
        let none = Tags::new();
        shown.with("tagSet", Node::tags("key", "value", self.tags_of(lens, id).unwrap_or(&none)))
    }

    /// Drops the tags of what went together with something else.
    pub fn forget_tags_of_gone(&mut self) {
        let Self { tags, route_tables, network_acls, security_groups, security_group_rules, .. } = self;
        let (vpcs, subnets, flow_logs) = (&self.vpcs, &self.subnets, &self.flow_logs);
        tags.retain(|id, _| match id.split_once('-').map(|(prefix, _)| prefix) {
            Some("vpc") => vpcs.contains_key(id),
            Some("subnet") => subnets.contains_key(id),
            Some("rtb") => route_tables.contains_key(id),
            Some("acl") => network_acls.contains_key(id),
            Some("sg") => security_groups.contains_key(id),
            Some("sgr") => security_group_rules.contains_key(id),
            Some("fl") => flow_logs.contains_key(id),
            _ => true,
        });
    }

    /// Every resource that has, or ever had, tags.
    pub fn tagged_resources(&self, account: &str, region: &str) -> Vec<Tagged> {
        let thing = |(id, set): (&String, &Versioned<TagSet>)| {
            let (set, kind) = (set.truth(), IdKind::of(id)?.resource_type);
            let arn = format!("arn:{}:ec2:{region}:{account}:{kind}/{id}", partition_of(region));
            Some(Tagged { arn, tags: set.tags.clone(), since: set.since? })
        };
        self.tags.iter().filter_map(thing).collect()
    }

    fn check_taggable(&self, lens: Lens, ids: &[&str]) -> Result<(), Fault> {
        for id in ids {
            // Another code than where a kind of id is asked for (Error codes for the Amazon EC2 API).
            let kind = IdKind::of(id).filter(|kind| kind.check(id).is_ok());
            let kind =
                kind.ok_or_else(|| Fault::client("InvalidID", format!("The ID '{id}' is not valid")))?;
            kind.find(&self.tags, lens, id)?;
        }
        Ok(())
    }
}

fn create_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let ids = params.texts("ResourceId");
    let tags = read(params, "Tag")?;
    if ids.is_empty() {
        return Err(params.missing("ResourceIdSet"));
    }
    if tags.is_empty() {
        return Err(params.missing("TagSet"));
    }
    let ec2 = &mut cx.home().ec2;
    ec2.check_taggable(lens, &ids)?;
    let full = |id: &&str| {
        let own = ec2.tags.get(*id).map(|set| &set.truth().tags);
        let keys: BTreeSet<_> = own.into_iter().flat_map(Tags::keys).chain(tags.keys()).collect();
        keys.len() > LIMIT
    };
    if ids.iter().any(full) {
        return Err(too_many());
    }
    for id in ids {
        let Some(set) = ec2.tags.get_mut(id).map(|set| set.change(now)) else { continue };
        // Keys that are not named stay as they are (TAG-2).
        set.tags.extend(tags.clone());
        set.since = Some(now);
    }
    Ok(Answer::done())
}

fn delete_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let ids = params.texts("ResourceId");
    if ids.is_empty() {
        return Err(params.missing("ResourceIdSet"));
    }
    let doomed = params.maps("Tag");
    let ec2 = &mut cx.home().ec2;
    ec2.check_taggable(lens, &ids)?;
    for id in ids {
        let Some(set) = ec2.tags.get_mut(id).map(|set| set.change(now)) else { continue };
        if doomed.is_empty() {
            set.tags.retain(|key, _| key.starts_with("aws:"));
        }
        for tag in &doomed {
            // With a value, even an empty one, only that value is taken off.
            let (key, value) = (tag.required("Key")?, tag.text("Value"));
            set.tags.retain(|own, is| own != key || value.is_some_and(|value| value != is));
        }
        set.since = set.since.map(|_| now);
    }
    Ok(Answer::done())
}

fn describe_tags(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let wanted = filters(params)?;
    let known = |filter: &&Filter<'_>| {
        matches!(filter.name, "key" | "value" | "resource-id" | "resource-type")
            || filter.name.starts_with("tag:")
    };
    if let Some(filter) = wanted.iter().find(|filter| !known(filter)) {
        return Err(unknown_filter(filter.name));
    }
    let mut rows = Vec::new();
    for (id, set) in &cx.home().ec2.tags {
        let kind = IdKind::of(id).map_or("", |kind| kind.resource_type);
        for (key, value) in set.seen(lens, id).into_iter().flat_map(|set| &set.tags) {
            let holds = |filter: &Filter<'_>| match filter.name {
                "key" => filter.accepts([key.as_str()]),
                "value" => filter.accepts([value.as_str()]),
                "resource-id" => filter.accepts([id.as_str()]),
                "resource-type" => filter.accepts([kind]),
                name => name.strip_prefix("tag:") == Some(key) && filter.accepts([value.as_str()]),
            };
            if wanted.iter().all(holds) {
                rows.push((id.clone(), kind, key.clone(), value.clone()));
            }
        }
    }
    let size = params.number_in("MaxResults", 5..=1000)?.unwrap_or(1000);
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let key = |(id, _, key, _): &(String, &str, String, String)| format!("{id}/{key}");
    let (rows, next) = cx
        .page(rows, key, token, usize::try_from(size).unwrap_or(1000))
        .map_err(|_| Fault::client("InvalidNextToken", "The token is invalid"))?;
    let list = rows.into_iter().map(|(id, kind, key, value)| {
        Fields::new().with("resourceId", id).with("resourceType", kind).with("key", key).with("value", value)
    });
    Ok(Fields::new().list("tagSet", list).maybe("nextToken", next).into())
}
