//! A VPC that somebody made is taken over in place: nothing is made a second time, and the plan says what changes for packets.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tag, TagSpecification};
use serde_json::Value as Json;

use crate::desk::Desk;

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n";

/// A VPC as Terraform's module makes one: two public subnets, two private ones that share a NAT gateway, all behind the default network
/// ACL, two for a database behind an ACL of their own, and an instance that people reach by SSH.
pub struct Made {
    vpc: String,
    public: [String; 2],
    private: [String; 2],
    database: [String; 2],
    gateway: String,
    public_table: String,
    private_table: String,
    database_acl: String,
    nat: String,
    address: String,
    group: String,
    instance: String,
}

fn named(what: ResourceType, name: &str) -> TagSpecification {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let tags = [tag("Name", name), tag("Terraform", "true")];
    TagSpecification::builder().resource_type(what).set_tags(Some(tags.into())).build()
}

async fn subnet(ec2: &Client, vpc: &str, zone: &str, range: &str, name: &str) -> String {
    let request =
        ec2.create_subnet().vpc_id(vpc).cidr_block(range).availability_zone(format!("us-east-1{zone}"));
    let made = request.tag_specifications(named(ResourceType::Subnet, name)).send().await.unwrap();
    made.subnet().unwrap().subnet_id().unwrap().to_owned()
}

async fn table(ec2: &Client, vpc: &str, name: &str, subnets: &[String]) -> String {
    let request = ec2.create_route_table().vpc_id(vpc);
    let made = request.tag_specifications(named(ResourceType::RouteTable, name)).send().await.unwrap();
    let id = made.route_table().unwrap().route_table_id().unwrap().to_owned();
    for subnet in subnets {
        ec2.associate_route_table().route_table_id(&id).subnet_id(subnet).send().await.unwrap();
    }
    id
}

/// An ACL that lets everything through in both directions, with subnets behind it.
async fn open_acl(ec2: &Client, vpc: &str, subnets: &[String]) -> String {
    let made = ec2.create_network_acl().vpc_id(vpc).send().await.unwrap();
    let id = made.network_acl().unwrap().network_acl_id().unwrap().to_owned();
    for egress in [false, true] {
        let entry = ec2.create_network_acl_entry().network_acl_id(&id).egress(egress).rule_number(100);
        entry.protocol("-1").rule_action("allow".into()).cidr_block("0.0.0.0/0").send().await.unwrap();
    }
    for subnet in subnets {
        let filter = Filter::builder().name("association.subnet-id").values(subnet).build();
        let acls = ec2.describe_network_acls().filters(filter).send().await.unwrap();
        let association =
            acls.network_acls()[0].associations().iter().find(|it| it.subnet_id() == Some(subnet));
        let association = association.unwrap().network_acl_association_id().unwrap();
        let moved = ec2.replace_network_acl_association().association_id(association).network_acl_id(&id);
        moved.send().await.unwrap();
    }
    id
}

/// Makes it.
pub async fn make(ec2: &Client) -> Made {
    let request = ec2.create_vpc().cidr_block("10.0.0.0/16");
    let made = request.tag_specifications(named(ResourceType::Vpc, "main")).send().await.unwrap();
    let vpc = made.vpc().unwrap().vpc_id().unwrap().to_owned();
    let pair = async |kind: &str, first: u8| {
        let mut pair = Vec::new();
        for (place, zone) in (0_u8..).zip(["a", "b"]) {
            let range = format!("10.0.{}.0/24", first + place);
            pair.push(subnet(ec2, &vpc, zone, &range, &format!("main-{kind}-us-east-1{zone}")).await);
        }
        <[String; 2]>::try_from(pair).unwrap()
    };
    let (public, private, database) =
        (pair("public", 101).await, pair("private", 1).await, pair("db", 21).await);
    let made = ec2.create_internet_gateway().send().await.unwrap();
    let gateway = made.internet_gateway().unwrap().internet_gateway_id().unwrap().to_owned();
    ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc).send().await.unwrap();
    let public_table = table(ec2, &vpc, "main-public", &public).await;
    let route = ec2.create_route().route_table_id(&public_table).destination_cidr_block("0.0.0.0/0");
    route.gateway_id(&gateway).send().await.unwrap();
    let made = ec2.allocate_address().domain("vpc".into()).send().await.unwrap();
    let address = made.allocation_id().unwrap().to_owned();
    let made = ec2.create_nat_gateway().subnet_id(&public[0]).allocation_id(&address).send().await.unwrap();
    let nat = made.nat_gateway().unwrap().nat_gateway_id().unwrap().to_owned();
    // The module gives databases no table of their own.
    let both = [private.clone(), database.clone()].concat();
    let private_table = table(ec2, &vpc, "main-private", &both).await;
    let route = ec2.create_route().route_table_id(&private_table).destination_cidr_block("0.0.0.0/0");
    route.nat_gateway_id(&nat).send().await.unwrap();
    let database_acl = open_acl(ec2, &vpc, &database).await;
    for subnet in &public {
        let yes = AttributeBooleanValue::builder().value(true).build();
        let change = ec2.modify_subnet_attribute().subnet_id(subnet).map_public_ip_on_launch(yes);
        change.send().await.unwrap();
    }
    let request = ec2.create_security_group().vpc_id(&vpc).group_name("bastion").description("people");
    let group = request.send().await.unwrap().group_id().unwrap().to_owned();
    let ingress = ec2.authorize_security_group_ingress().group_id(&group).ip_protocol("tcp");
    ingress.from_port(22).to_port(22).cidr_ip("0.0.0.0/0").send().await.unwrap();
    let image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    let request = ec2.run_instances().image_id(image).instance_type("t3.micro".into());
    let request = request.min_count(1).max_count(1).subnet_id(&public[0]).security_group_ids(&group);
    let launched = request.send().await.unwrap();
    let instance = launched.instances()[0].instance_id().unwrap().to_owned();
    Made {
        vpc,
        public,
        private,
        database,
        gateway,
        public_table,
        private_table,
        database_acl,
        nat,
        address,
        group,
        instance,
    }
}

