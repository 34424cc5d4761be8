//! Publishing.

mod agreement;
mod backpressure;
mod core;
mod error;
mod grants;
mod handle;
mod large;
mod loan;
mod partial_loan;
mod peers;
mod pool;
mod status;

pub(crate) use self::core::{PublisherCore, PublisherSettings};
pub use backpressure::{CloseError, LagTimeout, Laggard, LaggardPolicy, ProcessState};
pub use error::{LoanError, PublishError, SendError};
pub(crate) use handle::{publisher_members, publisher_settings};
pub use loan::{Loan, LoanUninit};
pub use partial_loan::{BeyondEnd, PartialLoan, PartialLoanError};
pub use pool::PoolExhausted;
pub use status::ReaderStatus;

use crate::endpoint::{CreateError, OneThreadAtATime};
use crate::membership::{Membership, MembershipError};
use crate::record::{Buffers, Header, Lent, Message, Payload, RawLoan, bytes_of, bytes_of_all};
use crate::registry::{
    Domain, EndpointId, IntoTopic, Pages, PeerName, Placement, RegistryError, TopicName, TopicNameError,
};
use crate::schema::ShmMessage;
use std::marker::PhantomData;
use std::time::Duration;

/// Publishes messages of one type on a topic: of a type `T`, or slices `[T]` of any length, with a header `H` before
/// them or without.
///
/// Its messages live in its own memory, which subscribers map read-only: small ones in a ring, those of more than 1024
/// bytes or of variable size in a pool, where they are written and read in place. It never waits for a subscriber,
/// unless it is [`lossless`](PublisherBuilder::lossless) and a subscriber asked for that, and in steady state makes no
/// system call and no allocation. It may move between threads.
/// Dropped, it is gone from the topic at once; what it published stays readable for those who had joined, and is lost for
/// those who had not looked since it came: see [`close`](Self::close).
pub struct Publisher<T: ?Sized, H = ()> {
    core: PublisherCore,
    loans: Option<Buffers>,
    message: PhantomData<fn(&T) -> H>,
    _use: OneThreadAtATime,
}

/// Sets up a [`Publisher`]; see [`Publisher::builder`].
#[must_use = "a publisher is made by `create`"]
#[derive(Clone, Debug)]
pub struct PublisherBuilder<T: ?Sized, H = ()> {
    topic: Result<TopicName, TopicNameError>,
    settings: PublisherSettings,
    message: PhantomData<fn(&T) -> H>,
}

// The bounds are on the functions, so that a type that is no message is told what it lacks.
impl<T: ?Sized, H> Publisher<T, H> {
    /// A publisher with default settings in the default domain. Any number may be on one topic.
    ///
    /// # Errors
    /// When the topic's name is not legal, its publishers have agreed on another layout of messages, or the
    /// registry or memory cannot be used.
    pub fn new(topic: impl IntoTopic<T, H>) -> Result<Self, CreateError>
    where
        T: Payload,
        H: Header,
    {
        Self::builder(topic).create()
    }

    /// A publisher to be set up.
    pub fn builder(topic: impl IntoTopic<T, H>) -> PublisherBuilder<T, H>
    where
        T: Payload,
        H: Header,
    {
        PublisherBuilder { topic: topic.into_topic(), settings: PublisherSettings::new(), message: PhantomData }
    }
}

impl<T: ShmMessage> Publisher<T> {
    /// Publishes a copy of a message, and returns its sequence. Never waits, unless the publisher is
    /// [`lossless`](PublisherBuilder::lossless). A large one takes a [loan](Self::loan) for the time of the call, which fails
    /// and does not wait if there is no memory.
    ///
    /// # Errors
    /// When all sequences are used, there is no memory for a large message, or in a process forked from the one that made
    /// the publisher. [`PublishError::LagTimeout`], when a lossless publisher found no room in time.
    #[inline]
    pub fn publish(&mut self, message: &T) -> Result<u64, PublishError> {
        if Message::<T, ()>::IS_POOLED {
            let mut held = self.core.lend(1).map_err(|reason| LoanError::new(reason, 1))?;
            held.fill(0, bytes_of(message));
            return Ok(self.core.publish_slot(held, 1, true).map_err(|(reason, _)| reason)?);
        }
        Ok(self.core.publish(bytes_of(message))?)
    }

    /// The same as [`publish`](Self::publish), and never waits.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); [`PublishError::Full`] where that would wait.
    #[inline]
    pub fn try_publish(&mut self, message: &T) -> Result<u64, PublishError> {
        if Message::<T, ()>::IS_POOLED {
            let mut held = self.core.lend(1).map_err(|reason| LoanError::new(reason, 1))?;
            held.fill(0, bytes_of(message));
            return Ok(self.core.publish_slot(held, 1, false).map_err(|(reason, _)| reason)?);
        }
        Ok(self.core.try_publish(bytes_of(message))?)
    }

