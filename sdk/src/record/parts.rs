//! # Safety
//!
//! What a record consists of. The file opts into unsafe code because records are shared without a
//! reference count, and are freed by their address.
#![allow(unsafe_code, reason = "the owner of a record and its holders share it without a reference count")]

use super::lines;
use super::received::Received;
use crate::protocol::lease::Lease;
use crate::sync::Word;
use crate::sys::fork::Origin;
use std::any::Any;
use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::Arc;

/// Keeps something alive that a record needs.
pub(crate) type Alive = Arc<dyn Any + Send + Sync>;

/// A flag in the count of returned slots: their pool is being dropped and will not check the count
/// again. The pool finds a slot that is returned before this is set. Whoever returns one later sees
/// the flag, and frees what was left.
pub(crate) const OWNER_GONE: u64 = 1 << 63;

/// What stands for a message.
pub(super) struct Record {
    pub(super) lease: Lease,
    /// The first byte, aligned to [`MAX_ALIGN`](lines::MAX_ALIGN).
    pub(super) start: NonNull<u8>,
    /// How many bytes from there on belong to the holders, all initialised.
    pub(super) bytes: usize,
    /// What is known of the message, if it was received.
    pub(super) received: Received,
    /// What describes the messages of its owner to holders that have no type for them.
    pub(super) description: Option<Alive>,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    /// Memory of this process: a leaked box of this many lines.
    Own(usize),
    /// A slot of this process's pool, in memory that `home` keeps mapped.
    Slot { number: u32, home: Option<Alive>, returned: Arc<Word> },
    /// A slot of another process, protected by `pin`. `kept` keeps the memory of both mapped, and
    /// the record alive. It stays when the record becomes free again, as
    /// [`lease`](crate::protocol::lease) explains. A forked child does not release the pin: it is
    /// its parent's. `header` is where a copy of the header is checked, if that is needed.
    Pin { pin: NonNull<Word>, origin: Origin, kept: UnsafeCell<Option<Kept>>, header: Option<OwnLines> },
}

/// Memory of this process: its first byte, and how many lines it has. A leaked box.
#[derive(Clone, Copy)]
pub(super) struct OwnLines {
    pub(super) start: NonNull<u8>,
    pub(super) count: usize,
}

/// What holders of a pin need: the memory of the slot, and that of the pin and the record.
pub(super) type Kept = [Alive; 2];

/// Allocates a record.
pub(super) fn leak(record: Record) -> NonNull<Record> {
    NonNull::from(Box::leak(Box::new(record)))
}

/// Frees a record and what belongs to it.
///
/// # Safety
/// The caller must ensure that [`leak`] allocated it, that nobody holds it, and that nobody uses it
/// again.
pub(super) unsafe fn release(record: NonNull<Record>) {
    // SAFETY: as the caller ensures.
    let record = unsafe { Box::from_raw(record.as_ptr()) };
    let own = match record.kind {
        Kind::Own(count) => Some(OwnLines { start: record.start, count }),
        Kind::Pin { header, .. } => header,
        Kind::Slot { .. } => None,
    };
    if let Some(OwnLines { start, count }) = own {
        // SAFETY: the lines of a record belong to it alone, and it is no longer used.
        unsafe { lines::free(start, count) };
    }
}
