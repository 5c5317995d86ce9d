//! What a Classic Load Balancer is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::not_there;
use crate::sandbox::context::Context;
use crate::sandbox::elb::load_balancer::Place;
use crate::sandbox::wire::{Fault, Params};
use crate::sandbox::world::Milliseconds;

/// A Classic Load Balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balancer {
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// The VPC's id.
    pub vpc: String,
    /// Zones, and the subnet and network interface it has in each.
    pub zones: BTreeMap<String, Place>,
    /// Ids of its security groups.
    pub groups: Vec<String>,
    /// Its name in DNS.
    pub dns_name: String,
    /// What it listens to, by port.
    pub listeners: BTreeMap<i64, Listener>,
    /// Attributes of its policies, by the policies' names.
    pub policies: BTreeMap<String, BTreeMap<String, String>>,
    /// When it was made.
    pub created: Milliseconds,
}

/// What a Classic Load Balancer listens to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// `HTTP`, `HTTPS`, `TCP` or `SSL`.
    pub protocol: String,
    /// The protocol towards instances.
    pub instance_protocol: String,
    /// The port of instances.
    pub instance_port: i64,
    /// The certificate of an encrypted one.
    pub certificate: Option<String>,
    /// Names of its policies.
    pub policies: Vec<String>,
}

/// A load balancer that a request names, as a write sees it.
///
/// # Errors
/// `LoadBalancerNotFound`.
pub fn named<'a>(cx: &'a mut Context<'_>, params: &Params) -> Result<&'a mut Balancer, Fault> {
    let name = params.required("LoadBalancerName")?;
    let now = cx.now();
    let found = cx.home().elb.classic.get_mut(name);
    found.map(|balancer| balancer.change(now)).ok_or_else(|| not_there(name))
}
