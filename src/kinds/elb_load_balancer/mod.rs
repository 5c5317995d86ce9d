//! An application load balancer with its listeners (aws-truths 1.11).

pub(in crate::kinds) mod listener;

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    IpAddressType, LoadBalancer as LiveBalancer, LoadBalancerAttribute, LoadBalancerSchemeEnum,
    LoadBalancerState, LoadBalancerStateEnum, LoadBalancerTypeEnum,
};
use futures::join;
use serde::{Deserialize, Serialize};

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _, OwnershipTags, Tags, in_common};
use crate::kinds::by_name::{Named, by_name};
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::elb::tags::{adopt, all_tags, tags};
use crate::kinds::elb_target_group::TargetGroup;
use crate::kinds::{
    DeleteRequest, Found, KindMeta, ReadRequest, ReadResult, Replace, Resource, State, Update, unreadable,
};
use crate::model::{Addr, Dict, Link, ResourceSpec, Set, UnresolvedLink};

/// A load balancer. Outputs: `arn`, `dns_name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancer {
    /// The name, unique in the region, 32 characters at most.
    pub name: String,
    /// `internet-facing` or `internal`.
    pub scheme: String,
    /// `ipv4` or `dualstack`. What it is stays where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_type: Option<String>,
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
    /// Rules that send some requests elsewhere, in words; none is ever wanted.
    pub rules: Set<String>,
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

impl ResourceSpec for LoadBalancer {
    const KIND: &'static str = "elb.load-balancer";
}

/// Load balancers.
pub struct LoadBalancers;

