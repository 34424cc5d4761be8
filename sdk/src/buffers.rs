//! # Safety
//!
//! Message-sized memory of this process, used again and again: messages are received into it, and loans of
//! small messages are written in it. The file opts into unsafe code because the owner of a buffer and its
//! holders share it without a reference count that both touch. What it upholds: the owner writes a buffer only
//! while its lease is free, holders access it only while they hold the lease, and a buffer is freed only by its
//! owner, or for an owner that is gone by whoever makes or ends a set of buffers later, when it is free.
#![allow(unsafe_code, reason = "the owner of a buffer and its holders share it without a reference count")]

use crate::protocol::lease::Lease;
use crate::sys::fork;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::slice;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout};

/// The unit of allocation, and the largest alignment of a message.
#[derive(Clone, Copy, FromZeros, IntoBytes, KnownLayout, Immutable)]
#[repr(C, align(64))]
struct Line([u64; 8]);

/// The largest alignment of a message that is held in a buffer.
pub(crate) const MAX_ALIGN: usize = align_of::<Line>();

struct Buffer {
    lease: Lease,
    /// A leaked box, freed with the buffer.
    lines: NonNull<[Line]>,
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: it was made by `Box::leak`, and is freed here alone.
        drop(unsafe { Box::from_raw(self.lines.as_ptr()) });
    }
}

/// The buffers of one endpoint, all of one size.
pub(crate) struct Buffers {
    lines: usize,
    all: Vec<NonNull<Buffer>>,
    /// The one of them that was free last, and where it is.
    current: NonNull<Buffer>,
    at: usize,
}

// SAFETY: a set owns what its pointers lead to, together with holders that are `Send` themselves.
unsafe impl Send for Buffers {}

// SAFETY: through a shared set nothing is reached: each of its functions borrows it mutably.
unsafe impl Sync for Buffers {}

/// A buffer that nobody holds. There is one at a time of a set.
pub(crate) struct Free<'a> {
    buffer: NonNull<Buffer>,
    set: PhantomData<&'a mut Buffers>,
}

/// A holder of a buffer. The only one may write it.
pub(crate) struct Held(NonNull<Buffer>);

// SAFETY: a holder is a pointer to a `Sync` buffer and a share in its atomic lease.
unsafe impl Send for Held {}
// SAFETY: as above; through a shared holder the buffer is only read.
unsafe impl Sync for Held {}

/// Buffers whose owner is gone while somebody held them. They are freed when sets are made or dropped.
static ORPHANS: Mutex<Vec<Orphan>> = Mutex::new(Vec::new());

struct Orphan(NonNull<Buffer>);

// SAFETY: an orphan is owned by the list alone, together with holders that are `Send`.
unsafe impl Send for Orphan {}

impl Buffers {
    /// A set of one buffer, of at least `bytes`. More are allocated when more are held at once, and kept.
    pub(crate) fn new(bytes: usize) -> Self {
        fork::notice();
        free_orphans();
        let lines = bytes.div_ceil(size_of::<Line>());
        let first = allocate(lines);
        Self { lines, all: vec![first], at: 0, current: first }
    }

    /// A buffer that nobody holds. Allocates if all are held.
    #[inline]
    pub(crate) fn free(&mut self) -> Free<'_> {
        if !is_free(&self.current) {
            self.find();
        }
        Free { buffer: self.current, set: PhantomData }
    }

    /// Goes round from the last one on. If none is free there will be twice as many, so that a search is short however
    /// many are held.
    #[cold]
    #[inline(never)]
    fn find(&mut self) {
        let count = self.all.len();
        let mut round = (self.at + 1..count).chain(0..=self.at);
        self.at = round.find(|&index| is_free(&self.all[index])).unwrap_or_else(|| {
            let lines = self.lines;
            self.all.extend((0..count).map(|_| allocate(lines)));
            count
        });
        self.current = self.all[self.at];
    }
}

