//! Route tables.

use super::{code, filter, gateway, sandbox, subnet, vpc};

async fn table(ec2: &aws_sdk_ec2::Client, vpc: &str) -> String {
    let made = ec2.create_route_table().vpc_id(vpc).send().await.unwrap();
    made.route_table().unwrap().route_table_id().unwrap().to_owned()
}

#[tokio::test]
async fn routes_are_made_replaced_and_deleted_but_the_local_one_stays_net_18() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let (id, gateway) = (table(&ec2, &vpc).await, gateway(&ec2, &vpc).await);
    let create = |cidr: &str| {
        ec2.create_route().route_table_id(&id).destination_cidr_block(cidr).gateway_id(&gateway).send()
    };
    create("0.0.0.0/0").await.unwrap();
    assert_eq!(code(create("0.0.0.0/0").await), "RouteAlreadyExists");
    assert_eq!(code(create("10.0.0.0/16").await), "RouteAlreadyExists");
    create("192.168.1.1/16").await.unwrap();
    assert_eq!(code(create("192.168.0.0/16").await), "RouteAlreadyExists", "NET-17");
    let delete = |cidr: &str| ec2.delete_route().route_table_id(&id).destination_cidr_block(cidr).send();
    delete("192.168.0.0/16").await.unwrap();
    assert_eq!(code(delete("192.168.0.0/16").await), "InvalidRoute.NotFound");
    assert_eq!(code(delete("10.0.0.0/16").await), "InvalidParameterValue");
    let replace = ec2.replace_route().route_table_id(&id).destination_cidr_block("172.16.0.0/12");
    assert_eq!(code(replace.gateway_id(&gateway).send().await), "InvalidParameterValue");
    let listed = ec2.describe_route_tables().route_table_ids(&id).send().await.unwrap();
    let routes = listed.route_tables()[0].routes();
    assert_eq!(routes.len(), 2);
    assert_eq!(routes[1].destination_cidr_block(), Some("0.0.0.0/0"));
    assert_eq!(routes[1].gateway_id(), Some(gateway.as_str()));
    assert_eq!(routes[1].state().unwrap().as_str(), "active");
}

#[tokio::test]
async fn a_route_leads_to_something_in_its_own_vpc() {
    let (_sandbox, ec2) = sandbox();
    let (mine, other) = (vpc(&ec2, "10.0.0.0/16").await, vpc(&ec2, "10.1.0.0/16").await);
    let (id, foreign) = (table(&ec2, &mine).await, gateway(&ec2, &other).await);
    let create = || ec2.create_route().route_table_id(&id).destination_cidr_block("0.0.0.0/0");
    assert_eq!(code(create().gateway_id(&foreign).send().await), "InvalidParameterValue");
    let unknown = create().gateway_id("igw-0123456789abcdef0");
    assert_eq!(code(unknown.send().await), "InvalidGatewayID.NotFound");
    let unknown = create().nat_gateway_id("nat-0123456789abcdef0");
    assert_eq!(code(unknown.send().await), "InvalidNatGatewayID.NotFound");
    assert_eq!(code(create().send().await), "MissingParameter");
    let two = create().gateway_id(&foreign).nat_gateway_id("nat-0123456789abcdef0");
    assert_eq!(code(two.send().await), "InvalidParameterCombination");
}

#[tokio::test]
async fn a_route_to_a_detached_gateway_is_a_blackhole() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let (id, gateway) = (table(&ec2, &vpc).await, gateway(&ec2, &vpc).await);
    let create = ec2.create_route().route_table_id(&id).destination_cidr_block("0.0.0.0/0");
    create.gateway_id(&gateway).send().await.unwrap();
    ec2.detach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc).send().await.unwrap();
    let listed =
        ec2.describe_route_tables().filters(filter("route.state", "blackhole")).send().await.unwrap();
    assert_eq!(listed.route_tables()[0].route_table_id(), Some(id.as_str()));
}

#[tokio::test]
async fn an_association_changes_its_id_when_it_is_replaced_and_the_main_one_stays() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let (first, second) = (table(&ec2, &vpc).await, table(&ec2, &vpc).await);
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    let associate = |table: &str| ec2.associate_route_table().route_table_id(table).subnet_id(&subnet).send();
    let old = associate(&first).await.unwrap().association_id.unwrap();
    assert_eq!(code(associate(&second).await), "Resource.AlreadyAssociated");
    let delete = |table: &str| ec2.delete_route_table().route_table_id(table).send();
    assert_eq!(code(delete(&first).await), "DependencyViolation");
    let replace =
        |id: &str| ec2.replace_route_table_association().association_id(id).route_table_id(&second).send();
    let new = replace(&old).await.unwrap().new_association_id.unwrap();
    assert_ne!(old, new);
    assert_eq!(code(replace(&old).await), "InvalidAssociationID.NotFound");
    let by_id = filter("association.route-table-association-id", &new);
    let listed = ec2.describe_route_tables().filters(by_id).send().await.unwrap();
    assert_eq!(listed.route_tables()[0].route_table_id(), Some(second.as_str()));
    delete(&first).await.unwrap();
    let main = ec2
        .describe_route_tables()
        .filters(filter("vpc-id", &vpc))
        .filters(filter("association.main", "true"));
    let main = main.send().await.unwrap();
    let main = &main.route_tables()[0];
    let of_vpc = main.associations()[0].route_table_association_id().unwrap();
    let disassociate = |id: &str| ec2.disassociate_route_table().association_id(id).send();
    assert_eq!(code(disassociate(of_vpc).await), "InvalidParameterValue");
    assert_eq!(code(delete(main.route_table_id().unwrap()).await), "DependencyViolation");
    disassociate(&new).await.unwrap();
    delete(&second).await.unwrap();
    assert_eq!(code(delete(&second).await), "InvalidRouteTableID.NotFound");
}

#[tokio::test]
async fn a_token_makes_one_table_net_20() {
    let (_sandbox, ec2) = sandbox();
    let (mine, other) = (vpc(&ec2, "10.0.0.0/16").await, vpc(&ec2, "10.1.0.0/16").await);
    let create = |vpc: &str| ec2.create_route_table().vpc_id(vpc).client_token("once").send();
    let id = create(&mine).await.unwrap().route_table.unwrap().route_table_id;
    assert_eq!(create(&mine).await.unwrap().route_table.unwrap().route_table_id, id);
    assert_eq!(code(create(&other).await), "IdempotentParameterMismatch");
    ec2.delete_route_table().set_route_table_id(id.clone()).send().await.unwrap();
    // The token outlives the table: the answer is the dead one again.
    assert_eq!(create(&mine).await.unwrap().route_table.unwrap().route_table_id, id);
}
