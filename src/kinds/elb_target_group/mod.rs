//! A target group (aws-truths 1.11).

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as LiveGroup, TargetGroupAttribute, TargetTypeEnum,
};
use futures::join;
use serde::{Deserialize, Serialize};

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _, OwnershipTags, Tags};
use crate::kinds::by_name::{Named, by_name};
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::elb::tags::{adopt, all_tags, tags};
use crate::kinds::whole_number::narrow;
use crate::kinds::{
    DeleteRequest, Found, KindMeta, ReadRequest, ReadResult, Replace, Resource, State, Update, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec};

/// A target group. Output: `arn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetGroup {
    /// The name, unique in the region, 32 characters at most.
    ///
    /// It ends in a digest of what AWS cannot change, so a changed port is a new group beside the old one (ELB-3).
    pub name: String,
    /// The VPC's id.
    pub vpc: Link,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The port the targets listen on.
    pub port: i64,
    /// `instance` or `ip`.
    pub target_type: String,
    /// When a target counts as healthy.
    pub health_check: HealthCheck,
    /// Attributes by AWS's own keys; only those named are compared (ELB-9).
    pub attributes: BTreeMap<String, String>,
}

/// When a target counts as healthy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthCheck {
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The path asked for.
    pub path: String,
    /// A port number as text, or `traffic-port`.
    pub port: String,
    /// HTTP codes that count as healthy, such as `200` or `200-399`.
    pub codes: String,
    /// Seconds between checks.
    pub interval_seconds: i64,
    /// Seconds until a check counts as failed.
    pub timeout_seconds: i64,
    /// Successes in a row that make a target healthy.
    pub healthy_after: i64,
    /// Failures in a row that make it unhealthy.
    pub unhealthy_after: i64,
}

impl ResourceSpec for TargetGroup {
    const KIND: &'static str = "elb.target-group";
}

/// Target groups.
pub struct TargetGroups;