    /// Lends memory for one message, all zero, for types of which that is a value (checked when compiling): the whole of it
    /// is zeroed each time, so for a large one that will be written all over take [`loan_uninit`](Self::loan_uninit).
    ///
    /// Never waits. A loan of a large message that needs memory which was not used before allocates, and makes system calls
    /// that bring in at least 64 KiB; later ones do not. One of a small message allocates if more are open than ever before.
    ///
    /// # Errors
    /// When there is no memory for a large message, or in a process forked from the one that made the publisher.
    #[inline]
    pub fn loan(&mut self) -> Result<Loan<T>, LoanError> {
        const { assert!(T::ZERO_VALID, "all bytes zero is no value of this type: use `loan_uninit`") }
        Ok(self.loan_uninit()?.zeroed())
    }

    /// Lends memory for one message, with contents that mean nothing. It allocates, and makes system calls, as
    /// [`loan`](Self::loan) does.
    ///
    /// # Errors
    /// When there is no memory for a large message, or in a process forked from the one that made the publisher.
    #[inline]
    pub fn loan_uninit(&mut self) -> Result<LoanUninit<T>, LoanError> {
        Ok(LoanUninit::new(self.lend()?, self.core.id()))
    }

    #[inline]
    fn lend(&mut self) -> Result<RawLoan, LoanError> {
        if Message::<T, ()>::IS_POOLED {
            return self.core.lend(1).map_err(|reason| LoanError::new(reason, 1));
        }
        if self.core.is_forked_copy() {
            return Err(LoanError::Forked);
        }
        Ok(self.loans.get_or_insert_with(|| Buffers::new(size_of::<T>())).free().lend())
    }
}

impl<T: ShmMessage, H: Header> Publisher<[T], H> {
    /// Lends memory for a message of so many elements, all zero with its header, for types of which that is a value
    /// (checked when compiling). What is not known before, ask for the most, and [cut](Loan::truncate) it to what was filled.
    ///
    /// Never waits. While messages of about this length are new, it allocates, and makes system calls that bring in at least
    /// 64 KiB; later only when memory is short.
    ///
    /// # Errors
    /// When it is longer than [`max_len`](PublisherBuilder::max_len) or there is no memory for it, or in a process forked
    /// from the one that made the publisher.
    pub fn loan_slice(&mut self, len: usize) -> Result<Loan<[T], H>, LoanError> {
        const {
            assert!(Message::<[T], H>::ZERO_VALID, "all bytes zero is no value of this type: use `publish_slice_with`");
        }
        Ok(self.loan_slice_uninit(len)?.zeroed())
    }

    /// Lends memory for a message of so many elements, with contents that mean nothing, and its header too. It allocates,
    /// and makes system calls, as [`loan_slice`](Self::loan_slice) does.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice).
    pub fn loan_slice_uninit(&mut self, len: usize) -> Result<LoanUninit<[T], H>, LoanError> {
        Ok(LoanUninit::new(self.lend_slice(len)?, self.core.id()))
    }

    fn lend_slice(&mut self, len: usize) -> Result<RawLoan, LoanError> {
        let mut held = self.core.lend(len as u64).map_err(|reason| LoanError::new(reason, len as u64))?;
        // Between header and elements nothing is left of earlier messages.
        held.clear(H::BYTES..Message::<[T], H>::PAYLOAD_AT);
        Ok(held)
    }

    fn publish_parts(&mut self, header: &H, elements: &[T], may_wait: bool) -> Result<u64, PublishError> {
        let mut held = self.lend_slice(elements.len())?;
        held.fill(0, header.bytes());
        held.fill(Message::<[T], H>::PAYLOAD_AT, bytes_of_all(elements));
        Ok(self.core.publish_slot(held, elements.len() as u64, may_wait).map_err(|(reason, _)| reason)?)
    }
}

impl<T: ShmMessage> Publisher<[T]> {
    /// Publishes a copy of some elements as one message, and returns its sequence. Waits only where [`send`](Self::send) does:
    /// not for memory.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice) and [`send`](Self::send).
    pub fn publish_slice(&mut self, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(&(), elements, true)
    }

    /// The same as [`publish_slice`](Self::publish_slice), and never waits.
    ///
    /// # Errors
    /// As [`publish_slice`](Self::publish_slice); [`PublishError::Full`] where that would wait.
    pub fn try_publish_slice(&mut self, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(&(), elements, false)
    }
}

