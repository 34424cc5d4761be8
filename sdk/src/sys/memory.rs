//! # Safety
//!
//! Shared mappings, seen as slices of atomic words. The file opts into unsafe code because a
//! mapping consists of raw addresses. It upholds that a slice of words lies inside a mapping that
//! lives at least as long as the borrow, and that it is aligned: mappings start on pages. The words
//! are accessed only by atomic operations, so other processes may change them at any time. A
//! read-only mapping gives out only [`ReadOnlyWord`]s, which cannot be stored to.
//!
//! Access to truncated memory ends the process with SIGBUS. Sealed segments cannot be truncated.
//! The topic's page of hints must not be, as its documentation says.
#![allow(unsafe_code, reason = "mappings are raw addresses")]

use super::fork::Addresses;
use crate::sync::{ReadOnlyWord, Word};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};
use std::{io, ops};

/// Returns how many bytes this process may lock in memory (`ulimit -l`). Returns `None` if there is
/// no limit.
pub(crate) fn memlock_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Memlock).current
}

/// Larger mappings, in bytes, are not brought into memory when they are created.
const LARGE: usize = 1 << 20;

/// A mapping of this process, unmapped when dropped.
pub(super) struct Range {
    pub(super) start: NonNull<u8>,
    pub(super) bytes: usize,
}

// SAFETY: a range is an address and a size, and the mapping behind it belongs to the process, not
// to a thread.
unsafe impl Send for Range {}
// SAFETY: a shared range gives out only atomic words and addresses.
unsafe impl Sync for Range {}

/// Shared memory that this process may write, and no process forked from it.
pub(crate) struct Writable {
    /// Declared before the range, so that it is dropped first: a fork must not cover addresses that
    /// are mapped anew.
    _addresses: Addresses,
    range: Range,
    /// The number of words from the start. What follows is accessed only by address.
    words: usize,
}

/// Shared memory that only another process may write. In a child forked from this process it
/// becomes zeros.
pub(crate) struct ReadOnly {
    /// Before the range: it is forgotten before it is unmapped.
    _addresses: Addresses,
    range: Range,
    words: usize,
}

impl Writable {
    /// Maps the first `bytes` of a file for reading and writing.
    pub(crate) fn map(file: impl AsFd, bytes: usize) -> io::Result<Self> {
        Self::map_partly(file, bytes, bytes)
    }

    /// Maps the first `bytes` of a file, of which only the first `words` bytes are given out as
    /// words.
    pub(crate) fn map_partly(file: impl AsFd, bytes: usize, words: usize) -> io::Result<Self> {
        assert!(words <= bytes);
        let range = Range::map(file, bytes, ProtFlags::READ | ProtFlags::WRITE)?;
        // SAFETY: the range is a mapping of its own, and it is unmapped after `_addresses` is
        // dropped.
        let addresses = unsafe { Addresses::new(range.start.as_ptr().addr(), bytes, true) };
        Ok(Self { _addresses: addresses, range, words: words / size_of::<Word>() })
    }

    /// Brings the pages of `bytes` into memory now, so that no later store has to wait for one. The
    /// range must start on a page, or nothing happens.
    pub(crate) fn populate(&self, bytes: ops::Range<usize>) -> io::Result<()> {
        self.range.advise(bytes, Hint::PopulateWrite)
    }

    /// Keeps all of the memory resident (`mlock`), as long as this process maps it.
    pub(crate) fn lock(&self) -> io::Result<()> {
        // SAFETY: the range is a mapping of ours, and locking changes no contents.
        Ok(unsafe { rustix::mm::mlock(self.range.start.as_ptr().cast(), self.range.bytes) }?)
    }

    /// Requests huge pages where the kernel can find some. Returns whether it is set up to look for
    /// them.
    pub(crate) fn prefer_huge_pages(&self) -> bool {
        const SETTING: &str = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
        let is_on = std::fs::read_to_string(SETTING).is_ok_and(|setting| {
            ["[always]", "[within_size]", "[advise]", "[force]"].iter().any(|on| setting.contains(on))
        });
        is_on && self.range.advise(0..self.range.bytes, Hint::HugePages).is_ok()
    }

    /// Returns the address of `bytes` at `offset`, beyond the words. They are mapped, readable,
    /// writable and initialised as long as `self` lives.
    ///
    /// # Panics
    /// If they are not beyond the words and inside the mapping.
    pub(crate) fn address(&self, offset: usize, bytes: usize) -> NonNull<u8> {
        assert!(
            offset / size_of::<Word>() >= self.words
                && self.range.bytes.checked_sub(bytes).is_some_and(|last| offset <= last)
        );
        // SAFETY: the address lies inside the mapping, as was just checked.
        unsafe { self.range.start.add(offset) }
    }

