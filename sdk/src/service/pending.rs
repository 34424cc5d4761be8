//! A call that was made: its response is taken from it.

use super::body::Body;
use super::client_core::ClientCore;
use super::error::{CallError, End};
use super::response::Response;
use super::{LOOK_EVERY, POLLS, header};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

/// A call that was made. The items of its response are taken from it, one after the other.
///
/// Dropping it cancels the call, if the response has not ended: the server is told.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// # use slotcast::{Client, Server};
/// # let mut server = Server::<u64, u64>::builder("count").domain(&domain).create()?;
/// # let client = Client::<u64, u64>::builder("count").domain(&domain).create()?;
/// let mut pending = client.call(&3)?;
/// # let call = server.next()?;
/// # for number in 0..3 { call.send(&number)?; }
/// # call.finish()?;
/// let mut sum = 0;
/// while let Some(number) = pending.next()? {
///     sum += *number;
/// }
/// assert_eq!(sum, 0 + 1 + 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PendingCall<Req: Body + ?Sized, Res: Body + ?Sized> {
    pub(super) core: Arc<Mutex<ClientCore<Req, Res>>>,
    pub(super) call: u64,
    pub(super) timeout: Duration,
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> PendingCall<Req, Res> {
    /// Waits for the next item of the response, and returns it. Returns `None` after the last one.
    ///
    /// Waits until the call's deadline at most. Notices within 20 ms that the server has died.
    ///
    /// # Errors
    /// See [`CallError`]. A call that has failed fails in the same way each time.
    #[expect(clippy::should_implement_trait, reason = "it waits and can fail")]
    pub fn next(&mut self) -> Result<Option<Response<Res>>, CallError> {
        let mut begun = None;
        loop {
            for _ in 0..POLLS {
                if let Some(next) = self.poll_once(&mut self.core()) {
                    return next;
                }
            }
            std::hint::spin_loop(); // each pause is a delay, and a poll takes longer than a load
            let mut core = self.core();
            if let Poll::Ready(next) = self.poll(&mut core) {
                return next;
            }
            let polling_time = core.wait.polling_time();
            if !polling_time.is_zero() && begun.get_or_insert_with(Instant::now).elapsed() < polling_time {
                continue;
            }
            let sleep = core.prepare_to_sleep()?;
            if let Poll::Ready(next) = self.poll(&mut core) {
                return next;
            }
            let left = core.open.get(self.call).map_or(Duration::ZERO, |open| header::until(open.deadline_ns));
            drop(core); // other calls of this client go on meanwhile
            sleep.sleep(left.min(LOOK_EVERY));
        }
    }

    /// Returns the next item of the response if it has come, `None` after the last one. Does not
    /// wait: it is [`Poll::Pending`] until there is one. The client's
    /// [`event_fd`](super::Client::event_fd) tells when to try again.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn try_next(&mut self) -> Poll<Result<Option<Response<Res>>, CallError>> {
        self.poll(&mut self.core())
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn try_take(&self) -> Poll<Result<Option<Response<Res>>, CallError>> {
        self.poll(&mut self.core())
    }

    /// Returns how long it is until the deadline: zero if it has passed, `Duration::MAX` if there is
    /// none.
    pub fn remaining(&self) -> Duration {
        self.core().open.get(self.call).map_or(Duration::ZERO, |open| header::until(open.deadline_ns))
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn cannot_wait(&self, reason: std::io::Error) -> CallError {
        self.core().responses.cannot_wait(reason).into()
    }

    /// Returns how many responses of the client were sorted.
    #[cfg(feature = "tokio")]
    pub(crate) fn sorted(&self) -> u64 {
        self.core().sorted
    }

    pub(super) fn poll(&self, core: &mut ClientCore<Req, Res>) -> Poll<Result<Option<Response<Res>>, CallError>> {
        if let Some(next) = self.poll_once(core) {
            return Poll::Ready(next);
        }
        if let Err(error) = core.look_for_ended() {
            return Poll::Ready(Err(error.into()));
        }
        if core.open.get(self.call).is_some_and(|open| header::is_over(open.deadline_ns)) {
            core.expire(self.call);
        }
        self.taken_or_ended(core).map_or(Poll::Pending, Poll::Ready)
    }

    /// Looks for what has come. Does not look at the clock.
    fn poll_once(&self, core: &mut ClientCore<Req, Res>) -> Option<Result<Option<Response<Res>>, CallError>> {
        if let Err(error) = core.receive() {
            return Some(Err(error.into()));
        }
        self.taken_or_ended(core)
    }

    fn taken_or_ended(&self, core: &mut ClientCore<Req, Res>) -> Option<Result<Option<Response<Res>>, CallError>> {
        if let Some(item) = core.take(self.call) {
            return Some(Ok(Some(item)));
        }
        let Some(open) = core.open.get(self.call) else { return Some(Ok(None)) };
        let server = open.server;
        Some(match open.end? {
            End::Done => Ok(None),
            End::Refused(reason) => Err(CallError::Refused(reason)),
            End::Expired => Err(CallError::Expired(self.timeout)),
            End::Died => Err(CallError::ServerDied { server }),
            End::Replaced => Err(CallError::ServerReplaced { server }),
            End::Malformed(elements) => Err(CallError::Malformed { topic: core.responses.topic().clone(), elements }),
        })
    }

    pub(super) fn core(&self) -> MutexGuard<'_, ClientCore<Req, Res>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a response of one item, and returns it. Of more items it returns the first one, and
    /// cancels the rest. Returns `None` if the response has no item.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn one(mut self) -> Result<Option<Response<Res>>, CallError> {
        self.next()
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> Drop for PendingCall<Req, Res> {
    fn drop(&mut self) {
        self.core().forget(self.call);
    }
}

impl<Req: Body + ?Sized, Res: Body + ?Sized> fmt::Debug for PendingCall<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCall").field("call", &self.call).finish_non_exhaustive()
    }
}
