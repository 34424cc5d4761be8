//! Finding the next chunk in bytes that make no sense.

use mcap::records::op;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The record of a chunk up to the name of its compression.
const TO_NAME: usize = 9 + 8 + 8 + 8 + 4;
/// With the longest name and the size after it.
const HEAD: usize = TO_NAME + 4 + 4 + 8;
const WINDOW: usize = 1 << 20;

/// Returns where the next record begins that can be a chunk, from `from` on.
pub(super) fn next_chunk(file: &File, from: u64, end: u64) -> io::Result<Option<u64>> {
    let mut window = vec![0; WINDOW];
    let mut at = from;
    while at < end {
        let bytes = usize::try_from(end - at).unwrap_or(usize::MAX).min(WINDOW);
        file.read_exact_at(&mut window[..bytes], at)?;
        let found = (0..bytes).find(|&offset| is_chunk(&window[offset..bytes], end - at - offset as u64));
        if let Some(offset) = found {
            return Ok(Some(at + offset as u64));
        }
        if bytes < WINDOW {
            break;
        }
        at += (WINDOW - HEAD) as u64; // a head may be at the end of this window
    }
    Ok(None)
}

/// Returns whether a record that begins here, `left` bytes before the end of the file, can be a
/// chunk: its sizes agree with each other, and its compression has a name.
fn is_chunk(bytes: &[u8], left: u64) -> bool {
    if bytes[0] != op::CHUNK || bytes.len() < TO_NAME + 4 + 8 {
        return false;
    }
    let number = |at: usize| bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
    let (Some(length), Some(uncompressed)) = (number(1), number(25)) else { return false };
    let name_length = usize::from(bytes[TO_NAME]);
    let name = bytes.get(TO_NAME + 4..TO_NAME + 4 + name_length);
    let compressed = number(TO_NAME + 4 + name_length);
    let (Some(name), Some(compressed)) = (name, compressed) else { return false };
    let is_known = match name {
        b"" => compressed == uncompressed,
        b"lz4" | b"zstd" => true,
        _ => false,
    };
    let head = (TO_NAME + 4 + name_length + 8) as u64;
    is_known
        && bytes[TO_NAME + 1..TO_NAME + 4] == [0; 3]
        && length <= left.saturating_sub(9)
        && compressed.checked_add(head).is_some_and(|whole| whole == length.saturating_add(9))
}
