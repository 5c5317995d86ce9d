//! The condition keys of a call: those that every call has, and those that AWS documents for the action and its resources.

use super::call::{Call, Tags};
use super::principal::Standing;
use super::reference::{self, Action};
use super::resource::Resource;
use crate::policy::Context;

/// Condition keys and their values.
pub type Facts = Vec<(String, Vec<String>)>;

/// Keys that services document and this account works out; a key that ends in `/` stands for all that begin so. What is
/// none of these and documented is not known here, and a policy that asks for it is refused by name.
const WORKED_OUT: &[&str] = &[
    "aws:",
    "autoscaling:ResourceTag/",
    "ec2:CreateAction",
    "ec2:IsLaunchTemplateResource",
    "ec2:LaunchTemplate",
    "ec2:Region",
    "ec2:ResourceTag/",
    "elasticloadbalancing:CreateAction",
    "elasticloadbalancing:ResourceTag/",
    "elasticloadbalancing:Scheme",
    "elasticloadbalancing:SecurityGroup",
    "elasticloadbalancing:Subnet",
    "iam:",
    "kms:BypassPolicyLockoutSafetyCheck",
    "kms:CallerAccount",
    "kms:KeyOrigin",
    "kms:KeySpec",
    "kms:KeyUsage",
    "kms:MultiRegion",
    "kms:RequestAlias",
    "kms:ResourceAliases",
    "kms:RotationPeriodInDays",
    "kms:ScheduleKeyDeletionPendingWindowInDays",
    "kms:ViaService",
    "s3:ResourceAccount",
    "s3:TlsVersion",
    "s3:authType",
    "s3:delimiter",
    "s3:if-",
    "s3:locationconstraint",
    "s3:max-keys",
    "s3:prefix",
    "s3:signatureversion",
    "s3:x-amz-",
    "secretsmanager:Name",
    "ssm:Overwrite",
    "sts:",
];

/// Parameters that are condition keys as they are, by the key.
const PARAMETERS: &[(&str, &str)] = &[
    ("elasticloadbalancing:Scheme", "Scheme"),
    ("iam:AWSServiceName", "AWSServiceName"),
    ("iam:PermissionsBoundary", "PermissionsBoundary"),
    ("iam:PolicyARN", "PolicyArn"),
    ("kms:BypassPolicyLockoutSafetyCheck", "BypassPolicyLockoutSafetyCheck"),
    ("kms:KeyOrigin", "Origin"),
    ("kms:KeySpec", "KeySpec"),
    ("kms:KeyUsage", "KeyUsage"),
    ("kms:MultiRegion", "MultiRegion"),
    ("kms:RotationPeriodInDays", "RotationPeriodInDays"),
    ("kms:ScheduleKeyDeletionPendingWindowInDays", "PendingWindowInDays"),
    ("s3:delimiter", "delimiter"),
    ("s3:max-keys", "max-keys"),
    ("s3:prefix", "prefix"),
    ("secretsmanager:Name", "Name"),
    ("ssm:Overwrite", "Overwrite"),
    ("sts:ExternalId", "ExternalId"),
    ("sts:RoleSessionName", "RoleSessionName"),
    ("sts:SourceIdentity", "SourceIdentity"),
];

/// The tags that a call asks for, as condition keys.
pub fn requested_tags(tags: &Tags) -> Facts {
    let mut facts = resource_tags("aws:RequestTag/", tags);
    if !tags.is_empty() {
        facts.push(("aws:TagKeys".to_owned(), tags.keys().cloned().collect()));
    }
    facts
}

/// Tags as condition keys that begin like this.
pub fn resource_tags(prefix: &str, tags: &Tags) -> Facts {
    tags.iter().map(|(key, value)| (format!("{prefix}{key}"), vec![value.clone()])).collect()
}

