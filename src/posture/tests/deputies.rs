//! Services that act for many customers: every row of the tables, once without a condition and once with what its page asks for.

use serde_json::{Value as Json, json};

use super::*;
use crate::posture::rules::deputy_guides::{
    Asks, Guide, IN_TRUST, ON_BUCKET, ON_KEY, ON_QUEUE, ON_TOPIC, SHOWN_WITHOUT,
};

/// An account with one thing under a policy, and the rule that judges it.
type OnOne = fn(Policy) -> Facts;

const PLACES: [(&str, &[Guide], &str, &str, OnOne); 5] = [
    ("role-service-source", &IN_TRUST, "sts:AssumeRole", "", role),
    ("bucket-service-source", &ON_BUCKET, "s3:PutObject", "arn:aws:s3:::data/*", bucket),
    ("key-service-source", &ON_KEY, "kms:GenerateDataKey*", "*", key),
    ("topic-service-source", &ON_TOPIC, "sns:Publish", TOPIC, topic),
    ("queue-service-source", &ON_QUEUE, "sqs:SendMessage", QUEUE, queue),
];

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:orders";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:jobs";

fn role(trust: Policy) -> Facts {
    let identity = Identity {
        name: "worker".into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:role/worker"),
        path: "/".into(),
        ..Identity::default()
    };
    let roles = vec![Role { identity, trust, ..Role::default() }];
    Facts { iam: Seen::Seen(Iam { roles, ..Iam::default() }), ..clean() }
}

fn bucket(policy: Policy) -> Facts {
    let bucket = Bucket {
        name: "data".into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(Some(policy)),
        policy_is_public: Seen::Seen(Some(false)),
        grants: Seen::Seen(vec![]),
        block: Seen::Seen(PublicAccessBlock::default()),
        access_logs: Seen::Seen(true),
        lifecycle: Seen::Seen(Lifecycle::default()),
        access_points: Seen::Seen(vec![]),
    };
    Facts { buckets: Seen::Seen(vec![bucket]), ..clean() }
}

fn in_region(region: Region) -> Facts {
    Facts { regions: Seen::Seen([("us-east-1".to_owned(), region)].into()), ..clean() }
}

fn key(policy: Policy) -> Facts {
    let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/1");
    let key = EncryptionKey { arn, rotates: Seen::NotAsked, policy: Seen::Seen(policy) };
    in_region(Region { keys: Seen::Seen(vec![key]), ..quiet_region() })
}

fn place(arn: &str, handle: &str, policy: Policy) -> Seen<Vec<MessagePlace>> {
    let policy = Seen::Seen(Some(policy));
    Seen::Seen(vec![MessagePlace { arn: arn.into(), handle: handle.into(), policy }])
}

fn topic(policy: Policy) -> Facts {
    in_region(Region { topics: place(TOPIC, TOPIC, policy), ..quiet_region() })
}

fn queue(policy: Policy) -> Facts {
    let url = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs";
    in_region(Region { queues: place(QUEUE, url, policy), ..quiet_region() })
}

fn statement(service: &str, actions: &Json, resource: &str, condition: Option<[String; 3]>) -> Policy {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": format!("{service}.amazonaws.com") },
        "Action": actions,
    });
    if !resource.is_empty() {
        statement["Resource"] = resource.into();
    }
    if let Some([operator, key, value]) = condition {
        statement["Condition"] = json!({ operator: { key: value } });
    }
    Policy::of(&json!({ "Version": "2012-10-17", "Statement": [statement] })).unwrap()
}

#[test]
fn every_service_of_the_tables_is_found_without_a_condition_and_silent_with_the_one_that_its_page_shows() {
    for (rule, guides, action, resource, account) in PLACES {
        for guide in guides {
            let judged = |condition: Option<[String; 3]>| {
                let policy = statement(guide.service, &json!(action), resource, condition);
                judge(&account(policy), &everything_asked())
            };
            let open = judged(None);
            assert_eq!(ids(&open), [rule], "{} without a condition", guide.service);
            assert!(open.findings[0].evidence[0].contains(&guide.cited()), "{:?}", open.findings[0].evidence);
            let [_, key, value] = guide.condition("aws", ACCOUNT);
            let next = &open.findings[0].next;
            assert!(next.contains(&key) && next.contains(&value), "{rule} {}: {next}", guide.service);
            let bound = judged(Some(guide.condition("aws", ACCOUNT)));
            assert_eq!(ids(&bound), Vec::<&str>::new(), "{rule}: {} as its page shows it", guide.service);
            let of_another = judged(Some(guide.condition("aws", "000000000000")));
            assert_eq!(ids(&of_another), [rule], "{} for another account", guide.service);
        }
    }
}

#[test]
fn every_row_names_a_page_of_aws_and_no_service_stands_twice_in_a_table() {
    for (rule, guides, ..) in PLACES {
        let names: Vec<&str> = guides.iter().map(|guide| guide.service).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{rule}: {names:?}");
        for guide in guides {
            let (title, address) =
                guide.cited().rsplit_once(", ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            assert!(title.contains("Guide, "), "{title}");
            let page = address.strip_prefix("https://docs.aws.amazon.com/").unwrap();
            assert!(page.ends_with(".html") && page.split('/').count() >= 3, "{address}");
            if let Asks::Source(arn) | Asks::Context(_, arn) = guide.asks {
                assert!(arn.contains("ACCOUNT"), "{arn}");
            }
        }
    }
}

#[test]
fn what_aws_shows_without_a_condition_is_silent_in_that_form_alone() {
    for (service, actions) in SHOWN_WITHOUT {
        for (actions, open) in [
            (json!(actions), false),
            (json!(["kms:generatedatakey", "kms:decrypt"]), false),
            (json!(actions[0]), true),
            (json!([actions[0], actions[1], "kms:Encrypt"]), true),
            (json!("kms:*"), true),
        ] {
            let found = found(&key(statement(service, &actions, "*", None)));
            assert_eq!(found.is_empty(), !open, "{service} {actions}: {found:?}");
        }
    }
}
