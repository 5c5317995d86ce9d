//! What stands around an example of a kind: the things it refers to or needs by name.

use std::collections::{BTreeMap, BTreeSet};

use baseline::kinds::{Kind, kind};
use baseline::model::{Addr, Document, Origin, Ref, Value, Want};
use serde_json::{Value as Json, json};

/// Things that an example needs by name, which no reference tells: the kind, the thing, and what it is called.
const NEEDS: &[(&str, &str, Option<&str>)] = &[
    ("s3.bucket", "s3.bucket.target", Some("example-access-logs")),
    ("cloudtrail.trail", "s3.bucket.logs", Some("baseline-example-bucket")),
    ("ec2.flow-log", "s3.bucket.logs", Some("example-flow-logs")),
    ("elb.load-balancer", "ec2.internet-gateway.main", None),
    ("ec2.nat-gateway", "ec2.internet-gateway.main", None),
];

/// Attributes that hold a name two things of a kind cannot share.
const NAMES: &[&str] = &["bucket", "alias", "role", "template", "name", "group"];

/// Everything that these values refer to or need by name.
pub fn neighbours_of(kind: &dyn Kind, values: &[Value]) -> BTreeMap<Addr, Want> {
    let mut things = BTreeMap::new();
    let mut waiting: Vec<(&str, Value)> = values.iter().map(|value| (kind.name(), value.clone())).collect();
    while let Some((name, value)) = waiting.pop() {
        let by_name = NEEDS.iter().filter(|(needs, ..)| *needs == name);
        let by_name = by_name.map(|(_, addr, called)| (addr.parse().unwrap(), *called));
        let referred = value.refs().into_iter().map(|reference| (reference.addr.clone(), None));
        for (addr, called) in by_name.chain(referred) {
            let addr: Addr = addr;
            if things.contains_key(&addr) {
                continue;
            }
            let other = kind_of(&addr);
            let value = distinct(&addr, other.example(0).unwrap(), called);
            waiting.push((other.name(), value.clone()));
            let mut declared = want(value);
            // A NAT gateway needs the way to the internet from its first moment (NET-5).
            if addr.kind() == "ec2.nat-gateway" {
                declared.after.insert("ec2.internet-gateway.main".parse().unwrap());
            }
            things.insert(addr, declared);
        }
    }
    things
}

/// A thing as it is declared, with nothing before it.
pub fn want(value: Value) -> Want {
    Want { value, after: BTreeSet::new(), origin: Origin::default() }
}

fn kind_of(addr: &Addr) -> &'static dyn Kind {
    kind(addr.kind()).unwrap_or_else(|| panic!("{addr} is of no known kind"))
}

/// An example changed so that it can stand next to others of its kind.
fn distinct(addr: &Addr, example: Value, called: Option<&str>) -> Value {
    let Value::Map(mut attributes) = example else { panic!("{addr}: an example is a map") };
    for name in NAMES {
        let Some(Value::Str(before)) = attributes.get(*name).cloned() else { continue };
        let after = called.map_or_else(|| format!("{before}-{}", addr.name()), str::to_owned);
        // In its policy too, which may speak of no other bucket.
        let Value::Map(renamed) = Value::Map(attributes).map_leaves(&mut |leaf| match leaf {
            Value::Str(text) => Value::Str(text.replace(&before, &after)),
            other => other,
        }) else {
            panic!("a map stays a map")
        };
        attributes = renamed;
    }
    // web-b is the second subnet, in the zone b.
    let letter = addr.name().rsplit('-').next().filter(|end| end.len() == 1).unwrap_or("a");
    let place = i64::from(letter.as_bytes()[0] - b'a');
    match addr.kind() {
        // One that both emulators know, with the root device of the example, so that a group can launch it.
        "ec2.launch-template" => {
            attributes.insert("image".to_owned(), Value::from("ami-04681a1dbd79675a5"));
        }
        "ec2.availability-zone" => {
            attributes.insert("index".to_owned(), Value::Int(place));
        }
        "ec2.subnet" => {
            let third = place + i64::from(addr.name().len() > 4) * 10;
            attributes.insert("cidr".to_owned(), Value::from(format!("10.0.{third}.0/24").as_str()));
            let zone = Addr::new("ec2.availability-zone", letter);
            attributes.insert("zone".to_owned(), Value::Ref(Ref { addr: zone, output: "name".to_owned() }));
        }
        // The services that the example serves look at the policies of its bucket and its key (CT-4, CT-5, NET-8).
        "kms.key" => {
            attributes.insert("policy".to_owned(), document(&trail_key_policy()));
        }
        "s3.bucket" => {
            let name = called.unwrap_or_default();
            let service = match name {
                "example-access-logs" => "logging.s3.amazonaws.com",
                // Where flow logs do not find what they need, CreateFlowLogs writes a policy of its own.
                "example-flow-logs" => "delivery.logs.amazonaws.com",
                _ => "cloudtrail.amazonaws.com",
            };
            attributes.insert("policy".to_owned(), document(&delivery(service, name)));
        }
        _ => {}
    }
    Value::Map(attributes)
}

fn document(policy: &Json) -> Value {
    let document = Document::new(policy).unwrap();
    Value::decode(serde_json::to_value(document).unwrap()).unwrap()
}

/// What lets a service look at a bucket and write to it.
pub fn delivery(service: &str, bucket: &str) -> Json {
    let service = json!({ "Service": service });
    let arn = format!("arn:aws:s3:::{bucket}");
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn },
        { "Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": format!("{arn}/*") },
    ]})
}

/// The account's own rights, and CloudTrail's.
fn trail_key_policy() -> Json {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
          "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "Service": "cloudtrail.amazonaws.com" },
          "Action": ["kms:GenerateDataKey*", "kms:Decrypt", "kms:DescribeKey"], "Resource": "*" },
    ]})
}
