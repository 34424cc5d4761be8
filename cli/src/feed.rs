//! One topic that is followed: waited for, read, and read again after it has ended and come back.

use crate::context::Context;
use anyhow::{Result, anyhow};
use slotcast::dynamic::{Layout, OpenError, Sample};
use slotcast::observer::Reader;
use slotcast::registry::{Role, TopicView};
use slotcast::{RecvError, TopicName};
use std::time::{Duration, Instant};

/// How often it is checked whether a topic exists by now.
const OPEN_AGAIN: Duration = Duration::from_millis(50);
/// How often it is checked how many messages publishers keep.
const DEPTH_AGAIN: Duration = Duration::from_secs(1);

/// What to begin with.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    /// Up to this many earlier messages of each publisher.
    pub(crate) history: u64,
    /// Whether only the newest message is read, and older ones are skipped.
    pub(crate) latest: bool,
}

/// One topic that is followed.
pub(crate) struct Feed {
    topic: TopicName,
    start: Start,
    reader: Option<Reader>,
    open_at: Instant,
    depth: u64,
    depth_at: Instant,
    /// Whether a publisher has come whose messages have another layout.
    is_replaced: bool,
    /// Lost and skipped by earlier readers.
    before: (u64, u64),
}

/// What comes next.
pub(crate) enum Next {
    /// Nothing now.
    None,
    /// The topic is read from here on. Its messages have this layout, which differs from the last
    /// one only if all its publishers were replaced.
    Opened(Layout),
    Message(Sample),
    /// An error of one publisher. Others are still read.
    Error(RecvError),
}

impl Feed {
    /// Follows a topic, which may not exist yet.
    pub(crate) fn new(topic: TopicName, start: Start) -> Self {
        let now = Instant::now();
        Self { topic, start, reader: None, open_at: now, depth: 1, depth_at: now, is_replaced: false, before: (0, 0) }
    }

    /// Returns the topic's name.
    pub(crate) fn topic(&self) -> &TopicName {
        &self.topic
    }

    /// Returns the next message or event. Never waits.
    ///
    /// # Errors
    /// When the topic exists and cannot be read.
    pub(crate) fn next(&mut self, context: &Context, now: Instant) -> Result<Next> {
        let Some(reader) = &mut self.reader else { return self.open(context, now) };
        match reader.try_recv() {
            Ok(Some(sample)) => Ok(Next::Message(sample)),
            Ok(None) if self.is_replaced && reader.publishers().is_empty() => self.open_anew(context, now),
            Ok(None) => {
                if now >= self.depth_at {
                    self.depth = depth(context, &self.topic).unwrap_or(self.depth);
                    self.depth_at = now + DEPTH_AGAIN;
                }
                Ok(Next::None)
            }
            Err(error) => {
                self.is_replaced |= matches!(error, RecvError::Mismatch(_));
                if self.is_replaced && reader.publishers().is_empty() {
                    return self.open_anew(context, now);
                }
                Ok(Next::Error(error))
            }
        }
    }

    /// Reads the messages of those that have replaced all publishers, as they are.
    fn open_anew(&mut self, context: &Context, now: Instant) -> Result<Next> {
        self.before = (self.lost(), self.skipped());
        self.reader = None;
        self.is_replaced = false;
        self.begin_with_all();
        self.open_at = now;
        self.open(context, now)
    }

    fn open(&mut self, context: &Context, now: Instant) -> Result<Next> {
        if now < self.open_at {
            return Ok(Next::None);
        }
        self.open_at = now + OPEN_AGAIN;
        let opened = match context.observer().topic(&self.topic)? {
            None => None,
            Some(topic) => match topic.read(self.start.history) {
                Ok(reader) => Some(reader),
                Err(OpenError::NoPublisher { .. }) => None,
                Err(error) => return Err(anyhow!("{error}")),
            },
        };
        let Some(reader) = opened else {
            // Whatever is published once it exists is new.
            self.begin_with_all();
            return Ok(Next::None);
        };
        let reader = if self.start.latest { reader.latest() } else { reader };
        let layout = reader.layout().clone();
        self.reader = Some(reader);
        self.depth = depth(context, &self.topic).unwrap_or(1);
        self.depth_at = now + DEPTH_AGAIN;
        Ok(Next::Opened(layout))
    }

    fn begin_with_all(&mut self) {
        self.start.history = u64::MAX;
    }

    /// Returns how many messages the publisher keeps that keeps the fewest.
    pub(crate) fn depth(&self) -> u64 {
        self.depth
    }

    /// Returns how many messages were lost so far.
    pub(crate) fn lost(&self) -> u64 {
        self.before.0.saturating_add(self.reader.as_ref().map_or(0, Reader::lost))
    }

    /// Returns how many messages were skipped so far, because only the newest was asked for.
    pub(crate) fn skipped(&self) -> u64 {
        self.before.1.saturating_add(self.reader.as_ref().map_or(0, Reader::skipped))
    }
}

/// Returns the least depth of a topic's living publishers.
fn depth(context: &Context, topic: &TopicName) -> Option<u64> {
    let view = TopicView::open(&context.domain, topic).ok()??;
    let names = view.names(Role::Publisher).ok()?;
    let live = names.iter().filter_map(|name| view.peer(name).ok()?.live());
    live.map(|peer| peer.qos.depth).min()
}
