//! Requests and items of responses that are written where they are read.

use super::body::{Body, BodyPublisher, Envelope, RawLoan};
use super::header::{RequestHeader, ResponseHeader};
use crate::publisher::LoanError;
use crate::record::Body as _;
use crate::schema::{AnyBytesValid, ShmMessage, ZeroValid};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A request that is being written in the client's memory, where the server reads it. See
/// [`Client::call_loan`](crate::Client::call_loan).
pub type RequestLoan<Req> = BodyLoan<Req, RequestHeader>;

/// An item of a response that is being written in the server's memory, where the client reads it. See
/// [`ServerCall::send_loan`](crate::ServerCall::send_loan).
pub type ResponseLoan<Res> = BodyLoan<Res, ResponseHeader>;

/// A request or an item that is being written where it will be read: a [`RequestLoan`] or a
/// [`ResponseLoan`]. Dropping it discards it.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # use slotcast::{Client, Server};
/// # let mut server = Server::<[u8], [u8]>::builder("invert").domain(&domain).create()?;
/// # let client = Client::<[u8], [u8]>::builder("invert").domain(&domain).create()?;
/// let mut image = client.loan_slice(640 * 480)?;
/// image[..640].fill(255); // a slice like any other
/// let pending = client.call_loan(image)?;
///
/// let call = server.next()?; // in any other process
/// let mut inverted = call.loan_slice(call.request().len())?;
/// inverted.iter_mut().zip(call.request()).for_each(|(to, from)| *to = !from);
/// call.respond_loan(inverted)?;
/// assert_eq!(pending.one()?.expect("there is one")[639..641], [0, 255]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a loan that is not sent is discarded"]
pub struct BodyLoan<B: Body + ?Sized, E: Envelope> {
    /// Of as many elements as the body has.
    pub(super) loan: RawLoan<B, E>,
}

impl<B: Body + ?Sized, E: Envelope> BodyLoan<B, E> {
    /// Lends memory for `len` elements, zeroed.
    pub(super) fn zeroed(publisher: &mut BodyPublisher<B, E>, len: usize) -> Result<Self, LoanError>
    where
        B::Part: ZeroValid,
    {
        Ok(Self { loan: publisher.loan_slice(len)? })
    }

    /// Lends memory for `len` elements of any values.
    pub(super) fn uninit(publisher: &mut BodyPublisher<B, E>, len: usize) -> Result<Self, LoanError>
    where
        B::Part: AnyBytesValid,
    {
        Ok(Self { loan: publisher.loan_slice_uninit(len)?.zero_header() })
    }
}

impl<T: ShmMessage, B: Body<Part = T, Content = [T]> + ?Sized, E: Envelope> BodyLoan<B, E> {
    /// Keeps only the first `len` elements: to send what was filled of a loan that was created for
    /// the most that could come. Does nothing if there are fewer.
    pub fn truncate(&mut self, len: usize) {
        self.loan.truncate(len);
    }
}

impl<H: ShmMessage + ZeroValid + Copy, T: ShmMessage, E: Envelope> BodyLoan<(H, [T]), E> {
    /// Returns the header. It is zero until it is written.
    pub fn header(&self) -> &H {
        &self.loan.header().header
    }

    /// Returns the header, to be written.
    pub fn header_mut(&mut self) -> &mut H {
        &mut self.loan.header_mut().header
    }
}

impl<B: Body + ?Sized, E: Envelope> Deref for BodyLoan<B, E> {
    type Target = B::Content;

    fn deref(&self) -> &B::Content {
        B::Content::from_parts(&self.loan).expect("it was created with as many elements")
    }
}

impl<B: Body + ?Sized, E: Envelope> DerefMut for BodyLoan<B, E> {
    fn deref_mut(&mut self) -> &mut B::Content {
        B::Content::from_parts_mut(&mut self.loan).expect("it was created with as many elements")
    }
}

impl<B: Body + ?Sized, E: Envelope> fmt::Debug for BodyLoan<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.loan, f)
    }
}
