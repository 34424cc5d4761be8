//! Messages without a type that are written where subscribers see them.

use super::{PublishError, Publisher};
use crate::publisher::{KeptMessage, LoanError, SendError, WhenFull};
use crate::record::{Buffers, RawLoan};
use crate::registry::EndpointId;
use std::fmt;

/// Memory for a message that is being written, as bytes: all zero, or those of an earlier message.
/// Dropping it gives the memory back.
///
/// # Examples
///
/// ```
/// use slotcast::Subscriber;
/// use slotcast::dynamic::{Layout, Publisher};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut subscriber = Subscriber::<[u8]>::builder("bytes").domain(&domain).create()?;
/// # let typed = slotcast::Publisher::<[u8]>::builder("bytes").domain(&domain).create()?;
/// let layout = Layout::published("bytes", &domain)?;
/// let mut publisher = Publisher::builder("bytes", &layout).domain(&domain).create()?;
/// let mut loan = publisher.loan(3)?;
/// loan.bytes_mut().copy_from_slice(b"abc");
/// publisher.send(loan)?;
/// assert_eq!(*subscriber.recv()?, *b"abc");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a loan that is not sent is discarded"]
pub struct Loan {
    pub(super) raw: RawLoan,
    pub(super) publisher: EndpointId,
    pub(super) bytes: usize,
}

impl Loan {
    /// Returns the message, to be written. A header and its elements are where
    /// [`Schema::elements_at`](crate::schema::Schema::elements_at) says.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.raw.bytes_mut()[..self.bytes]
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl From<SendError<Loan, PublishError>> for PublishError {
    fn from(error: SendError<Loan, PublishError>) -> Self {
        error.reason
    }
}

impl Publisher {
    /// Lends memory for a message of `elements` elements; their number is ignored if messages have
    /// a fixed size. Messages of a fixed size of up to 1024 bytes are lent in memory of this
    /// process, and copied when they are sent.
    ///
    /// # Errors
    /// As [`Publisher::loan`](crate::Publisher::loan).
    pub fn loan(&mut self, elements: u64) -> Result<Loan, LoanError> {
        let raw = match self.layout.fixed_size() {
            None => self.core.lend(elements)?,
            Some(_) if self.is_pooled => self.core.lend(1)?,
            Some(_) if self.core.is_forked_copy() => return Err(self.core.forked_loan()),
            Some(size) => self.loans.get_or_insert_with(|| Buffers::new(size)).free().lend(),
        };
        let bytes = self.layout.fixed_size().unwrap_or(raw.len());
        Ok(Loan { raw, publisher: self.core.id(), bytes })
    }

    /// Publishes a loan, and returns its sequence.
    ///
    /// # Errors
    /// When its bytes are not a valid value of the layout. Otherwise as
    /// [`Publisher::send`](crate::Publisher::send). The error has the loan.
    pub fn send(&mut self, loan: Loan) -> Result<u64, SendError<Loan, PublishError>> {
        self.send_loan(loan, WhenFull::Wait)
    }

    /// Publishes a loan like [`send`](Self::send), but never waits.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`Full`](crate::PublishError::Full) where that would wait.
    pub fn try_send(&mut self, loan: Loan) -> Result<u64, SendError<Loan, PublishError>> {
        self.send_loan(loan, WhenFull::Fail)
    }

    /// Publishes a loan of a slice as [`send`](Self::send) does, and keeps it.
    pub(super) fn send_kept(&mut self, loan: Loan) -> Result<KeptMessage, PublishError> {
        let (slot, elements) = (loan.raw.slot().expect("a slice is in a slot"), self.layout.elements(loan.bytes));
        self.send(loan)?;
        Ok(self.core.keep_message(slot, elements as u64))
    }

    fn send_loan(&mut self, loan: Loan, when_full: WhenFull) -> Result<u64, SendError<Loan, PublishError>> {
        if let Err(reason) = self.check_loan(&loan) {
            return Err(SendError::new(reason, loan));
        }
        if !self.is_pooled {
            let published = self.core.publish(&loan.raw.bytes()[..loan.bytes], when_full);
            return published.map_err(|reason| SendError::new(reason.into(), loan));
        }
        let elements = self.layout.elements(loan.bytes) as u64;
        let Loan { raw, publisher, bytes } = loan;
        self.core
            .publish_slot(raw, elements, when_full)
            .map_err(|SendError { loan: raw, reason }| SendError::new(reason.into(), Loan { raw, publisher, bytes }))
    }

    fn check_loan(&self, loan: &Loan) -> Result<(), PublishError> {
        self.check_lender(loan.publisher)?;
        Ok(self.layout.validate(&loan.raw.bytes()[..loan.bytes])?)
    }

    /// Checks that a loan is of this publisher.
    pub(super) fn check_lender(&self, lender: EndpointId) -> Result<(), PublishError> {
        if lender == self.core.id() {
            return Ok(());
        }
        Err(crate::publisher::PublishError::ForeignLoan { topic: self.topic().clone() }.into())
    }
}
