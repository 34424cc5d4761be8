//! Publishing messages of fixed size: by copy, or by a loan.

use super::backpressure::WhenFull;
use super::{Loan, LoanError, LoanUninit, PublishError, Publisher};
use crate::record::{Buffers, Message, RawLoan, bytes_of};
use crate::schema::{ShmMessage, ZeroValid};

impl<T: ShmMessage> Publisher<T> {
    /// Publishes a copy of a message, and returns its sequence. Never waits, unless the publisher
    /// is [`lossless`](super::PublisherBuilder::lossless).
    ///
    /// A large message takes a [loan](Self::loan) for the time of the call, which fails and does
    /// not wait if there is no memory.
    ///
    /// # Errors
    /// When all sequences are used, there is no memory for a large message, or in a process forked
    /// from the one that created the publisher. [`PublishError::LagTimeout`] when subscribers of a
    /// lossless publisher did not read in time.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// let sequence = publisher.publish(&42)?;
    /// assert_eq!(sequence, 0); // the first of this publisher
    /// # assert_eq!(*subscriber.recv()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn publish(&mut self, message: &T) -> Result<u64, PublishError> {
        self.publish_copy(message, WhenFull::Wait)
    }

    /// Publishes a copy of a message like [`publish`](Self::publish), but never waits.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); [`PublishError::Full`] where that would wait.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{PublishError, Publisher, Subscriber};
    /// # use std::time::Duration;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let builder = Publisher::<u64>::builder("counter").domain(&domain).depth(1);
    /// # let mut publisher = builder.lossless(Duration::from_secs(1)).create()?;
    /// # let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).lossless().create()?;
    /// publisher.try_publish(&1)?;
    /// if let Err(PublishError::Full { .. }) = publisher.try_publish(&2) {
    ///     println!("a lossless subscriber has not read the first message yet");
    /// #   drop(subscriber);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_publish(&mut self, message: &T) -> Result<u64, PublishError> {
        self.publish_copy(message, WhenFull::Fail)
    }

    #[inline(always)]
    fn publish_copy(&mut self, message: &T, when_full: WhenFull) -> Result<u64, PublishError> {
        if Message::<T, ()>::IS_POOLED {
            let mut raw = self.core.lend(1)?;
            raw.fill(0, bytes_of(message));
            return Ok(self.core.publish_slot(raw, 1, when_full)?);
        }
        self.core.publish(bytes_of(message), when_full)
    }

    /// Lends memory for one message, zeroed; only for types of which zeros are a value
    /// ([`ZeroValid`]).
    ///
    /// The whole message is zeroed each time: for a large one that will be overwritten completely,
    /// use [`loan_uninit`](Self::loan_uninit).
    ///
    /// Never waits. A loan of a large message that needs memory that was never used before
    /// allocates, and makes system calls that bring in at least 64 KiB; later ones do not. A loan
    /// of a small message allocates if more are open than ever before.
    ///
    /// # Errors
    /// When there is no memory for a large message, or in a process forked from the one that
    /// created the publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[f32; 1024]>::builder("scan").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[f32; 1024]>::builder("scan").domain(&domain).create()?;
    /// let mut scan = publisher.loan()?;
    /// scan[7] = 1.5; // in shared memory, where subscribers will read it
    /// publisher.send(scan)?;
    /// # assert_eq!(subscriber.recv()?[6..8], [0.0, 1.5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn loan(&mut self) -> Result<Loan<T>, LoanError>
    where
        T: ZeroValid,
    {
        Ok(self.loan_uninit()?.zeroed())
    }

    /// Lends memory for one message, with contents that mean nothing. Allocates and makes system
    /// calls as [`loan`](Self::loan) does.
    ///
    /// # Errors
    /// When there is no memory for a large message, or in a process forked from the one that
    /// created the publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[f32; 1024]>::builder("scan").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[f32; 1024]>::builder("scan").domain(&domain).create()?;
    /// let scan = publisher.loan_uninit()?.write([1.5; 1024]);
    /// publisher.send(scan)?;
    /// # assert_eq!(subscriber.recv()?[1023], 1.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn loan_uninit(&mut self) -> Result<LoanUninit<T>, LoanError> {
        Ok(LoanUninit::new(self.lend()?, self.core.id()))
    }

    #[inline]
    fn lend(&mut self) -> Result<RawLoan, LoanError> {
        if Message::<T, ()>::IS_POOLED {
            return self.core.lend(1);
        }
        if self.core.is_forked_copy() {
            return Err(self.core.forked_loan());
        }
        Ok(self.loans.get_or_insert_with(|| Buffers::new(size_of::<T>())).free().lend())
    }
}
