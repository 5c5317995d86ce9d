//! A bucket that keeps the results of a fleet's run: written and read with the caller's own credentials, never with a member's.

use std::sync::{Mutex, PoisonError};

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_types::region::Region;

use super::error::Error;
use super::role_session::{Caller, note_end};

/// The most bytes of one result. An account has some hundred KiB of them.
const MOST: i64 = 64 << 20;

/// What S3 says of the place of a bucket, in answers that refuse a request at another place, too
/// (S3 User Guide, "Request redirection and the REST API").
const PLACE: &str = "x-amz-bucket-region";

/// A bucket, and what the keys of a run begin with.
#[derive(Debug)]
pub struct ResultsBucket {
    bucket: String,
    prefix: String,
    /// Where the bucket is, once S3 has said that it is elsewhere.
    region: Mutex<Option<String>>,
}

impl ResultsBucket {
    /// A bucket and a prefix without a slash at its end.
    pub fn new(bucket: &str, prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { bucket: bucket.to_owned(), prefix, region: Mutex::default() }
    }

    /// Writes an object whole: S3 shows the old one or the new one, never a part.
    ///
    /// # Errors
    /// What S3 refuses.
    pub async fn put(&self, caller: &Caller, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let put = async || {
            let client = self.client(caller);
            let request = || {
                let request = client.put_object().bucket(&self.bucket).key(format!("{}{name}", self.prefix));
                request.content_type("application/json").body(ByteStream::from(bytes.clone()))
            };
            caller.account.call(|| self.sent(request().send())).await
        };
        let answer = match put().await {
            Err(_) if self.was_elsewhere(caller) => put().await.map(drop),
            answer => answer.map(drop),
        };
        // What cannot be kept any more is not begun, either.
        answer.inspect_err(|error| note_end(&caller.ended, error))
    }

    /// The whole of an object; nothing where there is none of that name.
    ///
    /// # Errors
    /// What S3 refuses. A caller who may not list the bucket is refused what is not there (S3 API, `GetObject`).
    pub async fn get(&self, caller: &Caller, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let get = async || {
            let client = self.client(caller);
            let request = client.get_object().bucket(&self.bucket).key(format!("{}{name}", self.prefix));
            caller.account.call(|| self.sent(request.clone().send())).await
        };
        let answer = match get().await {
            Err(error) if error.code == "NoSuchKey" => return Ok(None),
            Err(_) if self.was_elsewhere(caller) => get().await,
            answer => answer,
        };
        let object = match answer {
            Err(error) if error.code == "NoSuchKey" => return Ok(None),
            answer => answer.inspect_err(|error| note_end(&caller.ended, error))?,
        };
        if object.content_length().unwrap_or_default() > MOST {
            return Err(Error::internal(format!("{name} is larger than 64 MiB")));
        }
        let bytes = object.body.collect().await.map_err(Error::internal)?;
        Ok(Some(bytes.to_vec()))
    }

    /// Not one of the account's own clients: those refuse, when they only read, to write a result.
    fn client(&self, caller: &Caller) -> aws_sdk_s3::Client {
        let config = caller.config();
        // A loopback endpoint has no name a bucket could be put before.
        let path_style = config.endpoint_url().is_some();
        let mut config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style);
        if let Some(region) = self.region.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            config = config.region(Region::new(region));
        }
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Hears where the bucket is when S3 says it.
    async fn sent<T, E>(
        &self,
        answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, SdkError<E, HttpResponse>> {
        let answer = answer.await;
        if let Err(error) = &answer
            && let Some(place) = error.raw_response().and_then(|raw| raw.headers().get(PLACE))
        {
            *self.region.lock().unwrap_or_else(PoisonError::into_inner) = Some(place.to_owned());
        }
        answer
    }

    /// Whether S3 has said that the bucket is in another region than the caller's.
    fn was_elsewhere(&self, caller: &Caller) -> bool {
        let region = self.region.lock().unwrap_or_else(PoisonError::into_inner).clone();
        region.is_some_and(|region| region != caller.account.region)
    }
}
