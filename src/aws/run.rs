//! What this run has written so far: the reasons for which an odd answer deserves patience.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The kinds this run has written, so that a consistency retry always has a reason (aws-truths 2.3).
#[derive(Debug, Default)]
pub struct Run {
    written: Mutex<BTreeSet<&'static str>>,
}

impl Run {
    /// Notes that this run writes a thing of that kind; called before the first write goes out.
    pub fn note(&self, kind: &'static str) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(kind);
    }

    /// Whether this run has written a thing of one of those kinds.
    pub fn wrote_any(&self, kinds: &[&str]) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.iter().any(|kind| written.contains(kind))
    }
}
