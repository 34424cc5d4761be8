//! Publishing messages of variable size: slices, with or without a header.

use super::backpressure::WhenFull;
use super::{Loan, LoanError, LoanUninit, PublishError, Publisher};
use crate::record::{Header, Message, RawLoan, bytes_of_all};
use crate::schema::{ShmMessage, ZeroValid};

impl<T: ShmMessage, H: Header> Publisher<[T], H> {
    /// Lends memory for a message of `len` elements, zeroed with its header; only for types of
    /// which zeros are a value ([`ZeroValid`]).
    ///
    /// If the length is not known yet, ask for the most and [truncate](Loan::truncate) the loan to
    /// what was filled.
    ///
    /// Never waits. While messages of about this length are new, it allocates, and makes system
    /// calls that bring in at least 64 KiB; later only when memory is short.
    ///
    /// # Errors
    /// When the message is longer than [`max_len`](super::PublisherBuilder::max_len), there is no
    /// memory for it, or in a process forked from the one that created the publisher.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u16]>::builder("depth").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u16]>::builder("depth").domain(&domain).create()?;
    /// let mut points = publisher.loan_slice(1000)?; // at most
    /// points[..3].copy_from_slice(&[10, 20, 30]);
    /// points.truncate(3);
    /// publisher.send(points)?;
    /// # assert_eq!(*subscriber.recv()?, [10, 20, 30]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn loan_slice(&mut self, len: usize) -> Result<Loan<[T], H>, LoanError>
    where
        T: ZeroValid,
        H: ZeroValid,
    {
        Ok(self.loan_slice_uninit(len)?.zeroed())
    }

    /// Lends memory for a message of `len` elements, with contents that mean nothing, also in its
    /// header. Allocates and makes system calls as [`loan_slice`](Self::loan_slice) does.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u16]>::builder("depth").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u16]>::builder("depth").domain(&domain).create()?;
    /// let ramp = publisher.loan_slice_uninit(1000)?.write_each(|index| index as u16);
    /// publisher.send(ramp)?;
    /// # assert_eq!(subscriber.recv()?[999], 999);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn loan_slice_uninit(&mut self, len: usize) -> Result<LoanUninit<[T], H>, LoanError> {
        Ok(LoanUninit::new(self.lend_slice(len)?, self.core.id()))
    }

    fn lend_slice(&mut self, len: usize) -> Result<RawLoan, LoanError> {
        let mut raw = self.core.lend(len as u64)?;
        // Between header and elements nothing is left of earlier messages.
        raw.clear(H::BYTES..Message::<[T], H>::PAYLOAD_AT);
        Ok(raw)
    }

    fn publish_parts(&mut self, header: &H, elements: &[T], when_full: WhenFull) -> Result<u64, PublishError> {
        let mut raw = self.lend_slice(elements.len())?;
        raw.fill(0, header.header_bytes());
        raw.fill(Message::<[T], H>::PAYLOAD_AT, bytes_of_all(elements));
        Ok(self.core.publish_slot(raw, elements.len() as u64, when_full)?)
    }
}

impl<T: ShmMessage> Publisher<[T]> {
    /// Publishes a copy of these elements as one message, and returns its sequence. Waits only
    /// where [`send`](Self::send) does: not for memory.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice) and [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8]>::builder("log").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8]>::builder("log").domain(&domain).create()?;
    /// publisher.publish_slice("text of any length".as_bytes())?;
    /// # assert_eq!(*subscriber.recv()?, *b"text of any length");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish_slice(&mut self, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(&(), elements, WhenFull::Wait)
    }

    /// Publishes a copy of these elements like [`publish_slice`](Self::publish_slice), but never
    /// waits.
    ///
    /// # Errors
    /// As [`publish_slice`](Self::publish_slice); [`PublishError::Full`] where that would wait.
    pub fn try_publish_slice(&mut self, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(&(), elements, WhenFull::Fail)
    }
}

impl<T: ShmMessage, H: ShmMessage> Publisher<[T], H> {
    /// Publishes a copy of a header and these elements as one message, and returns its sequence.
    /// Waits as [`publish_slice`](Self::publish_slice) does.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice) and [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber, ShmMessage};
    /// #[derive(ShmMessage)]
    /// #[repr(C)]
    /// struct Size {
    ///     width: u32,
    ///     height: u32,
    /// }
    ///
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// let mut publisher = Publisher::<[u8], Size>::builder("camera").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8], Size>::builder("camera").domain(&domain).create()?;
    /// publisher.publish_slice_with(&Size { width: 3, height: 2 }, &[1, 2, 3, 4, 5, 6])?;
    /// # assert_eq!(subscriber.recv()?.header().width, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish_slice_with(&mut self, header: &H, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(header, elements, WhenFull::Wait)
    }

    /// Publishes a copy of a header and these elements like
    /// [`publish_slice_with`](Self::publish_slice_with), but never waits.
    ///
    /// # Errors
    /// As [`publish_slice_with`](Self::publish_slice_with); [`PublishError::Full`] where that would
    /// wait.
    pub fn try_publish_slice_with(&mut self, header: &H, elements: &[T]) -> Result<u64, PublishError> {
        self.publish_parts(header, elements, WhenFull::Fail)
    }
}
