//! # Safety
//!
//! Memory that both processes write, for the bare probes. The file opts into unsafe code to see a mapping as a
//! [`Table`]; what it upholds: the mapping is large enough, lives to the end of the process, and is accessed by
//! atomic operations alone, but for large messages, which are accessed plainly by the process whose turn it is.

use crate::bare::{CELLS, Cell};
use memmap2::{MmapOptions, MmapRaw};
use std::cell::UnsafeCell;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// Messages that are written and read in full, in bytes.
pub(crate) const FULL: usize = 4 << 20;
/// How many of them there is room for: as many as a publisher with the default depth goes round.
pub(crate) const BUFFERS: usize = 20;

/// Two cache lines: processors fetch them in pairs.
#[repr(C, align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

/// What the two processes share.
#[repr(C)]
pub(crate) struct Table {
    /// Counts rounds that have begun.
    pub(crate) go: Apart<AtomicU64>,
    /// How many messages of a stream were received.
    pub(crate) received: Apart<AtomicU64>,
    /// On which a bare receiver sleeps.
    pub(crate) futex: Apart<AtomicU32>,
    /// What wakes it carries: when it was sent.
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
    /// How many messages were written in full, and how many were seen, of the SDK or by hand.
    pub(crate) full_sent: Apart<AtomicU64>,
    pub(crate) full_seen: Apart<AtomicU64>,
    pub(crate) full: [Plain; BUFFERS],
}

/// Memory for one large message.
#[repr(transparent)]
pub(crate) struct Plain(UnsafeCell<[u64; FULL / 8]>);

// SAFETY: it is only accessed by who has the turn, as its functions demand.
unsafe impl Sync for Plain {}

impl Plain {
    /// Copies a message in.
    ///
    /// # Safety
    /// Nobody else accesses it meanwhile.
    pub(crate) unsafe fn write(&self, message: &[u64]) {
        // SAFETY: as the caller says.
        unsafe { &mut *self.0.get() }.copy_from_slice(message);
    }

    /// Looks at the message in it.
    ///
    /// # Safety
    /// Nobody writes it meanwhile.
    pub(crate) unsafe fn read<R>(&self, look: impl FnOnce(&[u64]) -> R) -> R {
        // SAFETY: as the caller says.
        look(unsafe { &*self.0.get() })
    }
}

/// The table in the file of this name, made if it is missing. It stays mapped.
pub(crate) fn table(path: &Path) -> io::Result<&'static Table> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    file.set_len(size_of::<Table>() as u64)?;
    let map: &'static MmapRaw = Box::leak(Box::new(MmapOptions::new().len(size_of::<Table>()).map_raw(&file)?));
    let table = map.as_mut_ptr().cast::<Table>();
    assert!(table.is_aligned(), "mappings begin on pages");
    // SAFETY: the mapping is never removed, has the size of a table and is aligned for it. A table consists of
    // integers, for which all bytes are valid, also the zeros of a new file; and this process as well as the other one
    // accesses the atomic ones only so, and the others as `Plain` demands.
    Ok(unsafe { &*table })
}
