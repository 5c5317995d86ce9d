//! IPv6 ranges of one's own that were brought to AWS: pools of which VPCs take their ranges. That a range is one's own is not checked.

use serde::{Deserialize, Serialize};

use super::Versioned;
use super::listing::{Listing, list};
use super::resource_id::IPV6_POOL;
use super::state::{View, current};
use super::{network_range, tags::Tags};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipv6Pool {
    /// Its range, canonical.
    pub range: String,
    /// What was said of it.
    pub description: String,
}

/// Operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("ProvisionByoipCidr", provision_byoip_cidr),
    operation("DescribeIpv6Pools", describe_ipv6_pools),
];

fn provision_byoip_cidr(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    let text = params.required("Cidr")?;
    let description = params.text("Description").unwrap_or_default().to_owned();
    if !text.contains(':') {
        return Err(Fault::not_implemented("an IPv4 range of ProvisionByoipCidr"));
    }
    let range = network_range::v6("cidr", text)?;
    // The longest prefix of a range that is not advertised ("Bring your own IP addresses", Amazon EC2 User Guide).
    if range.prefix_len() > 56 {
        let message = format!("Value ({text}) for parameter cidr is invalid.");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    let id = cx.new_id(IPV6_POOL.prefix);
    let ec2 = &mut cx.home().ec2;
    ec2.tag_new(&id, Tags::new(), now);
    let pool = Ipv6Pool { range: range.to_string(), description: description.clone() };
    ec2.ipv6_pools.insert(id, Versioned::new(pool, now));
    let shown = Fields::new()
        .with("cidr", range.to_string())
        .with("description", &description)
        .with("state", "pending-provision");
    Ok(Answer::empty().with("byoipCidr", shown))
}

const LISTING: Listing = Listing {
    set: "ipv6PoolSet",
    key: "poolId",
    ids: Some(("PoolId", &IPV6_POOL)),
    filters: &[],
    tagged: true,
    pages: Some((1, 1000)),
};

fn describe_ipv6_pools(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let ec2 = current(cx);
    let row = |(id, pool): (&String, &Versioned<Ipv6Pool>)| {
        let pool = pool.seen(view.lens, id)?;
        let shown = Fields::new()
            .with("poolId", id)
            .with("description", &pool.description)
            .list("poolCidrBlockSet", [Fields::new().with("poolCidrBlock", &pool.range)]);
        Some(ec2.with_tags(shown, view.lens, id))
    };
    let rows = ec2.ipv6_pools.iter().filter_map(row).collect();
    list(cx, params, &LISTING, rows)
}