    #[inline]
    pub(crate) fn words(&self) -> &[Word] {
        // SAFETY: the range is mapped, readable, writable and page-aligned while `self` lives.
        // Every access to these words, here and in other processes, is atomic. Any bit pattern is a
        // word.
        unsafe { std::slice::from_raw_parts(self.range.start.as_ptr().cast(), self.words) }
    }
}

impl ReadOnly {
    /// Maps the first `bytes` of a file for reading.
    pub(crate) fn map(file: impl AsFd, bytes: usize) -> io::Result<Self> {
        let range = Range::map(file, bytes, ProtFlags::READ)?;
        Ok(Self {
            // SAFETY: as above.
            _addresses: unsafe { Addresses::new(range.start.as_ptr().addr(), bytes, false) },
            range,
            words: bytes / size_of::<ReadOnlyWord>(),
        })
    }

    /// Maps the pages of the first `bytes` into this process's page table now.
    pub(crate) fn populate(&self, bytes: usize) -> io::Result<()> {
        self.range.advise(0..bytes, Hint::PopulateRead)
    }

    /// Returns the address of `bytes` at `offset`. They are mapped, readable and initialised as
    /// long as `self` lives. Returns `None` if the mapping ends before that.
    pub(crate) fn address(&self, offset: usize, bytes: usize) -> Option<NonNull<u8>> {
        let last = self.range.bytes.checked_sub(bytes)?;
        // SAFETY: the address lies inside the mapping.
        (offset <= last).then(|| unsafe { self.range.start.add(offset) })
    }

    #[inline]
    pub(crate) fn words(&self) -> &[ReadOnlyWord] {
        // SAFETY: the range is mapped, readable and page-aligned while `self` lives. A
        // `ReadOnlyWord` is only ever loaded, with relaxed ordering. Any bit pattern is a word.
        unsafe { std::slice::from_raw_parts(self.range.start.as_ptr().cast(), self.words) }
    }
}

/// Prefetches a cache line, on processors for which this is supported.
#[inline]
pub(crate) fn prefetch(address: NonNull<u8>) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: it is a hint. No address makes it fault, and the program cannot observe a read.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.as_ptr().cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Prefetches a cache line that will be written, on processors for which this is supported.
#[inline]
pub(crate) fn prefetch_to_write<T>(word: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
        // SAFETY: it is a hint. No address makes it fault, and it changes no memory.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(ptr::from_ref(word).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = word;
}

/// What the kernel can be told about a range. None of it changes the contents.
enum Hint {
    PopulateRead,
    PopulateWrite,
    HugePages,
}

impl Range {
    pub(super) fn map(file: impl AsFd, bytes: usize, access: ProtFlags) -> io::Result<Self> {
        // In a process that locks what it maps (`mlockall(MCL_FUTURE)`), the kernel brings all of a
        // mapping into memory at once, unless it is inaccessible. Afterwards it locks pages as they
        // are touched.
        let at_first = if bytes > LARGE { ProtFlags::empty() } else { access };
        // SAFETY: the kernel chooses the address, so no existing mapping is affected.
        let start = unsafe { rustix::mm::mmap(ptr::null_mut(), bytes, at_first, MapFlags::SHARED, file, 0)? };
        let range = Self { start: NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?, bytes };
        if at_first != access {
            let access = MprotectFlags::from_bits_retain(access.bits());
            // SAFETY: the range was mapped just now, and nothing accesses it yet.
            unsafe { rustix::mm::mprotect(range.start.as_ptr().cast(), bytes, access) }?;
        }
        Ok(range)
    }

    fn advise(&self, bytes: ops::Range<usize>, hint: Hint) -> io::Result<()> {
        assert!(bytes.start <= bytes.end && bytes.end <= self.bytes);
        let advice = match hint {
            Hint::PopulateRead => Advice::LinuxPopulateRead,
            Hint::PopulateWrite => Advice::LinuxPopulateWrite,
            Hint::HugePages => Advice::LinuxHugepage,
        };
        // SAFETY: the address lies inside the mapping, as was just checked.
        let start = unsafe { self.start.add(bytes.start) };
        // SAFETY: the range is a mapping of ours, and no hint changes contents.
        match unsafe { rustix::mm::madvise(start.as_ptr().cast(), bytes.len(), advice) } {
            // Kernels before 5.14 do not support populating: pages then come at first touch.
            Ok(()) | Err(rustix::io::Errno::INVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: `map` mapped the range, and nothing borrows from it any more.
        let result = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.bytes) };
        debug_assert!(result.is_ok());
    }
}
