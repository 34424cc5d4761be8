//! # Safety
//!
//! The typed skin of a publisher. The file opts into unsafe code in one place: to see a message as its bytes.
#![allow(unsafe_code, reason = "a message is seen as its bytes")]

use crate::buffers::{self, Buffers, Free};
use crate::handle::{OneThreadAtATime, publisher_members, publisher_settings};
use crate::registry::{PeerName, RegistryError};
use crate::topic::{Behind, CloseError, CreateError, Laggards, NotPublished, Publication, PublicationSettings};
use crate::{
    Domain, EndpointId, IntoTopic, Loan, LoanUninit, Membership, MembershipError, Placement, ShmMessage, TopicName,
    TopicNameError,
};
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Publishes messages of one type on a topic.
///
/// Its messages live in a ring in its own memory, which subscribers map read-only. It never waits for a subscriber,
/// unless it is [`lossless`](PublisherBuilder::lossless) and a subscriber asked for that, and in steady state makes no
/// system call and no allocation. It may move between threads.
/// Dropped, it is gone from the topic at once; what it published stays readable for those who had joined, and is lost for
/// those who had not looked since it came: see [`close`](Self::close).
pub struct Publisher<T> {
    publication: Publication,
    loans: Option<Buffers>,
    message: PhantomData<fn() -> T>,
    _use: OneThreadAtATime,
}

/// Sets up a [`Publisher`]; see [`Publisher::builder`].
#[must_use = "a publisher is made by `create`"]
#[derive(Clone, Debug)]
pub struct PublisherBuilder<T> {
    topic: Result<TopicName, TopicNameError>,
    settings: PublicationSettings,
    message: PhantomData<fn() -> T>,
}

/// Why nothing was lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoanError {
    /// This process was forked off the one that made the publisher, which still publishes. Make a new one.
    #[error("this publisher belongs to the process that this one was forked from: make a new one")]
    Forked,
}

/// Why a message was not published. Nothing of it is seen by anybody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// All 2^62 sequences of this publisher are used. Make a new one.
    #[error("this publisher has used all its sequences: make a new one")]
    Exhausted,
    /// This process was forked off the one that made the publisher, which still publishes. Make a new one.
    #[error("this publisher belongs to the process that this one was forked from: make a new one")]
    Forked,
    /// There is no room now: a subscriber that was promised lossless delivery has as many messages unread as the
    /// publisher's depth. From [`Publisher::try_publish`].
    #[error("there is no room for a message until its subscribers have read: publish later, or wait with `publish`")]
    Full,
    /// There was no room within the publisher's timeout: subscribers that were promised lossless delivery are behind.
    #[error("nothing was published: {0}; raise `depth` or the timeout, or let laggards go (`Laggards::LetGo`)")]
    Behind(Box<Behind>),
}

impl From<NotPublished> for PublishError {
    #[cold]
    fn from(reason: NotPublished) -> Self {
        match reason {
            NotPublished::Exhausted => Self::Exhausted,
            NotPublished::Forked => Self::Forked,
            NotPublished::Full => Self::Full,
            NotPublished::Behind(behind) => Self::Behind(behind),
        }
    }
}

/// Why a loan was not sent. It is handed back.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SendError<L> {
    /// The loan is of another publisher.
    #[error("this loan is of another publisher: send it with the one that lent it")]
    Foreign(L),
    /// All 2^62 sequences of this publisher are used. Make a new one.
    #[error("this publisher has used all its sequences: make a new one")]
    Exhausted(L),
    /// This process was forked off the one that made the publisher, which still publishes. Make a new one.
    #[error("this publisher belongs to the process that this one was forked from: make a new one")]
    Forked(L),
    /// There is no room now; see [`PublishError::Full`]. From [`Publisher::try_send`].
    #[error("there is no room for this loan until its subscribers have read: send it later, or wait with `send`")]
    Full(L),
    /// There was no room within the publisher's timeout; see [`PublishError::Behind`].
    #[error("the loan was not sent: {1}; raise `depth` or the timeout, or let laggards go (`Laggards::LetGo`)")]
    Behind(L, Box<Behind>),
}

