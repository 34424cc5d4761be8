//! # Safety
//!
//! Records and their holders. The file opts into unsafe code because the owner of a record and its holders share it
//! without a reference count that both touch. What it upholds: the owner changes a record only while nobody holds it,
//! holders access it only while they hold it, and it is freed only by its owner, or for an owner that is gone by whoever
//! makes or ends an owner later, when nobody holds it.
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::own::{LARGE, free_lines};
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::protocol::pin;
use crate::sync::{self, ReadOnlyWord, Word};
use crate::sys::fork;
use crate::sys::fork::Origin;
use std::any::Any;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout};

/// The unit of allocation, and the largest alignment of a message.
#[derive(Clone, Copy, FromZeros, IntoBytes, KnownLayout, Immutable)]
#[repr(C, align(64))]
pub(super) struct Line([u64; 8]);

/// The largest alignment of a message.
pub(crate) const MAX_ALIGN: usize = align_of::<Line>();

const _: () = assert!(MAX_ALIGN == crate::shm::SLOT_UNIT);

/// The size of a word that processes share.
const WORD: usize = size_of::<ReadOnlyWord>();

/// Keeps something alive that a record needs.
pub(crate) type Alive = Arc<dyn Any + Send + Sync>;

/// Of what counts the slots that were returned: their owner is about to leave them, and looks no more. Whoever returns one before
/// this is set is seen by the owner when it leaves; whoever does later sees this, and frees what was left.
pub(crate) const OWNER_GONE: u64 = 1 << 63;

/// What stands for a message.
pub(super) struct Record {
    pub(super) lease: Lease,
    /// The first byte, aligned to [`MAX_ALIGN`].
    pub(super) start: NonNull<u8>,
    /// How many bytes from there on belong to the holders, all initialised.
    pub(super) bytes: usize,
    /// Of a message that was received.
    pub(super) received: Received,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// Memory of this process: so many lines, a leaked box.
    Own(usize),
    /// A slot of this process's pool, in memory that is kept mapped.
    Slot { number: u32, home: Option<Alive>, returned: Arc<Word> },
    /// A slot of another process, which the pin holds. What is kept keeps the memory of both mapped, and the record. It stays
    /// when the record is free again, as [`lease`](crate::protocol::lease) says.
    /// Not in a forked child: it is not its pin.
    Pin { pin: NonNull<Word>, origin: Origin, kept: UnsafeCell<Option<Kept>> },
}

/// What holders of a pin need: the memory of the slot, and that of the pin and the record.
pub(super) type Kept = [Alive; 2];

/// A holder of a record. The only one may write the message, unless it is pinned.
pub(crate) struct Held(pub(super) NonNull<Record>);

// SAFETY: a holder is a pointer to a record whose parts are `Send` and `Sync`, and a share in its atomic lease.
unsafe impl Send for Held {}
// SAFETY: as above; through a shared holder the message is only read.
unsafe impl Sync for Held {}

