//! What each action is checked against: AWS's service authorization reference, for the actions of the kinds.
//!
//! An action stands in the list of every resource it is checked against: AWS allows a call only where each of
//! them is allowed. A condition key that a resource does not carry would deny, so tags are asked for only where
//! the reference says the resource has them.

use std::collections::BTreeSet;

use super::grant::{Grant, Names};
use super::tagging::{create_tags, tagged_rules, tags_parts, takes_over};
use super::temporary::temporary_tags;
use super::{Scope, endpoints, parameters};
use crate::model::Value;
use crate::partition;

/// Whether the table below knows an action of a kind.
pub fn is_known(kind: &str, action: &str) -> bool {
    let scope =
        super::Scope { baseline: "x", account: "000000000000", partition: "aws", region: "us-east-1" };
    let wanted = crate::model::Wanted::default();
    lookup(kind, action, &Names { scope: &scope, wanted: &wanted }).is_some()
}

/// The grants an action of a kind needs; the kind is empty for reads that belong to none.
pub(super) fn of(kind: &str, action: &str, names: &Names<'_>) -> Vec<Grant> {
    lookup(kind, action, names).unwrap_or_else(|| vec![names.everything("ActionsThatNobodyScopedYet")])
}

fn lookup(kind: &str, action: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let (service, operation) = action.split_once(':')?;
    match service {
        "ec2" => ec2(kind, operation, names),
        "s3" => s3(kind, operation, names),
        "iam" => iam(kind, operation, names),
        "kms" => kms(kind, operation, names),
        "cloudtrail" => cloudtrail(kind, operation, names),
        "elasticloadbalancing" => elb(operation, names),
        "autoscaling" => autoscaling(operation, names),
        "cloudwatch" => cloudwatch(operation, names),
        "logs" => {
            ["CreateLogDelivery", "DeleteLogDelivery"].contains(&operation).then(|| no_type(operation, names))
        }
        "organizations" => ["DescribeOrganization", "ListAWSServiceAccessForOrganization"]
            .contains(&operation)
            .then(|| no_type(operation, names)),
        "route53" => endpoints::private_names(operation, names),
        "tag" => (operation == "GetResources").then(|| no_type(operation, names)),
        "sns" => messages(operation, "sns", names),
        "sqs" => messages(operation, "sqs", names),
        "ssm" => parameters::of(operation, names),
        // Asked for with other credentials: `root_session` grants it to those.
        "sts" => (operation == "AssumeRoot").then(Vec::new),
        _ => None,
    }
}

/// An action for which the reference lists no resource type.
fn no_type(operation: &str, names: &Names<'_>) -> Vec<Grant> {
    let is_read = ["Describe", "Get", "List"].iter().any(|verb| operation.starts_with(verb));
    vec![names.everything(if is_read { "ReadsThatTakeNoResource" } else { "WritesThatTakeNoResource" })]
}

