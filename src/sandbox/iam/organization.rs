//! What IAM knows of the organization: whether it manages the root users of its members (ROOT-1).

use crate::sandbox::context::Context;
use crate::sandbox::organizations;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// The one operation of this file.
pub const OPERATIONS: &[Operation] = &[operation("ListOrganizationsFeatures", features)];

fn features(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let account = cx.account_id();
    let (management, organization) = organizations::of(cx.world, account).ok_or_else(|| {
        let message = "The request was rejected because no organization is associated with your account.";
        Fault::client("OrganizationNotFoundException", message)
    })?;
    if management != account && !organization.iam_administrator(account) {
        let message = "The request was rejected because the account making the request is not the management \
                       account or delegated administrator account for centralized root access.";
        return Err(Fault::client("AccountNotManagementOrDelegatedAdministratorException", message));
    }
    if !organization.trusted.contains("iam.amazonaws.com") {
        let message =
            "The request was rejected because trusted access is not enabled for IAM in Organizations.";
        return Err(Fault::client("ServiceAccessNotEnabledException", message));
    }
    let fields = Fields::new()
        .with("OrganizationId", &organization.id)
        .list("EnabledFeatures", organization.root_features.iter().map(String::as_str));
    Ok(fields.into())
}
