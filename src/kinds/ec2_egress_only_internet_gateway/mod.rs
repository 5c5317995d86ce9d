//! An egress-only internet gateway: the way out for IPv6, and none in.

use aws_sdk_ec2::types::{AttachmentStatus, EgressOnlyInternetGateway, ResourceType};
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::tags::{adopt, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, KindMeta, ReadRequest, ReadResult, Replace, Resource, State, Update, by_tag,
    unreadable,
};
use crate::model::{Addr, Link, ResourceSpec};

/// An egress-only internet gateway. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressOnlyGateway {
    /// The id of the VPC it is attached to.
    pub vpc: Link,
}

impl ResourceSpec for EgressOnlyGateway {
    const KIND: &'static str = "ec2.egress-only-internet-gateway";
}

/// Egress-only internet gateways.
pub struct EgressOnlyGateways;

impl Resource for EgressOnlyGateways {
    type Spec = EgressOnlyGateway;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        immutable: &["vpc"],
        replace: Replace::Never(
            "an egress-only gateway stays in its VPC; declare another one under another name",
        ),
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeEgressOnlyInternetGateways"],
        write_actions: &[
            "ec2:CreateEgressOnlyInternetGateway",
            "ec2:CreateTags",
            "ec2:DeleteEgressOnlyInternetGateway",
        ],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<EgressOnlyGateway>>,
    ) -> Vec<ReadResult<EgressOnlyGateway>> {
        let pages = || {
            account.ec2.describe_egress_only_internet_gateways().filters(owned_filter(account)).all_items()
        };
        match account.call(pages).await {
            Ok(gateways) => by_tag(
                account,
                asked,
                gateways.iter().filter_map(|g| Some((owner(g.tags())?, found(g)))).collect(),
            ),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &EgressOnlyGateway) -> Result<(), Error> {
        // AWS would know a token again, but the SDK puts none in here.
        let request = account
            .ec2
            .create_egress_only_internet_gateway()
            .vpc_id(wanted.vpc.id()?)
            .tag_specifications(specification(account, addr, ResourceType::EgressOnlyInternetGateway));
        account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<EgressOnlyGateway>) -> Result<(), Error> {
        if update.adopt {
            adopt(account, &update.addr, update.output("id")?).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<EgressOnlyGateway>) -> Result<(), Error> {
        let id = request.output("id")?;
        let request = account.ec2.delete_egress_only_internet_gateway().egress_only_internet_gateway_id(id);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    fn example(_: u8) -> EgressOnlyGateway {
        EgressOnlyGateway { vpc: Vpc::output("main", "id") }
    }
}

fn found(gateway: &EgressOnlyInternetGateway) -> Found<EgressOnlyGateway> {
    let attachment = gateway.attachments().first();
    let state = match attachment.and_then(|attachment| attachment.state()) {
        Some(AttachmentStatus::Attaching) => State::Pending("it is being attached".to_owned()),
        _ => State::Ready,
    };
    let vpc = attachment.and_then(|attachment| attachment.vpc_id()).unwrap_or_default();
    Found {
        attributes: EgressOnlyGateway { vpc: vpc.into() },
        outputs: [("id", gateway.egress_only_internet_gateway_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(gateway.tags()),
        tags: tags(gateway.tags()),
        state,
        remarks: Vec::new(),
    }
}
