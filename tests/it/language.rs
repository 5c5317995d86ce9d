//! The language as people meet it: ready profiles, generated pages, examples in the docs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use baseline::language::fleet::FleetFile;
use baseline::language::{
    Baseline, Diagnostic, Place, Source, fleet_schema, reference, render, schema, starter,
};
use baseline::model::{Value, Wanted};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const PLACE: Place<'_> = Place { account: "111122223333", partition: "aws" };

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

/// The baseline of a text without errors, and the codes of its warnings.
fn parsed(name: &str, text: &str) -> (Baseline, Vec<&'static str>) {
    let source = source(name, text);
    let (baseline, problems) = Baseline::parse(&source);
    let shown = render(&source, &problems, false);
    let warnings = problems.iter().map(|problem| problem.code).collect();
    (baseline.unwrap_or_else(|| panic!("{shown}")), warnings)
}

/// What a text wants. What holds of its network is proven elsewhere, and takes longer than all the rest of reading it.
fn wanted(text: &str) -> Wanted {
    let (baseline, problems) = Baseline::parse_unproven(&source("test.toml", text));
    baseline.unwrap_or_else(|| panic!("{problems:?}")).expand(&PLACE).unwrap()
}

fn value<'a>(wanted: &'a Wanted, addr: &str) -> &'a Value {
    let addr = addr.parse().unwrap();
    &wanted.things.get(&addr).unwrap_or_else(|| panic!("there is no {addr}")).value
}

fn json(wanted: &Wanted, addr: &str) -> Json {
    value(wanted, addr).plain_json()
}

fn profile(name: &str) -> String {
    fs::read_to_string(root().join("baselines").join(name)).unwrap()
}

#[test]
fn every_ready_profile_parses_and_expands() {
    for (name, warnings) in [
        ("landing-zone.toml", vec!["no-tls"]),
        ("logging.toml", vec![]),
        ("posture.toml", vec![]),
        ("two-tier.toml", vec!["no-tls"]),
    ] {
        let (baseline, found) = parsed(name, &profile(name));
        assert_eq!(found, warnings, "{name}");
        assert!(!baseline.expand(&PLACE).unwrap().things.is_empty());
    }
}

#[test]
fn the_starter_file_parses_as_it_is_and_with_its_examples_switched_on() {
    assert_eq!(parsed("starter.toml", starter()).1, Vec::<&str>::new());
    let on: String = starter()
        .lines()
        .map(|line| {
            let bare = line.strip_prefix("# ").unwrap_or(line);
            let code = bare.starts_with('[') || bare.contains(" = ");
            format!("{}\n", if code { bare } else { line })
        })
        .collect();
    let (baseline, _) = parsed("starter.toml", &on);
    assert!(baseline.file.network.is_some() && !baseline.file.auto_scaling.0.is_empty());
    assert!(!baseline.file.policy.0.is_empty() && !baseline.file.group.0.is_empty());
}

#[test]
fn everything_wanted_refers_only_to_things_that_are_wanted() {
    for name in ["landing-zone.toml", "logging.toml", "posture.toml", "two-tier.toml"] {
        let wanted = wanted(&profile(name));
        for (addr, want) in &wanted.things {
            let mentioned = want.value.refs().into_iter().map(|r| &r.addr).chain(&want.after);
            for other in mentioned {
                assert!(wanted.things.contains_key(other), "{name}: {addr} needs {other}");
                // Only a security group may name itself: its rules are written after it exists.
                assert!(other != addr || addr.kind() == "ec2.security-group", "{addr} needs itself");
            }
            assert!(want.origin.line > 0 && !want.origin.section.is_empty(), "{addr} comes from nowhere");
        }
    }
}

#[test]
fn the_trail_may_use_its_bucket_and_its_key_and_nobody_may_delete_its_logs() {
    let wanted = wanted(&profile("landing-zone.toml"));
    for addr in ["s3.bucket.trail-logs", "kms.key.trail"] {
        let policy = serde_json::to_string_pretty(&json(&wanted, addr)["policy"]).unwrap();
        insta::assert_snapshot!(addr, policy);
    }
}

