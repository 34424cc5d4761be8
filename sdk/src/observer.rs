//! Inspecting topics without being noticed: for tools.
//!
//! An observer has no entry, no lock, no pin and no counter. It opens directories, files and memory
//! read-only, and creates and removes nothing, not even what dead processes have left. Publishers
//! and subscribers execute the same instructions whether it looks or not. Only a
//! [`watch`](Observer::watch) creates the topic's directory.
//!
//! ```
//! use slotcast::Observer;
//!
//! # let domain = slotcast::testing::TempDomain::new();
//! # let publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
//! let observer = Observer::new(&domain); // or `default`, for this user's domain
//! for name in observer.topics()? {
//!     let Some(topic) = observer.topic(&name)? else { continue };
//!     for endpoint in topic.endpoints()? {
//!         if let Ok(peer) = &endpoint.peer {
//!             println!("{name}: {} {}, alive: {}", peer.role, peer.name, endpoint.alive);
//!         }
//!     }
//! }
//! # drop(publisher);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::dynamic::{Layout, OpenError, Sample, Value};
use crate::endpoint::{AttachReason, CreateError, used_by_one_thread_at_a_time};
use crate::membership::{Membership, MembershipError};
use crate::record::RawSample;
use crate::registry::{Domain, EndpointId, IntoTopic, Peer, PeerName, RegistryError, Role, TopicName, TopicView};
use crate::shm::{Content, ControlView, Expected, Extent, ReadProgress, SegmentView};
use crate::subscriber::{Fetcher, MAX_COPY, RateFilter, RecvError, SourceStatus, Sources, Subscription};
use crate::sys::process;
use std::fmt;
use std::sync::Arc;

pub use crate::registry::Endpoint;

/// How often a reader that has nothing to read checks whether its topic was created anew, and which
/// publishers have ended.
const RESCAN_NS: u64 = 20_000_000;

/// Inspects the topics of a domain. Creating one costs nothing.
///
/// # Examples
///
/// ```
/// use slotcast::{Observer, Publisher};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let topics = Observer::new(&domain).topics()?;
/// assert_eq!(topics[0].as_str(), "counter");
/// # drop(publisher);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Observer {
    domain: Domain,
}

impl Observer {
    /// Creates an observer of a domain. [`Observer::default`] is one of the default domain.
    pub fn new(domain: &Domain) -> Self {
        Self { domain: domain.clone() }
    }

    /// Returns the names of the topics that exist now, in order.
    ///
    /// # Errors
    /// When the domain exists and cannot be read or trusted.
    pub fn topics(&self) -> Result<Vec<TopicName>, RegistryError> {
        self.domain.topics()
    }

    /// Returns a topic to be inspected. Returns `None` if no endpoint is in it.
    ///
    /// # Errors
    /// When its name is not valid, or it cannot be opened or trusted.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::Observer;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// assert!(Observer::new(&domain).topic("robot/imu")?.is_none()); // nobody is there yet
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn topic(&self, name: impl IntoTopic<Value>) -> Result<Option<ObservedTopic>, CreateError> {
        let name = name.into_topic()?;
        match TopicView::open(&self.domain, &name) {
            Ok(view) => Ok(view.map(|view| ObservedTopic { domain: self.domain.clone(), view: Arc::new(view) })),
            Err(reason) => Err(CreateError::Registry { topic: name, reason }),
        }
    }

    /// Returns a membership that reports the endpoints of a topic, those of both roles: which join,
    /// leave, die or fall silent. The topic needs no endpoint yet.
    ///
    /// Endpoints still do not notice it. But unlike everything else here it creates the topic's
    /// directory, which exists as long as it does, and it removes what dead endpoints have left. Some
    /// system calls; see [`Membership`] for what it holds.
    ///
    /// # Errors
    /// When the topic's name is not valid, or the registry cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::registry::Role;
    /// use slotcast::{MemberEvent, Observer, Publisher, Subscriber};
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut watch = Observer::new(&domain).watch("robot/imu")?; // nobody is there yet
    /// let publisher = Publisher::<u64>::builder("robot/imu").domain(&domain).create()?;
    /// let subscriber = Subscriber::<u64>::builder("robot/imu").domain(&domain).create()?;
    /// for _ in 0..2 {
    ///     let MemberEvent::Joined(peer) = watch.next()? else { panic!("they have joined") };
    ///     println!("{} {peer}", peer.role); // publisher pid …
    /// }
    /// drop(publisher);
    /// assert!(matches!(watch.next()?, MemberEvent::Left(peer) if peer.role == Role::Publisher));
    /// # drop(subscriber);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn watch(&self, name: impl IntoTopic<Value>) -> Result<Membership, MembershipError> {
        Membership::of_all(&self.domain, &name.into_topic()?)
    }
}