impl Made {
    /// The file that takes all of it over.
    pub fn file(&self) -> String {
        self.written(|id| format!("id = '{id}', "))
    }

    /// The file, with the ids in words of its own.
    fn written(&self, id: impl Fn(&str) -> String) -> String {
        let subnets = |ids: &[String; 2], first: u8| {
            let [a, b] = ids.each_ref().map(|subnet| id(subnet));
            let next = first + 1;
            format!(
                "subnets = {{ a = {{ {a}cidr = '10.0.{first}.0/24' }}, b = {{ {b}cidr = '10.0.{next}.0/24' }} }}\n"
            )
        };
        let vpc = id(&self.vpc).replace(", ", "\n");
        format!(
            "[network]\n{vpc}cidr = '10.0.0.0/16'\nnat = 'single'\nflow_logs = false\n\
             [network.tier.web]\npublic = true\naccept = [{{ from = 'internet', port = 443 }}]\n{}\
             [network.tier.app]\negress = 'internet'\naccept = [{{ from = 'web', port = 8080 }}]\n{}\
             [network.tier.db]\naccept = [{{ from = 'app', port = 5432 }}]\n{}",
            subnets(&self.public, 101),
            subnets(&self.private, 1),
            subnets(&self.database, 21)
        )
    }
}

/// What a plan does, by address: `adopt ec2.vpc.main`.
fn steps(plan: &Json) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps
        .map(|step| format!("{} {}", step["action"].as_str().unwrap(), step["addr"].as_str().unwrap()))
        .collect()
}

impl Desk {
    fn made(&self) -> Made {
        let made = self.by_hand("us-east-1", async |ec2| make(&ec2).await);
        self.write(&made.file());
        made
    }

    fn planned(&self) -> Json {
        serde_json::from_str(&self.ends(0, &["plan", "file.toml", "--json"]).stdout).unwrap()
    }

    /// Which thing stands at an address, by its tags.
    fn at(&self, addr: &str) -> Vec<String> {
        self.by_hand("us-east-1", async |ec2| {
            let request = ec2.describe_tags();
            let key = Filter::builder().name("key").values("baseline:addr").build();
            let value = Filter::builder().name("value").values(addr).build();
            let tags = request.filters(key).filters(value).send().await.unwrap();
            tags.tags().iter().map(|tag| tag.resource_id().unwrap().to_owned()).collect()
        })
    }
}

