//! Keeping the value of a writer beyond its end, and forgetting it. See `registry::kept`.

use super::layout::byte;
use super::{Patience, TopicDirectory};
use crate::failpoint;
use crate::registry::entry::{EndpointId, Role};
use crate::registry::{Domain, RegistryError, TopicName, directory, kept, names};
use crate::sys::file;
use crate::sys::lock::{self, Hold};
use std::io;

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
        kept::remove_memory(directory, Some(id))
    }

    /// Removes what is kept.
    pub(crate) fn keep_nothing(&self) -> Result<(), RegistryError> {
        let remove = || {
            file::unlink(&self.directory, names::KEPT)?;
            kept::remove_memory(&self.directory, None)
        };
        remove().map_err(RegistryError::io("remove what was kept in", &self.path))
    }
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
            Some(directory) if kept::is_any(&directory) => {}
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
