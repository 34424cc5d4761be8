//! The bytes of MCAP's records: little-endian, texts and maps after their length in bytes.

use std::collections::BTreeMap;

pub(super) const MAGIC: [u8; 8] = [0x89, b'M', b'C', b'A', b'P', b'0', b'\r', b'\n'];

pub(super) const HEADER: u8 = 0x01;
pub(super) const FOOTER: u8 = 0x02;
pub(super) const SCHEMA: u8 = 0x03;
pub(super) const CHANNEL: u8 = 0x04;
pub(super) const MESSAGE: u8 = 0x05;
pub(super) const CHUNK: u8 = 0x06;
pub(super) const MESSAGE_INDEX: u8 = 0x07;
pub(super) const CHUNK_INDEX: u8 = 0x08;
pub(super) const STATISTICS: u8 = 0x0b;
pub(super) const METADATA: u8 = 0x0c;
pub(super) const METADATA_INDEX: u8 = 0x0d;
pub(super) const SUMMARY_OFFSET: u8 = 0x0e;
pub(super) const DATA_END: u8 = 0x0f;

/// The bytes of a record before its content: what it is, and the length.
pub(super) const RECORD_HEAD: usize = 9;

/// Bytes that are being put together.
#[derive(Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Bytes {
    pub(super) fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes after their length in 4 bytes. What is longer than that is cut, which no text or
    /// schema is.
    pub(super) fn sized(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.u32(length).raw(&bytes[..bytes.len().min(u32::MAX as usize)])
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.sized(text.as_bytes())
    }

    pub(super) fn map(&mut self, map: &BTreeMap<String, String>) -> &mut Self {
        let mut pairs = Bytes::default();
        for (key, value) in map {
            pairs.text(key).text(value);
        }
        self.sized(&pairs.0)
    }
}

/// Returns a record: what it is, its length, and its content.
pub(super) fn record(kind: u8, content: &Bytes) -> Vec<u8> {
    let mut bytes = Bytes(Vec::with_capacity(RECORD_HEAD + content.0.len()));
    bytes.raw(&[kind]).u64(content.0.len() as u64).raw(&content.0);
    bytes.0
}
