//! Files while they are played.

use super::played::Played;
use super::rest::Rest;
use super::timeline::{PlayedClock, Timeline};
use super::{Flow, PlayError, PlayStatus, PlayerBuilder, nanoseconds};
use crate::channel::Channel;
use crate::recording::{Message, Recording};
use slotcast::dynamic::{Layout, Publisher};
use slotcast::{CreateError, TopicName};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// The topic of a publisher and its identity, both as they were recorded.
type Recorded = (String, String);

pub(super) struct Playing<W> {
    settings: PlayerBuilder,
    wait: W,
    publishers: HashMap<Recorded, Played>,
    status: PlayStatus,
    timeline: Option<Timeline>,
    clock: Option<PlayedClock>,
    /// In lockstep.
    rest: Option<Rest>,
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
        let rest = settings.lockstep.map(|timeout| Rest::new(&settings.domain, timeout));
        let (publishers, status) = (HashMap::new(), PlayStatus::default());
        Self { settings, wait, publishers, status, timeline: None, clock: None, rest }
    }

    /// Plays files, and begins again if this is wanted.
    pub(super) fn all(mut self, files: &[PathBuf]) -> Result<PlayStatus, PlayError> {
        let first = files.first().ok_or(PlayError::NoFile)?;
        for file in files {
            self.announce(file)?;
        }
        self.wait_for_subscribers()?;
        loop {
            if let Some(timeline) = self.timeline.take() {
                (self.settings.rate, self.settings.paused) = timeline.pace();
            }
            self.status.damage.clear(); // the same each time
            self.publishers.values_mut().for_each(|played| played.last = None);
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

    /// Creates the first publisher of each topic of a finished file, so that subscribers find it
    /// before the first message. Others come with their first message, as they did.
    fn announce(&mut self, file: &PathBuf) -> Result<(), PlayError> {
        let recording = Recording::open(file)?;
        let channels: Vec<Arc<Channel>> = recording.channels().map(|(_, channel)| Arc::clone(channel)).collect();
        for channel in &channels {
            if let Some(layout) = channel.layout()
                && self.is_wanted(&channel.topic)
                && !self.publishers.keys().any(|(topic, _)| *topic == channel.topic)
            {
                self.publisher(channel, layout)?;
            }
        }
        Ok(())
    }

    fn wait_for_subscribers(&mut self) -> Result<(), PlayError> {
        for Played { publisher, .. } in self.publishers.values_mut() {
            publisher.wait_for_subscribers(self.settings.wait_for, self.settings.patience)?;
        }
        Ok(())
    }

    fn once(&mut self, files: &[PathBuf]) -> Result<Ended, PlayError> {
        for file in files {
            let mut recording = Recording::open(file)?;
            let mut ended = Ended::AtEnd;
            loop {
                if let Some(timeline) = &self.timeline {
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
        if self.timeline.is_none() && !self.begin(message.log_time.saturating_add(start))? {
            return Ok(false);
        }
        let Some(timeline) = &mut self.timeline else { return Ok(false) };
        if message.log_time < timeline.first && start > 0 {
            return Ok(true);
        }
        if message.log_time < timeline.last {
            self.status.backwards += 1;
        }
        timeline.last = timeline.last.max(message.log_time);
        let time = timeline.last;
        if self.is_over() {
            return Ok(false);
        }
        if !self.is_wanted(&message.channel.topic) {
            return Ok(true);
        }
        if !self.wait_until_due(message.log_time)? || !self.tell_time(time)? {
            return Ok(false);
        }
        self.publish(message)?;
        self.wait_for_rest()
    }

    /// Begins with a time of the recording. Returns whether to go on.
    fn begin(&mut self, first: u64) -> Result<bool, PlayError> {
        let is_lockstep = self.rest.is_some();
        match &mut self.clock {
            Some(clock) => drop(clock.set(first)?),
            None if self.settings.clock || is_lockstep => {
                self.clock = Some(PlayedClock::start(&self.settings.domain, first, is_lockstep)?);
            }
            None => {}
        }
        let go_on = self.wait_for_rest()?;
        self.timeline = Some(Timeline::new(first, self.settings.rate, self.settings.paused));
        Ok(go_on)
    }

    /// Sets the time of the domain to that of the next message. Returns whether to go on.
    fn tell_time(&mut self, time: u64) -> Result<bool, PlayError> {
        if let Some(timeline) = &mut self.timeline {
            timeline.played(time);
        }
        let Some(clock) = &mut self.clock else { return Ok(true) };
        // Programs that have slept until then act before the message comes.
        if clock.set(time)? { self.wait_for_rest() } else { Ok(true) }
    }

    /// In lockstep, waits until all that follows from what was played is done. Returns whether to go
    /// on.
    fn wait_for_rest(&mut self) -> Result<bool, PlayError> {
        let Some(rest) = &mut self.rest else { return Ok(true) };
        rest.wait(|| match (self.wait)(Instant::now()) {
            Flow::Stop => true,
            Flow::GoOn => false,
            flow => {
                if let Some(timeline) = &mut self.timeline {
                    timeline.follow(flow, timeline.last);
                }
                false
            }
        })
    }

    /// Returns whether to go on.
    fn wait_until_due(&mut self, time: u64) -> Result<bool, PlayError> {
        loop {
            let Some(timeline) = &mut self.timeline else { return Ok(true) };
            if let Some(clock) = &mut self.clock {
                clock.run(timeline, time)?;
            }
            match (self.wait)(timeline.due(time)) {
                Flow::GoOn => return Ok(true),
                Flow::Stop => return Ok(false),
                flow => timeline.follow(flow, time),
            }
        }
    }

    fn publish(&mut self, message: &Message<'_>) -> Result<(), PlayError> {
        let channel = message.channel;
        let (Some(layout), Some(bytes)) = (channel.layout(), message.bytes()) else {
            self.refuse(&channel.topic, channel.why_no_layout().unwrap_or_default());
            return Ok(());
        };
        let has_gaps = self.settings.gaps && channel.publisher().is_some();
        let published = match bytes {
            Ok(bytes) => {
                let played = self.publisher(channel, layout)?;
                let gap = if has_gaps { played.gap_before(message.sequence) } else { 0 };
                let published = played.publisher.skip(gap).and_then(|()| played.publisher.publish_bytes(&bytes));
                published.map(|_| gap).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        match published {
            Ok(gap) => {
                self.count(&channel.topic);
                self.status.skipped += gap;
            }
            Err(error) => self.refuse(&channel.topic, &error),
        }
        Ok(())
    }

    /// Returns the publisher for the messages of a channel. A topic has one layout at a time.
    fn publisher(&mut self, channel: &Channel, layout: &Layout) -> Result<&mut Played, PlayError> {
        let recorded = (channel.topic.clone(), channel.publisher().unwrap_or_default().to_owned());
        if self.publishers.get(&recorded).is_none_or(|played| played.publisher.layout().hash() != layout.hash()) {
            // Before the next one, as they would not agree.
            self.publishers.retain(|(topic, _), played| {
                *topic != channel.topic || played.publisher.layout().hash() == layout.hash()
            });
            let publisher = self.create(channel, layout)?;
            self.publishers.insert(recorded.clone(), Played { publisher, last: None });
        }
        Ok(self.publishers.get_mut(&recorded).expect("it was inserted"))
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
        if let Some(timeout) = self.settings.lockstep {
            builder = builder.lossless(timeout);
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
