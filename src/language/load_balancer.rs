//! `[load_balancer.NAME]`: an application load balancer with its target group.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::Diagnostic;
use super::bucket::Bucket;
use super::flows::{self, End, Flow};
use super::names::Names;
use super::network::Network;
use super::section::section;
use super::security_group;
use super::subnets;
use super::tier::{Accept, Peer, Tier};
use super::tls_policy;
use super::traffic::Traffic;
use super::types::{
    Arn, Codes, Declared, Entry, FreeText, HttpPath, LoadBalancerName, OrOff, Ports, Sectioned, Whole,
    check_load_balancer_name, choice,
};
use crate::kinds::ec2_internet_gateway::InternetGateway;
use crate::kinds::ec2_network_acl::NetworkAcl;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::ec2_vpc::Vpc;
use crate::kinds::elb_load_balancer::{self, Listener, Redirect};
use crate::kinds::elb_target_group::{HealthCheck, TargetGroup};
use crate::kinds::s3_bucket;
use crate::model::{Addr, DecodeError, Dict, Origin, Owned, ResourceSpec as _, Set, Wanted};

choice! {
    /// What targets speak.
    TargetProtocol {
        /// HTTP.
        Http = "HTTP",
        /// HTTPS.
        Https = "HTTPS",
    }
}

section! {
    /// The instances behind a load balancer, and when they count as healthy.
    #[practices(10)]
    Target {
        /// The port they listen on.
        port: Whole<1, 65535>, default "80";
        /// What they speak.
        protocol: TargetProtocol, default "\"HTTP\"";
        /// The path asked for by health checks.
        health_path: HttpPath, default "\"/\"";
        /// HTTP codes that count as healthy.
        codes: Codes, default "\"200-399\"";
        /// Seconds between health checks.
        interval_seconds: Whole<5, 300>, default "30";
        /// Seconds until a health check counts as failed.
        timeout_seconds: Whole<2, 120>, default "5";
        /// Successes in a row that make a target healthy.
        healthy_after: Whole<2, 10>, default "3";
        /// Failures in a row that make it unhealthy.
        unhealthy_after: Whole<2, 10>, default "2";
        /// Seconds a target that leaves may take to finish its requests.
        drain_seconds: Whole<0, 3600>, default "300";
    }
}

impl Target {
    /// The port as a range of one.
    pub(super) fn ports(&self) -> Ports {
        Ports::one(u16::try_from(self.port.0).unwrap_or(80))
    }
}

section! {
    /// A load balancer over the subnets of a tier, with a security group of its own.
    ///
    /// What the tier accepts from the internet reaches the load balancer, and its instances accept from the load balancer alone,
    /// unless `direct` says otherwise. What the tier accepts from elsewhere on ports 80 and 443 reaches both.
    /// With a certificate it listens on 443 and sends 80 there; without one it listens on 80 alone, with a warning.
    #[practices(10)]
    LoadBalancer {
        /// Its name in AWS.
        name: LoadBalancerName, absent "`BASELINE-NAME`";
        /// The tier it stands in: a public one, unless it is internal.
        tier: Declared<Tier>, required;
        /// The ARN of its certificate.
        certificate: Arn, absent "none, with a warning";
        /// Whether it has private addresses only.
        internal: bool, default "false";
        /// The TLS policy of AWS.
        tls_policy: FreeText, default "\"ELBSecurityPolicy-TLS13-1-2-2021-06\"";
        /// Refuses deletion until this is switched off.
        deletion_protection: bool, default "true";
        /// The bucket that receives its logs; `false` for none.
        access_logs: OrOff<Declared<Bucket>>, default "false";
        /// Seconds until an idle connection is closed.
        idle_timeout: Whole<1, 4000>, default "60";
        /// Drops headers that are not valid, against request smuggling.
        drop_invalid_headers: bool, default "true";
        /// The instances behind it.
        target: Target, default "{}";
    }
}

impl Sectioned for LoadBalancer {
    const SECTION: &'static str = "load_balancer";
    const WORDS: &'static str = "load balancer";
}

impl LoadBalancer {
    /// The bucket that receives its logs.
    pub fn log_bucket(&self) -> Option<&str> {
        self.access_logs.on().map(|bucket| bucket.name.as_str())
    }

