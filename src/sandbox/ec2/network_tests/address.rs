//! Elastic addresses.

use aws_sdk_ec2::types::DomainType;

use super::{code, filter, sandbox};

#[tokio::test]
async fn five_addresses_are_a_regions_quota_and_a_released_one_is_gone() {
    let (_sandbox, ec2) = sandbox();
    let allocate = || ec2.allocate_address().domain(DomainType::Vpc).send();
    let first = allocate().await.unwrap();
    let id = first.allocation_id().unwrap();
    let listed = ec2.describe_addresses().allocation_ids(id).send().await.unwrap();
    assert_eq!(listed.addresses()[0].public_ip(), first.public_ip());
    assert_eq!(listed.addresses()[0].domain(), Some(&DomainType::Vpc));
    let by_ip = filter("public-ip", first.public_ip().unwrap());
    assert_eq!(ec2.describe_addresses().filters(by_ip).send().await.unwrap().addresses().len(), 1);
    for _ in 0..4 {
        allocate().await.unwrap();
    }
    assert_eq!(code(allocate().await), "AddressLimitExceeded");
    ec2.release_address().allocation_id(id).send().await.unwrap();
    let again = ec2.release_address().allocation_id(id).send().await;
    assert_eq!(code(again), "InvalidAllocationID.NotFound");
    let gone = ec2.describe_addresses().public_ips(first.public_ip().unwrap()).send().await;
    assert_eq!(code(gone), "InvalidAddress.NotFound");
}
