//! The layout of a publisher's segment, as indices of words.

use crate::protocol::{grant, partial};

/// "slotrng" and the version of this layout.
pub(super) const MAGIC: u64 = u64::from_le_bytes(*b"slotrng\x02");

pub(super) const PAYLOAD: usize = 7;
pub(super) const CELLS: usize = 8;
pub(super) const DEPTH: usize = 9;
pub(super) const FLAGS: usize = 10;
pub(super) const POOL: usize = 11;
pub(super) const POOL_BYTES: usize = 12;
pub(super) const HEAD: usize = 16;
pub(super) const CLOSED: usize = 24;
/// Beside `closed`: a reader that loads one loads the other.
pub(super) const BEAT: usize = 25;
pub(super) const GRANT_CHANGES: usize = 32;
pub(super) const PARTIAL: usize = 40;
pub(super) const PARTIAL_END: usize = PARTIAL + partial::WORDS;
pub(super) const GRANTS: usize = 64;
pub(super) const RING: usize = 512;

/// Messages carry the time of publishing.
pub(super) const FLAG_TIMESTAMPS: u64 = 1;
/// The publisher waits for subscribers to which it has granted that.
pub(super) const FLAG_LOSSLESS: u64 = 8;

/// Messages are in slots of a pool, and the ring contains their descriptors.
pub(super) const FLAG_POOL: u64 = 2;
/// Messages are of variable size.
pub(super) const FLAG_VARIABLE: u64 = 4;

/// Returns the offset in bytes at which the pool begins, after a ring of `ring_words`.
pub(super) const fn pool_after(ring_words: usize) -> usize {
    (8 * (RING + ring_words)).next_multiple_of(PAGE)
}

pub(super) const PAGE: usize = 4096;
const LINE: usize = 8;
const _: () = assert!(PAYLOAD == super::header::END);
const _: () =
    assert!(HEAD.is_multiple_of(LINE) && FLAGS < HEAD && POOL_BYTES < HEAD, "the head has a cache line of its own");
const _: () = assert!(CLOSED.is_multiple_of(LINE) && CLOSED >= HEAD + LINE);
const _: () = assert!(BEAT == CLOSED + 1);
const _: () = assert!(GRANT_CHANGES.is_multiple_of(LINE) && GRANT_CHANGES >= CLOSED + LINE);
const _: () = assert!(PARTIAL.is_multiple_of(LINE) && PARTIAL >= GRANT_CHANGES + LINE && partial::WORDS <= LINE);
const _: () = assert!(GRANTS.is_multiple_of(LINE) && GRANTS >= PARTIAL + LINE);
const _: () = assert!(RING.is_multiple_of(LINE) && RING == GRANTS + grant::MAX_GRANTS * grant::WORDS_PER_ENTRY);
