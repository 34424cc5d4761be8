//! What is in a chunk.

use mcap::records::ChunkHeader;
use std::io::Read;

/// Where the messages of a chunk are.
pub(crate) enum Contents<'a> {
    /// As they are in the file.
    Plain(&'a [u8]),
    /// Decompressed.
    Decompressed,
}

/// Returns the messages of a chunk; decompresses them into `out` if needed. Trusts nothing that the
/// header says: no more memory is used than the messages take.
///
/// # Errors
/// What is wrong with the chunk, as the end of a sentence.
pub(crate) fn decompressed<'a>(
    header: &ChunkHeader,
    body: &'a [u8],
    out: &mut Vec<u8>,
) -> Result<Contents<'a>, String> {
    out.clear();
    let size = header.uncompressed_size;
    let read = match header.compression.as_str() {
        "" => {
            check(header, body)?;
            return Ok(Contents::Plain(body));
        }
        "lz4" => lz4::Decoder::new(body).and_then(|decoder| decoder.take(size.saturating_add(1)).read_to_end(out)),
        "zstd" => {
            zstd::Decoder::with_buffer(body).and_then(|decoder| decoder.take(size.saturating_add(1)).read_to_end(out))
        }
        other => return Err(format!("has the compression {other:?}, which is neither lz4 nor zstd")),
    };
    read.map_err(|error| format!("cannot be decompressed ({error})"))?;
    check(header, out)?;
    Ok(Contents::Decompressed)
}

fn check(header: &ChunkHeader, messages: &[u8]) -> Result<(), String> {
    let found = messages.len() as u64;
    if found != header.uncompressed_size {
        return Err(format!("has {found} bytes of messages where {} are expected", header.uncompressed_size));
    }
    // 0 says that there is no checksum.
    let checksum = header.uncompressed_crc;
    if checksum != 0 && checksum != crc32fast::hash(messages) {
        return Err("does not match its checksum".to_owned());
    }
    Ok(())
}