#[test]
fn the_bucket_of_all_logs_lets_each_service_in() {
    let wanted = wanted(&profile("landing-zone.toml"));
    let policy = json(&wanted, "s3.bucket.access-logs")["policy"].clone();
    let sids: Vec<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["Sid"].as_str().unwrap())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    assert_eq!(
        sids,
        [
            "AWSLogDeliveryAclCheck",
            "AWSLogDeliveryWrite",
            "AWSLogDeliveryWriteWithoutAcl",
            "DenyDeletion",
            "DenyInsecureTransport",
            "LoadBalancerLogs",
            "LoadBalancerLogsOfOlderRegions",
            "S3AccessLogs-trail-logs",
        ]
    );
}

/// The entries of an ACL as a person would read them.
fn acl(wanted: &Wanted, tier: &str, direction: &str) -> String {
    let acl = json(wanted, &format!("ec2.network-acl.{tier}"));
    let mut lines: Vec<String> = acl[direction]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            format!(
                "{} {} {} {}-{}",
                entry["action"].as_str().unwrap(),
                entry["protocol"].as_str().unwrap(),
                entry["cidr"].as_str().unwrap(),
                entry["from_port"],
                entry["to_port"]
            )
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

const TWO_TIERS: &str = "
name = 'net'
region = 'us-east-1'
[network]
cidr = '10.0.0.0/16'
flow_logs = false
admin_from = ['203.0.113.10/32']
deny = ['198.51.100.0/24']
[network.tier.web]
public = true
accept = [{ from = 'internet', port = 443 }, { from = 'internet', port = 80 }]
[network.tier.db]
accept = [{ from = 'web', port = 3306 }]
";

#[test]
fn network_acls_deny_first_and_let_answers_back_to_the_peers_alone() {
    let wanted = wanted(TWO_TIERS);
    insta::assert_snapshot!(
        ["web", "db"]
            .map(|tier| format!(
                "{tier} in\n{}\n{tier} out\n{}",
                acl(&wanted, tier, "ingress"),
                acl(&wanted, tier, "egress")
            ))
            .join("\n")
    );
}

#[test]
fn the_database_tier_answers_the_web_tier_and_opens_nothing() {
    let wanted = wanted(TWO_TIERS);
    let group = json(&wanted, "ec2.security-group.db");
    assert_eq!(group["egress"], Json::Array(vec![]));
    let ingress = group["ingress"].as_array().unwrap();
    assert_eq!(ingress.len(), 1);
    assert_eq!(ingress[0]["from_port"], 3306);
    assert_eq!(ingress[0]["group"]["$ref"], "ec2.security-group.web");
    assert_eq!(json(&wanted, "ec2.route-table.db")["routes"], Json::Object(serde_json::Map::new()));
}

#[test]
fn nat_in_the_public_tier_lets_private_traffic_through_its_acl() {
    let wanted = wanted(
        &TWO_TIERS
            .replace("flow_logs = false", "flow_logs = false\nnat = 'per-zone'")
            .replace("[network.tier.db]", "[network.tier.db]\negress = 'internet'"),
    );
    assert!(
        acl(&wanted, "web", "ingress").contains("allow tcp 10.0.8.0/21 443-443")
            || acl(&wanted, "web", "ingress").contains("allow tcp 0.0.0.0/0 443-443")
    );
    assert!(acl(&wanted, "web", "egress").contains("allow tcp 0.0.0.0/0 1024-65535"));
    assert!(acl(&wanted, "db", "ingress").contains("allow tcp 0.0.0.0/0 1024-65535"));
    let table = json(&wanted, "ec2.route-table.db-b");
    assert_eq!(table["routes"]["0.0.0.0/0"]["$ref"], "ec2.nat-gateway.nat-b");
}

#[test]
fn a_target_group_with_another_port_is_another_group() {
    let text = profile("landing-zone.toml");
    let name = |text: &str| json(&wanted(text), "elb.target-group.web")["name"].as_str().unwrap().to_owned();
    let other = text.replace("tier        = \"web\"", "tier = \"web\"\ntarget = { port = 8080 }");
    assert_ne!(name(&text), name(&other));
    assert!(name(&text).len() <= 32);
}

#[test]
fn the_number_that_runs_and_the_zone_of_a_number_are_chosen_once() {
    let wanted = wanted(&profile("landing-zone.toml"));
    assert!(matches!(value(&wanted, "autoscaling.group.web").get("desired"), Some(Value::AtCreation(_))));
    assert!(matches!(value(&wanted, "ec2.subnet.web-a").get("zone"), Some(Value::AtCreation(_))));
}

/// Compares a committed file with what the code says, or writes it.
pub fn same_as_committed(path: &Path, text: &str) {
    if std::env::var_os("BASELINE_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == text,
        "{} is not what the code says; run the tests with BASELINE_BLESS=1",
        path.display()
    );
}

#[test]
fn the_reference_and_the_schema_are_what_the_code_says() {
    same_as_committed(&root().join("docs/language.md"), &reference());
    for (name, schema) in [("baseline", schema()), ("fleet", fleet_schema())] {
        let schema = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        same_as_committed(&root().join(format!("docs/schema/{name}.schema.json")), &schema);
    }
}

#[test]
fn every_example_in_the_docs_parses() {
    let mut pages = vec![root().join("README.md")];
    pages.extend(fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    for page in pages.iter().filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(page).unwrap_or_default();
        for (index, block) in text.split("```toml\n").skip(1).enumerate() {
            let block = block.split("```").next().unwrap();
            // An example of one section stands for a file that has the two keys every file has.
            let whole = if block.contains("region") {
                block.to_owned()
            } else {
                format!("name = 'example'\nregion = 'us-east-1'\n{block}")
            };
            let name = format!("{} example {}", page.display(), index + 1);
            let is_fleet = block.contains("[access]");
            let source = source(&name, if is_fleet { block } else { &whole });
            let mut problems =
                if is_fleet { FleetFile::parse(&source).1 } else { Baseline::parse(&source).1 };
            // It may name sections that another example shows.
            problems.retain(|problem| problem.is_error() && problem.code != "unknown-name");
            assert!(problems.is_empty(), "{}", render(&source, &problems, false));
        }
    }
}

/// Subnets by address name.
fn subnets(wanted: &Wanted) -> BTreeMap<String, ipnet::Ipv4Net> {
    wanted
        .things
        .iter()
        .filter(|(addr, _)| addr.kind() == "ec2.subnet")
        .map(|(addr, want)| {
            let cidr = want.value.plain_json()["cidr"].as_str().unwrap().parse().unwrap();
            (addr.name().to_owned(), cidr)
        })
        .collect()
}

fn network(tiers: &[bool], zones: usize, nat: &str) -> String {
    let mut text = format!(
        "name = 'net'\nregion = 'eu-west-1'\n[network]\ncidr = '10.0.0.0/16'\nzones = {zones}\nflow_logs = false\nnat = '{nat}'\n\
         [network.tier.first]\npublic = true\naccept = [{{ from = 'internet', port = 443 }}]\n"
    );
    for (index, public) in tiers.iter().enumerate() {
        text.push_str(&format!(
            "[network.tier.t{index}x]\npublic = {public}\naccept = [{{ from = 'first', port = {} }}]\n",
            1000 + index
        ));
    }
    text
}

proptest! {
    #[test]
    fn any_bytes_give_problems_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let source = match Source::from_bytes("x.toml", bytes) {
            Ok(source) => source,
            Err((source, problem)) => {
                prop_assert!(!render(&source, &[*problem], false).is_empty());
                source
            }
        };
        let (baseline, problems) = Baseline::parse(&source);
        prop_assert_eq!(baseline.is_none(), problems.iter().any(Diagnostic::is_error));
        render(&source, &problems, true);
    }

    #[test]
    fn any_damage_to_a_real_file_gives_problems_and_never_a_panic(
        at in 0_usize..3000, gone in 0_usize..40, put in "[\\PC\\[\\]{}=\"'.\n]{0,12}",
    ) {
        let mut text: Vec<char> = profile("landing-zone.toml").chars().collect();
        let start = at.min(text.len());
        let end = (start + gone).min(text.len());
        text.splice(start..end, put.chars());
        let source = source("x.toml", &text.into_iter().collect::<String>());
        let (baseline, problems) = Baseline::parse(&source);
        prop_assert_eq!(baseline.is_none(), problems.iter().any(Diagnostic::is_error));
        render(&source, &problems, false);
        if let Some(baseline) = baseline {
            prop_assert_eq!(baseline.expand(&PLACE), baseline.expand(&PLACE));
        }
    }

    #[test]
    fn subnets_never_overlap_and_lie_in_the_network(
        tiers in proptest::collection::vec(any::<bool>(), 0..8), zones in 1_usize..=8,
        nat in prop_oneof![Just("none"), Just("single"), Just("per-zone")],
    ) {
        let subnets: Vec<_> = subnets(&wanted(&network(&tiers, zones, nat))).into_values().collect();
        prop_assert_eq!(subnets.len(), (tiers.len() + 1) * zones);
        for (index, one) in subnets.iter().enumerate() {
            prop_assert!("10.0.0.0/16".parse::<ipnet::Ipv4Net>().unwrap().contains(one));
            for other in &subnets[..index] {
                prop_assert!(!one.contains(other) && !other.contains(one), "{} and {}", one, other);
            }
        }
    }

    #[test]
    fn another_tier_at_the_end_or_another_zone_moves_no_subnet(
        tiers in proptest::collection::vec(any::<bool>(), 0..6), more in any::<bool>(), zones in 1_usize..8,
    ) {
        let before = subnets(&wanted(&network(&tiers, zones, "none")));
        let mut longer = tiers.clone();
        longer.push(more);
        let after = subnets(&wanted(&network(&longer, zones + 1, "none")));
        for (name, range) in before {
            prop_assert_eq!(after.get(&name), Some(&range));
        }
    }

    #[test]
    fn what_an_acl_lets_in_it_lets_out_again(
        tiers in proptest::collection::vec(any::<bool>(), 0..6),
        nat in prop_oneof![Just("none"), Just("single")],
    ) {
        let wanted = wanted(&network(&tiers, 2, nat));
        for (addr, want) in wanted.things.iter().filter(|(addr, _)| addr.kind() == "ec2.network-acl") {
            let acl = want.value.plain_json();
            for (open, back) in [("ingress", "egress"), ("egress", "ingress")] {
                let connections = acl[open].as_array().unwrap().iter();
                for entry in connections.filter(|entry| entry["action"] == "allow" && entry["protocol"] != "icmp") {
                    let peer: ipnet::Ipv4Net = entry["cidr"].as_str().unwrap().parse().unwrap();
                    let answered = acl[back].as_array().unwrap().iter().any(|way| {
                        let range: ipnet::Ipv4Net = way["cidr"].as_str().unwrap().parse().unwrap();
                        way["action"] == "allow" && range.contains(&peer) && way["to_port"] == 65535
                    });
                    prop_assert!(answered || entry["to_port"] == 65535, "{} {} {}", addr, open, entry);
                    let outside = !"10.0.0.0/16".parse::<ipnet::Ipv4Net>().unwrap().contains(&peer);
                    let too_large = acl[back].as_array().unwrap().iter().any(|way| {
                        (&way["protocol"], &way["from_port"], &way["to_port"]) == (&json!("icmp"), &json!(3), &json!(4))
                            && way["cidr"] == "0.0.0.0/0"
                    });
                    prop_assert!(too_large || !outside, "no path MTU discovery: {} {} {}", addr, open, entry);
                }
            }
        }
    }
}

