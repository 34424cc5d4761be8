//! How topics are recorded.

use crate::file::Compression;
use slotcast::{Domain, TopicName};
use std::fmt;
use std::time::Duration;

/// Sets up a [`Recorder`](super::Recorder); see [`Recorder::builder`](super::Recorder::builder).
pub struct RecorderBuilder {
    pub(super) domain: Domain,
    pub(super) wanted: Vec<Wanted>,
    pub(super) output: OutputSettings,
    pub(super) chunk_bytes: usize,
    pub(super) chunk_time: Duration,
    pub(super) budget: u64,
    pub(super) lossless: bool,
    pub(super) history: bool,
}

/// How files are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputSettings {
    pub(super) compression: Compression,
    pub(super) compress_large: bool,
    pub(super) sync: Option<Duration>,
    pub(super) split: Option<Split>,
}

/// When a file becomes another one, and how many are kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Split {
    pub(super) bytes: Option<u64>,
    pub(super) time: Option<Duration>,
    pub(super) keep: Option<usize>,
    pub(super) quota: Option<u64>,
}

pub(super) type Wanted = Box<dyn Fn(&TopicName) -> bool + Send>;

impl Default for RecorderBuilder {
    fn default() -> Self {
        let output = OutputSettings {
            compression: Compression::default(),
            compress_large: false,
            sync: Some(Duration::from_secs(1)),
            split: None,
        };
        Self {
            domain: Domain::default(),
            wanted: Vec::new(),
            output,
            chunk_bytes: 1 << 20,
            chunk_time: Duration::from_secs(1),
            budget: 256 << 20,
            lossless: false,
            history: false,
        }
    }
}

impl RecorderBuilder {
    /// Sets the domain. By default that of all programs of this user.
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Records all topics, also those that appear later.
    pub fn all(self) -> Self {
        self.topics(|_| true)
    }

    /// Records a topic, now or when it appears. Can be called for several.
    pub fn topic(self, name: &TopicName) -> Self {
        let name = name.clone();
        self.topics(move |topic| *topic == name)
    }

    /// Records the topics for which `wanted` returns `true`, also those that appear later.
    pub fn topics(mut self, wanted: impl Fn(&TopicName) -> bool + Send + 'static) -> Self {
        self.wanted.push(Box::new(wanted));
        self
    }

    /// Sets how messages are compressed. By default with LZ4.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.output.compression = compression;
        self
    }

    /// Compresses messages of 256 KiB and more, too. By default they are stored as they are: images
    /// and point clouds hardly become smaller, and would take most of the time.
    pub fn compress_large(mut self, on: bool) -> Self {
        self.output.compress_large = on;
        self
    }

    /// Sets the size of a chunk in bytes. By default 1 MiB.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.max(1);
        self
    }

    /// Sets how long a message waits for its chunk to become full. By default 1 s: as much is lost
    /// if the recorder is killed.
    pub fn chunk_time(mut self, time: Duration) -> Self {
        self.chunk_time = time;
        self
    }

    /// Sets how often what was written is brought to the disk, or that the system does it when it
    /// wants to. By default each second: as much is lost if the machine loses power.
    pub fn sync(mut self, every: Option<Duration>) -> Self {
        self.output.sync = every;
        self
    }

    /// Begins another file when one has this size: `run-0001.mcap`, `run-0002.mcap` and so on, for
    /// `run.mcap`. Each can be read by itself. What was lost is counted from the beginning of the
    /// recording in each.
    pub fn split_bytes(mut self, bytes: u64) -> Self {
        self.output.split.get_or_insert_default().bytes = Some(bytes);
        self
    }

    /// Begins another file after this time; see [`split_bytes`](Self::split_bytes). It is begun with
    /// the next message.
    pub fn split_time(mut self, time: Duration) -> Self {
        self.output.split.get_or_insert_default().time = Some(time);
        self
    }

    /// Keeps only so many files, the newest: a recording that is split can go on for ever.
    pub fn keep(mut self, files: usize) -> Self {
        self.output.split.get_or_insert_default().keep = Some(files);
        self
    }

    /// Removes the oldest files of this recording when all of them have more than this size. Without
    /// [`split_bytes`](Self::split_bytes), each file has up to an eighth of it.
    pub fn disk_quota(mut self, bytes: u64) -> Self {
        let split = self.output.split.get_or_insert_default();
        split.quota = Some(bytes);
        split.bytes = split.bytes.or(Some(bytes / 8));
        self
    }

    /// Sets how many bytes of messages wait for a slow disk. By default 256 MiB. What comes when
    /// they are used up is dropped, and counted as lost.
    pub fn budget(mut self, bytes: u64) -> Self {
        self.budget = bytes;
        self
    }

    /// Makes lossless publishers wait for the recorder, instead of losing anything. By default off:
    /// no publisher waits for it.
    pub fn lossless(mut self) -> Self {
        self.lossless = true;
        self
    }

    /// Begins with the messages that publishers have published before the recorder was started, and
    /// that can still be read. By default off. Topics that appear later are always recorded from
    /// their beginning.
    pub fn history(mut self) -> Self {
        self.history = true;
        self
    }
}

impl fmt::Debug for RecorderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderBuilder").field("domain", &self.domain).finish_non_exhaustive()
    }
}