impl Resource for LoadBalancers {
    type Spec = LoadBalancer;
    const META: KindMeta = KindMeta {
        immutable: &["name", "scheme"],
        replace: Replace::Never(
            "its address would change and traffic would stop; declare a second load balancer, move the \
             traffic, then remove the first",
        ),
        keeps: &["subnets"],
        outputs: &["arn", "dns_name"],
        settle_seconds: 600,
        read_actions: &[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
        ],
        write_actions: &[
            "elasticloadbalancing:CreateLoadBalancer",
            "elasticloadbalancing:AddTags",
            "elasticloadbalancing:SetIpAddressType",
            "elasticloadbalancing:SetSubnets",
            "elasticloadbalancing:SetSecurityGroups",
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            "elasticloadbalancing:CreateListener",
            "elasticloadbalancing:ModifyListener",
            "elasticloadbalancing:DeleteListener",
            "elasticloadbalancing:DeleteRule",
            "elasticloadbalancing:DeleteLoadBalancer",
        ],
        practices: &[10],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<LoadBalancer>>) -> Vec<ReadResult<LoadBalancer>> {
        // One missing name would make AWS refuse a list of names, so all are listed.
        let pages = || account.elb.describe_load_balancers().all_items();
        match account.call(pages).await {
            Ok(balancers) => {
                let live = read_details(account, &asked, balancers).await;
                by_name(account, asked, |wanted| &wanted.name, live)
            }
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &LoadBalancer) -> Result<(), Error> {
        let request = account
            .elb
            .create_load_balancer()
            .name(&wanted.name)
            .r#type(LoadBalancerTypeEnum::Application)
            .scheme(LoadBalancerSchemeEnum::from(wanted.scheme.as_str()))
            .set_ip_address_type(wanted.address_type.as_deref().map(IpAddressType::from))
            .set_subnets(Some(ids(&wanted.subnets)?))
            .set_security_groups(Some(ids(&wanted.security_groups)?))
            .set_tags(Some(tags(account, addr)));
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<LoadBalancer>) -> Result<(), Error> {
        let arn = update.output("arn")?;
        let wanted = &update.wanted;
        if update.adopt {
            adopt(account, &update.addr, arn).await?;
            listener::tag(account, arn).await?;
        }
        if update.touches("subnets") {
            let request =
                account.elb.set_subnets().load_balancer_arn(arn).set_subnets(Some(ids(&wanted.subnets)?));
            account.call(|| request.clone().send()).await?;
        }
        // Behind its subnets: all of them must have a range of IPv6.
        if let (true, Some(kind)) = (update.touches("address_type"), wanted.address_type.as_deref()) {
            let request =
                account.elb.set_ip_address_type().load_balancer_arn(arn).ip_address_type(kind.into());
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("security_groups") {
            let request = account
                .elb
                .set_security_groups()
                .load_balancer_arn(arn)
                .set_security_groups(Some(ids(&wanted.security_groups)?));
            account.call(|| request.clone().send()).await?;
        }
        if update.touches("attributes") {
            // All of ours at once: access logs cannot be switched on apart from their bucket (ELB-6).
            modify_attributes(account, arn, &wanted.attributes).await?;
        }
        if update.touches("listeners") {
            listener::converge(account, arn, &wanted.listeners).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<LoadBalancer>) -> Result<(), Error> {
        let arn = request.output("arn")?;
        // Protected, it would not go (ELB-8); naming it for deletion is the decision.
        let unprotected = [("deletion_protection.enabled".to_owned(), "false".to_owned())].into();
        match modify_attributes(account, arn, &unprotected).await {
            Err(error) if !error.is_not_found() => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let request = account.elb.delete_load_balancer().load_balancer_arn(arn);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    fn example(seed: u8) -> LoadBalancer {
        let odd = seed % 2 == 1;
        let listener = Listener {
            protocol: "HTTP".into(),
            certificate: None,
            tls_policy: None,
            forward: (!odd).then(|| TargetGroup::output("web", "arn")),
            redirect: odd.then(|| Redirect {
                protocol: "HTTPS".into(),
                port: "443".into(),
                status: "HTTP_301".into(),
            }),
            unsupported: None,
            rules: Set::default(),
        };
        let zones: &[&str] = if odd { &["a", "b", "c"] } else { &["a", "b"] };
        LoadBalancer {
            name: "baseline-example".into(),
            scheme: "internet-facing".into(),
            address_type: None,
            subnets: zones.iter().map(|zone| Subnet::output(format!("web-{zone}"), "id")).collect(),
            security_groups: [SecurityGroup::output(if odd { "web" } else { "db" }, "id")]
                .into_iter()
                .collect(),
            attributes: [("idle_timeout.timeout_seconds".to_owned(), (60 + u32::from(seed)).to_string())]
                .into(),
            listeners: [("80".to_owned(), listener)].into_iter().collect(),
        }
    }
}

fn ids(links: &Set<Link>) -> Result<Vec<String>, UnresolvedLink> {
    links.0.iter().map(|link| link.id().map(str::to_owned)).collect()
}

async fn modify_attributes(
    account: &Account,
    arn: &str,
    attributes: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let attributes = attributes
        .iter()
        .map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build())
        .collect();
    let request =
        account.elb.modify_load_balancer_attributes().load_balancer_arn(arn).set_attributes(Some(attributes));
    account.call(|| request.clone().send()).await?;
    Ok(())
}

/// Tags of every load balancer, attributes and listeners of those asked for, in one round.
async fn read_details(
    account: &Account,
    asked: &[ReadRequest<LoadBalancer>],
    balancers: Vec<LiveBalancer>,
) -> Vec<Named<LoadBalancer>> {
    let arns: Vec<String> = balancers.iter().filter_map(|live| live.load_balancer_arn.clone()).collect();
    let details = chains(balancers.into_iter().map(|live| async move {
        let question = asked.iter().find(|q| live.load_balancer_name() == Some(q.wanted.name.as_str()));
        let parts = match question {
            Some(question) => parts(account, &live, &question.wanted).await,
            None => Ok(Parts::default()),
        };
        (live, parts)
    }));
    let (tags, details) = join!(chain(all_tags(account, &arns)), details);
    details
        .into_iter()
        .map(|(live, parts)| {
            let tags = tags.get(live.load_balancer_arn().unwrap_or_default()).cloned();
            let found = parts.and_then(|parts| Ok(found(&live, parts, tags.unwrap_or(Ok(Tags::new()))?)));
            Named { name: live.load_balancer_name.unwrap_or_default(), found }
        })
        .collect()
}

/// What belongs to a load balancer.
#[derive(Default)]
struct Parts {
    attributes: BTreeMap<String, String>,
    listeners: Dict<Listener>,
    /// The tags of each listener, where the file declares any.
    tags: Vec<Tags>,
}

/// Listeners, and the attributes that are wanted: AWS adds new ones over time, and those are not ours (ELB-9).
async fn parts(account: &Account, live: &LiveBalancer, wanted: &LoadBalancer) -> Result<Parts, Error> {
    let arn = live.load_balancer_arn().unwrap_or_default();
    let request = account.elb.describe_load_balancer_attributes().load_balancer_arn(arn);
    let (answer, listeners) =
        join!(chain(account.call(|| request.clone().send())), chain(listener::list_with_tags(account, arn)));
    let attributes = answer?
        .attributes()
        .iter()
        .filter_map(|attribute| Some((attribute.key()?.to_owned(), attribute.value()?.to_owned())))
        .filter(|(key, _)| wanted.attributes.contains_key(key))
        .collect();
    let (listeners, tags) = listeners?;
    Ok(Parts { attributes, listeners: listener::by_port(&listeners), tags })
}

fn found(live: &LiveBalancer, parts: Parts, tags: Tags) -> Found<LoadBalancer> {
    let Parts { attributes, listeners, tags: of_listeners } = parts;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Found {
        attributes: LoadBalancer {
            name: text(live.load_balancer_name()),
            scheme: text(live.scheme().map(LoadBalancerSchemeEnum::as_str)),
            address_type: live.ip_address_type().map(|kind| kind.as_str().to_owned()),
            subnets: live
                .availability_zones()
                .iter()
                .filter_map(|zone| zone.subnet_id())
                .map(Link::from)
                .collect(),
            security_groups: live.security_groups().iter().cloned().map(Link::Id).collect(),
            attributes,
            listeners,
        },
        outputs: [("arn", text(live.load_balancer_arn())), ("dns_name", text(live.dns_name()))].into(),
        ownership: OwnershipTags::of(&tags),
        tags: in_common([tags].into_iter().chain(of_listeners)),
        state: state(live.r#type(), live.state()),
        remarks: Vec::new(),
    }
}

fn state(kind: Option<&LoadBalancerTypeEnum>, state: Option<&LoadBalancerState>) -> State {
    if let Some(kind) = kind.filter(|kind| **kind != LoadBalancerTypeEnum::Application) {
        return State::Broken(format!(
            "a load balancer of type {} has this name; choose another name",
            kind.as_str()
        ));
    }
    let reason = state.and_then(|state| state.reason()).unwrap_or("AWS gives no reason");
    match state.and_then(|state| state.code()) {
        // Impaired means that AWS could not scale it out; it serves.
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => State::Ready,
        Some(LoadBalancerStateEnum::Failed) => {
            State::Broken(format!("AWS could not set it up ({reason}); delete it and apply again"))
        }
        Some(other) => State::Pending(format!("AWS says it is {}", other.as_str())),
        None => State::Pending("AWS does not say yet what state it is in".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_balancer_is_ready_when_it_serves_and_broken_when_waiting_will_not_help() {
        let application = Some(&LoadBalancerTypeEnum::Application);
        let read = |code| state(application, Some(&LoadBalancerState::builder().code(code).build()));
        assert_eq!(read(LoadBalancerStateEnum::Active), State::Ready);
        assert_eq!(read(LoadBalancerStateEnum::ActiveImpaired), State::Ready);
        assert_eq!(
            read(LoadBalancerStateEnum::Provisioning),
            State::Pending("AWS says it is provisioning".into())
        );
        assert!(matches!(read(LoadBalancerStateEnum::Failed), State::Broken(_)));
        assert!(matches!(state(application, None), State::Pending(_)));
    }

    #[test]
    fn another_type_of_load_balancer_with_the_name_is_never_changed() {
        let active = LoadBalancerState::builder().code(LoadBalancerStateEnum::Active).build();
        let State::Broken(why) = state(Some(&LoadBalancerTypeEnum::Network), Some(&active)) else {
            panic!("a network load balancer was taken for an application load balancer");
        };
        assert!(why.contains("type network"), "{why}");
    }
}
