//! The layout of the topic's file: one page of locks and hints.

use crate::registry::Role;

/// Its size.
pub(in crate::registry) const BYTES: usize = 4096;

/// "slot", "top", version 1: the first word.
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"slottop\x01");

/// Bytes that are locked.
pub(super) mod byte {
    /// Read-locked by every endpoint for life; write-locked by the one that removes the topic.
    pub(in super::super) const LIFE: u64 = 0;
    /// Read-locked by every publisher for life; write-locked by an exclusive one.
    pub(in super::super) const PUBLISHERS: u64 = 1;
    /// Write-locked by a publisher while it agrees on the schema.
    pub(in super::super) const AGREEMENT: u64 = 2;
}

/// Indices of the words of hints, each on a cache line of its own.
pub(super) mod word {
    /// Counts publishers that joined or left.
    pub(super) const PUBLISHERS: usize = 8;
    /// Counts subscribers that joined or left.
    pub(super) const SUBSCRIBERS: usize = 16;
    /// The doorbell on which receivers sleep.
    pub(in super::super) const DOORBELL: usize = 24;
    /// Counts wake sockets that were bound.
    pub(in super::super) const WAKE_SOCKETS: usize = 32;
    /// The doorbell on which publishers sleep that wait for subscribers.
    pub(in super::super) const CAPACITY: usize = 40;
    /// The PID namespace of the first endpoint that knew its own.
    pub(in super::super) const NAMESPACE: usize = 48;
    /// Not 0 once an endpoint of another PID namespace has entered.
    pub(in super::super) const SEVERAL_NAMESPACES: usize = 56;
}

/// Returns the index of the word that counts the endpoints of a role.
#[inline]
pub(in crate::registry) fn counter(role: Role) -> usize {
    match role {
        Role::Publisher => word::PUBLISHERS,
        Role::Subscriber => word::SUBSCRIBERS,
    }
}
