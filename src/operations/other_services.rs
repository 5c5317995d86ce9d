//! Services of which the program calls one or two operations.

use super::grant::no_type;
use super::operation::Operation;

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::implied("logs", "CreateLogDelivery", no_type::<false>),
    Operation::implied("logs", "DeleteLogDelivery", no_type::<false>),
    // The zone in which the name of an endpoint stands is AWS's own, and is checked against every zone.
    Operation::implied("route53", "AssociateVPCWithHostedZone", |_, names| {
        vec![names.everything("NamesOfEndpoints")]
    }),
    Operation::read_beside("scheduler", "GetSchedule"),
    Operation::read_beside("secretsmanager", "DescribeSecret"),
    Operation::read_beside("sts", "GetCallerIdentity"),
    // Asked for with other credentials, whose own policy grants it. The clients made of what it hands out are held to reads, too.
    Operation::starts("sts", "AssumeRoot").on(|_, _| Vec::new()),
    Operation::read("tag", "GetResources"),
];
