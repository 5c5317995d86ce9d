//! Services that users and roles may use, and whether they do.

use super::*;

fn use_of(services: &[(&str, Option<i64>)]) -> Vec<ServiceUse> {
    let one = |(service, used): &(&str, Option<i64>)| ServiceUse {
        service: (*service).into(),
        used: used.and_then(days_ago),
    };
    services.iter().map(one).collect()
}

/// An account with one role and what is known of its use.
fn with(path: &str, created: i64, seen: Option<Seen<Vec<ServiceUse>>>) -> Facts {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role{path}build");
    let identity = Identity {
        name: "build".into(),
        arn: arn.clone(),
        path: path.into(),
        created: days_ago(created),
        ..Identity::default()
    };
    let iam = Iam { roles: vec![Role { identity, ..Role::default() }], ..Iam::default() };
    Facts { iam: Seen::Seen(iam), service_use: seen.map(|seen| (arn, seen)).into_iter().collect(), ..clean() }
}

fn asked() -> Asked {
    Asked { audit: everything_asked().audit, ..Asked::default() }
}

#[test]
fn a_service_that_is_granted_and_not_used_is_shown() {
    let never = [("s3", Some(3)), ("ec2", None)];
    for (path, created, services, expected) in [
        ("/", 200, &never[..], true),
        ("/", 200, &[("s3", Some(3)), ("ec2", Some(90))], true),
        ("/", 200, &[("s3", Some(3)), ("ec2", Some(89))], false),
        ("/", 200, &[], false),
        // It was made a month ago.
        ("/", 30, &never, false),
        ("/aws-service-role/x.amazonaws.com/", 200, &never, false),
    ] {
        let facts = with(path, created, Some(Seen::Seen(use_of(services))));
        let posture = judge(&facts, &asked());
        let found = ids(&posture).contains(&"unused-services");
        assert_eq!(found, expected, "{path} {created} {services:?}");
        assert!(posture.is_complete() || path != "/", "{:?}", posture.undecided);
    }
}

#[test]
fn an_answer_that_is_missing_leaves_the_rule_open() {
    for seen in [None, Some(Seen::Unreadable(unread("iam:GetServiceLastAccessedDetails")))] {
        let posture = judge(&with("/", 200, seen), &asked());
        assert!(!ids(&posture).contains(&"unused-services"));
        assert!(posture.undecided.contains_key("unused-services"), "{:?}", posture.undecided);
    }
}

#[test]
fn a_file_that_does_not_ask_is_told_nothing() {
    let mut asked = asked();
    asked.audit.as_mut().unwrap().unused_services_days = None;
    let posture = judge(&with("/", 200, None), &asked);
    assert!(!posture.counted.contains_key("unused-services") && posture.undecided.is_empty());
}
