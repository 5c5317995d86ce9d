//! What encrypted listeners of Classic Load Balancers negotiate.

use std::collections::BTreeMap;

use super::listener::of_port;
use super::state::named;
use super::{invalid, not_there};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateLoadBalancerPolicy", create),
    operation("DeleteLoadBalancerPolicy", delete),
    operation("DescribeLoadBalancerPolicies", describe),
    operation("SetLoadBalancerPoliciesOfListener", set),
];

/// The one type of policy that is carried out.
const NEGOTIATION: &str = "SSLNegotiationPolicyType";
/// The other types that AWS has (DescribeLoadBalancerPolicyTypes).
const OTHER_TYPES: [&str; 5] = [
    "AppCookieStickinessPolicyType",
    "BackendServerAuthenticationPolicyType",
    "LBCookieStickinessPolicyType",
    "ProxyProtocolPolicyType",
    "PublicKeyPolicyType",
];
/// What says on which of AWS's policies one rests.
const REFERENCE: &str = "Reference-Security-Policy";
const ORDER: &str = "Server-Defined-Cipher-Order";
/// Protocols that a policy turns on or off, from the oldest to the newest.
const PROTOCOLS: [&str; 4] = ["Protocol-SSLv3", "Protocol-TLSv1", "Protocol-TLSv1.1", "Protocol-TLSv1.2"];
/// What an encrypted listener has that names no policy.
pub(super) const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

/// AWS's own policies, with the oldest protocol of each ("Predefined SSL security policies for Classic Load Balancers", User Guide
/// for Classic Load Balancers). Which ciphers they have is not told here.
const PREDEFINED: [(&str, &str); 6] = [
    ("ELBSecurityPolicy-TLS-1-2-2017-01", "Protocol-TLSv1.2"),
    ("ELBSecurityPolicy-TLS-1-1-2017-01", "Protocol-TLSv1.1"),
    (DEFAULT, "Protocol-TLSv1"),
    ("ELBSecurityPolicy-2015-05", "Protocol-TLSv1"),
    ("ELBSecurityPolicy-2015-03", "Protocol-TLSv1"),
    ("ELBSecurityPolicy-2015-02", "Protocol-TLSv1"),
];

/// The attributes of one of AWS's own policies.
pub(super) fn predefined(name: &str) -> Option<BTreeMap<String, String>> {
    let (_, oldest) = PREDEFINED.iter().find(|(known, _)| *known == name)?;
    let mut on = false;
    let mut attributes: BTreeMap<String, String> = PROTOCOLS
        .iter()
        .map(|protocol| {
            on |= protocol == oldest;
            ((*protocol).to_owned(), on.to_string())
        })
        .collect();
    attributes.insert(REFERENCE.to_owned(), name.to_owned());
    attributes.insert(ORDER.to_owned(), "true".to_owned());
    Some(attributes)
}

fn attributes(params: &Params) -> Result<BTreeMap<String, String>, Fault> {
    let mut custom: BTreeMap<String, String> =
        PROTOCOLS.iter().map(|protocol| ((*protocol).to_owned(), "false".to_owned())).collect();
    for attribute in params.maps("PolicyAttributes") {
        let name = attribute.text("AttributeName").unwrap_or_default();
        let value = attribute.text("AttributeValue").unwrap_or_default();
        if name == REFERENCE {
            return predefined(value).ok_or_else(|| {
                invalid(format!("The value {value} of {REFERENCE} is not a security policy"))
            });
        }
        let is_cipher = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
        if !(PROTOCOLS.contains(&name) || name == ORDER || is_cipher) {
            return Err(invalid(format!("The attribute {name} is not one of {NEGOTIATION}")));
        }
        custom.insert(name.to_owned(), value.to_ascii_lowercase());
    }
    Ok(custom)
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, kind) = (params.required("PolicyName")?.to_owned(), params.required("PolicyTypeName")?);
    if OTHER_TYPES.contains(&kind) {
        return Err(Fault::not_implemented(&format!("policies of type {kind}")));
    }
    if kind != NEGOTIATION {
        return Err(Fault::client("PolicyTypeNotFound", format!("There is no policy type {kind}")));
    }
    let attributes = attributes(params)?;
    let balancer = named(cx, params)?;
    if balancer.policies.get(&name).is_some_and(|known| *known != attributes) {
        let message = format!("A policy with the name {name} exists, but with different attributes");
        return Err(Fault::client("DuplicatePolicyName", message));
    }
    balancer.policies.insert(name, attributes);
    Ok(Answer::empty())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("PolicyName")?.to_owned();
    let balancer = named(cx, params)?;
    if balancer.listeners.values().any(|listener| listener.policies.contains(&name)) {
        return Err(invalid(format!("The policy {name} is in use by a listener")));
    }
    balancer.policies.remove(&name);
    Ok(Answer::empty())
}

/// Puts the named policies in the place of all that the listener has.
fn set(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let port = params.number("LoadBalancerPort")?.ok_or_else(|| params.missing("LoadBalancerPort"))?;
    let names: Vec<String> = params.texts("PolicyNames").into_iter().map(str::to_owned).collect();
    let balancer_name = params.required("LoadBalancerName")?;
    let balancer = named(cx, params)?;
    of_port(balancer, balancer_name, port)?;
    // AWS's own may be named without being made first.
    for name in &names {
        if let (false, Some(known)) = (balancer.policies.contains_key(name), predefined(name)) {
            balancer.policies.insert(name.clone(), known);
        }
        if !balancer.policies.contains_key(name) {
            return Err(no_policy(name));
        }
    }
    of_port(balancer, balancer_name, port)?.policies = names;
    Ok(Answer::empty())
}

fn no_policy(name: &str) -> Fault {
    Fault::client("PolicyNotFound", format!("There is no policy with name {name}"))
}

/// The policies of a load balancer, or AWS's own where the request names none.
fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let names = params.texts("PolicyNames");
    let known: BTreeMap<String, BTreeMap<String, String>> = match params.text("LoadBalancerName") {
        Some(name) if !name.is_empty() => {
            let balancer = cx.home().elb.classic.get(name).and_then(|balancer| balancer.seen(lens, name));
            balancer.ok_or_else(|| not_there(name))?.policies.clone()
        }
        _ => PREDEFINED
            .iter()
            .map(|(name, _)| ((*name).to_owned(), predefined(name).unwrap_or_default()))
            .collect(),
    };
    if let Some(missing) = names.iter().find(|name| !known.contains_key(**name)) {
        return Err(no_policy(missing));
    }
    let wanted = known.iter().filter(|(name, _)| names.is_empty() || names.contains(&name.as_str()));
    let shown = wanted.map(|(name, attributes)| {
        let attributes = attributes
            .iter()
            .map(|(name, value)| Fields::new().with("AttributeName", name).with("AttributeValue", value));
        Fields::new()
            .with("PolicyName", name)
            .with("PolicyTypeName", NEGOTIATION)
            .list("PolicyAttributeDescriptions", attributes)
    });
    Ok(Fields::new().list("PolicyDescriptions", shown).into())
}
