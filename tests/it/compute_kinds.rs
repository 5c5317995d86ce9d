//! What roles, launch templates and target groups do where a person or an older baseline was there first.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;
use baseline::aws::trace::chain;
use baseline::aws::{Account, Mode, OwnershipTags};
use baseline::kinds::{ErasedReading, ErasedUpdate, Found, Kind, ReadRequest, Reading, kind};
use baseline::model::{Addr, Path, Ref, Segment, Value};

use crate::both::on_both;
use crate::emulator::{Emulator, Which};

on_both! {
    a_role_and_an_empty_profile_of_the_same_name_are_adopted_in_place,
    an_instance_profile_that_holds_another_role_is_left_alone_and_named,
    a_target_group_under_an_old_name_is_reported_beside_the_wanted_one,
    a_template_rewritten_by_hand_is_repaired_by_a_new_default_version,
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// A network and what else the examples refer to, made by hand.
struct Surroundings {
    ids: BTreeMap<String, String>,
}

impl Surroundings {
    async fn new(emulator: &Emulator) -> Self {
        let config = emulator.config();
        let ec2 = aws_sdk_ec2::Client::new(&config);
        let elb = aws_sdk_elasticloadbalancingv2::Client::new(&config);
        let mut ids = BTreeMap::new();
        let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
        let vpc = vpc.vpc().unwrap().vpc_id().unwrap().to_owned();
        for (number, zone) in ["a", "b", "c"].into_iter().enumerate() {
            let subnet = ec2
                .create_subnet()
                .vpc_id(&vpc)
                .cidr_block(format!("10.0.{number}.0/24"))
                .availability_zone(format!("us-east-1{zone}"))
                .send()
                .await
                .unwrap();
            let id = subnet.subnet().unwrap().subnet_id().unwrap().to_owned();
            ids.insert(format!("id of ec2.subnet.web-{zone}"), id);
        }
        for name in ["web", "db"] {
            let group = ec2.create_security_group().vpc_id(&vpc).group_name(name).description(name);
            let group = group.send().await.unwrap().group_id().unwrap().to_owned();
            ids.insert(format!("id of ec2.security-group.{name}"), group);
            let target = elb.create_target_group().name(name).vpc_id(&vpc).port(80).protocol("HTTP".into());
            let target =
                target.send().await.unwrap().target_groups()[0].target_group_arn().unwrap().to_owned();
            ids.insert(format!("arn of elb.target-group.{name}"), target);
            let template = ec2
                .create_launch_template()
                .launch_template_name(format!("{name}-template"))
                .launch_template_data(
                    aws_sdk_ec2::types::RequestLaunchTemplateData::builder()
                        .image_id("ami-12c6146b")
                        .instance_type("t3.micro".into())
                        .build(),
                )
                .send()
                .await
                .unwrap();
            let template = template.launch_template().unwrap().launch_template_id().unwrap().to_owned();
            ids.insert(format!("id of ec2.launch-template.{name}"), template);
        }
        ids.insert("id of ec2.vpc.main".to_owned(), vpc);
        ids.insert("arn of kms.key.main".to_owned(), "arn:aws:kms:us-east-1:123456789012:key/x".to_owned());
        Self { ids }
    }

    fn resolve(&self, value: Value) -> Value {
        value.map_leaves(&mut |leaf| match leaf {
            Value::Ref(reference) => Value::Str(self.id(&reference)),
            other => other,
        })
    }

    fn id(&self, reference: &Ref) -> String {
        let id = self.ids.get(&reference.to_string());
        id.unwrap_or_else(|| panic!("the surroundings have no {reference}")).clone()
    }
}

async fn read(kind: &dyn Kind, account: &Account, addr: &Addr, wanted: &Value) -> ErasedReading {
    let asked = vec![ReadRequest { addr: addr.clone(), wanted: wanted.clone() }];
    let answers = chain(kind.read(account, asked)).await;
    let answer = answers.into_iter().find(|(at, _)| at == addr);
    answer.unwrap_or_else(|| panic!("{addr} was not answered")).1
}

/// Reads, compares and writes until nothing differs; says which attributes were written.
async fn converge(
    kind: &dyn Kind,
    account: &Account,
    addr: &Addr,
    wanted: &Value,
) -> (BTreeSet<String>, Found<Value>) {
    let mut written = BTreeSet::new();
    for _ in 0..6 {
        match read(kind, account, addr, wanted).await {
            Reading::Unreadable(error) => panic!("{addr} cannot be read: {error}"),
            Reading::Absent => {
                kind.create(account, addr, wanted).await.unwrap_or_else(|e| panic!("{addr}: {e}"))
            }
            Reading::Found(live) => {
                let changed = changed(wanted, &live.attributes);
                let adopt = live.ownership == OwnershipTags::Untagged;
                if changed.is_empty() && !adopt {
                    return (written, *live);
                }
                let path = |field: &String| Path(vec![Segment::Field(field.clone())]);
                let changes = changed.iter().map(path).collect();
                written.extend(changed);
                let update =
                    ErasedUpdate { addr: addr.clone(), wanted: wanted.clone(), live: *live, changes, adopt };
                kind.update(account, &update).await.unwrap_or_else(|e| panic!("{addr}: {e}"));
            }
        }
    }
    let last = read(kind, account, addr, wanted).await;
    panic!("{addr} does not converge\nwanted {wanted:#?}\nlast   {last:#?}");
}

/// The top-level attributes that differ; in an open map, only what is wanted counts.
fn changed(wanted: &Value, live: &Value) -> BTreeSet<String> {
    let Value::Map(wanted) = wanted else { panic!("attributes are a map") };
    wanted
        .iter()
        .filter(|(field, value)| differs(value, live.get(field).unwrap_or(&Value::Null)))
        .map(|(field, _)| field.clone())
        .collect()
}

fn differs(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::AtCreation(_), _) => false,
        (Value::Map(wanted), Value::Map(live)) => {
            wanted.iter().any(|(key, value)| differs(value, live.get(key).unwrap_or(&Value::Null)))
        }
        (wanted, live) => wanted != live,
    }
}

