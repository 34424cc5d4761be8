//! Reads a file from its start to its end, and goes on behind what is damaged.

use super::bytes::RECORD_HEAD;
use super::resync;
use mcap::MAGIC;
use mcap::records::{ChunkHeader, Record, op};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Something in a file.
pub(crate) enum Entry<'a> {
    /// A chunk, and where its record is. Whether its messages are whole was not checked.
    Chunk { from: u64, to: u64, header: ChunkHeader, body: &'a [u8] },
    /// Another record.
    Record(Record<'a>),
    /// These bytes are damaged, and were skipped; what is wrong with them.
    Damaged { from: u64, to: u64, problem: String },
}

/// Reads the records of a file.
pub(crate) struct Reader {
    file: File,
    /// The size when it was opened: what is written later is not read.
    size: u64,
    /// Where the next record begins.
    at: u64,
    /// Where the last one began, if it has to be doubted.
    doubted: Option<u64>,
    bytes: Vec<u8>,
    /// The last bytes that were read ahead, and where they begin.
    ahead: (u64, Vec<u8>),
    /// Chunks that end before this time are skipped.
    skip_before: u64,
    is_finished: bool,
    /// Whether slotcast has written it: then messages are in chunks only.
    is_own: bool,
}

/// The size of the footer and the last magic bytes.
const END: usize = RECORD_HEAD + 20 + MAGIC.len();
/// How much is read at least.
const AHEAD: usize = 64 << 10;

impl Reader {
    /// Begins to read a file. Returns `None` if it is no MCAP file.
    pub(crate) fn new(file: File) -> io::Result<Option<Self>> {
        let size = file.metadata()?.len();
        let mut magic = [0; MAGIC.len()];
        if size < MAGIC.len() as u64 {
            return Ok(None);
        }
        file.read_exact_at(&mut magic, 0)?;
        let at = MAGIC.len() as u64;
        let reader = Self {
            file,
            size,
            at,
            doubted: None,
            bytes: Vec::new(),
            ahead: (0, Vec::new()),
            skip_before: 0,
            is_finished: false,
            is_own: false,
        };
        Ok((magic == MAGIC).then_some(reader))
    }

    /// Leaves out chunks whose messages are all older than this.
    pub(crate) fn skip_before(&mut self, time: u64) {
        self.skip_before = time;
    }

    /// Returns the size of the file in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Returns whether the end of a finished file was reached.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Returns the position of the next record.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// Returns the summary at the end of a finished file, if it has one that matches its checksum.
    pub(crate) fn summary(&self) -> io::Result<Option<Vec<u8>>> {
        let Some(end) = self.size.checked_sub(END as u64) else { return Ok(None) };
        let mut footer = [0; END];
        self.file.read_exact_at(&mut footer, end)?;
        let number = |at: usize| u64::from_le_bytes(footer[at..at + 8].try_into().unwrap_or_default());
        let start = number(RECORD_HEAD);
        if footer[0] != op::FOOTER || footer[RECORD_HEAD + 20..] != *MAGIC || start == 0 || start > end {
            return Ok(None);
        }
        let mut summary = vec![0; usize::try_from(end - start).unwrap_or_default()];
        self.file.read_exact_at(&mut summary, start)?;
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&summary);
        checksum.update(&footer[..RECORD_HEAD + 16]);
        let expected = u32::from_le_bytes(footer[RECORD_HEAD + 16..RECORD_HEAD + 20].try_into().unwrap_or_default());
        Ok((expected == 0 || checksum.finalize() == expected).then_some(summary))
    }

    /// Returns the next record; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        loop {
            let from = self.at;
            if self.is_finished || from >= self.size {
                return Ok(None);
            }
            let head = self.head(from)?;
            let Some((kind, length)) = head else {
                let is_cut = self.is_cut(from)?;
                let problem = if is_cut { "the file ends within a record" } else { "this is no record" };
                return self.damaged(from, problem).map(Some);
            };
            self.at = from + RECORD_HEAD as u64 + length;
            if kind == op::CHUNK && self.skip_before > 0 && self.ends_before(from)? {
                continue;
            }
            self.doubted = Some(from);
            match kind {
                // They are for readers that seek.
                op::MESSAGE_INDEX => {
                    if !self.is_message_index(from, length)? {
                        return self.damaged(from, "an index makes no sense").map(Some);
                    }
                }
                op::CHUNK_INDEX | op::METADATA_INDEX | op::SUMMARY_OFFSET => {}
                op::FOOTER => self.is_finished = true,
                _ => return self.record(from, kind, length),
            }
        }
    }

    fn record(&mut self, from: u64, kind: u8, length: u64) -> io::Result<Option<Entry<'_>>> {
        self.read(from + RECORD_HEAD as u64, length)?;
        if mcap::parse_record(kind, &self.bytes).is_err() {
            return self.damaged(from, "a record cannot be read").map(Some);
        }
        // Parsed twice: the borrow of the first would last too long.
        Ok(Some(match mcap::parse_record(kind, &self.bytes) {
            Ok(Record::Chunk { header, .. }) => {
                let bytes = usize::try_from(header.compressed_size).unwrap_or(usize::MAX);
                let body = &self.bytes[self.bytes.len().saturating_sub(bytes)..];
                Entry::Chunk { from, to: self.at, header, body }
            }
            Ok(record) => {
                if let Record::Header(header) = &record {
                    self.is_own = header.library.starts_with("slotcast ");
                }
                Entry::Record(record)
            }
            Err(error) => Entry::Damaged { from, to: self.at, problem: error.to_string() },
        }))
    }

    /// Says that the last chunk has its messages as they were written, so that its length is right.
    pub(crate) fn confirm(&mut self) {
        self.doubted = None;
    }

    /// Finds where it goes on after bytes that make no sense. The length of the record before them
    /// may be what is damaged.
    fn damaged(&mut self, at: u64, problem: &str) -> io::Result<Entry<'static>> {
        let from = self.doubted.take().map_or(at, |doubted| doubted + 1);
        let to = resync::next_chunk(&self.file, from, self.size)?.unwrap_or(self.size);
        self.at = to;
        Ok(Entry::Damaged { from: at.min(to), to, problem: problem.to_owned() })
    }

    /// Returns the kind and the length of a record, if there can be one.
    fn head(&mut self, at: u64) -> io::Result<Option<(u8, u64)>> {
        let left = self.size - at;
        if left < RECORD_HEAD as u64 {
            return Ok(None);
        }
        let head = self.ahead(at, RECORD_HEAD)?;
        let kind = head[0];
        let length = u64::from_le_bytes(head[1..RECORD_HEAD].try_into().unwrap_or_default());
        let fits = length <= left - RECORD_HEAD as u64;
        let is_known = match kind {
            op::FOOTER => length == 20 && left == END as u64,
            op::DATA_END => length == 4,
            op::SUMMARY_OFFSET => length == 17,
            op::MESSAGE | 0x80.. => !self.is_own,
            _ => matches!(kind, op::HEADER..=op::DATA_END),
        };
        Ok((is_known && fits).then_some((kind, length)))
    }

    /// Returns whether the length of an index agrees with what it says: the index of a chunk has no
    /// checksum.
    fn is_message_index(&mut self, at: u64, length: u64) -> io::Result<bool> {
        if length < 6 {
            return Ok(false);
        }
        let head = self.ahead(at + RECORD_HEAD as u64, 6)?;
        let entries = u32::from_le_bytes(head[2..6].try_into().unwrap_or_default());
        Ok(u64::from(entries) + 6 == length && entries.is_multiple_of(16))
    }

    /// Returns whether a record begins here that is longer than the rest of the file.
    fn is_cut(&mut self, at: u64) -> io::Result<bool> {
        let left = self.size - at;
        if left < RECORD_HEAD as u64 {
            return Ok(true);
        }
        let kind = self.ahead(at, 1)?[0];
        Ok(matches!(kind, op::HEADER..=op::DATA_END) || kind >= 0x80)
    }

    /// Returns whether the chunk at a position is older than what is wanted. Chunks without
    /// messages have definitions.
    fn ends_before(&mut self, at: u64) -> io::Result<bool> {
        let times = at + RECORD_HEAD as u64;
        if self.size - times < 16 {
            return Ok(false);
        }
        let bytes = self.ahead(times, 16)?;
        let end = u64::from_le_bytes(bytes[8..16].try_into().unwrap_or_default());
        Ok(end > 0 && end < self.skip_before)
    }

    /// Returns a few bytes, and reads more of those that follow.
    fn ahead(&mut self, at: u64, bytes: usize) -> io::Result<&[u8]> {
        let (start, known) = (self.ahead.0, self.ahead.1.len() as u64);
        if at < start || at + bytes as u64 > start + known {
            let length = usize::try_from(self.size - at).unwrap_or(usize::MAX).min(AHEAD);
            self.ahead.1.resize(length, 0);
            self.ahead.0 = at;
            self.file.read_exact_at(&mut self.ahead.1, at)?;
        }
        let offset = usize::try_from(at - self.ahead.0).unwrap_or_default();
        Ok(&self.ahead.1[offset..offset + bytes])
    }

    fn read(&mut self, at: u64, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if length <= AHEAD / 2 {
            let bytes = self.ahead(at, length)?.to_vec();
            self.bytes = bytes;
            return Ok(());
        }
        self.bytes.resize(length, 0);
        self.file.read_exact_at(&mut self.bytes, at)
    }
}
