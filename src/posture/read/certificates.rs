//! Server certificates that IAM keeps.

use super::time;
use crate::aws::{Account, Error, Items as _};
use crate::posture::facts::ServerCertificate;

pub(super) async fn certificates(account: &Account) -> Result<Vec<ServerCertificate>, Error> {
    let request = || account.iam.list_server_certificates();
    let found = account.call(|| request().all_items()).await?;
    let read = found.iter().map(|certificate| ServerCertificate {
        name: certificate.server_certificate_name().to_owned(),
        arn: certificate.arn().to_owned(),
        ends: certificate.expiration().and_then(time::timestamp),
    });
    Ok(read.collect())
}
