//! Writes a file, record by record.

use super::bytes::{Bytes, CHANNEL, DATA_END, HEADER, MAGIC, METADATA, SCHEMA, record};
use super::chunk::{self, Chunk, Compression, Packed, Stamp};
use super::summary::Summary;
use std::collections::BTreeMap;
use std::io::{self, IoSlice, Write};

/// Writes a file. Each method writes whole records.
pub(crate) struct Writer<W: Write> {
    out: W,
    at: u64,
    summary: Summary,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    pub(crate) fn new(out: W) -> io::Result<Self> {
        let mut writer = Self { out, at: 0, summary: Summary::default() };
        let mut content = Bytes::default();
        content.text("ros2").text(concat!("slotcast ", env!("CARGO_PKG_VERSION")));
        writer.write(&[&MAGIC, &record(HEADER, &content)])?;
        Ok(writer)
    }

    /// Writes a schema and returns its number.
    ///
    /// # Errors
    /// When it cannot be written, or there are 65535 already.
    pub(crate) fn schema(&mut self, name: &str, encoding: &str, text: &str) -> io::Result<u16> {
        let id = u16::try_from(self.summary.schemas.len() + 1).map_err(|_| too_many("schemas"))?;
        let mut content = Bytes::default();
        content.u16(id).text(name).text(encoding).text(text);
        let record = record(SCHEMA, &content);
        self.write(&[&record])?;
        self.summary.schemas.push(record);
        Ok(id)
    }

    /// Writes a channel and returns its number.
    ///
    /// # Errors
    /// As [`schema`](Self::schema).
    pub(crate) fn channel(
        &mut self,
        schema: u16,
        topic: &str,
        encoding: &str,
        metadata: &BTreeMap<String, String>,
    ) -> io::Result<u16> {
        let id = u16::try_from(self.summary.channels.len()).map_err(|_| too_many("channels"))?;
        let mut content = Bytes::default();
        content.u16(id).u16(schema).text(topic).text(encoding).map(metadata);
        let record = record(CHANNEL, &content);
        self.write(&[&record])?;
        self.summary.channels.push(record);
        Ok(id)
    }

    /// Writes a chunk, if it has messages.
    pub(crate) fn chunk(&mut self, chunk: &Chunk, compression: Compression) -> io::Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        let mut compressed = Vec::new();
        let packed = chunk.pack(compression, &mut compressed)?;
        self.packed(&packed)
    }

    /// Writes a chunk of one message, uncompressed. Its bytes are not copied.
    pub(crate) fn large(&mut self, stamp: Stamp, parts: [&[u8]; 2]) -> io::Result<()> {
        let mut head = Vec::new();
        let packed = chunk::of_one(stamp, parts, &mut head);
        self.packed(&packed)
    }

    fn packed(&mut self, packed: &Packed<'_>) -> io::Result<()> {
        let at = self.at;
        let [first, second] = packed.body;
        let mut index_at = Vec::with_capacity(packed.indexes.len());
        let mut next = at + (packed.head.len() + first.len() + second.len()) as u64;
        let mut parts: Vec<&[u8]> = vec![&packed.head, first, second];
        for (channel, index) in &packed.indexes {
            index_at.push((*channel, next));
            next += index.len() as u64;
            parts.push(index);
        }
        self.write(&parts)?;
        let index_length = packed.indexes.iter().map(|(_, index)| index.len() as u64).sum();
        self.summary.chunk(packed, at, &index_at, index_length);
        Ok(())
    }

    /// Writes metadata of the file.
    pub(crate) fn metadata(&mut self, name: &str, metadata: &BTreeMap<String, String>) -> io::Result<()> {
        let mut content = Bytes::default();
        content.text(name).map(metadata);
        let record = record(METADATA, &content);
        let at = self.at;
        self.write(&[&record])?;
        self.summary.metadata(name, at, record.len() as u64);
        Ok(())
    }

    /// Returns how many bytes were written.
    pub(crate) fn written(&self) -> u64 {
        self.at
    }

    /// Ends the file and returns what it was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let mut content = Bytes::default();
        content.u32(0); // no checksum of everything: the chunks have their own
        self.write(&[&record(DATA_END, &content)])?;
        let summary = self.summary.finish(self.at);
        self.write(&[&summary])?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Writes all parts, one after the other, by as few calls as the system needs.
    fn write(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = slices.as_mut_slice();
        IoSlice::advance_slices(&mut rest, 0); // skips empty ones
        while !rest.is_empty() {
            match self.out.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.at += written as u64;
                    IoSlice::advance_slices(&mut rest, written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn too_many(what: &str) -> io::Error {
    io::Error::other(format!("an MCAP file has no place for more than 65535 {what}"))
}
