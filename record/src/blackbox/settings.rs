//! What a black box keeps, and when it writes.

use crate::file::Compression;
use slotcast::dynamic::Sample;
use slotcast::{Domain, TopicName};
use std::fmt;
use std::time::Duration;

/// Sets up a [`BlackBox`](super::BlackBox); see [`BlackBox::builder`](super::BlackBox::builder).
pub struct BlackBoxBuilder {
    pub(super) domain: Domain,
    pub(super) wanted: Vec<Wanted>,
    pub(super) before: Option<Duration>,
    pub(super) after: Duration,
    pub(super) memory: u64,
    pub(super) compression: Compression,
    pub(super) on_crash: bool,
    pub(super) on_stop: bool,
    pub(super) on_message: Vec<OnMessage>,
}

pub(super) type Wanted = Box<dyn Fn(&TopicName) -> bool + Send>;
pub(super) type OnMessage = Box<dyn FnMut(&TopicName, &Sample) -> Option<String> + Send>;

impl Default for BlackBoxBuilder {
    fn default() -> Self {
        Self {
            domain: Domain::default(),
            wanted: Vec::new(),
            before: None,
            after: Duration::from_secs(1),
            memory: 256 << 20,
            compression: Compression::default(),
            on_crash: false,
            on_stop: false,
            on_message: Vec::new(),
        }
    }
}

impl BlackBoxBuilder {
    /// Sets the domain. By default that of all programs of this user.
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Watches all topics, also those that appear later.
    pub fn all(self) -> Self {
        self.topics(|_| true)
    }

    /// Watches the topics for which `wanted` returns `true`, also those that appear later.
    pub fn topics(mut self, wanted: impl Fn(&TopicName) -> bool + Send + 'static) -> Self {
        self.wanted.push(Box::new(wanted));
        self
    }

    /// Keeps what was published in so much time before something happens. Messages are copied for that,
    /// into as much [`memory`](Self::memory) as is given.
    ///
    /// By default nothing is copied: what is written are the messages that publishers have in their
    /// rings then, which are as many as their depth, however long ago they were published.
    pub fn before(mut self, time: Duration) -> Self {
        self.before = Some(time);
        self
    }

    /// Sets for how long messages are written after something has happened. By default 1 s. What happens
    /// meanwhile is written to the same file, and makes it that much longer.
    pub fn after(mut self, time: Duration) -> Self {
        self.after = time;
        self
    }

    /// Sets how many bytes of messages are kept at most, and wait to be written at most. By default 256
    /// MiB. If that is less than was published in the time before, the oldest messages are left out, and
    /// the [report](super::IncidentReport) says how far it reaches.
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Sets how messages are compressed. By default with LZ4; those of 256 KiB and more are stored as
    /// they are.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Writes when an endpoint of a topic dies: its process was killed, has crashed, or has ended without
    /// dropping it.
    pub fn on_crash(mut self) -> Self {
        self.on_crash = true;
        self
    }

    /// Writes when a publisher of a topic leaves in order, is stopped (`SIGSTOP`), or shows no sign of
    /// life within the interval that it has promised.
    pub fn on_stop(mut self) -> Self {
        self.on_stop = true;
        self
    }

    /// Writes when a message is received for which `wanted` returns a reason. Can be called several
    /// times.
    pub fn on_message(mut self, wanted: impl FnMut(&TopicName, &Sample) -> Option<String> + Send + 'static) -> Self {
        self.on_message.push(Box::new(wanted));
        self
    }
}

impl fmt::Debug for BlackBoxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, before, after, .. } = self;
        f.debug_struct("BlackBoxBuilder")
            .field("domain", domain)
            .field("before", before)
            .field("after", after)
            .finish_non_exhaustive()
    }
}