fn ec2(kind: &str, operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let (made, owned) = (|what: &str| names.made(what), |what: &str| names.owned(what));
    let authorizes = operation.starts_with("Authorize");
    let group_rule = || {
        // The default group of a VPC is AWS's own and carries no tags.
        match kind {
            "ec2.vpc" => vec![names.untagged("DefaultGroupsHaveNoTags", "security-group")],
            "ec2.default-security-group" => {
                let Scope { partition, account, .. } = names.scope;
                let every = format!("arn:{partition}:ec2:*:{account}:security-group/*");
                vec![names.named("DefaultGroupsOfEveryRegion", [every]).nobodys()]
            }
            "ec2.security-group" if authorizes && tags_parts(names) => {
                vec![owned("security-group"), tagged_rules(names)]
            }
            _ => vec![owned("security-group")],
        }
    };
    Some(match operation {
        // The only read with a resource type; the VPC in question is known by its tag, but so are others' VPCs.
        "DescribeVpcAttribute" => vec![names.named("ReadVpcs", [names.ec2("vpc")])],
        "DescribeSnapshotAttribute" => {
            vec![
                names.named(
                    "ReadWhoHasSnapshots",
                    [format!("arn:{}:ec2:*::snapshot/*", names.scope.partition)],
                ),
            ]
        }
        "DescribeImageAttribute" => {
            vec![names.named("ReadWhoHasImages", [format!("arn:{}:ec2:*::image/*", names.scope.partition)])]
        }
        "DeleteSubnet" | "DeleteVpc" | "DetachInternetGateway" | "DeleteInternetGateway" | "CreateTags"
            if kind == "ec2.default-vpc" =>
        {
            default_vpc(operation, names)
        }
        "CreateVpc" => vec![made("vpc")],
        "CreateSubnet" => vec![made("subnet"), owned("vpc")],
        "CreateInternetGateway" => vec![made("internet-gateway")],
        "CreateEgressOnlyInternetGateway" => vec![made("egress-only-internet-gateway"), owned("vpc")],
        "DeleteEgressOnlyInternetGateway" => vec![owned("egress-only-internet-gateway")],
        "AllocateAddress" => vec![made("elastic-ip")],
        "CreateNatGateway" => vec![made("natgateway"), owned("subnet"), owned("elastic-ip")],
        "CreateRouteTable" => vec![made("route-table"), owned("vpc")],
        "CreateSecurityGroup" => vec![made("security-group"), owned("vpc")],
        "CreateNetworkAcl" => vec![made("network-acl"), owned("vpc")],
        "CreateFlowLogs" | "DeleteFlowLogs" if logs_every_vpc(names) => every_flow_log(operation, names),
        "CreateFlowLogs" => vec![made("vpc-flow-log"), owned("vpc")],
        "CreateLaunchTemplate" => vec![made("launch-template")],
        "ModifyVpcAttribute" | "AssociateVpcCidrBlock" | "DeleteVpc" => vec![owned("vpc")],
        "ModifySubnetAttribute" | "AssociateSubnetCidrBlock" | "DeleteSubnet" => vec![owned("subnet")],
        "AttachInternetGateway" | "DetachInternetGateway" => vec![owned("internet-gateway"), owned("vpc")],
        "DeleteInternetGateway" => vec![owned("internet-gateway")],
        "ReleaseAddress" => vec![owned("elastic-ip")],
        "DeleteNatGateway" => vec![owned("natgateway")],
        "CreateRoute" | "ReplaceRoute" | "DeleteRoute" | "DeleteRouteTable" => vec![owned("route-table")],
        // A subnet that is taken over leaves a table that belongs to nobody.
        "ReplaceRouteTableAssociation" if takes_over(names) => vec![
            owned("route-table"),
            owned("subnet"),
            names.untagged("RouteTablesThatLoseASubnet", "route-table"),
        ],
        "AssociateRouteTable" | "DisassociateRouteTable" | "ReplaceRouteTableAssociation" => {
            vec![owned("route-table"), owned("subnet")]
        }
        "AuthorizeSecurityGroupIngress"
        | "AuthorizeSecurityGroupEgress"
        | "RevokeSecurityGroupIngress"
        | "RevokeSecurityGroupEgress"
        | "UpdateSecurityGroupRuleDescriptionsIngress"
        | "UpdateSecurityGroupRuleDescriptionsEgress" => group_rule(),
        "DeleteSecurityGroup" => vec![owned("security-group")],
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" | "DeleteNetworkAclEntry" | "DeleteNetworkAcl" => {
            vec![owned("network-acl")]
        }
        // A subnet goes back to the default ACL of its VPC, which is AWS's own and carries no tags.
        "ReplaceNetworkAclAssociation" => vec![
            owned("subnet"),
            owned("network-acl"),
            names.untagged("DefaultNetworkAclsHaveNoTags", "network-acl"),
        ],
        "DeleteFlowLogs" => vec![owned("vpc-flow-log")],
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => endpoints::of(operation, names),
        "CreateLaunchTemplateVersion" | "ModifyLaunchTemplate" | "DeleteLaunchTemplate" => {
            vec![owned("launch-template")]
        }
        "CreateTags" => create_tags(kind, names),
        // Of what held for a while and has ended.
        "DeleteTags" => vec![temporary_tags(names, kind.trim_start_matches("ec2."))],
        // Checked against images, subnets, groups, instances, volumes and interfaces alike: what they have in
        // common is the template.
        "RunInstances" => vec![names.everything("InstancesFromLaunchTemplates").when(
            "ArnLike",
            "ec2:LaunchTemplate",
            [names.ec2("launch-template")],
        )],
        "GetEbsEncryptionByDefault"
        | "GetEbsDefaultKmsKeyId"
        | "EnableEbsEncryptionByDefault"
        | "DisableEbsEncryptionByDefault"
        | "ModifyEbsDefaultKmsKeyId"
        | "ResetEbsDefaultKmsKeyId"
        | "GetInstanceMetadataDefaults"
        | "ModifyInstanceMetadataDefaults"
        | "GetSnapshotBlockPublicAccessState"
        | "EnableSnapshotBlockPublicAccess"
        | "DisableSnapshotBlockPublicAccess"
        | "GetImageBlockPublicAccessState"
        | "EnableImageBlockPublicAccess"
        | "DisableImageBlockPublicAccess" => no_type(operation, names),
        _ if operation.starts_with("Describe") => no_type(operation, names),
        _ => return None,
    })
}