    /// The ports that it listens on.
    pub(super) fn listens(&self) -> impl Iterator<Item = u16> + '_ {
        LISTENS.into_iter().filter(|port| *port == 80 || self.certificate.is_some())
    }

    pub(super) fn name_in_aws(&self, names: &Names<'_>, name: &str) -> String {
        self.name
            .as_ref()
            .map_or_else(|| names.prefixed(name), |chosen| chosen.fill(names.place, names.region()))
    }
}

/// The load balancers that stand in a tier.
pub(super) fn of_tier<'a>(names: &Names<'a>, tier: &'a str) -> impl Iterator<Item = &'a Entry<LoadBalancer>> {
    names.file.load_balancer.iter().filter(move |entry| entry.section.tier.name() == tier)
}

/// The ports that a load balancer listens on, with a certificate and without.
const LISTENS: [u16; 2] = [80, 443];

/// Whether a load balancer may listen to any of that.
pub(super) fn may_listen(traffic: Traffic) -> bool {
    LISTENS.iter().any(|port| traffic.covers(Traffic::tcp(*port)))
}

/// Whether what a tier accepts reaches the load balancers that stand in it, and not its instances: what comes from the internet does,
/// unless the file says otherwise.
pub(super) fn takes(names: &Names<'_>, network: &Network, tier: &str, accept: &Accept) -> bool {
    let faces_internet = of_tier(names, tier).any(|entry| !entry.section.internal.value);
    let from_outside = match &accept.from.value {
        Peer::Internet => true,
        // Others than a load balancer listen on other ports, and a range is named for one of them.
        Peer::Range(range) => {
            range.is_everything() || (!network.holds(*range) && accept.traffic().is_some_and(may_listen))
        }
        Peer::Admin | Peer::Itself | Peer::Tier(_) => false,
    };
    faces_internet && from_outside && !accept.direct.value
}

/// The name of the security group of a load balancer.
pub(super) fn group_name(name: &str) -> String {
    format!("{GROUP_PREFIX}{name}")
}

/// What the names of such groups begin with; no tier is called so.
pub(super) const GROUP_PREFIX: &str = "load-balancer-";

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &LoadBalancer> = BTreeMap::new();
    for entry in names.file.load_balancer.iter() {
        let (name, balancer) = (entry.name.as_str(), &entry.section);
        let in_aws = balancer.name_in_aws(names, name);
        let span = balancer.name.as_ref().map_or(&balancer.header.span, |name| &name.span);
        if let Err(reason) = check_load_balancer_name(&in_aws) {
            problems.push(
                Diagnostic::error(
                    "bad-name",
                    span,
                    format!("{in_aws:?} cannot be a load balancer's name: {reason}"),
                )
                .hint("set `name` to another one"),
            );
        }
        if let Some(first) = seen.get(&in_aws) {
            problems.push(
                Diagnostic::error(
                    "duplicate-name",
                    span,
                    format!("two load balancers would be called {in_aws}"),
                )
                .related(&first.header.span, "the other one"),
            );
        }
        seen.entry(in_aws).or_insert(balancer);
        check_certificate(names, balancer, problems);
        tls_policy::check(balancer.tls_policy.written(), &balancer.tls_policy.span, problems);
        check_place(names, entry, problems);
        check_taken(names, entry, problems);
        if balancer.target.timeout_seconds.0 >= balancer.target.interval_seconds.0 {
            problems.push(
                Diagnostic::error(
                    "bad-combination",
                    &balancer.target.timeout_seconds.span,
                    "a health check must fail before the next one starts",
                )
                .hint("make `timeout_seconds` less than `interval_seconds`"),
            );
        }
    }
}

/// What a load balancer takes from the internet and does not listen to reaches nobody.
fn check_taken(names: &Names<'_>, balancer: &Entry<LoadBalancer>, problems: &mut Vec<Diagnostic>) {
    let Some(network) = &names.file.network else { return };
    let Some(tier) = network.tier.get(balancer.section.tier.name()) else { return };
    for accept in
        tier.accept.iter().filter(|accept| takes(names, network, balancer.section.tier.name(), accept))
    {
        if accept.traffic().is_none_or(may_listen) || problems.iter().any(|it| it.span == accept.span) {
            continue;
        }
        problems.push(
            Diagnostic::warning("unreachable", &accept.span, "no load balancer listens to this")
                .related(&balancer.section.header.span, "it takes what comes from the internet")
                .hint("set `direct = true` to let it reach the instances"),
        );
    }
}

