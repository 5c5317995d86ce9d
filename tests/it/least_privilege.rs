//! The printed policies on an account that evaluates them: each is enough for what it is for, and with one action less the
//! run fails with that action's name.
//!
//! The credentials of a test are a session of the account's administrator; here they keep the role and lose its rights.

use std::collections::BTreeSet;
use std::sync::Mutex;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use baseline::engine::lock::{Lock, Terms};
use baseline::engine::{Stop, apply};
use baseline::kinds::ec2::temporary::{tag, time};
use baseline::kinds::ec2_network_acl::temporary::{own_acls, settle_acl};
use baseline::kinds::ec2_security_group::temporary::{own_groups, settle_group};
use baseline::model::Set;
use baseline::plan::Choices;
use baseline::sandbox::policy::Document;
use baseline::sandbox::{Profile, Sandbox};
use baseline::temporary::{Protocol, Service, Subject, Temporary};
use serde_json::Value as Json;

use crate::at_home::{baseline, said};
use crate::faults::account::{
    ACCOUNT, Declared, declared, empty, fork_as, look, on_virtual_time, open, prune,
};
use crate::faults::start::Start;
use crate::source_code::root;
use crate::world::shipped;

/// What `baseline permissions` prints for a file.
pub fn printed(text: &str, purpose: &str, options: &[&str]) -> Vec<Json> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file.toml"), text).unwrap();
    let arguments = ["permissions", "file.toml", "--account", ACCOUNT, "--for", purpose, "--json"];
    let answer = baseline(folder.path(), &[&arguments[..], options].concat());
    assert_eq!(answer.status.code(), Some(0), "{}", said(&answer));
    let all: Json = serde_json::from_slice(&answer.stdout).unwrap();
    all[purpose].as_array().unwrap().clone()
}

/// Leaves whoever calls with these policies and no others.
pub fn limit(sandbox: &Sandbox, policies: &[Json]) {
    sandbox.with_world(|world| {
        let now = world.clock;
        let roles = &mut world.account(ACCOUNT).iam.roles;
        let (_, role) = roles.iter_mut().find(|(name, _)| name.starts_with("AWSReservedSSO_")).unwrap();
        let entity = &mut role.change(now).entity;
        entity.attached.clear();
        let inline = policies.iter().enumerate();
        entity.inline = inline
            .map(|(number, policy)| (number.to_string(), Document::trusted(policy.to_string())))
            .collect();
    });
}

