//! What a listener or rule does with a request: checked, and answered in full (ELB-9).

use super::State;
use super::find::{TARGET_GROUP, invalid};
use crate::sandbox::kept::{Members as _, keep, structure};
use crate::sandbox::lag::Lens;
use crate::sandbox::wire::{Fault, Params};
use serde_json::Value;

/// Where a listener is, which decides whether an action makes sense.
#[derive(Debug, Clone, Copy)]
pub struct Seat<'a> {
    /// The load balancer's ARN.
    pub load_balancer: &'a str,
    /// `HTTP` or `HTTPS`.
    pub protocol: &'a str,
    /// Its port.
    pub port: i64,
}

/// Reads the actions of a request.
///
/// # Errors
/// `TargetGroupNotFound`, `TargetGroupAssociationLimit`, `InvalidLoadBalancerAction`, `ValidationError`.
pub fn read(
    elb: &State,
    lens: Lens,
    params: &Params,
    name: &str,
    seat: Seat<'_>,
) -> Result<Vec<Value>, Fault> {
    let listed = params.maps(name);
    if listed.is_empty() {
        return Err(invalid("At least one default action must be specified"));
    }
    let mut actions = Vec::new();
    for action in &listed {
        actions.push(read_one(elb, lens, action, seat)?);
    }
    let last = actions.last().and_then(|action| action.text("Type")).unwrap_or_default();
    if !matches!(last, "forward" | "redirect" | "fixed-response") {
        return Err(Fault::client(
            "InvalidLoadBalancerAction",
            "The last action must be one of forward, redirect or fixed-response",
        ));
    }
    Ok(actions)
}

fn read_one(elb: &State, lens: Lens, params: &Params, seat: Seat<'_>) -> Result<Value, Fault> {
    params.required("Type")?;
    let kind = params.choice(
        "Type",
        &[
            "forward",
            "redirect",
            "fixed-response",
            "authenticate-oidc",
            "authenticate-cognito",
            "jwt-validation",
        ],
    )?;
    let mut action = keep(params);
    match kind.unwrap_or_default() {
        "forward" => forward(&mut action)?,
        "redirect" => redirect(&mut action, params, seat)?,
        "fixed-response" => {
            let config = params.map("FixedResponseConfig");
            let config = config.ok_or_else(|| invalid("A fixed response must be specified"))?;
            config.required("StatusCode")?;
        }
        _ => {}
    }
    for arn in target_groups(std::slice::from_ref(&action)) {
        TARGET_GROUP.find(&elb.target_groups, lens, &arn)?;
        if elb.load_balancers_of(&arn).iter().any(|other| other != seat.load_balancer) {
            return Err(Fault::client(
                "TargetGroupAssociationLimit",
                format!(
                    "The following target groups cannot be associated with more than one load balancer: {arn}"
                ),
            ));
        }
    }
    Ok(action)
}

/// A forward to one group is answered in both of its spellings, whichever was sent (ELB-9).
fn forward(action: &mut Value) -> Result<(), Fault> {
    let alone = action.text("TargetGroupArn").filter(|arn| !arn.is_empty()).map(str::to_owned);
    let mut config = action.remove("ForwardConfig").unwrap_or_else(structure);
    let mut listed = config.list("TargetGroups").to_vec();
    if let Some(arn) = &alone {
        match listed.as_slice() {
            [] => {
                let mut group = structure();
                group.set("TargetGroupArn", arn.as_str());
                listed.push(group);
            }
            [only] if only.text("TargetGroupArn") == Some(arn) => {}
            _ => {
                return Err(invalid(
                    "You can specify both a target group ARN and a forward config only for one target group",
                ));
            }
        }
    }
    if listed.is_empty() {
        return Err(invalid("A target group ARN must be specified"));
    }
    if listed.len() > 5 {
        return Err(invalid("A forward action can have up to 5 target groups"));
    }
    for group in &mut listed {
        group.default_to("Weight", "1");
    }
    if let ([only], None) = (listed.as_slice(), &alone)
        && let Some(arn) = only.text("TargetGroupArn")
    {
        action.set("TargetGroupArn", arn);
    }
    config.set("TargetGroups", Value::Array(listed));
    let mut stickiness = config.remove("TargetGroupStickinessConfig").unwrap_or_else(structure);
    stickiness.default_to("Enabled", "false");
    config.set("TargetGroupStickinessConfig", stickiness);
    action.set("ForwardConfig", config);
    Ok(())
}

/// What a redirect does not change it takes from the request; one that changes nothing would never end.
fn redirect(action: &mut Value, params: &Params, seat: Seat<'_>) -> Result<(), Fault> {
    let sent = params.map("RedirectConfig").ok_or_else(|| invalid("A redirect config must be specified"))?;
    sent.required("StatusCode")?;
    sent.choice("StatusCode", &["HTTP_301", "HTTP_302"])?;
    sent.choice("Protocol", &["HTTP", "HTTPS", "#{protocol}"])?;
    let mut config = action.remove("RedirectConfig").unwrap_or_else(structure);
    for (name, default) in [
        ("Protocol", "#{protocol}"),
        ("Port", "#{port}"),
        ("Host", "#{host}"),
        ("Path", "/#{path}"),
        ("Query", "#{query}"),
    ] {
        config.default_to(name, default);
    }
    let is = |name: &str, kept: &str, own: &str| {
        config.text(name).is_none_or(|value| value == kept || value == own)
    };
    if is("Protocol", "#{protocol}", seat.protocol)
        && is("Port", "#{port}", &seat.port.to_string())
        && is("Host", "#{host}", "#{host}")
        && is("Path", "/#{path}", "/#{path}")
        && is("Query", "#{query}", "#{query}")
    {
        return Err(Fault::client(
            "InvalidLoadBalancerAction",
            "The redirect configuration is not valid because it creates a loop.",
        ));
    }
    action.set("RedirectConfig", config);
    Ok(())
}

/// ARNs of the groups that actions forward to.
pub fn target_groups(actions: &[Value]) -> Vec<String> {
    let listed = |action: &Value| -> Vec<String> {
        let groups =
            action.get("ForwardConfig").map(|config| config.list("TargetGroups")).unwrap_or_default();
        groups.iter().filter_map(|group| group.text("TargetGroupArn").map(str::to_owned)).collect()
    };
    actions.iter().flat_map(listed).collect()
}
