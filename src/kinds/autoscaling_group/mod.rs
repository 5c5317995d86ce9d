//! An Auto Scaling group with its target-tracking policies (aws-truths 1.12).

pub mod alarm;
pub(in crate::kinds) mod instances;
pub(in crate::kinds) mod policy;
pub(in crate::kinds) mod refresh;
pub mod steps;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_autoscaling::types::{
    AutoScalingGroup as LiveGroup, Filter, LaunchTemplateSpecification, ScalingPolicy, Tag,
};
use futures::join;
use serde::{Deserialize, Serialize};

use self::alarm::Of;
use self::instances::{Standing, standing};
use self::steps::StepScaling;
use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _, NAME_TAG, OwnershipTags, in_common};
use crate::kinds::by_name::{Named, by_name};
use crate::kinds::ec2_launch_template::LaunchTemplate;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::elb_target_group::TargetGroup;
use crate::kinds::whole_number::narrow;
use crate::kinds::{
    DeleteRequest, Found, KindMeta, ReadRequest, ReadResult, Resource, State, Update, unreadable,
};
use crate::model::{Addr, Dict, Link, Owned, ResourceSpec, Set, UnresolvedLink};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoScalingGroup {
    /// The name, unique in the region.
    pub group: String,
    /// The launch template's id; its default version is used (LT-2).
    pub launch_template: Link,
    /// Ids of the subnets it launches into.
    pub subnets: Set<Link>,
    /// The least number of instances.
    pub min: i64,
    /// The greatest number of instances.
    pub max: i64,
    /// The number to start with; the scaler's business afterwards (ASG-5).
    pub desired: Owned<i64>,
    /// ARNs of the target groups its instances join.
    pub target_groups: Set<Link>,
    /// `EC2`, or `ELB` to replace what the load balancer finds unhealthy.
    pub health_check: String,
    /// Seconds a new instance is left alone.
    pub grace_seconds: i64,
    /// Target-tracking policies by name.
    pub policies: Dict<TargetTracking>,
    /// Step-scaling policies by name, each with its alarm `GROUP-POLICY`.
    pub steps: Dict<StepScaling>,
    /// Processes that a person suspended, such as `Launch`; none is ever wanted.
    pub suspended: Set<String>,
    /// The version of the launch template that its instances run, where they are replaced by an instance refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<Link>,
    /// The percentage that a refresh keeps in service; AWS's own choice where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_healthy: Option<Owned<i64>>,
}

/// Keeps a metric near a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetTracking {
    /// A predefined metric, such as `ASGAverageCPUUtilization`.
    pub metric: String,
    /// The value to keep, in the metric's unit.
    pub target: i64,
    /// Whether it may also scale in.
    pub scale_in: bool,
    /// Whose requests are counted; nothing for the other metrics.
    pub requests_of: Option<RequestsOf>,
    /// What a live policy has that this vocabulary does not cover, in words; never wanted.
    pub unsupported: Option<String>,
}

/// Requests that one load balancer sends to one target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestsOf {
    /// The load balancer's ARN.
    pub load_balancer: Link,
    /// The target group's ARN.
    pub target_group: Link,
}

impl ResourceSpec for AutoScalingGroup {
    const KIND: &'static str = "autoscaling.group";
}

/// Auto Scaling groups.
pub struct AutoScalingGroups;

/// How many names one `DescribeAutoScalingGroups` takes, and how many target groups one attach or detach.
const NAMES_PER_CALL: usize = 50;
const TARGET_GROUPS_PER_CALL: usize = 10;

