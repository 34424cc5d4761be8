use super::Quantiles;
use slotcast::registry::PeerName;

/// How far a subscriber is behind a publisher.
#[derive(Clone, Debug)]
pub(crate) struct ReaderLag {
    /// The subscriber.
    pub(crate) subscriber: PeerName,
    /// The publisher.
    pub(crate) publisher: PeerName,
    /// How many messages of the publisher stay readable.
    pub(crate) depth: u64,
    /// How many messages it has not read now.
    pub(crate) unread: u64,
    /// How many it had not read, at each poll of the period.
    pub(crate) unread_at_polls: Option<Quantiles>,
    /// What it has lost of this publisher so far.
    pub(crate) lost: u64,
    /// How long ago the oldest message that it has not read was published, in nanoseconds, if
    /// messages carry their time.
    pub(crate) age: Option<u64>,
    /// Nanoseconds from publishing to the poll that has seen that a message was read, if messages
    /// carry their time.
    pub(crate) delay: Option<Quantiles>,
}
