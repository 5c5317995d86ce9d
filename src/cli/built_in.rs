//! The built-in account, where `--sandbox` asks for it.

use std::env;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::sandbox::Sandbox;

/// Whether the built-in account stands in for AWS, and where it is kept.
#[derive(Debug)]
pub(super) struct BuiltIn(Option<Option<PathBuf>>);

impl BuiltIn {
    /// From the argument: absent, without a folder, or with one.
    pub(super) fn new(argument: Option<Option<PathBuf>>) -> Self {
        Self(argument)
    }

    /// Whether it stands in for AWS.
    pub(super) const fn is_used(&self) -> bool {
        self.0.is_some()
    }

    /// How a command begins that is about the same account.
    pub(super) fn command(&self) -> String {
        match &self.0 {
            None => "baseline".to_owned(),
            Some(None) => "baseline --sandbox".to_owned(),
            Some(Some(folder)) => format!("baseline --sandbox={}", folder.display()),
        }
    }

    /// Where it is kept, asked for or not.
    pub(super) fn folder(&self) -> Result<PathBuf, Failure> {
        self.0.clone().flatten().map_or_else(usual_folder, Ok)
    }

    /// The account, where it was asked for.
    pub(super) fn open(&self) -> Result<Option<Sandbox>, Failure> {
        if self.0.is_some() { open(&self.folder()?).map(Some) } else { Ok(None) }
    }
}

/// The account kept in a folder.
pub(super) fn open(folder: &Path) -> Result<Sandbox, Failure> {
    Sandbox::open(folder).map_err(|error| Failure::new(error.to_string()))
}

/// The user's cache, because losing it loses nothing. Never a place that users share.
fn usual_folder() -> Result<PathBuf, Failure> {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    let cache = cache.ok_or_else(|| {
        Failure::with_hint(
            "there is no folder for the built-in account: neither XDG_CACHE_HOME nor HOME is set",
            "name a folder: --sandbox=FOLDER",
        )
    })?;
    Ok(cache.join("baseline").join("sandbox"))
}
