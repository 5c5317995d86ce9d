use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::policy::Who;

/// Reference policies with candidates that AWS says pass and fail its check for new access, as its examples of custom policy checks
/// give them (MIT-0).
const CHECKS: &str = include_str!("published_checks.jsonl");

/// An example that does not say what its title says: it names another ACL than the one it is about.
const MISTAKEN: [(&str, usize); 1] = [("ec2-network-acl", 3)];

fn policy(statements: &Json) -> Policy {
    Policy::of(&json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

fn allow(principal: &Json, action: &str, resource: &str, condition: &Json) -> Json {
    json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, "Condition": condition })
}

fn bucket() -> About<'static> {
    let resources = vec!["arn:aws:s3:::data".to_owned(), "arn:aws:s3:::data/?*".to_owned()];
    About { resources, account: Some("123456789012"), ..About::default() }
}

#[test]
fn aws_s_own_examples_of_new_access_are_answered_as_aws_answers_them() {
    let (mut counts, mut wrong) = ((0, 0), Vec::new());
    for line in CHECKS.lines() {
        let check: Json = serde_json::from_str(line).unwrap();
        let reference = Policy::of(&check["reference"]).unwrap();
        for (index, candidate) in check["candidates"].as_array().unwrap().iter().enumerate() {
            let policy = Policy::of(&candidate["policy"]).unwrap();
            let found = compare(&reference, &policy, &About::default());
            let expected = candidate["new"] == true;
            if expected {
                counts.1 += 1
            } else {
                counts.0 += 1
            }
            let is_mistaken = MISTAKEN.contains(&(check["check"].as_str().unwrap(), index + 1));
            if !found.unproven.is_empty() || found.new.is_empty() == (expected && !is_mistaken) {
                wrong.push(format!("{} {}: {found:?}", check["check"], index + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} of {counts:?}", wrong.len());
    assert_eq!(counts, (92, 115));
}

#[test]
fn what_is_new_is_told_as_a_request_in_full() {
    let reader = json!({ "AWS": "arn:aws:iam::999988887777:role/reader" });
    let account = json!({ "AWS": "999988887777" });
    let office = json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } });
    let in_org = json!({ "StringEquals": { "aws:PrincipalOrgID": "o-1" } });
    let by_arn = |arn: &str| json!({ "ArnLike": { "aws:PrincipalArn": arn } });
    let none = json!({});
    let object = "arn:aws:s3:::data/*";
    let get = |principal: &Json, condition: &Json| allow(principal, "s3:GetObject", object, condition);
    let everybody = json!("*");
    for (name, old, new, expected) in [
        ("nothing changes", vec![get(&reader, &none)], vec![get(&reader, &none)], ""),
        ("nothing is allowed any more", vec![get(&everybody, &none)], vec![], ""),
        ("one of those who were let in", vec![get(&account, &none)], vec![get(&reader, &none)], ""),
        (
            "a role for its whole account",
            vec![get(&reader, &none)],
            vec![get(&account, &none)],
            "account 999988887777: s3:GetObject arn:aws:s3:::data/",
        ),
        (
            "the world",
            vec![get(&everybody, &in_org)],
            vec![get(&everybody, &none)],
            "anybody, without credentials: s3:GetObject arn:aws:s3:::data/",
        ),
        (
            "a condition that does not bind enough",
            vec![get(&everybody, &office)],
            vec![get(&everybody, &json!({ "IpAddress": { "aws:SourceIp": "203.0.112.0/23" } }))],
            "anybody, without credentials: s3:GetObject arn:aws:s3:::data/x aws:SourceIp=203.0.112.0",
        ),
        (
            "half of the range",
            vec![get(&everybody, &office)],
            vec![get(&everybody, &json!({ "IpAddress": { "aws:SourceIp": "203.0.113.128/25" } }))],
            "",
        ),
        (
            "a role by a condition",
            vec![get(&everybody, &by_arn("arn:aws:iam::999988887777:role/a*"))],
            vec![get(&everybody, &by_arn("arn:aws:iam::999988887777:role/*"))],
            "arn:aws:iam::999988887777:role/",
        ),
        (
            "an account by a condition, and one of its roles",
            vec![get(&everybody, &json!({ "StringEquals": { "aws:PrincipalAccount": "999988887777" } }))],
            vec![get(&everybody, &by_arn("arn:aws:iam::999988887777:role/a"))],
            "",
        ),
        (
            "a wider path",
            vec![allow(&reader, "s3:GetObject", "arn:aws:s3:::data/public/*", &none)],
            vec![get(&reader, &none)],
            "arn:aws:iam::999988887777:role/reader: s3:GetObject arn:aws:s3:::data/",
        ),
        (
            "more actions",
            vec![get(&reader, &none)],
            vec![allow(&reader, "s3:Get*", object, &none)],
            "arn:aws:iam::999988887777:role/reader: s3:Get* arn:aws:s3:::data/",
        ),
        (
            "a deny that is gone",
            vec![
                get(&everybody, &none),
                json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                        "Condition": { "Bool": { "aws:SecureTransport": "false" } } }),
            ],
            vec![get(&everybody, &none)],
            "anybody, without credentials: s3:GetObject arn:aws:s3:::data/x aws:SecureTransport=false",
        ),
        (
            "another bucket",
            vec![],
            vec![allow(&everybody, "s3:GetObject", "arn:aws:s3:::other/*", &none)],
            "",
        ),
    ] {
        let found = compare(&policy(&json!(old)), &policy(&json!(new)), &bucket());
        assert_eq!(found.unproven, Vec::<String>::new(), "{name}");
        let told: Vec<String> = found
            .new
            .iter()
            .map(|access| {
                let keys =
                    access.conditions.iter().map(|(key, values)| format!(" {key}={}", values.join(",")));
                let resource = access.resource.clone().unwrap_or_default();
                let who = access.who.clone().unwrap_or_default();
                format!("{who}: {} {resource}{}", access.action, keys.collect::<String>())
            })
            .collect();
        match expected {
            "" => assert_eq!(told, Vec::<String>::new(), "{name}"),
            expected => assert!(told.iter().any(|told| told.starts_with(expected)), "{name}: {told:#?}"),
        }
    }
}

