use super::entry::EndpointId;
use super::handover::{Handle, HandoverError};
use super::names;
use crate::sys::advice::{Attempt, suffix};
use crate::sys::error::is_shortage;
use crate::sys::{file, process};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// Where an endpoint's memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Memory {
    /// Behind a descriptor of its process: sealed memory that only its owner can write.
    Sealed(Handle),
    /// In a file of the topic's directory: for processes whose descriptors others cannot open. Only
    /// its mode makes it read-only for others, and a process of the same user could truncate it
    /// under its readers.
    File {
        /// The device of the file.
        device: u64,
        /// Its inode.
        inode: u64,
    },
    /// Behind a descriptor of a process in another PID namespace. Its number means nothing to this
    /// process, so the memory cannot be opened.
    OtherNamespace,
}

/// The memory of an endpoint: where it is, and what must be found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryEntry {
    /// Where it is.
    pub place: Memory,
    /// Its size in bytes.
    pub bytes: u64,
    /// A random number that its header has, too.
    pub nonce: u64,
}

/// Where an endpoint's memory is to be placed: see [`Memory`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{Placement, Publisher};
///
/// // Subscribers in another container share the domain's directory, but cannot open descriptors of this process.
/// let publisher = Publisher::<u64>::builder("ticks").domain(&domain).placement(Placement::File).create()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// Sealed, unless other processes could not open it: this process is not dumpable, or has
    /// capabilities that they lack, or an endpoint of the topic is in another PID namespace.
    #[default]
    Auto,
    /// Behind a descriptor of this process.
    Sealed,
    /// In a file of the topic's directory: for endpoints in different PID or user namespaces.
    File,
}

/// Why an endpoint's memory cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// Its descriptor cannot be fetched.
    #[error("its memory cannot be opened: {0}{advice}", advice = .0.advice())]
    Handover(#[from] HandoverError),
    /// Its process is in another PID namespace, such as a container.
    #[error(
        "its process is in another PID namespace (a container?), and its memory is behind a descriptor there: give it \
         `Placement::File`, or start it after this side"
    )]
    OtherNamespace,
    /// Its file cannot be opened.
    #[error("its memory file {name} cannot be opened: {reason}{}", suffix("; ", Attempt::OpenMemory, reason))]
    File {
        /// The file's name in the topic's directory.
        name: String,
        /// The kernel's error.
        reason: io::Error,
    },
    /// Its file is not the one that its entry describes, or belongs to another user.
    #[error("its memory file {name} is not the one that its entry describes")]
    Another {
        /// The file's name in the topic's directory.
        name: String,
    },
}

impl MemoryError {
    /// Returns whether the owner may be exiting: its memory is freed a moment before its lock.
    pub(crate) fn may_be_exiting(&self) -> bool {
        match self {
            Self::Handover(error) => error.may_be_exiting(),
            Self::Another { .. } => true,
            Self::File { .. } | Self::OtherNamespace => false,
        }
    }

    /// Returns whether it may work later: this process is short of something.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Handover(error) => error.is_transient(),
            Self::File { reason, .. } => is_shortage(reason),
            Self::Another { .. } | Self::OtherNamespace => false,
        }
    }
}

/// The byte of a memory file that its owner locks.
pub(super) const LIFE: u64 = 0;

impl MemoryEntry {
    /// Returns whether it is a file in the topic's directory, which can be removed from outside.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.place, Memory::File { .. })
    }

    /// Opens the memory of the endpoint `id`, for reading.
    pub(super) fn open(&self, directory: &OwnedFd, id: EndpointId) -> Result<OwnedFd, MemoryError> {
        match self.place {
            Memory::Sealed(handle) => Ok(handle.fetch()?),
            Memory::OtherNamespace => Err(MemoryError::OtherNamespace),
            Memory::File { device, inode } => open_file(directory, id, file::Identity { device, inode }),
        }
    }
}

fn open_file(directory: &OwnedFd, id: EndpointId, expected: file::Identity) -> Result<OwnedFd, MemoryError> {
    let name = names::memory(id);
    let open = || -> io::Result<Option<File>> {
        let found = match file::open(directory, &name)? {
            None => file::open(directory, &names::kept_memory(id))?,
            found => found,
        };
        let Some(file) = found else { return Ok(None) };
        let status = file::status(&file)?;
        let is_expected = status.identity == expected && status.is_regular && status.owner == process::user();
        Ok(is_expected.then_some(file))
    };
    match open() {
        Ok(Some(file)) => Ok(file.into()),
        Ok(None) => Err(MemoryError::Another { name }),
        Err(reason) => Err(MemoryError::File { name, reason }),
    }
}
