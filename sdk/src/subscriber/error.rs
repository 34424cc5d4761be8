//! What receiving can fail with.
//!
//! | operation | error |
//! | --- | --- |
//! | `new`, `create`, `refresh` | [`CreateError`](crate::CreateError) |
//! | `try_recv…`, `recv…`, iterators, `publishers`, `sources`, `wait_for_publishers` | [`RecvError`] |
//! | `event_fd` | [`RegistryError`] |
//! | `membership` | [`MembershipError`](crate::MembershipError) |
//!
//! Inside, a [`RecvError`] is passed in a box, so that what was received is passed in registers.

use crate::endpoint::{AttachError, Mismatch, NotLossless};
use crate::error_debug::debug_is_display;
use crate::registry::{PeerName, RegistryError, TopicName};
use crate::schema::InvalidValue;
use crate::shm::Descriptor;

/// Why receiving failed. The subscriber stays usable: each error is reported once, and messages of
/// the other publishers are received as before.
///
/// # Examples
///
/// ```
/// use slotcast::{Publisher, RecvError, Subscriber};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// # let _publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// subscriber.closer().close();
/// loop {
///     match subscriber.recv() {
///         Ok(message) => println!("{}", *message),
///         Err(RecvError::Closed { .. }) => break, // nothing will be received by waiting
///         Err(error) => eprintln!("{error}"),     // the next call goes on
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RecvError {
    /// A publisher has joined whose messages have another layout. It is not read.
    #[error(transparent)]
    Mismatch(Box<Mismatch>),
    /// A publisher has joined whose memory or entry cannot be used. It is not read.
    #[error(transparent)]
    Attach(Box<AttachError>),
    /// A publisher's ring contains what no publisher that keeps the protocol writes. It is read no
    /// further.
    #[error(
        "topic \"{topic}\": the ring of the publisher ({publisher}) is corrupt: expected message \
         {sequence}, found stamp \
         {stamp:#x}; detached from it, restart it"
    )]
    Corrupt {
        /// The topic.
        topic: TopicName,
        /// The owner of the ring.
        publisher: Box<PeerName>,
        /// The message that was to be read.
        sequence: u64,
        /// The stamp in its place.
        stamp: u64,
    },
    /// A publisher's ring makes invalid claims about a large message. It is read no further.
    #[error(
        "topic \"{topic}\": the ring of the publisher ({publisher}) is corrupt: it claims that message \
         {sequence} has {bytes} \
         bytes, {count} elements, at offset {offset} in its pool, which is invalid; detached from it, restart it"
    )]
    NotInPool {
        /// The topic.
        topic: TopicName,
        /// The owner of the ring.
        publisher: Box<PeerName>,
        /// The message that was to be read.
        sequence: u64,
        /// The offset that was claimed.
        offset: u64,
        /// The size that was claimed, in bytes.
        bytes: u64,
        /// How many elements were claimed; 1 is right for messages of fixed size.
        count: u64,
    },
    /// A publisher's memory makes invalid claims about its partial message. It is read no further.
    #[error(
        "topic \"{topic}\": the memory of the publisher ({publisher}) is corrupt: it claims that its \
         partial message has {bytes} bytes, {count} elements, at offset {offset} in its pool, which is invalid; \
         detached from it, restart it"
    )]
    PartialNotInPool {
        /// The topic.
        topic: TopicName,
        /// The owner of the memory.
        publisher: Box<PeerName>,
        /// The offset that was claimed.
        offset: u64,
        /// The size that was claimed, in bytes.
        bytes: u64,
        /// How many elements were claimed; 1 is right for messages of fixed size.
        count: u64,
    },
    /// A message's bytes are not a valid value of its type. It was discarded.
    #[error(
        "topic \"{topic}\": message {sequence} of the publisher ({publisher}) is not valid: {invalid}; it was discarded"
    )]
    Invalid {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// The message.
        sequence: u64,
        /// What is wrong with it.
        invalid: Box<InvalidValue>,
    },
    /// The header of a partial message is not a valid value of its type. It was discarded.
    #[error(
        "topic \"{topic}\": the partial message of the publisher ({publisher}) is not valid: {invalid}; it was \
         discarded"
    )]
    InvalidPartial {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// What is wrong with it.
        invalid: Box<InvalidValue>,
    },
    /// Messages of a layout cannot be received while they are written; see
    /// [`dynamic::Subscriber::try_recv_partial`](crate::dynamic::Subscriber::try_recv_partial).
    #[error("topic \"{topic}\": messages of this layout cannot be received partially: {reason}")]
    NotPartial {
        /// The topic.
        topic: TopicName,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// A message has to be copied, and is larger than
    /// [`max_copy`](crate::SubscriberBuilder::max_copy). It was discarded.
    #[error(
        "topic \"{topic}\": message {sequence} of the publisher ({publisher}) has {bytes} bytes and must be \
         copied, but \
         `max_copy` is {max} bytes: raise that where the subscriber is created; the message was discarded"
    )]
    TooLarge {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// The message.
        sequence: u64,
        /// Its size in bytes.
        bytes: u64,
        /// The size of the largest message that is copied.
        max: u64,
    },
    /// A message has to be copied, and there is no memory for that. It was discarded.
    #[error(
        "topic \"{topic}\": no memory to copy message {sequence} of the publisher ({publisher}), of {bytes} \
         bytes: hold fewer \
         samples, or allow this process more memory; the message was discarded"
    )]
    NoMemory {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// The message.
        sequence: u64,
        /// Its size in bytes.
        bytes: u64,
    },
    /// A publisher does not give this [`lossless`](crate::SubscriberBuilder::lossless) subscriber
    /// what it requests. It is read all the same.
    #[error("topic \"{topic}\": messages of the publisher ({publisher}) can be lost: {reason}")]
    NotLossless {
        /// The topic.
        topic: TopicName,
        /// The publisher.
        publisher: Box<PeerName>,
        /// Why.
        reason: NotLossless,
    },
    /// This process was forked from the one that created the subscriber, which still receives.
    /// Create a new one.
    #[error(
        "topic \"{topic}\": this subscriber belongs to the process that this one was forked from: create a new one"
    )]
    Forked {
        /// The topic.
        topic: TopicName,
    },
    /// Waiting was ended by [`Closer::close`](crate::Closer::close). What was published before can
    /// still be read with `try_recv`.
    #[error(
        "topic \"{topic}\": this subscriber was closed by its own program: it waits no more, but `try_recv` still reads"
    )]
    Closed {
        /// The topic.
        topic: TopicName,
    },
    /// The registry cannot be read.
    #[error("topic \"{topic}\": {reason}")]
    Registry {
        /// The topic.
        topic: TopicName,
        /// Why.
        reason: Box<RegistryError>,
    },
}

