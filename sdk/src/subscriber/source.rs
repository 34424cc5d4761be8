use super::fetch::{Fetched, Fetcher};
use super::lossless::GrantTracker;
use crate::endpoint::AttachReason;
use crate::protocol::cursor::{self, Cursor, Step};
use crate::protocol::grant::Found;
use crate::record::Received;
use crate::registry::{EndpointId, Peer, TopicAccess};
use crate::shm::{Content, ControlPage, Descriptor, Expected, Line, SegmentError, SegmentView};
use std::sync::Arc;

/// A publisher that this subscriber reads from.
pub(super) struct Source {
    pub(super) peer: Peer,
    pub(super) segment: Arc<SegmentView>,
    pub(super) cursor: Cursor,
    /// Where messages are, if they are fast_path: with one that is there nothing is to be done but to get at it and to say so, and
    /// to settle if that is due.
    pub(super) fast_path: Option<Where>,
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
    pub(super) grant_tracker: GrantTracker,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// In the ring.
    Ring,
    /// In the pool; the ring has its descriptor.
    Pool,
}

/// What became of reading a source if there is nothing else to do.
pub(super) enum FastPath {
    /// A message was read.
    Message,
    /// The same, and there is something to settle.
    Due,
    /// There is none.
    Nothing,
    /// Of this one the ring says what cannot be.
    Wrong(u64, Descriptor),
    /// There is more to do, or to look at.
    Not,
}

/// How often one call tries again to get at a message of the pool that was overwritten meanwhile.
const TRIES: u32 = 4;

/// Where a subscriber starts reading a publisher: one whom that has granted already, not after the start of its grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// At its first message: the subscriber was there before it. Of one that was there elsewhere before, at the first since.
    First,
    /// At the next one, or up to so many before it.
    Head { history: u64 },
}

impl Source {
    pub(super) fn open(
        topic: &dyn TopicAccess,
        peer: Peer,
        (content, payload): (Content, usize),
        (start, request): (Start, Option<EndpointId>),
        control: Option<&ControlPage>,
    ) -> Result<Self, Box<(Peer, AttachReason)>> {
        let Some(memory) = &peer.memory else { return Err(Box::new((peer, AttachReason::NoMemory))) };
        let expected = Expected { id: peer.id, hash: peer.hash, content, payload };
        let segment = match SegmentView::open(topic, memory, &expected) {
            Ok(segment) => Arc::new(segment),
            Err(error) => return Err(Box::new((peer, error.into()))),
        };
        let depth = segment.geometry().depth();
        let head = segment.reader().head();
        let (from, history) = match start {
            // There is a head before there is an entry, so a later first one is none.
            Start::First => (peer.qos.first_sequence.min(head), 0),
            Start::Head { history } => (head, history),
        };
        let granted = request.and_then(|id| segment.grants().find(id.halves()));
        let cursor = cursor::join(from, history, depth).map(|cursor| match granted {
            Some(Found::Granted { start, .. }) if start < cursor.next() => Cursor::at(start),
            _ => cursor,
        });
        match cursor {
            Some(cursor) => {
                let line = control.map_or(Line::NONE, |control| control.open_line(peer.id, cursor.next()));
                Ok(Self {
                    peer,
                    segment,
                    cursor,
                    fast_path: None,
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
                    grant_tracker: GrantTracker::NONE,
                })
            }
            None => {
                let error = SegmentError::Shape("its head is beyond every sequence".into());
                Err(Box::new((peer, error.into())))
            }
        }
    }

    /// Reads the next message out of the ring, if there is nothing else to do.
    #[inline(always)]
    pub(super) fn read_fast(
        &mut self,
        control: Option<&ControlPage>,
        payload: usize,
        out: &mut [u64],
        received: &mut Received,
    ) -> FastPath {
        if self.fast_path != Some(Where::Ring) {
            return FastPath::Not;
        }
        match self.cursor.take(&self.segment.reader(), payload, out) {
            Some(Step::Message { sequence, time }) => self.say(control, sequence, time, received),
            Some(_) if !self.has_to_settle() => FastPath::Nothing,
            _ => FastPath::Not,
        }
    }

