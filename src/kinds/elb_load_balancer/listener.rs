//! Listeners of a load balancer, known by their port (ELB-1).

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, ForwardActionConfig, Listener as LiveListener, ProtocolEnum,
    RedirectActionConfig, RedirectActionStatusCodeEnum, Rule, RuleCondition,
};

use futures::join;

use crate::aws::trace::{chain, chains};
use crate::aws::{Account, Error, Items as _, Tags};
use crate::kinds::elb::tags::{all_tags, of_part, tag_parts};
use crate::kinds::elb_load_balancer::{Listener, Redirect};
use crate::kinds::refusals::Refusals;
use crate::kinds::whole_number::narrow;
use crate::model::{Dict, Link};

/// A listener and its rules, without the one that stands for its default actions.
pub(in crate::kinds) type Ruled = (LiveListener, Vec<Rule>);

/// The listeners of a load balancer.
///
/// # Errors
/// Fails where they could not be read, and where the load balancer or a listener has just gone.
pub(in crate::kinds) async fn list(account: &Account, arn: &str) -> Result<Vec<Ruled>, Error> {
    with_rules(account, live(account, arn).await?).await
}

async fn live(account: &Account, arn: &str) -> Result<Vec<LiveListener>, Error> {
    let pages = || account.elb.describe_listeners().load_balancer_arn(arn).all_items();
    account.call(pages).await
}

async fn with_rules(account: &Account, listeners: Vec<LiveListener>) -> Result<Vec<Ruled>, Error> {
    let ruled = chains(listeners.into_iter().map(|listener| async move {
        let arn = listener.listener_arn().unwrap_or_default();
        let pages = || account.elb.describe_rules().listener_arn(arn).all_items();
        let rules: Result<Vec<Rule>, Error> = account.call(pages).await;
        rules.map(|mut rules| {
            rules.retain(|rule| rule.is_default() != Some(true) && rule.priority() != Some("default"));
            (listener, rules)
        })
    }));
    ruled.await.into_iter().collect()
}

/// The same, with the tags of each listener where the file declares tags.
///
/// # Errors
/// As [`list`].
pub(in crate::kinds) async fn list_with_tags(
    account: &Account,
    arn: &str,
) -> Result<(Vec<Ruled>, Vec<Tags>), Error> {
    if account.declared_tags.is_empty() {
        return Ok((list(account, arn).await?, Vec::new()));
    }
    let listeners = live(account, arn).await?;
    let arns = arns(&listeners);
    let (ruled, tags) = join!(with_rules(account, listeners), chain(all_tags(account, &arns)));
    Ok((ruled?, tags.into_values().collect::<Result<_, Error>>()?))
}

/// Puts the tags that the file declares on the listeners of a load balancer.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn tag(account: &Account, arn: &str) -> Result<(), Error> {
    if account.declared_tags.is_empty() {
        return Ok(());
    }
    tag_parts(account, &arns(&live(account, arn).await?)).await
}

fn arns(listeners: &[LiveListener]) -> Vec<String> {
    listeners.iter().filter_map(|listener| listener.listener_arn.clone()).collect()
}

/// Listeners by port, in our vocabulary.
pub(in crate::kinds) fn by_port(listeners: &[Ruled]) -> Dict<Listener> {
    listeners.iter().map(|(listener, rules)| (port(listener), attributes(listener, rules))).collect()
}

