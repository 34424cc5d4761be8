//! A call that was made: its response is taken from it.

use super::client_core::{ClientCore, End};
use super::error::CallError;
use super::response::Response;
use super::{LOOK_EVERY, header};
use crate::schema::ShmMessage;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
/// # let mut call = server.next()?;
/// # for number in 0..3 { call.send(&number)?; }
/// # call.finish()?;
/// let mut sum = 0;
/// while let Some(number) = pending.next()? {
///     sum += *number;
/// }
/// assert_eq!(sum, 0 + 1 + 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PendingCall<Req: ShmMessage, Res: ShmMessage> {
    pub(super) core: Arc<Mutex<ClientCore<Req, Res>>>,
    pub(super) call: u64,
    pub(super) timeout: Duration,
}

impl<Req: ShmMessage, Res: ShmMessage> PendingCall<Req, Res> {
    /// Waits for the next item of the response, and returns it. Returns `None` after the last one.
    ///
    /// Waits until the call's deadline at most. Notices within 20 ms that the server has died.
    ///
    /// # Errors
    /// See [`CallError`]. A call that has failed fails in the same way each time.
    #[expect(clippy::should_implement_trait, reason = "it waits and can fail")]
    pub fn next(&mut self) -> Result<Option<Response<Res>>, CallError> {
        loop {
            let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
            core.receive()?;
            if let Some(item) = core.take(self.call) {
                return Ok(Some(item));
            }
            let Some(open) = core.open.get_mut(&self.call) else { return Ok(None) };
            let (server, left) = (open.server, header::until(open.deadline_ns));
            if let Some(end) = open.end {
                return match end {
                    End::Done => Ok(None),
                    End::Refused(reason) => Err(CallError::Refused(reason)),
                    End::Expired => Err(CallError::Expired(self.timeout)),
                    End::Died => Err(CallError::ServerDied { server }),
                    End::Replaced => Err(CallError::ServerReplaced { server }),
                    End::Malformed(elements) => {
                        Err(CallError::Malformed { topic: core.responses.topic().clone(), elements })
                    }
                };
            }
            if left.is_zero() {
                open.end = Some(End::Expired);
                continue;
            }
            core.wait(left.min(LOOK_EVERY))?;
            let end = core.end_of(server)?;
            if let (Some(end), Some(open)) = (end, core.open.get_mut(&self.call)) {
                open.end.get_or_insert(end);
            }
        }
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

impl<Req: ShmMessage, Res: ShmMessage> Drop for PendingCall<Req, Res> {
    fn drop(&mut self) {
        self.core.lock().unwrap_or_else(PoisonError::into_inner).forget(self.call);
    }
}

impl<Req: ShmMessage, Res: ShmMessage> fmt::Debug for PendingCall<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCall").field("call", &self.call).finish_non_exhaustive()
    }
}
