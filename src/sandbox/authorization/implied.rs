//! What AWS checks inside one call with the caller's rights, beside the call's own action.
//!
//! Kept by hand, because no model of AWS's says it; the reference's "dependent actions" are held against it by a test.

use super::action;
use super::call::{Call, Tags, tags_in};
use super::conditions::{Facts, requested_tags};
use super::reference;
use super::resource::{self, Resource};
use crate::sandbox::ec2::tags::specifications;
use crate::sandbox::policy::{Document, Use};
use crate::sandbox::wire::{Param, Params, Style};

/// One check.
#[derive(Debug)]
pub struct Check {
    /// The IAM action.
    pub action: String,
    /// What it is checked against.
    pub resources: Vec<Resource>,
    /// Whether a refusal says that the caller would lock themselves out of a key.
    pub is_lockout: bool,
}

impl Check {
    fn new(action: &str, resources: Vec<Resource>) -> Self {
        Self { action: action.to_owned(), resources, is_lockout: false }
    }

    fn plain(action: &str) -> Self {
        Self::new(action, vec![Resource::everything()])
    }
}

/// Calls that need other actions on everything, with where AWS says so.
const PLAIN: &[(&str, &[&str], &str)] = &[
    (
        "elasticloadbalancing:CreateLoadBalancer",
        &[
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        "Elastic Load Balancing User Guide, \"Elastic Load Balancing API permissions\"",
    ),
    (
        "elasticloadbalancing:CreateTargetGroup",
        &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"],
        "the same page",
    ),
    ("elasticloadbalancing:SetSubnets", &["ec2:DescribeSubnets"], "the same page"),
    (
        "ec2:CreateFlowLogs",
        &["logs:CreateLogDelivery"],
        "Amazon VPC User Guide, \"Publish flow logs to Amazon S3\"",
    ),
    ("ec2:DeleteFlowLogs", &["logs:DeleteLogDelivery"], "the same page"),
    (
        "ec2:CreateVpcEndpoint",
        &["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
        "Service Authorization Reference, the dependent actions of CreateVpcEndpoint",
    ),
];

/// Actions that put tags on what a call makes, by the call: AWS checks them where the call brings tags.
const TAGGING: &[(&str, &str)] = &[
    ("iam:CreateInstanceProfile", "iam:TagInstanceProfile"),
    ("organizations:CreateAccount", "organizations:TagResource"),
    ("organizations:CreateOrganizationalUnit", "organizations:TagResource"),
    ("organizations:CreatePolicy", "organizations:TagResource"),
    ("iam:CreatePolicy", "iam:TagPolicy"),
    ("iam:CreateRole", "iam:TagRole"),
    ("iam:CreateUser", "iam:TagUser"),
    ("iam:CreateVirtualMFADevice", "iam:TagMFADevice"),
    ("cloudtrail:CreateTrail", "cloudtrail:AddTags"),
    ("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
    ("elasticloadbalancing:CreateListener", "elasticloadbalancing:AddTags"),
    ("elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:AddTags"),
    ("elasticloadbalancing:CreateRule", "elasticloadbalancing:AddTags"),
    ("elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags"),
    ("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
    ("ssm:PutParameter", "ssm:AddTagsToResource"),
];

/// The checks inside a call, beside its own action on these resources.
pub fn find(call: &Call<'_>, own: &[Resource]) -> Vec<Check> {
    let Some(action) = action::of(call.service, call.operation) else { return Vec::new() };
    let mut checks: Vec<Check> = PLAIN
        .iter()
        .filter(|(known, ..)| *known == action)
        .flat_map(|(_, needs, _)| needs.iter().map(|needed| Check::plain(needed)))
        .collect();
    if let Some((_, tagging)) = TAGGING.iter().find(|(known, _)| *known == action)
        && !call.requested_tags().is_empty()
    {
        let made = own.iter().cloned().map(|resource| of_creation(call, resource));
        checks.push(Check::new(tagging, made.collect()));
    }
    match call.service {
        "ec2" => ec2(call, &mut checks),
        "kms" => keys(call, &mut checks),
        "s3" => s3(call, own, &mut checks),
        "autoscaling" => groups(call, &mut checks),
        _ => {}
    }
    match action.as_str() {
        "iam:AddRoleToInstanceProfile" => pass(call, call.text("RoleName"), "ec2.amazonaws.com", &mut checks),
        "cloudtrail:CreateTrail" | "cloudtrail:UpdateTrail" => {
            pass(call, call.text("CloudWatchLogsRoleArn"), "cloudtrail.amazonaws.com", &mut checks);
            if call.params.flag("IsOrganizationTrail").ok().flatten() == Some(true) {
                // AWS CloudTrail User Guide, "Prepare for creating a trail for your organization".
                let needs = [
                    "organizations:DescribeOrganization",
                    "organizations:ListAWSServiceAccessForOrganization",
                ];
                checks.extend(needs.map(Check::plain));
            }
        }
        // The name of the service is a zone of Route 53 that the VPC gets.
        "ec2:CreateVpcEndpoint"
            if call.text("VpcEndpointType") == Some("Interface")
                && call.params.flag("PrivateDnsEnabled").ok().flatten() != Some(false) =>
        {
            checks.push(Check::plain("route53:AssociateVPCWithHostedZone"));
        }
        "scheduler:CreateSchedule" | "scheduler:UpdateSchedule" => {
            let role = call.params.map("Target").and_then(|target| target.text("RoleArn"));
            pass(call, role, "scheduler.amazonaws.com", &mut checks);
        }
        "elasticloadbalancing:CreateLoadBalancer" | "elasticloadbalancing:CreateTargetGroup" => service_role(
            call,
            ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"),
            &mut checks,
        ),
        "autoscaling:CreateAutoScalingGroup" if call.text("ServiceLinkedRoleARN").is_none() => {
            service_role(call, ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"), &mut checks);
        }
        _ => {}
    }
    checks
}

/// What a call makes, with what tells its tagging from any other.
fn of_creation(call: &Call<'_>, resource: Resource) -> Resource {
    let mut facts = resource.facts.clone();
    facts.push((format!("{}:CreateAction", call.service), vec![call.operation.to_owned()]));
    Resource { facts, ..resource }
}

/// A role that is handed to a service.
fn pass(call: &Call<'_>, role: Option<&str>, to: &str, checks: &mut Vec<Check>) {
    // A role that is not there is refused by the service itself.
    if let Some(role) = role.and_then(|role| resource::role_to_pass(call, role, to)) {
        checks.push(Check::new("iam:PassRole", vec![role]));
    }
}

/// The role that a service makes for itself with the caller's rights, where it is not there yet.
fn service_role(call: &Call<'_>, (service, role): (&str, &str), checks: &mut Vec<Check>) {
    let is_there = call.account().is_some_and(|account| account.iam.roles.contains_key(role));
    if !is_there {
        let arn = call.global_arn("iam", format_args!("role/aws-service-role/{service}/{role}"));
        let facts = vec![("iam:AWSServiceName".to_owned(), vec![service.to_owned()])];
        checks.push(Check::new(
            "iam:CreateServiceLinkedRole",
            vec![Resource { facts, ..Resource::new("role", arn) }],
        ));
    }
}

/// The tags of a creating call of EC2: one check for each type that gets any ("Grant permission to tag Amazon EC2
/// resources during creation", Amazon EC2 User Guide).
fn ec2(call: &Call<'_>, checks: &mut Vec<Check>) {
    tags_at_creation(call, call.params, call.operation, checks);
    let profile = call.params.map("IamInstanceProfile");
    let profile = profile.and_then(|profile| profile.text("Name").or_else(|| profile.text("Arn")));
    pass(call, profile, "ec2.amazonaws.com", checks);
    pass(call, call.text("DeliverLogsPermissionArn"), "vpc-flow-logs.amazonaws.com", checks);
}

fn tags_at_creation(call: &Call<'_>, params: &Params, creating: &str, checks: &mut Vec<Check>) {
    for specification in specifications(params) {
        let tags = tags_in(specification, "Tag");
        if let (Some(kind), false) = (specification.text("ResourceType"), tags.is_empty()) {
            checks.push(tag_new(call, kind, &tags, creating));
        }
    }
}

/// Tags on something that is made in this moment.
fn tag_new(call: &Call<'_>, kind: &str, tags: &Tags, creating: &str) -> Check {
    let mut facts: Facts = requested_tags(tags);
    facts.push(("ec2:CreateAction".to_owned(), vec![creating.to_owned()]));
    let known = reference::action("ec2:CreateTags");
    let kind =
        known.and_then(|said| said.types.iter().find(|row| row.kind == kind)).map_or("", |row| row.kind);
    let arn = call.arn("ec2", format_args!("{kind}/*"));
    Check::new("ec2:CreateTags", vec![Resource { facts, ..Resource::new(kind, arn) }])
}

/// "Permissions for AWS services in key policies" and CreateKey, AWS KMS Developer Guide and API Reference.
fn keys(call: &Call<'_>, checks: &mut Vec<Check>) {
    let bypass = call.params.flag("BypassPolicyLockoutSafetyCheck").ok().flatten() == Some(true);
    let next = match call.operation {
        "CreateKey" => Some(resource::new_key(call)),
        "PutKeyPolicy" => resource::with_new_policy(call),
        _ => None,
    };
    // KMS-4: whoever writes a policy must be able to write the next one, by that policy and by their own rights.
    // A document that is no policy, or names nobody, is refused as such by the service itself.
    let is_policy = |text| Document::read(call.world, call.lens, text, Use::Resource).is_ok();
    let is_policy = call.text("Policy").is_none_or(is_policy);
    if let (Some(key), false, true) = (next, bypass, is_policy) {
        checks.push(Check { is_lockout: true, ..Check::new("kms:PutKeyPolicy", vec![key]) });
    }
    if call.operation == "CreateKey" && !call.requested_tags().is_empty() {
        // "kms:TagResource (IAM policy)": the key's own policy does not have to allow it.
        let key = Resource { guard: None, ..resource::new_key(call) };
        checks.push(Check::new("kms:TagResource", vec![key]));
    }
    if call.operation == "ReplicateKey" {
        checks.push(Check::plain("kms:CreateKey"));
    }
}

/// "Required permissions for Amazon S3 API operations", Amazon S3 User Guide; CreateBucket, Amazon S3 API Reference.
fn s3(call: &Call<'_>, own: &[Resource], checks: &mut Vec<Check>) {
    let has = |header: &str| call.request.header(header).is_some();
    let mut also = |action: &str| checks.push(Check::new(action, own.to_vec()));
    match call.operation {
        "CreateBucket" => {
            if has("x-amz-acl")
                || call.request.headers.keys().any(|name| name.as_str().starts_with("x-amz-grant-"))
            {
                also("s3:PutBucketAcl");
            }
            if has("x-amz-object-ownership") {
                also("s3:PutBucketOwnershipControls");
            }
            if call.request.header("x-amz-bucket-object-lock-enabled") == Some("true") {
                also("s3:PutBucketObjectLockConfiguration");
                also("s3:PutBucketVersioning");
            }
            let asked = call.params.map("CreateBucketConfiguration");
            if asked.is_some_and(|asked| !asked.maps("Tags").is_empty() || asked.has("Tags")) {
                also("s3:TagResource");
            }
        }
        "PutObject" | "CreateMultipartUpload" | "CopyObject" => {
            if has("x-amz-tagging") {
                also("s3:PutObjectTagging");
            }
            if has("x-amz-object-lock-mode") {
                also("s3:PutObjectRetention");
            }
            if has("x-amz-object-lock-legal-hold") {
                also("s3:PutObjectLegalHold");
            }
        }
        _ => {}
    }
}

/// What a group will launch is checked when it is made ("Launch template support" and "Control Amazon EC2 launch template
/// usage in Amazon EC2 Auto Scaling", Amazon EC2 Auto Scaling User Guide).
fn groups(call: &Call<'_>, checks: &mut Vec<Check>) {
    let makes = call.operation == "CreateAutoScalingGroup";
    if !makes && call.operation != "UpdateAutoScalingGroup" {
        return;
    }
    if makes && !call.requested_tags().is_empty() {
        let named = call.text("AutoScalingGroupName").unwrap_or("*");
        let arn = call.arn("autoscaling", format_args!("autoScalingGroup:*:autoScalingGroupName/{named}"));
        checks
            .push(Check::new("autoscaling:CreateOrUpdateTags", vec![Resource::new("autoScalingGroup", arn)]));
    }
    let mixed = || {
        let template = call.params.map("MixedInstancesPolicy")?.map("LaunchTemplate")?;
        template.map("LaunchTemplateSpecification")
    };
    let Some(template) = call.params.map("LaunchTemplate").or_else(mixed) else { return };
    let Some(home) = call.home() else { return };
    // EC2's ways to name a template are those of Auto Scaling.
    let mut named = Params::new(Style::Ec2);
    for member in ["LaunchTemplateId", "LaunchTemplateName", "Version"] {
        if let Some(text) = template.text(member) {
            named.set(member, Param::Text(text.to_owned()));
        }
    }
    let Ok((id, _, _, data)) = home.ec2.launches_from(call.lens, &named) else { return };
    let template = call.arn("ec2", format_args!("launch-template/{id}"));
    let Some(said) = reference::action("ec2:RunInstances") else { return };
    let text = |path: &[&str]| {
        let value = path.iter().try_fold(&data, |value, member| value.get(member));
        value.and_then(|value| value.as_str()).map(str::to_owned)
    };
    let listed = |name: &str| match data.get(name) {
        Some(serde_json::Value::Array(all)) => {
            all.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        }
        Some(serde_json::Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let mut launched = Vec::new();
    for row in
        said.types.iter().filter(|row| row.required || row.kind == "launch-template" || row.kind == "volume")
    {
        let ids = match row.kind {
            "launch-template" => vec![id.clone()],
            "security-group" => listed("SecurityGroupId"),
            "subnet" => {
                let zones = call.text("VPCZoneIdentifier").unwrap_or_default().split(',');
                zones.map(|subnet| subnet.trim().to_owned()).filter(|subnet| !subnet.is_empty()).collect()
            }
            _ => vec!["*".to_owned()],
        };
        launched.extend(ids.into_iter().map(|id| {
            let arn = match row.kind {
                "image" => format!("arn:{}:ec2:{}::image/{id}", call.partition(), call.region),
                kind => call.arn("ec2", format_args!("{kind}/{id}")),
            };
            let tags = home.ec2.tags.get(&id).map(|set| set.truth().tags.clone()).unwrap_or_default();
            let facts = vec![
                ("ec2:LaunchTemplate".to_owned(), vec![template.clone()]),
                ("ec2:IsLaunchTemplateResource".to_owned(), vec![(row.kind != "subnet").to_string()]),
                ("ec2:Region".to_owned(), vec![call.region.to_owned()]),
            ];
            Resource { facts, ..Resource::new(row.kind, arn) }.tagged(tags)
        }));
    }
    checks.push(Check::new("ec2:RunInstances", launched));
    let profile = text(&["IamInstanceProfile", "Name"]).or_else(|| text(&["IamInstanceProfile", "Arn"]));
    pass(call, profile.as_deref(), "ec2.amazonaws.com", checks);
    if !call.requested_tags().is_empty() || data.get("TagSpecification").is_some() {
        checks.push(tag_new(call, "instance", &call.requested_tags(), "RunInstances"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations;

    /// Dependent actions of the reference that no call of this account leads to, and why.
    const NOT_CHECKED: &[(&str, &str, &str)] = &[
        ("*", "iam:GetRole", "the console's; a trail that exists makes no role"),
        ("ec2:CreateFlowLogs", "ecs:", "flow logs of ECS are not served"),
        (
            "ec2:CreateLaunchTemplate",
            "ssm:GetParameters",
            "parameters are looked up when an instance is launched",
        ),
        ("ec2:CreateLaunchTemplateVersion", "ssm:GetParameters", "the same"),
        (
            "ec2:DescribeLaunchTemplateVersions",
            "ssm:GetParameters",
            "parameters are not looked up here, either",
        ),
        ("ec2:RunInstances", "ssm:GetParameters", "instances are launched from images by id"),
        ("cloudtrail:", "iam:CreateServiceLinkedRole", "made by the organization's administrator beforehand"),
        (
            "kms:CreateKey",
            "iam:CreateServiceLinkedRole",
            "for keys of several regions; the account keeps no such role",
        ),
        ("kms:ReplicateKey", "iam:CreateServiceLinkedRole", "the same"),
        ("kms:ReplicateKey", "kms:", "of the replica, only CreateKey is asked for"),
        (
            "route53:AssociateVPCWithHostedZone",
            "ec2:DescribeVpcs",
            "asked for within CreateVpcEndpoint, which needs it too",
        ),
    ];

    #[test]
    fn what_aws_lists_as_needed_too_is_checked_or_has_a_reason() {
        let mut listed: Vec<(&str, &str)> = Vec::new();
        for (action, needs, _) in PLAIN {
            listed.extend(needs.iter().map(|needed| (*action, *needed)));
        }
        listed.extend(TAGGING);
        for (action, said) in reference::actions() {
            for needed in &said.dependent {
                let by_code = matches!(
                    (action, *needed),
                    (_, "iam:PassRole" | "ec2:CreateTags")
                        | ("ec2:CreateVpcEndpoint", "route53:AssociateVPCWithHostedZone")
                        | ("kms:CreateKey", "kms:PutKeyPolicy" | "kms:TagResource")
                        | (_, "organizations:ListAWSServiceAccessForOrganization")
                ) || (action.starts_with("autoscaling:")
                    && needed.starts_with("iam:CreateServiceLinkedRole"));
                let excused = NOT_CHECKED.iter().any(|(calls, needs, _)| {
                    (*calls == "*" || action.starts_with(calls)) && needed.starts_with(needs)
                });
                assert!(
                    by_code || excused || listed.contains(&(action, needed)),
                    "{action} needs {needed}, says AWS"
                );
            }
        }
    }

    #[test]
    fn the_program_asks_for_what_is_checked() {
        for (action, needs, _) in PLAIN {
            let asked: Vec<_> = operations::implicit(action).collect();
            for needed in *needs {
                assert!(
                    asked.contains(needed),
                    "{action} needs {needed}, and the printed policy does not know"
                );
            }
        }
    }
}
