//! What posture rules read beyond IAM and trails: access points, snapshots, Classic Load Balancers, topics and queues.

use baseline::aws::Account;
use baseline::sandbox::{Profile, Sandbox, Seed};

use crate::faults::start::config;
use crate::posture::{FILE, departures, look};

/// What a bucket says that leaves it to its access points whom they let in, as AWS advises.
fn delegation(bucket: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Sid":"Doors","Effect":"Allow","Principal":"*","Action":"*","Resource":["arn:aws:s3:::{bucket}","arn:aws:s3:::{bucket}/*"],"Condition":{{"StringEquals":{{"s3:DataAccessPointAccount":"123456789012"}}}}}}}}"#
    )
}

/// What an access point says that lets everybody read.
fn open_door(arn: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Sid":"Open","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"{arn}/object/*"}}}}"#
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_an_access_point_opens_is_found_and_others_cost_no_call() {
    const ACCOUNT: &str = "123456789012";
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox);
    let s3 = aws_sdk_s3::Client::new(&config);
    let control = aws_sdk_s3control::Client::new(&config);
    let oregon = config.to_builder().region(aws_sdk_s3::config::Region::new("us-west-2")).build();
    let multi = aws_sdk_s3control::Client::new(&oregon);
    // A new bucket blocks public access by itself.
    s3.create_bucket().bucket("door-bucket").send().await.unwrap();
    s3.delete_public_access_block().bucket("door-bucket").send().await.unwrap();
    let (posture, account) = look(&sandbox, FILE).await;
    assert!(!departures(&posture).iter().any(|(rule, _)| rule.starts_with("public-bucket")));
    let asked = |account: &Account, call: &str| {
        account.trace.counts().calls.iter().any(|((_, operation), _)| operation == call)
    };
    assert!(!asked(&account, "ListAccessPoints") && !asked(&account, "ListMultiRegionAccessPoints"));

    let block = s3control_block();
    let made = control.create_access_point().account_id(ACCOUNT).name("door").bucket("door-bucket");
    made.public_access_block_configuration(block.clone()).send().await.unwrap();
    let open = open_door("arn:aws:s3:us-east-1:123456789012:accesspoint/door");
    let put = control.put_access_point_policy().account_id(ACCOUNT).name("door").policy(open);
    put.send().await.unwrap();
    // Alone it opens nothing: the bucket must say so, too.
    let (posture, _) = look(&sandbox, FILE).await;
    assert!(!departures(&posture).iter().any(|(rule, _)| rule.starts_with("public-bucket")));
    s3.put_bucket_policy().bucket("door-bucket").policy(delegation("door-bucket")).send().await.unwrap();
    let (posture, account) = look(&sandbox, FILE).await;
    assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
    let found = departures(&posture);
    assert!(found.contains(&("public-bucket-read", "door-bucket".to_owned())), "{found:#?}");
    assert!(asked(&account, "ListAccessPoints") && account.trace.counts().writes == 0);
    let open = posture.findings.iter().find(|finding| finding.rule.id == "public-bucket-read").unwrap();
    assert!(open.evidence[0].contains("access point door"), "{:?}", open.evidence);
    assert!(open.next.contains("put-access-point-policy"), "{}", open.next);

    // An access point of several regions is a door like any other.
    s3.create_bucket().bucket("wide-bucket").send().await.unwrap();
    s3.delete_public_access_block().bucket("wide-bucket").send().await.unwrap();
    s3.put_bucket_policy().bucket("wide-bucket").policy(delegation("wide-bucket")).send().await.unwrap();
    let details = aws_sdk_s3control::types::CreateMultiRegionAccessPointInput::builder()
        .name("wide")
        .public_access_block(block)
        .regions(aws_sdk_s3control::types::Region::builder().bucket("wide-bucket").build().unwrap())
        .build()
        .unwrap();
    let made = multi.create_multi_region_access_point().account_id(ACCOUNT).client_token("1");
    made.details(details).send().await.unwrap();
    let open = open_door("arn:aws:s3::123456789012:accesspoint/wide.mrap");
    let details = aws_sdk_s3control::types::PutMultiRegionAccessPointPolicyInput::builder()
        .name("wide")
        .policy(open)
        .build()
        .unwrap();
    let put = multi.put_multi_region_access_point_policy().account_id(ACCOUNT).client_token("2");
    put.details(details).send().await.unwrap();
    let (posture, _) = look(&sandbox, FILE).await;
    let found = departures(&posture);
    assert!(found.contains(&("public-bucket-read", "wide-bucket".to_owned())), "{found:#?}");
}

/// A block of an access point with every switch off; AWS makes them with every switch on.
fn s3control_block() -> aws_sdk_s3control::types::PublicAccessBlockConfiguration {
    aws_sdk_s3control::types::PublicAccessBlockConfiguration::builder()
        .block_public_acls(false)
        .block_public_policy(false)
        .ignore_public_acls(false)
        .restrict_public_buckets(false)
        .build()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_an_unknown_account_has_is_found_where_the_file_asks() {
    use aws_sdk_ec2::types::{OperationType, SnapshotAttributeName};
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let region = aws_sdk_ec2::config::Region::new("eu-west-1");
    let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox).to_builder().region(region).build());
    let listed = ec2.describe_snapshots().owner_ids("self").send().await.unwrap();
    let id = listed.snapshots()[0].snapshot_id().unwrap();
    let share = ec2.modify_snapshot_attribute().snapshot_id(id).user_ids("444455556666");
    let share = share.attribute(SnapshotAttributeName::CreateVolumePermission);
    share.operation_type(OperationType::Add).send().await.unwrap();
    let asks = format!("{FILE}images_for_trusted_accounts = true\n");
    let knows = format!("{asks}trusted_accounts = [\"444455556666\"]\n");
    for (text, expected) in [(FILE, 0), (asks.as_str(), 1), (knows.as_str(), 0)] {
        let (posture, account) = look(&sandbox, text).await;
        assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
        let found = posture.findings.iter().filter(|finding| finding.rule.id == "shared-snapshots");
        assert_eq!(found.count(), expected, "{text}");
        let calls = account.trace.counts().calls;
        let asked = calls.keys().any(|(_, operation)| operation == "DescribeSnapshotAttribute");
        assert_eq!(asked, text != FILE, "{text}");
    }
}

/// What a listener of a Classic Load Balancer is made from.
fn classic_listener(protocol: &str, port: i32) -> aws_sdk_elasticloadbalancing::types::Listener {
    let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1".to_owned();
    aws_sdk_elasticloadbalancing::types::Listener::builder()
        .protocol(protocol)
        .load_balancer_port(port)
        .instance_port(8080)
        .set_ssl_certificate_id((protocol == "HTTPS").then_some(certificate))
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn classic_load_balancers_are_found_and_their_policies_read_only_where_they_are_encrypted() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let client = aws_sdk_elasticloadbalancing::Client::new(&config(&sandbox));
    for (name, listeners) in
        [("plain", vec![classic_listener("HTTP", 80)]), ("old", vec![classic_listener("HTTPS", 443)])]
    {
        let create = client.create_load_balancer().load_balancer_name(name).availability_zones("us-east-1a");
        create.set_listeners(Some(listeners)).send().await.unwrap();
    }
    let off = format!("{FILE}encrypted_listeners = false\n");
    for (text, expected, lists, policies) in [
        (
            FILE,
            vec![
                ("classic-load-balancer-old-tls", "old".to_owned()),
                ("classic-load-balancer-plain", "plain".to_owned()),
            ],
            // Both generations, in 17 regions.
            34,
            1,
        ),
        (off.as_str(), vec![], 0, 0),
    ] {
        let (posture, account) = look(&sandbox, text).await;
        assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
        let mut found = departures(&posture);
        found.retain(|(rule, _)| rule.starts_with("classic"));
        assert_eq!(found, expected);
        let calls = account.trace.counts().calls;
        let of = |operation: &str| {
            calls.iter().filter(|((_, name), _)| *name == operation).map(|(_, count)| *count).sum::<u64>()
        };
        assert_eq!(of("DescribeLoadBalancers"), lists);
        assert_eq!(of("DescribeLoadBalancerPolicies"), policies);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_and_queues_that_let_anybody_in_are_found_and_read_only_where_a_rule_asks() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox);
    let (sns, sqs) = (aws_sdk_sns::Client::new(&config), aws_sdk_sqs::Client::new(&config));
    let topic = "arn:aws:sns:us-east-1:123456789012:open";
    let queue = "arn:aws:sqs:us-east-1:123456789012:open";
    let policy = |principal: &str, action: &str, resource: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"{action}","Resource":"{resource}"}}]}}"#
        )
    };
    // Those that nobody changed are silent.
    sns.create_topic().name("quiet").send().await.unwrap();
    sqs.create_queue().queue_name("quiet").send().await.unwrap();
    let open = policy(r#"{"AWS":"*"}"#, "sns:Publish", topic);
    sns.create_topic().name("open").attributes("Policy", open).send().await.unwrap();
    let for_anybody = policy(r#"{"Service":"sns.amazonaws.com"}"#, "sqs:SendMessage", queue);
    let create = sqs.create_queue().queue_name("open");
    create.attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, for_anybody).send().await.unwrap();
    let without = |lines: &str| format!("{FILE}{lines}\n");
    let (public, source) = (("public-topic", "open".to_owned()), ("queue-service-source", "open".to_owned()));
    for (text, expected, calls) in [
        (without(""), vec![public.clone(), source.clone()], 17 * 2 + 4),
        (without("service_sources = false"), vec![public], 17 * 2 + 4),
        (without("private_topics_and_queues = false"), vec![source], 17 * 2 + 4),
        (without("service_sources = false\nprivate_topics_and_queues = false"), vec![], 0),
    ] {
        let (posture, account) = look(&sandbox, &text).await;
        assert!(posture.is_complete(), "{:?} {:?}", posture.unread, posture.undecided);
        let mut found = departures(&posture);
        found.retain(|(rule, _)| rule.contains("topic") || rule.contains("queue"));
        assert_eq!(found, expected, "{text}");
        let counted = account.trace.counts().calls;
        let of_both = counted.iter().filter(|((service, _), _)| ["SNS", "SQS"].contains(&service.as_str()));
        assert_eq!(of_both.map(|(_, count)| *count).sum::<u64>(), calls, "{text}");
    }
}
