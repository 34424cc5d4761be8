use super::{Announcement, Role, format, liveness};
use crate::failpoint;
use crate::registry::{RegistryError, names};
use crate::sys::file;
use crate::sys::fork::OwnFile;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// This process's own entry. While it exists, the endpoint counts as alive.
///
/// Create one with [`TopicDirectory::announce`](super::super::TopicDirectory::announce), and end it
/// with [`TopicDirectory::withdraw`](super::super::TopicDirectory::withdraw).
pub struct Registration {
    name: String,
    role: Role,
    locks: OwnFile,
}

impl Registration {
    /// Returns the entry's name in the topic's directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether the entry was removed from outside.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn was_removed(&self) -> io::Result<bool> {
        Ok(file::status(&self.locks)?.links == 0)
    }

    /// Returns the role of its owner.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Releases its lock: its owner is not alive any more. Closing the descriptor is not enough,
    /// because a child that is just being spawned can have a copy of it.
    pub(in crate::registry) fn release(self) {
        // Should it fail, the descriptor's end does it.
        let _ = liveness::release(self.locks.file());
    }

    /// Tells all processes that hold the entry open that its owner leaves in order.
    pub(in crate::registry) fn mark_left(&self) -> io::Result<()> {
        liveness::mark_left(self.locks.file())
    }
}

/// Writes an entry, locks it, and gives it its name, in this order: nobody sees half of an entry,
/// or one without a live owner.
pub(in crate::registry) fn register(
    directory: &OwnedFd,
    path: &Path,
    announcement: &Announcement,
) -> Result<Registration, RegistryError> {
    let name = names::entry(announcement.role, announcement.id);
    let path = path.join(&name);
    let bytes = format::encode(announcement);
    if bytes.len() > format::MAX_BYTES {
        let name = announcement.name.clone();
        return Err(RegistryError::TooLarge { name, bytes: bytes.len(), limit: format::MAX_BYTES });
    }
    let write = || -> io::Result<OwnFile> {
        let locks = OwnFile::open(|| file::unnamed(directory, 0o600))?;
        let file = locks.file();
        file::allocate(file, 0..bytes.len() as u64)?;
        file.write_all_at(&bytes, 0)?;
        let locked = liveness::lock(file)?;
        debug_assert!(locked, "nobody else knows this file yet");
        failpoint::hit("announce.written");
        let linked = file::link(file, directory, &name)?;
        failpoint::hit("announce.linked");
        if linked { Ok(locks) } else { Err(io::ErrorKind::AlreadyExists.into()) }
    };
    let locks = write().map_err(RegistryError::io("write the entry", path))?;
    Ok(Registration { name, role: announcement.role, locks })
}

/// Removes an entry and the other files of its owner. Returns whether the entry still existed.
pub(in crate::registry) fn remove(directory: &OwnedFd, name: &str) -> io::Result<bool> {
    for companion in names::companions(name).into_iter().flatten() {
        file::unlink(directory, &companion)?;
    }
    file::unlink(directory, name)
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registration").field(&self.name).finish()
    }
}
