//! A public address that stays (aws-truths 1.7).

use aws_sdk_ec2::types::{DomainType, ResourceType};
use serde::{Deserialize, Serialize};

use super::ec2_create_once::sent_once;
use super::ec2_tags::{adopt, owned_filter, owner, ownership, specification, tags};
use super::{Asked, Doomed, Found, Replace, Resource, Rules, Sighting, State, Update, by_tag, unreadable};
use crate::aws::{Account, Error};
use crate::model::{Addr, Shape};

/// An elastic address. Output: `id`, its allocation id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticIp {
    /// `vpc`.
    pub domain: String,
}

impl Shape for ElasticIp {
    const KIND: &'static str = "ec2.elastic-ip";
}

/// Elastic addresses.
pub struct ElasticIps;

impl Resource for ElasticIps {
    type Spec = ElasticIp;
    const RULES: Rules = Rules {
        made_twice: true,
        immutable: &["domain"],
        replace: Replace::Never("an address that is given back is rarely got again"),
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeAddresses"],
        write_actions: &["ec2:AllocateAddress", "ec2:CreateTags", "ec2:ReleaseAddress"],
        practices: &[12],
        ..Rules::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<Asked<ElasticIp>>) -> Vec<Sighting<ElasticIp>> {
        // Not a paged operation.
        let request = account.ec2.describe_addresses().filters(owned_filter(account));
        match account.call(|| request.clone().send()).await {
            Ok(answer) => by_tag(
                account,
                asked,
                answer.addresses().iter().filter_map(|a| Some((owner(a.tags())?, found(a)))).collect(),
            ),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &ElasticIp) -> Result<(), Error> {
        let request = account
            .ec2
            .allocate_address()
            .domain(DomainType::from(wanted.domain.as_str()))
            .tag_specifications(specification(account, addr, ResourceType::ElasticIp));
        account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<ElasticIp>) -> Result<(), Error> {
        if update.adopt {
            adopt(account, &update.addr, update.output("id")?).await?;
        }
        Ok(())
    }

    async fn delete(account: &Account, doomed: &Doomed<ElasticIp>) -> Result<(), Error> {
        let request = account.ec2.release_address().allocation_id(doomed.output("id")?);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    fn example(_: u8) -> ElasticIp {
        ElasticIp { domain: "vpc".into() }
    }
}

fn found(address: &aws_sdk_ec2::types::Address) -> Found<ElasticIp> {
    Found {
        attributes: ElasticIp { domain: address.domain().map_or("", DomainType::as_str).to_owned() },
        outputs: [("id", address.allocation_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(address.tags()),
        tags: tags(address.tags()),
        state: State::Ready,
        remarks: Vec::new(),
    }
}
