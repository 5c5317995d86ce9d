//! Posture on the built-in account: what is planted is found, with evidence, and nothing else.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{AddPrefixListEntry, IpPermission, PrefixListId};
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter, VersioningConfiguration,
};
use baseline::aws::{Account, Mode, Options};
use baseline::language::{Baseline, Place, Source};
use baseline::posture::{Posture, judge, read};
use baseline::sandbox::{Profile, Sandbox, Seed};

use crate::at_home::baseline;
use crate::emulator::{Emulator, Which};
use crate::faults::start::config;

pub const FILE: &str = "name = \"posture\"\nregion = \"us-east-1\"\n[root]\n[users]\n[audit]\n";

/// Looks at a sandbox with a file, at the sandbox's own time.
pub(crate) async fn look(sandbox: &Sandbox, text: &str) -> (Posture, Account) {
    let source = Source { name: "posture.toml".into(), text: text.into() };
    let (baseline, problems) = Baseline::parse(&source);
    let baseline = baseline.unwrap_or_else(|| panic!("{problems:?}"));
    let options = Options {
        tags: [].into(),
        baseline: "posture".into(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadOnly,
        http_override: Some(sandbox.http_client()),
    };
    let account = Account::open(&options).await.unwrap();
    let place = Place { account: account.id(), partition: "aws" };
    let asked = baseline.asked(&source, &place);
    let now = jiff::Timestamp::from_millisecond(sandbox.now()).unwrap();
    let facts = read::read(&account, &asked, now).await;
    (judge(&facts, &asked), account)
}

/// Rules and the last part of what departs.
pub fn departures(posture: &Posture) -> Vec<(&'static str, String)> {
    let short = |id: &str| id.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    let mut found: Vec<_> =
        posture.findings.iter().map(|finding| (finding.rule.id, short(&finding.resource.id))).collect();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_planted_fault_is_found_and_none_is_invented() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let (posture, account) = look(&sandbox, FILE).await;
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &posture.findings {
        *counts.entry(finding.rule.id).or_default() += 1;
        assert!(!finding.evidence.is_empty() && !finding.next.is_empty(), "{finding:?}");
        assert!((3..=5).contains(&finding.origin.line), "{finding:?}");
    }
    let expected = [
        ("access-key-age", 2),
        ("active-keys", 1),
        ("administrators", 2),
        ("credentials-unused", 2),
        ("instance-imdsv2", 1),
        ("instance-profile", 1),
        ("network-acl-admin-ports", 1),
        ("open-admin-port", 5),
        ("open-data-port", 3),
        ("policy-everything", 1),
        ("public-bucket-read", 2),
        ("public-snapshots", 1),
        ("root-access-keys", 1),
        ("root-mfa", 1),
        ("root-unused", 1),
        ("trail-bucket-logging", 1),
        ("trail-encryption", 1),
        ("trail-in-every-region", 1),
        ("trail-validation", 1),
        ("user-mfa", 2),
        ("vpc-default-group", 1),
        ("vpc-flow-logs", 1),
    ];
    assert_eq!(counts, expected.into_iter().collect(), "{:#?}", departures(&posture));
    let found = departures(&posture);
    for (rule, thing) in [
        ("administrators", "admin"),
        ("administrators", "deploy-pipeline"),
        ("user-mfa", "admin"),
        ("user-mfa", "left-last-year"),
        ("credentials-unused", "left-last-year"),
        ("public-bucket-read", "shop-assets-123456789012"),
        ("public-bucket-read", "upload-inbox-123456789012"),
    ] {
        assert!(found.contains(&(rule, thing.to_owned())), "{rule} {thing} is not in {found:#?}");
    }
    let evidence = |rule: &str| {
        let findings = posture.findings.iter().filter(|finding| finding.rule.id == rule);
        findings.flat_map(|finding| finding.evidence.clone()).collect::<Vec<_>>().join("\n")
    };
    assert!(evidence("public-bucket-read").contains("website of its policy lets everybody read"));
    assert!(evidence("public-bucket-read").contains("its ACL grants READ to everybody"));
    assert!(evidence("open-data-port").contains("tcp 5432 from ::/0"));
    assert!(evidence("administrators").contains("policy AdministratorAccess"));
    assert_eq!(account.trace.counts().writes, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_account_has_no_trail_and_keeps_every_other_rule() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let (posture, account) = look(&sandbox, FILE).await;
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    let rules: Vec<&str> = departures(&posture).into_iter().map(|(rule, _)| rule).collect();
    // What AWS makes in every region is one finding for each rule.
    let expected = [
        "network-acl-admin-ports",
        "root-mfa",
        "trail-in-every-region",
        "vpc-default-group",
        "vpc-flow-logs",
    ];
    assert_eq!(rules, expected, "{:#?}", posture.findings);
    let counts = account.trace.counts();
    assert!(counts.rounds <= 4, "{} rounds", counts.rounds);
    assert!(counts.total() <= 233, "{:?}", counts.calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_a_prefix_list_opens_to_the_world_is_found() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox));
    let group = ec2.create_security_group().group_name("odd").description("odd").send().await.unwrap();
    for (range, expected) in [("203.0.113.0/24", vec![]), ("0.0.0.0/0", vec!["open-admin-port"])] {
        let entry = AddPrefixListEntry::builder().cidr(range).build();
        let request = ec2.create_managed_prefix_list().prefix_list_name("offices").address_family("IPv4");
        let made = request.max_entries(1).entries(entry).send().await.unwrap();
        let list = made.prefix_list().unwrap().prefix_list_id().unwrap();
        let permission = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(22)
            .to_port(22)
            .prefix_list_ids(PrefixListId::builder().prefix_list_id(list).build())
            .build();
        let allow = ec2.authorize_security_group_ingress().group_id(group.group_id().unwrap());
        allow.ip_permissions(permission).send().await.unwrap();
        let (posture, _) = look(
            &sandbox,
            "name = \"posture\"\nregion = \"us-east-1\"\n[audit]\ntrail_in_every_region = false\n\
             sealed_default_groups = false\nflow_logs = false\nnetwork_acls = false\n",
        )
        .await;
        assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
        let rules: Vec<&str> = departures(&posture).into_iter().map(|(rule, _)| rule).collect();
        assert_eq!(rules, expected, "{range}: {:#?}", posture.findings);
        if let Some(finding) = posture.findings.first() {
            assert!(
                finding.next.contains(&format!("PrefixListIds=[{{PrefixListId={list}}}]")),
                "{}",
                finding.next
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_that_nobody_asks_about() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let (posture, account) = look(&sandbox, "name = \"posture\"\nregion = \"us-east-1\"\n[account]\n").await;
    assert_eq!(posture, Posture::default());
    assert_eq!(account.trace.counts().total(), 1, "only who the caller is");
}

#[test]
fn drift_shows_what_people_did_to_an_account_and_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("posture.toml"), FILE).unwrap();
    let seeded = baseline(folder.path(), &["--sandbox=a", "sandbox", "seed", "neglected"]);
    assert_eq!(seeded.status.code(), Some(0), "{}", String::from_utf8_lossy(&seeded.stderr));
    let drift = baseline(folder.path(), &["--sandbox=a", "drift", "posture.toml"]);
    let text = String::from_utf8_lossy(&drift.stdout);
    assert_eq!(drift.status.code(), Some(2), "{text}");
    for part in [
        "critical root-access-keys the root user has access keys",
        "posture.toml:3 [root]",
        "website of its policy lets everybody read",
        "next: aws ec2 revoke-security-group-ingress --region eu-west-1",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    // There is nothing to apply, and what only a person can settle is no failure.
    let apply = baseline(folder.path(), &["--sandbox=a", "apply", "posture.toml", "--auto-approve"]);
    assert_eq!(apply.status.code(), Some(0), "{}", String::from_utf8_lossy(&apply.stderr));
}

#[test]
fn a_fresh_account_reads_on_one_page_and_an_apply_leaves_what_only_a_person_can_settle() {
    let folder = tempfile::tempdir().unwrap();
    crate::at_home::shipped(folder.path(), "posture.toml");
    let run = |arguments: &[&str]| baseline(folder.path(), &[&["--sandbox=fresh"], arguments].concat());
    let drift = run(&["drift", "posture.toml"]);
    let text = String::from_utf8_lossy(&drift.stdout).into_owned();
    assert_eq!(drift.status.code(), Some(2), "{text}");
    assert!(text.lines().count() <= 75, "{} lines:\n{text}", text.lines().count());
    let applied = run(&["apply", "posture.toml", "--auto-approve", "-q"]);
    assert_eq!(applied.status.code(), Some(0), "{}", String::from_utf8_lossy(&applied.stdout));
    let drift = run(&["drift", "posture.toml", "--json"]);
    assert_eq!(drift.status.code(), Some(2), "the second factor of root is still missing");
    let report: serde_json::Value = serde_json::from_slice(&drift.stdout).unwrap();
    let findings = report["posture"]["findings"].as_array().unwrap();
    let rules: Vec<&str> = findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    let left = ["root-mfa", "vpc-flow-logs", "vpc-default-group", "network-acl-admin-ports"];
    assert_eq!(rules, left, "{findings:#?}");
    assert!(findings[0]["next"].as_str().unwrap().contains("assign a device"), "{findings:#?}");
    assert_eq!(report["steps"].as_array().unwrap().len(), 0);
    // A second apply has nothing to do and says the same again.
    let again = run(&["apply", "posture.toml", "--auto-approve"]);
    assert_eq!(again.status.code(), Some(0));
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(said.contains("no changes: 74 resources") && said.contains("Posture (4)"), "{said}");
}

/// The same file, and `apply` may switch old keys off.
const SETTLING: &str = "name = \"posture\"\nregion = \"us-east-1\"\n[account]\n[root]\n[users]\n\
    on_stale_key = \"deactivate\"\n[audit]\n";

#[test]
fn apply_settles_what_an_api_can_and_the_second_run_says_what_is_left_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("posture.toml"), SETTLING).unwrap();
    baseline(folder.path(), &["--sandbox=a", "sandbox", "seed", "neglected"]);
    let plan = baseline(folder.path(), &["--sandbox=a", "plan", "posture.toml"]);
    let text = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert_eq!(plan.status.code(), Some(0), "{text}");
    assert_eq!(text.matches("iam.access-key.AKIA").count(), 2, "both old keys are in the plan:\n{text}");
    assert!(text.contains("+ iam.group.mfa-guard"), "{text}");
    assert!(text.contains("s3.account-public-access.account"), "{text}");
    let apply = baseline(folder.path(), &["--sandbox=a", "apply", "posture.toml", "--auto-approve", "-q"]);
    assert_eq!(apply.status.code(), Some(0), "{}", String::from_utf8_lossy(&apply.stdout));
    let plan = baseline(folder.path(), &["--sandbox=a", "plan", "posture.toml", "--detailed-exitcode"]);
    let text = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert_eq!(plan.status.code(), Some(0), "{text}");
    for settled in ["access-key-age", "active-keys", "public-bucket"] {
        assert!(!text.contains(settled), "{settled} is settled:\n{text}");
    }
    for left in ["root-access-keys", "root-mfa", "user-mfa", "administrators", "open-admin-port"] {
        assert!(text.contains(left), "{left} is for a person to settle:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn motos_report_has_no_row_for_root_and_that_is_said() {
    let moto = Emulator::start(Which::Moto);
    let account = moto.account("posture", Mode::ReadOnly).await;
    let source = Source { name: "posture.toml".into(), text: FILE.into() };
    let baseline = Baseline::parse(&source).0.unwrap();
    let place = Place { account: account.id(), partition: "aws" };
    let asked = baseline.asked(&source, &place);
    let facts = read::read(&account, &asked, jiff::Timestamp::now()).await;
    let posture = judge(&facts, &asked);
    // moto's report has no row for the root user: that is no proof that nobody worked as root.
    assert_eq!(
        posture.undecided.get("root-unused").map(String::as_str),
        Some("the credential report has no row for the root user"),
        "{:?}",
        posture.undecided
    );
    let rules: Vec<&str> = posture.findings.iter().map(|finding| finding.rule.id).collect();
    assert!(rules.contains(&"trail-in-every-region"), "{rules:?}");
    assert_eq!(account.trace.counts().writes, 0);
}

#[test]
fn a_guard_that_nobody_wants_any_more_is_shown_and_goes_with_prune() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("posture.toml");
    let users = |setting: &str| format!("name = \"posture\"\nregion = \"us-east-1\"\n[users]\n{setting}\n");
    std::fs::write(&file, users("")).unwrap();
    baseline(folder.path(), &["--sandbox=a", "sandbox", "seed", "neglected"]);
    let run = |arguments: &[&str]| {
        let output = baseline(folder.path(), &[&["--sandbox=a"], arguments].concat());
        (output.status.code(), crate::at_home::said(&output))
    };
    let (code, apply) = run(&["apply", "posture.toml", "--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
    assert!(apply.contains("iam.group.mfa-guard"), "{apply}");
    let (_, plan) = run(&["plan", "posture.toml"]);
    assert!(!plan.contains("iam.group.mfa-guard"), "it is as declared:\n{plan}");
    for text in [
        users("on_missing_mfa = \"report\""),
        "name = \"posture\"\nregion = \"us-east-1\"\n[account]\n".into(),
    ] {
        std::fs::write(&file, text).unwrap();
        let (_, plan) = run(&["plan", "posture.toml"]);
        assert!(plan.contains("iam.group.mfa-guard") && plan.contains("apply --prune"), "{plan}");
        let (_, plan) = run(&["plan", "posture.toml", "--prune"]);
        assert!(plan.contains("- iam.group.mfa-guard"), "{plan}");
    }
    let (code, apply) = run(&["apply", "posture.toml", "--prune", "--auto-approve"]);
    assert_eq!(code, Some(0), "{apply}");
    let (_, plan) = run(&["plan", "posture.toml", "--prune"]);
    assert!(!plan.contains("iam.group"), "{plan}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_nobody_uses_are_shown_where_the_file_asks() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let file = "name = \"posture\"\nregion = \"us-east-1\"\n[audit]\nunused_services_after_days = 90\n";
    let (posture, account) = look(&sandbox, file).await;
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    let found: Vec<_> = posture.findings.iter().filter(|f| f.rule.id == "unused-services").collect();
    let names: Vec<&str> =
        found.iter().map(|finding| finding.resource.id.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["admin", "deploy-pipeline"], "the one who left may use nothing");
    assert!(
        found[0].evidence.contains(&"s3 last used 200 days ago, on 2029-06-15".to_owned()),
        "{:?}",
        found[0]
    );
    assert!(found[1].evidence[0].starts_with("granted and not used in 400 days: autoscaling, cloudtrail"));
    assert_eq!(found[1].next, "give it policies for what it uses, s3, and take the others away");
    assert_eq!(account.trace.counts().writes, 0);
    let asked = |call: &str| account.trace.counts().calls[&("IAM".to_owned(), call.to_owned())];
    assert_eq!(asked("GenerateServiceLastAccessedDetails"), 3, "{:?}", account.trace.counts().calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_files_that_end_early_and_a_key_for_anybody_are_found() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let config = config(&sandbox);
    let s3 = aws_sdk_s3::Client::new(&config);
    let trail = aws_sdk_cloudtrail::Client::new(&config).describe_trails().send().await.unwrap();
    let bucket = trail.trail_list()[0].s3_bucket_name().unwrap();
    let rule = LifecycleRule::builder()
        .id("cheap")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("AWSLogs/").build())
        .expiration(LifecycleExpiration::builder().days(14).build());
    let rules = BucketLifecycleConfiguration::builder().rules(rule.build().unwrap()).build().unwrap();
    s3.put_bucket_lifecycle_configuration()
        .bucket(bucket)
        .lifecycle_configuration(rules)
        .send()
        .await
        .unwrap();
    let anybody = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},
        {"Sid":"trails","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},
         "Action":"kms:GenerateDataKey*","Resource":"*"}]}"#;
    aws_sdk_kms::Client::new(&config).create_key().policy(anybody).send().await.unwrap();

    let (posture, _) = look(&sandbox, FILE).await;
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    let about = |rule: &str| {
        let findings = posture.findings.iter().filter(|finding| finding.rule.id == rule);
        findings.flat_map(|finding| finding.evidence.clone()).collect::<Vec<_>>().join("\n")
    };
    let ended = about("trail-bucket-retention");
    assert!(
        ended.contains("its lifecycle rule cheap expires files of the trail management-events after 14 days"),
        "{ended}"
    );
    assert!(
        about("key-service-source").contains("trails lets cloudtrail.amazonaws.com in"),
        "{:#?}",
        posture.findings
    );

    // Former versions that nothing deletes keep every file.
    let kept = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    s3.put_bucket_versioning().bucket(bucket).versioning_configuration(kept).send().await.unwrap();
    let (posture, _) = look(&sandbox, FILE).await;
    assert!(departures(&posture).iter().all(|(rule, _)| *rule != "trail-bucket-retention"));
}

/// A trail that says it logs while its bucket is gone records nothing, and one of a single region records global events only where
/// they happen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trail_without_its_bucket_records_nothing_and_one_of_another_region_no_global_events() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox);
    let s3 = aws_sdk_s3::Client::new(&config);
    let trails = aws_sdk_cloudtrail::Client::new(&config);
    let elsewhere = aws_sdk_cloudtrail::config::Builder::from(&config)
        .region(aws_sdk_cloudtrail::config::Region::new("eu-west-1"))
        .build();
    let elsewhere = aws_sdk_cloudtrail::Client::from_conf(elsewhere);
    for bucket in ["kept-logs", "lost-logs"] {
        s3.create_bucket().bucket(bucket).send().await.unwrap();
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::{bucket}"}},
                {{"Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},"Action":"s3:PutObject","Resource":"arn:aws:s3:::{bucket}/AWSLogs/123456789012/*",
                  "Condition":{{"StringEquals":{{"s3:x-amz-acl":"bucket-owner-full-control"}}}}}}]}}"#
        );
        s3.put_bucket_policy().bucket(bucket).policy(policy).send().await.unwrap();
    }
    trails
        .create_trail()
        .name("everywhere")
        .s3_bucket_name("lost-logs")
        .is_multi_region_trail(true)
        .include_global_service_events(true)
        .send()
        .await
        .unwrap();
    trails.start_logging().name("everywhere").send().await.unwrap();
    let text = "name = \"posture\"\nregion = \"us-east-1\"\n[audit]\nhardened_trails = false\nguarded_trails = false\n";
    let about = |posture: &Posture, rule: &str| {
        let found = posture.findings.iter().filter(|finding| finding.rule.id == rule);
        found.flat_map(|finding| finding.evidence.clone()).collect::<Vec<_>>()
    };
    let (posture, _) = look(&sandbox, text).await;
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    assert_eq!(about(&posture, "trail-in-every-region"), Vec::<String>::new());

    s3.delete_bucket_policy().bucket("lost-logs").send().await.unwrap();
    s3.delete_bucket().bucket("lost-logs").send().await.unwrap();
    let status = trails.get_trail_status().name("everywhere").send().await.unwrap();
    assert_eq!((status.is_logging(), status.latest_delivery_error()), (Some(true), Some("NoSuchBucket")));
    let (posture, _) = look(&sandbox, text).await;
    assert!(!about(&posture, "trail-in-every-region").is_empty(), "{:#?}", posture.findings);
    trails.delete_trail().name("everywhere").send().await.unwrap();

    // Two of a single region that ask for global events: the one elsewhere gets none.
    for (client, name) in [(&trails, "one"), (&elsewhere, "elsewhere")] {
        client
            .create_trail()
            .name(name)
            .s3_bucket_name("kept-logs")
            .include_global_service_events(true)
            .send()
            .await
            .unwrap();
        client.start_logging().name(name).send().await.unwrap();
    }
    let (posture, _) = look(&sandbox, text).await;
    assert_eq!(about(&posture, "trail-global-events-once"), Vec::<String>::new());
    trails.update_trail().name("one").is_multi_region_trail(true).send().await.unwrap();
    trails
        .create_trail()
        .name("two")
        .s3_bucket_name("kept-logs")
        .include_global_service_events(true)
        .send()
        .await
        .unwrap();
    trails.start_logging().name("two").send().await.unwrap();
    let (posture, _) = look(&sandbox, text).await;
    assert!(!about(&posture, "trail-global-events-once").is_empty(), "{:#?}", posture.findings);
}

/// Trust in an organization is undecided until the file says whose it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_for_an_organization_is_judged_by_what_the_file_says_of_it() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole",
        "Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-zyxwvu9876"}}}]}"#;
    let iam = aws_sdk_iam::Client::new(&config(&sandbox));
    iam.create_role().role_name("shared").assume_role_policy_document(trust).send().await.unwrap();
    let rule = "role-trust-unknown-account";
    for (line, undecided, found) in [
        ("", true, false),
        ("trusted_organizations = [\"o-a1b2c3d4e5\"]\n", false, true),
        ("trusted_organizations = []\n", false, true),
        ("trusted_organizations = [\"o-zyxwvu9876\"]\n", false, false),
    ] {
        let (posture, _) = look(&sandbox, &format!("{FILE}{line}")).await;
        assert_eq!(posture.undecided.contains_key(rule), undecided, "{line}");
        assert_eq!(posture.findings.iter().any(|finding| finding.rule.id == rule), found, "{line}");
    }
}
