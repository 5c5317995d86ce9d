//! Listeners, one a port (ELB-1).

use serde::{Deserialize, Serialize};

use super::action::{self, Seat};
use super::attribute::Attributes;
use super::find::{LISTENER, invalid, page};
use super::{State, certificate, tags};
use crate::sandbox::context::Context;
use crate::sandbox::kept::Members as _;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;
use serde_json::Value;

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// The load balancer's ARN.
    pub load_balancer: String,
    /// `HTTP` or `HTTPS`.
    pub protocol: String,
    /// Its port.
    pub port: i64,
    /// Its certificate, for HTTPS.
    pub certificates: Vec<Value>,
    /// Its TLS policy, for HTTPS.
    pub policy: Option<String>,
    /// What it does by default.
    pub actions: Vec<Value>,
    /// Attributes that were set.
    pub attributes: Attributes,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateListener", create),
    operation("ModifyListener", modify),
    operation("DescribeListeners", describe),
    operation("DescribeListenerCertificates", describe_certificates),
    operation("DeleteListener", delete),
];

impl Listener {
    fn shown(&self, arn: &str) -> Fields {
        let https = self.protocol == "HTTPS";
        Fields::new()
            .with("ListenerArn", arn)
            .with("LoadBalancerArn", &self.load_balancer)
            .with("Port", self.port)
            .with("Protocol", &self.protocol)
            .list("Certificates", self.certificates.iter())
            .maybe("SslPolicy", self.policy.as_ref())
            .list("DefaultActions", self.actions.iter())
            .maybe("MutualAuthentication", https.then(|| Fields::new().with("Mode", "off")))
    }

    /// Where it is.
    pub fn seat(&self) -> Seat<'_> {
        Seat { load_balancer: &self.load_balancer, protocol: &self.protocol, port: self.port }
    }
}

impl State {
    /// Removes a listener and its rules; the groups they used are free again.
    pub fn remove_listener(&mut self, arn: &str, now: Milliseconds) {
        let Some(listener) = self.listeners.remove(arn) else { return };
        let mut groups = action::target_groups(&listener.truth().actions);
        self.tags.remove(arn);
        let rules: Vec<String> = self
            .rules
            .iter()
            .filter(|(_, rule)| rule.truth().listener == arn)
            .map(|(arn, _)| arn.clone())
            .collect();
        for rule in rules {
            self.tags.remove(&rule);
            if let Some(rule) = self.rules.remove(&rule) {
                groups.extend(action::target_groups(&rule.truth().actions));
            }
        }
        self.release(&groups, now);
    }

    fn on_port(&self, load_balancer: &str, port: i64) -> Option<(&String, &Listener)> {
        self.listeners
            .iter()
            .map(|(arn, listener)| (arn, listener.truth()))
            .find(|(_, listener)| listener.load_balancer == load_balancer && listener.port == port)
    }
}

fn duplicate(load_balancer: &str) -> Fault {
    Fault::client(
        "DuplicateListener",
        format!("A listener already exists on this port for this load balancer '{load_balancer}'"),
    )
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let (balancer, _) = cx.home().elb.load_balancer(lens, params)?;
    let protocol = params.text("Protocol").ok_or_else(|| invalid("A listener protocol must be specified"))?;
    if !matches!(protocol, "HTTP" | "HTTPS") {
        let message = format!("Protocol '{protocol}' is not supported for application load balancers");
        return Err(Fault::client("UnsupportedProtocol", message));
    }
    let port = params.number_in("Port", 1..=65_535)?;
    let port = port.ok_or_else(|| invalid("A listener port must be specified"))?;
    let (certificates, policy) = certificate::read(cx, params, protocol)?;
    let tags = tags::read(params)?;
    let elb = &cx.home().elb;
    let seat = Seat { load_balancer: &balancer, protocol, port };
    let actions = action::read(elb, lens, params, "DefaultActions", seat)?;
    let listener = Listener {
        load_balancer: balancer.clone(),
        protocol: protocol.to_owned(),
        port,
        certificates,
        policy,
        actions,
        attributes: Attributes::new(),
    };
    if let Some((arn, live)) = elb.on_port(&balancer, port) {
        // The same settings are answered with what is there, others are refused (ELB-10).
        let same = Listener { attributes: Attributes::new(), ..live.clone() } == listener;
        let shown = live.shown(arn);
        return if same {
            Ok(Fields::new().list("Listeners", [shown]).into())
        } else {
            Err(duplicate(&balancer))
        };
    }
    let random = cx.world.ids.hex(16);
    let arn = format!("{}/{random}", balancer.replacen(":loadbalancer/", ":listener/", 1));
    let shown = listener.shown(&arn);
    let elb = &mut cx.home().elb;
    elb.listeners.insert(arn.clone(), Versioned::new(listener, now));
    elb.tag_new(&arn, tags, now);
    Ok(Fields::new().list("Listeners", [shown]).into())
}

