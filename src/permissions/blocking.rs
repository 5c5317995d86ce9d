//! The least policy for `block` and `unblock`: for whoever is on call, without the rights of an apply.

use serde_json::Value as Json;

use super::grant::{Grant, Grants, Names};
use super::{Lock, Scope, policy};
use crate::model::Wanted;

/// The policies for blocks on the network ACLs of a baseline: these reads, the lock, the entries, and the tags of blocks.
pub fn blocking(scope: &Scope<'_>, reads: &[&str], lock: Lock<'_>) -> Vec<Json> {
    let wanted = Wanted::default();
    let names = Names { scope, wanted: &wanted };
    let mut grants = Grants::default();
    for action in reads {
        grants.add(action, vec![names.everything("ReadsThatTakeNoResource")]);
    }
    for action in ["ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAclEntry"] {
        grants.add(action, vec![names.owned("network-acl")]);
    }
    for action in ["ec2:CreateTags", "ec2:DeleteTags"] {
        grants.add(action, vec![tags_of_blocks(&names)]);
    }
    for action in lock.actions {
        grants.add(action, vec![names.the_lock(lock)]);
    }
    policy::documents(grants)
}

/// The tags of blocks on network ACLs of the baseline, and no others.
pub(super) fn tags_of_blocks(names: &Names<'_>) -> Grant {
    let acls = names.owned("network-acl").called("TagsOfBlocks");
    acls.when("ForAllValues:StringLike", "aws:TagKeys", ["baseline:block:*"])
}
