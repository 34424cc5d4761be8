//! # Safety
//!
//! A message that was received, as bytes. The file opts into unsafe code to read memory that a
//! record stands for. It upholds that holders only read: what is known of the message is written
//! before there is a second one.
#![allow(unsafe_code, reason = "memory that a record stands for is read")]

use super::holder::Holder;
use super::lines::LINE;
use super::parts::{Kind, OwnLines, Record};
use super::received::Received;
use crate::sync::ReadOnlyWord;
use std::any::Any;
use std::ptr::NonNull;

/// The size of a word that processes share.
const WORD: usize = size_of::<ReadOnlyWord>();

/// A message that was received: one of the holders of its record, of a buffer of this process or of
/// a pin. Read only.
pub(crate) struct RawSample(Holder);

/// A message that was just fetched: the only holder of its record, which does not yet say what is
/// known of it.
pub(crate) struct NewSample(RawSample);

impl NewSample {
    /// Creates the first holder of a record.
    ///
    /// # Safety
    /// The caller must ensure what [`Holder::lend`] requires, that all bytes of the record's memory
    /// are initialised and mapped, and that nobody of this process writes them while it is held.
    #[inline]
    pub(super) unsafe fn lend(record: NonNull<Record>) -> Self {
        // SAFETY: as the caller ensures.
        Self(RawSample(unsafe { Holder::lend(record) }))
    }

    /// Writes down what is known of the message.
    #[inline]
    pub(crate) fn describe(mut self, received: Received) -> RawSample {
        // SAFETY: the record lives while it is held, and nobody but its only holder accesses this
        // part of it: this was the first, and cannot be cloned.
        unsafe { (*self.0.0.pointer().as_ptr()).received = received };
        self.0
    }

    /// Takes it as it is: what is known of it was written before it was lent.
    #[inline]
    pub(super) fn described(self) -> RawSample {
        self.0
    }
}

impl RawSample {
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

    /// The contents. Those of a pinned message can change under a publisher that breaks the
    /// protocol, as samples say.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: this many bytes are initialised and mapped while the record is held, and its
        // owner does not write them then. Those of a pinned slot are not written by a publisher
        // that keeps the protocol.
        unsafe { std::slice::from_raw_parts(self.start().as_ptr(), self.len()) }
    }

    /// Copies `bytes` bytes of the message to `out`, from `at` on, which must be a multiple of 8.
    ///
    /// Of another process's memory, which it may write meanwhile, each word is loaded once and
    /// nothing more is relied on: the copy is some bytes.
    ///
    /// # Safety
    /// The caller must ensure that `out` is valid for writes of `bytes` bytes, which are not part
    /// of the message.
    pub(crate) unsafe fn copy(&self, at: usize, out: NonNull<u8>, bytes: usize) {
        assert!(at.is_multiple_of(WORD) && at.checked_add(bytes).is_some_and(|end| end <= self.len()));
        // SAFETY: it lies inside, as was just checked.
        let start = unsafe { self.start().add(at) };
        if !self.is_pinned() {
            // SAFETY: this many bytes are initialised there and not written while they are held;
            // `out` is as the caller ensures.
            return unsafe { out.copy_from_nonoverlapping(start, bytes) };
        }
        // SAFETY: it is aligned: the first byte to a line, and `at` to words. A slot has whole
        // words, also behind its message, and is mapped while it is held. A word of memory that
        // this process must not write can only be loaded.
        let words = unsafe { std::slice::from_raw_parts(start.cast::<ReadOnlyWord>().as_ptr(), bytes.div_ceil(WORD)) };
        for (index, word) in words.iter().enumerate() {
            // Relaxed: what the publisher wrote before it published was acquired with the stamp, as
            // for `bytes`.
            let word = word.load_relaxed().to_ne_bytes();
            let at = index * WORD;
            // SAFETY: less than `bytes`, so it lies inside.
            let place = unsafe { out.add(at) };
            // SAFETY: this many bytes are left, as the caller ensures, and those of the word are on
            // this stack.
            unsafe { place.copy_from_nonoverlapping(NonNull::from(&word).cast(), WORD.min(bytes - at)) };
        }
    }

    /// Where the header is: the copy of a pinned message's that [`copy_header`](Self::copy_header)
    /// made, if the record has memory for one; otherwise where the message begins.
    #[inline]
    pub(crate) fn header(&self) -> NonNull<u8> {
        self.header_lines().map_or(self.start(), |lines| lines.start)
    }

    /// Copies the first `bytes` bytes of a pinned message to where [`header`](Self::header) is, and
    /// returns the copy.
    ///
    /// # Panics
    /// If the message is shorter, or its record was created for less.
    ///
    /// # Safety
    /// The caller must ensure that this is the message's only holder: it was not cloned, and nobody
    /// sees the header.
    pub(crate) unsafe fn copy_header(&self, bytes: usize) -> &[u8] {
        let OwnLines { start, count } = self.header_lines().expect("it was created for headers that are checked");
        assert!(bytes <= count * LINE);
        // SAFETY: there is capacity for them, in an allocation of the record, which nobody else
        // accesses while this is its only holder.
        unsafe { self.copy(0, start, bytes) };
        // SAFETY: they were just initialised, live as long as the record, and are not written while
        // it is held.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), bytes) }
    }

    #[inline]
    fn header_lines(&self) -> Option<OwnLines> {
        match self.0.record().kind {
            Kind::Pin { header, .. } => header,
            Kind::Own(_) | Kind::Slot { .. } => None,
        }
    }

    /// Returns a copy of the first bytes of the message.
    pub(crate) fn copied(&self, bytes: usize) -> Vec<u8> {
        let mut copy = Vec::with_capacity(bytes);
        // SAFETY: there is capacity for this many bytes, in an allocation of their own.
        unsafe { self.copy(0, NonNull::from(copy.spare_capacity_mut()).cast(), bytes) };
        // SAFETY: there is capacity for them, and they were just initialised.
        unsafe { copy.set_len(bytes) };
        copy
    }

    /// What is known of the message.
    #[inline]
    pub(crate) fn received(&self) -> &Received {
        &self.0.record().received
    }

    /// What describes the message to holders that have no type for it, if its owner has that.
    pub(crate) fn description<D: Any>(&self) -> Option<&D> {
        self.0.record().description.as_deref().and_then(|description| (description as &dyn Any).downcast_ref())
    }

    /// Returns whether it is pinned: the message was not copied.
    #[inline]
    pub(crate) fn is_pinned(&self) -> bool {
        matches!(self.0.record().kind, Kind::Pin { .. })
    }
}

impl Clone for RawSample {
    fn clone(&self) -> Self {
        Self(self.0.share())
    }
}
