//! The end of a file: what is in it and where, for readers that do not want to read all of it.

use super::bytes::record;
use super::chunk::Packed;
use mcap::MAGIC;
use mcap::records::{ChunkIndex, Footer, MetadataIndex, Statistics, SummaryOffset, op};
use std::collections::BTreeMap;

/// What is known of a file that is being written.
#[derive(Default)]
pub(super) struct Summary {
    chunks: Vec<Vec<u8>>,
    metadata: Vec<Vec<u8>>,
    counts: BTreeMap<u16, u64>,
    times: Option<(u64, u64)>,
}

impl Summary {
    /// Notes a chunk at `at`.
    pub(super) fn chunk(&mut self, packed: &Packed<'_>, at: u64) {
        let Packed { head, header, indexes, .. } = packed;
        let chunk_length = head.len() as u64 + header.compressed_size;
        let mut next = at + chunk_length;
        let mut message_index_offsets = BTreeMap::new();
        for (channel, count, index) in indexes {
            message_index_offsets.insert(*channel, next);
            next += index.len() as u64;
            *self.counts.entry(*channel).or_default() += count;
        }
        let index = ChunkIndex {
            message_start_time: header.message_start_time,
            message_end_time: header.message_end_time,
            chunk_start_offset: at,
            chunk_length,
            message_index_offsets,
            message_index_length: next - at - chunk_length,
            compression: header.compression.clone(),
            compressed_size: header.compressed_size,
            uncompressed_size: header.uncompressed_size,
        };
        self.chunks.push(record(op::CHUNK_INDEX, &index, &[]));
        if indexes.iter().any(|(_, count, _)| *count > 0) {
            let of_chunk = (header.message_start_time, header.message_end_time);
            let (first, last) = self.times.unwrap_or(of_chunk);
            self.times = Some((first.min(of_chunk.0), last.max(of_chunk.1)));
        }
    }

    /// Notes metadata at `at`.
    pub(super) fn metadata(&mut self, name: &str, offset: u64, length: u64) {
        let index = MetadataIndex { offset, length, name: name.to_owned() };
        self.metadata.push(record(op::METADATA_INDEX, &index, &[]));
    }

    /// Returns everything from `start` to the end of the file, with the records of its schemas and
    /// channels.
    pub(super) fn finish(&self, start: u64, schemas: &[Vec<u8>], channels: &[Vec<u8>]) -> Vec<u8> {
        let statistics = [record(op::STATISTICS, &self.statistics(schemas.len(), channels.len()), &[])];
        let groups: [(u8, &[Vec<u8>]); 5] = [
            (op::SCHEMA, schemas),
            (op::CHANNEL, channels),
            (op::STATISTICS, &statistics),
            (op::CHUNK_INDEX, &self.chunks),
            (op::METADATA_INDEX, &self.metadata),
        ];
        let mut bytes = Vec::new();
        let mut offsets = Vec::new();
        for (group_opcode, records) in groups.into_iter().filter(|(_, records)| !records.is_empty()) {
            let at = bytes.len();
            records.iter().for_each(|record| bytes.extend_from_slice(record));
            let (group_start, group_length) = (start + at as u64, (bytes.len() - at) as u64);
            offsets.push(record(op::SUMMARY_OFFSET, &SummaryOffset { group_opcode, group_start, group_length }, &[]));
        }
        let summary_offset_start = start + bytes.len() as u64;
        offsets.iter().for_each(|offset| bytes.extend_from_slice(offset));
        let footer = record(op::FOOTER, &Footer { summary_start: start, summary_offset_start, summary_crc: 0 }, &[]);
        // The checksum covers the footer up to itself.
        bytes.extend_from_slice(&footer[..footer.len() - 4]);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.extend_from_slice(MAGIC);
        bytes
    }

    fn statistics(&self, schemas: usize, channels: usize) -> Statistics {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (message_start_time, message_end_time) = self.times.unwrap_or_default();
        Statistics {
            message_count: self.counts.values().sum(),
            schema_count: u16::try_from(schemas).unwrap_or(u16::MAX),
            channel_count: count(channels),
            attachment_count: 0,
            metadata_count: count(self.metadata.len()),
            chunk_count: count(self.chunks.len()),
            message_start_time,
            message_end_time,
            channel_message_counts: self.counts.clone(),
        }
    }
}
