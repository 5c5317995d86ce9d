//! The network of an account, whoever made it: who reaches whom among the interfaces that are there.

use serde_json::Value as Json;

use crate::desk::Desk;
use crate::emulator::{Emulator, Which};

const NOTHING: &str = "name = 'shop'\nregion = 'us-east-1'\n";
const SHOP: &str = "
name = 'shop'
region = 'us-east-1'
[network]
cidr = '10.20.0.0/16'
admin_from = ['203.0.113.0/28']
deny = ['198.51.100.0/24']
nat = 'single'
flow_logs = false
[network.tier.web]
public = true
accept = [{ from = 'internet', port = 443 }]
[network.tier.app]
egress = 'internet'
accept = [{ from = 'web', port = 8080 }, { from = 'self', port = 7946, protocol = 'udp' }]
[network.tier.db]
egress = 'none'
accept = [{ from = 'app', port = 5432 }]
[[network.assert]]
to = 'db'
expect = 'only'
only = ['app']
";

impl Desk {
    /// An instance in the default VPC, in the default group, which lets everybody in on the port of SSH; its id.
    fn neglected_instance(&self) -> String {
        self.by_hand("us-east-1", async |ec2| {
            let image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
            let request = ec2.run_instances().image_id(image).instance_type("t3.micro".into());
            let launched = request.min_count(1).max_count(1).send().await.unwrap();
            let instance = &launched.instances()[0];
            let group = instance.security_groups()[0].group_id().unwrap();
            let ingress = ec2.authorize_security_group_ingress().group_id(group).ip_protocol("tcp");
            ingress.from_port(22).to_port(22).cidr_ip("0.0.0.0/0").send().await.unwrap();
            instance.instance_id().unwrap().to_owned()
        })
    }

    fn reach(&self, options: &[&str]) -> Json {
        let map = self.ends(0, &[&["network", "file.toml", "--format", "json"], options].concat());
        serde_json::from_str(&map.stdout).unwrap()
    }
}

#[test]
fn an_applied_network_lets_through_what_was_planned() {
    let desk = Desk::with("", SHOP);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let (planned, live) = (desk.reach(&[]), desk.reach(&["--live"]));
    assert_eq!(planned["reach"], live["reach"]);
    let checks = live["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["answer"] == "proven"), "{live}");
    assert_eq!(checks.len(), 3, "administration, private tiers and the assertion");
    for (question, told) in [
        (["internet", "web", "443"], "reachable"),
        (["app", "db", "5432"], "reachable"),
        (["internet", "db", "5432"], "proven unreachable"),
        (["198.51.100.7", "web", "443"], "proven unreachable"),
    ] {
        let [planned, live] = [&[][..], &["--live"][..]].map(|options| {
            desk.ends(0, &[&["reach"], &question[..], &["file.toml"], options].concat()).stdout
        });
        assert!(live.contains(told), "{live}");
        // The entries of a network ACL have other numbers, and nothing else is other.
        let words = |text: &str| {
            let words = text.split_whitespace().map(|word| match word.parse::<u16>() {
                Ok(_) => "N",
                Err(_) => word,
            });
            words.collect::<Vec<_>>().join(" ")
        };
        // Only what was read was read somewhere.
        let (endpoint, live) = live.split_once('\n').unwrap();
        assert_eq!(endpoint, format!("custom endpoint: every service at {}", desk.emulator.endpoint()));
        assert_eq!(words(&planned), words(live));
    }
}

#[test]
fn an_account_that_nobody_described_is_shown_by_its_security_groups() {
    let desk = Desk::with("", NOTHING);
    let instance = desk.neglected_instance();
    let shown = desk.ends(0, &["network", "file.toml", "--live"]).stdout;
    let inbound = shown.lines().skip_while(|line| !line.contains("(default)")).nth(1).unwrap_or_default();
    assert!(inbound.trim_start().starts_with("from internet"), "{shown}");
    assert!(inbound.ends_with("tcp 22"), "{shown}");
    let answer = desk.ends(0, &["reach", "internet", &instance, "22", "file.toml", "--live"]).stdout;
    for told in
        ["reachable", "rule tcp 22 from 0.0.0.0/0", "entry 100 allows everything", "0.0.0.0/0 -> igw-"]
    {
        assert!(answer.contains(told), "no {told:?} in\n{answer}");
    }
    let answer = desk.ends(0, &["reach", "internet", &instance, "3389", "file.toml", "--live"]).stdout;
    assert!(answer.contains("proven unreachable") && answer.contains("no rule allows tcp 3389"), "{answer}");
}

#[test]
fn block_public_access_closes_what_the_rest_leaves_open() {
    let desk = Desk::with("", NOTHING);
    let instance = desk.neglected_instance();
    desk.by_hand("us-east-1", async |ec2| {
        let request = ec2.modify_vpc_block_public_access_options();
        request.internet_gateway_block_mode("block-bidirectional".into()).send().await.unwrap();
    });
    let answer = desk.ends(0, &["reach", "internet", &instance, "22", "file.toml", "--live"]).stdout;
    assert!(answer.contains("proven unreachable"), "{answer}");
    assert!(answer.contains("BLOCKED") && answer.contains("VPC Block Public Access is on"), "{answer}");
}

#[test]
fn a_part_that_could_not_be_read_is_named_and_nothing_is_proven_without_it() {
    // moto knows nothing of VPC Block Public Access.
    let desk = Desk::on(Emulator::start(Which::Moto), "", NOTHING);
    let answer = desk.ends(3, &["network", "file.toml", "--live"]);
    assert!(answer.stderr.contains("ec2:DescribeVpcBlockPublicAccessOptions"), "{}", answer.stderr);
}

#[test]
fn a_live_look_writes_nothing_and_takes_three_rounds() {
    let desk = Desk::with("", SHOP);
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    let traced = desk.ends(0, &["network", "file.toml", "--live", "--trace-calls"]).stderr;
    assert!(traced.contains("0 writes"), "{traced}");
    assert!(traced.contains("3 dependent rounds") || traced.contains("2 dependent rounds"), "{traced}");
}