/// Brings the listeners to what is wanted, looking first which ports are taken.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn converge(
    account: &Account,
    arn: &str,
    wanted: &Dict<Listener>,
) -> Result<(), Error> {
    let live: BTreeMap<String, Ruled> =
        list(account, arn).await?.into_iter().map(|ruled| (port(&ruled.0), ruled)).collect();
    let mut refusals = Refusals::default();
    for (port, (listener, _)) in live.iter().filter(|(port, _)| !wanted.0.contains_key(*port)) {
        let request = account.elb.delete_listener().set_listener_arn(listener.listener_arn.clone());
        refusals.note(port, account.find(|| request.clone().send()).await)?;
    }
    for (port, listener) in &wanted.0 {
        match live.get(port) {
            Some((present, rules)) if attributes(present, rules) == *listener => {}
            Some((present, rules)) => {
                // A rule counts before the default actions, so it goes first.
                for rule in rules {
                    let request = account.elb.delete_rule().set_rule_arn(rule.rule_arn.clone());
                    refusals.note(port, account.find(|| request.clone().send()).await)?;
                }
                if attributes(present, &[]) == *listener {
                    continue;
                }
                let request = account
                    .elb
                    .modify_listener()
                    .set_listener_arn(present.listener_arn.clone())
                    .protocol(ProtocolEnum::from(listener.protocol.as_str()))
                    .set_certificates(certificates(listener))
                    .set_ssl_policy(listener.tls_policy.clone())
                    .default_actions(action(port, listener)?);
                refusals.note(port, account.call(|| request.clone().send()).await)?;
            }
            None => {
                let request = account
                    .elb
                    .create_listener()
                    .load_balancer_arn(arn)
                    .port(number(port)?)
                    .protocol(ProtocolEnum::from(listener.protocol.as_str()))
                    .set_certificates(certificates(listener))
                    .set_ssl_policy(listener.tls_policy.clone())
                    .default_actions(action(port, listener)?)
                    .set_tags(of_part(account));
                refusals.note(port, account.call(|| request.clone().send()).await)?;
            }
        }
    }
    refusals.told()
}

fn port(listener: &LiveListener) -> String {
    listener.port().unwrap_or_default().to_string()
}

fn number(port: &str) -> Result<i32, Error> {
    let number = port
        .parse()
        .map_err(|_| Error::internal(format!("{port:?} is not a listener's port; write a number")))?;
    narrow("port", number)
}

fn certificates(listener: &Listener) -> Option<Vec<Certificate>> {
    let arn = listener.certificate.as_ref()?;
    Some(vec![Certificate::builder().certificate_arn(arn).build()])
}

fn action(port: &str, listener: &Listener) -> Result<Action, Error> {
    match (&listener.forward, &listener.redirect) {
        (Some(group), None) => {
            Ok(Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group.id()?).build())
        }
        (None, Some(redirect)) => {
            // Host, path and query stay those of the request by default.
            let target = RedirectActionConfig::builder()
                .protocol(&redirect.protocol)
                .port(&redirect.port)
                .status_code(RedirectActionStatusCodeEnum::from(redirect.status.as_str()))
                .build();
            Ok(Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(target).build())
        }
        (Some(_), Some(_)) | (None, None) => Err(Error::internal(format!(
            "the listener on port {port} must either forward or redirect; name one of the two"
        ))),
    }
}

/// A rule in words: where it stands, what it asks of a request, and what it does.
fn words(rule: &Rule) -> String {
    let conditions: Vec<String> = rule.conditions().iter().map(condition).collect();
    let actions: Vec<String> = rule.actions().iter().map(deed).collect();
    let priority = rule.priority().unwrap_or_default();
    format!("{priority}: {}: {}", conditions.join(" and "), actions.join(", then "))
}

fn condition(condition: &RuleCondition) -> String {
    let field = condition.field().unwrap_or("any");
    let listed = match field {
        "http-header" => condition.http_header_config().map(|config| config.values()),
        "http-request-method" => condition.http_request_method_config().map(|config| config.values()),
        "source-ip" => condition.source_ip_config().map(|config| config.values()),
        "host-header" => condition.host_header_config().map(|config| config.values()),
        "path-pattern" => condition.path_pattern_config().map(|config| config.values()),
        _ => None,
    };
    let values = listed.filter(|values| !values.is_empty()).unwrap_or(condition.values());
    if values.is_empty() { field.to_owned() } else { format!("{field} {}", values.join(" or ")) }
}

fn deed(action: &Action) -> String {
    let kind = action.r#type().map_or("an action without a type", |kind| kind.as_str());
    let elsewhere = action.redirect_config().and_then(|target| target.host());
    let group = || action.target_group_arn().and_then(|arn| arn.split('/').nth(1));
    match elsewhere.or_else(group) {
        Some(target) => format!("{kind} to {target}"),
        None => kind.to_owned(),
    }
}