/// A topic that is inspected; see [`Observer::topic`].
///
/// # Examples
///
/// ```
/// # use slotcast::{Observer, Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).name("clock").create()?;
/// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// # publisher.publish(&1)?;
/// # subscriber.recv()?;
/// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
/// println!("{} carries {}", topic.name(), topic.layout()?.schema().type_name());
///
/// let endpoints = topic.endpoints()?;
/// let publisher = endpoints[0].peer.as_ref().unwrap();
/// assert_eq!((publisher.name.name.as_str(), topic.published(publisher)?), ("clock", 1));
/// let subscriber = endpoints[1].peer.as_ref().unwrap();
/// let (_, total) = topic.progress(subscriber)?;
/// assert_eq!(total.lost, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ObservedTopic {
    domain: Domain,
    view: Arc<TopicView>,
}

impl ObservedTopic {
    /// Returns its name.
    pub fn name(&self) -> &TopicName {
        self.view.name()
    }

    /// Returns the layout of its messages.
    ///
    /// # Errors
    /// When no publisher is present, the layout that it claims is invalid, or the registry cannot
    /// be read.
    pub fn layout(&self) -> Result<Layout, OpenError> {
        Layout::of_topic(&self.view)
    }

    /// Returns a membership that reports its endpoints, of both roles; see [`Observer::watch`].
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn membership(&self) -> Result<Membership, MembershipError> {
        Membership::of_all(&self.domain, self.name())
    }

    /// Returns its publishers, then its subscribers, including the dead. Some microseconds for
    /// each.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, RegistryError> {
        let mut endpoints = Vec::new();
        for role in [Role::Publisher, Role::Subscriber] {
            for entry in self.view.names(role)? {
                endpoints.extend(self.view.endpoint(&entry)?);
            }
        }
        Ok(endpoints)
    }

    /// Returns how many messages a publisher has published. Maps its memory for the moment.
    ///
    /// # Errors
    /// When it is not a publisher of this topic, or its memory cannot be used.
    pub fn published(&self, publisher: &Peer) -> Result<u64, AttachReason> {
        let memory = publisher.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let content = Content::of(&publisher.schema);
        let payload = content.payload(&publisher.schema);
        let expected = Expected { id: publisher.id, hash: publisher.hash, content, payload };
        Ok(SegmentView::open(&*self.view, memory, &expected)?.reader().head())
    }

    /// Returns how far a subscriber has read each publisher that it reads, and in total those that
    /// it no longer reads: each number as it was a moment ago.
    ///
    /// # Errors
    /// When it is not a subscriber of this topic, or its control page cannot be used.
    pub fn progress(&self, subscriber: &Peer) -> Result<(Vec<(EndpointId, ReadProgress)>, ReadProgress), AttachReason> {
        let memory = subscriber.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let control = ControlView::open(&*self.view, subscriber.id, subscriber.hash, memory)?;
        Ok((control.lines().collect(), control.totals()))
    }

    /// Returns a reader, which reads the topic as a subscriber would: what is published from now
    /// on, and up to `history` messages of each publisher from before.
    ///
    /// # Errors
    /// As [`layout`](Self::layout), and when a publisher's memory cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Observer, Publisher};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # publisher.publish(&42)?;
    /// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
    /// for message in topic.read(10)?.try_iter() {
    ///     println!("{}", message?.value()?); // 42
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&self, history: u64) -> Result<Reader, OpenError> {
        let layout = self.layout()?;
        let (schema, hash) = (layout.shared_schema(), layout.hash());
        let new_fetcher = || Fetcher::new(Extent::of(&schema), None, MAX_COPY);
        let fetcher = Content::of(&schema).is_pooled().then(new_fetcher);
        let subscription = Subscription { schema, hash, fetcher, history, rate: RateFilter::default(), request: None };
        Ok(Reader {
            domain: self.domain.clone(),
            view: Arc::clone(&self.view),
            sources: Sources::join(Arc::clone(&self.view), None, subscription)?,
            layout,
            rescan_at: process::monotonic_ns() + RESCAN_NS,
        })
    }
}

/// Reads a topic without being one of its subscribers; see [`ObservedTopic::read`].
///
/// It follows publishers that join, and a topic that ends and begins again. If that then carries
/// another layout, its publishers are reported as [`RecvError::Mismatch`].
///
/// # Examples
///
/// ```
/// # use slotcast::{Observer, Publisher};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
/// let mut reader = topic.read(0)?;
/// # publisher.publish(&42)?;
/// while let Some(sample) = reader.try_recv()? {
///     println!("{}: {}", sample.sequence(), sample.value()?); // 0: 42
/// }
/// assert_eq!(reader.lost(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    domain: Domain,
    view: Arc<TopicView>,
    sources: Sources<TopicView>,
    layout: Layout,
    /// When to check next which publishers are present, in nanoseconds of `CLOCK_MONOTONIC`.
    rescan_at: u64,
}