/// The condition keys that the call brings, whatever it is checked against.
pub fn of_call(call: &Call<'_>) -> Facts {
    let mut facts = Facts::new();
    let mut add = |key: &str, values: Vec<String>| {
        if !values.is_empty() {
            facts.push((key.to_owned(), values));
        }
    };
    let as_text = |name: &str| {
        call.params.get(name).and_then(|value| match value {
            crate::sandbox::wire::Param::Number(number) => Some(number.to_string()),
            crate::sandbox::wire::Param::Flag(flag) => Some(flag.to_string()),
            value => value.as_text().map(str::to_owned),
        })
    };
    for (key, parameter) in PARAMETERS {
        if key.split(':').next() == Some(call.service) {
            add(key, as_text(parameter).into_iter().collect());
        }
    }
    match call.service {
        "ec2" => add("ec2:Region", vec![call.region.to_owned()]),
        "organizations" => {
            // The built-in account has one type.
            let named = ["PolicyId", "PolicyType", "Type", "Filter"].iter().any(|name| call.params.has(name));
            add(
                "organizations:PolicyType",
                named.then(|| "SERVICE_CONTROL_POLICY".to_owned()).into_iter().collect(),
            );
            add("organizations:ServicePrincipal", as_text("ServicePrincipal").into_iter().collect());
        }
        "kms" => add("kms:CallerAccount", vec![call.caller.account.clone()]),
        "elasticloadbalancing" => {
            let listed = |name| call.params.texts(name).into_iter().map(str::to_owned).collect();
            add("elasticloadbalancing:Subnet", listed("Subnets"));
            add("elasticloadbalancing:SecurityGroup", listed("SecurityGroups"));
        }
        "s3" | "s3control" => {
            add("s3:authType", vec!["REST-HEADER".to_owned()]);
            add("s3:signatureversion", vec!["AWS4-HMAC-SHA256".to_owned()]);
            add("s3:TlsVersion", vec!["1.3".to_owned()]);
            for (name, value) in &call.request.headers {
                let name = name.as_str();
                if let (true, Ok(value)) =
                    (name.starts_with("x-amz-") || name.starts_with("if-"), value.to_str())
                {
                    add(&format!("s3:{name}"), vec![value.to_owned()]);
                }
            }
            let place =
                call.params.map("CreateBucketConfiguration").and_then(|it| it.text("LocationConstraint"));
            add("s3:locationconstraint", place.map(str::to_owned).into_iter().collect());
        }
        _ => {}
    }
    facts.extend(requested_tags(&call.requested_tags()));
    let removed = call.removed_tag_keys();
    if !removed.is_empty() {
        facts.push(("aws:TagKeys".to_owned(), removed));
    }
    facts
}

/// The condition keys of a call about a resource, as policies are asked.
pub fn context(
    call: &Call<'_>,
    standing: &Standing,
    (action, said): (&str, &Action),
    resource: &Resource,
    of_call: &Facts,
) -> Context {
    let service = action.split(':').next().unwrap_or_default();
    let row = said.types.iter().find(|row| row.kind == resource.kind);
    let of_type = match row.map(|row| row.keys.as_slice()) {
        Some([]) | None => reference::keys_of(service, resource.kind),
        Some(keys) => keys,
    };
    let documented = || said.keys.iter().chain(of_type);
    let is_documented = |key: &str| {
        documented().any(|known| fits(known, key))
            || !key.contains('/') && key.starts_with("aws:") && key != "aws:TagKeys"
    };
    let mut context = standing
        .facts(call)
        .into_iter()
        .fold(Context::complete(), |context, (key, values)| context.with_all(&key, values));
    let tags = ["aws:", &format!("{service}:")]
        .map(|prefix| resource_tags(&format!("{prefix}ResourceTag/"), &resource.tags));
    let own: Vec<&str> = resource.facts.iter().map(|(key, _)| key.as_str()).collect();
    let facts = of_call.iter().filter(|(key, _)| !own.contains(&key.as_str())).chain(&resource.facts);
    for (key, values) in facts.chain(tags.iter().flatten()) {
        if is_documented(key) {
            context = context.with_all(key, values.iter().cloned());
        }
    }
    documented()
        .filter(|key| !WORKED_OUT.iter().any(|known| key.starts_with(known)))
        .fold(context, |context, key| context.with_unknown(key))
}

/// Whether a key is the documented one, or one of those it stands for.
fn fits(documented: &str, key: &str) -> bool {
    match documented.strip_suffix(['/', ':']) {
        Some(_) => key.get(..documented.len()).is_some_and(|start| start.eq_ignore_ascii_case(documented)),
        None => documented.eq_ignore_ascii_case(key),
    }
}
