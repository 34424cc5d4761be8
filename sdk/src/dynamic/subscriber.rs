use super::{Layout, OpenError, Sample, Value};
use crate::endpoint::{CreateError, used_by_one_thread_at_a_time};
use crate::membership::{Membership, MembershipError};
use crate::record::{Checked, RawSample};
use crate::registry::{IntoTopic, PeerName, RegistryError, TopicName};
use crate::shm::Content;
use crate::subscriber::{self, Messages, RecvError, SourceStatus, SubscriberCore};
use crate::wait::{Closer, EventFd, Waitable};
use std::fmt;
use std::time::{Duration, Instant};

/// Receives messages of any layout from all publishers of a topic.
///
/// For other processes it is a subscriber like [`Subscriber<T>`](crate::Subscriber). Its layout is
/// that of the publishers that are present when it is created, and stays. When they all leave, and
/// others join with another layout, those are reported as [`RecvError::Mismatch`]: create a new
/// subscriber then.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Subscriber, Value};
/// use slotcast::{Publisher, ShmMessage};
///
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Imu {
///     stamp_ns: u64,
///     accel: [f64; 3],
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut publisher = Publisher::<Imu>::builder("robot/imu").domain(&domain).create()?;
/// let mut subscriber = Subscriber::builder("robot/imu").domain(&domain).create()?;
/// publisher.publish(&Imu { stamp_ns: 1, accel: [0.0, 0.0, 9.81] })?;
/// let value = subscriber.recv()?.value()?;
/// assert_eq!(value.get("accel[2]"), Some(&Value::F64(9.81)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Subscriber {
    pub(super) core: SubscriberCore,
    pub(super) layout: Layout,
    /// The size of what a cell of a ring contains, in bytes.
    pub(super) payload: usize,
    /// The size of each message in bytes, if it is fixed.
    fixed_size: Option<usize>,
    /// Why messages cannot be seen while they are written, if so.
    pub(super) not_partial: Option<&'static str>,
}

used_by_one_thread_at_a_time!(Subscriber);

/// Sets up a [`Subscriber`]; see [`Subscriber::builder`].
///
/// It has the settings of a typed [`SubscriberBuilder`](crate::SubscriberBuilder), and the layout.
pub type SubscriberBuilder = subscriber::SubscriberBuilder<Value, (), Option<Layout>>;

