//! A call that a server is working on.

use super::body::Body;
use super::error::ServeError;
use super::header::{self, Reason, ResponseKind};
use super::server_calls::Key;
use super::server_core::{Request, ServerCore};
use crate::record::Body as _;
use crate::registry::{EndpointId, RegistryError};
use crate::schema::{ShmMessage, ZeroValid};
use crate::wait::EventFd;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A call that a server is working on. It can be sent to another thread.
///
/// A call that is dropped without an end is refused, with the code [`Reason::ABANDONED`].
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # use slotcast::{CallError, Client, Server, service::Reason};
/// # let mut server = Server::<f64, f64>::builder("roots").domain(&domain).create()?;
/// # let client = Client::<f64, f64>::builder("roots").domain(&domain).create()?;
/// # let pending = client.call(&-1.0)?;
/// let call = server.next()?;
/// if *call.request() < 0.0 {
///     call.refuse(&Reason::new(1, "no real root"))?;
/// } else {
///     let root = call.request().sqrt();
///     call.respond(&root)?;
/// }
/// # assert!(matches!(pending.one(), Err(CallError::Refused(reason)) if reason.code == 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ServerCall<Req: Body + ?Sized, Res: Body + ?Sized> {
    pub(super) core: Arc<Mutex<ServerCore<Req, Res>>>,
    pub(super) key: Key,
    /// Of as many elements as a request has, which was checked.
    pub(super) request: Request<Req>,
    pub(super) has_ended: bool,
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> ServerCall<Req, Res> {
    /// Returns the request. A large one lies in the client's memory as long as the call is held.
    pub fn request(&self) -> &Req::Content {
        Req::Content::from_parts(&self.request).expect("it was checked when it came")
    }

    /// Returns the identity of the client.
    pub fn client(&self) -> EndpointId {
        self.key.0
    }

    /// Returns how long it is until the deadline: zero if it has passed, `Duration::MAX` if there is
    /// none.
    pub fn remaining(&self) -> Duration {
        header::until(Req::envelope(self.request.header()).deadline_ns)
    }

    /// Returns whether the response is of no use any more: the client has dropped the call or has
    /// ended, or the deadline has passed. Does not wait. A system call.
    pub fn is_cancelled(&self) -> bool {
        let mut core = self.core();
        core.receive();
        core.check(self.key).is_err() || !core.is_alive(self.key.0)
    }

    /// Returns the server's descriptor, which is readable when anything has come from a client, such
    /// as that this call is cancelled. Then ask [`is_cancelled`](Self::is_cancelled).
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn event_fd(&self) -> Result<EventFd, RegistryError> {
        self.core().event_fd()
    }

    /// Ends the response: there are no more items. That succeeds for a call that was cancelled, too:
    /// a client that has taken what it wanted need not wait for the end.
    ///
    /// # Errors
    /// When the end cannot be published. See [`ServeError`].
    pub fn finish(mut self) -> Result<(), ServeError> {
        match self.end(ResponseKind::End, Reason::NONE) {
            Err(ServeError::Cancelled) => Ok(()),
            done => done,
        }
    }

    /// Refuses the request, or ends the response with an error.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn refuse(mut self, reason: &Reason) -> Result<(), ServeError> {
        self.end(ResponseKind::Refused, *reason)
    }

    fn end(&mut self, kind: ResponseKind, reason: Reason) -> Result<(), ServeError> {
        self.has_ended = true;
        let mut core = self.core();
        core.receive();
        core.end(self.key, kind, reason)
    }

    /// Notes that the last item was sent.
    #[cfg(feature = "tokio")]
    pub(crate) fn set_ended(&mut self) {
        self.has_ended = true;
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> ServeError {
        self.core().cannot_wait(reason).into()
    }

    /// Returns how many messages of clients were sorted.
    #[cfg(feature = "tokio")]
    pub(crate) fn sorted(&self) -> u64 {
        self.core().sorted
    }

    pub(super) fn core(&self) -> MutexGuard<'_, ServerCore<Req, Res>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: ShmMessage + ZeroValid + Copy, T: ShmMessage, Res: Body + ?Sized> ServerCall<(H, [T]), Res> {
    /// Returns the header of the request.
    pub fn header(&self) -> &H {
        &self.request.header().header
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Drop for ServerCall<Req, Res> {
    fn drop(&mut self) {
        if !self.has_ended {
            let reason = Reason::new(Reason::ABANDONED, "the server dropped the call without an end");
            // If the client has gone there is nobody to tell.
            let _ = self.end(ResponseKind::Refused, reason);
        }
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for ServerCall<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCall").field("client", &self.key.0).field("call", &self.key.1).finish_non_exhaustive()
    }
}
