//! Target groups (aws-truths 1.11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attribute::Attributes;
use super::find::{TARGET_GROUP, check_name, invalid, page};
use super::{State, action, tags};
use crate::sandbox::context::Context;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;
use serde_json::Value;

/// A target group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    /// Its name, unique in account and region.
    pub name: String,
    /// What cannot change: protocol, port, VPC and the like, by their names in the answer.
    pub fixed: BTreeMap<String, String>,
    /// When a target counts as healthy, by their names in the answer.
    pub health_check: BTreeMap<String, String>,
    /// Attributes that were set.
    pub attributes: Attributes,
    /// Targets by id and port, as `i-1:443`.
    pub targets: BTreeMap<String, Target>,
    /// When a listener or rule last let go of it.
    pub released: Option<Milliseconds>,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// An instance's id or an address.
    pub id: String,
    /// The port it is reached on.
    pub port: i64,
    /// When it was registered.
    pub since: Milliseconds,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateTargetGroup", create),
    operation("ModifyTargetGroup", modify),
    operation("DescribeTargetGroups", describe),
    operation("DeleteTargetGroup", delete),
];

/// How long a group counts as used after its last listener let go of it (ELB-3).
const RELEASE: Milliseconds = 10_000;

/// Members of a health check that hold plain values.
const CHECKS: &[&str] = &[
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckEnabled",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
];

impl TargetGroup {
    /// The port that targets are reached on where they name none.
    pub fn port(&self) -> i64 {
        self.fixed.get("Port").and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    fn shown(&self, arn: &str, elb: &State) -> Fields {
        let fields = Fields::new().with("TargetGroupArn", arn).with("TargetGroupName", &self.name);
        let members =
            self.fixed.iter().chain(self.health_check.iter().filter(|(name, _)| *name != "Matcher"));
        let fields = members.fold(fields, |fields, (name, value)| fields.with(name.clone(), value));
        let matcher = self.health_check.get("Matcher").map(|codes| Fields::new().with("HttpCode", codes));
        fields.maybe("Matcher", matcher).list("LoadBalancerArns", elb.load_balancers_of(arn))
    }
}

impl State {
    /// ARNs of the load balancers that send traffic to a group.
    pub fn load_balancers_of(&self, group: &str) -> Vec<String> {
        let uses = |actions: &[Value]| action::target_groups(actions).iter().any(|arn| arn == group);
        let mut arns: Vec<String> = self
            .listeners
            .iter()
            .filter(|(arn, listener)| {
                let rules = self.rules.values().filter(|rule| rule.truth().listener == **arn);
                uses(&listener.truth().actions) || rules.into_iter().any(|rule| uses(&rule.truth().actions))
            })
            .map(|(_, listener)| listener.truth().load_balancer.clone())
            .collect();
        arns.sort_unstable();
        arns.dedup();
        arns
    }

