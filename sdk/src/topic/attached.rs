use super::claim::Claim;
use super::error::{AttachError, AttachReason};
use crate::control::{ControlPage, Line};
use crate::protocol::cursor::{self, Cursor};
use crate::registry::{Peer, PeerName, Place};
use crate::segment::{Expected, Foreign, SegmentError};
use crate::topic_name::TopicName;

/// A publisher that this subscriber reads from.
pub(super) struct Attached {
    pub(super) peer: Peer,
    pub(super) segment: Foreign,
    pub(super) cursor: Cursor,
    /// Where the cursor was at first.
    start: u64,
    /// Its line in this subscriber's control page.
    pub(super) line: Line,
    /// What was lost when the last message was delivered.
    pub(super) lost_told: u64,
    /// What was skipped when the control page was told.
    pub(super) skipped_told: u64,
    /// When the next message may be delivered, in nanoseconds of `CLOCK_MONOTONIC`.
    pub(super) due: u64,
    /// Whether this subscriber has gone to a new directory of the topic, and the publisher was not seen there.
    pub(super) elsewhere: bool,
    /// Whether its publisher was seen to be gone: once nothing is there to read, nothing will be.
    pub(super) over: bool,
    /// What it has of a publisher that it asks for lossless delivery.
    pub(super) claim: Claim,
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
        control: Option<&ControlPage>,
    ) -> Result<Self, Box<(Peer, AttachReason)>> {
        let Some(memory) = &peer.memory else { return Err(Box::new((peer, AttachReason::NoMemory))) };
        let expected = Expected { id: peer.id, hash: peer.hash, payload };
        let segment = match Foreign::open(topic, memory, &expected) {
            Ok(segment) => segment,
            Err(error) => return Err(Box::new((peer, error.into()))),
        };
        let depth = segment.geometry().depth();
        let cursor = match start {
            Start::First => Some(Cursor::at(0)),
            Start::Head { history } => cursor::join(segment.reader().head(), history, depth),
        };
        match cursor {
            Some(cursor) => {
                let line = control.map_or(Line::NONE, |control| control.open_line(peer.id, cursor.next()));
                Ok(Self {
                    peer,
                    segment,
                    cursor,
                    start: cursor.next(),
                    line,
                    lost_told: 0,
                    skipped_told: 0,
                    due: 0,
                    elsewhere: false,
                    over: false,
                    claim: Claim::NONE,
                })
            }
            None => {
                let error = SegmentError::Shape("its head is beyond every sequence".into());
                Err(Box::new((peer, error.into())))
            }
        }
    }

    /// Messages delivered, lost or skipped.
    pub(super) fn taken(&self) -> u64 {
        self.cursor.next() - self.start
    }

    /// Whether a message is there that was not read.
    pub(super) fn has_news(&self) -> bool {
        self.segment.reader().head() > self.cursor.next()
    }

    /// What was lost since this was asked last.
    #[inline]
    pub(super) fn tell_lost(&mut self, control: Option<&ControlPage>) -> u64 {
        let lost = self.cursor.lost();
        let since = lost - self.lost_told;
        self.lost_told = lost;
        if since != 0 || self.cursor.skipped() != self.skipped_told {
            self.skipped_told = self.cursor.skipped();
            self.claim.hurries();
            if let Some(control) = control {
                self.tell_progress(control);
            }
        }
        since
    }

    #[cold]
    pub(super) fn tell_progress(&self, control: &ControlPage) {
        control.set_progress(self.line, self.cursor.next(), self.cursor.lost(), self.cursor.skipped());
    }

    /// Whether its publisher has ended or died, so that nothing new can come.
    pub(super) fn is_over(&self) -> bool {
        self.segment.is_closed() || !self.peer.is_alive().unwrap_or(true)
    }
}

impl AttachError {
    pub(crate) fn new(topic: &TopicName, publisher: Option<PeerName>, reason: AttachReason) -> Self {
        Self { topic: topic.clone(), publisher, reason }
    }
}
