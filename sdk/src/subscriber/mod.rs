//! Receiving.

mod blocking;
mod core;
mod discovery;
mod failure;
mod fetch;
mod handle;
mod lossless;
mod partial_sample;
mod peers;
mod pins;
mod rate;
mod readiness;
mod sample;
mod source;
mod sources;
mod status;
mod watched;
mod watching;

pub(crate) use self::core::{SubscriberCore, SubscriberSettings};
pub use blocking::Wait;
pub(crate) use failure::{ReadFailure, Refused};
pub(crate) use fetch::{Fetcher, MAX_COPY, NotCopied};
pub(crate) use handle::{subscriber_members, subscriber_settings, subscriber_waits};
pub use partial_sample::PartialSample;
pub(crate) use rate::RateFilter;
pub use sample::Sample;
pub(crate) use sources::{Sources, Wanted};
pub use status::SourceStatus;

use crate::endpoint::error_debug::debug_is_display;
use crate::endpoint::{AttachError, CreateError, Mismatch, NotLossless, OneThreadAtATime};
use crate::membership::{Membership, MembershipError};
use crate::record::{Buffers, Header, Message, Payload, Received};
use crate::registry::{Domain, EndpointId, IntoTopic, PeerName, Placement, RegistryError, TopicName, TopicNameError};
use crate::schema::InvalidValue;
use crate::shm::Descriptor;
use crate::wait::{Closer, EventFd};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Receives messages of one type from all publishers of a topic, present and to come.
///
/// A subscriber that was there before a publisher gets its messages from the first, if it looks while the publisher lives
/// (memory goes with its owner, so one that comes and goes between two looks is not seen); one that comes later gets
/// those that are published from then on, and up to `history` before. Publishers neither wait for it nor know
/// how far it is: what they overwrite before it was read is lost, and counted. A subscriber that is
/// [`lossless`](SubscriberBuilder::lossless) is waited for by publishers that are, too.
pub struct Subscriber<T: ?Sized, H = ()> {
    core: SubscriberCore,
    buffers: Buffers,
    message: PhantomData<fn(&T) -> H>,
    _use: OneThreadAtATime,
}

/// The messages that are there now; see [`Subscriber::try_iter`].
pub struct TryIter<'a, T: ?Sized, H = ()> {
    subscriber: &'a mut Subscriber<T, H>,
}

impl<T: Payload + ?Sized, H: Header> Iterator for TryIter<'_, T, H> {
    type Item = Result<Sample<T, H>, RecvError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.subscriber.try_recv().transpose()
    }
}

/// How long nothing comes before it is looked whether anything will.
const UNTIL_LOOK: Duration = Duration::from_millis(50);

/// All messages from now on; see [`Subscriber::iter`].
pub struct Iter<'a, T: ?Sized, H = ()> {
    subscriber: &'a mut Subscriber<T, H>,
    /// It ends when the subscriber is closed, and in a forked child after the error that says so.
    over: bool,
}

impl<T: Payload + ?Sized, H: Header> Iterator for Iter<'_, T, H> {
    type Item = Result<Sample<T, H>, RecvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let received = self.subscriber.recv();
        self.over = matches!(received, Err(RecvError::Forked { .. } | RecvError::Closed { .. }));
        if let Err(RecvError::Closed { .. }) = received { None } else { Some(received) }
    }
}

/// Sets up a [`Subscriber`]; see [`Subscriber::builder`].
#[must_use = "a subscriber is made by `create`"]
#[derive(Clone, Debug)]
pub struct SubscriberBuilder<T: ?Sized, H = ()> {
    topic: Result<TopicName, TopicNameError>,
    settings: SubscriberSettings,
    message: PhantomData<fn(&T) -> H>,
}

