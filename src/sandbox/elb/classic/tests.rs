//! Classic Load Balancers through the real SDK.

use aws_sdk_elasticloadbalancing::Client;
use aws_sdk_elasticloadbalancing::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancing::types::{Listener, PolicyAttribute};

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/1";

fn code(error: &impl ProvideErrorMetadata) -> String {
    error.code().unwrap_or_default().to_owned()
}

fn listener(protocol: &str, port: i32) -> Listener {
    let certificate = ["HTTPS", "SSL"].contains(&protocol).then(|| CERTIFICATE.to_owned());
    Listener::builder()
        .protocol(protocol)
        .load_balancer_port(port)
        .instance_port(8080)
        .set_ssl_certificate_id(certificate)
        .build()
        .unwrap()
}

fn attribute(name: &str, value: &str) -> PolicyAttribute {
    PolicyAttribute::builder().attribute_name(name).attribute_value(value).build()
}

async fn balancer(client: &Client, listeners: &[Listener]) -> Result<(), String> {
    let create = client.create_load_balancer().load_balancer_name("shop").availability_zones("us-east-1a");
    create.set_listeners(Some(listeners.to_vec())).send().await.map(drop).map_err(|error| code(&error))
}

/// Ports and the names of their policies.
async fn listening(client: &Client) -> Vec<(i32, Vec<String>)> {
    let answer = client.describe_load_balancers().load_balancer_names("shop").send().await.unwrap();
    let found = answer.load_balancer_descriptions()[0].listener_descriptions();
    found.iter().map(|it| (it.listener().unwrap().load_balancer_port(), it.policy_names().to_vec())).collect()
}

#[tokio::test]
async fn what_listens_is_shown_with_its_policies_and_the_newer_api_knows_nothing_of_it() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox, "us-east-1");
    let client = Client::new(&config);
    balancer(&client, &[listener("HTTP", 80), listener("HTTPS", 443)]).await.unwrap();
    let default = vec!["ELBSecurityPolicy-2016-08".to_owned()];
    assert_eq!(listening(&client).await, [(80, vec![]), (443, default)]);
    let newer = aws_sdk_elasticloadbalancingv2::Client::new(&config);
    assert!(newer.describe_load_balancers().send().await.unwrap().load_balancers().is_empty());
    let interfaces = aws_sdk_ec2::Client::new(&config).describe_network_interfaces().send().await.unwrap();
    assert_eq!(interfaces.network_interfaces()[0].description(), Some("ELB shop"));
    assert_eq!(balancer(&client, &[listener("TCP", 80)]).await, Err("DuplicateLoadBalancerName".into()));
    client.delete_load_balancer().load_balancer_name("shop").send().await.unwrap();
    client.delete_load_balancer().load_balancer_name("shop").send().await.unwrap();
    let gone = client.describe_load_balancers().load_balancer_names("shop").send().await.unwrap_err();
    assert_eq!(code(&gone), "LoadBalancerNotFound");
}

#[tokio::test]
async fn listeners_that_cannot_be_are_refused() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let client = Client::new(&config(&sandbox, "us-east-1"));
    let with = |protocol: &str, back: Option<&str>, certificate: Option<&str>| {
        let builder = Listener::builder().protocol(protocol).load_balancer_port(443).instance_port(80);
        let builder = builder.set_instance_protocol(back.map(str::to_owned));
        builder.set_ssl_certificate_id(certificate.map(str::to_owned)).build().unwrap()
    };
    let missing = "arn:aws:acm:us-east-1:123456789012:certificate/missing";
    for (listener, expected) in [
        (with("HTTPS", None, None), "ValidationError"),
        (with("SSL", None, Some(missing)), "CertificateNotFound"),
        (with("UDP", None, None), "UnsupportedProtocol"),
        (with("HTTP", Some("SSL"), None), "InvalidConfigurationRequest"),
    ] {
        assert_eq!(balancer(&client, &[listener]).await, Err(expected.to_owned()));
    }
    balancer(&client, &[listener("HTTP", 80)]).await.unwrap();
    let add =
        |listener| client.create_load_balancer_listeners().load_balancer_name("shop").listeners(listener);
    add(listener("HTTP", 80)).send().await.unwrap();
    assert_eq!(code(&add(listener("TCP", 80)).send().await.unwrap_err()), "DuplicateListener");
    add(listener("SSL", 443)).send().await.unwrap();
    let remove = client.delete_load_balancer_listeners().load_balancer_name("shop").load_balancer_ports(80);
    remove.send().await.unwrap();
    assert_eq!(listening(&client).await.len(), 1);
}

#[tokio::test]
async fn a_policy_of_ones_own_says_which_protocols_it_takes_and_replaces_those_of_the_listener() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let client = Client::new(&config(&sandbox, "us-east-1"));
    balancer(&client, &[listener("HTTPS", 443)]).await.unwrap();
    let make = |name: &str, kind: &str, attributes: &[PolicyAttribute]| {
        let request = client.create_load_balancer_policy().load_balancer_name("shop").policy_name(name);
        request.policy_type_name(kind).set_policy_attributes(Some(attributes.to_vec())).send()
    };
    let kind = "SSLNegotiationPolicyType";
    let new = "ELBSecurityPolicy-TLS-1-2-2017-01";
    make("new", kind, &[attribute("Reference-Security-Policy", new)]).await.unwrap();
    make("odd", kind, &[attribute("Protocol-SSLv3", "true"), attribute("AES128-SHA", "true")]).await.unwrap();
    for (kind, attributes, expected) in [
        (
            kind,
            vec![attribute("Reference-Security-Policy", "ELBSecurityPolicy-1999-01")],
            "InvalidConfigurationRequest",
        ),
        (kind, vec![attribute("Protocol-TLSv1", "true")], "DuplicatePolicyName"),
        ("ProxyProtocolPolicyType", vec![], "NotImplemented"),
        ("Unheard", vec![], "PolicyTypeNotFound"),
    ] {
        assert_eq!(code(&make("new", kind, &attributes).await.unwrap_err()), expected, "{kind}");
    }
    let set = |names: &[&str]| {
        let request = client.set_load_balancer_policies_of_listener().load_balancer_name("shop");
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        request.load_balancer_port(443).set_policy_names(Some(names)).send()
    };
    set(&["new"]).await.unwrap();
    assert_eq!(listening(&client).await, [(443, vec!["new".to_owned()])]);
    assert_eq!(code(&set(&["unheard"]).await.unwrap_err()), "PolicyNotFound");
    let described = client.describe_load_balancer_policies().load_balancer_name("shop");
    let described = described.policy_names("new").policy_names("odd").send().await.unwrap();
    let taken = |at: usize| -> Vec<&str> {
        let attributes = described.policy_descriptions()[at].policy_attribute_descriptions();
        let on = attributes.iter().filter(|it| it.attribute_value() == Some("true"));
        on.filter_map(|it| it.attribute_name()).filter(|name| name.starts_with("Protocol-")).collect()
    };
    assert_eq!([taken(0), taken(1)], [["Protocol-TLSv1.2"], ["Protocol-SSLv3"]]);
    let delete =
        |name: &str| client.delete_load_balancer_policy().load_balancer_name("shop").policy_name(name).send();
    assert_eq!(code(&delete("new").await.unwrap_err()), "InvalidConfigurationRequest");
    delete("odd").await.unwrap();
    let own = client.describe_load_balancer_policies().send().await.unwrap();
    assert!(own.policy_descriptions().iter().any(|policy| policy.policy_name() == Some(new)));
}
