//! Endpoints: a private tier that reaches S3 and Systems Manager without NAT, from the file to the account and back.
//!
//! On the built-in account alone: moto shows no prefix list in the rules of a security group. The contract tries the kind on both.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder;
use aws_sdk_ec2::types::{Filter, Tag, VpcEndpoint};
use baseline::sandbox::Profile;

use crate::desk::Desk;
use crate::emulator::Emulator;
use crate::source_code::root;

const HEAD: &str = "name = 'private'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                    [network]\ncidr = '10.30.0.0/16'\nflow_logs = false\n\
                    [network.tier.app]\naccept = [{ from = 'self', port = 8080 }]\n";
const ENDPOINTS: &str = "[network.endpoint.s3]\nservice = 's3'\n\
                         [network.endpoint.systems]\nservice = ['ssm', 'ssmmessages']\nin = 'app'\n";

/// The example, as a user has it.
fn example(emulator: Emulator) -> Desk {
    let path = root().join("examples/networks/private-with-endpoints.toml");
    Desk::on(emulator, "", &std::fs::read_to_string(path).unwrap())
}

async fn of_address(ec2: &Client, addr: &str) -> VpcEndpoint {
    let filter = Filter::builder().name("tag:baseline:addr").values(addr).build();
    let found = ec2.describe_vpc_endpoints().filters(filter).send().await.unwrap();
    found.vpc_endpoints()[0].clone()
}

/// A policy that lets everything through.
const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;

/// What a hand changes of an endpoint.
type Change = fn(&VpcEndpoint, ModifyVpcEndpointFluentBuilder) -> ModifyVpcEndpointFluentBuilder;

/// How many endpoints there are, whoever made them.
fn count(desk: &Desk) -> usize {
    desk.by_hand("us-east-1", async |ec2| {
        ec2.describe_vpc_endpoints().send().await.unwrap().vpc_endpoints().len()
    })
}

#[test]
fn a_private_tier_reaches_exactly_its_endpoints_as_planned_and_as_applied() {
    let desk = example(Emulator::built_in(Profile::Instant));
    let planned = desk.proven(&[]);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let live = desk.proven(&["--live"]);
    assert_eq!(planned["reach"], live["reach"]);
    desk.reaches(&[
        (["app", "s3", "443"], "app -> s3, tcp 443: reachable"),
        (["app", "s3", "80"], "proven unreachable"),
        (["app", "systems-manager-ssm", "443"], "app -> systems-manager-ssm, tcp 443: reachable"),
        (["app", "systems-manager-ssm", "22"], "proven unreachable"),
        (["app", "internet", "443"], "proven unreachable"),
        (["internet", "systems-manager-ssm", "443"], "proven unreachable"),
        (["s3", "app", "8080"], "proven unreachable"),
    ]);
}

#[test]
fn a_plan_says_which_ways_its_endpoints_open() {
    let desk = Desk::applied(HEAD, "");
    desk.write(ENDPOINTS);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plan = words(&desk.ends(0, &["plan", "file.toml"]).stdout);
    for to in ["s3", "systems-ssm", "systems-ssmmessages"] {
        assert!(plan.contains(&format!("opens app -> {to} tcp 443")), "{to}: {plan}");
    }
    assert!(!plan.contains("app -> internet"), "{plan}");
    desk.ends(0, &["plan", "file.toml", "--refuse-opening", "internet"]);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.write("");
    let plan = words(&desk.ends(0, &["plan", "file.toml", "--prune"]).stdout);
    assert!(plan.contains("closes app -> systems-ssm tcp 443"), "{plan}");
    // Which ranges the list of the service holds is not asked once nothing in the file reaches it.
    assert!(plan.contains("may close app -> s3 tcp 443 ("), "{plan}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve", "--prune"]);
    assert_eq!(count(&desk), 0);
    desk.ends(0, &["drift", "file.toml"]);
}

#[test]
fn a_tier_that_is_left_over_keeps_its_way_to_the_service_until_it_is_pruned() {
    let batch = "[network.tier.batch]\naccept = [{ from = 'self', port = 8080 }]\n";
    let desk = Desk::applied(HEAD, &format!("{batch}{ENDPOINTS}"));
    let tables = |desk: &Desk| {
        desk.by_hand("us-east-1", async |ec2| {
            of_address(&ec2, "ec2.vpc-endpoint.s3").await.route_table_ids().len()
        })
    };
    let before = tables(&desk);
    desk.write(ENDPOINTS);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(tables(&desk), before, "what runs in the tier lost its way");
    desk.ends(0, &["apply", "file.toml", "--auto-approve", "--prune"]);
    assert_eq!(tables(&desk), before / 2);
    desk.ends(0, &["drift", "file.toml"]);
}

