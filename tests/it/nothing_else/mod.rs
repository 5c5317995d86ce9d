//! Whoever changes one attribute changes nothing else.
//!
//! Many calls of AWS replace a whole: what the request leaves out is gone afterwards. Every member that AWS's own
//! model knows both in the answer and in the call is planted into the answer, one at a time. Then either the plan
//! shows it, or the call sends it back as it was.

mod planted;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use baseline::engine::{Stop, apply};
use baseline::plan::{Choices, Plan};
use baseline::sandbox::world::World;
use serde_json::{Value as Json, json};

use crate::faults::account::{Declared, declared, empty, look, of, on_virtual_time, open, until_quiet};
use planted::{Changing, Planted, Planting};

/// What a call does with a member that it does not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// It is gone.
    Gone,
    /// It stays.
    Kept,
}

/// A call that writes a whole which another call reads.
struct Whole {
    service: &'static str,
    read: &'static str,
    /// Where the whole stands in the answer.
    whole: &'static str,
    write: &'static str,
    /// Where it stands in the call.
    into: &'static str,
    left: Left,
    /// The change of the file that leads to the call.
    change: (&'static str, &'static str),
    /// Members that AWS does not answer beside what is there, and why.
    never: &'static [(&'static str, &'static str)],
}

const FILE: &str = r#"
name = "whole"
region = "us-east-1"
[account]
imdsv2 = "required"
imds_hop_limit = 1
block_public_buckets = true
[password_policy]
min_length = 14
[kms_key.trail]
[bucket.logs]
access_log = false
[bucket.files]
access_log = "logs"
access_log_prefix = "one/"
lifecycle = { expire_after_days = 100 }
object_lock = { mode = "governance", days = 10 }
[cloudtrail]
bucket = "logs"
kms_key = "trail"
data_events = [{ type = "s3" }]
insights = ["api-call-rate"]
[role.web]
instance_profile = true
max_session_hours = 2
allow = [{ actions = ["ssm:GetParameter"], resources = ["arn:aws:ssm:*:*:parameter/web/*"] }]
[network]
cidr = "10.20.0.0/16"
zones = 2
flow_logs = false
[network.tier.web]
public = true
public_ips = true
accept = [{ from = "internet", port = 80 }, { from = "internet", port = 443 }]
[load_balancer.web]
tier = "web"
certificate = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-4333-8444-555555555555"
target = { port = 80, health_path = "/one" }
[auto_scaling.web]
load_balancer = "web"
role = "web"
instance_type = "t3.micro"
volume = { size_gib = 20 }
min = 0
max = 3
target_cpu = 60
"#;

