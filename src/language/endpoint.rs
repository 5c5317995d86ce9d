//! `[network.endpoint.NAME]`: ways to services of AWS that do not lead over the internet.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Diagnostic;
use super::egress::{Destination, Egress, EgressWord};
use super::flows::End;
use super::names::Names;
use super::network::Network;
use super::policies::identity;
use super::policies::statement::Statement;
use super::policies::vpc_endpoint as policy;
use super::section::section;
use super::tier::{self, Tier};
use super::traffic::Traffic;
use super::types::{Declared, EndpointService, Entry, List, OneOrMore, OrOff, Ports, Sectioned};
use crate::kinds::ec2_vpc_endpoint::VpcEndpoint;
use crate::model::{Addr, ResourceSpec as _};
use crate::policy::syntax::{Use, check as check_document};

/// The services that have gateway endpoints ("Gateway endpoints", AWS PrivateLink guide).
const GATEWAYS: [&str; 2] = ["s3", "dynamodb"];
/// Characters of an endpoint's policy ("Control access to VPC endpoints using endpoint policies", AWS PrivateLink guide).
const SIZE: usize = 20_480;
/// What the names of the security groups of interface endpoints begin with; no tier is called so.
pub(super) const GROUP_PREFIX: &str = "endpoint-";

section! {
    /// A way from tiers to services of AWS that needs neither NAT nor an internet gateway.
    ///
    /// `s3` and `dynamodb` have gateway endpoints, which cost nothing: a route in the tables of the tiers. Every other service has
    /// an interface endpoint: a network interface in each zone, which AWS charges for by the hour and by the gigabyte. It has a
    /// security group of its own that accepts from the tiers that use it and from nobody else.
    ///
    /// The security group of a tier that uses it lets out `ports` to the service's prefix list, or to the group of the endpoint, and
    /// nothing else.
    #[practices(11, 12)]
    Endpoint {
        /// The service, such as `"s3"` or `"ssm"`, or several interface endpoints that differ in nothing else. A full name, such as
        /// `"com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f67890"`, is taken as it is.
        service: OneOrMore<EndpointService>, required;
        /// The tiers that use it. Public tiers share a route table, so a gateway endpoint is for all of them or for none.
        tiers: List<Declared<Tier>>, absent "every private tier whose `egress` is neither a list nor `\"none\"`; one whose list names it uses it too";
        /// The tier in whose subnets an interface endpoint stands.
        r#in: Declared<Tier>, absent "none, with gateway endpoints; interface endpoints need it";
        /// The ports that it answers on.
        ports: List<Ports>, default "[443]";
        /// Whether the service's own name leads to an interface endpoint in the VPC.
        private_dns: bool, default "true";
        /// What it lets through, whatever else allows it; these statements replace the default. `false` leaves the policy to others:
        /// AWS's own lets everything through. Set it for a service that takes no policy.
        policy: OrOff<List<Statement>>, absent "this account's principals alone, in S3 and DynamoDB in this account alone; reading what AWS keeps in S3 for Amazon Linux, Systems Manager, ECR and its agents; none for services that others offer";
    }
}

impl Sectioned for Endpoint {
    const SECTION: &'static str = "network.endpoint";
    const WORDS: &'static str = "endpoint";
}

/// One service of an endpoint section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// What it is called without the region: `s3`, `ecr-api`.
    pub(super) label: String,
    /// Its full name.
    pub(super) full: String,
    /// Whether it is reached through a gateway endpoint.
    pub(super) is_gateway: bool,
}

impl Service {
    fn of(written: &str, region: &str) -> Self {
        let prefix = format!("com.amazonaws.{region}.");
        let is_full = written.starts_with("com.amazonaws.") || written.contains(&format!(".{region}."));
        let full = if is_full { written.to_owned() } else { format!("{prefix}{written}") };
        let short = full.strip_prefix(&prefix).or_else(|| full.rsplit('.').next()).unwrap_or(&full);
        let is_gateway = full.starts_with(&prefix) && GATEWAYS.contains(&short);
        Self { label: short.replace('.', "-"), is_gateway, full }
    }

    /// What its endpoint of a section is called. It follows from nothing but the two, so that another service moves no endpoint.
    pub(super) fn name(&self, section: &str) -> String {
        if section == self.label { section.to_owned() } else { format!("{section}-{}", self.label) }
    }
}

