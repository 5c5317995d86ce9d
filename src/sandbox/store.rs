//! The world on disk, for `--sandbox=FOLDER`: one JSON file, replaced in one step.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::world::World;

/// The file's name in its folder.
const FILE: &str = "sandbox.json";

/// Why the world could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is there but is not a world.
    #[error(
        "{} does not hold a sandbox ({source}); delete the file, or start again with: baseline --sandbox={} sandbox reset",
        path.display(),
        path.parent().unwrap_or(path).display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Another process has the folder open.
    #[error("another process uses the sandbox in {}; wait for it or name another folder", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
}

/// A folder that holds a world, locked as long as this lives.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    _lock: fs::File,
}

impl Store {
    /// Opens a folder, made if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another process has it open, or the file system's refusal.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let failed = |action: &'static str| {
            let path = folder.to_owned();
            move |source| StoreError::Io { action, path, source }
        };
        private_folder(folder).map_err(failed("create"))?;
        is_ours(folder).map_err(failed("use"))?;
        let lock = own_file(&folder.join("lock")).map_err(failed("write to"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::Busy { folder: folder.to_owned() }),
            Err(fs::TryLockError::Error(source)) => Err(failed("lock")(source)),
        }
    }

    /// Deletes the world of a folder that nobody else uses, even one that cannot be read any more.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where another process has it open, or the file system's refusal.
    pub fn forget(folder: &Path) -> Result<(), StoreError> {
        let path = Self::open(folder)?.folder.join(FILE);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::Io { action: "delete", path, source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Reads the world; nothing where there is none yet.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a file that is not a world.
    pub fn load(&self) -> Result<Option<World>, StoreError> {
        let path = self.folder.join(FILE);
        match is_regular(&path).and_then(|()| fs::read(&path)) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(world) => Ok(Some(world)),
                Err(source) => Err(StoreError::Corrupt { path, source }),
            },
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { action: "read", path, source }),
        }
    }

    /// Writes the world beside the old file and puts it in its place in one step.
    ///
    /// # Errors
    /// The file system's refusal; the old file is then untouched.
    pub fn save(&self, world: &World) -> Result<(), StoreError> {
        let path = self.folder.join(FILE);
        let failed = |source| StoreError::Io { action: "write", path: path.clone(), source };
        let bytes = serde_json::to_vec(world).map_err(io::Error::from).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(failed)?;
        // Not synced: what must survive is the end of this process, not that of the machine.
        file.write_all(&bytes).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Fails where somebody else may put files into the folder.
#[cfg(unix)]
fn is_ours(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let there = fs::metadata(folder)?;
    // A file made now says who we are.
    let us = tempfile::tempfile_in(folder)?.metadata()?.uid();
    if there.uid() != us {
        return Err(io::Error::other("the folder belongs to another user; name one of your own"));
    }
    if there.mode() & 0o002 != 0 {
        return Err(io::Error::other("everybody may write to the folder; name one of your own"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn is_ours(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Fails for a link, a pipe and whatever else is no file.
fn is_regular(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_file() {
        return Ok(());
    }
    Err(io::Error::other("it is no regular file; delete it"))
}

/// Opens a file that nobody reads, or makes it for its owner only, and empties none: behind a link it would be another one's.
fn own_file(path: &Path) -> io::Result<fs::File> {
    match is_regular(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut new = fs::OpenOptions::new();
            new.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
            match new.open(path) {
                // Another process made it in between.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => is_regular(path)?,
                made => return made,
            }
        }
        known => known?,
    }
    fs::OpenOptions::new().write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_is_the_same_after_a_round_through_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(store.load().unwrap().is_none());
        let mut world = World::new(Default::default(), 5);
        world.region("123456789012", "us-east-1");
        store.save(&world).unwrap();
        let loaded = store.load().unwrap().unwrap();
        assert_eq!(serde_json::to_value(&loaded).unwrap(), serde_json::to_value(&world).unwrap());
    }

    #[test]
    fn a_broken_file_is_named_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"profile\":").unwrap();
        let error = Store::open(folder.path()).unwrap().load().unwrap_err().to_string();
        assert!(error.contains(FILE) && error.contains("sandbox reset"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        for name in ["lock", FILE] {
            let inside = folder.path().join(format!("with-{name}"));
            fs::create_dir(&inside).unwrap();
            std::os::unix::fs::symlink(&victim, inside.join(name)).unwrap();
            let opened = Store::open(&inside).and_then(|store| store.load());
            assert!(opened.unwrap_err().to_string().contains("no regular file"), "{name}");
            assert_eq!(fs::read_to_string(&victim).unwrap(), "mine", "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_made_for_its_owner_and_one_that_all_may_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (made, shared) = (folder.path().join("made"), folder.path().join("shared"));
        Store::open(&made).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&made), mode(&made.join("lock"))), (0o700, 0o600));
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).unwrap();
        let error = Store::open(&shared).unwrap_err().to_string();
        assert!(error.contains("everybody may write"), "{error}");
    }

    #[test]
    fn two_processes_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = Store::open(folder.path()).unwrap();
        assert!(matches!(Store::open(folder.path()), Err(StoreError::Busy { .. })));
    }
}