/// Why receiving failed. The subscriber stays usable: each error is told once, and the other publishers go on.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RecvError {
    /// A publisher has come whose messages have another layout. It is not read from.
    #[error(transparent)]
    Mismatch(Box<Mismatch>),
    /// A publisher has come whose memory or entry cannot be used. It is not read from.
    #[error(transparent)]
    Attach(Box<AttachError>),
    /// A publisher's ring holds what none that keeps the protocol writes. It is no longer read from.
    #[error(
        "topic \"{topic}\": the ring of the publisher ({publisher}) is corrupt: in the place of message {sequence} \
         is stamp {stamp:#x}; nothing more is read from it, restart it"
    )]
    Corrupt {
        /// The topic.
        topic: TopicName,
        /// Whose ring.
        publisher: Box<PeerName>,
        /// The message that was to be read.
        sequence: u64,
        /// What stands in its place.
        stamp: u64,
    },
    /// A publisher's ring says of a large message what cannot be. It is no longer read from.
    #[error(
        "topic \"{topic}\": the ring of the publisher ({publisher}) is corrupt: message {sequence} is said to be {bytes} \
         bytes, {count} elements, at {offset} in its pool, which cannot be; nothing more is read from it, restart it"
    )]
    NotInPool {
        /// The topic.
        topic: TopicName,
        /// Whose ring.
        publisher: Box<PeerName>,
        /// The message that was to be read.
        sequence: u64,
        /// Where it is said to be.
        offset: u64,
        /// Its size, as is said.
        bytes: u64,
        /// How many elements it has, as is said; 1 of messages of fixed size.
        count: u64,
    },
    /// What a publisher says of the message that it shows while it writes it cannot be. It is no longer read from.
    #[error(
        "topic \"{topic}\": the memory of the publisher ({publisher}) is corrupt: the message that it shows while it writes it \
         is said to be {bytes} bytes, {count} elements, at {offset} in its pool, which cannot be; nothing more is read from \
         it, restart it"
    )]
    WronglyShown {
        /// The topic.
        topic: TopicName,
        /// Whose memory.
        publisher: Box<PeerName>,
        /// Where it is said to be.
        offset: u64,
        /// Its size, as is said.
        bytes: u64,
        /// How many elements it has, as is said; 1 of messages of fixed size.
        count: u64,
    },
    /// A message's bytes are no value of its type. It is left out.
    #[error(
        "topic \"{topic}\": message {sequence} of the publisher ({publisher}) is not valid: {invalid}; it is left out"
    )]
    Invalid {
        /// The topic.
        topic: TopicName,
        /// Who published it.
        publisher: Box<PeerName>,
        /// The message.
        sequence: u64,
        /// What is wrong.
        invalid: Box<InvalidValue>,
    },
    /// A message would have to be copied, and is larger than [`max_copy`](SubscriberBuilder::max_copy). It is left out.
    #[error(
        "topic \"{topic}\": message {sequence} of the publisher ({publisher}) has {bytes} bytes and would have to be copied, but \
         `max_copy` is {max} bytes: give this subscriber more; the message is left out"
    )]
    TooLarge {
        /// The topic.
        topic: TopicName,
        /// Who published it.
        publisher: Box<PeerName>,
        /// The message.
        sequence: u64,
        /// Its size in bytes.
        bytes: u64,
        /// The size of the largest message that is copied.
        max: u64,
    },
    /// A message would have to be copied, and there is no memory for that. It is left out.
    #[error(
        "topic \"{topic}\": there is no memory to copy message {sequence} of the publisher ({publisher}), of {bytes} bytes: hold \
         fewer samples, or let this process have more memory; the message is left out"
    )]
    NoMemory {
        /// The topic.
        topic: TopicName,
        /// Who published it.
        publisher: Box<PeerName>,
        /// The message.
        sequence: u64,
        /// Its size in bytes.
        bytes: u64,
    },
    /// A publisher does not give this subscriber, which is [`lossless`](SubscriberBuilder::lossless), what it asks for.
    /// It is read all the same.
    #[error("topic \"{topic}\": messages of the publisher ({publisher}) can be lost: {reason}")]
    NotLossless {
        /// The topic.
        topic: TopicName,
        /// Which publisher.
        publisher: Box<PeerName>,
        /// Why.
        reason: NotLossless,
    },
    /// This process was forked off the one that made the subscriber, which still reads. Make a new one.
    #[error("topic \"{topic}\": this subscriber belongs to the process that this one was forked from: make a new one")]
    Forked {
        /// The topic.
        topic: TopicName,
    },
    /// A wait was ended by [`Closer::close`](crate::Closer::close). What is there can still be read with `try_recv`.
    #[error("topic \"{topic}\": this subscriber was closed by its own program, and waits no more")]
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
    WronglyShown { topic, publisher, offset, bytes, count },
    Invalid { topic, publisher, sequence, invalid },
    TooLarge { topic, publisher, sequence, bytes, max },
    NoMemory { topic, publisher, sequence, bytes },
    NotLossless { topic, publisher, reason },
    Forked { topic },
    Closed { topic },
    Registry { topic, reason },
});

