//! One publisher that a subscriber or observer reads.
//!
//! There are two ways to read its next message. On the *fast path* nothing is to be done but to get
//! at the message and to report that it was read. It applies while nothing else is due: no loss is
//! to be reported, the publisher has not ended, nothing is left out. The *slow path* checks
//! everything, and decides whether the fast path applies from then on.

use super::RecvError;
use super::fetch::{Fetched, Fetcher, InPool};
use super::grant::GrantTracker;
use super::opening::Opened;
use crate::protocol::cursor::{Cursor, Step};
use crate::protocol::grant::Found;
use crate::record::{Buffers, RawSample, Received};
use crate::registry::{Peer, TopicName};
use crate::shm::{ControlPage, Descriptor, Line, SegmentView};
use std::sync::Arc;

/// A publisher that is read.
pub(super) struct Source {
    pub(super) peer: Peer,
    pub(super) segment: Arc<SegmentView>,
    pub(super) cursor: Cursor,
    pub(super) fast_path: FastPath,
    /// Where the cursor was at first.
    start: u64,
    /// Its line in this subscriber's control page.
    pub(super) line: Line,
    /// How much of what was lost has been reported with a message.
    lost_reported: u64,
    /// How much of what was skipped has been written to the control page.
    skipped_written: u64,
    /// When the next message may be delivered, in nanoseconds of `CLOCK_MONOTONIC`.
    pub(super) due: u64,
    /// Whether the subscriber has moved to a new directory of the topic, in which it has not found
    /// this publisher.
    pub(super) is_left_behind: bool,
    /// Whether the publisher honours this subscriber's pins.
    pub(super) honours_pins: bool,
    /// How often the publisher had changed its grants when that was found out.
    grant_changes: u64,
    /// Whether the publisher was found to have ended: once nothing is left to read, nothing
    /// follows.
    pub(super) has_ended: bool,
    /// The number of the first partial message that was not seen yet.
    pub(super) next_partial: u64,
    /// Whether the last run of messages was a whole one.
    pub(super) is_stream: bool,
    /// What is known of its grant, if lossless delivery is requested.
    pub(super) grant: GrantTracker,
}

/// Whether the fast path applies, and where messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FastPath {
    Off,
    /// Messages are in the ring.
    Ring,
    /// Messages are in the pool, and descriptors in the ring.
    Pool,
}

/// What reading a source gave.
pub(super) enum Read {
    Message(RawSample),
    Nothing,
    /// The next message was read, and cannot be delivered.
    Discarded(Box<RecvError>),
    /// What the publisher has written is invalid: it must be detached.
    Corrupt(Box<RecvError>),
}

/// What copying a message on the fast path gave.
pub(super) enum FastCopy {
    Message {
        sample: RawSample,
        /// Whether lossless delivery requires something to be settled.
        must_settle: bool,
    },
    Nothing,
    /// The fast path does not apply any more.
    Slow,
}

/// A message that was read from the ring.
#[derive(Clone, Copy)]
struct Taken {
    sequence: u64,
    /// When it was published, if the publisher stores that.
    time: u64,
}

/// What a source needs to report that it was read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) topic: &'a TopicName,
    /// Where a subscriber reports how far it has read. An observer does not.
    pub(super) control: Option<&'a ControlPage>,
}

/// How often one call tries again to fetch a message that was overwritten meanwhile.
const TRIES: u32 = 4;

impl Source {
    pub(super) fn new(peer: Peer, opened: Opened) -> Self {
        let Opened { segment, cursor, line } = opened;
        Self {
            peer,
            segment,
            cursor,
            fast_path: FastPath::Off,
            start: cursor.next(),
            line,
            lost_reported: 0,
            skipped_written: 0,
            due: 0,
            is_left_behind: false,
            honours_pins: false,
            grant_changes: 0,
            has_ended: false,
            next_partial: 0,
            is_stream: false,
            grant: GrantTracker::NONE,
        }
    }

    /// Begins after messages that were withdrawn, of a source of which nothing was read yet.
    pub(super) fn start_after_withdrawn(&mut self, control: Option<&ControlPage>) {
        let reader = self.segment.reader();
        self.cursor = self.cursor.after_withdrawn(&reader, reader.head());
        if self.cursor.next() != self.start {
            self.start = self.cursor.next();
            if let Some(control) = control {
                control.set_start(self.line, self.start);
            }
        }
    }

