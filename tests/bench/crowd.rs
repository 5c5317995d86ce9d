//! Posture of a crowded account: every rule over many users, roles and buckets, in every region.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use baseline::aws::{Account, Mode, Options};
use baseline::language::{Baseline, Place, Source};
use baseline::posture::{judge, read};
use baseline::sandbox::{Profile, Sandbox, Seed};

use crate::goal;
use crate::process::peak_mib;

const USERS: usize = 500;
const ROLES: usize = 500;
const BUCKETS: usize = 300;

/// What a look may take, reading and judging, with no delay between us and the account.
const LIMIT: f64 = 3.0;

const FILE: &str = "name = \"posture\"\nregion = \"us-east-1\"\n[root]\n[users]\n[audit]\n";

/// What people are given: narrow, wide, dangerous in one way or another.
const STATEMENTS: [&str; 16] = [
    r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::site","arn:aws:s3:::site/*"]}"#,
    r#"{"Effect":"Allow","Action":"logs:*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":["ec2:Describe*","cloudwatch:Get*"],"Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/worker-1*"}"#,
    r#"{"Effect":"Allow","Action":["lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/worker-7*"}"#,
    r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:*:123456789012:table/${aws:username}"}"#,
    r#"{"Effect":"Allow","Action":"cloudtrail:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#,
    r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#,
    r#"{"Effect":"Allow","Action":["iam:PutUserPolicy","iam:AttachUserPolicy"],"Resource":"arn:aws:iam::123456789012:user/user-1*"}"#,
    r#"{"Effect":"Allow","Action":["iam:AttachRolePolicy","iam:UpdateAssumeRolePolicy"],"Resource":"arn:aws:iam::123456789012:role/worker-3*"}"#,
    r#"{"Effect":"Allow","Action":["iam:CreateAccessKey","iam:CreateLoginProfile"],"Resource":"arn:aws:iam::123456789012:user/user-4*"}"#,
    r#"{"Effect":"Allow","Action":["iam:CreatePolicyVersion","iam:AddUserToGroup"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"web"}}}"#,
    r#"{"Effect":"Allow","Action":["iam:CreateRole","iam:PutRolePolicy"],"Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::123456789012:policy/bounds"}}}"#,
    r#"{"Effect":"Allow","Action":["iam:DeleteUserPermissionsBoundary","iam:PutUserPermissionsBoundary"],"Resource":"*"}"#,
];

const TRUST: [&str; 4] = [
    r#"{"Service":"lambda.amazonaws.com"}"#,
    r#"{"Service":"ec2.amazonaws.com"}"#,
    r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
    r#"{"AWS":"arn:aws:iam::210987654321:root"}"#,
];

fn document(numbers: &[usize]) -> String {
    let statements: Vec<&str> = numbers.iter().map(|number| STATEMENTS[number % STATEMENTS.len()]).collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn config(sandbox: &Sandbox) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "bench");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url("http://127.0.0.1")
        .http_client(sandbox.http_client())
        .build()
}

/// The neglected account with many more people and things in it.
async fn crowded() -> Sandbox {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let config = config(&sandbox);
    let (iam, s3) = (aws_sdk_iam::Client::new(&config), aws_sdk_s3::Client::new(&config));
    for number in 0..USERS {
        let name = format!("user-{number}");
        iam.create_user().user_name(&name).send().await.unwrap();
        let policy = document(&[number, number / 10]);
        iam.put_user_policy()
            .user_name(&name)
            .policy_name("own")
            .policy_document(policy)
            .send()
            .await
            .unwrap();
    }
    for number in 0..ROLES {
        let name = format!("worker-{number}");
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}}]}}"#,
            TRUST[number % TRUST.len()]
        );
        iam.create_role().role_name(&name).assume_role_policy_document(trust).send().await.unwrap();
        let policy = document(&[number * 3, number / 7]);
        iam.put_role_policy()
            .role_name(&name)
            .policy_name("own")
            .policy_document(policy)
            .send()
            .await
            .unwrap();
    }
    for number in 0..BUCKETS {
        let name = format!("crowd-{number}");
        s3.create_bucket().bucket(&name).send().await.unwrap();
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::{name}","arn:aws:s3:::{name}/*"],"Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}]}}"#
        );
        s3.put_bucket_policy().bucket(&name).policy(policy).send().await.unwrap();
    }
    sandbox
}

/// Seconds and calls of a look at it.
pub async fn report() -> String {
    let sandbox = crowded().await;
    let source = Source { name: "posture.toml".into(), text: FILE.into() };
    let baseline = Baseline::parse(&source).0.unwrap();
    let options = Options {
        tags: [].into(),
        baseline: "posture".into(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadOnly,
        http_override: Some(sandbox.http_client()),
    };
    let account = Account::open(&options).await.unwrap();
    let asked = baseline.asked(&source, &Place { account: account.id(), partition: "aws" });
    let now = jiff::Timestamp::from_millisecond(sandbox.now()).unwrap();
    let began = Instant::now();
    let facts = read::read(&account, &asked, now).await;
    let reading = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let posture = judge(&facts, &asked);
    let judging = began.elapsed().as_secs_f64();
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    let counts = account.trace.counts();
    let mut by_service: BTreeMap<&str, u64> = BTreeMap::new();
    for ((service, _), count) in &counts.calls {
        *by_service.entry(service).or_default() += count;
    }
    let mut out = format!(
        "{USERS} users, {ROLES} roles and {BUCKETS} buckets more than in the neglected account, 17 regions.\n\n\
         | reading s | judging s | calls | rounds | findings | peak MiB |\n|---:|---:|---:|---:|---:|---:|\n"
    );
    writeln!(
        out,
        "| {reading:.2} | {judging:.2} | {} | {} | {} | {} |\n\n| service | calls |\n|---|---:|",
        counts.total(),
        counts.rounds,
        posture.findings.len(),
        peak_mib()
    )
    .unwrap();
    for (service, count) in by_service {
        writeln!(out, "| {service} | {count} |").unwrap();
    }
    out.push_str(&goal::at_most("seconds to read and judge a crowded account", LIMIT, reading + judging));
    out
}