#[test]
fn deep_nesting_and_huge_files_are_refused_and_not_followed() {
    let deep = |open: &str, close: &str| format!("name = {}{}", open.repeat(50_000), close.repeat(50_000));
    let keys = format!("{} = 1", ["a"; 50_000].join("."));
    let headers = format!("[{}]", ["a"; 50_000].join("."));
    for text in
        [deep("[", "]"), deep("{ a = ", "}"), keys, headers, "a".repeat(2 << 20), "[[a]]\n".repeat(20_000)]
    {
        let source = source("x.toml", &text);
        let (baseline, problems) = Baseline::parse(&source);
        assert!(baseline.is_none());
        assert!(render(&source, &problems[..1], false).len() < 10_000);
    }
}

/// The example every document starts from.
const WHOLE: &str = r#"
name   = "landing-zone"
region = "us-east-1"                 # home region

[account]
allowed              = ["123456789012"]   # stop on any other account
block_public_buckets = true
ebs_encryption       = true
imdsv2               = "required"

[cloudtrail]
kms_key = "trail"
bucket  = "trail-logs"

[kms_key.trail]
rotation_days = 365

[bucket.trail-logs]
access_log = "access-logs"
lifecycle  = { archive_after_days = 30, expire_after_days = 90 }

[bucket.access-logs]
lifecycle  = { expire_after_days = 90 }