    /// Copies the next message out of the ring on the fast path, which applies.
    #[inline(always)]
    pub(super) fn copy_fast(
        &mut self,
        control: Option<&ControlPage>,
        payload: usize,
        buffers: &mut Buffers,
    ) -> FastCopy {
        debug_assert_eq!(self.fast_path, FastPath::Ring);
        let mut buffer = buffers.free();
        let (out, received) = buffer.parts();
        match self.cursor.step_fast(&self.segment.reader(), payload, &mut out[..payload.div_ceil(8)]) {
            Some(Step::Message { sequence, time }) => {
                *received = self.deliver(control, Taken { sequence, time }, 0);
                let must_settle = self.grant.is_settling_due(sequence + 1);
                FastCopy::Message { sample: buffer.lend_sample(), must_settle }
            }
            Some(_) if !self.must_settle() => FastCopy::Nothing,
            _ => FastCopy::Slow,
        }
    }

    /// Copies the next message out of the ring.
    pub(super) fn copy_slowly(&mut self, reader: Reader<'_>, payload: usize, buffers: &mut Buffers) -> Read {
        let mut buffer = buffers.free();
        let (depth, before) = (self.segment.geometry().depth(), self.cursor.next());
        match self.cursor.step(&self.segment.reader(), depth, payload, buffer.words()) {
            Step::Message { sequence, time } => {
                let (taken, lost_before) = (Taken { sequence, time }, self.take_lost(reader.control));
                *buffer.parts().1 = self.deliver(reader.control, taken, lost_before);
                Read::Message(buffer.lend_sample())
            }
            Step::NotYet => self.nothing(reader, before),
            Step::Corrupt { sequence, stamp } => self.corrupt(reader, sequence, stamp),
        }
    }

    /// Reports that the cursor has passed what was left out, if it has: a publisher may wait for that.
    fn nothing(&self, reader: Reader<'_>, before: u64) -> Read {
        if let Some(control) = reader.control
            && self.cursor.next() != before
        {
            self.write_progress(control);
        }
        Read::Nothing
    }

    /// Fetches the next message from the pool on the fast path, which applies. Returns `None` if it
    /// does not any more.
    #[inline]
    pub(super) fn fetch_fast(&mut self, reader: Reader<'_>, fetcher: &mut Fetcher) -> Option<Read> {
        debug_assert_eq!(self.fast_path, FastPath::Pool);
        let mut words = [0; Descriptor::BYTES / 8];
        match self.cursor.step_fast(&self.segment.reader(), Descriptor::BYTES, &mut words) {
            Some(Step::Message { sequence, time }) => {
                let read = self.fetch(reader, fetcher, Taken { sequence, time }, &words);
                if read.is_none() {
                    self.fast_path = FastPath::Off; // a loss is to be reported
                }
                read
            }
            Some(_) if !self.must_settle() => {
                fetcher.prepare();
                Some(Read::Nothing)
            }
            _ => None,
        }
    }

    /// Fetches the next message from the pool.
    pub(super) fn fetch_slowly(&mut self, reader: Reader<'_>, fetcher: &mut Fetcher) -> Read {
        let mut words = [0; Descriptor::BYTES / 8];
        let (depth, before) = (self.segment.geometry().depth(), self.cursor.next());
        for _ in 0..TRIES {
            match self.cursor.step(&self.segment.reader(), depth, Descriptor::BYTES, &mut words) {
                Step::Message { sequence, time } => {
                    if let Some(read) = self.fetch(reader, fetcher, Taken { sequence, time }, &words) {
                        return read;
                    }
                }
                Step::NotYet => return self.nothing(reader, before),
                Step::Corrupt { sequence, stamp } => return self.corrupt(reader, sequence, stamp),
            }
        }
        Read::Nothing
    }

    /// Fetches the message whose descriptor was read. Returns `None` if it was overwritten
    /// meanwhile: it counts as lost.
    #[inline]
    fn fetch(&mut self, reader: Reader<'_>, fetcher: &mut Fetcher, taken: Taken, words: &[u64]) -> Option<Read> {
        self.check_grants(fetcher);
        let fetched = fetcher.fetch(InPool {
            topic: reader.topic,
            publisher: &self.peer,
            segment: &self.segment,
            honours_pins: self.honours_pins,
            sequence: taken.sequence,
            descriptor: Descriptor::decode(words),
        });
        Some(match fetched {
            Fetched::Message(sample) => {
                let lost_before = self.take_lost(reader.control);
                Read::Message(sample.describe(self.deliver(reader.control, taken, lost_before)))
            }
            Fetched::Overwritten => {
                self.cursor.count_lost();
                return None;
            }
            Fetched::Discarded(error) => {
                let lost_before = self.take_lost(reader.control);
                self.deliver(reader.control, taken, lost_before);
                self.return_lost(lost_before);
                Read::Discarded(error)
            }
            Fetched::Corrupt(error) => Read::Corrupt(error),
        })
    }

