//! Directories that can be trusted: they belong to this user, are closed to others, and are reached
//! through no link.

use super::RegistryError;
use crate::sys::error::is_wrong_kind;
use crate::sys::{file, process};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Opens the directory at `path`, and creates it if it does not exist. Returns `None` if it was
/// removed meanwhile.
pub(super) fn open_or_create(path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    file::make_directory(path).map_err(RegistryError::io("create the directory", path))?;
    check_opened(file::open_directory(path), path)
}

/// Does the same inside an open directory; `path` is for errors. Returns `None` if either was
/// removed meanwhile.
pub(super) fn open_or_create_at(parent: &OwnedFd, name: &str, path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    match file::make_directory_at(parent, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        result => result.map_err(RegistryError::io("create the directory", path))?,
    };
    check_opened(file::open_directory_at(parent, name), path)
}

/// Opens the directory at `path`. Returns `None` if it does not exist.
pub(super) fn open_existing(path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    check_opened(file::open_directory(path), path)
}

/// Does the same inside an open directory; `path` is for errors.
pub(super) fn open_existing_at(parent: &OwnedFd, name: &str, path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    check_opened(file::open_directory_at(parent, name), path)
}

fn check_opened(opened: io::Result<OwnedFd>, path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    match opened {
        Ok(directory) => check(directory, path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if is_wrong_kind(&error) => Err(RegistryError::NotADirectory { path: path.into() }),
        Err(error) => Err(RegistryError::io("open the directory", path)(error)),
    }
}

/// Checks that a directory can be trusted: everybody can write to `/dev/shm`, so somebody else may
/// have created it.
fn check(directory: OwnedFd, path: &Path) -> Result<OwnedFd, RegistryError> {
    let status = file::status(&directory).map_err(RegistryError::io("inspect", path))?;
    let user = process::user();
    if status.owner != user {
        return Err(RegistryError::ForeignOwner { path: path.into(), owner: status.owner, user });
    }
    if status.mode & 0o077 != 0 {
        return Err(RegistryError::OpenToOthers { path: path.into(), mode: status.mode });
    }
    Ok(directory)
}
