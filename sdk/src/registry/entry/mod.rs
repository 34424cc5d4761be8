//! Entries: the file by which an endpoint is known.
//!
//! An entry is written whole and locked before it gets its name, so nobody sees half of one. A name is random and never
//! reused, so whoever finds the owner dead can remove the entry without a race.

mod format;
mod identity;
mod peer;
mod qos;
mod registration;

pub use identity::{EndpointId, PeerName, Role};
pub use peer::{Entry, Peer};
pub(super) use peer::{EntryFile, Probe, inspect, list, open, probe, read};
pub use qos::{Pages, Qos};
pub use registration::{Announcement, Registration};
pub(super) use registration::{register, remove};

/// The byte of an entry that its owner locks for as long as it is alive.
const LIFE: u64 = 0;
