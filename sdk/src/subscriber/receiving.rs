//! # Safety
//!
//! Receiving with a type. The file opts into unsafe code to see what a core returns as messages of
//! that type. It upholds that the core was created for them: then what it returns has at least
//! their size.
#![allow(unsafe_code, reason = "what was received is seen as messages of a type")]

use super::core::SubscriberCore;
use super::create::Messages;
use super::{RecvError, Sample, Subscriber, SubscriberBuilder};
use crate::endpoint::CreateError;
use crate::record::{Header, Message, Payload, RawSample};
use crate::schema::ShmMessage;
use crate::shm::Descriptor;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait for a message before checking whether any will follow.
pub(crate) const END_CHECK: Duration = Duration::from_millis(50);

impl<T: Payload + ?Sized, H: Header> SubscriberBuilder<T, H> {
    /// Creates the subscriber.
    ///
    /// # Errors
    /// As [`Subscriber::new`]; also when a setting is out of range.
    pub fn create(self) -> Result<Subscriber<T, H>, CreateError> {
        // Without a constant between, whose name the compiler would print, too.
        let () = <T::Part as ShmMessage>::LAYOUT_CHECKED;
        let () = H::LAYOUT_CHECKED;
        let topic = self.topic?;
        let messages = Messages {
            schema: Arc::new(Message::<T, H>::SCHEMA.clone()),
            hash: Message::<T, H>::HASH,
            checked: Message::<T, H>::CHECKED,
            description: None,
        };
        let core = SubscriberCore::create(&topic, &self.settings, messages)?;
        // SAFETY: it was just created for these messages.
        Ok(unsafe { Subscriber::of_core(core) })
    }
}

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// The size of what a cell of a ring contains, in bytes.
    const PAYLOAD: usize = if Message::<T, H>::IS_POOLED { Descriptor::BYTES } else { Message::<T, H>::BYTES };

    /// Creates the handle of a core.
    ///
    /// # Safety
    /// The caller must ensure that the core was created for messages of this type.
    unsafe fn of_core(core: SubscriberCore) -> Self {
        Self { core, message: PhantomData }
    }

    /// Returns the next message, if there is one. Publishers are asked in turn; the messages of
    /// each come in order.
    ///
    /// It does not wait, and in steady state makes no system call and no allocation. When
    /// publishers have joined or left it reads the registry, and it allocates when more samples are
    /// held than ever before.
    ///
    /// # Errors
    /// See [`RecvError`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// assert!(subscriber.try_recv()?.is_none());
    /// publisher.publish(&1)?;
    /// if let Some(sample) = subscriber.try_recv()? {
    ///     assert_eq!((*sample, sample.sequence()), (1, 0));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<Option<Sample<T, H>>, RecvError> {
        let next = self.core.try_next(Self::PAYLOAD);
        self.sample(next)
    }

    /// Returns the next message; waits for it, as [`SubscriberBuilder::wait`] sets. Publishers may
    /// join and leave meanwhile.
    ///
    /// # Errors
    /// See [`RecvError`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let publishing = std::thread::spawn(move || publisher.publish(&1));
    /// assert_eq!(*subscriber.recv()?, 1);
    /// # publishing.join().unwrap()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv(&mut self) -> Result<Sample<T, H>, RecvError> {
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
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::Subscriber;
    /// # use std::time::Duration;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// if subscriber.recv_timeout(Duration::from_millis(10))?.is_none() {
    ///     println!("nothing for 10 ms");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_timeout(&mut self, time: Duration) -> Result<Option<Sample<T, H>>, RecvError> {
        let next = self.core.wait_next(Instant::now().checked_add(time)); // no deadline beyond all time
        self.sample(next)
    }

    /// Returns the next message; waits for it until `deadline`. Returns `None` on timeout.
    ///
    /// # Errors
    /// See [`RecvError`].
    pub fn recv_deadline(&mut self, deadline: Instant) -> Result<Option<Sample<T, H>>, RecvError> {
        let next = self.core.wait_next(Some(deadline));
        self.sample(next)
    }

    /// Returns the next message; waits for it like [`recv`](Self::recv), and for a publisher if
    /// none has joined yet. Returns `None` at the end: when publishers have joined, all of them
    /// have left or died, and all that they published was read. That takes up to 50 ms after the
    /// last one has ended. A later call does not wait any more, unless another publisher joins.
    ///
    /// A publisher that comes and goes before this subscriber has scanned is not seen. A lossless
    /// one that [closes](crate::Publisher::close) is.
    ///
    /// # Errors
    /// See [`RecvError`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut subscriber = Subscriber::<u64>::builder("results").domain(&domain).create()?;
    /// # let mut publisher = Publisher::<u64>::builder("results").domain(&domain).create()?;
    /// # subscriber.wait_for_publishers(1, std::time::Duration::from_secs(5))?;
    /// publisher.publish(&42)?;
    /// drop(publisher);
    /// while let Some(result) = subscriber.recv_to_end()? {
    ///     assert_eq!(*result, 42);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recv_to_end(&mut self) -> Result<Option<Sample<T, H>>, RecvError> {
        loop {
            if let Some(sample) = self.recv_timeout(END_CHECK)? {
                return Ok(Some(sample));
            }
            if self.core.have_ended()? {
                return self.try_recv(); // what was published before the last one ended
            }
        }
    }

    /// Turns what the core has returned into a sample, after it was checked.
    #[inline]
    fn sample(&mut self, next: Result<Option<RawSample>, Box<RecvError>>) -> Result<Option<Sample<T, H>>, RecvError> {
        match next {
            Ok(None) => Ok(None),
            // SAFETY: the core was created for these messages, as the caller of `of_core` ensured,
            // and has just returned this one.
            Ok(Some(raw)) => match unsafe { Sample::check(raw, self.core.trusts_publishers) } {
                Ok(sample) => Ok(Some(sample)),
                Err(rejected) => Err(self.core.discard(&rejected.raw, rejected.invalid)),
            },
            Err(error) => Err(RecvError::unboxed(error)),
        }
    }
}
