//! The TLS policies of load balancers: which there are, and which let old protocols in.

use super::{Diagnostic, Span};

/// Policies without TLS 1.0 and 1.1 (Elastic Load Balancing, "Security policies for your Application Load Balancer").
const MODERN: &[&str] = &[
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04",
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
    "ELBSecurityPolicy-FS-1-2-2019-08",
    "ELBSecurityPolicy-FS-1-2-Res-2019-08",
    "ELBSecurityPolicy-FS-1-2-Res-2020-10",
];

/// Policies that let clients speak TLS 1.0 or 1.1.
const OLD: &[&str] = &[
    "ELBSecurityPolicy-TLS13-1-1-2021-06",
    "ELBSecurityPolicy-TLS13-1-0-2021-06",
    "ELBSecurityPolicy-TLS13-1-0-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-TLS-1-0-2015-04",
    "ELBSecurityPolicy-FS-1-1-2019-08",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-2016-08",
    "ELBSecurityPolicy-2015-05",
];

pub(super) fn check(policy: &str, span: &Span, problems: &mut Vec<Diagnostic>) {
    const DEFAULT: &str = "leave `tls_policy` out for ELBSecurityPolicy-TLS13-1-2-2021-06";
    if OLD.contains(&policy) {
        let message = format!("{policy} lets clients speak TLS 1.0 or 1.1, which are broken");
        problems.push(Diagnostic::warning("old-tls", span, message).hint(DEFAULT));
    } else if !policy.starts_with("ELBSecurityPolicy-") {
        let message = format!("{policy:?} is not the name of a TLS policy");
        problems.push(Diagnostic::error("bad-value", span, message).hint(DEFAULT));
    } else if !MODERN.contains(&policy) {
        // AWS adds new ones.
        let message = format!("{policy} is not among the TLS policies that this version knows");
        problems.push(
            Diagnostic::warning("unknown-tls-policy", span, message)
                .hint("compare it with `aws elbv2 describe-ssl-policies`, or leave `tls_policy` out"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_unknown_policies_are_warned_about_and_other_text_is_refused() {
        let codes = |policy: &str| {
            let mut problems = Vec::new();
            check(policy, &(0..1), &mut problems);
            problems.into_iter().map(|problem| problem.code).collect::<Vec<_>>()
        };
        assert!(codes("ELBSecurityPolicy-TLS13-1-2-2021-06").is_empty());
        assert_eq!(codes("ELBSecurityPolicy-2016-08"), ["old-tls"]);
        assert_eq!(codes("ELBSecurityPolicy-TLS13-1-2-2021-60"), ["unknown-tls-policy"]);
        assert_eq!(codes("TLSv1.2"), ["bad-value"]);
        assert!(MODERN.iter().all(|policy| !OLD.contains(policy)));
    }
}
