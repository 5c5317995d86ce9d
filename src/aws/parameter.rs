//! Parameters of Parameter Store: what the lock is made of.

use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::types::{ParameterType, Tag};

use super::account::Account;
use super::error::Error;
use super::pages::Pages as _;
use crate::model::Addr;

/// One version of a parameter. Numbers begin with 1, have no gaps and are given out by the service,
/// so that every reader sees the same versions in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterVersion {
    /// Its number.
    pub number: i64,
    /// Its value.
    pub value: String,
    /// When the service took it, in milliseconds since 1970 by its own clock.
    pub written: i64,
}

impl Account {
    /// Creates a parameter with its ownership tags, and answers its version.
    ///
    /// Of several callers at once exactly one succeeds; the others are told that it exists. So is a
    /// caller whose own first request was answered too late and sent again by the SDK.
    ///
    /// # Errors
    /// `AlreadyExists`, and whatever else the service answers.
    pub async fn create_parameter(&self, name: &str, value: &str, addr: &Addr) -> Result<i64, Error> {
        let mut request =
            self.ssm.put_parameter().name(name).value(value).r#type(ParameterType::String).overwrite(false);
        for (key, value) in self.tags(addr) {
            request = request.tags(Tag::builder().key(key).value(value).build().map_err(Error::internal)?);
        }
        Ok(self.call(|| request.clone().send()).await?.version())
    }

    /// Writes a parameter whatever it holds, and answers the version that became.
    ///
    /// # Errors
    /// Whatever the service answers.
    pub async fn overwrite_parameter(&self, name: &str, value: &str) -> Result<i64, Error> {
        let request =
            self.ssm.put_parameter().name(name).value(value).r#type(ParameterType::String).overwrite(true);
        Ok(self.call(|| request.clone().send()).await?.version())
    }

    /// The versions of a parameter that are kept (the latest hundred), oldest first; none where there is no
    /// such parameter.
    ///
    /// # Errors
    /// Whatever the service answers.
    pub async fn parameter_versions(&self, name: &str) -> Result<Vec<ParameterVersion>, Error> {
        let pages = || self.ssm.get_parameter_history().name(name).all_pages();
        let pages = self.find(pages).await?.unwrap_or_default();
        let mut versions: Vec<ParameterVersion> = pages
            .iter()
            .flat_map(|page| page.parameters())
            .map(|version| ParameterVersion {
                number: version.version(),
                value: version.value().unwrap_or_default().to_owned(),
                written: version.last_modified_date().and_then(|at| at.to_millis().ok()).unwrap_or_default(),
            })
            .collect();
        versions.sort_by_key(|version| version.number);
        Ok(versions)
    }

    /// The value of a parameter; nothing where there is no such parameter.
    ///
    /// # Errors
    /// Whatever the service answers.
    pub(crate) async fn parameter(&self, name: &str) -> Result<Option<String>, Error> {
        // Of names that do not exist this call answers a list, and no error.
        let request = self.ssm.get_parameters().names(name);
        let answer = self.call(|| request.clone().send()).await?;
        Ok(answer.parameters().first().and_then(|parameter| parameter.value()).map(str::to_owned))
    }

    /// Deletes a parameter; one that is gone already is a success.
    ///
    /// Sent once: by the time it were sent again, the parameter could be somebody else's.
    ///
    /// # Errors
    /// Whatever the service answers.
    pub async fn delete_parameter(&self, name: &str) -> Result<(), Error> {
        let request = self.ssm.delete_parameter().name(name);
        let once = || aws_sdk_ssm::config::Builder::new().retry_config(RetryConfig::disabled());
        self.find(|| request.clone().customize().config_override(once()).send()).await?;
        Ok(())
    }
}
