//! # Safety
//!
//! A message that is shown while it is written. The file opts into unsafe code to give out the part of it that nobody
//! sees yet, and no reference to more than that which could be written through; what it upholds is what
//! [`loan`](crate::loan) does, and that what was shown is not written any more.
#![allow(unsafe_code, reason = "a part of a message is given out to be written")]

use super::large::NotPartial;
use super::loan::Loan;
use crate::endpoint::error_debug::debug_is_display;
use crate::publisher::pool::PartialWriter;
use crate::record::{Header, Lent, Message, Payload, RawLoan};
use crate::registry::EndpointId;
use crate::schema::ShmMessage;
use std::fmt;
use std::slice;

/// A message that is being written, and that subscribers who look at [progress](crate::Subscriber::try_recv_partial) see
/// already, as far as it is.
///
/// Made by [`Publisher::publish_partial`](crate::Publisher::publish_partial) of a loan. What was shown cannot be written any more, and neither
/// can the header. It is published with [`Publisher::finish`](crate::Publisher::finish), as a whole, whatever was
/// shown of it; dropped, it is abandoned: who looks at it keeps what was shown, and is told that no more will come. It can
/// be written in another thread than that of its publisher, which publishes other messages meanwhile.
#[must_use = "a message that is shown and not sent is abandoned"]
pub struct PartialLoan<T: ?Sized, H = ()> {
    /// Before the loan, so that the message is no longer shown when that ends.
    showing: PartialWriter,
    loan: Loan<T, H>,
    valid: usize,
}

/// Why a loan is not shown. It is handed back.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum PartialLoanError<L> {
    /// The publisher shows another message.
    #[error("this publisher shows another message already: send or drop that one first")]
    Another(L),
    /// The loan is of another publisher.
    #[error("this loan cannot be shown by another publisher: show it with the one that lent it")]
    Foreign(L),
    /// This process was forked off the one that made the publisher, which still publishes. Make a new one.
    #[error("this publisher belongs to the process that this one was forked from: make a new one")]
    Forked(L),
}

impl<L> PartialLoanError<L> {
    pub(crate) fn new(reason: NotPartial, loan: L) -> Self {
        match reason {
            NotPartial::Forked => Self::Forked(loan),
            NotPartial::Another => Self::Another(loan),
        }
    }

    /// The loan.
    pub fn into_inner(self) -> L {
        match self {
            Self::Another(loan) | Self::Foreign(loan) | Self::Forked(loan) => loan,
        }
    }
}

debug_is_display!(PartialLoanError<L> {
    Another,
    Foreign,
    Forked,
});

/// More was to be shown of a message than there is. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{more} more were to be shown of a message of {total}, of which {valid} are (elements, or bytes of a message of fixed \
     size): show at most what is left"
)]
#[non_exhaustive]
pub struct BeyondEnd {
    /// How many more.
    pub more: usize,
    /// How many were shown.
    pub valid: usize,
    /// How many there are.
    pub total: usize,
}

impl<T: Payload + ?Sized, H: Header> PartialLoan<T, H> {
    pub(crate) fn new(loan: Loan<T, H>, showing: PartialWriter) -> Self {
        Self { showing, loan, valid: 0 }
    }

    pub(crate) fn publisher(&self) -> EndpointId {
        self.loan.publisher()
    }

    pub(crate) fn loan(&self) -> &Loan<T, H> {
        &self.loan
    }

    /// How much is shown: elements, or bytes of a message of fixed size.
    pub fn valid(&self) -> usize {
        self.valid
    }

    /// How much there is in all: elements, or bytes of a message of fixed size.
    pub fn total(&self) -> usize {
        let bytes = self.loan.raw().len() - Message::<T, H>::PAYLOAD_AT;
        if T::IS_SLICE { bytes / Message::<T, H>::BYTES } else { bytes }
    }

    /// Shows so much more: the first of what [`rest_mut`](Self::rest_mut) gives, in its units. One store; nobody is woken.
    ///
    /// # Errors
    /// When less is left.
    #[inline]
    pub fn advance(&mut self, more: usize) -> Result<(), BeyondEnd> {
        let (valid, total) = (self.valid, self.total());
        if more > total - valid {
            return Err(BeyondEnd { more, valid, total });
        }
        self.valid = valid + more;
        self.showing.grow(self.valid as u64);
        Ok(())
    }

    /// Elements or bytes from `valid` on, as many as are left of them, of what has a type `U`.
    ///
    /// # Safety
    /// The payload is `total` of `U`.
    unsafe fn rest<U>(&mut self) -> &mut [U] {
        let raw = self.loan.raw();
        // SAFETY: a loan is as large as a message of no elements at least.
        let start = unsafe { Message::<T, H>::payload(raw.start(), raw.len()) }.cast::<U>();
        // SAFETY: as the caller says, so many are before it; `valid` is at most `total`.
        let rest = unsafe { start.add(self.valid) };
        // SAFETY: so many are left, all initialised, aligned, and values of a type of which every bit pattern is one; nobody
        // else sees them: the loan is their only holder and is borrowed mutably, and readers look at what was shown.
        unsafe { slice::from_raw_parts_mut(rest.as_ptr(), self.total() - self.valid) }
    }
}

impl<T: ?Sized, H> Lent for PartialLoan<T, H> {
    fn raw(&self) -> &RawLoan {
        self.loan.raw()
    }

    /// It was published, long before its slot is retired: only the next messages do that.
    fn into_raw(self) -> RawLoan {
        self.showing.sent();
        self.loan.into_raw()
    }
}

impl<T: ShmMessage> PartialLoan<T> {
    /// The bytes of the message that are not shown yet.
    #[inline]
    pub fn rest_mut(&mut self) -> &mut [u8] {
        // SAFETY: the total of a message of fixed size is its bytes.
        unsafe { self.rest() }
    }
}

impl<T: ShmMessage, H: Header> PartialLoan<[T], H> {
    /// The elements that are not shown yet.
    #[inline]
    pub fn rest_mut(&mut self) -> &mut [T] {
        // SAFETY: the total of a message of variable size is its elements.
        unsafe { self.rest() }
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> PartialLoan<T, H> {
    /// The header.
    pub fn header(&self) -> &H {
        self.loan.header()
    }
}

impl<T: Payload + ?Sized, H: Header> fmt::Debug for PartialLoan<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialLoan").field("valid", &self.valid).field("total", &self.total()).finish()
    }
}