impl Subscriber {
    /// Creates a subscriber with default settings in the default domain. Its layout is that of a
    /// publisher that is present.
    ///
    /// # Errors
    /// [`OpenError::NoPublisher`] when there is none; otherwise as
    /// [`Subscriber::new`](crate::Subscriber::new).
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # // SAFETY: no other thread runs.
    /// # unsafe { std::env::set_var("SLOTCAST_ROOT", folder.path().join("root")) };
    /// # let mut publisher = slotcast::Publisher::<u64>::new("robot/imu")?;
    /// let mut subscriber = slotcast::dynamic::Subscriber::new("robot/imu")?;
    /// # publisher.publish(&1)?;
    /// println!("{}", subscriber.recv()?.value()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(topic: impl IntoTopic<Value>) -> Result<Self, OpenError> {
        Self::builder(topic).create()
    }

    /// Returns a builder that sets up a subscriber.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::dynamic::{Layout, Subscriber};
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let builder = Subscriber::builder("counter").domain(&domain);
    /// let subscriber = builder.layout(&Layout::of::<u64>()?).history(10).create()?;
    /// # drop(subscriber);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(topic: impl IntoTopic<Value>) -> SubscriberBuilder {
        SubscriberBuilder::new(topic.into_topic(), None)
    }

    /// Returns the next message, if there is one; see
    /// [`Subscriber::try_recv`](crate::Subscriber::try_recv). Whether its bytes are valid is not
    /// checked before [`Sample::value`].
    ///
    /// # Errors
    /// See [`RecvError`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, dynamic::Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::builder("counter").domain(&domain).create()?;
    /// # publisher.publish(&1)?;
    /// while let Some(sample) = subscriber.try_recv()? {
    ///     println!("{}: {}", sample.sequence(), sample.value()?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<Option<Sample>, RecvError> {
        let next = with_known_size!(self.payload, |size| self.core.try_next(size));
        self.sample(next)
    }

    /// Returns the next message; waits for it. See [`Subscriber::recv`](crate::Subscriber::recv).
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv(&mut self) -> Result<Sample, RecvError> {
        loop {
            let next = self.core.wait_next(None);
            if let Some(sample) = self.sample(next)? {
                return Ok(sample);
            }
        }
    }

    /// Returns the next message; waits for it up to `time`. Returns `None` on timeout.
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv_timeout(&mut self, time: Duration) -> Result<Option<Sample>, RecvError> {
        let next = self.core.wait_next(Instant::now().checked_add(time)); // no deadline beyond all time
        self.sample(next)
    }

    /// Receives the next message, and waits for it as long as the topic has publishers, or may get
    /// its first. Returns `None` once all have ended and everything was received; see
    /// [`Subscriber::recv_to_end`](crate::Subscriber::recv_to_end).
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    pub fn recv_to_end(&mut self) -> Result<Option<Sample>, RecvError> {
        loop {
            if let Some(sample) = self.recv_timeout(subscriber::END_CHECK)? {
                return Ok(Some(sample));
            }
            if self.core.have_ended()? {
                return self.try_recv(); // what was published before the last one ended
            }
        }
    }

    #[inline]
    fn sample(&self, next: Result<Option<RawSample>, Box<RecvError>>) -> Result<Option<Sample>, RecvError> {
        match next {
            Ok(raw) => Ok(raw.map(|raw| Sample::new(raw, self.fixed_size))),
            Err(error) => Err(RecvError::unboxed(error)),
        }
    }

    /// Returns an iterator over the messages that are present: it ends the first time that there is
    /// none. It never waits.
    pub fn try_iter(&mut self) -> impl Iterator<Item = Result<Sample, RecvError>> {
        std::iter::from_fn(|| self.try_recv().transpose())
    }

    /// Returns the layout of its messages.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the topic's name.
    pub fn topic(&self) -> &TopicName {
        self.core.topic()
    }

    /// Returns a descriptor to wait for; see [`Subscriber::event_fd`](crate::Subscriber::event_fd).
    ///
    /// # Errors
    /// As there.
    pub fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.core.event_fd()
    }

    /// Returns a handle that ends waits of this subscriber from elsewhere.
    pub fn closer(&self) -> Closer {
        self.core.closer()
    }

    /// Returns the living publishers of the topic. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv): publishers that have joined since are attached by this.
    pub fn publishers(&mut self) -> Result<Vec<PeerName>, RecvError> {
        self.core.publishers()
    }

    /// Waits up to `time` until at least `count` publishers that live are read, and returns whether
    /// they are; see [`Subscriber::wait_for_publishers`](crate::Subscriber::wait_for_publishers).
    ///
    /// # Errors
    /// As there.
    pub fn wait_for_publishers(&mut self, count: usize, time: Duration) -> Result<bool, RecvError> {
        self.core.wait_for_publishers(count, time)
    }

    /// Returns what reports publishers that join, leave, die and fall silent; see
    /// [`Subscriber::membership`](crate::Subscriber::membership).
    ///
    /// # Errors
    /// As there.
    pub fn membership(&self) -> Result<Membership, MembershipError> {
        self.core.membership()
    }

    /// Returns the state of each publisher that this subscriber reads; see
    /// [`Subscriber::sources`](crate::Subscriber::sources).
    ///
    /// # Errors
    /// As there.
    pub fn sources(&self) -> Result<Vec<SourceStatus>, RecvError> {
        self.core.sources()
    }

    /// Returns how many messages were overwritten before this subscriber had read them, of all
    /// publishers.
    pub fn lost(&self) -> u64 {
        self.core.lost()
    }

    /// Returns how many messages were skipped because of
    /// [`latest`](crate::SubscriberBuilder::latest) or
    /// [`rate_limit`](crate::SubscriberBuilder::rate_limit), of all publishers.
    pub fn skipped(&self) -> u64 {
        self.core.skipped()
    }

    /// Announces this subscriber again if its entry was removed from outside; see
    /// [`Subscriber::refresh`](crate::Subscriber::refresh).
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }
}

impl SubscriberBuilder {
    /// Sets the layout of the messages, so that no publisher needs to be present yet. By default it
    /// is that of a publisher that is present.
    pub fn layout(mut self, layout: &Layout) -> Self {
        self.layout = Some(layout.clone());
        self
    }

    /// Creates the subscriber.
    ///
    /// # Errors
    /// As [`Subscriber::new`]; also when a setting is out of range.
    pub fn create(self) -> Result<Subscriber, OpenError> {
        let topic = self.topic?;
        let layout = match self.layout {
            Some(layout) => layout,
            None => Layout::published(&topic, &self.settings.domain)?,
        };
        // What can be invalid is copied, so that each decoding finds the same.
        let any_bytes_valid = layout.schema().every_bit_pattern_valid();
        let checked = if any_bytes_valid { Checked::Nothing } else { Checked::Everything };
        let description = Some(layout.description());
        let messages = Messages { schema: layout.shared_schema(), hash: layout.hash(), checked, description };
        let core = SubscriberCore::create(&topic, &self.settings, messages)?;
        let content = Content::of(layout.schema());
        let (payload, not_partial) =
            (content.payload(layout.schema()), Subscriber::not_partial(&layout, content.is_pooled()));
        Ok(Subscriber { core, payload, fixed_size: layout.fixed_size(), not_partial, layout })
    }
}

/// Prints topic and id, nothing of messages.
impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.core, f)
    }
}

impl Waitable for Subscriber {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.core.event_fd()
    }
}
