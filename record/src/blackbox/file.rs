//! The thread that writes the file of an incident.

use super::window::Held;
use crate::file::{Chunk, Compression, Stamp};
use crate::recorder::RecordError;
use crate::recorder::clock::WallClock;
use crate::recorder::part::Part;
use crate::recording::{LOSSES, TRIGGERS};
use mcap::records::{Channel, SchemaHeader};
use slotcast::EndpointId;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;

/// How many bytes a chunk has.
const CHUNK: usize = 1 << 20;
/// From this size on a message is stored as it is.
const LARGE: usize = 256 << 10;

/// What the file is to contain, in this order.
pub(super) enum Step {
    Message(Held),
    /// What has happened so far.
    Reasons(Vec<String>),
    /// How many messages of each topic were lost.
    Losses(BTreeMap<String, u64>),
}

/// A file that is written.
pub(super) struct IncidentFile {
    part: Part,
    chunk: Chunk,
    compression: Compression,
    clock: WallClock,
    /// The numbers of the types, by topic and hash.
    schemas: HashMap<(String, u128), u16>,
    channels: HashMap<EndpointId, u16>,
    /// How many bytes wait to be written.
    backlog: Arc<AtomicU64>,
}

impl IncidentFile {
    pub(super) fn new(part: Part, compression: Compression, backlog: Arc<AtomicU64>) -> Self {
        let (schemas, channels) = (HashMap::new(), HashMap::new());
        Self { part, chunk: Chunk::default(), compression, clock: WallClock::now(), schemas, channels, backlog }
    }

    /// Writes what comes, and finishes the file.
    pub(super) fn run(mut self, steps: &Receiver<Step>) -> Result<(), RecordError> {
        while let Ok(step) = steps.recv() {
            let bytes = if let Step::Message(held) = &step { held.bytes() } else { 0 };
            let written = match step {
                Step::Message(held) => self.put(&held),
                Step::Reasons(reasons) => self.reasons(reasons),
                Step::Losses(losses) => self.losses(losses),
            };
            self.backlog.fetch_sub(bytes, Ordering::Relaxed);
            if let Err(reason) = written {
                return Err(self.part.abandon(reason));
            }
        }
        self.part.finish()
    }

    fn put(&mut self, held: &Held) -> io::Result<()> {
        let channel = self.channel(held)?;
        let logged = self.clock.at(held.received_ns);
        let stamp = Stamp {
            channel,
            #[expect(clippy::cast_possible_truncation, reason = "the format has 32 bits")]
            sequence: held.sample.sequence() as u32,
            logged,
            published: held.sample.timestamp().map_or(logged, |time| self.clock.at(time)),
        };
        let (first, second) = held.origin.encoding.stored(held.sample.bytes()).map_err(io::Error::other)?;
        if held.sample.bytes().len() >= LARGE {
            self.flush()?;
            return self.part.writer.large(stamp, [&first, second]);
        }
        self.chunk.push(stamp, [&first, second]);
        if self.chunk.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.part.writer.chunk(&self.chunk, self.compression)?;
        self.chunk.clear();
        Ok(())
    }

    /// Returns the number of the publisher's channel, and defines it the first time.
    fn channel(&mut self, held: &Held) -> io::Result<u16> {
        let origin = &held.origin;
        if let Some(&channel) = self.channels.get(&origin.publisher) {
            return Ok(channel);
        }
        let too_many = || io::Error::other("a file has 65535 types and publishers at most");
        let encoding = &origin.encoding;
        let key = (origin.topic.to_string(), held.sample.layout().hash().0);
        let next = u16::try_from(self.schemas.len() + 1).map_err(|_| too_many())?;
        let schema_id = *self.schemas.entry(key).or_insert(next);
        if schema_id == next {
            let (name, encoding_of_schema) = (encoding.name.clone(), encoding.schema.to_owned());
            let header = SchemaHeader { id: next, name, encoding: encoding_of_schema };
            self.part.writer.schema(&header, encoding.text.as_bytes());
        }
        let id = u16::try_from(self.channels.len()).map_err(|_| too_many())?;
        self.channels.insert(origin.publisher, id);
        let (topic, message_encoding) = (origin.topic.to_string(), encoding.messages.to_owned());
        self.part.writer.channel(&Channel {
            id,
            schema_id,
            topic,
            message_encoding,
            metadata: origin.metadata.clone(),
        });
        Ok(id)
    }

    /// All of them each time: the last time counts.
    fn reasons(&mut self, reasons: Vec<String>) -> io::Result<()> {
        let reasons = reasons.into_iter().enumerate();
        let reasons = reasons.map(|(index, reason)| (format!("{:04}", index + 1), reason)).collect();
        self.part.writer.metadata(TRIGGERS, reasons)
    }

    fn losses(&mut self, losses: BTreeMap<String, u64>) -> io::Result<()> {
        self.flush()?;
        let losses = losses.into_iter().map(|(topic, lost)| (topic, lost.to_string())).collect();
        self.part.writer.metadata(LOSSES, losses)
    }
}
