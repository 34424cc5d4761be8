use super::entry::{self, EndpointId, Entry, EntryFile, Peer, Role};
use super::{Domain, EntryError, MemoryEntry, MemoryError, RegistryError, TopicName, directory, names, topic};
use crate::sys::{file, memory};
use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// A topic's directory, as an observer sees it: everything is opened read-only, nothing is created,
/// locked, counted or removed, and nobody notices.
///
/// It keeps nothing alive: the topic can end, and another one can begin under its name. See
/// [`is_current`](Self::is_current).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::Publisher;
/// use slotcast::registry::{Role, TopicView};
///
/// let publisher = Publisher::<u64>::builder("robot/imu").domain(&domain).create()?;
/// for name in domain.topics()? {
///     let Some(topic) = TopicView::open(&domain, &name)? else { continue };
///     assert_eq!(topic.names(Role::Publisher)?.len(), 1);
///     assert!(topic.is_current());
/// }
/// # Ok(())
/// # }
/// ```
pub struct TopicView {
    name: TopicName,
    path: PathBuf,
    directory: OwnedFd,
    hints: memory::ReadOnly,
}

/// An endpoint, dead or alive, as its entry describes it: see [`TopicView::endpoint`].
#[derive(Debug)]
pub struct Endpoint {
    /// The entry's name in the topic's directory.
    pub entry: String,
    /// The endpoint, if its entry can be used.
    pub peer: Result<Peer, EntryError>,
    /// Whether it was alive when it was inspected. Entries of the dead stay until the next endpoint
    /// scans.
    pub alive: bool,
}

impl TopicView {
    /// Opens the directory of a topic. Returns `None` if it does not exist, or is just being
    /// created or removed.
    ///
    /// # Errors
    /// When it cannot be opened or trusted.
    pub fn open(domain: &Domain, name: &TopicName) -> Result<Option<Self>, RegistryError> {
        let component = names::directory(name);
        let path = domain.path().join(&component);
        let Some(parent) = domain.open_existing()? else { return Ok(None) };
        let Some(directory) = directory::open_existing_at(&parent, &component, &path)? else { return Ok(None) };
        let file_path = path.join(names::TOPIC);
        let Some(file) = file::open(&directory, names::TOPIC).map_err(RegistryError::io("open", &file_path))? else {
            return Ok(None);
        };
        topic::verify(&file, &file_path)?;
        let hints = memory::ReadOnly::map(&file, topic::BYTES).map_err(RegistryError::io("map", file_path))?;
        Ok(Some(Self { name: name.clone(), path, directory, hints }))
    }

    /// Returns the topic's name.
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    pub(super) fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// Returns the path of the topic's directory, for errors and tools.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a number that changes whenever an endpoint of this role joins, or leaves in order:
    /// see [`TopicDirectory::joins`](super::TopicDirectory::joins).
    pub fn joins(&self, role: Role) -> u64 {
        self.hints.words()[topic::counter(role)].load_acquire()
    }

    /// Returns the names of a role's entries, whether their owners are alive or dead.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn names(&self, role: Role) -> Result<Vec<String>, RegistryError> {
        entry::list(&self.directory, &self.path, role)
    }

    /// Opens an entry. Unlike [`TopicDirectory::open`](super::TopicDirectory::open) it removes
    /// nothing.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn peer(&self, name: &str) -> Result<Entry, RegistryError> {
        Ok(match entry::inspect(&self.directory, &self.path, name)? {
            EntryFile::Live(Ok(peer)) => Entry::Live(peer),
            EntryFile::Live(Err(error)) => Entry::Unusable(error),
            EntryFile::Dead(_) | EntryFile::Absent => Entry::Absent,
        })
    }

    /// Reads the entry of an endpoint, dead or alive. Returns `None` if there is no such entry.
    ///
    /// # Errors
    /// As [`peer`](Self::peer).
    pub fn endpoint(&self, name: &str) -> Result<Option<Endpoint>, RegistryError> {
        let (alive, peer) = match entry::inspect(&self.directory, &self.path, name)? {
            EntryFile::Live(peer) => (true, peer),
            EntryFile::Dead(file) => (false, entry::read(name, &self.path.join(name), file)?),
            EntryFile::Absent => return Ok(None),
        };
        Ok(Some(Endpoint { entry: name.to_owned(), peer, alive }))
    }

    /// Returns whether the topic still exists: whether its path leads to this directory. Two system
    /// calls.
    pub fn is_current(&self) -> bool {
        let here = file::status(&self.directory);
        let there = file::open_directory(&self.path).and_then(file::status);
        matches!((here, there), (Ok(here), Ok(there)) if here.identity == there.identity)
    }

    /// Opens the memory of an endpoint, for reading.
    ///
    /// # Errors
    /// When it cannot be opened, or is not what the entry describes.
    pub(crate) fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
        memory.open(&self.directory, id)
    }
}

impl fmt::Debug for TopicView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TopicView").field(&self.path).finish()
    }
}
