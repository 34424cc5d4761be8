//! # Safety
//!
//! Records of pins. The file opts into unsafe code as [`held`](super::held) does, and upholds the same. What is kept for
//! holders is the owner's to access unless it is entrusted, and the last holder's then, until that says that it took it: see
//! [`lease`](crate::protocol::lease).
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::held::{Alive, Held, Kept, Kind, Record, leak, release};
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::sync::Word;
use crate::sys::fork::Origin;
use std::any::Any;
use std::cell::UnsafeCell;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// What a subscriber has of one of its pins. One thread at a time uses it.
pub(crate) struct PinRecord {
    record: NonNull<Record>,
    pin: NonNull<Word>,
}

// SAFETY: it owns what its pointers lead to, together with holders that are `Send` themselves.
unsafe impl Send for PinRecord {}
// SAFETY: through a shared one the atomic lease is looked at; the rest is for one thread at a time, as it says.
unsafe impl Sync for PinRecord {}

impl PinRecord {
    /// Whoever calls upholds that the pin is mapped as long as this lives.
    pub(crate) fn new(pin: &Word) -> Self {
        let pin = NonNull::from(pin);
        let kind = Kind::Pin { pin, origin: Origin::here(), kept: UnsafeCell::new(None) };
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
        self.record().lease.is_free()
    }

    /// Makes the first holder of a record that is free, and whose pin was made to hold a slot. Whoever calls upholds that; that
    /// the slot is at `start`, and has so many bytes; that `home` keeps it mapped, and `owner` the pin, and keeps this, until
    /// it was told to [drop what it keeps](Self::drop_kept).
    #[inline]
    pub(crate) fn lend<H: Any + Send + Sync>(
        &self,
        (start, bytes): (NonNull<u8>, usize),
        home: &Arc<H>,
        owner: impl FnOnce() -> Alive,
    ) -> Held {
        if !self.keeps(home) {
            self.keep([Arc::clone(home) as Alive, owner()]);
        }
        let mut pointer = self.record;
        // SAFETY: the record lives as long as this; nobody holds it, so nobody else accesses it.
        let record = unsafe { pointer.as_mut() };
        record.start = start;
        record.bytes = bytes;
        record.lease.lend();
        Held(self.record)
    }

    /// Whether it keeps this mapping. Not for one that is entrusted.
    #[inline]
    fn keeps<H>(&self, home: &Arc<H>) -> bool {
        // SAFETY: it is the owner's, as it is not entrusted.
        let kept = unsafe { &*self.kept().get() };
        kept.as_ref().is_some_and(|kept| ptr::addr_eq(Arc::as_ptr(&kept[0]), Arc::as_ptr(home)))
    }

    /// Keeps something else. Not for one that is held.
    #[cold]
    #[inline(never)]
    fn keep(&self, new: Kept) {
        // SAFETY: nobody holds it, so it is the owner's.
        let old = unsafe { (*self.kept().get()).replace(new) };
        drop(old);
    }

    /// Drops what it keeps, if that is this mapping: now if nobody holds it, else by its last holder.
    pub(crate) fn drop_kept_of<H>(&self, home: &Arc<H>) {
        if !self.record().lease.is_entrusted() && self.keeps(home) {
            self.drop_kept();
        }
    }

    /// Drops what it keeps: now if nobody holds it, else by its last holder.
    pub(crate) fn drop_kept(&self) {
        if !self.record().lease.entrust() {
            // SAFETY: nobody holds it, so it is the owner's.
            let kept = unsafe { (*self.kept().get()).take() };
            drop(kept);
        }
    }

    fn kept(&self) -> &UnsafeCell<Option<Kept>> {
        match &self.record().kind {
            Kind::Pin { kept, .. } => kept,
            Kind::Own(_) | Kind::Slot { .. } => unreachable!("it was made of a pin"),
        }
    }

    #[inline]
    fn record(&self) -> &Record {
        // SAFETY: the record lives as long as this; a part of it that changes while it is held is in a cell.
        unsafe { self.record.as_ref() }
    }
}

impl Drop for PinRecord {
    fn drop(&mut self) {
        // SAFETY: every holder keeps this alive, so there is none.
        unsafe { release(self.record) };
    }
}