#[test]
fn a_vpc_that_terraform_made_is_taken_over_and_stays_what_it_is() {
    let desk = Desk::with(HEAD, "");
    let made = desk.made();
    let plan = desk.planned();
    let mut planned = steps(&plan);
    planned.sort();
    assert_eq!(
        planned,
        [
            "adopt ec2.elastic-ip.nat-a",
            "adopt ec2.internet-gateway.main",
            "adopt ec2.nat-gateway.nat-a",
            "adopt ec2.network-acl.db",
            "adopt ec2.route-table.public",
            "adopt ec2.subnet.app-a",
            "adopt ec2.subnet.app-b",
            "adopt ec2.subnet.db-a",
            "adopt ec2.subnet.db-b",
            "adopt ec2.subnet.web-a",
            "adopt ec2.subnet.web-b",
            "adopt ec2.vpc.main",
            // The private table serves two tiers, and everybody was behind the default network ACL.
            "create ec2.network-acl.app",
            "create ec2.network-acl.web",
            "create ec2.route-table.app",
            "create ec2.route-table.db",
            "create ec2.security-group.app",
            "create ec2.security-group.db",
            "create ec2.security-group.web",
        ]
    );
    // What runs there already is told by the group that it carries.
    let bastion = format!("{} (bastion)", made.group);
    let rows = plan["network"]["connections"].as_array().unwrap();
    let closes = |row: &Json| {
        row["change"] == "closes"
            && row["from_end"] == "internet"
            && row["to_end"] == bastion
            && row["traffic"] == "tcp 22"
    };
    assert!(rows.iter().any(closes), "{rows:#?}");
    let opens =
        |row: &Json| row["change"] == "opens" && row["from_end"] == "internet" && row["to_end"] == bastion;
    assert!(!rows.iter().any(opens), "{rows:#?}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    for (addr, id) in [
        ("ec2.vpc.main", &made.vpc),
        ("ec2.subnet.web-a", &made.public[0]),
        ("ec2.subnet.web-b", &made.public[1]),
        ("ec2.subnet.app-a", &made.private[0]),
        ("ec2.subnet.app-b", &made.private[1]),
        ("ec2.subnet.db-a", &made.database[0]),
        ("ec2.subnet.db-b", &made.database[1]),
        ("ec2.internet-gateway.main", &made.gateway),
        ("ec2.route-table.public", &made.public_table),
        ("ec2.network-acl.db", &made.database_acl),
        ("ec2.nat-gateway.nat-a", &made.nat),
        ("ec2.elastic-ip.nat-a", &made.address),
    ] {
        assert_eq!(desk.at(addr), std::slice::from_ref(id), "{addr}");
    }
    assert_ne!(desk.at("ec2.route-table.app"), std::slice::from_ref(&made.private_table));
    let plan = desk.planned();
    assert_eq!(steps(&plan), [""; 0], "a second plan is empty");
    // The ids have done their work.
    desk.write(&made.written(|_| String::new()));
    assert_eq!(steps(&desk.planned()), [""; 0]);
    let live = desk.ends(0, &["network", "file.toml", "--live", "--format", "json"]);
    let live: Json = serde_json::from_str(&live.stdout).unwrap();
    let checks = live["checks"].as_array().unwrap();
    assert!(!checks.is_empty() && checks.iter().all(|check| check["answer"] == "proven"), "{checks:#?}");
    for (from, to, port, told) in [
        ("internet", "web", "443", "reachable"),
        ("web", "app", "8080", "reachable"),
        ("internet", made.instance.as_str(), "22", "proven unreachable"),
        ("app", "db", "5432", "reachable"),
        ("web", "db", "5432", "proven unreachable"),
    ] {
        let answer = desk.run_any(&["reach", from, to, port, "file.toml", "--live"]);
        assert!(answer.stdout.contains(told), "{from} {to} {port}: {answer:?}");
    }
}

#[test]
fn what_differs_from_the_account_is_an_error_that_says_both() {
    let desk = Desk::with(HEAD, "");
    let made = desk.made();
    let file = made.file();
    let [web, app] = [&made.public[0], &made.private[0]];
    for (from, to, addr, told) in [
        (
            "cidr = '10.0.0.0/16'",
            "cidr = '10.0.0.0/17'",
            "ec2.vpc.main",
            "10.0.0.0/16, not 10.0.0.0/17".to_owned(),
        ),
        (
            "'10.0.101.0/24'",
            "'10.0.103.0/24'",
            "ec2.subnet.web-a",
            "10.0.101.0/24, not 10.0.103.0/24".to_owned(),
        ),
        (
            web.as_str(),
            "subnet-0123456789abcdef0",
            "ec2.subnet.web-a",
            "no subnet-0123456789abcdef0".to_owned(),
        ),
        (made.vpc.as_str(), "vpc-0123456789abcdef0", "ec2.vpc.main", "no vpc-0123456789abcdef0".to_owned()),
        ("{ a = { id = ", "{ c = { id = ", "ec2.subnet.web-c", "us-east-1a, not us-east-1c".to_owned()),
    ] {
        assert!(file.contains(from), "{from}");
        desk.write(&file.replacen(from, to, 1));
        let plan: Json =
            serde_json::from_str(&desk.run_any(&["plan", "file.toml", "--json"]).stdout).unwrap();
        let findings = plan["findings"].as_array().unwrap();
        let is_told =
            |finding: &&Json| finding["addr"] == addr && finding["message"].as_str().unwrap().contains(&told);
        assert!(findings.iter().any(|finding| is_told(&finding)), "{to}: {findings:#?}");
        assert!(!steps(&plan).iter().any(|step| step.ends_with(addr)), "{to}: {:#?}", steps(&plan));
    }
    // Once it is tagged, another id is a contradiction.
    desk.write(&file);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.write(&file.replacen(web, "subnet-1", 1).replacen(app, web, 1).replacen("subnet-1", app, 1));
    let plan: Json = serde_json::from_str(&desk.run_any(&["plan", "file.toml", "--json"]).stdout).unwrap();
    let both = format!("{web}, not ec2.subnet.app-a");
    let findings = plan["findings"].to_string();
    assert!(findings.contains(&both) && steps(&plan).is_empty(), "{findings}");
}

