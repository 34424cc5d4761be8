//! How endpoints find each other: a directory for each topic, a file for each endpoint, no daemon.
//!
//! An endpoint is *alive* as long as the kernel holds its lock on its entry. So nobody has to keep
//! a connection, send a heartbeat or say goodbye, and nothing has to be trusted but the kernel.
//! When a process is killed, its locks are freed, and with them it leaves the registry. The next
//! endpoint to scan removes its files.
//!
//! ```text
//! <domain>/                     a directory of one user, closed to others
//!   robot+imu/                  the topic "robot/imu"
//!     topic                     locks and hints; every endpoint holds a read lock on its first byte
//!     schema                    the schema that the publishers have agreed on
//!     p-6f1c…                   a publisher's entry, locked by it
//!     s-90ab…                   a subscriber's entry, locked by it
//!     m-6f1c…                   the memory of an endpoint whose descriptors others cannot open
//!     b-90ab…                   the wake socket of a subscriber that waits for a descriptor
//! ```
//!
//! The registry knows nothing of rings and messages: an entry is a fixed head and some JSON. So it
//! can be used alone, for anything that processes of one machine want to find and hand to each
//! other:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir_in("/dev/shm")?;
//! # let domain = slotcast::Domain::at(folder.path().join("domain"));
//! use slotcast::registry::{Announcement, Handle, Memory, MemoryEntry, Qos, Role, TopicDirectory};
//! use slotcast::{EndpointId, ShmMessage, TopicName};
//! use std::io::{Read, Write};
//!
//! let services = TopicDirectory::enter(&domain, &TopicName::new("services/greeting")?)?;
//! let mut file = tempfile::tempfile()?;
//! file.write_all(b"hello")?;
//! let registration = services.announce(&Announcement {
//!     role: Role::Publisher,
//!     id: EndpointId::random()?,
//!     name: "greeter".into(),
//!     schema: u8::SCHEMA.clone(),
//!     hash: u8::HASH,
//!     qos: Qos::default(),
//!     memory: Some(MemoryEntry { place: Memory::Sealed(Handle::of(&file)?), bytes: 5, nonce: 0 }),
//! })?;
//!
//! // Another process:
//! let peer = services.open(&services.names(Role::Publisher)?[0])?.live().expect("it is alive");
//! let memory = services.open_memory(peer.id, &peer.memory.expect("it has memory"))?;
//! let mut text = String::new();
//! std::fs::File::from(memory).read_to_string(&mut text)?;
//! assert_eq!((peer.name.name.as_str(), text.as_str()), ("greeter", "hello"));
//!
//! services.withdraw(registration);
//! # Ok(())
//! # }
//! ```

mod access;
mod directory;
mod domain;
mod entry;
mod environment;
mod error;
mod handover;
mod kept;
mod memory;
mod names;
mod part;
mod sweep;
mod topic;
mod topic_name;
mod view;
mod wake_socket;

pub(crate) use access::TopicAccess;
pub use domain::Domain;
pub use entry::{Announcement, EndpointId, Entry, Pages, Peer, PeerName, Qos, Registration, Role};
pub use error::{EntryError, RegistryError};
pub use handover::{Handle, HandoverError, Way};
pub use memory::{Memory, MemoryEntry, MemoryError, Placement};
pub(crate) use names::KEPT;
pub use part::Part;
pub use topic::TopicDirectory;
pub(crate) use topic::{Agreement, Patience, Vacancy};
pub use topic_name::{IntoTopic, MAX_TOPIC_NAME, Topic, TopicName, TopicNameError, TopicNameProblem, check_topic_name};
pub use view::{Endpoint, TopicView};
pub(crate) use wake_socket::WakeSocket;