fn attributes(listener: &LiveListener, rules: &[Rule]) -> Listener {
    let (mut forward, mut redirect, mut unsupported) = (None, None, None);
    match listener.default_actions() {
        [only] => match understood(only) {
            Ok(Target::Group(arn)) => forward = Some(Link::Id(arn)),
            Ok(Target::Elsewhere(target)) => redirect = Some(target),
            Err(what) => unsupported = Some(what),
        },
        actions => unsupported = Some(format!("{} default actions", actions.len())),
    }
    // Only a TLS listener has these; an emulator answers a policy for the others too.
    let tls = listener.protocol() == Some(&ProtocolEnum::Https);
    Listener {
        protocol: listener.protocol().map_or_else(String::new, |protocol| protocol.as_str().to_owned()),
        certificate: listener
            .certificates()
            .first()
            .filter(|_| tls)
            .and_then(|certificate| certificate.certificate_arn())
            .map(str::to_owned),
        tls_policy: listener.ssl_policy().filter(|_| tls).map(str::to_owned),
        forward,
        redirect,
        unsupported,
        rules: rules.iter().map(words).collect(),
    }
}

enum Target {
    Group(String),
    Elsewhere(Redirect),
}

/// The action in our vocabulary, or in words where it does more than that can say.
fn understood(action: &Action) -> Result<Target, String> {
    match action.r#type() {
        Some(ActionTypeEnum::Forward) => only_group(action).map(Target::Group),
        Some(ActionTypeEnum::Redirect) => {
            let target = action.redirect_config().ok_or("a redirect that leads nowhere")?;
            let kept = |part: Option<&str>, placeholder| part.is_none_or(|part| part == placeholder);
            if !kept(target.host(), "#{host}")
                || !kept(target.path(), "/#{path}")
                || !kept(target.query(), "#{query}")
            {
                return Err("a redirect to another host, path or query".to_owned());
            }
            Ok(Target::Elsewhere(Redirect {
                protocol: target.protocol().unwrap_or("#{protocol}").to_owned(),
                port: target.port().unwrap_or("#{port}").to_owned(),
                status: target.status_code().map_or_else(String::new, |code| code.as_str().to_owned()),
            }))
        }
        Some(other) => Err(format!("the default action {}", other.as_str())),
        None => Err("a default action without a type".to_owned()),
    }
}

