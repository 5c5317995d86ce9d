//! VPCs and internet gateways.

use aws_sdk_ec2::types::{AttributeBooleanValue, VpcAttributeName};

use super::{code, filter, gateway, group, sandbox, subnet, vpc};

fn on(value: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(value).build()
}

#[tokio::test]
async fn a_new_vpc_brings_its_table_acl_and_group_net_7() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let of_vpc = || filter("vpc-id", &id);
    let tables = ec2.describe_route_tables().filters(of_vpc()).send().await.unwrap();
    let table = &tables.route_tables()[0];
    assert_eq!((tables.route_tables().len(), table.associations()[0].main()), (1, Some(true)));
    assert_eq!(table.routes()[0].gateway_id(), Some("local"));
    assert_eq!(table.routes()[0].destination_cidr_block(), Some("10.0.0.0/16"));
    let acls = ec2.describe_network_acls().filters(of_vpc()).filters(filter("default", "true"));
    let acls = acls.send().await.unwrap();
    let mut entries: Vec<_> = acls.network_acls()[0]
        .entries()
        .iter()
        .map(|entry| {
            (entry.egress().unwrap(), entry.rule_number().unwrap(), entry.rule_action().unwrap().as_str())
        })
        .collect();
    entries.sort_unstable();
    let expected =
        [(false, 100, "allow"), (false, 32767, "deny"), (true, 100, "allow"), (true, 32767, "deny")];
    assert_eq!(entries, expected);
    let groups = ec2.describe_security_groups().filters(of_vpc()).filters(filter("group-name", "default"));
    let groups = groups.send().await.unwrap();
    let group = &groups.security_groups()[0];
    let (ingress, egress) = (&group.ip_permissions()[0], &group.ip_permissions_egress()[0]);
    assert_eq!(ingress.user_id_group_pairs()[0].group_id(), group.group_id());
    assert_eq!((ingress.ip_protocol(), ingress.from_port()), (Some("-1"), None));
    assert_eq!(egress.ip_ranges()[0].cidr_ip(), Some("0.0.0.0/0"));
}

#[tokio::test]
async fn the_first_call_in_a_region_makes_nothing_that_the_region_has_already() {
    let (_sandbox, ec2) = sandbox();
    vpc(&ec2, "10.0.0.0/16").await;
    let groups = ec2.describe_security_groups().send().await.unwrap();
    let vpcs = ec2.describe_vpcs().send().await.unwrap();
    assert_eq!((vpcs.vpcs().len(), groups.security_groups().len()), (2, 2));
}

#[tokio::test]
async fn a_dry_run_makes_nothing_and_says_what_would_have_been() {
    let (_sandbox, ec2) = sandbox();
    let create = |cidr: &str| ec2.create_vpc().cidr_block(cidr).dry_run(true).send();
    assert_eq!(code(create("10.0.0.0/16").await), "DryRunOperation");
    assert_eq!(code(create("10.0.0.0/8").await), "InvalidVpc.Range");
    assert_eq!(ec2.describe_vpcs().send().await.unwrap().vpcs().len(), 1);
}

#[tokio::test]
async fn ranges_are_canonical_and_of_allowed_size_net_17() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "100.68.0.18/18").await;
    let vpcs = ec2.describe_vpcs().vpc_ids(&id).send().await.unwrap();
    assert_eq!(vpcs.vpcs()[0].cidr_block(), Some("100.68.0.0/18"));
    for (cidr, expected) in [
        ("10.0.0.0/15", "InvalidVpc.Range"),
        ("10.0.0.0/29", "InvalidVpc.Range"),
        ("ten", "InvalidParameterValue"),
    ] {
        assert_eq!(code(ec2.create_vpc().cidr_block(cidr).send().await), expected);
    }
    assert_eq!(code(ec2.create_vpc().send().await), "MissingParameter");
}

#[tokio::test]
async fn attributes_are_set_one_a_call_and_read_back_net_3() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let read = async |name: VpcAttributeName| {
        let answer = ec2.describe_vpc_attribute().vpc_id(&id).attribute(name).send().await.unwrap();
        let value = answer.enable_dns_support().or(answer.enable_dns_hostnames());
        value.and_then(|value| value.value()).unwrap()
    };
    assert!(read(VpcAttributeName::EnableDnsSupport).await);
    assert!(!read(VpcAttributeName::EnableDnsHostnames).await);
    let modify = || ec2.modify_vpc_attribute().vpc_id(&id);
    modify().enable_dns_hostnames(on(true)).send().await.unwrap();
    assert!(read(VpcAttributeName::EnableDnsHostnames).await);
    let both = modify().enable_dns_hostnames(on(true)).enable_dns_support(on(true));
    assert_eq!(code(both.send().await), "InvalidParameterCombination");
    assert_eq!(code(modify().send().await), "MissingParameter");
    modify().enable_dns_hostnames(on(false)).send().await.unwrap();
    modify().enable_dns_support(on(false)).send().await.unwrap();
    // Names for instances need names that resolve.
    assert_eq!(code(modify().enable_dns_hostnames(on(true)).send().await), "InvalidParameterCombination");
}

