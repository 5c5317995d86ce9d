//! Consistency lag: what has been written is not seen by every read yet (aws-truths 0.2, truths 2 and 3).

use serde::{Deserialize, Serialize};

use super::chance::{digest, mix};
use super::profile::Profile;
use super::world::Milliseconds;

/// What one call can see. It is a copy, so it can be held while the world is changed.
#[derive(Debug, Clone, Copy)]
pub struct Lens {
    /// How far the world is from the ideal.
    pub profile: Profile,
    /// What chance starts from.
    pub seed: u64,
    /// The number of the call.
    pub call: u64,
    /// The time of the call.
    pub now: Milliseconds,
}

impl Lens {
    /// The longest time a new thing is hidden, and the longest time it flaps after that.
    const fn spans(self) -> (u64, u64) {
        match self.profile {
            Profile::Instant => (0, 0),
            Profile::Realistic => (1_000, 2_000),
            Profile::Hostile => (8_000, 22_000),
        }
    }

    /// Whether this call sees something written at `at`: never at first, then by chance, then always.
    ///
    /// `key` names what was written; two things written at once do not appear together.
    pub fn sees(self, at: Milliseconds, key: &str) -> bool {
        let (hidden, flapping) = self.spans();
        let age = u64::try_from(self.now.saturating_sub(at)).unwrap_or_default();
        if age >= hidden + flapping {
            return true;
        }
        let key = digest(key);
        let chance = mix(self.seed, key, at.unsigned_abs());
        let hidden = hidden / 4 + chance % (hidden * 3 / 4).max(1);
        let stable = hidden + (chance >> 32) % flapping.max(1);
        age >= stable || (age >= hidden && mix(self.seed, key, self.call) & 1 == 1)
    }

    /// Whether this call still sees something deleted at `at`: always at first, then by chance, then never again.
    pub fn still_sees(self, at: Milliseconds, key: &str) -> bool {
        let (hidden, _) = self.spans();
        let age = u64::try_from(self.now.saturating_sub(at)).unwrap_or_default();
        let key = digest(key);
        let until = hidden / 4 + mix(self.seed, key, at.unsigned_abs()) % (hidden * 3 / 4).max(1);
        // In the last quarter some replicas have heard of it and some have not.
        hidden > 0 && age < until && (age < until / 4 * 3 || mix(self.seed, key, self.call) & 1 == 1)
    }

    /// Whether work that started at `since` and takes `duration` is done; at once in profile `instant`.
    pub fn done(self, since: Milliseconds, duration: Milliseconds) -> bool {
        self.profile == Profile::Instant || self.now.saturating_sub(since) >= duration
    }
}

/// A thing of which a read may see the version before, or nothing yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// When it was created.
    pub created: Milliseconds,
    /// When it was last changed.
    changed: Milliseconds,
    /// How it is.
    now: T,
    /// How it was before the last change.
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    before: Option<Box<T>>,
}

impl<T: Clone> Versioned<T> {
    /// A new thing.
    pub const fn new(value: T, now: Milliseconds) -> Self {
        Self { created: now, changed: now, now: value, before: None }
    }

    /// How it is, whatever a read may see.
    pub const fn truth(&self) -> &T {
        &self.now
    }

    /// What this call sees of it: nothing, an older version, or how it is.
    pub fn seen(&self, lens: Lens, key: &str) -> Option<&T> {
        if !lens.sees(self.created, key) {
            return None;
        }
        match &self.before {
            Some(before) if !lens.sees(self.changed, key) => Some(before),
            _ => Some(&self.now),
        }
    }

    /// Changes it; the version before stays visible for a time.
    pub fn change(&mut self, now: Milliseconds) -> &mut T {
        // Changes within one lag keep the oldest version, which is what the slowest replica has.
        if self.before.is_none() || now.saturating_sub(self.changed) > 60_000 {
            self.before = Some(Box::new(self.now.clone()));
        }
        self.changed = now;
        &mut self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn lens(profile: Profile, call: u64, now: Milliseconds) -> Lens {
        Lens { profile, seed: 1, call, now }
    }

    #[test]
    fn a_new_thing_is_hidden_then_flaps_then_stays() {
        let seen = |call, now| lens(Profile::Hostile, call, now).sees(0, "vpc-1");
        assert!((0..50).all(|call| !seen(call, 1_000)));
        let flips: Vec<bool> = (0..50).map(|call| seen(call, 8_500)).collect();
        let stays = (0..50).all(|call| seen(call, 30_000));
        assert!(stays);
        // Where it is neither hidden nor stable yet, some calls see it and some do not.
        let mixed = (2_000..30_000).step_by(500).any(|now| {
            let seen: Vec<bool> = (0..50).map(|call| seen(call, now)).collect();
            seen.contains(&true) && seen.contains(&false)
        });
        assert!(mixed, "{flips:?}");
    }

    #[test]
    fn nothing_lags_in_an_instant_world() {
        assert!(lens(Profile::Instant, 1, 0).sees(0, "x"));
        assert!(lens(Profile::Instant, 1, 0).done(0, 60_000));
        assert!(!lens(Profile::Realistic, 1, 0).done(0, 60_000));
    }

    #[test]
    fn a_change_shows_the_version_before_for_a_time() {
        let mut thing = Versioned::new("old", 0);
        *thing.change(100_000) = "new";
        assert_eq!(thing.seen(lens(Profile::Hostile, 1, 100_500), "x"), Some(&"old"));
        assert_eq!(thing.seen(lens(Profile::Hostile, 1, 140_000), "x"), Some(&"new"));
        assert_eq!(thing.seen(lens(Profile::Instant, 1, 100_000), "x"), Some(&"new"));
        assert_eq!(thing.seen(lens(Profile::Hostile, 1, 0), "x"), None);
    }
}