/// EC2 things of a type in every region.
pub(super) fn in_every_region(names: &Names<'_>, what: &str) -> String {
    let Scope { partition, account, .. } = names.scope;
    format!("arn:{partition}:ec2:*:{account}:{what}/*")
}

/// Whether VPCs that no baseline made have flow logs of this one, and not its own VPC alone.
pub(super) fn logs_every_vpc(names: &Names<'_>) -> bool {
    let mut logs = names.wanted.things.keys().filter(|addr| addr.kind() == "ec2.flow-log");
    logs.any(|addr| addr.name() != "main")
}

fn every_flow_log(operation: &str, names: &Names<'_>) -> Vec<Grant> {
    let logs = |sid: &str| names.named(sid, [in_every_region(names, "vpc-flow-log")]);
    match operation {
        "CreateFlowLogs" => vec![
            logs("MakeFlowLogsInEveryRegion").tagging(names),
            names.named("LogVpcsOfEveryRegion", [in_every_region(names, "vpc")]),
        ],
        _ => vec![logs("OwnFlowLogsInEveryRegion").tagged(names)],
    }
}

/// What deletes the default VPC of a region. AWS made them, in every region, and they carry no tags; a gateway that is attached cannot
/// be deleted, and one is only detached from such a VPC.
fn default_vpc(operation: &str, names: &Names<'_>) -> Vec<Grant> {
    let every = |what: &str| [in_every_region(names, what)];
    let vpcs = || names.named("VpcsOfEveryRegionThatNobodyOwns", every("vpc")).nobodys();
    let gateways = || names.named("GatewaysOfDefaultVpcs", every("internet-gateway"));
    match operation {
        "DeleteSubnet" => vec![names.named("SubnetsOfEveryRegionThatNobodyOwns", every("subnet")).nobodys()],
        "DeleteVpc" => vec![vpcs()],
        "DetachInternetGateway" => vec![gateways(), vpcs()],
        "CreateTags" => {
            vec![names.named("TagGatewaysOfDefaultVpcs", every("internet-gateway")).tagging(names).nobodys()]
        }
        _ => vec![gateways()],
    }
}

