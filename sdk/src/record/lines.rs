//! # Safety
//!
//! Memory in whole lines, for messages of this process. The file opts into unsafe code to free what
//! it allocated, which its callers hold by an address.
#![allow(unsafe_code, reason = "memory that is held by its address is freed")]

use std::ptr::{self, NonNull};
use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout};

/// The unit of allocation, and the largest alignment of a message.
#[derive(Clone, Copy, FromZeros, IntoBytes, KnownLayout, Immutable)]
#[repr(C, align(64))]
struct Line([u64; 8]);

/// The largest alignment of a message.
pub(crate) const MAX_ALIGN: usize = align_of::<Line>();

const _: () = assert!(MAX_ALIGN == crate::shm::SLOT_UNIT);

/// The size of a line, in bytes.
pub(super) const LINE: usize = size_of::<Line>();

/// A buffer of this many lines or more is large: 64 KiB.
pub(super) const LARGE: usize = 1024;

/// Allocates zeroed lines, and returns their first byte, or `None` if there is no memory.
pub(super) fn allocate(lines: usize) -> Option<NonNull<u8>> {
    let memory = <[Line]>::new_box_zeroed_with_elems(lines).ok()?;
    Some(NonNull::from(Box::leak(memory)).cast())
}

/// Frees what [`allocate`] allocated.
///
/// # Safety
/// The caller must ensure that it allocated this many lines at `start`, and that nobody uses them
/// again.
pub(super) unsafe fn free(start: NonNull<u8>, lines: usize) {
    let memory = ptr::slice_from_raw_parts_mut(start.cast::<Line>().as_ptr(), lines);
    // SAFETY: as the caller ensures, it is a leaked box of this many lines.
    drop(unsafe { Box::from_raw(memory) });
}
