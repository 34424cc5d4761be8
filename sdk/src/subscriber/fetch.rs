//! # Safety
//!
//! How a message in a pool is fetched, once its descriptor was read: it is pinned where it is, or
//! copied. The file opts into unsafe code to name memory that is to be pinned. It upholds that the
//! memory is a slot inside the pool of a segment that is mapped, because every descriptor is
//! checked before it is used.
#![allow(unsafe_code, reason = "memory that is to be pinned is named")]

use super::RecvError;
use super::partial_view::PartialView;
use super::pins::{Pinned, Pins};
use crate::protocol::pin::{self, Name};
use crate::record::{Alive, Buffers, NewSample, Received};
use crate::registry::{EndpointId, Peer, TopicName};
use crate::shm::{Descriptor, Extent, SegmentView};
use crate::sys::memory;
use std::sync::Arc;

/// Fetches the messages of one topic out of pools.
pub(crate) struct Fetcher {
    extent: Extent,
    /// With these, messages are pinned where their publishers honour it. There are none if all of a
    /// message has to be checked: it is copied before it is inspected.
    pins: Option<Pins>,
    /// Where messages are copied that are not pinned.
    copies: Option<Buffers>,
    /// The largest message that is copied, in bytes: its size is a claim of another process.
    max_copy: u64,
    /// Messages of fewer bytes are copied although they could be pinned.
    least_pinned: usize,
    /// What describes messages to their holders.
    description: Option<Alive>,
    /// Whether everything is prepared for the next message.
    is_prepared: bool,
}

/// A message in a pool that is to be fetched.
#[derive(Clone, Copy)]
pub(super) struct InPool<'a> {
    pub(super) topic: &'a TopicName,
    pub(super) publisher: &'a Peer,
    pub(super) segment: &'a Arc<SegmentView>,
    /// Whether its publisher honours this subscriber's pins.
    pub(super) honours_pins: bool,
    pub(super) sequence: u64,
    pub(super) descriptor: Descriptor,
}

/// The largest message that is copied by default, in bytes: as large as a pool is by default.
pub(crate) const MAX_COPY: u64 = 1 << 30;

/// What fetching a message gave.
pub(super) enum Fetched {
    Message(NewSample),
    /// It was overwritten meanwhile.
    Overwritten,
    /// It cannot be copied.
    Discarded(Box<RecvError>),
    /// Its descriptor is invalid.
    Corrupt(Box<RecvError>),
}

/// What fetching a partial message gave.
pub(super) enum FetchedPartial {
    View(PartialView),
    /// It has ended meanwhile.
    Ended,
    /// All pins are in use, or there are none.
    NoPin,
    /// Its descriptor is invalid.
    Corrupt(Box<RecvError>),
}

impl Fetcher {
    pub(crate) fn new(extent: Extent, pins: Option<Pins>, max_copy: u64, description: Option<Alive>) -> Self {
        Self { extent, pins, copies: None, max_copy, least_pinned: 0, description, is_prepared: false }
    }

    /// Sets the size of the largest message that is copied.
    pub(crate) fn set_max_copy(&mut self, bytes: u64) {
        self.max_copy = bytes;
    }

    /// Has messages of up to this many bytes copied although they could be pinned.
    pub(super) fn copy_small(&mut self, bytes: usize) {
        self.least_pinned = bytes + 1;
    }

    /// Returns the identity of the subscriber that has the pins, if there are any.
    pub(super) fn subscriber(&self) -> Option<EndpointId> {
        self.pins.as_ref().map(Pins::subscriber)
    }

    /// Unmaps a segment of which nothing will be fetched any more, once no sample of it is held.
    pub(super) fn forget(&mut self, segment: &Arc<SegmentView>) {
        if let Some(pins) = &mut self.pins {
            pins.forget(segment);
        }
    }

    /// Prepares for the next message while there is none.
    #[inline]
    pub(super) fn prepare(&mut self) {
        if let Some(pins) = self.pins.as_ref().filter(|_| !self.is_prepared) {
            pins.prepare();
            self.is_prepared = true;
        }
    }