used_by_one_thread_at_a_time!(Reader);

impl Reader {
    /// Sets the size of the largest message that it gives, in bytes: it copies each. By default 1
    /// GiB. Larger ones are discarded, each with a [`RecvError::TooLarge`].
    #[must_use = "it returns the reader"]
    pub fn max_copy(mut self, bytes: u64) -> Self {
        self.sources.set_max_copy(bytes);
        self
    }

    /// Reads the newest message of each publisher only: older ones that were not read are skipped and
    /// counted. By default it reads all.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Observer, Publisher};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
    /// let mut reader = topic.read(0)?.latest();
    /// for number in 0..10 {
    ///     publisher.publish(&number)?;
    /// }
    /// assert_eq!(reader.try_recv()?.expect("the newest").sequence(), 9);
    /// assert_eq!((reader.skipped(), reader.lost()), (9, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "it returns the reader"]
    pub fn latest(mut self) -> Self {
        self.sources.set_rate(RateFilter::newest());
        self
    }

    /// Reads at most `hz` messages a second of each publisher, each the newest at its time. Those in
    /// between are skipped and counted. By default there is no limit. Reads the clock each time.
    ///
    /// # Errors
    /// [`CreateError::Setting`] unless `hz` is finite and more than 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Observer, Publisher};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let topic = Observer::new(&domain).topic("counter")?.expect("it has a publisher");
    /// let mut reader = topic.read(0)?.rate_limit(10.0)?; // enough for a display
    /// assert!(reader.try_recv()?.is_none());
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rate_limit(mut self, hz: f64) -> Result<Self, CreateError> {
        let setting = |reason| CreateError::Setting { topic: self.view.name().clone(), reason };
        let rate = RateFilter::new(true, Some(hz)).map_err(setting)?;
        self.sources.set_rate(rate);
        Ok(self)
    }

    /// Returns the next message, if there is one. It does not wait. What publishers overwrite
    /// before it is read is lost, and counted.
    ///
    /// # Errors
    /// See [`RecvError`]. The reader stays usable.
    pub fn try_recv(&mut self) -> Result<Option<Sample>, RecvError> {
        let next = match self.poll_next() {
            Ok(None) if process::monotonic_ns() >= self.rescan_at => self.rescan().and_then(|()| self.poll_next()),
            next => next,
        };
        match next {
            Ok(raw) => Ok(raw.map(|raw| Sample::new(raw, self.layout.clone()))),
            Err(error) => Err(RecvError::unboxed(error)),
        }
    }

    fn poll_next(&mut self) -> Result<Option<RawSample>, Box<RecvError>> {
        self.sources.poll_next()
    }

    /// Scans which publishers are present now, in the directory that the topic has now.
    #[cold]
    fn rescan(&mut self) -> Result<(), Box<RecvError>> {
        self.rescan_at = process::monotonic_ns() + RESCAN_NS;
        if !self.view.is_current() {
            let name = self.view.name();
            let opened = TopicView::open(&self.domain, name).map_err(|reason| RecvError::registry(name, reason))?;
            if let Some(view) = opened {
                self.view = Arc::new(view);
                self.sources.move_to(Arc::clone(&self.view));
            }
        }
        self.sources.rescan()
    }

    /// Returns an iterator over the messages that are present: it ends the first time that there is
    /// none. It never waits.
    pub fn try_iter(&mut self) -> impl Iterator<Item = Result<Sample, RecvError>> {
        std::iter::from_fn(|| self.try_recv().transpose())
    }

    /// Returns the layout of the messages.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the living publishers, as far as the last scan found.
    pub fn publishers(&self) -> Vec<PeerName> {
        self.sources.living().map(|peer| peer.name.clone()).collect()
    }

    /// Returns the state of each publisher that it reads, also of those that have ended and were
    /// not read to their end. A system call for each.
    pub fn sources(&self) -> Vec<SourceStatus> {
        self.sources.statuses()
    }

    /// Returns how many messages were overwritten before they were read, of all publishers.
    pub fn lost(&self) -> u64 {
        self.sources.lost()
    }

    /// Returns how many messages were skipped because of [`latest`](Self::latest) or
    /// [`rate_limit`](Self::rate_limit), of all publishers.
    pub fn skipped(&self) -> u64 {
        self.sources.skipped()
    }
}

impl fmt::Debug for ObservedTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ObservedTopic").field(self.name()).finish()
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("topic", self.view.name()).finish_non_exhaustive()
    }
}
