//! The thread that receives: from all topics, into chunks.

use super::RecordError;
use super::clock::WallClock;
use super::output::Work;
use super::settings::RecorderBuilder;
use super::status::Shared;
use super::topic::{self, Receiving, RecordedTopic};
use crate::file::{Chunk, Stamp};
use crate::ros2::Encoding;
use mcap::records::{Channel, SchemaHeader};
use slotcast::dynamic::{OpenError, Sample};
use slotcast::{Observer, RecvError, TopicName, WaitSet};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How often new topics are looked for.
const RESCAN: Duration = Duration::from_millis(50);
/// From this size on a message becomes a chunk of its own, and is not copied.
const LARGE: usize = 256 << 10;
/// How many messages of a topic are received before the next topic has its turn.
const TURN: u64 = 256;
/// For how long after a message the recorder polls. Meanwhile publishers need not wake it, so it
/// costs them nothing.
const POLLING: Duration = Duration::from_millis(20);
/// The times between two polls.
const PAUSES: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(1));
/// For how long the recorder receives what was published before it was told to end.
const LAST_TURN: Duration = Duration::from_secs(1);

pub(super) struct Intake {
    settings: RecorderBuilder,
    receiving: Receiving,
    topics: BTreeMap<TopicName, RecordedTopic>,
    pub(super) set: WaitSet,
    clock: WallClock,
    chunk: Chunk,
    /// When the first message of the chunk came.
    chunk_since: Instant,
    channels: u16,
    schemas: u16,
    /// What was lost of each topic so far, if anything was.
    losses: BTreeMap<String, u64>,
    are_losses_written: bool,
    works: Sender<Work>,
    used: Receiver<Chunk>,
    shared: Arc<Shared>,
}

impl Intake {
    pub(super) fn new(
        settings: RecorderBuilder,
        set: WaitSet,
        works: Sender<Work>,
        used: Receiver<Chunk>,
        shared: Arc<Shared>,
    ) -> Self {
        let receiving = Receiving { domain: settings.domain.clone(), lossless: settings.lossless };
        Self {
            settings,
            receiving,
            topics: BTreeMap::new(),
            set,
            clock: WallClock::now(),
            chunk: Chunk::default(),
            chunk_since: Instant::now(),
            channels: 0,
            schemas: 0,
            losses: BTreeMap::new(),
            are_losses_written: true,
            works,
            used,
            shared,
        }
    }

    /// Subscribes to the topics that exist.
    pub(super) fn begin(&mut self) -> Result<(), RecordError> {
        self.rescan(self.settings.history)
    }

    /// Records until it is told to stop.
    pub(super) fn run(mut self) {
        if let Err(error) = self.record() {
            self.shared.fail(error);
        }
        let until = Instant::now() + LAST_TURN;
        let _ = self.rescan(true); // a topic may have appeared just before
        while !self.shared.has_failed() && self.receive() > 0 && Instant::now() < until {}
        self.flush();
    }

    fn record(&mut self) -> Result<(), RecordError> {
        let mut rescan_at = Instant::now() + RESCAN;
        let mut last_message = Instant::now();
        let mut pause = PAUSES.0;
        while !self.shared.stop.load(Ordering::Acquire) && !self.shared.has_failed() {
            let fill = self.receive();
            let now = Instant::now();
            if !self.chunk.is_empty() && now >= self.chunk_since + self.settings.chunk_time {
                self.flush();
            }
            if now >= rescan_at {
                self.rescan(true)?;
                rescan_at = Instant::now() + RESCAN;
            }
            if fill > 0 {
                last_message = now;
            }
            pause = match fill {
                0..=125 => pause * 5 / 4,
                126..=250 => pause,
                _ => pause / 2,
            };
            pause = pause.clamp(PAUSES.0, PAUSES.1);
            if now < last_message + POLLING {
                // With a ring a quarter full there is no time to sleep.
                if fill <= 250 {
                    thread::sleep(pause);
                }
            } else {
                let until = if self.chunk.is_empty() { rescan_at } else { self.chunk_since + self.settings.chunk_time };
                self.set.wait_deadline(until.min(rescan_at))?;
            }
        }
        Ok(())
    }

    /// Receives from each topic in turn. Returns how full the fullest ring was at least, in
    /// thousandths.
    fn receive(&mut self) -> u64 {
        let mut fill = 0;
        let mut topics = std::mem::take(&mut self.topics);
        for topic in topics.values_mut() {
            let count = self.receive_from(topic);
            let depth = topic.depth.clamp(1, TURN);
            fill = fill.max((count * 1000).div_ceil(depth));
        }
        self.topics = topics;
        fill
    }

    fn receive_from(&mut self, topic: &mut RecordedTopic) -> u64 {
        let mut count = 0;
        while count < TURN && !self.shared.has_failed() {
            match topic.subscriber.try_recv() {
                Ok(None) => break,
                Ok(Some(sample)) => self.keep(topic, sample),
                Err(error) => self.refused(topic, &error),
            }
            count += 1;
        }
        let lost = topic.lost();
        if lost != topic.status.lost {
            self.losses.insert(topic.name.to_string(), lost);
            self.are_losses_written = false;
        }
        if count > 0 || lost != topic.status.lost {
            topic.status.lost = lost;
            self.shared.topic(topic.name.as_str(), topic.status);
        }
        count
    }

