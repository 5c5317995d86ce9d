//! Listeners of Classic Load Balancers.

use super::invalid;
use super::policy::{DEFAULT, predefined};
use super::state::{Balancer, Listener, named};
use crate::sandbox::context::Context;
use crate::sandbox::elb::certificate;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] =
    &[operation("CreateLoadBalancerListeners", create), operation("DeleteLoadBalancerListeners", delete)];

/// The listeners of a request, by port.
pub(super) fn read(cx: &Context<'_>, params: &Params) -> Result<Vec<(i64, Listener)>, Fault> {
    let listed = params.maps("Listeners");
    if listed.is_empty() {
        return Err(params.missing("Listeners"));
    }
    listed.into_iter().map(|listener| one(cx, listener)).collect()
}

fn one(cx: &Context<'_>, params: &Params) -> Result<(i64, Listener), Fault> {
    let protocol = |name: &str, text: &str| match text.to_ascii_uppercase() {
        known if ["HTTP", "HTTPS", "TCP", "SSL"].contains(&known.as_str()) => Ok(known),
        _ => Err(Fault::client("UnsupportedProtocol", format!("{name} {text} is not supported"))),
    };
    let front = protocol("Protocol", params.required("Protocol")?)?;
    // HTTP and HTTPS go on as one of the two, TCP and SSL as one of those (API_Listener).
    let is_web = |protocol: &str| protocol.starts_with("HTTP");
    let plain = if is_web(&front) { "HTTP" } else { "TCP" };
    let back = protocol("InstanceProtocol", params.text("InstanceProtocol").unwrap_or(plain))?;
    if is_web(&front) != is_web(&back) {
        return Err(invalid(format!("A listener of {front} cannot send {back} to instances")));
    }
    let port = |name: &str| {
        params.number_in(name, 1..=65_535).and_then(|port| port.ok_or_else(|| params.missing(name)))
    };
    let (load_balancer_port, instance_port) = (port("LoadBalancerPort")?, port("InstancePort")?);
    let named = params.text("SSLCertificateId").filter(|arn| !arn.is_empty());
    let encrypted = ["HTTPS", "SSL"].contains(&front.as_str());
    if encrypted && named.is_none() {
        let message = "Secure Listeners need to specify a SSLCertificateId";
        return Err(Fault::client("ValidationError", message));
    }
    // One on a plain listener is kept and never used.
    if let Some(arn) = named {
        certificate::check(cx, arn)?;
    }
    let listener = Listener {
        protocol: front,
        instance_protocol: back,
        instance_port,
        certificate: named.map(str::to_owned),
        policies: if encrypted { vec![DEFAULT.to_owned()] } else { Vec::new() },
    };
    Ok((load_balancer_port, listener))
}

impl Balancer {
    /// Adds listeners, with the policy that encrypted ones have which name none.
    ///
    /// # Errors
    /// `DuplicateListener` for a port that listens otherwise already.
    pub(super) fn listen(&mut self, listeners: Vec<(i64, Listener)>) -> Result<(), Fault> {
        for (port, listener) in listeners {
            let same = |known: &Listener| {
                let apart = |it: &Listener| Listener { policies: Vec::new(), ..it.clone() };
                apart(known) == apart(&listener)
            };
            match self.listeners.get(&port) {
                Some(known) if same(known) => continue,
                Some(_) => {
                    let message = format!(
                        "A listener already exists for this load balancer with port {port}, but with different settings"
                    );
                    return Err(Fault::client("DuplicateListener", message));
                }
                None => {}
            }
            for name in &listener.policies {
                self.policies.entry(name.clone()).or_insert_with(|| predefined(name).unwrap_or_default());
            }
            self.listeners.insert(port, listener);
        }
        Ok(())
    }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let listeners = read(cx, params)?;
    // Nothing of a refused call stays.
    let mut after = named(cx, params)?.clone();
    after.listen(listeners)?;
    *named(cx, params)? = after;
    Ok(Answer::empty())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let ports: Vec<i64> =
        params.texts("LoadBalancerPorts").iter().filter_map(|port| port.parse().ok()).collect();
    if ports.is_empty() {
        return Err(params.missing("LoadBalancerPorts"));
    }
    named(cx, params)?.listeners.retain(|port, _| !ports.contains(port));
    Ok(Answer::empty())
}

/// How AWS shows a listener.
pub(super) fn shown(port: i64, listener: &Listener) -> Fields {
    let what = Fields::new()
        .with("Protocol", &listener.protocol)
        .with("LoadBalancerPort", port)
        .with("InstanceProtocol", &listener.instance_protocol)
        .with("InstancePort", listener.instance_port)
        .maybe("SSLCertificateId", listener.certificate.as_ref());
    Fields::new().with("Listener", what).list("PolicyNames", &listener.policies)
}

/// The listener of a port.
///
/// # Errors
/// `ListenerNotFound`.
pub(super) fn of_port<'a>(
    balancer: &'a mut Balancer,
    name: &str,
    port: i64,
) -> Result<&'a mut Listener, Fault> {
    let message = || format!("There is no listener on port {port} of the load balancer {name}");
    balancer.listeners.get_mut(&port).ok_or_else(|| Fault::client("ListenerNotFound", message()))
}