impl Held {
    /// The first byte, aligned to [`MAX_ALIGN`].
    #[inline]
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.record().start
    }

    /// How many bytes there are: of a message of variable size its own, else at least as many as a message has.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.record().bytes
    }

    /// The contents, for who knows that nobody of this process writes them: a holder of what was received.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: so many bytes are there, initialised and mapped while the record is held, and while it is held its owner
        // does not write them; a loan, which does, is the only holder and does not call this while it writes. Those of a
        // pinned slot are not written by a publisher that keeps the protocol; that contents can change under one that does
        // not is said where samples are.
        unsafe { std::slice::from_raw_parts(self.start().as_ptr(), self.len()) }
    }

    /// Copies bytes of the message from a multiple of 8 on, to `out`. Of memory of another process, which may write it
    /// meanwhile, each word is loaded once, and no more is relied on: what was copied are some bytes.
    ///
    /// # Safety
    /// `out` is valid for writes of so many bytes, which are not of the message.
    pub(crate) unsafe fn copy(&self, at: usize, out: NonNull<u8>, bytes: usize) {
        assert!(at.is_multiple_of(WORD) && at.checked_add(bytes).is_some_and(|end| end <= self.len()));
        // SAFETY: it lies inside, as was just checked.
        let start = unsafe { self.start().add(at) };
        if !self.is_pinned() {
            // SAFETY: so many bytes are there, initialised and not written while they are held; `out` is as the caller says.
            return unsafe { out.copy_from_nonoverlapping(start, bytes) };
        }
        // SAFETY: it is aligned: the first byte to a line, and `at` to words. A slot has whole words, also behind its message,
        // and is mapped while it is held. A word of memory that this process must not write can only be loaded.
        let words = unsafe { std::slice::from_raw_parts(start.cast::<ReadOnlyWord>().as_ptr(), bytes.div_ceil(WORD)) };
        for (index, word) in words.iter().enumerate() {
            // Relaxed: what the publisher wrote before it published was acquired with the stamp, as for `bytes`.
            let word = word.load_relaxed().to_ne_bytes();
            let at = index * WORD;
            // SAFETY: less than `bytes`, so it lies inside.
            let place = unsafe { out.add(at) };
            // SAFETY: so many bytes are left, as the caller says, and those of the word are in this process's stack.
            unsafe { place.copy_from_nonoverlapping(NonNull::from(&word).cast(), WORD.min(bytes - at)) };
        }
    }

    /// A copy of the first bytes of the message.
    pub(crate) fn copied(&self, bytes: usize) -> Vec<u8> {
        let mut copy = Vec::with_capacity(bytes);
        // SAFETY: there is room for so many bytes; they are initialised after that.
        unsafe { self.copy(0, NonNull::from(copy.spare_capacity_mut()).cast(), bytes) };
        // SAFETY: as just said.
        unsafe { copy.set_len(bytes) };
        copy
    }

    /// What is known of the message, if it was received.
    #[inline]
    pub(crate) fn received(&self) -> &Received {
        &self.record().received
    }

    /// For the only holder: says what is known of the message.
    #[inline]
    pub(crate) fn describe(&mut self, received: Received) {
        // SAFETY: the record lives while it is held, and nobody but its only holder accesses this part of it.
        unsafe { (*self.0.as_ptr()).received = received };
    }

    /// For the only holder: writes bytes of the message.
    pub(crate) fn fill(&mut self, at: usize, bytes: &[u8]) {
        assert!(at.checked_add(bytes.len()).is_some_and(|end| end <= self.len()));
        // SAFETY: it lies inside, as was just checked.
        let place = unsafe { self.start().add(at) };
        // SAFETY: so many bytes are there, writable, of a message that only this holder accesses; those given are not of
        // it, as nobody else has it.
        unsafe { place.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    }

    /// For the only holder: zeroes bytes of the message.
    pub(crate) fn clear(&mut self, bytes: Range<usize>) {
        assert!(bytes.start <= bytes.end && bytes.end <= self.len());
        // SAFETY: it lies inside, as was just checked.
        let place = unsafe { self.start().add(bytes.start) };
        // SAFETY: so many bytes are there, writable, of a message that only this holder accesses.
        unsafe { place.write_bytes(0, bytes.len()) };
    }

    /// For the only holder: the message has fewer bytes than it was lent for. Its slot stays as large.
    pub(crate) fn truncate(&mut self, bytes: usize) {
        assert!(bytes <= self.len());
        // SAFETY: the record lives while it is held, and nobody but its only holder accesses this part of it; whoever lends
        // it again says anew how many there are.
        unsafe { (*self.0.as_ptr()).bytes = bytes };
    }

    /// The number of the slot, if it is one of this process's pool.
    #[inline]
    pub(crate) fn slot(&self) -> Option<u32> {
        match self.record().kind {
            Kind::Slot { number, .. } => Some(number),
            Kind::Own(_) | Kind::Pin { .. } => None,
        }
    }

    /// Whether it is pinned: the message was not copied.
    pub(crate) fn is_pinned(&self) -> bool {
        matches!(self.record().kind, Kind::Pin { .. })
    }

    /// Ends a loan of a slot whose contents were published: its owner knows, and need not be told.
    #[inline]
    pub(crate) fn spend(self) {
        let record = std::mem::ManuallyDrop::new(self).0;
        // SAFETY: a record lives while it is held, which it is until `end` has stored; nothing is accessed after.
        unsafe { record.as_ref() }.lease.end();
    }

    #[inline]
    fn record(&self) -> &Record {
        // SAFETY: a record lives while it is held, and its owner does not change it.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        self.record().lease.share();
        Self(self.0)
    }
}

