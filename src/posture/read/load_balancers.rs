//! Load balancers of both generations and what they listen to, of one region.

use aws_sdk_elasticloadbalancing::types as classic;
use aws_sdk_elasticloadbalancingv2::types as elb;

use super::{seen, when};
use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _};
use crate::posture::Seen;
use crate::posture::facts::{
    ClassicListener, ClassicLoadBalancer, Listener, LoadBalancer, NegotiationPolicy,
};

/// The application and network load balancers, with one call for each besides the list.
pub(super) async fn load_balancers(account: &Account, region: &str) -> Result<Vec<LoadBalancer>, Error> {
    let client = &account.in_region(region).elb.clone();
    let request = || client.describe_load_balancers();
    let listed = account.call(|| request().all_items()).await?;
    let reads = listed.iter().map(|live| {
        Box::pin(async move {
            let arn = live.load_balancer_arn().unwrap_or_default();
            let request = || client.describe_listeners().load_balancer_arn(arn);
            let answer = account.call(|| request().all_items()).await;
            let gone = answer.as_ref().is_err_and(Error::is_not_found);
            let listeners = answer.map(|found| found.iter().map(listener).collect());
            (!gone).then(|| LoadBalancer {
                arn: arn.to_owned(),
                name: live.load_balancer_name().unwrap_or_default().to_owned(),
                listeners: seen(listeners),
            })
        })
    });
    Ok(chains(reads).await.into_iter().flatten().collect())
}

fn listener(live: &elb::Listener) -> Listener {
    let protocol = live.protocol().map(elb::ProtocolEnum::as_str).unwrap_or_default();
    let to_https = |action: &elb::Action| {
        action.r#type() == Some(&elb::ActionTypeEnum::Redirect)
            && action.redirect_config().and_then(|redirect| redirect.protocol()) == Some("HTTPS")
    };
    Listener {
        arn: live.listener_arn().unwrap_or_default().to_owned(),
        protocol: protocol.to_owned(),
        port: live.port().unwrap_or_default(),
        redirects: live.default_actions().iter().any(to_https),
        tls_policy: live.ssl_policy().map(str::to_owned),
    }
}

/// The Classic Load Balancers, with one call besides the list for each that has an encrypted listener.
pub(super) async fn classic(account: &Account, region: &str) -> Result<Vec<ClassicLoadBalancer>, Error> {
    let client = &account.in_region(region).classic_elb.clone();
    let request = || client.describe_load_balancers();
    let listed = account.call(|| request().all_items()).await?;
    let reads = listed.iter().map(|live| {
        Box::pin(async move {
            let name = live.load_balancer_name().unwrap_or_default();
            let listeners: Vec<ClassicListener> =
                live.listener_descriptions().iter().filter_map(classic_listener).collect();
            let encrypted = listeners.iter().any(ClassicListener::is_encrypted);
            let negotiation = when(encrypted, async move {
                let request = || client.describe_load_balancer_policies().load_balancer_name(name).send();
                let answer = account.find(request).await?;
                Ok(answer.map(|answer| negotiation(answer.policy_descriptions())))
            });
            Some(ClassicLoadBalancer {
                name: name.to_owned(),
                listeners,
                negotiation: match negotiation.await {
                    Seen::Seen(Some(policies)) => Seen::Seen(policies),
                    // It went since it was listed.
                    Seen::Seen(None) => return None,
                    Seen::Unreadable(unread) => Seen::Unreadable(unread),
                    Seen::NotAsked => Seen::NotAsked,
                },
            })
        })
    });
    Ok(chains(reads).await.into_iter().flatten().collect())
}

fn classic_listener(live: &classic::ListenerDescription) -> Option<ClassicListener> {
    let listener = live.listener()?;
    Some(ClassicListener {
        protocol: listener.protocol().to_ascii_uppercase(),
        port: listener.load_balancer_port(),
        policies: live.policy_names().to_vec(),
    })
}

/// The type of those policies that say what is negotiated; others are about cookies and the proxy protocol.
const NEGOTIATION: &str = "SSLNegotiationPolicyType";

fn negotiation(policies: &[classic::PolicyDescription]) -> Vec<NegotiationPolicy> {
    let of_type = policies.iter().filter(|policy| policy.policy_type_name() == Some(NEGOTIATION));
    of_type
        .map(|policy| {
            let attributes = policy.policy_attribute_descriptions();
            let named =
                attributes.iter().filter_map(|it| Some((it.attribute_name()?, it.attribute_value()?)));
            let protocols: Vec<(&str, &str)> =
                named.clone().filter_map(|(name, on)| Some((name.strip_prefix("Protocol-")?, on))).collect();
            let on = |(name, on): &(&str, &str)| on.eq_ignore_ascii_case("true").then(|| (*name).to_owned());
            NegotiationPolicy {
                name: policy.policy_name().unwrap_or_default().to_owned(),
                follows: named
                    .clone()
                    .find(|(name, _)| *name == "Reference-Security-Policy")
                    .map(|(_, value)| value.to_owned()),
                protocols: (!protocols.is_empty()).then(|| protocols.iter().filter_map(on).collect()),
            }
        })
        .collect()
}
