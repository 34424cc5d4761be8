//! The words that processes share: the only file that names an atomic type.
//!
//! Memory that this process may write is seen as [`Word`]s, memory of a peer, mapped read-only, as
//! [`ReadOnlyWord`]s, which can only be loaded. Under `cfg(loom)` both are loom's atomics, so that the
//! protocols are model-checked as they stand.
//!
//! # Safety
//!
//! The file opts into unsafe code to store many words by one instruction; and for models alone, to
//! see the same words as a reader does.
#![allow(unsafe_code, reason = "many words are stored at once")]

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, fence};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, fence};

use std::sync::atomic::Ordering;

/// A word that this process may write, and others read.
#[repr(transparent)]
pub(crate) struct Word(AtomicU64);

/// A word of memory that this process must not write.
#[repr(transparent)]
pub(crate) struct ReadOnlyWord(AtomicU64);

impl Word {
    /// The address of the lower half, on which processes can sleep. (Little-endian, as every
    /// machine that this runs on.)
    #[cfg(not(loom))]
    pub(crate) fn lower_half(&self) -> *const u32 {
        self.0.as_ptr().cast_const().cast()
    }

    /// For words that only this process writes.
    #[inline]
    pub(crate) fn load_relaxed(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn store_relaxed(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn store_release(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    #[cfg(not(loom))]
    pub(crate) const fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[cfg(loom)]
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    /// Stores a value if another one is there. Whether it did: then it acquires and releases; if
    /// not, nothing follows from what was there, so that load is relaxed.
    pub(crate) fn replace(&self, seen: u64, value: u64) -> bool {
        self.0.compare_exchange(seen, value, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Sets bits, and returns what was there. Acquires and releases.
    pub(crate) fn set_bits(&self, bits: u64) -> u64 {
        self.0.fetch_or(bits, Ordering::AcqRel)
    }

    /// A number that nobody else takes: adds one, and returns what was there. Relaxed: nothing follows from it.
    #[cfg(not(loom))]
    pub(crate) fn take_number(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// Acquires and releases.
    #[inline]
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Returns what was there. Acquires and releases.
    #[inline]
    pub(crate) fn subtract_one(&self) -> u64 {
        self.0.fetch_sub(1, Ordering::AcqRel)
    }

    #[inline]
    pub(crate) fn load_acquire(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl ReadOnlyWord {
    #[inline]
    pub(crate) fn load_relaxed(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// An acquire load, as a relaxed load and a fence: on pages mapped read-only the standard library
    /// promises only relaxed loads of at most a machine word to be sound ("Atomic accesses to read-only
    /// memory" in `std::sync::atomic`), and recommends this pair in place of an acquire load.
    #[inline]
    pub(crate) fn load_acquire(&self) -> u64 {
        let value = self.0.load(Ordering::Relaxed);
        acquire();
        value
    }
}

/// From how many words on one instruction stores them faster than one for each: it takes some time
/// to begin. Measured with streams of 128 to 1024 bytes; below 512 it is slower.
#[cfg(all(target_arch = "x86_64", not(loom)))]
const MANY: usize = 64;

/// Stores a value in each word, relaxed, in any order. The order to what is stored before and after is the caller's.
#[inline]
pub(crate) fn store_all(words: &[Word], values: &[[u8; 8]]) {
    let words = &words[..values.len()];
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    if values.len() >= MANY {
        // A stream of 1 KiB between two processors is faster by half: fewer stores wait for their lines.
        // SAFETY: as many words are there as values, of 8 aligned bytes each; values are only read,
        // and words may be written through a shared borrow. To other threads it is a relaxed store
        // of each word: the instruction stores whole words in some order, and not before or after
        // other stores of this thread (Intel SDM 3A, 9.2.4 "Fast-String Operation and Out-of-Order
        // Stores"; the direction flag is clear, as the ABI demands). That is stronger than what is
        // claimed.
        unsafe {
            std::arch::asm!(
                "rep movsq",
                inout("rcx") values.len() => _,
                inout("rsi") values.as_ptr() => _,
                inout("rdi") words.as_ptr() => _,
                options(nostack, preserves_flags)
            );
        }
        return;
    }
    for (word, &value) in words.iter().zip(values) {
        word.store_relaxed(u64::from_le_bytes(value));
    }
}

/// What was loaded before stays before what is loaded after.
#[inline]
pub(crate) fn acquire() {
    fence(Ordering::Acquire);
}

/// What was stored before stays before what is stored after.
#[inline]
pub(crate) fn release() {
    fence(Ordering::Release);
}

/// All fences of this kind are in one order, which every process sees.
pub(crate) fn total_order() {
    fence(Ordering::SeqCst);
}

/// The compiler keeps the order of what is before and after; the processor need not.
#[cfg(not(loom))]
#[inline]
pub(crate) fn compiler_order() {
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

/// The same words, seen as a reader sees them.
#[cfg(any(test, loom))]
pub(crate) fn read_only(words: &[Word]) -> &[ReadOnlyWord] {
    let first = words.as_ptr().cast::<ReadOnlyWord>();
    // SAFETY: both are transparent over the same atomic, so size, alignment and validity are equal; the
    // lifetime is that of the borrow; a ReadOnlyWord only allows less.
    unsafe { std::slice::from_raw_parts(first, words.len()) }
}
