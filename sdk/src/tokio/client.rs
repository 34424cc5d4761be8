use super::AsyncError;
use super::shared::Shared;
use crate::publisher::SendError;
use crate::schema::{ShmMessage, ZeroValid};
use crate::service::{self, Body, CallError, Outgoing, RequestHeader, RequestLoan, Response};
use ::tokio::task::coop;
use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// A [`Client`](crate::Client) whose calls tasks wait for.
///
/// Any number of tasks can call at once, and each waits for its own response. The runtime needs
/// `enable_io` and `enable_time`.
///
/// # Examples
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// # let domain = slotcast::testing::TempDomain::new();
/// # let server = slotcast::Server::<u64, u64>::builder("squares").domain(&domain).create()?;
/// # let mut server = slotcast::tokio::Server::try_from(server)?;
/// let client = slotcast::Client::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let client = slotcast::tokio::Client::try_from(client)?;
/// let mut pending = client.call(&12).await?;
/// # let call = server.next().await?;
/// # call.respond(&144).await?;
/// assert_eq!(pending.next().await?.as_deref(), Some(&144));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client<Req: Body + ?Sized, Res: Body + ?Sized> {
    client: service::Client<Req, Res>,
    shared: Arc<Shared>,
}

/// A call that was made: a task waits for the items of its response.
///
/// Dropping it cancels the call. A `next` that is dropped loses nothing.
///
/// # Examples
///
/// ```
/// use slotcast::{CallError, tokio::PendingCall};
///
/// async fn sum(mut numbers: PendingCall<u64, u64>) -> Result<u64, CallError> {
///     let mut sum = 0;
///     while let Some(number) = numbers.next().await? {
///         sum += *number;
///     }
///     Ok(sum)
/// }
/// ```
pub struct PendingCall<Req: Body + ?Sized, Res: Body + ?Sized> {
    pending: service::PendingCall<Req, Res>,
    shared: Arc<Shared>,
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Client<Req, Res> {
    async fn make(
        &self,
        mut request: Outgoing<'_, Req, RequestHeader>,
        timeout: Duration,
    ) -> Result<PendingCall<Req, Res>, CallError> {
        coop::consume_budget().await;
        let deadline_ns = service::after(timeout);
        let begin = || match self.client.begin(&mut request, timeout, deadline_ns) {
            Err(error) if service::is_passing(&error) && !service::until(deadline_ns).is_zero() => Poll::Pending,
            done => Poll::Ready(done),
        };
        // What makes it possible may not ring: a call of this client is dropped.
        let left = || service::until(deadline_ns).min(Duration::from_millis(1));
        let called = self.shared.until(begin, || self.client.sorted(), left).await;
        let pending = called.map_err(|reason| self.client.cannot_wait(reason))??;
        Ok(PendingCall { pending, shared: Arc::clone(&self.shared) })
    }

    /// Sends a request that was written in place, as
    /// [`Client::call_loan`](crate::Client::call_loan) does: take it from [`get_ref`](Self::get_ref).
    ///
    /// # Errors
    /// See [`CallError`]. The error hands the loan back.
    pub async fn call_loan(
        &self,
        request: RequestLoan<Req>,
    ) -> Result<PendingCall<Req, Res>, SendError<RequestLoan<Req>, CallError>> {
        let mut request = Some(request);
        let called = self.make(Outgoing::Loan(&mut request), self.client.timeout()).await;
        called.map_err(|reason| SendError::new(reason, request.expect("what was not sent is where it was")))
    }

    /// Returns the client, to call without waiting.
    pub fn get_ref(&self) -> &service::Client<Req, Res> {
        &self.client
    }
}

impl<Req: Body<Header = ()> + ?Sized, Res: Body + ?Sized> Client<Req, Res> {
    /// Sends a request to one server, as [`Client::call`](crate::Client::call) does. Waits until its
    /// deadline while there is no server, or as many calls are open as the window.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(&self, request: &Req::Content) -> Result<PendingCall<Req, Res>, CallError> {
        self.call_within(request, self.client.timeout()).await
    }

    /// Sends a request like [`call`](Self::call), with a deadline of its own: `Duration::MAX` is for
    /// ever.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_within(
        &self,
        request: &Req::Content,
        timeout: Duration,
    ) -> Result<PendingCall<Req, Res>, CallError> {
        self.make(Outgoing::copy(request), timeout).await
    }
}

impl<H: ShmMessage + ZeroValid + Copy, T: ShmMessage, Res: Body + ?Sized> Client<(H, [T]), Res> {
    /// Sends a request to one server: a header, and a copy of these elements. Waits as
    /// [`call`](Self::call) does.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call_with(&self, header: &H, elements: &[T]) -> Result<PendingCall<(H, [T]), Res>, CallError> {
        self.make(Outgoing::Copy(header, elements), self.client.timeout()).await
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> PendingCall<Req, Res> {
    /// Waits for the next item of the response, and returns it. Returns `None` after the last one.
    /// It is cancel safe: an item is taken only when it is returned.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn next(&mut self) -> Result<Option<Response<Res>>, CallError> {
        coop::consume_budget().await;
        let Self { pending, shared } = self;
        let pending = &*pending;
        let next = shared.until(|| pending.try_take(), || pending.sorted(), || pending.remaining()).await;
        next.map_err(|reason| pending.cannot_wait(reason))?
    }

    /// Waits for a response of one item, and returns it. Of more items it returns the first one, and
    /// cancels the rest. Returns `None` if the response has no item.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn one(mut self) -> Result<Option<Response<Res>>, CallError> {
        self.next().await
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> TryFrom<service::Client<Req, Res>> for Client<Req, Res> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was created without `enable_io`.
    fn try_from(mut client: service::Client<Req, Res>) -> Result<Self, AsyncError> {
        let shared = Arc::new(Shared::of(&mut client)?);
        Ok(Self { client, shared })
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for Client<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.client, f)
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for PendingCall<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.pending, f)
    }
}
