//! An endpoint of a VPC: a way to a service of AWS that does not lead over the internet (AWS PrivateLink guide).

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{ResourceType, VpcEndpoint as Live, VpcEndpointType};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::create_once::sent_once;
use crate::kinds::ec2::deletion::until_gone;
use crate::kinds::ec2::obstacle::{is_it, is_itself, obstacle};
use crate::kinds::ec2::tags::{adopt, filter, owned_filter, owner, ownership, specification, tags};
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::{
    DeleteRequest, Found, Holder, Holders, KindMeta, ReadRequest, ReadResult, Replace, Resource, State,
    Update, by_tag, unreadable,
};
use crate::model::{Addr, Document, Link, ResourceSpec, Set};

/// An endpoint. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpoint {
    /// The VPC's id.
    pub vpc: Link,
    /// The service, such as `com.amazonaws.us-east-1.s3`.
    pub service: String,
    /// `Gateway` or `Interface`.
    pub endpoint_type: String,
    /// What it lets through, whatever else allows it; absent where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Document>,
    /// Of a gateway endpoint: ids of the route tables that lead to it.
    pub route_tables: Set<Link>,
    /// Of an interface endpoint: ids of the subnets that have an interface of it, one in each zone.
    pub subnets: Set<Link>,
    /// Of an interface endpoint: ids of the security groups of its interfaces.
    pub security_groups: Set<Link>,
    /// Of an interface endpoint: whether the service's own name leads to it in the VPC.
    pub private_dns: bool,
}

/// The two types that are made here, as AWS spells them.
pub const GATEWAY: &str = "Gateway";
/// An endpoint with interfaces in subnets.
pub const INTERFACE: &str = "Interface";

impl ResourceSpec for VpcEndpoint {
    const KIND: &'static str = "ec2.vpc-endpoint";
}

impl VpcEndpoint {
    fn is_interface(&self) -> bool {
        self.endpoint_type == INTERFACE
    }

    /// Whether both cannot be: AWS gives a route table one way to a service, and a VPC one endpoint that has the service's name.
    fn excludes(&self, other: &Self) -> bool {
        self.service == other.service
            && self.endpoint_type == other.endpoint_type
            && match self.is_interface() {
                true => self.private_dns && other.private_dns,
                false => !self.route_tables.0.is_disjoint(&other.route_tables.0),
            }
    }
}

/// Endpoints.
pub struct VpcEndpoints;

/// How long AWS may take to delete one.
const DELETION: Duration = Duration::from_secs(900);
/// What can be changed where another one is in the way.
const OTHERWISE: &str = "delete the other endpoint, or leave this one out of the file";