impl<T: ShmMessage, H: ShmMessage> Publisher<[T], H> {
    /// Publishes a copy of a header and some elements as one message, and returns its sequence. Waits as
    /// [`publish_slice`](Self::publish_slice) does.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice) and [`send`](Self::send).
    pub fn publish_slice_with(&mut self, header: &H, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(header, elements, true)
    }

    /// The same as [`publish_slice_with`](Self::publish_slice_with), and never waits.
    ///
    /// # Errors
    /// As [`publish_slice_with`](Self::publish_slice_with); [`PublishError::Full`] where that would wait.
    pub fn try_publish_slice_with(&mut self, header: &H, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(header, elements, false)
    }
}

impl<T: Payload + ?Sized, H: Header> Publisher<T, H> {
    /// Publishes a loan of this publisher, and returns its sequence. Never waits, unless the publisher is
    /// [`lossless`](PublisherBuilder::lossless).
    ///
    /// # Errors
    /// When the loan is of another publisher, all sequences are used, or in a process forked from the one that made
    /// the publisher. [`SendError::LagTimeout`], when a lossless publisher found no room in time.
    #[inline]
    pub fn send(&mut self, loan: Loan<T, H>) -> Result<u64, SendError<Loan<T, H>>> {
        if loan.publisher() != self.core.id() {
            return Err(SendError::Foreign(loan));
        }
        self.send_held(loan, true)
    }

    /// The same as [`send`](Self::send), and never waits.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`SendError::Full`] where that would wait.
    #[inline]
    pub fn try_send(&mut self, loan: Loan<T, H>) -> Result<u64, SendError<Loan<T, H>>> {
        if loan.publisher() != self.core.id() {
            return Err(SendError::Foreign(loan));
        }
        self.send_held(loan, false)
    }

    #[inline]
    fn send_held(&mut self, loan: Loan<T, H>, may_wait: bool) -> Result<u64, SendError<Loan<T, H>>> {
        if Message::<T, H>::IS_POOLED {
            let elements = Self::elements(&loan);
            let sent = self.core.publish_slot(loan, elements, may_wait);
            return sent.map_err(|(reason, loan)| SendError::new(reason, loan));
        }
        let message = &loan.raw().bytes()[..Message::<T, H>::BYTES];
        let sent = if may_wait { self.core.publish(message) } else { self.core.try_publish(message) };
        sent.map_err(|reason| SendError::new(reason, loan))
    }

    fn elements(loan: &Loan<T, H>) -> u64 {
        if T::IS_SLICE { (size_of_val(&**loan) / Message::<T, H>::BYTES) as u64 } else { 1 }
    }

