//! # Safety
//!
//! Records of pins. The file opts into unsafe code as [`holder`](super::holder) does, and upholds
//! the same. What is kept for holders is the owner's to access unless it is entrusted. Then it is
//! the last holder's, until that says that it has taken it: see [`lease`](crate::protocol::lease).
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::lines::{self, LINE};
use super::parts::{Alive, Kept, Kind, OwnLines, Record, leak, release};
use super::raw_sample::NewSample;
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::sync::Word;
use crate::sys::fork::Origin;
use std::any::Any;
use std::cell::UnsafeCell;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// What a subscriber has of one of its pins. One thread at a time changes it.
pub(crate) struct PinRecord {
    record: NonNull<Record>,
    pin: NonNull<Word>,
}

// SAFETY: it owns what its pointers lead to, together with holders that are `Send` themselves.
unsafe impl Send for PinRecord {}
// SAFETY: safe functions read the atomic lease and the atomic pin through a shared one. Callers of
// the others ensure that one thread at a time does.
unsafe impl Sync for PinRecord {}

impl PinRecord {
    /// Creates the record of a pin, with memory for a copy of each message's first `header` bytes.
    /// Returns `None` if there is no memory for that. Holders find the `description` of the messages in it.
    ///
    /// # Safety
    /// The caller must ensure that the pin stays mapped as long as this exists, and that nobody
    /// drops this while it is held: what `owner` gives to [`lend`](Self::lend) keeps it.
    pub(crate) unsafe fn new(pin: &Word, header: usize, description: Option<Alive>) -> Option<Self> {
        let header = match header.div_ceil(LINE) {
            0 => None,
            count => Some(OwnLines { start: lines::allocate(count)?, count }),
        };
        let pin = NonNull::from(pin);
        let kind = Kind::Pin { pin, origin: Origin::here(), kept: UnsafeCell::new(None), header };
        let (start, received) = (NonNull::dangling(), Received::NOTHING);
        let record = leak(Record { lease: Lease::free(), start, bytes: 0, received, description, kind });
        Some(Self { record, pin })
    }

    #[inline]
    pub(crate) fn pin(&self) -> &Word {
        // SAFETY: it is mapped as long as this exists, as the caller of `new` ensured.
        unsafe { self.pin.as_ref() }
    }

    /// Returns whether nobody holds it.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        // SAFETY: the record lives as long as this. The lease alone is borrowed: a holder may write
        // other parts.
        unsafe { &(*self.record.as_ptr()).lease }.is_free()
    }

    /// Lends the slot that the pin holds: `bytes` bytes from `start` on.
    ///
    /// # Safety
    /// The caller must ensure that
    ///
    /// - the record is [free](Self::is_free), and no other thread calls any of these unsafe
    ///   functions meanwhile;
    /// - the pin was made to hold the slot, `start` is its first byte, aligned to a line, and it
    ///   has whole words, at least `bytes` bytes, all initialised;
    /// - `home` keeps the slot mapped, and what `owner` returns keeps the pin mapped and this
    ///   alive, until [`drop_kept`](Self::drop_kept) was called;
    /// - bytes that a publisher which keeps the protocol may still write are not looked at through
    ///   the sample.
    #[inline]
    pub(crate) unsafe fn lend<H: Any + Send + Sync>(
        &self,
        (start, bytes): (NonNull<u8>, usize),
        home: &Arc<H>,
        owner: impl FnOnce() -> Alive,
    ) -> NewSample {
        // SAFETY: nobody holds it and no other thread changes it, as the caller ensures: so it is
        // not entrusted.
        if !unsafe { self.keeps(home) } {
            // SAFETY: as above.
            unsafe { self.keep([Arc::clone(home) as Alive, owner()]) };
        }
        let mut pointer = self.record;
        // SAFETY: the record lives as long as this; nobody holds it, so nobody else accesses it.
        let record = unsafe { pointer.as_mut() };
        record.start = start;
        record.bytes = bytes;
        // SAFETY: the record is kept alive while it is held, and not changed then. The memory is as
        // the caller ensures.
        unsafe { NewSample::lend(self.record) }
    }

    /// Returns whether it keeps this mapping.
    ///
    /// # Safety
    /// The caller must ensure that nothing is entrusted, and that no other thread changes this
    /// meanwhile.
    #[inline]
    unsafe fn keeps<H>(&self, home: &Arc<H>) -> bool {
        // SAFETY: it is the owner's, as it is not entrusted, and the caller is the only thread that
        // is at it.
        let kept = unsafe { &*self.kept().get() };
        kept.as_ref().is_some_and(|kept| ptr::addr_eq(Arc::as_ptr(&kept[0]), Arc::as_ptr(home)))
    }

    /// Keeps something else.
    ///
    /// # Safety
    /// The caller must ensure that nobody holds the record, and that no other thread changes this
    /// meanwhile.
    #[cold]
    #[inline(never)]
    unsafe fn keep(&self, new: Kept) {
        // SAFETY: nobody holds it, so it is the owner's, and the caller is the only thread that is
        // at it.
        let old = unsafe { (*self.kept().get()).replace(new) };
        drop(old);
    }

    /// Drops what it keeps, if that is this mapping: now if nobody holds it, otherwise by its last
    /// holder.
    ///
    /// # Safety
    /// The caller must ensure that no other thread calls any of these unsafe functions meanwhile.
    pub(crate) unsafe fn drop_kept_of<H>(&self, home: &Arc<H>) {
        // SAFETY: the first shows that nothing is entrusted; only this thread could entrust
        // anything.
        if !self.record().lease.is_entrusted() && unsafe { self.keeps(home) } {
            // SAFETY: as the caller ensures.
            unsafe { self.drop_kept() };
        }
    }

    /// Drops what it keeps: now if nobody holds it, otherwise by its last holder.
    ///
    /// # Safety
    /// The caller must ensure that no other thread calls any of these unsafe functions meanwhile.
    pub(crate) unsafe fn drop_kept(&self) {
        if !self.record().lease.entrust() {
            // SAFETY: nobody holds it, so it is the owner's, and the caller is the only thread that
            // is at it.
            let kept = unsafe { (*self.kept().get()).take() };
            drop(kept);
        }
    }

    fn kept(&self) -> &UnsafeCell<Option<Kept>> {
        match &self.record().kind {
            Kind::Pin { kept, .. } => kept,
            Kind::Own(_) | Kind::Slot { .. } => unreachable!("it was created of a pin"),
        }
    }

    #[inline]
    fn record(&self) -> &Record {
        // SAFETY: the record lives as long as this; a part of it that changes while it is held is
        // in a cell.
        unsafe { self.record.as_ref() }
    }
}

impl Drop for PinRecord {
    fn drop(&mut self) {
        // SAFETY: `new` leaked it. Every holder keeps this alive, so there is none.
        unsafe { release(self.record) };
    }
}
