//! Publishing.
//!
//! [`Publisher`] is the typed handle. It stands on [`PublisherCore`], which sees bytes and is what
//! [dynamic](crate::dynamic) publishers stand on, too. A small message is copied into a cell of the
//! ring (`core`). A large one is written into a slot of the pool, and the ring says where (`large`,
//! `pool`).

mod fixed;
mod keeping;
mod send;
mod skipping;
mod slices;

mod builder;
mod error;

mod loan;
mod partial_loan;

mod core;
mod create;
mod large;
mod pool;

mod agreement;
mod backpressure;
mod capacity;
mod carrying;
mod close;
mod grants;
mod laggard;
mod liveness;
mod peers;
mod standby;
mod status;

pub(crate) use self::core::PublisherCore;
pub(crate) use backpressure::WhenFull;
pub use builder::PublisherBuilder;
pub use close::CloseError;
pub use error::{LoanError, PublishError, SendError};
pub(crate) use keeping::KeptMessage;
pub use laggard::{LagTimeout, Laggard, LaggardPolicy, ProcessState};
pub use loan::{Loan, LoanUninit};
pub use partial_loan::{BeyondEnd, PartialLoan};
pub(crate) use pool::PartialWriter;
pub use pool::PoolExhausted;
pub(crate) use standby::Standby;
pub use status::ReaderStatus;

use crate::endpoint::{CreateError, used_by_one_thread_at_a_time};
use crate::membership::{Membership, MembershipError};
use crate::record::{Buffers, Header, HeaderOf, Message, Payload};
use crate::registry::{EndpointId, IntoTopic, Pages, PeerName, RegistryError, TopicName};
use crate::schema::ShmMessage;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Publishes messages on a topic: of a type `T`, or slices `[T]` of any length, with or without a
/// header `H` before them.
///
/// Its messages live in its own memory, which subscribers map read-only: small ones in a ring;
/// those of more than 1024 bytes or of variable size in a pool, where they are written and read in
/// place. In steady state it makes no system call and no allocation. It never waits for a
/// subscriber, unless it is [`lossless`](PublisherBuilder::lossless) and a subscriber asks for
/// that.
///
/// It can move between threads; one thread at a time uses it. Dropping it removes it from the topic
/// at once. Subscribers already attached can still read its messages; others cannot: see
/// [`close`](Self::close).
///
/// # Examples
///
/// Small messages are copied:
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
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let mut publisher = Publisher::<Pose>::builder("robot/pose").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<Pose>::builder("robot/pose").domain(&domain).create()?;
/// publisher.publish(&Pose { x: 1.0, y: 2.0 })?;
/// assert_eq!(subscriber.recv()?.y, 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Slices are written where subscribers read them:
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let mut publisher = Publisher::<[u8]>::builder("camera/gray").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<[u8]>::builder("camera/gray").domain(&domain).create()?;
/// let mut image = publisher.loan_slice(640 * 480)?;
/// image.fill(128);
/// publisher.send(image)?;
/// assert_eq!(subscriber.recv()?.len(), 640 * 480);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Publisher<T: ?Sized, H = ()> {
    core: PublisherCore,
    /// Where small loans are written.
    loans: Option<Buffers>,
    message: PhantomData<fn(&T) -> H>,
}

used_by_one_thread_at_a_time!(Publisher<T: ?Sized, H>);

// The bounds are on the functions, so that the compiler says what a type lacks that is not a
// message.
impl<T: ?Sized, H> Publisher<T, H> {
    /// Creates a publisher with default settings in the default domain. A topic can have any number
    /// of publishers.
    ///
    /// # Errors
    /// When the topic's name is not valid, its publishers have agreed on another layout of
    /// messages, or the registry or memory cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # // SAFETY: no other thread runs.
    /// # unsafe { std::env::set_var("SLOTCAST_ROOT", folder.path().join("root")) };
    /// let mut publisher = slotcast::Publisher::<u64>::new("robot/ticks")?;
    /// publisher.publish(&1)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(topic: impl IntoTopic<T, H>) -> Result<Self, CreateError>
    where
        T: Payload,
        H: HeaderOf<T>,
    {
        Self::builder(topic).create()
    }