async fn a_role_and_an_empty_profile_of_the_same_name_are_adopted_in_place(on: Which) {
    let emulator = Emulator::start(on);
    let account = emulator.account("landing-zone", Mode::ReadWrite).await;
    let roles = kind("iam.role").unwrap();
    let addr = Addr::new("iam.role", "example");
    let wanted = roles.example(1).unwrap();
    let iam = aws_sdk_iam::Client::new(&emulator.config());
    let made = iam
        .create_role()
        .role_name("baseline-example")
        .assume_role_policy_document(TRUST)
        .send()
        .await
        .unwrap();
    let profile = iam.create_instance_profile().instance_profile_name("baseline-example");
    profile.send().await.unwrap();
    let (_, live) = converge(roles, &account, &addr, &wanted).await;
    assert!(matches!(live.ownership, OwnershipTags::Tagged(_)), "{live:?}");
    let kept = iam.get_role().role_name("baseline-example").send().await.unwrap();
    assert_eq!(kept.role().unwrap().role_id(), made.role().unwrap().role_id(), "it was made anew");
}

async fn an_instance_profile_that_holds_another_role_is_left_alone_and_named(on: Which) {
    let emulator = Emulator::start(on);
    let account = emulator.account("landing-zone", Mode::ReadWrite).await;
    let roles = kind("iam.role").unwrap();
    let addr = Addr::new("iam.role", "example");
    let wanted = roles.example(1).unwrap();
    let iam = aws_sdk_iam::Client::new(&emulator.config());
    iam.create_role().role_name("other").assume_role_policy_document(TRUST).send().await.unwrap();
    let profile = iam.create_instance_profile().instance_profile_name("baseline-example");
    profile.send().await.unwrap();
    let add = iam.add_role_to_instance_profile().instance_profile_name("baseline-example");
    add.role_name("other").send().await.unwrap();

    roles.create(&account, &addr, &wanted).await.unwrap();
    let Reading::Found(live) = read(roles, &account, &addr, &wanted).await else { panic!("it was made") };
    assert_eq!(live.attributes.get("instance_profile"), Some(&Value::Bool(false)));
    let changes = [Path(vec![Segment::Field("instance_profile".to_owned())])].into();
    let update = ErasedUpdate { addr, wanted, live: *live, changes, adopt: false };
    let error = roles.update(&account, &update).await.unwrap_err().to_string();
    assert!(error.contains("holds the role other"), "{error}");
}

async fn a_target_group_under_an_old_name_is_reported_beside_the_wanted_one(on: Which) {
    let emulator = Emulator::start(on);
    let surroundings = Surroundings::new(&emulator).await;
    let account = emulator.account("landing-zone", Mode::ReadWrite).await;
    let targets = kind("elb.target-group").unwrap();
    let addr = Addr::new("elb.target-group", "web");
    let old = surroundings.resolve(targets.example(0).unwrap());
    converge(targets, &account, &addr, &old).await;
    let Value::Map(mut new) = old.clone() else { panic!("attributes are a map") };
    new.insert("name".to_owned(), Value::from("baseline-newer"));
    let asked = vec![ReadRequest { addr: addr.clone(), wanted: Value::Map(new) }];
    let answers: BTreeMap<String, bool> = targets
        .read(&account, asked)
        .await
        .into_iter()
        .map(|(addr, reading)| (addr.to_string(), matches!(reading, Reading::Found(_))))
        .collect();
    let expected = [("elb.target-group.web", false), ("elb.target-group.web.superseded-1", true)];
    assert_eq!(answers, expected.map(|(addr, found)| (addr.to_owned(), found)).into());
}

async fn a_template_rewritten_by_hand_is_repaired_by_a_new_default_version(on: Which) {
    let emulator = Emulator::start(on);
    let surroundings = Surroundings::new(&emulator).await;
    let account = emulator.account("landing-zone", Mode::ReadWrite).await;
    let templates = kind("ec2.launch-template").unwrap();
    let addr = Addr::new("ec2.launch-template", "example");
    let wanted = surroundings.resolve(templates.example(1).unwrap());
    let (_, live) = converge(templates, &account, &addr, &wanted).await;

    let ec2 = aws_sdk_ec2::Client::new(&emulator.config());
    let id = live.outputs["id"].clone();
    let weak = aws_sdk_ec2::types::RequestLaunchTemplateData::builder().image_id("ami-12c6146b").build();
    ec2.create_launch_template_version()
        .launch_template_id(&id)
        .launch_template_data(weak)
        .send()
        .await
        .unwrap();
    ec2.modify_launch_template().launch_template_id(&id).default_version("2").send().await.unwrap();
    let (written, _) = converge(templates, &account, &addr, &wanted).await;
    assert!(written.contains("http_tokens") && written.contains("security_groups"), "{written:?}");

    let filter = Filter::builder().name("launch-template-name").values("baseline-example").build();
    let answer = ec2.describe_launch_templates().filters(filter).send().await.unwrap();
    assert_eq!(answer.launch_templates()[0].default_version_number(), Some(3));
}
