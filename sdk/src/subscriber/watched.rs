//! A message that is shown while it is written: what a reader has of it.

use crate::protocol::partial::PartialState;
use crate::record::RawSample;
use crate::shm::{Descriptor, SegmentView};
use crate::sync::Word;
use std::ptr::NonNull;
use std::sync::Arc;

/// A message of another process that is pinned while it is written.
pub(crate) struct PartialView {
    /// Its bytes are not looked at as a whole: the publisher still writes what it has not shown.
    raw: RawSample,
    segment: Arc<SegmentView>,
    number: u64,
    /// As much as there will be of it.
    most: u64,
    /// The most that was seen, as [`pack`] makes it a number.
    seen: Word,
}

/// How far a message is, and whether there will be more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartialProgress {
    Grows(u64),
    Abandoned(u64),
    Whole,
}

/// What became of a look at a message that is shown.
pub(crate) enum PartialFetch {
    Held(PartialView),
    /// It has ended meanwhile.
    Ended,
    /// All pins are in use, or there are none.
    NoPin,
    /// Where it is said to be no message can be.
    Wrong(Descriptor),
}

/// From here on: no more will come.
const OVER: u64 = 1 << 62;
/// From here on: all is there.
const WHOLE: u64 = 1 << 63;

impl PartialView {
    pub(super) fn new(raw: RawSample, segment: Arc<SegmentView>, number: u64, most: u64) -> Self {
        Self { raw, segment, number, most, seen: Word::new(0) }
    }

    /// The first byte of the message, pinned as long as this exists.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.raw.start()
    }

    /// How many bytes it will have.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    /// How far it is. Never less than it was, whoever of several threads asks.
    pub(crate) fn progress(&self) -> PartialProgress {
        let mut seen = self.seen.load_acquire();
        if seen < OVER {
            // First: what a publisher sent that has ended, it sent before that.
            let is_closed = self.segment.is_closed();
            let now = match self.segment.shown().state(self.number) {
                PartialState::Grows(valid) if is_closed => OVER + valid.min(self.most),
                PartialState::Grows(valid) => valid.min(self.most),
                PartialState::Whole => WHOLE,
                PartialState::Abandoned(valid) => OVER + valid.min(self.most),
                PartialState::Over => OVER + seen,
                PartialState::Unknown => seen,
            };
            while seen < now && !self.seen.replace(seen, now) {
                seen = self.seen.load_acquire();
            }
            seen = seen.max(now);
        }
        match seen {
            WHOLE.. => PartialProgress::Whole,
            OVER.. => PartialProgress::Abandoned(seen - OVER),
            _ => PartialProgress::Grows(seen),
        }
    }
}