impl Endpoint {
    /// Its services in the order of the file.
    pub(super) fn services<'a>(&'a self, region: &'a str) -> impl Iterator<Item = Service> + 'a {
        self.service.iter().map(move |service| Service::of(service.written(), region))
    }

    /// Whether it is a gateway endpoint; the check refuses a mixture.
    pub(super) fn is_gateway(&self, region: &str) -> bool {
        self.services(region).all(|service| service.is_gateway)
    }

    /// What it answers on.
    pub(super) fn carries(&self) -> impl Iterator<Item = Traffic> + '_ {
        self.ports.iter().map(|ports| Traffic::Tcp(ports.value))
    }
}

/// Whether a tier uses an endpoint.
pub(super) fn uses(tier: &Entry<Tier>, endpoint: &Entry<Endpoint>) -> bool {
    let egress = tier.section.egress.as_ref().map(|egress| &egress.value);
    let named = |tiers: &List<Declared<Tier>>| tiers.iter().any(|named| named.name == tier.name);
    match (&endpoint.section.tiers, egress) {
        (Some(tiers), _) if named(tiers) => true,
        (_, Some(Egress::To(openings))) => openings.iter().any(
            |opening| matches!(&opening.to.value, Destination::Endpoint(name) if *name == endpoint.name),
        ),
        (None, None | Some(Egress::Word(EgressWord::Internet))) => !tier.section.public.value,
        (Some(_), _) | (None, Some(Egress::Word(EgressWord::None))) => false,
    }
}

/// The endpoints that a tier uses.
pub(super) fn of_tier<'a>(
    network: &'a Network,
    tier: &'a Entry<Tier>,
) -> impl Iterator<Item = &'a Entry<Endpoint>> {
    network.endpoint.iter().filter(|endpoint| uses(tier, endpoint))
}

/// The tiers that use an endpoint.
pub(super) fn clients<'a>(
    network: &'a Network,
    endpoint: &'a Entry<Endpoint>,
) -> impl Iterator<Item = &'a Entry<Tier>> {
    network.tier.iter().filter(|tier| uses(tier, endpoint))
}

/// Where connections to an endpoint end: one end for all services of an interface endpoint, one for each gateway.
pub(super) fn ends(entry: &Entry<Endpoint>, region: &str) -> Vec<End> {
    if entry.section.is_gateway(region) {
        return entry.section.services(region).map(|service| End::Service(service.label)).collect();
    }
    let tier = entry.section.r#in.as_ref().map(|tier| tier.name().to_owned());
    tier.into_iter().map(|tier| End::Endpoint { name: entry.name.clone(), tier }).collect()
}

/// The addresses of the endpoints that a tier uses.
pub(super) fn addresses<'a>(
    names: &'a Names<'_>,
    network: &'a Network,
    tier: &'a str,
) -> impl Iterator<Item = Addr> + 'a {
    let entry = network.tier.iter().find(move |entry| entry.name == tier);
    entry.into_iter().flat_map(move |entry| of_tier(network, entry)).flat_map(move |endpoint| {
        let services = endpoint.section.services(names.region());
        services.map(move |service| VpcEndpoint::addr(service.name(&endpoint.name)))
    })
}

/// The name of the security group of an interface endpoint.
pub(super) fn group_name(name: &str) -> String {
    format!("{GROUP_PREFIX}{name}")
}

