//! The least that two processes can do by hand: a slot and a flag, in memory that both map.
//!
//! # Safety
//!
//! The file opts into unsafe code to see a mapping as a [`Table`], and to write and read large
//! messages as plain memory, as the fastest code by hand does. Flags decide whose turn that is.
#![allow(unsafe_code, reason = "memory that two processes write is seen as a table")]

use super::LARGE;
use memmap2::{MmapOptions, MmapRaw};
use std::cell::UnsafeCell;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of slots of the ring, and the depth of the publisher that is compared with it.
pub(super) const RING: u64 = 64;
const CELLS: usize = 64;

/// The number of buffers for large messages of each way: as many as a publisher with the default
/// depth circulates. So neither side profits from a cache that the other one cannot have.
const BUFFERS: usize = 20;

/// A message of 64 bytes.
pub(super) type Small = [u64; 8];

/// Two cache lines for each: processors fetch them in pairs.
#[repr(C, align(128))]
#[derive(Default)]
struct Slot {
    /// The number of the message in it, from 1 on.
    flag: AtomicU64,
    words: [AtomicU64; 8],
}

/// What the two processes share. All zeros is how it begins.
#[repr(C)]
pub(super) struct Table {
    small: [Slot; 2],
    ring: [Slot; CELLS],
    /// How many messages of the ring were read.
    read: Slot,
    large_flags: [Slot; 2],
    large: [[Plain; BUFFERS]; 2],
}

#[repr(transparent)]
struct Plain(UnsafeCell<[u64; LARGE / 8]>);

// SAFETY: it is accessed only by the process whose turn it is, as the flag beside it says.
unsafe impl Sync for Plain {}

/// Maps the table in a file, which is created if it is missing. It stays mapped.
pub(super) fn table(path: &Path) -> io::Result<&'static Table> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.set_len(size_of::<Table>() as u64)?;
    let map: &'static MmapRaw = Box::leak(Box::new(MmapOptions::new().len(size_of::<Table>()).map_raw(&file)?));
    let table = map.as_mut_ptr().cast::<Table>();
    assert!(table.is_aligned(), "mappings begin on pages");
    // SAFETY: the mapping is never removed, is as large as a table, and aligned for it. Any bytes
    // are a table: it consists of integers. Both processes access the atomic ones atomically only,
    // and the others as `Plain` demands.
    Ok(unsafe { &*table })
}

/// The two directions between the processes.
#[derive(Clone, Copy)]
pub(super) enum Way {
    There = 0,
    Back = 1,
}

impl Slot {
    fn put(&self, number: u64, words: &Small) {
        for (word, &value) in self.words.iter().zip(words) {
            word.store(value, Ordering::Relaxed);
        }
        self.flag.store(number, Ordering::Release);
    }

    fn take(&self, number: u64) -> Option<Small> {
        (self.flag.load(Ordering::Acquire) == number)
            .then(|| std::array::from_fn(|index| self.words[index].load(Ordering::Relaxed)))
    }
}

impl Table {
    /// Writes a small message. Numbers begin with 1.
    pub(super) fn put(&self, way: Way, number: u64, words: &Small) {
        self.small[way as usize].put(number, words);
    }

    /// Reads the small message with this number, if it is there.
    pub(super) fn take(&self, way: Way, number: u64) -> Option<Small> {
        self.small[way as usize].take(number)
    }

    fn cell(&self, number: u64) -> &Slot {
        &self.ring[(number % RING) as usize]
    }

    /// Writes a message of the ring. Returns `None` if its slot was not read yet.
    pub(super) fn push(&self, number: u64, words: &Small) -> Option<()> {
        let has_room = number - self.read.flag.load(Ordering::Acquire) <= RING;
        has_room.then(|| self.cell(number).put(number, words))
    }

    /// Reads the message of the ring with this number, if it is there.
    pub(super) fn pop(&self, number: u64) -> Option<Small> {
        let words = self.cell(number).take(number)?;
        self.read.flag.store(number, Ordering::Release);
        Some(words)
    }

    fn buffer(&self, way: Way, number: u64) -> &Plain {
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is small")]
        &self.large[way as usize][(number % BUFFERS as u64) as usize]
    }

    /// Writes a large message. The other process must have answered all earlier ones of this way.
    pub(super) fn put_large(&self, way: Way, number: u64, message: &[u64]) {
        // SAFETY: the other process has read all messages of this way, since it has answered them,
        // and does not read this one before the flag is set below.
        unsafe { &mut *self.buffer(way, number).0.get() }.copy_from_slice(message);
        self.large_flags[way as usize].flag.store(number, Ordering::Release);
    }

    /// Returns what `read` returns of the large message with this number, if it is there.
    pub(super) fn take_large<R>(&self, way: Way, number: u64, read: impl FnOnce(&[u64]) -> R) -> Option<R> {
        if self.large_flags[way as usize].flag.load(Ordering::Acquire) != number {
            return None;
        }
        // SAFETY: it was written before the flag was set, and its writer does not write the next
        // one before this process has answered.
        Some(read(unsafe { &*self.buffer(way, number).0.get() }))
    }
}
