//! Reading a file.

use crate::channel::Channel;
use crate::file::{Contents, Entry, Item, Reader, decompressed, next_item};
use crate::ros2::WrongSize;
use mcap::records::{ChunkHeader, MessageHeader, Record, SchemaHeader};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The metadata of the file that counts what was lost.
pub(crate) const LOSSES: &str = "slotcast.losses";
/// The name of the metadata that say what a black box has written a file for.
pub(crate) const TRIGGERS: &str = "slotcast.triggers";

/// Why a file cannot be read.
///
/// # Examples
///
/// ```
/// use slotcast_record::{ReadError, Recording};
///
/// let error = Recording::open("/no/such/file.mcap").unwrap_err();
/// assert!(matches!(error, ReadError::Io { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refuses.
    #[error("{} cannot be read: {reason}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// It is something else.
    #[error("{} is no MCAP file: it does not begin as one does; `slotcast record` writes such files", file.display())]
    NotMcap {
        /// The file.
        file: PathBuf,
    },
}

/// A part of a file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where it begins.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, problem } = self;
        write!(f, "{} bytes from byte {from} on are lost: {problem}", to - from)
    }
}

/// A file that is read from its start to its end. Unfinished and damaged files are read as far as
/// they are whole.
///
/// # Examples
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("run.mcap");
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// # let recorder = slotcast_record::Recorder::builder().all().history().domain(&domain).start(&path)?;
/// # publisher.publish(&1)?;
/// # recorder.wait_for_messages(1, std::time::Duration::from_secs(10));
/// # recorder.finish()?;
/// use slotcast_record::Recording;
///
/// let mut recording = Recording::open(&path)?;
/// while let Some(message) = recording.next_message()? {
///     println!("{}: {:?}", message.channel.topic, message.value());
/// }
/// assert!(recording.is_finished());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Recording {
    path: PathBuf,
    reader: Reader,
    profile: String,
    schemas: HashMap<u16, SchemaHeader>,
    channels: BTreeMap<u16, Arc<Channel>>,
    losses: BTreeMap<String, u64>,
    triggers: Vec<String>,
    damage: Vec<Damage>,
    /// The messages of the present chunk, and how far they were read.
    chunk: Vec<u8>,
    at: usize,
}

/// A message in a file.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// What is known of all messages of this publisher.
    pub channel: &'a Arc<Channel>,
    /// The number of the channel in the file.
    pub channel_id: u16,
    /// The lower 32 bits of its number among the messages of its publisher.
    pub sequence: u32,
    /// When it was received, in nanoseconds since 1970.
    pub log_time: u64,
    /// When it was published, in nanoseconds since 1970.
    pub publish_time: u64,
    /// Its bytes, as they are in the file.
    pub stored: &'a [u8],
}

impl<'a> Message<'a> {
    /// Returns the message as it was in memory. Returns `None` if its layout is not known.
    ///
    /// # Errors
    /// When it does not have the size of its layout.
    pub fn bytes(&self) -> Option<Result<Cow<'a, [u8]>, WrongSize>> {
        self.channel.restored(self.stored)
    }

    /// Returns the message as a value. Returns `None` if its layout is not known, or it is not
    /// valid.
    pub fn value(&self) -> Option<slotcast::dynamic::Value> {
        let bytes = self.bytes()?.ok()?;
        self.channel.layout()?.decode(&bytes).ok()
    }
}

