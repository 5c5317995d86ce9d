//! What the lock's parameter says, and whose it is by that.

use serde::{Deserialize, Serialize};

use super::{EXPIRY_LAG, LEASE};
use crate::aws::{Account, ParameterVersion};

/// The version of the format; it grows when an older program could misread a claim.
const FORMAT: u32 = 1;

/// One version of the lock's parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    format: u32,
    /// Random, and the same in every version since the parameter was created: one that was deleted and
    /// created again is another lock, though its versions begin with 1 as well.
    pub(super) lock: String,
    /// Random: the run that claims it.
    pub(super) run: String,
    /// The ARN of the caller.
    holder: String,
    program: String,
    baseline: String,
    /// When the run took it, by the clock of its machine; for people.
    taken: String,
    /// Until when it is valid unless renewed, by the same clock; for people.
    until: String,
    /// For how long it is valid from the time at which AWS took this version.
    pub(super) lease_seconds: u64,
    /// The number of the version it leans on; 0 where it creates the parameter.
    pub(super) follows: i64,
}

/// Who holds a lock, for people. What is in it was written by others: clean it before showing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The ARN of the caller.
    pub arn: String,
    /// The random id of the run.
    pub run: String,
    /// The program and its version.
    pub program: String,
    /// The baseline that is applied.
    pub baseline: String,
    /// When the run took it.
    pub taken: String,
    /// Until when it is valid unless the run renews it.
    pub until: String,
}

/// A claim that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) claim: Claim,
    /// The number of its version.
    pub(super) number: i64,
    /// When AWS took it, in milliseconds since 1970.
    pub(super) written: i64,
}

/// What all versions together say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// There is no such parameter.
    Free,
    /// This claim counts.
    Held(Box<Standing>),
    /// The parameter holds nothing this program can read.
    Foreign,
}

impl Claim {
    /// The claim of a run that finds no lock.
    pub(super) fn first(account: &Account, run: &str, lock: &str, now: i64) -> Self {
        Self {
            format: FORMAT,
            lock: lock.to_owned(),
            run: run.to_owned(),
            holder: account.identity.arn.clone(),
            program: format!("baseline {}", env!("CARGO_PKG_VERSION")),
            baseline: account.baseline.clone(),
            taken: time(now),
            until: time(now.saturating_add_unsigned(LEASE.as_secs() * 1000)),
            lease_seconds: LEASE.as_secs(),
            follows: 0,
        }
    }

    /// The same claim, leaning on a version of a lock that is there.
    pub(super) fn following(&self, lock: &str, number: i64, now: i64) -> Self {
        Self {
            lock: lock.to_owned(),
            follows: number,
            until: time(now.saturating_add_unsigned(LEASE.as_secs() * 1000)),
            ..self.clone()
        }
    }

    pub(super) fn holder(&self) -> Holder {
        Holder {
            arn: self.holder.clone(),
            run: self.run.clone(),
            program: self.program.clone(),
            baseline: self.baseline.clone(),
            taken: self.taken.clone(),
            until: self.until.clone(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|claim: &Self| claim.format == FORMAT)
    }
}

impl Standing {
    /// Whether it has run out by AWS's time of writing and what AWS says the time is now.
    pub(super) fn has_run_out(&self, now: i64) -> bool {
        let lease = i64::try_from(self.claim.lease_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        let lag = i64::try_from(EXPIRY_LAG.as_millis()).unwrap_or(i64::MAX);
        now > self.written.saturating_add(lease).saturating_add(lag)
    }
}

/// The claim that counts: of all that lean on the same version the first one (see the module's page).
pub(super) fn state(versions: &[ParameterVersion]) -> State {
    let mut counting: Option<Standing> = None;
    for version in versions {
        let Some(claim) = Claim::read(&version.value) else { continue };
        let counts = counting
            .as_ref()
            .is_none_or(|before| claim.lock == before.claim.lock && claim.follows > before.claim.follows);
        if counts {
            counting = Some(Standing { claim, number: version.number, written: version.written });
        }
    }
    match counting {
        Some(standing) => State::Held(Box::new(standing)),
        None if versions.is_empty() => State::Free,
        None => State::Foreign,
    }
}

/// A time for people, in UTC.
fn time(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map(|time| format!("{time:.0}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(lock: &str, run: &str, follows: i64) -> Claim {
        Claim {
            format: FORMAT,
            lock: lock.into(),
            run: run.into(),
            holder: "arn:aws:iam::1:user/a".into(),
            program: "baseline".into(),
            baseline: "b".into(),
            taken: String::new(),
            until: String::new(),
            lease_seconds: 120,
            follows,
        }
    }

    fn versions(claims: &[Claim]) -> Vec<ParameterVersion> {
        let numbers = 1..;
        let text = |claim: &Claim| serde_json::to_string(claim).unwrap();
        numbers
            .zip(claims)
            .map(|(number, claim)| ParameterVersion { number, value: text(claim), written: number * 1000 })
            .collect()
    }

    fn run_of(versions: &[ParameterVersion]) -> String {
        match state(versions) {
            State::Held(standing) => format!("{} at {}", standing.claim.run, standing.number),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn of_two_claims_on_one_version_the_first_counts_and_its_renewals_do() {
        let history =
            [claim("l", "dead", 0), claim("l", "one", 1), claim("l", "two", 1), claim("l", "one", 2)];
        let all = versions(&history);
        assert_eq!(run_of(&all[..2]), "one at 2");
        assert_eq!(run_of(&all[..3]), "one at 2");
        assert_eq!(run_of(&all), "one at 4");
    }

    #[test]
    fn a_claim_on_a_lock_that_was_deleted_since_does_not_count() {
        let history = [claim("new", "one", 0), claim("old", "two", 1), claim("new", "one", 1)];
        assert_eq!(run_of(&versions(&history)), "one at 3");
    }

    #[test]
    fn what_somebody_else_wrote_is_foreign_and_never_free() {
        let text = |value: &str| ParameterVersion { number: 1, value: value.into(), written: 0 };
        assert_eq!(state(&[]), State::Free);
        for value in ["", "held by ops", "{}", r#"{"format":2}"#] {
            assert_eq!(state(&[text(value)]), State::Foreign, "{value}");
        }
    }

    #[test]
    fn a_claim_has_run_out_a_lease_and_a_margin_after_aws_took_it() {
        let standing = Standing { claim: claim("l", "r", 0), number: 1, written: 1_000_000 };
        assert!(!standing.has_run_out(1_000_000 + 120_000 + 300_000));
        assert!(standing.has_run_out(1_000_000 + 120_000 + 300_001));
        assert!(!standing.has_run_out(0));
    }

    proptest! {
        /// Readers that know only the latest versions come to the same holder as readers that know all.
        #[test]
        fn the_latest_hundred_versions_say_the_same_as_all(losers in prop::collection::vec(0_u8..4, 1..60)) {
            let mut history = vec![claim("l", "holder", 0)];
            let mut last = 1;
            for more in losers {
                for _ in 0..more {
                    history.push(claim("l", "loser", last - 1));
                }
                history.push(claim("l", "holder", last));
                last = i64::try_from(history.len()).unwrap();
            }
            let all = versions(&history);
            let kept = &all[all.len().saturating_sub(100)..];
            prop_assert_eq!(run_of(&all), run_of(kept));
            prop_assert!(run_of(&all).starts_with("holder"));
        }
    }
}
