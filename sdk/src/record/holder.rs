//! # Safety
//!
//! Records and their holders. The file opts into unsafe code because the owner of a record and its
//! holders share it without a reference count that both touch. It upholds three rules:
//!
//! - the owner changes a record only while nobody holds it;
//! - a holder accesses the record only while it holds it;
//! - a record is freed while nobody holds it: by its owner or, if the owner is dropped while
//!   somebody holds it, by [`orphans`](super::orphans).
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::lines::LARGE;
use super::orphans;
use super::parts::{Kind, OWNER_GONE, Record};
use crate::protocol::pin;
use crate::sync;
use std::ptr::NonNull;
use std::sync::Arc;

/// One share in a record that is held. Dropping it gives the share back.
pub(super) struct Holder(NonNull<Record>);

// SAFETY: a holder is a pointer to a record whose parts are `Send` and `Sync`, and a share in its
// atomic lease.
unsafe impl Send for Holder {}
// SAFETY: as above; through a shared holder the record is only read.
unsafe impl Sync for Holder {}

impl Holder {
    /// Lends a free record to its first holder.
    ///
    /// # Safety
    /// The caller must ensure that the record lives as long as it is held, that nobody holds it,
    /// and that its owner does not access anything of it but the lease until nobody does again.
    #[inline]
    pub(super) unsafe fn lend(record: NonNull<Record>) -> Self {
        // SAFETY: the caller ensures that the record lives. The lease alone is borrowed.
        unsafe { &(*record.as_ptr()).lease }.lend();
        Self(record)
    }

    #[inline]
    pub(super) fn record(&self) -> &Record {
        // SAFETY: a record lives while it is held, and its owner does not change it.
        unsafe { self.0.as_ref() }
    }

    /// Where the record is, for the only holder to change it.
    #[inline]
    pub(super) fn pointer(&mut self) -> NonNull<Record> {
        self.0
    }

    /// Adds a holder.
    #[inline]
    pub(super) fn share(&self) -> Self {
        self.record().lease.share();
        Self(self.0)
    }

    /// Ends a loan of a slot whose owner already knows that it ended, so that it is not counted as
    /// returned.
    #[inline]
    pub(super) fn end_quietly(self) {
        let record = std::mem::ManuallyDrop::new(self).0;
        // SAFETY: a record lives while it is held, which it is until `end` has stored; nothing is
        // accessed after.
        unsafe { record.as_ref() }.lease.end();
    }
}

impl Drop for Holder {
    #[inline]
    fn drop(&mut self) {
        let record = self.0; // by itself, so that a holder need not be in memory to be dropped
        // SAFETY: a record lives while it is held.
        if let Kind::Own(..LARGE) = unsafe { record.as_ref() }.kind {
            // SAFETY: it is held until `end` has stored; nothing is accessed after.
            unsafe { record.as_ref() }.lease.end();
        } else {
            end_shared(record);
        }
    }
}

/// Ends a holder of a record of shared memory, or of a large buffer.
#[inline(never)]
fn end_shared(record: NonNull<Record>) {
    // SAFETY: a record lives while it is held, which it is until the lease is ended or made free,
    // below.
    let Record { lease, kind, .. } = unsafe { record.as_ref() };
    match kind {
        Kind::Own(_) => {
            lease.end(); // nothing of the record is accessed after
            // The one order: the owner that left it to the orphans sees that it is free, or this sees that
            // there are some.
            sync::seq_cst_fence();
            orphans::free_if_any();
        }
        Kind::Slot { returned, .. } => {
            let returned = Arc::clone(returned);
            lease.end(); // nothing of the record is accessed after
            returned.add_one(); // after that: its owner checks the lease once it sees this
            if returned.load_acquire() & OWNER_GONE != 0 {
                orphans::free(); // it keeps all of the pool
            }
        }
        Kind::Pin { pin, origin, kept, .. } => {
            if !lease.leave() {
                return;
            }
            if origin.is_here() {
                // SAFETY: the memory of the pin is kept mapped while the record is held, and this
                // is its last holder.
                pin::release(unsafe { pin.as_ref() });
            }
            if lease.free_unless_entrusted() {
                return; // nothing of the record is accessed after
            }
            // SAFETY: what was entrusted is this holder's alone, until it says that it has it.
            let kept = unsafe { (*kept.get()).take() };
            lease.free_entrusted();
            drop(kept); // after that: it keeps the record
        }
    }
}
