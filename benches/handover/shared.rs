//! # Safety
//!
//! Memory that both processes write, for the bare probes. The file opts into unsafe code to view a
//! mapping as a [`Table`]. It upholds that the mapping is large enough, is never unmapped, and is
//! accessed by atomic operations alone. The exception is large messages, which are accessed without
//! atomics by the process whose turn it is.

use crate::bare::{CELLS, Cell};
use memmap2::{MmapOptions, MmapRaw};
use std::cell::UnsafeCell;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// The sizes of messages that are written and read in full, in bytes.
pub(crate) const FULL: [usize; 4] = [4 << 10, 64 << 10, 1 << 20, 4 << 20];
/// The largest of them, in words.
const LARGEST: usize = FULL[3] / 8;

/// Occupies two cache lines: processors fetch them in pairs.
#[repr(C, align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

/// What the two processes share.
#[repr(C)]
pub(crate) struct Table {
    /// Counts started rounds.
    pub(crate) go: Apart<AtomicU64>,
    /// How many messages of a stream were received.
    pub(crate) received: Apart<AtomicU64>,
    /// The futex on which a bare receiver sleeps.
    pub(crate) futex: Apart<AtomicU32>,
    /// The futex on which a bare client sleeps until it has its response.
    pub(crate) futex_back: Apart<AtomicU32>,
    /// The content of a wake-up: when it was sent.
    pub(crate) sent: Apart<AtomicU64>,
    /// How many wake-ups were seen, and how long the last one took.
    pub(crate) woken: Apart<AtomicU64>,
    pub(crate) took: Apart<AtomicU64>,
    pub(crate) ping: Apart<[Cell<6>; CELLS]>,
    pub(crate) pong: Apart<[Cell<6>; CELLS]>,
    pub(crate) ping_ring: Apart<[Cell<6>; CELLS]>,
    pub(crate) pong_ring: Apart<[Cell<6>; CELLS]>,
    pub(crate) small: Apart<[Cell<6>; CELLS]>,
    pub(crate) large: Apart<[Cell<128>; CELLS]>,
    /// How many messages were written in full, and how many were seen, both through the SDK and by
    /// hand.
    pub(crate) full_sent: Apart<AtomicU64>,
    pub(crate) full_seen: Apart<AtomicU64>,
    /// The least that is needed for a message: one piece of memory, used again and again.
    pub(crate) full: Plain,
}

/// Memory for one large message.
#[repr(transparent)]
pub(crate) struct Plain(UnsafeCell<[u64; LARGEST]>);

// SAFETY: it is only accessed by the process whose turn it is, as its functions demand.
unsafe impl Sync for Plain {}

impl Plain {
    /// Copies a message in.
    ///
    /// # Safety
    /// The caller must ensure that nobody else accesses it meanwhile.
    pub(crate) unsafe fn write(&self, message: &[u64]) {
        // SAFETY: guaranteed by the caller.
        let words = unsafe { &mut *self.0.get() };
        words[..message.len()].copy_from_slice(message);
    }

    /// Passes the first `words` words of it to `look`.
    ///
    /// # Safety
    /// The caller must ensure that nobody writes it meanwhile.
    pub(crate) unsafe fn read<R>(&self, words: usize, look: impl FnOnce(&[u64]) -> R) -> R {
        // SAFETY: guaranteed by the caller.
        let message = unsafe { &*self.0.get() };
        look(&message[..words])
    }
}

/// Maps the table in a file, which is created if it is missing. It stays mapped.
pub(crate) fn table(path: &Path) -> io::Result<&'static Table> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.set_len(size_of::<Table>() as u64)?;
    let map: &'static MmapRaw = Box::leak(Box::new(MmapOptions::new().len(size_of::<Table>()).map_raw(&file)?));
    let table = map.as_mut_ptr().cast::<Table>();
    assert!(table.is_aligned(), "mappings begin on pages");
    // SAFETY: the mapping is never removed, has the size of a table and is aligned for it. A table
    // consists of integers, for which all bytes are valid, including the zeros of a new file. Both
    // processes access the atomic ones only atomically, and the others as `Plain` demands.
    Ok(unsafe { &*table })
}