impl RecvError {
    /// What a subscriber of `topic` tells of a failure.
    #[cold]
    #[inline(never)]
    #[expect(clippy::boxed_local, reason = "so that callers do not unbox it")]
    pub(crate) fn new(topic: &TopicName, failure: Box<ReadFailure>) -> Self {
        let topic = topic.clone();
        match *failure {
            ReadFailure::Refused(Refused::Mismatch(mismatch)) => Self::Mismatch(mismatch),
            ReadFailure::Refused(Refused::Attach(error)) => Self::Attach(error),
            ReadFailure::Corrupt { publisher, sequence, stamp } => {
                Self::Corrupt { topic, publisher: Box::new(publisher), sequence, stamp }
            }
            ReadFailure::Wrong { publisher, sequence, descriptor: Descriptor { offset, bytes, count } } => {
                Self::NotInPool { topic, publisher: Box::new(publisher), sequence, offset, bytes, count }
            }
            ReadFailure::WronglyShown { publisher, descriptor: Descriptor { offset, bytes, count } } => {
                Self::WronglyShown { topic, publisher: Box::new(publisher), offset, bytes, count }
            }
            ReadFailure::NotCopied { publisher, sequence, reason } => {
                let publisher = Box::new(publisher);
                match reason {
                    NotCopied::TooLarge { bytes, max } => Self::TooLarge { topic, publisher, sequence, bytes, max },
                    NotCopied::NoMemory { bytes } => Self::NoMemory { topic, publisher, sequence, bytes },
                }
            }
            ReadFailure::NotLossless { publisher, reason } => {
                Self::NotLossless { topic, publisher: Box::new(publisher), reason }
            }
            ReadFailure::Forked => Self::Forked { topic },
            ReadFailure::Closed => Self::Closed { topic },
            ReadFailure::Registry(reason) => Self::Registry { topic, reason: Box::new(reason) },
        }
    }
}

// The bounds are on the functions, so that a type that is no message is told what it lacks.
impl<T: ?Sized, H> Subscriber<T, H> {
    /// A subscriber with default settings in the default domain. No publisher need be there yet.
    ///
    /// # Errors
    /// When the topic's name is not legal, publishers that are there have another layout of messages or cannot be
    /// read from, or the registry cannot be used.
    pub fn new(topic: impl IntoTopic<T, H>) -> Result<Self, CreateError>
    where
        T: Payload,
        H: Header,
    {
        Self::builder(topic).create()
    }