/// The one group that receives the traffic. AWS answers it twice, alone and as a list of one (ELB-9).
fn only_group(action: &Action) -> Result<String, String> {
    let listed = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
    let sticky = action
        .forward_config()
        .and_then(|config| config.target_group_stickiness_config())
        .and_then(|stickiness| stickiness.enabled())
        .unwrap_or_default();
    let group = match listed {
        _ if sticky => return Err("a forward that is sticky to target groups".to_owned()),
        [] => action.target_group_arn(),
        // A weight of 0 sends it nothing.
        [only] if only.weight() == Some(0) => return Err("a forward with weight 0".to_owned()),
        [only] => only.target_group_arn(),
        several => return Err(format!("a forward to {} target groups", several.len())),
    };
    group.map(str::to_owned).ok_or_else(|| "a forward to no target group".to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{TargetGroupStickinessConfig, TargetGroupTuple};

    use super::*;

    fn forward(groups: &[&str], alone: Option<&str>, sticky: bool) -> Action {
        let tuple = |arn: &&str| TargetGroupTuple::builder().target_group_arn(*arn).weight(1).build();
        let config = ForwardActionConfig::builder()
            .set_target_groups(Some(groups.iter().map(tuple).collect()))
            .target_group_stickiness_config(TargetGroupStickinessConfig::builder().enabled(sticky).build())
            .build();
        Action::builder()
            .r#type(ActionTypeEnum::Forward)
            .set_target_group_arn(alone.map(str::to_owned))
            .forward_config(config)
            .build()
    }

    fn read(action: Action) -> Listener {
        attributes(&LiveListener::builder().port(443).default_actions(action).build(), &[])
    }

    #[test]
    fn a_forward_to_one_group_reads_alike_in_both_of_its_spellings() {
        let spellings = [
            forward(&["arn"], Some("arn"), false),
            forward(&["arn"], None, false),
            Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn("arn").build(),
        ];
        for action in spellings {
            let listener = read(action);
            assert_eq!((listener.forward, listener.unsupported), (Some("arn".into()), None));
        }
    }

    #[test]
    fn a_redirect_that_keeps_host_path_and_query_is_understood_with_and_without_its_defaults() {
        let redirect = || {
            RedirectActionConfig::builder()
                .protocol("HTTPS")
                .port("443")
                .status_code(RedirectActionStatusCodeEnum::Http301)
        };
        let defaults = redirect().host("#{host}").path("/#{path}").query("#{query}");
        for config in [redirect(), defaults] {
            let action =
                Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(config.build()).build();
            let expected =
                Redirect { protocol: "HTTPS".into(), port: "443".into(), status: "HTTP_301".into() };
            assert_eq!(read(action).redirect, Some(expected));
        }
        let elsewhere = redirect().host("example.com").build();
        let action = Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(elsewhere).build();
        assert_eq!(read(action).unsupported.as_deref(), Some("a redirect to another host, path or query"));
    }

    #[test]
    fn what_the_vocabulary_does_not_cover_is_a_difference_in_words() {
        let fixed = Action::builder().r#type(ActionTypeEnum::FixedResponse).build();
        for (action, words) in [
            (fixed, "the default action fixed-response"),
            (forward(&["a", "b"], None, false), "a forward to 2 target groups"),
            (forward(&["a"], None, true), "a forward that is sticky to target groups"),
        ] {
            let listener = read(action);
            assert_eq!(listener.unsupported.as_deref(), Some(words));
            assert!(listener.forward.is_none() && listener.redirect.is_none());
        }
    }

    #[test]
    fn a_listener_that_both_forwards_and_redirects_is_refused() {
        let mut listener = read(forward(&["arn"], None, false));
        assert!(action("443", &listener).is_ok());
        listener.redirect =
            Some(Redirect { protocol: "HTTPS".into(), port: "443".into(), status: "HTTP_301".into() });
        assert!(action("443", &listener).is_err());
        assert!(number("443").is_ok() && number("https").is_err());
    }

    #[test]
    fn only_an_https_listener_has_a_certificate_and_a_policy() {
        let listener = |protocol| {
            let certificate = Certificate::builder().certificate_arn("cert").build();
            let live =
                LiveListener::builder().protocol(protocol).ssl_policy("modern").certificates(certificate);
            let listener = attributes(&live.build(), &[]);
            (listener.certificate, listener.tls_policy)
        };
        assert_eq!(listener(ProtocolEnum::Https), (Some("cert".into()), Some("modern".into())));
        assert_eq!(listener(ProtocolEnum::Http), (None, None));
    }

    #[test]
    fn a_rule_is_told_with_its_place_its_conditions_and_its_deed() {
        let paths = RuleCondition::builder().field("path-pattern").values("/login").values("/pay");
        let elsewhere = RedirectActionConfig::builder()
            .host("example.com")
            .status_code(RedirectActionStatusCodeEnum::Http302)
            .build();
        let redirect = Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(elsewhere);
        let rule = Rule::builder().priority("10").conditions(paths.build()).actions(redirect.build());
        assert_eq!(words(&rule.build()), "10: path-pattern /login or /pay: redirect to example.com");
    }

    #[test]
    fn a_group_that_gets_no_traffic_is_a_difference() {
        let none = TargetGroupTuple::builder().target_group_arn("arn").weight(0).build();
        let config = ForwardActionConfig::builder().target_groups(none).build();
        let action = Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config).build();
        assert_eq!(only_group(&action).unwrap_err(), "a forward with weight 0");
    }
}