fn s3(kind: &str, operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    const READS: [&str; 11] = [
        "GetBucketVersioning",
        "GetEncryptionConfiguration",
        "GetLifecycleConfiguration",
        "GetBucketLogging",
        "GetBucketPolicy",
        "GetBucketPolicyStatus",
        "GetBucketPublicAccessBlock",
        "GetBucketOwnershipControls",
        "GetBucketObjectLockConfiguration",
        "GetBucketTagging",
        "GetBucketAcl",
    ];
    const WRITES: [&str; 14] = [
        "CreateBucket",
        "TagResource",
        "PutBucketTagging",
        "PutBucketAcl",
        "PutBucketOwnershipControls",
        "PutBucketPublicAccessBlock",
        "PutEncryptionConfiguration",
        "PutBucketVersioning",
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        "PutLifecycleConfiguration",
        "PutBucketLogging",
        "PutBucketObjectLockConfiguration",
        "DeleteBucket",
    ];
    let buckets =
        || names.all("s3.bucket", "bucket").map(|name| format!("arn:{}:s3:::{name}", names.scope.partition));
    if kind.is_empty() && (READS.contains(&operation) || operation == "GetBucketLocation") {
        // KindMeta about public buckets look at every bucket there is.
        return Some(vec![
            names.named("EveryBucketIsLookedAt", [format!("arn:{}:s3:::*", names.scope.partition)]),
        ]);
    }
    Some(match operation {
        "GetAccountPublicAccessBlock"
        | "PutAccountPublicAccessBlock"
        | "ListAllMyBuckets"
        | "ListAccessPoints"
        | "GetAccessPoint"
        | "ListMultiRegionAccessPoints" => no_type(operation, names),
        "GetAccessPointPolicy" | "GetAccessPointPolicyStatus" => {
            let (partition, account) = (names.scope.partition, names.scope.account);
            vec![names.named("ReadAccessPoints", [format!("arn:{partition}:s3:*:{account}:accesspoint/*")])]
        }
        "GetMultiRegionAccessPointPolicy" | "GetMultiRegionAccessPointPolicyStatus" => {
            let (partition, account) = (names.scope.partition, names.scope.account);
            vec![names.named(
                "ReadAccessPointsOfSeveralRegions",
                [format!("arn:{partition}:s3::{account}:accesspoint/*")],
            )]
        }
        _ if READS.contains(&operation) => vec![names.named("ReadBuckets", buckets())],
        _ if WRITES.contains(&operation) => vec![names.named("WriteBuckets", buckets())],
        _ => return None,
    })
}

