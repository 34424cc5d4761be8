//! Directories that can be trusted: of this user, closed to others, reached through no link.

use super::RegistryError;
use crate::sys::error::is_wrong_kind;
use crate::sys::{file, process};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Opens the directory at `path`, or makes it. Nothing if it was removed in between.
pub(super) fn open_or_make(path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    file::make_directory(path).map_err(RegistryError::io("make the directory", path))?;
    opened(file::open_directory(path), path)
}

/// The same, inside a directory that is open; `path` is for errors. Nothing if either was removed meanwhile.
pub(super) fn open_or_make_at(parent: &OwnedFd, name: &str, path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    match file::make_directory_at(parent, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        result => result.map_err(RegistryError::io("make the directory", path))?,
    };
    opened(file::open_directory_at(parent, name), path)
}

/// Opens the directory at `path` for a look. Nothing if there is none.
pub(super) fn look(path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    opened(file::open_directory(path), path)
}

/// The same, inside a directory that is open; `path` is for errors.
pub(super) fn look_at(parent: &OwnedFd, name: &str, path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    opened(file::open_directory_at(parent, name), path)
}

fn opened(result: io::Result<OwnedFd>, path: &Path) -> Result<Option<OwnedFd>, RegistryError> {
    match result {
        Ok(directory) => check(directory, path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if is_wrong_kind(&error) => Err(RegistryError::NotADirectory { path: path.into() }),
        Err(error) => Err(RegistryError::io("open the directory", path)(error)),
    }
}

/// `/dev/shm` is writable by all: a directory that somebody else made there is not ours to trust.
fn check(directory: OwnedFd, path: &Path) -> Result<OwnedFd, RegistryError> {
    let status = file::status(&directory).map_err(RegistryError::io("look at", path))?;
    let user = process::user();
    if status.owner != user {
        return Err(RegistryError::ForeignOwner { path: path.into(), owner: status.owner, user });
    }
    if status.mode & 0o077 != 0 {
        return Err(RegistryError::OpenToOthers { path: path.into(), mode: status.mode });
    }
    Ok(directory)
}
