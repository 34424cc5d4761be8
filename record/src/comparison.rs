//! Whether two files have the same messages.

use crate::recording::{Message, ReadError, Recording};
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

/// How a topic differs in two files; see [`compare`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicComparison {
    /// How many messages it has in the first file and in the second.
    pub messages: (u64, u64),
    /// The first message that has other bytes or another type, counted from 0 among those of the
    /// topic, if there is one in both files.
    pub first_difference: Option<Difference>,
}

/// Where two files differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How many messages of the topic are the same before it.
    pub message: u64,
    /// When it was received in each file, in nanoseconds after the first message of the file.
    pub times: (u64, u64),
}

impl TopicComparison {
    /// Returns whether the messages are the same.
    pub fn is_same(&self) -> bool {
        self.first_difference.is_none() && self.messages.0 == self.messages.1
    }
}

/// Compares what two files have of each topic: the types and bytes of all messages, in their order.
/// When they were received does not matter, nor which publisher they are of.
///
/// # Errors
/// When a file cannot be read. What is damaged is left out.
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
/// let topics = slotcast_record::compare(&path, &path)?;
/// assert!(topics["counter"].is_same());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare(
    first: impl AsRef<Path>,
    second: impl AsRef<Path>,
) -> Result<BTreeMap<String, TopicComparison>, ReadError> {
    let mut sides = [Side::open(first.as_ref())?, Side::open(second.as_ref())?];
    let mut topics = BTreeMap::<String, Pending>::new();
    let mut is_over = [false; 2];
    while is_over != [true; 2] {
        for (index, side) in sides.iter_mut().enumerate() {
            is_over[index] = is_over[index] || !side.read(index, &mut topics)?;
        }
    }
    Ok(topics.into_iter().map(|(name, pending)| (name, pending.comparison)).collect())
}

struct Side {
    recording: Recording,
    first: Option<u64>,
}

/// The messages of a topic that were read from one file and not yet from the other.
#[derive(Default)]
struct Pending {
    comparison: TopicComparison,
    waiting: [VecDeque<Seen>; 2],
    compared: u64,
}

/// What is kept of a message.
#[derive(Clone, Copy)]
struct Seen {
    content: (u64, u32, usize),
    time: u64,
}

impl Side {
    fn open(path: &Path) -> Result<Self, ReadError> {
        Ok(Self { recording: Recording::open(path)?, first: None })
    }

    /// Reads a message. Returns whether there was one.
    fn read(&mut self, index: usize, topics: &mut BTreeMap<String, Pending>) -> Result<bool, ReadError> {
        let Some(message) = self.recording.next_message()? else { return Ok(false) };
        let first = *self.first.get_or_insert(message.log_time);
        let seen = Seen { content: content(&message), time: message.log_time.saturating_sub(first) };
        match topics.get_mut(&message.channel.topic) {
            Some(pending) => pending.add(index, seen),
            None => topics.entry(message.channel.topic.clone()).or_default().add(index, seen),
        }
        Ok(true)
    }
}

impl Pending {
    fn add(&mut self, index: usize, seen: Seen) {
        let counts = &mut self.comparison.messages;
        *(if index == 0 { &mut counts.0 } else { &mut counts.1 }) += 1;
        if self.comparison.first_difference.is_some() {
            return;
        }
        self.waiting[index].push_back(seen);
        let [first, second] = &mut self.waiting;
        if let (Some(a), Some(b)) = (first.front().copied(), second.front().copied()) {
            first.pop_front();
            second.pop_front();
            if a.content != b.content {
                self.comparison.first_difference = Some(Difference { message: self.compared, times: (a.time, b.time) });
            }
            self.compared += 1;
        }
    }
}

/// Returns two checksums of a message and its type, and its size.
fn content(message: &Message<'_>) -> (u64, u32, usize) {
    let bytes = message.bytes().and_then(Result::ok);
    let bytes = bytes.as_deref().unwrap_or(message.stored);
    let mut hasher = DefaultHasher::new();
    match message.channel.layout() {
        Some(layout) => hasher.write_u128(layout.hash().0),
        None => hasher.write(message.channel.schema_name.as_bytes()),
    }
    hasher.write(bytes);
    (hasher.finish(), crc32fast::hash(bytes), bytes.len())
}
