//! # Safety
//!
//! A message that is being written, as bytes. The file opts into unsafe code to write memory that a
//! record stands for. It upholds that a [`RawLoan`] is always the only holder of its record: it is
//! created of a record that nobody holds, and cannot be cloned.
#![allow(unsafe_code, reason = "memory that a record stands for is written")]

use super::holder::Holder;
use super::parts::{Kind, Record};
use std::ops::Range;
use std::ptr::NonNull;

/// Memory for a message that is being written: the only holder of its record, of a buffer of this
/// process or of a slot of its pool. All its bytes are initialised. Dropping it gives the memory
/// back.
pub(crate) struct RawLoan(Holder);

/// What can be published as one message: a [`RawLoan`], or what contains one.
pub(crate) trait Lent {
    fn raw(&self) -> &RawLoan;

    /// Takes it apart, after it was published.
    fn into_raw(self) -> RawLoan;
}

impl Lent for RawLoan {
    #[inline]
    fn raw(&self) -> &RawLoan {
        self
    }

    #[inline]
    fn into_raw(self) -> RawLoan {
        self
    }
}

impl RawLoan {
    /// Creates a loan of a record.
    ///
    /// # Safety
    /// The caller must ensure what [`Holder::lend`] requires, and that the record's memory is
    /// writable, that all its bytes are initialised, and that nobody else accesses them as long as
    /// this exists: other processes neither.
    #[inline]
    pub(super) unsafe fn lend(record: NonNull<Record>) -> Self {
        // SAFETY: as the caller ensures.
        Self(unsafe { Holder::lend(record) })
    }

    /// The first byte, aligned to [`MAX_ALIGN`](super::lines::MAX_ALIGN).
    #[inline]
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.0.record().start
    }

    /// How many bytes there are: of a message of variable size its own, otherwise at least as many
    /// as a message has.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.record().bytes
    }

    /// The contents.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: this many bytes are initialised and mapped while the record is held. This is its
        // only holder and is borrowed, so nobody writes them.
        unsafe { std::slice::from_raw_parts(self.start().as_ptr(), self.len()) }
    }

    /// The contents, to be written.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: this many bytes are initialised and writable while the record is held. This is
        // its only holder and is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.start().as_ptr(), self.len()) }
    }

    /// Writes bytes of the message, from `at` on.
    pub(crate) fn fill(&mut self, at: usize, bytes: &[u8]) {
        assert!(at.checked_add(bytes.len()).is_some_and(|end| end <= self.len()));
        // SAFETY: it lies inside, as was just checked.
        let place = unsafe { self.start().add(at) };
        // SAFETY: this many bytes are writable there, of a message that only this holder accesses.
        // Those given are not part of it: it is borrowed mutably.
        unsafe { place.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    }

    /// Zeroes bytes of the message.
    pub(crate) fn clear(&mut self, bytes: Range<usize>) {
        assert!(bytes.start <= bytes.end && bytes.end <= self.len());
        // SAFETY: it lies inside, as was just checked.
        let place = unsafe { self.start().add(bytes.start) };
        // SAFETY: this many bytes are writable there, of a message that only this holder accesses.
        unsafe { place.write_bytes(0, bytes.len()) };
    }

    /// Makes the message shorter than what was lent. Its slot keeps its size.
    pub(crate) fn truncate(&mut self, bytes: usize) {
        assert!(bytes <= self.len());
        // SAFETY: the record lives while it is held, and nobody but its only holder accesses this
        // part of it. Whoever lends it again sets it anew.
        unsafe { (*self.0.pointer().as_ptr()).bytes = bytes };
    }

    /// The number of the slot, if it is one of this process's pool.
    #[inline]
    pub(crate) fn slot(&self) -> Option<u32> {
        match self.0.record().kind {
            Kind::Slot { number, .. } => Some(number),
            Kind::Own(_) | Kind::Pin { .. } => None,
        }
    }

    /// Ends the loan of a slot that was published: the pool knows already, so it is not counted as
    /// returned.
    #[inline]
    pub(crate) fn spend(self) {
        self.0.end_quietly();
    }
}
