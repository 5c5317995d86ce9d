//! Numbers that look random and are always the same for the same seed.

use super::normal::digest;

/// A generator (SplitMix64 would do; a hash of seed and count is one that is here already).
pub struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.drawn += 1;
        let number = digest(&(self.seed, self.drawn)) % u64::try_from(limit).expect("a limit");
        usize::try_from(number).expect("below the limit")
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
