//! The process that keeps the log.

use super::log::Log;
use super::settings::DurableLogBuilder;
use super::topic::LoggedTopic;
use crate::problems::{self, lock};
use crate::recorder::RecordError;
use slotcast::dynamic::OpenError;
use slotcast::{Observer, TopicName};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often new topics are looked for.
const LOOK: Duration = Duration::from_millis(50);
/// The times between two polls.
const PAUSES: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(1));

/// Keeps everything that is published on topics, for subscribers that come late.
///
/// The messages are in a file of `folder` that has no name: it is gone when the process ends. Of each
/// topic there is one log in a domain. It is served as the service `TOPIC/log`.
///
/// # Examples
///
/// ```
/// use slotcast::Publisher;
/// use slotcast_record::{DurableLog, DurableSubscriber};
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir()?;
/// # let domain = slotcast::testing::TempDomain::new();
/// let log = DurableLog::builder().all().domain(&domain).start(&folder)?;
/// let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).depth(4).create()?;
/// # let mut published = 0;
/// for number in 0..100 {
///     publisher.publish(&number)?;
/// #   published += 1;
/// #   assert!(log.wait_for_messages(published, Duration::from_secs(10)));
/// }
///
/// let mut late = DurableSubscriber::of::<u64>("counter", &domain)?; // in another process
/// for number in 0..100 {
///     let message = late.next_timeout(Duration::from_secs(10))?.expect("it is in the log");
///     assert_eq!(message.sequence(), number);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DurableLog {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// How far a log is; see [`DurableLog::status`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DurableLogStatus {
    /// How many topics it keeps.
    pub topics: usize,
    /// How many messages it has.
    pub messages: u64,
    /// How many bytes these need.
    pub bytes: u64,
    /// How many it has lost, exactly.
    pub lost: u64,
    /// What it does not keep and why, each once.
    pub problems: Vec<String>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    failed: AtomicBool,
    status: Mutex<DurableLogStatus>,
    error: Mutex<Option<RecordError>>,
}

impl DurableLog {
    /// Returns a builder that sets up a log.
    pub fn builder() -> DurableLogBuilder {
        DurableLogBuilder::default()
    }

    /// Returns how far it is.
    pub fn status(&self) -> DurableLogStatus {
        lock(&self.shared.status).clone()
    }

    /// Returns whether it has ended because of an error, which [`finish`](Self::finish) returns.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Waits up to `time` until it has `messages` messages, and returns whether it has.
    pub fn wait_for_messages(&self, messages: u64, time: Duration) -> bool {
        let until = Instant::now().checked_add(time); // none if that is beyond all time
        while self.status().messages < messages {
            if self.has_failed() || until.is_some_and(|until| Instant::now() > until) {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// Ends. Subscribers that need it fail from then on.
    ///
    /// # Errors
    /// When something could not be written or read, now or earlier.
    pub fn finish(mut self) -> Result<DurableLogStatus, RecordError> {
        self.end();
        match lock(&self.shared.error).take() {
            Some(error) => Err(error),
            None => Ok(self.status()),
        }
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a thread that panicked has said so
        }
    }
}

impl DurableLogBuilder {
    /// Starts it. What the topics' publishers have in their rings is the beginning of the log.
    ///
    /// # Errors
    /// When no file can be created in `folder`, or the topics cannot be found.
    pub fn start(self, folder: impl AsRef<Path>) -> Result<DurableLog, RecordError> {
        let folder = folder.as_ref();
        let file = || folder.join("(the log, a file without a name)");
        let log = Log::create(folder).map_err(|reason| RecordError::Create { file: file(), reason })?;
        let shared = Arc::new(Shared::default());
        let (settings, topics) = (self, BTreeMap::new());
        let mut keeper = Keeper { settings, log, file: file(), topics, shared: Arc::clone(&shared) };
        keeper.look()?;
        let thread = thread::Builder::new().name("durable-log".to_owned()).spawn(move || keeper.run());
        Ok(DurableLog { shared, thread: Some(thread.map_err(RecordError::Thread)?) })
    }
}

/// The thread that receives and answers.
struct Keeper {
    settings: DurableLogBuilder,
    log: Log,
    /// What the file is called in errors.
    file: PathBuf,
    topics: BTreeMap<TopicName, LoggedTopic>,
    shared: Arc<Shared>,
}

impl Keeper {
    fn run(mut self) {
        if let Err(error) = self.keep() {
            lock(&self.shared.error).get_or_insert(error);
            self.shared.failed.store(true, Ordering::Release);
        }
    }

    fn keep(&mut self) -> Result<(), RecordError> {
        let (mut look_at, mut pause) = (Instant::now() + LOOK, PAUSES.1);
        while !self.shared.stop.load(Ordering::Acquire) {
            let busy = self.work().map_err(|reason| RecordError::Write {
                file: self.file.clone(),
                bytes: self.log.bytes(),
                reason,
            })?;
            if Instant::now() >= look_at {
                self.look()?;
                look_at = Instant::now() + LOOK;
            }
            self.tell();
            pause = if busy { pause / 2 } else { pause * 5 / 4 };
            pause = pause.clamp(PAUSES.0, PAUSES.1);
            thread::sleep(pause);
        }
        Ok(())
    }

    /// Receives and answers. Returns whether there was much to do.
    fn work(&mut self) -> io::Result<bool> {
        let mut busy = false;
        let Self { log, topics, shared, .. } = self;
        for topic in topics.values_mut() {
            let count = topic.receive(log, |error| shared.problem(error.to_string()))?;
            busy |= topic.answer(log)? || count > 8;
        }
        Ok(busy)
    }

    fn look(&mut self) -> Result<(), RecordError> {
        let Self { settings, topics, shared, .. } = self;
        for name in Observer::new(&settings.domain).topics()? {
            if topics.contains_key(&name) || !settings.wanted.iter().any(|wanted| wanted(&name)) {
                continue;
            }
            match LoggedTopic::new(&name, &settings.domain, settings.lossless) {
                Ok(topic) => drop(topics.insert(name, topic)),
                Err(OpenError::NoPublisher { .. }) => {} // it may be about to come
                Err(error) => shared.problem(error.to_string()),
            }
        }
        Ok(())
    }

    fn tell(&self) {
        let mut status = lock(&self.shared.status);
        status.topics = self.topics.len();
        status.messages = self.topics.values().map(|topic| topic.index.messages).sum();
        status.lost = self.topics.values().map(LoggedTopic::lost).sum();
        status.bytes = self.log.bytes();
    }
}

impl Shared {
    /// Notes a problem, once.
    fn problem(&self, problem: String) {
        let mut status = lock(&self.status);
        problems::note(&mut status.problems, problem);
    }
}

impl Drop for DurableLog {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for DurableLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurableLog").field("status", &self.status()).finish_non_exhaustive()
    }
}
