//! The caller's own way back: a plan that takes it is refused, and the account agrees with what was foretold.

use baseline::guard::{Caller, Managed, lockouts};
use baseline::model::{Addr, Document, Origin, Value, Want, Wanted};
use baseline::sandbox::{Profile, Sandbox};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use serde_json::{Value as Json, json};

use crate::desk::Desk;
use crate::faults::start::config;

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n[bucket.data]\nname = 'shop-data'\n";

const DENY_ALL: &str =
    "statements = [{ sid = 'Closed', effect = 'deny', principal = '*', actions = ['s3:*'] }]\n";

#[test]
fn a_bucket_policy_that_shuts_the_caller_out_is_refused_until_it_is_meant() {
    let desk = Desk::with(HEAD, "");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.write(DENY_ALL);
    let plan = desk.ends(0, &["plan", "file.toml"]);
    for words in [
        "locks the caller out",
        "s3:PutBucketPolicy",
        "--accept-lockout s3.bucket.data",
        "S3UnlockBucketPolicy",
    ] {
        assert!(plan.stdout.contains(words), "{words}: {plan:?}");
    }
    let refused = desk.ends(1, &["apply", "file.toml", "--auto-approve"]);
    assert!(
        refused.stderr.contains("nothing was written") && refused.stderr.contains("s3.bucket.data"),
        "{refused:?}"
    );
    let other =
        desk.ends(1, &["apply", "file.toml", "--auto-approve", "--accept-lockout", "s3.bucket.other"]);
    assert!(other.stderr.contains("s3.bucket.data"), "{other:?}");

    // Meant, it is done, and it is as was said: nobody but root reads the policy any more.
    let _settles_nothing_more = desk.run("apply", &["--auto-approve", "--accept-lockout", "s3.bucket.data"]);
    let after = desk.run("plan", &[]);
    assert_eq!(after.code, Some(3), "{after:?}");
    assert!(after.stdout.contains("s3.bucket.data"), "{after:?}");
}

#[test]
fn a_saved_plan_needs_the_same_word() {
    let desk = Desk::with(HEAD, "");
    desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
    desk.write(DENY_ALL);
    desk.ends(0, &["plan", "file.toml", "--out", "closing.plan"]);
    let refused = desk.ends(1, &["apply", "closing.plan", "--auto-approve"]);
    assert!(refused.stderr.contains("--accept-lockout s3.bucket.data"), "{refused:?}");
}

const ACCOUNT: &str = "123456789012";
const BUCKET: &str = "arn:aws:s3:::data";
const ACTIONS: [&str; 4] =
    ["s3:GetBucketPolicy", "s3:ListBucket", "s3:GetBucketVersioning", "s3:GetBucketLocation"];