fn check_certificate(names: &Names<'_>, balancer: &LoadBalancer, problems: &mut Vec<Diagnostic>) {
    let Some(certificate) = &balancer.certificate else {
        problems.push(
            Diagnostic::warning("no-tls", &balancer.header.span, "the load balancer speaks HTTP without TLS")
                .hint("add the ARN of a `certificate`"),
        );
        return;
    };
    let filled = certificate.fill(names.place, names.region());
    let mut parts = filled.split(':').skip(2);
    match (parts.next(), parts.next()) {
        (Some("acm"), Some(region)) if region != names.region() => problems.push(
            Diagnostic::error(
                "wrong-region",
                &certificate.span,
                format!("the certificate is in {region}, the load balancer in {}", names.region()),
            )
            .hint("issue or import the certificate in the region of the load balancer"),
        ),
        (Some("acm" | "iam"), _) => {}
        _ => problems.push(
            Diagnostic::error("bad-value", &certificate.span, "this is not the ARN of a certificate")
                .hint("write arn:aws:acm:REGION:ACCOUNT:certificate/ID"),
        ),
    }
}

fn check_place(names: &Names<'_>, entry: &Entry<LoadBalancer>, problems: &mut Vec<Diagnostic>) {
    let balancer = &entry.section;
    let tier_name = balancer.tier.name();
    let Some(network) = &names.file.network else { return };
    let Some(tier) = network.tier.get(tier_name) else { return };
    if !balancer.internal.value && !tier.public.value {
        problems.push(
            Diagnostic::error(
                "unreachable",
                &balancer.tier.span,
                "a private tier has no way in from the internet",
            )
            .related(&tier.header.span, "this tier is private")
            .hint("use a public tier, or set `internal = true`"),
        );
        return;
    }
    // ELB-4.
    if subnets::zones_of(network, tier_name).len() < 2 {
        problems.push(
            Diagnostic::error(
                "too-few-zones",
                &balancer.tier.span,
                "a load balancer needs two zones or more",
            )
            .related(&network.zones.span, "one zone")
            .hint("set `zones = 2` in `[network]`, or give the tier a subnet in another zone"),
        );
    }
    if subnets::longest_prefix(network, tier_name) > 27 {
        problems.push(
            Diagnostic::error(
                "too-small",
                &balancer.tier.span,
                "a load balancer needs subnets of /27 or larger",
            )
            .related(&network.subnet_prefix.span, "smaller")
            .hint("set a `subnet_prefix` of 27 or less"),
        );
    }
    let port = if balancer.certificate.is_some() { 443 } else { 80 };
    let here = End::load_balancer(entry);
    let reached = flows::flows(names, network)
        .iter()
        .any(|flow| flow.to == here && flow.traffic.covers(Traffic::tcp(port)));
    if !reached {
        problems.push(
            Diagnostic::error(
                "unreachable",
                &balancer.tier.span,
                format!("nobody reaches port {port} of this tier"),
            )
            .related(&tier.header.span, "what it accepts")
            .hint(format!("add `accept = [{{ from = \"internet\", port = {port} }}]` to the tier")),
        );
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(network) = &names.file.network else { return Ok(()) };
    let flows = flows::flows(names, network);
    for entry in names.file.load_balancer.iter() {
        let (name, balancer) = (entry.name.as_str(), &entry.section);
        let origin = Origin::from(&balancer.header);
        let group = group_name(name);
        wanted.add(group.clone(), &own_group(names, entry, &flows), [], &origin)?;
        let tier_name = balancer.tier.name();
        wanted.add(name, &target_group(names, name, balancer), [], &origin)?;
        let zones = subnets::zones_of(network, tier_name);
        let attributes = elb_load_balancer::LoadBalancer {
            name: balancer.name_in_aws(names, name),
            scheme: if balancer.internal.value { "internal" } else { "internet-facing" }.to_owned(),
            // What it takes is of both families where the network is; what it sends to its targets is IPv4.
            address_type: network.has_ipv6().then(|| "dualstack".to_owned()),
            subnets: zones
                .iter()
                .map(|zone| Subnet::output(format!("{tier_name}-{}", zone.letter), "id"))
                .collect(),
            security_groups: Set::from_iter([SecurityGroup::output(group.clone(), "id")]),
            attributes: attributes(names, balancer),
            listeners: listeners(names, name, balancer),
        };
        let public = network.tier.get(tier_name).is_some_and(|tier| tier.public.value);
        // An internet-facing load balancer is refused before the gateway is attached (ELB-4), and its attributes
        // before it can write into the bucket (ELB-6).
        let after: Vec<Addr> = public
            .then(|| InternetGateway::addr("main"))
            .into_iter()
            .chain(network.route_tables(tier_name))
            .chain([NetworkAcl::addr(tier_name), SecurityGroup::addr(group)])
            .chain(balancer.log_bucket().map(s3_bucket::Bucket::addr))
            .collect();
        wanted.add(name, &attributes, after, &origin)?;
    }
    Ok(())
}

/// The security group that it carries.
fn own_group(names: &Names<'_>, entry: &Entry<LoadBalancer>, flows: &[Flow]) -> SecurityGroup {
    let here = End::load_balancer(entry);
    SecurityGroup {
        name: Owned::AtCreation(names.prefixed(&group_name(&entry.name))),
        description: Owned::AtCreation(format!(
            "Load balancer {} of {}",
            entry.name,
            names.file.name.written()
        )),
        vpc: Vpc::output("main", "id"),
        ingress: security_group::ingress(&here, flows),
        egress: security_group::egress(&here, flows),
        temporary: Set::default(),
    }
}

fn target_group(names: &Names<'_>, name: &str, balancer: &LoadBalancer) -> TargetGroup {
    let target = &balancer.target;
    let prefixed = names.prefixed(name);
    let (protocol, port) = (target.protocol.word(), target.port.0);
    // AWS changes none of these; another port is another group beside the old one (ELB-3).
    let fixed = format!("{prefixed} {protocol} {port} instance main");
    let digest: String = Sha256::digest(fixed).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    let start: String = prefixed.chars().take(25).collect();
    TargetGroup {
        name: format!("{}-{digest}", start.trim_end_matches('-')),
        vpc: Vpc::output("main", "id"),
        protocol: protocol.to_owned(),
        port,
        target_type: "instance".to_owned(),
        health_check: HealthCheck {
            protocol: protocol.to_owned(),
            path: target.health_path.written().to_owned(),
            port: "traffic-port".to_owned(),
            codes: target.codes.written().to_owned(),
            interval_seconds: target.interval_seconds.0,
            timeout_seconds: target.timeout_seconds.0,
            healthy_after: target.healthy_after.0,
            unhealthy_after: target.unhealthy_after.0,
        },
        attributes: BTreeMap::from([(
            "deregistration_delay.timeout_seconds".to_owned(),
            target.drain_seconds.0.to_string(),
        )]),
    }
}

fn attributes(names: &Names<'_>, balancer: &LoadBalancer) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::from([
        ("deletion_protection.enabled", balancer.deletion_protection.value.to_string()),
        ("idle_timeout.timeout_seconds", balancer.idle_timeout.0.to_string()),
        ("routing.http.drop_invalid_header_fields.enabled", balancer.drop_invalid_headers.value.to_string()),
        ("routing.http.desync_mitigation_mode", "defensive".to_owned()),
        ("access_logs.s3.enabled", balancer.log_bucket().is_some().to_string()),
    ]);
    if let Some(bucket) = balancer.log_bucket() {
        attributes.insert("access_logs.s3.bucket", names.bucket(bucket));
        // The bucket's policy lets logs in under no prefix; one of a former owner would end their delivery.
        attributes.insert("access_logs.s3.prefix", String::new());
    }
    attributes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn listeners(names: &Names<'_>, name: &str, balancer: &LoadBalancer) -> Dict<Listener> {
    let forward = Listener {
        protocol: "HTTP".to_owned(),
        certificate: None,
        tls_policy: None,
        forward: Some(TargetGroup::output(name, "arn")),
        redirect: None,
        unsupported: None,
        rules: Set::default(),
    };
    let Some(certificate) = &balancer.certificate else {
        return Dict::from_iter([("80".to_owned(), forward)]);
    };
    let secure = Listener {
        protocol: "HTTPS".to_owned(),
        certificate: Some(certificate.fill(names.place, names.region())),
        tls_policy: Some(balancer.tls_policy.written().to_owned()),
        ..forward.clone()
    };
    let redirect = Listener {
        forward: None,
        redirect: Some(Redirect {
            protocol: "HTTPS".to_owned(),
            port: "443".to_owned(),
            status: "HTTP_301".to_owned(),
        }),
        ..forward
    };
    Dict::from_iter([("443".to_owned(), secure), ("80".to_owned(), redirect)])
}
