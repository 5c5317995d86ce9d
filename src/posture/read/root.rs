//! The root user, as the account summary and the list of devices show it.

use aws_sdk_iam::types::SummaryKeyType;

use crate::aws::{self, Account, Error};
use crate::posture::asked::Central;
use crate::posture::facts::{RootCredentials, RootSummary};

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

/// Whether there may be anything to say of the credentials one by one. Where AWS does not say whether there is a
/// password there may be one.
pub(super) fn has_any(root: &RootSummary, central: Central) -> bool {
    let password = root.mfa || root.password != Some(false);
    root.keys || root.certificates || (central == Central::AllDeleted && password)
}

/// What the organization says of the root user's credentials.
pub(super) async fn credentials(account: &Account) -> Result<RootCredentials, Error> {
    let aws::RootCredentials { access_keys, certificates, password, mfa } =
        account.root_credentials().await?;
    Ok(RootCredentials { access_keys, certificates, password, mfa })
}
