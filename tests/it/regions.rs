//! What AWS keeps by region, in every region: one apply, and regions that are denied, not enabled, or enabled later.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::desk::Desk;
use crate::emulator::{Answer, Emulator, Which};

const ACCOUNT: &str = "123456789012";
const HEAD: &str = "name = 'everywhere'\nregion = 'us-east-1'\n";

impl Desk {
    fn new(sections: &str) -> Self {
        Self::with(HEAD, sections)
    }

    fn apply(&self, code: i32) -> Answer {
        let applied = self.run("apply", &["--auto-approve"]);
        assert_eq!(applied.code, Some(code), "{applied:?}");
        applied
    }

    fn plan(&self) -> Json {
        let planned = self.run("plan", &["--json"]);
        serde_json::from_str(&planned.stdout).unwrap_or_else(|_| panic!("{planned:?}"))
    }

    /// The addresses of steps, with what is done.
    fn steps(&self) -> Vec<(String, String)> {
        let plan = self.plan();
        let steps = plan["steps"].as_array().unwrap().iter();
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        steps.map(|step| (text(&step["addr"]), text(&step["action"]))).collect()
    }

    /// Whether new volumes are encrypted in a region, as AWS says it.
    fn encrypts(&self, region: &str) -> bool {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let ec2 = aws_sdk_ec2::Client::new(&self.emulator.config_in(region));
        let answer = runtime.block_on(ec2.get_ebs_encryption_by_default().send()).unwrap();
        answer.ebs_encryption_by_default().unwrap()
    }

    /// What the account's owner or its organization does about a region.
    fn access(&self, change: impl FnOnce(&mut baseline::sandbox::region_access::RegionAccess)) {
        self.emulator.sandbox().with_world(|world| change(&mut world.account(ACCOUNT).region_access));
    }
}

#[test]
fn one_apply_reaches_every_enabled_region_and_a_second_one_writes_nothing() {
    let desk = Desk::new("[account]\n[default_network]\n");
    let planned = desk.run("plan", &[]).stdout;
    for told in ["ec2.default-security-group.default in 17", "ec2.ebs-encryption.account in the same 17"] {
        assert!(planned.contains(&format!("~ {told} regions")), "{planned}");
    }
    let named = planned.lines().filter(|line| line.contains("ap-south-1")).count();
    assert_eq!(named, 1, "five changes of the same regions name them once:\n{planned}");
    assert_eq!(desk.steps().len(), 1 + 5 * 17, "programs read every region by itself");
    desk.apply(0);
    for region in ["us-east-1", "eu-west-3", "sa-east-1"] {
        assert!(desk.encrypts(region), "{region}");
    }
    let again = desk.run("apply", &["--auto-approve", "--json"]);
    let again: Json = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["calls"]["writes"], 0, "{again}");
    let plan = desk.plan();
    assert_eq!(plan["steps"].as_array().unwrap().len(), 0, "{plan}");
    assert!(plan["calls"]["rounds"].as_u64().unwrap() <= 3, "{}", plan["calls"]);
    let calls = plan["calls"]["by_operation"].as_array().unwrap().iter();
    let of_regions = calls.filter(|call| call["operation"] != "DescribeRegions" && call["service"] == "EC2");
    let of_regions: u64 = of_regions.map(|call| call["count"].as_u64().unwrap()).sum();
    assert!((17 * 7..=17 * 8).contains(&of_regions), "{}", plan["calls"]);
}

#[test]
fn an_account_converged_in_its_home_region_only_changes_settings_elsewhere_and_nothing_else() {
    let desk = Desk::new(
        "[account]\nregions = ['us-east-1']\n[bucket.logs]\naccess_log = false\n[role.web]\ntrusted_by = { services = ['ec2.amazonaws.com'] }\n",
    );
    desk.apply(0);
    assert!(desk.encrypts("us-east-1") && !desk.encrypts("eu-west-1"));
    desk.write("[account]\n[bucket.logs]\naccess_log = false\n[role.web]\ntrusted_by = { services = ['ec2.amazonaws.com'] }\n");
    let steps = desk.steps();
    assert_eq!(steps.len(), 4 * 16, "{steps:?}");
    for (address, action) in &steps {
        assert!(address.contains(".account@") && action == "update", "{address} {action}");
    }
}

