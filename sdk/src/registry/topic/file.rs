//! The topic's file: one page, which carries the locks and the hints.

use super::layout::{BYTES, MAGIC, byte};
use crate::failpoint;
use crate::registry::{RegistryError, names};
use crate::sys::file;
use crate::sys::fork::OwnFile;
use crate::sys::lock::{self, Hold};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Opens the topic's file in a directory, or creates it, and read-locks its first byte. Returns
/// `None` if it was removed before it was locked.
pub(super) fn open_or_create(directory: &OwnedFd, path: &Path) -> Result<Option<OwnFile>, RegistryError> {
    let path = path.join(names::TOPIC);
    let opened = OwnFile::open_if(|| file::open_writable(directory, names::TOPIC));
    let Some(file) = opened.map_err(RegistryError::io("open", &path))? else {
        return create(directory).map_err(RegistryError::io("create", &path));
    };
    if !lock::take(&file, byte::LIFE, Hold::Shared).map_err(RegistryError::io("lock", &path))? {
        return Ok(None);
    }
    if !is_current(directory, &file).map_err(RegistryError::io("inspect", &path))? {
        return Ok(None);
    }
    verify(file.file(), &path)?;
    Ok(Some(file))
}

/// Returns `None` if another process was first, or the directory was removed.
fn create(directory: &OwnedFd) -> io::Result<Option<OwnFile>> {
    let create = || -> io::Result<_> {
        let file = OwnFile::open(|| file::unnamed(directory, 0o600))?;
        file::allocate(&file, 0..BYTES as u64)?;
        file.file().write_all_at(&MAGIC.to_le_bytes(), 0)?;
        if !lock::take(&file, byte::LIFE, Hold::Shared)? {
            return Err(io::ErrorKind::ResourceBusy.into()); // opened by its descriptor, in `/proc`
        }
        failpoint::hit("enter.written");
        let linked = file::link(file.file(), directory, names::TOPIC)?;
        failpoint::hit("enter.linked");
        Ok(linked.then_some(file))
    };
    match create() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None), // the directory was removed
        result => result,
    }
}

/// Returns whether a topic's file is still the one that its name leads to.
pub(super) fn is_current(directory: &OwnedFd, file: &OwnFile) -> io::Result<bool> {
    let status = file::status(file)?;
    let by_name = file::status_at(directory, names::TOPIC)?;
    Ok(by_name.is_some_and(|by_name| by_name.identity == status.identity))
}

/// Checks that a file is a topic's, of this version.
pub(in crate::registry) fn verify(file: &File, path: &Path) -> Result<(), RegistryError> {
    let damaged = |found: String| Err(RegistryError::TopicFile { path: path.into(), found });
    let status = file::status(file).map_err(RegistryError::io("inspect", path))?;
    if !status.is_regular || status.size != BYTES as u64 {
        return damaged(format!("it has {} bytes instead of {}", status.size, BYTES));
    }
    let magic = file::read_up_to(file, 8).map_err(RegistryError::io("read", path))?;
    if magic != MAGIC.to_le_bytes() {
        return damaged(format!("it begins with {magic:02x?} instead of {:02x?}", MAGIC.to_le_bytes()));
    }
    Ok(())
}
