//! What a service is to the rest: a name, a protocol and its operations.

use super::context::Handler;
use super::wire::Protocol;
use super::wire::rest::{Body, Place, Route};

/// One operation: its name, its handler and, for S3, its route.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// The name in the API, such as `CreateVpc`.
    pub name: &'static str,
    /// What it does.
    pub handler: Handler,
    /// Where it lives, for the REST services.
    pub route: Option<Route>,
}

/// A row for a service whose requests name their operation.
pub const fn operation(name: &'static str, handler: Handler) -> Operation {
    Operation { name, handler, route: None }
}

/// A row for S3 and S3 Control: method, place, marker (see [`Route`]) and body.
pub const fn rest(
    name: &'static str,
    method: &'static str,
    place: Place,
    marker: &'static str,
    body: Body,
    handler: Handler,
) -> Operation {
    Operation { name, handler, route: Some(Route { method, place, marker, body }) }
}

/// One service.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The signing name, such as `elasticloadbalancing`; S3 Control is `s3control`.
    pub name: &'static str,
    /// The wire protocol.
    pub protocol: Protocol,
    /// The API version, such as `2016-11-15`.
    pub version: &'static str,
    /// The XML namespace of answers; for JSON the prefix of `x-amz-target`.
    pub namespace: &'static str,
    /// Tables of operations, one a file.
    pub operations: &'static [&'static [Operation]],
    /// Which members of its requests are carried out (see [`super::members`]).
    pub members: &'static str,
}

impl Service {
    /// Finds an operation by name.
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.rows().find(|operation| operation.name == name)
    }

    /// Every operation.
    pub fn rows(&self) -> impl Iterator<Item = &'static Operation> + use<> {
        self.operations.iter().flat_map(|table| table.iter())
    }
}

/// Every service of the sandbox.
pub const SERVICES: &[&Service] = &[
    &super::autoscaling::SERVICE,
    &super::cloudtrail::SERVICE,
    &super::cloudwatch::SERVICE,
    &super::ec2::SERVICE,
    &super::elb::SERVICE,
    &super::elb::classic::SERVICE,
    &super::iam::SERVICE,
    &super::kms::SERVICE,
    &super::organizations::SERVICE,
    &super::s3::SERVICE,
    &super::s3control::SERVICE,
    &super::scheduler::SERVICE,
    &super::secretsmanager::SERVICE,
    &super::sns::SERVICE,
    &super::sqs::SERVICE,
    &super::ssm::SERVICE,
    &super::sts::SERVICE,
    &super::tagging::SERVICE,
];

/// Whether an operation changes nothing that is kept.
pub fn is_read(operation: &str) -> bool {
    ["Describe", "Get", "Head", "List", "Lookup", "Simulate"].iter().any(|verb| operation.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_operation_is_listed_twice() {
        for service in SERVICES {
            let mut names: Vec<_> = service.rows().map(|operation| operation.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", service.name);
        }
    }

    #[test]
    fn every_operation_of_a_rest_service_has_a_route() {
        for service in SERVICES {
            let rest = matches!(service.protocol, Protocol::RestXml | Protocol::RestJson);
            assert!(service.rows().all(|row| row.route.is_some() == rest), "{}", service.name);
        }
    }
}
