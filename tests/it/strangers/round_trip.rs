//! Every request that botocore's models allow for the operations of the built-in account, and every answer.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::process::Stdio;

use baseline::sandbox::elb::classic;
use baseline::sandbox::organizations::{ControlPolicy, Creation, EVERYTHING, Organization, Unit};
use baseline::sandbox::service::SERVICES;
use baseline::sandbox::world::DEFAULT_ACCOUNT;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{landing_zone, python, skipped};

/// Every operation of the built-in account, by service.
fn operations() -> BTreeMap<&'static str, Vec<&'static str>> {
    let names = SERVICES.iter().map(|service| {
        let mut names: Vec<_> = service.rows().map(|operation| operation.name).collect();
        names.sort_unstable();
        // Two APIs of one name.
        let is_classic = service.version == classic::SERVICE.version && service.name == classic::SERVICE.name;
        (if is_classic { "elasticloadbalancing of 2012" } else { service.name }, names)
    });
    let by_name: BTreeMap<_, _> = names.collect();
    assert_eq!(by_name.len(), SERVICES.len());
    by_name
}

/// An organization with one of each thing that requests name (`values.py`).
fn organization(now: i64) -> Organization {
    let mut organization =
        Organization::of("o-roundtrip1", DEFAULT_ACCOUNT, &["111122223333", "222233334444"], now);
    organization.trusted.insert("iam.amazonaws.com".to_owned());
    organization.root_features.insert("RootCredentialsManagement".to_owned());
    organization.controls = true;
    let unit = Unit { name: "unit".to_owned(), parent: organization.root() };
    organization.units.insert("ou-roun-unit0001".to_owned(), unit);
    for id in ["p-attached", "p-unattached"] {
        let policy =
            ControlPolicy { name: id.to_owned(), description: String::new(), content: EVERYTHING.to_owned() };
        organization.policies.insert(id.to_owned(), policy);
    }
    let attached = ["p-FullAWSAccess", "p-attached"].map(str::to_owned);
    organization.attached.insert("ou-roun-unit0001".to_owned(), attached.into());
    let services = [("iam.amazonaws.com".to_owned(), now)].into();
    organization.administrators.insert("111122223333".to_owned(), services);
    let creation = Creation {
        name: "asked for".to_owned(),
        email: "asked@example.com".to_owned(),
        role: "OrganizationAccountAccessRole".to_owned(),
        account: "333344445555".to_owned(),
        requested: now,
        ..Creation::default()
    };
    organization.requests.insert("car-roundtrip1".to_owned(), creation);
    organization
}

/// Has the requests of botocore sent to an account in which the landing zone stands; nothing where there is no botocore.
async fn report(test: &str) -> Option<Value> {
    let environment = match python::aws_programs() {
        Ok(environment) => environment,
        Err(why) => {
            skipped(test, &why);
            return None;
        }
    };
    let sandbox = landing_zone::applied().await;
    sandbox.with_world(|world| {
        let organization = organization(world.clock);
        world.account(DEFAULT_ACCOUNT).organizations.organization = Some(organization);
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = sandbox.clone();
    let serving = tokio::spawn(async move { server.serve(listener).await });
    let report = tokio::task::spawn_blocking(move || {
        let mut child = python::script(&environment, "round_trip")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut kept = None;
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{}", json!({ "endpoint": endpoint, "operations": operations() })).unwrap();
        let mut last = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            last = line.unwrap();
            match (last.as_str(), &kept) {
                ("keep", _) => kept = Some(sandbox.with_world(|world| world.clone())),
                ("restore", Some(kept)) => sandbox.with_world(|world| *world = kept.clone()),
                _ => continue,
            }
            writeln!(stdin, "done").unwrap();
        }
        assert!(child.wait().unwrap().success());
        serde_json::from_str(&last).unwrap()
    });
    let report = report.await.unwrap();
    serving.abort();
    Some(report)
}

/// What AWS answers though its own models do not know it, and how that is known.
const BEYOND_THE_MODELS: &[(&str, &str)] = &[
    (
        "InternetGateways[].Attachments[].State: 'available' is none of",
        "an attached gateway is shown as available in EC2's own examples",
    ),
    (
        "VpcEndpoints[].State: 'available' is none of",
        "the examples of DescribeVpcEndpoints spell states of endpoints in small letters",
    ),
    ("VpcEndpoint.State: 'available' is none of", "the same, of CreateVpcEndpoint"),
    (
        "NetworkInterfaces[].InterfaceType: 'nat_gateway' is none of",
        "the filter interface-type and the answers spell it nat_gateway, the model natGateway",
    ),
    (
        "PermissionsBoundary.PermissionsBoundaryType: 'Policy' is none of",
        "IAM's own description of the member: it can only have the value Policy",
    ),
    ("CreateSecurityGroupResult: unknown element return", "EC2's own example has it"),
    ("AssociateAddressResult: unknown element return", "EC2's own example has it"),
];

/// Operations of which no request was answered but with a refusal, and why.
const NEVER_ANSWERED: &[(&str, &str)] = &[
    (
        "autoscaling:CancelInstanceRefresh",
        "in the instant profile a refresh is over before it can be cancelled",
    ),
    ("autoscaling:RollbackInstanceRefresh", "likewise"),
    ("ec2:DeleteManagedPrefixList", "the landing zone has no prefix list"),
    ("ec2:DescribeSnapshotAttribute", "the landing zone has no snapshot of its own"),
    ("ec2:ModifySnapshotAttribute", "no snapshot; those of the posture tests are shared by it"),
    (
        "iam:DeleteSigningCertificate",
        "nobody can upload one, and only a root user may have one from the start",
    ),
    (
        "organizations:EnablePolicyType",
        "the one type that there is counts already; tests of the account enable it",
    ),
    (
        "s3control:CreateMultiRegionAccessPoint",
        "us-west-2 answers for every region, and the requests are of another; the posture tests send them",
    ),
    ("s3control:GetMultiRegionAccessPointPolicy", "likewise"),
    ("s3control:GetMultiRegionAccessPointPolicyStatus", "likewise"),
    ("s3control:ListMultiRegionAccessPoints", "likewise"),
    ("s3control:PutMultiRegionAccessPointPolicy", "likewise"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_that_botocore_can_build_is_read_and_every_answer_is_in_its_model() {
    let Some(report) = report("requests built by botocore").await else { return };
    let texts = |name: &str| -> Vec<String> { serde_json::from_value(report[name].clone()).unwrap() };
    let mut problems = texts("problems");
    for (known, reason) in BEYOND_THE_MODELS {
        let before = problems.len();
        problems.retain(|problem| !problem.contains(known));
        assert!(problems.len() < before, "{known} ({reason}) is no longer answered: take it off the list");
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(texts("unsendable").is_empty(), "{:#?}", report["unsendable"]);
    let refused: Vec<&String> = report["refusals"].as_object().unwrap().keys().collect();
    let expected: Vec<&str> = NEVER_ANSWERED.iter().map(|(operation, _)| *operation).collect();
    assert_eq!(refused, expected, "{:#}", report["refusals"]);
    let every: usize = operations().values().map(Vec::len).sum();
    // The least that there can be: one request an operation.
    assert!(report["requests"].as_u64().unwrap() as usize > every, "{report}");
}
