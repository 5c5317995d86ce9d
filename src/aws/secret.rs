//! A secret of Secrets Manager, as the place that an access key is handed over in.

use sha2::{Digest as _, Sha256};

use super::account::Account;
use super::error::Error;

/// The code with which Secrets Manager says that there is no such secret.
const NOT_FOUND: &str = "ResourceNotFoundException";

/// What there is under the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretState {
    /// Nothing.
    Absent,
    /// A secret that takes values, with its description.
    Ready(String),
    /// A secret that is deleted some days from now, and takes no value.
    DeleteRequest,
}

impl Account {
    /// What there is under this name.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn secret(&self, name: &str) -> Result<SecretState, Error> {
        match self.call(|| self.secretsmanager.describe_secret().secret_id(name).send()).await {
            Ok(secret) if secret.deleted_date().is_some() => Ok(SecretState::DeleteRequest),
            Ok(secret) => Ok(SecretState::Ready(secret.description.unwrap_or_default())),
            Err(error) if error.code == NOT_FOUND => Ok(SecretState::Absent),
            Err(error) => Err(error),
        }
    }

    /// Makes a secret without a value. It carries no tag of a baseline: no file declares it, and nothing deletes it.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn create_secret(&self, name: &str, description: &str) -> Result<(), Error> {
        let request = self
            .secretsmanager
            .create_secret()
            .name(name)
            .description(description)
            .client_request_token(token(name, description));
        self.call(|| request.clone().send()).await.map(drop)
    }

    /// Puts a value in force. The one before it stays as the previous version.
    ///
    /// `about` tells this value from others: sent again with the same, it makes no second version.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn put_secret(&self, name: &str, about: &str, value: &str) -> Result<(), Error> {
        let request = self
            .secretsmanager
            .put_secret_value()
            .secret_id(name)
            .client_request_token(token(name, about))
            .secret_string(value);
        self.call(|| request.clone().send()).await.map(drop)
    }

    /// Whether the value that [`Account::put_secret`] sends about this is the one in force.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn secret_holds(&self, name: &str, about: &str) -> Result<bool, Error> {
        let secret = self.call(|| self.secretsmanager.describe_secret().secret_id(name).send()).await?;
        let versions = secret.version_ids_to_stages.unwrap_or_default();
        let stages = versions.get(&token(name, about));
        Ok(stages.is_some_and(|stages| stages.iter().any(|stage| stage == "AWSCURRENT")))
    }
}

/// 64 letters and digits, as AWS allows at most.
fn token(name: &str, about: &str) -> String {
    let digest = Sha256::digest(format!("{name}\n{about}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
