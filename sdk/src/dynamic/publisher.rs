use super::{EncodeError, Layout, Value};
use crate::endpoint::{CreateError, used_by_one_thread_at_a_time};
use crate::error_debug::debug_is_display;
use crate::membership::{Membership, MembershipError};
use crate::publisher::{CloseError, PublisherCore, ReaderStatus, WhenFull};
use crate::record::Buffers;
use crate::registry::{EndpointId, IntoTopic, Pages, PeerName, RegistryError, TopicName};
use crate::schema::InvalidValue;
use crate::shm::Content;
use std::fmt;
use std::time::Duration;

/// Publishes messages of a layout that is known when the program runs.
///
/// For other processes it is a publisher like [`Publisher<T>`](crate::Publisher): typed subscribers
/// of the same layout receive from it. What it publishes is checked against its layout first.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Layout, Publisher, Value};
/// use slotcast::Subscriber;
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let layout = Layout::of::<u64>()?; // or from a file, or of another publisher
/// let mut publisher = Publisher::builder("counter", &layout).domain(&domain).create()?;
/// let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// publisher.publish(&Value::Int(42))?;
/// assert_eq!(*subscriber.recv()?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Publisher {
    pub(super) core: PublisherCore,
    pub(super) layout: Layout,
    /// Whether messages are in a pool.
    pub(super) is_pooled: bool,
    /// The size of messages in bytes, if they are in the cells of the ring and need no check: any
    /// bytes of that size are one.
    unchecked_size: Option<usize>,
    /// What messages that are in cells are lent from, once one was.
    pub(super) loans: Option<Buffers>,
    /// Where values are encoded.
    message: Vec<u8>,
}

used_by_one_thread_at_a_time!(Publisher);

/// Sets up a [`Publisher`]; see [`Publisher::builder`].
///
/// It has the settings of a typed [`PublisherBuilder`](crate::PublisherBuilder).
pub type PublisherBuilder = crate::publisher::PublisherBuilder<Value, (), Layout>;

