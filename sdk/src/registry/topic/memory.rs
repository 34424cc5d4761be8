//! Memory of endpoints, in files of the topic's directory or behind descriptors of their processes.

use super::{TopicDirectory, namespaces};
use crate::registry::entry::EndpointId;
use crate::registry::memory::LIFE;
use crate::registry::{MemoryEntry, MemoryError, Placement, names};
use crate::sys::fork::OwnFile;
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

impl TopicDirectory {
    /// Returns whether the memory of an endpoint with this placement goes into a file.
    pub(crate) fn needs_file(&self, placement: Placement) -> bool {
        match placement {
            Placement::Auto => !process::is_open_to_siblings() || namespaces::are_several(&self.hints),
            Placement::Sealed => false,
            Placement::File => true,
        }
    }

    /// Creates a file for an endpoint's memory, which other processes of this user can read. The
    /// first `allocated` of its `bytes` have storage. It has no name yet.
    pub(crate) fn create_memory(&self, bytes: u64, allocated: u64) -> io::Result<OwnFile> {
        let file = OwnFile::open(|| file::unnamed(self.directory(), 0o440))?;
        file::allocate(&file, 0..allocated)?;
        if allocated < bytes {
            file::check_size(bytes)?;
            file.file().set_len(bytes)?;
        }
        // So that it is not taken for that of an owner that died before it had an entry.
        if !lock::take(&file, LIFE, Hold::Alone)? {
            return Err(io::ErrorKind::ResourceBusy.into()); // opened by its descriptor, in `/proc`
        }
        Ok(file)
    }

    /// Gives an endpoint's memory file its name. It is removed together with the endpoint's entry.
    pub(crate) fn name_memory(&self, file: &File, id: EndpointId) -> io::Result<()> {
        if file::link(file, self.directory(), &names::memory(id))? {
            Ok(())
        } else {
            Err(io::ErrorKind::AlreadyExists.into())
        }
    }

    /// Removes the memory file of an endpoint that was not announced after all.
    pub(crate) fn forget_memory(&self, id: EndpointId) {
        // If it cannot be removed now, the endpoint that removes the topic does it.
        let _ = file::unlink(self.directory(), &names::memory(id));
    }

    /// Opens the memory of another endpoint, for reading.
    ///
    /// # Errors
    /// When it cannot be opened, or is not what the entry describes.
    pub fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
        memory.open(self.directory(), id)
    }
}
