//! Receiving.
//!
//! [`Subscriber`] is the typed handle. It stands on [`SubscriberCore`], which sees bytes and is
//! what [dynamic](crate::dynamic) subscribers stand on, too. That reads from [`Sources`], the
//! publishers of the topic, as [observers](crate::observer) do. A small message is copied out of
//! its publisher's ring (`source`). A large one is pinned where it is, and the ring says where
//! (`fetch`, `pins`).

mod iter;
mod receiving;
mod taking;

mod builder;
mod error;
mod settings;
mod wait;

mod partial_sample;
mod partial_view;
mod sample;

mod core;
mod create;

mod attaching;
mod discovery;
mod fetch;
mod opening;
mod partials;
mod pins;
mod runs;
mod source;
mod sources;

mod carried;
mod counts;
mod delays;
mod grant;
mod known;
mod lossless;
mod newest;
mod rate;

mod blocking;
mod rearming;

mod peers;
mod status;

pub(crate) use self::core::SubscriberCore;
pub(crate) use blocking::Sleep;
pub use builder::SubscriberBuilder;
pub(crate) use create::Messages;
pub use error::RecvError;
pub(crate) use fetch::{Fetcher, MAX_COPY};
pub use iter::{Iter, TryIter};
pub use partial_sample::PartialSample;
pub(crate) use partial_view::{PartialProgress, PartialView};
pub(crate) use partials::FoundPartial;
pub(crate) use rate::RateFilter;
pub(crate) use receiving::END_CHECK;
pub(crate) use runs::Run;
pub use sample::Sample;
pub(crate) use sources::{Sources, Subscription};
pub use status::SourceStatus;
pub use taking::MessageInfo;
pub use wait::Wait;

use crate::endpoint::{CreateError, used_by_one_thread_at_a_time};
use crate::record::{Header, HeaderOf, Payload};
use crate::registry::{IntoTopic, RegistryError, TopicName};
use crate::wait::{Closer, EventFd, Waitable};
use std::fmt;
use std::marker::PhantomData;

/// Receives messages of one type `T`, or slices `[T]` of any length, with or without a header `H`
/// before them, from all publishers of a topic, present and future.
///
/// A subscriber that was present before a publisher gets its messages from the first one on, if it
/// receives while the publisher lives. (Memory goes with its owner: a publisher that comes and goes
/// between two calls is not seen.) One that joins later gets those that are published from then on,
/// and up to [`history`](SubscriberBuilder::history) before.
///
/// Publishers neither wait for a subscriber nor know how far it has read: what they overwrite
/// before it was read is lost, and counted. Only a [`lossless`](SubscriberBuilder::lossless)
/// subscriber is waited for, by publishers that are lossless, too.
///
/// It can move between threads; one thread at a time uses it.
///
/// # Examples
///
/// ```
/// use slotcast::{Publisher, ShmMessage, Subscriber};
///
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Pose {
///     x: f64,
///     y: f64,
/// }
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut publisher = Publisher::<Pose>::builder("robot/pose").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<Pose>::builder("robot/pose").domain(&domain).create()?;
/// assert!(subscriber.try_recv()?.is_none());
/// publisher.publish(&Pose { x: 1.0, y: 2.0 })?;
/// let pose = subscriber.recv()?;
/// assert_eq!((pose.x, pose.y), (1.0, 2.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Subscriber<T: ?Sized, H = ()> {
    /// Created for these messages: `receiving` relies on that.
    core: SubscriberCore,
    message: PhantomData<fn(&T) -> H>,
}

used_by_one_thread_at_a_time!(Subscriber<T: ?Sized, H>);

// The bounds are on the functions, so that the compiler says what a type lacks that is not a
// message.
impl<T: ?Sized, H> Subscriber<T, H> {
    /// Creates a subscriber with default settings in the default domain. No publisher needs to be
    /// present yet.
    ///
    /// # Errors
    /// When the topic's name is not valid, when publishers that are present have another layout of
    /// messages or cannot be read, or when the registry or memory cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # // SAFETY: no other thread runs.
    /// # unsafe { std::env::set_var("SLOTCAST_ROOT", folder.path().join("root")) };
    /// let mut subscriber = slotcast::Subscriber::<u64>::new("robot/ticks")?;
    /// # let mut publisher = slotcast::Publisher::<u64>::new("robot/ticks")?;
    /// # publisher.publish(&1)?;
    /// println!("{}", *subscriber.recv()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(topic: impl IntoTopic<T, H>) -> Result<Self, CreateError>
    where
        T: Payload,
        H: HeaderOf<T>,
    {
        Self::builder(topic).create()
    }

