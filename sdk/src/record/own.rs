//! # Safety
//!
//! Message-sized memory of this process, used again and again. The file opts into unsafe code as [`holder`](super::holder)
//! does, and upholds the same: the owner writes a buffer only while nobody holds it.
#![allow(unsafe_code, reason = "the owner of a buffer and its holders share it without a reference count")]

use super::holder::{Kind, Line, Record, leak};
use super::orphans;
use super::raw_loan::RawLoan;
use super::raw_sample::{NewSample, RawSample};
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::sys::fork;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;
use zerocopy::FromZeros;

/// Words of a line.
const LINE: usize = size_of::<Line>() / size_of::<u64>();

/// From how many lines on a buffer is large: 64 KiB.
pub(super) const LARGE: usize = 1024;

const NO_MEMORY: &str = "memory for a message";

/// The buffers of one endpoint, all of one size.
pub(crate) struct Buffers {
    /// How many words each has: those of whole lines.
    words: usize,
    all: Vec<NonNull<Record>>,
    /// The one of them that was free last, and where it is.
    current: NonNull<Record>,
    at: usize,
}

// SAFETY: a set owns what its pointers lead to, together with holders that are `Send` themselves.
unsafe impl Send for Buffers {}

// SAFETY: through a shared set nothing is reached: each of its functions borrows it mutably.
unsafe impl Sync for Buffers {}

/// A buffer that nobody holds. There is one at a time of a set.
pub(crate) struct Free<'a> {
    record: NonNull<Record>,
    words: usize,
    set: PhantomData<&'a mut Buffers>,
}

impl Buffers {
    /// A set of one buffer, of at least `bytes`. More are allocated when more are held at once, and kept.
    ///
    /// # Panics
    /// Without memory: for small messages alone, and for those of this process.
    pub(crate) fn new(bytes: usize) -> Self {
        Self::try_new(bytes).expect(NO_MEMORY)
    }

    /// The same; nothing without memory.
    pub(crate) fn try_new(bytes: usize) -> Option<Self> {
        fork::notice();
        orphans::free();
        let lines = bytes.div_ceil(size_of::<Line>());
        let first = allocate(lines)?;
        Some(Self { words: lines * LINE, all: vec![first], at: 0, current: first })
    }

    /// The size of each.
    pub(crate) fn bytes(&self) -> usize {
        self.words * size_of::<u64>()
    }

    /// A buffer that nobody holds. Allocates if all are held.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[inline]
    pub(crate) fn free(&mut self) -> Free<'_> {
        self.try_free().expect(NO_MEMORY)
    }

    /// The same; nothing if all are held and there is no memory for more.
    #[inline]
    pub(crate) fn try_free(&mut self) -> Option<Free<'_>> {
        if !is_free(&self.current) {
            self.find()?;
        }
        Some(Free { record: self.current, words: self.words, set: PhantomData })
    }

    /// Goes round from the last one on. If none is free there will be twice as many, so that a search is short however
    /// many are held; one more of large ones, and fewer if there is no memory for so many.
    #[cold]
    #[inline(never)]
    fn find(&mut self) -> Option<()> {
        let count = self.all.len();
        let mut round = (self.at + 1..count).chain(0..=self.at);
        self.at = round.find(|&index| is_free(&self.all[index])).or_else(|| {
            let lines = self.words / LINE;
            let more = if lines < LARGE { count } else { 1 }; // large ones are few, and memory is not to be wasted
            self.all.extend((0..more).map_while(|_| allocate(lines)));
            (self.all.len() > count).then_some(count)
        })?;
        self.current = self.all[self.at];
        Some(())
    }
}

/// Whether nobody holds a buffer of a set that lives.
#[inline]
fn is_free(record: &NonNull<Record>) -> bool {
    // SAFETY: the buffers of a set live as long as the set, in which the caller found this one.
    // The lease alone is borrowed: a holder may write other parts.
    unsafe { &(*record.as_ptr()).lease }.is_free()
}

/// Nothing without memory.
fn allocate(lines: usize) -> Option<NonNull<Record>> {
    let memory = <[Line]>::new_box_zeroed_with_elems(lines).ok()?;
    let start = NonNull::from(Box::leak(memory)).cast();
    let bytes = lines * size_of::<Line>();
    Some(leak(Record { lease: Lease::free(), start, bytes, received: Received::NOTHING, kind: Kind::Own(lines) }))
}

/// Frees what `allocate` allocated.
///
/// # Safety
/// It did, of so many lines, and nobody uses them again.
pub(super) unsafe fn free_lines(start: NonNull<Line>, lines: usize) {
    let memory = ptr::slice_from_raw_parts_mut(start.as_ptr(), lines);
    // SAFETY: as the caller says, it is a leaked box of so many.
    drop(unsafe { Box::from_raw(memory) });
}

impl Free<'_> {
    /// Its contents, in whole lines.
    #[inline]
    pub(crate) fn words(&mut self) -> &mut [u64] {
        self.parts().0
    }

    /// Its contents, in whole lines, and what is known of them.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&mut [u64], &mut Received) {
        // SAFETY: the buffers of a set live as long as the set, which is borrowed.
        let record = unsafe { self.record.as_ref() };
        // SAFETY: the lines live as long as their buffer, and are so many whole, aligned words (each buffer of a set has as
        // many), all initialised. The buffer was free when this was made, only `lend`, which ends this, makes a holder,
        // and while the set is borrowed there is no other of this: nobody else accesses them while the result lives.
        let words = unsafe { slice::from_raw_parts_mut(record.start.cast().as_ptr(), self.words) };
        // SAFETY: as above: nobody else accesses this part of the record, and the lines are not in it.
        let received = unsafe { &mut (*self.record.as_ptr()).received };
        (words, received)
    }

    /// Lends it to be written.
    #[inline]
    pub(crate) fn lend(self) -> RawLoan {
        // SAFETY: the buffers of a set live until nobody holds them. Nobody holds this one: it was free when this was created,
        // this borrows the set, and is used up here. Its memory is this process's, initialised, and the set does not touch it
        // while it is held.
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
        // SAFETY: `allocate` leaked each, and the set, which alone owned them, has none of them after this.
        unsafe { orphans::abandon(self.all.drain(..)) };
    }
}
