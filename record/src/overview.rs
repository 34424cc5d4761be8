//! What is in a file, at a glance.

use crate::recording::{Damage, Message, ReadError, Recording};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// What is in a file.
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
/// let overview = slotcast_record::Overview::of(&path)?;
/// assert_eq!(overview.topics["counter"].messages, 1);
/// assert!(overview.is_finished);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Overview {
    /// The size of the file in bytes.
    pub size: u64,
    /// The profile of the file, such as `ros2`.
    pub profile: String,
    /// Whether the file was finished.
    pub is_finished: bool,
    /// The times of the first and the last message, in nanoseconds since 1970.
    pub times: Option<(u64, u64)>,
    /// How many messages were received before the one before them was.
    pub backwards: u64,
    /// What had happened, if a black box has written the file.
    pub triggers: Vec<String>,
    /// What cannot be read.
    pub damage: Vec<Damage>,
    /// The topics.
    pub topics: BTreeMap<String, TopicOverview>,
}

/// What is in a file of a topic.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TopicOverview {
    /// The types of its messages, and their hashes where slotcast has recorded them.
    pub types: Vec<(String, Option<String>)>,
    /// How its messages are encoded, such as `cdr`.
    pub encoding: String,
    /// Why it cannot be played, if so.
    pub why_not_played: Option<String>,
    /// How many publishers it had.
    pub publishers: u64,
    /// How many messages there are.
    pub messages: u64,
    /// How many bytes these have in the file, before compression.
    pub bytes: u64,
    /// How many were lost while it was recorded, as the recorder has counted.
    pub lost: u64,
    /// How many numbers are missing between those of each publisher: lost while it was recorded, or
    /// in damaged parts of the file.
    pub missing: u64,
    /// The longest time between two messages.
    pub longest_gap: Duration,
    /// The times of the first and the last message, in nanoseconds since 1970.
    pub times: (u64, u64),
}

impl Overview {
    /// Reads a whole file.
    ///
    /// # Errors
    /// When it cannot be read, or is no MCAP file.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let mut recording = Recording::open(path)?;
        let mut overview = Self { size: recording.size(), ..Self::default() };
        let mut sequences = BTreeMap::new();
        let mut last = 0;
        while let Some(message) = recording.next_message()? {
            let topic = overview.topics.entry(message.channel.topic.clone()).or_default();
            topic.add(&message, sequences.insert(message.channel_id, message.sequence));
            let (first, end) = overview.times.unwrap_or((message.log_time, message.log_time));
            overview.times = Some((first.min(message.log_time), end.max(message.log_time)));
            overview.backwards += u64::from(message.log_time < last);
            last = message.log_time;
        }
        recording.channels().for_each(|(_, channel)| {
            let topic = overview.topics.entry(channel.topic.clone()).or_default();
            let of_channel = (channel.schema_name.clone(), channel.layout().map(|layout| layout.hash().to_string()));
            if !topic.types.contains(&of_channel) {
                topic.types.push(of_channel);
            }
            topic.publishers += 1;
            topic.encoding.clone_from(&channel.message_encoding);
            topic.why_not_played = channel.why_no_layout().map(str::to_owned);
        });
        for (name, lost) in recording.losses() {
            overview.topics.entry(name.clone()).or_default().lost = *lost;
        }
        overview.profile = recording.profile().to_owned();
        overview.is_finished = recording.is_finished();
        overview.triggers = recording.triggers().to_vec();
        overview.damage = recording.damage().to_vec();
        Ok(overview)
    }

    /// Returns the time from the first message to the last.
    pub fn duration(&self) -> Duration {
        self.times.map_or(Duration::ZERO, |(first, last)| Duration::from_nanos(last - first))
    }

    /// Returns how many messages there are, of all topics.
    pub fn messages(&self) -> u64 {
        self.topics.values().map(|topic| topic.messages).sum()
    }
}

impl TopicOverview {
    fn add(&mut self, message: &Message<'_>, sequence_before: Option<u32>) {
        let time = message.log_time;
        if self.messages == 0 {
            self.times = (time, time);
        }
        self.longest_gap = self.longest_gap.max(Duration::from_nanos(time.saturating_sub(self.times.1)));
        self.times = (self.times.0.min(time), self.times.1.max(time));
        self.messages += 1;
        self.bytes += message.stored.len() as u64;
        if let Some(before) = sequence_before {
            let step = message.sequence.wrapping_sub(before);
            // A step back is another order, not two billion missing messages.
            if (1..u32::MAX / 2).contains(&step) {
                self.missing += u64::from(step - 1);
            }
        }
    }

    /// Returns how many messages there are a second, on average.
    pub fn rate(&self) -> f64 {
        let time = Duration::from_nanos(self.times.1 - self.times.0).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "an average")]
        let intervals = self.messages.saturating_sub(1) as f64;
        if time > 0.0 { intervals / time } else { 0.0 }
    }
}
