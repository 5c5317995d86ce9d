//! Where AWS's own services come from: prefix lists that AWS keeps, which a block must not cut off.

use aws_sdk_ec2::types::Filter;
use ipnet::IpNet;

use super::prefix_lists;
use crate::aws::pages::Items as _;
use crate::aws::{Account, Error};

/// Ranges of a service of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRanges {
    /// What they are, in words.
    pub what: &'static str,
    /// The ranges.
    pub ranges: Vec<IpNet>,
}

/// The services that open connections to what people run ("AWS-managed prefix lists", Amazon VPC user guide). `REGION` is
/// the region's name.
const LISTS: [(&str, &str); 4] = [
    ("com.amazonaws.REGION.route53-healthchecks", ROUTE_53),
    ("com.amazonaws.REGION.ipv6.route53-healthchecks", ROUTE_53),
    ("com.amazonaws.global.cloudfront.origin-facing", CLOUDFRONT),
    ("com.amazonaws.global.ipv6.cloudfront.origin-facing", CLOUDFRONT),
];
const ROUTE_53: &str = "where health checks of Route 53 come from";
const CLOUDFRONT: &str = "where CloudFront comes from";

/// The ranges of those services in the account's region; a list that the region does not have is left out.
///
/// # Errors
/// Fails where the lists cannot be read.
pub async fn service_ranges(account: &Account) -> Result<Vec<ServiceRanges>, Error> {
    let names = LISTS.map(|(name, what)| (name.replace("REGION", &account.region), what));
    let values = names.iter().map(|(name, _)| name.clone()).collect();
    let filter = Filter::builder().name("prefix-list-name").set_values(Some(values)).build();
    let request = account.ec2.describe_managed_prefix_lists().filters(filter);
    let lists: Vec<_> = account.call(|| request.clone().all_items()).await?;
    // Nobody but AWS may name a list so; what else has the name is not AWS's.
    let of_aws = lists.iter().filter(|list| list.owner_id() == Some("AWS"));
    let known = of_aws.filter_map(|list| {
        let (_, what) = names.iter().find(|(name, _)| Some(name.as_str()) == list.prefix_list_name())?;
        Some((list.prefix_list_id()?.to_owned(), *what))
    });
    let known: Vec<(String, &str)> = known.collect();
    let mut ranges = Vec::new();
    for (id, entries) in prefix_lists(account, known.iter().map(|(id, _)| id.clone())).await {
        let Some((_, what)) = known.iter().find(|(known, _)| *known == id) else { continue };
        let entries = entries?;
        ranges.push(ServiceRanges {
            what,
            ranges: entries.iter().filter_map(|entry| super::range(entry.cidr()?)).collect(),
        });
    }
    Ok(ranges)
}
