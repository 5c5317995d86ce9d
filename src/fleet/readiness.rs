//! Accounts with which AWS is not done yet.

use super::fold::{Apart, Seen, Verdict};

/// What AWS answers in an account that is new, and in a region that is being enabled (ACC-6, ORG-6).
const NOT_READY: [&str; 3] =
    ["OptInRequired", "needs a subscription for the service", "RegionDisabledException"];

/// Whether a refusal says that the account is not ready yet.
pub fn is_not_ready(refusal: &str) -> bool {
    NOT_READY.iter().any(|words| refusal.contains(words))
}

impl Seen {
    /// Whether all that was seen is that the account is not ready. Where anything else was seen, that is told.
    fn is_not_ready(&self) -> bool {
        let nothing_else = self.done.is_empty() && self.departs.is_empty();
        nothing_else && !self.unknown.is_empty() && self.unknown.iter().all(|line| is_not_ready(line))
    }
}

impl Verdict {
    /// Whether it may be worth another try at the end of the run.
    pub fn may_become_ready(&self) -> bool {
        match self {
            Self::Looked(seen) => seen.unknown.iter().any(|line| is_not_ready(line)),
            Self::Apart(why, _) => *why == Apart::NotReady,
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

    fn looked(departs: &[&str], unknown: &[&str]) -> Verdict {
        let of = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Verdict::Looked(Seen { departs: of(departs), unknown: of(unknown), ..Seen::default() })
    }

    #[test]
    fn an_account_is_not_ready_only_where_nothing_else_is_known_of_it() {
        let opt_in = "ec2:DescribeVpcs: OptInRequired: You are not subscribed to this service.";
        let subscription =
            "s3:ListBuckets: NotSignedUp: The AWS Access Key Id needs a subscription for the service";
        for (verdict, again, is_not_ready) in [
            (looked(&[], &[opt_in]), true, true),
            (looked(&[], &[opt_in, subscription]), true, true),
            (looked(&["a bucket is public"], &[opt_in]), true, false),
            (looked(&[], &[opt_in, "iam:GetRole was denied"]), true, false),
            (looked(&[], &["iam:GetRole was denied"]), false, false),
            (looked(&[], &[]), false, false),
            (Verdict::Apart(Apart::NotReady, String::new()), true, true),
            (Verdict::Apart(Apart::NotReached, opt_in.to_owned()), false, false),
        ] {
            assert_eq!(verdict.may_become_ready(), again, "{verdict:?}");
            let settled = verdict.clone().settled();
            assert_eq!(matches!(settled, Verdict::Apart(Apart::NotReady, _)), is_not_ready, "{verdict:?}");
        }
    }
}
