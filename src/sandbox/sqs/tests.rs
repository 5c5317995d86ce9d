//! SQS as the SDK sees it.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::QueueAttributeName;

use crate::sandbox::testing::{config, config_with};
use crate::sandbox::{Profile, Sandbox};

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/reader"},"Action":"sqs:GetQueueAttributes","Resource":"arn:aws:sqs:us-east-1:123456789012:jobs"}]}"#;

#[tokio::test]
async fn a_queue_has_the_attributes_of_aws_and_those_that_were_set() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let sqs = Client::new(&config(&sandbox, "us-east-1"));
    let get = |name: &str| sqs.get_queue_attributes().queue_url(URL).attribute_names(name.into());
    let gone = get("All").send().await.unwrap_err();
    assert_eq!(gone.code(), Some("AWS.SimpleQueueService.NonExistentQueue"));
    let make = || sqs.create_queue().queue_name("jobs");
    assert_eq!(make().send().await.unwrap().queue_url(), Some(URL));
    assert_eq!(make().send().await.unwrap().queue_url(), Some(URL));
    assert_eq!(get("Policy").send().await.unwrap().attributes(), None);
    let all = get("All").send().await.unwrap();
    let all = all.attributes().unwrap();
    assert_eq!(all[&QueueAttributeName::VisibilityTimeout], "30");
    assert_eq!(all[&QueueAttributeName::QueueArn], "arn:aws:sqs:us-east-1:123456789012:jobs");
    let set =
        |name: &str, value: &str| sqs.set_queue_attributes().queue_url(URL).attributes(name.into(), value);
    set("VisibilityTimeout", "60").send().await.unwrap();
    let all = get("VisibilityTimeout").send().await.unwrap();
    assert_eq!(all.attributes().unwrap().len(), 1);
    for (name, value, code) in [
        ("VisibilityTimeout", "-1", "InvalidAttributeValue"),
        ("Policy", "{", "InvalidAttributeValue"),
        ("Unheard", "1", "InvalidAttributeName"),
        ("KmsMasterKeyId", "x", "NotImplemented"),
    ] {
        assert_eq!(set(name, value).send().await.unwrap_err().code(), Some(code), "{name}");
    }
    let other = make().attributes(QueueAttributeName::VisibilityTimeout, "90").send().await.unwrap_err();
    assert_eq!(other.code(), Some("QueueAlreadyExists"));
    assert_eq!(sqs.get_queue_url().queue_name("jobs").send().await.unwrap().queue_url(), Some(URL));
    sqs.delete_queue().queue_url(URL).send().await.unwrap();
    let soon = make().send().await.unwrap_err();
    assert_eq!(soon.code(), Some("AWS.SimpleQueueService.QueueDeletedRecently"));
    sandbox.with_world(|world| world.clock += 60_000);
    make().send().await.unwrap();
}

#[tokio::test]
async fn lists_have_pages_only_where_the_call_says_how_large() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let sqs = Client::new(&config(&sandbox, "us-east-1"));
    assert!(sqs.list_queues().send().await.unwrap().queue_urls().is_empty());
    for number in 0..3 {
        sqs.create_queue().queue_name(format!("queue-{number}")).send().await.unwrap();
    }
    assert_eq!(sqs.list_queues().send().await.unwrap().queue_urls().len(), 3);
    let first = sqs.list_queues().max_results(2).send().await.unwrap();
    assert_eq!(first.queue_urls().len(), 2);
    let next = sqs.list_queues().max_results(2).next_token(first.next_token().unwrap());
    assert_eq!(next.send().await.unwrap().queue_urls().len(), 1);
    let one = sqs.list_queues().queue_name_prefix("queue-1").send().await.unwrap();
    assert_eq!(one.queue_urls().len(), 1);
}

#[tokio::test]
async fn the_policy_of_a_queue_denies_and_allows() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let root = config(&sandbox, "us-east-1");
    let iam = aws_sdk_iam::Client::new(&root);
    iam.create_user().user_name("reader").send().await.unwrap();
    let key = iam.create_access_key().user_name("reader").send().await.unwrap();
    let key = key.access_key().unwrap();
    let keys = (key.access_key_id(), key.secret_access_key(), None);
    let (owner, reader) = (Client::new(&root), Client::new(&config_with(&sandbox, "us-east-1", keys)));
    owner.create_queue().queue_name("jobs").send().await.unwrap();
    let get = || reader.get_queue_attributes().queue_url(URL).attribute_names(QueueAttributeName::All);
    assert_eq!(get().send().await.unwrap_err().code(), Some("AccessDenied"));
    for (effect, allowed) in [("Allow", true), ("Deny", false)] {
        let policy = POLICY.replace("Allow", effect);
        let set = owner.set_queue_attributes().queue_url(URL);
        set.attributes(QueueAttributeName::Policy, policy).send().await.unwrap();
        assert_eq!(get().send().await.is_ok(), allowed, "{effect}");
    }
}
