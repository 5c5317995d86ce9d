//! Files that tell about an account: whole or not at all, for their owner only, and never through a link.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::report::Shown;

/// Whether a file can be written there, asked before the work whose result it is to hold.
pub(super) fn can_be_written(path: &Path) -> io::Result<()> {
    begin(path).map(drop)
}

/// Writes a file beside the old one and puts it in its place in one step.
pub(super) fn write(path: &Path, text: &Shown) -> io::Result<()> {
    let mut file = begin(path)?;
    file.write_all(text.written().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A file that grows beside the old one and takes its place in one step, when it is whole.
#[derive(Debug)]
pub(super) struct Growing {
    file: NamedTempFile,
    path: PathBuf,
}

impl Growing {
    /// Begins with nothing.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        Ok(Self { file: begin(path)?, path: path.to_owned() })
    }

    /// Adds a text that ends at the end of a line.
    pub(super) fn add(&mut self, text: &Shown) -> io::Result<()> {
        self.file.write_all(text.written().as_bytes())
    }

    /// Puts it in its place.
    pub(super) fn end(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// Makes a folder where none is, for its owner only, and those above it; one that is there stays as it is.
pub(super) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The same, and fails where something is in it: files of two runs are not mixed.
pub(super) fn empty_folder(path: &Path) -> io::Result<()> {
    folder(path)?;
    match fs::read_dir(path)?.next() {
        Some(_) => Err(io::Error::other("the folder is not empty")),
        None => Ok(()),
    }
}

/// Writes a text of this program under a name that is free, with the rights that files of the caller have.
///
/// Fails with [`ErrorKind::AlreadyExists`] where something stands there, a link included.
pub(super) fn create(path: &Path, own: &'static str) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut file = with_rights_of_the_caller().tempfile_in(folder_of(path)?).map_err(plainly)?;
    file.write_all(own.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// Writes a file for everybody, with the rights that files of the caller have, and the folders above it where they are missing.
pub(super) fn publish(path: &Path, text: &Shown) -> io::Result<()> {
    let folder = folder_of(path)?;
    fs::create_dir_all(folder)?;
    replaceable(path)?;
    let mut file = with_rights_of_the_caller().tempfile_in(folder).map_err(plainly)?;
    file.write_all(text.written().as_bytes())?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// How a file is made that is nobody's secret.
fn with_rights_of_the_caller() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// An empty file of mode 0600 in the same folder, so that renaming it is one step.
fn begin(path: &Path) -> io::Result<NamedTempFile> {
    replaceable(path)?;
    NamedTempFile::new_in(folder_of(path)?).map_err(plainly)
}

/// Whether nothing stands there but a file.
fn replaceable(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        // Through a link any file of the caller could be replaced; a device or a pipe would be.
        Ok(there) if !there.is_file() => Err(io::Error::other("it is there and is no regular file")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Without the name of the temporary file, which nobody chose.
fn plainly(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::NotFound => io::Error::other("there is no such folder"),
        kind => kind.into(),
    }
}

fn folder_of(path: &Path) -> io::Result<&Path> {
    if path.file_name().is_none() {
        return Err(io::Error::other("it names no file"));
    }
    Ok(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown;

    #[test]
    fn a_file_is_replaced_whole_and_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drift.json");
        fs::write(&path, "a longer text from before").unwrap();
        can_be_written(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a longer text from before", "asking changes nothing");
        write(&path, &shown!("now")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "now");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something is left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_made_is_its_owners_and_one_that_is_there_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;
        let there = tempfile::tempdir().unwrap();
        fs::set_permissions(there.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        folder(&there.path().join("policies/shop")).unwrap();
        assert_eq!(mode(&there.path().join("policies/shop")), 0o700);
        assert_eq!(mode(&there.path().join("policies")), 0o700);
        folder(there.path()).unwrap();
        assert_eq!(mode(there.path()), 0o755);
    }

    #[test]
    fn a_file_that_is_created_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.toml");
        create(&path, "new").unwrap();
        assert_eq!(create(&path, "newer").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        #[cfg(unix)]
        {
            let dangling = folder.path().join("dangling.toml");
            std::os::unix::fs::symlink(folder.path().join("made"), &dangling).unwrap();
            assert_eq!(create(&dangling, "new").unwrap_err().kind(), ErrorKind::AlreadyExists);
            assert!(!folder.path().join("made").exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_its_own_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("link"));
        fs::write(&victim, "mine").unwrap();
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        let dangling = folder.path().join("dangling");
        std::os::unix::fs::symlink(folder.path().join("made"), &dangling).unwrap();
        for path in [&link, &dangling, &folder.path().to_owned(), &folder.path().join("no/such")] {
            let refused = can_be_written(path).unwrap_err().to_string();
            assert!(!refused.contains(".tmp"), "{refused}");
            assert!(write(path, &shown!("now")).is_err(), "{}", path.display());
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert!(!folder.path().join("made").exists());
    }
}