    /// Notes the time for groups that no listener or rule uses any more.
    pub fn release(&mut self, groups: &[String], now: Milliseconds) {
        for arn in groups {
            if self.load_balancers_of(arn).is_empty()
                && let Some(group) = self.target_groups.get_mut(arn)
            {
                let created = group.created;
                let released = TargetGroup { released: Some(now), ..group.truth().clone() };
                *group = Versioned::new(released, created);
            }
        }
    }
}

/// The health check of a request over the defaults of a protocol and type (ELB-9).
fn health_check(
    params: &Params,
    before: Option<&BTreeMap<String, String>>,
    kind: &str,
) -> Result<BTreeMap<String, String>, Fault> {
    const PROTOCOLS: &[&str] = &["HTTP", "HTTPS"];
    params.choice("HealthCheckProtocol", PROTOCOLS)?;
    params.number_in("HealthCheckIntervalSeconds", 5..=300)?;
    params.number_in("HealthCheckTimeoutSeconds", 2..=120)?;
    params.number_in("HealthyThresholdCount", 2..=10)?;
    params.number_in("UnhealthyThresholdCount", 2..=10)?;
    params.flag("HealthCheckEnabled")?;
    let lambda = kind == "lambda";
    let mut check = before.cloned().unwrap_or_default();
    for name in CHECKS {
        if let Some(value) = params.text(name) {
            check.insert((*name).to_owned(), value.to_owned());
        }
    }
    let codes = params.map("Matcher").and_then(|matcher| matcher.text("HttpCode"));
    if let Some(codes) = codes {
        check.insert("Matcher".to_owned(), check_codes(codes)?.to_owned());
    }
    let defaults = [
        // HTTP, even of a group that speaks HTTPS.
        ("HealthCheckProtocol", if lambda { "" } else { "HTTP" }),
        ("HealthCheckPort", if lambda { "" } else { "traffic-port" }),
        ("HealthCheckEnabled", if lambda { "false" } else { "true" }),
        ("HealthCheckPath", "/"),
        ("HealthCheckIntervalSeconds", if lambda { "35" } else { "30" }),
        ("HealthCheckTimeoutSeconds", if lambda { "30" } else { "5" }),
        ("HealthyThresholdCount", "5"),
        ("UnhealthyThresholdCount", "2"),
        ("Matcher", "200"),
    ];
    for (name, default) in defaults.into_iter().filter(|(_, default)| !default.is_empty()) {
        check.entry(name.to_owned()).or_insert_with(|| default.to_owned());
    }
    if check.get("HealthCheckPath").is_some_and(|path| !path.starts_with('/') || path.len() > 1024) {
        return Err(invalid(
            "The health check path must begin with a '/' character, and can be a maximum of \
                            1024 printable ASCII characters",
        ));
    }
    let port = check.get("HealthCheckPort").map_or("traffic-port", String::as_str);
    if port != "traffic-port" && !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(invalid("Health check port must be 'traffic-port' or in range of 1 to 65535"));
    }
    let number =
        |name: &str| check.get(name).and_then(|number| number.parse::<i64>().ok()).unwrap_or_default();
    let (timeout, interval) = (number("HealthCheckTimeoutSeconds"), number("HealthCheckIntervalSeconds"));
    if timeout >= interval {
        return Err(invalid(format!(
            "Health check timeout '{timeout}' must be smaller than the interval '{interval}'"
        )));
    }
    Ok(check)
}

/// Codes such as `200`, `200,202` or `200-399`, of 200 to 499.
fn check_codes(codes: &str) -> Result<&str, Fault> {
    let code =
        |text: &str| text.parse().is_ok_and(|code: u16| text.len() == 3 && (200..=499).contains(&code));
    let part = |part: &str| match part.split_once('-') {
        Some((first, last)) => code(first) && code(last) && first <= last,
        None => code(part),
    };
    if codes.split(',').all(part) {
        return Ok(codes);
    }
    Err(invalid(format!("Health check matcher HTTP code '{codes}' must be within '200-499' inclusive")))
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("Name")?;
    check_name("target group", name)?;
    let kind = params.choice("TargetType", &["instance", "ip", "lambda", "alb"])?.unwrap_or("instance");
    let tags = tags::read(params)?;
    let mut fixed = BTreeMap::from([("TargetType".to_owned(), kind.to_owned())]);
    let address_type = params.choice("IpAddressType", &["ipv4", "ipv6"])?.unwrap_or("ipv4");
    fixed.insert("IpAddressType".to_owned(), address_type.to_owned());
    let (now, lens) = (cx.now(), cx.lens());
    if kind == "alb" {
        return Err(Fault::not_implemented("target groups of type alb"));
    }
    if kind == "lambda" {
        if ["Port", "Protocol", "VpcId"].iter().any(|name| params.has(name)) {
            return Err(invalid(
                "Port, protocol and VPC cannot be specified for a target group of type 'lambda'",
            ));
        }
    } else {
        let protocol = params.text("Protocol").ok_or_else(|| invalid("A protocol must be specified"))?;
        if !matches!(protocol, "HTTP" | "HTTPS") {
            return Err(Fault::not_implemented(&format!("target groups for {protocol}")));
        }
        let port =
            params.number_in("Port", 1..=65_535)?.ok_or_else(|| invalid("A port must be specified"))?;
        let vpc = params.text("VpcId").ok_or_else(|| invalid("A VPC ID must be specified"))?;
        // An empty one is the same as none: Terraform's provider sends it.
        let version = match params.text("ProtocolVersion") {
            None | Some("") => "HTTP1",
            Some(_) => params.choice("ProtocolVersion", &["HTTP1", "HTTP2", "GRPC"])?.unwrap_or("HTTP1"),
        };
        cx.home().ec2.vpc(lens, vpc).map_err(|_| invalid(format!("The VPC ID '{vpc}' is not found")))?;
        for (name, value) in [
            ("Protocol", protocol),
            ("Port", &*port.to_string()),
            ("VpcId", vpc),
            ("ProtocolVersion", version),
        ] {
            fixed.insert(name.to_owned(), value.to_owned());
        }
    }
    let health_check = health_check(params, None, kind)?;
    let elb = &mut cx.home().elb;
    if let Some((arn, live)) = elb.target_groups.iter().find(|(_, live)| live.truth().name == name) {
        let live = live.truth();
        // The same settings are answered with what is there, others are refused (ELB-10).
        if live.fixed == fixed && live.health_check == health_check {
            return Ok(Fields::new().list("TargetGroups", [live.shown(arn, elb)]).into());
        }
        return Err(Fault::client(
            "DuplicateTargetGroupName",
            format!("A target group with the same name '{name}' exists, but with different settings"),
        ));
    }
    let random = cx.world.ids.hex(16);
    let arn = cx.arn("elasticloadbalancing", format_args!("targetgroup/{name}/{random}"));
    let group = TargetGroup {
        name: name.to_owned(),
        fixed,
        health_check,
        attributes: Attributes::new(),
        targets: BTreeMap::new(),
        released: None,
    };
    let elb = &mut cx.home().elb;
    let shown = group.shown(&arn, elb);
    elb.target_groups.insert(arn.clone(), Versioned::new(group, now));
    elb.tag_new(&arn, tags, now);
    Ok(Fields::new().list("TargetGroups", [shown]).into())
}

