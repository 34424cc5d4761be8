use super::handover::{Handle, HandoverError};
use super::{TopicDirectory, entry};
use crate::registry::EndpointId;
use crate::sys::error::is_shortage;
use crate::sys::fork::OwnFile;
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// Where an endpoint's memory can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Memory {
    /// LagTimeout a descriptor of its process: sealed memory that only its owner can write.
    Sealed(Handle),
    /// In a file of the topic's directory: for processes whose descriptors others cannot open. It is read-only for
    /// others by its mode alone, and a process of the same user could truncate it under its readers.
    File {
        /// The device of the file.
        device: u64,
        /// Its inode.
        inode: u64,
    },
}

/// The memory of an endpoint: where it is, and what must be found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryEntry {
    /// Where it can be had.
    pub place: Memory,
    /// Its size in bytes.
    pub bytes: u64,
    /// A random number that also stands in its header.
    pub nonce: u64,
}

/// Where an endpoint's memory is to be: see [`Memory`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// Sealed, unless others could not open it: this process is not dumpable, or has capabilities that they lack.
    #[default]
    Auto,
    /// LagTimeout a descriptor of this process.
    Sealed,
    /// In a file of the topic's directory: for endpoints in different PID or user namespaces.
    File,
}

impl Placement {
    pub(crate) fn is_file(self) -> bool {
        match self {
            Self::Auto => !process::is_open_to_siblings(),
            Self::Sealed => false,
            Self::File => true,
        }
    }
}

/// Why an endpoint's memory cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// Its descriptor cannot be had.
    #[error("its memory cannot be opened: {0}; if its process cannot be opened by others, give it `Placement::File`")]
    Handover(#[from] HandoverError),
    /// Its file cannot be opened.
    #[error("its memory file {name} cannot be opened: {reason}")]
    File {
        /// Its name in the topic's directory.
        name: String,
        /// What the kernel answered.
        reason: io::Error,
    },
    /// Its file is not the one of its entry, or not its owner's.
    #[error("its memory file {name} is not the one that its entry describes")]
    Another {
        /// Its name in the topic's directory.
        name: String,
    },
}

impl MemoryError {
    /// Whether it may be that the owner is just ending or dying: its memory goes a moment before its lock is free.
    pub(crate) fn may_be_exiting(&self) -> bool {
        match self {
            Self::Handover(error) => error.may_be_exiting(),
            Self::Another { .. } => true,
            Self::File { .. } => false,
        }
    }

    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Handover(error) => error.is_transient(),
            Self::File { reason, .. } => is_shortage(reason),
            Self::Another { .. } => false,
        }
    }
}

/// What the name of a memory file begins with.
pub(super) const PREFIX: &str = "m";

/// The byte that an owner locks.
const LIFE: u64 = 0;

/// Removes memory files whose owners died before they had an entry. What cannot be looked at is left to who removes the
/// topic.
pub(super) fn remove_orphans(directory: &OwnedFd) {
    let Ok(names) = file::names(directory) else { return };
    let entries: HashSet<&str> = names.iter().filter_map(|name| entry::id_of(name)).collect();
    for name in names.iter().filter(|name| entry::is_ours(name)) {
        let Some(id) = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('-')) else { continue };
        if entries.contains(id) {
            continue; // it goes with the entry
        }
        if let Ok(Some(file)) = file::open(directory, name)
            && let Ok(false) = lock::is_held_against(&file, LIFE, Hold::Shared)
        {
            let _ = file::unlink(directory, name);
        }
    }
}

/// The name of an endpoint's memory file.
pub(super) fn file_name(id: EndpointId) -> String {
    format!("{PREFIX}-{id}")
}

impl TopicDirectory {
    /// A file for an endpoint's memory, of which the first `allocated` bytes are there, that others of the user can
    /// read. It has no name yet.
    pub(crate) fn make_memory(&self, bytes: u64, allocated: u64) -> io::Result<OwnFile> {
        let file = OwnFile::open(|| file::unnamed(self.directory(), 0o440))?;
        file::allocate(&file, 0..allocated)?;
        if allocated < bytes {
            file::check_size(bytes)?;
            file.file().set_len(bytes)?;
        }
        // So that it is not taken for that of an owner who died before it had an entry.
        let locked = lock::take(&file, LIFE, Hold::Alone)?;
        debug_assert!(locked, "nobody else knows this file yet");
        Ok(file)
    }

    /// Gives an endpoint's memory file its name. It is removed with the endpoint's entry.
    pub(crate) fn name_memory(&self, file: &File, id: EndpointId) -> io::Result<()> {
        if file::link(file, self.directory(), &file_name(id))? {
            Ok(())
        } else {
            Err(io::ErrorKind::AlreadyExists.into())
        }
    }

    /// Removes the memory file of an endpoint that was not announced after all.
    pub(crate) fn forget_memory(&self, id: EndpointId) {
        // If it cannot be removed now, whoever removes the topic does.
        let _ = file::unlink(self.directory(), &file_name(id));
    }

    /// Opens the memory of another endpoint, for reading.
    ///
    /// # Errors
    /// When it cannot be had, or is not what the entry says.
    pub fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
        memory.open(self.directory(), id)
    }
}

impl MemoryEntry {
    /// Opens the memory of the endpoint `id`, for reading.
    pub(super) fn open(&self, directory: &OwnedFd, id: EndpointId) -> Result<OwnedFd, MemoryError> {
        match self.place {
            Memory::Sealed(handle) => Ok(handle.fetch()?),
            Memory::File { device, inode } => {
                let name = file_name(id);
                let open = || -> io::Result<Option<File>> {
                    let Some(file) = file::open(directory, &name)? else { return Ok(None) };
                    let status = file::status(&file)?;
                    let is_it = status.identity == file::Identity { device, inode }
                        && status.is_regular
                        && status.owner == process::user();
                    Ok(is_it.then_some(file))
                };
                match open() {
                    Ok(Some(file)) => Ok(file.into()),
                    Ok(None) => Err(MemoryError::Another { name }),
                    Err(reason) => Err(MemoryError::File { name, reason }),
                }
            }
        }
    }
}
