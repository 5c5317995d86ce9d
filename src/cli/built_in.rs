//! The built-in account, where `--sandbox` asks for it.

use std::env;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::sandbox::Sandbox;

/// Whether the built-in account stands in for AWS, and where it is kept.
#[derive(Debug)]
pub(super) struct BuiltIn(Option<PathBuf>);

impl BuiltIn {
    /// From the argument: absent, without a folder, or with one.
    pub(super) fn new(argument: Option<Option<PathBuf>>) -> Self {
        Self(argument.map(|folder| folder.unwrap_or_else(usual_folder)))
    }

    /// Where it is kept, asked for or not.
    pub(super) fn folder(&self) -> PathBuf {
        self.0.clone().unwrap_or_else(usual_folder)
    }

    /// The account, where it was asked for.
    pub(super) fn open(&self) -> Result<Option<Sandbox>, Failure> {
        self.0.as_deref().map(open).transpose()
    }
}

/// The account kept in a folder.
pub(super) fn open(folder: &Path) -> Result<Sandbox, Failure> {
    Sandbox::open(folder).map_err(|error| Failure::new(error.to_string()))
}

/// The user's cache, because losing it loses nothing.
fn usual_folder() -> PathBuf {
    let set = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("baseline")
        .join("sandbox")
}
