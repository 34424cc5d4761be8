//! A call that a server is working on.

use super::LOOK_EVERY;
use super::error::ServeError;
use super::header::{self, Reason, ResponseKind};
use super::server_core::{Key, Request, ServerCore};
use crate::registry::EndpointId;
use crate::schema::{ShmMessage, Str};
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
/// let mut call = server.next()?;
/// if *call.request() < 0.0 {
///     call.refuse(&Reason::new(1, "no real root"))?;
/// } else {
///     call.send(&call.request().sqrt())?;
///     call.finish()?;
/// }
/// # assert!(matches!(pending.one(), Err(CallError::Refused(reason)) if reason.code == 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ServerCall<Req: ShmMessage, Res: ShmMessage + Copy> {
    pub(super) core: Arc<Mutex<ServerCore<Req, Res>>>,
    pub(super) key: Key,
    /// Of one element, which was checked.
    pub(super) request: Request<Req>,
    pub(super) has_ended: bool,
}

impl<Req: ShmMessage, Res: ShmMessage + Copy> ServerCall<Req, Res> {
    /// Returns the request. It lies in the client's memory as long as the call is held.
    pub fn request(&self) -> &Req {
        &self.request[0]
    }

    /// Returns the identity of the client.
    pub fn client(&self) -> EndpointId {
        self.key.0
    }

    /// Returns how long it is until the deadline: zero if it has passed, `Duration::MAX` if there is
    /// none.
    pub fn remaining(&self) -> Duration {
        header::until(self.request.header().deadline_ns)
    }

    /// Returns whether the response is of no use any more: the client has dropped the call or has
    /// ended, or the deadline has passed. Does not wait. A system call.
    pub fn is_cancelled(&self) -> bool {
        let mut core = self.core();
        core.receive();
        core.check(self.key).is_err() || !core.is_alive(self.key.0)
    }

    /// Sends an item of the response. Waits while the client has as many items untaken as its window,
    /// until the deadline at most.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn send(&mut self, item: &Res) -> Result<(), ServeError> {
        loop {
            let mut core = self.core();
            core.receive();
            core.check(self.key)?;
            if core.has_credit(self.key) {
                return core.send(self.key, item);
            }
            core.wait(self.remaining().min(LOOK_EVERY));
            if !core.is_alive(self.key.0) {
                return Err(ServeError::Cancelled);
            }
        }
    }

    /// Ends the response: there are no more items.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn finish(mut self) -> Result<(), ServeError> {
        self.end(ResponseKind::End, 0, Str::default())
    }

    /// Refuses the request, or ends the response with an error.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn refuse(mut self, reason: &Reason) -> Result<(), ServeError> {
        self.end(ResponseKind::Refused, reason.code, reason.text)
    }

    fn end(&mut self, kind: ResponseKind, code: u32, text: Str<64>) -> Result<(), ServeError> {
        self.has_ended = true;
        let mut core = self.core();
        core.receive();
        core.end(self.key, kind, code, text)
    }

    fn core(&self) -> MutexGuard<'_, ServerCore<Req, Res>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Req: ShmMessage, Res: ShmMessage + Copy> Drop for ServerCall<Req, Res> {
    fn drop(&mut self) {
        if !self.has_ended {
            let reason = Reason::new(Reason::ABANDONED, "the server dropped the call without an end");
            // If the client has gone there is nobody to tell.
            let _ = self.end(ResponseKind::Refused, reason.code, reason.text);
        }
    }
}

impl<Req: ShmMessage, Res: ShmMessage + Copy> fmt::Debug for ServerCall<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCall").field("client", &self.key.0).field("call", &self.key.1).finish_non_exhaustive()
    }
}
