//! The landing zone on both emulators: where the final accounts differ, and which of the two is as AWS.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;
use baseline::model::{Addr, Value};
use baseline::plan::{Choices, Observed, OutputIndex, diff};

use crate::emulator::Which::{self, BuiltIn};
use crate::final_account::{Fact, Names, Overheard};
use crate::hand::Hand;
use crate::world::{World, shipped};

/// The call, the path in its answer or the start of it, which of the two is as AWS (nothing where AWS's documentation
/// leaves it open), and where that is written.
pub const DISAGREEMENTS: &[(&str, &str, Option<Which>, &str)] = &[
    (
        "ec2:DescribeSubnets",
        "subnetSet.item.availableIpAddressCount",
        Some(BuiltIn),
        "NET-13, ELB-8: a load balancer has an interface in each of its subnets; Auto Scaling balances instances across zones, moto puts them into one",
    ),
    (
        "ec2:DescribeSubnets",
        "subnetSet.item.enableDns64",
        Some(BuiltIn),
        "API_Subnet: a member of every subnet; moto leaves it out",
    ),
    (
        "ec2:DescribeSubnets",
        "subnetSet.item.mapCustomerOwnedIpOnLaunch",
        Some(BuiltIn),
        "API_Subnet: a member of every subnet; moto leaves it out",
    ),
    (
        "ec2:DescribeVpcs",
        "vpcSet.item.dhcpOptionsId",
        Some(BuiltIn),
        "API_Vpc: the id of the associated set; moto says default",
    ),
    (
        "ec2:DescribeNetworkAcls",
        "networkAclSet.item.entrySet.item",
        Some(BuiltIn),
        "ACL-5: every list ends with rule 32767, which denies the rest; moto has it in default lists only",
    ),
    (
        "ec2:DescribeLaunchTemplateVersions",
        "launchTemplateVersionSet.item.createdBy",
        None,
        "the two have different callers",
    ),
    (
        "ec2:DescribeLaunchTemplateVersions",
        "launchTemplateVersionSet.item.launchTemplateData.metadataOptions",
        Some(BuiltIn),
        "API_LaunchTemplateInstanceMetadataOptions: state, IPv6 and tags have values of their own; moto echoes the request",
    ),
    (
        "ec2:DescribeLaunchTemplateVersions",
        "launchTemplateVersionSet.item.launchTemplateData.tagSpecificationSet",
        Some(BuiltIn),
        "API_CreateLaunchTemplate: TagSpecification tags the template, not what it launches; moto puts it into the template's data",
    ),
    (
        "elasticloadbalancing:DescribeListeners",
        "Listeners.member.DefaultActions.member.ForwardConfig",
        Some(BuiltIn),
        "API_Action: a forward to one group is answered as TargetGroupArn and as ForwardConfig; moto leaves out the second",
    ),
    (
        "elasticloadbalancing:DescribeListeners",
        "Listeners.member.SslPolicy",
        Some(BuiltIn),
        "API_Listener: [HTTPS or TLS listener] only; moto shows one on HTTP",
    ),
    (
        "elasticloadbalancing:DescribeLoadBalancers",
        "LoadBalancers.member.CanonicalHostedZoneId",
        Some(BuiltIn),
        "AWS General Reference, Elastic Load Balancing endpoints: Z35SXDOTRQ7X7K in us-east-1",
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "AutoScalingGroups.member.AvailabilityZoneDistribution",
        Some(BuiltIn),
        "API_AutoScalingGroup: balanced-best-effort by default; moto leaves it out",
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "AutoScalingGroups.member.AvailabilityZoneImpairmentPolicy",
        Some(BuiltIn),
        "API_AutoScalingGroup: zonal shift is off by default; moto leaves it out",
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "AutoScalingGroups.member.CapacityReservationSpecification",
        Some(BuiltIn),
        "API_AutoScalingGroup: default by default; moto leaves it out",
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "AutoScalingGroups.member.DeletionProtection",
        Some(BuiltIn),
        "ASG-6, API_AutoScalingGroup: none by default; moto leaves it out",
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "AutoScalingGroups.member.CapacityRebalance",
        None,
        "API_AutoScalingGroup does not say whether false is shown or left out",
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "AutoScalingGroups.member.Instances.member",
        Some(BuiltIn),
        "Auto Scaling User Guide, Availability Zone distribution: capacity is balanced across zones; moto picks one by chance",
    ),
    (
        "autoscaling:DescribeAutoScalingGroups",
        "AutoScalingGroups.member.TrafficSources",
        Some(BuiltIn),
        "API_AutoScalingGroup: attached target groups are traffic sources too; moto leaves them out",
    ),
    (
        "autoscaling:DescribePolicies",
        "ScalingPolicies.member.Alarms",
        Some(BuiltIn),
        "API_ScalingPolicy: target tracking makes and names two alarms; moto makes none",
    ),
    (
        "autoscaling:DescribePolicies",
        "ScalingPolicies.member.Enabled",
        Some(BuiltIn),
        "API_ScalingPolicy: a new policy is enabled; moto leaves it out",
    ),
    (
        "s3:GetBucketAcl",
        "AccessControlPolicy.Owner.DisplayName",
        Some(BuiltIn),
        "API_GetBucketAcl: S3 stopped answering display names in November 2025",
    ),
    (
        "s3:GetBucketEncryption",
        "ServerSideEncryptionConfiguration.Rule.BlockedEncryptionTypes",
        Some(BuiltIn),
        "S3-26: new buckets block SSE-C; moto does not know it",
    ),
    (
        "cloudtrail:GetEventSelectors",
        "EventSelectors",
        Some(BuiltIn),
        "CT-14: a trail that nobody told otherwise has one selector, of all management events; moto shows none",
    ),
    (
        "cloudtrail:GetTrail",
        "Trail.HomeRegion",
        Some(BuiltIn),
        "CT-2, API_Trail: every trail has one; moto leaves it out",
    ),
    ("cloudtrail:GetTrailStatus", "LatestDeliveryAttemptTime", None, "API_GetTrailStatus: no longer in use"),
    (
        "cloudtrail:GetTrailStatus",
        "LatestDeliveryTime",
        None,
        "AWS delivers within minutes; the built-in account delivers nothing, moto claims to have done so at once",
    ),
    (
        "kms:DescribeKey",
        "KeyMetadata.KeyUsage",
        Some(BuiltIn),
        "API_CreateKey: ENCRYPT_DECRYPT by default; moto answers null",
    ),
    (
        "kms:DescribeKey",
        "KeyMetadata.MultiRegion",
        Some(BuiltIn),
        "API_KeyMetadata: false for a key of one region; moto answers null",
    ),
    (
        "kms:GetKeyPolicy",
        "PolicyName",
        Some(BuiltIn),
        "API_GetKeyPolicy: answered beside the policy; moto leaves it out",
    ),
    ("kms:GetKeyRotationStatus", "KeyId", Some(BuiltIn), "API_GetKeyRotationStatus; moto leaves it out"),
    (
        "kms:GetKeyRotationStatus",
        "NextRotationDate",
        Some(BuiltIn),
        "API_GetKeyRotationStatus; moto leaves it out",
    ),
    (
        "kms:GetKeyRotationStatus",
        "RotationPeriodInDays",
        Some(BuiltIn),
        "API_GetKeyRotationStatus; moto leaves it out",
    ),
    (
        "iam:GetInstanceProfile",
        "InstanceProfile.InstanceProfileId",
        Some(BuiltIn),
        "IAM User Guide, unique identifiers: AIPA and capital letters; moto makes up lower-case ones",
    ),
    (
        "iam:GetInstanceProfile",
        "InstanceProfile.Roles.member.AssumeRolePolicyDocument",
        Some(BuiltIn),
        "API_GetInstanceProfile: URL-encoded, as everywhere in IAM; moto answers plain JSON here",
    ),
    (
        "iam:GetInstanceProfile",
        "InstanceProfile.Roles.member.Tags",
        None,
        "API_GetInstanceProfile does not say whether the role inside comes with its tags",
    ),
    (
        "iam:GetAccountPasswordPolicy",
        "PasswordPolicy.MaxPasswordAge",
        None,
        "API_PasswordPolicy: 0 or not present where passwords do not expire",
    ),
];

