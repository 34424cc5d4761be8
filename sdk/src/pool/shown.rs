//! A message that is shown while it is written: the writer's right to the line of its segment, and what a reader has.

use super::descriptor::Descriptor;
use crate::buffers::Held;
use crate::protocol::shown::{End, Standing};
use crate::segment::{Foreign, Owned};
use crate::sync::Word;
use crate::sys::fork;
use std::sync::Arc;

/// The right to say how far the message is that a publisher shows. Dropped, the message is abandoned: that is to be
/// before its loan ends.
pub(crate) struct Showing {
    segment: Arc<Owned>,
    number: u64,
    end: End,
    /// To know a child's copy of this, whose line is its parent's to write.
    epoch: u64,
}

impl Showing {
    /// Shows a message, unless another one is shown. One thread at a time does.
    pub(crate) fn begin(segment: &Arc<Owned>, descriptor: Descriptor) -> Option<Self> {
        let line = segment.shown();
        if line.is_taken() {
            return None;
        }
        let Descriptor { offset, bytes, count } = descriptor;
        let number = line.begin([offset, bytes, count]);
        Some(Self { segment: Arc::clone(segment), number, end: End::Abandoned, epoch: fork::epoch() })
    }

    #[inline]
    pub(crate) fn grow(&mut self, valid: u64) {
        if self.epoch == fork::epoch() {
            self.segment.shown().grow(valid);
        }
    }

    /// The message was published.
    pub(crate) fn sent(mut self) {
        self.end = End::Sent;
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        if self.epoch == fork::epoch() {
            self.segment.shown().end(self.number, self.end);
        }
    }
}

/// A message of another process that is pinned while it is written.
pub(crate) struct Watched {
    held: Held,
    segment: Arc<Foreign>,
    number: u64,
    /// As much as there will be of it.
    most: u64,
    /// The most that was seen, as [`pack`] makes it a number.
    seen: Word,
}

/// How far a message is, and whether there will be more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HowFar {
    Grows(u64),
    Abandoned(u64),
    Whole,
}

/// What became of a look at a message that is shown.
pub(crate) enum Watching {
    Held(Watched),
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

impl Watched {
    pub(super) fn new(held: Held, segment: Arc<Foreign>, number: u64, most: u64) -> Self {
        Self { held, segment, number, most, seen: Word::new(0) }
    }

    pub(crate) fn held(&self) -> &Held {
        &self.held
    }

    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    /// How far it is. Never less than it was, whoever of several threads asks.
    pub(crate) fn how_far(&self) -> HowFar {
        let mut seen = self.seen.load_acquire();
        if seen < OVER {
            // First: what a publisher sent that has ended, it sent before that.
            let is_closed = self.segment.is_closed();
            let now = match self.segment.shown().standing(self.number) {
                Standing::Grows(valid) if is_closed => OVER + valid.min(self.most),
                Standing::Grows(valid) => valid.min(self.most),
                Standing::Whole => WHOLE,
                Standing::Abandoned(valid) => OVER + valid.min(self.most),
                Standing::Over => OVER + seen,
                Standing::Unknown => seen,
            };
            while seen < now && !self.seen.replace(seen, now) {
                seen = self.seen.load_acquire();
            }
            seen = seen.max(now);
        }
        match seen {
            WHOLE.. => HowFar::Whole,
            OVER.. => HowFar::Abandoned(seen - OVER),
            _ => HowFar::Grows(seen),
        }
    }
}