/// What is left out stays as it is; default actions are replaced whole.
fn modify(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("ListenerArn")?;
    let before = LISTENER.find(&cx.home().elb.listeners, lens, arn)?.clone();
    let mut after = before.clone();
    if let Some(protocol) = params.choice("Protocol", &["HTTP", "HTTPS"])? {
        protocol.clone_into(&mut after.protocol);
    }
    after.port = params.number_in("Port", 1..=65_535)?.unwrap_or(before.port);
    if params.has("Certificates") || params.has("SslPolicy") || after.protocol != before.protocol {
        let mut both = params.clone();
        // A policy alone keeps the certificate, and a certificate alone the policy.
        if !params.has("Certificates")
            && let (Some(own), "HTTPS") = (before.certificates.first(), after.protocol.as_str())
            && let Some(text) = own.text("CertificateArn")
        {
            let mut one = Params::default();
            one.set("CertificateArn", crate::sandbox::wire::Param::Text(text.to_owned()));
            both.set("Certificates", crate::sandbox::wire::Param::Map(one));
        }
        if let (false, Some(own), "HTTPS") =
            (params.has("SslPolicy"), &before.policy, after.protocol.as_str())
        {
            both.set("SslPolicy", crate::sandbox::wire::Param::Text(own.clone()));
        }
        (after.certificates, after.policy) = certificate::read(cx, &both, &after.protocol)?;
    }
    let elb = &mut cx.home().elb;
    if params.has("DefaultActions") {
        after.actions = action::read(elb, lens, params, "DefaultActions", after.seat())?;
    }
    if elb.on_port(&after.load_balancer, after.port).is_some_and(|(other, _)| other != arn) {
        return Err(duplicate(&after.load_balancer));
    }
    let released = action::target_groups(&before.actions);
    let shown = after.shown(arn);
    *LISTENER.find_mut(&mut elb.listeners, lens, arn)?.change(now) = after;
    elb.release(&released, now);
    Ok(Fields::new().list("Listeners", [shown]).into())
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let arns = params.texts("ListenerArns");
    let balancer = params.text("LoadBalancerArn");
    let elb = &cx.home().elb;
    match (balancer, arns.is_empty()) {
        (None, true) => {
            return Err(invalid("You must specify either listener ARNs or a load balancer ARN"));
        }
        (Some(_), false) => {
            return Err(invalid(
                "Listener ARNs and a load balancer ARN cannot be specified at the same time",
            ));
        }
        (Some(_), true) => {
            elb.load_balancer(lens, params)?;
        }
        (None, false) => {
            for arn in &arns {
                LISTENER.find(&elb.listeners, lens, arn)?;
            }
        }
    }
    let rows = elb
        .listeners
        .iter()
        .filter_map(|(arn, listener)| Some((arn, listener.seen(lens, arn)?)))
        .filter(|(arn, listener)| {
            arns.contains(&arn.as_str()) || balancer == Some(listener.load_balancer.as_str())
        })
        .map(|(arn, listener)| (arn.clone(), listener.shown(arn)))
        .collect();
    page(cx, params, "Listeners", rows)
}

fn describe_certificates(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let listener = LISTENER.find(&cx.home().elb.listeners, lens, params.required("ListenerArn")?)?;
    let rows = listener.certificates.iter().filter_map(|certificate| certificate.text("CertificateArn"));
    let rows = rows.map(|arn| Fields::new().with("CertificateArn", arn).with("IsDefault", true));
    Ok(Fields::new().list("Certificates", rows).into())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required("ListenerArn")?;
    let elb = &mut cx.home().elb;
    LISTENER.find(&elb.listeners, lens, arn)?;
    elb.remove_listener(arn, now);
    Ok(Answer::empty())
}