impl Recording {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, or is something else.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        let failed = |reason| ReadError::Io { file: path.to_owned(), reason };
        let reader = File::open(path).and_then(Reader::new).map_err(failed)?;
        let reader = reader.ok_or_else(|| ReadError::NotMcap { file: path.to_owned() })?;
        let mut recording = Self {
            path: path.to_owned(),
            reader,
            profile: String::new(),
            schemas: HashMap::new(),
            channels: BTreeMap::new(),
            losses: BTreeMap::new(),
            triggers: Vec::new(),
            damage: Vec::new(),
            chunk: Vec::new(),
            at: 0,
        };
        recording.read_summary().map_err(failed)?;
        Ok(recording)
    }

    /// Leaves out parts whose messages were all received before a time, in nanoseconds since 1970.
    /// They are not even decompressed. Some older messages still come.
    pub fn skip_before(&mut self, time: u64) {
        self.reader.skip_before(time);
    }

    /// Returns the next message; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read. What is damaged is skipped, and found in
    /// [`damage`](Self::damage).
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, ReadError> {
        loop {
            if self.at >= self.chunk.len() {
                match self.fill() {
                    Ok(true) => continue,
                    Ok(false) => return Ok(None),
                    Err(reason) => return Err(ReadError::Io { file: self.path.clone(), reason }),
                }
            }
            match next_item(&self.chunk, &mut self.at) {
                Item::Schema(header, _) => self.schema(header),
                Item::Channel(channel) => self.channel(channel),
                Item::Message(header, stored) => {
                    if self.channels.contains_key(&header.channel_id) {
                        return Ok(self.message(&header, stored));
                    }
                    self.note_in_chunk(format!("its channel {} is not defined", header.channel_id));
                }
                Item::Other => {}
                Item::Unreadable => {
                    self.at = self.chunk.len();
                    self.note_in_chunk("a record in a chunk cannot be read".to_owned());
                }
            }
        }
    }

    fn message(&self, header: &MessageHeader, stored: Range<usize>) -> Option<Message<'_>> {
        Some(Message {
            channel: self.channels.get(&header.channel_id)?,
            channel_id: header.channel_id,
            sequence: header.sequence,
            log_time: header.log_time,
            publish_time: header.publish_time,
            stored: &self.chunk[stored],
        })
    }

    /// Takes over the definitions at the end of a finished file: its channels are known at once, and
    /// those in damaged parts are not missing.
    fn read_summary(&mut self) -> io::Result<()> {
        let Some(summary) = self.reader.summary()? else { return Ok(()) };
        let mut at = 0;
        while at < summary.len() {
            match next_item(&summary, &mut at) {
                Item::Schema(header, _) => self.schema(header),
                Item::Channel(channel) => self.channel(channel),
                Item::Message(..) | Item::Other => {}
                Item::Unreadable => break,
            }
        }
        Ok(())
    }

    /// Reads on until there is a chunk. Returns whether there is one.
    fn fill(&mut self) -> io::Result<bool> {
        self.chunk.clear();
        self.at = 0;
        loop {
            match self.reader.next()? {
                None => return Ok(false),
                Some(Entry::Chunk { from, to, header, body }) => match take(&header, body, &mut self.chunk) {
                    Ok(()) => {
                        self.reader.confirm();
                        return Ok(true);
                    }
                    Err(problem) => {
                        self.chunk.clear();
                        let problem = format!("a chunk {problem}");
                        self.damage.push(Damage { from, to, problem });
                    }
                },
                Some(Entry::Record(Record::Schema { header, .. })) => self.schema(header),
                Some(Entry::Record(Record::Channel(channel))) => self.channel(channel),
                Some(Entry::Record(Record::Header(header))) => self.profile = header.profile,
                Some(Entry::Record(Record::Metadata(metadata))) if metadata.name == LOSSES => {
                    let lost =
                        metadata.metadata.into_iter().filter_map(|(topic, lost)| Some((topic, lost.parse().ok()?)));
                    self.losses = lost.collect();
                }
                Some(Entry::Record(Record::Metadata(metadata))) if metadata.name == TRIGGERS => {
                    self.triggers = metadata.metadata.into_values().collect(); // by their numbers
                }
                // Outside of chunks, as some programs write them.
                Some(Entry::Record(Record::Message { header, data })) => {
                    let stamp = crate::file::Stamp {
                        channel: header.channel_id,
                        sequence: header.sequence,
                        logged: header.log_time,
                        published: header.publish_time,
                    };
                    let mut chunk = crate::file::Chunk::default();
                    chunk.push(stamp, [&data, &[]]);
                    self.chunk.extend_from_slice(chunk.bytes());
                    return Ok(true);
                }
                Some(Entry::Record(_)) => {}
                Some(Entry::Damaged { from, to, problem }) => self.damage.push(Damage { from, to, problem }),
            }
        }
    }

    fn schema(&mut self, header: SchemaHeader) {
        self.schemas.insert(header.id, header);
    }

    fn channel(&mut self, channel: mcap::records::Channel) {
        // Definitions are repeated: the first one counts, so that nothing changes under a reader.
        if self.channels.contains_key(&channel.id) {
            return;
        }
        let schema = self.schemas.get(&channel.schema_id);
        let (name, encoding) = schema.map(|schema| (schema.name.clone(), schema.encoding.clone())).unwrap_or_default();
        self.channels.insert(channel.id, Arc::new(Channel::new(channel, name, encoding)));
    }

    fn note_in_chunk(&mut self, problem: String) {
        let to = self.reader.position();
        if self.damage.last().is_none_or(|last| last.to != to || last.problem != problem) {
            self.damage.push(Damage { from: to, to, problem });
        }
    }

    /// Returns the channels that are known: all of a finished file; of others, those that were found so
    /// far.
    pub fn channels(&self) -> impl Iterator<Item = (u16, &Arc<Channel>)> {
        self.channels.iter().map(|(id, channel)| (*id, channel))
    }

    /// Returns how many messages of each topic were lost while they were recorded, as far as the
    /// file was read.
    pub fn losses(&self) -> &BTreeMap<String, u64> {
        &self.losses
    }

    /// Returns what had happened when a black box has written the file, as far as it was read; nothing
    /// for other recordings.
    pub fn triggers(&self) -> &[String] {
        &self.triggers
    }

    /// Returns what cannot be read, as far as the file was read.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Returns the profile of the file, such as `ros2`.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// Returns whether the end of the file was reached, and it was finished.
    pub fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Returns the size of the file in bytes.
    pub fn size(&self) -> u64 {
        self.reader.size()
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recording").field(&self.path).finish()
    }
}

/// Moves the messages of a chunk into memory.
fn take(header: &ChunkHeader, body: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
    match decompressed(header, body, out)? {
        Contents::Plain(messages) => out.extend_from_slice(messages),
        Contents::Decompressed => {}
    }
    Ok(())
}
