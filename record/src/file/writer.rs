//! Writes a file, record by record.

use super::bytes::record;
use super::chunk::{self, Chunk, Compression, Packed, Stamp};
use super::summary::Summary;
use mcap::MAGIC;
use mcap::records::{Channel, ChunkHeader, DataEnd, Header, Metadata, SchemaHeader, op};
use std::collections::BTreeMap;
use std::io::{self, IoSlice, Write};

/// After this many bytes the definitions are written again, so that a damaged part of a file does
/// not make all that follows useless.
const REPEAT_AFTER: u64 = 32 << 20;

/// Writes a file. Each method writes whole records.
pub(crate) struct Writer<W: Write> {
    out: W,
    at: u64,
    summary: Summary,
    schemas: Vec<Vec<u8>>,
    channels: Vec<Vec<u8>>,
    /// How many of the schemas and channels are in the file.
    defined: (usize, usize),
    defined_at: u64,
    first_channel: u16,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    pub(crate) fn new(out: W, profile: &str) -> io::Result<Self> {
        let mut writer = Self {
            out,
            at: 0,
            summary: Summary::default(),
            schemas: Vec::new(),
            channels: Vec::new(),
            defined: (0, 0),
            defined_at: 0,
            first_channel: 0,
        };
        let library = concat!("slotcast ", env!("CARGO_PKG_VERSION")).to_owned();
        let header = record(op::HEADER, &Header { profile: profile.to_owned(), library }, &[]);
        writer.write(&[MAGIC, &header])?;
        Ok(writer)
    }

    /// Defines a schema. It is written before the next chunk.
    pub(crate) fn schema(&mut self, header: &SchemaHeader, text: &[u8]) {
        // The length of the text is part of the record, and in no type of the library.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let text = [&length.to_le_bytes(), text].concat();
        self.schemas.push(record(op::SCHEMA, header, &text));
    }

    /// Defines a channel. It is written before the next chunk.
    pub(crate) fn channel(&mut self, channel: &Channel) {
        if self.channels.is_empty() {
            self.first_channel = channel.id;
        }
        self.channels.push(record(op::CHANNEL, channel, &[]));
    }

    /// Defines what another file defines.
    pub(crate) fn define_as(&mut self, other: &Self) {
        self.schemas.clone_from(&other.schemas);
        self.channels.clone_from(&other.channels);
        self.first_channel = other.first_channel;
    }

    /// Writes a chunk, if it has messages.
    pub(crate) fn chunk(&mut self, chunk: &Chunk, compression: Compression) -> io::Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        self.define()?;
        self.pack(chunk, compression)
    }

    /// Writes a chunk of one message, uncompressed. Its bytes are not copied.
    pub(crate) fn large(&mut self, stamp: Stamp, parts: [&[u8]; 2]) -> io::Result<()> {
        self.define()?;
        let mut head = Vec::new();
        let packed = chunk::of_one(stamp, parts, &mut head);
        self.packed(&packed)
    }

    /// Writes a chunk of another file as it is. `noted` has the index of its messages.
    pub(crate) fn copied(&mut self, header: ChunkHeader, body: &[u8], noted: &Chunk) -> io::Result<()> {
        self.define()?;
        self.packed(&noted.packed(header, [body, &[]]))
    }

    /// Writes what was defined and is not in the file; now and then everything again. It becomes a
    /// chunk of its own: chunks have checksums, and other records have none.
    fn define(&mut self) -> io::Result<()> {
        let counts = (self.schemas.len(), self.channels.len());
        if self.at - self.defined_at > REPEAT_AFTER {
            self.defined = (0, 0);
        }
        if self.defined == counts {
            return Ok(());
        }
        let mut chunk = Chunk::default();
        self.schemas[self.defined.0..].iter().for_each(|record| chunk.define(record));
        self.channels[self.defined.1..].iter().for_each(|record| chunk.define(record));
        if !self.channels.is_empty() {
            chunk.index_nothing(self.first_channel);
        }
        self.defined = counts;
        self.pack(&chunk, Compression::Lz4)?;
        self.defined_at = self.at;
        Ok(())
    }

    fn pack(&mut self, chunk: &Chunk, compression: Compression) -> io::Result<()> {
        let mut compressed = Vec::new();
        let packed = chunk.pack(compression, &mut compressed)?;
        self.packed(&packed)
    }

    fn packed(&mut self, packed: &Packed<'_>) -> io::Result<()> {
        let at = self.at;
        let mut parts: Vec<&[u8]> = vec![&packed.head, packed.body[0], packed.body[1]];
        parts.extend(packed.indexes.iter().map(|(_, _, index)| index.as_slice()));
        self.write(&parts)?;
        self.summary.chunk(packed, at);
        Ok(())
    }

    /// Writes metadata of the file.
    pub(crate) fn metadata(&mut self, name: &str, metadata: BTreeMap<String, String>) -> io::Result<()> {
        let record = record(op::METADATA, &Metadata { name: name.to_owned(), metadata }, &[]);
        let at = self.at;
        self.write(&[&record])?;
        self.summary.metadata(name, at, record.len() as u64);
        Ok(())
    }

    /// Returns how many bytes were written as whole records.
    pub(crate) fn written(&self) -> u64 {
        self.at
    }

    /// Ends the file and returns what it was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.define()?;
        let end = record(op::DATA_END, &DataEnd { data_section_crc: 0 }, &[]); // chunks have checksums of their own
        let summary = self.summary.finish(self.at + end.len() as u64, &self.schemas, &self.channels);
        self.write(&[&end, &summary])?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Returns what the file is written to.
    pub(crate) fn get_ref(&self) -> &W {
        &self.out
    }

    /// Writes all parts, one after the other, by as few calls as the system needs.
    fn write(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut rest = slices.as_mut_slice();
        IoSlice::advance_slices(&mut rest, 0); // skips empty ones
        while !rest.is_empty() {
            match self.out.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.at += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        Ok(())
    }
}
