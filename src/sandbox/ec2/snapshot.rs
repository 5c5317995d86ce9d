//! Snapshots of volumes, as things that exist: tests and seeds plant them.

use serde::{Deserialize, Serialize};

use super::listing::{Listing, list};
use super::resource_id::SNAPSHOT;
use super::state::View;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// GiB of the volume.
    pub gib: i64,
    /// Whether everybody may make volumes of it.
    pub public: bool,
}

/// Operations on snapshots.
pub const OPERATIONS: &[Operation] = &[operation("DescribeSnapshots", describe_snapshots)];

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
