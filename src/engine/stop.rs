//! A request to stop that lets calls in flight finish.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set by the first Ctrl-C: no new step is begun, and what is under way ends at its next call.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Asks the run to stop.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
