//! The access keys of a user, for their rotation.

use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};
use aws_smithy_types::DateTime;

use super::account::Account;
use super::error::Error;
use super::pages::Items as _;
use super::trace::chains;

/// An access key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserKey {
    /// Its id.
    pub id: String,
    /// Whether it works.
    pub active: bool,
    /// When it was made, in seconds since 1970.
    pub made: Option<i64>,
    /// When it was last used, in seconds since 1970.
    pub used: Option<i64>,
}

/// A new access key. Its secret is shown by AWS once and never again, and by this program not at all.
pub struct NewKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Whether AWS may call a key so: 16 to 128 letters, digits and `_` (IAM API Reference, `AccessKey`). It becomes the name of a file.
fn is_key_id(text: &str) -> bool {
    (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Account {
    /// The keys of a user, each with its last use.
    ///
    /// # Errors
    /// Fails where the user does not exist or a key could not be read.
    pub async fn access_keys(&self, user: &str) -> Result<Vec<UserKey>, Error> {
        let list = || self.iam.list_access_keys().user_name(user).all_items();
        let keys = self.call(list).await?;
        let reads = keys.iter().map(|key| Box::pin(self.with_use(key)));
        chains(reads).await.into_iter().collect()
    }

    async fn with_use(&self, key: &AccessKeyMetadata) -> Result<UserKey, Error> {
        let id = key.access_key_id().unwrap_or_default();
        let answer = self.call(|| self.iam.get_access_key_last_used().access_key_id(id).send()).await?;
        Ok(UserKey {
            id: id.to_owned(),
            active: key.status() == Some(&StatusType::Active),
            made: key.create_date().map(DateTime::secs),
            used: answer.access_key_last_used().and_then(|used| used.last_used_date()).map(DateTime::secs),
        })
    }

    /// Makes a key. Sent once: a second one would be a key whose secret nobody has (truth 5).
    ///
    /// # Errors
    /// Fails where AWS refuses, and where no answer came: then there may be a key that has to be discarded.
    pub async fn create_access_key(&self, user: &str) -> Result<NewKey, Error> {
        let once = aws_sdk_iam::config::Config::builder().retry_config(RetryConfig::disabled());
        let request = self.iam.create_access_key().user_name(user).customize().config_override(once);
        let answer = request.send().await.map_err(|error| Error::from_sdk(&error))?;
        let key = answer.access_key().ok_or_else(|| Error::internal("the answer holds no key"))?;
        if !is_key_id(key.access_key_id()) {
            return Err(Error::internal("the answer names no key; look which keys the user has now"));
        }
        Ok(NewKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().to_owned() })
    }

    /// Switches a key off; it can be switched on again.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn deactivate_access_key(&self, user: &str, id: &str) -> Result<(), Error> {
        let request =
            self.iam.update_access_key().user_name(user).access_key_id(id).status(StatusType::Inactive);
        self.call(|| request.clone().send()).await.map(drop)
    }

    /// Deletes a key; one that is gone already is a success.
    ///
    /// # Errors
    /// Fails where AWS refuses.
    pub async fn delete_access_key(&self, user: &str, id: &str) -> Result<(), Error> {
        self.find(|| self.iam.delete_access_key().user_name(user).access_key_id(id).send()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
    use aws_smithy_types::body::SdkBody;

    use super::*;
    use crate::aws::{Mode, Options};

    /// Answers everything with a new key of that id.
    #[derive(Debug, Clone)]
    struct Says(&'static str);

    impl HttpClient for Says {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    impl HttpConnector for Says {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let body = format!(
                "<CreateAccessKeyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateAccessKeyResult>\
                 <AccessKey><UserName>robot</UserName><AccessKeyId>{}</AccessKeyId><Status>Active</Status>\
                 <SecretAccessKey>secret</SecretAccessKey></AccessKey></CreateAccessKeyResult>\
                 </CreateAccessKeyResponse>",
                self.0
            );
            HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body))))
        }
    }

    /// Whoever answers in AWS's place would name a file elsewhere.
    #[tokio::test]
    async fn a_new_key_whose_id_could_be_a_path_is_none() {
        for (id, fine) in [
            ("AKIAIOSFODNN7EXAMPLE", true),
            ("ASIA_iosfodnn7example", true),
            ("", false),
            ("AKIA", false),
            ("/../../../home/anna/.ssh/id", false),
            ("AKIAIOSFODNN7EXAMPLE/x", false),
            ("AKIAIOSFODNN7EXAMPLE\u{a0}", false),
            ("AKIA IOSFODNN7EXAMPLE", false),
            ("..AKIAIOSFODNN7EXAMPLE", false),
        ] {
            let options = Options {
                tags: [].into(),
                baseline: "test".to_owned(),
                region: "us-east-1".to_owned(),
                profile: None,
                mode: Mode::ReadWrite,
                http_override: Some(SharedHttpClient::new(Says(id))),
            };
            let account = Account::open_supposing(&options, "123456789012", "aws").await;
            account.is_meant();
            let made = account.create_access_key("robot").await;
            assert_eq!(made.is_ok(), fine, "{id:?}: {made:?}");
        }
        assert!(is_key_id(&"A".repeat(128)) && !is_key_id(&"A".repeat(129)));
    }
}