fn iam(kind: &str, operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let roles = || names.all("iam.role", "role").map(|name| names.iam(&format!("role/{name}")));
    let profiles =
        || names.all("iam.role", "role").map(|name| names.iam(&format!("instance-profile/{name}")));
    let policies = || names.all("iam.policy", "arn").map(str::to_owned);
    // Ours stand under a path of their own; one that is adopted stands elsewhere until then.
    let groups = || {
        let at = |name: &str| [format!("group/{name}"), format!("group/*/{name}")].map(|arn| names.iam(&arn));
        names.all("iam.group", "group").flat_map(at)
    };
    Some(match operation {
        "GetRole" if kind == "cloudtrail.trail" => {
            let role = names.iam("role/aws-service-role/cloudtrail.amazonaws.com/*");
            vec![names.named("ReadTheRoleOfCloudTrail", [role])]
        }
        "GetRole" | "ListRolePolicies" | "ListAttachedRolePolicies" | "GetRolePolicy" => {
            vec![names.named("ReadRoles", roles())]
        }
        "GetInstanceProfile" => vec![names.named("ReadInstanceProfiles", profiles())],
        // Keys of every user whom the credential report shows to have old ones.
        "ListAccessKeys" => vec![names.named("EveryUserIsLookedAt", [names.iam("user/*")])],
        "GenerateServiceLastAccessedDetails" => {
            vec![names.named("EveryUserAndRoleIsLookedAt", ["user/*", "role/*"].map(|rest| names.iam(rest)))]
        }
        "UpdateAccessKey" => vec![names.named("OldKeysOfAnyUser", [names.iam("user/*")])],
        "GetPolicy" | "GetPolicyVersion" => vec![names.named("ReadPolicies", policies())],
        "CreatePolicy"
        | "TagPolicy"
        | "ListPolicyVersions"
        | "CreatePolicyVersion"
        | "DeletePolicyVersion"
        | "ListEntitiesForPolicy"
        | "DeletePolicy" => vec![names.named("WritePolicies", policies())],
        "GetGroup" | "ListGroupPolicies" | "ListAttachedGroupPolicies" | "GetGroupPolicy" => {
            vec![names.named("ReadGroups", groups())]
        }
        // Without this, whoever holds the policy could attach any policy to these groups.
        "AttachGroupPolicy" => {
            let sid = "AttachOnlyDeclaredPoliciesToGroups";
            vec![names.named(sid, groups()).when("ArnEquals", "iam:PolicyARN", attached(names, "iam.group"))]
        }
        "CreateGroup"
        | "UpdateGroup"
        | "PutGroupPolicy"
        | "DeleteGroupPolicy"
        | "DetachGroupPolicy"
        | "AddUserToGroup"
        | "RemoveUserFromGroup"
        | "DeleteGroup" => vec![names.named("WriteGroups", groups())],
        "CreateRole"
        | "TagRole"
        | "UpdateAssumeRolePolicy"
        | "UpdateRole"
        | "PutRolePermissionsBoundary"
        | "DeleteRolePermissionsBoundary"
        | "PutRolePolicy"
        | "DeleteRolePolicy"
        | "DetachRolePolicy"
        | "ListInstanceProfilesForRole"
        | "DeleteRole" => vec![names.named("WriteRoles", roles())],
        // Without this, whoever holds the policy could attach any policy to these roles.
        "AttachRolePolicy" => vec![names.named("AttachOnlyDeclaredPolicies", roles()).when(
            "ArnEquals",
            "iam:PolicyARN",
            attached(names, "iam.role"),
        )],
        "CreateInstanceProfile"
        | "TagInstanceProfile"
        | "AddRoleToInstanceProfile"
        | "RemoveRoleFromInstanceProfile"
        | "DeleteInstanceProfile" => vec![names.named("WriteInstanceProfiles", profiles())],
        "PassRole" => {
            let with_profile = names.of_kind("iam.role").filter(|(_, role)| has_profile(role));
            let arns = with_profile.filter_map(|(_, role)| match role.get("role") {
                Some(Value::Str(name)) => Some(names.iam(&format!("role/{name}"))),
                _ => None,
            });
            let own = partition::named(names.scope.partition).map(|partition| partition.ec2_service);
            let to: BTreeSet<&str> = own.into_iter().chain(["ec2.amazonaws.com"]).collect();
            vec![names.named("PassRolesToInstances", arns).when("StringEquals", "iam:PassedToService", to)]
        }
        "CreateServiceLinkedRole" => {
            let service = match kind {
                "elb.load-balancer" | "elb.target-group" => "elasticloadbalancing.amazonaws.com",
                "autoscaling.group" => "autoscaling.amazonaws.com",
                "cloudtrail.trail" => "cloudtrail.amazonaws.com",
                _ => return None,
            };
            let role = names.iam(&format!("role/aws-service-role/{service}/*"));
            let sid = match kind {
                "autoscaling.group" => "LinkAutoScaling",
                "cloudtrail.trail" => "LinkCloudTrail",
                _ => "LinkElasticLoadBalancing",
            };
            vec![names.named(sid, [role]).when("StringEquals", "iam:AWSServiceName", [service])]
        }
        "GetAccountAuthorizationDetails"
        | "GetAccountPasswordPolicy"
        | "UpdateAccountPasswordPolicy"
        | "GetAccountSummary"
        | "ListServerCertificates"
        | "ListVirtualMFADevices"
        | "GenerateCredentialReport"
        | "GetCredentialReport"
        | "GetServiceLastAccessedDetails" => no_type(operation, names),
        _ => return None,
    })
}