    /// Fetches the message whose descriptor was just read: by a pin if its publisher honours that,
    /// otherwise by a copy, which allocates if more are held than ever before.
    #[inline]
    pub(super) fn fetch(&mut self, message: InPool<'_>) -> Fetched {
        self.is_prepared = false;
        let InPool { segment, sequence, descriptor, .. } = message;
        let Some((slot, offset, bytes)) = descriptor.check(self.extent, segment.pool_bytes()) else {
            let InPool { topic, publisher, .. } = message;
            return Fetched::Corrupt(RecvError::not_in_pool(topic, &publisher.name, sequence, descriptor));
        };
        if message.honours_pins
            && bytes >= self.least_pinned
            && let Some(pins) = &mut self.pins
            && let Some(start) = segment.pool_address(offset, bytes)
        {
            memory::prefetch(start); // while it is pinned
            let name = Name::new(message.publisher.id.pin_tag(), slot);
            let is_present = || segment.reader().still_holds(sequence);
            // SAFETY: the descriptor was checked. So the slot is in the pool, at this address,
            // which the segment keeps mapped, and has this many bytes, initialised because the
            // kernel gave them. Subscribers forget a segment when they detach from it. A message
            // that is in the ring is not written while it is pinned.
            match unsafe { pins.pin(name, (start, bytes), segment, is_present) } {
                Pinned::Held(sample) => return Fetched::Message(sample),
                Pinned::Retired => return Fetched::Overwritten,
                Pinned::NoneFree => {}
            }
        }
        self.copy(message, offset, bytes)
    }

    /// Pins a partial message of a publisher that honours pins. Nothing is copied.
    /// `message.sequence` is its number among the publisher's partial messages.
    pub(super) fn fetch_partial(&mut self, message: InPool<'_>) -> FetchedPartial {
        let InPool { segment, sequence: number, descriptor, .. } = message;
        let Some((slot, offset, bytes)) = descriptor.check(self.extent, segment.pool_bytes()) else {
            let InPool { topic, publisher, .. } = message;
            return FetchedPartial::Corrupt(RecvError::partial_not_in_pool(topic, &publisher.name, descriptor));
        };
        let (Some(pins), Some(start)) = (&mut self.pins, segment.pool_address(offset, bytes)) else {
            return FetchedPartial::NoPin;
        };
        let name = Name::new(message.publisher.id.pin_tag(), slot);
        let is_present = || segment.partial_line().still_shows(number);
        // SAFETY: as in `fetch`. A view gives out no more than its publisher has finished.
        match unsafe { pins.pin(name, (start, bytes), segment, is_present) } {
            Pinned::Held(sample) => {
                let sample = sample.describe(Received::NOTHING);
                let view = PartialView::new(sample, Arc::clone(segment), number, self.extent, descriptor.count);
                FetchedPartial::View(view)
            }
            Pinned::Retired => FetchedPartial::Ended,
            Pinned::NoneFree => FetchedPartial::NoPin,
        }
    }

    #[inline(never)]
    fn copy(&mut self, message: InPool<'_>, offset: usize, bytes: usize) -> Fetched {
        let InPool { topic, publisher, segment, sequence, .. } = message;
        let Some(words) = segment.pool_words(offset, bytes) else { return Fetched::Overwritten };
        let (size, max) = (bytes as u64, self.max_copy);
        let fields = || (topic.clone(), Box::new(publisher.name.clone()));
        if size > max {
            let (topic, publisher) = fields();
            let error = RecvError::TooLarge { topic, publisher, sequence, bytes: size, max };
            return Fetched::Discarded(Box::new(error));
        }
        let Some(mut buffer) = self.buffers(bytes).and_then(Buffers::try_free) else {
            let (topic, publisher) = fields();
            let error = RecvError::NoMemory { topic, publisher, sequence, bytes: size };
            return Fetched::Discarded(Box::new(error));
        };
        if pin::copy(words, buffer.words(), || segment.reader().still_holds(sequence)) {
            Fetched::Message(buffer.lend_part(bytes))
        } else {
            Fetched::Overwritten
        }
    }

    /// Returns buffers of at least this size, or `None` if there is no memory for them.
    fn buffers(&mut self, bytes: usize) -> Option<&mut Buffers> {
        if self.copies.as_ref().is_none_or(|copies| copies.bytes() < bytes) {
            self.copies = None; // freed before there are others
            // A little more than this message needs, so that messages that grow do not each need
            // others.
            let bytes = bytes.max(self.least_pinned); // so that small ones of another size need no others
            let capacity = if self.extent.is_variable() { bytes + bytes / 4 } else { bytes };
            let new = |bytes: usize| Buffers::try_described(bytes.max(1), self.description.clone());
            self.copies = new(capacity).or_else(|| new(bytes));
        }
        self.copies.as_mut()
    }
}
