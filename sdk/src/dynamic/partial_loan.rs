//! # Safety
//!
//! Messages without a type that are published while they are written. The file opts into unsafe code
//! to give out the part that no subscriber sees yet. It upholds that what was finished is not
//! written any more.
#![allow(unsafe_code, reason = "a part of a message is given out to be written")]

use super::decode::validate;
use super::layout::Shape;
use super::{Layout, Loan, PublishError, Publisher};
use crate::publisher::{BeyondEnd, PartialWriter, SendError, WhenFull};
use crate::record::{Lent, RawLoan};
use crate::registry::EndpointId;
use crate::shm::Extent;
use std::fmt;
use std::slice;

/// A message without a type that is still being written, while subscribers already see what is
/// finished of it; see [`PartialLoan`](crate::PartialLoan).
///
/// # Examples
///
/// ```
/// use slotcast::Subscriber;
/// use slotcast::dynamic::{Layout, Publisher};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// # let typed = slotcast::Publisher::<[u16]>::builder("rows").domain(&domain).create()?;
/// let layout = Layout::published("rows", &domain)?;
/// # drop(typed);
/// let mut publisher = Publisher::builder("rows", &layout).domain(&domain).create()?;
/// # let mut subscriber = Subscriber::<[u16]>::builder("rows").domain(&domain).create()?;
/// let loan = publisher.loan(640)?;
/// let mut rows = publisher.publish_partial(loan)?;
/// rows.rest_mut()[..640].fill(1); // the first 320 elements, of two bytes each
/// rows.advance(320)?;
/// rows.rest_mut().fill(2);
/// publisher.finish(rows)?;
/// # assert_eq!(subscriber.recv()?[319..321], [0x0101, 0x0202]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a partial message that is not finished is abandoned"]
pub struct PartialLoan {
    /// Before the loan: the message is no longer partial when that ends.
    writer: PartialWriter,
    raw: RawLoan,
    publisher: EndpointId,
    extent: Extent,
    total: usize,
    valid: usize,
}

impl Layout {
    /// Returns why messages cannot be seen while they are written, apart from their headers.
    pub(super) fn not_partial(&self, is_pooled: bool) -> Option<&'static str> {
        let is_free = match &self.root().shape {
            Shape::Slice { element, .. } => element.every_bit_pattern_valid,
            _ => self.root().every_bit_pattern_valid,
        };
        if !is_pooled {
            return Some("they have at most 1024 bytes; use a larger type, or one of variable size");
        }
        (!is_free).then_some("not all bytes are valid for them, and they cannot be checked while they are written")
    }
}

impl PartialLoan {
    /// Returns how much is finished: elements, or bytes of a message of fixed size.
    pub fn valid(&self) -> usize {
        self.valid
    }

    /// Returns how much there is in all: elements, or bytes of a message of fixed size.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Returns the bytes of what is not finished yet.
    pub fn rest_mut(&mut self) -> &mut [u8] {
        let (at, size) = self.extent.place_of_units();
        // SAFETY: what precedes the rest lies inside the loan: `valid` is at most `total`, and the
        // loan is as large as its parts.
        let start = unsafe { self.raw.start().add(at + self.valid * size) };
        // SAFETY: this many bytes are left, all initialised. Nobody else sees them: the loan is
        // their only holder and is borrowed mutably, and subscribers read only what is finished.
        unsafe { slice::from_raw_parts_mut(start.as_ptr(), (self.total - self.valid) * size) }
    }

    /// Finishes the first `more` elements, or bytes of a message of fixed size, of what
    /// [`rest_mut`](Self::rest_mut) returns: subscribers see them from now on. One store; nobody is
    /// woken.
    ///
    /// # Errors
    /// When less is left.
    pub fn advance(&mut self, more: usize) -> Result<(), BeyondEnd> {
        let (valid, total) = (self.valid, self.total);
        if more > total - valid {
            return Err(BeyondEnd { more, valid, total });
        }
        self.valid = valid + more;
        self.writer.grow(self.valid as u64);
        Ok(())
    }
}

impl Lent for PartialLoan {
    fn raw(&self) -> &RawLoan {
        &self.raw
    }

    fn into_raw(self) -> RawLoan {
        self.writer.sent();
        self.raw
    }
}

impl fmt::Debug for PartialLoan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialLoan").field("valid", &self.valid).field("total", &self.total).finish()
    }
}

impl From<SendError<PartialLoan, PublishError>> for PublishError {
    fn from(error: SendError<PartialLoan, PublishError>) -> Self {
        error.reason
    }
}

#[expect(clippy::result_large_err, reason = "a message that was not sent is handed back")]
impl Publisher {
    /// Publishes a loan partially, while it is still being written: subscribers that ask for it see
    /// its header as it is now, and what [`PartialLoan::advance`] has finished. See
    /// [`Publisher::publish_partial`](crate::Publisher::publish_partial).
    ///
    /// # Errors
    /// As there; [`PublishError::NotPartial`] for messages of up to 1024 bytes, and for those that
    /// have to be checked; [`PublishError::Bytes`] for a header that is not valid. The error has
    /// the loan.
    pub fn publish_partial(&mut self, loan: Loan) -> Result<PartialLoan, SendError<Loan, PublishError>> {
        match self.begin_partial(&loan) {
            Ok(writer) => {
                let total = if self.layout.is_variable() { self.layout.elements(loan.bytes) } else { loan.bytes };
                let (Loan { raw, publisher, .. }, extent) = (loan, Extent::of(self.layout.schema()));
                Ok(PartialLoan { writer, raw, publisher, extent, total, valid: 0 })
            }
            Err(reason) => Err(SendError::new(reason, loan)),
        }
    }

    fn begin_partial(&mut self, loan: &Loan) -> Result<PartialWriter, PublishError> {
        self.check_lender(loan.publisher)?;
        if let Some(reason) = self.layout.not_partial(self.is_pooled) {
            return Err(PublishError::NotPartial { topic: self.topic().clone(), reason });
        }
        if let Shape::Slice { header: Some(header), .. } = &self.layout.root().shape {
            validate(header, &loan.raw.bytes()[..header.size]).map_err(|error| error.in_field("header"))?;
        }
        let elements = self.layout.elements(loan.bytes) as u64;
        Ok(self.core.publish_partial(&loan.raw, elements)?)
    }

    /// Publishes a partial message as a whole, and returns its sequence; see
    /// [`Publisher::finish`](crate::Publisher::finish).
    ///
    /// # Errors
    /// As there. A message that is handed back stays published partially.
    pub fn finish(&mut self, partial: PartialLoan) -> Result<u64, SendError<PartialLoan, PublishError>> {
        self.finish_partial(partial, WhenFull::Wait)
    }

    /// Publishes a partial message as a whole like [`finish`](Self::finish), but never waits.
    ///
    /// # Errors
    /// As [`finish`](Self::finish); [`Full`](crate::PublishError::Full) where that would wait.
    pub fn try_finish(&mut self, partial: PartialLoan) -> Result<u64, SendError<PartialLoan, PublishError>> {
        self.finish_partial(partial, WhenFull::Fail)
    }

    fn finish_partial(
        &mut self,
        partial: PartialLoan,
        when_full: WhenFull,
    ) -> Result<u64, SendError<PartialLoan, PublishError>> {
        if let Err(reason) = self.check_lender(partial.publisher) {
            return Err(SendError::new(reason, partial));
        }
        let elements = if self.layout.is_variable() { partial.total as u64 } else { 1 };
        let sent = self.core.publish_slot(partial, elements, when_full);
        sent.map_err(|SendError { loan, reason }| SendError::new(reason.into(), loan))
    }
}
