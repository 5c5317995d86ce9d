//! The operations that only read: what a command that must not write may send.
//!
//! A list of what is known to read, never of what is known to write: an operation that is not here is a write, whatever
//! its name begins with.

/// Reads that leave something behind, if only a report or a session: not sent before it is known whose account it is.
///
/// The first hands out credentials, and the clients made of them are held to this list too. The others start a job and
/// change nothing (aws-truths 4.3).
const STARTS: [&str; 3] = ["AssumeRoot", "GenerateCredentialReport", "GenerateServiceLastAccessedDetails"];

/// Every other read that the program sends, by name. Sorted.
const READS: [&str; 123] = [
    "DescribeAddresses",
    "DescribeAlarms",
    "DescribeAutoScalingGroups",
    "DescribeAvailabilityZones",
    "DescribeEgressOnlyInternetGateways",
    "DescribeFlowLogs",
    "DescribeImageAttribute",
    "DescribeImages",
    "DescribeInstanceRefreshes",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeKey",
    "DescribeLaunchTemplateVersions",
    "DescribeLaunchTemplates",
    "DescribeListeners",
    "DescribeLoadBalancerAttributes",
    "DescribeLoadBalancerPolicies",
    "DescribeLoadBalancers",
    "DescribeManagedPrefixLists",
    "DescribeNatGateways",
    "DescribeNetworkAcls",
    "DescribeNetworkInterfaces",
    "DescribePolicies",
    "DescribeRegions",
    "DescribeRouteTables",
    "DescribeRules",
    "DescribeScalingActivities",
    "DescribeSecret",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeSnapshotAttribute",
    "DescribeSnapshots",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeTargetGroupAttributes",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
    "DescribeTrails",
    "DescribeVpcAttribute",
    "DescribeVpcBlockPublicAccessExclusions",
    "DescribeVpcBlockPublicAccessOptions",
    "DescribeVpcEndpoints",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
    "DescribeVpnGateways",
    "GetAccessKeyLastUsed",
    "GetAccessPoint",
    "GetAccessPointPolicy",
    "GetAccessPointPolicyStatus",
    "GetAccountAuthorizationDetails",
    "GetAccountPasswordPolicy",
    "GetAccountSummary",
    "GetBucketAcl",
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketLogging",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetCallerIdentity",
    "GetCredentialReport",
    "GetEbsDefaultKmsKeyId",
    "GetEbsEncryptionByDefault",
    "GetEventSelectors",
    "GetGroup",
    "GetGroupPolicy",
    "GetImageBlockPublicAccessState",
    "GetInsightSelectors",
    "GetInstanceMetadataDefaults",
    "GetInstanceProfile",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetLoginProfile",
    "GetManagedPrefixListEntries",
    "GetMultiRegionAccessPointPolicy",
    "GetMultiRegionAccessPointPolicyStatus",
    "GetObjectLockConfiguration",
    "GetParameterHistory",
    "GetParameters",
    "GetPolicy",
    "GetPolicyVersion",
    "GetPublicAccessBlock",
    "GetQueueAttributes",
    "GetResources",
    "GetRole",
    "GetRolePolicy",
    "GetSchedule",
    "GetServiceLastAccessedDetails",
    "GetSnapshotBlockPublicAccessState",
    "GetTopicAttributes",
    "GetTrailStatus",
    "ListAccessKeys",
    "ListAccessPoints",
    "ListAccounts",
    "ListAccountsForParent",
    "ListAliases",
    "ListAttachedGroupPolicies",
    "ListAttachedRolePolicies",
    "ListAttachedUserPolicies",
    "ListBuckets",
    "ListEntitiesForPolicy",
    "ListGroupPolicies",
    "ListGroupsForUser",
    "ListInstanceProfilesForRole",
    "ListKeys",
    "ListMFADevices",
    "ListMultiRegionAccessPoints",
    "ListOrganizationalUnitsForParent",
    "ListOrganizationsFeatures",
    "ListPolicyVersions",
    "ListQueues",
    "ListResourceTags",
    "ListRolePolicies",
    "ListRoots",
    "ListServerCertificates",
    "ListSigningCertificates",
    "ListTags",
    "ListTagsForResource",
    "ListTopics",
    "ListVirtualMFADevices",
    "SimulatePrincipalPolicy",
];

/// Whether an operation only reads.
pub fn is_read(operation: &str) -> bool {
    READS.binary_search(&operation).is_ok() || starts_something(operation)
}

/// Whether a read leaves something behind.
pub(super) fn starts_something(operation: &str) -> bool {
    STARTS.contains(&operation)
}

/// Every operation that counts as a read.
pub fn reads() -> impl Iterator<Item = &'static str> {
    READS.into_iter().chain(STARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_a_name_alone_makes_no_read() {
        assert!(READS.is_sorted());
        assert!(is_read("DescribeVpcs") && is_read("AssumeRoot"));
        for write in ["DeleteVpc", "GetFederationToken", "DescribeFrobnication", "describeVpcs", "AssumeRole"]
        {
            assert!(!is_read(write), "{write}");
        }
    }
}