/// What our own kinds read, by address.
type Things = BTreeMap<Addr, Value>;

/// What raw calls answer.
type Answers = BTreeMap<&'static str, BTreeSet<Fact>>;

async fn applied(on: Which) -> (Things, Answers) {
    let mut world = World::new(on, &shipped("landing-zone.toml")).await;
    // The same things on both: those that moto answers for.
    world.wanted = crate::world::expand(Which::Moto, &shipped("landing-zone.toml"));
    world.apply().await;
    let live = world.look(&Choices::default()).await.0;
    let found = live.resources.into_iter().filter_map(|(addr, sight)| match sight {
        Observed::Found(thing) => Some((addr, thing)),
        Observed::Absent | Observed::Unreadable(_) => None,
    });
    let found: Vec<_> = found.collect();
    let mut index = OutputIndex::default();
    let mut ids = BTreeMap::new();
    for (addr, thing) in &found {
        index.add(addr, &thing.outputs);
        ids.extend(thing.outputs.iter().map(|(output, id)| (id.clone(), format!("({output} of {addr})"))));
    }
    let names = Names::new(ids);
    let answers = asked(&world, &names).await;
    let things = found.into_iter().map(|(addr, thing)| (addr, index.to_references(thing.attributes)));
    (things.collect(), answers)
}