    /// Returns a builder that sets up a subscriber.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::Subscriber;
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let subscriber = Subscriber::<u64>::builder("robot/ticks").domain(&domain).latest().create()?;
    /// # drop(subscriber);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(topic: impl IntoTopic<T, H>) -> SubscriberBuilder<T, H>
    where
        T: Payload,
        H: HeaderOf<T>,
    {
        SubscriberBuilder::new(topic.into_topic(), ())
    }
}

/// Waiting elsewhere.
impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// Returns a descriptor to wait for with `poll`, `epoll` and whatever is built on them, in
    /// place of `recv`.
    ///
    /// It is readable as long as something may be present, also at first. Call `try_recv` until it
    /// returns `None`: then the descriptor is not readable until a message or a publisher comes. A
    /// program that stops before that finds it readable at once. It can be readable for no reason,
    /// and is at least once a second. Nothing is to be read from the descriptor itself.
    ///
    /// It stays the same for the life of the subscriber, whatever publishers do. While it is not
    /// readable, the next message costs its publisher a system call for each subscriber of the
    /// topic that has such a descriptor, about a microsecond; no reader can block a publisher by
    /// it. From the first call of this on, a `try_recv` that finds nothing makes some system calls.
    ///
    /// # Errors
    /// When a socket cannot be created in the topic's directory, or this process has no descriptors
    /// left (it takes four).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber, WaitSet};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let event_fd = subscriber.event_fd()?;
    /// # publisher.publish(&1)?;
    /// let mut set = WaitSet::new()?; // or `poll`, or the loop of another library
    /// set.add(&event_fd)?;
    /// set.wait()?;
    /// for message in subscriber.try_iter() {
    ///     println!("{}", *message?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.core.event_fd()
    }

    /// Returns a handle that ends waits of this subscriber from elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::Subscriber;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let closer = subscriber.closer();
    /// let receiving = std::thread::spawn(move || subscriber.iter().count());
    /// closer.close();
    /// assert_eq!(receiving.join().unwrap(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn closer(&self) -> Closer {
        self.core.closer()
    }

    /// Fails if waits were ended from elsewhere.
    #[cfg(feature = "tokio")]
    pub(crate) fn check_open(&self) -> Result<(), RecvError> {
        self.core.check_open().map_err(|error| *error)
    }

    /// Returns what is reported if the descriptor cannot be waited for.
    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> RecvError {
        self.core.cannot_wait(reason)
    }
}

/// What is known of the topic and its publishers.
impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// Returns the topic's name.
    pub fn topic(&self) -> &TopicName {
        self.core.topic()
    }

    /// Announces this subscriber again if its entry was removed from outside (`rm -rf`, a login
    /// manager that empties `/dev/shm`), and finds publishers that did the same. Returns whether it
    /// had to be announced again.
    ///
    /// Publishers that were attached are read on in any case. It does this by itself when it polls
    /// or waits, about each half second, with two system calls. Call it to have it done now, or to
    /// learn why it fails.
    ///
    /// # Errors
    /// When the registry cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::Subscriber;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// assert!(!subscriber.refresh()?); // it is still announced
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }

    /// Returns whether [`try_recv`](Self::try_recv) would find nothing, if that is certain without it.
    #[inline(always)]
    pub(crate) fn is_unchanged(&mut self) -> bool {
        self.core.is_unchanged()
    }

    /// Skips all messages but the newest of each publisher. Returns how many publishers have one that
    /// was not read.
    #[inline]
    pub(crate) fn skip_to_newest(&mut self) -> usize {
        self.core.skip_to_newest()
    }

    /// Has messages of up to this many bytes copied although they could be read where they are. A pin
    /// costs two cache lines that pass between the processes, and a fence; such a copy costs less.
    pub(crate) fn copy_small(&mut self, bytes: usize) {
        self.core.copy_small(bytes);
    }

    /// Returns how many messages were skipped because of [`latest`](SubscriberBuilder::latest) or
    /// [`rate_limit`](SubscriberBuilder::rate_limit), of all publishers.
    pub fn skipped(&self) -> u64 {
        self.core.skipped()
    }

    /// Returns how many messages were overwritten before this subscriber had read them, of all
    /// publishers.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).depth(2).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// // The publisher has a depth of 2.
    /// for number in 0..10 {
    ///     publisher.publish(&number)?;
    /// }
    /// assert_eq!(*subscriber.recv()?, 8);
    /// assert_eq!(subscriber.lost(), 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lost(&self) -> u64 {
        self.core.lost()
    }
}

/// Prints topic and id, nothing of messages.
impl<T: ?Sized, H> fmt::Debug for Subscriber<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.core, f)
    }
}

impl<T: Payload + ?Sized, H: Header> Waitable for Subscriber<T, H> {
    fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
        self.core.event_fd()
    }
}
