//! Where results are kept: a folder, or a bucket.

use std::env;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::aws::{Caller, Mode, Options, ResultsBucket};
use crate::cli::built_in::BuiltIn;
use crate::cli::failure::Failure;
use crate::cli::{connect, file, whole_file};
use crate::fleet::{AccountResult, BegunResult, Run};
use crate::report::Shown;
use crate::sandbox::Sandbox;

/// What every run's folder has.
pub(super) const RUN: &str = "run.json";

/// How many results are asked for at a time.
pub(super) const AT_ONCE: usize = 8;

/// The most of one result in a folder, in KiB, as in a bucket.
const MOST: u64 = 64 << 10;

/// A place as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, and what keys begin with.
    Bucket(String, String),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("s3://") else {
            return if text.is_empty() {
                Err("name a folder".to_owned())
            } else {
                Ok(Self::Folder(text.into()))
            };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err("write s3://BUCKET/PREFIX".to_owned());
        }
        Ok(Self::Bucket(bucket.to_owned(), prefix.trim_end_matches('/').to_owned()))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket(bucket, prefix) => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// A place that is open.
#[derive(Debug)]
pub(super) enum Store {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, with the credentials that a run begins with.
    Bucket(ResultsBucket, Arc<Caller>),
    /// A folder for the time of one run, where reports are asked for and no results.
    Passing(TempDir),
}

impl Store {
    /// Opens a place with credentials that are there already.
    pub(super) fn of(place: &Place, caller: &Arc<Caller>) -> Self {
        match place {
            Place::Folder(path) => Self::Folder(path.clone()),
            Place::Bucket(bucket, prefix) => {
                Self::Bucket(ResultsBucket::new(bucket, prefix), Arc::clone(caller))
            }
        }
    }

    /// The same with credentials of its own, where it needs some.
    pub(super) async fn open(
        place: &Place,
        profile: Option<&str>,
        sandbox: &BuiltIn,
    ) -> Result<Self, Failure> {
        let (bucket, prefix) = match place {
            Place::Folder(path) => return Ok(Self::Folder(path.clone())),
            Place::Bucket(bucket, prefix) => (bucket, prefix),
        };
        // Only to reach S3 somewhere: it says where the bucket is.
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| env::var(name).ok());
        let region = region.filter(|region| !region.is_empty()).unwrap_or_else(|| "us-east-1".to_owned());
        let options = Options {
            tags: [].into(),
            baseline: "fleet".to_owned(),
            region,
            profile: profile.map(str::to_owned),
            mode: Mode::ReadOnly,
            http_override: sandbox.open()?.as_ref().map(Sandbox::http_client),
        };
        let caller =
            Caller::open(&options).await.map_err(|error| connect::explain(&error, &options.region))?;
        Ok(Self::Bucket(ResultsBucket::new(bucket, prefix), Arc::new(caller)))
    }

    /// A folder that is gone when the run is over.
    pub(super) fn passing() -> Result<Self, Failure> {
        let folder =
            TempDir::new().map_err(|error| Failure::new(format!("no folder for reports: {error}")))?;
        Ok(Self::Passing(folder))
    }

    /// Whether a run that is stopped can be gone on with from there.
    pub(super) fn lasts(&self) -> bool {
        !matches!(self, Self::Passing(_))
    }

    fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::Folder(path) => Some(path.clone()),
            Self::Passing(folder) => Some(folder.path().to_owned()),
            Self::Bucket(..) => None,
        }
    }

    /// Writes a file whole.
    pub(super) async fn put(&self, name: &str, text: &Shown) -> Result<(), String> {
        if let Self::Bucket(bucket, caller) = self {
            let bytes = text.written().as_bytes().to_vec();
            return bucket.put(caller, name, bytes).await.map_err(|error| error.to_string());
        }
        let path = self.folder().unwrap_or_default().join(name);
        let folder = path.parent().unwrap_or(&path).to_owned();
        let written = whole_file::folder(&folder).and_then(|()| whole_file::write(&path, text));
        written.map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// The whole of a file; nothing where there is none.
    pub(super) async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        if let Self::Bucket(bucket, caller) = self {
            return bucket.get(caller, name).await.map_err(|error| error.to_string());
        }
        let path = self.folder().unwrap_or_default().join(name);
        match file::whole(&path, MOST) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        }
    }

    /// The run that is kept there; nothing where there is none.
    pub(super) async fn run(&self) -> Result<Option<Run>, String> {
        self.get(RUN).await?.map(|text| Run::read(&text)).transpose()
    }

    /// What an apply has begun in an account; nothing where none has.
    pub(super) async fn begun(&self, id: &str) -> Result<Option<BegunResult>, String> {
        let Some(text) = self.get(&begun(id)).await? else { return Ok(None) };
        let begun = serde_json::from_slice(&text);
        begun.map(Some).map_err(|error| format!("what was begun in account {id} cannot be read: {error}"))
    }

    /// The result of an account; nothing where there is none.
    pub(super) async fn account<R: DeserializeOwned>(
        &self,
        id: &str,
    ) -> Result<Option<AccountResult<R>>, String> {
        let Some(text) = self.get(&account(id)).await? else { return Ok(None) };
        let result = serde_json::from_slice(&text);
        result.map(Some).map_err(|error| format!("the result of account {id} cannot be read: {error}"))
    }
}

/// The name of what an apply has begun in an account.
pub(super) fn begun(id: &str) -> String {
    format!("begun/{id}.json")
}

/// The name of an account's result.
pub(super) fn account(id: &str) -> String {
    format!("accounts/{id}.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        let bucket = |name: &str, prefix: &str| Ok(Place::Bucket(name.to_owned(), prefix.to_owned()));
        assert_eq!("s3://drift/2026/11/".parse(), bucket("drift", "2026/11"));
        assert_eq!("s3://drift".parse(), bucket("drift", ""));
        assert_eq!("runs/1".parse(), Ok(Place::Folder("runs/1".into())));
        assert!("s3://".parse::<Place>().is_err() && "".parse::<Place>().is_err());
    }
}
