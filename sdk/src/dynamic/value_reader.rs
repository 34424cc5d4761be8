use super::value_writer::fixed;
use super::{Layout, OpenError, Sample, Subscriber, Value};
use crate::registry::{IntoTopic, PeerName, RegistryError, TopicName};
use crate::subscriber::RecvError;
use crate::value::{self, Version, newest, part_of};
use crate::wait::{Closer, EventFd, Waitable};
use std::fmt;
use std::ops::Deref;
use std::time::{Duration, Instant};

/// Reads a value of any layout: always the newest one, whole.
///
/// For other processes it is a reader like [`ValueReader<T>`](crate::ValueReader). Its layout is that of
/// the writer that is present when it is created, or of the value that one has left, and stays.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Value, ValueReader};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut writer = slotcast::ValueWriter::<f64>::builder("robot/limit").domain(&domain).create()?;
/// writer.set(&1.5)?;
///
/// let mut reader = ValueReader::builder("robot/limit").domain(&domain).create()?;
/// let limit = reader.get()?.expect("it was set");
/// assert_eq!((limit.value()?, limit.version().number()), (Value::F64(1.5), 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ValueReader {
    subscriber: Subscriber,
    /// The newest that was found.
    current: Option<Sample>,
}

/// Sets up a [`ValueReader`]; see [`ValueReader::builder`].
///
/// It has the settings of a typed [`ValueReaderBuilder`](crate::ValueReaderBuilder), and the layout.
pub type ValueReaderBuilder = value::ValueReaderBuilder<Value, Option<Layout>>;

/// A value that was read without a type: a [`Sample`], and what is known of the value.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut writer = slotcast::ValueWriter::<u8>::builder("gear").domain(&domain).create()?;
/// # let mut reader = slotcast::dynamic::ValueReader::builder("gear").domain(&domain).create()?;
/// writer.set(&3)?;
/// let gear = reader.get()?.expect("it was set");
/// assert_eq!(gear.bytes(), [3]);
/// assert!(!gear.is_orphaned());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CurrentValue<'a> {
    sample: &'a Sample,
    subscriber: &'a Subscriber,
}

impl ValueReader {
    /// Returns a builder that sets up a reader.
    pub fn builder(name: impl IntoTopic<Value>) -> ValueReaderBuilder {
        ValueReaderBuilder::new(name.into_topic(), None)
    }

    /// Returns the newest value. Returns `None` if none was ever set, or its writer has ended before
    /// this reader found it. Never waits. Whether its bytes are valid is not checked before
    /// [`Sample::value`].
    ///
    /// # Errors
    /// As [`ValueReader::get`](crate::ValueReader::get).
    pub fn get(&mut self) -> Result<Option<CurrentValue<'_>>, RecvError> {
        self.update()?;
        Ok(self.view())
    }

    /// Returns whether the value is another one than that of `version`. Never waits.
    ///
    /// # Errors
    /// As [`get`](Self::get).
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
    ) -> Result<Option<CurrentValue<'_>>, RecvError> {
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
    fn update(&mut self) -> Result<(), RecvError> {
        if self.subscriber.core.is_unchanged() {
            return Ok(());
        }
        newest::take(|| {
            let found = self.subscriber.try_recv()?;
            let (has_found, unread) = (found.is_some(), self.subscriber.core.skip_to_newest());
            if found.is_some() {
                self.current = found;
            }
            Ok((has_found, unread))
        })
    }

    fn view(&self) -> Option<CurrentValue<'_>> {
        self.current.as_ref().map(|sample| CurrentValue { sample, subscriber: &self.subscriber })
    }

    fn version(&self) -> Option<Version> {
        self.current.as_ref().map(|sample| Version::new(sample.publisher(), sample.sequence()))
    }

    /// Returns the writer that lives, if there is one. Makes some system calls.
    ///
    /// # Errors
    /// As [`Subscriber::publishers`].
    pub fn writer(&mut self) -> Result<Option<PeerName>, RecvError> {
        Ok(self.subscriber.publishers()?.into_iter().next())
    }

    /// Returns whether the writer that has set a value has ended, and its value is
    /// [orphaned](CurrentValue::is_orphaned) or replaced. Makes some system calls.
    pub fn has_ended(&self, version: Version) -> bool {
        !self.subscriber.core.is_alive(version.writer())
    }

    /// Returns a descriptor to wait for. It is readable when the value may have changed, until
    /// [`get`](Self::get) has found nothing new.
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

    /// Returns the layout of the value.
    pub fn layout(&self) -> &Layout {
        self.subscriber.layout()
    }

    /// Returns the topic in which it and its writer meet: its name, and the part `~value`.
    pub fn topic(&self) -> &TopicName {
        self.subscriber.topic()
    }
}

impl ValueReaderBuilder {
    /// Sets the layout of the value, so that it needs neither a writer nor a value yet. By default it is
    /// that of the writer that is present.
    pub fn layout(mut self, layout: &Layout) -> Self {
        self.layout = Some(layout.clone());
        self
    }

    /// Creates the reader.
    ///
    /// # Errors
    /// [`OpenError::NoPublisher`] when there is no writer, no value is left of one, and no layout was
    /// set. Otherwise as for [typed readers](crate::ValueReaderBuilder); also when values of the layout
    /// vary in size.
    pub fn create(self) -> Result<ValueReader, OpenError> {
        let topic = part_of(self.value)?;
        let layout = match self.layout {
            Some(layout) => layout,
            None => Layout::published(topic.clone(), &self.domain)?,
        };
        let builder = Subscriber::builder(fixed(topic, &layout)?).domain(&self.domain).name(&self.name);
        let builder = builder.history(1).wait(self.wait).placement(self.placement).with_kept().layout(&layout);
        Ok(ValueReader { subscriber: builder.create()?, current: None })
    }
}

impl CurrentValue<'_> {
    /// Returns its version.
    pub fn version(&self) -> Version {
        Version::new(self.sample.publisher(), self.sample.sequence())
    }

    /// Returns whether its writer has ended, and no other one has set another value yet. Makes some
    /// system calls.
    pub fn is_orphaned(&self) -> bool {
        !self.subscriber.core.is_alive(self.sample.publisher())
    }
}

impl Deref for CurrentValue<'_> {
    type Target = Sample;

    fn deref(&self) -> &Sample {
        self.sample
    }
}

impl fmt::Debug for CurrentValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CurrentValue").field("version", &self.version()).finish_non_exhaustive()
    }
}

impl Waitable for ValueReader {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.subscriber.event_fd()
    }
}

impl fmt::Debug for ValueReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueReader").field("topic", self.topic()).finish_non_exhaustive()
    }
}
