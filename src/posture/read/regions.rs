//! Security groups, instances and trails, region by region.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::types as cloudtrail;
use aws_sdk_ec2::types::{
    HttpTokensState, Instance as LiveInstance, InstanceMetadataEndpointState, InstanceStateName,
    IpPermission, SecurityGroup as LiveGroup,
};

use super::{keys, load_balancers, seen, shared_images, topics, vpcs, when};
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _};
use crate::partition;
use crate::plan::Unread;
use crate::policy::Policy;
use crate::posture::Seen;
use crate::posture::asked::AuditAsked;
use crate::posture::facts::{Ingress, Instance, Region, SecurityGroup, Trail};

/// What the regions hold: those that are named, or else all that are enabled.
pub(super) async fn regions(
    account: &Account,
    asked: Option<&AuditAsked>,
) -> Result<BTreeMap<String, Region>, Error> {
    let names = match asked.and_then(|asked| asked.regions.as_deref()) {
        Some(names) => names.to_vec(),
        None => account.enabled_regions().await?.to_vec(),
    };
    let reads = names.iter().map(|name| Box::pin(region(account, name, &names, asked)));
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
                unread.next = format!("{}; {ask}", unread.next_step());
            }
        }
    }
}

fn refusals(region: &mut Region) -> Vec<&mut Unread> {
    let keys = match &mut region.keys {
        Seen::Seen(keys) => keys.iter_mut().filter_map(|key| key.rotates.refusal_mut()).collect(),
        Seen::Unreadable(unread) => vec![unread],
        Seen::NotAsked => Vec::new(),
    };
    let messages: Vec<&mut Unread> = [&mut region.topics, &mut region.queues]
        .into_iter()
        .flat_map(|places| match places {
            Seen::Seen(places) => places.iter_mut().filter_map(|place| place.policy.refusal_mut()).collect(),
            Seen::Unreadable(unread) => vec![unread],
            Seen::NotAsked => Vec::new(),
        })
        .collect();
    [
        region.security_groups.refusal_mut(),
        region.instances.refusal_mut(),
        region.trails.refusal_mut(),
        region.load_balancers.refusal_mut(),
        region.classic_load_balancers.refusal_mut(),
        region.vpcs.refusal_mut(),
        region.network_acls.refusal_mut(),
        region.public_snapshots.refusal_mut(),
        region.public_images.refusal_mut(),
        region.shared.refusal_mut(),
    ]
    .into_iter()
    .chain(keys.into_iter().chain(messages).map(Some))
    .chain(region.prefix_lists.values_mut().map(Seen::refusal_mut))
    .flatten()
    .collect()
}

/// Whether a rule looks at the policies of topics and queues.
fn asks_for_messages(asked: &AuditAsked) -> bool {
    asked.service_sources.is_some() || asked.private_topics_and_queues.is_some()
}

async fn region(account: &Account, name: &str, all: &[String], asked: Option<&AuditAsked>) -> Region {
    let ec2 = account.in_region(name).ec2.clone();
    let asks = |demand: fn(&AuditAsked) -> bool| asked.is_some_and(demand);
    let (
        groups,
        instances,
        trails,
        balancers,
        classic,
        topics,
        queues,
        vpcs,
        network_acls,
        keys,
        snapshots,
        images,
        shared,
    ) = tokio::join!(
        chain(Box::pin(security_groups(account, &ec2))),
        chain(Box::pin(instances(account, &ec2))),
        chain(Box::pin(trails(account, name, all, asks(|asked| asked.guarded_trails.is_some())))),
        when(
            asks(|asked| asked.encrypted_listeners.is_some()),
            load_balancers::load_balancers(account, name)
        ),
        when(asks(|asked| asked.encrypted_listeners.is_some()), load_balancers::classic(account, name)),
        when(asks(asks_for_messages), topics::topics(account, name)),
        when(asks(asks_for_messages), topics::queues(account, name)),
        when(asks(|asked| asked.flow_logs.is_some()), vpcs::vpcs(account, &ec2)),
        when(asks(|asked| asked.network_acls.is_some()), vpcs::network_acls(account, &ec2)),
        when(
            asks(|asked| asked.key_rotation.is_some() || asked.service_sources.is_some()),
            keys::keys(account, name, asked)
        ),
        when(asks(|asked| asked.private_images.is_some()), shared_images::snapshots(account, &ec2)),
        when(asks(|asked| asked.private_images.is_some()), shared_images::images(account, &ec2)),
        when(asks(|asked| asked.images_for_trusted_accounts.is_some()), shared_images::shares(account, &ec2)),
    );
    let named = groups.as_deref().unwrap_or_default().iter().flat_map(|group| &group.ingress);
    let lists: BTreeSet<String> =
        named.map(|ingress| &ingress.range).filter(|range| range.starts_with("pl-")).cloned().collect();
    let ec2 = &ec2;
    let reads = lists.iter().map(|list| Box::pin(async move { prefix_list(account, ec2, list).await }));
    let entries = chains(reads).await;
    Region {
        security_groups: seen(groups),
        prefix_lists: lists.iter().cloned().zip(entries.into_iter().map(seen)).collect(),
        instances: seen(instances),
        trails: seen(trails),
        load_balancers: balancers,
        classic_load_balancers: classic,
        topics,
        queues,
        vpcs,
        network_acls,
        keys,
        public_snapshots: snapshots,
        public_images: images,
        shared,
    }
}

