//! Looking at a registry without being in it.

use super::entry::{self, Found, Peer, Role};
use super::topic::{self, TopicDirectory};
use super::topic_name::TopicName;
use super::{Domain, EndpointId, EntryError, MemoryEntry, MemoryError, RegistryError, directory};
use crate::sync;
use crate::sys::{file, memory};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Where publishers of a topic are found, by one who is in the registry or who only looks.
pub(crate) trait TopicAccess {
    /// See [`TopicDirectory::name`].
    fn name(&self) -> &TopicName;
    /// See [`TopicDirectory::joins`].
    fn joins(&self, role: Role) -> u64;
    /// See [`TopicDirectory::names`].
    fn names(&self, role: Role) -> Result<Vec<String>, RegistryError>;
    /// See [`TopicDirectory::open`].
    fn open(&self, name: &str) -> Result<Option<Result<Peer, EntryError>>, RegistryError>;
    /// See [`TopicDirectory::notify_capacity`]. Who only looks rings for nobody.
    fn notify_capacity(&self, _offers_barriers: bool) {}
    /// See [`TopicDirectory::count_again`]. Who only looks counts nothing.
    fn count_again(&self) {}
    /// See [`TopicDirectory::open_memory`].
    fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError>;
}

/// A topic's directory, seen by one who only looks: everything is opened for reading alone; nothing is made,
/// locked, counted or removed, and nobody notices.
///
/// It keeps nothing alive: the topic can end meanwhile, and another one begin under its name. See
/// [`is_current`](Self::is_current).
pub struct TopicView {
    name: TopicName,
    path: PathBuf,
    directory: OwnedFd,
    hints: memory::ReadOnly,
}

/// An endpoint, as its entry describes it.
#[derive(Debug)]
pub struct Endpoint {
    /// The entry's name in the topic's directory.
    pub entry: String,
    /// Who and what it is, if its entry can be read.
    pub peer: Result<Peer, EntryError>,
    /// Whether it lived when it was looked at. The entries of the dead stay until an endpoint next looks.
    pub alive: bool,
}

impl TopicView {
    /// Opens the directory of a topic. Nothing if there is none, or it is just being made or removed.
    ///
    /// # Errors
    /// When it cannot be opened or trusted.
    pub fn open(domain: &Domain, name: &TopicName) -> Result<Option<Self>, RegistryError> {
        let component = topic::component(name);
        let path = domain.path().join(&component);
        let Some(parent) = domain.look()? else { return Ok(None) };
        let Some(directory) = directory::look_at(&parent, &component, &path)? else { return Ok(None) };
        let file_path = path.join(topic::FILE);
        let Some(file) = file::open(&directory, topic::FILE).map_err(RegistryError::io("open", &file_path))? else {
            return Ok(None);
        };
        topic::verify(&file, &file_path)?;
        let hints = memory::ReadOnly::map(&file, topic::BYTES).map_err(RegistryError::io("map", file_path))?;
        Ok(Some(Self { name: name.clone(), path, directory, hints }))
    }

    /// The topic's name.
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    /// The topic's directory, for errors and tools.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A number that changes whenever an endpoint of this role comes, or goes in order; see
    /// [`TopicDirectory::joins`].
    pub fn joins(&self, role: Role) -> u64 {
        self.hints.words()[topic::counter(role)].load_acquire()
    }

    /// The names of the entries of a role, alive or dead.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn names(&self, role: Role) -> Result<Vec<String>, RegistryError> {
        entry::names(&self.directory, &self.path, role)
    }

    /// Reads the entry of an endpoint that lives. Nothing if its owner is dead or has withdrawn it.
    ///
    /// # Errors
    /// The outer one when the file cannot be opened, the inner one when it is no entry that can be used.
    pub fn peer(&self, name: &str) -> Result<Option<Result<Peer, EntryError>>, RegistryError> {
        Ok(match entry::look(&self.directory, &self.path, name)? {
            Found::Alive(peer) => Some(*peer),
            Found::Dead(_) | Found::Nothing => None,
        })
    }

    /// Reads the entry of an endpoint, dead or alive. Nothing if there is none.
    ///
    /// # Errors
    /// As [`peer`](Self::peer).
    pub fn endpoint(&self, name: &str) -> Result<Option<Endpoint>, RegistryError> {
        let (alive, peer) = match entry::look(&self.directory, &self.path, name)? {
            Found::Alive(peer) => (true, *peer),
            Found::Dead(file) => (false, entry::read(name, &self.path.join(name), file)?),
            Found::Nothing => return Ok(None),
        };
        Ok(Some(Endpoint { entry: name.to_owned(), peer, alive }))
    }

    /// Whether the topic is still there: what its path leads to is this directory. Two system calls.
    pub fn is_current(&self) -> bool {
        let here = file::status(&self.directory);
        let there = file::open_directory(&self.path).and_then(file::status);
        matches!((here, there), (Ok(here), Ok(there)) if here.identity == there.identity)
    }
}

impl TopicAccess for TopicView {
    fn name(&self) -> &TopicName {
        self.name()
    }

    fn joins(&self, role: Role) -> u64 {
        self.joins(role)
    }

    fn names(&self, role: Role) -> Result<Vec<String>, RegistryError> {
        self.names(role)
    }

    fn open(&self, name: &str) -> Result<Option<Result<Peer, EntryError>>, RegistryError> {
        self.peer(name)
    }

    fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
        memory.open(&self.directory, id)
    }
}

impl TopicAccess for TopicDirectory {
    fn name(&self) -> &TopicName {
        self.name()
    }

    #[inline]
    fn joins(&self, role: Role) -> u64 {
        self.joins(role)
    }

    fn names(&self, role: Role) -> Result<Vec<String>, RegistryError> {
        self.names(role)
    }

    fn open(&self, name: &str) -> Result<Option<Result<Peer, EntryError>>, RegistryError> {
        self.open(name)
    }

    #[inline]
    fn notify_capacity(&self, offers_barriers: bool) {
        self.notify_capacity(if offers_barriers { sync::compiler_fence } else { sync::seq_cst_fence });
    }

    fn count_again(&self) {
        self.count_again();
    }

    fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
        self.open_memory(id, memory)
    }
}

impl Domain {
    /// The topics that are there now, by name. What is no topic's directory is left out; makes nothing.
    ///
    /// # Errors
    /// When the domain is there and cannot be read or trusted.
    pub fn topics(&self) -> Result<Vec<TopicName>, RegistryError> {
        let Some(directory) = self.look()? else { return Ok(Vec::new()) };
        let names = file::names(&directory).map_err(RegistryError::io("list", self.path()))?;
        let mut topics: Vec<_> = names.iter().filter_map(|name| topic::topic_of(name)).collect();
        topics.sort_unstable();
        Ok(topics)
    }
}
