//! How endpoints are known to each other: a directory for each topic, a file for each endpoint, no daemon.
//!
//! An endpoint is *alive* as long as the kernel holds its lock on its entry. So nobody has to keep a
//! connection, to send a heartbeat or to say goodbye, and nothing has to be trusted but the kernel: a process
//! that is killed is gone from the registry the moment its locks are, and whoever looks next removes its files.
//!
//! ```text
//! <domain>/                     a directory of one user, closed to others
//!   robot+imu/                  a topic, "robot/imu"
//!     topic                     locks and hints; every endpoint holds a read lock on its first byte
//!     schema                    what the publishers have agreed on
//!     p-6f1c…                   a publisher's entry, locked by it
//!     s-90ab…                   a subscriber's entry, locked by it
//!     m-6f1c…                   the memory of an endpoint that others could not open otherwise
//!     q-90ab…                   the mailbox of an endpoint that has one
//!     b-90ab…                   the bell of a subscriber that waits for a descriptor
//! ```
//!
//! The registry knows nothing of rings and messages: an entry is a fixed head and some JSON.

mod bell;
mod directory;
mod domain;
mod entry;
mod error;
mod handover;
mod memory;
mod socket;
mod topic;
mod topic_name;
mod view;

/// The file of what the publishers of a topic have agreed on.
const SCHEMA: &str = "schema";

pub(crate) use bell::WakeSocket;
pub use domain::Domain;
pub use entry::{Announcement, EndpointId, Pages, Peer, PeerName, Qos, Registration, Role};
pub use error::{EntryError, RegistryError};
pub use handover::{Answer, Handle, HandoverError, Mailbox, Request, Way};
pub use memory::{Memory, MemoryEntry, MemoryError, Placement};
pub(crate) use topic::Agreed;
pub use topic::TopicDirectory;
pub use topic_name::{IntoTopic, MAX_TOPIC_NAME, Topic, TopicName, TopicNameError, TopicNameProblem, check_topic_name};
pub(crate) use view::TopicAccess;
pub use view::{Endpoint, TopicView};
