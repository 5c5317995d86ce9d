//! An internet gateway and the VPC it is attached to (aws-truths 1.7).

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{AttachmentStatus, ResourceType};
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::obstacle::{is_itself, obstacle};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Resource, State, Update,
    by_tag, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec};

/// An internet gateway. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternetGateway {
    /// The id of the VPC it is attached to; detached where absent.
    pub vpc: Option<Link>,
}

/// What can be changed where another one is in the way.
const OTHERWISE: &str = "detach that one";

impl ResourceSpec for InternetGateway {
    const KIND: &'static str = "ec2.internet-gateway";
}

/// Internet gateways.
pub struct InternetGateways;

impl Resource for InternetGateways {
    type Spec = InternetGateway;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeInternetGateways"],
        write_actions: &[
            "ec2:AttachInternetGateway",
            "ec2:CreateInternetGateway",
            "ec2:CreateTags",
            "ec2:DeleteInternetGateway",
            "ec2:DetachInternetGateway",
        ],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<InternetGateway>>,
    ) -> Vec<ReadResult<InternetGateway>> {
        let pages = || account.ec2.describe_internet_gateways().filters(owned_filter(account)).all_items();
        match account.call(pages).await {
            Ok(gateways) => by_tag(
                account,
                asked,
                gateways.iter().filter_map(|g| Some((owner(g.tags())?, found(g)))).collect(),
            ),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, _: &InternetGateway) -> Result<(), Error> {
        let request = account.ec2.create_internet_gateway().tag_specifications(specification(
            account,
            addr,
            ResourceType::InternetGateway,
        ));
        account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<InternetGateway>) -> Result<(), Error> {
        if update.adopt {
            adopt(account, &update.addr, update.output("id")?).await?;
        }
        if !update.touches("vpc") {
            return Ok(());
        }
        let id = update.output("id")?;
        detach(account, id, update.live.attributes.vpc.as_ref()).await?;
        if let Some(vpc) = &update.wanted.vpc {
            let request = account.ec2.attach_internet_gateway().internet_gateway_id(id).vpc_id(vpc.id()?);
            match account.call(|| request.clone().send()).await {
                // Attached by a run before this one; to what, the next read says.
                Err(error) if error.code == "Resource.AlreadyAssociated" => {}
                answer => {
                    answer?;
                }
            }
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<InternetGateway>) -> Result<(), Error> {
        let id = request.output("id")?;
        detach(account, id, request.live.attributes.vpc.as_ref()).await?;
        let request = account.ec2.delete_internet_gateway().internet_gateway_id(id);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    async fn holders(
        account: &Account,
        asked: &[ReadRequest<InternetGateway>],
    ) -> Result<Holders<InternetGateway>, Error> {
        let vpc = |question: &ReadRequest<InternetGateway>| {
            question.wanted.vpc.as_ref().and_then(|vpc| vpc.id().ok().map(str::to_owned))
        };
        let vpcs: BTreeSet<String> = asked.iter().filter_map(vpc).collect();
        if vpcs.is_empty() {
            return Ok(Vec::new());
        }
        let request = account.ec2.describe_internet_gateways().filters(filter("attachment.vpc-id", vpcs));
        let gateways: Vec<aws_sdk_ec2::types::InternetGateway> =
            account.call(|| request.clone().all_items()).await?;
        let mut holders = Vec::new();
        for question in asked {
            let Some(vpc) = vpc(question) else { continue };
            let attached = |gateway: &&aws_sdk_ec2::types::InternetGateway| {
                gateway.attachments().iter().any(|attachment| attachment.vpc_id() == Some(&vpc))
            };
            let Some(gateway) = gateways.iter().find(attached) else { continue };
            let holder = owner(gateway.tags());
            let holder = if is_itself(account, &question.addr, holder.as_ref()) {
                Holder::Itself(Box::new(found(gateway)))
            } else {
                let id = gateway.internet_gateway_id().unwrap_or_default();
                let message = format!("{vpc} takes one internet gateway and has {id}");
                Holder::Another(obstacle(account, holder.as_ref(), &message, OTHERWISE))
            };
            holders.push((question.addr.clone(), holder));
        }
        Ok(holders)
    }

    fn example(seed: u8) -> InternetGateway {
        InternetGateway { vpc: seed.is_multiple_of(2).then(|| Vpc::output("main", "id")) }
    }
}

pub(super) async fn detach(account: &Account, id: &str, vpc: Option<&Link>) -> Result<(), Error> {
    if let Some(vpc) = vpc {
        let request = account.ec2.detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc.id()?);
        account.find(|| request.clone().send()).await?;
    }
    Ok(())
}

fn found(gateway: &aws_sdk_ec2::types::InternetGateway) -> Found<InternetGateway> {
    // A gateway has at most one VPC, and AWS spells its state "available" once it is attached.
    let attachment = gateway.attachments().iter().find(|attachment| {
        !matches!(attachment.state(), Some(AttachmentStatus::Detached | AttachmentStatus::Detaching))
    });
    let state = match attachment.and_then(|attachment| attachment.state()) {
        Some(AttachmentStatus::Attaching) => State::Pending("it is being attached".to_owned()),
        _ => State::Ready,
    };
    Found {
        attributes: InternetGateway { vpc: attachment.and_then(|a| a.vpc_id()).map(Link::from) },
        outputs: [("id", gateway.internet_gateway_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(gateway.tags()),
        tags: tags(gateway.tags()),
        state,
        remarks: Vec::new(),
    }
}
