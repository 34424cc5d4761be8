//! How a client makes calls.

use super::body::Body;
use super::client::Client;
use super::error::CallError;
use super::header::{self, RequestHeader};
use super::loan::{BodyLoan, RequestLoan};
use super::outgoing::Outgoing;
use super::pending::PendingCall;
use crate::publisher::{LoanError, PublishError, SendError};
use crate::schema::{AnyBytesValid, ShmMessage, ZeroValid};
use std::time::Duration;

type Request<'a, Req> = Outgoing<'a, Req, RequestHeader>;

impl<Req: Body + ?Sized, Res: Body + ?Sized> Client<Req, Res> {
    /// Makes a call if it can be made now.
    pub(crate) fn begin(
        &self,
        request: &mut Request<'_, Req>,
        timeout: Duration,
        deadline_ns: u64,
    ) -> Result<PendingCall<Req, Res>, CallError> {
        let mut core = self.core();
        if timeout.is_zero() {
            return Err(CallError::ZeroDeadline { service: core.service.clone() });
        }
        let call = core.begin(request, deadline_ns)?;
        drop(core);
        Ok(PendingCall { core: self.core.clone(), call, timeout })
    }

    /// Makes a call, and waits until that is possible.
    fn make(&self, mut request: Request<'_, Req>, timeout: Duration) -> Result<PendingCall<Req, Res>, CallError> {
        let deadline_ns = header::after(timeout);
        loop {
            match self.begin(&mut request, timeout, deadline_ns) {
                Err(error) if is_passing(&error) && !header::until(deadline_ns).is_zero() => {
                    // What makes it possible may not ring: a call of this client is dropped.
                    let slice = header::until(deadline_ns).min(Duration::from_millis(1));
                    let sleep = self.core().prepare_to_sleep()?;
                    sleep.sleep(slice);
                }
                done => return done,
            }
        }
    }

    fn try_make(&self, mut request: Request<'_, Req>) -> Result<PendingCall<Req, Res>, CallError> {
        self.begin(&mut request, self.timeout(), header::after(self.timeout()))
    }

    /// Sends a request that was written in place to one server. Waits as [`call`](Self::call) does.
    ///
    /// # Errors
    /// As [`call`](Self::call), and when the loan is of another client. The error hands the loan back.
    pub fn call_loan(&self, request: RequestLoan<Req>) -> CallOfLoan<Req, Res> {
        self.call_loan_within(request, self.timeout())
    }

    /// Sends a request that was written in place, with a deadline of its own: `Duration::MAX` is for
    /// ever.
    ///
    /// # Errors
    /// As [`call_loan`](Self::call_loan), and for a deadline of zero.
    pub fn call_loan_within(&self, request: RequestLoan<Req>, timeout: Duration) -> CallOfLoan<Req, Res> {
        of_loan(request, |request| self.make(request, timeout))
    }

    /// Sends a request that was written in place, but does not wait for a server or for the window.
    ///
    /// # Errors
    /// As [`try_call`](Self::try_call), and when the loan is of another client. The error hands the loan
    /// back.
    pub fn try_call_loan(&self, request: RequestLoan<Req>) -> CallOfLoan<Req, Res> {
        of_loan(request, |request| self.try_make(request))
    }
}

/// A call that was made, or why a loan was not sent.
pub type CallOfLoan<Req, Res> = Result<PendingCall<Req, Res>, SendError<RequestLoan<Req>, CallError>>;

