//! What was found, as plain data.

use std::collections::BTreeMap;

use crate::model::{Addr, Observed, Obstacle, Unread};

/// Everything one look at an account found.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// By address: what was asked for, and what is owned though nobody asked for it.
    pub resources: BTreeMap<Addr, Observed>,
    /// What is in the way of things that are wanted and absent.
    pub obstacles: BTreeMap<Addr, Vec<Obstacle>>,
    /// What carries this baseline's tags in regions that are not its home region, with its ARN.
    pub elsewhere: BTreeMap<Addr, String>,
    /// Lists that could not be read, so that nothing can be said of undeclared things.
    pub unlisted: Vec<Unread>,
}
