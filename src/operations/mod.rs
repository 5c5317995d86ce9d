//! The registry of AWS's operations: what each call does, which IAM action it takes and what that is checked against.
//!
//! One file a service. The read-only guard, the printed policies and the question before an apply are views over it: a call
//! that is not here is a write, and no policy grants it.

mod autoscaling;
mod cloudtrail;
mod cloudwatch;
mod ec2;
mod ec2_tags;
mod ec2_vpc_endpoints;
mod elastic_load_balancing;
mod grant;
mod iam;
mod kms;
mod lag;
mod operation;
mod organizations;
mod other_services;
mod parameter_store;
mod s3;
mod topics_and_queues;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub(crate) use ec2_tags::{tagged_rules, tags_of_rules, temporary_tags};
pub(crate) use grant::{Condition, Grant, Grants, Names};
pub use grant::{Lock, Scope};
pub use lag::Lag;
pub(crate) use lag::ROLES;
pub(crate) use operation::Declared;
pub use operation::{Effect, Operation};

/// The operations of every service.
const SERVICES: &[&[Operation]] = &[
    autoscaling::OPERATIONS,
    cloudtrail::OPERATIONS,
    cloudwatch::OPERATIONS,
    ec2::READS,
    ec2::WRITES,
    elastic_load_balancing::OPERATIONS,
    iam::READS,
    iam::WRITES,
    kms::OPERATIONS,
    organizations::OPERATIONS,
    other_services::OPERATIONS,
    parameter_store::OPERATIONS,
    s3::OPERATIONS,
    topics_and_queues::OPERATIONS,
];

/// The answers of every service that are only lag.
pub fn lags() -> impl Iterator<Item = &'static Lag> {
    let services = [
        autoscaling::LAGS,
        cloudtrail::LAGS,
        ec2::LAGS,
        elastic_load_balancing::LAGS,
        iam::LAGS,
        kms::LAGS,
        s3::LAGS,
    ];
    services.into_iter().flatten()
}

/// Every operation that is known.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    SERVICES.iter().copied().flatten()
}

/// Names of operations, with whether every service that has one only reads, and whether that leaves something behind.
static NAMES: LazyLock<BTreeMap<&'static str, Effect>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for operation in all() {
        let known = names.entry(operation.name).or_insert(operation.effect);
        if !matches!(operation.effect, Effect::Read | Effect::Starts) {
            *known = operation.effect;
        }
    }
    names
});

/// Operations by the prefix and the name of their IAM action.
static ACTIONS: LazyLock<BTreeMap<(&'static str, &'static str), &'static Operation>> =
    LazyLock::new(|| all().map(|operation| ((operation.prefix(), operation.action), operation)).collect());

/// Whether an operation only reads.
///
/// Of what is known to read, never of what is known to write: an operation that is not in the registry is a write, whatever its
/// name begins with.
pub fn is_read(name: &str) -> bool {
    matches!(NAMES.get(name), Some(Effect::Read | Effect::Starts))
}

/// Whether a read leaves something behind.
pub fn starts_something(name: &str) -> bool {
    NAMES.get(name) == Some(&Effect::Starts)
}

/// The names of all operations that only read.
pub fn reads() -> impl Iterator<Item = &'static str> {
    NAMES.keys().copied().filter(|name| is_read(name))
}

/// The operation that takes an IAM action, such as `ec2:CreateSubnet`.
pub(crate) fn of_action(action: &str) -> Option<&'static Operation> {
    let (prefix, name) = action.split_once(':')?;
    ACTIONS.get(&(prefix, name)).copied()
}

/// The IAM action that a call needs, by the SDK's names of service and operation.
pub fn action(service: &str, name: &str) -> String {
    let service = service_of(service);
    let known = all().find(|operation| operation.service == service && operation.name == name);
    match known {
        Some(operation) => format!("{}:{}", operation.prefix(), operation.action),
        None => format!("{}:{name}", if service == "s3control" { "s3" } else { &service }),
    }
}

/// A service as the registry names it, by the SDK's name of it.
fn service_of(service: &str) -> String {
    match service.to_lowercase().as_str() {
        "elastic load balancing" | "elastic load balancing v2" | "elasticloadbalancingv2" => {
            "elasticloadbalancing".to_owned()
        }
        "resource groups tagging api" | "resourcegroupstagging" => "tag".to_owned(),
        other => other.replace(' ', ""),
    }
}

/// Whether the registry says what an action is checked against.
pub fn is_known(action: &str) -> bool {
    of_action(action).is_some_and(|operation| operation.resources.is_some())
}

/// The grants an action of a kind needs; the kind is empty for reads that belong to none.
pub(crate) fn grants(kind: &str, action: &str, names: &Names<'_>) -> Vec<Grant> {
    match of_action(action).and_then(|operation| operation.resources) {
        Some(resources) => resources(kind, names),
        None => vec![names.everything("ActionsThatNobodyScopedYet")],
    }
}

/// The IAM actions that AWS checks along with a call, by the IAM action of the call.
pub fn implicit(action: &str) -> impl Iterator<Item = &'static str> {
    of_action(action).into_iter().flat_map(|operation| operation.implicit.iter().copied())
}

/// An action and those that AWS checks along with it.
pub(crate) fn with_implicit(action: &'static str) -> impl Iterator<Item = &'static str> {
    std::iter::once(action).chain(implicit(action))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_alone_makes_no_read() {
        assert!(is_read("DescribeVpcs") && is_read("AssumeRoot") && starts_something("AssumeRoot"));
        for write in ["DeleteVpc", "GetFederationToken", "DescribeFrobnication", "describeVpcs", "AssumeRole"]
        {
            assert!(!is_read(write), "{write}");
        }
    }

    #[test]
    fn an_operation_stands_once_and_one_action_has_one_meaning() {
        let mut seen = BTreeSet::new();
        for operation in all() {
            assert!(seen.insert((operation.service, operation.name)), "{} stands twice", operation.name);
            let first = of_action(&format!("{}:{}", operation.prefix(), operation.action)).unwrap();
            assert_eq!(first.effect, operation.effect, "{} is an action of two effects", operation.action);
        }
        for action in all().flat_map(|operation| operation.implicit) {
            assert!(is_known(action), "{action}");
        }
    }

    #[test]
    fn the_action_of_a_call_is_that_of_iam() {
        for (service, name, expected) in [
            ("S3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
            ("S3 Control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
            ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
            ("Elastic Load Balancing v2", "CreateListener", "elasticloadbalancing:CreateListener"),
            ("Auto Scaling", "PutScalingPolicy", "autoscaling:PutScalingPolicy"),
            ("EC2", "FrobnicateVpc", "ec2:FrobnicateVpc"),
        ] {
            assert_eq!(action(service, name), expected);
        }
    }
}
