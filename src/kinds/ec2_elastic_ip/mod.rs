//! A public address that stays (aws-truths 1.7).

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{DomainType, ResourceType};
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::obstacle::{is_itself, obstacle};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2_nat_gateway::place::{SEVERAL, Standing, address_of, standing, standing_in};
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Reading, Replace, Resource,
    State, Update, by_tag, unreadable,
};
use crate::model::{Addr, Link, ResourceSpec};

/// An elastic address. Output: `id`, its allocation id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticIp {
    /// `vpc`.
    pub domain: String,
    /// The subnet whose NAT gateway has it, where that is taken over. Nothing in AWS says it of an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nat_in: Option<Link>,
}

impl ResourceSpec for ElasticIp {
    const KIND: &'static str = "ec2.elastic-ip";
}

/// Elastic addresses.
pub struct ElasticIps;

impl Resource for ElasticIps {
    type Spec = ElasticIp;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        found_by_place: true,
        immutable: &["domain"],
        replace: Replace::Never("an address that is given back is rarely got again"),
        outputs: &["id"],
        settle_seconds: 300,
        read_actions: &["ec2:DescribeAddresses"],
        write_actions: &["ec2:AllocateAddress", "ec2:CreateTags", "ec2:ReleaseAddress"],
        refusal_actions: &["ec2:DescribeNatGateways"],
        practices: &[12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<ElasticIp>>) -> Vec<ReadResult<ElasticIp>> {
        // Not a paged operation.
        let request = account.ec2.describe_addresses().filters(owned_filter(account));
        let declared: BTreeMap<Addr, Option<Link>> =
            asked.iter().map(|asked| (asked.addr.clone(), asked.wanted.nat_in.clone())).collect();
        match account.call(|| request.clone().send()).await {
            Ok(answer) => {
                let found = answer.addresses().iter().filter_map(|a| Some((owner(a.tags())?, found(a))));
                let mut results = by_tag(account, asked, found.collect());
                for (addr, reading) in &mut results {
                    if let (Reading::Found(found), Some(declared)) = (reading, declared.get(addr)) {
                        found.attributes.nat_in.clone_from(declared);
                    }
                }
                results
            }
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

    async fn delete(account: &Account, request: &DeleteRequest<ElasticIp>) -> Result<(), Error> {
        let request = account.ec2.release_address().allocation_id(request.output("id")?);
        account.find(|| request.clone().send()).await?;
        Ok(())
    }

    /// The address of the one NAT gateway that stands in the subnet already.
    async fn holders(
        account: &Account,
        asked: &[ReadRequest<ElasticIp>],
    ) -> Result<Holders<ElasticIp>, Error> {
        let subnet =
            |question: &ReadRequest<ElasticIp>| question.wanted.nat_in.as_ref()?.id().ok().map(str::to_owned);
        let gateways = standing_in(account, asked.iter().filter_map(subnet).collect()).await?;
        let (mut holders, mut ids) = (Vec::new(), BTreeMap::new());
        for question in asked {
            let Some(subnet) = subnet(question) else { continue };
            match standing(&gateways, &subnet) {
                Standing::Nothing => {}
                Standing::One(gateway) => {
                    let owner = owner(gateway.tags());
                    let is_anothers = owner.is_some_and(|owner| owner.baseline != account.baseline);
                    if let Some(id) = address_of(gateway).filter(|_| !is_anothers) {
                        ids.insert(id.to_owned(), question);
                    }
                }
                Standing::Several(message) => {
                    let another = obstacle(account, None, &message, SEVERAL);
                    holders.push((question.addr.clone(), Holder::Another(another)));
                }
            }
        }
        if ids.is_empty() {
            return Ok(holders);
        }
        let request = account.ec2.describe_addresses().filters(filter("allocation-id", ids.keys().cloned()));
        let answer = account.call(|| request.clone().send()).await?;
        for address in answer.addresses() {
            let question = address.allocation_id().and_then(|id| ids.get(id));
            let is_it = |question: &&&ReadRequest<ElasticIp>| {
                is_itself(account, &question.addr, owner(address.tags()).as_ref())
            };
            if let Some(question) = question.filter(is_it) {
                let mut found = found(address);
                found.attributes.nat_in.clone_from(&question.wanted.nat_in);
                holders.push((question.addr.clone(), Holder::Itself(Box::new(found))));
            }
        }
        Ok(holders)
    }

    fn example(_: u8) -> ElasticIp {
        ElasticIp { domain: "vpc".into(), nat_in: None }
    }
}

fn found(address: &aws_sdk_ec2::types::Address) -> Found<ElasticIp> {
    Found {
        attributes: ElasticIp {
            domain: address.domain().map_or("", DomainType::as_str).to_owned(),
            nat_in: None,
        },
        outputs: [("id", address.allocation_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(address.tags()),
        tags: tags(address.tags()),
        state: State::Ready,
        remarks: Vec::new(),
    }
}
