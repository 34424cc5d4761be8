//! Chunks: messages that are compressed and written together.

use super::bytes::{RECORD_HEAD, record, record_head};
use mcap::records::{ChunkHeader, MessageIndex, MessageIndexEntry, op};
use std::collections::BTreeMap;
use std::io;

/// How chunks are compressed.
///
/// # Examples
///
/// ```
/// use slotcast_record::{Compression, Recorder};
///
/// let builder = Recorder::builder().all().compression(Compression::Zstd);
/// # drop(builder);
/// ```
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) channel: u16,
    /// The lower half of the number among the publisher's messages: the format has no more.
    pub(crate) sequence: u32,
    /// When it was received, in nanoseconds since 1970.
    pub(crate) logged: u64,
    /// When it was published, likewise.
    pub(crate) published: u64,
}

/// The bytes of a message's record before its content.
const MESSAGE_HEAD: usize = RECORD_HEAD + 22;

impl Stamp {
    /// Returns the head of the message's record. By hand: this is done for each message.
    fn head(&self, payload: usize) -> [u8; MESSAGE_HEAD] {
        let mut head = [0; MESSAGE_HEAD];
        head[0] = op::MESSAGE;
        head[1..9].copy_from_slice(&(payload as u64 + 22).to_le_bytes());
        head[9..11].copy_from_slice(&self.channel.to_le_bytes());
        head[11..15].copy_from_slice(&self.sequence.to_le_bytes());
        head[15..23].copy_from_slice(&self.logged.to_le_bytes());
        head[23..31].copy_from_slice(&self.published.to_le_bytes());
        head
    }
}

/// Messages that are written together.
#[derive(Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    /// By channel: when each message was received, and where its record is.
    index: BTreeMap<u16, Vec<MessageIndexEntry>>,
    times: Option<(u64, u64)>,
    /// Whether its index is written though it has no messages.
    is_indexed_empty: bool,
}

/// A chunk as it is written.
pub(super) struct Packed<'a> {
    /// Its record up to its messages.
    pub(super) head: Vec<u8>,
    /// What that says.
    pub(super) header: ChunkHeader,
    /// The messages.
    pub(super) body: [&'a [u8]; 2],
    /// The records of its index, by channel, each with the number of its messages.
    pub(super) indexes: Vec<(u16, u64, Vec<u8>)>,
}

impl Chunk {
    /// Adds a message, whose stored bytes are `parts`, one after the other.
    pub(crate) fn push(&mut self, stamp: Stamp, parts: [&[u8]; 2]) {
        self.note(stamp.channel, stamp.logged, self.bytes.len() as u64);
        self.bytes.extend_from_slice(&stamp.head(parts[0].len() + parts[1].len()));
        self.bytes.extend_from_slice(parts[0]);
        self.bytes.extend_from_slice(parts[1]);
    }

    /// Adds records that are no messages.
    pub(super) fn define(&mut self, records: &[u8]) {
        self.bytes.extend_from_slice(records);
    }

    /// Gives a chunk that has no messages an index: without one, readers would take the file for
    /// one that has no indexes at all.
    pub(super) fn index_nothing(&mut self, channel: u16) {
        self.index.entry(channel).or_default();
        self.is_indexed_empty = true;
    }

    /// Notes that a message is at an offset, for the index.
    pub(crate) fn note(&mut self, channel: u16, log_time: u64, offset: u64) {
        self.index.entry(channel).or_default().push(MessageIndexEntry { log_time, offset });
        let (first, last) = self.times.unwrap_or((log_time, log_time));
        self.times = Some((first.min(log_time), last.max(log_time)));
    }

    /// Returns the records of its messages.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
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
        self.index.values_mut().for_each(Vec::clear);
    }

    /// Returns it as it is written. `compressed` receives the messages.
    pub(super) fn pack<'a>(&'a self, compression: Compression, compressed: &'a mut Vec<u8>) -> io::Result<Packed<'a>> {
        let body: &[u8] = if compression == Compression::None {
            &self.bytes
        } else {
            *compressed = compression.compress(&self.bytes)?;
            compressed
        };
        let (message_start_time, message_end_time) = self.times.unwrap_or_default();
        let header = ChunkHeader {
            message_start_time,
            message_end_time,
            uncompressed_size: self.bytes.len() as u64,
            uncompressed_crc: crc32fast::hash(&self.bytes),
            compression: compression.name().to_owned(),
            compressed_size: body.len() as u64,
        };
        Ok(self.packed(header, [body, &[]]))
    }

    /// Returns a chunk that was packed before, with what is noted here as its index.
    pub(super) fn packed<'a>(&self, header: ChunkHeader, body: [&'a [u8]; 2]) -> Packed<'a> {
        let filled = self.index.iter().filter(|(_, entries)| self.is_indexed_empty || !entries.is_empty());
        let indexes = filled.map(|(channel, entries)| index(*channel, entries.clone())).collect();
        Packed { head: head(&header), header, body, indexes }
    }
}

/// Returns a chunk of one message, uncompressed, whose bytes are not copied.
pub(super) fn of_one<'a>(stamp: Stamp, parts: [&'a [u8]; 2], start: &'a mut Vec<u8>) -> Packed<'a> {
    start.clear();
    start.extend_from_slice(&stamp.head(parts[0].len() + parts[1].len()));
    start.extend_from_slice(parts[0]);
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(start);
    checksum.update(parts[1]);
    let length = (start.len() + parts[1].len()) as u64;
    let header = ChunkHeader {
        message_start_time: stamp.logged,
        message_end_time: stamp.logged,
        uncompressed_size: length,
        uncompressed_crc: checksum.finalize(),
        compression: String::new(),
        compressed_size: length,
    };
    let indexes = vec![index(stamp.channel, vec![MessageIndexEntry { log_time: stamp.logged, offset: 0 }])];
    Packed { head: head(&header), header, body: [start, parts[1]], indexes }
}

fn head(header: &ChunkHeader) -> Vec<u8> {
    record_head(op::CHUNK, header, usize::try_from(header.compressed_size).unwrap_or(usize::MAX))
}

fn index(channel_id: u16, records: Vec<MessageIndexEntry>) -> (u16, u64, Vec<u8>) {
    let count = records.len() as u64;
    (channel_id, count, record(op::MESSAGE_INDEX, &MessageIndex { channel_id, records }, &[]))
}
