//! Tags of everything in Elastic Load Balancing (aws-truths 1.15).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::State;
use super::find::{Kind, LISTENER, LOAD_BALANCER, RULE, TARGET_GROUP, invalid};
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

/// The tags of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TagSet {
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// When they were last written; nothing for a thing that never had any.
    pub since: Option<Milliseconds>,
}

/// The operations on tags.
pub const OPERATIONS: &[Operation] =
    &[operation("AddTags", add), operation("RemoveTags", remove), operation("DescribeTags", describe)];

/// Tags a thing may have at most (TAG-3), and things one call may name.
const LIMIT: usize = 50;
const ARNS: usize = 20;

/// Reads the tags of a request.
///
/// # Errors
/// `DuplicateTagKeys`, `TooManyTags`, and `ValidationError` for keys that are AWS's own (TAG-1).
pub fn read(params: &Params) -> Result<BTreeMap<String, String>, Fault> {
    let tags = params.tags("Tags", "Key", "Value")?;
    if tags.len() < params.maps("Tags").len() {
        return Err(Fault::client("DuplicateTagKeys", "A tag key was specified more than once"));
    }
    if tags.len() > LIMIT {
        return Err(too_many());
    }
    if tags.keys().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(invalid("Tag keys cannot begin with 'aws:'"));
    }
    if tags.iter().any(|(key, value)| key.chars().count() > 128 || value.chars().count() > 256) {
        return Err(invalid("Tag keys have 128 characters at most, and tag values 256"));
    }
    Ok(tags)
}

fn too_many() -> Fault {
    Fault::client("TooManyTags", "The maximum number of tags has been reached")
}

impl State {
    /// Gives a new thing its tags; everything needs this call, even without tags.
    pub fn tag_new(&mut self, arn: &str, tags: BTreeMap<String, String>, now: Milliseconds) {
        let since = (!tags.is_empty()).then_some(now);
        self.tags.insert(arn.to_owned(), Versioned::new(TagSet { tags, since }, now));
    }

    fn check_taggable(&self, lens: Lens, arns: &[&str]) -> Result<(), Fault> {
        if arns.len() > ARNS {
            return Err(invalid(format!("The maximum number of resource ARNs is {ARNS}")));
        }
        for arn in arns {
            let kinds: [&Kind; 4] = [&LOAD_BALANCER, &TARGET_GROUP, &LISTENER, &RULE];
            let kind = kinds.into_iter().find(|kind| kind.check(arn).is_ok());
            let kind = kind.ok_or_else(|| invalid(format!("'{arn}' is not a valid resource ARN")))?;
            kind.find(&self.tags, lens, arn)?;
        }
        Ok(())
    }
}

fn named(params: &Params) -> Result<Vec<&str>, Fault> {
    let arns = params.texts("ResourceArns");
    if arns.is_empty() { Err(params.missing("ResourceArns")) } else { Ok(arns) }
}

fn add(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let (arns, tags) = (named(params)?, read(params)?);
    if tags.is_empty() {
        return Err(params.missing("Tags"));
    }
    let elb = &mut cx.home().elb;
    elb.check_taggable(lens, &arns)?;
    for arn in &arns {
        let own = elb.tags.get(*arn).map(|set| set.truth().tags.len()).unwrap_or_default();
        let new = tags
            .keys()
            .filter(|key| elb.tags.get(*arn).is_none_or(|set| !set.truth().tags.contains_key(*key)));
        if own + new.count() > LIMIT {
            return Err(too_many());
        }
    }
    for arn in arns {
        let Some(set) = elb.tags.get_mut(arn).map(|set| set.change(now)) else { continue };
        // Keys that are not named stay as they are (TAG-2).
        set.tags.extend(tags.clone());
        set.since = Some(now);
    }
    Ok(Answer::empty())
}

fn remove(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let (arns, keys) = (named(params)?, params.texts("TagKeys"));
    if keys.is_empty() {
        return Err(params.missing("TagKeys"));
    }
    let elb = &mut cx.home().elb;
    elb.check_taggable(lens, &arns)?;
    for arn in arns {
        let Some(set) = elb.tags.get_mut(arn).map(|set| set.change(now)) else { continue };
        set.tags.retain(|key, _| !keys.contains(&key.as_str()));
        set.since = Some(now);
    }
    Ok(Answer::empty())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let arns = named(params)?;
    let elb = &cx.home().elb;
    elb.check_taggable(lens, &arns)?;
    let rows = arns.into_iter().map(|arn| {
        let none = BTreeMap::new();
        let tags = elb.tags.get(arn).and_then(|set| set.seen(lens, arn)).map_or(&none, |set| &set.tags);
        Fields::new().with("ResourceArn", arn).with("Tags", Node::tags("Key", "Value", tags))
    });
    Ok(Fields::new().list("TagDescriptions", rows).into())
}
