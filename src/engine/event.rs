//! What the executor says as it goes.

use std::time::Duration;

use crate::model::Addr;
use crate::plan::Action;

/// One thing that happened during an apply. Progress bars, plain lines and the journal listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Work on a step began.
    Started {
        /// The address.
        addr: Addr,
        /// What is being done to it.
        action: Action,
    },
    /// A step is waiting for AWS.
    Waiting {
        /// The address.
        addr: Addr,
        /// What for, not cleaned.
        reason: String,
        /// For how long already.
        waited: Duration,
    },
    /// A step is done and was seen to be done.
    Done {
        /// The address.
        addr: Addr,
        /// What was done to it.
        action: Action,
        /// How long it took.
        took: Duration,
    },
    /// A step failed; only its dependants are held.
    Failed {
        /// The address.
        addr: Addr,
        /// What was being done.
        action: Action,
        /// Why, not cleaned.
        error: String,
    },
    /// A step was not begun.
    Held {
        /// The address.
        addr: Addr,
        /// Because of what.
        reason: String,
    },
    /// A step was begun and not ended, because somebody asked to stop.
    Stopped {
        /// The address.
        addr: Addr,
    },
}

/// How an apply ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Steps done and seen.
    pub done: Vec<(Addr, Action)>,
    /// Steps that failed, and why (not cleaned).
    pub failed: Vec<(Addr, String)>,
    /// Steps not begun, and because of what.
    pub held: Vec<(Addr, String)>,
    /// Steps not begun, or begun and not ended, because somebody asked to stop.
    pub interrupted: Vec<Addr>,
}

impl Outcome {
    /// Whether every step was done.
    pub fn is_success(&self) -> bool {
        self.failed.is_empty() && self.held.is_empty() && self.interrupted.is_empty()
    }
}
