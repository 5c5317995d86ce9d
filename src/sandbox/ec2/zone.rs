//! Regions and availability zones.

use super::listing::{Listing, list};
use crate::partition;
use crate::sandbox::chance::digest;
use crate::sandbox::context::Context;
use crate::sandbox::region_access::OPT_IN_REGIONS;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::REGIONS;

/// Operations on regions and zones.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeRegions", describe_regions),
    operation("DescribeAvailabilityZones", describe_availability_zones),
    operation("DescribeAccountAttributes", describe_account_attributes),
];

/// One availability zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Such as `eu-west-1a`; it names another place in every account (NET-6).
    pub name: String,
    /// Such as `euw1-az1`, the same place in every account.
    pub id: String,
}

/// What zone ids of a region start with, the letters of its zones and the numbers of their ids.
fn layout(region: &str) -> (&'static str, &'static str, &'static str) {
    match region {
        "ap-northeast-1" => ("apne1", "acd", "124"),
        "ap-northeast-2" => ("apne2", "abcd", "1234"),
        "ap-northeast-3" => ("apne3", "abc", "123"),
        "ap-south-1" => ("aps1", "abc", "123"),
        "ap-southeast-1" => ("apse1", "abc", "123"),
        "ap-southeast-2" => ("apse2", "abc", "123"),
        "ca-central-1" => ("cac1", "abd", "124"),
        "eu-central-1" => ("euc1", "abc", "123"),
        "eu-north-1" => ("eun1", "abc", "123"),
        "eu-west-1" => ("euw1", "abc", "123"),
        "eu-west-2" => ("euw2", "abc", "123"),
        "eu-west-3" => ("euw3", "abc", "123"),
        "sa-east-1" => ("sae1", "abc", "123"),
        "us-east-1" => ("use1", "abcdef", "123456"),
        "us-east-2" => ("use2", "abc", "123"),
        "us-west-1" => ("usw1", "ab", "13"),
        "us-west-2" => ("usw2", "abcd", "1234"),
        "cn-north-1" => ("cnn1", "abd", "124"),
        "cn-northwest-1" => ("cnnw1", "abc", "123"),
        "eusc-de-east-1" => ("eusce1", "abc", "123"),
        "us-gov-east-1" => ("usge1", "abc", "123"),
        "us-gov-west-1" => ("usgw1", "abc", "123"),
        "af-south-1" => ("afs1", "abc", "123"),
        "ap-east-1" => ("ape1", "abc", "123"),
        "ap-east-2" => ("ape2", "abc", "123"),
        "ap-south-2" => ("aps2", "abc", "123"),
        "ap-southeast-3" => ("apse3", "abc", "123"),
        "ap-southeast-4" => ("apse4", "abc", "123"),
        "ap-southeast-5" => ("apse5", "abc", "123"),
        "ap-southeast-7" => ("apse7", "abc", "123"),
        "ca-west-1" => ("caw1", "abc", "123"),
        "eu-central-2" => ("euc2", "abc", "123"),
        "eu-south-1" => ("eus1", "abc", "123"),
        "eu-south-2" => ("eus2", "abc", "123"),
        "il-central-1" => ("ilc1", "abc", "123"),
        "me-central-1" => ("mec1", "abc", "123"),
        "me-south-1" => ("mes1", "abc", "123"),
        "mx-central-1" => ("mxc1", "abc", "123"),
        _ => ("", "", ""),
    }
}

/// The zones of a region, in the order of their names; which place a name means depends on the account (NET-6).
pub fn zones(region: &str, account: &str) -> Vec<Zone> {
    let (prefix, letters, numbers) = layout(region);
    let count = letters.len().max(1);
    let turn = usize::try_from(digest(account) % 6).unwrap_or_default();
    let numbers = numbers.chars().cycle().skip(turn % count);
    let zone =
        |(letter, number)| Zone { name: format!("{region}{letter}"), id: format!("{prefix}-az{number}") };
    letters.chars().zip(numbers).map(zone).collect()
}

const REGION_LIST: Listing = Listing {
    set: "regionInfo",
    key: "regionName",
    ids: None,
    filters: &[
        ("endpoint", "regionEndpoint"),
        ("opt-in-status", "optInStatus"),
        ("region-name", "regionName"),
    ],
    tagged: false,
    pages: None,
};

