//! IPv6: ranges of VPCs and subnets, what follows from them, the way out, and addresses of what runs.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, InstanceNetworkInterfaceSpecification, InstanceType, RuleAction, Subnet, Vpc,
};
use ipnet::Ipv6Net;

use super::{code, filter, gateway, group, sandbox, subnet, vpc};

const IMAGE: &str = "ami-12c6146b";

/// A VPC with a range of Amazon's, and that range.
async fn dual_stack(ec2: &Client) -> (String, Ipv6Net) {
    let made = ec2.create_vpc().cidr_block("10.0.0.0/16").amazon_provided_ipv6_cidr_block(true);
    let made = made.send().await.unwrap().vpc.unwrap();
    let id = made.vpc_id().unwrap().to_owned();
    let range = range_of(&seen(ec2, &id).await);
    (id, range)
}

async fn seen(ec2: &Client, id: &str) -> Vpc {
    ec2.describe_vpcs().vpc_ids(id).send().await.unwrap().vpcs()[0].clone()
}

fn range_of(vpc: &Vpc) -> Ipv6Net {
    vpc.ipv6_cidr_block_association_set()[0].ipv6_cidr_block().unwrap().parse().unwrap()
}

/// The part of a range with that number.
fn part(range: Ipv6Net, prefix: u8, number: usize) -> String {
    range.subnets(prefix).unwrap().nth(number).unwrap().to_string()
}

async fn v6_subnet(ec2: &Client, vpc: &str, cidr: &str, range: &str) -> Subnet {
    let made = ec2.create_subnet().vpc_id(vpc).cidr_block(cidr).ipv6_cidr_block(range);
    made.send().await.unwrap().subnet.unwrap()
}

#[tokio::test]
async fn a_vpc_gets_a_range_of_amazons_when_it_is_made_or_later() {
    let (_sandbox, ec2) = sandbox();
    let (one, range) = dual_stack(&ec2).await;
    let there = seen(&ec2, &one).await;
    let association = &there.ipv6_cidr_block_association_set()[0];
    assert_eq!((range.prefix_len(), association.ipv6_pool()), (56, Some("Amazon")));
    assert_eq!(association.ipv6_cidr_block_state().unwrap().state().unwrap().as_str(), "associated");
    let other = vpc(&ec2, "10.1.0.0/16").await;
    assert!(seen(&ec2, &other).await.ipv6_cidr_block_association_set().is_empty());
    let associate = || ec2.associate_vpc_cidr_block().vpc_id(&other);
    let made = associate().amazon_provided_ipv6_cidr_block(true).send().await.unwrap();
    assert!(made.ipv6_cidr_block_association().unwrap().association_id().is_some());
    assert_ne!(range_of(&seen(&ec2, &other).await), range);
    for _ in 1..5 {
        associate().amazon_provided_ipv6_cidr_block(true).send().await.unwrap();
    }
    let sixth = associate().amazon_provided_ipv6_cidr_block(true).send().await;
    assert_eq!(code(sixth), "CidrLimitExceeded");
    assert_eq!(code(associate().send().await), "MissingParameter");
    let found = ec2.describe_vpcs();
    let filter = filter("ipv6-cidr-block-association.ipv6-cidr-block", &range.to_string());
    assert_eq!(found.filters(filter).send().await.unwrap().vpcs()[0].vpc_id(), Some(one.as_str()));
}

