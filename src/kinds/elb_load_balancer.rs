//! An application load balancer with its listeners (aws-truths 1.11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Dict, Link, Set, Shape};

/// A load balancer. Outputs: `arn`, `dns_name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancer {
    /// The name, unique in the region, 32 characters at most.
    pub name: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// Ids of its subnets, each in another zone.
    pub subnets: Set<Link>,
    /// Ids of its security groups.
    pub security_groups: Set<Link>,
    /// Attributes by AWS's own keys; only those named are compared (ELB-9).
    pub attributes: BTreeMap<String, String>,
    /// Listeners by port.
    pub listeners: Dict<Listener>,
}

/// A listener. Exactly one of `forward` and `redirect` is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The ARN of the certificate for `HTTPS`.
    pub certificate: Option<String>,
    /// The TLS policy for `HTTPS`.
    pub tls_policy: Option<String>,
    /// The target group that receives the traffic.
    pub forward: Option<Link>,
    /// Where the client is sent instead.
    pub redirect: Option<Redirect>,
    /// A default action this vocabulary does not cover, in words; never wanted.
    pub unsupported: Option<String>,
}

/// A redirect to another protocol and port of the same host, path and query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// `HTTPS`.
    pub protocol: String,
    /// The port, as text.
    pub port: String,
    /// `HTTP_301` or `HTTP_302`.
    pub status: String,
}

impl Shape for LoadBalancer {
    const KIND: &'static str = "elb.load-balancer";
}
