use super::AsyncError;
use super::shared::Shared;
use crate::schema::{ShmMessage, ZeroValid};
use crate::service::{self, Body, Outgoing, Reason, ResponseHeader, ResponseKind, ResponseLoan, ServeError};
use ::tokio::task::coop;
use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// A [`Server`](crate::Server) whose calls tasks wait for.
///
/// Each call can be given to a task of its own. The runtime needs `enable_io` and `enable_time`.
///
/// # Examples
///
/// ```
/// # use slotcast::{ServeError, tokio::Server};
/// async fn serve(mut server: Server<u64, u64>) -> Result<(), ServeError> {
///     loop {
///         let call = server.next().await?;
///         tokio::spawn(async move {
///             let square = call.get_ref().request().pow(2);
///             call.respond(&square).await
///         });
///     }
/// }
/// ```
pub struct Server<Req: Body + ?Sized, Res: Body + ?Sized> {
    server: service::Server<Req, Res>,
    shared: Arc<Shared>,
}

/// A call that a task works on. Dropped without an end, it is refused.
///
/// # Examples
///
/// ```
/// # use slotcast::{ServeError, tokio::ServerCall};
/// async fn count(call: ServerCall<u64, u64>) -> Result<(), ServeError> {
///     for number in 0..*call.get_ref().request() {
///         call.send(&number).await?; // waits while the client has a window of items untaken
///     }
///     call.finish()
/// }
/// ```
pub struct ServerCall<Req: Body + ?Sized, Res: Body + ?Sized> {
    call: service::ServerCall<Req, Res>,
    shared: Arc<Shared>,
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Server<Req, Res> {
    /// Waits for the next call, and returns it. It is cancel safe: a call is taken only when it is
    /// returned.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn next(&mut self) -> Result<ServerCall<Req, Res>, ServeError> {
        coop::consume_budget().await;
        let Self { server, shared } = self;
        let server = &*server;
        let next = || server.poll().map_or(Poll::Pending, Poll::Ready);
        let next = shared.until(next, || server.sorted(), || Duration::MAX).await;
        let call = next.map_err(|reason| server.cannot_wait(reason))??;
        Ok(ServerCall { call, shared: Arc::clone(shared) })
    }

    /// Returns the server, which tasks do not wait for any more.
    pub fn into_inner(self) -> service::Server<Req, Res> {
        self.server
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> ServerCall<Req, Res> {
    async fn send_as(&self, kind: ResponseKind, mut item: Outgoing<'_, Res, ResponseHeader>) -> Result<(), ServeError> {
        coop::consume_budget().await;
        let call = &self.call;
        let send = || sent(call.try_send_as(kind, &mut item));
        let done = self.shared.until(send, || call.sorted(), || call.remaining()).await;
        done.map_err(|reason| call.cannot_wait(reason))?
    }

    async fn respond_as(mut self, item: Outgoing<'_, Res, ResponseHeader>) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Last, item).await?;
        self.call.set_ended();
        Ok(())
    }

    /// Sends an item that was written in place, as
    /// [`ServerCall::send_loan`](crate::ServerCall::send_loan) does: take it from
    /// [`get_ref`](Self::get_ref). Dropped before it returns, it has sent nothing.
    ///
    /// # Errors
    /// See [`ServeError`]. The item is discarded then.
    pub async fn send_loan(&self, item: ResponseLoan<Res>) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Item, Outgoing::Loan(&mut Some(item))).await
    }

    /// Sends the last item of the response, which was written in place, and with it the end.
    ///
    /// # Errors
    /// See [`ServeError`]. The item is discarded then.
    pub async fn respond_loan(self, item: ResponseLoan<Res>) -> Result<(), ServeError> {
        self.respond_as(Outgoing::Loan(&mut Some(item))).await
    }

    /// Ends the response: there are no more items.
    ///
    /// # Errors
    /// As [`finish`](crate::ServerCall::finish).
    pub fn finish(self) -> Result<(), ServeError> {
        self.call.finish()
    }

    /// Refuses the request, or ends the response with an error.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn refuse(self, reason: &Reason) -> Result<(), ServeError> {
        self.call.refuse(reason)
    }

    /// Waits until the response is of no use any more: the client has dropped the call or has ended,
    /// or the deadline has passed.
    ///
    /// # Errors
    /// When the runtime cannot wait for that.
    pub async fn cancelled(&self) -> Result<(), ServeError> {
        let call = &self.call;
        let poll = || if call.is_cancelled() { Poll::Ready(()) } else { Poll::Pending };
        let done = self.shared.until(poll, || call.sorted(), || call.remaining()).await;
        done.map_err(|reason| call.cannot_wait(reason))
    }

    /// Returns the call, to see its request and its deadline.
    pub fn get_ref(&self) -> &service::ServerCall<Req, Res> {
        &self.call
    }
}

impl<Req: Body + ?Sized, Res: Body<Header = ()> + ?Sized> ServerCall<Req, Res> {
    /// Sends an item of the response. Waits while the client has as many items untaken as its
    /// window, until the deadline at most. Dropped before it returns, it has sent nothing.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn send(&self, item: &Res::Content) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Item, Outgoing::copy(item)).await
    }

    /// Sends the last item of the response, often the only one, and with it the end. Waits as
    /// [`send`](Self::send) does.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn respond(self, item: &Res::Content) -> Result<(), ServeError> {
        self.respond_as(Outgoing::copy(item)).await
    }
}

impl<Req: Body + ?Sized, H: ShmMessage + ZeroValid + Copy, T: ShmMessage> ServerCall<Req, (H, [T])> {
    /// Sends an item of the response: a header, and a copy of these elements. Waits as
    /// [`send`](Self::send) does.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn send_with(&self, header: &H, elements: &[T]) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Item, Outgoing::Copy(header, elements)).await
    }

    /// Sends the last item of the response like [`send_with`](Self::send_with), and with it the end.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn respond_with(self, header: &H, elements: &[T]) -> Result<(), ServeError> {
        self.respond_as(Outgoing::Copy(header, elements)).await
    }
}

fn sent(done: Result<bool, ServeError>) -> Poll<Result<(), ServeError>> {
    match done {
        Ok(true) => Poll::Ready(Ok(())),
        Ok(false) => Poll::Pending,
        Err(error) => Poll::Ready(Err(error)),
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> TryFrom<service::Server<Req, Res>> for Server<Req, Res> {
    type Error = AsyncError;

    /// # Panics
    /// If the runtime was created without `enable_io`.
    fn try_from(mut server: service::Server<Req, Res>) -> Result<Self, AsyncError> {
        let shared = Arc::new(Shared::of(&mut server)?);
        Ok(Self { server, shared })
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for Server<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.server, f)
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for ServerCall<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.call, f)
    }
}