#[test]
fn what_belongs_to_another_baseline_is_refused() {
    let desk = Desk::with(HEAD, "");
    let made = desk.made();
    for id in [&made.vpc, &made.public[0], &made.gateway, &made.public_table, &made.database_acl] {
        desk.by_hand("us-east-1", async |ec2| {
            let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
            let tags = ec2.create_tags().resources(id).tags(tag("baseline:name", "other"));
            tags.tags(tag("baseline:addr", "ec2.other.one")).send().await.unwrap();
        });
        let plan: Json =
            serde_json::from_str(&desk.run_any(&["plan", "file.toml", "--json"]).stdout).unwrap();
        let findings = plan["findings"].as_array().unwrap();
        let told = |finding: &Json| {
            finding["severity"] == "error" && finding["message"].as_str().unwrap().contains("other")
        };
        assert!(findings.iter().any(told), "{id}: {findings:#?}");
        desk.by_hand("us-east-1", async |ec2| {
            let tag = |key: &str| Tag::builder().key(key).build();
            let tags = ec2.delete_tags().resources(id).tags(tag("baseline:name")).tags(tag("baseline:addr"));
            tags.send().await.unwrap();
        });
    }
}

#[test]
fn a_default_group_that_something_uses_is_not_emptied() {
    let desk = Desk::with(HEAD, "");
    let made = desk.made();
    desk.by_hand("us-east-1", async |ec2| {
        let image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let request = ec2.run_instances().image_id(image).instance_type("t3.micro".into());
        request.min_count(1).max_count(1).subnet_id(&made.private[0]).send().await.unwrap();
    });
    let plan: Json = serde_json::from_str(&desk.run_any(&["plan", "file.toml", "--json"]).stdout).unwrap();
    let findings = plan["findings"].to_string();
    assert!(findings.contains("the default security group is that of the network interface"), "{findings}");
    desk.write(&made.file().replace("flow_logs = false\n", "flow_logs = false\ndefault_group = 'keep'\n"));
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(steps(&desk.planned()), [""; 0]);
}

#[test]
fn a_subnet_that_no_tier_names_is_told_and_stays() {
    let desk = Desk::with(HEAD, "");
    let made = desk.made();
    let file = made.file();
    let without_db = &file[..file.find("[network.tier.db]").unwrap()];
    desk.write(without_db);
    let plan = desk.planned();
    let findings = plan["findings"].to_string();
    for (id, range) in [(&made.database[0], "10.0.21.0/24"), (&made.database[1], "10.0.22.0/24")] {
        assert!(
            findings.contains(&format!("{id} (main-db-us-east-1")) && findings.contains(range),
            "{findings}"
        );
    }
    desk.ends(0, &["apply", "file.toml", "--auto-approve", "--prune"]);
    // The table of the private subnets is still that of the database.
    assert_ne!(desk.at("ec2.route-table.app"), [made.private_table]);
}

#[test]
fn a_plan_says_what_ipv6_changes_in_a_vpc_that_was_taken_over() {
    let desk = Desk::with(HEAD, "");
    let file = desk.made().file();
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let connections = |text: &str| -> String {
        desk.write(text);
        let plan: Json =
            serde_json::from_str(&desk.run_any(&["plan", "file.toml", "--json"]).stdout).unwrap();
        let told = plan["network"]["connections"].as_array().unwrap().iter().map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {} {}\n", text("change"), text("from_end"), text("to_end"), text("traffic"))
        });
        told.collect()
    };
    let with_ipv6 = file.replacen("flow_logs = false\n", "flow_logs = false\nipv6 = 'amazon'\n", 1);
    assert_ne!(with_ipv6, file);
    let told = connections(&with_ipv6);
    assert!(told.contains("opens internet web tcp 443"), "{told}");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    assert_eq!(steps(&desk.planned()), [""; 0]);
    // Now the VPC has a range, which stands in no file.
    let closed = connections(&with_ipv6.replacen("port = 443", "port = 8443", 1));
    let count = |change: &str| closed.lines().filter(|line| line.starts_with(change)).count();
    assert!(
        closed.contains("closes internet web tcp 443") && closed.contains("opens internet web tcp 8443"),
        "{closed}"
    );
    assert_eq!(count("opens internet web tcp 8443"), 2, "in each family: {closed}");
    assert_eq!(count("closes internet web tcp 443"), 2, "in each family: {closed}");
}