#[tokio::test]
async fn ids_are_malformed_or_unknown_net_10() {
    let (_sandbox, ec2) = sandbox();
    let unknown = "vpc-0123456789abcdef0";
    assert_eq!(code(ec2.describe_vpcs().vpc_ids("vpc-x").send().await), "InvalidVpcID.Malformed");
    assert_eq!(code(ec2.describe_vpcs().vpc_ids(unknown).send().await), "InvalidVpcID.NotFound");
    assert_eq!(code(ec2.delete_vpc().vpc_id(unknown).send().await), "InvalidVpcID.NotFound");
    let create = ec2.create_subnet().vpc_id(unknown).cidr_block("10.0.0.0/24");
    assert_eq!(code(create.send().await), "InvalidVpcID.NotFound");
}

#[tokio::test]
async fn a_vpc_in_use_is_not_deleted_and_a_deleted_one_takes_its_own_along_net_13_net_16() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let refused = async || code(ec2.delete_vpc().vpc_id(&id).send().await);
    let subnet = subnet(&ec2, &id, "10.0.0.0/24").await;
    assert_eq!(refused().await, "DependencyViolation");
    ec2.delete_subnet().subnet_id(&subnet).send().await.unwrap();
    let gateway = gateway(&ec2, &id).await;
    assert_eq!(refused().await, "DependencyViolation");
    ec2.detach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&id).send().await.unwrap();
    let group = group(&ec2, &id, "web").await;
    assert_eq!(refused().await, "DependencyViolation");
    ec2.delete_security_group().group_id(&group).send().await.unwrap();
    let acl = ec2.create_network_acl().vpc_id(&id).send().await.unwrap();
    assert_eq!(refused().await, "DependencyViolation");
    let acl = acl.network_acl().unwrap().network_acl_id().unwrap();
    ec2.delete_network_acl().network_acl_id(acl).send().await.unwrap();
    let table = ec2.create_route_table().vpc_id(&id).send().await.unwrap();
    assert_eq!(refused().await, "DependencyViolation");
    let table = table.route_table().unwrap().route_table_id().unwrap();
    ec2.delete_route_table().route_table_id(table).send().await.unwrap();
    ec2.delete_vpc().vpc_id(&id).send().await.unwrap();
    let of_vpc = || filter("vpc-id", &id);
    assert!(ec2.describe_route_tables().filters(of_vpc()).send().await.unwrap().route_tables().is_empty());
    assert!(ec2.describe_network_acls().filters(of_vpc()).send().await.unwrap().network_acls().is_empty());
    assert!(
        ec2.describe_security_groups().filters(of_vpc()).send().await.unwrap().security_groups().is_empty()
    );
}

#[tokio::test]
async fn the_sixth_vpc_is_beyond_the_quota() {
    let (_sandbox, ec2) = sandbox();
    for number in 0..4 {
        vpc(&ec2, &format!("10.{number}.0.0/16")).await;
    }
    assert_eq!(code(ec2.create_vpc().cidr_block("10.9.0.0/16").send().await), "VpcLimitExceeded");
}

#[tokio::test]
async fn a_vpc_has_one_gateway_and_a_gateway_one_vpc() {
    let (_sandbox, ec2) = sandbox();
    let (first, second) = (vpc(&ec2, "10.0.0.0/16").await, vpc(&ec2, "10.1.0.0/16").await);
    let id = gateway(&ec2, &first).await;
    let attach = |gateway: &str, vpc: &str| {
        ec2.attach_internet_gateway().internet_gateway_id(gateway).vpc_id(vpc).send()
    };
    assert_eq!(code(attach(&id, &second).await), "Resource.AlreadyAssociated");
    let other = ec2.create_internet_gateway().send().await.unwrap();
    let other = other.internet_gateway().unwrap().internet_gateway_id().unwrap();
    assert_eq!(code(attach(other, &first).await), "InvalidParameterValue");
    let detach = ec2.detach_internet_gateway().internet_gateway_id(other).vpc_id(&first);
    assert_eq!(code(detach.send().await), "Gateway.NotAttached");
    assert_eq!(
        code(ec2.delete_internet_gateway().internet_gateway_id(&id).send().await),
        "DependencyViolation"
    );
    ec2.delete_internet_gateway().internet_gateway_id(other).send().await.unwrap();
    let gone = ec2.describe_internet_gateways().internet_gateway_ids(other).send().await;
    assert_eq!(code(gone), "InvalidInternetGatewayID.NotFound");
}
