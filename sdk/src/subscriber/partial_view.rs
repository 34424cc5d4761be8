//! # Safety
//!
//! What a reader has of a partial message: one that is still being written. The file opts into
//! unsafe code to see what is finished, and to pass on what copying a header requires.
#![allow(unsafe_code, reason = "a part of a message is seen")]

use crate::protocol::partial::PartialState;
use crate::record::RawSample;
use crate::shm::{Extent, SegmentView};
use crate::sync::Word;
use std::ptr::NonNull;
use std::sync::Arc;

/// A message of another process, pinned while it is written.
pub(crate) struct PartialView {
    /// Its bytes are not looked at as a whole: the publisher still writes those that it has not
    /// published.
    raw: RawSample,
    segment: Arc<SegmentView>,
    /// Its number among the publisher's partial messages.
    number: u64,
    /// Of what it consists.
    extent: Extent,
    /// How much it will have.
    total: u64,
    /// The furthest progress that was seen, packed into a number as described at [`GROWS_BELOW`].
    seen: Word,
}

/// How far a message is, and whether more of it will follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartialProgress {
    Grows(u64),
    Abandoned(u64),
    Whole,
}

/// Packed progress: numbers below this are how much is valid of a message that grows. The same and
/// up to [`WHOLE`]: how much is valid of one that was abandoned.
const GROWS_BELOW: u64 = 1 << 62;
/// Packed progress: the message is whole.
const WHOLE: u64 = 1 << 63;

impl PartialView {
    /// Creates the view of message `number` of the publisher's partial ones, of `count` elements.
    pub(super) fn new(raw: RawSample, segment: Arc<SegmentView>, number: u64, extent: Extent, count: u64) -> Self {
        Self { raw, segment, number, extent, total: extent.units(count), seen: Word::new(0) }
    }

    /// Returns the first byte of the message, which is pinned as long as this exists.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.raw.start()
    }

    /// Returns where the header is; see [`RawSample::header`].
    pub(super) fn header(&self) -> NonNull<u8> {
        self.raw.header()
    }

    /// Copies the header, and returns the copy; see [`RawSample::copy_header`].
    ///
    /// # Safety
    /// As there.
    pub(super) unsafe fn copy_header(&self, bytes: usize) -> &[u8] {
        // SAFETY: as the caller ensures.
        unsafe { self.raw.copy_header(bytes) }
    }

    /// Returns how many bytes the whole message has.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    /// Returns how many elements the whole message has; bytes if it is of fixed size.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Returns the size of each element in bytes; 1 if it is of fixed size.
    pub(crate) fn unit(&self) -> usize {
        self.extent.place_of_units().1
    }

    /// Returns how much of the message is valid now: elements, or bytes if it is of fixed size.
    pub(crate) fn valid(&self) -> usize {
        let valid = match self.progress() {
            PartialProgress::Grows(valid) | PartialProgress::Abandoned(valid) => valid,
            PartialProgress::Whole => self.total,
        };
        usize::try_from(valid).expect("at most what is in memory")
    }

    /// Returns the bytes before the elements, of which the header is the first. They were written
    /// before the message was published partially.
    pub(crate) fn before_elements(&self) -> &[u8] {
        let (at, _) = self.extent.place_of_units();
        // SAFETY: no publisher that keeps the protocol writes them any more.
        unsafe { self.bytes(0, at) }
    }

    /// Returns the bytes of what is valid now, from the elements on.
    pub(crate) fn valid_bytes(&self) -> &[u8] {
        let (at, size) = self.extent.place_of_units();
        // SAFETY: its publisher has finished this much, and if it keeps the protocol does not write
        // it any more.
        unsafe { self.bytes(at, self.valid() * size) }
    }

    /// Returns bytes of the message.
    ///
    /// # Safety
    /// The caller must ensure that a publisher which keeps the protocol does not write them while
    /// this exists.
    unsafe fn bytes(&self, at: usize, count: usize) -> &[u8] {
        assert!(at.checked_add(count).is_some_and(|end| end <= self.len()), "bytes outside of a partial message");
        // SAFETY: it lies inside, as was just checked.
        let start = unsafe { self.raw.start().add(at) };
        // SAFETY: this many bytes are initialised, and pinned as long as this exists. They are not
        // written, as the caller ensures.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), count) }
    }

    /// Returns how far the message is. It never goes back, whichever of several threads calls.
    pub(crate) fn progress(&self) -> PartialProgress {
        let mut seen = self.seen.load_acquire();
        if seen < GROWS_BELOW {
            let now = self.packed(seen);
            while seen < now && !self.seen.compare_exchange(seen, now) {
                seen = self.seen.load_acquire();
            }
            seen = seen.max(now);
        }
        match seen {
            WHOLE.. => PartialProgress::Whole,
            GROWS_BELOW.. => PartialProgress::Abandoned(seen - GROWS_BELOW),
            _ => PartialProgress::Grows(seen),
        }
    }

    /// Loads how far the message is now, after it was `seen` to be valid.
    fn packed(&self, seen: u64) -> u64 {
        // First: what a publisher has sent that has ended, it sent before that.
        let is_closed = self.segment.is_closed();
        match self.segment.partial_line().state(self.number) {
            PartialState::Growing(valid) if is_closed => GROWS_BELOW + valid.min(self.total),
            PartialState::Growing(valid) => valid.min(self.total),
            PartialState::Finished => WHOLE,
            PartialState::Abandoned(valid) => GROWS_BELOW + valid.min(self.total),
            PartialState::Ended => GROWS_BELOW + seen,
            PartialState::Unknown => seen,
        }
    }
}