#[tokio::test]
async fn a_range_of_ones_own_is_of_its_pool() {
    let (_sandbox, ec2) = sandbox();
    ec2.provision_byoip_cidr().cidr("2001:db8:1000::/48").description("ours").send().await.unwrap();
    let pools = ec2.describe_ipv6_pools().send().await.unwrap();
    let pool = pools.ipv6_pools()[0].pool_id().unwrap();
    assert_eq!(pools.ipv6_pools()[0].pool_cidr_blocks()[0].cidr(), Some("2001:db8:1000::/48"));
    let create = || ec2.create_vpc().cidr_block("10.0.0.0/16").ipv6_cidr_block("2001:db8:1000:100::/56");
    assert_eq!(code(create().send().await), "MissingParameter");
    let both = create().ipv6_pool(pool).amazon_provided_ipv6_cidr_block(true);
    assert_eq!(code(both.send().await), "InvalidParameterCombination");
    let made = create().ipv6_pool(pool).send().await.unwrap().vpc.unwrap();
    let there = seen(&ec2, made.vpc_id().unwrap()).await;
    assert_eq!(range_of(&there).to_string(), "2001:db8:1000:100::/56");
    assert_eq!(there.ipv6_cidr_block_association_set()[0].ipv6_pool(), Some(pool));
    let other = vpc(&ec2, "10.1.0.0/16").await;
    let associate = |range: &str| {
        ec2.associate_vpc_cidr_block().vpc_id(&other).ipv6_pool(pool).ipv6_cidr_block(range).send()
    };
    for (range, expected) in [
        ("2001:db8:1000:100::/56", "InvalidVpc.Range"),
        ("2001:db8:2000::/56", "InvalidVpc.Range"),
        ("2001:db8:1000::/60", "InvalidVpc.Range"),
        ("2001:db8", "InvalidParameterValue"),
    ] {
        assert_eq!(code(associate(range).await), expected, "{range}");
    }
    ec2.associate_vpc_cidr_block().vpc_id(&other).ipv6_pool(pool).send().await.unwrap();
    assert_eq!(
        range_of(&seen(&ec2, &other).await).to_string(),
        "2001:db8:1000::/56",
        "the first that is free"
    );
}

#[tokio::test]
async fn tables_acls_and_groups_that_nobody_has_changed_let_ipv6_through() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let changed = group(&ec2, &id, "changed").await;
    let everything = ec2.describe_security_groups().group_ids(&changed).send().await.unwrap();
    let everything = everything.security_groups()[0].ip_permissions_egress().to_vec();
    let revoke = ec2.revoke_security_group_egress().group_id(&changed);
    revoke.set_ip_permissions(Some(everything)).send().await.unwrap();
    let untouched = group(&ec2, &id, "untouched").await;
    ec2.create_network_acl().vpc_id(&id).send().await.unwrap();
    let associate = ec2.associate_vpc_cidr_block().vpc_id(&id).amazon_provided_ipv6_cidr_block(true);
    associate.send().await.unwrap();
    let later = group(&ec2, &id, "later").await;
    let range = range_of(&seen(&ec2, &id).await).to_string();
    let own = || filter("vpc-id", &id);
    let tables = ec2.describe_route_tables().filters(own()).send().await.unwrap();
    let locals: Vec<_> = tables.route_tables()[0]
        .routes()
        .iter()
        .map(|route| {
            (route.destination_ipv6_cidr_block().or(route.destination_cidr_block()), route.gateway_id())
        })
        .collect();
    assert_eq!(locals, [(Some("10.0.0.0/16"), Some("local")), (Some(range.as_str()), Some("local"))]);
    let acls = ec2.describe_network_acls().filters(own()).send().await.unwrap();
    let ingress = |is_default: bool| -> Vec<(i32, bool)> {
        let acl = acls.network_acls().iter().find(|acl| acl.is_default() == Some(is_default)).unwrap();
        let entries = acl.entries().iter().filter(|entry| entry.egress() == Some(false));
        entries
            .filter(|entry| entry.ipv6_cidr_block() == Some("::/0"))
            .map(|entry| (entry.rule_number().unwrap(), entry.rule_action() == Some(&RuleAction::Allow)))
            .collect()
    };
    assert_eq!(ingress(true), [(101, true), (32768, false)]);
    assert_eq!(ingress(false), [(32768, false)]);
    for (group, lets_out) in [(&changed, false), (&untouched, true), (&later, true)] {
        let found = ec2.describe_security_groups().group_ids(group).send().await.unwrap();
        let permissions = found.security_groups()[0].ip_permissions_egress();
        let everywhere = permissions.iter().flat_map(|permission| permission.ipv6_ranges());
        assert_eq!(everywhere.count() == 1, lets_out, "{group}");
    }
}

