use super::registration::remove;
use super::{EndpointId, PeerName, Qos, Role, format};
use crate::registry::memory::MemoryEntry;
use crate::registry::{EntryError, RegistryError, names};
use crate::schema::{Schema, SchemaHash};
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Another endpoint, as its entry describes it. It holds the entry open, to see whether the owner is alive.
#[derive(Debug)]
pub struct Peer {
    /// What it is.
    pub role: Role,
    /// Its identity.
    pub id: EndpointId,
    /// What people call it.
    pub name: PeerName,
    /// The layout of its messages.
    pub schema: Schema,
    /// The hash of its schema.
    pub hash: SchemaHash,
    /// How it was configured.
    pub qos: Qos,
    /// Where its memory is.
    pub memory: Option<MemoryEntry>,
    /// Whether its process is in another PID namespace.
    pub(super) is_foreign: bool,
    pub(super) file: File,
}

impl Peer {
    /// Returns the name of its entry in the topic's directory.
    pub fn entry_name(&self) -> String {
        names::entry(self.role, self.id)
    }

    /// Returns whether its messages have this layout.
    pub(crate) fn has_layout(&self, schema: &Schema, hash: SchemaHash) -> bool {
        self.hash == hash && self.schema.same_layout(schema)
    }

    /// Returns the number of its process, if this process can use the number: in another PID namespace it means nothing, or
    /// another process.
    pub(crate) fn process(&self) -> Option<u32> {
        (!self.is_foreign).then_some(self.name.pid)
    }

    /// Returns whether its owner has left, or its process has ended or is exiting. Its lock can be held for a moment after
    /// that: until the kernel has closed the descriptors of the process, or by a child that is just being spawned. Some
    /// system calls.
    pub(crate) fn is_gone(&self) -> bool {
        self.has_left().unwrap_or(false)
            || !self.is_alive().unwrap_or(true)
            || self.process().is_some_and(process::has_ended)
    }

    /// Returns whether its owner is alive. One system call, about 300 ns.
    ///
    /// # Errors
    /// Those of `fcntl`.
    pub fn is_alive(&self) -> io::Result<bool> {
        lock::is_held_against(&self.file, super::LIFE, Hold::Shared)
    }

    /// Returns whether its owner has left in order, or is just doing so. Returns `false` for an owner that died. To tell
    /// the two apart, call it after [`is_alive`](Self::is_alive). One system call, about 200 ns.
    ///
    /// # Errors
    /// Those of `pread`.
    pub fn has_left(&self) -> io::Result<bool> {
        let mut byte = [0];
        self.file.read_exact_at(&mut byte, format::LEFT_AT)?;
        Ok(byte[0] & format::LEFT != 0)
    }
}

/// What the name of an entry stands for.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is returned")]
pub enum Entry {
    /// A live endpoint.
    Live(Peer),
    /// A live endpoint whose entry cannot be used.
    Unusable(EntryError),
    /// No endpoint: its owner has left or died, or there never was one.
    Absent,
}

impl Entry {
    /// Returns the endpoint, if it is alive and its entry can be used.
    pub fn live(self) -> Option<Peer> {
        match self {
            Self::Live(peer) => Some(peer),
            Self::Unusable(_) | Self::Absent => None,
        }
    }

    /// Returns whether the endpoint is alive, even if its entry cannot be used.
    pub fn is_alive(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

/// What the file of an entry is, whether its owner is alive or dead.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is returned")]
pub(in crate::registry) enum EntryFile {
    /// No file, or one that its owner is just removing.
    Absent,
    /// The owner is alive.
    Live(Result<Peer, EntryError>),
    /// The owner is dead.
    Dead(File),
}

/// What a short look at an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::registry) enum Probe {
    /// There is no entry, or it is no file.
    Absent,
    Alive {
        /// Whether its owner is in another PID namespace.
        is_foreign: bool,
    },
    Dead,
}

/// Checks whether the owner of an entry is alive, and reads no more than the start of the entry.
pub(in crate::registry) fn probe(directory: &OwnedFd, name: &str) -> io::Result<Probe> {
    if !file::status_at(directory, name)?.is_some_and(|status| status.is_regular) {
        return Ok(Probe::Absent);
    }
    let Some(file) = file::open(directory, name)? else { return Ok(Probe::Absent) };
    if lock::is_held_against(&file, super::LIFE, Hold::Shared)? {
        Ok(Probe::Alive { is_foreign: format::is_of_foreign_process(&file) })
    } else {
        Ok(Probe::Dead)
    }
}

/// Opens an entry. Removes it if its owner is dead.
pub(in crate::registry) fn open(directory: &OwnedFd, path: &Path, name: &str) -> Result<Entry, RegistryError> {
    Ok(match inspect(directory, path, name)? {
        EntryFile::Live(Ok(peer)) => Entry::Live(peer),
        EntryFile::Live(Err(error)) => Entry::Unusable(error),
        EntryFile::Absent => Entry::Absent,
        EntryFile::Dead(_) => {
            remove(directory, name).map_err(RegistryError::io("remove", path.join(name)))?;
            Entry::Absent
        }
    })
}

/// Reads an entry, and changes nothing.
pub(in crate::registry) fn inspect(directory: &OwnedFd, path: &Path, name: &str) -> Result<EntryFile, RegistryError> {
    let path = path.join(name);
    // Before it is opened: opening a device could have effects, and a socket cannot be opened.
    match file::status_at(directory, name).map_err(RegistryError::io("inspect", &path))? {
        None => return Ok(EntryFile::Absent),
        Some(status) if status.is_regular => {}
        Some(_) => return Ok(EntryFile::Live(Err(EntryError::NotAFile { name: name.into() }))),
    }
    let Some(file) = file::open(directory, name).map_err(RegistryError::io("open", &path))? else {
        return Ok(EntryFile::Absent);
    };
    if !lock::is_held_against(&file, super::LIFE, Hold::Shared).map_err(RegistryError::io("probe", &path))? {
        return Ok(EntryFile::Dead(file));
    }
    let peer = read(name, &path, file)?;
    if let Ok(peer) = &peer
        && peer.has_left().map_err(RegistryError::io("read", &path))?
    {
        return Ok(EntryFile::Absent);
    }
    Ok(EntryFile::Live(peer))
}

/// Reads the file of an entry, which is at `path`.
pub(in crate::registry) fn read(
    name: &str,
    path: &Path,
    file: File,
) -> Result<Result<Peer, EntryError>, RegistryError> {
    let bytes = file::read_up_to(&file, format::MAX_BYTES + 1).map_err(RegistryError::io("read", path))?;
    Ok(format::decode(name, &bytes, file))
}

/// Returns the names of a role's entries in a topic's directory, whether their owners are alive or dead.
pub(in crate::registry) fn list(directory: &OwnedFd, path: &Path, role: Role) -> Result<Vec<String>, RegistryError> {
    let mut names = file::names(directory).map_err(RegistryError::io("list", path))?;
    names.retain(|name| names::role_of(name) == Some(role));
    names.sort_unstable();
    Ok(names)
}
