//! Every way of the table, with all that it needs and with one thing less.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::in_effect::InEffect;
use super::services::WAYS;
use super::way::{Role as Gets, Way};
use super::ways::{administrators, searched};
use crate::policy::Policy;
use crate::posture::Seen;
use crate::posture::facts::{Facts, Iam, Identity, ManagedPolicy, Region, Role, User};

const ACCOUNT: &str = "123456789012";

/// An account with these regions, and no credential report.
fn facts(regions: Seen<BTreeMap<String, Region>>) -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        regions,
        credentials: Seen::NotAsked,
        ..crate::posture::tests::clean()
    }
}

fn policy(statement: &Json) -> Policy {
    Policy::of(&json!({ "Version": "2012-10-17", "Statement": statement })).unwrap()
}

fn identity(kind: &str, name: &str, statement: &Json) -> Identity {
    Identity {
        name: name.into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}"),
        path: "/".into(),
        inline: vec![("own".into(), policy(statement))],
        ..Identity::default()
    }
}

/// An administrator's role that the service of a way assumes.
fn role_for(way: &Way) -> Role {
    let (trusted, action) = if way.principal == "cognito-identity.amazonaws.com" {
        (json!({ "Federated": way.principal }), "sts:AssumeRoleWithWebIdentity")
    } else {
        (json!({ "Service": way.principal }), "sts:AssumeRole")
    };
    let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/admin");
    Role {
        identity: identity("role", "admin", &everything),
        trust: policy(&json!({ "Effect": "Allow", "Principal": trusted, "Action": action })),
        instance_profiles: if way.role == Gets::PassedInProfile || way.principal == "ec2.amazonaws.com" {
            vec![profile]
        } else {
            vec![]
        },
        ..Role::default()
    }
}

/// The steps by which somebody with these actions on a resource gets to the role of a way.
fn found(way: &Way, actions: &BTreeSet<&str>, resource: &str) -> Option<Vec<String>> {
    let own = json!([
        { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" },
        { "Effect": "Allow", "Action": actions, "Resource": resource },
    ]);
    let ann = User { identity: identity("user", "ann", &own), groups: vec![] };
    let iam = Iam { users: vec![ann], roles: vec![role_for(way)], ..Iam::default() };
    // No instance runs, so that no right over instances is a way of its own.
    let quiet = Region { instances: Seen::Seen(vec![]), ..Region::default() };
    let regions = Seen::Seen(BTreeMap::from([("us-east-1".to_owned(), quiet)]));
    let facts = facts(regions);
    let (administrators, missing) = administrators(&iam, &InEffect::new(&facts));
    assert_eq!(missing, Vec::<String>::new());
    administrators.into_iter().find(|it| it.identity.name == "ann").map(|it| it.way)
}

fn needs(way: &Way) -> BTreeSet<&'static str> {
    let passes = (!matches!(way.role, Gets::There(_))).then_some("iam:PassRole");
    way.actions.iter().chain(way.besides).copied().chain(passes).collect()
}

#[test]
fn every_way_is_found_with_all_that_it_needs() {
    for way in WAYS {
        let source = way.source;
        let steps = found(way, &needs(way), "*").unwrap_or_else(|| panic!("{source}: {:?}", needs(way)));
        // Another way with fewer actions may be shown in its place.
        let shown = WAYS
            .iter()
            .filter(|other| other.principal == way.principal && needs(other).is_subset(&needs(way)));
        let says = |other: &Way| {
            let actions = || other.actions.iter().chain(other.besides);
            actions().all(|action| steps[0].contains(action)) && steps[0].contains(other.given)
        };
        assert!(shown.into_iter().any(says), "{source}: {}", steps[0]);
    }
}

