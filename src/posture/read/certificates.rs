//! Server certificates that IAM keeps.

use super::time;
use crate::aws::{Account, Error};
use crate::posture::facts::ServerCertificate;

pub(super) async fn certificates(account: &Account) -> Result<Vec<ServerCertificate>, Error> {
    let request = || account.iam.list_server_certificates();
    let found = account.call(|| request().into_paginator().items().send().try_collect()).await?;
    let read = found.iter().map(|certificate| ServerCertificate {
        name: certificate.server_certificate_name().to_owned(),
        arn: certificate.arn().to_owned(),
        ends: certificate.expiration().and_then(time::timestamp),
    });
    Ok(read.collect())
}
