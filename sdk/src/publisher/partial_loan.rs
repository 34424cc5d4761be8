//! # Safety
//!
//! A message that is published partially while it is being written. The file opts into unsafe code
//! to give out the part that no subscriber sees yet, and nothing else that could be written
//! through. It upholds what [`loan`](super::loan) does, and that what was finished is not written
//! any more.
#![allow(unsafe_code, reason = "a part of a message is given out to be written")]

use super::loan::Loan;
use crate::publisher::pool::PartialWriter;
use crate::record::{Header, Lent, Message, Payload, RawLoan};
use crate::registry::EndpointId;
use crate::schema::ShmMessage;
use std::fmt;
use std::slice;

/// A partial message: it is still being written, and subscribers that
/// [ask for it](crate::Subscriber::try_recv_partial) already see what is finished of it.
///
/// [`Publisher::publish_partial`](crate::Publisher::publish_partial) creates it from a loan. What
/// is finished cannot be written any more, and neither can the header.
/// [`Publisher::finish`](crate::Publisher::finish) publishes it as a whole, however much was
/// finished. Dropping it abandons it: subscribers keep what was finished, and are told that no more
/// will come. It can be written in another thread than that of its publisher, which can publish
/// other messages meanwhile.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let mut publisher = Publisher::<[u8]>::builder("camera/rows").domain(&domain).create()?;
/// let mut subscriber = Subscriber::<[u8]>::builder("camera/rows").domain(&domain).create()?;
/// # publisher.publish_slice(&[0])?; // gives the subscriber a grant
/// # subscriber.recv()?;
/// let loan = publisher.loan_slice(640 * 480)?;
/// let mut frame = publisher.publish_partial(loan)?;
/// frame.rest_mut()[..640].fill(7);
/// frame.advance(640)?;
/// if let Some(rows) = subscriber.try_recv_partial()? {
///     assert_eq!(rows.elements(), [7; 640]);
/// }
/// publisher.finish(frame)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a partial message that is not finished is abandoned"]
pub struct PartialLoan<T: ?Sized, H = ()> {
    /// Before the loan: the message is no longer partial when that ends.
    writer: PartialWriter,
    loan: Loan<T, H>,
    valid: usize,
}

/// A message has less left than [`PartialLoan::advance`] was told to finish. Nothing was changed.
///
/// Counts are in elements, or in bytes for a message of fixed size.
///
/// # Examples
///
/// ```
/// # use slotcast::Publisher;
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// # let mut publisher = Publisher::<[u8]>::builder("rows").domain(&domain).create()?;
/// let loan = publisher.loan_slice(100)?;
/// let mut rows = publisher.publish_partial(loan)?;
/// rows.advance(60)?;
/// let error = rows.advance(60).unwrap_err();
/// assert_eq!((error.more, error.valid, error.total), (60, 60, 100));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot advance by {more}: {valid} of {total} are finished already (elements, or bytes of a message of \
     fixed size); \
     advance by at most what is left"
)]
#[non_exhaustive]
pub struct BeyondEnd {
    /// By how much it was to advance.
    pub more: usize,
    /// How much was finished before.
    pub valid: usize,
    /// How much there is in all.
    pub total: usize,
}

impl<T: Payload + ?Sized, H: Header> PartialLoan<T, H> {
    pub(crate) fn new(loan: Loan<T, H>, writer: PartialWriter) -> Self {
        Self { writer, loan, valid: 0 }
    }

    pub(crate) fn publisher(&self) -> EndpointId {
        self.loan.publisher()
    }

    pub(crate) fn loan(&self) -> &Loan<T, H> {
        &self.loan
    }

    /// Returns how much is finished, in elements, or in bytes for a message of fixed size.
    pub fn valid(&self) -> usize {
        self.valid
    }

    /// Returns how much there is in all, in elements, or in bytes for a message of fixed size.
    pub fn total(&self) -> usize {
        let bytes = self.loan.raw().len() - Message::<T, H>::PAYLOAD_AT;
        if T::IS_SLICE { bytes / Message::<T, H>::BYTES } else { bytes }
    }

    /// Finishes the first `more` of what [`rest_mut`](Self::rest_mut) returns, in its units:
    /// subscribers see them from now on. One store; nobody is woken.
    ///
    /// # Errors
    /// When less is left.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::Publisher;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8]>::builder("rows").domain(&domain).create()?;
    /// # let loan = publisher.loan_slice(100)?;
    /// let mut rows = publisher.publish_partial(loan)?;
    /// rows.rest_mut()[..10].fill(1);
    /// rows.advance(10)?;
    /// assert_eq!((rows.valid(), rows.rest_mut().len()), (10, 90));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn advance(&mut self, more: usize) -> Result<(), BeyondEnd> {
        let (valid, total) = (self.valid, self.total());
        if more > total - valid {
            return Err(BeyondEnd { more, valid, total });
        }
        self.valid = valid + more;
        self.writer.grow(self.valid as u64);
        Ok(())
    }

    /// Returns what is left from `valid` on, in units of type `U`.
    ///
    /// # Safety
    /// The caller must ensure that the payload consists of `total` values of `U`.
    unsafe fn rest<U>(&mut self) -> &mut [U] {
        let raw = self.loan.raw();
        // SAFETY: a loan is as large as a message of no elements at least.
        let start = unsafe { Message::<T, H>::payload(raw.start(), raw.len()) }.cast::<U>();
        // SAFETY: as the caller ensures, this many are before it; `valid` is at most `total`.
        let rest = unsafe { start.add(self.valid) };
        // SAFETY: this many are left, all initialised, aligned, and of a type for which every bit
        // pattern is valid. Nobody else sees them: the loan is their only holder and is borrowed
        // mutably, and subscribers read only what is finished.
        unsafe { slice::from_raw_parts_mut(rest.as_ptr(), self.total() - self.valid) }
    }
}

impl<T: ?Sized, H> Lent for PartialLoan<T, H> {
    fn raw(&self) -> &RawLoan {
        self.loan.raw()
    }

    /// It was published, long before its slot is retired: only the next messages do that.
    fn into_raw(self) -> RawLoan {
        self.writer.sent();
        self.loan.into_raw()
    }
}

impl<T: ShmMessage> PartialLoan<T> {
    /// Returns the bytes of the message that are not finished yet.
    #[inline]
    pub fn rest_mut(&mut self) -> &mut [u8] {
        // SAFETY: the total of a message of fixed size is its bytes.
        unsafe { self.rest() }
    }
}

impl<T: ShmMessage, H: Header> PartialLoan<[T], H> {
    /// Returns the elements that are not finished yet.
    #[inline]
    pub fn rest_mut(&mut self) -> &mut [T] {
        // SAFETY: the total of a message of variable size is its elements.
        unsafe { self.rest() }
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> PartialLoan<T, H> {
    /// Returns the header.
    pub fn header(&self) -> &H {
        self.loan.header()
    }
}

impl<T: Payload + ?Sized, H: Header> fmt::Debug for PartialLoan<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialLoan").field("valid", &self.valid).field("total", &self.total()).finish()
    }
}
