//! One call, before it is carried out: who sends it, what it asks for, and the account as it is.

use std::fmt::Display;

use crate::sandbox::caller::Caller;
use crate::sandbox::lag::Lens;
use crate::sandbox::wire::{Param, Params, Request};
use crate::sandbox::world::{Account, Region, World, partition_of};

/// Tags by key.
pub type Tags = std::collections::BTreeMap<String, String>;

/// One call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Everything that exists.
    pub world: &'a World,
    /// Who sends it.
    pub caller: &'a Caller,
    /// The region it is signed for.
    pub region: &'a str,
    /// The signing name of the service.
    pub service: &'static str,
    /// The operation's name.
    pub operation: &'static str,
    /// What it asks for.
    pub params: &'a Params,
    /// As it came.
    pub request: &'a Request,
    /// What it can see.
    pub lens: Lens,
}

impl<'a> Call<'a> {
    /// The caller's account.
    pub fn account(&self) -> Option<&'a Account> {
        self.world.accounts.get(&self.caller.account)
    }

    /// The caller's account in the region of the call.
    pub fn home(&self) -> Option<&'a Region> {
        self.account()?.regions.get(self.region)
    }

    /// The partition of the region.
    pub fn partition(&self) -> &'static str {
        partition_of(self.region)
    }

    /// The ARN of something in this account and region.
    pub fn arn(&self, service: &str, rest: impl Display) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.region, self.caller.account)
    }

    /// The ARN of something in this account that has no region.
    pub fn global_arn(&self, service: &str, rest: impl Display) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition(), self.caller.account)
    }

    /// A parameter as text, where it was sent and is not empty.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.params.text(name).filter(|text| !text.is_empty())
    }

    /// The tags that the call itself asks for. Services spell them in three ways.
    pub fn requested_tags(&self) -> Tags {
        ["Tags", "Tag", "TagsList", "TagList"].iter().flat_map(|name| tags_in(self.params, name)).collect()
    }

    /// The keys of tags that the call takes off.
    pub fn removed_tag_keys(&self) -> Vec<String> {
        self.params.texts("TagKeys").into_iter().map(str::to_owned).collect()
    }
}

/// A list of tags, in any of the ways that services spell them.
pub fn tags_in(params: &Params, name: &str) -> Tags {
    let read = |tag: &Params| {
        let text = |names: [&str; 2]| names.iter().find_map(|name| tag.text(name)).map(str::to_owned);
        Some((text(["Key", "TagKey"])?, text(["Value", "TagValue"]).unwrap_or_default()))
    };
    params.maps(name).into_iter().filter_map(read).collect()
}

/// Calls `look` with every text of a tree, leaving out members of those names.
pub fn every_text<'p>(params: &'p Params, leave_out: &[&str], look: &mut impl FnMut(&'p str)) {
    for (name, value) in params.iter() {
        if !leave_out.contains(&name) {
            every_text_of(value, leave_out, look);
        }
    }
}

fn every_text_of<'p>(value: &'p Param, leave_out: &[&str], look: &mut impl FnMut(&'p str)) {
    match value {
        Param::Text(text) => look(text),
        Param::List(items) => items.iter().for_each(|item| every_text_of(item, leave_out, look)),
        Param::Map(map) => every_text(map, leave_out, look),
        Param::Number(_) | Param::Flag(_) => {}
    }
}