    /// Reads the next descriptor and gets at the message in the pool, if there is nothing else to do.
    #[inline]
    pub(super) fn fetch_fast(
        &mut self,
        control: Option<&ControlPage>,
        reading: &mut Fetcher,
        out: &mut [u64],
        received: &mut Received,
    ) -> FastPath {
        if self.fast_path != Some(Where::Pool) {
            return FastPath::Not;
        }
        match self.cursor.take(&self.segment.reader(), Descriptor::BYTES, out) {
            Some(Step::Message { sequence, time }) => match self.fetch(reading, sequence, out) {
                Fetched::Whole => self.say(control, sequence, time, received),
                Fetched::Overwritten => {
                    self.fast_path = None; // there is a loss to tell
                    FastPath::Not
                }
                Fetched::Wrong(descriptor) => FastPath::Wrong(sequence, descriptor),
            },
            Some(_) if !self.has_to_settle() => FastPath::Nothing,
            _ => FastPath::Not,
        }
    }

    /// What is to be done with a fast_path message.
    #[inline(always)]
    fn say(&mut self, control: Option<&ControlPage>, sequence: u64, time: u64, received: &mut Received) -> FastPath {
        if let Some(control) = control {
            control.set_cursor(self.line, sequence + 1);
        }
        let time = self.segment.timestamps().then_some(time);
        *received = Received { publisher: self.peer.id, sequence, time, lost_before: 0 };
        if self.grant_tracker.is_due(sequence + 1) { FastPath::Due } else { FastPath::Message }
    }

    /// Notes whether messages, which are there, are fast_path from now on: not while there is something lost or skipped to tell, or
    /// of one that is gone. Only for a source of which nothing else has to be looked at.
    #[inline]
    pub(super) fn update_fast_path(&mut self, messages: Where) {
        let is_told = self.cursor.lost() == self.lost_told && self.cursor.skipped() == self.skipped_told;
        self.fast_path = (is_told && !self.over).then_some(messages);
    }

    /// The next step, of messages that are in the pool: what the ring says is looked at, and the message fetched. The
    /// error is of a message of which the ring says what cannot be.
    #[inline]
    pub(super) fn step_and_fetch(
        &mut self,
        reading: &mut Fetcher,
        depth: u64,
        out: &mut [u64],
    ) -> Result<Step, (u64, Descriptor)> {
        for _ in 0..TRIES {
            let step = self.cursor.step(&self.segment.reader(), depth, Descriptor::BYTES, out);
            let Step::Message { sequence, .. } = step else { return Ok(step) };
            match self.fetch(reading, sequence, out) {
                Fetched::Whole => return Ok(step),
                Fetched::Overwritten => {}
                Fetched::Wrong(descriptor) => return Err((sequence, descriptor)),
            }
        }
        Ok(Step::Nothing)
    }

    /// Gets at the message whose descriptor was read. One that was overwritten meanwhile is counted as lost.
    #[inline]
    fn fetch(&mut self, reading: &mut Fetcher, sequence: u64, words: &[u64]) -> Fetched {
        self.notice_grants(reading);
        let descriptor = Descriptor::decode(words);
        let fetched = reading.fetch(&self.segment, self.peer.id, self.is_honoured, sequence, descriptor);
        if fetched == Fetched::Overwritten {
            self.cursor.missed();
        }
        fetched
    }

    #[inline]
    pub(super) fn notice_grants(&mut self, reading: &Fetcher) {
        let changes = self.segment.grants().changes();
        if changes != self.grants_seen {
            self.grants_seen = changes;
            self.look_at_pins(reading);
        }
    }

    /// Whether our pins are honoured now.
    #[cold]
    #[inline(never)]
    fn look_at_pins(&mut self, reading: &Fetcher) {
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
            self.grant_tracker.hurries();
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
