//! How a subscriber or observer gets at a message whose descriptor it has read.

use super::board::Pins;
use super::descriptor::{Descriptor, Extent};
use super::readers;
use super::shown::{Watched, Watching};
use crate::EndpointId;
use crate::buffers::{Buffers, Held};
use crate::protocol::pin::{self, Name};
use crate::segment::Foreign;
use crate::sys::memory;
use std::sync::Arc;

/// What reads the messages of one topic out of pools.
pub(crate) struct Reading {
    extent: Extent,
    /// Whether messages are pinned where that can be: any bytes are one. Others are copied before they are looked at.
    pins: Option<Pins>,
    /// Where messages are copied that are not pinned.
    copies: Option<Buffers>,
    fetched: Option<Held>,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// It is there, to be [taken](Reading::take).
    Whole,
    /// It was overwritten meanwhile.
    Overwritten,
    /// Its descriptor is none of a message in this pool.
    Wrong(Descriptor),
}

impl Reading {
    pub(crate) fn new(extent: Extent, pins: Option<Pins>) -> Self {
        Self { extent, pins, copies: None, fetched: None }
    }

    /// Whose pins they are, if there are any.
    pub(crate) fn subscriber(&self) -> Option<EndpointId> {
        self.pins.as_ref().map(Pins::subscriber)
    }

    /// Nothing will be read of this segment any more.
    pub(crate) fn leave(&mut self, segment: &Arc<Foreign>) {
        if let Some(pins) = &self.pins {
            pins.leave(segment);
        }
    }

    /// The message that was fetched last.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Held> {
        self.fetched.take()
    }

    /// Gets at message `sequence`, whose descriptor was read just now: by a pin if the publisher honours ours, else by a
    /// copy, which allocates if more are held than ever before.
    #[inline]
    pub(crate) fn fetch(
        &mut self,
        segment: &Arc<Foreign>,
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
            match pins.take(Name::new(readers::tag(publisher), slot), (start, bytes), segment, is_there) {
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
        segment: &Arc<Foreign>,
        publisher: EndpointId,
        (number, descriptor): (u64, Descriptor),
    ) -> Watching {
        let Some((slot, offset, bytes)) = descriptor.check(self.extent, segment.pool_bytes()) else {
            return Watching::Wrong(descriptor);
        };
        let (Some(pins), Some(start)) = (&mut self.pins, segment.pool_address(offset, bytes)) else {
            return Watching::NoPin;
        };
        let is_there = || segment.shown().is_there(number);
        match pins.take(Name::new(readers::tag(publisher), slot), (start, bytes), segment, is_there) {
            Some(Some(held)) => {
                let most = self.extent.units(descriptor.count);
                Watching::Held(Watched::new(held, Arc::clone(segment), number, most))
            }
            Some(None) => Watching::Ended,
            None => Watching::NoPin,
        }
    }

    #[cold]
    #[inline(never)]
    fn copy(&mut self, segment: &Foreign, sequence: u64, offset: usize, bytes: usize) -> Fetched {
        if self.copies.as_ref().is_none_or(|copies| copies.bytes() < bytes) {
            // A little more than now, so that messages that grow do not each need others.
            let room = if self.extent.is_variable() { bytes + bytes / 4 } else { bytes };
            self.copies = Some(Buffers::new(room.max(1)));
        }
        let (Some(copies), Some(words)) = (&mut self.copies, segment.pool_words(offset, bytes)) else {
            return Fetched::Overwritten;
        };
        let mut buffer = copies.free();
        if pin::copy(words, buffer.words(), || segment.reader().is_there(sequence)) {
            self.fetched = Some(buffer.lend_part(bytes));
            Fetched::Whole
        } else {
            Fetched::Overwritten
        }
    }
}