fn has_profile(role: &Value) -> bool {
    role.get("instance_profile") == Some(&Value::Bool(true))
}

/// The managed policies that the roles or groups of the file carry.
fn attached(names: &Names<'_>, kind: &str) -> Vec<String> {
    let mut arns = Vec::new();
    for (_, thing) in names.of_kind(kind) {
        if let Some(Value::Set(managed)) = thing.get("managed") {
            arns.extend(managed.iter().filter_map(|arn| match arn {
                Value::Str(arn) => Some(arn.clone()),
                _ => None,
            }));
        }
    }
    arns
}

/// A key has a random id: it is known by the tag it was made with, or by its alias until it is adopted.
fn kms(kind: &str, operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let key = || names.regional("kms", "key/*");
    let aliases = || names.all("kms.key", "alias");
    let alias_arns = || aliases().map(|alias| names.regional("kms", alias));
    let owned = || names.named("OwnKeys", [key()]).tagged(names);
    let named = || {
        let sid = "KeysBehindDeclaredAliases";
        names.named(sid, [key()]).when("ForAnyValue:StringEquals", "kms:ResourceAliases", aliases())
    };
    Some(match operation {
        // A key that lost its alias is looked for by its tags, and they have to be read to be seen.
        // A rule looks at every key of every region.
        "DescribeKey" | "GetKeyRotationStatus" | "GetKeyPolicy" if kind.is_empty() => {
            let Scope { partition, account, .. } = names.scope;
            vec![names.named("EveryKeyIsLookedAt", [format!("arn:{partition}:kms:*:{account}:key/*")])]
        }
        "DescribeKey" | "GetKeyPolicy" | "GetKeyRotationStatus" | "ListResourceTags" => {
            vec![names.named("KeysAreFoundByTheirTags", [key()])]
        }
        "ListKeys" | "ListAliases" => no_type(operation, names),
        "CreateKey" => vec![names.everything("NewKeysHaveNoArnYet").tagging(names)],
        "TagResource" => vec![names.named("TagKeys", [key()]).tagging(names), owned()],
        // CreateKey checks that its caller could change the policy of the new key, which has no tag yet that counts (KMS-4, KMS-10).
        "PutKeyPolicy" => {
            let new = names.named("CreateKeyChecksThisOnTheNewKey", [key()]).nobodys();
            let checked = new.when("BoolIfExists", "kms:BypassPolicyLockoutSafetyCheck", ["false"]);
            vec![owned(), named(), checked]
        }
        "EnableKey"
        | "DisableKey"
        | "EnableKeyRotation"
        | "DisableKeyRotation"
        | "UpdateKeyDescription"
        | "ScheduleKeyDeletion"
        | "CancelKeyDeletion" => vec![owned(), named()],
        // Checked against the alias and against the key.
        "CreateAlias" | "UpdateAlias" | "DeleteAlias" => {
            vec![names.named("Aliases", alias_arns()), owned(), named()]
        }
        _ => return None,
    })
}

fn cloudtrail(kind: &str, operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let trails = || {
        names
            .all("cloudtrail.trail", "trail")
            .map(|name| names.regional("cloudtrail", &format!("trail/{name}")))
    };
    Some(match operation {
        "DescribeTrails" | "ListTrails" => no_type(operation, names),
        "GetTrailStatus" | "GetEventSelectors" if kind.is_empty() => {
            let Scope { partition, account, .. } = names.scope;
            let every = format!("arn:{partition}:cloudtrail:*:{account}:trail/*");
            vec![names.named("EveryTrailIsLookedAt", [every])]
        }
        "GetTrailStatus" | "GetEventSelectors" | "GetInsightSelectors" | "ListTags" => {
            vec![names.named("ReadTrails", trails())]
        }
        "CreateTrail"
        | "AddTags"
        | "UpdateTrail"
        | "PutEventSelectors"
        | "PutInsightSelectors"
        | "StartLogging"
        | "StopLogging"
        | "DeleteTrail" => vec![names.named("WriteTrails", trails())],
        _ => return None,
    })
}