/// Why a message was not published.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::{Layout, PublishError, Publisher, Value};
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let layout = Layout::of::<u8>()?;
/// let mut publisher = Publisher::builder("level", &layout).domain(&domain).create()?;
/// match publisher.publish(&Value::Int(256)) {
///     Err(PublishError::Value(error)) => println!("{error}"), // 256 does not fit
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The value is not one of the layout.
    #[error(transparent)]
    Value(#[from] EncodeError),
    /// The bytes are not a valid value of the layout.
    #[error(transparent)]
    Bytes(#[from] InvalidValue),
    /// Messages of the layout cannot be published while they are written.
    #[error("topic \"{topic}\": messages of this layout cannot be published partially: {reason}")]
    NotPartial {
        /// The topic.
        topic: TopicName,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// As for typed publishers.
    #[error(transparent)]
    Publish(#[from] crate::publisher::PublishError),
}

debug_is_display!(PublishError {
    Value(value),
    Bytes(value),
    NotPartial { topic, reason },
    Publish(value),
});

impl Publisher {
    /// Creates a publisher with default settings in the default domain.
    ///
    /// # Errors
    /// As [`Publisher::new`](crate::Publisher::new).
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::dynamic::{Layout, Publisher, Value};
    ///
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # // SAFETY: no other thread runs.
    /// # unsafe { std::env::set_var("SLOTCAST_ROOT", folder.path().join("root")) };
    /// let mut publisher = Publisher::new("counter", &Layout::of::<u64>()?)?;
    /// publisher.publish(&Value::Int(1))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(topic: impl IntoTopic<Value>, layout: &Layout) -> Result<Self, CreateError> {
        Self::builder(topic, layout).create()
    }

    /// Returns a builder that sets up a publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// use slotcast::dynamic::{Layout, Publisher};
    ///
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// let layout = Layout::of::<u64>()?;
    /// let publisher = Publisher::builder("counter", &layout).domain(&domain).depth(1000).create()?;
    /// # drop(publisher);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(topic: impl IntoTopic<Value>, layout: &Layout) -> PublisherBuilder {
        PublisherBuilder::new(topic.into_topic(), layout.clone())
    }

    /// Encodes and publishes a value, and returns its sequence. Does not allocate, unless messages
    /// are large or of variable size and the pool grows: see
    /// [`Publisher::loan`](crate::Publisher::loan). The memory in which messages of variable size
    /// are encoded grows, too, up to the largest one.
    ///
    /// # Errors
    /// When the value is not one of the layout: see [`Layout::encode`]. Otherwise as
    /// [`Publisher::publish`](crate::Publisher::publish).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::dynamic::{Layout, Publisher, Value};
    /// # use slotcast::Subscriber;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::builder("levels", &Layout::of::<[u8; 2]>()?).domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8; 2]>::builder("levels").domain(&domain).create()?;
    /// publisher.publish(&Value::List(vec![Value::Int(1), Value::Int(2)]))?;
    /// # assert_eq!(*subscriber.recv()?, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish(&mut self, value: &Value) -> Result<u64, PublishError> {
        self.encode(value, WhenFull::Wait)
    }

    /// Encodes and publishes a value like [`publish`](Self::publish), but never waits.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); [`Full`](crate::PublishError::Full) where that would wait.
    pub fn try_publish(&mut self, value: &Value) -> Result<u64, PublishError> {
        self.encode(value, WhenFull::Fail)
    }

    /// Publishes a message as its bytes, and returns its sequence. Allocates as
    /// [`publish`](Self::publish) does.
    ///
    /// # Errors
    /// When they are not a valid value of the layout: see [`Layout::validate`]. Otherwise as
    /// [`Publisher::publish`](crate::Publisher::publish).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::dynamic::{Layout, Publisher};
    /// # use slotcast::Subscriber;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::builder("counter", &Layout::of::<u32>()?).domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u32>::builder("counter").domain(&domain).create()?;
    /// publisher.publish_bytes(&[1, 0, 0, 0])?; // as they lie in memory, little-endian
    /// # assert_eq!(*subscriber.recv()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn publish_bytes(&mut self, message: &[u8]) -> Result<u64, PublishError> {
        self.publish_copy(message, WhenFull::Wait)
    }

    /// Publishes a message as its bytes like [`publish_bytes`](Self::publish_bytes), but never
    /// waits.
    ///
    /// # Errors
    /// As [`publish_bytes`](Self::publish_bytes); [`Full`](crate::PublishError::Full) where that
    /// would wait.
    #[inline]
    pub fn try_publish_bytes(&mut self, message: &[u8]) -> Result<u64, PublishError> {
        self.publish_copy(message, WhenFull::Fail)
    }

    /// Leaves out the next `count` sequences; see [`Publisher::skip`](crate::Publisher::skip).
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn skip(&mut self, count: u64) -> Result<(), PublishError> {
        Ok(self.core.skip(count)?)
    }

    #[inline]
    fn publish_copy(&mut self, message: &[u8], when_full: WhenFull) -> Result<u64, PublishError> {
        if self.unchecked_size == Some(message.len()) {
            let core = &mut self.core;
            let published = with_known_size!(message.len(), |size| core.publish(&message[..size], when_full));
            return Ok(published?);
        }
        self.layout.validate(message)?;
        Ok(store(&mut self.core, &self.layout, self.is_pooled, message, when_full)?)
    }

    fn encode(&mut self, value: &Value, when_full: WhenFull) -> Result<u64, PublishError> {
        self.layout.encode_whole_into(value, &mut self.message)?;
        Ok(store(&mut self.core, &self.layout, self.is_pooled, &self.message, when_full)?)
    }

    /// Waits up to `time` until the next message can be published without waiting for subscribers,
    /// and returns whether it can. So a program can do something else between short waits. Returns
    /// `true` at once if this publisher is not lossless.
    pub fn wait_for_capacity(&mut self, time: Duration) -> bool {
        self.core.wait_for_capacity(time)
    }

    /// Closes this publisher once all was read; see [`Publisher::close`](crate::Publisher::close).
    ///
    /// # Errors
    /// As there.
    pub fn close(mut self, linger: Duration) -> Result<(), CloseError> {
        self.core.linger(linger)
    }

    /// Returns the layout of its messages.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns how many bytes of memory large messages have taken so far; see
    /// [`Publisher::pool_memory`](crate::Publisher::pool_memory).
    pub fn pool_memory(&self) -> u64 {
        self.core.pool_memory()
    }

    /// Returns the kind of pages that its memory consists of; see
    /// [`Publisher::pages`](crate::Publisher::pages).
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

    /// Announces this publisher again if its entry was removed from outside; see
    /// [`Publisher::refresh`](crate::Publisher::refresh).
    ///
    /// # Errors
    /// As [`new`](Self::new): the topic may have another publisher by now.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }

    /// Shows that this publisher is alive though it publishes nothing; see
    /// [`Publisher::assert_alive`](crate::Publisher::assert_alive).
    #[inline]
    pub fn assert_alive(&mut self) {
        self.core.assert_alive();
    }

    /// Reports subscribers that join, leave and die; see
    /// [`Publisher::membership`](crate::Publisher::membership).
    ///
    /// # Errors
    /// As there.
    pub fn membership(&self) -> Result<Membership, MembershipError> {
        self.core.membership()
    }

    /// Returns the subscribers of this publisher and how far each is; see
    /// [`Publisher::readers`](crate::Publisher::readers).
    ///
    /// # Errors
    /// As there.
    pub fn readers(&self) -> Result<Vec<ReaderStatus>, RegistryError> {
        self.core.readers()
    }

    /// Returns how many subscribers were detached so far; see
    /// [`Publisher::detached_subscribers`](crate::Publisher::detached_subscribers).
    pub fn detached_subscribers(&self) -> u64 {
        self.core.detached_subscribers()
    }

    /// Returns the living subscribers of the topic. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        self.core.subscribers()
    }

    /// Waits up to `time` until at least `count` subscribers of this layout live, and returns
    /// whether they do; see
    /// [`Publisher::wait_for_subscribers`](crate::Publisher::wait_for_subscribers).
    ///
    /// # Errors
    /// As there.
    pub fn wait_for_subscribers(&mut self, count: usize, time: Duration) -> Result<bool, RegistryError> {
        self.core.wait_for_subscribers(count, time)
    }
}

