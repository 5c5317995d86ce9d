//! The trail of an account as one meets it: one region, no digests, no key.

use super::state::Trail;
use crate::sandbox::lag::Versioned;
use crate::sandbox::s3;
use crate::sandbox::world::{Milliseconds, World};

const DAY: Milliseconds = 86_400_000;

/// Gives an account the trail somebody made in one region and never looked at again.
pub fn neglect(world: &mut World, account: &str) {
    let made = world.clock - 700 * DAY;
    let trail = Trail {
        bucket: s3::neglected_log_bucket(account),
        global_events: true,
        logging: true,
        started: Some(made),
        tagged: made,
        ..Trail::default()
    };
    let trails = &mut world.region(account, "us-east-1").cloudtrail.trails;
    trails.insert("management-events".to_owned(), Versioned::new(trail, made));
}
