//! Memory that any process may write, seen as atomic words of any width.
//!
//! # Safety
//!
//! The file opts into unsafe code because a mapping consists of raw addresses. It upholds that
//! words lie inside a mapping that lives at least as long as what refers to them, and that they are
//! aligned. They are accessed only by atomic operations, so other processes may change them at any
//! time. Accesses of different widths to one word are not mixed: each field of a format has one.
//!
//! Access to truncated memory ends the process with SIGBUS. No process that follows the format
//! truncates a region.
#![allow(unsafe_code, reason = "mappings are raw addresses")]

use super::fork::Addresses;
use super::memory::Range;
use crate::sync::SharedWord;
use rustix::mm::ProtFlags;
use std::io;
use std::ops::Deref;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::Arc;

/// A file that is mapped and that others may write. In a child forked from this process it becomes
/// zeros.
pub(crate) struct SharedMemory {
    /// Before the range: it is forgotten before it is unmapped.
    _addresses: Addresses,
    range: Range,
    is_writable: bool,
}

impl SharedMemory {
    /// Maps the first `bytes` of a file: for reading, or for reading and writing.
    pub(crate) fn map(file: impl AsFd, bytes: usize, is_writable: bool) -> io::Result<Self> {
        let access = if is_writable { ProtFlags::READ | ProtFlags::WRITE } else { ProtFlags::READ };
        let range = Range::map(file, bytes, access)?;
        // SAFETY: the range is a mapping of its own, and it is unmapped after `_addresses` is
        // dropped.
        let addresses = unsafe { Addresses::new(range.start.as_ptr().addr(), bytes, is_writable) };
        Ok(Self { _addresses: addresses, range, is_writable })
    }

    /// Returns the number of bytes that are mapped.
    pub(crate) fn bytes(&self) -> usize {
        self.range.bytes
    }

    /// Returns whether words may be stored. A store to words of another mapping ends the process.
    pub(crate) fn is_writable(&self) -> bool {
        self.is_writable
    }

    /// Returns `count` words at an offset. Returns `None` if they are not aligned, or not inside.
    pub(crate) fn words<W: SharedWord>(this: &Arc<Self>, offset: usize, count: usize) -> Option<Held<W>> {
        let end = size_of::<W>().checked_mul(count)?.checked_add(offset)?;
        if end > this.range.bytes || !offset.is_multiple_of(size_of::<W>()) {
            return None;
        }
        // SAFETY: the address lies inside the mapping, or at its end, as was just checked.
        let start = unsafe { this.range.start.add(offset) }.cast();
        Some(Held { start, count, memory: Arc::clone(this) })
    }
}

/// Words that keep their mapping.
pub(crate) struct Held<W> {
    start: NonNull<W>,
    count: usize,
    memory: Arc<SharedMemory>,
}

// SAFETY: it is an address in a mapping that it keeps, which belongs to the process, not to a
// thread; it gives out only atomic words.
unsafe impl<W: SharedWord> Send for Held<W> {}
// SAFETY: as above.
unsafe impl<W: SharedWord> Sync for Held<W> {}

impl<W: SharedWord> Held<W> {
    /// Returns some of the words. Returns `None` if there are not that many.
    pub(crate) fn part(&self, first: usize, count: usize) -> Option<Self> {
        let start = self.get(first..first.checked_add(count)?)?.as_ptr();
        Some(Self { start: NonNull::new(start.cast_mut())?, count, memory: Arc::clone(&self.memory) })
    }

    /// Returns whether the words may be stored.
    #[inline]
    pub(crate) fn is_writable(&self) -> bool {
        self.memory.is_writable
    }
}

impl<W: SharedWord> Clone for Held<W> {
    fn clone(&self) -> Self {
        Self { memory: Arc::clone(&self.memory), ..*self }
    }
}

impl<W: SharedWord> Deref for Held<W> {
    type Target = [W];

    #[inline]
    fn deref(&self) -> &[W] {
        // SAFETY: the words are mapped and readable while `self` keeps the mapping, and aligned: it
        // starts on a page, and `words` has checked the offset. Every access to them, here and in
        // other processes, is atomic. Any bit pattern is a word.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.count) }
    }
}