impl<L> SendError<L> {
    #[cold]
    fn new(reason: NotPublished, loan: L) -> Self {
        match reason {
            NotPublished::Exhausted => Self::Exhausted(loan),
            NotPublished::Forked => Self::Forked(loan),
            NotPublished::Full => Self::Full(loan),
            NotPublished::Behind(behind) => Self::Behind(loan, behind),
        }
    }

    /// The loan.
    pub fn into_inner(self) -> L {
        match self {
            Self::Foreign(loan)
            | Self::Exhausted(loan)
            | Self::Forked(loan)
            | Self::Full(loan)
            | Self::Behind(loan, _) => loan,
        }
    }
}

impl<L> fmt::Debug for SendError<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign(_) => "Foreign(..)",
            Self::Exhausted(_) => "Exhausted(..)",
            Self::Forked(_) => "Forked(..)",
            Self::Full(_) => "Full(..)",
            Self::Behind(_, behind) => return write!(f, "Behind(.., {behind:?})"),
        })
    }
}

// The bounds are on the functions, so that a type that is no message is told what it lacks.
impl<T> Publisher<T> {
    /// A publisher with default settings in the default domain. Any number may be on one topic.
    ///
    /// # Errors
    /// When the topic's name is not legal, its publishers have agreed on another layout of messages, or the
    /// registry or memory cannot be used.
    pub fn new(topic: impl IntoTopic<T>) -> Result<Self, CreateError>
    where
        T: ShmMessage,
    {
        Self::builder(topic).create()
    }

    /// A publisher to be set up.
    pub fn builder(topic: impl IntoTopic<T>) -> PublisherBuilder<T>
    where
        T: ShmMessage,
    {
        const { assert!(align_of::<T>() <= buffers::MAX_ALIGN, "messages are aligned to at most 64 bytes") }
        let settings = PublicationSettings::new();
        PublisherBuilder { topic: topic.into_topic(), settings, message: PhantomData }
    }
}

impl<T: ShmMessage> Publisher<T> {
    /// Publishes a copy of a message, and returns its sequence. Never waits, unless the publisher is
    /// [`lossless`](PublisherBuilder::lossless).
    ///
    /// # Errors
    /// When all sequences are used, or in a process forked from the one that made the publisher.
    /// [`PublishError::Behind`], when a lossless publisher found no room in time.
    #[inline]
    pub fn publish(&mut self, message: &T) -> Result<u64, PublishError> {
        Ok(self.publication.publish(bytes_of(message))?)
    }

    /// The same as [`publish`](Self::publish), and never waits.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); [`PublishError::Full`] where that would wait.
    #[inline]
    pub fn try_publish(&mut self, message: &T) -> Result<u64, PublishError> {
        Ok(self.publication.try_publish(bytes_of(message))?)
    }

    /// Lends memory for one message, all zero, for types of which that is a value (checked when compiling).
    /// Allocates if more loans are open than ever before.
    ///
    /// # Errors
    /// In a process forked from the one that made the publisher.
    #[inline]
    pub fn loan(&mut self) -> Result<Loan<T>, LoanError> {
        const { assert!(T::ZERO_VALID, "all bytes zero is no value of this type: use `loan_uninit`") }
        let mut buffer = Self::lend(&mut self.loans, &self.publication)?;
        buffer.words()[..size_of::<T>().div_ceil(8)].fill(0);
        Ok(Loan::new(buffer.lend(), self.publication.id()))
    }

    /// Lends memory for one message, with contents that mean nothing. Allocates if more loans are open than ever
    /// before.
    ///
    /// # Errors
    /// In a process forked from the one that made the publisher.
    #[inline]
    pub fn loan_uninit(&mut self) -> Result<LoanUninit<T>, LoanError> {
        let buffer = Self::lend(&mut self.loans, &self.publication)?;
        Ok(LoanUninit::new(buffer.lend(), self.publication.id()))
    }

