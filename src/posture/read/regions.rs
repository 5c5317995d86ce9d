//! Security groups, instances and trails, region by region.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types as cloudtrail;
use aws_sdk_ec2::types::{
    HttpTokensState, Instance as LiveInstance, InstanceMetadataEndpointState, InstanceStateName,
    IpPermission, SecurityGroup as LiveGroup,
};

use super::seen;
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error};
use crate::plan::Unread;
use crate::posture::Seen;
use crate::posture::facts::{Ingress, Instance, Region, SecurityGroup, Trail};

/// What the regions hold: those that are named, or else all that are enabled.
pub(super) async fn regions(
    account: &Account,
    chosen: Option<&[String]>,
) -> Result<BTreeMap<String, Region>, Error> {
    let names = match chosen {
        Some(names) => names.to_vec(),
        None => {
            let answer = account.call(|| account.ec2.describe_regions().send()).await?;
            answer.regions().iter().filter_map(|region| region.region_name()).map(str::to_owned).collect()
        }
    };
    let reads = names.iter().map(|name| Box::pin(region(account, name, &names)));
    let read = chains(reads).await;
    let mut regions: BTreeMap<String, Region> = names.iter().cloned().zip(read).collect();
    propose(&mut regions);
    Ok(regions)
}

/// Where some regions refuse and others answer, says how the file can ask for those that answer.
fn propose(regions: &mut BTreeMap<String, Region>) {
    let answers: Vec<String> = regions
        .iter_mut()
        .filter_map(|(name, region)| refusals(region).is_empty().then(|| format!("{name:?}")))
        .collect();
    let ask = match answers.as_slice() {
        [] => String::new(),
        some => format!("to look only where it is allowed, set regions = [{}] in [audit]", some.join(", ")),
    };
    for (name, region) in regions {
        for unread in refusals(region) {
            unread.regions = vec![name.clone()];
            if !ask.is_empty() {
                let first = match (unread.next.as_str(), unread.lacking.as_str()) {
                    ("", "") => "try again".to_owned(),
                    ("", lacking) => format!("allow {lacking} to these credentials, then plan again"),
                    (next, _) => next.to_owned(),
                };
                unread.next = format!("{first}; {ask}");
            }
        }
    }
}

fn refusals(region: &mut Region) -> Vec<&mut Unread> {
    [region.security_groups.refusal_mut(), region.instances.refusal_mut(), region.trails.refusal_mut()]
        .into_iter()
        .flatten()
        .collect()
}

async fn region(account: &Account, name: &str, all: &[String]) -> Region {
    let ec2 = account.ec2_in(name);
    let (groups, instances, trails) = tokio::join!(
        chain(Box::pin(security_groups(account, &ec2))),
        chain(Box::pin(instances(account, &ec2))),
        chain(Box::pin(trails(account, name, all))),
    );
    Region { security_groups: seen(groups), instances: seen(instances), trails: seen(trails) }
}