#[tokio::test]
async fn a_subnet_has_one_range_of_its_vpc_and_apart_from_the_others() {
    let (_sandbox, ec2) = sandbox();
    let (id, range) = dual_stack(&ec2).await;
    let first = part(range, 64, 0);
    let made = v6_subnet(&ec2, &id, "10.0.0.0/24", &first).await;
    let shown = &made.ipv6_cidr_block_association_set()[0];
    assert_eq!(shown.ipv6_cidr_block(), Some(first.as_str()));
    let later = subnet(&ec2, &id, "10.0.1.0/24").await;
    let associate =
        |range: String| ec2.associate_subnet_cidr_block().subnet_id(&later).ipv6_cidr_block(range).send();
    for (text, expected) in [
        (first, "InvalidSubnet.Conflict"),
        (range.to_string(), "InvalidSubnet.Conflict"),
        (part(range, 66, 9), "InvalidSubnet.Range"),
        ("2001:db8::/64".to_owned(), "InvalidSubnet.Range"),
    ] {
        assert_eq!(code(associate(text.clone()).await), expected, "{text}");
    }
    let made = associate(part(range, 64, 1)).await.unwrap();
    assert_eq!(made.subnet_id(), Some(later.as_str()));
    assert_eq!(code(associate(part(range, 64, 2)).await), "SubnetCidrBlockAssociationLimitExceeded");
    let association = made.ipv6_cidr_block_association().unwrap().association_id().unwrap();
    let of_vpc =
        seen(&ec2, &id).await.ipv6_cidr_block_association_set()[0].association_id().unwrap().to_owned();
    let from_vpc = || ec2.disassociate_vpc_cidr_block().association_id(&of_vpc).send();
    assert_eq!(code(from_vpc().await), "InvalidCidrBlock.InUse");
    let assign = |value: bool| {
        let value = AttributeBooleanValue::builder().value(value).build();
        ec2.modify_subnet_attribute().subnet_id(&later).assign_ipv6_address_on_creation(value).send()
    };
    assign(true).await.unwrap();
    let from_subnet = || ec2.disassociate_subnet_cidr_block().association_id(association).send();
    assert_eq!(code(from_subnet().await), "InvalidCidrBlock.InUse");
    assign(false).await.unwrap();
    from_subnet().await.unwrap();
    assert_eq!(code(from_subnet().await), "InvalidSubnetCidrBlockAssociationID.NotFound");
    assert_eq!(code(assign(true).await), "InvalidParameterValue");
    ec2.delete_subnet().subnet_id(made_id(&ec2, &id, "10.0.0.0/24").await).send().await.unwrap();
    from_vpc().await.unwrap();
    assert_eq!(code(from_vpc().await), "InvalidVpcCidrBlockAssociationID.NotFound");
    let tables = ec2.describe_route_tables().filters(filter("vpc-id", &id)).send().await.unwrap();
    assert_eq!(tables.route_tables()[0].routes().len(), 1);
}

async fn made_id(ec2: &Client, vpc: &str, cidr: &str) -> String {
    let found = ec2.describe_subnets().filters(filter("vpc-id", vpc)).filters(filter("cidr-block", cidr));
    found.send().await.unwrap().subnets()[0].subnet_id().unwrap().to_owned()
}

