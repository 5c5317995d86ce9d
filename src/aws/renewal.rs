//! Whether the credentials of a run can be obtained again.

use std::error::Error as _;

use aws_sdk_sts::config::ProvideCredentials as _;

use super::account::Account;
use super::credentials::mask;
use super::error::{Class, Error};

/// What came of obtaining the credentials again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// New ones were given, in the way in which those of the run were.
    Given,
    /// The same ones came back, so nobody was asked for new ones: a key in the environment or in a file.
    NotAsked,
}

impl Account {
    /// Asks once more for credentials, as at the start of the run: by assuming the role again where they come from that.
    ///
    /// # Errors
    /// Fails where none are given; of the class [`Class::Denied`] where AWS refuses them.
    pub async fn renew_credentials(&self) -> Result<Renewal, Error> {
        let Some(provider) = self.credentials_provider() else { return Ok(Renewal::NotAsked) };
        match provider.provide_credentials().await {
            Ok(credentials) if self.own_keys().await.contains(credentials.access_key_id()) => {
                Ok(Renewal::NotAsked)
            }
            Ok(_) => Ok(Renewal::Given),
            Err(error) => {
                let mut told = error.to_string();
                let mut source = error.source();
                while let Some(error) = source {
                    told = format!("{told}: {error}");
                    source = error.source();
                }
                let is_denied = told.contains("AccessDenied") || told.contains("not authorized");
                let class = if is_denied { Class::Denied } else { Class::Other };
                Err(Error { class, ..Error::internal(mask(told)) })
            }
        }
    }
}
