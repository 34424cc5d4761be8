//! Publishing a loan: whole, or while it is still being written.

use super::backpressure::WhenFull;
use super::partial_loan::PartialLoan;
use super::{Loan, PublishError, Publisher, SendError};
use crate::record::{Header, Lent, Message, Payload};
use crate::registry::EndpointId;
use crate::schema::AnyBytesValid;

impl<T: Payload + ?Sized, H: Header> Publisher<T, H> {
    /// Publishes a loan of this publisher, and returns its sequence. Never waits, unless the
    /// publisher is [`lossless`](super::PublisherBuilder::lossless).
    ///
    /// # Errors
    /// When the loan is of another publisher, all sequences are used, or in a process forked from
    /// the one that created the publisher. [`PublishError::LagTimeout`] when subscribers of a
    /// lossless publisher did not read in time. The error hands the loan back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8]>::builder("log").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8]>::builder("log").domain(&domain).create()?;
    /// let mut loan = publisher.loan_slice(5)?;
    /// loan.copy_from_slice(b"hello");
    /// publisher.send(loan)?;
    /// # assert_eq!(*subscriber.recv()?, *b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn send(&mut self, loan: Loan<T, H>) -> Result<u64, SendError<Loan<T, H>>> {
        self.send_loan(loan, WhenFull::Wait)
    }

    /// Publishes a loan like [`send`](Self::send), but never waits.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`PublishError::Full`] where that would wait.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{PublishError, Publisher, SendError, Subscriber};
    /// # use std::time::Duration;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let builder = Publisher::<[u8]>::builder("log").domain(&domain).depth(1);
    /// # let mut publisher = builder.lossless(Duration::from_secs(1)).create()?;
    /// # let mut subscriber = Subscriber::<[u8]>::builder("log").domain(&domain).lossless().create()?;
    /// # publisher.publish_slice(b"first")?;
    /// let mut loan = publisher.loan_slice(6)?;
    /// loan.copy_from_slice(b"second");
    /// while let Err(error) = publisher.try_send(loan) {
    ///     assert!(matches!(error.reason, PublishError::Full { .. }));
    ///     loan = error.loan; // it is handed back
    /// #   assert_eq!(*subscriber.recv()?, *b"first");
    /// }
    /// # assert_eq!(*subscriber.recv()?, *b"second");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_send(&mut self, loan: Loan<T, H>) -> Result<u64, SendError<Loan<T, H>>> {
        self.send_loan(loan, WhenFull::Fail)
    }

    #[inline(always)]
    fn send_loan(&mut self, loan: Loan<T, H>, when_full: WhenFull) -> Result<u64, SendError<Loan<T, H>>> {
        if let Err(reason) = self.check_lender(loan.publisher()) {
            return Err(SendError::new(reason, loan));
        }
        if Message::<T, H>::IS_POOLED {
            let elements = Self::elements(&loan);
            return self.core.publish_slot(loan, elements, when_full);
        }
        let message = &loan.raw().bytes()[..Message::<T, H>::BYTES];
        self.core.publish(message, when_full).map_err(|reason| SendError::new(reason, loan))
    }

    /// Checks that a loan is of this publisher.
    #[inline]
    fn check_lender(&self, lender: EndpointId) -> Result<(), PublishError> {
        if lender == self.core.id() {
            return Ok(());
        }
        Err(PublishError::ForeignLoan { topic: self.topic().clone() })
    }

    fn elements(loan: &Loan<T, H>) -> u64 {
        if T::IS_SLICE { (size_of_val(&**loan) / Message::<T, H>::BYTES) as u64 } else { 1 }
    }

    /// Publishes a loan of this publisher partially, while it is still being written: subscribers
    /// that [ask for it](crate::Subscriber::try_recv_partial) see its header as it is now, and as
    /// much of the message as [`PartialLoan::advance`] has finished. Publish it as a whole with
    /// [`finish`](Self::finish). A publisher has one partial message at a time.
    ///
    /// Only for messages in a pool (checked at compile time) that consist of what any bytes are a
    /// value of ([`AnyBytesValid`]). The header can be any message. It does not wait, wakes nobody,
    /// and makes no system call and no allocation, unless a subscriber has joined.
    ///
    /// # Errors
    /// When this publisher has another partial message, the loan is of another publisher, or in a
    /// process forked from the one that created the publisher. The error hands the loan back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// let mut publisher = Publisher::<[u16]>::builder("camera/rows").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u16]>::builder("camera/rows").domain(&domain).create()?;
    /// let loan = publisher.loan_slice(640 * 480)?;
    /// let mut frame = publisher.publish_partial(loan)?;
    /// for row in 0..480 {
    ///     frame.rest_mut()[..640].fill(row);
    ///     frame.advance(640)?; // subscribers see this row
    /// }
    /// publisher.finish(frame)?;
    /// # assert_eq!(subscriber.recv()?[640 * 480 - 1], 479);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Messages that are too small do not compile, and neither do those that have to be checked:
    ///
    /// ```compile_fail,E0080
    /// let mut publisher = slotcast::Publisher::<[u16; 480]>::new("line")?;
    /// let loan = publisher.loan()?;
    /// let line = publisher.publish_partial(loan)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// ```compile_fail,E0277
    /// let mut publisher = slotcast::Publisher::<[bool]>::new("flags")?;
    /// let loan = publisher.loan_slice(480)?;
    /// let flags = publisher.publish_partial(loan)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish_partial(&mut self, loan: Loan<T, H>) -> Result<PartialLoan<T, H>, SendError<Loan<T, H>>>
    where
        T: AnyBytesValid,
    {
        const {
            assert!(
                Message::<T, H>::IS_POOLED,
                "messages of this type are too small to be published partially: use one of more than 1024 \
                 bytes, or `[T]`"
            );
            assert!(
                Message::<T, H>::ANY_BYTES_OF_PAYLOAD_VALID,
                "messages of this type have to be checked, and cannot be while they are written: its \
                 `EVERY_BIT_PATTERN_VALID` is false"
            );
        }
        let writer = self.check_lender(loan.publisher());
        match writer.and_then(|()| self.core.publish_partial(loan.raw(), Self::elements(&loan))) {
            Ok(writer) => Ok(PartialLoan::new(loan, writer)),
            Err(reason) => Err(SendError::new(reason, loan)),
        }
    }

    /// Publishes a partial message as a whole, and returns its sequence: as [`send`](Self::send)
    /// does.
    ///
    /// # Errors
    /// As [`send`](Self::send). A message that is handed back stays published partially.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8]>::builder("rows").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8]>::builder("rows").domain(&domain).create()?;
    /// let loan = publisher.loan_slice(4)?;
    /// let mut rows = publisher.publish_partial(loan)?;
    /// rows.rest_mut().copy_from_slice(b"rows");
    /// publisher.finish(rows)?;
    /// assert_eq!(*subscriber.recv()?, *b"rows");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(&mut self, partial: PartialLoan<T, H>) -> Result<u64, SendError<PartialLoan<T, H>>> {
        self.finish_partial(partial, WhenFull::Wait)
    }

    /// Publishes a partial message as a whole like [`finish`](Self::finish), but never waits.
    ///
    /// # Errors
    /// As [`finish`](Self::finish); [`PublishError::Full`] where that would wait.
    pub fn try_finish(&mut self, partial: PartialLoan<T, H>) -> Result<u64, SendError<PartialLoan<T, H>>> {
        self.finish_partial(partial, WhenFull::Fail)
    }

    fn finish_partial(
        &mut self,
        partial: PartialLoan<T, H>,
        when_full: WhenFull,
    ) -> Result<u64, SendError<PartialLoan<T, H>>> {
        if let Err(reason) = self.check_lender(partial.publisher()) {
            return Err(SendError::new(reason, partial));
        }
        let elements = Self::elements(partial.loan());
        self.core.publish_slot(partial, elements, when_full)
    }
}
