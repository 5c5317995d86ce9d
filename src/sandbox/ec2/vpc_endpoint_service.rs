//! Services that have endpoints in a region: some of AWS's own.

use sha2::{Digest as _, Sha256};

use super::listing::{Listing, list};
use super::managed_prefix_list::list_of_service;
use super::state::View;
use super::zone::zones;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

/// Operations on services that have endpoints.
pub const OPERATIONS: &[Operation] =
    &[operation("DescribeVpcEndpointServices", describe_vpc_endpoint_services)];

/// What AWS's services with interface endpoints are called behind the region ("AWS services that integrate with AWS PrivateLink").
const INTERFACES: [&str; 20] = [
    "autoscaling",
    "cloudformation",
    "cloudtrail",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "elasticloadbalancing",
    "events",
    "execute-api",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
];
const GATEWAYS: [&str; 2] = ["dynamodb", "s3"];

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// Its full name.
    pub(super) name: String,
    /// Its prefix list, where it has gateway endpoints.
    pub(super) prefix_list: Option<&'static str>,
    region: String,
}

impl Service {
    /// The name that people call it by.
    pub(super) fn host(&self) -> String {
        let short = self.name.rsplit(&format!(".{}.", self.region)).next().unwrap_or_default();
        let parts: Vec<&str> = short.split('.').rev().collect();
        format!("{}.{}.amazonaws.com", parts.join("."), self.region)
    }
}

/// The service of a full name; nothing where the region has none.
pub(super) fn service_of(region: &str, name: &str) -> Option<Service> {
    let short = name.strip_prefix(&format!("com.amazonaws.{region}."))?;
    let prefix_list = list_of_service(region, name).filter(|_| GATEWAYS.contains(&short));
    let known = prefix_list.is_some() || INTERFACES.contains(&short);
    known.then(|| Service { name: name.to_owned(), prefix_list, region: region.to_owned() })
}

const LISTING: Listing = Listing {
    set: "serviceDetailSet",
    key: "serviceName",
    ids: None,
    filters: &[
        ("owner", "owner"),
        ("service-name", "serviceName"),
        ("service-type", "serviceType.serviceType"),
        ("supported-ip-address-types", "supportedIpAddressTypeSet"),
    ],
    tagged: true,
    pages: Some((5, 1000)),
};

/// An id of its own for each service, the same at every look.
fn service_id(name: &str) -> String {
    let digits: String = Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("vpce-svc-{}", &digits[..17])
}

fn describe_vpc_endpoint_services(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let view = View::of(cx);
    let zones: Vec<String> = zones(&view.region, &view.account).into_iter().map(|zone| zone.name).collect();
    let asked = params.texts("ServiceName");
    if let Some(unknown) = asked.iter().find(|name| service_of(&view.region, name).is_none()) {
        let message = format!("The Vpc Endpoint Service '{unknown}' does not exist");
        return Err(Fault::client("InvalidServiceName", message));
    }
    let all =
        INTERFACES.iter().chain(&GATEWAYS).map(|short| format!("com.amazonaws.{}.{short}", view.region));
    let known = all.filter_map(|name| service_of(&view.region, &name));
    let row = |service: Service| {
        let (kind, is_interface) =
            if service.prefix_list.is_some() { ("Gateway", false) } else { ("Interface", true) };
        Fields::new()
            .with("serviceName", &service.name)
            .with("serviceId", service_id(&service.name))
            .list("serviceType", [Fields::new().with("serviceType", kind)])
            .with("serviceRegion", &view.region)
            .list(
                "availabilityZoneSet",
                zones.iter().map(|zone| Node::from(zone.as_str())).collect::<Vec<_>>(),
            )
            .with("owner", "amazon")
            .list("baseEndpointDnsNameSet", [Node::from(service.host())])
            .maybe("privateDnsName", is_interface.then(|| service.host()))
            .with("vpcEndpointPolicySupported", true)
            .with("acceptanceRequired", false)
            .with("managesVpcEndpoints", false)
            .list("supportedIpAddressTypeSet", [Node::from("ipv4")])
    };
    let rows: Vec<Fields> =
        known.filter(|service| asked.is_empty() || asked.contains(&service.name.as_str())).map(row).collect();
    let answer = list(cx, params, &LISTING, rows)?;
    Ok(with_names(answer))
}

/// The names of those that are listed, beside what is told of each.
fn with_names(answer: Answer) -> Answer {
    let listed = answer.fields.0.iter().filter_map(|(set, rows)| match rows {
        Node::List(rows) if set == "serviceDetailSet" => Some(rows),
        _ => None,
    });
    let members = listed.flatten().filter_map(|row| match row {
        Node::Fields(fields) => Some(&fields.0),
        _ => None,
    });
    let names = members.flatten().filter(|(member, _)| member == "serviceName");
    let names: Vec<Node> = names.map(|(_, name)| name.clone()).collect();
    answer.with("serviceNameSet", Node::list(names))
}
