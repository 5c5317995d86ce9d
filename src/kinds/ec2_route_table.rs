//! A route table with its routes and the subnets that use it (aws-truths 1.7).

use serde::{Deserialize, Serialize};

use crate::model::{Dict, Link, Set, Shape};

/// A route table. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// The VPC's id.
    pub vpc: Link,
    /// Target by destination, without the `local` route that AWS keeps (NET-18).
    pub routes: Dict<Link>,
    /// Ids of the subnets associated with it.
    pub subnets: Set<Link>,
}

impl Shape for RouteTable {
    const KIND: &'static str = "ec2.route-table";
}
