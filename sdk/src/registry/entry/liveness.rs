//! How the file of an entry shows whether its owner is alive, has left, or died.
//!
//! The owner locks one byte for as long as it is alive. When it leaves in order it sets a mark
//! first. So a free byte with the mark means that it has left, and without it that it died.

use crate::sys::lock::{self, Hold};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The byte that the owner locks.
const LIFE: u64 = 0;
/// The offset of the byte with the mark.
pub(super) const LEFT_AT: u64 = 15;
/// The mark: the highest bit of the role.
const LEFT: u8 = 0x80;
/// The same in the role.
pub(super) const LEFT_IN_ROLE: u32 = 0x8000_0000;

/// Locks the file of an own entry. Returns whether nobody else had locked it.
pub(super) fn lock(file: &File) -> io::Result<bool> {
    lock::take(file, LIFE, Hold::Alone)
}

/// Releases the lock of an own entry.
pub(super) fn release(file: &File) -> io::Result<()> {
    lock::give_back(file, LIFE)
}

/// Sets the mark in an own entry. One byte, so that nobody sees half of it.
pub(super) fn mark_left(file: &File) -> io::Result<()> {
    file.write_all_at(&[LEFT], LEFT_AT)
}

/// Returns whether another open file description holds the lock.
pub(super) fn is_alive(file: &File) -> io::Result<bool> {
    lock::is_held_against(file, LIFE, Hold::Shared)
}

/// Returns whether the owner has set the mark.
pub(super) fn has_left(file: &File) -> io::Result<bool> {
    let mut byte = [0];
    file.read_exact_at(&mut byte, LEFT_AT)?;
    Ok(byte[0] & LEFT != 0)
}
