//! Situations with what AWS makes of each, as data: who is trusted, what a bucket, a topic or a queue lets in, how wide a grant
//! is, which ports are open, what trails record. Half of them are innocent, and must stay silent. Each names where AWS says so.

use serde_json::Value as Json;

use super::*;

const SITUATIONS: &str = include_str!("situations.jsonl");

/// How many there are, guilty and innocent, by kind.
const COUNTS: [(&str, usize, usize); 7] = [
    ("bucket", 39, 49),
    ("grant", 27, 26),
    ("port", 23, 23),
    ("queue", 6, 7),
    ("topic", 10, 9),
    ("trail", 17, 17),
    ("trust", 41, 39),
];

fn text<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    json.get(key)?.as_str()
}

fn list<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json.get(key).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn document(statements: &Json) -> Policy {
    Policy::of(&serde_json::json!({ "Version": "2012-10-17", "Statement": statements })).unwrap()
}

fn facts(situation: &Json) -> Facts {
    match text(situation, "kind").unwrap() {
        "trust" => {
            let identity = Identity {
                name: "partner".into(),
                arn: format!("arn:aws:iam::{ACCOUNT}:role/partner"),
                path: text(situation, "path").unwrap_or("/").into(),
                ..Identity::default()
            };
            let role = Role { identity, trust: document(&situation["trust"]), ..Role::default() };
            Facts { iam: Seen::Seen(Iam { roles: vec![role], ..Iam::default() }), ..clean() }
        }
        "grant" => {
            let managed = ManagedPolicy {
                name: "granted".into(),
                arn: format!("arn:aws:iam::{ACCOUNT}:policy/granted"),
                document: document(&situation["grants"]),
                ..ManagedPolicy::default()
            };
            let policies = [(managed.arn.clone(), managed)].into();
            Facts { iam: Seen::Seen(Iam { policies, ..Iam::default() }), ..clean() }
        }
        "bucket" => Facts {
            buckets: Seen::Seen(vec![bucket(situation)]),
            account_block: Seen::Seen(block(list(situation, "account_block"))),
            ..clean()
        },
        kind @ ("topic" | "queue") => {
            let place = place_of_messages(kind, situation);
            let places = Seen::Seen(vec![place]);
            let region = match kind {
                "topic" => Region { topics: places, ..quiet_region() },
                _ => Region { queues: places, ..quiet_region() },
            };
            Facts { regions: Seen::Seen([("us-east-1".to_owned(), region)].into()), ..clean() }
        }
        "port" => {
            Facts { regions: Seen::Seen([("us-east-1".to_owned(), ports(situation))].into()), ..clean() }
        }
        _ => Facts { regions: Seen::Seen(trails(situation)), ..clean() },
    }
}

fn block(settings: &[Json]) -> PublicAccessBlock {
    let has = |name: &str| settings.iter().any(|setting| setting == name);
    PublicAccessBlock {
        block_acls: has("block_acls"),
        ignore_acls: has("ignore_acls"),
        block_policy: has("block_policy"),
        restrict: has("restrict"),
    }
}

fn bucket(situation: &Json) -> Bucket {
    let grant = |grant: &Json| Grant {
        grantee: grant[0].as_str().unwrap().into(),
        permission: grant[1].as_str().unwrap().into(),
    };
    Bucket {
        name: "data".into(),
        region: Some("us-east-1".into()),
        policy: Seen::Seen(situation.get("policy").map(document)),
        policy_is_public: Seen::Seen(situation.get("aws_says").and_then(Json::as_bool)),
        grants: Seen::Seen(list(situation, "grants").iter().map(grant).collect()),
        block: Seen::Seen(block(list(situation, "block"))),
        access_logs: Seen::Seen(true),
        lifecycle: Seen::Seen(Lifecycle::default()),
        access_points: Seen::Seen(list(situation, "access_points").iter().map(access_point).collect()),
    }
}

fn access_point(json: &Json) -> AccessPoint {
    let name = text(json, "name").unwrap_or("door");
    let several_regions = json.get("several_regions").is_some();
    AccessPoint {
        name: name.into(),
        arn: if several_regions {
            format!("arn:aws:s3::{ACCOUNT}:accesspoint/{name}.mrap")
        } else {
            format!("arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/{name}")
        },
        several_regions,
        from_internet: json.get("vpc").is_none(),
        block: Seen::Seen(block(list(json, "block"))),
        policy: Seen::Seen(json.get("policy").map(document)),
        policy_is_public: Seen::Seen(json.get("aws_says").and_then(Json::as_bool)),
    }
}

