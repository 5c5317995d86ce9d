//! Every request that botocore's models allow for the operations of the built-in account, and every answer.

use serde_json::Value;

use super::conversation::{self, operations};

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
#[ignore = "in the interop lane: docs/test-lanes.md"]
async fn every_request_that_botocore_can_build_is_read_and_every_answer_is_in_its_model() {
    let conversation = conversation::with("requests built by botocore", "round_trip").await;
    let Some(conversation) = conversation else { return };
    let report: Value = serde_json::from_str(conversation.lines.last().unwrap()).unwrap();
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