#[test]
fn a_region_that_the_organization_denies_is_incomplete_and_the_rest_is_converged() {
    let desk = Desk::new("[account]\n[default_network]\n");
    desk.access(|access| {
        access.denied.insert("eu-west-3".to_owned());
    });
    let planned = desk.run("plan", &[]);
    assert_eq!(planned.code, Some(3), "{planned:?}");
    assert!(planned.stdout.contains("in 16 regions"), "{}", planned.stdout);
    for words in ["eu-west-3", "with an explicit deny in a service control policy", "except_regions"] {
        assert!(planned.stdout.contains(words), "{words} is not in:\n{}", planned.stdout);
    }
    let applied = desk.apply(3);
    assert!(desk.encrypts("eu-west-1"), "{applied:?}");
    desk.write("[account]\nexcept_regions = ['eu-west-3']\n[default_network]\n");
    let drift = desk.run("drift", &[]);
    assert_eq!(drift.code, Some(0), "{drift:?}");
}

#[test]
fn regions_that_cannot_be_listed_are_incomplete_and_the_home_region_is_still_looked_at() {
    let desk = Desk::new("[account]\n");
    desk.access(|access| {
        access.denied.insert("us-east-1".to_owned());
    });
    let planned = desk.run("plan", &[]);
    assert_eq!(planned.code, Some(3), "{planned:?}");
    assert!(
        planned.stdout.contains("settings of the other regions: ec2:DescribeRegions was denied"),
        "{}",
        planned.stdout
    );
}

#[test]
fn a_region_that_is_enabled_later_is_drift_and_one_that_is_not_says_so() {
    let desk = Desk::new("[account]\n");
    desk.apply(0);
    assert_eq!(desk.run("drift", &[]).code, Some(0));
    desk.access(|access| {
        access.opted_in.insert("eu-south-1".to_owned());
    });
    let drift = desk.run("drift", &[]);
    assert_eq!(drift.code, Some(2), "{drift:?}");
    assert!(drift.stdout.contains("ec2.ebs-encryption.account@eu-south-1"), "{}", drift.stdout);
    desk.apply(0);
    desk.write("[account]\nregions = ['us-east-1', 'me-south-1']\n");
    let planned = desk.run("plan", &[]);
    assert_eq!(planned.code, Some(3), "{planned:?}");
    assert!(planned.stdout.contains("me-south-1") && planned.stdout.contains("enable"), "{}", planned.stdout);
}

#[test]
fn a_region_that_is_being_enabled_is_incomplete_and_told_from_one_that_is_not_enabled() {
    let desk = Desk::new("[account]\n[default_network]\n");
    desk.access(|access| {
        access.opted_in.insert("eu-south-1".to_owned());
        access.changing.insert("eu-south-1".to_owned());
    });
    let planned = desk.run("plan", &[]);
    assert_eq!(planned.code, Some(3), "{planned:?}");
    for words in ["eu-south-1", "it is being enabled or disabled", "except_regions"] {
        assert!(planned.stdout.contains(words), "{words} is not in:\n{}", planned.stdout);
    }
    assert!(!planned.stdout.contains("enable the region in this account"), "{}", planned.stdout);
    desk.access(|access| access.changing.clear());
    assert_eq!(desk.run("plan", &[]).code, Some(0));
}

