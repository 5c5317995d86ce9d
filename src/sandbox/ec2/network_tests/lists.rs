//! What all lists have in common.

use super::{code, filter, group, sandbox, vpc, wait};
use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

#[tokio::test]
async fn an_unknown_filter_is_refused_even_where_nothing_is() {
    let (_sandbox, ec2) = sandbox();
    let wrong = || filter("colour", "red");
    assert_eq!(code(ec2.describe_vpcs().filters(wrong()).send().await), "InvalidParameterValue");
    assert_eq!(code(ec2.describe_nat_gateways().filter(wrong()).send().await), "InvalidParameterValue");
    assert_eq!(code(ec2.describe_tags().filters(wrong()).send().await), "InvalidParameterValue");
    assert_eq!(
        code(ec2.describe_regions().filters(filter("tag:a", "b")).send().await),
        "InvalidParameterValue"
    );
}

#[tokio::test]
async fn pages_hold_what_was_asked_for_and_every_thing_once() {
    let (_sandbox, ec2) = sandbox();
    let vpc = vpc(&ec2, "10.0.0.0/16").await;
    for number in 0..12 {
        group(&ec2, &vpc, &format!("group-{number}")).await;
    }
    let all = ec2.describe_security_groups().filters(filter("vpc-id", &vpc)).send().await.unwrap();
    assert_eq!((all.security_groups().len(), all.next_token()), (13, None));
    let first = ec2.describe_security_groups().filters(filter("vpc-id", &vpc)).max_results(5);
    let first = first.send().await.unwrap();
    assert!(first.security_groups().len() == 5 && first.next_token().is_some());
    let pages = ec2.describe_security_groups().filters(filter("vpc-id", &vpc)).max_results(5);
    let listed: Vec<_> = pages.into_paginator().items().send().try_collect().await.unwrap();
    let ids: std::collections::BTreeSet<_> = listed.iter().filter_map(|group| group.group_id()).collect();
    assert_eq!((listed.len(), ids.len()), (13, 13));
    assert_eq!(code(ec2.describe_vpcs().max_results(4).send().await), "InvalidParameterValue");
    assert_eq!(code(ec2.describe_vpcs().next_token("x").send().await), "InvalidNextToken");
    let both = ec2.describe_vpcs().vpc_ids(&vpc).max_results(5).send().await;
    assert_eq!(code(both), "InvalidParameterCombination");
}

#[tokio::test]
async fn a_new_thing_is_not_found_at_first_and_then_it_is_net_10() {
    let sandbox = Sandbox::new(Profile::Hostile, 1);
    let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox, "eu-west-1"));
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let create = ec2.create_subnet().vpc_id(&id).cidr_block("10.0.1.0/24");
    assert_eq!(code(create.send().await), "InvalidVpcID.NotFound");
    wait(&sandbox, 60);
    super::subnet(&ec2, &id, "10.0.1.0/24").await;
}
