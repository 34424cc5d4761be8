//! The words at the start of every segment.

use super::SegmentError;
use super::backing::Backing;
use crate::registry::{EndpointId, MemoryEntry};
use crate::schema::SchemaHash;
use crate::sync::ReadOnlyWord;

const MAGIC: usize = 0;
const BYTES: usize = 1;
const NONCE: usize = 2;
const ID: [usize; 2] = [3, 4];
const HASH: [usize; 2] = [5, 6];
/// The index of the first word after the header.
pub(crate) const END: usize = 7;

/// Writes the header of a segment that nobody knows yet. Plain stores are enough: other processes learn of it from an
/// entry, through the kernel.
pub(crate) fn write(backing: &Backing, magic: u64, id: EndpointId, hash: SchemaHash, bytes: usize) {
    let words = backing.memory.words();
    for (indices, number) in [(ID, id.0), (HASH, hash.0)] {
        for (index, half) in indices.into_iter().zip(halves(number)) {
            words[index].store_relaxed(half);
        }
    }
    words[BYTES].store_relaxed(bytes as u64);
    words[NONCE].store_relaxed(backing.nonce());
    words[MAGIC].store_relaxed(magic);
}

/// Checks that the header of another endpoint's segment is what its entry claims.
pub(crate) fn check(
    words: &[ReadOnlyWord],
    magic: u64,
    entry: &MemoryEntry,
    id: EndpointId,
    hash: SchemaHash,
) -> Result<(), SegmentError> {
    let check = |field, index: usize, expected: u64| {
        // Relaxed: all of it was written before the entry was linked, which the kernel orders.
        let found = words[index].load_relaxed();
        if found == expected { Ok(()) } else { Err(SegmentError::header(field, found, expected)) }
    };
    check("magic", MAGIC, magic)?;
    check("size", BYTES, entry.bytes)?;
    check("nonce", NONCE, entry.nonce)?;
    for (field, indices, number) in [("id", ID, id.0), ("schema hash", HASH, hash.0)] {
        for (index, half) in indices.into_iter().zip(halves(number)) {
            check(field, index, half)?;
        }
    }
    Ok(())
}

/// Returns the two words of a 128-bit number, the lower first.
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}