impl Resource for AutoScalingGroups {
    type Spec = AutoScalingGroup;
    const META: KindMeta = KindMeta {
        keeps: &["subnets"],
        // The tagging index does not list groups.
        always_read: true,
        immutable: &["group"],
        // Deletion ends when the last instance is gone (ASG-6).
        settle_seconds: 900,
        read_actions: &[
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribePolicies",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeInstanceRefreshes",
            "ec2:DescribeLaunchTemplateVersions",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:ListTagsForResource",
        ],
        write_actions: &[
            "autoscaling:CreateAutoScalingGroup",
            "autoscaling:UpdateAutoScalingGroup",
            "autoscaling:AttachLoadBalancerTargetGroups",
            "autoscaling:DetachLoadBalancerTargetGroups",
            "autoscaling:PutScalingPolicy",
            "autoscaling:DeletePolicy",
            "autoscaling:ResumeProcesses",
            "autoscaling:StartInstanceRefresh",
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:TagResource",
            "cloudwatch:DeleteAlarms",
            "autoscaling:CreateOrUpdateTags",
            "autoscaling:DeleteAutoScalingGroup",
        ],
        practices: &[4, 10],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<AutoScalingGroup>>,
    ) -> Vec<ReadResult<AutoScalingGroup>> {
        let versions = asked
            .iter()
            .map(|question| (question.wanted.group.clone(), question.wanted.instances.clone()))
            .collect();
        let wanted_steps = asked
            .iter()
            .flat_map(|ReadRequest { wanted, .. }| {
                wanted.steps.0.keys().map(|name| (wanted.group.clone(), name.clone()))
            })
            .collect();
        match read_all(account, &versions, wanted_steps).await {
            Ok(live) => by_name(account, asked, |wanted| &wanted.group, live),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &AutoScalingGroup) -> Result<(), Error> {
        // Before there is a group, so that none is left without its steps.
        steps::check_alarms(account, &wanted.group, &wanted.steps).await?;
        let request = account
            .autoscaling
            .create_auto_scaling_group()
            .auto_scaling_group_name(&wanted.group)
            .launch_template(template(wanted)?)
            .vpc_zone_identifier(ids(&wanted.subnets)?.join(","))
            .min_size(narrow("min", wanted.min)?)
            .max_size(narrow("max", wanted.max)?)
            .desired_capacity(narrow("desired", *wanted.desired.value())?)
            .set_target_group_arns(Some(ids(&wanted.target_groups)?).filter(|arns| !arns.is_empty()))
            .health_check_type(&wanted.health_check)
            .health_check_grace_period(narrow("grace_seconds", wanted.grace_seconds)?)
            .set_tags(Some(tags(account, addr, &wanted.group)));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<AutoScalingGroup>) -> Result<(), Error> {
        let Update { addr, wanted, live, adopt, .. } = update;
        let live_steps = &live.attributes.steps;
        let known_steps = if update.touches("steps") {
            Some(steps::known(account, &wanted.group, &wanted.steps, live_steps).await?)
        } else {
            None
        };
        if *adopt {
            let request = account.autoscaling.create_or_update_tags().set_tags(Some(tags(
                account,
                addr,
                &wanted.group,
            )));
            account.call(|| request.clone().send()).await?;
            let of = live_steps.0.keys().map(|policy| (wanted.group.clone(), policy.clone()));
            alarm::tag(account, addr, &of.collect()).await?;
        }
        update_group(account, update).await?;
        if update.touches("target_groups") {
            write_target_groups(
                account,
                &wanted.group,
                &wanted.target_groups,
                &live.attributes.target_groups,
            )
            .await?;
        }
        // Before a policy of another type has the name.
        if update.touches("steps") {
            steps::delete(account, &wanted.group, &wanted.steps, live_steps).await?;
        }
        if update.touches("policies") {
            policy::write(account, &wanted.group, &wanted.policies, &live.attributes.policies).await?;
        }
        if let Some(known) = known_steps {
            steps::write(account, (addr, &wanted.group), &wanted.steps, live_steps, &known).await?;
        }
        if update.touches("suspended") {
            let suspended = live.attributes.suspended.0.difference(&wanted.suspended.0).cloned().collect();
            let request = account
                .autoscaling
                .resume_processes()
                .auto_scaling_group_name(&wanted.group)
                .set_scaling_processes(Some(suspended));
            account.call(|| request.clone().send()).await?;
        }
        // Last, so that the new instances start as the group says by now.
        if update.touches("instances") {
            let least = wanted.min_healthy.as_ref().map(|percent| *percent.value());
            refresh::start(account, &wanted.group, least).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<AutoScalingGroup>) -> Result<(), Error> {
        let live = &request.live.attributes;
        // Its policies are not read where nobody declares it. They go with it, and their alarms would stay.
        let policies = policy::all(account, &live.group).await?;
        let of = steps::of_policies(policies.iter());
        alarm::delete(account, &live.group, of.iter().map(|(_, policy)| policy.as_str())).await?;
        // Its instances are terminated; the group is listed until they are gone.
        let request = account
            .autoscaling
            .delete_auto_scaling_group()
            .auto_scaling_group_name(&live.group)
            .force_delete(true);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> AutoScalingGroup {
        let odd = seed % 2 == 1;
        let number = i64::from(seed % 16);
        let cpu = TargetTracking {
            metric: if odd { "ASGAverageCPUUtilization" } else { "ASGAverageNetworkIn" }.into(),
            target: 50 + number,
            scale_in: odd,
            requests_of: None,
            unsupported: None,
        };
        let zones: &[&str] = if odd { &["a"] } else { &["a", "b"] };
        AutoScalingGroup {
            group: "baseline-example".into(),
            launch_template: LaunchTemplate::output(if odd { "web" } else { "db" }, "id"),
            subnets: zones.iter().map(|zone| Subnet::output(format!("web-{zone}"), "id")).collect(),
            min: number,
            max: number + 4,
            desired: Owned::Always(number + 1),
            target_groups: [TargetGroup::output(if odd { "web" } else { "db" }, "arn")].into_iter().collect(),
            health_check: if odd { "ELB" } else { "EC2" }.into(),
            suspended: Set::default(),
            grace_seconds: 60 + number,
            policies: [("cpu".to_owned(), cpu)].into_iter().collect(),
            steps: Dict::default(),
            instances: None,
            min_healthy: None,
        }
    }
}

fn ids(links: &Set<Link>) -> Result<Vec<String>, UnresolvedLink> {
    links.0.iter().map(|link| link.id().map(str::to_owned)).collect()
}

fn template(wanted: &AutoScalingGroup) -> Result<LaunchTemplateSpecification, UnresolvedLink> {
    Ok(LaunchTemplateSpecification::builder()
        .launch_template_id(wanted.launch_template.id()?)
        .version("$Default")
        .build())
}

/// The tags: those of ownership for the group alone, since its instances have their own, and those of the file for its instances, too.
fn tags(account: &Account, addr: &Addr, group: &str) -> Vec<Tag> {
    account
        .tags(addr)
        .into_iter()
        .map(|(key, value)| {
            let to_instances = account.declared_tags.contains_key(&key);
            Tag::builder()
                .resource_type("auto-scaling-group")
                .resource_id(group)
                .key(key)
                .value(value)
                .propagate_at_launch(to_instances)
                .build()
        })
        .collect()
}

/// Every owned group, then those of the names that are not among them.
async fn groups(account: &Account, names: &[String]) -> Result<BTreeMap<String, LiveGroup>, Error> {
    let groups = || account.autoscaling.describe_auto_scaling_groups();
    let ours = Filter::builder().name(format!("tag:{NAME_TAG}")).values(&account.baseline).build();
    let owned = || groups().filters(ours.clone()).all_items();
    let by_name = |group: LiveGroup| Some((group.auto_scaling_group_name.clone()?, group));
    let owned: Vec<LiveGroup> = account.call(owned).await?;
    let mut found: BTreeMap<String, LiveGroup> = owned.into_iter().filter_map(by_name).collect();
    let missing: Vec<String> = names.iter().filter(|name| !found.contains_key(*name)).cloned().collect();
    let named = chains(missing.chunks(NAMES_PER_CALL).map(|chunk| async move {
        let pages = || groups().set_auto_scaling_group_names(Some(chunk.to_vec())).all_items();
        account.call(pages).await
    }));
    for answer in named.await {
        let answer: Vec<LiveGroup> = answer?;
        found.extend(answer.into_iter().filter_map(by_name));
    }
    Ok(found)
}

/// The same groups with their policies.
async fn read_all(
    account: &Account,
    asked: &refresh::Asked,
    wanted_steps: BTreeSet<Of>,
) -> Result<Vec<Named<AutoScalingGroup>>, Error> {
    let names: Vec<String> = asked.keys().cloned().collect();
    let policies =
        chains(names.iter().map(|name| async move { (name.clone(), policy::all(account, name).await) }));
    let (live, policies, versions) =
        join!(chain(groups(account, &names)), policies, refresh::known(account, asked));
    let policies: BTreeMap<String, Result<Vec<ScalingPolicy>, Error>> = policies.into_iter().collect();
    let live = live?;
    let mut of = steps::of_policies(policies.values().flatten().flatten());
    of.extend(wanted_steps.into_iter().filter(|(group, _)| live.contains_key(group)));
    let alarms = chain(alarm::read(account, &of));
    let details = chains(live.into_iter().map(|(name, group)| async move {
        let standing = standing(account, &group).await;
        (name, group, standing)
    }));
    let (details, alarms) = join!(details, alarms);
    Ok(details
        .into_iter()
        .map(|(name, group, standing)| {
            let policies = policies.get(&name).cloned().unwrap_or(Ok(Vec::new()));
            let found = versions.compare(&group, asked.get(&name)).and_then(|compared| {
                let (policies, alarms) = (policies?, alarms.as_ref().map_err(Clone::clone)?);
                let scaling = (policy::by_name(&policies), steps::by_name(&policies, alarms));
                let mut found = found(&group, scaling, standing, compared);
                let of_alarms = alarms.tags.iter().filter(|((group, _), _)| *group == name);
                let of_alarms = of_alarms.map(|(_, tags)| tags.clone());
                found.tags = in_common([found.tags].into_iter().chain(of_alarms));
                found.remarks.extend(alarms.remarks(&name));
                Ok(found)
            });
            Named { name, found }
        })
        .collect())
}

/// Sends what differs of the group itself; what is left out stays as it is (ASG-2).
async fn update_group(account: &Account, update: &Update<AutoScalingGroup>) -> Result<(), Error> {
    const FIELDS: [&str; 7] =
        ["launch_template", "subnets", "min", "max", "desired", "health_check", "grace_seconds"];
    if !FIELDS.iter().any(|field| update.touches(field)) {
        return Ok(());
    }
    let wanted = &update.wanted;
    let number = |field: &str, number: i64| update.touches(field).then(|| narrow(field, number)).transpose();
    // A number chosen only at creation is the scaler's business afterwards (ASG-5).
    let desired = match wanted.desired {
        Owned::Always(desired) => number("desired", desired)?,
        Owned::AtCreation(_) => None,
    };
    let template = update.touches("launch_template").then(|| template(wanted)).transpose()?;
    let subnets = update.touches("subnets").then(|| ids(&wanted.subnets)).transpose()?;
    let request = account
        .autoscaling
        .update_auto_scaling_group()
        .auto_scaling_group_name(&wanted.group)
        .set_launch_template(template)
        .set_vpc_zone_identifier(subnets.map(|subnets| subnets.join(",")))
        .set_min_size(number("min", wanted.min)?)
        .set_max_size(number("max", wanted.max)?)
        .set_desired_capacity(desired)
        .set_health_check_type(update.touches("health_check").then(|| wanted.health_check.clone()))
        .set_health_check_grace_period(number("grace_seconds", wanted.grace_seconds)?);
    account.call(|| request.clone().send()).await?;
    Ok(())
}

async fn write_target_groups(
    account: &Account,
    group: &str,
    wanted: &Set<Link>,
    live: &Set<Link>,
) -> Result<(), Error> {
    let only_in =
        |one: &Set<Link>, other: &Set<Link>| ids(&Set(one.0.difference(&other.0).cloned().collect()));
    // The new ones first, so that a replaced target group never leaves its load balancer without targets (ELB-3).
    for arns in only_in(wanted, live)?.chunks(TARGET_GROUPS_PER_CALL) {
        let request = account
            .autoscaling
            .attach_load_balancer_target_groups()
            .auto_scaling_group_name(group)
            .set_target_group_arns(Some(arns.to_vec()));
        account.call(|| request.clone().send()).await?;
    }
    for arns in only_in(live, wanted)?.chunks(TARGET_GROUPS_PER_CALL) {
        let request = account
            .autoscaling
            .detach_load_balancer_target_groups()
            .auto_scaling_group_name(group)
            .set_target_group_arns(Some(arns.to_vec()));
        account.call(|| request.clone().send()).await?;
    }
    Ok(())
}

fn found(
    group: &LiveGroup,
    (policies, steps): (Dict<TargetTracking>, Dict<StepScaling>),
    standing: Standing,
    compared: refresh::Compared,
) -> Found<AutoScalingGroup> {
    let number = |number: Option<i32>| number.map(i64::from).unwrap_or_default();
    let tags = group.tags().iter().filter_map(|tag| Some((tag.key()?, tag.value()?)));
    Found {
        attributes: AutoScalingGroup {
            group: group.auto_scaling_group_name().unwrap_or_default().to_owned(),
            launch_template: launches_from(group).into(),
            subnets: group
                .vpc_zone_identifier()
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|subnet| !subnet.is_empty())
                .map(Link::from)
                .collect(),
            min: number(group.min_size()),
            max: number(group.max_size()),
            desired: Owned::Always(number(group.desired_capacity())),
            target_groups: group.target_group_arns().iter().cloned().map(Link::Id).collect(),
            health_check: health_check(group.health_check_type().unwrap_or_default()),
            grace_seconds: number(group.health_check_grace_period()),
            policies,
            steps,
            suspended: group
                .suspended_processes()
                .iter()
                .filter_map(|process| process.process_name().map(str::to_owned))
                .collect(),
            instances: compared.instances,
            min_healthy: None,
        },
        outputs: BTreeMap::new(),
        ownership: OwnershipTags::from_tags(tags),
        // One that its instances do not get is not as it is put on here.
        tags: group
            .tags()
            .iter()
            .filter(|tag| tag.propagate_at_launch() == Some(true))
            .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
            .collect(),
        state: match standing.state {
            // A refresh takes instances out of service before others come in; AWS goes on by itself.
            State::Short { refused: false, .. } if compared.refreshing => State::Ready,
            state => state,
        },
        remarks: standing.remarks.into_iter().chain(compared.remarks).collect(),
    }
}

/// The template's id where its default version is used; otherwise words that equal no id.
fn launches_from(group: &LiveGroup) -> String {
    if group.mixed_instances_policy().is_some() {
        return "a mixed instances policy".to_owned();
    }
    let Some(template) = group.launch_template() else {
        return group
            .launch_configuration_name()
            .map_or_else(|| "nothing".to_owned(), |name| format!("the launch configuration {name}"));
    };
    let id = template.launch_template_id().unwrap_or_default();
    match template.version() {
        None | Some("" | "$Default") => id.to_owned(),
        Some(version) => format!("{id} version {version}"),
    }
}

/// `EC2` is implied by everything else (ASG-7).
fn health_check(listed: &str) -> String {
    let mut checks: Vec<&str> =
        listed.split(',').map(str::trim).filter(|check| !check.is_empty() && *check != "EC2").collect();
    checks.sort_unstable();
    if checks.is_empty() { "EC2".to_owned() } else { checks.join(",") }
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::MixedInstancesPolicy;

    use super::*;

    #[test]
    fn ec2_health_checks_are_implied_by_all_others() {
        for (listed, read) in [
            ("", "EC2"),
            ("EC2", "EC2"),
            ("ELB", "ELB"),
            ("EC2,ELB", "ELB"),
            ("VPC_LATTICE, ELB", "ELB,VPC_LATTICE"),
        ] {
            assert_eq!(health_check(listed), read, "{listed:?}");
        }
    }

    #[test]
    fn only_the_default_version_of_the_template_reads_as_its_id() {
        let version = |version: Option<&str>| {
            let template = LaunchTemplateSpecification::builder()
                .launch_template_id("lt-1")
                .set_version(version.map(str::to_owned))
                .build();
            launches_from(&LiveGroup::builder().launch_template(template).build())
        };
        assert_eq!(version(Some("$Default")), "lt-1");
        assert_eq!(version(None), "lt-1");
        assert_eq!(version(Some("3")), "lt-1 version 3");
        let mixed =
            LiveGroup::builder().mixed_instances_policy(MixedInstancesPolicy::builder().build()).build();
        assert_eq!(launches_from(&mixed), "a mixed instances policy");
        let old = LiveGroup::builder().launch_configuration_name("old").build();
        assert_eq!(launches_from(&old), "the launch configuration old");
    }

    #[test]
    fn subnets_are_read_in_any_order() {
        let group = LiveGroup::builder().vpc_zone_identifier("subnet-b, subnet-a").build();
        let standing = Standing { state: State::Ready, remarks: Vec::new() };
        let compared = refresh::Compared { instances: None, refreshing: false, remarks: Vec::new() };
        let found = found(&group, (Dict::default(), Dict::default()), standing, compared);
        assert_eq!(found.attributes.subnets, ["subnet-a", "subnet-b"].map(Link::from).into_iter().collect());
    }
}
