//! The messages that a log keeps, in a file without a name.

use super::wire::{HEAD, Head};
use slotcast::EndpointId;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How many bytes are collected before they are written.
const BUFFER: usize = 256 << 10;

/// The file.
pub(super) struct Log {
    file: File,
    /// What is to be written, from `written` on.
    buffer: Vec<u8>,
    written: u64,
}

/// Where the messages of a topic are.
#[derive(Default)]
pub(super) struct Index {
    publishers: BTreeMap<EndpointId, Vec<Run>>,
    /// Which message of each publisher is expected next.
    next: BTreeMap<EndpointId, u64>,
    /// How many messages there are.
    pub(super) messages: u64,
}

/// Messages of one publisher and one size, one after the other in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    sequence: u64,
    count: u64,
    offset: u64,
    /// The size of each with its head.
    stride: u64,
}

/// A part of the file: whole messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) offset: u64,
    pub(super) bytes: u64,
    /// The size of each message in it, with its head.
    stride: u64,
}

impl Log {
    /// Creates a log in a folder. Its file is gone when the process ends, however that happens.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile_in(folder)?, buffer: Vec::with_capacity(2 * BUFFER), written: 0 })
    }

    /// Adds a message to the log and to its topic.
    pub(super) fn add(&mut self, index: &mut Index, head: Head, message: &[u8]) -> io::Result<()> {
        let offset = self.written + self.buffer.len() as u64;
        self.buffer.extend_from_slice(&head.encode());
        self.buffer.extend_from_slice(message);
        index.add(head, offset);
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Returns how many bytes the log has.
    pub(super) fn bytes(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Reads a part of the file, which was flushed.
    pub(super) fn read(&self, span: Span, into: &mut Vec<u8>) -> io::Result<()> {
        let at = into.len();
        into.resize(at + usize::try_from(span.bytes).unwrap_or(usize::MAX), 0);
        self.file.read_exact_at(&mut into[at..], span.offset)
    }
}

impl Index {
    fn add(&mut self, head: Head, offset: u64) {
        let stride = HEAD as u64 + head.bytes;
        let runs = self.publishers.entry(head.publisher).or_default();
        match runs.last_mut() {
            Some(run) if run.continues(head.sequence, offset, stride) => run.count += 1,
            _ => runs.push(Run { sequence: head.sequence, count: 1, offset, stride }),
        }
        self.next.insert(head.publisher, head.sequence + 1);
        self.messages += 1;
    }

    /// Returns which message of a publisher is expected next, if it is known.
    pub(super) fn next(&self, publisher: EndpointId) -> Option<u64> {
        self.next.get(&publisher).copied()
    }

    /// Returns where the messages from `from` up to `to` are, of one publisher or of all, in the order in
    /// which they came.
    pub(super) fn spans(&self, publisher: Option<EndpointId>, from: u64, to: u64) -> Vec<Span> {
        let wanted = self.publishers.iter().filter(|(id, _)| publisher.is_none_or(|wanted| wanted == **id));
        let mut spans: Vec<_> = wanted.flat_map(|(_, runs)| runs).filter_map(|run| run.part(from, to)).collect();
        spans.sort_by_key(|span| span.offset);
        spans
    }
}

impl Run {
    fn continues(&self, sequence: u64, offset: u64, stride: u64) -> bool {
        stride == self.stride
            && sequence == self.sequence + self.count
            && offset == self.offset + self.count * self.stride
    }

    fn part(&self, from: u64, to: u64) -> Option<Span> {
        let (first, end) = (from.max(self.sequence), to.min(self.sequence + self.count));
        (first < end).then(|| Span {
            offset: self.offset + (first - self.sequence) * self.stride,
            bytes: (end - first) * self.stride,
            stride: self.stride,
        })
    }
}

impl Span {
    /// Takes whole messages from its beginning: at least one, and about as many bytes as `most`.
    pub(super) fn take(&mut self, most: u64) -> Self {
        let count = (most / self.stride).max(1);
        let bytes = (count * self.stride).min(self.bytes);
        let taken = Self { bytes, ..*self };
        self.offset += bytes;
        self.bytes -= bytes;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_by_publisher_and_sequence() {
        let mut log = Log::create(&std::env::temp_dir()).unwrap();
        let mut index = Index::default();
        let (a, b) = (EndpointId(1), EndpointId(2));
        let head = |publisher, sequence, bytes| Head { publisher, sequence, published_ns: 0, bytes };
        for sequence in [0, 1, 2, 5, 6] {
            log.add(&mut index, head(a, sequence, 4), &[1; 4]).unwrap();
        }
        log.add(&mut index, head(b, 9, 2), &[2; 2]).unwrap();
        log.add(&mut index, head(a, 7, 4), &[1; 4]).unwrap();
        log.flush().unwrap();
        assert_eq!((index.next(a), index.next(b), index.next(EndpointId(3))), (Some(8), Some(10), None));
        let found = |publisher, from, to| {
            let mut bytes = Vec::new();
            for mut span in index.spans(publisher, from, to) {
                while span.bytes > 0 {
                    log.read(span.take(1), &mut bytes).unwrap();
                }
            }
            let (mut rest, mut found) = (&bytes[..], Vec::new());
            while let Some((head, _, more)) = Head::split(rest) {
                found.push((head.publisher.0, head.sequence));
                rest = more;
            }
            assert!(rest.is_empty());
            found
        };
        assert_eq!(found(None, 0, u64::MAX), [(1, 0), (1, 1), (1, 2), (1, 5), (1, 6), (2, 9), (1, 7)]);
        assert_eq!(found(Some(a), 2, 7), [(1, 2), (1, 5), (1, 6)]);
        assert_eq!(found(Some(b), 0, 9), []);
    }
}