const WHOLES: &[Whole] = &[
    Whole {
        service: "s3",
        read: "GetBucketLifecycleConfiguration",
        whole: "Rules",
        write: "PutBucketLifecycleConfiguration",
        into: "LifecycleConfiguration.Rules",
        left: Left::Gone,
        change: ("expire_after_days = 100", "expire_after_days = 200"),
        never: &[],
    },
    Whole {
        service: "s3",
        read: "GetBucketLifecycleConfiguration",
        whole: "TransitionDefaultMinimumObjectSize",
        write: "PutBucketLifecycleConfiguration",
        into: "TransitionDefaultMinimumObjectSize",
        left: Left::Gone,
        change: ("expire_after_days = 100", "expire_after_days = 200"),
        never: &[],
    },
    Whole {
        service: "s3",
        read: "GetBucketEncryption",
        whole: "ServerSideEncryptionConfiguration",
        write: "PutBucketEncryption",
        into: "ServerSideEncryptionConfiguration",
        left: Left::Gone,
        change: ("[bucket.files]", "[bucket.files]\nencryption = \"kms:trail\""),
        never: &[("Rules[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID", "AES256 has no key")],
    },
    Whole {
        service: "s3",
        read: "GetBucketLogging",
        whole: "LoggingEnabled",
        write: "PutBucketLogging",
        into: "BucketLoggingStatus.LoggingEnabled",
        left: Left::Gone,
        change: ("one/", "two/"),
        never: &[],
    },
    Whole {
        service: "s3",
        read: "GetObjectLockConfiguration",
        whole: "ObjectLockConfiguration",
        write: "PutObjectLockConfiguration",
        into: "ObjectLockConfiguration",
        left: Left::Gone,
        change: ("\"governance\", days = 10", "\"governance\", days = 11"),
        never: &[("Rule.DefaultRetention.Years", "AWS keeps days or years")],
    },
    Whole {
        service: "s3",
        read: "GetBucketVersioning",
        whole: "",
        write: "PutBucketVersioning",
        into: "VersioningConfiguration",
        left: Left::Kept,
        change: ("[bucket.logs]", "[bucket.logs]\nversioning = false"),
        never: &[],
    },
    Whole {
        service: "cloudtrail",
        read: "DescribeTrails",
        whole: "trailList[]",
        write: "UpdateTrail",
        into: "",
        left: Left::Kept,
        change: ("kms_key = \"trail\"\ndata", "kms_key = false\ndata"),
        never: &[],
    },
    Whole {
        service: "cloudtrail",
        read: "GetEventSelectors",
        whole: "",
        write: "PutEventSelectors",
        into: "",
        left: Left::Gone,
        change: ("[{ type = \"s3\" }]", "[{ type = \"lambda\" }]"),
        never: &[],
    },
    Whole {
        service: "cloudtrail",
        read: "GetInsightSelectors",
        whole: "",
        write: "PutInsightSelectors",
        into: "",
        left: Left::Gone,
        change: ("[\"api-call-rate\"]", "[\"api-error-rate\"]"),
        never: &[("InsightsDestination", "only an event data store has one")],
    },
    Whole {
        service: "iam",
        read: "GetAccountPasswordPolicy",
        whole: "PasswordPolicy",
        write: "UpdateAccountPasswordPolicy",
        into: "",
        left: Left::Gone,
        change: ("min_length = 14", "min_length = 15"),
        never: &[],
    },
    Whole {
        service: "iam",
        read: "GetRole",
        whole: "Role",
        write: "UpdateRole",
        into: "",
        left: Left::Gone,
        change: ("max_session_hours = 2", "max_session_hours = 3"),
        never: &[("MaxSigninSessionDuration", "the SDK does not know it")],
    },
    Whole {
        service: "autoscaling",
        read: "DescribePolicies",
        whole: "ScalingPolicies[]",
        write: "PutScalingPolicy",
        into: "",
        left: Left::Gone,
        change: ("target_cpu = 60", "target_cpu = 50"),
        never: &[
            ("AdjustmentType", "only another type of policy has it"),
            ("MinAdjustment", "only another type of policy has it"),
            ("ScalingAdjustment", "only another type of policy has it"),
            ("Cooldown", "only another type of policy has it"),
            ("StepAdjustments", "only another type of policy has it"),
            ("MetricAggregationType", "only another type of policy has it"),
            ("PredictiveScalingConfiguration", "only another type of policy has it"),
        ],
    },
    Whole {
        service: "autoscaling",
        read: "DescribeAutoScalingGroups",
        whole: "AutoScalingGroups[]",
        write: "UpdateAutoScalingGroup",
        into: "",
        left: Left::Kept,
        change: ("max = 3", "max = 4"),
        never: &[],
    },
    Whole {
        service: "elasticloadbalancing",
        read: "DescribeListeners",
        whole: "Listeners[]",
        write: "ModifyListener",
        into: "",
        left: Left::Kept,
        change: ("11111111-2222", "11111111-3333"),
        never: &[("Certificates", "the listener on port 80 has none")],
    },
    Whole {
        service: "elasticloadbalancing",
        read: "DescribeListeners",
        whole: "Listeners[].DefaultActions",
        write: "ModifyListener",
        into: "DefaultActions",
        left: Left::Gone,
        change: ("11111111-2222", "11111111-3333"),
        never: &[
            ("[].Authenticate", "only another type of action has it"),
            ("[].FixedResponseConfig", "only another type of action has it"),
            ("[].ForwardConfig", "only another type of action has it"),
            ("[].RedirectConfig", "only another type of action has it"),
            ("[].JwtValidationConfig", "only another type of action has it"),
            ("[].Order", "the only action has no order"),
        ],
    },
    Whole {
        service: "elasticloadbalancing",
        read: "DescribeTargetGroups",
        whole: "TargetGroups[]",
        write: "ModifyTargetGroup",
        into: "",
        left: Left::Kept,
        change: ("/one", "/two"),
        never: &[],
    },
    Whole {
        service: "ec2",
        read: "DescribeLaunchTemplateVersions",
        whole: "LaunchTemplateVersions[].LaunchTemplateData",
        write: "CreateLaunchTemplateVersion",
        into: "LaunchTemplateData",
        left: Left::Gone,
        change: ("t3.micro", "t3.small"),
        never: &[
            ("Monitoring.MetricCategoryIds", "the SDK does not know it"),
            ("IamInstanceProfile.Arn", "AWS keeps the name or the ARN"),
            ("Operator", "a template that a service manages is not ours"),
        ],
    },
    Whole {
        service: "ec2",
        read: "GetInstanceMetadataDefaults",
        whole: "AccountLevel",
        write: "ModifyInstanceMetadataDefaults",
        into: "",
        left: Left::Kept,
        change: ("imds_hop_limit = 1", "imds_hop_limit = 2"),
        never: &[],
    },
];