impl Resource for VpcEndpoints {
    type Spec = VpcEndpoint;
    const META: KindMeta = KindMeta {
        duplicates_on_retry: true,
        immutable: &["vpc", "service", "endpoint_type"],
        replace: Replace::DeleteFirst,
        keeps: &["subnets", "security_groups"],
        kept_members: &["route_tables"],
        outputs: &["id"],
        settle_seconds: 900,
        read_actions: &["ec2:DescribeVpcEndpoints"],
        write_actions: &[
            "ec2:CreateVpcEndpoint",
            "ec2:CreateTags",
            "ec2:ModifyVpcEndpoint",
            "ec2:DeleteVpcEndpoints",
        ],
        practices: &[11, 12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<VpcEndpoint>>) -> Vec<ReadResult<VpcEndpoint>> {
        let request = account.ec2.describe_vpc_endpoints().filters(owned_filter(account));
        let endpoints: Result<Vec<Live>, Error> = account.call(|| request.clone().all_items()).await;
        match endpoints.and_then(|endpoints| all_found(&endpoints)) {
            Ok(found) => by_tag(account, asked, found),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(account: &Account, addr: &Addr, wanted: &VpcEndpoint) -> Result<(), Error> {
        let request = account
            .ec2
            .create_vpc_endpoint()
            .vpc_id(wanted.vpc.id()?)
            .service_name(&wanted.service)
            .vpc_endpoint_type(VpcEndpointType::from(wanted.endpoint_type.as_str()))
            .set_policy_document(wanted.policy.as_ref().map(Document::text))
            .set_route_table_ids(ids(&wanted.route_tables)?)
            .set_subnet_ids(ids(&wanted.subnets)?)
            .set_security_group_ids(ids(&wanted.security_groups)?)
            .set_private_dns_enabled(wanted.is_interface().then_some(wanted.private_dns))
            .tag_specifications(specification(account, addr, ResourceType::VpcEndpoint));
        // The SDK puts no client token into this call, and nothing else keeps a second endpoint from being made.
        account.call(|| request.clone().customize().config_override(sent_once()).send()).await?;
        Ok(())
    }

    async fn update(account: &Account, update: &Update<VpcEndpoint>) -> Result<(), Error> {
        let id = update.output("id")?;
        if update.adopt {
            adopt(account, &update.addr, id).await?;
        }
        let (wanted, live) = (&update.wanted, &update.live.attributes);
        let fields = ["policy", "route_tables", "subnets", "security_groups", "private_dns"];
        if !fields.iter().any(|field| update.touches(field)) {
            return Ok(());
        }
        let policy = wanted.policy.as_ref().filter(|_| update.touches("policy"));
        let dns = update.touches("private_dns").then_some(wanted.private_dns);
        // One call, so that no moment has neither the old way nor the new one.
        let request = account
            .ec2
            .modify_vpc_endpoint()
            .vpc_endpoint_id(id)
            .set_policy_document(policy.map(Document::text))
            .set_add_route_table_ids(more(&wanted.route_tables, &live.route_tables)?)
            .set_remove_route_table_ids(more(&live.route_tables, &wanted.route_tables)?)
            .set_add_subnet_ids(more(&wanted.subnets, &live.subnets)?)
            .set_remove_subnet_ids(more(&live.subnets, &wanted.subnets)?)
            .set_add_security_group_ids(more(&wanted.security_groups, &live.security_groups)?)
            .set_remove_security_group_ids(more(&live.security_groups, &wanted.security_groups)?)
            .set_private_dns_enabled(dns);
        account.call(|| request.clone().send()).await?;
        Ok(())
    }

    async fn delete(account: &Account, request: &DeleteRequest<VpcEndpoint>) -> Result<(), Error> {
        let id = request.output("id")?;
        let request = account.ec2.delete_vpc_endpoints().vpc_endpoint_ids(id);
        // AWS lists what it could not delete in an answer that succeeds.
        let answer = account.call(|| request.clone().send()).await?;
        let refused = answer.unsuccessful().iter().filter_map(|item| item.error());
        for error in refused {
            let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
            if code != UNKNOWN {
                return Err(Error::reported("ec2", "DeleteVpcEndpoints", code, message));
            }
        }
        // Its interfaces hold their subnets and security groups until it is gone.
        until_gone(id, DELETION, || is_gone(account, id)).await
    }

    async fn held_by(account: &Account, addr: &Addr, wanted: &VpcEndpoint) -> Result<Option<String>, Error> {
        let there = in_vpcs(account, [wanted.vpc.id()?.to_owned()]).await?;
        Ok(there.iter().find_map(|endpoint| {
            let found = found(endpoint).ok().flatten()?;
            let holder = owner(endpoint.tags());
            let other = !is_it(account, addr, holder.as_ref());
            (other && found.attributes.excludes(wanted)).then(|| taken(endpoint, wanted))
        }))
    }

    async fn holders(
        account: &Account,
        asked: &[ReadRequest<VpcEndpoint>],
    ) -> Result<Holders<VpcEndpoint>, Error> {
        let vpcs: BTreeSet<String> =
            asked.iter().filter_map(|question| question.wanted.vpc.id().ok().map(str::to_owned)).collect();
        if vpcs.is_empty() {
            return Ok(Vec::new());
        }
        let there = in_vpcs(account, vpcs).await?;
        let mut holders = Vec::new();
        for question in asked {
            for endpoint in &there {
                let Some(found) = found(endpoint)? else { continue };
                if found.attributes.vpc != question.wanted.vpc || !found.attributes.excludes(&question.wanted)
                {
                    continue;
                }
                let holder = owner(endpoint.tags());
                holders.push((
                    question.addr.clone(),
                    match is_itself(account, &question.addr, holder.as_ref()) {
                        true => Holder::Itself(Box::new(found)),
                        false => {
                            let message = taken(endpoint, &question.wanted);
                            Holder::Another(obstacle(account, holder.as_ref(), &message, OTHERWISE))
                        }
                    },
                ));
            }
        }
        Ok(holders)
    }

    fn example(seed: u8) -> VpcEndpoint {
        let odd = seed % 2 == 1;
        let place = if odd { "other-b" } else { "main" };
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Resource": "*",
            "Action": if odd { "ssm:*" } else { "ssm:Get*" },
        }]});
        VpcEndpoint {
            vpc: Vpc::output("main", "id"),
            service: "com.amazonaws.us-east-1.ssm".into(),
            endpoint_type: INTERFACE.into(),
            policy: Document::new(&policy).ok(),
            route_tables: Set::default(),
            subnets: Set::from_iter([Subnet::output(place, "id")]),
            security_groups: Set::from_iter([SecurityGroup::output(place, "id")]),
            private_dns: odd,
        }
    }
}

