//! Gateway endpoints as an end: what is reached through one, and what the internet is without it.

use super::*;

/// An instance in the first subnet, in a group that lets everything through.
fn instance() -> Class {
    host("10.0.1.10", "a", &["sg-open"])
}

/// A network whose subnets lead to S3 through an endpoint, and to everything else through the internet gateway.
fn with_gateway_endpoint() -> Network {
    let mut network = open_network();
    network.prefix_lists.insert("pl-s3".into(), Some(vec![net("52.216.0.0/15")]));
    let routes = &mut network.tables.get_mut("rtb").unwrap().routes;
    routes.push(route("pl-s3", Via::GatewayEndpoint("vpce".into())));
    network
}

#[test]
fn the_service_behind_a_gateway_endpoint_is_reached_through_it_alone() {
    let network = with_gateway_endpoint();
    let service = |endpoint: &str| Class {
        name: "s3".into(),
        addresses: addresses::of(net("52.216.0.0/15")),
        place: Place::Service(endpoint.into()),
    };
    assert_eq!(opens(&network, &instance(), &service("vpce")), "tcp; icmp type 8");
    assert_eq!(opens(&network, &instance(), &service("vpce-other")), "nothing");
    assert_eq!(opens(&network, &service("vpce"), &instance()), "nothing");
    assert_eq!(opens(&network, &outside("198.51.100.7"), &service("vpce")), "nothing");
    let mut without = network;
    without.tables.get_mut("rtb").unwrap().routes.pop();
    assert_eq!(
        opens(&without, &instance(), &service("vpce")),
        "nothing",
        "though the internet gateway leads there"
    );
}

#[test]
fn what_a_gateway_endpoint_leads_to_is_not_the_internet_whether_its_list_is_known_or_not() {
    let internet = Class { name: "internet".into(), addresses: addresses::public(), place: Place::Internet };
    for list in [Some(vec![net("52.216.0.0/15")]), None] {
        let mut network = with_gateway_endpoint();
        network.prefix_lists.insert("pl-s3".into(), list);
        assert_eq!(opens(&network, &instance(), &internet), "everything");
        assert_eq!(opens(&network, &internet, &instance()), "everything");
        let routes = &mut network.tables.get_mut("rtb").unwrap().routes;
        routes.retain(|route| matches!(route.via, Via::GatewayEndpoint(_)));
        assert_eq!(opens(&network, &instance(), &internet), "nothing");
    }
}
