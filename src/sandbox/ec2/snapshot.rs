//! Snapshots of volumes, as things that exist: tests and seeds plant them.

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::resource_id::SNAPSHOT;
use super::state::View;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// GiB of the volume.
    pub gib: i64,
    /// Whether everybody may make volumes of it.
    pub public: bool,
    /// Accounts that may make volumes of it.
    #[serde(default)]
    pub shared_with: Vec<String>,
}

/// Operations on snapshots.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeSnapshots", describe_snapshots),
    operation("DescribeSnapshotAttribute", describe_attribute),
    operation("ModifySnapshotAttribute", modify_attribute),
];

const LISTING: Listing = Listing {
    set: "snapshotSet",
    key: "snapshotId",
    ids: Some(("SnapshotId", &SNAPSHOT)),
    filters: &[
        ("encrypted", "encrypted"),
        ("owner-id", "ownerId"),
        ("snapshot-id", "snapshotId"),
        ("status", "status"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

/// Only those of the account: no other account shares any here.
fn describe_snapshots(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let owners = params.texts("Owner");
    let own = owners.is_empty() || owners.iter().any(|owner| *owner == "self" || *owner == view.account);
    let restorable = params.texts("RestorableBy");
    let by_all = restorable.contains(&"all");
    let by_us = restorable.is_empty() || restorable.iter().any(|who| *who == "self" || *who == view.account);
    let ec2 = &cx.home().ec2;
    let row = |(id, snapshot): (&String, &Versioned<Snapshot>)| {
        let snapshot = snapshot.seen(view.lens, id)?;
        let shown = Fields::new()
            .with("snapshotId", id)
            .with("status", "completed")
            .with("progress", "100%")
            .with("ownerId", &view.account)
            .with("volumeSize", snapshot.gib)
            .with("encrypted", false);
        (own && (by_us || (by_all && snapshot.public))).then(|| ec2.with_tags(shown, view.lens, id))
    };
    let rows = ec2.snapshots.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}

fn no_such(id: &str) -> Fault {
    Fault::client("InvalidSnapshot.NotFound", format!("The snapshot '{id}' does not exist."))
}

/// Who may make volumes of it; nothing else of a snapshot is asked for by this call.
fn describe_attribute(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = View::of(cx).lens;
    let id = params.required("SnapshotId")?;
    params.choice("Attribute", &["createVolumePermission"])?;
    let found = cx.home().ec2.snapshots.get(id).and_then(|snapshot| snapshot.seen(lens, id));
    let snapshot = found.ok_or_else(|| no_such(id))?;
    let users = snapshot.shared_with.iter().map(|account| Fields::new().with("userId", account));
    let groups = snapshot.public.then(|| Fields::new().with("group", "all"));
    let permissions: Vec<Fields> = users.chain(groups).collect();
    Ok(Answer::empty().with("snapshotId", id).with("createVolumePermission", Node::list(permissions)))
}

fn modify_attribute(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, id) = (cx.now(), params.required("SnapshotId")?.to_owned());
    let adds = params.choice("OperationType", &["add", "remove"])? != Some("remove");
    let users: Vec<String> = params.texts("UserId").into_iter().map(str::to_owned).collect();
    let all = params.texts("UserGroup").contains(&"all");
    let snapshot = cx.home().ec2.snapshots.get_mut(&id).ok_or_else(|| no_such(&id))?.change(now);
    snapshot.shared_with.retain(|account| !users.contains(account));
    if adds {
        snapshot.shared_with.extend(users);
    }
    if all {
        snapshot.public = adds;
    }
    Ok(Answer::done())
}