/// Publishes a valid message.
fn store(
    core: &mut PublisherCore,
    layout: &Layout,
    is_pooled: bool,
    message: &[u8],
    when_full: WhenFull,
) -> Result<u64, crate::publisher::PublishError> {
    if !is_pooled {
        return core.publish(message, when_full);
    }
    let elements = layout.elements(message.len()) as u64;
    let mut raw = core.lend(elements)?;
    raw.fill(0, message);
    Ok(core.publish_slot(raw, elements, when_full)?)
}

impl PublisherBuilder {
    /// Sets the most elements of a message of variable size; see
    /// [`PublisherBuilder::max_len`](crate::PublisherBuilder::max_len).
    pub fn max_len(mut self, elements: u64) -> Self {
        self.settings.max_len = elements;
        self
    }

    /// Creates the publisher.
    ///
    /// # Errors
    /// As [`Publisher::new`]; also when a setting is out of range, or another publisher is
    /// [exclusive](crate::PublisherBuilder::exclusive) or is in the way of this one being so.
    pub fn create(self) -> Result<Publisher, CreateError> {
        let topic = self.topic?;
        let core = PublisherCore::create(&topic, &self.settings, self.layout.schema(), self.layout.hash())?;
        let layout = self.layout;
        let is_pooled = Content::of(layout.schema()).is_pooled();
        let is_unchecked = !is_pooled && layout.schema().every_bit_pattern_valid();
        Ok(Publisher {
            core,
            is_pooled,
            unchecked_size: is_unchecked.then(|| layout.size()),
            loans: None,
            message: vec![0; layout.size()], // there was memory for a ring of these
            layout,
        })
    }
}

/// Prints topic and id, nothing of messages.
impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.core, f)
    }
}
