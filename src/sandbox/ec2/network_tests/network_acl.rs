//! Network ACLs.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{NetworkAcl, PortRange, RuleAction};

use super::{code, filter, sandbox, subnet, vpc};

async fn acl(ec2: &Client, vpc: &str) -> String {
    let made = ec2.create_network_acl().vpc_id(vpc).send().await.unwrap();
    made.network_acl().unwrap().network_acl_id().unwrap().to_owned()
}

async fn read(ec2: &Client, id: &str) -> NetworkAcl {
    let listed = ec2.describe_network_acls().network_acl_ids(id).send().await.unwrap();
    listed.network_acls()[0].clone()
}

fn ports(from: i32, to: i32) -> PortRange {
    PortRange::builder().from(from).to(to).build()
}

#[tokio::test]
async fn a_new_acl_denies_everything_and_its_last_entries_cannot_be_touched_acl_3_acl_5() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = acl(&ec2, &vpc).await;
    let made = read(&ec2, &id).await;
    assert_eq!((made.entries().len(), made.is_default()), (2, Some(false)));
    let last = |entry: &aws_sdk_ec2::types::NetworkAclEntry| {
        entry.rule_number() == Some(32767) && entry.rule_action() == Some(&RuleAction::Deny)
    };
    assert!(made.entries().iter().all(last));
    for number in [0, 32767, 65535] {
        let delete = ec2.delete_network_acl_entry().network_acl_id(&id).rule_number(number).egress(true);
        assert_eq!(code(delete.send().await), "InvalidParameterValue", "{number}");
    }
}

#[tokio::test]
async fn entries_are_made_replaced_and_read_back_acl_2_acl_5_acl_6() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = acl(&ec2, &vpc).await;
    let create = |protocol: &str, cidr: &str| {
        ec2.create_network_acl_entry()
            .network_acl_id(&id)
            .rule_number(100)
            .egress(false)
            .rule_action(RuleAction::Allow)
            .protocol(protocol)
            .cidr_block(cidr)
    };
    let replace = |port: i32| {
        ec2.replace_network_acl_entry()
            .network_acl_id(&id)
            .rule_number(100)
            .egress(false)
            .rule_action(RuleAction::Deny)
            .protocol("6")
            .cidr_block("10.0.0.0/8")
            .port_range(ports(port, port))
            .send()
    };
    assert_eq!(code(create("6", "10.0.0.0/8").send().await), "MissingParameter", "TCP needs ports");
    assert_eq!(code(create("nonsense", "10.0.0.0/8").send().await), "InvalidParameterValue");
    assert_eq!(code(replace(443).await), "InvalidNetworkAclEntry.NotFound");
    create("tcp", "10.1.2.3/8").port_range(ports(443, 443)).send().await.unwrap();
    let again = create("tcp", "10.0.0.0/8").port_range(ports(443, 443)).send().await;
    assert_eq!(code(again), "NetworkAclEntryAlreadyExists");
    let entries = read(&ec2, &id).await;
    let entry = entries.entries().iter().find(|entry| entry.rule_number() == Some(100)).unwrap();
    assert_eq!((entry.protocol(), entry.cidr_block()), (Some("6"), Some("10.0.0.0/8")), "ACL-5");
    assert_eq!(entry.port_range().unwrap().from(), Some(443));
    replace(80).await.unwrap();
    let entries = read(&ec2, &id).await;
    let entry = entries.entries().iter().find(|entry| entry.rule_number() == Some(100)).unwrap();
    assert_eq!(entry.rule_action(), Some(&RuleAction::Deny));
    assert_eq!(entry.port_range().unwrap().to(), Some(80));
    let delete = || ec2.delete_network_acl_entry().network_acl_id(&id).rule_number(100).egress(false).send();
    delete().await.unwrap();
    assert_eq!(code(delete().await), "InvalidNetworkAclEntry.NotFound");
}

#[tokio::test]
async fn the_twenty_first_entry_is_beyond_the_quota_acl_6() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let id = acl(&ec2, &vpc).await;
    let create = |number: i32, egress: bool| {
        ec2.create_network_acl_entry()
            .network_acl_id(&id)
            .rule_number(number)
            .egress(egress)
            .rule_action(RuleAction::Allow)
            .protocol("-1")
            .cidr_block("0.0.0.0/0")
            .send()
    };
    // AWS's own last entry counts too.
    for number in 1..=19 {
        create(number, false).await.unwrap();
    }
    assert_eq!(code(create(21, false).await), "NetworkAclEntryLimitExceeded");
    create(21, true).await.unwrap();
}

#[tokio::test]
async fn every_subnet_has_one_acl_and_moving_it_changes_the_associations_id_acl_1_acl_4() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    let subnet = subnet(&ec2, &vpc, "10.0.1.0/24").await;
    let id = acl(&ec2, &vpc).await;
    let guard = async || {
        let of_subnet = filter("association.subnet-id", &subnet);
        let listed = ec2.describe_network_acls().filters(of_subnet).send().await.unwrap();
        let acl = &listed.network_acls()[0];
        assert_eq!(listed.network_acls().len(), 1);
        let association = acl.associations()[0].network_acl_association_id().unwrap().to_owned();
        (acl.network_acl_id().unwrap().to_owned(), association)
    };
    let (default, old) = guard().await;
    let replace = |association: &str, acl: &str| {
        ec2.replace_network_acl_association().association_id(association).network_acl_id(acl).send()
    };
    let new = replace(&old, &id).await.unwrap().new_association_id.unwrap();
    assert_eq!(guard().await, (id.clone(), new.clone()));
    assert_ne!(old, new);
    assert_eq!(code(replace(&old, &id).await), "InvalidAssociationID.NotFound");
    let delete = |acl: &str| ec2.delete_network_acl().network_acl_id(acl).send();
    assert_eq!(code(delete(&id).await), "DependencyViolation");
    assert_eq!(code(delete(&default).await), "InvalidParameterValue", "the default ACL stays");
    replace(&new, &default).await.unwrap();
    delete(&id).await.unwrap();
    assert_eq!(code(delete(&id).await), "InvalidNetworkAclID.NotFound");
}
