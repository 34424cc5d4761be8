//! Files while they are played.

use super::{Flow, PlayError, PlayStatus, PlayerBuilder};
use crate::channel::Channel;
use crate::recording::{Message, Recording};
use slotcast::dynamic::{Layout, Publisher};
use slotcast::{CreateError, TopicName};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Playing<W> {
    settings: PlayerBuilder,
    wait: W,
    /// By the names under which they were recorded.
    publishers: HashMap<String, Publisher>,
    status: PlayStatus,
    timeline: Option<Timeline>,
}

/// Which time of the recording is which time now.
#[derive(Clone, Copy)]
struct Timeline {
    /// The first time that is played, in nanoseconds since 1970.
    first: u64,
    at: Instant,
    /// Of the message before.
    last: u64,
}

/// Whether there is more to play.
#[derive(PartialEq, Eq)]
enum Ended {
    /// At the end of the files.
    AtEnd,
    Stopped,
}

impl<W: FnMut(Instant) -> Flow> Playing<W> {
    pub(super) fn new(settings: PlayerBuilder, wait: W) -> Self {
        Self { settings, wait, publishers: HashMap::new(), status: PlayStatus::default(), timeline: None }
    }

    /// Plays files, and begins again if this is wanted.
    pub(super) fn all(mut self, files: &[PathBuf]) -> Result<PlayStatus, PlayError> {
        let first = files.first().ok_or(PlayError::NoFile)?;
        for file in files {
            self.announce(file)?;
        }
        self.wait_for_subscribers()?;
        loop {
            self.timeline = None;
            self.status.damage.clear(); // the same each time
            let ended = self.once(files)?;
            if self.status.topics.is_empty() && ended == Ended::AtEnd {
                let reason = self.why_nothing();
                return Err(PlayError::Nothing { file: first.clone(), reason });
            }
            if ended == Ended::Stopped || !self.settings.repeat {
                break;
            }
        }
        let _ = (self.wait)(Instant::now() + self.settings.keep_alive); // whatever it says, this is the end
        Ok(self.status)
    }

    /// Creates the publishers that a finished file needs, so that subscribers find them before the
    /// first message.
    fn announce(&mut self, file: &PathBuf) -> Result<(), PlayError> {
        let recording = Recording::open(file)?;
        let channels: Vec<Arc<Channel>> = recording.channels().map(|(_, channel)| Arc::clone(channel)).collect();
        for channel in &channels {
            if let Some(layout) = channel.layout()
                && self.is_wanted(&channel.topic)
                && !self.publishers.contains_key(&channel.topic)
            {
                self.publisher(channel, layout)?;
            }
        }
        Ok(())
    }

    fn wait_for_subscribers(&mut self) -> Result<(), PlayError> {
        for publisher in self.publishers.values_mut() {
            publisher.wait_for_subscribers(self.settings.wait_for, self.settings.patience)?;
        }
        Ok(())
    }

    fn once(&mut self, files: &[PathBuf]) -> Result<Ended, PlayError> {
        for file in files {
            let mut recording = Recording::open(file)?;
            let mut ended = Ended::AtEnd;
            loop {
                if let Some(timeline) = self.timeline {
                    recording.skip_before(timeline.first);
                }
                let Some(message) = recording.next_message()? else { break };
                if !self.message(&message)? {
                    ended = Ended::Stopped;
                    break;
                }
            }
            let damage = recording.damage().iter().map(|damage| format!("{}: {damage}", file.display()));
            self.status.damage.extend(damage);
            if ended == Ended::Stopped {
                return Ok(if self.is_over() { Ended::AtEnd } else { Ended::Stopped });
            }
        }
        Ok(Ended::AtEnd)
    }

    /// Returns whether the end of the wanted duration was reached.
    fn is_over(&self) -> bool {
        let Some(timeline) = &self.timeline else { return false };
        self.settings.duration.is_some_and(|time| timeline.last >= timeline.first.saturating_add(nanoseconds(time)))
    }

