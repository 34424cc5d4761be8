//! # Safety
//!
//! Shared mappings, seen as slices of atomic words. The file opts into unsafe code because a mapping is made
//! of raw addresses; what it upholds: a slice of words lies inside a mapping that lives at least as long as the
//! borrow, is aligned (mappings start on pages), and is only ever accessed by atomic operations, so that other
//! processes may change it at any time. A read-only mapping gives out [`ReadOnlyWord`]s alone, which cannot be
//! stored to. That the memory behind a mapping cannot be truncated is the business of who opens it: sealed
//! segments cannot, the topic's page of hints is documented not to be.
#![allow(unsafe_code, reason = "mappings are raw addresses")]

use super::fork::Addresses;
use crate::sync::{ReadOnlyWord, Word};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags};
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};
use std::{io, ops};

/// How many bytes this process may keep in memory (`ulimit -l`). Nothing if there is no limit.
pub(crate) fn most_locked() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Memlock).current
}

/// Mappings of more bytes than this are not brought into memory when they are made.
const LARGE: usize = 1 << 20;

/// Addresses that are ours until drop.
struct Range {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a range is an address and a size; the mapping behind it belongs to the process, not to a thread.
unsafe impl Send for Range {}
// SAFETY: through a shared range only atomic words are given out.
unsafe impl Sync for Range {}

/// Shared memory that this process may write, and no child of it.
pub(crate) struct Writable {
    /// Before the range: it is forgotten before it is unmapped.
    _addresses: Addresses,
    range: Range,
    /// How many words from the start there are; what follows is accessed by address alone.
    words: usize,
}

/// Shared memory that only another process writes. A child of this process does not have it: it finds zeros there.
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

    /// The same; only the first `words` bytes are given out as words.
    pub(crate) fn map_partly(file: impl AsFd, bytes: usize, words: usize) -> io::Result<Self> {
        assert!(words <= bytes);
        let range = Range::map(file, bytes, ProtFlags::READ | ProtFlags::WRITE)?;
        Ok(Self {
            _addresses: Addresses::new(range.start.as_ptr().addr(), bytes, true),
            range,
            words: words / size_of::<Word>(),
        })
    }

    /// Brings these pages into memory now, so that no store to them waits for one later. The start is that of a page.
    pub(crate) fn populate(&self, bytes: ops::Range<usize>) -> io::Result<()> {
        self.range.advise(bytes, Advice::LinuxPopulateWrite)
    }

    /// Keeps all of it in memory (`mlock`), as long as this process maps it.
    pub(crate) fn lock(&self) -> io::Result<()> {
        // SAFETY: the range is ours; locking changes no contents.
        Ok(unsafe { rustix::mm::mlock(self.range.start.as_ptr().cast(), self.range.bytes) }?)
    }

    /// Asks for huge pages where the kernel finds some. Whether it looks for them.
    pub(crate) fn prefer_huge_pages(&self) -> bool {
        const SETTING: &str = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
        let is_on = std::fs::read_to_string(SETTING).is_ok_and(|setting| {
            ["[always]", "[within_size]", "[advise]", "[force]"].iter().any(|on| setting.contains(on))
        });
        is_on && self.range.advise(0..self.range.bytes, Advice::LinuxHugepage).is_ok()
    }

    /// The address of a byte beyond the words. Memory is mapped there, readable, writable and initialised, as long as
    /// `self` lives, up to `bytes` from it.
    pub(crate) fn address(&self, offset: usize, bytes: usize) -> NonNull<u8> {
        assert!(
            offset / size_of::<Word>() >= self.words
                && self.range.bytes.checked_sub(bytes).is_some_and(|last| offset <= last)
        );
        // SAFETY: it lies inside the mapping, as was just checked.
        unsafe { self.range.start.add(offset) }
    }

    #[inline]
    pub(crate) fn words(&self) -> &[Word] {
        // SAFETY: the range is mapped, readable, writable and page-aligned while `self` lives; every access to
        // it, here and in other processes, is atomic; any bit pattern is a word.
        unsafe { std::slice::from_raw_parts(self.range.start.as_ptr().cast(), self.words) }
    }
}

impl ReadOnly {
    /// Maps the first `bytes` of a file for reading.
    pub(crate) fn map(file: impl AsFd, bytes: usize) -> io::Result<Self> {
        let range = Range::map(file, bytes, ProtFlags::READ)?;
        Ok(Self {
            _addresses: Addresses::new(range.start.as_ptr().addr(), bytes, false),
            range,
            words: bytes / size_of::<ReadOnlyWord>(),
        })
    }

    /// Brings the pages of the first `bytes` into this process's table now.
    pub(crate) fn populate(&self, bytes: usize) -> io::Result<()> {
        self.range.advise(0..bytes, Advice::LinuxPopulateRead)
    }

    /// The address of a byte. Memory is mapped there, readable and initialised, as long as `self` lives, up to `bytes`
    /// from it; nothing if it ends before that.
    pub(crate) fn address(&self, offset: usize, bytes: usize) -> Option<NonNull<u8>> {
        let last = self.range.bytes.checked_sub(bytes)?;
        // SAFETY: it lies inside the mapping.
        (offset <= last).then(|| unsafe { self.range.start.add(offset) })
    }

    #[inline]
    pub(crate) fn words(&self) -> &[ReadOnlyWord] {
        // SAFETY: the range is mapped, readable and page-aligned while `self` lives; a ReadOnlyWord is only ever
        // loaded, with relaxed ordering; any bit pattern is a word.
        unsafe { std::slice::from_raw_parts(self.range.start.as_ptr().cast(), self.words) }
    }
}

/// Has the processor fetch a line of memory while it goes on: where it can be asked to.
#[inline]
pub(crate) fn begin_to_fetch(address: NonNull<u8>) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: it is a hint; no address makes it fault, and nothing is read as far as the program can see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.as_ptr().cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

impl Range {
    fn map(file: impl AsFd, bytes: usize, access: ProtFlags) -> io::Result<Self> {
        // Where a process locks what it maps (`mlockall(MCL_FUTURE)`), the kernel brings all of a mapping into memory at
        // once, unless it cannot be accessed. Afterwards it locks pages as they come.
        let at_first = if bytes > LARGE { ProtFlags::empty() } else { access };
        // SAFETY: the kernel chooses the address, so no existing mapping is touched.
        let start = unsafe { rustix::mm::mmap(ptr::null_mut(), bytes, at_first, MapFlags::SHARED, file, 0)? };
        let range = Self { start: NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?, bytes };
        if at_first != access {
            let access = MprotectFlags::from_bits_retain(access.bits());
            // SAFETY: the range was mapped just now, and nothing accesses it yet.
            unsafe { rustix::mm::mprotect(range.start.as_ptr().cast(), bytes, access) }?;
        }
        Ok(range)
    }

    fn advise(&self, bytes: ops::Range<usize>, advice: Advice) -> io::Result<()> {
        assert!(bytes.start <= bytes.end && bytes.end <= self.bytes);
        // SAFETY: it lies inside the mapping, as was just checked.
        let start = unsafe { self.start.add(bytes.start) };
        // SAFETY: the range is ours; populating changes no contents.
        match unsafe { rustix::mm::madvise(start.as_ptr().cast(), bytes.len(), advice) } {
            // Kernels before 5.14 do not know it: pages then come at first touch.
            Ok(()) | Err(rustix::io::Errno::INVAL) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `map` and nothing borrows from it any more.
        let result = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.bytes) };
        debug_assert!(result.is_ok());
    }
}
