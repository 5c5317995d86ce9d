//! What the file declared once and no longer names: every look reads it, and `--prune` and `--destroy` delete it. It is known
//! by the ownership tag, or by the baseline's name where AWS gives no tags to be asked for.

use crate::operations::{Grant, Names, grants};

/// Operations beside those with such a verb that deleting a thing takes.
const ALSO: [&str; 9] = [
    "DescribeSecurityGroupRules",
    "ListEntitiesForPolicy",
    "ListInstanceProfilesForRole",
    "ListPolicyVersions",
    "ModifyLoadBalancerAttributes",
    "ReplaceNetworkAclAssociation",
    "ScheduleKeyDeletion",
    "StopLogging",
    "UpdateAutoScalingGroup",
];

/// Whether deleting a thing may take that action.
pub(super) fn deletes(action: &str) -> bool {
    let operation = action.split_once(':').map_or(action, |(_, operation)| operation);
    let verbs = ["Delete", "Remove", "Detach", "Disassociate", "Release", "Revoke"];
    // Listeners and their rules go with their load balancer.
    let goes_along = ["DeleteListener", "DeleteRule"].contains(&operation);
    !goes_along && (verbs.iter().any(|verb| operation.starts_with(verb)) || ALSO.contains(&operation))
}

/// The grants that an action of a kind needs on things of this baseline, whatever they are called.
pub(super) fn of(kind: &str, action: &str, names: &Names<'_>) -> Vec<Grant> {
    let Some((service, operation)) = action.split_once(':') else { return Vec::new() };
    let tagged = |sid: &str, arn: String| vec![names.named(sid, [arn]).tagged(names)];
    let is_read = ["Get", "List"].iter().any(|verb| operation.starts_with(verb));
    match service {
        "iam" => match kind {
            // Whether there is a profile of the role's name is asked where there may be none, which carries no tag.
            "iam.role" if is_read => {
                let of_profile = operation == "GetInstanceProfile";
                let arn = names.iam(if of_profile { "instance-profile/*" } else { "role/*" });
                vec![names.named("ReadRolesNoLongerDeclared", [arn])]
            }
            // Groups carry no tags; their path says whose they are.
            "iam.group" => {
                let path = format!("group/baseline/{}/*", names.scope.baseline);
                vec![names.named("GroupsUnderOwnPath", [names.iam(&path)])]
            }
            "iam.policy" => tagged("OwnPolicies", names.iam("policy/*")),
            "iam.role" if operation.contains("InstanceProfile") => {
                tagged("OwnInstanceProfiles", names.iam("instance-profile/*"))
            }
            "iam.role" => tagged("OwnRoles", names.iam("role/*")),
            _ => grants(kind, action, names),
        },
        "kms" if operation == "DeleteAlias" => {
            // Aliases carry no tags; the key behind one is asked for, too.
            let mut own = tagged("OwnKeys", names.regional("kms", "key/*"));
            own.push(names.named("AliasesOfOwnKeys", [names.regional("kms", "alias/*")]));
            own
        }
        "kms" if deletes(action) => tagged("OwnKeys", names.regional("kms", "key/*")),
        "cloudtrail" if !operation.starts_with("Describe") && operation != "ListTrails" => {
            tagged("OwnTrails", names.regional("cloudtrail", "trail/*"))
        }
        "elasticloadbalancing" if !operation.starts_with("Describe") => {
            let what = if kind == "elb.target-group" { "targetgroup/*/*" } else { "loadbalancer/app/*/*" };
            tagged("OwnLoadBalancing", names.regional("elasticloadbalancing", what))
        }
        "autoscaling" if !operation.starts_with("Describe") => {
            let group = "autoScalingGroup:*:autoScalingGroupName/*";
            tagged("OwnAutoScalingGroups", names.regional("autoscaling", group))
        }
        "cloudwatch" if operation != "DescribeAlarms" => {
            tagged("OwnAlarms", names.regional("cloudwatch", "alarm:*"))
        }
        // Tags of buckets count only where attribute-based access control is on, and somebody may have chosen any name.
        "s3" if operation == "ListAllMyBuckets" => grants(kind, action, names),
        "s3" if is_read => {
            vec![
                names.named("ReadBucketsNoLongerDeclared", [format!("arn:{}:s3:::*", names.scope.partition)]),
            ]
        }
        "s3" => {
            let arn = format!("arn:{}:s3:::{}-*", names.scope.partition, names.scope.baseline);
            vec![names.named("BucketsThatBeginWithOwnName", [arn])]
        }
        _ => grants(kind, action, names),
    }
}
