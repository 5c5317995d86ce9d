//! Accounts with which AWS is not done yet.

use super::fold::{Apart, Seen, Verdict};

/// What AWS answers in an account that is new, and in a region that is being enabled ("Common Error Types").
const NOT_READY: [&str; 3] =
    ["OptInRequired", "needs a subscription for the service", "RegionDisabledException"];

/// Whether a refusal with which a look ended says that the account is not ready yet.
pub fn is_not_ready(refusal: &str) -> bool {
    NOT_READY.iter().any(|words| refusal.contains(words))
}

impl Seen {
    /// Whether all that was seen is that the account is not ready. Where anything else was seen, that is told.
    fn is_not_ready(&self) -> bool {
        let nothing_else = self.done.is_empty() && self.departs.is_empty();
        nothing_else && !self.unknown.is_empty() && self.unknown == self.not_ready
    }
}

impl Verdict {
    /// Whether it may be worth another try at the end of the run.
    pub fn may_become_ready(&self) -> bool {
        match self {
            Self::Looked(seen) => !seen.not_ready.is_empty(),
            Self::Apart(why, _) => *why == Apart::NotReady,
        }
    }

    /// Whether nothing is wrong but that something is not active yet.
    pub fn waits_for_aws(&self) -> bool {
        match self {
            Self::Looked(seen) => !seen.unknown.is_empty() && seen.unknown == seen.not_ready,
            Self::Apart(why, _) => *why == Apart::NotReady,
        }
    }

    /// What is told of it after a further try: whatever was done in the one before was done, too.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        match (self, before) {
            (Self::Looked(mut seen), Self::Looked(earlier)) => {
                seen.done.extend(earlier.done.iter().cloned());
                Self::Looked(seen)
            }
            // One that cannot be reached is no more than not ready yet, and what was seen of it before was seen.
            (Self::Apart(Apart::NotReached, _), _) => before.clone(),
            (now, _) => now,
        }
    }

    /// What is told of it after the last try: an account of which nothing could be read, because it is not ready, has a line of
    /// its own.
    #[must_use]
    pub fn settled(self) -> Self {
        match self {
            Self::Looked(seen) if seen.is_not_ready() => {
                let reason = seen.unknown.into_iter().next().unwrap_or_default();
                Self::Apart(Apart::NotReady, reason)
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(departs: &[&str], denied: &[&str], not_ready: &[&str]) -> Verdict {
        let of = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        let unknown = of(&[denied, not_ready].concat());
        Verdict::Looked(Seen { departs: of(departs), unknown, not_ready: of(not_ready), ..Seen::default() })
    }

    #[test]
    fn an_account_is_not_ready_only_where_nothing_else_is_known_of_it() {
        let (vpcs, buckets) = ("ec2:DescribeVpcs is not active yet", "s3:ListBuckets is not active yet");
        let denied = "iam:GetRole was denied";
        for (verdict, again, is_not_ready) in [
            (looked(&[], &[], &[vpcs]), true, true),
            (looked(&[], &[], &[vpcs, buckets]), true, true),
            (looked(&["a bucket is public"], &[], &[vpcs]), true, false),
            (looked(&[], &[denied], &[vpcs]), true, false),
            (looked(&[], &[denied], &[]), false, false),
            (looked(&[], &[], &[]), false, false),
            (Verdict::Apart(Apart::NotReady, String::new()), true, true),
            (Verdict::Apart(Apart::NotReached, "OptInRequired".to_owned()), false, false),
        ] {
            assert_eq!(verdict.may_become_ready(), again, "{verdict:?}");
            let settled = verdict.clone().settled();
            assert_eq!(matches!(settled, Verdict::Apart(Apart::NotReady, _)), is_not_ready, "{verdict:?}");
        }
    }

    #[test]
    fn what_was_done_before_an_account_was_ready_is_told_too() {
        let done = |line: &str| Seen { done: [line.to_owned()].into(), ..Seen::default() };
        let (first, second) =
            (Verdict::Looked(done("create a role")), Verdict::Looked(done("create a bucket")));
        let Verdict::Looked(seen) = second.after(&first) else { panic!("it was looked at") };
        assert_eq!(seen.done.into_iter().collect::<Vec<_>>(), ["create a bucket", "create a role"]);
        let (not_ready, not_reached) = (
            Verdict::Apart(Apart::NotReady, "pending".to_owned()),
            Verdict::Apart(Apart::NotReached, "no role".to_owned()),
        );
        assert_eq!(not_reached.clone().after(&not_ready), not_ready);
        assert_eq!(not_reached.after(&first), first);
    }
}
