//! What stands in the way of a resource that is to be made.

use super::Addr;

/// A live resource that holds something that AWS gives only once and that another one would need: a range, a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Its address, where it belongs to this baseline.
    pub addr: Option<Addr>,
    /// What it holds, with its id; not cleaned.
    pub message: String,
    /// What a person can change in the file, or in the account, beside deleting it.
    pub next: &'static str,
}