fn place_of_messages(kind: &str, situation: &Json) -> MessagePlace {
    let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT}:orders");
    let url = format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs");
    let (arn, handle) = match kind {
        "topic" => (topic.clone(), topic),
        _ => (format!("arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"), url),
    };
    MessagePlace { arn, handle, policy: Seen::Seen(situation.get("policy").map(document)) }
}

fn ports(situation: &Json) -> Region {
    let port = |port: &Json| port.as_i64().and_then(|port| u16::try_from(port).ok());
    let rule = |rule: &Json| Ingress {
        protocol: rule[0].as_str().unwrap().into(),
        ports: port(&rule[1]).zip(port(&rule[2])),
        range: rule[3].as_str().unwrap().into(),
    };
    let ingress: Vec<Ingress> = list(situation, "ingress").iter().map(rule).collect();
    let group = SecurityGroup {
        id: "sg-1".into(),
        name: "web".into(),
        vpc: "vpc-1".into(),
        rules: ingress.len(),
        ingress,
    };
    let lists = situation.get("lists").and_then(Json::as_object).into_iter().flatten();
    let ranges = |ranges: &Json| {
        ranges.as_array().unwrap().iter().map(|range| range.as_str().unwrap().to_owned()).collect()
    };
    Region {
        security_groups: Seen::Seen(vec![group]),
        prefix_lists: lists.map(|(id, of)| (id.clone(), Seen::Seen(ranges(of)))).collect(),
        ..quiet_region()
    }
}

fn trails(situation: &Json) -> BTreeMap<String, Region> {
    let trails: Vec<Trail> = list(situation, "trails").iter().map(one_trail).collect();
    let shown_in = |region: &str| {
        let shown = trails.iter().filter(|trail| trail.all_regions || trail.home == region);
        Region { trails: Seen::Seen(shown.cloned().collect()), ..quiet_region() }
    };
    ["us-east-1", "eu-west-1"].map(|region| (region.to_owned(), shown_in(region))).into()
}

fn one_trail(json: &Json) -> Trail {
    let is = |key: &str, otherwise: bool| json.get(key).and_then(Json::as_bool).unwrap_or(otherwise);
    let (name, home) = (text(json, "name").unwrap(), text(json, "home").unwrap_or("us-east-1"));
    let account = text(json, "account").unwrap_or(ACCOUNT);
    Trail {
        arn: format!("arn:aws:cloudtrail:{home}:{account}:trail/{name}"),
        home: home.into(),
        organization: is("organization", false),
        global_events: is("global_events", true),
        management_events: Seen::Seen(is("management_events", true)),
        logging: Seen::Seen(is("logging", true)),
        validation: is("validation", true),
        key: is("key", true).then(|| {
            text(json, "key").map_or_else(|| format!("arn:aws:kms:{home}:{account}:key/1"), str::to_owned)
        }),
        delivery_error: text(json, "delivery_error").map(str::to_owned),
        ..trail(name, is("all_regions", true))
    }
}

#[test]
fn every_situation_is_judged_as_aws_judges_it_and_the_innocent_ones_are_silent() {
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    // Those questions need more than a situation tells.
    let mut asked = everything_asked();
    asked.users = None;
    if let Some(audit) = &mut asked.audit {
        audit.unused_services_days = None;
    }
    let situations: Vec<Json> = SITUATIONS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for situation in &situations {
        let kind = text(situation, "kind").unwrap();
        assert!(text(situation, "aws").is_some() && text(situation, "source").is_some(), "{situation}");
        let mut expected: Vec<&str> =
            list(situation, "expected").iter().map(|rule| rule.as_str().unwrap()).collect();
        expected.sort_unstable();
        let (guilty, innocent) = counts.entry(kind).or_default();
        *(if expected.is_empty() { innocent } else { guilty }) += 1;
        let posture = judge(&facts(situation), &asked);
        let mut found = ids(&posture);
        found.sort_unstable();
        found.dedup();
        if found != expected || !posture.is_complete() {
            let (what, says) = (&situation["situation"], &situation["aws"]);
            wrong.push(format!("{kind}, {what}: AWS says {says}, found {found:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), situations.len(), wrong.join("\n"));
    let counts: Vec<(&str, usize, usize)> =
        counts.into_iter().map(|(kind, (guilty, innocent))| (kind, guilty, innocent)).collect();
    assert_eq!(counts, COUNTS);
    assert!(situations.len() >= 120, "{}", situations.len());
}