debug_is_display!(RecvError {
    Mismatch(value),
    Attach(value),
    Corrupt { topic, publisher, sequence, stamp },
    NotInPool { topic, publisher, sequence, offset, bytes, count },
    PartialNotInPool { topic, publisher, offset, bytes, count },
    Invalid { topic, publisher, sequence, invalid },
    InvalidPartial { topic, publisher, invalid },
    NotPartial { topic, reason },
    TooLarge { topic, publisher, sequence, bytes, max },
    NoMemory { topic, publisher, sequence, bytes },
    NotLossless { topic, publisher, reason },
    Forked { topic },
    Closed { topic },
    Registry { topic, reason },
});

impl RecvError {
    /// Takes an error out of its box, for callers of the public functions.
    #[cold]
    #[inline(never)]
    #[expect(clippy::boxed_local, reason = "so that callers do not unbox it where they are inlined")]
    pub(crate) fn unboxed(error: Box<Self>) -> Self {
        *error
    }

    #[cold]
    pub(super) fn forked(topic: &TopicName) -> Box<Self> {
        Box::new(Self::Forked { topic: topic.clone() })
    }

    #[cold]
    pub(crate) fn registry(topic: &TopicName, reason: RegistryError) -> Box<Self> {
        Box::new(Self::Registry { topic: topic.clone(), reason: Box::new(reason) })
    }

    #[cold]
    pub(super) fn corrupt(topic: &TopicName, publisher: &PeerName, sequence: u64, stamp: u64) -> Box<Self> {
        Box::new(Self::Corrupt { topic: topic.clone(), publisher: Box::new(publisher.clone()), sequence, stamp })
    }

    #[cold]
    pub(super) fn not_in_pool(
        topic: &TopicName,
        publisher: &PeerName,
        sequence: u64,
        claimed: Descriptor,
    ) -> Box<Self> {
        let Descriptor { offset, bytes, count } = claimed;
        let publisher = Box::new(publisher.clone());
        Box::new(Self::NotInPool { topic: topic.clone(), publisher, sequence, offset, bytes, count })
    }

    #[cold]
    pub(super) fn partial_not_in_pool(topic: &TopicName, publisher: &PeerName, claimed: Descriptor) -> Box<Self> {
        let Descriptor { offset, bytes, count } = claimed;
        let publisher = Box::new(publisher.clone());
        Box::new(Self::PartialNotInPool { topic: topic.clone(), publisher, offset, bytes, count })
    }
}