    /// A subscriber to be set up.
    pub fn builder(topic: impl IntoTopic<T, H>) -> SubscriberBuilder<T, H>
    where
        T: Payload,
        H: Header,
    {
        let settings = SubscriberSettings::new();
        SubscriberBuilder { topic: topic.into_topic(), settings, message: PhantomData }
    }
}

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// The next message, if there is one. Publishers are asked in turn; the messages of one come in order.
    ///
    /// Does not wait, and in steady state makes no system call and no allocation; when publishers have come or
    /// gone it reads the registry, and it allocates when more samples are held than ever before.
    ///
    /// # Errors
    /// See [`RecvError`].
    #[inline]
    pub fn try_recv(&mut self) -> Result<Option<Sample<T, H>>, RecvError> {
        // A closure, which is inlined: the function by its name is not.
        self.receive(|core, payload, out, received| core.next(payload, out, received))
    }

    /// The next message; waits for it, as [`SubscriberBuilder::wait`] says. Publishers may come and go meanwhile.
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv(&mut self) -> Result<Sample<T, H>, RecvError> {
        loop {
            let received =
                self.receive(|core, payload, out, received| core.next_before(payload, out, received, None))?;
            if let Some(sample) = received {
                return Ok(sample);
            }
        }
    }

    /// The next message; waits for it at most so long. Nothing then.
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv_timeout(&mut self, time: Duration) -> Result<Option<Sample<T, H>>, RecvError> {
        let deadline = Instant::now().checked_add(time); // beyond all time: none
        self.receive(|core, payload, out, received| core.next_before(payload, out, received, deadline))
    }

    /// The next message; waits for it at most until then. Nothing then.
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv_deadline(&mut self, deadline: Instant) -> Result<Option<Sample<T, H>>, RecvError> {
        self.receive(|core, payload, out, received| core.next_before(payload, out, received, Some(deadline)))
    }

    #[inline]
    fn receive(
        &mut self,
        next: impl FnOnce(&mut SubscriberCore, usize, &mut [u64], &mut Received) -> Result<bool, Box<ReadFailure>>,
    ) -> Result<Option<Sample<T, H>>, RecvError> {
        if Message::<T, H>::IS_POOLED {
            let (mut descriptor, mut received) = ([0; Descriptor::BYTES / 8], Received::NOTHING);
            return match next(&mut self.core, Descriptor::BYTES, &mut descriptor, &mut received) {
                Ok(false) => Ok(None),
                Ok(true) => self.fetched(received).map(Some),
                Err(failure) => Err(RecvError::new(self.topic(), failure)),
            };
        }
        let bytes = Message::<T, H>::BYTES;
        let mut buffer = self.buffers.free();
        let (out, received) = buffer.parts();
        let out = &mut out[..bytes.div_ceil(8)];
        match next(&mut self.core, bytes, out, received) {
            Ok(false) => Ok(None),
            Ok(true) => {
                let received = *received;
                match Sample::check(buffer.lend_sample()) {
                    Ok(sample) => Ok(Some(sample)),
                    Err(invalid) => Err(self.invalid(received, invalid)),
                }
            }
            Err(failure) => Err(RecvError::new(self.topic(), failure)),
        }
    }

    /// The message in a pool that was just received.
    #[inline]
    fn fetched(&mut self, received: Received) -> Result<Sample<T, H>, RecvError> {
        let held = match self.core.take_fetched(received) {
            Ok(held) => held,
            Err(failure) => return Err(RecvError::new(self.topic(), failure)),
        };
        // Types that have to be checked are copied, so what is checked does not change.
        Sample::check(held).map_err(|invalid| self.invalid(received, invalid))
    }

    /// A message that a publisher [shows](crate::Publisher::publish_partial) while it writes it, in place, as far as it is: so that
    /// its beginning is worked on while the rest is written. Each is given once; publishers are asked in turn. When it was
    /// sent it arrives as a sample, as always, whatever was seen of it.
    ///
    /// For messages in a pool of types of which every bit pattern is a value (both checked when compiling). Nothing is
    /// copied for this: of a publisher that does not honour this subscriber's pins (see `Large messages` in the book),
    /// and while [`max_samples`](SubscriberBuilder::max_samples) others are held, it is `None`, and asked again it may be there.
    ///
    /// Does not wait, and nothing that waits is woken by progress: neither `recv` nor descriptors nor wait sets. In
    /// steady state it makes no system call and no allocation.
    ///
    /// # Errors
    /// See [`RecvError`]. It tells the same things as [`try_recv`](Self::try_recv), each once.
    pub fn try_recv_partial(&mut self) -> Result<Option<PartialSample<T, H>>, RecvError> {
        const {
            assert!(
                Message::<T, H>::IS_POOLED,
                "messages of this type are too small to be seen while they are written: use one of more than 1024 bytes, or `[T]`"
            );
            assert!(
                Message::<T, H>::EVERY_BIT_PATTERN_VALID,
                "messages of this type have to be checked, and cannot be while they are written: not every bit pattern is a value"
            );
        }
        match self.core.watch() {
            Ok(watched) => Ok(watched.map(|(publisher, watched)| PartialSample::new(publisher, watched))),
            Err(failure) => Err(RecvError::new(self.topic(), failure)),
        }
    }

    /// Whether a publisher lives that this subscriber reads from: for one whose message has not grown for long. A system
    /// call.
    pub fn is_alive(&self, publisher: EndpointId) -> bool {
        self.core.is_alive(publisher)
    }

    /// The next message; waits for it, as [`recv`](Self::recv) does, and for a publisher if none has come yet. Nothing when all
    /// publishers that have come are gone, in order or not, and all that they published was read: up to 50 ms after the last
    /// one has gone. Asked again it waits no more, unless another one comes.
    ///
    /// A publisher that comes and goes before this subscriber has looked is not seen: a lossless one that
    /// [closes](crate::Publisher::close) is.
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv_to_end(&mut self) -> Result<Option<Sample<T, H>>, RecvError> {
        loop {
            if let Some(sample) = self.recv_timeout(UNTIL_LOOK)? {
                return Ok(Some(sample));
            }
            let are_over = self.core.are_over();
            if are_over.map_err(|failure| RecvError::new(self.topic(), failure))? {
                return self.try_recv(); // what came before the last one had gone
            }
        }
    }

    /// All messages until the end: as [`recv_to_end`](Self::recv_to_end) says, or when the subscriber is
    /// [closed](Self::closer).
    pub fn iter_to_end(&mut self) -> impl Iterator<Item = Result<Sample<T, H>, RecvError>> {
        let mut is_over = false;
        std::iter::from_fn(move || {
            if is_over {
                return None;
            }
            let received = self.recv_to_end();
            is_over = matches!(received, Ok(None) | Err(RecvError::Forked { .. } | RecvError::Closed { .. }));
            if let Err(RecvError::Closed { .. }) = received { None } else { received.transpose() }
        })
    }

    /// All messages from now on: waits for each, and ends when the subscriber is [closed](Self::closer).
    pub fn iter(&mut self) -> Iter<'_, T, H> {
        Iter { subscriber: self, over: false }
    }

    /// The messages that are there now: ends at the first time that there is none.
    pub fn try_iter(&mut self) -> TryIter<'_, T, H> {
        TryIter { subscriber: self }
    }

    #[cold]
    fn invalid(&mut self, received: Received, invalid: InvalidValue) -> RecvError {
        let publisher = self.core.not_delivered(&received);
        let publisher = Box::new(publisher.expect("a message was just taken from it"));
        let topic = self.topic().clone();
        RecvError::Invalid { topic, publisher, sequence: received.sequence, invalid: Box::new(invalid) }
    }

    /// Fails if waits were ended from elsewhere.
    #[cfg(feature = "tokio")]
    pub(crate) fn check_open(&self) -> Result<(), RecvError> {
        self.core.check_open().map_err(|failure| RecvError::new(self.topic(), failure))
    }

    /// What a subscriber tells that cannot be waited for.
    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> RecvError {
        RecvError::new(self.topic(), self.core.cannot_wait(reason))
    }

    /// The topic's name.
    pub fn topic(&self) -> &TopicName {
        self.core.topic()
    }

    /// Makes this subscriber known again if somebody removed its entry from outside (`rm -rf`, a login manager that
    /// empties `/dev/shm`), and returns whether that was so; publishers that did the same are found. Those that were
    /// attached are read on in any case. Costs two system calls.
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }

    subscriber_waits!();

    subscriber_members!();

    /// Who publishes now. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// As [`try_recv`](Self::try_recv): publishers that came since are attached by this.
    pub fn publishers(&mut self) -> Result<Vec<PeerName>, RecvError> {
        let result = self.core.publishers().map(|peers| peers.into_iter().map(|peer| peer.name.clone()).collect());
        result.map_err(|failure| RecvError::new(self.topic(), failure))
    }

    /// How many messages were left out because of [`latest`](SubscriberBuilder::latest) or
    /// [`rate_limit`](SubscriberBuilder::rate_limit), of all publishers.
    pub fn skipped(&self) -> u64 {
        self.core.skipped()
    }

    /// How many messages were overwritten before this subscriber had read them, of all publishers.
    pub fn lost(&self) -> u64 {
        self.core.lost()
    }
}

impl<T: Payload + ?Sized, H: Header> SubscriberBuilder<T, H> {
    subscriber_settings!();

    /// Makes the subscriber.
    ///
    /// # Errors
    /// As [`Subscriber::new`].
    pub fn create(self) -> Result<Subscriber<T, H>, CreateError> {
        let topic = self.topic?;
        let (schema, hash) = (Arc::new(Message::<T, H>::SCHEMA.clone()), Message::<T, H>::HASH);
        let core =
            SubscriberCore::create(&topic, self.settings, schema, hash, Message::<T, H>::EVERY_BIT_PATTERN_VALID)?;
        let bytes = if Message::<T, H>::IS_POOLED { 0 } else { Message::<T, H>::BYTES };
        Ok(Subscriber { core, buffers: Buffers::new(bytes), message: PhantomData, _use: PhantomData })
    }
}