/// Whether nobody holds a buffer of a set that lives.
#[inline]
fn is_free(buffer: &NonNull<Buffer>) -> bool {
    // SAFETY: the buffers of a set live as long as the set, in which the caller found this one.
    unsafe { buffer.as_ref() }.lease.is_free()
}

fn allocate(lines: usize) -> NonNull<Buffer> {
    let lines = <[Line]>::new_box_zeroed_with_elems(lines).expect("memory for a message");
    let buffer = Buffer { lease: Lease::free(), lines: NonNull::from(Box::leak(lines)) };
    NonNull::from(Box::leak(Box::new(buffer)))
}

impl Free<'_> {
    /// Its contents, in whole lines.
    #[inline]
    pub(crate) fn words(&mut self) -> &mut [u64] {
        // SAFETY: the buffers of a set live as long as the set, which is borrowed.
        let lines = unsafe { self.buffer.as_ref() }.lines;
        let words = lines.len() * (size_of::<Line>() / size_of::<u64>());
        // SAFETY: the lines live as long as their buffer, and are so many whole, aligned words, all initialised. The
        // buffer was free when this was made, only `lend`, which ends this, makes a holder, and while the set is
        // borrowed there is no other of this: nobody else accesses them while the result lives.
        unsafe { slice::from_raw_parts_mut(lines.as_ptr().cast(), words) }
    }

    /// Makes the first holder.
    #[inline]
    pub(crate) fn lend(self) -> Held {
        // SAFETY: as above.
        unsafe { self.buffer.as_ref() }.lease.lend();
        Held(self.buffer)
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        let held: Vec<_> = self.all.drain(..).map(Orphan).filter(|orphan| !orphan.free()).collect();
        if !held.is_empty()
            && let Some(mut orphans) = orphans()
        {
            orphans.extend(held);
        }
        free_orphans();
    }
}

impl Orphan {
    /// Frees the buffer unless somebody holds it. Whether it did; then it must not be used again.
    fn free(&self) -> bool {
        // SAFETY: whoever has an orphan owns its buffer, so it lives.
        let is_free = unsafe { self.0.as_ref().lease.is_free() };
        if is_free {
            // SAFETY: it was made by `Box::leak`, nobody holds it, and the only owner does not use it again.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
        is_free
    }
}

fn free_orphans() {
    if let Some(mut orphans) = orphans() {
        orphans.retain(|orphan| !orphan.free());
    }
}

/// The list, locked. In a forked child it may be locked by a thread that is not there: then nothing, and what should
/// be in it is never freed.
fn orphans() -> Option<MutexGuard<'static, Vec<Orphan>>> {
    if fork::epoch() == 0 {
        return Some(ORPHANS.lock().unwrap_or_else(PoisonError::into_inner));
    }
    match ORPHANS.try_lock() {
        Ok(orphans) => Some(orphans),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl Held {
    /// The first byte, aligned to [`MAX_ALIGN`].
    #[inline]
    pub(crate) fn start(&self) -> NonNull<u8> {
        // SAFETY: a buffer lives while it is held.
        unsafe { self.0.as_ref() }.lines.cast()
    }
}

impl Held {
    /// The contents, in whole cache lines, for who knows that nobody writes them: a holder of what was received.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: a buffer lives while it is held.
        let lines = unsafe { self.0.as_ref() }.lines;
        // SAFETY: the lines live as long as their buffer, are initialised, and while they are held their owner does
        // not write them; a loan, which does, is their only holder and does not call this while it writes.
        unsafe { lines.as_ref() }.as_bytes()
    }
}

impl Clone for Held {
    fn clone(&self) -> Self {
        // SAFETY: a buffer lives while it is held.
        unsafe { self.0.as_ref() }.lease.share();
        Self(self.0)
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a buffer lives while it is held, which it is until `end` has stored; nothing is accessed after.
        unsafe { self.0.as_ref() }.lease.end();
    }
}