/// The code for an endpoint that is not there.
const UNKNOWN: &str = "InvalidVpcEndpointId.NotFound";

fn ids(links: &Set<Link>) -> Result<Option<Vec<String>>, Error> {
    let ids = links.0.iter().map(|link| Ok(link.id()?.to_owned())).collect::<Result<Vec<_>, Error>>()?;
    Ok(Some(ids).filter(|ids| !ids.is_empty()))
}

/// Those that are in the first set and not in the second.
fn more(one: &Set<Link>, other: &Set<Link>) -> Result<Option<Vec<String>>, Error> {
    ids(&Set(one.0.difference(&other.0).cloned().collect()))
}

/// Why a second endpoint cannot be made beside one that is there.
fn taken(there: &Live, wanted: &VpcEndpoint) -> String {
    let id = there.vpc_endpoint_id().unwrap_or_default();
    let service = &wanted.service;
    match wanted.is_interface() {
        true => format!("{id} has the name of {service} in the VPC"),
        false => format!("{id} leads to {service} from one of the route tables"),
    }
}

async fn in_vpcs(account: &Account, vpcs: impl IntoIterator<Item = String>) -> Result<Vec<Live>, Error> {
    let request = account.ec2.describe_vpc_endpoints().filters(filter("vpc-id", vpcs));
    account.call(|| request.clone().all_items()).await
}

async fn is_gone(account: &Account, id: &str) -> Result<bool, Error> {
    let request = account.ec2.describe_vpc_endpoints().vpc_endpoint_ids(id);
    let answer = account.find(|| request.clone().send()).await?;
    Ok(answer.is_none_or(|answer| answer.vpc_endpoints().iter().all(|it| state(it) == "deleted")))
}

/// The state in small letters: the model of the SDK begins each with a capital, and AWS does not.
fn state(endpoint: &Live) -> String {
    endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default()
}

fn all_found(endpoints: &[Live]) -> Result<Vec<(crate::aws::Owner, Found<VpcEndpoint>)>, Error> {
    let mut all = Vec::new();
    for endpoint in endpoints {
        if let (Some(owner), Some(found)) = (owner(endpoint.tags()), found(endpoint)?) {
            all.push((owner, found));
        }
    }
    Ok(all)
}

