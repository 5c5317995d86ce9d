//! AWS's partitions: what the table says is what AWS says, and a landing zone stands in each of them.

use std::process::Command;

use baseline::language::{Baseline, Place, Source};
use baseline::partition::PARTITIONS;
use serde_json::Value as Json;

use crate::emulator::{Emulator, Which};
use crate::moto;
use crate::source_code::root;
use crate::world::{World, shipped};

/// The ends of a pattern such as `^(us|eu)\-\w+\-\d+$`: what stands before direction and number.
fn beginnings(pattern: &str) -> Vec<String> {
    let plain = pattern.replace('\\', "");
    let start = plain.strip_prefix('^').and_then(|rest| rest.strip_suffix("-w+-d+$"));
    let start = start.unwrap_or_else(|| panic!("another form of pattern: {pattern}"));
    match start.split_once('(') {
        None => vec![start.to_owned()],
        Some((before, rest)) => {
            let (choices, after) = rest.split_once(')').unwrap();
            choices.split('|').map(|choice| format!("{before}{choice}{after}")).collect()
        }
    }
}

#[test]
fn the_table_says_what_awss_endpoint_data_says() {
    let script = root().join("tests/it/partitions.py");
    let output = Command::new(moto::python()).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Json = serde_json::from_slice(&output.stdout).unwrap();
    let said = said.as_object().unwrap();
    let ids: Vec<&str> = PARTITIONS.iter().map(|partition| partition.id).collect();
    assert_eq!(said.keys().map(String::as_str).collect::<Vec<_>>(), ids, "sorted by id");
    for partition in PARTITIONS {
        let aws = &said[partition.id];
        let text = |key: &str| aws[key].as_str().map(str::to_owned);
        let id = partition.id;
        let mut regions = beginnings(&text("regions").unwrap());
        let mut ours = partition.regions.to_vec();
        regions.sort();
        ours.sort_unstable();
        assert_eq!(regions, ours, "{id}");
        assert_eq!(text("dns_suffix").as_deref(), Some(partition.dns_suffix), "{id}");
        assert_eq!(text("dual_stack_dns_suffix").as_deref(), Some(partition.dual_stack_dns_suffix), "{id}");
        assert_eq!(text("global_region").as_deref(), Some(partition.global_region), "{id}");
        // AWS's endpoint data does not know IAM in each of them.
        if let Some(iam) = text("iam_region") {
            assert_eq!(iam, partition.iam_region, "{id}");
        }
        let sign_in = text("sign_in").unwrap();
        let host = partition.sign_in;
        assert!(
            host == sign_in || host.ends_with(&format!(".{sign_in}")),
            "{id}: {host}, AWS says {sign_in}"
        );
    }
    let iam = said.values().filter(|aws| aws["iam_region"].is_string()).count();
    assert!(iam >= 5, "only {iam} partitions have an IAM");
}

#[tokio::test(start_paused = true)]
async fn the_landing_zone_stands_in_every_partition_of_the_built_in_account() {
    for (region, partition) in
        [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")]
    {
        let text = shipped("landing-zone.toml")
            .replace("us-east-1", region)
            .replace("arn:aws:", &format!("arn:{partition}:"));
        let source = Source { name: "landing-zone.toml".into(), text: text.clone() };
        let (baseline, problems) = Baseline::parse(&source);
        let baseline = baseline.unwrap_or_else(|| panic!("{region}: {problems:#?}"));
        assert_eq!(baseline.partition(), partition);
        let emulator = Emulator::start(Which::BuiltIn);
        let account = emulator.account_in(region, &baseline.name).await;
        assert_eq!(account.identity.partition, partition);
        let place = Place { account: account.id(), partition: &account.identity.partition };
        let wanted = baseline.expand(&place).unwrap();
        let world = World { emulator, account, wanted };
        world.apply().await;
        world.assert_converged(region).await;

        let (live, plan) = world.look(&Default::default()).await;
        for text in [format!("{live:?}"), format!("{plan:?}"), format!("{:?}", world.wanted)] {
            assert!(!text.contains("arn:aws:"), "{region}: an ARN of another partition");
        }
        assert!(format!("{live:?}").contains(&format!("arn:{partition}:kms:{region}:")));

        // And as a person sees it.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("zone.toml"), text).unwrap();
        // The other regions of the partition are known once AWS has listed them.
        for command in [
            &["apply", "zone.toml", "--auto-approve"][..],
            &["plan", "zone.toml", "--detailed-exitcode"],
            &["permissions", "zone.toml", "--account", "123456789012"],
            &["drift", "zone.toml"],
        ] {
            let answer = world.emulator.run(folder.path(), command);
            assert_eq!(answer.code, Some(0), "{region}: {command:?} {answer:?}");
            assert!(!answer.stdout.contains("arn:aws:"), "{region}: {command:?} {answer:?}");
        }
    }
}
