//! Answers that are only true because another replica has not heard yet (aws-truths part 2).

/// One answer that deserves patience.
#[derive(Debug)]
pub struct Lag {
    /// The truth it rests on.
    pub truth: &'static str,
    /// The service that answers it, by IAM prefix.
    pub service: &'static str,
    /// The wire code: exact, or its end where it starts with `*`.
    pub code: &'static str,
    /// Lower-case text the message must contain, where the code alone says too little.
    pub message: &'static str,
    /// Kinds of which this run must have written one; empty where AWS asks for a retry in any case.
    pub wrote: &'static [&'static str],
    /// How long to be patient, in seconds.
    pub budget: u64,
}

impl Lag {
    pub(super) const fn of(
        service: &'static str,
        truth: &'static str,
        code: &'static str,
        message: &'static str,
        wrote: &'static [&'static str],
        budget: u64,
    ) -> Self {
        Self { truth, service, code, message, wrote, budget }
    }
}

pub(crate) const ROLES: &[&str] = &["iam.role"];
pub(crate) const NETWORK: &[&str] = &[
    "ec2.vpc",
    "ec2.subnet",
    "ec2.internet-gateway",
    "ec2.egress-only-internet-gateway",
    "ec2.route-table",
    "ec2.elastic-ip",
    "ec2.nat-gateway",
    "ec2.vpc-endpoint",
    "ec2.security-group",
    "ec2.network-acl",
    "ec2.launch-template",
    "ec2.flow-log",
];

pub(crate) const BALANCED: &[&str] = &["autoscaling.group", "elb.target-group", "elb.load-balancer"];
