use super::claim::Claim;
use super::error::{AttachError, AttachReason};
use crate::control::{ControlPage, Line};
use crate::pool::{Descriptor, Fetched, Reading};
use crate::protocol::cursor::{self, Cursor, Step};
use crate::protocol::grant::Found;
use crate::registry::{Peer, PeerName, Place};
use crate::segment::{Content, Expected, Foreign, SegmentError};
use crate::topic_name::TopicName;
use std::sync::Arc;

/// A publisher that this subscriber reads from.
pub(super) struct Attached {
    pub(super) peer: Peer,
    pub(super) segment: Arc<Foreign>,
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
    /// Whether its publisher honours our pins.
    pub(super) is_honoured: bool,
    /// The changes of its grants when that was looked at.
    pub(super) grants_seen: u64,
    /// Whether its publisher was seen to be gone: once nothing is there to read, nothing will be.
    pub(super) over: bool,
    /// The message that was shown last while it was written and that was looked at: its number and 1 more.
    pub(super) shown_seen: u64,
    /// What it has of a publisher that it asks for lossless delivery.
    pub(super) claim: Claim,
}

/// How often one call tries again to get at a message of the pool that was overwritten meanwhile.
const TRIES: u32 = 4;

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
        (content, payload): (Content, usize),
        start: Start,
        control: Option<&ControlPage>,
    ) -> Result<Self, Box<(Peer, AttachReason)>> {
        let Some(memory) = &peer.memory else { return Err(Box::new((peer, AttachReason::NoMemory))) };
        let expected = Expected { id: peer.id, hash: peer.hash, content, payload };
        let segment = match Foreign::open(topic, memory, &expected) {
            Ok(segment) => Arc::new(segment),
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
                    is_honoured: false,
                    grants_seen: 0,
                    over: false,
                    shown_seen: 0,
                    claim: Claim::NONE,
                })
            }
            None => {
                let error = SegmentError::Shape("its head is beyond every sequence".into());
                Err(Box::new((peer, error.into())))
            }
        }
    }

    /// The next step, of messages that are in the pool: what the ring says is looked at, and the message fetched. The
    /// error is of a message of which the ring says what cannot be.
    #[inline]
    pub(super) fn step_and_fetch(
        &mut self,
        reading: &mut Reading,
        depth: u64,
        out: &mut [u64],
    ) -> Result<Step, (u64, Descriptor)> {
        for _ in 0..TRIES {
            let step = self.cursor.step(&self.segment.reader(), depth, Descriptor::BYTES, out);
            let Step::Message { sequence, .. } = step else { return Ok(step) };
            let descriptor = Descriptor::decode(out);
            self.notice_grants(reading);
            match reading.fetch(&self.segment, self.peer.id, self.is_honoured, sequence, descriptor) {
                Fetched::Whole => return Ok(step),
                Fetched::Overwritten => self.cursor.missed(),
                Fetched::Wrong(descriptor) => return Err((sequence, descriptor)),
            }
        }
        Ok(Step::Nothing)
    }

    #[inline]
    pub(super) fn notice_grants(&mut self, reading: &Reading) {
        let changes = self.segment.grants().changes();
        if changes != self.grants_seen {
            self.grants_seen = changes;
            self.look_at_pins(reading);
        }
    }

    /// Whether our pins are honoured now.
    #[cold]
    #[inline(never)]
    fn look_at_pins(&mut self, reading: &Reading) {
        let found = reading.subscriber().and_then(|id| self.segment.grants().find(id.halves()));
        self.is_honoured = matches!(found, Some(Found::Granted { pins: true, .. }));
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