pub(super) fn check(names: &Names<'_>, network: &Network, problems: &mut Vec<Diagnostic>) {
    let mut called: BTreeMap<String, &Entry<Endpoint>> = BTreeMap::new();
    for entry in network.endpoint.iter() {
        let (endpoint, header) = (&entry.section, &entry.section.header.span);
        if tier::RESERVED.contains(&entry.name.as_str()) {
            let message = format!("an endpoint cannot be called \"{}\"", entry.name);
            problems.push(
                Diagnostic::error("bad-name", header, message)
                    .label("it would be taken for something else")
                    .hint("call the endpoint something else: not internet, admin, self or public"),
            );
        }
        let services: Vec<Service> = endpoint.services(names.region()).collect();
        for service in &services {
            let name = service.name(&entry.name);
            if let Some(first) = called.get(&name) {
                problems.push(
                    Diagnostic::error(
                        "duplicate-name",
                        header,
                        format!("two endpoints would be called {name}"),
                    )
                    .related(&first.section.header.span, "the other one")
                    .hint("name a service once, and give one of the sections another name"),
                );
            }
            called.entry(name).or_insert(entry);
        }
        let gateways = services.iter().filter(|service| service.is_gateway).count();
        if gateways > 0 && gateways < services.len() {
            problems.push(
                Diagnostic::error(
                    "bad-combination",
                    &endpoint.service.span,
                    "gateway endpoints and interface endpoints stand in sections of their own",
                )
                .hint("give `s3` and `dynamodb` a section of their own"),
            );
            continue;
        }
        check_place(network, endpoint, gateways > 0, problems);
        check_tiers(network, entry, gateways > 0, problems);
        check_policy(names, endpoint, &services, problems);
    }
    check_twice(names, network, problems);
}

/// Interface endpoints stand somewhere, and gateway endpoints do not.
fn check_place(network: &Network, endpoint: &Endpoint, is_gateway: bool, problems: &mut Vec<Diagnostic>) {
    let header = &endpoint.header.span;
    match (&endpoint.r#in, is_gateway) {
        (Some(tier), true) => problems.push(
            Diagnostic::error("bad-combination", &tier.span, "a gateway endpoint stands in no subnet")
                .hint("leave `in` out: `tiers` says whose route tables lead to it"),
        ),
        (None, false) => problems.push(
            Diagnostic::error(
                "missing-key",
                header,
                "an interface endpoint stands in the subnets of a tier, and `in` is missing",
            )
            .hint("add `in = \"TIER\"`"),
        ),
        (Some(_), false) | (None, true) => {}
    }
    if is_gateway && endpoint.private_dns.given {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &endpoint.private_dns.span,
                "a gateway endpoint has no name of its own",
            )
            .hint("leave `private_dns` out"),
        );
    }
    if !is_gateway && endpoint.private_dns.value && !network.dns_hostnames.value {
        problems.push(
            Diagnostic::error(
                "contradiction",
                if endpoint.private_dns.given { &endpoint.private_dns.span } else { header },
                "AWS gives an endpoint the name of its service only in a VPC with DNS names",
            )
            .related(&network.dns_hostnames.span, "switched off here")
            .hint("leave `dns_hostnames` out of `[network]`, or set `private_dns = false`"),
        );
    }
}

fn check_tiers(network: &Network, entry: &Entry<Endpoint>, is_gateway: bool, problems: &mut Vec<Diagnostic>) {
    let (endpoint, header) = (&entry.section, &entry.section.header.span);
    for named in endpoint.tiers.iter().flat_map(|tiers| tiers.iter()) {
        let egress = network.tier.get(&named.name).and_then(|tier| tier.egress.as_ref());
        if let Some(egress) = egress.filter(|egress| egress.value == Egress::Word(EgressWord::None)) {
            problems.push(
                Diagnostic::error("contradiction", &named.span, format!("tier {} opens nothing", named.name))
                    .related(&egress.span, "said here")
                    .hint("leave `egress` out of the tier, or the tier out of `tiers`"),
            );
        }
    }
    let users: Vec<&Entry<Tier>> = clients(network, entry).collect();
    if users.is_empty() {
        let cost = if is_gateway { "" } else { ", and AWS charges for it" };
        problems.push(
            Diagnostic::warning("unused", header, format!("no tier uses this endpoint{cost}"))
                .hint("name tiers in `tiers`, or the endpoint in the `egress` of a tier"),
        );
    }
    let public: Vec<&Entry<Tier>> = network.tier.iter().filter(|tier| tier.section.public.value).collect();
    let left_out: Vec<&str> =
        public.iter().filter(|tier| !uses(tier, entry)).map(|tier| tier.name.as_str()).collect();
    if is_gateway && !left_out.is_empty() && left_out.len() < public.len() {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                endpoint.tiers.as_ref().map_or(header, |tiers| &tiers.span),
                format!("public tiers share a route table, and {} is left out", left_out.join(", ")),
            )
            .hint("let all public tiers use it, or none of them"),
        );
    }
}

