//! Where new structures go.

use super::error::RegionError;
use super::format::align8;
use super::inner::Inner;
use super::new::New;
use super::record::{descriptor, to_usize};
use super::table::behind;
use crate::sync::{Byte, SharedWord, Word};
use crate::sys::shared_memory::SharedMemory;

/// Where a structure goes, and what is recorded about it.
pub(super) struct Place {
    pub(super) offset: u64,
    /// Where its descriptor goes.
    pub(super) behind: u64,
    /// Empty if nothing is recorded.
    pub(super) descriptor: Vec<u8>,
}

/// Returns the places of structures, and the offset behind them. Returns `None` if there is no such
/// offset.
pub(super) fn place(new: &[New<'_>], next: u64, is_recorded: bool) -> Option<(Vec<Place>, u64)> {
    let mut end = align8(next)?;
    let mut places = Vec::new();
    for part in new {
        let offset = end;
        end = behind(offset, part.size)?;
        let mut place = Place { offset, behind: end, descriptor: Vec::new() };
        if is_recorded {
            place.descriptor = descriptor(part.schemas);
            end = behind(end, place.descriptor.len() as u64)?.checked_add(part.extra)?;
        }
        places.push(place);
    }
    Some((places, end))
}

/// Checks that a region has room up to an offset.
pub(super) fn check(inner: &Inner, structure: &str, end: u64) -> Result<(), RegionError> {
    let (size, next) = (inner.memory.bytes() as u64, inner.next_offset()?);
    if end <= size {
        return Ok(());
    }
    let (needed, free) = (end - next, size - next);
    let (region, structure) = (inner.name.clone(), structure.into());
    Err(RegionError::NoSpace { region, structure, needed, free, size, would_need: end })
}

/// Returns the error that no region is as large.
pub(super) fn too_large(inner: &Inner, structure: &str) -> RegionError {
    let problem = "it would have more bytes than a number of 64 bits can count".into();
    RegionError::Argument { region: inner.name.clone(), structure: structure.into(), problem }
}

/// Sets memory to zero. A creator that died may have left anything there.
pub(super) fn clear(inner: &Inner, start: u64, end: u64) {
    let (start, end) = (to_usize(start), to_usize(end));
    let words = SharedMemory::words::<Word>(&inner.memory, start, (end - start) / 8).expect("it was checked");
    // Memory that is zero is only read.
    for word in words.iter().filter(|word| word.load_relaxed() != 0) {
        word.store_relaxed(0);
    }
    let rest = SharedMemory::words::<Byte>(&inner.memory, start + words.len() * 8, (end - start) % 8);
    rest.expect("it was checked").iter().for_each(|byte| byte.store(0));
}

/// Returns a number of bytes that a mapping can have.
pub(super) fn bytes(size: u64) -> usize {
    to_usize(size)
}
