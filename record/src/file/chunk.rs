//! Chunks: messages that are compressed and written together.

use super::bytes::{Bytes, CHUNK, MESSAGE, MESSAGE_INDEX, RECORD_HEAD, record};
use std::collections::BTreeMap;
use std::io;
use std::mem;

/// How chunks are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// As they are.
    None,
    /// LZ4: fast, and the default.
    #[default]
    Lz4,
    /// Zstandard: smaller, and slower.
    Zstd,
}

impl Compression {
    fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    fn compress(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Ok(bytes.to_vec()),
            Self::Lz4 => {
                let mut encoder = lz4::EncoderBuilder::new().build(Vec::with_capacity(bytes.len() / 2))?;
                io::Write::write_all(&mut encoder, bytes)?;
                let (compressed, result) = encoder.finish();
                result.map(|()| compressed)
            }
            Self::Zstd => zstd::bulk::compress(bytes, zstd::DEFAULT_COMPRESSION_LEVEL),
        }
    }
}

/// What a file says of a message beside its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) channel: u16,
    /// The lower half of the number among the publisher's messages: the format has no more.
    pub(crate) sequence: u32,
    /// When it was received, in nanoseconds since 1970.
    pub(crate) logged: u64,
    /// When it was published, likewise.
    pub(crate) published: u64,
}

impl Stamp {
    fn head(&self, payload: usize) -> Bytes {
        let mut bytes = Bytes(Vec::with_capacity(RECORD_HEAD + 22));
        bytes.raw(&[MESSAGE]).u64(payload as u64 + 22);
        bytes.u16(self.channel).u32(self.sequence).u64(self.logged).u64(self.published);
        bytes
    }
}

/// Messages that are written together.
#[derive(Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    index: BTreeMap<u16, Vec<(u64, u64)>>,
    times: Option<(u64, u64)>,
}

/// A chunk as it is written.
pub(super) struct Packed<'a> {
    /// The record of the chunk up to where its messages begin.
    pub(super) head: Vec<u8>,
    /// The messages.
    pub(super) body: [&'a [u8]; 2],
    /// The records of its index, by channel.
    pub(super) indexes: Vec<(u16, Vec<u8>)>,
    pub(super) times: (u64, u64),
    pub(super) compression: &'static str,
    pub(super) uncompressed: u64,
    /// How many messages each channel has in it.
    pub(super) counts: BTreeMap<u16, u64>,
}

impl Chunk {
    /// Adds a message, whose stored bytes are `parts`, one after the other.
    pub(crate) fn push(&mut self, stamp: Stamp, parts: [&[u8]; 2]) {
        let at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(&stamp.head(parts[0].len() + parts[1].len()).0);
        self.bytes.extend_from_slice(parts[0]);
        self.bytes.extend_from_slice(parts[1]);
        self.index.entry(stamp.channel).or_default().push((stamp.logged, at));
        let (first, last) = self.times.unwrap_or((stamp.logged, stamp.logged));
        self.times = Some((first.min(stamp.logged), last.max(stamp.logged)));
    }

    /// Returns the size of the messages in bytes, with their stamps.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Makes it empty, and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.times = None;
        for entries in self.index.values_mut() {
            entries.clear();
        }
    }

    /// Returns it as it is written. `compressed` receives the messages.
    pub(super) fn pack<'a>(&'a self, compression: Compression, compressed: &'a mut Vec<u8>) -> io::Result<Packed<'a>> {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&self.bytes);
        let body: &[u8] = if compression == Compression::None {
            &self.bytes
        } else {
            *compressed = compression.compress(&self.bytes)?;
            compressed
        };
        let filled = self.index.iter().filter(|(_, entries)| !entries.is_empty());
        let indexes = filled.clone().map(|(channel, entries)| (*channel, index(*channel, entries))).collect();
        let counts = filled.map(|(channel, entries)| (*channel, entries.len() as u64)).collect();
        let times = self.times.unwrap_or_default();
        let uncompressed = self.bytes.len() as u64;
        Ok(Packed {
            head: head(times, uncompressed, checksum.finalize(), compression.name(), body.len()),
            body: [body, &[]],
            indexes,
            times,
            compression: compression.name(),
            uncompressed,
            counts,
        })
    }
}

/// Returns a chunk of one message, uncompressed, whose bytes are not copied. It has no checksum:
/// that would read the message once more.
pub(super) fn of_one<'a>(stamp: Stamp, parts: [&'a [u8]; 2], head_of_message: &'a mut Vec<u8>) -> Packed<'a> {
    *head_of_message = mem::take(&mut stamp.head(parts[0].len() + parts[1].len()).0);
    head_of_message.extend_from_slice(parts[0]);
    let length = head_of_message.len() + parts[1].len();
    let times = (stamp.logged, stamp.logged);
    Packed {
        head: head(times, length as u64, 0, "", length),
        body: [head_of_message, parts[1]],
        indexes: vec![(stamp.channel, index(stamp.channel, &[(stamp.logged, 0)]))],
        times,
        compression: "",
        uncompressed: length as u64,
        counts: BTreeMap::from([(stamp.channel, 1)]),
    }
}

/// Returns the record of a chunk up to its messages, of which `length` bytes follow.
fn head(times: (u64, u64), uncompressed: u64, checksum: u32, compression: &str, length: usize) -> Vec<u8> {
    let mut content = Bytes::default();
    content.u64(times.0).u64(times.1).u64(uncompressed).u32(checksum).text(compression).u64(length as u64);
    let mut bytes = Bytes(Vec::with_capacity(RECORD_HEAD + content.0.len()));
    bytes.raw(&[CHUNK]).u64((content.0.len() + length) as u64).raw(&content.0);
    bytes.0
}

fn index(channel: u16, entries: &[(u64, u64)]) -> Vec<u8> {
    let mut pairs = Bytes(Vec::with_capacity(entries.len() * 16));
    for (time, offset) in entries {
        pairs.u64(*time).u64(*offset);
    }
    let mut content = Bytes::default();
    content.u16(channel).sized(&pairs.0);
    record(MESSAGE_INDEX, &content)
}
