use super::{EndpointId, PeerName, Qos, Role, liveness};
use crate::registry::memory::MemoryEntry;
use crate::registry::names;
use crate::schema::{Schema, SchemaHash};
use crate::sys::exit;
use std::fs::File;
use std::io;

/// Another endpoint, as its entry describes it. It holds the entry open, to see whether the owner
/// is alive.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::registry::{Role, TopicDirectory};
/// use slotcast::{Publisher, TopicName};
///
/// let publisher = Publisher::<u64>::builder("ticks").domain(&domain).name("clock").create()?;
/// let topic = TopicDirectory::enter(&domain, &TopicName::new("ticks")?)?;
/// let peer = topic.open(&topic.names(Role::Publisher)?[0])?.live().expect("it is alive");
/// assert_eq!((peer.id, peer.name.name.as_str()), (publisher.id(), "clock"));
/// drop(publisher);
/// assert!(!peer.is_alive()? && peer.has_left()?);
/// # Ok(())
/// # }
/// ```
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

    /// Returns the number of its process, if this process can use the number: in another PID
    /// namespace it means nothing, or another process.
    pub(crate) fn process(&self) -> Option<u32> {
        (!self.is_foreign).then_some(self.name.pid)
    }

    /// Returns whether its owner has left, or its process has ended or is exiting. Its lock can be
    /// held for a moment after that: until the kernel has closed the descriptors of the process, or
    /// by a child that is just being spawned. Some system calls.
    pub(crate) fn is_gone(&self) -> bool {
        self.has_left().unwrap_or(false)
            || !self.is_alive().unwrap_or(true)
            || self.process().is_some_and(exit::has_exited)
    }

    /// Returns whether its owner is alive. One system call, about 300 ns.
    ///
    /// # Errors
    /// Those of `fcntl`.
    pub fn is_alive(&self) -> io::Result<bool> {
        liveness::is_alive(&self.file)
    }

    /// Returns whether its owner has left in order, or is just doing so. Returns `false` for an
    /// owner that died. To tell the two apart, call it after [`is_alive`](Self::is_alive). One
    /// system call, about 200 ns.
    ///
    /// # Errors
    /// Those of `pread`.
    pub fn has_left(&self) -> io::Result<bool> {
        liveness::has_left(&self.file)
    }
}