#[test]
fn only_what_lets_in_somebody_outside_counts_where_that_is_asked() {
    let on = |principal: Json| {
        policy(&json!([allow(&principal, "s3:GetObject", "arn:aws:s3:::data/*", &json!({}))]))
    };
    for (principal, outside) in [
        (json!({ "AWS": "arn:aws:iam::123456789012:role/own" }), false),
        (json!({ "AWS": "123456789012" }), false),
        (json!({ "Service": "cloudtrail.amazonaws.com" }), false),
        (json!({ "AWS": "999988887777" }), true),
        (json!("*"), true),
        (json!({ "Federated": "arn:aws:iam::123456789012:saml-provider/own" }), true),
    ] {
        let about = About { only_outside: true, ..bucket() };
        let found = compare(&policy(&json!([])), &on(principal.clone()), &about);
        assert_eq!(!found.new.is_empty(), outside, "{principal}");
        assert!(!compare(&policy(&json!([])), &on(principal), &bucket()).new.is_empty());
    }
}

#[test]
fn what_cannot_be_compared_is_said_and_never_called_safe() {
    let own =
        json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*" });
    let read = json!({ "Effect": "Allow", "Action": "s3:Get*", "Resource": "*" });
    let compare = |old: Json, new: Json| compare(&policy(&old), &policy(&new), &About::default());
    // In the same words on both sides it changes nothing.
    assert_eq!(compare(json!([own]), json!([own])), Comparison::default());
    assert_eq!(compare(json!([own, read]), json!([own])), Comparison::default());
    let unknown = compare(json!([]), json!([own]));
    assert_eq!(unknown.unproven, ["statement 1 has variables, whose values are not known"]);
    let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::home/a/*" });
    assert!(!compare(json!([own, deny]), json!([own])).unproven.is_empty(), "a deny that is gone");
    let canonical = json!([{ "Effect": "Allow", "Principal": { "CanonicalUser": "1" }, "Action": "s3:Get*", "Resource": "*" }]);
    assert!(!compare(json!([]), canonical).unproven.is_empty());
}

#[test]
fn what_is_written_to_keep_the_comparison_busy_is_given_up() {
    let stars: Vec<String> =
        (0..120).map(|number| format!("arn:aws:s3:::*a{number}*b{number}*c{number}*")).collect();
    let busy = json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": stars }]);
    let found = compare(&policy(&json!([])), &policy(&busy), &About::default());
    assert_eq!(found.unproven, ["the policies name too many patterns of resources"]);
    // A value that is no number and no time is compared, and no panic.
    let odd = json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {
        "DateLessThan": { "aws:CurrentTime": "tomorrow" }, "NumericLessThan": { "s3:max-keys": "many" } } }]);
    assert_eq!(compare(&policy(&json!([])), &policy(&odd), &About::default()), Comparison::default());
}

/// What somebody can write into the 20 KiB and more that a policy may have, each of it many times many.
#[test]
fn a_comparison_takes_no_longer_than_it_may_whatever_the_policies_repeat() {
    let one = |member: &str, value: Json| {
        let mut statement =
            json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" });
        statement[member] = value;
        statement
    };
    let each = |count: usize, make: &dyn Fn(usize) -> Json| (0..count).map(make).collect::<Vec<Json>>();
    let denied = |values: &[&str], count: usize| {
        let deny = |n: usize| {
            json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                    "Condition": { "StringEquals": { format!("aws:k{n}"): values } } })
        };
        let mut statements = each(count, &deny);
        statements.push(one("Action", json!("*")));
        statements
    };
    let arn = |n: usize| json!(format!("arn:aws:iam::{n:012}:role/r"));
    let all = |n: usize| {
        json!({ "Effect": if n.is_multiple_of(2) { "Allow" } else { "Deny" },
                "Principal": { "AWS": arn(n) }, "Action": format!("s3:Get{n}*"),
                "Resource": format!("arn:aws:s3:::b{n}/*") })
    };
    let by_arn = |n: usize| json!(format!("arn:aws-{n}:iam::{n:012}:role/r"));
    let (mut tried, mut proven) = (0, 0);
    for (name, old, new) in [
        ("conditions on other keys", denied(&["v"], 1_000), denied(&["v", "w"], 1_000)),
        ("a few conditions on other keys", denied(&["v"], 60), denied(&["v", "w"], 60)),
        ("values", denied(&["v"], 1), denied(&["v", "w"], 1)),
        ("people", vec![], vec![one("Principal", json!({ "AWS": each(1_000, &arn) }))]),
        ("statements of somebody each about something each", each(300, &all), each(301, &all)),
        (
            "partitions and accounts",
            vec![],
            vec![one("Condition", json!({ "ArnLike": { "aws:PrincipalArn": each(1_000, &by_arn) } }))],
        ),
        (
            "services and stars",
            vec![],
            vec![one("Action", json!(each(2_000, &|n| json!(format!("{}:Get{n}*", ["*", "s"][n % 2])))))],
        ),
        (
            "the same statement",
            vec![one("Action", json!("s3:*")); 4_000],
            vec![one("Action", json!("s3:Get*")); 4_000],
        ),
    ] {
        let began = std::time::Instant::now();
        let found = compare(&policy(&json!(old)), &policy(&json!(new)), &About::default());
        // A build without optimization on a busy machine; some of these took minutes.
        assert!(began.elapsed().as_secs() < 60, "{name}: {:?}", began.elapsed());
        tried += 1;
        proven += usize::from(found.unproven.is_empty());
    }
    assert!(proven >= 2, "only {proven} were compared in full");
    let what = format!("{tried} pairs of policies, {proven} compared in full");
    crate::tried::counted("policies-of-one-thing", &what);
}

#[test]
fn policies_of_a_thousand_actions_are_compared() {
    let patterns = |verbs: &[&str]| -> Vec<String> {
        let services = 0..200;
        services.flat_map(|number| verbs.iter().map(move |verb| format!("service{number}:{verb}*"))).collect()
    };
    let read =
        |actions: Vec<String>| policy(&json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]));
    let (small, large) =
        (patterns(&["Get", "List"]), patterns(&["Get", "List", "Describe", "BatchGet", "Search"]));
    assert_eq!(compare(&read(large.clone()), &read(small.clone()), &About::default()), Comparison::default());
    let found = compare(&read(small), &read(large), &About::default());
    assert_eq!((found.new.len(), found.unproven.len()), (1, 0), "{found:?}");
    // A star among the services, or in the name of one, is compared with all of them.
    for wide in ["*:Get*", "service1*:Get*"] {
        let found =
            compare(&read(vec!["service11:Get*".into()]), &read(vec![wide.into()]), &About::default());
        assert_eq!((found.new.len(), found.unproven.len()), (1, 0), "{wide} {found:?}");
    }
}

/// An action, a resource, and condition keys with their values.
type Request = (String, String, Vec<(&'static str, &'static str)>);

/// Every request of a small world.
fn requests() -> Vec<Request> {
    let texts = ["", "a", "b", "c", "aa", "ab", "ba", "bb", "ca", "aab", "bab"];
    let mut all = Vec::new();
    for action in texts.iter().filter(|text| !text.is_empty()) {
        for resource in texts.iter().filter(|text| !text.is_empty()) {
            for tag in ["", "a", "b", "ab"] {
                for mfa in ["", "true", "false"] {
                    let keys = [("aws:tag", tag), ("aws:mfa", mfa)];
                    let keys = keys.into_iter().filter(|(_, value)| !value.is_empty()).collect();
                    all.push((format!("s:{action}"), format!("arn:aws:s:::{resource}"), keys));
                }
            }
        }
    }
    all
}

fn statement() -> impl Strategy<Value = Json> {
    let condition = prop_oneof![
        Just(json!({})),
        "[ab*]{1,2}".prop_map(|value| json!({ "StringLike": { "aws:tag": value } })),
        "[ab]{1,2}".prop_map(|value| json!({ "StringNotEquals": { "aws:tag": value } })),
        Just(json!({ "Bool": { "aws:mfa": "true" } })),
        Just(json!({ "BoolIfExists": { "aws:mfa": "true" }, "Null": { "aws:tag": "false" } })),
        "[ab]".prop_map(|value| json!({ "ForAllValues:StringEquals": { "aws:tag": [value, "ab"] } })),
    ];
    let negates = any::<bool>();
    (any::<bool>(), "[ab*?]{1,3}", "[ab*?]{1,3}", condition, negates).prop_map(
        |(allows, action, resource, condition, negates)| {
            let resources = if negates { "NotResource" } else { "Resource" };
            json!({ "Effect": if allows { "Allow" } else { "Deny" }, "Action": format!("s:{action}"),
                    resources: format!("arn:aws:s:::{resource}"), "Condition": condition })
        },
    )
}

proptest! {
    #[test]
    fn nothing_new_is_missed(
        old in proptest::collection::vec(statement(), 1..4), new in proptest::collection::vec(statement(), 1..4)
    ) {
        let (old, new) = (policy(&json!(old)), policy(&json!(new)));
        let found = compare(&old, &new, &About::default());
        // All sets of the values of one key are too many where the patterns are: that is said, and no proof.
        for reason in &found.unproven {
            prop_assert!(reason.contains("several values"), "{reason}");
        }
        let allows = |policy: &Policy, action: &str, resource: &str, context: &Context| {
            let ask = Ask { who: Who::Anonymous, action, resource, context };
            policy.denying(&ask).is_none() && policy.allowing(&ask).is_some()
        };
        let is_new = |(action, resource, keys): &Request| {
            let context = keys.iter().fold(Context::complete(), |context, (key, value)| context.with(key, *value));
            allows(&new, action, resource, &context) && !allows(&old, action, resource, &context)
        };
        if let Some(missed) = requests().iter().find(|request| is_new(request)) {
            prop_assert!(found != Comparison::default(), "{missed:?} is new");
        }
    }
}
