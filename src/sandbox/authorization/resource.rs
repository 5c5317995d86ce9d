//! What a call is about: the resources that its action is checked against, found in its parameters.

mod compute;
mod ec2;
mod iam;
mod keys;
mod named;
mod organization;
mod s3;

use super::call::{Call, Tags};
use super::conditions::Facts;
use super::reference::{Action, Row};

/// A resource that an action is checked against.
#[derive(Debug, Clone, Default)]
pub struct Resource {
    /// Its type, as the reference calls it; empty where the action takes no resource.
    pub kind: &'static str,
    /// Its ARN; of what the call makes, with `*` where AWS gives the name.
    pub arn: String,
    /// Its tags, as far as they count already.
    pub tags: Tags,
    /// Condition keys that it alone has.
    pub facts: Facts,
    /// The policy that stands on it.
    pub guard: Option<Guard>,
}

/// A policy on a resource.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The document; nothing where the resource has none.
    pub policy: Option<String>,
    /// The account the resource belongs to.
    pub owner: String,
    /// Whether it must allow in any case, as policies of keys and trust policies must.
    pub decides: bool,
    /// Whether something beside the policy lets the caller in, as a grant does.
    pub granted: bool,
}

impl Resource {
    /// A resource of a type.
    pub fn new(kind: &'static str, arn: impl Into<String>) -> Self {
        Self { kind, arn: arn.into(), ..Self::default() }
    }

    /// What stands for all resources, or for none.
    pub fn everything() -> Self {
        Self::new("", "*")
    }

    /// The same with tags.
    #[must_use]
    pub fn tagged(self, tags: Tags) -> Self {
        Self { tags, ..self }
    }
}

/// The resources of an action of a call. None at all where the call names nothing that is there: then the service
/// itself has the word.
pub fn find(call: &Call<'_>, action: &str, said: &Action) -> Vec<Resource> {
    if said.types.is_empty() {
        return vec![Resource::everything()];
    }
    let service = action.split(':').next().unwrap_or_default();
    match service {
        "ec2" => ec2::find(call, said),
        "iam" => iam::find(call, said),
        "s3" => s3::find(call, said),
        "kms" => keys::find(call, said),
        "elasticloadbalancing" | "autoscaling" => compute::find(call, service, said),
        "organizations" => organization::find(call, said),
        _ => named::find(call, service, said),
    }
}

/// The row of a type, where the action is checked against it.
fn row<'s>(said: &'s Action, kind: &str) -> Option<&'s Row> {
    said.types.iter().find(|row| row.kind == kind)
}

/// The trust policy of a role, for who wants to become it.
pub use iam::role_to_assume;
/// The role that a call passes on.
pub use iam::role_to_pass;
/// A key that a call is about to make, under the policy it brings.
pub use keys::{new_key, with_new_policy};
