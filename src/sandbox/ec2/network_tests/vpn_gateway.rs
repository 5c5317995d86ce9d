//! Virtual private gateways.

use super::{code, filter, sandbox, vpc};

#[tokio::test]
async fn a_virtual_private_gateway_is_in_one_vpc_and_routes_lead_to_it_only_there() {
    let (_sandbox, ec2) = sandbox();
    let (one, other) = (vpc(&ec2, "10.0.0.0/16").await, vpc(&ec2, "10.1.0.0/16").await);
    let made = ec2.create_vpn_gateway().r#type("ipsec.1".into()).send().await.unwrap();
    let id = made.vpn_gateway().unwrap().vpn_gateway_id().unwrap().to_owned();
    assert_eq!(made.vpn_gateway().unwrap().amazon_side_asn(), Some(64512));
    let table = ec2.create_route_table().vpc_id(&one).send().await.unwrap();
    let table = table.route_table().unwrap().route_table_id().unwrap().to_owned();
    let route = || {
        let route = ec2.create_route().route_table_id(&table).destination_cidr_block("192.168.0.0/16");
        route.gateway_id(&id).send()
    };
    assert_eq!(code(route().await), "InvalidParameterValue", "it is attached to nothing");
    let attach = |vpc: &str| ec2.attach_vpn_gateway().vpn_gateway_id(&id).vpc_id(vpc).send();
    attach(&one).await.unwrap();
    assert_eq!(code(attach(&other).await), "VpnGatewayAttachmentLimitExceeded");
    route().await.unwrap();
    let state = async || {
        let found = ec2.describe_route_tables().route_table_ids(&table).send().await.unwrap();
        let routes = found.route_tables()[0].routes().to_vec();
        let route = routes.iter().find(|route| route.gateway_id() == Some(&id)).unwrap();
        route.state().unwrap().as_str().to_owned()
    };
    assert_eq!(state().await, "active");
    let there = ec2.describe_vpn_gateways().filters(filter("attachment.vpc-id", &one)).send().await.unwrap();
    assert_eq!(there.vpn_gateways()[0].vpc_attachments()[0].vpc_id(), Some(one.as_str()));
    assert_eq!(code(ec2.delete_vpn_gateway().vpn_gateway_id(&id).send().await), "IncorrectState");
    ec2.detach_vpn_gateway().vpn_gateway_id(&id).vpc_id(&one).send().await.unwrap();
    assert_eq!(state().await, "blackhole");
    let again = ec2.detach_vpn_gateway().vpn_gateway_id(&id).vpc_id(&one).send().await;
    assert_eq!(code(again), "InvalidVpnGatewayAttachment.NotFound");
    ec2.delete_vpn_gateway().vpn_gateway_id(&id).send().await.unwrap();
    let gone = ec2.describe_vpn_gateways().vpn_gateway_ids(&id).send().await;
    assert_eq!(code(gone), "InvalidVpnGatewayID.NotFound");
}
