//! The root user, as the account summary and the list of devices show it.

use aws_sdk_iam::types::{AssignmentStatusType, SummaryKeyType};

use crate::aws::{Account, Error};
use crate::posture::facts::RootSummary;

pub(super) async fn summary(account: &Account) -> Result<RootSummary, Error> {
    let answer = account.call(|| account.iam.get_account_summary().send()).await?;
    let map = answer.summary_map().ok_or_else(|| Error::internal("the account summary is empty"))?;
    let of = |name: &str| map.get(&SummaryKeyType::from(name)).map(|count| *count > 0);
    let sure =
        |name: &str| of(name).ok_or_else(|| Error::internal(format!("the account summary lacks {name}")));
    Ok(RootSummary {
        keys: sure("AccountAccessKeysPresent")?,
        mfa: sure("AccountMFAEnabled")?,
        password: of("AccountPasswordPresent"),
        certificates: of("AccountSigningCertificatesPresent").unwrap_or_default(),
    })
}

/// Whether the root user's device is an app: hardware is not in this list (IAM-21).
pub(super) async fn has_app(account: &Account) -> Result<bool, Error> {
    let request = || account.iam.list_virtual_mfa_devices().assignment_status(AssignmentStatusType::Assigned);
    let devices = account.call(|| request().into_paginator().items().send().try_collect()).await?;
    Ok(devices.iter().any(|device| {
        let of_root = device.user().is_some_and(|user| user.arn().ends_with(":root"));
        of_root || device.serial_number().ends_with(":mfa/root-account-mfa-device")
    }))
}
