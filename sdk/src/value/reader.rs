use super::{Value, ValueReaderBuilder, Version, newest};
use crate::endpoint::CreateError;
use crate::registry::{IntoTopic, PeerName, RegistryError, TopicName};
use crate::schema::ShmMessage;
use crate::subscriber::{RecvError, Sample, Subscriber};
use crate::wait::{Closer, EventFd, Waitable};
use std::fmt;
use std::time::{Duration, Instant};

/// Reads a value that a [`ValueWriter`](super::ValueWriter) sets: always the newest one, whole.
///
/// Reading waits for nobody, and no writer notices. A value of up to 1024 bytes is copied; a larger
/// one is read where its writer has written it. What was read stays if the writer ends. See
/// [`survives_writer`](super::ValueWriterBuilder::survives_writer) for readers that come after that.
///
/// It can move between threads; one thread at a time uses it.
///
/// # Examples
///
/// ```
/// use slotcast::{ValueReader, ValueWriter};
/// use std::time::Duration;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut reader = ValueReader::<f64>::builder("robot/limit").domain(&domain).create()?;
/// assert!(reader.get()?.is_none(), "nobody has set it yet");
///
/// let mut writer = ValueWriter::<f64>::builder("robot/limit").domain(&domain).create()?;
/// writer.set(&1.5)?;
/// let limit = reader.get()?.expect("it was set");
/// assert_eq!(*limit, 1.5);
///
/// let version = limit.version();
/// writer.set(&2.5)?;
/// let limit = reader.wait_for_change(version, Duration::from_secs(1))?.expect("it has changed");
/// assert_eq!(*limit, 2.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ValueReader<T: ShmMessage> {
    pub(super) subscriber: Subscriber<T>,
    /// The newest that was found.
    pub(super) current: Option<Sample<T>>,
}

impl<T: ShmMessage> ValueReader<T> {
    /// Creates a reader with default settings in the default domain.
    ///
    /// # Errors
    /// As [`ValueReaderBuilder::create`].
    pub fn new(name: impl IntoTopic<T>) -> Result<Self, CreateError> {
        Self::builder(name).create()
    }

    /// Sets up a reader.
    pub fn builder(name: impl IntoTopic<T>) -> ValueReaderBuilder<T> {
        ValueReaderBuilder::new(name.into_topic(), ())
    }

    /// Returns the newest value. Returns `None` if none was ever set, or its writer has ended before
    /// this reader found it. Never waits.
    ///
    /// # Errors
    /// What has come up since the last call, once: another layout, memory that cannot be used, an
    /// invalid value. See [`RecvError`]. The next call returns the newest value that can be used.
    #[inline]
    pub fn get(&mut self) -> Result<Option<Value<'_, T>>, RecvError> {
        self.update()?;
        Ok(self.view())
    }

    /// Returns whether the value is another one than that of `version`. Never waits.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[inline]
    pub fn changed_since(&mut self, version: Version) -> Result<bool, RecvError> {
        self.update()?;
        Ok(self.version() != Some(version))
    }

    /// Returns the newest value as soon as it is another one than that of `since`: `None` is not to
    /// have seen any. Waits for that up to `timeout`, then returns `None`.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`RecvError::Closed`] if a [`closer`](Self::closer) has ended the wait.
    pub fn wait_for_change(
        &mut self,
        since: impl Into<Option<Version>>,
        timeout: Duration,
    ) -> Result<Option<Value<'_, T>>, RecvError> {
        let (since, deadline) = (since.into(), Instant::now().checked_add(timeout));
        loop {
            self.update()?;
            if self.version() != since {
                return Ok(self.view());
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            match self.subscriber.recv_timeout(left)? {
                Some(sample) => self.current = Some(sample),
                None => return Ok(None),
            }
        }
    }

    /// Takes what is newer than the current value.
    #[inline]
    pub(crate) fn update(&mut self) -> Result<(), RecvError> {
        if self.subscriber.is_unchanged() { Ok(()) } else { self.take_newest() }
    }

    #[inline(never)]
    fn take_newest(&mut self) -> Result<(), RecvError> {
        newest::take(|| {
            let found = self.subscriber.try_recv()?;
            let (has_found, unread) = (found.is_some(), self.subscriber.skip_to_newest());
            if found.is_some() {
                self.current = found;
            }
            Ok((has_found, unread))
        })
    }

    #[inline]
    pub(crate) fn view(&self) -> Option<Value<'_, T>> {
        self.current.as_ref().map(|sample| Value { sample, subscriber: &self.subscriber })
    }

    #[inline]
    pub(crate) fn version(&self) -> Option<Version> {
        self.current.as_ref().map(|sample| Version::new(sample.publisher(), sample.sequence()))
    }

    /// Fails if waits were ended from elsewhere.
    #[cfg(feature = "tokio")]
    pub(crate) fn check_open(&self) -> Result<(), RecvError> {
        self.subscriber.check_open()
    }

    /// Returns what is reported if the descriptor cannot be waited for.
    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> RecvError {
        self.subscriber.cannot_wait(reason)
    }

    /// Returns the writer that lives, if there is one. Makes some system calls.
    ///
    /// # Errors
    /// As [`Subscriber::publishers`].
    pub fn writer(&mut self) -> Result<Option<PeerName>, RecvError> {
        Ok(self.subscriber.publishers()?.into_iter().next())
    }

    /// Returns a descriptor to wait for, with `poll`, `epoll` or a [`WaitSet`](crate::WaitSet). It is
    /// readable when the value may have changed, until [`get`](Self::get) has found nothing new.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.subscriber.event_fd()
    }

    /// Returns a handle that ends waits of this reader from elsewhere.
    pub fn closer(&self) -> Closer {
        self.subscriber.closer()
    }

    /// Returns the topic in which it and its writer meet: its name, and the part `~value`.
    pub fn topic(&self) -> &TopicName {
        self.subscriber.topic()
    }
}

impl<T: ShmMessage> Waitable for ValueReader<T> {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.subscriber.event_fd()
    }
}

impl<T: ShmMessage> fmt::Debug for ValueReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueReader").field("topic", self.topic()).finish_non_exhaustive()
    }
}
