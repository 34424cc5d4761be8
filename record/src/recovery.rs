//! Bringing back what is whole in a file that was cut off or damaged.

use crate::file::{Chunk, Compression, Contents, Entry, Item, Reader, Stamp, Writer, decompressed, next_item};
use crate::recording::{Damage, LOSSES, ReadError};
use mcap::records::{Channel, ChunkHeader, Metadata, Record, SchemaHeader};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing was brought back.
///
/// # Examples
///
/// ```
/// use slotcast_record::{RecoverError, recover};
///
/// let error = recover("/no/such/file.mcap", "/tmp/recovered.mcap").unwrap_err();
/// assert!(matches!(error, RecoverError::Read(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What was brought back has no place.
    #[error("{} cannot be written: {reason}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
}

/// What was brought back; see [`recover`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovered {
    /// How many messages.
    pub messages: u64,
    /// How many chunks.
    pub chunks: u64,
    /// Whether the file was finished.
    pub was_finished: bool,
    /// What could not be brought back.
    pub damage: Vec<Damage>,
    /// How many attachments were left out: slotcast writes none.
    pub attachments: u64,
}

impl Recovered {
    /// Returns whether the file was finished and whole already.
    pub fn was_whole(&self) -> bool {
        self.was_finished && self.damage.is_empty()
    }
}

/// Writes all that is whole in a file to another one, which is a finished file with an index. The
/// first one is not changed.
///
/// # Errors
/// When the file cannot be read or is no MCAP file, and when the other one exists or cannot be
/// written.
///
/// # Examples
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("run.mcap");
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// # let recorder = slotcast_record::Recorder::builder().all().history().domain(&domain).start(&path)?;
/// # publisher.publish(&42)?;
/// # recorder.wait_for_messages(1, std::time::Duration::from_secs(10));
/// # recorder.finish()?;
/// # let file = std::fs::OpenOptions::new().write(true).open(&path)?;
/// # file.set_len(file.metadata()?.len() - 100)?; // as if it was cut off
/// let recovered = slotcast_record::recover(&path, folder.path().join("recovered.mcap"))?;
/// assert!(!recovered.was_whole());
/// assert_eq!(recovered.messages, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn recover(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Recovered, RecoverError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let unreadable = |reason| ReadError::Io { file: from.to_owned(), reason };
    let reader = File::open(from).and_then(Reader::new).map_err(unreadable)?;
    let mut reader = reader.ok_or_else(|| ReadError::NotMcap { file: from.to_owned() })?;
    let unwritable = |reason| RecoverError::Write { file: to.to_owned(), reason };
    if to.exists() {
        return Err(unwritable(io::ErrorKind::AlreadyExists.into()));
    }
    let mut name = to.as_os_str().to_owned();
    name.push(".recovering");
    let temporary = PathBuf::from(name);
    let file = File::create(&temporary).map_err(unwritable)?;
    let moved = rescue(&mut reader, file).and_then(|recovered| fs::rename(&temporary, to).map(|()| recovered));
    moved.map_err(|reason| {
        let _ = fs::remove_file(&temporary);
        unwritable(reason)
    })
}

fn rescue(reader: &mut Reader, file: File) -> io::Result<Recovered> {
    let first = reader.next()?;
    let profile = match &first {
        Some(Entry::Record(Record::Header(header))) => header.profile.clone(),
        _ => String::new(),
    };
    let mut rescue = Rescue::new(file, &profile)?;
    if let Some(entry) = first {
        rescue.take(entry)?;
    }
    // Definitions in damaged parts are not missing if the file was finished.
    if let Some(summary) = reader.summary()? {
        rescue.note(&summary);
    }
    while let Some(entry) = reader.next()? {
        if rescue.take(entry)? {
            reader.confirm();
        }
    }
    rescue.recovered.was_finished = reader.is_finished();
    rescue.finish()
}

/// The other file while it is written.
struct Rescue {
    writer: Writer<File>,
    schemas: HashSet<u16>,
    channels: HashSet<u16>,
    /// Messages that were outside of chunks.
    loose: Chunk,
    losses: Option<Metadata>,
    decompressed: Vec<u8>,
    recovered: Recovered,
}

