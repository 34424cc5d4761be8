//! What is kept of an endpoint beyond its end: a value that survives its writer.
//!
//! The endpoint's memory is in a file. Both this file and the endpoint's entry get a second name:
//! `k-<id>`, and `kept`, of which a topic has one. So the files of the dead are removed as ever, and
//! these names stay. They keep the topic's directory, too. They go when something else is kept,
//! when nothing is to be kept any more, or by request.
//!
//! `kept` is given last, by a rename, and names which memory is meant. So at each moment what is
//! kept is whole: what was kept before, or what is kept now.

use super::layout::byte;
use super::{Patience, TopicDirectory};
use crate::failpoint;
use crate::registry::entry::{self, EndpointId, Peer, Role};
use crate::registry::{Domain, RegistryError, TopicName, directory, names};
use crate::sys::file;
use crate::sys::lock::{self, Hold};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

impl TopicDirectory {
    /// Keeps the entry and memory file of an endpoint of this process, in place of what was kept
    /// before. Only one process may do this at a time.
    pub(crate) fn keep(&self, role: Role, id: EndpointId) -> Result<(), RegistryError> {
        self.try_keep(role, id).map_err(RegistryError::io("keep the value of", &self.path))
    }

    fn try_keep(&self, role: Role, id: EndpointId) -> io::Result<()> {
        let directory = &self.directory;
        file::link_name(directory, &names::memory(id), &names::kept_memory(id))?;
        failpoint::hit("keep.linked");
        file::unlink(directory, names::KEPT_NEXT)?; // of one that was killed here
        file::link_name(directory, &names::entry(role, id), names::KEPT_NEXT)?;
        file::rename(directory, names::KEPT_NEXT, names::KEPT)?;
        failpoint::hit("keep.renamed");
        remove_memory(directory, Some(id))
    }

    /// Removes what is kept.
    pub(crate) fn keep_nothing(&self) -> Result<(), RegistryError> {
        let remove = || {
            file::unlink(&self.directory, names::KEPT)?;
            remove_memory(&self.directory, None)
        };
        remove().map_err(RegistryError::io("remove what was kept in", &self.path))
    }
}

/// Returns what is kept in a topic's directory, if that can be used. Its owner may live.
pub(in crate::registry) fn open(directory: &OwnedFd, path: &Path) -> Option<Peer> {
    let status = file::status_at(directory, names::KEPT).ok()??;
    if !status.is_regular {
        return None;
    }
    let file = file::open(directory, names::KEPT).ok()??;
    entry::read(names::KEPT, &path.join(names::KEPT), file).ok()?.ok()
}

/// Returns whether anything is kept in a topic's directory.
pub(in crate::registry) fn is_any(directory: &OwnedFd) -> bool {
    file::status_at(directory, names::KEPT).is_ok_and(|status| status.is_some())
}

/// Removes the memory that is kept, but that of one endpoint.
pub(super) fn remove_memory(directory: &OwnedFd, but: Option<EndpointId>) -> io::Result<()> {
    let but = but.map(names::kept_memory);
    for name in file::names(directory)? {
        if name == names::KEPT_NEXT || names::is_kept_memory(&name) && Some(&name) != but.as_ref() {
            file::unlink(directory, &name)?;
        }
    }
    Ok(())
}

impl Domain {
    /// Removes the value that a writer has left in a topic, unless a publisher lives there. Returns
    /// whether there was one. This also removes the topic, if no endpoint is left in it.
    ///
    /// See [`ValueWriterBuilder::survives_writer`](crate::ValueWriterBuilder::survives_writer).
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted, or the files cannot be removed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let domain = slotcast::testing::TempDomain::new();
    /// use slotcast::{ValueReader, ValueWriter};
    ///
    /// let mut writer = ValueWriter::<u64>::builder("limit").domain(&domain).survives_writer(true).create()?;
    /// writer.set(&7)?;
    /// let topic = writer.topic().clone();
    /// assert!(!domain.forget_value(&topic)?, "its writer lives");
    /// drop(writer);
    /// assert!(domain.forget_value(&topic)?);
    /// let mut reader = ValueReader::<u64>::builder("limit").domain(&domain).create()?;
    /// assert!(reader.get()?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn forget_value(&self, topic: &TopicName) -> Result<bool, RegistryError> {
        let Some(parent) = self.open_existing()? else { return Ok(false) };
        let name = names::directory(topic);
        let path = self.path().join(&name);
        match directory::open_existing_at(&parent, &name, &path)? {
            Some(directory) if is_any(&directory) => {}
            _ => return Ok(false),
        }
        let topic = TopicDirectory::enter_quietly(self, topic, Patience::Long)?;
        // As an exclusive publisher: so none comes meanwhile.
        let is_alone = lock::take(&topic.file, byte::PUBLISHERS, Hold::Alone);
        if !is_alone.map_err(RegistryError::io("lock", path.join(names::TOPIC)))? {
            return Ok(false);
        }
        topic.keep_nothing()?;
        Ok(true)
    }
}
