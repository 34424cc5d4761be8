//! How a subscriber or observer gets at a message whose descriptor it has read.
//!
//! # Safety
//!
//! The file opts into unsafe code to pin slots of other processes' memory. It upholds that a slot is where its
//! descriptor says: that was checked against the pool, which is mapped.
#![allow(unsafe_code, reason = "slots of other processes are pinned")]

use super::pins::Pins;
use super::watched::{PartialFetch, PartialView};
use crate::protocol::pin::{self, Name};
use crate::record::{Buffers, NewSample, Received};
use crate::registry::EndpointId;
use crate::shm::{Descriptor, Extent, SegmentView};
use crate::sys::memory;
use std::sync::Arc;

/// What reads the messages of one topic out of pools.
pub(crate) struct Fetcher {
    extent: Extent,
    /// Whether messages are pinned where that can be: any bytes are one. Others are copied before they are looked at.
    pins: Option<Pins>,
    /// Where messages are copied that are not pinned.
    copies: Option<Buffers>,
    /// The largest message that is copied, in bytes: its size is what another process says.
    max_copy: u64,
    fetched: Option<NewSample>,
    not_copied: Option<NotCopied>,
}

/// Why a message that has to be copied is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotCopied {
    TooLarge { bytes: u64, max: u64 },
    NoMemory { bytes: u64 },
}

/// The largest message that is copied without more said, in bytes: as large as a pool is without more said.
pub(crate) const MAX_COPY: u64 = 1 << 30;

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// It is there, to be [taken](Fetcher::take), or what keeps it from that.
    Whole,
    /// It was overwritten meanwhile.
    Overwritten,
    /// Its descriptor is none of a message in this pool.
    Wrong(Descriptor),
}

impl Fetcher {
    pub(crate) fn new(extent: Extent, pins: Option<Pins>, max_copy: u64) -> Self {
        Self { extent, pins, copies: None, max_copy, fetched: None, not_copied: None }
    }

    /// From now on messages of at most so many bytes are copied.
    pub(crate) fn set_max_copy(&mut self, bytes: u64) {
        self.max_copy = bytes;
    }

    /// Whose pins they are, if there are any.
    pub(crate) fn subscriber(&self) -> Option<EndpointId> {
        self.pins.as_ref().map(Pins::subscriber)
    }

    /// Nothing will be read of this segment any more.
    pub(crate) fn leave(&mut self, segment: &Arc<SegmentView>) {
        if let Some(pins) = &mut self.pins {
            pins.leave(segment);
        }
    }

    /// The message that was fetched last.
    #[inline]
    pub(crate) fn take(&mut self) -> Result<NewSample, NotCopied> {
        self.fetched.take().ok_or_else(|| self.not_copied.take().expect("it was fetched when it was received"))
    }

    /// Gets at message `sequence`, whose descriptor was read just now: by a pin if the publisher honours ours, else by a
    /// copy, which allocates if more are held than ever before.
    #[inline]
    pub(crate) fn fetch(
        &mut self,
        segment: &Arc<SegmentView>,
        publisher: EndpointId,
        is_honoured: bool,
        sequence: u64,
        descriptor: Descriptor,
    ) -> Fetched {
        let Some((slot, offset, bytes)) = descriptor.check(self.extent, segment.pool_bytes()) else {
            return Fetched::Wrong(descriptor);
        };
        let is_there = || segment.reader().is_there(sequence);
        if is_honoured
            && let Some(pins) = &mut self.pins
            && let Some(start) = segment.pool_address(offset, bytes)
        {
            memory::begin_to_fetch(start); // while it is pinned
            let name = Name::new(publisher.pin_tag(), slot);
            // SAFETY: the descriptor was checked: the slot is in the pool, at this address, which the segment keeps mapped, and of
            // this many bytes, as memory of the kernel initialised. Subscribers leave a segment when they detach from it. A
            // message that is in the ring is not written while it is pinned.
            match unsafe { pins.take(name, (start, bytes), segment, is_there) } {
                Some(Some(held)) => {
                    self.fetched = Some(held);
                    return Fetched::Whole;
                }
                Some(None) => return Fetched::Overwritten,
                None => {} // all are in use
            }
        }
        self.copy(segment, sequence, offset, bytes)
    }

    /// Pins the message that a publisher which honours our pins shows while it writes it. Nothing is copied.
    pub(crate) fn watch(
        &mut self,
        segment: &Arc<SegmentView>,
        publisher: EndpointId,
        (number, descriptor): (u64, Descriptor),
    ) -> PartialFetch {
        let Some((slot, offset, bytes)) = descriptor.check(self.extent, segment.pool_bytes()) else {
            return PartialFetch::Wrong(descriptor);
        };
        let (Some(pins), Some(start)) = (&mut self.pins, segment.pool_address(offset, bytes)) else {
            return PartialFetch::NoPin;
        };
        let is_there = || segment.shown().is_there(number);
        let name = Name::new(publisher.pin_tag(), slot);
        // SAFETY: as in `fetch`; and a view gives out no more than its publisher has finished.
        match unsafe { pins.take(name, (start, bytes), segment, is_there) } {
            Some(Some(held)) => {
                let held = held.describe(Received::NOTHING);
                let most = self.extent.units(descriptor.count);
                PartialFetch::Held(PartialView::new(held, Arc::clone(segment), number, most))
            }
            Some(None) => PartialFetch::Ended,
            None => PartialFetch::NoPin,
        }
    }

    #[cold]
    #[inline(never)]
    fn copy(&mut self, segment: &SegmentView, sequence: u64, offset: usize, bytes: usize) -> Fetched {
        let Some(words) = segment.pool_words(offset, bytes) else { return Fetched::Overwritten };
        let max = self.max_copy;
        if bytes as u64 > max {
            self.not_copied = Some(NotCopied::TooLarge { bytes: bytes as u64, max });
            return Fetched::Whole;
        }
        if self.copies.as_ref().is_none_or(|copies| copies.bytes() < bytes) {
            self.copies = None; // before there are others
            // A little more than now, so that messages that grow do not each need others.
            let room = if self.extent.is_variable() { bytes + bytes / 4 } else { bytes };
            self.copies = Buffers::try_new(room.max(1)).or_else(|| Buffers::try_new(bytes.max(1)));
        }
        let Some(mut buffer) = self.copies.as_mut().and_then(Buffers::try_free) else {
            self.not_copied = Some(NotCopied::NoMemory { bytes: bytes as u64 });
            return Fetched::Whole;
        };
        if pin::copy(words, buffer.words(), || segment.reader().is_there(sequence)) {
            self.fetched = Some(buffer.lend_part(bytes));
            Fetched::Whole
        } else {
            Fetched::Overwritten
        }
    }
}