impl Resource for TargetGroups {
    type Spec = TargetGroup;
    const META: KindMeta = KindMeta {
        immutable: &["name", "vpc", "protocol", "port", "target_type"],
        replace: Replace::Never(
            "its name carries a digest of these, so another group of this name was made by hand: \
             delete it, or rename the load balancer",
        ),
        outputs: &["arn"],
        read_actions: &[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTags",
        ],
        write_actions: &[
            "elasticloadbalancing:CreateTargetGroup",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:ModifyTargetGroup",
            "elasticloadbalancing:ModifyTargetGroupAttributes",
            "elasticloadbalancing:DeleteTargetGroup",
        ],
        practices: &[10],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<TargetGroup>>) -> Vec<ReadResult<TargetGroup>> {
        // One missing name would make AWS refuse a list of names, so all groups are listed.
        let pages = || account.elb.describe_target_groups().all_items();
        match account.call(pages).await {
            Ok(groups) => {
                let live = read_details(account, &asked, groups).await;
                by_name(account, asked, |wanted| &wanted.name, live)
            }
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &TargetGroup) -> Result<(), Error> {
        let check = &wanted.health_check;
        let request = account
            .elb
            .create_target_group()
            .name(&wanted.name)
            .vpc_id(wanted.vpc.id()?)
            .protocol(ProtocolEnum::from(wanted.protocol.as_str()))
            .port(narrow("port", wanted.port)?)
            .target_type(TargetTypeEnum::from(wanted.target_type.as_str()))
            .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
            .health_check_path(&check.path)
            .health_check_port(&check.port)
            .matcher(Matcher::builder().http_code(&check.codes).build())
            .health_check_interval_seconds(narrow("interval_seconds", check.interval_seconds)?)
            .health_check_timeout_seconds(narrow("timeout_seconds", check.timeout_seconds)?)
            .healthy_threshold_count(narrow("healthy_after", check.healthy_after)?)
            .unhealthy_threshold_count(narrow("unhealthy_after", check.unhealthy_after)?)
            .set_tags(Some(tags(account, addr)));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<TargetGroup>) -> Result<(), Error> {
        let arn = update.output("arn")?;
        if update.adopt {
            adopt(account, &update.addr, arn).await?;
        }
        if update.touches("health_check") {
            let check = &update.wanted.health_check;
            let request = account
                .elb
                .modify_target_group()
                .target_group_arn(arn)
                .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
                .health_check_path(&check.path)
                .health_check_port(&check.port)
                .matcher(Matcher::builder().http_code(&check.codes).build())
                .health_check_interval_seconds(narrow("interval_seconds", check.interval_seconds)?)
                .health_check_timeout_seconds(narrow("timeout_seconds", check.timeout_seconds)?)
                .healthy_threshold_count(narrow("healthy_after", check.healthy_after)?)
                .unhealthy_threshold_count(narrow("unhealthy_after", check.unhealthy_after)?);
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("attributes") {
            let live = &update.live.attributes.attributes;
            let changed = update
                .wanted
                .attributes
                .iter()
                .filter(|(key, value)| live.get(*key) != Some(*value))
                .map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build())
                .collect();
            let request = account
                .elb
                .modify_target_group_attributes()
                .target_group_arn(arn)
                .set_attributes(Some(changed));
            account.call(|| request.clone().send()).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<TargetGroup>) -> Result<(), Error> {
        let request = account.elb.delete_target_group().target_group_arn(request.output("arn")?);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> TargetGroup {
        let odd = seed % 2 == 1;
        let number = i64::from(seed % 4);
        TargetGroup {
            name: "baseline-example".into(),
            vpc: Vpc::output("main", "id"),
            protocol: "HTTP".into(),
            port: 8080,
            target_type: "instance".into(),
            health_check: HealthCheck {
                protocol: if odd { "HTTPS" } else { "HTTP" }.into(),
                path: format!("/health/{seed}"),
                port: if odd { "8443" } else { "traffic-port" }.into(),
                codes: if odd { "200-399" } else { "200" }.into(),
                interval_seconds: 30 + number,
                timeout_seconds: 5 + number,
                healthy_after: 3 + number,
                unhealthy_after: 2 + number,
            },
            attributes: [("deregistration_delay.timeout_seconds".to_owned(), (60 + number).to_string())]
                .into(),
        }
    }
}

/// Tags of every group and attributes of those asked for, in one round.
async fn read_details(
    account: &Account,
    asked: &[ReadRequest<TargetGroup>],
    groups: Vec<LiveGroup>,
) -> Vec<Named<TargetGroup>> {
    let arns: Vec<String> = groups.iter().filter_map(|group| group.target_group_arn.clone()).collect();
    let details = chains(groups.into_iter().map(|group| async move {
        let question = asked.iter().find(|q| group.target_group_name() == Some(q.wanted.name.as_str()));
        let attributes = match question {
            Some(question) => attributes(account, &group, &question.wanted).await,
            None => Ok(BTreeMap::new()),
        };
        (group, attributes)
    }));
    let (tags, details) = join!(chain(all_tags(account, &arns)), details);
    details
        .into_iter()
        .map(|(group, attributes)| {
            let tags = tags.get(group.target_group_arn().unwrap_or_default()).cloned();
            let found = attributes
                .and_then(|attributes| Ok(found(&group, attributes, tags.unwrap_or(Ok(Tags::new()))?)));
            Named { name: group.target_group_name.unwrap_or_default(), found }
        })
        .collect()
}

/// The attributes that are wanted: AWS adds new ones over time, and those are not ours (ELB-9).
async fn attributes(
    account: &Account,
    group: &LiveGroup,
    wanted: &TargetGroup,
) -> Result<BTreeMap<String, String>, Error> {
    let request = account
        .elb
        .describe_target_group_attributes()
        .target_group_arn(group.target_group_arn().unwrap_or_default());
    let answer = account.call(|| request.clone().send()).await?;
    Ok(answer
        .attributes()
        .iter()
        .filter_map(|attribute| Some((attribute.key()?.to_owned(), attribute.value()?.to_owned())))
        .filter(|(key, _)| wanted.attributes.contains_key(key))
        .collect())
}

fn found(group: &LiveGroup, attributes: BTreeMap<String, String>, tags: Tags) -> Found<TargetGroup> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let number = |number: Option<i32>| number.map(i64::from).unwrap_or_default();
    Found {
        attributes: TargetGroup {
            name: text(group.target_group_name()),
            vpc: group.vpc_id().unwrap_or_default().into(),
            protocol: text(group.protocol().map(ProtocolEnum::as_str)),
            port: number(group.port()),
            target_type: text(group.target_type().map(TargetTypeEnum::as_str)),
            health_check: HealthCheck {
                protocol: text(group.health_check_protocol().map(ProtocolEnum::as_str)),
                path: text(group.health_check_path()),
                port: text(group.health_check_port()),
                codes: text(group.matcher().and_then(Matcher::http_code)),
                interval_seconds: number(group.health_check_interval_seconds()),
                timeout_seconds: number(group.health_check_timeout_seconds()),
                healthy_after: number(group.healthy_threshold_count()),
                unhealthy_after: number(group.unhealthy_threshold_count()),
            },
            attributes,
        },
        outputs: [("arn", text(group.target_group_arn()))].into(),
        ownership: OwnershipTags::of(&tags),
        tags,
        state: State::Ready,
        remarks: Vec::new(),
    }
}