    #[inline]
    fn lend<'a>(loans: &'a mut Option<Buffers>, publication: &Publication) -> Result<Free<'a>, LoanError> {
        if publication.is_of_parent() {
            return Err(LoanError::Forked);
        }
        Ok(loans.get_or_insert_with(|| Buffers::new(size_of::<T>())).free())
    }

    /// Publishes a loan of this publisher, and returns its sequence. Never waits, unless the publisher is
    /// [`lossless`](PublisherBuilder::lossless).
    ///
    /// # Errors
    /// When the loan is of another publisher, all sequences are used, or in a process forked from the one that made
    /// the publisher. [`SendError::Behind`], when a lossless publisher found no room in time.
    #[inline]
    pub fn send(&mut self, loan: Loan<T>) -> Result<u64, SendError<Loan<T>>> {
        if loan.publisher() != self.publication.id() {
            return Err(SendError::Foreign(loan));
        }
        self.publication.publish(bytes_of(&*loan)).map_err(|reason| SendError::new(reason, loan))
    }

    /// The same as [`send`](Self::send), and never waits.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`SendError::Full`] where that would wait.
    #[inline]
    pub fn try_send(&mut self, loan: Loan<T>) -> Result<u64, SendError<Loan<T>>> {
        if loan.publisher() != self.publication.id() {
            return Err(SendError::Foreign(loan));
        }
        self.publication.try_publish(bytes_of(&*loan)).map_err(|reason| SendError::new(reason, loan))
    }

    /// Ends this publisher after all to whom it promised lossless delivery have read all that it published, or after
    /// this time: also those who have not looked since it came. So one that lives for a moment loses nothing. It is
    /// closed in any case, and what it published stays readable for those who had joined.
    ///
    /// One that is not [`lossless`](PublisherBuilder::lossless) has promised nothing, and ends at once, as does one that is
    /// dropped.
    ///
    /// # Errors
    /// [`CloseError::Unread`] names who had not read how many; also in a process forked from the one that made the
    /// publisher, which goes on there.
    pub fn close(mut self, linger: Duration) -> Result<(), CloseError> {
        self.publication.linger(linger)
    }

    /// The topic's name.
    pub fn topic(&self) -> &TopicName {
        self.publication.topic()
    }

    /// This publisher's identity, as [`Sample::publisher`](crate::Sample::publisher) gives it.
    pub fn id(&self) -> EndpointId {
        self.publication.id()
    }

    /// Makes this publisher known again if somebody removed its entry from outside (`rm -rf`, a login manager that
    /// empties `/dev/shm`), and returns whether that was so. Who had joined reads on in any case. To be called now
    /// and then by a program that must survive that; it costs two system calls.
    ///
    /// # Errors
    /// As [`new`](Self::new): another publisher may be there by now.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.publication.refresh()
    }

    publisher_members!();

    /// Who subscribes now. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        self.publication.subscribers()
    }
}

impl<T: ShmMessage> PublisherBuilder<T> {
    publisher_settings!();

    /// Makes the publisher.
    ///
    /// # Errors
    /// As [`Publisher::new`]; also when a setting is out of range, or the topic cannot be had alone.
    pub fn create(self) -> Result<Publisher<T>, CreateError> {
        let topic = self.topic?;
        let publication = Publication::create(&topic, self.settings, T::SCHEMA, T::HASH)?;
        Ok(Publisher { publication, loans: None, message: PhantomData, _use: PhantomData })
    }
}

#[inline]
fn bytes_of<T: ShmMessage>(message: &T) -> &[u8] {
    let start = std::ptr::from_ref(message).cast();
    // SAFETY: a message has no padding, so all its bytes are initialised, and no interior mutability, so they do
    // not change while it is borrowed.
    unsafe { std::slice::from_raw_parts(start, size_of::<T>()) }
}