async fn security_groups(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<SecurityGroup>, Error> {
    let groups =
        account.call(|| ec2.describe_security_groups().into_paginator().items().send().try_collect()).await?;
    Ok(groups.iter().map(security_group).collect())
}

fn security_group(live: &LiveGroup) -> SecurityGroup {
    SecurityGroup {
        id: live.group_id().unwrap_or_default().to_owned(),
        name: live.group_name().unwrap_or_default().to_owned(),
        vpc: live.vpc_id().unwrap_or_default().to_owned(),
        ingress: live.ip_permissions().iter().flat_map(ingress).collect(),
    }
}

fn ingress(permission: &IpPermission) -> Vec<Ingress> {
    let protocol = permission.ip_protocol().unwrap_or_default();
    let port = |port: Option<i32>| port.and_then(|port| u16::try_from(port).ok());
    // -1 for both, or neither, means every port.
    let ports = port(permission.from_port()).zip(port(permission.to_port()));
    let v4 = permission.ip_ranges().iter().filter_map(|range| range.cidr_ip());
    let v6 = permission.ipv6_ranges().iter().filter_map(|range| range.cidr_ipv6());
    v4.chain(v6)
        .map(|range| Ingress { protocol: protocol.to_owned(), ports, range: range.to_owned() })
        .collect()
}

async fn instances(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<Instance>, Error> {
    let reservations =
        account.call(|| ec2.describe_instances().into_paginator().items().send().try_collect()).await?;
    Ok(reservations.iter().flat_map(|reservation| reservation.instances()).map(instance).collect())
}

/// The tag by which Auto Scaling says whose an instance is; nobody else can write it.
const GROUP_TAG: &str = "aws:autoscaling:groupName";

fn instance(live: &LiveInstance) -> Instance {
    let state = live.state().and_then(|state| state.name());
    let open = live.metadata_options().is_some_and(|options| {
        options.http_tokens() == Some(&HttpTokensState::Optional)
            && options.http_endpoint() != Some(&InstanceMetadataEndpointState::Disabled)
    });
    Instance {
        id: live.instance_id().unwrap_or_default().to_owned(),
        profile: live.iam_instance_profile().and_then(|profile| profile.arn()).map(str::to_owned),
        group: live
            .tags()
            .iter()
            .find(|tag| tag.key() == Some(GROUP_TAG))
            .and_then(|tag| tag.value())
            .map(str::to_owned),
        imdsv1: open,
        running: matches!(state, Some(InstanceStateName::Running | InstanceStateName::Pending)),
    }
}

/// The trails that record here. One whose home is another region that is looked at too answers there.
async fn trails(account: &Account, region: &str, all: &[String]) -> Result<Vec<Trail>, Error> {
    let client = account.cloudtrail_in(region);
    let answer = account.call(|| client.describe_trails().send()).await?;
    let (client, listed) = (&client, answer.trail_list());
    let reads = listed.iter().map(|live| {
        Box::pin(async move {
            let home = live.home_region().unwrap_or(region);
            let answers_here = home == region || !all.iter().any(|name| name == home);
            trail(account, client, live, home, answers_here).await
        })
    });
    Ok(chains(reads).await)
}

async fn trail(
    account: &Account,
    client: &aws_sdk_cloudtrail::Client,
    live: &cloudtrail::Trail,
    home: &str,
    answers_here: bool,
) -> Trail {
    let arn = live.trail_arn().unwrap_or_default();
    let mut trail = Trail {
        name: live.name().unwrap_or_default().to_owned(),
        arn: arn.to_owned(),
        home: home.to_owned(),
        all_regions: live.is_multi_region_trail().unwrap_or_default(),
        organization: live.is_organization_trail().unwrap_or_default(),
        // A trail of all regions records global events in any case.
        global_events: live.include_global_service_events().unwrap_or_default()
            || live.is_multi_region_trail().unwrap_or_default(),
        ..Trail::default()
    };
    if !answers_here {
        return trail;
    }
    let status = chain(Box::pin(async {
        let answer = account.call(|| client.get_trail_status().name(arn).send()).await?;
        answer
            .is_logging()
            .ok_or_else(|| Error::internal(format!("AWS does not say whether {arn} is logging")))
    }));
    // Without selectors of its own a trail records all management events (CT-14).
    let has_own = live.has_custom_event_selectors().unwrap_or_default();
    // AWS tells the selectors of an organization's trail to the account that it belongs to alone.
    let of_another = trail.account() != Some(account.id());
    let management = chain(Box::pin(async {
        if !has_own {
            return Seen::Seen(true);
        }
        if of_another {
            return Seen::NotAsked;
        }
        let answer = account.call(|| client.get_event_selectors().trail_name(arn).send()).await;
        let records = |answer: GetEventSelectorsOutput| {
            records_management(answer.event_selectors(), answer.advanced_event_selectors())
        };
        seen(answer.map(records))
    }));
    let (status, management) = tokio::join!(status, management);
    trail.logging = seen(status);
    trail.management_events = management;
    trail
}

/// Whether selectors let management events through, reads and writes.
fn records_management(
    plain: &[cloudtrail::EventSelector],
    advanced: &[cloudtrail::AdvancedEventSelector],
) -> bool {
    let plain = plain.iter().any(|selector| {
        selector.include_management_events() != Some(false)
            && selector.read_write_type().is_none_or(|kind| *kind == cloudtrail::ReadWriteType::All)
    });
    let advanced = advanced.iter().any(|selector| {
        let fields = selector.field_selectors();
        let management = fields.iter().any(|field| {
            field.field() == "eventCategory" && field.equals().iter().any(|value| value == "Management")
        });
        // A further field, such as readOnly, narrows what is recorded.
        management && !fields.iter().any(|field| field.field() == "readOnly")
    });
    plain || advanced
}