fn elb(operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let arns = |kind: &'static str, what: &'static str| {
        let names_of = names.all(kind, "name").map(move |name| what.replace("NAME", name));
        names_of.map(|resource| names.regional("elasticloadbalancing", &resource)).collect::<Vec<_>>()
    };
    let balancers =
        || names.named("WriteLoadBalancers", arns("elb.load-balancer", "loadbalancer/app/NAME/*"));
    let listeners = || names.named("WriteListeners", arns("elb.load-balancer", "listener/app/NAME/*/*"));
    let rules =
        || names.named("WriteListenerRules", arns("elb.load-balancer", "listener-rule/app/NAME/*/*/*"));
    let groups = || names.named("WriteTargetGroups", arns("elb.target-group", "targetgroup/NAME/*"));
    Some(match operation {
        _ if operation.starts_with("Describe") => no_type(operation, names),
        "CreateLoadBalancer"
        | "SetIpAddressType"
        | "SetSubnets"
        | "SetSecurityGroups"
        | "ModifyLoadBalancerAttributes"
        | "CreateListener"
        | "DeleteLoadBalancer" => vec![balancers()],
        "ModifyListener" | "DeleteListener" => vec![listeners()],
        "DeleteRule" => vec![rules()],
        "CreateTargetGroup" | "ModifyTargetGroup" | "ModifyTargetGroupAttributes" | "DeleteTargetGroup" => {
            vec![groups()]
        }
        "AddTags" if tags_parts(names) => vec![balancers(), groups(), listeners()],
        "AddTags" => vec![balancers(), groups()],
        _ => return None,
    })
}

fn autoscaling(operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    // A group's ARN holds an id that nobody knows beforehand, and ends in its name.
    let groups = names.all("autoscaling.group", "group").map(|name| {
        names.regional("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{name}"))
    });
    Some(match operation {
        _ if operation.starts_with("Describe") => no_type(operation, names),
        "CreateAutoScalingGroup"
        | "UpdateAutoScalingGroup"
        | "AttachLoadBalancerTargetGroups"
        | "DetachLoadBalancerTargetGroups"
        | "PutScalingPolicy"
        | "DeletePolicy"
        | "ResumeProcesses"
        | "StartInstanceRefresh"
        | "CreateOrUpdateTags"
        | "DeleteAutoScalingGroup" => vec![names.named("WriteAutoScalingGroups", groups)],
        _ => return None,
    })
}

fn cloudwatch(operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let groups = names.all("autoscaling.group", "group");
    let alarms = groups.map(|name| names.regional("cloudwatch", &format!("alarm:{name}-scale-*")));
    Some(match operation {
        "DescribeAlarms" => vec![names.named("ListAlarms", [names.regional("cloudwatch", "alarm:*")])],
        "ListTagsForResource" => vec![names.named("ReadAlarms", alarms)],
        "PutMetricAlarm" | "DeleteAlarms" => vec![names.named("WriteAlarms", alarms)],
        "TagResource" => vec![names.named("TagAlarms", alarms).tagging(names)],
        _ => return None,
    })
}

/// The policies of topics and of queues.
fn messages(operation: &str, service: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let Scope { partition, account, .. } = names.scope;
    let every = format!("arn:{partition}:{service}:*:{account}:*");
    Some(match operation {
        "ListTopics" | "ListQueues" => no_type(operation, names),
        "GetTopicAttributes" => vec![names.named("ReadTopics", [every])],
        "GetQueueAttributes" => vec![names.named("ReadQueues", [every])],
        _ => return None,
    })
}
