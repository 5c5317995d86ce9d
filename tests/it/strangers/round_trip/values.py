"""Values that a model cannot tell, by (service, operation, member): None stands for any.

As a value, None leaves the member out: another member of the same operation excludes it, or names it better.
"""

import json


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


TRUST = policy(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
PERMISSIONS = policy(Action="ssm:GetParameter", Resource="*")
KEY_POLICY = policy(Principal={"AWS": "arn:aws:iam::123456789012:root"}, Action="kms:*", Resource="*")

# What an operation refuses to do without, though the model does not say so.
NEEDED = {
    ("autoscaling", "CreateAutoScalingGroup"): ["LaunchTemplate", "VPCZoneIdentifier"],
    ("autoscaling", "TerminateInstanceInAutoScalingGroup"): ["InstanceId"],
    ("cloudwatch", "PutMetricAlarm"): ["MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold"],
    ("ec2", "CreateFlowLogs"): ["TrafficType", "LogDestinationType", "LogDestination"],
    ("ec2", "CreateNatGateway"): ["SubnetId", "AllocationId"],
    ("ec2", "CreateRoute"): ["DestinationCidrBlock", "GatewayId"],
    ("ec2", "UpdateSecurityGroupRuleDescriptionsEgress"): ["GroupId", "IpPermissions"],
    ("ec2", "UpdateSecurityGroupRuleDescriptionsIngress"): ["GroupId", "IpPermissions"],
    ("elb", "CreateLoadBalancer"): ["AvailabilityZones"],
    ("elbv2", "CreateListener"): ["Protocol", "Port"],
    ("s3", "PutBucketAcl"): ["ACL"],
    ("sns", "SetTopicAttributes"): ["AttributeValue"],
    ("secretsmanager", "PutSecretValue"): ["SecretString"],
}

GIVEN = {
    (None, None, "AssumeRolePolicyDocument"): TRUST,
    ("iam", "UpdateAssumeRolePolicy", "PolicyDocument"): TRUST,
    (None, None, "PolicyDocument"): PERMISSIONS,
    (None, None, "PolicyInputList"): [PERMISSIONS],
    ("kms", None, "Policy"): KEY_POLICY,
    ("sts", None, "Policy"): PERMISSIONS,
    (None, None, "Description"): "made for a round trip",
    (None, None, "DurationSeconds"): 3600,
    (None, None, "MaxResults"): 10,
    (None, None, "MaxItems"): 10,
    (None, None, "AccountId"): "123456789012",
    (None, None, "ExpectedBucketOwner"): "123456789012",
    # Auto Scaling
    ("autoscaling", "CreateAutoScalingGroup", "AutoScalingGroupName"): "another-group",
    ("autoscaling", "CreateAutoScalingGroup", "LaunchConfigurationName"): None,
    ("autoscaling", "CreateAutoScalingGroup", "InstanceId"): None,
    ("autoscaling", "EnableMetricsCollection", "Granularity"): "1Minute",
    ("autoscaling", "SetDesiredCapacity", "DesiredCapacity"): 3,
    ("autoscaling", None, "DesiredCapacity"): 2,
    ("autoscaling", "TerminateInstanceInAutoScalingGroup", "ShouldDecrementDesiredCapacity"): False,
    ("autoscaling", None, "MinSize"): 1,
    ("autoscaling", None, "MaxSize"): 4,
    ("autoscaling", None, "Filters"): [{"Name": "key", "Values": ["Name"]}],
    ("autoscaling", None, "ResourceType"): "auto-scaling-group",
    ("autoscaling", None, "PropagateAtLaunch"): True,
    ("autoscaling", "PutScalingPolicy", "PolicyType"): "SimpleScaling",
    ("autoscaling", "PutScalingPolicy", "AdjustmentType"): "ChangeInCapacity",
    # CloudTrail
    ("cloudtrail", "CreateTrail", "Name"): "another-trail",
    ("cloudtrail", None, "InsightSelectors"): [{"InsightType": "ApiCallRateInsight"}],
    ("cloudtrail", None, "EventSelectors"): [{"ReadWriteType": "All", "IncludeManagementEvents": True}],
    ("cloudtrail", None, "EventDataStore"): None,
    ("cloudtrail", "CreateTrail", "KmsKeyId"): None,
    # CloudWatch: an alarm is on one metric here.
    ("cloudwatch", "PutMetricAlarm", "AlarmName"): "another-alarm",
    ("cloudwatch", "PutMetricAlarm", "Period"): 60,
    ("cloudwatch", "PutMetricAlarm", "EvaluationPeriods"): 2,
    ("cloudwatch", "PutMetricAlarm", "ComparisonOperator"): "LessThanThreshold",
    ("cloudwatch", "PutMetricAlarm", "Metrics"): None,
    ("cloudwatch", "PutMetricAlarm", "ThresholdMetricId"): None,
    ("cloudwatch", "PutMetricAlarm", "ExtendedStatistic"): None,
    ("cloudwatch", "PutMetricAlarm", "EvaluationCriteria"): None,
    ("cloudwatch", "PutMetricAlarm", "EvaluationInterval"): None,
    ("cloudwatch", "PutMetricAlarm", "EvaluationWindow"): None,
    ("cloudwatch", "PutMetricAlarm", "WarmUpConfiguration"): None,
    ("cloudwatch", "PutMetricAlarm", "ActionConfiguration"): None,
    # EC2
    ("ec2", None, "Filters"): [{"Name": "tag-key", "Values": ["Name"]}],
    ("ec2", None, "RegionNames"): ["us-east-1"],
    ("ec2", None, "AvailabilityZone"): "us-east-1a",
    ("ec2", None, "AvailabilityZoneId"): None,
    ("ec2", "CreateVpc", "CidrBlock"): "10.99.0.0/16",
    ("ec2", None, "CidrBlock"): "10.20.200.0/24",
    ("ec2", None, "DestinationCidrBlock"): "192.0.2.0/24",
    ("ec2", None, "CidrIp"): "192.0.2.0/24",
    ("ec2", None, "CidrIpv4"): "192.0.2.0/24",
    ("ec2", None, "IpProtocol"): "tcp",
    ("ec2", None, "Protocol"): "6",
    ("ec2", None, "FromPort"): 4443,
    ("ec2", None, "ToPort"): 4443,
    ("ec2", None, "PortRange"): {"From": 4443, "To": 4443},
    ("ec2", "CreateSecurityGroup", "GroupName"): "another-group",
    ("ec2", "CreateLaunchTemplate", "LaunchTemplateName"): "another-template",
    ("ec2", None, "LaunchTemplateData"): {"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"},
    ("ec2", None, "InstanceType"): "t3.micro",
    ("ec2", None, "InstanceTypes"): ["t3.micro"],
    ("ec2", None, "UserData"): "cm91bmQgdHJpcA==",
    ("ec2", "DeleteLaunchTemplateVersions", "Versions"): ["1"],
    ("ec2", "CreateVpcEndpoint", "ServiceName"): "com.amazonaws.us-east-1.dynamodb",
    ("ec2", "CreateVpcEndpoint", "VpcEndpointType"): "Gateway",
    ("ec2", "CreateVpcEndpoint", "PolicyDocument"): KEY_POLICY,
    ("ec2", "ModifyVpcEndpoint", "PolicyDocument"): KEY_POLICY,
    ("ec2", "CreateFlowLogs", "ResourceType"): "VPC",
    ("ec2", "CreateFlowLogs", "TrafficType"): "ALL",
    ("ec2", "CreateFlowLogs", "LogDestinationType"): "s3",
    ("ec2", "CreateFlowLogs", "MaxAggregationInterval"): 600,
    ("ec2", "CreateFlowLogs", "LogGroupName"): None,
    ("ec2", "CreateFlowLogs", "DeliverLogsPermissionArn"): None,
    # Elastic Load Balancing
    ("elbv2", "CreateLoadBalancer", "Name"): "another-balancer",
    ("elbv2", "CreateTargetGroup", "Name"): "another-group",
    ("elbv2", "CreateListener", "Protocol"): "HTTP",
    ("elbv2", "CreateListener", "Port"): 8080,
    ("elbv2", None, "Protocol"): "HTTP",
    ("elbv2", None, "Names"): None,
    ("elbv2", "CreateRule", "Conditions"): [{"Field": "path-pattern", "Values": ["/round-trip"]}],
    ("elbv2", "ModifyRule", "Conditions"): [{"Field": "path-pattern", "Values": ["/round-trip"]}],
    ("elbv2", "ModifyLoadBalancerAttributes", "Attributes"): [{"Key": "idle_timeout.timeout_seconds", "Value": "90"}],
    ("elbv2", "ModifyTargetGroupAttributes", "Attributes"): [
        {"Key": "deregistration_delay.timeout_seconds", "Value": "90"}
    ],
    ("elbv2", "ModifyListenerAttributes", "Attributes"): [
        {"Key": "routing.http.response.server.enabled", "Value": "false"}
    ],
    # IAM
    ("iam", None, "PathPrefix"): "/",
    ("iam", None, "Path"): "/",
    ("iam", None, "NewPath"): "/",
    ("iam", None, "Password"): "a-Long-enough-1-password",
    ("iam", None, "AuthenticationCode1"): "123456",
    ("iam", None, "AuthenticationCode2"): "654321",
    ("iam", None, "AWSServiceName"): "autoscaling.amazonaws.com",
    ("iam", "CreateServiceLinkedRole", "CustomSuffix"): "round-trip",
    ("iam", "CreateUser", "UserName"): "another-user",
    ("iam", "CreateGroup", "GroupName"): "another-group",
    ("iam", "CreateRole", "RoleName"): "another-role",
    ("iam", "CreateInstanceProfile", "InstanceProfileName"): "another-profile",
    ("iam", "CreatePolicy", "PolicyName"): "another-policy",
    ("iam", "CreateVirtualMFADevice", "VirtualMFADeviceName"): "another-device",
    ("iam", "CreateAccountAlias", "AccountAlias"): "another-alias",
    # KMS
    ("kms", "CreateAlias", "AliasName"): "alias/another",
    ("kms", None, "PendingWindowInDays"): 7,
    ("kms", None, "RotationPeriodInDays"): 200,
    ("kms", None, "GranteePrincipal"): "arn:aws:iam::123456789012:root",
    ("kms", None, "RetiringPrincipal"): "arn:aws:iam::123456789012:root",
    # The one attribute of a snapshot that the account knows.
    ("ec2", "DescribeSnapshotAttribute", "Attribute"): "createVolumePermission",
    # Organizations: as round_trip.rs makes it.
    ("organizations", "CloseAccount", "AccountId"): "222233334444",
    ("organizations", "RegisterDelegatedAdministrator", "ServicePrincipal"): "config.amazonaws.com",
    ("organizations", None, "AccountId"): "111122223333",
    ("organizations", None, "AccountName"): "another",
    ("organizations", None, "ChildId"): "111122223333",
    ("organizations", None, "Content"): PERMISSIONS,
    ("organizations", None, "CreateAccountRequestId"): "car-roundtrip1",
    ("organizations", None, "DestinationParentId"): "ou-roun-unit0001",
    ("organizations", None, "Email"): "another@example.com",
    ("organizations", None, "Filter"): "SERVICE_CONTROL_POLICY",
    ("organizations", None, "Name"): "another",
    ("organizations", None, "OrganizationalUnitId"): "ou-roun-unit0001",
    ("organizations", None, "ParentId"): "r-roun",
    ("organizations", "DetachPolicy", "PolicyId"): "p-attached",
    ("organizations", None, "PolicyId"): "p-unattached",
    ("organizations", None, "PolicyType"): "SERVICE_CONTROL_POLICY",
    ("organizations", None, "ResourceId"): "111122223333",
    ("organizations", None, "RoleName"): "OrganizationAccountAccessRole",
    ("organizations", None, "RootId"): "r-roun",
    ("organizations", None, "ServicePrincipal"): "iam.amazonaws.com",
    ("organizations", None, "SourceParentId"): "r-roun",
    ("organizations", None, "TargetId"): "ou-roun-unit0001",
    ("organizations", None, "Type"): "SERVICE_CONTROL_POLICY",
    # S3
    ("s3", "CreateBucket", "Bucket"): "another-bucket-123456789012",
    ("s3", "CreateBucket", "CreateBucketConfiguration"): None,
    ("s3", None, "Key"): "object",
    ("s3", "PutBucketTagging", "Key"): "round-trip",
    ("s3", None, "ContentLength"): None,
    ("s3", None, "ContentMD5"): None,
    ("s3", None, "LifecycleConfiguration"): {
        "Rules": [{"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 90}}]
    },
    ("s3", None, "ObjectLockConfiguration"): {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
    },
    ("s3", None, "ServerSideEncryptionConfiguration"): {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    },
    ("s3", None, "AccessControlPolicy"): None,
    ("s3", None, "CORSConfiguration"): {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    ("s3", None, "NotificationConfiguration"): {"EventBridgeConfiguration": {}},
    ("s3", None, "WebsiteConfiguration"): {"IndexDocument": {"Suffix": "index.html"}},
    ("s3", None, "MFA"): None,
    ("s3", None, "MFADelete"): None,
    ("s3", None, "ACL"): "private",
    ("s3", "PutBucketAcl", "ACL"): "private",
    # STS
    ("sts", None, "RoleSessionName"): "round-trip",
}
