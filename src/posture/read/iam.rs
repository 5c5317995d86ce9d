//! Users, groups, roles and policies, all in the pages of one call (IAM-23).

use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail,
    UserDetail,
};

use super::time;
use crate::aws::{Account, Error, Pages as _};
use crate::policy::Policy;
use crate::posture::facts::{Iam, Identity, ManagedPolicy, Role, User};

pub(super) async fn iam(account: &Account) -> Result<Iam, Error> {
    let request = || account.iam.get_account_authorization_details();
    let pages = account.call(|| request().all_pages()).await?;
    let mut iam = Iam::default();
    for page in &pages {
        for detail in page.user_detail_list() {
            iam.users.push(user(detail)?);
        }
        for detail in page.group_detail_list() {
            iam.groups.push(group(detail)?);
        }
        for detail in page.role_detail_list() {
            iam.roles.push(role(detail)?);
        }
        for detail in page.policies() {
            // One without a document is left out: whoever has it attached cannot be judged, and everybody else can.
            if let Some(policy) = managed(detail)? {
                iam.policies.insert(policy.arn.clone(), policy);
            }
        }
    }
    Ok(iam)
}

/// A document, which comes percent-encoded (IAM-15). One that cannot be read is an error: it may grant anything.
fn document(text: Option<&str>, of: &str) -> Result<Policy, Error> {
    let broken = |reason: String| Error::internal(format!("a policy of {of} cannot be read: {reason}"));
    let text = text.ok_or_else(|| broken("it was not in the answer".to_owned()))?;
    if text.trim_start().starts_with('{') {
        return Policy::parse(text).map_err(broken);
    }
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    Policy::parse(&decoded.map_err(|error| broken(error.to_string()))?).map_err(broken)
}

fn inline(policies: &[PolicyDetail], of: &str) -> Result<Vec<(String, Policy)>, Error> {
    let one = |policy: &PolicyDetail| {
        let name = policy.policy_name().unwrap_or_default().to_owned();
        Ok((name, document(policy.policy_document(), of)?))
    };
    policies.iter().map(one).collect()
}

fn attached(policies: &[AttachedPolicy]) -> Vec<String> {
    policies.iter().filter_map(|policy| policy.policy_arn()).map(str::to_owned).collect()
}

fn boundary(boundary: Option<&AttachedPermissionsBoundary>) -> Option<String> {
    boundary.and_then(|boundary| boundary.permissions_boundary_arn()).map(str::to_owned)
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn user(detail: &UserDetail) -> Result<User, Error> {
    let name = text(detail.user_name());
    Ok(User {
        identity: Identity {
            arn: text(detail.arn()),
            path: text(detail.path()),
            inline: inline(detail.user_policy_list(), &name)?,
            attached: attached(detail.attached_managed_policies()),
            boundary: boundary(detail.permissions_boundary()),
            created: detail.create_date().and_then(time::timestamp),
            name,
        },
        groups: detail.group_list().to_vec(),
    })
}

fn group(detail: &GroupDetail) -> Result<Identity, Error> {
    let name = text(detail.group_name());
    Ok(Identity {
        arn: text(detail.arn()),
        path: text(detail.path()),
        inline: inline(detail.group_policy_list(), &name)?,
        attached: attached(detail.attached_managed_policies()),
        boundary: None,
        created: detail.create_date().and_then(time::timestamp),
        name,
    })
}

fn role(detail: &RoleDetail) -> Result<Role, Error> {
    let name = text(detail.role_name());
    Ok(Role {
        trust: document(detail.assume_role_policy_document(), &name)?,
        last_used: detail.role_last_used().and_then(|used| used.last_used_date()).and_then(time::timestamp),
        instance_profiles: detail
            .instance_profile_list()
            .iter()
            .map(|profile| profile.arn().to_owned())
            .collect(),
        identity: Identity {
            arn: text(detail.arn()),
            path: text(detail.path()),
            inline: inline(detail.role_policy_list(), &name)?,
            attached: attached(detail.attached_managed_policies()),
            boundary: boundary(detail.permissions_boundary()),
            created: detail.create_date().and_then(time::timestamp),
            name,
        },
    })
}

fn managed(detail: &ManagedPolicyDetail) -> Result<Option<ManagedPolicy>, Error> {
    let arn = text(detail.arn());
    // The name is the last part of the ARN, which is always there.
    let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
    let mut document_in_force = None;
    let mut others = Vec::new();
    for version in detail.policy_version_list() {
        let read = document(version.document(), &name)?;
        if version.is_default_version() {
            document_in_force = Some(read);
        } else {
            others.push((text(version.version_id()), read));
        }
    }
    Ok(document_in_force.map(|document| ManagedPolicy {
        document,
        of_aws: arn.split(':').nth(4) == Some("aws"),
        attachments: usize::try_from(detail.attachment_count().unwrap_or_default()).unwrap_or_default(),
        name,
        arn,
        others,
    }))
}