    /// Plays a message when it is due. Returns whether there may be more.
    fn message(&mut self, message: &Message<'_>) -> Result<bool, PlayError> {
        let start = nanoseconds(self.settings.start);
        let timeline = self.timeline.get_or_insert_with(|| {
            let first = message.log_time.saturating_add(start);
            Timeline { first, at: Instant::now(), last: first }
        });
        if message.log_time < timeline.first && start > 0 {
            return Ok(true);
        }
        if message.log_time < timeline.last {
            self.status.backwards += 1;
        }
        timeline.last = timeline.last.max(message.log_time);
        if self.is_over() {
            return Ok(false);
        }
        if !self.is_wanted(&message.channel.topic) {
            return Ok(true);
        }
        if !self.wait_until_due(message.log_time) {
            return Ok(false);
        }
        self.publish(message)?;
        Ok(true)
    }

    /// Returns whether to go on.
    fn wait_until_due(&mut self, time: u64) -> bool {
        loop {
            let Some(timeline) = &mut self.timeline else { return true };
            let passed = Duration::from_nanos(time.saturating_sub(timeline.first));
            let due = if self.settings.rate.is_finite() {
                passed.div_f64(self.settings.rate.max(1e-6))
            } else {
                Duration::ZERO
            };
            match (self.wait)(timeline.at + due) {
                Flow::GoOn => return true,
                Flow::Stop => return false,
                Flow::Later(time) => timeline.at += time,
            }
        }
    }

    fn publish(&mut self, message: &Message<'_>) -> Result<(), PlayError> {
        let channel = message.channel;
        let (Some(layout), Some(bytes)) = (channel.layout(), message.bytes()) else {
            self.refuse(&channel.topic, channel.why_no_layout().unwrap_or_default());
            return Ok(());
        };
        let published = match bytes {
            Ok(bytes) => self.publisher(channel, layout)?.publish_bytes(&bytes).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match published {
            Ok(_) => self.count(&channel.topic),
            Err(error) => self.refuse(&channel.topic, &error),
        }
        Ok(())
    }

    /// Returns the publisher for the messages of a channel. A topic has one layout at a time.
    fn publisher(&mut self, channel: &Channel, layout: &Layout) -> Result<&mut Publisher, PlayError> {
        let topic = &channel.topic;
        if self.publishers.get(topic).is_some_and(|publisher| publisher.layout().hash() != layout.hash()) {
            self.publishers.remove(topic); // before the next one: they would not agree
        }
        if !self.publishers.contains_key(topic) {
            let publisher = self.create(channel, layout)?;
            self.publishers.insert(topic.clone(), publisher);
        }
        Ok(self.publishers.get_mut(topic).expect("it was inserted"))
    }

    fn create(&self, channel: &Channel, layout: &Layout) -> Result<Publisher, PlayError> {
        let name = match self.settings.names.get(&channel.topic) {
            Some(name) => name.clone(),
            None => TopicName::new(&channel.topic).map_err(CreateError::from)?,
        };
        let mut builder = Publisher::builder(&name, layout).domain(&self.settings.domain).name("slotcast play");
        if let Some(qos) = channel.qos() {
            builder = builder.depth(qos.depth.max(1)).timestamps(qos.timestamps);
        }
        Ok(builder.create()?)
    }

    fn is_wanted(&self, topic: &str) -> bool {
        self.settings.wanted.as_ref().is_none_or(|wanted| wanted(topic))
    }

    fn count(&mut self, topic: &str) {
        match self.status.topics.get_mut(topic) {
            Some(count) => *count += 1,
            None => drop(self.status.topics.insert(topic.to_owned(), 1)),
        }
    }

    fn refuse(&mut self, topic: &str, reason: &str) {
        if !self.status.refused.contains_key(topic) {
            self.status.refused.insert(topic.to_owned(), reason.to_owned());
        }
    }

    fn why_nothing(&self) -> String {
        match self.status.refused.iter().next() {
            Some((topic, reason)) => format!("topic \"{topic}\": {reason}"),
            None => "there is no message of the wanted topics and times".to_owned(),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