#[test]
fn default_groups_are_emptied_in_three_regions_of_moto() {
    let desk = Desk::on(
        Emulator::start(Which::Moto),
        HEAD,
        "[account]\nregions = ['us-east-1', 'eu-west-1', 'ap-southeast-2']\n[default_network]\n",
    );
    // Moto does not know every setting of a region; what it knows is converged, the rest is said to be unread.
    let steps = desk.steps();
    for place in ["", "@eu-west-1", "@ap-southeast-2"] {
        for kind in ["ec2.ebs-encryption.account", "ec2.default-security-group.default"] {
            assert!(
                steps.contains(&(format!("{kind}{place}"), "update".to_owned())),
                "{kind}{place}: {steps:?}"
            );
        }
    }
    desk.apply(3);
    let left: Vec<String> = desk.steps().into_iter().map(|(addr, _)| addr).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn what_was_made_in_an_earlier_home_region_is_listed_and_left_alone() {
    let desk = Desk::new("[account]\n[kms_key.data]\n");
    desk.apply(0);
    let moved = "name = 'everywhere'\nregion = 'eu-west-1'\n[account]\n[kms_key.data]\n";
    std::fs::write(desk.folder.path().join("file.toml"), moved).unwrap();
    let applied = desk.run("apply", &["--auto-approve", "--prune", "--destroy", "kms.key.data@us-east-1"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let drift = desk.run("drift", &[]);
    assert!(drift.stdout.contains("? kms.key.data@us-east-1  arn:aws:kms:us-east-1:"), "{}", drift.stdout);
}

#[test]
fn patterns_choose_regions_and_one_that_matches_none_is_said() {
    let desk = Desk::new("[account]\nregions = ['eu-*', 'mars-*']\nexcept_regions = ['eu-west-*']\n");
    let planned = desk.run("plan", &[]);
    assert!(
        planned.stderr.contains("mars-* under regions in [account] matches no enabled region"),
        "{planned:?}"
    );
    let regions: BTreeSet<String> = desk
        .steps()
        .into_iter()
        .filter_map(|(address, _)| Some(address.split_once('@')?.1.to_owned()))
        .collect();
    assert_eq!(regions, ["eu-central-1", "eu-north-1"].map(str::to_owned).into());
}

#[test]
fn a_default_group_that_something_uses_is_shown_with_it_and_never_emptied() {
    let desk = Desk::new("[account]\nregions = ['us-east-1']\n[default_network]\n");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ec2 = aws_sdk_ec2::Client::new(&desk.emulator.config_in("us-east-1"));
    let (id, interface) = runtime.block_on(async {
        let launched = ec2
            .run_instances()
            .image_id("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64");
        let launched =
            launched.instance_type("t3.micro".into()).min_count(1).max_count(1).send().await.unwrap();
        let instance = &launched.instances()[0];
        let interfaces = ec2.describe_network_interfaces().send().await.unwrap();
        (
            instance.security_groups()[0].group_id().unwrap().to_owned(),
            interfaces.network_interfaces()[0].network_interface_id().unwrap().to_owned(),
        )
    });
    let planned = desk.run("plan", &[]).stdout;
    assert!(
        planned.contains(
            "ec2.default-security-group.default is not as declared in egress, ingress, and is in use"
        ),
        "{planned}"
    );
    assert!(planned.contains(&interface), "{planned}");
    desk.run("apply", &["--auto-approve"]);
    let groups = runtime.block_on(ec2.describe_security_groups().group_ids(id).send()).unwrap();
    let group = &groups.security_groups()[0];
    assert!(!group.ip_permissions().is_empty() && !group.ip_permissions_egress().is_empty(), "{group:?}");
}

#[test]
fn every_vpc_has_a_flow_log_in_one_bucket_where_the_file_asks_for_it() {
    let file = "[account]\nregions = ['us-east-1', 'eu-west-1']\n[kms_key.logs]\n[bucket.flows]\naccess_log = false\n\
                encryption = { kms_key = 'logs' }\n[default_network]\nflow_logs = 'flows'\n";
    let desk =
        Desk::new(&file.replace("encryption = { kms_key = 'logs' }\n", "").replace("[kms_key.logs]\n", ""));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = |region: &str| aws_sdk_ec2::Client::new(&desk.emulator.config_in(region));
    let own = runtime.block_on(client("eu-west-1").create_vpc().cidr_block("10.9.0.0/16").send()).unwrap();
    let own = own.vpc().unwrap().vpc_id().unwrap().to_owned();
    desk.apply(0);
    for (region, count) in [("us-east-1", 1), ("eu-west-1", 2)] {
        let logs = runtime.block_on(client(region).describe_flow_logs().send()).unwrap();
        assert_eq!(logs.flow_logs().len(), count, "{logs:?}");
        for log in logs.flow_logs() {
            assert!(log.log_destination().unwrap().contains("flows"), "{log:?}");
            assert_eq!(log.traffic_type().unwrap().as_str(), "ALL");
        }
    }
    let again = desk.run("apply", &["--auto-approve", "--json"]);
    let again: Json = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["calls"]["writes"], 0, "{again}");
    desk.write("[account]\nregions = ['us-east-1', 'eu-west-1']\n[bucket.flows]\naccess_log = false\n[default_network]\n");
    let drift = desk.run("drift", &[]).stdout;
    for left in [
        "? ec2.flow-log.default ",
        "? ec2.flow-log.default@eu-west-1",
        &format!("? ec2.flow-log.{own}@eu-west-1"),
    ] {
        assert!(drift.contains(left), "{left} is not in:\n{drift}");
    }
}

const ABSENT: &str =
    "[account]\nregions = ['us-east-1', 'eu-west-1', 'ap-south-1']\n[default_network]\nvpc = 'absent'\n";

/// The default VPCs of the regions, as AWS lists them.
fn default_vpcs(desk: &Desk, regions: &[&str]) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut found = Vec::new();
    for region in regions {
        let ec2 = aws_sdk_ec2::Client::new(&desk.emulator.config_in(region));
        let vpcs = runtime.block_on(ec2.describe_vpcs().send()).unwrap();
        let default = vpcs.vpcs().iter().filter(|vpc| vpc.is_default() == Some(true));
        found.extend(default.map(|vpc| vpc.vpc_id().unwrap().to_owned()));
    }
    found
}

const THREE: [&str; 3] = ["us-east-1", "eu-west-1", "ap-south-1"];

#[test]
fn empty_default_vpcs_go_with_prune_alone_and_everything_in_them_with_them() {
    let desk = Desk::new(ABSENT);
    let planned = desk.run("plan", &[]).stdout;
    assert!(planned.contains("? ec2.default-vpc.default"), "{planned}");
    assert!(planned.contains("delete it with apply --prune"), "{planned}");
    desk.apply(0);
    assert_eq!(default_vpcs(&desk, &THREE).len(), 3, "nothing is deleted that nobody asked to delete");
    let pruned = desk.run("plan", &["--prune"]).stdout;
    assert!(pruned.contains("- ec2.default-vpc.default in 3 regions"), "{pruned}");
    let applied = desk.run("apply", &["--auto-approve", "--prune"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert_eq!(default_vpcs(&desk, &THREE), Vec::<String>::new());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for region in THREE {
        let ec2 = aws_sdk_ec2::Client::new(&desk.emulator.config_in(region));
        let left = runtime.block_on(async {
            let gateways = ec2.describe_internet_gateways().send().await.unwrap().internet_gateways().len();
            (gateways, ec2.describe_subnets().send().await.unwrap().subnets().len())
        });
        assert_eq!(left, (0, 0), "{region}");
    }
    let again = desk.run("apply", &["--auto-approve", "--prune", "--json"]);
    let again: Json = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["calls"]["writes"], 0, "{again}");
    let plan = desk.plan();
    assert_eq!(plan["undeclared"].as_array().unwrap().len(), 0, "{plan}");
    assert_eq!(plan["steps"].as_array().unwrap().len(), 0, "{plan}");
}

#[test]
fn a_default_vpc_in_which_anything_was_made_stays_and_says_what() {
    let desk = Desk::new(ABSENT);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = |region: &str| aws_sdk_ec2::Client::new(&desk.emulator.config_in(region));
    let (ec2, elsewhere) = (client("us-east-1"), client("eu-west-1"));
    runtime.block_on(async {
        let launched = ec2
            .run_instances()
            .image_id("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64");
        launched.instance_type("t3.micro".into()).min_count(1).max_count(1).send().await.unwrap();
        let group = elsewhere.create_security_group().group_name("legacy").description("of a person");
        group.send().await.unwrap();
    });
    let planned = desk.run("plan", &["--prune"]).stdout;
    assert!(
        planned.contains("ec2.default-vpc.default stays, because it is in use: the network interface eni-"),
        "{planned}"
    );
    assert!(
        planned.contains(
            "ec2.default-vpc.default@eu-west-1 stays, because it is in use: the security group sg-"
        ),
        "{planned}"
    );
    assert!(planned.contains("- ec2.default-vpc.default@ap-south-1"), "{planned}");
    desk.run("apply", &["--auto-approve", "--prune"]);
    assert_eq!(default_vpcs(&desk, &THREE).len(), 2);
    let subnets = runtime.block_on(ec2.describe_subnets().send()).unwrap().subnets().len();
    assert!(subnets >= 3, "a VPC that stays keeps its subnets");
    let sealed = runtime.block_on(elsewhere.describe_security_groups().send()).unwrap();
    let default =
        sealed.security_groups().iter().find(|group| group.group_name() == Some("default")).unwrap();
    assert!(default.ip_permissions().is_empty(), "the group of a VPC that stays is emptied");
}

#[test]
fn a_deletion_that_was_cut_anywhere_is_gone_on_with() {
    for cut in 0..4 {
        let desk = Desk::new("[account]\nregions = ['us-east-1']\n[default_network]\nvpc = 'absent'\n");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let ec2 = aws_sdk_ec2::Client::new(&desk.emulator.config_in("us-east-1"));
        let vpc = default_vpcs(&desk, &["us-east-1"]).remove(0);
        // What a run does before it is killed.
        runtime.block_on(async {
            let gateways = ec2.describe_internet_gateways().send().await.unwrap();
            let gateway = gateways.internet_gateways()[0].internet_gateway_id().unwrap().to_owned();
            let subnets = ec2.describe_subnets().send().await.unwrap();
            let ids: Vec<&str> = subnets.subnets().iter().map(|subnet| subnet.subnet_id().unwrap()).collect();
            for id in ids.iter().take(if cut == 0 { 2 } else { ids.len() }) {
                ec2.delete_subnet().subnet_id(*id).send().await.unwrap();
            }
            let tag =
                |key: &str, value: &str| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build();
            if cut >= 1 {
                let tags = [
                    tag("baseline:name", "everywhere"),
                    tag("baseline:addr", "ec2.internet-gateway.default-vpc"),
                ];
                ec2.create_tags().resources(&gateway).set_tags(Some(tags.to_vec())).send().await.unwrap();
            }
            if cut >= 2 {
                ec2.detach_internet_gateway()
                    .internet_gateway_id(&gateway)
                    .vpc_id(&vpc)
                    .send()
                    .await
                    .unwrap();
            }
            if cut >= 3 {
                ec2.delete_internet_gateway().internet_gateway_id(&gateway).send().await.unwrap();
            }
        });
        let applied = desk.run("apply", &["--auto-approve", "--prune"]);
        assert_eq!(applied.code, Some(0), "after cut {cut}: {applied:?}");
        assert_eq!(default_vpcs(&desk, &["us-east-1"]), Vec::<String>::new());
        let gateways = runtime.block_on(ec2.describe_internet_gateways().send()).unwrap();
        assert!(gateways.internet_gateways().is_empty(), "after cut {cut}: {gateways:?}");
    }
}

#[test]
fn the_default_vpc_of_moto_goes_too() {
    let desk = Desk::on(
        Emulator::start(Which::Moto),
        HEAD,
        "[account]\nregions = ['eu-west-1']\n[default_network]\nvpc = 'absent'\n",
    );
    let text = std::fs::read_to_string(desk.folder.path().join("file.toml")).unwrap();
    std::fs::write(
        desk.folder.path().join("file.toml"),
        text.replace("us-east-1", "eu-west-1").replace("[account]\nregions = ['eu-west-1']\n", ""),
    )
    .unwrap();
    desk.run("apply", &["--auto-approve", "--prune", "--no-lock"]);
    assert_eq!(default_vpcs(&desk, &["eu-west-1"]), Vec::<String>::new());
}