/// A statement that denies, by the rules of the grammar and no others.
fn statement(role: String) -> impl Strategy<Value = Json> {
    let session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/operator");
    let path = format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{role}");
    let principals = select(vec![
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}),
        json!({"AWS": "arn:aws:iam::111122223333:root"}),
        json!({"AWS": path.clone()}),
        json!({"AWS": session.clone()}),
        json!({"Service": "cloudtrail.amazonaws.com"}),
    ]);
    let all = [
        "s3:*",
        "s3:Get*",
        "s3:ListBucket",
        "s3:PutBucketPolicy",
        "s3:GetBucketPolicy",
        "s3:?etBucketVersioning",
    ];
    let actions = subsequence(all.to_vec(), 1..4);
    let resources = select(vec![
        json!(BUCKET),
        json!("arn:aws:s3:::d*"),
        json!([BUCKET, "arn:aws:s3:::data/*"]),
        json!("arn:aws:s3:::data/*"),
    ]);
    let conditions = select(vec![
        json!({}),
        json!({"Bool": {"aws:SecureTransport": "false"}}),
        json!({"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        json!({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}),
        json!({"ArnNotLike": {"aws:PrincipalArn": path.clone()}}),
        json!({"ArnLike": {"aws:PrincipalArn": path}}),
        json!({"StringLike": {"aws:PrincipalArn": "*"}}),
        json!({"Null": {"aws:PrincipalArn": "true"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
    ]);
    (principals, any::<bool>(), actions, any::<bool>(), resources, conditions).prop_map(
        |(principal, all_but, actions, none_of, resources, condition)| {
            let mut statement = json!({"Effect": "Deny", "Resource": resources, "Condition": condition});
            // Everybody but a service is not a form that S3 takes.
            let all_but = all_but && principal.get("AWS").is_some_and(|name| name != "*");
            statement[if all_but { "NotPrincipal" } else { "Principal" }] = principal;
            statement[if none_of { "NotAction" } else { "Action" }] = json!(actions);
            statement
        },
    )
}

/// A tree with a bucket and that policy.
fn tree(policy: Option<&Json>) -> Wanted {
    let policy = policy.map(|policy| serde_json::to_value(Document::new(policy).unwrap()).unwrap());
    let value = Value::decode(json!({"bucket": "data", "policy": policy})).unwrap();
    let want = Want { value, after: [].into(), origin: Origin::default() };
    Wanted { things: [(Addr::new("s3.bucket", "data"), want)].into(), ..Wanted::default() }
}

/// The account of the built-in operator, with the bucket, and the role's name.
async fn account() -> (Sandbox, String) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    aws_sdk_s3::Client::new(&config(&sandbox)).create_bucket().bucket("data").send().await.unwrap();
    let role = sandbox.with_world(|world| {
        let roles = &world.account(ACCOUNT).iam.roles;
        roles.keys().find(|name| name.starts_with("AWSReservedSSO_")).unwrap().clone()
    });
    (sandbox, role)
}

/// Which of the actions the account refuses under a policy; nothing where S3 takes no such policy.
async fn refused(sandbox: &Sandbox, policy: &Json) -> Option<Vec<&'static str>> {
    let s3 = aws_sdk_s3::Client::new(&config(sandbox));
    s3.put_bucket_policy().bucket("data").policy(policy.to_string()).send().await.ok()?;
    let answers = [
        s3.get_bucket_policy().bucket("data").send().await.is_err(),
        s3.list_objects_v2().bucket("data").send().await.is_err(),
        s3.get_bucket_versioning().bucket("data").send().await.is_err(),
        s3.get_bucket_location().bucket("data").send().await.is_err(),
    ];
    Some(
        ACTIONS
            .into_iter()
            .zip(answers)
            .filter(|(_, is_refused)| *is_refused)
            .map(|(action, _)| action)
            .collect(),
    )
}

#[test]
fn the_account_refuses_what_was_foretold_and_nothing_else() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (sandbox, role) = runtime.block_on(account());
    let fresh = sandbox.with_world(|world| world.clone());
    let caller = Caller {
        account: ACCOUNT.to_owned(),
        partition: "aws".to_owned(),
        arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/operator"),
        role_arn: Some(format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{role}")),
        through: [].into(),
        region: "us-east-1".to_owned(),
        managed: Managed::default(),
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1_000));
    let (mut refusals, mut open) = (0, 0);
    let statements = proptest::collection::vec(statement(role), 1..4);
    let outcome = runner.run(&statements, |statements| {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let sandbox = Sandbox::at(fresh.profile, fresh.seed, fresh.clock);
        sandbox.with_world(|world| *world = fresh.clone());
        let Some(refused) = runtime.block_on(refused(&sandbox, &policy)) else {
            return Err(TestCaseError::reject("S3 takes no such policy"));
        };
        let told = lockouts(&tree(None), &tree(Some(&policy)), &caller);
        let names = |sure: bool, action: &str| {
            told.iter().any(|lockout| {
                lockout.depends_on.is_empty() == sure && lockout.words().contains(&format!("{action},"))
                    || lockout.depends_on.is_empty() == sure
                        && lockout.words().contains(&format!("{action} on"))
            })
        };
        for action in ACTIONS {
            let is_refused = refused.contains(&action);
            prop_assert!(!names(true, action) || is_refused, "{action} was said to be lost: {told:?}");
            prop_assert!(
                !is_refused || names(true, action) || names(false, action),
                "{action} was not foretold: {told:?}"
            );
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    // The cases are not all of one sort.
    let mut sample = proptest::test_runner::TestRunner::deterministic();
    let (_, role) = runtime.block_on(account());
    for _ in 0..200 {
        let statement = statement(role.clone()).new_tree(&mut sample).unwrap().current();
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        let told = lockouts(&tree(None), &tree(Some(&policy)), &caller);
        refusals += usize::from(told.iter().any(|lockout| lockout.depends_on.is_empty()));
        open += usize::from(told.is_empty());
    }
    assert!(refusals > 20 && open > 20, "{refusals} certain, {open} without any, of 200");
}

/// One lost credential away from the root user: refused, until it is meant.
#[test]
fn the_last_administrator_besides_the_caller_is_not_taken_unless_it_is_meant() {
    let head = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n[users]\nadmins = ['anna', 'ben']\n";
    let group = |members: &str| {
        format!(
            "[group.admins]\npolicies = ['arn:aws:iam::aws:policy/AdministratorAccess']\nmembers = [{members}]\n"
        )
    };
    let desk = Desk::with(head, &group("'anna'"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let iam = aws_sdk_iam::Client::new(&desk.emulator.config());
    for user in ["anna", "ben"] {
        runtime.block_on(iam.create_user().user_name(user).send()).unwrap();
    }
    let apply = ["apply", "file.toml", "--auto-approve"];
    desk.run("apply", &["--auto-approve"]);
    // Another one in her place is no loss.
    desk.write(&group("'ben'"));
    let moved = desk.ends(0, &["plan", "file.toml"]);
    assert!(!moved.stdout.contains("last administrator"), "{moved:?}");
    desk.write(&group(""));
    let planned = desk.ends(0, &["plan", "file.toml"]);
    let told = "takes the rights of the last administrator besides these credentials: arn:aws:iam::123456789012:user/anna";
    assert!(planned.stdout.contains(told), "{planned:?}");
    let refused = desk.ends(1, &apply);
    for words in ["cuts off a way back, and nothing was written", told, "--accept-lockout iam.group.admins"] {
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
    let members = || {
        let group = runtime.block_on(iam.get_group().group_name("shop-admins").send()).unwrap();
        group.users().iter().map(|user| user.user_name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(members(), ["anna"]);
    let _other_findings_may_be_left =
        desk.run("apply", &["--auto-approve", "--accept-lockout", "iam.group.admins"]);
    assert_eq!(members(), Vec::<String>::new());
}
