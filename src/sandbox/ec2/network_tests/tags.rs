//! Tags.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};

use super::{code, filter, sandbox, vpc};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

#[tokio::test]
async fn tags_are_put_on_by_the_creating_call() {
    let (_sandbox, ec2) = sandbox();
    let tagged = |kind| TagSpecification::builder().resource_type(kind).tags(tag("Name", "main")).build();
    let create = |kind| ec2.create_vpc().cidr_block("10.0.0.0/16").tag_specifications(tagged(kind)).send();
    assert_eq!(code(create(ResourceType::Subnet).await), "InvalidParameterValue");
    let made = create(ResourceType::Vpc).await.unwrap();
    assert_eq!(made.vpc().unwrap().tags()[0].value(), Some("main"));
    let found = ec2.describe_vpcs().filters(filter("tag:Name", "ma*")).send().await.unwrap();
    assert_eq!(found.vpcs()[0].vpc_id(), made.vpc().unwrap().vpc_id());
    assert!(ec2.describe_vpcs().filters(filter("tag:Name", "Main")).send().await.unwrap().vpcs().is_empty());
    assert_eq!(ec2.describe_vpcs().filters(filter("tag-key", "Name")).send().await.unwrap().vpcs().len(), 1);
}

#[tokio::test]
async fn keys_not_named_stay_and_values_are_taken_off_only_where_they_match_tag_2() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let create = |tag: Tag| ec2.create_tags().resources(&id).tags(tag).send();
    create(tag("a", "1")).await.unwrap();
    create(tag("b", "2")).await.unwrap();
    create(tag("a", "3")).await.unwrap();
    let read = async || {
        let listed = ec2.describe_tags().filters(filter("resource-id", &id)).send().await.unwrap();
        assert!(listed.tags().iter().all(|tag| tag.resource_type() == Some(&ResourceType::Vpc)));
        let pairs =
            listed.tags().iter().map(|tag| format!("{}={}", tag.key().unwrap(), tag.value().unwrap()));
        pairs.collect::<Vec<_>>()
    };
    assert_eq!(read().await, ["a=3", "b=2"]);
    let delete = |tag: Tag| ec2.delete_tags().resources(&id).tags(tag).send();
    delete(tag("a", "1")).await.unwrap();
    assert_eq!(read().await, ["a=3", "b=2"]);
    delete(Tag::builder().key("a").build()).await.unwrap();
    assert_eq!(read().await, ["b=2"]);
}

#[tokio::test]
async fn reserved_and_too_many_tags_and_unknown_resources_are_refused_tag_1_tag_3() {
    let (_sandbox, ec2) = sandbox();
    let id = vpc(&ec2, "10.0.0.0/16").await;
    let create = |id: &str, tags: Vec<Tag>| ec2.create_tags().resources(id).set_tags(Some(tags)).send();
    assert_eq!(code(create(&id, vec![tag("aws:x", "1")]).await), "InvalidParameterValue");
    assert_eq!(code(create(&id, vec![tag("a", "1"), tag("a", "2")]).await), "InvalidParameterValue");
    let many = |from: usize| (from..from + 26).map(|number| tag(&number.to_string(), "")).collect();
    create(&id, many(0)).await.unwrap();
    assert_eq!(code(create(&id, many(26)).await), "TagLimitExceeded");
    let unknown = create("vpc-0123456789abcdef0", vec![tag("a", "1")]).await;
    assert_eq!(code(unknown), "InvalidVpcID.NotFound");
    assert_eq!(code(create("house-1", vec![tag("a", "1")]).await), "InvalidID");
}