/// One run with those choices: every message of what was not read or done.
async fn messages(sandbox: &Sandbox, declared: &Declared, choices: &Choices) -> Vec<String> {
    let account = open(sandbox.http_client(), declared).await;
    let (live, plan) = look(&account, declared, choices).await;
    let unread = plan.unreadable.values().chain(&plan.unlisted);
    let mut said: Vec<String> =
        unread.map(|unread| format!("{} {}", unread.lacking, unread.message)).collect();
    let outcome = apply(&account, &declared.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    said.extend(outcome.failed.into_iter().map(|(_, message)| message));
    said
}

/// A run that must do all it plans, and the next one, which must find nothing left.
async fn converges(sandbox: &Sandbox, declared: &Declared, choices: &Choices, what: &str) {
    let said = messages(sandbox, declared, choices).await;
    assert!(said.is_empty(), "{what}: {said:#?}");
    let account = open(sandbox.http_client(), declared).await;
    let (_, plan) = look(&account, declared, choices).await;
    assert!(plan.is_complete() && plan.is_converged(), "{what}: {:#?} {:#?}", plan.steps, plan.unreadable);
}

const READY: [&str; 4] = ["landing-zone.toml", "logging.toml", "posture.toml", "two-tier.toml"];

#[test]
fn the_printed_policies_are_enough_to_plan_to_apply_and_to_apply_again() {
    for name in READY {
        let text = shipped(name);
        let file = declared(&text);
        for profile in [Profile::Instant, Profile::Realistic] {
            on_virtual_time(async {
                let sandbox = fork_as(&empty(), profile);
                limit(&sandbox, &printed(&text, "plan", &[]));
                let account = open(sandbox.http_client(), &file).await;
                let (_, plan) = look(&account, &file, &Choices::default()).await;
                assert!(plan.is_complete(), "{name}: {:#?} {:#?}", plan.unreadable, plan.unlisted);
                limit(&sandbox, &printed(&text, "apply", &[]));
                converges(&sandbox, &file, &Choices::default(), &format!("{name} {profile:?}")).await;
            });
        }
    }
}

#[test]
fn with_deletions_they_are_enough_from_every_account_that_people_have_been_at() {
    let (text, file) = landing_zone();
    let policies = printed(&text, "apply", &["--deletions"]);
    for start in EVERY_START {
        on_virtual_time(async {
            let sandbox = start.account();
            limit(&sandbox, &policies);
            converges(&sandbox, &file, &prune(), &format!("{start:?}")).await;
        });
    }
}

/// A file of the same name that declares nothing any more.
const BARE: &str = "name = \"landing-zone\"\nregion = \"us-east-1\"\n";

/// An account in which all of that was declared once, with buckets that hold nothing: AWS deletes no others.
fn emptied() -> Sandbox {
    let sandbox = Start::Larger.account();
    sandbox.with_world(|world| {
        let buckets = world.account(ACCOUNT).s3.buckets.values_mut();
        buckets.for_each(|bucket| bucket.objects.clear());
    });
    sandbox
}

/// The agreement to delete whatever is left, logs and keys with it.
async fn everything(sandbox: &Sandbox, file: &Declared) -> Choices {
    let account = open(sandbox.http_client(), file).await;
    let (_, plan) = look(&account, file, &prune()).await;
    Choices { destroy: plan.undeclared.into_iter().map(|left| left.addr).collect(), ..prune() }
}

#[test]
fn a_file_that_declares_nothing_any_more_can_delete_all_that_it_declared_before() {
    let file = declared(BARE);
    on_virtual_time(async {
        let sandbox = emptied();
        limit(&sandbox, &printed(BARE, "apply", &["--deletions"]));
        let all = everything(&sandbox, &file).await;
        assert!(all.destroy.len() >= 3, "{all:?}");
        converges(&sandbox, &file, &all, "nothing declared").await;
        assert!(everything(&sandbox, &file).await.destroy.is_empty());
    });
}

fn landing_zone() -> (String, Declared) {
    let text = crate::faults::account::landing_zone();
    let file = declared(&text);
    (text, file)
}

/// The actions of some policies.
fn actions(policies: &[Json]) -> BTreeSet<String> {
    let statements = policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap());
    let listed = statements.flat_map(|statement| match &statement["Action"] {
        Json::Array(many) => many.clone(),
        one => vec![one.clone()],
    });
    listed.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The same policies without an action.
pub fn without(policies: &[Json], action: &str) -> Vec<Json> {
    let mut policies = policies.to_vec();
    for policy in &mut policies {
        let statements = policy["Statement"].as_array_mut().unwrap();
        for statement in statements.iter_mut() {
            let kept: Vec<Json> = match statement["Action"].take() {
                Json::Array(many) => many,
                one => vec![one],
            };
            statement["Action"] = kept.into_iter().filter(|one| one != action).collect();
        }
        statements.retain(|statement| statement["Action"].as_array().is_some_and(|left| !left.is_empty()));
    }
    policies
}

const EVERY_START: [Start; 6] =
    [Start::Empty, Start::Strangers, Start::Changed, Start::Robbed, Start::Larger, Start::Failing];

/// Whether a run without that action says so; a run that does not need it says nothing at all.
fn says_so(action: &str, policies: &[Json], file: &Declared, sandbox: Sandbox, destroys: bool) -> bool {
    on_virtual_time(async {
        let choices = if destroys { everything(&sandbox, file).await } else { prune() };
        limit(&sandbox, &without(policies, action));
        let said = messages(&sandbox, file, &choices).await;
        let named = said.iter().any(|message| message.contains(action));
        assert!(named || said.is_empty(), "{action} is missing, and it said: {said:#?}");
        named
    })
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn with_one_action_less_a_run_fails_with_the_name_of_that_action() {
    let ((text, file), bare) = (landing_zone(), declared(BARE));
    let policies = printed(&text, "apply", &["--deletions"]);
    let of_bare = printed(BARE, "apply", &["--deletions"]);
    let pending = Mutex::new(actions(&policies));
    let needless = Mutex::new(BTreeSet::new());
    let work = || {
        while let Some(action) = { pending.lock().unwrap().pop_first() } {
            let is_needed =
                EVERY_START.into_iter().any(|it| says_so(&action, &policies, &file, it.account(), false))
                    || says_so(&action, &of_bare, &bare, emptied(), true);
            if !is_needed {
                needless.lock().unwrap().insert(action);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let needless = needless.into_inner().unwrap();
    let expected: BTreeSet<String> = NEEDLESS.iter().map(|action| (*action).to_owned()).collect();
    let unexpected: Vec<_> = needless.symmetric_difference(&expected).collect();
    assert!(unexpected.is_empty(), "needed or needless, unlike what is listed: {unexpected:?}");
}

#[test]
fn endpoints_are_made_changed_and_deleted_with_the_printed_policies_and_with_no_action_less() {
    let path = root().join("examples/networks/private-with-endpoints.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let of_bare = "name = \"private\"\nregion = \"us-east-1\"\n";
    let (file, bare) = (declared(&text), declared(of_bare));
    let [policies, bare_policies] = [&text, of_bare].map(|text| printed(text, "apply", &["--deletions"]));
    let of_endpoints: Vec<String> = actions(&policies)
        .into_iter()
        .filter(|action| ["VpcEndpoint", "PrefixList", "HostedZone"].iter().any(|what| action.contains(what)))
        .collect();
    assert_eq!(of_endpoints.len(), 6, "{of_endpoints:?}");
    let (made, changed) = on_virtual_time(async {
        let made = empty();
        limit(&made, &policies);
        converges(&made, &file, &Choices::default(), "made").await;
        let changed = fork_as(&made, Profile::Instant);
        changed.with_world(|world| {
            let now = world.clock;
            let ec2 = &mut world.region(ACCOUNT, "us-east-1").ec2;
            let gateway =
                ec2.vpc_endpoints.values_mut().find(|it| !it.truth().route_tables.is_empty()).unwrap();
            gateway.change(now).route_tables.clear();
        });
        let mended = fork_as(&changed, Profile::Instant);
        converges(&mended, &file, &Choices::default(), "mended").await;
        let emptied = fork_as(&made, Profile::Instant);
        limit(&emptied, &bare_policies);
        converges(&emptied, &bare, &prune(), "deleted").await;
        (made, changed)
    });
    for action in of_endpoints {
        let is_needed = says_so(&action, &policies, &file, empty(), false)
            || says_so(&action, &policies, &file, fork_as(&changed, Profile::Instant), false)
            || says_so(&action, &bare_policies, &bare, fork_as(&made, Profile::Instant), true);
        assert!(is_needed, "{action} is needed by none of these");
    }
}

#[test]
fn a_network_gets_ipv6_and_loses_its_gateway_with_the_printed_policies_and_with_no_action_less() {
    let path = root().join("examples/networks/dual-stack.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let of_before: String = {
        let mut lines: Vec<&str> =
            text.lines().take_while(|line| !line.starts_with("[[network.assert")).collect();
        lines.retain(|line| !line.starts_with("ipv6 "));
        lines.join("\n").replace(", \"2001:db8:a::/48\"", "").replace("::/0", "9.9.9.9/32") + "\n"
    };
    let (file, before) = (declared(&text), declared(&of_before));
    let [policies, policies_before] =
        [&text, &of_before].map(|text| printed(text, "apply", &["--deletions"]));
    let parts = ["CidrBlock", "EgressOnly", "IpAddressType"];
    let of_ipv6: Vec<String> = actions(&policies)
        .into_iter()
        .filter(|action| parts.iter().any(|part| action.contains(part)))
        .collect();
    assert_eq!(of_ipv6.len(), 6, "{of_ipv6:?}");
    let (made, both) = on_virtual_time(async {
        let made = empty();
        limit(&made, &policies_before);
        converges(&made, &before, &Choices::default(), "made").await;
        let both = fork_as(&made, Profile::Instant);
        limit(&both, &policies);
        converges(&both, &file, &Choices::default(), "with IPv6").await;
        let back = fork_as(&both, Profile::Instant);
        converges(&back, &before, &prune(), "without it again").await;
        (made, both)
    });
    for action in of_ipv6 {
        let is_needed = says_so(&action, &policies, &file, fork_as(&made, Profile::Instant), false)
            || says_so(&action, &policies, &before, fork_as(&both, Profile::Instant), false);
        assert!(is_needed, "{action} is needed by none of these");
    }
}

/// Actions that put tags on.
const TAGGING: [&str; 9] = [
    "autoscaling:CreateOrUpdateTags",
    "cloudtrail:AddTags",
    "cloudwatch:TagResource",
    "ec2:CreateTags",
    "elasticloadbalancing:AddTags",
    "iam:TagInstanceProfile",
    "iam:TagRole",
    "kms:TagResource",
    "s3:TagResource",
];

#[test]
fn the_printed_policies_are_enough_to_put_tags_on_and_to_put_them_right_and_each_tagging_action_is_needed() {
    let text = |team: &str| format!("{}\n[tags]\nteam = '{team}'\n", crate::faults::account::landing_zone());
    let (first, second) = (declared(&text("web")), declared(&text("api")));
    let policies = printed(&text("web"), "apply", &[]);
    let made = empty();
    on_virtual_time(async {
        limit(&made, &policies);
        converges(&made, &first, &Choices::default(), "with tags").await;
        let changed = fork_as(&made, Profile::Instant);
        converges(&changed, &second, &Choices::default(), "with another value").await;
        let elsewhere = fork_as(&made, Profile::Instant);
        limit(&elsewhere, &printed(&text("web"), "plan", &[]));
        let account = open(elsewhere.http_client(), &first).await;
        let (_, plan) = look(&account, &first, &Choices::default()).await;
        assert!(plan.is_complete() && plan.is_converged(), "{:#?} {:#?}", plan.unreadable, plan.steps);
    });
    for action in TAGGING {
        assert!(actions(&policies).contains(action), "{action} is not printed");
        for (file, sandbox) in [(&first, empty()), (&second, fork_as(&made, Profile::Instant))] {
            assert!(says_so(action, &policies, file, sandbox, false), "{action} is not needed");
        }
    }
}

/// Actions that none of these runs needs: for changes that these accounts do not call for, for the lock, and for the question to
/// IAM, which only the command takes.
const NEEDLESS: &[&str] = &[
    "autoscaling:AttachLoadBalancerTargetGroups",
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DetachLoadBalancerTargetGroups",
    "autoscaling:ResumeProcesses",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:PutInsightSelectors",
    "cloudtrail:StopLogging",
    "cloudwatch:DeleteAlarms",
    "cloudwatch:ListTagsForResource",
    "ec2:DeleteEgressOnlyInternetGateway",
    "ec2:DeleteTags",
    "ec2:DescribeEgressOnlyInternetGateways",
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpnGateways",
    "ec2:GetEbsDefaultKmsKeyId",
    "ec2:ModifyEbsDefaultKmsKeyId",
    "ec2:ReplaceNetworkAclEntry",
    "ec2:ReplaceRoute",
    "ec2:ReplaceRouteTableAssociation",
    "ec2:ResetEbsDefaultKmsKeyId",
    "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
    "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteRule",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyTargetGroup",
    "elasticloadbalancing:ModifyTargetGroupAttributes",
    "iam:DeleteGroup",
    "iam:DeleteGroupPolicy",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DetachGroupPolicy",
    "iam:GetGroup",
    "iam:GetGroupPolicy",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListAttachedGroupPolicies",
    "iam:ListAttachedUserPolicies",
    "iam:ListEntitiesForPolicy",
    "iam:ListGroupPolicies",
    "iam:ListGroupsForUser",
    "iam:ListPolicyVersions",
    "iam:RemoveUserFromGroup",
    "iam:SimulatePrincipalPolicy",
    "kms:UpdateAlias",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketAcl",
    "s3:GetBucketObjectLockConfiguration",
    "s3:ListAllMyBuckets",
    "s3:PutBucketAcl",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutEncryptionConfiguration",
    "ssm:AddTagsToResource",
    "ssm:DeleteParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:PutParameter",
];

/// What `block` or `admit` does, and its end: what was refused.
async fn for_a_while(sandbox: &Sandbox, file: &Declared, subject: Subject) -> Result<(), String> {
    let account = open(sandbox.http_client(), file).await;
    let said = |error: baseline::aws::Error| error.to_string();
    let (_, unread) = baseline::aws::network::read(&account).await.map_err(said)?;
    if let Some(error) = unread.into_iter().next() {
        return Err(said(error));
    }
    let is_block = matches!(subject, Subject::Block(_));
    if is_block {
        baseline::aws::network::service_ranges(&account).await.map_err(said)?;
    }
    let stop = Stop::default();
    let nobody_is_dead = |_: &str| false;
    let wait = std::time::Duration::ZERO;
    let terms = Terms { run: "one", wait, clock: || 0, is_dead: &nobody_is_dead, stop: &stop };
    let lock = Lock::take(&account, &terms, &|_| {}).await.map_err(|error| error.to_string())?;
    for hours in [24, 0] {
        let (acls, groups) =
            (own_acls(&account).await.map_err(said)?, own_groups(&account).await.map_err(said)?);
        let from = time(&account).expect("every answer has a date");
        let until = from + std::time::Duration::from_secs(hours * 3600);
        let temporary =
            [Temporary { subject, from, until, by: "alice".to_owned(), reason: "test".to_owned() }];
        for acl in acls {
            tag(&account, &acl.id, &temporary).await.map_err(said)?;
            settle_acl(&account, &acl.id, &[subject]).await.map_err(said)?;
        }
        for group in groups.into_iter().filter(|_| !is_block) {
            tag(&account, &group.id, &temporary).await.map_err(said)?;
            settle_group(&account, &group.id, &[subject], &Set::default()).await.map_err(said)?;
        }
    }
    lock.release(&stop).await
}

#[test]
fn whoever_is_on_call_can_block_and_admit_with_the_policies_for_it_and_nothing_of_them_is_needless() {
    let text = shipped("two-tier.toml");
    let file = declared(&text);
    let ssh = Service { protocol: Protocol::Tcp, port: 22 };
    let address = "198.51.100.7/32".parse().unwrap();
    for (purpose, subject) in [("block", Subject::Block(address)), ("admit", Subject::Admit(address, ssh))] {
        let policies = printed(&text, purpose, &[]);
        on_virtual_time(async {
            let made = empty();
            converges(&made, &file, &Choices::default(), "applied").await;
            let whole = fork_as(&made, Profile::Instant);
            limit(&whole, &policies);
            assert_eq!(for_a_while(&whole, &file, subject).await, Ok(()), "{purpose}");
            for action in actions(&policies) {
                // The history of the lock is read only where another run holds it, and a list only where a rule names one.
                let seldom = ["ssm:GetParameterHistory", "ec2:GetManagedPrefixListEntries"];
                if action == seldom[0] || purpose == "admit" && action == seldom[1] {
                    continue;
                }
                let less = fork_as(&made, Profile::Instant);
                limit(&less, &without(&policies, &action));
                let refused = for_a_while(&less, &file, subject).await;
                assert!(
                    refused.clone().is_err_and(|said| said.contains(&action)),
                    "{purpose}, {action}: {refused:?}"
                );
            }
            // Other tags are none of theirs.
            let account = open(whole.http_client(), &file).await;
            let acl = own_acls(&account).await.unwrap().remove(0);
            let credentials = Credentials::new("test", "test", None, None, "test");
            let config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::from_static("us-east-1"))
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .http_client(whole.http_client())
                .build();
            let ec2 = aws_sdk_ec2::Client::new(&config);
            let tag = aws_sdk_ec2::types::Tag::builder().key("baseline:name").value("other").build();
            let refused = ec2.create_tags().resources(&acl.id).tags(tag).send().await.unwrap_err();
            assert!(format!("{refused:?}").contains("UnauthorizedOperation"), "{refused:?}");
        });
    }
}