fn of_loan<Req: Body + ?Sized, Res: Body + ?Sized>(
    request: RequestLoan<Req>,
    make: impl FnOnce(Request<'_, Req>) -> Result<PendingCall<Req, Res>, CallError>,
) -> CallOfLoan<Req, Res> {
    let mut request = Some(request);
    make(Outgoing::Loan(&mut request))
        .map_err(|reason| SendError::new(reason, request.expect("what was not sent is where it was")))
}

impl<Req: Body<Header = ()> + ?Sized, Res: Body + ?Sized> Client<Req, Res> {
    /// Sends a request to one server. Waits until its deadline while there is no server, or as many
    /// calls are open as the window. Does not wait for the response.
    ///
    /// # Errors
    /// What [`try_call`](Self::try_call) reports when the deadline has passed.
    pub fn call(&self, request: &Req::Content) -> Result<PendingCall<Req, Res>, CallError> {
        self.call_within(request, self.timeout())
    }

    /// Sends a request like [`call`](Self::call), with a deadline of its own: `Duration::MAX` is for
    /// ever.
    ///
    /// # Errors
    /// As [`call`](Self::call), and for a deadline of zero.
    pub fn call_within(&self, request: &Req::Content, timeout: Duration) -> Result<PendingCall<Req, Res>, CallError> {
        self.make(Outgoing::copy(request), timeout)
    }

    /// Sends a request like [`call`](Self::call), but does not wait for a server or for the window.
    ///
    /// # Errors
    /// [`CallError::Full`], [`CallError::NoServer`], and when the request cannot be published.
    pub fn try_call(&self, request: &Req::Content) -> Result<PendingCall<Req, Res>, CallError> {
        self.try_make(Outgoing::copy(request))
    }
}

impl<H: ShmMessage + ZeroValid + Copy, T: ShmMessage, Res: Body + ?Sized> Client<(H, [T]), Res> {
    /// Sends a request to one server: a header, and a copy of these elements. Waits as
    /// [`call`](Self::call) does.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_with(&self, header: &H, elements: &[T]) -> Result<PendingCall<(H, [T]), Res>, CallError> {
        self.make(Outgoing::Copy(header, elements), self.timeout())
    }

    /// Sends a request like [`call_with`](Self::call_with), but does not wait for a server or for the
    /// window.
    ///
    /// # Errors
    /// As [`try_call`](Self::try_call).
    pub fn try_call_with(&self, header: &H, elements: &[T]) -> Result<PendingCall<(H, [T]), Res>, CallError> {
        self.try_make(Outgoing::Copy(header, elements))
    }
}

impl<T: ShmMessage, Res: Body + ?Sized> Client<T, Res> {
    /// Lends memory for a request, zeroed; only for types of which zeros are a value ([`ZeroValid`]).
    /// Never waits.
    ///
    /// # Errors
    /// When there is no memory for it, or in a process forked from the one that created the client.
    pub fn loan(&self) -> Result<RequestLoan<T>, LoanError>
    where
        T: ZeroValid,
    {
        BodyLoan::zeroed(&mut self.core().requests, 1)
    }
}

impl<T: ShmMessage, Req: Body<Part = T, Content = [T]> + ?Sized, Res: Body + ?Sized> Client<Req, Res> {
    /// Lends memory for a request of `len` elements, zeroed with its header; only for elements of which
    /// zeros are a value ([`ZeroValid`]). Never waits.
    ///
    /// # Errors
    /// When there is no memory for it, or in a process forked from the one that created the client.
    pub fn loan_slice(&self, len: usize) -> Result<RequestLoan<Req>, LoanError>
    where
        T: ZeroValid,
    {
        BodyLoan::zeroed(&mut self.core().requests, len)
    }

    /// Lends memory for a request of `len` elements with any values, which are mostly those of an earlier
    /// request; only for elements of which any bytes are a value ([`AnyBytesValid`]). Never waits.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice).
    pub fn loan_slice_uninit(&self, len: usize) -> Result<RequestLoan<Req>, LoanError>
    where
        T: AnyBytesValid,
    {
        BodyLoan::uninit(&mut self.core().requests, len)
    }
}

/// Returns whether a call that failed so may succeed later.
pub(crate) fn is_passing(error: &CallError) -> bool {
    matches!(error, CallError::Full { .. } | CallError::NoServer { .. } | CallError::Publish(PublishError::Full { .. }))
}