/// A few services as a person at the console would look at them.
async fn asked(world: &World, names: &Names) -> Answers {
    let overheard = Overheard::default();
    let hand = Hand::new(&overheard.listen(&world.emulator.config()));
    let vpc = hand.vpc().await;
    let in_vpc = |name: &str| Filter::builder().name(name).values(&vpc).build();
    let bucket = "landing-zone-trail-logs-123456789012";
    let key = "alias/landing-zone-trail";
    let key_id = hand.key(key).await;
    let trail = "landing-zone";
    let load_balancer = hand.load_balancer().await;
    let mut answers = Answers::new();
    macro_rules! ask {
        ($($call:literal: $request:expr,)*) => {
            $($request.send().await.unwrap(); answers.insert($call, overheard.facts(names));)*
        };
    }
    ask! {
        "ec2:DescribeVpcs": hand.ec2.describe_vpcs().vpc_ids(&vpc),
        "ec2:DescribeSubnets": hand.ec2.describe_subnets().filters(in_vpc("vpc-id")),
        "ec2:DescribeInternetGateways":
            hand.ec2.describe_internet_gateways().filters(in_vpc("attachment.vpc-id")),
        "ec2:DescribeRouteTables": hand.ec2.describe_route_tables().filters(in_vpc("vpc-id")),
        "ec2:DescribeNetworkAcls": hand.ec2.describe_network_acls().filters(in_vpc("vpc-id")),
        "ec2:DescribeSecurityGroups": hand.ec2.describe_security_groups().filters(in_vpc("vpc-id")),
        "s3:GetBucketPolicy": hand.s3.get_bucket_policy().bucket(bucket),
        "s3:GetBucketEncryption": hand.s3.get_bucket_encryption().bucket(bucket),
        "s3:GetBucketVersioning": hand.s3.get_bucket_versioning().bucket(bucket),
        "s3:GetBucketLifecycleConfiguration": hand.s3.get_bucket_lifecycle_configuration().bucket(bucket),
        "s3:GetBucketLogging": hand.s3.get_bucket_logging().bucket(bucket),
        "s3:GetPublicAccessBlock": hand.s3.get_public_access_block().bucket(bucket),
        "s3:GetBucketOwnershipControls": hand.s3.get_bucket_ownership_controls().bucket(bucket),
        "s3:GetBucketTagging": hand.s3.get_bucket_tagging().bucket(bucket),
        "s3:GetBucketAcl": hand.s3.get_bucket_acl().bucket(bucket),
        "cloudtrail:GetTrail": hand.cloudtrail.get_trail().name(trail),
        "cloudtrail:GetTrailStatus": hand.cloudtrail.get_trail_status().name(trail),
        "cloudtrail:GetEventSelectors": hand.cloudtrail.get_event_selectors().trail_name(trail),
        "kms:DescribeKey": hand.kms.describe_key().key_id(key),
        "kms:GetKeyRotationStatus": hand.kms.get_key_rotation_status().key_id(&key_id),
        "kms:GetKeyPolicy": hand.kms.get_key_policy().key_id(&key_id).policy_name("default"),
        "kms:ListResourceTags": hand.kms.list_resource_tags().key_id(&key_id),
        "ec2:DescribeFlowLogs": hand.ec2.describe_flow_logs(),
        "ec2:DescribeLaunchTemplateVersions":
            hand.ec2.describe_launch_template_versions().launch_template_name("landing-zone-web"),
        "elasticloadbalancing:DescribeLoadBalancers": hand.elb.describe_load_balancers(),
        "elasticloadbalancing:DescribeListeners":
            hand.elb.describe_listeners().load_balancer_arn(&load_balancer),
        "elasticloadbalancing:DescribeTargetGroups": hand.elb.describe_target_groups(),
        "autoscaling:DescribeAutoScalingGroups": hand.autoscaling.describe_auto_scaling_groups(),
        "autoscaling:DescribePolicies": hand.autoscaling.describe_policies(),
        "iam:GetInstanceProfile": hand.iam.get_instance_profile().instance_profile_name("landing-zone-web"),
        "iam:GetRole": hand.iam.get_role().role_name("landing-zone-web"),
        "iam:GetAccountPasswordPolicy": hand.iam.get_account_password_policy(),
    }
    answers
}