/// AWS gives a route table one way to a service, and a VPC one endpoint with the service's name.
fn check_twice(names: &Names<'_>, network: &Network, problems: &mut Vec<Diagnostic>) {
    let all: Vec<(&Entry<Endpoint>, Service)> = network
        .endpoint
        .iter()
        .flat_map(|entry| entry.section.services(names.region()).map(move |service| (entry, service)))
        .collect();
    for (place, (entry, service)) in all.iter().enumerate() {
        let excludes = |(other, same): &&(&Entry<Endpoint>, Service)| {
            same.full == service.full
                && other.name != entry.name
                && match service.is_gateway {
                    true => network.tier.iter().any(|tier| uses(tier, entry) && uses(tier, other)),
                    false => entry.section.private_dns.value && other.section.private_dns.value,
                }
        };
        let Some((first, _)) = all[..place].iter().find(excludes) else { continue };
        let (text, hint) = if service.is_gateway {
            (
                format!("a tier can have only one way to {}, and two are declared", service.label),
                "let each tier use one of them",
            )
        } else {
            (
                format!(
                    "in the VPC, the name of {} can lead to one endpoint only, and two are declared",
                    service.label
                ),
                "keep one of them, or set `private_dns = false` in one",
            )
        };
        problems.push(
            Diagnostic::error("duplicate", &entry.section.service.span, text)
                .related(&first.section.service.span, "the other one")
                .hint(hint),
        );
    }
}

fn check_policy(
    names: &Names<'_>,
    endpoint: &Endpoint,
    services: &[Service],
    problems: &mut Vec<Diagnostic>,
) {
    let Some(OrOff::On(written)) = endpoint.policy.as_ref().map(|policy| &policy.value) else { return };
    for statement in written.iter() {
        let document = policy::text(vec![statement.json(names, &["*"])]);
        if let Err(reason) = check_document(&document, Use::Resource) {
            problems.push(
                Diagnostic::error(
                    "bad-policy",
                    &statement.span,
                    format!("not a statement: {}", reason.trim_end_matches('.')),
                )
                .label("AWS refuses the whole policy")
                .hint("look at AWS's reference of policy elements, and at the operators of conditions"),
            );
        }
    }
    for service in services {
        let statements = statements(names, endpoint, service).unwrap_or_default();
        identity::check_size(&statements, SIZE, &endpoint.header, problems);
    }
}

/// The statements of an endpoint's policy; nothing where it is left to others.
pub(super) fn statements(names: &Names<'_>, endpoint: &Endpoint, service: &Service) -> Option<Vec<Json>> {
    match endpoint.policy.as_ref().map(|policy| &policy.value) {
        None => policy::least(names, service),
        Some(OrOff::Off) => None,
        Some(OrOff::On(written)) => {
            Some(written.iter().map(|statement| statement.json(names, &["*"])).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_called_by_their_short_names_and_full_ones_are_taken_as_they_are() {
        for (written, label, full, is_gateway) in [
            ("s3", "s3", "com.amazonaws.us-east-1.s3", true),
            ("com.amazonaws.us-east-1.dynamodb", "dynamodb", "com.amazonaws.us-east-1.dynamodb", true),
            ("ecr.api", "ecr-api", "com.amazonaws.us-east-1.ecr.api", false),
            (
                "s3-global.accesspoint",
                "s3-global-accesspoint",
                "com.amazonaws.us-east-1.s3-global.accesspoint",
                false,
            ),
            ("aws.sagemaker.us-east-1.notebook", "notebook", "aws.sagemaker.us-east-1.notebook", false),
            (
                "com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f67890",
                "vpce-svc-0a1b2c3d4e5f67890",
                "com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f67890",
                false,
            ),
        ] {
            let service = Service::of(written, "us-east-1");
            assert_eq!((service.label.as_str(), service.full.as_str()), (label, full));
            assert_eq!(service.is_gateway, is_gateway, "{written}");
        }
    }

    #[test]
    fn the_name_of_an_endpoint_does_not_depend_on_the_other_services_of_its_section() {
        let name = |section: &str, service: &str| Service::of(service, "us-east-1").name(section);
        assert_eq!(name("s3", "s3"), "s3");
        assert_eq!(name("systems-manager", "ssm"), "systems-manager-ssm");
        assert_eq!(name("ssm", "ssmmessages"), "ssm-ssmmessages");
    }
}