#[tokio::test]
async fn an_egress_only_gateway_is_the_way_out_of_ipv6_alone() {
    let (_sandbox, ec2) = sandbox();
    let (id, _) = dual_stack(&ec2).await;
    let (other, _) = (vpc(&ec2, "10.1.0.0/16").await, gateway(&ec2, &id).await);
    let make = |vpc: &str| ec2.create_egress_only_internet_gateway().client_token("once").vpc_id(vpc).send();
    let made = make(&id).await.unwrap().egress_only_internet_gateway.unwrap();
    let out = made.egress_only_internet_gateway_id().unwrap();
    assert_eq!(made.attachments()[0].vpc_id(), Some(id.as_str()));
    let again = make(&id).await.unwrap().egress_only_internet_gateway.unwrap();
    assert_eq!(again.egress_only_internet_gateway_id(), Some(out), "a token makes one");
    assert_eq!(code(make(&other).await), "IdempotentParameterMismatch");
    let table = async |vpc: &str| {
        let made = ec2.create_route_table().vpc_id(vpc).send().await.unwrap();
        made.route_table().unwrap().route_table_id().unwrap().to_owned()
    };
    let (own, elsewhere) = (table(&id).await, table(&other).await);
    let route = |table: &str| ec2.create_route().route_table_id(table).egress_only_internet_gateway_id(out);
    assert_eq!(
        code(route(&own).destination_cidr_block("0.0.0.0/0").send().await),
        "InvalidParameterValue",
        "it carries no IPv4"
    );
    let all = "::/0";
    let wrong = route(&elsewhere).destination_ipv6_cidr_block(all).send().await;
    assert_eq!(code(wrong), "InvalidParameterValue");
    route(&own).destination_ipv6_cidr_block(all).send().await.unwrap();
    let state = async || {
        let found = ec2.describe_route_tables().route_table_ids(&own).send().await.unwrap();
        let routes = found.route_tables()[0].routes().to_vec();
        let route = routes.iter().find(|route| route.destination_ipv6_cidr_block() == Some(all)).unwrap();
        (
            route.egress_only_internet_gateway_id().map(str::to_owned),
            route.state().unwrap().as_str().to_owned(),
        )
    };
    assert_eq!(state().await, (Some(out.to_owned()), "active".to_owned()));
    let in_use = ec2.delete_vpc().vpc_id(&id).send().await;
    assert_eq!(code(in_use), "DependencyViolation");
    let delete = || ec2.delete_egress_only_internet_gateway().egress_only_internet_gateway_id(out).send();
    assert_eq!(delete().await.unwrap().return_code(), Some(true));
    assert_eq!(state().await.1, "blackhole");
    assert_eq!(code(delete().await), "InvalidEgressOnlyInternetGatewayId.NotFound");
    let list = ec2.describe_egress_only_internet_gateways().send().await.unwrap();
    assert!(list.egress_only_internet_gateways().is_empty());
}

#[tokio::test]
async fn instances_get_an_address_where_the_subnet_gives_one_or_they_ask_for_it() {
    let (_sandbox, ec2) = sandbox();
    let (id, range) = dual_stack(&ec2).await;
    let range = part(range, 64, 0);
    let made = v6_subnet(&ec2, &id, "10.0.0.0/24", &range).await;
    let (place, range) = (made.subnet_id().unwrap(), range.parse::<Ipv6Net>().unwrap());
    let run = || {
        let run = ec2.run_instances().image_id(IMAGE).instance_type(InstanceType::T3Micro);
        run.min_count(1).max_count(1)
    };
    let without = run().subnet_id(place).send().await.unwrap();
    assert_eq!(without.instances()[0].ipv6_address(), None);
    let on = AttributeBooleanValue::builder().value(true).build();
    let assign = ec2.modify_subnet_attribute().subnet_id(place).assign_ipv6_address_on_creation(on);
    assign.send().await.unwrap();
    let given = run().subnet_id(place).send().await.unwrap();
    let address = given.instances()[0].ipv6_address().unwrap();
    assert!(range.contains(&address.parse::<std::net::Ipv6Addr>().unwrap()), "{address}");
    let two = InstanceNetworkInterfaceSpecification::builder().device_index(0).subnet_id(place);
    let asked = run().network_interfaces(two.ipv6_address_count(2).build()).send().await.unwrap();
    let interface = &asked.instances()[0].network_interfaces()[0];
    assert_eq!(interface.ipv6_addresses().len(), 2);
    let found = ec2.describe_network_interfaces();
    let found = found.filters(filter("ipv6-addresses.ipv6-address", address)).send().await.unwrap();
    let shown = &found.network_interfaces()[0];
    assert_eq!(shown.ipv6_addresses()[0].ipv6_address(), Some(address));
    let bare = vpc(&ec2, "10.1.0.0/16").await;
    let bare = subnet(&ec2, &bare, "10.1.0.0/24").await;
    assert_eq!(code(run().subnet_id(&bare).ipv6_address_count(1).send().await), "InvalidParameterValue");
}
