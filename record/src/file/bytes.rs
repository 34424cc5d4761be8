//! The bytes of MCAP's records. What is in each kind is the library's to know.

use binrw::BinWriterExt as _;
use binrw::{BinWrite, Endian};
use std::io::Cursor;

/// The bytes of a record before its content: its kind, and the length.
pub(super) const RECORD_HEAD: usize = 9;

/// What can be written as a record.
pub(super) trait Content: for<'a> BinWrite<Args<'a> = ()> {}

impl<T: for<'a> BinWrite<Args<'a> = ()>> Content for T {}

/// Returns a record: its kind, its length, and its content, which ends with `rest`.
pub(super) fn record(kind: u8, content: &impl Content, rest: &[u8]) -> Vec<u8> {
    record_before(kind, content, rest.len(), rest)
}

/// Returns a record after which `following` bytes of its content are written separately.
pub(super) fn record_head(kind: u8, content: &impl Content, following: usize) -> Vec<u8> {
    record_before(kind, content, following, &[])
}

fn record_before(kind: u8, content: &impl Content, following: usize, rest: &[u8]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::with_capacity(256 + rest.len()));
    bytes.set_position(RECORD_HEAD as u64);
    // Memory takes everything that is written to it.
    let _ = bytes.write_type(content, Endian::Little);
    let mut bytes = bytes.into_inner();
    let length = (bytes.len() - RECORD_HEAD + following) as u64;
    bytes[0] = kind;
    bytes[1..RECORD_HEAD].copy_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(rest);
    bytes
}
