//! The words that processes share. This is the only file that names an atomic type.
//!
//! Memory that this process may write is seen as [`Word`]s. Memory of a peer, mapped read-only, is
//! seen as [`ReadOnlyWord`]s, which can only be loaded. Under `cfg(loom)` both are loom's atomics,
//! so the protocols are model-checked as they stand.
//!
//! # Safety
//!
//! The file opts into unsafe code to store many words with one instruction and, for tests and
//! models only, to see the same words as a reader sees them.
#![allow(unsafe_code, reason = "many words are stored with one instruction")]

#[cfg(all(loom, feature = "region"))]
use loom::sync::atomic::AtomicU32;
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, fence};
#[cfg(all(not(loom), feature = "region"))]
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, fence};

use std::sync::atomic::Ordering;

/// A word that this process may write and others may read.
#[repr(transparent)]
pub(crate) struct Word(AtomicU64);

/// A word of memory that this process must not write.
#[repr(transparent)]
pub(crate) struct ReadOnlyWord(AtomicU64);

impl Word {
    #[cfg(not(loom))]
    pub(crate) const fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[cfg(loom)]
    pub(crate) fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    /// Loads the word, relaxed: for words that only this process writes, or where a fence gives the
    /// order.
    #[inline]
    pub(crate) fn load_relaxed(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn load_acquire(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn store_relaxed(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn store_release(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    /// Stores `new` if the word is `current`. Returns whether it did.
    ///
    /// Success acquires and releases. Failure is relaxed: callers draw no conclusion from the value
    /// found.
    pub(crate) fn compare_exchange(&self, current: u64, new: u64) -> bool {
        self.0.compare_exchange(current, new, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Loads the word, relaxed, to be exchanged right afterwards.
    ///
    /// Under loom it adds 0. loom remembers only the last access to a word: this thread's load
    /// would hide those of others from its exchange, and their interleavings would not be explored.
    /// It must be a word that is never stored without an exchange: loom would order such a store
    /// wrong.
    #[cfg(feature = "region")]
    #[inline]
    pub(crate) fn load_to_exchange(&self) -> u64 {
        if cfg!(loom) { self.0.fetch_add(0, Ordering::Relaxed) } else { self.0.load(Ordering::Relaxed) }
    }

    /// Like [`compare_exchange`](Self::compare_exchange), without any order: for words that only
    /// tell who has something, where another word publishes.
    #[cfg(feature = "region")]
    pub(crate) fn compare_exchange_relaxed(&self, current: u64, new: u64) -> bool {
        self.0.compare_exchange(current, new, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Sets `bits` and returns the value before. Acquires and releases.
    pub(crate) fn set_bits(&self, bits: u64) -> u64 {
        self.0.fetch_or(bits, Ordering::AcqRel)
    }

    /// Adds one. Acquires and releases.
    #[inline]
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Adds a number, wrapping, and returns the value before. Acquires and releases.
    #[cfg(feature = "region")]
    #[inline]
    pub(crate) fn add(&self, number: u64) -> u64 {
        self.0.fetch_add(number, Ordering::AcqRel)
    }

    /// Subtracts one and returns the value before. Acquires and releases.
    #[inline]
    pub(crate) fn subtract_one(&self) -> u64 {
        self.0.fetch_sub(1, Ordering::AcqRel)
    }

    /// Adds a number, wrapping. Relaxed: nothing else is read for it.
    #[inline]
    pub(crate) fn add_relaxed(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// Returns a number that no other call on this word returns. Relaxed: only the number matters.
    #[cfg(not(loom))]
    pub(crate) fn next_number(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the address of the lower half, the futex on which processes sleep. (All supported
    /// machines are little-endian.)
    #[cfg(not(loom))]
    pub(crate) fn lower_half(&self) -> *const u32 {
        self.0.as_ptr().cast_const().cast()
    }
}

impl ReadOnlyWord {
    #[inline]
    pub(crate) fn load_relaxed(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Loads with acquire ordering: a relaxed load, then a fence.
    ///
    /// For read-only pages the standard library promises only that relaxed loads of at most a
    /// machine word are sound. It recommends this pair in place of an acquire load ("Atomic
    /// accesses to read-only memory" in `std::sync::atomic`).
    #[inline]
    pub(crate) fn load_acquire(&self) -> u64 {
        let value = self.0.load(Ordering::Relaxed);
        acquire_fence();
        value
    }
}

/// A word of 32 bits that any process may write: the formats of regions have them.
#[cfg(feature = "region")]
#[repr(transparent)]
pub(crate) struct Word32(AtomicU32);

#[cfg(feature = "region")]
impl Word32 {
    #[cfg(loom)]
    pub(crate) fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    #[inline]
    pub(crate) fn load_relaxed(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn load_acquire(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn store_relaxed(&self, value: u32) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn store_release(&self, value: u32) {
        self.0.store(value, Ordering::Release);
    }

    /// Stores `new` if the word is `current`. Returns whether it did.
    ///
    /// Success acquires and releases. Failure is relaxed: callers draw no conclusion from the value
    /// found.
    #[inline]
    pub(crate) fn compare_exchange(&self, current: u32, new: u32) -> bool {
        self.0.compare_exchange(current, new, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Loads the word, relaxed, to be exchanged right afterwards.
    ///
    /// Under loom it adds 0. loom remembers only the last access to a word: this thread's load
    /// would hide those of others from its exchange, and their interleavings would not be explored.
    /// It must be a word that is never stored without an exchange: loom would order such a store
    /// wrong.
    #[inline]
    pub(crate) fn load_to_exchange(&self) -> u32 {
        if cfg!(loom) { self.0.fetch_add(0, Ordering::Relaxed) } else { self.0.load(Ordering::Relaxed) }
    }

    /// Like [`compare_exchange`](Self::compare_exchange), without any order: for words that only
    /// count, where another word publishes.
    #[inline]
    pub(crate) fn compare_exchange_relaxed(&self, current: u32, new: u32) -> bool {
        self.0.compare_exchange(current, new, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Adds a number, wrapping, and returns the value before. Acquires and releases.
    #[inline]
    pub(crate) fn add(&self, number: u32) -> u32 {
        self.0.fetch_add(number, Ordering::AcqRel)
    }
}

/// A word of 16 bits of a region.
#[cfg(all(feature = "region", not(loom)))]
#[repr(transparent)]
pub(crate) struct Word16(AtomicU16);

/// A byte of a region.
#[cfg(all(feature = "region", not(loom)))]
#[repr(transparent)]
pub(crate) struct Byte(AtomicU8);

/// A word of any width, for code that copies values word by word.
///
/// # Safety
///
/// An implementation must be transparent over one atomic integer, as large as `Value` and aligned
/// to its size. Any bit pattern must be one.
#[cfg(all(feature = "region", not(loom)))]
pub(crate) unsafe trait SharedWord: Send + Sync {
    /// The integer of the same size.
    type Value: Copy;

    /// Loads the word, relaxed.
    fn load(&self) -> Self::Value;

    /// Stores the word, relaxed.
    fn store(&self, value: Self::Value);
}

#[cfg(all(feature = "region", not(loom)))]
macro_rules! shared_words {
    ($($word:ident: $value:ty),*) => {$(
        // SAFETY: it is transparent over the atomic of that integer.
        unsafe impl SharedWord for $word {
            type Value = $value;

            #[inline]
            fn load(&self) -> $value {
                self.0.load(Ordering::Relaxed)
            }

            #[inline]
            fn store(&self, value: $value) {
                self.0.store(value, Ordering::Relaxed);
            }
        }
    )*};
}

#[cfg(all(feature = "region", not(loom)))]
shared_words!(Byte: u8, Word16: u16, Word32: u32, Word: u64);

/// Stores a value in each word, relaxed and in any order. Ordering against earlier and later stores
/// is up to the caller.
///
/// Panics if there are fewer words than values.
#[inline]
pub(crate) fn store_all(words: &[Word], values: &[[u8; 8]]) {
    let words = &words[..values.len()];
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    let (words, values) = if values.len() < MANY { (words, values) } else { store_pairs(words, values) };
    for (word, &value) in words.iter().zip(values) {
        word.store_relaxed(u64::from_le_bytes(value));
    }
}

/// From this many words on, they are stored two at a time: with fewer it makes no difference.
#[cfg(all(target_arch = "x86_64", not(loom)))]
const MANY: usize = 64;

/// Stores words two at a time. Returns what is left, at most one word.
///
/// Stores wait for their cache lines in a queue of the processor. With half as many, more lines are
/// fetched at the same time: a message of 1 KiB came an eighth sooner, and streams of 1 KiB were
/// nearly twice as fast. (A string instruction stores even more at once, but
/// takes 100 ns to begin.)
#[cfg(all(target_arch = "x86_64", not(loom)))]
#[inline]
fn store_pairs<'a, 'b>(words: &'a [Word], values: &'b [[u8; 8]]) -> (&'a [Word], &'b [[u8; 8]]) {
    let (pairs, words) = words.as_chunks::<2>();
    let (pairs_of_values, values) = values.as_chunks::<2>();
    for (pair, values) in pairs.iter().zip(pairs_of_values) {
        // In registers: the program has often just stored them in halves.
        let [low, high] = values.map(i64::from_le_bytes);
        // SAFETY: every x86-64 processor has SSE2.
        let both = unsafe { std::arch::x86_64::_mm_set_epi64x(high, low) };
        // SAFETY: the words are 16 bytes, valid for writes, without need of alignment, and may be
        // written through a shared borrow. To the compiler, and to other threads, this is a relaxed
        // store of each word. A processor does not reorder its stores, whatever their width (Intel
        // SDM 3A, 9.2.2), which is stronger than what is claimed.
        unsafe {
            std::arch::asm!(
                "movups [{to}], {both}",
                both = in(xmm_reg) both,
                to = in(reg) pair.as_ptr(),
                options(nostack, preserves_flags)
            );
        }
    }
    (words, values)
}

/// Loads words, relaxed and in any order, into as many elements of `out`, or as many as there are.
/// Ordering against earlier and later loads is up to the caller.
#[inline]
pub(crate) fn load_all(words: &[ReadOnlyWord], out: &mut [u64]) {
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    let (words, out) = load_pairs(words, out);
    for (word, out) in words.iter().zip(out) {
        *out = word.load_relaxed();
    }
}

/// Loads words two at a time. Returns what is left, at most one word.
///
/// Whoever reads `out` next reads 16 bytes at a time, since the compiler turns copies and
/// comparisons into that. A processor cannot forward two stores of 8 bytes to one load of 16: it
/// waits until they have left for the cache, with all that came before them. Lossless streams of
/// 48 bytes, received with `drain`, were a third as fast.
#[cfg(all(target_arch = "x86_64", not(loom)))]
#[inline]
fn load_pairs<'a, 'b>(words: &'a [ReadOnlyWord], out: &'b mut [u64]) -> (&'a [ReadOnlyWord], &'b mut [u64]) {
    let len = words.len().min(out.len());
    let (pairs, words) = words[..len].as_chunks::<2>();
    let (pairs_out, out) = out[..len].as_chunks_mut::<2>();
    for (pair, out) in pairs.iter().zip(pairs_out) {
        // SAFETY: both are 16 bytes, valid for reads and for writes, without need of alignment. The
        // words may change meanwhile, which is why it is not left to the compiler: to it, this is a
        // relaxed load of each. Loads of a processor are not reordered with each other, whatever
        // their width (Intel SDM 3A, 9.2.2), which is stronger than what is claimed.
        unsafe {
            std::arch::asm!(
                "movups {both}, [{from}]",
                "movups [{to}], {both}",
                both = out(xmm_reg) _,
                from = in(reg) pair.as_ptr(),
                to = in(reg) out.as_mut_ptr(),
                options(nostack, preserves_flags)
            );
        }
    }
    (words, out)
}

/// Keeps loads before the fence ahead of everything after it.
#[inline]
pub(crate) fn acquire_fence() {
    fence(Ordering::Acquire);
}

/// Keeps everything before the fence ahead of stores after it.
#[inline]
pub(crate) fn release_fence() {
    fence(Ordering::Release);
}

/// A sequentially consistent fence: all of these are in one order, on which all processes agree.
pub(crate) fn seq_cst_fence() {
    fence(Ordering::SeqCst);
}

/// Binds the compiler only: the processor may still reorder what comes before and after.
#[cfg(not(loom))]
#[inline]
pub(crate) fn compiler_fence() {
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

/// Returns the same words as a reader sees them.
#[cfg(any(test, loom))]
pub(crate) fn read_only(words: &[Word]) -> &[ReadOnlyWord] {
    let first = words.as_ptr().cast::<ReadOnlyWord>();
    // SAFETY: both types are transparent over the same atomic, so size, alignment and validity are
    // equal. The lifetime is that of the borrow, and a `ReadOnlyWord` only allows less.
    unsafe { std::slice::from_raw_parts(first, words.len()) }
}

/// Returns the same word as a reader sees it.
#[cfg(any(test, loom))]
pub(crate) fn read_only_word(word: &Word) -> &ReadOnlyWord {
    &read_only(std::slice::from_ref(word))[0]
}