#[test]
fn what_somebody_changes_of_an_endpoint_is_drift_and_is_put_back_in_place() {
    let desk = Desk::applied(HEAD, ENDPOINTS);
    let ids = |desk: &Desk| {
        desk.by_hand("us-east-1", async |ec2| {
            let mut ids = Vec::new();
            for addr in ["ec2.vpc-endpoint.s3", "ec2.vpc-endpoint.systems-ssm"] {
                ids.push(of_address(&ec2, addr).await.vpc_endpoint_id().unwrap().to_owned());
            }
            ids
        })
    };
    let before = ids(&desk);
    let policy: Change = |_, call| call.policy_document(EVERYTHING);
    let changes: [(&str, &str, Change); 5] = [
        ("ec2.vpc-endpoint.s3", "policy", policy),
        ("ec2.vpc-endpoint.s3", "route_tables", |there, call| {
            call.remove_route_table_ids(&there.route_table_ids()[0])
        }),
        ("ec2.vpc-endpoint.systems-ssm", "policy", policy),
        ("ec2.vpc-endpoint.systems-ssm", "subnets", |there, call| {
            call.remove_subnet_ids(&there.subnet_ids()[0])
        }),
        ("ec2.vpc-endpoint.systems-ssm", "private_dns", |_, call| call.private_dns_enabled(false)),
    ];
    for (addr, attribute, change) in changes {
        desk.by_hand("us-east-1", async |ec2| {
            let there = of_address(&ec2, addr).await;
            let call = ec2.modify_vpc_endpoint().vpc_endpoint_id(there.vpc_endpoint_id().unwrap());
            change(&there, call).send().await.unwrap();
        });
        let drift = desk.ends(2, &["drift", "file.toml"]).stdout;
        assert!(drift.contains(addr) && drift.contains(attribute), "{attribute}: {drift}");
        desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
        desk.ends(0, &["drift", "file.toml"]);
    }
    assert_eq!(ids(&desk), before, "an endpoint was made anew");
}

#[test]
fn an_endpoint_that_is_there_already_is_taken_over_and_one_of_another_baseline_is_not() {
    let desk = Desk::applied(HEAD, "");
    let id = desk.by_hand("us-east-1", async |ec2| {
        let filter = Filter::builder().name("tag:baseline:name").values("private").build();
        let subnets = ec2.describe_subnets().filters(filter).send().await.unwrap();
        let subnet = &subnets.subnets()[0];
        let made = ec2
            .create_vpc_endpoint()
            .vpc_id(subnet.vpc_id().unwrap())
            .vpc_endpoint_type("Interface".into())
            .service_name("com.amazonaws.us-east-1.ssm")
            .subnet_ids(subnet.subnet_id().unwrap());
        let made = made.send().await.unwrap();
        made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned()
    });
    desk.write(ENDPOINTS);
    let plan = desk.ends(0, &["plan", "file.toml"]).stdout;
    assert!(plan.contains("ec2.vpc-endpoint.systems-ssm"), "{plan}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(count(&desk), 3);
    let taken = desk.by_hand("us-east-1", async |ec2| of_address(&ec2, "ec2.vpc-endpoint.systems-ssm").await);
    assert_eq!(taken.vpc_endpoint_id(), Some(id.as_str()));
    assert_eq!(taken.subnet_ids().len(), 2);
    desk.ends(0, &["drift", "file.toml"]);
    // What carries another baseline's tags stays as it is, and stands in the way.
    desk.by_hand("us-east-1", async |ec2| {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let tags = [tag("baseline:name", "other"), tag("baseline:addr", "ec2.vpc-endpoint.ssm")];
        ec2.create_tags().resources(&id).set_tags(Some(tags.into())).send().await.unwrap();
    });
    let told = desk.run_any(&["plan", "file.toml"]);
    let told = format!("{}{}", told.stdout, told.stderr);
    assert!(told.contains("has the name of com.amazonaws.us-east-1.ssm in the VPC"), "{told}");
}