fn differences(
    (ours, theirs): (&Things, &Things),
    answers: (&Answers, &Answers),
) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (addr, value) in ours {
        for change in diff(value, &theirs[addr]) {
            let said = format!("moto: {:?}, built in: {:?}", change.before, change.after);
            found.insert((addr.kind().to_owned(), change.path.to_string()), said);
        }
    }
    for (call, facts) in answers.0 {
        for (which, fact) in facts
            .difference(&answers.1[call])
            .map(|fact| ("built in", fact))
            .chain(answers.1[call].difference(facts).map(|fact| ("moto", fact)))
        {
            let said: &mut String = found.entry(((*call).to_owned(), fact.path.clone())).or_default();
            said.push_str(&format!("{which}: {} {}; ", fact.of, fact.text));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_final_accounts_differ_where_the_list_says_so_and_nowhere_else() {
    let (built_in, moto) = (applied(Which::BuiltIn).await, applied(Which::Moto).await);
    let found = differences((&built_in.0, &moto.0), (&built_in.1, &moto.1));
    let covers = |(call, start, ..): &(&str, &str, Option<Which>, &str), (at, path): &(String, String)| {
        *call == at && (path == start || path.strip_prefix(start).is_some_and(|rest| rest.starts_with('.')))
    };
    let unlisted: Vec<String> = found
        .iter()
        .filter(|(place, _)| !DISAGREEMENTS.iter().any(|row| covers(row, place)))
        .map(|((call, path), said)| format!("{call} {path}: {said}"))
        .collect();
    let gone: Vec<_> =
        DISAGREEMENTS.iter().filter(|row| !found.keys().any(|place| covers(row, place))).collect();
    assert!(unlisted.is_empty(), "not listed:\n{}", unlisted.join("\n"));
    assert!(gone.is_empty(), "listed and gone: {gone:#?}");
}
