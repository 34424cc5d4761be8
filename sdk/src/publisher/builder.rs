//! Setting up a publisher, typed or [dynamic](crate::dynamic).

use super::laggard::LaggardPolicy;
use crate::record::Header;
use crate::registry::{Domain, Placement, TopicName, TopicNameError};
use crate::schema::ShmMessage;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Sets up a [`Publisher`](crate::Publisher).
///
/// [`Publisher::builder`](crate::Publisher::builder) creates it for messages of a type, and
/// [`dynamic::Publisher::builder`](crate::dynamic::Publisher::builder) for messages of a layout `L`
/// that is known when the program runs. Settings that are not made have defaults, which each
/// setting describes.
///
/// # Examples
///
/// ```
/// use slotcast::Publisher;
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let publisher = Publisher::<u64>::builder("robot/ticks")
///     .domain(&domain) // without this, the default domain of this user
///     .name("clock")
///     .depth(256)
///     .lossless(Duration::from_millis(100))
///     .create()?;
/// assert_eq!(publisher.topic().as_str(), "robot/ticks");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the publisher"]
pub struct PublisherBuilder<T: ?Sized, H = (), L = ()> {
    pub(crate) topic: Result<TopicName, TopicNameError>,
    pub(crate) settings: PublisherSettings,
    pub(crate) layout: L,
    message: PhantomData<fn(&T) -> H>,
}

/// What a publisher is created from.
#[derive(Clone, Debug)]
pub(crate) struct PublisherSettings {
    pub(crate) domain: Domain,
    pub(crate) name: String,
    /// Unset, it depends on whether messages are in a pool.
    pub(crate) depth: Option<u64>,
    /// How many messages stay for subscribers that join later. Unset, it depends on their size.
    pub(crate) history: Option<u64>,
    pub(crate) exclusive: bool,
    /// How long it waits while another publisher excludes it. Unset, it does not.
    pub(crate) wait: Option<Duration>,
    /// Unset, on if messages are in a pool.
    pub(crate) timestamps: Option<bool>,
    pub(crate) placement: Placement,
    /// How long a message waits for subscribers that asked for lossless delivery.
    pub(crate) lossless: Option<Duration>,
    pub(crate) laggards: LaggardPolicy,
    pub(crate) alive_every: Option<Duration>,
    /// The size of the pool, in bytes.
    pub(crate) max_memory: Option<u64>,
    /// The most elements of a message of variable size.
    pub(crate) max_len: u64,
    /// Whether all of its memory is brought in at the start.
    pub(crate) prefault: bool,
    /// Whether its memory is never swapped out.
    pub(crate) lock_memory: bool,
    /// Whether its pool is to consist of huge pages, if there are any.
    pub(crate) huge_pages: bool,
}

impl PublisherSettings {
    fn new() -> Self {
        Self {
            domain: Domain::default(),
            name: String::new(),
            depth: None,
            history: None,
            exclusive: false,
            wait: None,
            timestamps: None,
            placement: Placement::Auto,
            lossless: None,
            laggards: LaggardPolicy::default(),
            alive_every: None,
            max_memory: None,
            max_len: u64::MAX,
            prefault: false,
            lock_memory: false,
            huge_pages: false,
        }
    }
}

impl<T: ?Sized, H, L> PublisherBuilder<T, H, L> {
    pub(crate) fn new(topic: Result<TopicName, TopicNameError>, layout: L) -> Self {
        Self { topic, settings: PublisherSettings::new(), layout, message: PhantomData }
    }

