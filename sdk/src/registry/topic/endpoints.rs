//! The entries of a topic's endpoints: this process's own, and those of others.

use super::TopicDirectory;
use crate::failpoint;
use crate::registry::RegistryError;
use crate::registry::entry::{self, Announcement, Entry, Registration, Role};

/// What was removed from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Removed {
    pub(crate) topic: bool,
    pub(crate) entry: bool,
}

impl TopicDirectory {
    /// Announces an endpoint. Others see its entry only complete, and alive.
    ///
    /// # Errors
    /// When the entry cannot be written, or in a process forked from the one that entered the
    /// topic.
    pub fn announce(&self, announcement: &Announcement) -> Result<Registration, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.path.clone() });
        }
        let registration = entry::register(&self.directory, &self.path, announcement)?;
        self.count(announcement.role);
        Ok(registration)
    }

    /// Removes an entry because its owner leaves. (A registration that is just dropped looks like a
    /// death: the next endpoint to scan removes the entry.)
    ///
    /// Does nothing in a process forked from the one that announced it: the parent still has the
    /// endpoint.
    pub fn withdraw(&self, registration: Registration) {
        if self.is_forked_copy() {
            return;
        }
        let role = registration.role();
        // If this fails, it looks like a death.
        let _ = registration.mark_left();
        failpoint::hit("close.left");
        let removed = entry::remove(&self.directory, registration.name());
        failpoint::hit("close.unlinked");
        registration.release();
        if removed.is_ok_and(|removed| removed) {
            self.count(role);
        }
    }

    /// Removes an entry as [`withdraw`](Self::withdraw) does, but keeps the registration: processes
    /// that hold the entry open see that its owner has left, and that it still holds its lock.
    pub(crate) fn hide(&self, registration: &Registration) {
        if self.is_forked_copy() {
            return;
        }
        let _ = registration.mark_left();
        if entry::remove(&self.directory, registration.name()).is_ok_and(|removed| removed) {
            self.count(registration.role());
        }
    }

    /// Returns which of this topic and this endpoint's entry were removed from outside.
    pub(crate) fn removed(&self, registration: &Registration) -> Result<Removed, RegistryError> {
        let failed = |reason| RegistryError::io("inspect", &self.path)(reason);
        let topic = self.was_removed().map_err(failed)?;
        let entry = registration.was_removed().map_err(failed)?;
        Ok(Removed { topic, entry })
    }

    /// Returns the names of a role's entries, whether their owners are alive or dead.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn names(&self, role: Role) -> Result<Vec<String>, RegistryError> {
        entry::list(&self.directory, &self.path, role)
    }

    /// Opens an entry. Removes it if its owner is dead.
    ///
    /// # Errors
    /// When the file cannot be opened, read or removed.
    pub fn open(&self, name: &str) -> Result<Entry, RegistryError> {
        entry::open(&self.directory, &self.path, name)
    }
}