    /// Returns a builder that sets up a publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::Publisher;
    ///
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// let publisher = Publisher::<u64>::builder("robot/ticks").domain(&domain).depth(1000).create()?;
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(topic: impl IntoTopic<T, H>) -> PublisherBuilder<T, H>
    where
        T: Payload,
        H: HeaderOf<T>,
    {
        PublisherBuilder::new(topic.into_topic(), ())
    }
}

impl<T: Payload + ?Sized, H: Header> PublisherBuilder<T, H> {
    /// Creates the publisher.
    ///
    /// # Errors
    /// As [`Publisher::new`]; also when a setting is out of range, or another publisher is
    /// [exclusive](Self::exclusive), or is in the way of this one being so.
    pub fn create(self) -> Result<Publisher<T, H>, CreateError> {
        // Without a constant between, whose name the compiler would print, too.
        let () = <T::Part as ShmMessage>::LAYOUT_CHECKED;
        let () = H::LAYOUT_CHECKED;
        let topic = self.topic?;
        let (schema, hash) = (Message::<T, H>::SCHEMA, Message::<T, H>::HASH);
        let core = PublisherCore::create(&topic, &self.settings, schema, hash)?;
        Ok(Publisher { core, loans: None, message: PhantomData })
    }
}

impl<T: Payload + ?Sized, H: Header> Publisher<T, H> {
    /// Closes this publisher once every subscriber that was promised lossless delivery has read all
    /// that it published. Waits for that up to `linger`. So a publisher that lives for a moment
    /// loses nothing.
    ///
    /// It waits also for subscribers that have not begun to read, and for those that were
    /// [detached](crate::LaggardPolicy::Detach) before they had begun, until they have: so each is
    /// told. It is closed in any case. Subscribers already attached can still read its messages.
    ///
    /// A publisher that is not [`lossless`](PublisherBuilder::lossless) has promised nothing and
    /// closes at once, as does one that is dropped.
    ///
    /// # Errors
    /// [`CloseError::Unread`] names the subscribers that had not read all. Also in a process forked
    /// from the one that created the publisher, which goes on there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # use std::time::Duration;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// let builder = Publisher::<u64>::builder("results").domain(&domain);
    /// let mut publisher = builder.lossless(Duration::from_secs(1)).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("results").domain(&domain).lossless().create()?;
    /// # let reader = std::thread::spawn(move || subscriber.recv().map(|sample| *sample));
    /// publisher.publish(&42)?;
    /// publisher.close(Duration::from_secs(10))?; // all subscribers have it
    /// # assert_eq!(reader.join().unwrap()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn close(mut self, linger: Duration) -> Result<(), CloseError> {
        self.core.linger(linger)
    }

    /// Returns how many bytes of memory large messages and messages of variable size have taken so
    /// far: at most [`max_memory`](PublisherBuilder::max_memory); 0 for small messages.
    pub fn pool_memory(&self) -> u64 {
        self.core.pool_memory()
    }

    /// Returns the kind of pages that its memory consists of; see
    /// [`huge_pages`](PublisherBuilder::huge_pages).
    pub fn pages(&self) -> Pages {
        self.core.pages()
    }

    /// Returns the topic's name.
    pub fn topic(&self) -> &TopicName {
        self.core.topic()
    }

    /// Returns this publisher's identity, which [`Sample::publisher`](crate::Sample::publisher)
    /// gives, too.
    pub fn id(&self) -> EndpointId {
        self.core.id()
    }

    /// Announces this publisher again if its entry was removed from outside (`rm -rf`, a login
    /// manager that empties `/dev/shm`). Returns whether it had to be.
    ///
    /// Subscribers already attached read on in any case; others do not find it. It does this by
    /// itself when it publishes or waits, about each half second, with two system calls. Call it to
    /// have it done now, or to learn why it fails.
    ///
    /// # Errors
    /// As [`new`](Self::new): the topic may have another publisher by now.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }

    /// Shows that this publisher is alive though it publishes nothing, to keep the promise of
    /// [`alive_every`](PublisherBuilder::alive_every). One store. Does nothing in a process forked
    /// from the one that created it.
    #[inline]
    pub fn assert_alive(&mut self) {
        self.core.assert_alive();
    }

    /// Reports subscribers that join, leave and die, from now on and independently of this
    /// publisher. Opens five descriptors and reads the registry: some microseconds for each
    /// subscriber.
    ///
    /// # Errors
    /// When the registry cannot be read, this process has too many descriptors, or was forked from
    /// the one that created the publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{MemberEvent, Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// let mut membership = publisher.membership()?;
    /// # let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).name("logger").create()?;
    /// if let MemberEvent::Joined(peer) = membership.next()? {
    ///     println!("{peer} subscribes");
    /// #   assert_eq!(peer.name, "logger");
    /// }
    /// # drop(subscriber);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn membership(&self) -> Result<Membership, MembershipError> {
        self.core.membership()
    }

    /// Returns the subscribers of this publisher and how far each is, those furthest behind first:
    /// what each is promised, what it has not read, what it keeps of this publisher's memory.
    /// Subscribers of another layout are not among them.
    ///
    /// For diagnosis, not for each message: it reads the registry and the subscribers' control
    /// pages, tens of microseconds for each, and allocates. It waits for nobody and changes
    /// nothing: a lossless subscriber that joined since the last message is
    /// [`Pending`](crate::Delivery::Pending) until the next.
    ///
    /// # Errors
    /// When the registry cannot be read, or in a process forked from the one that created the
    /// publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// # publisher.publish(&1)?;
    /// # subscriber.recv()?;
    /// publisher.publish(&2)?;
    /// for reader in publisher.readers()? {
    ///     println!("{reader}"); // pid …: lossy, 1 unread
    /// #   assert_eq!(reader.unread, Some(1));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn readers(&self) -> Result<Vec<ReaderStatus>, RegistryError> {
        self.core.readers()
    }

    /// Returns how many subscribers were detached so far: because they lagged, where
    /// [`LaggardPolicy::Detach`] is set, or because they reported what cannot be. Those that still
    /// live are [`Detached`](crate::Delivery::Detached) among [`readers`](Self::readers). One load;
    /// always 0 if the publisher is not lossless.
    pub fn detached_subscribers(&self) -> u64 {
        self.core.detached_subscribers()
    }

    /// Returns the living subscribers of the topic. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// When the registry cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).name("logger").create()?;
    /// let names: Vec<_> = publisher.subscribers()?.into_iter().map(|peer| peer.name).collect();
    /// assert_eq!(names, ["logger"]);
    /// # drop(subscriber);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        self.core.subscribers()
    }

    pub(crate) fn keep(&self, on: bool) -> Result<(), RegistryError> {
        self.core.keep(on)
    }

    /// Waits up to `time` until at least `count` subscribers of this layout live. Returns whether
    /// they do; they get what is published from then on. Sleeps until one joins, and checks every
    /// 50 ms which have died.
    ///
    /// # Errors
    /// When the registry cannot be read, or in a process forked from the one that created the
    /// publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # use std::time::Duration;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// if publisher.wait_for_subscribers(1, Duration::from_secs(5))? {
    ///     publisher.publish(&1)?;
    /// }
    /// # assert_eq!(*subscriber.recv()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_for_subscribers(&mut self, count: usize, time: Duration) -> Result<bool, RegistryError> {
        self.core.wait_for_subscribers(count, time)
    }
}

/// Prints topic and id, nothing of messages.
impl<T: ?Sized, H> fmt::Debug for Publisher<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.core, f)
    }
}
