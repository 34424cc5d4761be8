use super::entry::{EndpointId, Entry, Peer, Role};
use super::{MemoryEntry, MemoryError, RegistryError, TopicDirectory, TopicName, TopicView, kept};
use crate::sync;
use std::os::fd::OwnedFd;

/// What subscribers and observers need of a topic: an endpoint's [`TopicDirectory`], or an
/// observer's [`TopicView`].
pub(crate) trait TopicAccess {
    /// See [`TopicDirectory::name`].
    fn name(&self) -> &TopicName;
    /// See [`TopicDirectory::joins`].
    fn joins(&self, role: Role) -> u64;
    /// See [`TopicDirectory::names`].
    fn names(&self, role: Role) -> Result<Vec<String>, RegistryError>;
    /// See [`TopicDirectory::open`]. An observer removes nothing.
    fn open(&self, name: &str) -> Result<Entry, RegistryError>;
    /// See [`TopicDirectory::notify_capacity`]. An observer notifies nobody.
    fn notify_capacity(&self, _offers_barriers: bool) {}
    /// See [`TopicDirectory::recount_subscribers`]. An observer counts nothing.
    fn recount_subscribers(&self) {}
    /// Returns the endpoint of which something is kept beyond its end, if there is one and it can be
    /// used. It may live.
    fn kept(&self) -> Option<Peer>;
    /// See [`TopicDirectory::open_memory`].
    fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError>;
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

    fn open(&self, name: &str) -> Result<Entry, RegistryError> {
        self.open(name)
    }

    #[inline]
    fn notify_capacity(&self, offers_barriers: bool) {
        self.notify_capacity(if offers_barriers { sync::compiler_fence } else { sync::seq_cst_fence });
    }

    fn recount_subscribers(&self) {
        self.recount_subscribers();
    }

    fn kept(&self) -> Option<Peer> {
        kept::open(self.directory(), self.path())
    }

    fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
        self.open_memory(id, memory)
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

    fn open(&self, name: &str) -> Result<Entry, RegistryError> {
        self.peer(name)
    }

    fn kept(&self) -> Option<Peer> {
        kept::open(self.directory(), self.path())
    }

    fn open_memory(&self, id: EndpointId, memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
        self.open_memory(id, memory)
    }
}