    /// Sets the domain to publish in. By default [`Domain::default`](crate::Domain).
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.settings.domain = domain.clone();
        self
    }

    /// Sets a name for people, which peers and errors show. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.settings.name = name.into();
        self
    }

    /// Sets how many messages stay readable: 1 to 16 777 216. By default 64, and 8 if messages are
    /// large or of variable size.
    ///
    /// Of large messages fewer stay readable where memory is short: see
    /// [`max_memory`](Self::max_memory).
    pub fn depth(mut self, messages: u64) -> Self {
        self.settings.depth = Some(messages);
        self
    }

    /// Sets how many of the newest messages stay readable for subscribers that join later, and for
    /// observers: at most the depth; creation fails otherwise. By default as many large messages as
    /// take 1 MiB together, and one in any case.
    ///
    /// The depth is how far a subscriber may lag. Large messages that every subscriber has read,
    /// and that are not of this history, leave the ring, so that their memory is used again while
    /// it is in the processor's caches. Small messages stay until they are overwritten: of them it
    /// is the depth in any case.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::{Publisher, Subscriber};
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// type Map = [u8; 1 << 20];
    /// let mut publisher = Publisher::<Map>::builder("maps").domain(&domain).history(2).create()?;
    /// for number in 0..5 {
    ///     let mut map = publisher.loan()?;
    ///     map[0] = number;
    ///     publisher.send(map)?;
    /// }
    /// let mut late = Subscriber::<Map>::builder("maps").domain(&domain).history(5).create()?;
    /// assert_eq!(late.recv()?[0], 3);
    /// assert_eq!(late.lost(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn history(mut self, messages: u64) -> Self {
        self.settings.history = Some(messages);
        self
    }

    /// Sets the most memory for large messages and messages of variable size, in bytes, rounded up
    /// to pages of 4096: at most 64 GiB. By default 1 GiB, or more if messages are known to be
    /// large: by their fixed size, or by `max_len`.
    ///
    /// It is address space at first, and becomes memory as messages need it, in steps of at least
    /// 64 KiB. The book says under `Memory` how much that will be.
    ///
    /// Messages of fixed size need capacity for as many as the ring has cells and one more, 17 with
    /// a depth of 8. For variable size the least is 4096. Creation fails otherwise.
    ///
    /// When memory is short, messages are withdrawn from the ring before they are overwritten,
    /// oldest first: those beyond the depth, then those that no lossless subscriber still has to
    /// read. Other subscribers count them as lost, and those that join later get less history. So
    /// `publish` and `loan` fail only for what is held: by samples, by open loans, or for lossless
    /// subscribers. Then nothing is withdrawn.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::{Publisher, Subscriber};
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let builder = Publisher::<[u8]>::builder("camera/frames").domain(&domain);
    /// let mut publisher = builder.max_memory(1 << 20).create()?;
    /// # let mut subscriber = Subscriber::<[u8]>::builder("camera/frames").domain(&domain).create()?;
    /// for number in 0..8 {
    ///     publisher.publish_slice(&[number; 300_000])?; // three of them fit
    /// }
    /// assert_eq!(subscriber.recv()?[0], 5);
    /// assert_eq!(subscriber.lost(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.settings.max_memory = Some(bytes);
        self
    }

    /// Makes this the only publisher of the topic as long as it lives: creation fails if there is
    /// another one, and that of others fails while this one lives. By default a topic can have any
    /// number.
    pub fn exclusive(mut self) -> Self {
        self.settings.exclusive = true;
        self
    }

    /// Waits while another publisher excludes this one: as a hot standby, which takes over when that
    /// one leaves or dies. By default creation fails at once, as it does after `timeout`: any time
    /// from zero; `Duration::MAX` is for ever.
    ///
    /// `create` then returns as soon as the kernel has freed the other one's lock: within some
    /// milliseconds of its death, and later if its process has GiB of memory, which the kernel frees
    /// first. Of several that wait, one takes over. A process that is stopped keeps its place.
    ///
    /// The messages of the one that has ended stay readable for all subscribers that have attached
    /// to it. They receive them before those of the one that takes over. Subscribers attach
    /// when they receive or wait.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::{Publisher, Subscriber};
    /// use std::time::Duration;
    ///
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut subscriber = Subscriber::<u64>::builder("leader").domain(&domain).create()?;
    /// let mut first = Publisher::<u64>::builder("leader").domain(&domain).exclusive().create()?;
    /// let standby = Publisher::<u64>::builder("leader").domain(&domain).exclusive().wait(Duration::MAX);
    /// let standby = std::thread::spawn(|| standby.create()); // waits
    /// first.publish(&1)?;
    /// assert_eq!(*subscriber.recv()?, 1);
    /// first.publish(&2)?;
    /// drop(first); // or it dies
    /// standby.join().expect("no panic")?.publish(&3)?;
    /// assert_eq!(*subscriber.recv()?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(mut self, timeout: Duration) -> Self {
        self.settings.wait = Some(timeout);
        self
    }

    /// Brings all of `max_memory` into memory when the publisher is created, so that no message
    /// waits for pages later. By default off.
    ///
    /// It takes 1 GiB or more unless `max_memory` sets less, and creation fails where there is not
    /// that much. Memory for small messages is always brought in. Subscribers map pages as they
    /// first read them.
    pub fn prefault(mut self, on: bool) -> Self {
        self.settings.prefault = on;
        self
    }

    /// Uses huge pages for large messages. By default off.
    ///
    /// They are those that the machine has set aside (`vm.nr_hugepages`), if there are enough for
    /// `max_memory`. Otherwise they are those that the kernel finds, if it is configured to look
    /// for them; otherwise normal pages. [`Publisher::pages`](crate::Publisher::pages) tells which
    /// they are, and so does the publisher's entry (`Qos::pages`).
    pub fn huge_pages(mut self, on: bool) -> Self {
        self.settings.huge_pages = on;
        self
    }

    /// Keeps all of the publisher's memory from being swapped out (`mlock`), which includes
    /// `prefault`. By default off. Creation fails where `ulimit -l` does not allow that much.
    pub fn lock_memory(mut self, on: bool) -> Self {
        self.settings.lock_memory = on;
        self
    }

    /// Sets whether each message carries the time of publishing. By default on if messages are
    /// large or of variable size. Costs about 20 ns a message.
    pub fn timestamps(mut self, on: bool) -> Self {
        self.settings.timestamps = Some(on);
        self
    }

    /// Promises to publish, or to call `assert_alive`, at least every `time`: from 1 ms to 24 h;
    /// creation fails otherwise. By default nothing is promised.
    ///
    /// A [`Membership`](crate::Membership) reports when the promise is broken, and when it is kept
    /// again. Promise at least twice the time that it takes: a late timer is not a broken machine.
    /// Costs nothing.
    pub fn alive_every(mut self, time: Duration) -> Self {
        self.settings.alive_every = Some(time);
        self
    }

    /// Sets where the publisher's memory is. By default
    /// [`Placement::Auto`](crate::Placement::Auto).
    pub fn placement(mut self, placement: Placement) -> Self {
        self.settings.placement = placement;
        self
    }

    /// Waits for subscribers that ask for lossless delivery. By default off: messages that they
    /// have not read are overwritten.
    ///
    /// A message waits while such a subscriber has as many messages unread as the depth, up to
    /// `timeout`: any time from zero; `Duration::MAX` is for ever. Subscribers that do not ask for
    /// it are never waited for. At most 112 subscribers can. Of large messages it can be fewer, but
    /// at least 16: those that only hold samples in place take the others.
    ///
    /// A subscriber that asks is covered from the first message that is published after it was
    /// created until it is dropped or dies, whether it reads or not: one that never receives holds
    /// the publisher up.
    ///
    /// It waits for messages to be read, not for memory: while samples keep so much of `max_memory`
    /// that there is none for a large message, a loan fails at once, and so does publishing a copy.
    pub fn lossless(mut self, timeout: Duration) -> Self {
        self.settings.lossless = Some(timeout);
        self
    }

    /// Sets what becomes of subscribers that hold up a [`lossless`](Self::lossless) publisher for
    /// longer than its timeout. By default [`LaggardPolicy::Error`].
    pub fn laggards(mut self, policy: LaggardPolicy) -> Self {
        self.settings.laggards = policy;
        self
    }
}

impl<T: ShmMessage, H: Header> PublisherBuilder<[T], H> {
    /// Sets the most elements of a message. By default as many as [`max_memory`](Self::max_memory)
    /// has capacity for.
    ///
    /// Without `max_memory`, there is capacity for as many messages of this length as stay
    /// readable, and 20 more.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::Publisher;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// let builder = Publisher::<[u8]>::builder("camera").domain(&domain);
    /// let mut publisher = builder.max_len(1920 * 1080).create()?;
    /// assert!(publisher.publish_slice(&vec![0; 1920 * 1080 + 1]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_len(mut self, elements: u64) -> Self {
        self.settings.max_len = elements;
        self
    }
}

impl<T: ?Sized, H, L: Clone> Clone for PublisherBuilder<T, H, L> {
    fn clone(&self) -> Self {
        Self {
            topic: self.topic.clone(),
            settings: self.settings.clone(),
            layout: self.layout.clone(),
            message: PhantomData,
        }
    }
}

impl<T: ?Sized, H, L> fmt::Debug for PublisherBuilder<T, H, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublisherBuilder")
            .field("topic", &self.topic)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