/// An endpoint that exists; nothing for one that is on its way out.
fn found(endpoint: &Live) -> Result<Option<Found<VpcEndpoint>>, Error> {
    let state = match state(endpoint).as_str() {
        "available" => State::Ready,
        "deleting" | "deleted" => return Ok(None),
        "pending" => State::Pending("AWS is still making the endpoint".to_owned()),
        "pendingacceptance" => State::Short {
            reason: "whoever offers the service has not accepted the endpoint yet".to_owned(),
            refused: true,
        },
        state @ ("failed" | "rejected" | "expired") => State::Broken(format!(
            "AWS calls its state {state}: {}; remove the cause, delete the endpoint and run it again",
            endpoint
                .last_error()
                .and_then(|error| error.message())
                .or(endpoint.failure_reason())
                .unwrap_or("it gave no reason"),
        )),
        other => State::Pending(format!("AWS calls its state {other}")),
    };
    let links = |ids: &[String]| ids.iter().map(|id| Link::from(id.as_str())).collect();
    let endpoint_type = endpoint.vpc_endpoint_type().map_or(GATEWAY, VpcEndpointType::as_str).to_owned();
    let is_interface = endpoint_type == INTERFACE;
    Ok(Some(Found {
        attributes: VpcEndpoint {
            vpc: endpoint.vpc_id().unwrap_or_default().into(),
            service: endpoint.service_name().unwrap_or_default().to_owned(),
            endpoint_type,
            policy: endpoint.policy_document().map(Document::parse).transpose()?,
            route_tables: links(endpoint.route_table_ids()),
            subnets: links(endpoint.subnet_ids()),
            security_groups: endpoint
                .groups()
                .iter()
                .filter_map(|group| group.group_id().map(Link::from))
                .collect(),
            // Of a gateway endpoint AWS says nothing that counts here.
            private_dns: is_interface && endpoint.private_dns_enabled().unwrap_or_default(),
        },
        outputs: [("id", endpoint.vpc_endpoint_id().unwrap_or_default().to_owned())].into(),
        ownership: ownership(endpoint.tags()),
        tags: tags(endpoint.tags()),
        state,
        remarks: Vec::new(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_as_the_model_spells_them_and_as_aws_does() {
        let in_state = |text: &str| {
            let endpoint = Live::builder().state(text.into()).vpc_endpoint_type(VpcEndpointType::Interface);
            found(&endpoint.build()).unwrap().map(|found| found.state)
        };
        for text in ["available", "Available"] {
            assert_eq!(in_state(text), Some(State::Ready), "{text}");
        }
        for text in ["pending", "Pending", "partial"] {
            assert!(matches!(in_state(text), Some(State::Pending(_))), "{text}");
        }
        for text in ["pendingAcceptance", "PendingAcceptance"] {
            assert!(matches!(in_state(text), Some(State::Short { refused: true, .. })), "{text}");
        }
        for text in ["failed", "Rejected", "Expired"] {
            assert!(matches!(in_state(text), Some(State::Broken(_))), "{text}");
        }
        for text in ["deleting", "Deleted"] {
            assert_eq!(in_state(text), None, "{text}");
        }
    }

    #[test]
    fn one_route_table_has_one_way_to_a_service_and_one_vpc_one_endpoint_with_its_name() {
        let interface = VpcEndpoints::example(1);
        let gateway = |table: &str| VpcEndpoint {
            endpoint_type: GATEWAY.into(),
            route_tables: Set::from_iter([Link::from(table)]),
            ..VpcEndpoints::example(0)
        };
        let other =
            VpcEndpoint { service: "com.amazonaws.us-east-1.ec2messages".into(), ..interface.clone() };
        for (one, two, excluded) in [
            (interface.clone(), interface.clone(), true),
            (interface.clone(), VpcEndpoint { private_dns: false, ..interface.clone() }, false),
            (interface.clone(), other, false),
            (gateway("rtb-1"), gateway("rtb-1"), true),
            (gateway("rtb-1"), gateway("rtb-2"), false),
            (gateway("rtb-1"), interface, false),
        ] {
            assert_eq!(one.excludes(&two), excluded, "{one:?} {two:?}");
        }
    }
}
