//! How files are played.

use super::{Flow, PlayError, PlayStatus, Playing};
use slotcast::{Domain, TopicName};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Sets up a [`Player`](super::Player); see [`Player::builder`](super::Player::builder).
pub struct PlayerBuilder {
    pub(super) domain: Domain,
    pub(super) rate: f64,
    pub(super) start: Duration,
    pub(super) duration: Option<Duration>,
    pub(super) repeat: bool,
    pub(super) paused: bool,
    pub(super) clock: bool,
    pub(super) gaps: bool,
    pub(super) lockstep: Option<Duration>,
    pub(super) wanted: Option<Wanted>,
    pub(super) names: BTreeMap<String, TopicName>,
    pub(super) wait_for: usize,
    pub(super) patience: Duration,
    pub(super) keep_alive: Duration,
}

type Wanted = Box<dyn Fn(&str) -> bool>;

impl Default for PlayerBuilder {
    fn default() -> Self {
        Self {
            domain: Domain::default(),
            rate: 1.0,
            start: Duration::ZERO,
            duration: None,
            repeat: false,
            paused: false,
            clock: false,
            gaps: false,
            lockstep: None,
            wanted: None,
            names: BTreeMap::new(),
            wait_for: 0,
            patience: Duration::MAX,
            keep_alive: Duration::from_millis(300),
        }
    }
}

impl PlayerBuilder {
    /// Sets the domain. By default that of all programs of this user.
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.domain = domain.clone();
        self
    }

    /// Sets how fast files are played: 2.0 is twice as fast as they were recorded. By default 1.0.
    /// Infinity plays them without any pause.
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// Leaves out what was recorded before so much time had passed.
    pub fn start(mut self, time: Duration) -> Self {
        self.start = time;
        self
    }

    /// Ends after so much time of the recording.
    pub fn duration(mut self, time: Duration) -> Self {
        self.duration = Some(time);
        self
    }

    /// Begins again at the end, for ever.
    pub fn repeat(mut self) -> Self {
        self.repeat = true;
        self
    }

    /// Begins paused: see [`Flow::Resume`] and [`play_with`](Self::play_with).
    pub fn paused(mut self) -> Self {
        self.paused = true;
        self
    }

    /// Says what time it was, to every [`Clock`](slotcast::Clock) of the domain: the time of the
    /// recording, with its rate and pauses. It stops at the time of the next message until that is
    /// published. Two players cannot do that in one domain.
    pub fn clock(mut self) -> Self {
        self.clock = true;
        self
    }

    /// Leaves out as many sequences of each publisher as the recording lacks between two of its
    /// messages, so that subscribers count the same losses as the recorder. By default messages are
    /// numbered one after the other.
    pub fn gaps(mut self) -> Self {
        self.gaps = true;
        self
    }

    /// Plays in lockstep: a message is published only after all that follows from the one before is
    /// done, so that the same programs do the same each time. There are no pauses, unless
    /// [`rate`](Self::rate) is called after this.
    ///
    /// For each message, in the order of the file across topics, it sets the time of the domain as
    /// [`clock`](Self::clock) does, but in steps. It then publishes losslessly. After either it waits,
    /// up to `timeout` each time, until all of the following is true at once:
    ///
    /// - Every subscriber of the domain, whether lossless or not, has read every message.
    /// - No thread of any other process that has an endpoint in the domain runs, and none has run while
    ///   this was checked.
    ///
    /// So the outputs of a stage are read by the next stages before the next message comes. For this the
    /// programs have to wait asleep for messages, as they do by default: not spinning, nor asleep in the
    /// midst of processing one. Time is to come from [`Clock`](slotcast::Clock), and each topic that is
    /// to have an order needs one publisher. Threads of this process are not looked at.
    pub fn lockstep(mut self, timeout: Duration) -> Self {
        self.lockstep = Some(timeout);
        self.rate = f64::INFINITY;
        self
    }

    /// Plays only the topics for which `wanted` returns `true`: they have the names that they had
    /// when they were recorded.
    pub fn topics(mut self, wanted: impl Fn(&str) -> bool + 'static) -> Self {
        self.wanted = Some(Box::new(wanted));
        self
    }

    /// Publishes what was recorded of a topic on another one.
    pub fn remap(mut self, recorded: &str, played: &TopicName) -> Self {
        self.names.insert(recorded.to_owned(), played.clone());
        self
    }

    /// First waits, up to `time`, until each topic that is known at the beginning has `subscribers`
    /// subscribers. By default it waits for none.
    pub fn wait_for_subscribers(mut self, subscribers: usize, time: Duration) -> Self {
        self.wait_for = subscribers;
        self.patience = time;
        self
    }

    /// Sets how long publishers stay after the last message, so that others find it. By default
    /// 0.3 s.
    pub fn keep_alive(mut self, time: Duration) -> Self {
        self.keep_alive = time;
        self
    }

    /// Plays files, one after the other, and returns what was published.
    ///
    /// # Errors
    /// When a file cannot be read, a publisher cannot be created, or nothing can be played.
    pub fn play<P: AsRef<Path>>(self, files: impl IntoIterator<Item = P>) -> Result<PlayStatus, PlayError> {
        self.play_with(files, |until| {
            if let Some(time) = until.checked_duration_since(Instant::now()) {
                thread::sleep(time);
            }
            Flow::GoOn
        })
    }

    /// Plays files like [`play`](Self::play). `wait` is called before each message with the time at
    /// which it is due: it waits, and says how to go on.
    ///
    /// # Errors
    /// As [`play`](Self::play).
    pub fn play_with<P: AsRef<Path>>(
        self,
        files: impl IntoIterator<Item = P>,
        wait: impl FnMut(Instant) -> Flow,
    ) -> Result<PlayStatus, PlayError> {
        let files: Vec<_> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
        Playing::new(self, wait).all(&files)
    }
}

impl fmt::Debug for PlayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlayerBuilder").field("domain", &self.domain).field("rate", &self.rate).finish_non_exhaustive()
    }
}