#[test]
fn no_way_is_found_with_an_action_less() {
    let mut tried = 0;
    for way in WAYS {
        for action in needs(way) {
            let mut fewer = needs(way);
            fewer.remove(action);
            let is_another =
                WAYS.iter().any(|other| other.principal == way.principal && needs(other).is_subset(&fewer));
            if !is_another {
                assert_eq!(found(way, &fewer, "*"), None, "{} without {action}", way.source);
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "only {tried} tried");
}

#[test]
fn no_way_is_open_over_what_another_service_runs() {
    for way in WAYS {
        let elsewhere = format!("arn:aws:unheard-of:us-east-1:{ACCOUNT}:thing/*");
        assert_eq!(found(way, &needs(way), &elsewhere), None, "{}", way.source);
    }
}

#[test]
fn every_way_says_where_it_is_written_down() {
    let lists = ["Rhino ", "PMapper ", "Prowler"];
    for way in WAYS {
        let source = way.source;
        // Such as lambda-001.
        let is_path = source.rsplit_once('-').is_some_and(|(name, number)| {
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                && number.len() == 3
                && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        let is_page = source.starts_with("https://docs.aws.amazon.com/");
        assert!(is_path || is_page || lists.iter().any(|list| source.starts_with(list)), "{source}");
        assert!(!way.actions.is_empty(), "{source}");
    }
    let mut seen = BTreeSet::new();
    for way in WAYS {
        let kind = matches!(way.role, Gets::There(_));
        assert!(seen.insert((way.principal, kind, needs(way))), "{} stands there twice", way.source);
    }
}

/// Each role may assume the next, the last one is an administrator, and there are as many users who hold rights to raise somebody, half
/// of them within a boundary.
fn long_chain(length: usize) -> Iam {
    let allow =
        |actions: Json, resource: &str| json!({ "Effect": "Allow", "Action": actions, "Resource": resource });
    let arn = |rest: &str| format!("arn:aws:iam::{ACCOUNT}:{rest}");
    let roles = (0..length).map(|number| {
        let next = arn(&format!("role/link-{}", number + 1));
        let own =
            if number + 1 == length { allow(json!("*"), "*") } else { allow(json!("sts:AssumeRole"), &next) };
        let trusting =
            json!({ "Effect": "Allow", "Principal": { "AWS": arn("root") }, "Action": "sts:AssumeRole" });
        Role {
            identity: identity("role", &format!("link-{number}"), &own),
            trust: policy(&trusting),
            ..Role::default()
        }
    });
    let raising = json!([
        "iam:PutUserPolicy",
        "iam:AttachRolePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeleteUserPermissionsBoundary"
    ]);
    let bounds = ManagedPolicy {
        name: "bounds".into(),
        arn: arn("policy/bounds"),
        document: policy(&allow(json!(["s3:*", "iam:*"]), &arn("user/nobody-*"))),
        ..ManagedPolicy::default()
    };
    let users = (0..length).map(|number| {
        let own = allow(raising.clone(), &arn("user/nobody-*"));
        let mut identity = identity("user", &format!("user-{number}"), &own);
        identity.boundary = (number % 2 == 0).then(|| bounds.arn.clone());
        User { identity, groups: vec![] }
    });
    Iam {
        users: users.collect(),
        roles: roles.collect(),
        policies: [(bounds.arn.clone(), bounds.clone())].into(),
        ..Iam::default()
    }
}

#[test]
fn the_work_of_a_search_grows_with_the_pairs_there_are_and_not_with_the_length_of_the_ways() {
    for length in [10, 60] {
        let iam = long_chain(length);
        let facts = facts(Seen::Seen(BTreeMap::new()));
        let (found, _, tried) = searched(&iam, &InEffect::new(&facts));
        assert_eq!(found.len(), length);
        assert_eq!(found.iter().map(|it| it.steps).max(), Some(length - 1));
        let everybody = 2 * length + length / 2;
        assert!(tried > length, "{tried}");
        assert!(tried <= 2 * everybody * everybody, "{tried} questions about {everybody}");
    }
}
