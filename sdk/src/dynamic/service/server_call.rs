//! A call that a server without a type is working on.

use super::error::ServerError;
use super::item::Item;
use super::server_core::ServerCore;
use crate::dynamic::{PublishError, Value};
use crate::registry::EndpointId;
use crate::service::server_calls::Key;
use crate::service::{LOOK_EVERY, Reason, ResponseKind, ServeError, until};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A call that a server without a type is working on. It can be sent to another thread.
///
/// A call that is dropped without an end is refused, with the code [`Reason::ABANDONED`].
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # use slotcast::dynamic::{Layout, Server, Value};
/// # use slotcast::service::Reason;
/// # let layout = Layout::of::<f64>()?;
/// # let mut server = Server::builder("roots", &layout, &layout).domain(&domain).create()?;
/// # let client = slotcast::Client::<f64, f64>::builder("roots").domain(&domain).create()?;
/// # let pending = client.call(&9.0)?;
/// let call = server.next()?;
/// match call.request().value()? {
///     Value::F64(square) if square >= 0.0 => call.respond(&Value::F64(square.sqrt()))?,
///     _ => call.refuse(&Reason::new(1, "no real root"))?,
/// }
/// # assert_eq!(*pending.one()?.unwrap(), 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ServerCall {
    pub(super) core: Arc<Mutex<ServerCore>>,
    pub(super) key: Key,
    pub(super) request: Item,
    pub(super) deadline_ns: u64,
    pub(super) has_ended: bool,
}

impl ServerCall {
    /// Returns the request.
    pub fn request(&self) -> &Item {
        &self.request
    }

    /// Returns which client has called.
    pub fn client(&self) -> EndpointId {
        self.key.0
    }

    /// Returns how long it is until the deadline: zero if that has passed.
    pub fn remaining(&self) -> Duration {
        until(self.deadline_ns)
    }

    /// Returns whether the client wants nothing more of this call, or has ended, or the deadline has
    /// passed.
    pub fn is_cancelled(&self) -> bool {
        let mut core = self.core();
        core.receive();
        core.check(self.key).is_err() || !core.is_alive(self.key.0)
    }

    /// Sends an item of the response. Waits while the client has not taken as many as its window.
    ///
    /// # Errors
    /// When the value is not an item of the service, the call was cancelled or has expired, or there is
    /// no memory.
    pub fn send(&self, item: &Value) -> Result<(), ServerError> {
        self.send_bytes(&self.encode(item)?)
    }

    /// Sends the last item of the response, or the only one.
    ///
    /// # Errors
    /// As [`send`](Self::send). After an error the call is refused as one that was dropped.
    pub fn respond(self, item: &Value) -> Result<(), ServerError> {
        let item = self.encode(item)?;
        self.respond_bytes(&item)
    }

    /// The same as [`send`](Self::send), with an item as its bytes.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_bytes(&self, item: &[u8]) -> Result<(), ServerError> {
        while !self.send_as(ResponseKind::Item, item, Duration::MAX)? {}
        Ok(())
    }

    /// The same as [`respond`](Self::respond), with an item as its bytes.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn respond_bytes(mut self, item: &[u8]) -> Result<(), ServerError> {
        while !self.respond_within(item, Duration::MAX)? {}
        Ok(())
    }

    /// Sends an item like [`send_bytes`](Self::send_bytes), but waits up to `time`. Returns whether it
    /// was sent.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_within(&self, item: &[u8], time: Duration) -> Result<bool, ServerError> {
        self.send_as(ResponseKind::Item, item, time)
    }

    /// Sends the last item like [`respond_bytes`](Self::respond_bytes), but waits up to `time`. Returns
    /// whether it was sent: then the call has ended.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn respond_within(&mut self, item: &[u8], time: Duration) -> Result<bool, ServerError> {
        self.has_ended |= self.send_as(ResponseKind::Last, item, time)?;
        Ok(self.has_ended)
    }

    fn encode(&self, item: &Value) -> Result<Vec<u8>, ServerError> {
        Ok(self.core().response.encode(item).map_err(PublishError::from)?)
    }

    fn send_as(&self, kind: ResponseKind, item: &[u8], time: Duration) -> Result<bool, ServerError> {
        self.core().response.validate(item).map_err(PublishError::from)?;
        let end = Instant::now().checked_add(time); // none beyond all time
        loop {
            let mut core = self.core();
            core.receive();
            core.check(self.key)?;
            if core.has_credit(self.key) {
                return core.send(self.key, kind, item).map(|()| true);
            }
            let sleep = core.prepare_to_sleep();
            if core.has_credit(self.key) {
                continue;
            }
            if !core.is_alive(self.key.0) {
                return Err(ServeError::Cancelled.into());
            }
            drop(core); // the server's other calls go on meanwhile
            let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(false);
            }
            sleep.sleep(self.remaining().min(LOOK_EVERY).min(left));
        }
    }

    /// Ends the response after the items that were sent. If the client has cancelled, that is fine.
    ///
    /// # Errors
    /// When it cannot be published.
    pub fn finish(mut self) -> Result<(), ServerError> {
        match self.end(ResponseKind::End, Reason::NONE) {
            Err(ServerError::Serve(ServeError::Cancelled)) => Ok(()),
            done => done,
        }
    }

    /// Refuses the request, or ends the response with an error.
    ///
    /// # Errors
    /// When it cannot be published, or the client has cancelled.
    pub fn refuse(mut self, reason: &Reason) -> Result<(), ServerError> {
        self.end(ResponseKind::Refused, *reason)
    }

    fn end(&mut self, kind: ResponseKind, reason: Reason) -> Result<(), ServerError> {
        self.has_ended = true;
        let mut core = self.core();
        core.receive();
        core.end(self.key, kind, reason)
    }

    fn core(&self) -> MutexGuard<'_, ServerCore> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ServerCall {
    fn drop(&mut self) {
        if !self.has_ended {
            let reason = Reason::new(Reason::ABANDONED, "the server dropped the call without an end");
            // If the client has gone there is nobody to tell.
            let _ = self.end(ResponseKind::Refused, reason);
        }
    }
}

impl fmt::Debug for ServerCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCall").field("client", &self.key.0).field("call", &self.key.1).finish_non_exhaustive()
    }
}