/// The ranges of a prefix list, the account's own or one of AWS.
async fn prefix_list(account: &Account, ec2: &aws_sdk_ec2::Client, list: &str) -> Result<Vec<String>, Error> {
    let request = || ec2.get_managed_prefix_list_entries().prefix_list_id(list);
    let entries = account.call(|| request().all_items()).await?;
    Ok(entries.iter().filter_map(|entry| entry.cidr()).map(str::to_owned).collect())
}

async fn security_groups(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<SecurityGroup>, Error> {
    let groups = account.call(|| ec2.describe_security_groups().all_items()).await?;
    Ok(groups.iter().map(security_group).collect())
}

fn security_group(live: &LiveGroup) -> SecurityGroup {
    SecurityGroup {
        id: live.group_id().unwrap_or_default().to_owned(),
        name: live.group_name().unwrap_or_default().to_owned(),
        vpc: live.vpc_id().unwrap_or_default().to_owned(),
        ingress: live.ip_permissions().iter().flat_map(ingress).collect(),
        rules: live.ip_permissions().len() + live.ip_permissions_egress().len(),
    }
}

fn ingress(permission: &IpPermission) -> Vec<Ingress> {
    let protocol = permission.ip_protocol().unwrap_or_default();
    let port = |port: Option<i32>| port.and_then(|port| u16::try_from(port).ok());
    // -1 for both, or neither, means every port.
    let ports = port(permission.from_port()).zip(port(permission.to_port()));
    let v4 = permission.ip_ranges().iter().filter_map(|range| range.cidr_ip());
    let v6 = permission.ipv6_ranges().iter().filter_map(|range| range.cidr_ipv6());
    let lists = permission.prefix_list_ids().iter().filter_map(|list| list.prefix_list_id());
    v4.chain(v6)
        .chain(lists)
        .map(|range| Ingress { protocol: protocol.to_owned(), ports, range: range.to_owned() })
        .collect()
}

async fn instances(account: &Account, ec2: &aws_sdk_ec2::Client) -> Result<Vec<Instance>, Error> {
    let reservations = account.call(|| ec2.describe_instances().all_items()).await?;
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
async fn trails(
    account: &Account,
    region: &str,
    all: &[String],
    asks_for_keys: bool,
) -> Result<Vec<Trail>, Error> {
    let client = account.in_region(region).cloudtrail.clone();
    let answer = account.call(|| client.describe_trails().send()).await?;
    let (client, listed) = (&client, answer.trail_list());
    let reads = listed.iter().map(|live| {
        Box::pin(async move {
            let home = live.home_region().unwrap_or(region);
            let answers_here = home == region || !all.iter().any(|name| name == home);
            let mut trail = trail(account, client, live, home, answers_here).await;
            if answers_here && asks_for_keys {
                trail.key_policy = chain(Box::pin(key_policy(account, trail.key.as_deref()))).await;
            }
            trail
        })
    });
    Ok(chains(reads).await)
}

/// The policy of a trail's key; a key of another account is guarded there.
async fn key_policy(account: &Account, key: Option<&str>) -> Seen<Option<Policy>> {
    let part = |number| key.and_then(|key| key.split(':').nth(number));
    let (Some(key), Some(region)) = (key.filter(|_| part(4) == Some(account.id())), part(3)) else {
        return Seen::Seen(None);
    };
    let client = account.in_region(region).kms.clone();
    let answer = account.find(|| client.get_key_policy().key_id(key).send()).await;
    let parsed = answer.and_then(|answer| {
        let text = answer.and_then(|answer| answer.policy);
        let broken = |reason| Error::internal(format!("the policy of {key} cannot be read: {reason}"));
        text.map(|text| Policy::parse(&text).map_err(broken)).transpose()
    });
    seen(parsed)
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
        validation: live.log_file_validation_enabled().unwrap_or_default(),
        bucket: live.s3_bucket_name().unwrap_or_default().to_owned(),
        path: live
            .s3_key_prefix()
            .filter(|prefix| !prefix.is_empty())
            .map_or_else(|| "AWSLogs/".to_owned(), |prefix| format!("{prefix}/AWSLogs/")),
        key: live.kms_key_id().filter(|key| !key.is_empty()).map(str::to_owned),
        // A trail of all regions records global events in any case, and one of a single region only where they happen.
        global_events: live.is_multi_region_trail().unwrap_or_default()
            || (live.include_global_service_events().unwrap_or_default() && home == leading_region(home)),
        ..Trail::default()
    };
    if !answers_here {
        return trail;
    }
    let status = chain(Box::pin(async {
        let answer = account.call(|| client.get_trail_status().name(arn).send()).await?;
        let logging = answer
            .is_logging()
            .ok_or_else(|| Error::internal(format!("AWS does not say whether {arn} is logging")))?;
        let failure = answer.latest_delivery_error().filter(|text| !text.is_empty()).map(str::to_owned);
        Ok((logging, failure))
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
    trail.delivery_error = status.as_ref().ok().and_then(|(_, failure)| failure.clone());
    trail.logging = seen(status.map(|(logging, _)| logging));
    trail.management_events = management;
    trail
}

/// Whether selectors together let all management events through, reads and writes. One that leaves sources or names out records
/// no kind of them whole, as the Config rule for multi-region trails sees it.
fn records_management(
    plain: &[cloudtrail::EventSelector],
    advanced: &[cloudtrail::AdvancedEventSelector],
) -> bool {
    use cloudtrail::ReadWriteType::{All, ReadOnly, WriteOnly};
    let whole = |selector: &&cloudtrail::EventSelector| {
        selector.include_management_events() != Some(false)
            && selector.exclude_management_event_sources().is_empty()
    };
    let mut kinds: Vec<(bool, bool)> = plain
        .iter()
        .filter(whole)
        .map(|selector| match selector.read_write_type() {
            None | Some(All) => (true, true),
            Some(kind) => (*kind == ReadOnly, *kind == WriteOnly),
        })
        .collect();
    kinds.extend(advanced.iter().filter_map(|selector| {
        let fields = selector.field_selectors();
        let category = fields.iter().find(|field| field.field() == "eventCategory")?;
        let management = category.equals().iter().any(|value| value == "Management");
        let narrowed = fields.iter().any(|field| !["eventCategory", "readOnly"].contains(&field.field()));
        if !management || narrowed {
            return None;
        }
        Some(match fields.iter().find(|field| field.field() == "readOnly") {
            None => (true, true),
            Some(field) => {
                let holds =
                    |wanted: &str| field.equals().iter().any(|value| value.eq_ignore_ascii_case(wanted));
                (holds("true"), holds("false"))
            }
        })
    }));
    kinds.iter().any(|(reads, _)| *reads) && kinds.iter().any(|(_, writes)| *writes)
}

/// The region in which a partition records what belongs to no region, such as IAM. Since November 2021 a trail of one region
/// records it there only.
fn leading_region(region: &str) -> &'static str {
    partition::of_region(region).map_or("us-east-1", |partition| partition.iam_region)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::types::{
        AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType,
    };

    use super::*;

    fn plain(kind: ReadWriteType, excluded: Option<&str>) -> EventSelector {
        EventSelector::builder()
            .read_write_type(kind)
            .include_management_events(true)
            .set_exclude_management_event_sources(excluded.map(|source| vec![source.to_owned()]))
            .build()
    }

    fn advanced(fields: &[(&str, &str)]) -> AdvancedEventSelector {
        let field = |(name, value): &(&str, &str)| {
            AdvancedFieldSelector::builder().field(*name).equals(*value).build().unwrap()
        };
        AdvancedEventSelector::builder()
            .set_field_selectors(Some(fields.iter().map(field).collect()))
            .build()
            .unwrap()
    }

    #[test]
    fn selectors_count_together_and_one_that_leaves_something_out_records_nothing_whole() {
        use ReadWriteType::{All, ReadOnly, WriteOnly};
        for (selectors, all) in [
            (vec![plain(All, None)], true),
            (vec![plain(ReadOnly, None)], false),
            (vec![plain(ReadOnly, None), plain(WriteOnly, None)], true),
            (vec![plain(All, Some("kms.amazonaws.com"))], false),
            (vec![plain(All, Some("kms.amazonaws.com")), plain(All, None)], true),
            (vec![plain(ReadOnly, None), plain(WriteOnly, Some("kms.amazonaws.com"))], false),
        ] {
            assert_eq!(records_management(&selectors, &[]), all, "{selectors:?}");
        }
        let management = ("eventCategory", "Management");
        for (selectors, all) in [
            (vec![advanced(&[management])], true),
            (vec![advanced(&[management, ("readOnly", "true")])], false),
            (
                vec![
                    advanced(&[management, ("readOnly", "true")]),
                    advanced(&[management, ("readOnly", "false")]),
                ],
                true,
            ),
            (vec![advanced(&[management, ("eventSource", "iam.amazonaws.com")])], false),
            (vec![advanced(&[("eventCategory", "Data")])], false),
        ] {
            assert_eq!(records_management(&[], &selectors), all, "{selectors:?}");
        }
    }

    #[test]
    fn each_partition_has_one_region_for_what_belongs_to_none() {
        for (region, leading) in [
            ("eu-west-1", "us-east-1"),
            ("us-gov-east-1", "us-gov-west-1"),
            ("cn-northwest-1", "cn-north-1"),
            ("eusc-de-east-1", "eusc-de-east-1"),
        ] {
            assert_eq!(leading_region(region), leading, "{region}");
        }
    }
}
