//! The AWS command line and boto3 read everything that the landing zone makes.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use baseline::sandbox::world::DEFAULT_ACCOUNT;
use serde_json::{Value, json};

use super::served::Served;
use super::{landing_zone, python, skipped};

/// The thing, the service and operation that show it, the parameters, what a person looks at (a JMESPath) and
/// what stands there. `${ADDR}` is an id, `${arn:ADDR}` an ARN.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const THINGS: &[Row] = &[
    ("s3.account-public-access.account", "s3control", "GetPublicAccessBlock", r#"{"AccountId": "123456789012"}"#,
        "PublicAccessBlockConfiguration.[BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets]", "[true, true, true, true]"),
    ("ec2.ebs-encryption.account", "ec2", "GetEbsEncryptionByDefault", "{}", "EbsEncryptionByDefault", "true"),
    ("ec2.instance-metadata-defaults.account", "ec2", "GetInstanceMetadataDefaults", "{}", "AccountLevel.HttpTokens", r#""required""#),
    ("ec2.snapshot-public-access.account", "ec2", "GetSnapshotBlockPublicAccessState", "{}", "State", r#""block-all-sharing""#),
    ("ec2.image-public-access.account", "ec2", "GetImageBlockPublicAccessState", "{}", "ImageBlockPublicAccessState", r#""block-new-sharing""#),
    ("iam.password-policy.account", "iam", "GetAccountPasswordPolicy", "{}",
        "PasswordPolicy.[MinimumPasswordLength, PasswordReusePrevention]", "[14, 24]"),

    ("iam.role.web", "iam", "GetRole", r#"{"RoleName": "landing-zone-web"}"#,
        "Role.[Arn, AssumeRolePolicyDocument.Statement[0].Principal.Service, Tags[?Key=='baseline:addr'].Value | [0]]",
        r#"["arn:aws:iam::123456789012:role/landing-zone-web", "ec2.amazonaws.com", "iam.role.web"]"#),
    ("iam.role.web", "iam", "ListRolePolicies", r#"{"RoleName": "landing-zone-web"}"#, "PolicyNames", r#"["allow"]"#),
    ("iam.role.web", "iam", "GetRolePolicy", r#"{"RoleName": "landing-zone-web", "PolicyName": "allow"}"#,
        "PolicyDocument.Statement[0].Action", r#""ssm:GetParameter""#),
    ("iam.role.web", "iam", "GetInstanceProfile", r#"{"InstanceProfileName": "landing-zone-web"}"#,
        "InstanceProfile.Roles[].RoleName", r#"["landing-zone-web"]"#),
    ("iam.role.auditor", "iam", "ListAttachedRolePolicies", r#"{"RoleName": "landing-zone-auditor"}"#,
        "AttachedPolicies", r#"[{"PolicyName": "SecurityAudit", "PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit"}]"#),
    ("iam.role.auditor", "iam", "GetRole", r#"{"RoleName": "landing-zone-auditor"}"#,
        "Role.[MaxSessionDuration, AssumeRolePolicyDocument.Statement[0].Condition.Bool]", r#"[3600, {"aws:MultiFactorAuthPresent": "true"}]"#),

    ("kms.key.trail", "kms", "DescribeKey", r#"{"KeyId": "alias/landing-zone-trail"}"#,
        "KeyMetadata.[Description, KeyState, KeyManager, Origin]", r#"["trail key of landing-zone", "Enabled", "CUSTOMER", "AWS_KMS"]"#),
    ("kms.key.trail", "kms", "GetKeyRotationStatus", r#"{"KeyId": "${kms.key.trail}"}"#, "[KeyRotationEnabled, RotationPeriodInDays]", "[true, 365]"),
    ("kms.key.trail", "kms", "ListAliases", r#"{"KeyId": "${kms.key.trail}"}"#, "Aliases[].AliasName", r#"["alias/landing-zone-trail"]"#),
    ("kms.key.trail", "kms", "GetKeyPolicy", r#"{"KeyId": "${kms.key.trail}"}"#, "Policy.contains(@, 'CloudTrailEncrypt')", "true"),

    ("s3.bucket.trail-logs", "s3", "ListBuckets", "{}", "sort(Buckets[].Name)",
        r#"["landing-zone-access-logs-123456789012", "landing-zone-trail-logs-123456789012"]"#),
    ("s3.bucket.trail-logs", "s3", "GetBucketVersioning", r#"{"Bucket": "landing-zone-trail-logs-123456789012"}"#, "Status", r#""Enabled""#),
    ("s3.bucket.trail-logs", "s3", "GetBucketLogging", r#"{"Bucket": "landing-zone-trail-logs-123456789012"}"#,
        "LoggingEnabled.[TargetBucket, TargetPrefix]", r#"["landing-zone-access-logs-123456789012", "trail-logs/"]"#),
    ("s3.bucket.trail-logs", "s3", "GetBucketLifecycleConfiguration", r#"{"Bucket": "landing-zone-trail-logs-123456789012"}"#,
        "Rules[0].[Expiration.Days, Transitions[0].StorageClass]", r#"[365, "GLACIER"]"#),
    ("s3.bucket.trail-logs", "s3", "GetBucketEncryption", r#"{"Bucket": "landing-zone-trail-logs-123456789012"}"#,
        "ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm", r#""AES256""#),
    ("s3.bucket.trail-logs", "s3", "GetPublicAccessBlock", r#"{"Bucket": "landing-zone-trail-logs-123456789012"}"#,
        "PublicAccessBlockConfiguration.RestrictPublicBuckets", "true"),
    ("s3.bucket.trail-logs", "s3", "GetBucketPolicy", r#"{"Bucket": "landing-zone-trail-logs-123456789012"}"#,
        "Policy.contains(@, 'AWSCloudTrailWrite')", "true"),
    ("s3.bucket.access-logs", "s3", "GetBucketPolicyStatus", r#"{"Bucket": "landing-zone-access-logs-123456789012"}"#, "PolicyStatus.IsPublic", "false"),
    ("s3.bucket.access-logs", "s3", "GetBucketOwnershipControls", r#"{"Bucket": "landing-zone-access-logs-123456789012"}"#,
        "OwnershipControls.Rules[].ObjectOwnership", r#"["BucketOwnerEnforced"]"#),
    ("s3.bucket.access-logs", "s3", "GetBucketLocation", r#"{"Bucket": "landing-zone-access-logs-123456789012"}"#, "LocationConstraint", "null"),
    ("s3.bucket.access-logs", "s3", "GetBucketTagging", r#"{"Bucket": "landing-zone-access-logs-123456789012"}"#,
        "TagSet[?Key=='baseline:addr'].Value", r#"["s3.bucket.access-logs"]"#),
    ("s3.bucket.access-logs", "s3", "GetBucketAcl", r#"{"Bucket": "landing-zone-access-logs-123456789012"}"#, "Grants[].Permission", r#"["FULL_CONTROL"]"#),

    ("cloudtrail.trail.main", "cloudtrail", "DescribeTrails", "{}",
        "trailList[].[Name, S3BucketName, IsMultiRegionTrail, LogFileValidationEnabled, IncludeGlobalServiceEvents, HomeRegion]",
        r#"[["landing-zone", "landing-zone-trail-logs-123456789012", true, true, true, "us-east-1"]]"#),
    ("cloudtrail.trail.main", "cloudtrail", "GetTrailStatus", r#"{"Name": "landing-zone"}"#, "IsLogging", "true"),
    ("cloudtrail.trail.main", "cloudtrail", "GetEventSelectors", r#"{"TrailName": "landing-zone"}"#,
        "EventSelectors[].[ReadWriteType, IncludeManagementEvents]", r#"[["All", true]]"#),
    ("cloudtrail.trail.main", "cloudtrail", "ListTags", r#"{"ResourceIdList": ["${arn:cloudtrail.trail.main}"]}"#,
        "ResourceTagList[0].TagsList[?Key=='baseline:name'].Value", r#"["landing-zone"]"#),

    ("ec2.availability-zone.a", "ec2", "DescribeAvailabilityZones", r#"{"ZoneNames": ["us-east-1a"]}"#,
        "AvailabilityZones[].[State, ZoneType]", r#"[["available", "availability-zone"]]"#),
    ("ec2.availability-zone.b", "ec2", "DescribeAvailabilityZones", r#"{"ZoneNames": ["us-east-1b"]}"#, "AvailabilityZones[].RegionName", r#"["us-east-1"]"#),
    ("ec2.vpc.main", "ec2", "DescribeVpcs", r#"{"VpcIds": ["${ec2.vpc.main}"]}"#, "Vpcs[].[CidrBlock, State, IsDefault]", r#"[["10.20.0.0/16", "available", false]]"#),
    ("ec2.vpc.main", "ec2", "DescribeVpcAttribute", r#"{"VpcId": "${ec2.vpc.main}", "Attribute": "enableDnsHostnames"}"#, "EnableDnsHostnames.Value", "true"),
    ("ec2.subnet.web-a", "ec2", "DescribeSubnets", r#"{"SubnetIds": ["${ec2.subnet.web-a}"]}"#,
        "Subnets[].[CidrBlock, AvailabilityZone, MapPublicIpOnLaunch]", r#"[["10.20.0.0/24", "us-east-1a", true]]"#),
    ("ec2.subnet.web-b", "ec2", "DescribeSubnets", r#"{"SubnetIds": ["${ec2.subnet.web-b}"]}"#, "Subnets[].[CidrBlock, AvailabilityZone]", r#"[["10.20.1.0/24", "us-east-1b"]]"#),
    ("ec2.subnet.db-a", "ec2", "DescribeSubnets", r#"{"SubnetIds": ["${ec2.subnet.db-a}"]}"#, "Subnets[].[CidrBlock, MapPublicIpOnLaunch]", r#"[["10.20.8.0/24", false]]"#),
    ("ec2.subnet.db-b", "ec2", "DescribeSubnets", r#"{"SubnetIds": ["${ec2.subnet.db-b}"]}"#, "Subnets[].CidrBlock", r#"["10.20.9.0/24"]"#),
    ("ec2.internet-gateway.main", "ec2", "DescribeInternetGateways", r#"{"InternetGatewayIds": ["${ec2.internet-gateway.main}"]}"#,
        "InternetGateways[].Attachments[].State", r#"["available"]"#),
    ("ec2.route-table.public", "ec2", "DescribeRouteTables", r#"{"RouteTableIds": ["${ec2.route-table.public}"]}"#,
        "RouteTables[0].Routes[].[DestinationCidrBlock, State]", r#"[["10.20.0.0/16", "active"], ["0.0.0.0/0", "active"]]"#),
    ("ec2.route-table.db", "ec2", "DescribeRouteTables", r#"{"RouteTableIds": ["${ec2.route-table.db}"]}"#,
        "RouteTables[0].[Routes[].GatewayId, length(Associations)]", r#"[["local"], 2]"#),
    ("ec2.security-group.web", "ec2", "DescribeSecurityGroups", r#"{"GroupIds": ["${ec2.security-group.web}"]}"#,
        "SecurityGroups[].[GroupName, Description, length(IpPermissions), length(IpPermissionsEgress)]", r#"[["landing-zone-web", "Tier web of landing-zone", 2, 3]]"#),
    ("ec2.security-group.load-balancer-web", "ec2", "DescribeSecurityGroupRules", r#"{"Filters": [{"Name": "group-id", "Values": ["${ec2.security-group.load-balancer-web}"]}]}"#,
        "sort_by(SecurityGroupRules, &to_string(IsEgress))[].[IsEgress, FromPort, CidrIpv4]",
        r#"[[false, 3, "0.0.0.0/0"], [false, 80, "0.0.0.0/0"], [false, 443, "0.0.0.0/0"], [true, 80, null]]"#),
    ("ec2.security-group.db", "ec2", "DescribeSecurityGroupRules", r#"{"Filters": [{"Name": "group-id", "Values": ["${ec2.security-group.db}"]}]}"#,
        "SecurityGroupRules[].[IsEgress, IpProtocol, FromPort, ToPort, Description]", r#"[[false, "tcp", 3306, 3306, "from tier web"]]"#),
    ("ec2.network-acl.web", "ec2", "DescribeNetworkAcls", r#"{"NetworkAclIds": ["${ec2.network-acl.web}"]}"#,
        "NetworkAcls[0].Entries[?Egress==`false`].[RuleNumber, RuleAction, PortRange.From]", r#"[[1000, "allow", null], [1010, "allow", 80], [1020, "allow", 443], [1030, "allow", 1024], [32767, "deny", null]]"#),
    ("ec2.network-acl.db", "ec2", "DescribeNetworkAcls", r#"{"NetworkAclIds": ["${ec2.network-acl.db}"]}"#,
        "NetworkAcls[0].[IsDefault, length(Associations), Entries[?Egress==`false`].CidrBlock | [0]]", r#"[false, 2, "10.20.0.0/21"]"#),
    ("ec2.flow-log.main", "ec2", "DescribeFlowLogs", r#"{"FlowLogIds": ["${ec2.flow-log.main}"]}"#,
        "FlowLogs[].[FlowLogStatus, TrafficType, LogDestination, MaxAggregationInterval]", r#"[["ACTIVE", "ALL", "arn:aws:s3:::landing-zone-access-logs-123456789012", 600]]"#),
    ("ec2.launch-template.web", "ec2", "DescribeLaunchTemplates", r#"{"LaunchTemplateNames": ["landing-zone-web"]}"#,
        "LaunchTemplates[].[DefaultVersionNumber, LatestVersionNumber]", "[[1, 1]]"),
    ("ec2.launch-template.web", "ec2", "DescribeLaunchTemplateVersions", r#"{"LaunchTemplateName": "landing-zone-web", "Versions": ["$Latest"]}"#,
        "LaunchTemplateVersions[].LaunchTemplateData.[InstanceType, MetadataOptions.HttpTokens, BlockDeviceMappings[0].Ebs.[Encrypted, VolumeSize]]",
        r#"[["t3.micro", "required", [true, 20]]]"#),

    ("elb.target-group.web", "elbv2", "DescribeTargetGroups", r#"{"TargetGroupArns": ["${arn:elb.target-group.web}"]}"#,
        "TargetGroups[].[Protocol, Port, HealthCheckPath, Matcher.HttpCode, length(LoadBalancerArns)]", r#"[["HTTP", 80, "/", "200-399", 1]]"#),
    ("elb.target-group.web", "elbv2", "DescribeTargetHealth", r#"{"TargetGroupArn": "${arn:elb.target-group.web}"}"#, "length(TargetHealthDescriptions)", "2"),
    ("elb.load-balancer.web", "elbv2", "DescribeLoadBalancers", r#"{"Names": ["landing-zone-web"]}"#,
        "LoadBalancers[].[Scheme, State.Code, Type, length(AvailabilityZones)]", r#"[["internet-facing", "active", "application", 2]]"#),
    ("elb.load-balancer.web", "elbv2", "DescribeLoadBalancerAttributes", r#"{"LoadBalancerArn": "${arn:elb.load-balancer.web}"}"#,
        "Attributes[?Key=='deletion_protection.enabled'].Value", r#"["true"]"#),
    ("elb.load-balancer.web", "elbv2", "DescribeListeners", r#"{"LoadBalancerArn": "${arn:elb.load-balancer.web}"}"#,
        "Listeners[].[Port, Protocol, DefaultActions[0].Type]", r#"[[80, "HTTP", "forward"]]"#),
    ("elb.load-balancer.web", "elbv2", "DescribeTags", r#"{"ResourceArns": ["${arn:elb.load-balancer.web}"]}"#,
        "TagDescriptions[0].Tags[?Key=='baseline:addr'].Value", r#"["elb.load-balancer.web"]"#),
    ("autoscaling.group.web", "autoscaling", "DescribeAutoScalingGroups", r#"{"AutoScalingGroupNames": ["landing-zone-web"]}"#,
        "AutoScalingGroups[].[MinSize, MaxSize, HealthCheckType, length(Instances), Instances[0].LifecycleState]", r#"[[2, 6, "ELB", 2, "InService"]]"#),
    ("autoscaling.group.web", "autoscaling", "DescribePolicies", r#"{"AutoScalingGroupName": "landing-zone-web"}"#,
        "ScalingPolicies[].[PolicyType, TargetTrackingConfiguration.TargetValue]", r#"[["TargetTrackingScaling", 60.0]]"#),
    ("autoscaling.group.web", "ec2", "DescribeInstances", r#"{"Filters": [{"Name": "tag:aws:autoscaling:groupName", "Values": ["landing-zone-web"]}]}"#,
        "Reservations[].Instances[].[InstanceType, State.Name, MetadataOptions.HttpTokens]", r#"[["t3.micro", "running", "required"], ["t3.micro", "running", "required"]]"#),
];

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
#[ignore = "in the interop lane: docs/test-lanes.md"]
fn the_table_names_everything_that_the_landing_zone_makes() {
    let named: BTreeSet<String> = THINGS.iter().map(|row| row.0.to_owned()).collect();
    let made: BTreeSet<String> =
        landing_zone::wanted(DEFAULT_ACCOUNT).things.keys().map(ToString::to_string).collect();
    assert_eq!(named, made);
}

#[test]
#[ignore = "in the interop lane: docs/test-lanes.md"]
fn the_command_line_and_boto3_read_everything_that_the_landing_zone_makes() {
    let environment = match python::aws_programs() {
        Ok(environment) => environment,
        Err(why) => return skipped("the AWS command line and boto3 read the landing zone", &why),
    };
    let server = Served::with("landing-zone.toml");
    let questions: Vec<Value> = THINGS
        .iter()
        .map(|(_, service, operation, asked, query, _)| json!([service, operation, parsed(asked), query]))
        .collect();
    let task = json!({ "endpoint": server.endpoint(), "questions": questions });
    let mut child = python::script(&environment, "reading.py")
        .env("HOME", server.folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(task.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<[Value; 2]> = serde_json::from_slice(&output.stdout).unwrap();
    let mut wrong = Vec::new();
    for ((thing, _, operation, _, query, expected), answers) in THINGS.iter().zip(&answers) {
        for (program, answer) in ["aws", "boto3"].iter().zip(answers) {
            if *answer != parsed(expected) {
                wrong.push(format!("{thing}: {program} {operation} {query}: {answer}"));
            }
        }
    }
    assert_eq!(answers.len(), THINGS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
