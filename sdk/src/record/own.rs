//! # Safety
//!
//! Message-sized buffers of this process, reused. The file opts into unsafe code as
//! [`holder`](super::holder) does, and upholds the same: the owner writes a buffer only while
//! nobody holds it.
#![allow(unsafe_code, reason = "the owner of a buffer and its holders share it without a reference count")]

use super::lines::{self, LARGE, LINE};
use super::orphans;
use super::parts::{Alive, Kind, Record, leak};
use super::raw_loan::RawLoan;
use super::raw_sample::{NewSample, RawSample};
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::sys::fork;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::slice;

/// Words of a line.
const WORDS: usize = LINE / size_of::<u64>();

const NO_MEMORY: &str = "memory for a message";

/// The buffers of one endpoint, all of one size.
pub(crate) struct Buffers {
    /// How many words each has, in whole lines.
    words: usize,
    /// What describes the messages in them to holders that have no type for them.
    description: Option<Alive>,
    all: Vec<NonNull<Record>>,
    /// The one that was free last, and its index.
    current: NonNull<Record>,
    at: usize,
}

// SAFETY: a set owns what its pointers lead to, together with holders that are `Send` themselves.
unsafe impl Send for Buffers {}

// SAFETY: through a shared set nothing is reached: each of its functions borrows it mutably.
unsafe impl Sync for Buffers {}

/// A buffer that nobody holds. A set gives out one at a time.
pub(crate) struct Free<'a> {
    record: NonNull<Record>,
    words: usize,
    set: PhantomData<&'a mut Buffers>,
}

impl Buffers {
    /// Creates a set of one buffer of at least `bytes` bytes. More are allocated when more are held
    /// at once, and kept.
    ///
    /// # Panics
    /// If there is no memory. So use it only for small messages, and for messages of this process.
    pub(crate) fn new(bytes: usize) -> Self {
        Self::described(bytes, None)
    }

    /// Creates a set like [`new`](Self::new), in whose buffers holders find the `description` of
    /// the messages.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub(crate) fn described(bytes: usize, description: Option<Alive>) -> Self {
        Self::try_described(bytes, description).expect(NO_MEMORY)
    }

    /// Creates a set like [`described`](Self::described). Returns `None` if there is no memory.
    pub(crate) fn try_described(bytes: usize, description: Option<Alive>) -> Option<Self> {
        fork::install_handlers();
        orphans::free();
        let lines = bytes.div_ceil(LINE);
        let first = create(lines, description.clone())?;
        Some(Self { words: lines * WORDS, description, all: vec![first], at: 0, current: first })
    }

    /// Returns the size of each buffer.
    pub(crate) fn bytes(&self) -> usize {
        self.words * size_of::<u64>()
    }

    /// Returns a buffer that nobody holds. Allocates if all are held.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[inline]
    pub(crate) fn free(&mut self) -> Free<'_> {
        self.try_free().expect(NO_MEMORY)
    }

    /// Returns a buffer that nobody holds, or `None` if all are held and there is no memory for
    /// more.
    #[inline]
    pub(crate) fn try_free(&mut self) -> Option<Free<'_>> {
        if !is_free(&self.current) {
            self.find()?;
        }
        Some(Free { record: self.current, words: self.words, set: PhantomData })
    }

    /// Searches from the last one on, all round. If none is free, the set doubles, so that a search
    /// is short however many are held; large buffers grow by one, and all by fewer if memory is
    /// short.
    #[cold]
    #[inline(never)]
    fn find(&mut self) -> Option<()> {
        let count = self.all.len();
        let mut round = (self.at + 1..count).chain(0..=self.at);
        self.at = round.find(|&index| is_free(&self.all[index])).or_else(|| {
            let lines = self.words / WORDS;
            let more = if lines < LARGE { count } else { 1 }; // large ones are few, and not worth the memory
            let description = &self.description;
            self.all.extend((0..more).map_while(|_| create(lines, description.clone())));
            (self.all.len() > count).then_some(count)
        })?;
        self.current = self.all[self.at];
        Some(())
    }
}

/// Returns whether nobody holds a buffer. Its set must live.
#[inline]
fn is_free(record: &NonNull<Record>) -> bool {
    // SAFETY: the buffers of a set live as long as the set, in which the caller found this one.
    // The lease alone is borrowed: a holder may write other parts.
    unsafe { &(*record.as_ptr()).lease }.is_free()
}

/// Creates a buffer of this many lines. Returns `None` if there is no memory.
fn create(lines: usize, description: Option<Alive>) -> Option<NonNull<Record>> {
    let (start, bytes) = (lines::allocate(lines)?, lines * LINE);
    let (lease, received, kind) = (Lease::free(), Received::NOTHING, Kind::Own(lines));
    Some(leak(Record { lease, start, bytes, received, description, kind }))
}

impl Free<'_> {
    /// Returns its contents, in whole lines.
    #[inline]
    pub(crate) fn words(&mut self) -> &mut [u64] {
        self.parts().0
    }

    /// Returns its contents, in whole lines, and what is known of them.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&mut [u64], &mut Received) {
        // SAFETY: the buffers of a set live as long as the set, which is borrowed.
        let record = unsafe { self.record.as_ref() };
        // SAFETY: the lines live as long as their buffer, and are this many whole, aligned words,
        // as in each buffer of the set, all initialised. The buffer was free when this was created.
        // Only what uses this up creates a holder, and while the set is borrowed it gives out no
        // other: nobody else accesses them while the result lives.
        let words = unsafe { slice::from_raw_parts_mut(record.start.cast().as_ptr(), self.words) };
        // SAFETY: as above: nobody else accesses this part of the record, and the lines are not in
        // it.
        let received = unsafe { &mut (*self.record.as_ptr()).received };
        (words, received)
    }

    /// Lends it to be written.
    #[inline]
    pub(crate) fn lend(self) -> RawLoan {
        // SAFETY: the buffers of a set live until nobody holds them. Nobody holds this one: it was
        // free when this was created, this borrows the set, and is used up here. Its memory is this
        // process's, initialised, and the set does not touch it while it is held.
        unsafe { RawLoan::lend(self.record) }
    }

    /// Lends it to be read, with what was written into its [parts](Self::parts).
    #[inline]
    pub(crate) fn lend_sample(self) -> RawSample {
        self.lend_new().described()
    }

    /// Lends the first `bytes` bytes of it to be read.
    pub(crate) fn lend_part(mut self, bytes: usize) -> NewSample {
        assert!(bytes <= 8 * self.words);
        // SAFETY: as in `parts`: nobody else accesses this part of the record.
        unsafe { self.record.as_mut() }.bytes = bytes;
        self.lend_new()
    }

    #[inline]
    fn lend_new(self) -> NewSample {
        // SAFETY: as in `lend`.
        unsafe { NewSample::lend(self.record) }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: `create` leaked each, and the set, which alone owned them, has none of them
        // after this.
        unsafe { orphans::abandon(self.all.drain(..)) };
    }
}
