//! Who has an app as a second factor: hardware is not in this list (IAM-21).

use std::collections::BTreeSet;

use aws_sdk_iam::types::AssignmentStatusType;

use crate::aws::{Account, Error, Items as _};

/// ARNs of the users with a virtual device, the root user's among them.
pub(super) async fn owners(account: &Account) -> Result<BTreeSet<String>, Error> {
    let request = || account.iam.list_virtual_mfa_devices().assignment_status(AssignmentStatusType::Assigned);
    let devices = account.call(|| request().all_items()).await?;
    let root = account.arn(format_args!("iam::{}:root", account.id()));
    let owner = |device: &aws_sdk_iam::types::VirtualMfaDevice| {
        let of_root = device.serial_number().ends_with(":mfa/root-account-mfa-device");
        device.user().map(|user| user.arn().to_owned()).or_else(|| of_root.then(|| root.clone()))
    };
    Ok(devices.iter().filter_map(owner).collect())
}