impl Rescue {
    fn new(file: File, profile: &str) -> io::Result<Self> {
        Ok(Self {
            writer: Writer::new(file, profile)?,
            schemas: HashSet::new(),
            channels: HashSet::new(),
            loose: Chunk::default(),
            losses: None,
            decompressed: Vec::new(),
            recovered: Recovered::default(),
        })
    }

    /// Takes over an entry of the file. Returns whether it was a chunk that is whole.
    fn take(&mut self, entry: Entry<'_>) -> io::Result<bool> {
        match entry {
            Entry::Chunk { from, to, header, body } => {
                let taken = self.chunk(header, body)?;
                if let Err(problem) = &taken {
                    self.recovered.damage.push(Damage { from, to, problem: format!("a chunk {problem}") });
                }
                return Ok(taken.is_ok());
            }
            Entry::Damaged { from, to, problem } => self.recovered.damage.push(Damage { from, to, problem }),
            Entry::Record(Record::Schema { header, data }) => self.schema(&header, &data),
            Entry::Record(Record::Channel(channel)) => self.channel(&channel),
            Entry::Record(Record::Message { header, data }) => {
                let stamp = Stamp {
                    channel: header.channel_id,
                    sequence: header.sequence,
                    logged: header.log_time,
                    published: header.publish_time,
                };
                self.loose.push(stamp, [&data, &[]]);
                self.recovered.messages += 1;
                if self.loose.len() > 1 << 20 {
                    self.write_loose()?;
                }
            }
            // Of these, the last one counts everything.
            Entry::Record(Record::Metadata(metadata)) if metadata.name == LOSSES => self.losses = Some(metadata),
            Entry::Record(Record::Metadata(metadata)) => self.writer.metadata(&metadata.name, metadata.metadata)?,
            Entry::Record(Record::Attachment { .. }) => self.recovered.attachments += 1,
            Entry::Record(_) => {}
        }
        Ok(false)
    }

    /// Takes over a chunk as it is, if it is whole.
    fn chunk(&mut self, header: ChunkHeader, body: &[u8]) -> io::Result<Result<(), String>> {
        let mut buffer = std::mem::take(&mut self.decompressed);
        let result = decompressed(&header, body, &mut buffer).map(|contents| match contents {
            Contents::Plain(messages) => self.note(messages),
            Contents::Decompressed => self.note(&buffer),
        });
        self.decompressed = buffer;
        let (noted, messages) = match result {
            Ok(result) => result,
            Err(problem) => return Ok(Err(problem)),
        };
        if messages > 0 {
            self.write_loose()?;
            self.writer.copied(header, body, &noted)?;
            self.recovered.chunks += 1;
            self.recovered.messages += messages;
        }
        Ok(Ok(()))
    }

    /// Takes over the definitions of a chunk, and returns the index of its messages and how many
    /// they are.
    fn note(&mut self, chunk: &[u8]) -> (Chunk, u64) {
        let (mut noted, mut messages, mut at) = (Chunk::default(), 0, 0);
        while at < chunk.len() {
            let start = at as u64;
            match next_item(chunk, &mut at) {
                Item::Schema(header, text) => self.schema(&header, &chunk[text]),
                Item::Channel(channel) => self.channel(&channel),
                Item::Message(header, _) => {
                    noted.note(header.channel_id, header.log_time, start);
                    messages += 1;
                }
                Item::Other => {}
                Item::Unreadable => break,
            }
        }
        (noted, messages)
    }

    fn schema(&mut self, header: &SchemaHeader, text: &[u8]) {
        if self.schemas.insert(header.id) {
            self.writer.schema(header, text);
        }
    }

    fn channel(&mut self, channel: &Channel) {
        if self.channels.insert(channel.id) {
            self.writer.channel(channel);
        }
    }

    fn write_loose(&mut self) -> io::Result<()> {
        self.writer.chunk(&self.loose, Compression::Lz4)?;
        self.loose.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<Recovered> {
        self.write_loose()?;
        if let Some(losses) = self.losses {
            self.writer.metadata(LOSSES, losses.metadata)?;
        }
        self.writer.finish()?.sync_all()?;
        Ok(self.recovered)
    }
}
