//! Load balancers and what they listen to, of one region.

use aws_sdk_elasticloadbalancingv2::types as elb;

use super::seen;
use crate::aws::trace::chains;
use crate::aws::{Account, Error};
use crate::posture::facts::{Listener, LoadBalancer};

/// The application and network load balancers, with one call for each besides the list.
pub(super) async fn load_balancers(account: &Account, region: &str) -> Result<Vec<LoadBalancer>, Error> {
    let client = &account.in_region(region).elb.clone();
    let request = || client.describe_load_balancers();
    let listed = account.call(|| request().into_paginator().items().send().try_collect()).await?;
    let reads = listed.iter().map(|live| {
        Box::pin(async move {
            let arn = live.load_balancer_arn().unwrap_or_default();
            let request = || client.describe_listeners().load_balancer_arn(arn);
            let answer = account.call(|| request().into_paginator().items().send().try_collect()).await;
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
