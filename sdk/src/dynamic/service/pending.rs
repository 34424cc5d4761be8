//! A call that was made: its response is taken from it.

use super::client_core::ClientCore;
use super::error::ClientError;
use super::item::Item;
use crate::service::header::is_over;
use crate::service::{LOOK_EVERY, until};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

/// A call that was made without a type. The items of its response are taken from it, one after the
/// other.
///
/// Dropping it cancels the call, if the response has not ended: the server is told.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # use slotcast::dynamic::{Client, Value};
/// # let mut server = slotcast::Server::<u64, u64>::builder("count").domain(&domain).create()?;
/// # let client = Client::new("count", &domain)?;
/// let mut pending = client.call(&Value::Int(3), std::time::Duration::from_secs(5))?;
/// # let call = server.next()?;
/// # for number in 0..3 { call.send(&number)?; }
/// # call.finish()?;
/// while let Some(item) = pending.next()? {
///     println!("{}", item.value()?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PendingCall {
    pub(super) core: Arc<Mutex<ClientCore>>,
    pub(super) call: u64,
    pub(super) timeout: Duration,
}

impl PendingCall {
    /// Waits for the next item of the response, and returns it. Returns `None` after the last one.
    ///
    /// # Errors
    /// See [`ClientError`]. Further calls return the same.
    #[expect(clippy::should_implement_trait, reason = "it waits and can fail")]
    pub fn next(&mut self) -> Result<Option<Item>, ClientError> {
        loop {
            if let Poll::Ready(next) = self.wait_next(Duration::MAX) {
                return next;
            }
        }
    }

    /// The same as [`next`](Self::next), but waits up to `time`.
    pub fn wait_next(&mut self, time: Duration) -> Poll<Result<Option<Item>, ClientError>> {
        let end = Instant::now().checked_add(time); // none beyond all time
        loop {
            let mut core = self.core();
            if let Poll::Ready(next) = self.poll(&mut core) {
                return Poll::Ready(next);
            }
            let sleep = match core.prepare_to_sleep() {
                Ok(sleep) => sleep,
                Err(error) => return Poll::Ready(Err(error)),
            };
            if let Poll::Ready(next) = self.poll(&mut core) {
                return Poll::Ready(next);
            }
            let left = core.open.get(self.call).map_or(Duration::ZERO, |open| until(open.deadline_ns));
            drop(core); // other calls of this client go on meanwhile
            let wanted = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
            if wanted.is_zero() {
                return Poll::Pending;
            }
            sleep.sleep(left.min(LOOK_EVERY).min(wanted));
        }
    }

    /// The same as [`next`](Self::next), but does not wait.
    pub fn try_next(&mut self) -> Poll<Result<Option<Item>, ClientError>> {
        self.poll(&mut self.core())
    }

    fn poll(&self, core: &mut ClientCore) -> Poll<Result<Option<Item>, ClientError>> {
        if let Err(error) = core.receive().and_then(|()| core.look_for_ended()) {
            return Poll::Ready(Err(error));
        }
        if let Some(item) = core.take(self.call) {
            return Poll::Ready(Ok(Some(item)));
        }
        if core.open.get(self.call).is_some_and(|open| is_over(open.deadline_ns)) {
            core.expire(self.call);
        }
        let Some(open) = core.open.get(self.call) else { return Poll::Ready(Ok(None)) };
        let (server, Some(end)) = (open.server, open.end) else { return Poll::Pending };
        Poll::Ready(core.error(end, server, self.timeout).map_or(Ok(None), |error| Err(error.into())))
    }

    /// Returns how long it is until the deadline.
    pub fn remaining(&self) -> Duration {
        self.core().open.get(self.call).map_or(Duration::ZERO, |open| until(open.deadline_ns))
    }

    fn core(&self) -> MutexGuard<'_, ClientCore> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.core().forget(self.call);
    }
}

impl fmt::Debug for PendingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCall").field("call", &self.call).finish_non_exhaustive()
    }
}