    /// Shows a loan of this publisher while it is written, to subscribers that look at
    /// [progress](crate::Subscriber::try_recv_partial): its header as it is now, and of the message as much as
    /// [`PartialLoan::advance`] says. One at a time. It is published with [`finish`](Self::finish).
    ///
    /// For messages in a pool of types of which every bit pattern is a value (both checked when compiling). It does not
    /// wait, wakes nobody, and makes no system call and no allocation, unless a subscriber has come.
    ///
    /// # Errors
    /// When another message is shown, the loan is of another publisher, or in a process forked from the one that made the
    /// publisher.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let mut publisher = slotcast::Publisher::<[u16]>::new("camera/rows")?;
    /// let loan = publisher.loan_slice(640 * 480)?;
    /// let mut frame = publisher.publish_partial(loan)?;
    /// for row in 0..480 {
    ///     frame.rest_mut()[..640].fill(row);
    ///     frame.advance(640)?;
    /// }
    /// publisher.finish(frame)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// What is too small is refused when compiling, and so is what has to be checked:
    ///
    /// ```compile_fail,E0080
    /// let mut publisher = slotcast::Publisher::<[u16; 480]>::new("line")?;
    /// let loan = publisher.loan()?;
    /// let line = publisher.publish_partial(loan)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// ```compile_fail,E0080
    /// let mut publisher = slotcast::Publisher::<[bool]>::new("flags")?;
    /// let loan = publisher.loan_slice(480)?;
    /// let flags = publisher.publish_partial(loan)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish_partial(&mut self, loan: Loan<T, H>) -> Result<PartialLoan<T, H>, PartialLoanError<Loan<T, H>>> {
        const {
            assert!(
                Message::<T, H>::IS_POOLED,
                "messages of this type are too small to be shown while they are written: use one of more than 1024 bytes, or `[T]`"
            );
            assert!(
                Message::<T, H>::EVERY_BIT_PATTERN_VALID,
                "messages of this type have to be checked, and cannot be while they are written: not every bit pattern is a value"
            );
        }
        if loan.publisher() != self.core.id() {
            return Err(PartialLoanError::Foreign(loan));
        }
        match self.core.publish_partial(loan.raw(), Self::elements(&loan)) {
            Ok(showing) => Ok(PartialLoan::new(loan, showing)),
            Err(reason) => Err(PartialLoanError::new(reason, loan)),
        }
    }

    /// Publishes a message that was shown, as a whole, and returns its sequence: as [`send`](Self::send) does.
    ///
    /// # Errors
    /// As [`send`](Self::send). What is handed back is shown on.
    pub fn finish(&mut self, shown: PartialLoan<T, H>) -> Result<u64, SendError<PartialLoan<T, H>>> {
        self.finish_partial(shown, true)
    }

    /// The same as [`finish`](Self::finish), and never waits.
    ///
    /// # Errors
    /// As [`finish`](Self::finish); [`SendError::Full`] where that would wait.
    pub fn try_finish(&mut self, shown: PartialLoan<T, H>) -> Result<u64, SendError<PartialLoan<T, H>>> {
        self.finish_partial(shown, false)
    }

    fn finish_partial(
        &mut self,
        shown: PartialLoan<T, H>,
        may_wait: bool,
    ) -> Result<u64, SendError<PartialLoan<T, H>>> {
        if shown.publisher() != self.core.id() {
            return Err(SendError::Foreign(shown));
        }
        let elements = Self::elements(shown.loan());
        let sent = self.core.publish_slot(shown, elements, may_wait);
        sent.map_err(|(reason, shown)| SendError::new(reason, shown))
    }

    /// Ends this publisher after all to whom it promised lossless delivery have read all that it published, or after
    /// this time: also those who have not looked since it came. So one that lives for a moment loses nothing. Those who were
    /// [let go](crate::LaggardPolicy::Detach) before they had looked are waited for until they have: so each is told. It is closed in any
    /// case, and what it published stays readable for those who had joined.
    ///
    /// One that is not [`lossless`](PublisherBuilder::lossless) has promised nothing, and ends at once, as does one that is
    /// dropped.
    ///
    /// # Errors
    /// [`CloseError::Unread`] names who had not read how many; also in a process forked from the one that made the
    /// publisher, which goes on there.
    pub fn close(mut self, linger: Duration) -> Result<(), CloseError> {
        self.core.linger(linger)
    }

    /// Bytes of memory that large messages and messages of variable size have taken so far: at most
    /// [`max_memory`](PublisherBuilder::max_memory). 0 for small messages.
    pub fn pool_memory(&self) -> u64 {
        self.core.pool_memory()
    }

    /// The kind of pages that its memory consists of; see [`huge_pages`](PublisherBuilder::huge_pages).
    pub fn pages(&self) -> Pages {
        self.core.pages()
    }

    /// The topic's name.
    pub fn topic(&self) -> &TopicName {
        self.core.topic()
    }

    /// This publisher's identity, as [`Sample::publisher`](crate::Sample::publisher) gives it.
    pub fn id(&self) -> EndpointId {
        self.core.id()
    }

    /// Makes this publisher known again if somebody removed its entry from outside (`rm -rf`, a login manager that
    /// empties `/dev/shm`), and returns whether that was so. Who had joined reads on in any case. To be called now
    /// and then by a program that must survive that; it costs two system calls.
    ///
    /// # Errors
    /// As [`new`](Self::new): another publisher may be there by now.
    pub fn refresh(&mut self) -> Result<bool, CreateError> {
        self.core.refresh()
    }

    publisher_members!();

    /// Who subscribes now. Reads the registry: some microseconds for each.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub fn subscribers(&self) -> Result<Vec<PeerName>, RegistryError> {
        self.core.subscribers()
    }
}

impl<T: ShmMessage, H: Header> PublisherBuilder<[T], H> {
    /// The most elements of a message; as many as [`max_memory`](Self::max_memory) has room for without this. Without
    /// `max_memory`, there is room for as many messages of this length as stay readable, and 20 more.
    pub fn max_len(mut self, elements: u64) -> Self {
        self.settings.max_len = elements;
        self
    }
}

impl<T: Payload + ?Sized, H: Header> PublisherBuilder<T, H> {
    publisher_settings!();

    /// Makes the publisher.
    ///
    /// # Errors
    /// As [`Publisher::new`]; also when a setting is out of range, or the topic cannot be had alone.
    pub fn create(self) -> Result<Publisher<T, H>, CreateError> {
        let topic = self.topic?;
        let (schema, hash) = (Message::<T, H>::SCHEMA, Message::<T, H>::HASH);
        let core = PublisherCore::create(&topic, self.settings, schema, hash)?;
        Ok(Publisher { core, loans: None, message: PhantomData, _use: PhantomData })
    }
}
