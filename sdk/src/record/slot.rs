//! # Safety
//!
//! Records of slots of this process's pool. The file opts into unsafe code as
//! [`holder`](super::holder) does, and upholds the same: a slot's record is lent only while nobody
//! holds it, and its memory is the slot's alone.
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::orphans;
use super::parts::{Alive, Kind, Record, leak};
use super::raw_loan::RawLoan;
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
// SAFETY: through a shared one only the atomic lease is read.
unsafe impl Sync for SlotRecord {}

impl SlotRecord {
    /// Creates the record of slot `number`. Whenever a loan of it ends that was not spent,
    /// `returned` is incremented.
    pub(crate) fn new(number: u32, returned: Arc<Word>) -> Self {
        let kind = Kind::Slot { number, home: None, returned };
        let (start, received) = (NonNull::dangling(), Received::NOTHING);
        Self(leak(Record { lease: Lease::free(), start, bytes: 0, received, description: None, kind }))
    }

    /// Returns whether nobody holds it.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        // SAFETY: the record lives as long as this. The lease alone is borrowed: a holder may write
        // other parts.
        unsafe { &(*self.0.as_ptr()).lease }.is_free()
    }

    /// Says where the slot is from now on.
    ///
    /// # Safety
    /// The caller must ensure that nobody holds the record, and that `start` is the first byte of
    /// the slot: aligned to a line, in initialised memory that `home` keeps mapped and writable.
    pub(crate) unsafe fn place(&mut self, start: NonNull<u8>, at_home: Alive) {
        debug_assert!(self.is_free());
        // SAFETY: nobody holds it, as the caller ensures, so nobody else accesses the record.
        let record = unsafe { self.0.as_mut() };
        record.start = start;
        if let Kind::Slot { home, .. } = &mut record.kind {
            *home = Some(at_home);
        }
    }

    /// Lends the first `bytes` bytes of the slot.
    ///
    /// # Safety
    /// The caller must ensure that nobody holds the record, that it was [placed](Self::place) where
    /// the slot has at least `bytes` bytes, and that neither this process nor another one accesses
    /// them as long as the loan exists.
    #[inline]
    pub(crate) unsafe fn lend(&mut self, bytes: usize) -> RawLoan {
        debug_assert!(self.is_free());
        // SAFETY: nobody holds it, as the caller ensures, so nobody else accesses the record.
        unsafe { self.0.as_mut() }.bytes = bytes;
        // SAFETY: the record lives until nobody holds it, and this accesses it only while nobody
        // does, but for its lease. The rest is as the caller ensures.
        unsafe { RawLoan::lend(self.0) }
    }
}

impl Drop for SlotRecord {
    fn drop(&mut self) {
        // SAFETY: `new` leaked it, and this, which alone owned it, is gone.
        unsafe { orphans::abandon(iter::once(self.0)) };
    }
}
