//! SNS as the SDK sees it.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::ProvideErrorMetadata as _;

use crate::sandbox::testing::{config, config_with};
use crate::sandbox::{Profile, Sandbox};

const ARN: &str = "arn:aws:sns:us-east-1:123456789012:orders";

fn policy(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"own","Effect":"Allow","Principal":{principal},"Action":"sns:Publish","Resource":"{ARN}"}}]}}"#
    )
}

#[tokio::test]
async fn a_topic_is_its_own_account_s_until_its_policy_says_otherwise() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let sns = Client::new(&config(&sandbox, "us-east-1"));
    let get = || sns.get_topic_attributes().topic_arn(ARN);
    assert_eq!(get().send().await.unwrap_err().code(), Some("NotFound"));
    assert_eq!(sns.create_topic().name("orders").send().await.unwrap().topic_arn(), Some(ARN));
    assert_eq!(sns.create_topic().name("orders").send().await.unwrap().topic_arn(), Some(ARN));
    let shown = get().send().await.unwrap();
    let default = &shown.attributes().unwrap()["Policy"];
    assert!(default.contains(r#""AWS":"*""#) && default.contains(r#""AWS:SourceAccount":"123456789012""#));
    let set = |name: &str, value: &str| {
        sns.set_topic_attributes().topic_arn(ARN).attribute_name(name).attribute_value(value)
    };
    set("Policy", &policy(r#"{"Service":"s3.amazonaws.com"}"#)).send().await.unwrap();
    assert!(get().send().await.unwrap().attributes().unwrap()["Policy"].contains("s3.amazonaws.com"));
    for (name, value, code) in [
        ("Policy", "{}", "InvalidParameter"),
        ("Policy", &policy(r#"{"AWS":"arn:aws:iam::123456789012:user/nobody"}"#), "InvalidParameter"),
        ("Unheard", "x", "InvalidParameter"),
        ("KmsMasterKeyId", "x", "NotImplemented"),
    ] {
        assert_eq!(set(name, value).send().await.unwrap_err().code(), Some(code), "{name}");
    }
    let other = sns.create_topic().name("orders").attributes("DisplayName", "Others").send().await;
    assert_eq!(other.unwrap_err().code(), Some("InvalidParameter"));
    for _ in 0..2 {
        sns.delete_topic().topic_arn(ARN).send().await.unwrap();
    }
    assert!(sns.list_topics().send().await.unwrap().topics().is_empty());
}

#[tokio::test]
async fn lists_come_in_pages_of_a_hundred() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let sns = Client::new(&config(&sandbox, "us-east-1"));
    for number in 0..103 {
        sns.create_topic().name(format!("topic-{number}")).send().await.unwrap();
    }
    let first = sns.list_topics().send().await.unwrap();
    assert_eq!(first.topics().len(), 100);
    let second = sns.list_topics().next_token(first.next_token().unwrap()).send().await.unwrap();
    assert_eq!((second.topics().len(), second.next_token()), (3, None));
}

#[tokio::test]
async fn the_policy_of_a_topic_denies_and_allows() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let root = config(&sandbox, "us-east-1");
    let iam = aws_sdk_iam::Client::new(&root);
    iam.create_user().user_name("reader").send().await.unwrap();
    let key = iam.create_access_key().user_name("reader").send().await.unwrap();
    let key = key.access_key().unwrap();
    let keys = (key.access_key_id(), key.secret_access_key(), None);
    let (owner, reader) = (Client::new(&root), Client::new(&config_with(&sandbox, "us-east-1", keys)));
    owner.create_topic().name("orders").send().await.unwrap();
    let get = || reader.get_topic_attributes().topic_arn(ARN).send();
    let refused = get().await.unwrap_err();
    assert_eq!(refused.code(), Some("AuthorizationError"));
    assert!(refused.message().unwrap().contains("is not authorized to perform: sns:GetTopicAttributes"));
    for (effect, allowed) in [("Allow", true), ("Deny", false)] {
        let policy = policy(r#"{"AWS":"arn:aws:iam::123456789012:user/reader"}"#)
            .replace("sns:Publish", "sns:GetTopicAttributes")
            .replace("Allow", effect);
        let set = owner.set_topic_attributes().topic_arn(ARN).attribute_name("Policy");
        set.attribute_value(policy).send().await.unwrap();
        assert_eq!(get().await.is_ok(), allowed, "{effect}");
    }
}