[password_policy]
min_length       = 14
reuse_prevention = 24

[role.web]
instance_profile = true
allow = [{ actions = ["ssm:GetParameter"], resources = ["arn:aws:ssm:*:*:parameter/web/*"] }]

[role.auditor]
trusted_by = { accounts = ["999988887777"], require_mfa = true, external_id = "audit-2026" }
policies   = ["arn:aws:iam::aws:policy/SecurityAudit"]

[network]
cidr       = "10.20.0.0/16"
zones      = 2
admin_from = ["203.0.113.10/32"]
deny       = ["198.51.100.0/24"]

[network.tier.web]
public = true
accept = [{ from = "internet", port = 443 }, { from = "internet", port = 80 }]

[network.tier.db]
accept = [{ from = "web", port = 3306 }]

[load_balancer.web]
tier        = "web"
certificate = "arn:aws:acm:us-east-1:123456789012:certificate/..."

[auto_scaling.web]
load_balancer = "web"
role          = "web"
instance_type = "t3.micro"
min           = 2
max           = 6
target_cpu    = 60
"#;

#[test]
fn a_whole_file_becomes_these_things() {
    let (baseline, warnings) = parsed("whole.toml", WHOLE);
    assert_eq!(warnings, ["no-flow-logs", "no-way-out"]);
    assert_eq!((baseline.name.as_str(), baseline.region.as_str()), ("landing-zone", "us-east-1"));
    assert_eq!(baseline.allowed_accounts, ["123456789012"]);
    let wanted = baseline.expand(&PLACE).unwrap();
    let lines: Vec<String> = wanted
        .things
        .iter()
        .map(|(addr, want)| {
            let after: Vec<String> = want.after.iter().map(ToString::to_string).collect();
            let after = if after.is_empty() { String::new() } else { format!(" after {}", after.join(", ")) };
            format!("{addr} from [{}]{after}", want.origin.section)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_auditor_of_another_account_needs_mfa_and_the_external_id() {
    let trust = json(&wanted(WHOLE), "iam.role.auditor")["trust"]["Statement"][0].clone();
    assert_eq!(trust["Principal"]["AWS"][0], "arn:aws:iam::999988887777:root");
    assert_eq!(trust["Condition"]["Bool"]["aws:MultiFactorAuthPresent"][0], "true");
    assert_eq!(trust["Condition"]["StringEquals"]["sts:ExternalId"][0], "audit-2026");
}

#[test]
fn the_key_of_volumes_lets_auto_scaling_in_without_naming_a_role_that_may_not_exist() {
    let text =
        WHOLE.replace("[account]", "[kms_key.volumes]\nusers = ['web']\n[account]\nebs_kms_key = 'volumes'");
    let wanted = wanted(&text);
    let policy = json(&wanted, "kms.key.volumes")["policy"].clone();
    let statements = policy["Statement"].as_array().unwrap();
    let grants = statements.iter().find(|statement| statement["Sid"] == "AutoScalingGrants").unwrap();
    assert_eq!(grants["Principal"]["AWS"][0], "*");
    assert_eq!(grants["Condition"]["StringEquals"]["kms:CallerAccount"][0], "111122223333");
    assert_eq!(grants["Condition"]["Bool"]["kms:GrantIsForAWSResource"][0], "true");
    assert!(
        grants["Condition"]["ArnEquals"]["aws:PrincipalArn"][0]
            .as_str()
            .unwrap()
            .ends_with("/AWSServiceRoleForAutoScaling")
    );
    // A key whose policy names a role waits for the role (KMS-5).
    let key = &wanted.things[&"kms.key.volumes".parse().unwrap()];
    assert!(key.after.contains(&"iam.role.web".parse().unwrap()));
    assert_eq!(json(&wanted, "ec2.ebs-encryption.account")["kms_key"]["$ref"], "kms.key.volumes");
}

#[test]
fn flow_logs_into_a_bucket_with_a_key_may_use_the_key() {
    let text = format!(
        "{}\n[kms_key.flow]\n[bucket.flow]\nencryption = 'kms:flow'\n",
        TWO_TIERS.replace("flow_logs = false", "flow_logs = 'flow'")
    );
    let wanted = wanted(&text);
    let policy = json(&wanted, "kms.key.flow")["policy"].to_string();
    assert!(policy.contains("delivery.logs.amazonaws.com"));
    assert_eq!(json(&wanted, "s3.bucket.flow")["encryption"]["kms_key"]["$ref"], "kms.key.flow");
    assert_eq!(json(&wanted, "ec2.flow-log.main")["destination"], "arn:aws:s3:::net-flow-111122223333");
}

#[test]
fn a_tier_keeps_its_subnets_when_the_one_above_it_goes_and_its_block_is_written_down() {
    let before = subnets(&wanted(TWO_TIERS));
    let alone = "[network.tier.db]\nblock = 1\naccept = [{ from = 'app', port = 3306 }]\n[network.tier.app]\nblock = 5\npublic = true\naccept = [{ from = 'internet', port = 443 }]\n";
    let text = format!("{}{alone}", TWO_TIERS.split("[network.tier.web]").next().unwrap());
    let after = subnets(&wanted(&text));
    assert_eq!(before["db-a"], after["db-a"]);
    assert_eq!(after["app-b"].to_string(), "10.0.41.0/24");
}

#[test]
fn names_of_accounts_and_regions_are_filled_in_where_it_is_expanded() {
    let text = "name = 'x'\nregion = 'eu-west-1'\n[bucket.a]\nname = 'logs-${region}-${account}'\naccess_log = false\n";
    assert_eq!(json(&wanted(text), "s3.bucket.a")["bucket"], "logs-eu-west-1-111122223333");
    let china = Place { account: "111122223333", partition: "aws-cn" };
    let role = "name = 'x'\nregion = 'cn-north-1'\n[role.web]\ninstance_profile = true\n";
    let wanted = parsed("x.toml", role).0.expand(&china).unwrap();
    assert_eq!(
        json(&wanted, "iam.role.web")["trust"]["Statement"][0]["Principal"]["Service"][0],
        "ec2.amazonaws.com.cn"
    );
}

#[test]
fn a_tier_may_be_a_cluster_that_only_talks_to_itself() {
    let text = "name = 'shop'\nregion = 'us-east-1'\n[network]\ncidr = '10.0.0.0/16'\nflow_logs = false\n\
                [network.tier.cluster]\naccept = [{ from = 'self', port = 7000 }]\n";
    let (baseline, problems) = Baseline::parse(&source("x.toml", text));
    assert!(baseline.is_some(), "{problems:?}");
}
