//! Where things are in a segment, as indices of words.

/// "slotrng" and the version of this layout.
pub(super) const MAGIC_VALUE: u64 = u64::from_le_bytes(*b"slotrng\x01");

pub(super) const MAGIC: usize = 0;
pub(super) const BYTES: usize = 1;
pub(super) const NONCE: usize = 2;
pub(super) const ID: [usize; 2] = [3, 4];
pub(super) const HASH: [usize; 2] = [5, 6];
pub(super) const PAYLOAD: usize = 7;
pub(super) const CELLS: usize = 8;
pub(super) const DEPTH: usize = 9;
pub(super) const FLAGS: usize = 10;
pub(super) const HEAD: usize = 16;
pub(super) const CLOSED: usize = 24;
pub(super) const RING: usize = 512;

/// Messages carry the time of publishing.
pub(super) const FLAG_TIMESTAMPS: u64 = 1;

const LINE: usize = 8;
const _: () = assert!(HEAD.is_multiple_of(LINE) && FLAGS < HEAD, "the head has a cache line of its own");
const _: () = assert!(CLOSED.is_multiple_of(LINE) && CLOSED >= HEAD + LINE);
const _: () = assert!(RING.is_multiple_of(LINE) && RING >= CLOSED + LINE);

/// The two words of a 128-bit number, the lower first.
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
pub(super) fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}
