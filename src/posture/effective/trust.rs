//! Which services a role trusts.

use crate::policy::{Ask, Context, Who};
use crate::posture::facts::Role;

/// Whether that service may assume the role.
pub(super) fn is_trusted(role: &Role, service: &str) -> bool {
    let context = Context::open();
    let ask = Ask {
        who: Who::Service(service),
        action: "sts:AssumeRole",
        resource: &role.identity.arn,
        context: &context,
    };
    role.trust.allowing(&ask).is_some() && role.trust.denying(&ask).is_none()
}
