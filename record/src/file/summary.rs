//! The end of a file: what is in it and where, for readers that do not want to read all of it.

use super::bytes::{
    Bytes, CHANNEL, CHUNK_INDEX, FOOTER, MAGIC, METADATA_INDEX, RECORD_HEAD, SCHEMA, STATISTICS, SUMMARY_OFFSET, record,
};
use super::chunk::Packed;
use std::collections::BTreeMap;

/// What is known of a file that is being written.
#[derive(Default)]
pub(super) struct Summary {
    /// The records of schemas, as they are in the file.
    pub(super) schemas: Vec<Vec<u8>>,
    /// The records of channels, likewise.
    pub(super) channels: Vec<Vec<u8>>,
    chunks: Vec<Vec<u8>>,
    metadata: Vec<Vec<u8>>,
    counts: BTreeMap<u16, u64>,
    times: Option<(u64, u64)>,
}

impl Summary {
    /// Notes a chunk at `at`. `index_at` says where the index of each channel is.
    pub(super) fn chunk(&mut self, packed: &Packed<'_>, at: u64, index_at: &[(u16, u64)], index_length: u64) {
        let mut offsets = Bytes::default();
        for (channel, offset) in index_at {
            offsets.u16(*channel).u64(*offset);
        }
        let body = packed.body.iter().map(|part| part.len() as u64).sum::<u64>();
        let mut content = Bytes::default();
        content.u64(packed.times.0).u64(packed.times.1).u64(at).u64(packed.head.len() as u64 + body);
        content.sized(&offsets.0).u64(index_length).text(packed.compression).u64(body).u64(packed.uncompressed);
        self.chunks.push(record(CHUNK_INDEX, &content));
        for (channel, count) in &packed.counts {
            *self.counts.entry(*channel).or_default() += count;
        }
        let (first, last) = self.times.unwrap_or(packed.times);
        self.times = Some((first.min(packed.times.0), last.max(packed.times.1)));
    }

    /// Notes metadata at `at`.
    pub(super) fn metadata(&mut self, name: &str, at: u64, length: u64) {
        let mut content = Bytes::default();
        content.u64(at).u64(length).text(name);
        self.metadata.push(record(METADATA_INDEX, &content));
    }

    /// Returns everything from `start` to the end of the file.
    pub(super) fn finish(&self, start: u64) -> Vec<u8> {
        let statistics = [record(STATISTICS, &self.statistics())];
        let groups: [(u8, &[Vec<u8>]); 5] = [
            (SCHEMA, &self.schemas),
            (CHANNEL, &self.channels),
            (STATISTICS, &statistics),
            (CHUNK_INDEX, &self.chunks),
            (METADATA_INDEX, &self.metadata),
        ];
        let mut bytes = Bytes::default();
        let mut offsets = Vec::new();
        for (kind, records) in groups.into_iter().filter(|(_, records)| !records.is_empty()) {
            let at = bytes.0.len();
            for record in records {
                bytes.raw(record);
            }
            let mut offset = Bytes::default();
            offset.raw(&[kind]).u64(start + at as u64).u64((bytes.0.len() - at) as u64);
            offsets.push(record(SUMMARY_OFFSET, &offset));
        }
        let offsets_at = start + bytes.0.len() as u64;
        for offset in offsets {
            bytes.raw(&offset);
        }
        // The checksum covers the footer up to itself.
        bytes.raw(&[FOOTER]).u64(20).u64(start).u64(offsets_at);
        let checksum = crc32fast::hash(&bytes.0);
        bytes.u32(checksum).raw(&MAGIC);
        debug_assert_eq!(RECORD_HEAD + 20 + MAGIC.len(), 37);
        bytes.0
    }

    fn statistics(&self) -> Bytes {
        let mut counts = Bytes::default();
        for (channel, count) in &self.counts {
            counts.u16(*channel).u64(*count);
        }
        let (first, last) = self.times.unwrap_or_default();
        let count = |records: &[Vec<u8>]| u32::try_from(records.len()).unwrap_or(u32::MAX);
        let mut content = Bytes::default();
        content.u64(self.counts.values().sum()).u16(u16::try_from(self.schemas.len()).unwrap_or(u16::MAX));
        content.u32(count(&self.channels)).u32(0).u32(count(&self.metadata)).u32(count(&self.chunks));
        content.u64(first).u64(last).sized(&counts.0);
        content
    }
}