impl Drop for Held {
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

/// Ends a holder of a record of shared memory, or of much memory.
#[inline(never)]
fn end_shared(record: NonNull<Record>) {
    // SAFETY: a record lives while it is held, which it is until the lease is ended or made free, below.
    let Record { lease, kind, .. } = unsafe { record.as_ref() };
    match kind {
        Kind::Own(_) => {
            lease.end(); // nothing of the record is accessed after
            // The one order: whoever left it to the orphans sees that it is free, or this sees that there are some.
            sync::seq_cst_fence();
            if ORPHANED.load_acquire() != 0 {
                free_orphans();
            }
        }
        Kind::Slot { returned, .. } => {
            let returned = Arc::clone(returned);
            lease.end(); // nothing of the record is accessed after
            returned.add_one(); // after that: its owner looks once it sees this
            if returned.load_acquire() & OWNER_GONE != 0 {
                free_orphans(); // it keeps all of the pool
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

/// Records whose owner is gone while somebody held them. They are freed when owners are made or dropped; slots and large buffers,
/// also when they are returned.
static ORPHANS: Mutex<Vec<Orphan>> = Mutex::new(Vec::new());

/// How many there are.
static ORPHANED: Word = Word::new(0);

/// A record without an owner, of memory of this process or of its pool.
pub(super) struct Orphan(pub(super) NonNull<Record>);

// SAFETY: an orphan is owned by the list alone, together with holders that are `Send`.
unsafe impl Send for Orphan {}

impl Orphan {
    /// Frees the record unless somebody holds it. Whether it did; then it must not be used again.
    fn free(&self) -> bool {
        // SAFETY: whoever has an orphan owns its record, so it lives. The lease alone is borrowed: a holder may write other parts.
        let is_free = unsafe { &(*self.0.as_ptr()).lease }.is_free();
        if is_free {
            // SAFETY: nobody holds it, and the only owner does not use it again.
            unsafe { release(self.0) };
        }
        is_free
    }
}

/// Frees a record and what belongs to it.
///
/// # Safety
/// It was made by [`leak`], nobody holds it or uses it again.
pub(super) unsafe fn release(record: NonNull<Record>) {
    // SAFETY: as the caller says.
    let record = unsafe { Box::from_raw(record.as_ptr()) };
    if let Kind::Own(lines) = record.kind {
        // SAFETY: the lines of a record belong to it alone, and it is gone.
        unsafe { free_lines(record.start.cast(), lines) };
    }
}

pub(super) fn leak(record: Record) -> NonNull<Record> {
    NonNull::from(Box::leak(Box::new(record)))
}

/// Leaves records without an owner, and frees those that nobody holds.
pub(super) fn abandon(records: impl Iterator<Item = NonNull<Record>>) {
    let held: Vec<_> = records.map(Orphan).filter(|orphan| !orphan.free()).collect();
    if !held.is_empty()
        && let Some(mut orphans) = orphans()
    {
        orphans.extend(held);
        ORPHANED.store_release(orphans.len() as u64);
        sync::seq_cst_fence(); // before they are looked at again
    }
    free_orphans();
}

pub(super) fn free_orphans() {
    if let Some(mut orphans) = orphans() {
        orphans.retain(|orphan| !orphan.free());
        ORPHANED.store_release(orphans.len() as u64);
    }
}

/// The list, locked. In a forked child it may be locked by a thread that is not there: then nothing, and what should
/// be in it is never freed.
fn orphans() -> Option<MutexGuard<'static, Vec<Orphan>>> {
    if !fork::is_child() {
        return Some(ORPHANS.lock().unwrap_or_else(PoisonError::into_inner));
    }
    match ORPHANS.try_lock() {
        Ok(orphans) => Some(orphans),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
