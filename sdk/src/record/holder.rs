//! # Safety
//!
//! Records and their holders. The file opts into unsafe code because the owner of a record and its holders share it
//! without a reference count that both touch. It upholds three rules:
//!
//! - the owner changes a record only while nobody holds it;
//! - a holder accesses the record only while it holds it;
//! - a record is freed while nobody holds it: by its owner or, if the owner is dropped while somebody holds it, by
//!   [`orphans`](super::orphans).
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::orphans;
use super::own::{LARGE, free_lines};
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::protocol::pin;
use crate::sync::{self, Word};
use crate::sys::fork::Origin;
use std::any::Any;
use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::Arc;
use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout};

/// The unit of allocation, and the largest alignment of a message.
#[derive(Clone, Copy, FromZeros, IntoBytes, KnownLayout, Immutable)]
#[repr(C, align(64))]
pub(super) struct Line([u64; 8]);

/// The largest alignment of a message.
pub(crate) const MAX_ALIGN: usize = align_of::<Line>();

const _: () = assert!(MAX_ALIGN == crate::shm::SLOT_UNIT);

/// Keeps something alive that a record needs.
pub(crate) type Alive = Arc<dyn Any + Send + Sync>;

/// A flag in the count of returned slots: their pool is being dropped and will not check the count again.
/// The pool finds a slot that is returned before this is set. Whoever returns one later sees the flag, and frees what
/// was left.
pub(crate) const OWNER_GONE: u64 = 1 << 63;

/// What stands for a message.
pub(super) struct Record {
    pub(super) lease: Lease,
    /// The first byte, aligned to [`MAX_ALIGN`].
    pub(super) start: NonNull<u8>,
    /// How many bytes from there on belong to the holders, all initialised.
    pub(super) bytes: usize,
    /// What is known of the message, if it was received.
    pub(super) received: Received,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// Memory of this process: a leaked box of this many lines.
    Own(usize),
    /// A slot of this process's pool, in memory that `home` keeps mapped.
    Slot { number: u32, home: Option<Alive>, returned: Arc<Word> },
    /// A slot of another process, protected by `pin`. `kept` keeps the memory of both mapped, and the record alive. It
    /// stays when the record becomes free again, as [`lease`](crate::protocol::lease) explains. A forked child does not
    /// release the pin: it is its parent's.
    Pin { pin: NonNull<Word>, origin: Origin, kept: UnsafeCell<Option<Kept>> },
}

/// What holders of a pin need: the memory of the slot, and that of the pin and the record.
pub(super) type Kept = [Alive; 2];

/// One share in a record that is held. Dropping it gives the share back.
pub(super) struct Holder(NonNull<Record>);

// SAFETY: a holder is a pointer to a record whose parts are `Send` and `Sync`, and a share in its atomic lease.
unsafe impl Send for Holder {}
// SAFETY: as above; through a shared holder the record is only read.
unsafe impl Sync for Holder {}

impl Holder {
    /// Lends a free record to its first holder.
    ///
    /// # Safety
    /// The caller must ensure that the record lives as long as it is held, that nobody holds it, and that its owner
    /// does not access anything of it but the lease until nobody does again.
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

    /// Ends a loan of a slot whose owner already knows that it ended, so that it is not counted as returned.
    #[inline]
    pub(super) fn end_quietly(self) {
        let record = std::mem::ManuallyDrop::new(self).0;
        // SAFETY: a record lives while it is held, which it is until `end` has stored; nothing is accessed after.
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
    // SAFETY: a record lives while it is held, which it is until the lease is ended or made free, below.
    let Record { lease, kind, .. } = unsafe { record.as_ref() };
    match kind {
        Kind::Own(_) => {
            lease.end(); // nothing of the record is accessed after
            // The one order: whoever left it to the orphans sees that it is free, or this sees that there are some.
            sync::total_order();
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
        Kind::Pin { pin, origin, kept } => {
            if !lease.leave() {
                return;
            }
            if origin.is_here() {
                // SAFETY: the memory of the pin is kept mapped while the record is held, and this is its last holder.
                pin::release(unsafe { pin.as_ref() });
            }
            if lease.make_free() {
                return; // nothing of the record is accessed after
            }
            // SAFETY: what was entrusted is this holder's alone, until it says that it has it.
            let kept = unsafe { (*kept.get()).take() };
            lease.taken();
            drop(kept); // after that: it keeps the record
        }
    }
}

/// Allocates a record.
pub(super) fn leak(record: Record) -> NonNull<Record> {
    NonNull::from(Box::leak(Box::new(record)))
}

/// Frees a record and what belongs to it.
///
/// # Safety
/// The caller must ensure that [`leak`] allocated it, that nobody holds it, and that nobody uses it again.
pub(super) unsafe fn release(record: NonNull<Record>) {
    // SAFETY: as the caller ensures.
    let record = unsafe { Box::from_raw(record.as_ptr()) };
    if let Kind::Own(lines) = record.kind {
        // SAFETY: the lines of a record belong to it alone, and it is no longer used.
        unsafe { free_lines(record.start.cast(), lines) };
    }
}
