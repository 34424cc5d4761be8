//! What tasks share that wait for one descriptor: the calls of a client, or of a server.

use super::{AsyncError, Registration};
use crate::service::LOOK_EVERY;
use crate::wait::Waitable;
use ::tokio::sync::Notify;
use ::tokio::time;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// A descriptor that several tasks wait for.
pub(super) struct Shared {
    registration: Registration,
    /// What one task has taken out of the rings may be for another, which no descriptor tells any
    /// more.
    has_sorted: Notify,
    sorted: Mutex<u64>,
}

impl Shared {
    pub(super) fn of(waitable: &mut dyn Waitable) -> Result<Self, AsyncError> {
        let registration = Registration::of(waitable)?;
        Ok(Self { registration, has_sorted: Notify::new(), sorted: Mutex::default() })
    }

    /// Polls until that is ready: again when something has come, and after `left`. Deaths are not
    /// told by the descriptor, so it polls every 20 ms at least. `sorted` is how many messages were
    /// sorted so far.
    pub(super) async fn until<T>(
        &self,
        mut poll: impl FnMut() -> Poll<T>,
        sorted: impl Fn() -> u64,
        left: impl Fn() -> Duration,
    ) -> io::Result<T> {
        loop {
            // Before it polls: what another task sorts from here on ends the wait.
            let mut others = pin!(self.has_sorted.notified());
            others.as_mut().enable();
            let polled = poll();
            self.tell_others(sorted());
            if let Poll::Ready(ready) = polled {
                return Ok(ready);
            }
            let mut look = pin!(time::sleep(left().min(LOOK_EVERY)));
            let mut readable = pin!(self.registration.event_fd.readable());
            poll_fn(|context| {
                if others.as_mut().poll(context).is_ready() || look.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Ok(()));
                }
                // It may be from before: then the next poll finds nothing, and waits again.
                readable.as_mut().poll(context).map(|ready| ready.map(|mut ready| ready.clear_ready()))
            })
            .await?;
        }
    }

    /// Wakes the other tasks if something was sorted since the last time.
    fn tell_others(&self, sorted: u64) {
        let mut last = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != sorted {
            *last = sorted;
            self.has_sorted.notify_waiters();
        }
    }
}