    fn keep(&mut self, topic: &mut RecordedTopic, sample: Sample) {
        let bytes = sample.bytes().len();
        if !self.has_budget(bytes as u64) {
            topic.lost_otherwise += 1;
            return;
        }
        let channel = match topic.channels.get(&sample.publisher()) {
            Some(channel) => *channel,
            None => match self.new_channel(topic, &sample) {
                Some(channel) => channel,
                None => return,
            },
        };
        let logged = self.clock.at(slotcast::now_ns());
        let stamp = Stamp {
            channel,
            #[expect(clippy::cast_possible_truncation, reason = "the format has 32 bits")]
            sequence: sample.sequence() as u32,
            logged,
            published: sample.timestamp().map_or(logged, |time| self.clock.at(time)),
        };
        topic.status.messages += 1;
        topic.status.bytes += bytes as u64;
        if bytes >= LARGE {
            self.flush();
            self.send(Work::Large(stamp, Arc::clone(&topic.encoding), sample));
            return;
        }
        if self.chunk.is_empty() {
            self.chunk_since = Instant::now();
        }
        match topic.encoding.stored(sample.bytes()) {
            Ok((first, second)) => self.chunk.push(stamp, [&first, second]),
            Err(error) => self.shared.problem(format!("topic \"{}\": {error}", topic.name)),
        }
        if self.chunk.len() >= self.settings.chunk_bytes {
            self.flush();
        }
    }

    /// Returns whether so many bytes more may wait to be written. A lossless recorder waits until
    /// they may: its publishers wait, too, and nothing has to be copied.
    fn has_budget(&self, bytes: u64) -> bool {
        let fits = || {
            let backlog = self.shared.backlog();
            let is_in_place = bytes < LARGE as u64 || self.shared.large() < topic::IN_PLACE_LOSSLESS;
            backlog == 0 || backlog + bytes <= self.settings.budget && (is_in_place || !self.settings.lossless)
        };
        while self.settings.lossless && !fits() && !self.shared.has_failed() {
            thread::sleep(PAUSES.1);
        }
        fits()
    }

    /// Begins the channel of a publisher.
    fn new_channel(&mut self, topic: &mut RecordedTopic, sample: &Sample) -> Option<u16> {
        let Some(next) = self.channels.checked_add(1) else {
            self.shared.problem(format!(
                "topic \"{}\": a publisher is not recorded, because the recording has 65535 others already: \
                 begin another one",
                topic.name
            ));
            topic.lost_otherwise += 1;
            return None;
        };
        let metadata = topic.describe(sample.publisher(), &self.settings.domain);
        let (id, schema_id) = (self.channels, topic.schema);
        self.channels = next;
        topic.channels.insert(sample.publisher(), id);
        let message_encoding = topic.encoding.messages.to_owned();
        self.send(Work::Channel(Channel { id, schema_id, topic: topic.name.to_string(), message_encoding, metadata }));
        Some(id)
    }

    /// Handles a publisher that cannot be read.
    fn refused(&mut self, topic: &mut RecordedTopic, error: &RecvError) {
        if matches!(error, RecvError::Mismatch(_)) {
            // The topic has another layout now, or is about to have one.
            match self.receiving.subscribe(&topic.name, true) {
                Ok(subscriber) if subscriber.layout().hash() != topic.layout().hash() => {
                    if let Some(mut next) = self.recorded(subscriber) {
                        next.succeed(topic, &mut self.set);
                        *topic = next;
                        return;
                    }
                }
                _ => {}
            }
        }
        self.shared.problem(error.to_string());
    }

    /// Looks for new topics.
    fn rescan(&mut self, from_beginning: bool) -> Result<(), RecordError> {
        let names = Observer::new(&self.settings.domain).topics()?;
        for name in names {
            if self.topics.contains_key(&name) || !self.settings.wanted.iter().any(|wanted| wanted(&name)) {
                continue;
            }
            match self.receiving.subscribe(&name, from_beginning) {
                Ok(subscriber) => {
                    if let Some(topic) = self.recorded(subscriber) {
                        self.shared.topic(name.as_str(), topic.status);
                        self.topics.insert(name, topic);
                    }
                }
                // Its publisher may be about to come.
                Err(OpenError::NoPublisher { .. }) => {}
                Err(error) => self.shared.problem(error.to_string()),
            }
        }
        Ok(())
    }

    /// Begins to record a topic, and defines the type of its messages.
    fn recorded(&mut self, subscriber: slotcast::dynamic::Subscriber) -> Option<RecordedTopic> {
        let encoding = Encoding::of(subscriber.layout());
        let Some(id) = self.schemas.checked_add(1) else {
            let topic = subscriber.topic();
            self.shared.problem(format!("topic \"{topic}\" is not recorded: the file has 65535 types already"));
            return None;
        };
        if let Some(reason) = &encoding.not_ros {
            let topic = subscriber.topic();
            self.shared
                .problem(format!("topic \"{topic}\" is stored in an encoding that only slotcast reads: {reason}"));
        }
        self.schemas = id;
        let header = SchemaHeader { id, name: encoding.name.clone(), encoding: encoding.schema.to_owned() };
        let text = encoding.text.clone();
        match RecordedTopic::new(subscriber, id, encoding, &mut self.set) {
            Ok(topic) => {
                self.send(Work::Schema(header, text));
                Some(topic)
            }
            Err(error) => {
                self.shared.problem(error.to_string());
                None
            }
        }
    }

    /// Hands the chunk over to be written, and with it what was lost since the last one.
    fn flush(&mut self) {
        if !std::mem::replace(&mut self.are_losses_written, true) {
            self.send(Work::Losses(self.losses.clone()));
        }
        if !self.chunk.is_empty() {
            let next = self.used.try_recv().unwrap_or_default();
            let chunk = std::mem::replace(&mut self.chunk, next);
            self.send(Work::Chunk(chunk));
        }
    }

    fn send(&self, work: Work) {
        self.shared.add(&work);
        let _ = self.works.send(work); // if nobody writes any more, there is an error
    }
}