fn plan_text(plan: &Plan) -> String {
    let Plan { steps, findings, undeclared, unreadable, .. } = plan;
    format!("{steps:#?} {findings:#?} {undeclared:#?} {unreadable:#?}")
}

/// The account that the file describes, as plain data.
fn converged(file: &Declared) -> World {
    on_virtual_time(async {
        let sandbox = empty();
        let account = open(sandbox.http_client(), file).await;
        let (live, plan) = look(&account, file, &Choices::default()).await;
        let outcome = apply(&account, &file.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        assert!(outcome.is_success(), "{outcome:#?}");
        until_quiet().await;
        sandbox.with_world(|world| world.clone())
    })
}

/// What becomes of one planted member: nothing where it is shown or kept.
fn fate(
    whole: &Whole,
    member: &str,
    world: &World,
    file: &Declared,
    plain: &str,
    script: &Arc<Mutex<Planting>>,
) -> Option<String> {
    let place = json!({
        "service": whole.service, "read": whole.read, "whole": whole.whole, "member": member, "write": whole.write,
        "into": whole.into,
    });
    let ask = |what: &str| {
        let mut question = place.clone();
        question["do"] = what.into();
        question["plant"] = place.clone();
        script.lock().unwrap().ask(&question)
    };
    ask("plant");
    on_virtual_time(async {
        let sandbox = of(world);
        let planted = Planted::default();
        let client = Changing {
            client: sandbox.http_client(),
            script: Arc::clone(script),
            planted: Arc::clone(&planted),
        };
        let account = open(SharedHttpClient::new(client), file).await;
        let (live, plan) = look(&account, file, &Choices::default()).await;
        // It is there already: the file declares it.
        let there = planted.lock().unwrap().clone()?;
        if plan_text(&plan) != plain {
            return None;
        }
        let outcome = apply(&account, &file.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
        if !outcome.is_success() {
            return Some(format!("the apply fails: {outcome:?}"));
        }
        let there = there.as_array().unwrap();
        let written = ask("written");
        let written = written.as_array().unwrap();
        if written.is_empty() {
            return Some("is not called".to_owned());
        }
        let sent: Vec<&Json> = written.iter().flat_map(|call| call.as_array().unwrap()).collect();
        if sent.is_empty() {
            return (whole.left == Left::Gone).then(|| "is left out".to_owned());
        }
        let foreign = sent.iter().find(|value| !there.contains(value));
        foreign.map(|value| format!("was {there:?} and is sent as {value}"))
    })
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn what_a_call_replaces_is_sent_back_or_shown() {
    let script = Arc::new(Mutex::new(Planting::start()));
    let before = declared(FILE);
    let world = converged(&before);
    let (mut lost, mut tried) = (BTreeMap::new(), 0);
    for whole in WHOLES {
        let (from, to) = whole.change;
        assert!(FILE.contains(from), "{from}");
        let after = declared(&FILE.replacen(from, to, 1));
        let plain = on_virtual_time(async {
            let account = open(of(&world).http_client(), &after).await;
            plan_text(&look(&account, &after, &Choices::default()).await.1)
        });
        let question = json!({
            "do": "members", "service": whole.service, "read": whole.read, "whole": whole.whole,
            "write": whole.write, "into": whole.into,
        });
        let members = script.lock().unwrap().ask(&question);
        let members: Vec<&str> = members.as_array().unwrap().iter().filter_map(Json::as_str).collect();
        for (prefix, _) in whole.never {
            assert!(
                members.iter().any(|member| member.starts_with(prefix)),
                "{prefix} of {} is gone",
                whole.write
            );
        }
        for member in members {
            if whole.never.iter().any(|(prefix, _)| member.starts_with(prefix)) {
                continue;
            }
            tried += 1;
            if let Some(what) = fate(whole, member, &world, &after, &plain, &script) {
                lost.insert(format!("{} {member}", whole.write), what);
            }
        }
    }
    assert!(tried > 100, "AWS's models know more members than {tried}");
    assert!(lost.is_empty(), "{lost:#?}");
}