    /// Returns whether lossless delivery requires something to be settled after a message.
    #[inline]
    pub(super) fn is_settling_due(&self) -> bool {
        self.grant.is_settling_due(self.cursor.next())
    }

    /// Returns whether lossless delivery requires something to be settled when there is nothing to
    /// read.
    #[inline]
    pub(super) fn must_settle(&self) -> bool {
        self.grant.is_requested()
            && (self.grant.owes_notification(self.cursor.next()) || self.grant.has_changes(self.segment.grants()))
    }

    #[cold]
    fn corrupt(&self, reader: Reader<'_>, sequence: u64, stamp: u64) -> Read {
        Read::Corrupt(RecvError::corrupt(reader.topic, &self.peer.name, sequence, stamp))
    }

    /// Reports that a message was read, and returns what is known of it.
    #[inline(always)]
    fn deliver(&self, control: Option<&ControlPage>, taken: Taken, lost_before: u64) -> Received {
        let Taken { sequence, time } = taken;
        if let Some(control) = control {
            control.set_cursor(self.line, sequence + 1);
        }
        let time = self.segment.timestamps().then_some(time);
        Received { publisher: self.peer.id, sequence, time, lost_before }
    }

    /// Decides whether the fast path applies from now on, of messages that are read as `wanted`
    /// says: not while something lost or skipped is to be reported, or once the publisher has
    /// ended. Only for a source of which nothing else must be checked.
    #[inline]
    pub(super) fn update_fast_path(&mut self, wanted: FastPath) {
        let is_reported = self.cursor.lost() == self.lost_reported && self.cursor.skipped() == self.skipped_written;
        self.fast_path = if is_reported && !self.has_ended { wanted } else { FastPath::Off };
    }

    /// Checks whether the publisher honours pins now, if it has changed its grants.
    #[inline]
    pub(super) fn check_grants(&mut self, fetcher: &Fetcher) {
        let changes = self.segment.grants().changes();
        if changes != self.grant_changes {
            self.grant_changes = changes;
            self.check_pins(fetcher);
        }
    }

    #[cold]
    #[inline(never)]
    fn check_pins(&mut self, fetcher: &Fetcher) {
        let found = fetcher.subscriber().and_then(|id| self.segment.grants().find(id.halves()));
        self.honours_pins = matches!(found, Some(Found::Granted { pins: true, .. }));
    }

    /// Returns how many messages were delivered, lost or skipped.
    pub(super) fn taken(&self) -> u64 {
        self.cursor.next() - self.start
    }

    /// Returns whether messages were published that were not read.
    pub(super) fn has_unread(&self) -> bool {
        self.segment.reader().head() > self.cursor.next()
    }

    /// Returns how much was lost since the last call, to be reported with the next message.
    #[inline]
    fn take_lost(&mut self, control: Option<&ControlPage>) -> u64 {
        let lost = self.cursor.lost();
        let since = lost - self.lost_reported;
        self.lost_reported = lost;
        if since != 0 || self.cursor.skipped() != self.skipped_written {
            self.skipped_written = self.cursor.skipped();
            self.grant.hasten();
            if let Some(control) = control {
                self.write_progress(control);
            }
        }
        since
    }

    /// Takes back what [`take_lost`](Self::take_lost) returned, because the message with which it
    /// was to be reported is not delivered: it is reported with the next one.
    pub(super) fn return_lost(&mut self, lost: u64) {
        self.lost_reported -= lost;
        self.fast_path = FastPath::Off;
    }

    /// Returns whether something was lost and not reported yet.
    pub(super) fn has_unreported_loss(&self) -> bool {
        self.cursor.lost() != self.lost_reported
    }

    #[cold]
    pub(super) fn write_progress(&self, control: &ControlPage) {
        control.set_progress(self.line, self.cursor.next(), self.cursor.lost(), self.cursor.skipped());
    }

    /// Returns whether its publisher has left or died, so that nothing new can follow. A system
    /// call.
    pub(super) fn check_ended(&self) -> bool {
        self.segment.is_closed() || !self.peer.is_alive().unwrap_or(true)
    }
}