/// Only the health check changes in place (ELB-2).
fn modify(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("TargetGroupArn")?;
    let elb = &mut cx.home().elb;
    let before = TARGET_GROUP.find(&elb.target_groups, lens, arn)?;
    let kind = before.fixed.get("TargetType").map_or("instance", String::as_str);
    let check = health_check(params, Some(&before.health_check), kind)?;
    TARGET_GROUP.find_mut(&mut elb.target_groups, lens, arn)?.change(now).health_check = check;
    let shown = elb.target_groups.get(arn).map(|live| live.truth().shown(arn, elb));
    Ok(Fields::new().list("TargetGroups", shown).into())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let (arns, names) = (params.texts("TargetGroupArns"), params.texts("Names"));
    let balancer = params.text("LoadBalancerArn");
    if usize::from(!arns.is_empty()) + usize::from(!names.is_empty()) + usize::from(balancer.is_some()) > 1 {
        return Err(invalid(
            "Target group ARNs, names and a load balancer ARN cannot be specified at the same time",
        ));
    }
    arns.iter().try_for_each(|arn| TARGET_GROUP.check(arn))?;
    let elb = &cx.home().elb;
    if balancer.is_some() {
        elb.load_balancer(lens, params)?;
    }
    let seen: Vec<(&String, &TargetGroup)> =
        elb.target_groups.iter().filter_map(|(arn, live)| Some((arn, live.seen(lens, arn)?))).collect();
    let missing = arns.iter().find(|arn| seen.iter().all(|(own, _)| own.as_str() != **arn));
    let missing =
        missing.or_else(|| names.iter().find(|name| seen.iter().all(|(_, live)| live.name != **name)));
    if let Some(missing) = missing {
        return Err(TARGET_GROUP.not_found(missing));
    }
    let wanted = |arn: &str, live: &TargetGroup| {
        (arns.is_empty() || arns.contains(&arn))
            && (names.is_empty() || names.contains(&live.name.as_str()))
            && balancer.is_none_or(|balancer| elb.load_balancers_of(arn).iter().any(|own| own == balancer))
    };
    let rows = seen
        .into_iter()
        .filter(|(arn, live)| wanted(arn, live))
        .map(|(arn, live)| (arn.clone(), live.shown(arn, elb)))
        .collect();
    page(cx, params, "TargetGroups", rows)
}

/// Refused while a listener or rule uses it, and for some seconds after (ELB-3); one that is not there is no error.
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let arn = params.required("TargetGroupArn")?;
    TARGET_GROUP.check(arn)?;
    let elb = &mut cx.home().elb;
    if elb.in_use(lens, arn) {
        let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
        return Err(Fault::client("ResourceInUse", message));
    }
    elb.target_groups.remove(arn);
    elb.tags.remove(arn);
    Ok(Answer::empty())
}

impl State {
    fn in_use(&self, lens: Lens, arn: &str) -> bool {
        let released = self.target_groups.get(arn).and_then(|group| group.truth().released);
        !self.load_balancers_of(arn).is_empty() || released.is_some_and(|since| !lens.done(since, RELEASE))
    }
}
