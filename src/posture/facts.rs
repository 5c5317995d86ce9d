//! What was read of an account: plain data, no AWS type, the time of reading included.

use crate::plan::Unread;

/// An answer, or why there is none. What could not be read is never taken for absent.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen<T> {
    /// It was read.
    Seen(T),
    /// It was denied or failed.
    Unreadable(Unread),
    /// Nothing in the file asks for it, so it was not read.
    NotAsked,
}

/// Everything the rules look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The account's id.
    pub account: String,
    /// Its partition, such as `aws`.
    pub partition: String,
    /// When the account was read. Rules never ask a clock.
    pub now: jiff::Timestamp,
}
