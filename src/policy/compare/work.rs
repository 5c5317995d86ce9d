//! What a comparison may take: whoever writes a policy must not keep whoever compares it busy.

/// How many steps a whole comparison may take: some seconds. The policies of the largest examples take a thousandth of it.
const MOST: usize = 50_000_000;

/// What is left of them.
///
/// A step is a look at one thing: at a place of a pattern, at a statement, at a value of a condition, at a key of a request. Whatever
/// grows faster than the policies do spends what it takes before it begins.
#[derive(Debug)]
pub(super) struct Work {
    left: usize,
}

impl Work {
    pub(super) fn new() -> Self {
        Self { left: MOST }
    }

    /// Takes steps; nothing where there are not so many.
    pub(super) fn spend(&mut self, steps: usize) -> Option<()> {
        self.left = self.left.checked_sub(steps)?;
        Some(())
    }
}
