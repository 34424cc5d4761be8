//! Entries: the file by which an endpoint is known.
//!
//! An entry is written whole and locked before it gets its name, so nobody sees half of one. A name
//! is random and never reused, so any process that finds the owner dead can remove the entry
//! without a race.

mod announcement;
mod format;
mod identity;
mod liveness;
mod open;
mod peer;
mod qos;
mod registration;

pub use announcement::Announcement;
pub use identity::{EndpointId, PeerName, Role};
pub use open::Entry;
pub(super) use open::{EntryFile, inspect, is_dead, list, open, read};
pub use peer::Peer;
pub use qos::{Pages, Qos};
pub use registration::Registration;
pub(super) use registration::{register, remove};
