//! # Safety
//!
//! Records of slots of this process's pool. The file opts into unsafe code as [`held`](super::held) does, and upholds
//! the same: whoever has a slot's record lends it only while nobody holds it, and has the slot's memory for it alone.
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::held::{Alive, Held, Kind, Record, abandon, leak};
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::sync::Word;
use std::iter;
use std::ptr::NonNull;
use std::sync::Arc;

/// What a pool has of one of its slots.
pub(crate) struct SlotRecord(NonNull<Record>);

// SAFETY: it owns what its pointer leads to, together with holders that are `Send` themselves.
unsafe impl Send for SlotRecord {}
// SAFETY: through a shared one only the atomic lease is looked at.
unsafe impl Sync for SlotRecord {}

impl SlotRecord {
    /// The record of slot `number`. Whenever a loan of it ends that was not spent, `returned` is counted up.
    pub(crate) fn new(number: u32, returned: Arc<Word>) -> Self {
        let kind = Kind::Slot { number, home: None, returned };
        let (start, received) = (NonNull::dangling(), Received::NOTHING);
        Self(leak(Record { lease: Lease::free(), start, bytes: 0, received, kind }))
    }

    /// Whether nobody holds it.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        // SAFETY: the record lives as long as this. The lease alone is borrowed: a holder may write other parts.
        unsafe { &(*self.0.as_ptr()).lease }.is_free()
    }

    /// Whoever calls upholds that the slot is at `start` from now on, initialised memory that `home` keeps mapped and
    /// writable, and that nobody holds it.
    pub(crate) fn place(&mut self, start: NonNull<u8>, at_home: Alive) {
        debug_assert!(self.is_free());
        // SAFETY: nobody holds it, so nobody else accesses the record.
        let record = unsafe { self.0.as_mut() };
        record.start = start;
        if let Kind::Slot { home, .. } = &mut record.kind {
            *home = Some(at_home);
        }
    }

    /// Makes the first holder, of so many bytes. Whoever calls upholds that the slot has so many, that nobody holds it,
    /// and that no other process uses what is in it.
    #[inline]
    pub(crate) fn lend(&mut self, bytes: usize) -> Held {
        debug_assert!(self.is_free());
        // SAFETY: nobody holds it, so nobody else accesses the record.
        let record = unsafe { self.0.as_mut() };
        record.bytes = bytes;
        record.lease.lend();
        Held(self.0)
    }
}

impl Drop for SlotRecord {
    fn drop(&mut self) {
        abandon(iter::once(self.0));
    }
}