fn describe_regions(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let names = params.texts("RegionName");
    let all = params.flag("AllRegions")? == Some(true);
    let partition = partition::of_region(&cx.region);
    let suffix = partition.map_or("amazonaws.com", |known| known.dns_suffix);
    let opted_in = &cx.world.account(&cx.caller.account).region_access.opted_in;
    let status = |region: &'static str| match (REGIONS.contains(&region), opted_in.contains(region)) {
        (true, _) => (region, "opt-in-not-required"),
        (false, true) => (region, "opted-in"),
        (false, false) => (region, "not-opted-in"),
    };
    let in_partition = |region: &&'static str| partition::of_region(region) == partition;
    let mut here: Vec<(&str, &str)> =
        REGIONS.iter().chain(OPT_IN_REGIONS).copied().filter(in_partition).map(status).collect();
    here.sort_unstable();
    // Regions that are not enabled are shown to those who ask for all of them, or for one by name.
    here.retain(|(region, status)| all || *status != "not-opted-in" || names.contains(region));
    if let Some(name) = names.iter().find(|name| !here.iter().any(|(region, _)| region == *name)) {
        return Err(Fault::client("InvalidParameterValue", format!("Invalid region provided: {name}")));
    }
    let shown = here.into_iter().filter(|(region, _)| names.is_empty() || names.contains(region));
    let rows = shown.map(|(region, status)| {
        Fields::new()
            .with("regionName", region)
            .with("regionEndpoint", format!("ec2.{region}.{suffix}"))
            .with("optInStatus", status)
    });
    list(cx, params, &REGION_LIST, rows.collect())
}

const ZONE_LIST: Listing = Listing {
    set: "availabilityZoneInfo",
    key: "zoneName",
    ids: None,
    filters: &[
        ("group-long-name", "groupLongName"),
        ("group-name", "groupName"),
        ("message", "messageSet.message"),
        ("opt-in-status", "optInStatus"),
        ("parent-zone-id", "parentZoneId"),
        ("parent-zone-name", "parentZoneName"),
        ("region-name", "regionName"),
        ("state", "zoneState"),
        ("zone-id", "zoneId"),
        ("zone-name", "zoneName"),
        ("zone-type", "zoneType"),
    ],
    tagged: false,
    pages: None,
};

fn describe_availability_zones(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let all = zones(&cx.region, &cx.caller.account);
    let (names, ids) = (params.texts("ZoneName"), params.texts("ZoneId"));
    let known = |wanted: &&str| all.iter().any(|zone| zone.name == *wanted || zone.id == *wanted);
    if let Some(unknown) = names.iter().chain(&ids).find(|wanted| !known(wanted)) {
        let message = format!("Invalid availability zone: [{unknown}]");
        return Err(Fault::client("InvalidParameterValue", message));
    }
    let shown = |zone: &Zone| {
        Fields::new()
            .with("zoneName", &zone.name)
            .with("zoneState", "available")
            .with("regionName", &cx.region)
            .list("messageSet", Vec::<Fields>::new())
            .with("zoneId", &zone.id)
            .with("optInStatus", "opt-in-not-required")
            .with("groupName", &cx.region)
            .with("networkBorderGroup", &cx.region)
            .with("zoneType", "availability-zone")
    };
    let wanted = |zone: &&Zone| {
        (names.is_empty() || names.contains(&zone.name.as_str()))
            && (ids.is_empty() || ids.contains(&zone.id.as_str()))
    };
    let rows = all.iter().filter(wanted).map(shown).collect();
    list(cx, params, &ZONE_LIST, rows)
}

fn describe_account_attributes(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let names = params.texts("AttributeName");
    let default = cx.home().ec2.default_vpc().map_or_else(|| "none".to_owned(), str::to_owned);
    let all = [("supported-platforms", "VPC".to_owned()), ("default-vpc", default)];
    let rows =
        all.into_iter().filter(|(name, _)| names.is_empty() || names.contains(name)).map(|(name, value)| {
            Fields::new()
                .with("attributeName", name)
                .list("attributeValueSet", [Fields::new().with("attributeValue", value)])
        });
    Ok(Fields::new().list("accountAttributeSet", rows).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_zones_and_every_zone_an_id_of_its_own() {
        for region in REGIONS {
            let zones = zones(region, "123456789012");
            let ids: std::collections::BTreeSet<_> = zones.iter().map(|zone| &zone.id).collect();
            assert!(zones.len() >= 2 && ids.len() == zones.len(), "{region}");
        }
    }

    #[test]
    fn a_zone_name_means_another_place_in_another_account_net_6() {
        let place = |account| zones("us-east-1", account)[0].id.clone();
        let places: std::collections::BTreeSet<_> =
            ["111111111111", "222222222222", "333333333333", "444444444444"].map(place).into();
        assert!(places.len() > 1);
    }
}
