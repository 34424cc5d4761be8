//! # Safety
//!
//! Records of pins. The file opts into unsafe code as [`held`](super::held) does, and upholds the same; a pin's record
//! is free when its pin holds nothing, which is what its last holder stores last.
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::Received;
use super::held::{Alive, Held, Kind, Record, leak, release};
use crate::protocol::lease::Lease;
use crate::protocol::pin;
use crate::sync::Word;
use std::ptr::NonNull;

/// What a subscriber has of one of its pins.
pub(crate) struct PinRecord {
    record: NonNull<Record>,
    pin: NonNull<Word>,
}

// SAFETY: it owns what its pointers lead to, together with holders that are `Send` themselves.
unsafe impl Send for PinRecord {}
// SAFETY: through a shared one the atomic pin is looked at; `lend` is for one thread at a time, as it says.
unsafe impl Sync for PinRecord {}

impl PinRecord {
    /// Whoever calls upholds that the pin is mapped as long as this lives.
    pub(crate) fn new(pin: &Word) -> Self {
        let pin = NonNull::from(pin);
        let kind = Kind::Pin { pin, alive: None };
        let (start, received) = (NonNull::dangling(), Received::NOTHING);
        Self { record: leak(Record { lease: Lease::free(), start, bytes: 0, received, kind }), pin }
    }

    #[inline]
    pub(crate) fn pin(&self) -> &Word {
        // SAFETY: as `new` says.
        unsafe { self.pin.as_ref() }
    }

    /// Whether nobody holds it.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        pin::is_free(self.pin())
    }

    /// Makes the first holder of a record that was free before the pin was made to hold a slot, by the same thread.
    /// Whoever calls upholds that; that the slot is at `start`, and has so many bytes; and that `alive` keeps mapped both
    /// the slot and the pin, and keeps this.
    #[inline]
    pub(crate) fn lend(&self, start: NonNull<u8>, bytes: usize, keep: [Alive; 2]) -> Held {
        let mut pointer = self.record;
        // SAFETY: the record lives as long as this; nobody holds it, so nobody else accesses it.
        let record = unsafe { pointer.as_mut() };
        record.start = start;
        record.bytes = bytes;
        if let Kind::Pin { alive, .. } = &mut record.kind {
            *alive = Some(keep);
        }
        record.lease.lend();
        Held(self.record)
    }
}

impl Drop for PinRecord {
    fn drop(&mut self) {
        // SAFETY: every holder keeps this alive, so there is none.
        unsafe { release(self.record) };
    }
}
