use super::error::{AttachError, AttachReason};
use crate::protocol::cursor::{self, Cursor};
use crate::registry::{Peer, PeerName, Place};
use crate::segment::{Expected, Foreign};
use crate::topic_name::TopicName;

/// A publisher that this subscriber reads from.
pub(super) struct Attached {
    pub(super) peer: Peer,
    pub(super) segment: Foreign,
    pub(super) cursor: Cursor,
    /// What was lost when the last message was delivered.
    pub(super) lost_told: u64,
    /// Whether its publisher was seen to be gone: once nothing is there to read, nothing will be.
    pub(super) over: bool,
}

/// Where a subscriber starts reading a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// At its first message: the subscriber was there before it.
    First,
    /// At the next one, or up to so many before it.
    Head { history: u64 },
}

impl Attached {
    pub(super) fn open(
        topic: &dyn Place,
        peer: Peer,
        payload: usize,
        start: Start,
    ) -> Result<Self, (Peer, AttachReason)> {
        let Some(memory) = &peer.memory else { return Err((peer, AttachReason::NoMemory)) };
        let expected = Expected { id: peer.id, hash: peer.hash, payload };
        let segment = match Foreign::open(topic, memory, &expected) {
            Ok(segment) => segment,
            Err(error) => return Err((peer, error.into())),
        };
        let depth = segment.geometry().depth();
        let cursor = match start {
            Start::First => Some(Cursor::at(0)),
            Start::Head { history } => cursor::join(segment.reader().head(), history, depth),
        };
        match cursor {
            Some(cursor) => Ok(Self { peer, segment, cursor, lost_told: 0, over: false }),
            None => Err((peer, crate::segment::SegmentError::Shape("its head is beyond every sequence".into()).into())),
        }
    }

    /// Whether its publisher has ended or died, so that nothing new can come.
    pub(super) fn is_over(&self) -> bool {
        self.segment.is_closed() || !self.peer.is_alive().unwrap_or(true)
    }
}

impl AttachError {
    pub(super) fn new(topic: &TopicName, publisher: Option<PeerName>, reason: AttachReason) -> Self {
        Self { topic: topic.clone(), publisher, reason }
    }
}
