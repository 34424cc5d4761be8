//! How entries are listed, opened and inspected.

use super::registration::remove;
use super::{Peer, Role, format, liveness};
use crate::registry::{EntryError, RegistryError, names};
use crate::sys::file;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// What the name of an entry stands for.
///
/// ```
/// use slotcast::registry::{Entry, RegistryError, Role, TopicDirectory};
///
/// fn print_publishers(topic: &TopicDirectory) -> Result<(), RegistryError> {
///     for name in topic.names(Role::Publisher)? {
///         match topic.open(&name)? {
///             Entry::Live(peer) => println!("{}", peer.name),
///             Entry::Unusable(error) => println!("{error}"),
///             Entry::Absent => {}
///         }
///     }
///     Ok(())
/// }
/// ```
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

/// Returns whether an entry exists and its owner is dead. Does not read it.
pub(in crate::registry) fn is_dead(directory: &OwnedFd, name: &str) -> io::Result<bool> {
    if !file::status_at(directory, name)?.is_some_and(|status| status.is_regular) {
        return Ok(false);
    }
    let Some(file) = file::open(directory, name)? else { return Ok(false) };
    Ok(!liveness::is_alive(&file)?)
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
    if !liveness::is_alive(&file).map_err(RegistryError::io("probe", &path))? {
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

/// Returns the names of a role's entries in a topic's directory, whether their owners are alive or
/// dead.
pub(in crate::registry) fn list(directory: &OwnedFd, path: &Path, role: Role) -> Result<Vec<String>, RegistryError> {
    let mut names = file::names(directory).map_err(RegistryError::io("list", path))?;
    names.retain(|name| names::role_of(name) == Some(role));
    names.sort_unstable();
    Ok(names)
}
